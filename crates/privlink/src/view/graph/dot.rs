//! A picture as a graph for Graphviz, which has no limit of size.

use std::fmt::Write as _;

use super::clipped;
use super::mark::{Look, style, symbol};
use super::outline::outline;
use super::topology::Topology;

/// The text of a picture.
pub(super) fn write(picture: &Topology) -> String {
    let direction = if picture.is_wide() { "LR" } else { "TB" };
    let mut text = format!("digraph privlink {{\n  graph [rankdir={direction}, fontname=\"sans-serif\"];\n");
    text.push_str("  node [shape=box, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n");
    let shape = outline(picture);
    for (number, account) in shape.accounts.iter().enumerate() {
        let _ = writeln!(text, "  subgraph cluster_{number} {{\n    label={};", quoted(account.name));
        for (place, (network, nodes)) in account.networks.iter().enumerate() {
            let label = quoted(&format!("network {network}"));
            let _ = writeln!(text, "    subgraph cluster_{number}_{place} {{\n      label={label};");
            boxes(&mut text, "      ", nodes, picture);
            text.push_str("    }\n");
        }
        boxes(&mut text, "    ", &account.nodes, picture);
        text.push_str("  }\n");
    }
    boxes(&mut text, "  ", &shape.nodes, picture);
    if let Some(note) = &picture.note {
        let _ = writeln!(text, "  note [shape=plaintext, label={}];", quoted(note));
    }
    for edge in &picture.edges {
        let look = style(edge.action).look();
        let label = match symbol(edge.action) {
            "" => String::new(),
            symbol => format!("label={}, ", quoted(symbol)),
        };
        let _ = writeln!(text, "  n{} -> n{} [{label}{}];", edge.from, edge.to, line(&look));
    }
    text.push_str("}\n");
    text
}

fn boxes(text: &mut String, indent: &str, numbers: &[usize], picture: &Topology) {
    for number in numbers {
        let Some(node) = picture.nodes.get(*number) else { continue };
        let look = node.style().look();
        let label = node.lines().iter().map(|line| escaped(line)).collect::<Vec<_>>().join("\\n");
        let corners = if node.ours { "filled" } else { "rounded,filled" };
        let corners = if look.dashed { format!("{corners},dashed") } else { corners.to_owned() };
        let _ = writeln!(
            text,
            "{indent}n{number} [label=\"{label}\", class={}, style=\"{corners}\", fillcolor=\"{}\", color=\"{}\", penwidth={}];",
            look.name, look.fill, look.stroke, look.width
        );
    }
}

fn line(look: &Look) -> String {
    let dashed = if look.dashed { ", style=dashed" } else { "" };
    format!(
        "class={}, color=\"{}\", fontcolor=\"{}\", penwidth={}{dashed}",
        look.name, look.stroke, look.stroke, look.width
    )
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Text for between quotes. Graphviz reads names of HTML characters in labels, too.
fn escaped(text: &str) -> String {
    clipped(text).replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_label_cannot_be_left() {
        assert_eq!(quoted("a \"b\" \\N &lt;\n{}"), "\"a \\\"b\\\" \\\\N &amp;lt; {}\"");
    }
}
