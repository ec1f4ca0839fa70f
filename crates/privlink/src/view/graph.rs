//! The topology of a plan as a picture: accounts and networks, what stands in them, and the way that traffic takes.
//!
//! Owns: how large a picture may be. Refuses to know: any particular kind; which attribute is a way, and which way it goes, is
//! a fact of the schema. Read next: `ways`, `topology`, then `mermaid` or `dot`.
//!
//! **Invariant:** equal plans give equal pictures, byte for byte; what happens is never said by colour alone.

mod coarse;
mod dot;
mod mark;
mod mermaid;
mod names;
mod outline;
#[cfg(test)]
mod tests;
mod topology;
mod ways;

use privlink_model::{Kinds, Plan};

use topology::Topology;

use super::words;

/// Arrows that a Mermaid flowchart may have. Mermaid refuses more than 500.
const MOST_ARROWS: usize = 400;
/// Bytes that it may have. Mermaid refuses more than 50,000 characters.
const MOST_BYTES: usize = 45_000;
/// Boxes that it has at most: more are not read.
const MOST_BOXES: usize = 100;
/// Characters of a name that are written.
const MOST_OF_A_NAME: usize = 120;

/// How much of a plan is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it.
    Whole,
    /// What changes, and what that comes from and leads to.
    Changes,
}

/// A plan as a Mermaid flowchart, of a size that Mermaid draws and a person reads.
pub(crate) fn mermaid(plan: &Plan, kinds: &Kinds) -> String {
    mermaid_of(plan, kinds, Extent::Whole)
}

/// The same of a part of the plan.
pub(crate) fn mermaid_of(plan: &Plan, kinds: &Kinds, extent: Extent) -> String {
    let mut written = String::new();
    for picture in coarse::ladder(picture(plan, kinds, extent)) {
        written = mermaid::write(&picture);
        let fits = picture.nodes.len() <= MOST_BOXES && picture.edges.len() <= MOST_ARROWS;
        if fits && written.len() <= MOST_BYTES {
            break;
        }
    }
    written
}

/// A plan as a graph for Graphviz, of any size.
pub(crate) fn dot(plan: &Plan, kinds: &Kinds) -> String {
    dot_of(plan, kinds, Extent::Whole)
}

/// The same of a part of the plan.
pub(crate) fn dot_of(plan: &Plan, kinds: &Kinds, extent: Extent) -> String {
    dot::write(&picture(plan, kinds, extent))
}

fn picture(plan: &Plan, kinds: &Kinds, extent: Extent) -> Topology {
    let whole = Topology::of(plan, kinds);
    let picture = match extent {
        Extent::Whole => whole,
        Extent::Changes => whole.only_changes(),
    };
    if picture.nodes.is_empty() {
        let why = match extent {
            Extent::Whole => format!("Project {} has no resources.", plan.project),
            Extent::Changes => format!("Nothing changes in project {}.", plan.project),
        };
        return Topology { note: Some(why), ..picture };
    }
    picture
}

/// A text of one line, all of it to be seen, and not without end.
fn clipped(text: &str) -> String {
    let text = words::visible(text);
    match text.char_indices().nth(MOST_OF_A_NAME) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
