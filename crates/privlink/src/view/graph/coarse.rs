//! Pictures that are too large to be drawn, or read, made smaller step by step.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::Action;

use super::MOST_BOXES;
use super::mark::Mark;
use super::topology::{Edge, Node, Place, Topology};
use crate::view::words;

/// Ever smaller pictures of the same plan; the last one has next to nothing in it.
pub(super) fn ladder(picture: Topology) -> impl Iterator<Item = Topology> {
    let changes = picture.changes().then(|| noted(picture.only_changes(), "only what changes, and what is next to it"));
    let from = changes.clone().unwrap_or_else(|| picture.clone());
    let by_node = noted(grouped(&from, 2), "one box for what belongs together");
    let by_noun = noted(grouped(&from, 1), "one box for each sort of thing in an account");
    let pruned = std::iter::successors(Some(MOST_BOXES), |boxes| (*boxes > 0).then_some(boxes / 2));
    let pruned = pruned.map({
        let by_noun = by_noun.clone();
        move |boxes| prune(&by_noun, boxes)
    });
    std::iter::once(picture).chain(changes).chain([by_node, by_noun]).chain(pruned)
}

fn noted(picture: Topology, note: &str) -> Topology {
    Topology { note: Some(format!("Too large to draw whole: {note}.")), ..picture }
}

/// Only the first boxes, and the arrows between them.
fn prune(picture: &Topology, boxes: usize) -> Topology {
    let left_out = picture.nodes.len().saturating_sub(boxes);
    let kept: BTreeSet<usize> = (0..picture.nodes.len().min(boxes)).collect();
    // More arrows than this between few boxes are a tangle that says nothing.
    let edges: Vec<Edge> = picture.edges.iter().take(boxes * 2).copied().collect();
    let mut pruned = picture.keeping(&kept, &edges);
    pruned.nodes.iter_mut().for_each(|node| node.parts.clear());
    noted(pruned, &format!("{left_out} boxes are left out"))
}

/// What of a box tells with which others it belongs together.
type Key = (Option<String>, bool, String);

/// Boxes of one account whose names begin with the same words, as one box.
fn grouped(picture: &Topology, words: usize) -> Topology {
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    let mut groups: Vec<(String, Vec<&Node>)> = Vec::new();
    let mut group_of = Vec::new();
    for node in &picture.nodes {
        let key = key(node, words);
        let place = *places.entry(key.clone()).or_insert(groups.len());
        group_of.push(place);
        match groups.get_mut(place) {
            Some((_, members)) => members.push(node),
            None => groups.push((key.2, vec![node])),
        }
    }
    let mut edges: BTreeMap<(usize, usize), Vec<Action>> = BTreeMap::new();
    for edge in &picture.edges {
        let (Some(from), Some(to)) = (group_of.get(edge.from), group_of.get(edge.to)) else { continue };
        if from != to {
            edges.entry((*from, *to)).or_default().push(edge.action);
        }
    }
    let edge =
        |((from, to), actions): ((usize, usize), Vec<Action>)| Edge { from, to, action: Mark::of_all(&actions).action };
    Topology {
        nodes: groups.into_iter().filter_map(|(name, members)| merged(name, &members)).collect(),
        edges: edges.into_iter().map(edge).collect(),
        note: None,
    }
}

fn key(node: &Node, words: usize) -> Key {
    let account = node.place.as_ref().map(|place| place.account.clone());
    let name = match (node.ours, words) {
        (true, _) => node.name.split('/').take(words).collect::<Vec<_>>().join("/"),
        (false, 1) => String::new(),
        (false, _) => node.name.clone(),
    };
    (account, node.ours, name)
}

fn merged(name: String, members: &[&Node]) -> Option<Node> {
    let (first, others) = members.split_first()?;
    if others.is_empty() {
        return Some((*first).clone());
    }
    let actions: Vec<Action> = members.iter().flat_map(|member| member.actions.iter().copied()).collect();
    let mut counts: BTreeMap<Action, usize> = BTreeMap::new();
    for action in actions.iter().filter(|action| **action != Action::NoOp) {
        *counts.entry(*action).or_default() += 1;
    }
    let mut parts = Vec::new();
    if counts.len() > 1 || counts.values().any(|count| *count < actions.len()) {
        parts.extend(counts.into_iter().map(|(action, count)| (action, format!("{count} of {}", actions.len()))));
    }
    let network = |node: &Node| node.place.as_ref().and_then(|place| place.network.clone());
    let same = members.iter().all(|member| network(member) == network(first));
    let place = first.place.clone();
    Some(Node {
        name: if first.ours { name } else { format!("{} others", members.len()) },
        title: if first.ours { words::count(actions.len(), "resource") } else { first.title.clone() },
        own: Mark::of_all(&actions).action,
        mark: Mark { outage: members.iter().any(|member| member.mark.outage), ..Mark::of_all(&actions) },
        parts,
        place: place.map(|place| Place { network: place.network.filter(|_| same), ..place }),
        ours: first.ours,
        actions,
    })
}
