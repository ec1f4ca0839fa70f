//! Every code is found, explained, and on the page of checks.

use std::path::Path;

/// The text of every rule: all that is in a folder, but for the codes themselves and tests.
fn rules(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.file_stem().and_then(|name| name.to_str()) {
            Some("codes" | "tests") => {}
            _ if path.is_dir() => text += &rules(&path),
            _ => text += &std::fs::read_to_string(&path).unwrap(),
        }
    }
    text
}

#[test]
fn every_finding_has_an_explanation() {
    let source = rules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let mut used: Vec<&str> = source.split('"').filter(|text| text.starts_with("privlink::")).collect();
    used.sort_unstable();
    used.dedup();
    let mut explained: Vec<&str> = crate::CODES.iter().map(|(code, _, _)| *code).collect();
    explained.sort_unstable();
    assert_eq!(used, explained);
}

#[test]
fn the_page_of_checks_names_every_code_and_none_that_is_not() {
    let page = include_str!("../../../../docs/checks.md");
    let named: Vec<&str> = page.split('`').filter(|text| text.starts_with("privlink::")).collect();
    let ours = || crate::CODES.iter().map(|(code, _, _)| *code);
    let missing: Vec<&str> = ours().filter(|code| !named.contains(code)).collect();
    assert_eq!(missing, Vec::<&str>::new());
    let spec = || privlink_spec::CODES.iter().map(|code| code.code);
    let unknown: Vec<&&str> = named.iter().filter(|code| !ours().chain(spec()).any(|known| known == **code)).collect();
    assert_eq!(unknown, Vec::<&&str>::new());
}
