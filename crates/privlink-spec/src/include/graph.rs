//! Loops among files that include each other.

use crate::source::{FileId, Span};

/// One `include`: the file it stands in, the file it names, and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: FileId,
    pub(super) to: FileId,
    pub(super) span: Span,
}

/// One loop for each include that closes one, by a depth-first walk without recursion.
pub(super) fn cycles(files: usize, edges: &[Edge]) -> Vec<Vec<Edge>> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut outgoing: Vec<Vec<Edge>> = vec![Vec::new(); files];
    for edge in edges {
        if let Some(list) = outgoing.get_mut(edge.from.0 as usize) {
            list.push(*edge);
        }
    }
    let mut states = vec![State::New; files];
    let mut found = Vec::new();
    for root in 0..files {
        if states.get(root) != Some(&State::New) {
            continue;
        }
        // Each entry: a file, how many of its edges were taken; `path` holds the edges between them.
        let mut stack = vec![(root, 0_usize)];
        let mut path: Vec<Edge> = Vec::new();
        while let Some((file, taken)) = stack.pop() {
            if let Some(state) = states.get_mut(file) {
                *state = State::Open;
            }
            let Some(edge) = outgoing.get(file).and_then(|list| list.get(taken)).copied() else {
                if let Some(state) = states.get_mut(file) {
                    *state = State::Done;
                }
                path.pop();
                continue;
            };
            stack.push((file, taken + 1));
            let to = edge.to.0 as usize;
            match states.get(to) {
                Some(State::New) => {
                    path.push(edge);
                    stack.push((to, 0));
                }
                Some(State::Open) => {
                    let start = path.iter().position(|step| step.from == edge.to).unwrap_or(path.len());
                    let mut cycle: Vec<Edge> = path.iter().skip(start).copied().collect();
                    cycle.push(edge);
                    found.push(cycle);
                }
                _ => {}
            }
        }
    }
    found
}
