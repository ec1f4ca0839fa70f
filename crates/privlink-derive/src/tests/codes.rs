//! Every code is found, explained, and on the page of checks.

#[test]
fn every_finding_has_an_explanation() {
    let source = [
        include_str!("../network.rs"),
        include_str!("../entry.rs"),
        include_str!("../link.rs"),
        include_str!("../target/backend.rs"),
        include_str!("../target/balancer.rs"),
        include_str!("../target/privatelink.rs"),
        include_str!("../target/zone.rs"),
        include_str!("../account.rs"),
        include_str!("../quota.rs"),
        include_str!("../subnet.rs"),
        include_str!("../policy.rs"),
        include_str!("../policy/file.rs"),
        include_str!("../cors.rs"),
    ]
    .concat();
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
