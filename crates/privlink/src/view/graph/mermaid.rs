//! A picture as a Mermaid flowchart, which GitHub draws in comments and step summaries.
//!
//! **Invariant:** no name can break out of its label: all that could mean something to Mermaid, to the Markdown it reads in
//! labels, or to HTML is written as a character number. Boxes are numbered, so that no id can be a word of the language.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::clipped;
use super::mark::{Mark, Style, style, symbol};
use super::outline::{Outline, outline};
use super::topology::{Node, Topology};

/// Room for names on one line, and for arrows beside the titles they pass.
const SETTINGS: &str =
    r#"%%{init: {"flowchart": {"wrappingWidth": 480, "subGraphTitleMargin": {"top": 4, "bottom": 14}}}}%%"#;

/// The text of a picture.
pub(super) fn write(picture: &Topology) -> String {
    let direction = if picture.is_wide() { "LR" } else { "TB" };
    let mut text = format!("{SETTINGS}\nflowchart {direction}\n");
    let shape = outline(picture);
    for (number, account) in shape.accounts.iter().enumerate() {
        let _ = writeln!(text, "  subgraph a{number}[\"{}\"]", label(account.name));
        for (place, (network, nodes)) in account.networks.iter().enumerate() {
            let _ = writeln!(text, "    subgraph a{number}v{place}[\"network {}\"]", label(network));
            boxes(&mut text, "      ", nodes, picture);
            text.push_str("    end\n");
        }
        boxes(&mut text, "    ", &account.nodes, picture);
        text.push_str("  end\n");
    }
    boxes(&mut text, "  ", &shape.nodes, picture);
    if let Some(note) = &picture.note {
        let _ = writeln!(text, "  note[\"{}\"]:::note", label(note));
    }
    for edge in &picture.edges {
        let arrow = match (style(edge.action), symbol(edge.action)) {
            (_, "") => "-->".to_owned(),
            (Style::Create, symbol) => format!("==>|\"{}\"|", label(symbol)),
            (Style::Delete | Style::Unknown, symbol) => format!("-.->|\"{}\"|", label(symbol)),
            (_, symbol) => format!("-->|\"{}\"|", label(symbol)),
        };
        let _ = writeln!(text, "  n{} {arrow} n{}", edge.from, edge.to);
    }
    styles(&mut text, picture, &shape);
    text
}

fn boxes(text: &mut String, indent: &str, numbers: &[usize], picture: &Topology) {
    for number in numbers {
        let Some(node) = picture.nodes.get(*number) else { continue };
        let (open, close) = if node.ours { ("[\"", "\"]") } else { ("([\"", "\"])") };
        let look = node.style().look();
        let _ = writeln!(text, "{indent}n{number}{open}{}{close}:::{}", lines(node), look.name);
    }
}

fn lines(node: &Node) -> String {
    node.lines().iter().map(|line| label(line)).collect::<Vec<_>>().join("<br/>")
}

/// Text in quotes. Letters and digits stay, and what stands between two of them in names.
fn label(text: &str) -> String {
    let characters: Vec<char> = clipped(text).chars().collect();
    let mut written = String::new();
    for (number, character) in characters.iter().enumerate() {
        let near = |at: Option<usize>| at.and_then(|at| characters.get(at)).is_some_and(|near| near.is_alphanumeric());
        let within = near(number.checked_sub(1)) && near(number.checked_add(1));
        match character {
            // What follows this word is taken for a direction wherever on a line it stands, in quotes or not.
            ' ' if !written.ends_with("direction") => written.push(*character),
            ',' => written.push(*character),
            // No colon: of a line with `style`, a colon and a number behind it, the last semicolon is cut off.
            '/' | '-' | '.' if within => written.push(*character),
            // With others behind them, a formula and Mermaid's own marks, however they are written; what cannot be seen
            // keeps them apart.
            '$' | '\u{fb02}' | '\u{b6}' => {
                let _ = write!(written, "#{};#8203;", u32::from(*character));
            }
            plain if plain.is_alphanumeric() => written.push(*plain),
            other => {
                let _ = write!(written, "#{};", u32::from(*other));
            }
        }
    }
    written
}

/// The styles that are used. Arrows are styled by their number.
fn styles(text: &mut String, picture: &Topology, shape: &Outline<'_>) {
    let mut used: Vec<Style> = picture.nodes.iter().map(Node::style).collect();
    used.extend(picture.note.as_ref().map(|_| Style::Note));
    for style in Style::ALL.into_iter().filter(|style| used.contains(style)) {
        let look = style.look();
        let dashes = if look.dashed { ",stroke-dasharray:5 4" } else { "" };
        let _ = writeln!(
            text,
            "  classDef {} fill:{},stroke:{},stroke-width:{}px,color:#1f2328{dashes}",
            look.name, look.fill, look.stroke, look.width
        );
    }
    for (number, account) in shape.accounts.iter().enumerate() {
        let networks = (0..account.networks.len()).map(|place| format!(",a{number}v{place}")).collect::<String>();
        let _ = writeln!(text, "  class a{number}{networks} place");
    }
    if !shape.accounts.is_empty() {
        text.push_str("  classDef place fill:none,stroke:#6e7781\n");
    }
    let mut arrows: BTreeMap<Style, Vec<String>> = BTreeMap::new();
    for (number, edge) in picture.edges.iter().enumerate() {
        let mark = Mark { action: edge.action, outage: false };
        if mark.changes() {
            arrows.entry(mark.style()).or_default().push(number.to_string());
        }
    }
    for (style, numbers) in arrows {
        let look = style.look();
        let _ =
            writeln!(text, "  linkStyle {} stroke:{},stroke-width:{}px", numbers.join(","), look.stroke, look.width);
    }
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn what_could_mean_something_is_a_number() {
        assert_eq!(label("target/orders-2.b"), "target/orders-2.b");
        assert_eq!(label("- a \"b\" #1; <c>"), "#45; a #34;b#34; #35;1#59; #60;c#62;");
        assert_eq!(label("$$"), "#36;#8203;#36;#8203;");
        assert_eq!(label("direction LR, style a:b_"), "direction#32;LR, style a#58;b#95;");
        assert_eq!(label("1. `x`\n&amp; é日"), "1#46; #96;x#96; #38;amp#59; é日");
    }
}
