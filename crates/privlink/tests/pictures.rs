//! Pictures of plans, drawn by those who draw them: the real mermaid in a browser, and Graphviz.
//!
//! `UPDATE_EXPECT=1` writes `testdata/views/*/graph.*` anew.
#![cfg(feature = "aws")]
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod browser;
mod cases;
mod drawn;
mod scene;
mod served;

use std::collections::BTreeSet;
use std::fs;

use cases::{CASES, case, folder};
use drawn::{Drawn, by_graphviz, by_mermaid, text_of};
use expect_test::expect_file;
use served::{privlink, root, told};

/// A picture of a saved plan.
fn graph(plan: &std::path::Path, options: &[&str]) -> String {
    let output = privlink(&["graph"]).arg(plan).args(options).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// The lines of a text that begin with a word, without white space around them.
fn lines<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().map(str::trim).filter(move |line| line.starts_with(word))
}

#[test]
fn pictures_of_the_examples_are_as_they_were() {
    for name in CASES {
        let case = case(name);
        let plan = case.steady();
        expect_file![folder(name).join("graph.mmd")].assert_eq(&graph(&plan, &[]));
        expect_file![folder(name).join("graph.dot")].assert_eq(&graph(&plan, &["--format", "dot"]));
    }
}

#[test]
fn mermaid_and_graphviz_draw_the_examples_and_say_the_same() {
    for name in CASES {
        let read = |file: &str| fs::read_to_string(folder(name).join(file)).unwrap();
        let (mermaid, dot) = (read("graph.mmd"), read("graph.dot"));
        let drawn = by_mermaid(&mermaid).unwrap();
        assert_eq!(drawn, text_of(&mermaid), "{name}: what is drawn is not what is written");
        assert_eq!(drawn, by_graphviz(&dot).unwrap(), "{name}: the two pictures differ");
        assert!(drawn.boxes.len() > 10 && drawn.arrows >= 9, "{name}: {drawn:?}");
    }
}

#[test]
fn the_picture_in_the_docs_is_that_of_the_example() {
    let page = fs::read_to_string(root().join("docs/graph.md")).unwrap();
    let picture = fs::read_to_string(folder("cross-account-create").join("graph.mmd")).unwrap();
    assert!(
        page.contains(&format!("```mermaid\n{picture}```\n")),
        "put testdata/views/cross-account-create/graph.mmd in"
    );
}

#[test]
fn what_cannot_be_drawn_is_seen() {
    let text = fs::read_to_string(folder("cross-account-create").join("graph.mmd")).unwrap();
    let broken = text.replacen("\"]:::create", "]:::create", 1);
    assert!(by_mermaid(&broken).unwrap_err().contains("Syntax error"));
    // A box that mermaid drops or adds is another picture.
    let other = text.replacen("REST API", "REST", 1);
    assert_ne!(by_mermaid(&other).unwrap(), text_of(&text));
    assert!(by_graphviz("digraph { a [label=\"x] }").is_err());
}

#[test]
fn names_that_mean_something_stay_names() {
    let case = case("cross-account-create");
    let saved = fs::read_to_string(&case.plan).unwrap();
    for name in [
        "end",
        "1. - + `*_x_*` **b**",
        "\"] click n1 href \"javascript:alert(1)\" [\"",
        "a;b#c&quot;d%%e{f}|g|<h>i</h><script>j</script>",
        "back\\slash \\N \\\" 'k' ~ ::: $$x$$ @{shape: rect}",
        "日本語 عربى é 😀 ﬂ°°35¶ß",
        "%%{init: {\"theme\": \"forest\"}}%% subgraph x direction LR",
        "--> ==> -.-> --- <!-- ]]> n1:::note classDef click",
        "lifestyle a:b_c_ classDef d:e_",
        "👩 ✓ … → · ½ \u{fffd} \u{301}e",
    ] {
        let quoted = serde_json::to_string(name).unwrap();
        let text = saved.replace("target/orders", quoted.trim_matches('"')).replace("\"gateway\"", &quoted);
        let plan = case.scene.file("nasty.plan");
        fs::write(&plan, text).unwrap();
        let (mermaid, dot) = (graph(&plan, &[]), graph(&plan, &["--format", "dot"]));
        let drawn = by_mermaid(&mermaid).unwrap_or_else(|error| panic!("{name}: {error}\n{mermaid}"));
        assert_eq!(drawn, by_graphviz(&dot).unwrap(), "{name}");
        let said = drawn.boxes.iter().flatten().any(|line| line.starts_with(name));
        assert!(said, "{name} is not in {drawn:?}");
    }
}

/// A plan of many targets, of a saved one with one.
fn many(saved: &str, targets: usize) -> String {
    let mut plan: serde_json::Value = serde_json::from_str(saved).unwrap();
    let changes = plan["changes"].as_array().unwrap();
    let (once, other): (Vec<_>, Vec<_>) = changes.iter().cloned().partition(|change| {
        let address = change["address"].as_str().unwrap();
        address.starts_with("target/")
    });
    let copies = (0..targets).flat_map(|number| {
        let copy = serde_json::to_string(&once).unwrap().replace("target/orders", &format!("target/orders{number}"));
        serde_json::from_str::<Vec<serde_json::Value>>(&copy).unwrap()
    });
    plan["changes"] = copies.chain(other).collect();
    plan.to_string()
}

#[test]
fn large_plans_are_drawn_within_what_mermaid_draws() {
    let case = case("cross-account-create");
    let saved = fs::read_to_string(&case.plan).unwrap();
    let plan = case.scene.file("large.plan");
    for (targets, note) in [(15, None), (40, Some("what belongs together")), (300, Some("each sort of thing"))] {
        fs::write(&plan, many(&saved, targets)).unwrap();
        let text = graph(&plan, &[]);
        let drawn = by_mermaid(&text).unwrap();
        assert_eq!(drawn, text_of(&text));
        let noted = drawn.boxes.iter().flatten().find(|line| line.starts_with("Too large to draw whole"));
        assert_eq!(noted.is_some(), note.is_some(), "{targets}: {noted:?}");
        assert!(noted.is_none_or(|noted| noted.contains(note.unwrap())), "{targets}: {noted:?}");
    }
    // The limit is mermaid's, and is felt.
    let arrows = |count: usize| (0..count).map(|number| format!("  a{number} --> b\n")).collect::<String>();
    let refused = by_mermaid(&format!("flowchart TB\n{}", arrows(501)));
    assert!(refused.is_err(), "mermaid draws what we think it does not");
}

#[test]
fn the_verb_draws_the_live_accounts_and_only_what_changes() {
    let case = case("cross-account-change");
    let output = case.scene.command(&["graph"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), graph(&case.plan, &[]), "a saved plan is another picture");
    let changes = text_of(&graph(&case.plan, &["--changes-only"]));
    let named = |name: &str| changes.boxes.iter().flatten().any(|line| line == name);
    assert!(named("entry/hub") && named("api/orders") && !named("target/orders/listener"), "{changes:?}");

    let one = case.scene.command(&["graph", "--target", "entry/hub"]).output().unwrap();
    let one = text_of(&String::from_utf8(one.stdout).unwrap());
    assert!(!one.boxes.iter().flatten().any(|line| line == "api/orders"), "{one:?}");

    let both = case.scene.command(&["graph", "--target", "entry/hub"]).arg(&case.plan).output().unwrap();
    assert_eq!(both.status.code(), Some(64), "{}", told(&both));
    let none = case.scene.command(&["graph", "no-such.plan"]).output().unwrap();
    assert_eq!((none.status.code(), none.stdout.len()), (Some(1), 0), "{}", told(&none));
    case.scene.edit("account=\"gateway\"", "account=\"nobody\"");
    let broken = case.scene.command(&["graph"]).output().unwrap();
    assert_eq!((broken.status.code(), broken.stdout.len()), (Some(1), 0), "{}", told(&broken));
}

#[test]
fn what_could_not_be_read_is_drawn_as_unknown() {
    let case = case("cross-account-change");
    let faults = case.scene.file("faults.kdl");
    fs::write(
        &faults,
        "fault \"ec2:DescribeVpcEndpoints\" every=#true { refused \"UnauthorizedOperation\" status=403 }\n",
    )
    .unwrap();
    let output = case.scene.command(&["graph"]).arg("--sandbox-faults").arg(&faults).output().unwrap();
    assert_eq!(output.status.code(), Some(8), "{}", told(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let drawn = by_mermaid(&text).unwrap();
    assert!(drawn.boxes.iter().flatten().any(|line| line == "? interface endpoint"), "{drawn:?}");
    assert_eq!(lines(&text, "classDef unknown").count(), 1, "{text}");
}

#[test]
fn equal_plans_are_equal_pictures() {
    let case = case("cross-network-change");
    let texts: BTreeSet<String> = (0..3).map(|_| graph(&case.plan, &["--format", "dot"])).collect();
    assert_eq!(texts.len(), 1);
    assert!(by_graphviz(texts.first().unwrap()).is_ok_and(|drawn: Drawn| drawn.arrows > 9));
}
