//! What is on a picture, as those who draw it have drawn it.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a failed set-up is a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::browser;

/// The boxes and frames of a picture by what is written in them, and how many arrows it has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Drawn {
    /// The lines of each box and frame.
    pub(crate) boxes: BTreeSet<Vec<String>>,
    /// How many arrows there are.
    pub(crate) arrows: usize,
}

/// What the text of a flowchart says, read without mermaid.
pub(crate) fn text_of(text: &str) -> Drawn {
    let label = |line: &str| Some(line.split_once("[\"")?.1.split_once("\"]")?.0.to_owned());
    let numbers = |label: String| {
        let mut parts = label.split('#');
        let mut plain = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (number, rest) = part.split_once(';').unwrap();
            plain.push(char::from_u32(number.parse().unwrap()).unwrap());
            plain.push_str(rest);
        }
        plain
    };
    let lines =
        |label: String| label.split("<br/>").map(|line| numbers(line.to_owned()).replace('\u{200b}', "")).collect();
    // Its settings hold brackets too.
    let written = text.lines().filter(|line| !line.starts_with("%%"));
    let boxes = written.filter_map(label).map(lines).collect();
    let arrows = text.lines().filter(|line| ["-->", "==>", "-.->"].iter().any(|arrow| line.contains(arrow))).count();
    Drawn { boxes, arrows }
}

/// Draws a flowchart with the real mermaid in a browser.
///
/// # Errors
/// When mermaid draws no flowchart; what it drew in place of one.
pub(crate) fn by_mermaid(text: &str) -> Result<Drawn, String> {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    fs::write(&page, html(text)).unwrap();
    let dom = browser::dom(&page);
    let svg = dom.split_once("<svg").map(|(_, svg)| svg).unwrap_or_default();
    if svg.is_empty() || dom.contains("Syntax error") || !svg.contains("flowchart") {
        return Err(dom);
    }
    let labels =
        svg.split("nodeLabel").skip(1).filter_map(|rest| Some(rest.split_once("<p>")?.1.split_once("</p>")?.0));
    let lines = |label: &str| label.split("<br>").map(|line| plain(line.trim())).collect();
    let is_arrow = |path: &&str| path.split('>').next().is_some_and(|tag| tag.contains("flowchart-link"));
    let arrows = svg.split("<path").skip(1).filter(is_arrow).count();
    Ok(Drawn { boxes: labels.map(lines).collect(), arrows })
}

/// A page as a site would embed a flowchart.
pub(crate) fn html(text: &str) -> String {
    let mermaid = browser::module("mermaid/dist/mermaid.min.js").canonicalize().unwrap();
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<!doctype html><meta charset=utf-8><script src=\"file://{}\"></script><pre class=mermaid>\n{text}</pre>\
         <script>mermaid.initialize({{startOnLoad: true}})</script>",
        mermaid.display()
    )
}

/// HTML's words for characters, undone, without what cannot be seen.
fn plain(text: &str) -> String {
    let text = text.replace('\u{200b}', "");
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", "\u{a0}")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Draws a graph with Graphviz.
///
/// # Errors
/// When it cannot; what Graphviz says.
pub(crate) fn by_graphviz(text: &str) -> Result<Drawn, String> {
    let mut child = Command::new("dot")
        .arg("-Tjson")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("no Graphviz; on Debian `apt-get install graphviz`");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || said.contains("rror") {
        return Err(said.into_owned());
    }
    let graph: serde_json::Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let objects = graph["objects"].as_array().cloned().unwrap_or_default();
    let lines = |object: &serde_json::Value| {
        let label = object["label"].as_str()?;
        Some(label.split("\\n").map(|line| plain(&line.replace("\\\"", "\"").replace("\\\\", "\\"))).collect())
    };
    let boxes = objects.iter().filter_map(lines).collect();
    Ok(Drawn { boxes, arrows: graph["edges"].as_array().map_or(0, Vec::len) })
}
