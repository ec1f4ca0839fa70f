//! The corpus of `testdata/spec`: sound specs with what they decode to, and broken ones with every message.
//!
//! `UPDATE_EXPECT=1` writes the expected files anew. A folder is a case of several files, its `privlink.kdl` the root. A
//! first line `//! var name=value …` gives variables.
#![allow(clippy::disallowed_methods, reason = "tests make files and measure time")]
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use privlink_spec::{CODES, Disk, FileProblem, LoadOptions, Loaded, Memory, ReadFile, load, load_from};

fn corpus(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/spec").join(folder)
}

/// Reads files of one folder under short names, so that messages hold no machine's paths.
struct Inside(PathBuf);

impl ReadFile for Inside {
    fn read(&self, path: &Path) -> Result<Vec<u8>, FileProblem> {
        Disk.read(&self.0.join(path))
    }

    fn list(&self, folder: &Path) -> Vec<String> {
        Disk.list(&self.0.join(folder))
    }
}

fn cases(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(".kdl") || folder.join(name).is_dir());
    names.sort();
    assert!(!names.is_empty(), "no cases in {}", folder.display());
    names
}

fn variables(text: &str) -> BTreeMap<String, String> {
    let line = text.lines().next().and_then(|line| line.strip_prefix("//! var "));
    let pairs = line.into_iter().flat_map(str::split_whitespace).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn read(folder: &Path, name: &str) -> Loaded {
    let (root, file) = match folder.join(name).is_dir() {
        true => (folder.join(name), "privlink.kdl"),
        false => (folder.to_path_buf(), name),
    };
    let text = fs::read(root.join(file)).unwrap_or_default();
    let variables = variables(&String::from_utf8_lossy(&text));
    load_from(&LoadOptions { files: vec![PathBuf::from(file)], variables }, &Inside(root))
}

fn messages(loaded: &Loaded) -> String {
    loaded.diagnostics.iter().map(|diagnostic| diagnostic.plain(&loaded.sources)).collect::<Vec<_>>().join("\n")
}

/// `{:#?}` of a document with spans on one line as `line:column`.
fn tree(loaded: &Loaded) -> String {
    let debug = format!("{:#?}\n", loaded.document);
    let mut out = String::new();
    let mut rest = debug.as_str();
    while let Some((before, after)) = rest.split_once("span: Span {") {
        let (numbers, tail) = after.split_once("},").unwrap();
        let numbers: Vec<u32> =
            numbers.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
        let [file, start, end] = numbers.as_slice() else { panic!("a span of three numbers: {numbers:?}") };
        let span = privlink_spec::source::Span { file: privlink_spec::source::FileId(*file), start: *start, end: *end };
        out.push_str(before);
        out.push_str(&format!("span: {}+{},", loaded.sources.locate(span), end - start));
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn compare(path: &Path, found: &str) -> Result<(), String> {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, found).unwrap();
        return Ok(());
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected == found { Ok(()) } else { Err(format!("{} differs; found:\n{found}", path.display())) }
}

fn expected_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{}.txt", name.trim_end_matches(".kdl")))
}

#[test]
fn sound_specs_decode() {
    let folder = corpus("ok");
    let mut failures = Vec::new();
    for name in cases(&folder) {
        let loaded = read(&folder, &name);
        assert!(!loaded.has_errors(), "{name}:\n{}", messages(&loaded));
        let found = format!("{}{}", messages(&loaded), tree(&loaded));
        failures.extend(compare(&expected_file(&folder, &name), &found).err());
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn broken_specs_say_why() {
    let folder = corpus("err");
    let mut failures = Vec::new();
    for name in cases(&folder) {
        let loaded = read(&folder, &name);
        assert!(!loaded.diagnostics.is_empty(), "{name} is sound");
        for diagnostic in
            loaded.diagnostics.iter().filter(|diagnostic| diagnostic.help.as_deref().unwrap_or("").is_empty())
        {
            failures.push(format!("no way out is shown: {}", diagnostic.plain(&loaded.sources)));
        }
        failures.extend(compare(&expected_file(&folder, &name), &messages(&loaded)).err());
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Codes about files that a repository cannot hold: each is made in memory here.
fn in_memory() -> Vec<(&'static str, Loaded)> {
    struct Unreadable;
    impl ReadFile for Unreadable {
        fn read(&self, _: &Path) -> Result<Vec<u8>, FileProblem> {
            Err(FileProblem::Unreadable(String::from("permission denied")))
        }
        fn list(&self, _: &Path) -> Vec<String> {
            Vec::new()
        }
    }
    let root = LoadOptions { files: vec![PathBuf::from("a.kdl")], ..LoadOptions::default() };
    let holding = |bytes: Vec<u8>| Memory { files: BTreeMap::from([(PathBuf::from("a.kdl"), bytes)]) };
    let mut many = BTreeMap::from([(PathBuf::from("a.kdl"), b"project \"p\"\ninclude \"parts/*.kdl\"\n".to_vec())]);
    many.extend((0..10_001).map(|n| (PathBuf::from(format!("parts/{n}.kdl")), Vec::new())));
    let deep = format!("{}{}", "a {".repeat(100_000), "}".repeat(100_000));
    vec![
        ("privlink::spec::file-unreadable", load_from(&root, &Unreadable)),
        ("privlink::spec::file-missing", load_from(&root, &Memory::default())),
        ("privlink::spec::file-too-large", load_from(&root, &holding(vec![b' '; 5 << 20]))),
        ("privlink::spec::file-not-text", load_from(&root, &holding(b"project \0".to_vec()))),
        ("privlink::spec::file-not-text", load_from(&root, &holding(vec![0xff, 0xfe]))),
        ("privlink::spec::file-count", load_from(&root, &Memory { files: many })),
        ("privlink::spec::too-deep", load_from(&root, &holding(deep.into_bytes()))),
    ]
}

#[test]
fn files_that_cannot_be_read_say_why() {
    for (code, loaded) in in_memory() {
        let codes: Vec<&str> = loaded.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert!(codes.contains(&code), "{code} is not among {codes:?}");
        assert!(loaded.diagnostics.len() < 5, "one problem, {} messages", loaded.diagnostics.len());
    }
}

#[test]
fn every_code_has_a_case() {
    let folder = corpus("err");
    let mut met: BTreeSet<&str> = BTreeSet::new();
    let specs = [folder, corpus("ok")];
    for folder in &specs {
        for name in cases(folder) {
            met.extend(read(folder, &name).diagnostics.iter().map(|diagnostic| diagnostic.code));
        }
    }
    met.extend(in_memory().iter().flat_map(|(_, loaded)| loaded.diagnostics.iter().map(|d| d.code)));
    let missing: Vec<&str> = CODES.iter().map(|code| code.code).filter(|code| !met.contains(code)).collect();
    assert!(missing.is_empty(), "codes without a case: {missing:#?}");
}

#[test]
fn a_folder_means_its_spec_and_the_command_line_gives_variables() {
    let folder = corpus("ok").join("parts");
    let variables = BTreeMap::from([(String::from("env"), String::from("live"))]);
    let loaded = load(&LoadOptions { files: vec![folder.clone(), folder.join("privlink.kdl")], variables });
    assert!(!loaded.has_errors(), "{}", messages(&loaded));
    assert_eq!(loaded.sources.iter().count(), 5, "each file once, the policy among them");
    assert_eq!(loaded.document.apis["shop"].stages[0].name.value, "live");
}

#[test]
fn a_store_is_a_bucket_or_a_folder() {
    let store = |store: &str| {
        let text =
            format!("project \"shop\" {{ store {store}; region \"us-east-1\" }}\naccount \"a\" id=\"111111111111\"");
        let options = LoadOptions { files: vec![PathBuf::from("a.kdl")], variables: BTreeMap::new() };
        let files = Memory { files: BTreeMap::from([(PathBuf::from("a.kdl"), text.into_bytes())]) };
        load_from(&options, &files).document.project.unwrap().store.unwrap()
    };
    assert_eq!(
        store("\"s3://acme-privlink/teams/shop/\" account=\"a\"").bucket(),
        Some(("acme-privlink", "teams/shop"))
    );
    assert_eq!(store("\"s3://acme-privlink\" account=\"a\"").bucket(), Some(("acme-privlink", "")));
    assert_eq!(store("\"state\"").bucket(), None);
}
