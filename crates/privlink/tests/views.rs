//! Every view of real plans: golden pages of both examples, JSON held against its schema by somebody else's validator, markdown
//! read by somebody else's renderer.
//!
//! `UPDATE_EXPECT=1` writes `testdata/views/*/plan.*` anew.
#![cfg(feature = "aws")]
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod browser;
mod cases;
mod scene;
mod served;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cases::{CASES, Case, case, folder};
use expect_test::expect_file;
use scene::Scene;
use serde_json::Value as Json;
use served::{privlink, python, told};

/// How GitHub counts what fits into a comment, less room for what surrounds a page.
const LIMIT: usize = 65_536 - 1_024;

/// A plan whose policy lets more in: nobody is denied any more, and who may call need not come through our entry.
fn opened() -> Case {
    let scene = Scene::new("cross-network");
    scene.expect(0, &["apply", "-y"]);
    let everyone = r#"{ "Version": "2012-10-17", "Statement":
        { "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*" } }"#;
    fs::write(scene.file("open.json"), everyone).unwrap();
    scene.edit("    allow network=\"hub\"\n", "    policy \"open.json\"\n");
    let plan = scene.file("saved.plan");
    scene.expect(0, &["plan", "-o", &plan.display().to_string()]);
    Case { scene, plan }
}

fn all() -> impl Iterator<Item = (&'static str, Case)> {
    CASES.into_iter().map(|name| (name, case(name))).chain([("cross-network-open", opened())])
}

/// A view of a saved plan, asked for in its folder.
fn show(plan: &Path, format: &str) -> String {
    let name = plan.file_name().unwrap().to_str().unwrap();
    let mut command = privlink(&["show", name, "--format", format]);
    let output = command.current_dir(plan.parent().unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// What the validator finds wrong with documents.
fn problems(schema: &Path, documents: &[PathBuf]) -> String {
    let names: Vec<String> = documents.iter().map(|path| path.display().to_string()).collect();
    let mut arguments = vec![schema.to_str().unwrap()];
    arguments.extend(names.iter().map(String::as_str));
    python("valid.py", &arguments)
}

fn schema(folder: &Path) -> PathBuf {
    let output = privlink(&["schema", "plan"]).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let path = folder.join("plan.schema.json");
    fs::write(&path, output.stdout).unwrap();
    path
}

#[test]
fn views_of_the_examples_are_as_they_were() {
    for (name, case) in all() {
        let plan = case.steady();
        for (format, file) in [("text", "plan.txt"), ("json", "plan.json"), ("markdown", "plan.md")] {
            // The picture has golden files and readers of its own.
            let picture = show(&plan, "mermaid");
            let view = show(&plan, format).replace(&picture, "(as in graph.mmd)\n");
            assert_eq!(view.contains("graph.mmd"), format == "markdown", "{name}: the page has no picture");
            expect_file![folder(name).join(file)].assert_eq(&view);
        }
    }
}

#[test]
fn two_plans_of_the_same_world_are_the_same_page_and_the_same_json() {
    let case = case("cross-account-change");
    for format in ["markdown", "json", "text"] {
        let plan = || {
            let output = case.scene.command(&["plan", "--format", format]).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", told(&output));
            output.stdout
        };
        let first = plan();
        assert!(!first.is_empty());
        assert_eq!(first, plan(), "{format}");
    }
}

#[test]
fn json_is_what_its_schema_says_by_a_validator_that_is_not_ours() {
    let place = tempfile::tempdir().unwrap();
    let schema = schema(place.path());
    let documents: Vec<PathBuf> =
        CASES.into_iter().chain(["cross-network-open"]).map(|name| folder(name).join("plan.json")).collect();
    assert_eq!(problems(&schema, &documents), "");

    let whole: Json = serde_json::from_str(&fs::read_to_string(&documents[1]).unwrap()).unwrap();
    let break_by = |change: &dyn Fn(&mut Json)| {
        let mut document = whole.clone();
        change(&mut document);
        let path = place.path().join("broken.json");
        fs::write(&path, document.to_string()).unwrap();
        problems(&schema, &[path])
    };
    assert_eq!(break_by(&|_| {}), "");
    for change in [
        &(|it: &mut Json| it["format_version"] = "2.0".into()) as &dyn Fn(&mut Json),
        &|it| it["more"] = 1.into(),
        &|it| it["summary"]["create"] = "four".into(),
        &|it| it["changes"][0].as_object_mut().unwrap().remove("kind").map_or((), drop),
        &|it| it["changes"][0]["attributes"][0]["access"] = serde_json::json!({ "verdict": "fine", "text": "" }),
        &|it| it["steps"][0]["undo"] = serde_json::json!({ "class": "exact" }),
    ] {
        assert_eq!(break_by(change).lines().count(), 1, "a broken document passes: {}", break_by(change));
    }
}

#[test]
fn json_and_markdown_say_what_a_policy_means() {
    let case = opened();
    let json: Json = serde_json::from_str(&show(&case.plan, "json")).unwrap();
    let changes = json["changes"].as_array().unwrap();
    let definition = changes.iter().find(|change| change["address"] == "api/legacy/definition").unwrap();
    let rows = definition["attributes"].as_array().unwrap();
    let policy = rows.iter().find(|row| row["key"] == "policy").unwrap();
    let text = "loosened: 1 deny statement removed, 1 allow statement widened (everyone, unconditionally)";
    assert_eq!(policy["access"], serde_json::json!({ "verdict": "loosened", "text": text }));
    assert!(show(&case.plan, "text").contains(&format!("access {text}")));
    let markdown = show(&case.plan, "markdown");
    let (outside, _) = markdown.split_once("<details>").unwrap();
    assert!(outside.contains("**Policies: 1 loosened**") && outside.contains(text), "{outside}");
}

#[test]
fn a_spec_with_errors_has_no_page() {
    let scene = Scene::new("cross-network");
    scene.edit("target \"legacy\"", "target \"lgeacy\"");
    let output = scene.command(&["plan", "--format", "markdown"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert_eq!(output.stdout, b"");
    assert!(String::from_utf8_lossy(&output.stderr).contains("legacy"), "{}", told(&output));
}

#[test]
fn a_plan_without_changes_is_one_line_of_markdown() {
    let scene = Scene::new("cross-network");
    scene.expect(0, &["apply", "-y"]);
    let output = scene.command(&["plan", "--format", "markdown"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('>')).collect();
    assert_eq!(lines, ["**No changes for `crossnetwork`:** 17 resources in 1 account are as the spec says."]);
}

/// What a reader meets on a page.
fn rendered(page: &Path) -> Json {
    let script = served::root().join("crates/privlink/tests/witness/rendered.mjs");
    let library = browser::module("marked/lib/marked.esm.js");
    let output = Command::new("node").arg(script).arg(library).arg(page).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn texts(of: &Json) -> Vec<&str> {
    of.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn a_page_is_read_as_it_was_meant_by_a_renderer_that_is_not_ours() {
    let page = rendered(&folder("cross-account-create").join("plan.md"));
    assert_eq!(texts(&page["fences"]), ["diff", "diff", "mermaid"]);
    assert_eq!((texts(&page["links"]).len(), texts(&page["headings"]).len()), (0, 0));
    // The renderer sees what there is to see.
    let place = tempfile::tempdir().unwrap();
    let other = place.path().join("other.md");
    fs::write(&other, "# a\n\n[b](https://c.example) @d <i>e</i> ![f](g)\n\n| h |\n|---|\n| i |\n").unwrap();
    let other = rendered(&other);
    assert_eq!(texts(&other["links"]), ["https://c.example"]);
    assert_eq!((texts(&other["html"]), texts(&other["images"])), (vec!["<i>", "</i>"], vec!["g"]));
    assert!(texts(&other["text"]).concat().contains("@d") && other["tables"] == 1);
}

#[test]
fn names_that_mean_something_to_markdown_stay_names() {
    let case = case("cross-account-change");
    let saved = fs::read_to_string(&case.plan).unwrap();
    let place = tempfile::tempdir().unwrap();
    for name in [
        "`",
        "``` \n@bob\n```\n",
        "</details><script>alert(1)</script>",
        "[a](https://b.example)",
        "![](https://b.example)",
        "@bob #1 x/y#2",
        "https://b.example www.b.example me@b.example",
        "\n\n# title\n\n| a |\n|---|\n",
        "<!-- ",
        "~~~\n- [ ] a",
        "a\u{202e}b",
        "*b* _i_ ~s~ :tada:",
    ] {
        let quoted = serde_json::to_string(name).unwrap();
        let text = saved
            .replace("api/orders", quoted.trim_matches('"'))
            .replace("\"gateway\"", &quoted)
            .replace("orders", quoted.trim_matches('"'));
        let plan = place.path().join("nasty.plan");
        fs::write(&plan, text).unwrap();
        let page = place.path().join("page.md");
        let markdown = show(&plan, "markdown");
        assert!(markdown.len() <= LIMIT);
        fs::write(&page, &markdown).unwrap();
        let read = rendered(&page);
        for what in ["links", "images", "headings"] {
            assert_eq!(texts(&read[what]), Vec::<&str>::new(), "{name:?}: {markdown}");
        }
        assert_eq!(read["tables"], 0, "{name:?}");
        for html in texts(&read["html"]) {
            let fold = html.starts_with("<details><summary>") && html.ends_with("</summary>");
            let inner = ["<details><summary>", "</summary>", "<b>", "</b>", "<code>", "</code>"];
            let inner = inner.iter().fold(html.to_owned(), |html, tag| html.replace(tag, ""));
            assert!(html == "</details>" || (fold && !inner.contains(['<', '>'])), "{name:?}: {html}");
        }
        assert_eq!(
            texts(&read["fences"]).iter().filter(|it| !matches!(**it, "diff" | "mermaid")).count(),
            0,
            "{name:?}"
        );
        let loose: Vec<&str> =
            texts(&read["text"]).into_iter().filter(|it| it.contains(['@', '#']) || it.contains("://")).collect();
        assert_eq!(loose, Vec::<&str>::new(), "{name:?}");
    }
}
