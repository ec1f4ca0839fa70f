//! Diagnostics through `miette`'s renderers, as the binary uses them.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use expect_test::expect;
use miette::{GraphicalReportHandler, GraphicalTheme, JSONReportHandler};
use privlink_spec::{LoadOptions, Loaded, Memory, Report, load_from};

fn two_files() -> Loaded {
    let first = "project \"p\" {\n    region \"us-east-1\"\n}\ninclude \"b.kdl\"\naccount \"a\" id=\"111111111111\"\n";
    let second = "account \"a\" id=\"222222222222\"\n";
    let files = BTreeMap::from([
        (PathBuf::from("a.kdl"), first.as_bytes().to_vec()),
        (PathBuf::from("b.kdl"), second.as_bytes().to_vec()),
    ]);
    let options = LoadOptions { files: vec![PathBuf::from("a.kdl")], variables: BTreeMap::new() };
    load_from(&options, &Memory { files })
}

#[test]
fn labels_in_two_files_are_both_shown() {
    let loaded = two_files();
    let [diagnostic] = loaded.diagnostics.as_slice() else { panic!("one problem: {:?}", loaded.diagnostics) };
    let report = Report::new(diagnostic, &loaded.sources);
    let mut text = String::new();
    let theme = GraphicalTheme::unicode_nocolor();
    GraphicalReportHandler::new_themed(theme).with_links(false).render_report(&mut text, &report).unwrap();
    expect![[r#"
        privlink::spec::duplicate-name

          × two nodes are named account `a`
           ╭─[b.kdl:1:9]
         1 │ account "a" id="222222222222"
           ·         ─┬─
           ·          ╰── named again here
           ╰────
          help: give one of them another name

        Advice:
          ☞ named first here
           ╭─[a.kdl:5:9]
         4 │ include "b.kdl"
         5 │ account "a" id="111111111111"
           ·         ─┬─
           ·          ╰── named first here
           ╰────
    "#]]
    .assert_eq(&text.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>());
}

#[test]
fn json_names_file_and_bytes() {
    let loaded = two_files();
    let mut text = String::new();
    let report = Report::new(&loaded.diagnostics[0], &loaded.sources);
    JSONReportHandler::new().render_report(&mut text, &report).unwrap();
    expect![[r#"{"message": "two nodes are named account `a`","code": "privlink::spec::duplicate-name","severity": "error","causes": [],"help": "give one of them another name","filename": "b.kdl","labels": [{"label": "named again here","span": {"offset": 8,"length": 3}}],"related": [{"message": "named first here","severity": "advice","causes": [],"filename": "a.kdl","labels": [{"label": "named first here","span": {"offset": 63,"length": 3}}],"related": []}]}"#]].assert_eq(&text);
}
