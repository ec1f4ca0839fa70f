//! What stands where and leads where: a plan as boxes and arrows, in the direction that traffic flows.
//!
//! Owns: which changes become one box, in which account and network it stands, what is written in it. Refuses to know: how
//! boxes are drawn (see `mermaid`, `dot`), and which kinds there are.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Action, Address, Change, Flow, KindSchema, Kinds, Plan, Scope, Value};

use super::mark::{Mark, Style, symbol};
use super::names::Whom;
use super::ways::{Ways, ways};
use crate::view::words;

/// Parts that a box names; of more, the number is said.
const MOST_PARTS: usize = 8;

/// Boxes that a page has room for beside each other.
const MOST_ABREAST: usize = 12;

/// Boxes and arrows.
#[derive(Debug, Clone, Default)]
pub(super) struct Topology {
    /// The boxes, each before those it leads to, as far as they lead in no circle.
    pub(super) nodes: Vec<Node>,
    /// The arrows between them.
    pub(super) edges: Vec<Edge>,
    /// What the picture leaves out.
    pub(super) note: Option<String>,
}

/// One box.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Our name for it, or AWS's for what is not ours.
    pub(super) name: String,
    /// What it is.
    pub(super) title: String,
    /// What happens to the object that it is named for.
    pub(super) own: Action,
    /// What happens to it, its parts included.
    pub(super) mark: Mark,
    /// What happens to its parts.
    pub(super) parts: Vec<(Action, String)>,
    /// The account and region it is in, where that is known.
    pub(super) place: Option<Place>,
    /// Whether it is this project's.
    pub(super) ours: bool,
    /// What happens to each object that is drawn as this box and as none before it.
    pub(super) actions: Vec<Action>,
}

impl Node {
    /// What is written in it, line by line.
    pub(super) fn lines(&self) -> Vec<String> {
        // A part that changes says so on its own line.
        let symbols = Mark { action: self.own, ..self.mark }.symbol();
        let mut lines = match self.ours {
            true => vec![marked(&symbols, &self.title), self.name.clone()],
            false => vec![marked(&symbols, &self.name), self.title.clone()],
        };
        lines.extend(self.mark.outage.then(|| "interrupts traffic".to_owned()));
        lines.extend(self.parts.iter().map(|(action, part)| marked(symbol(*action), part)));
        lines
    }

    /// How it is drawn.
    pub(super) fn style(&self) -> Style {
        if self.ours || self.mark.changes() { self.mark.style() } else { Style::Foreign }
    }
}

/// A text behind its symbol.
fn marked(symbol: &str, text: &str) -> String {
    if symbol.is_empty() { text.to_owned() } else { format!("{symbol} {text}") }
}

/// Where a box stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The account and region, in words.
    pub(super) account: String,
    /// The network, by AWS's name for it.
    pub(super) network: Option<String>,
}

/// One arrow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    /// The box it comes from, by its place among them.
    pub(super) from: usize,
    /// The box it leads to.
    pub(super) to: usize,
    /// What happens to it.
    pub(super) action: Action,
}

impl Topology {
    /// The picture of a plan.
    pub(super) fn of(plan: &Plan, kinds: &Kinds) -> Self {
        let Ways { roots, edges, let_in } = ways(plan, kinds);
        let drawing = Drawing::of(plan, kinds, &roots, let_in);
        let ours = roots.iter().flatten().copied().map(Whom::Ours);
        let ends = edges.keys().flat_map(|(from, to)| [*from, *to]);
        let all: BTreeSet<Whom> = ours.chain(ends).collect();
        let order = in_order(&all, edges.keys().copied(), &|whom| drawing.name(whom));
        let networks = drawing.networks(&all, edges.keys().copied());
        let nodes = order.iter().map(|whom| drawing.node(*whom, networks.get(whom).cloned().flatten())).collect();
        let at: BTreeMap<Whom, usize> = order.into_iter().enumerate().map(|(number, whom)| (whom, number)).collect();
        let edge = |((from, to), action): ((Whom, Whom), Action)| {
            Some(Edge { from: *at.get(&from)?, to: *at.get(&to)?, action })
        };
        let mut edges: Vec<Edge> = edges.into_iter().filter_map(edge).collect();
        edges.sort_by_key(|edge| (edge.from, edge.to));
        Self { nodes, edges, note: None }
    }

    /// Whether anything in it changes.
    pub(super) fn changes(&self) -> bool {
        self.nodes.iter().any(|node| node.mark.changes()) || self.edges.iter().any(|edge| edge.action != Action::NoOp)
    }

    /// Whether it is better drawn from left to right: many boxes stand beside each other on the way down.
    pub(super) fn is_wide(&self) -> bool {
        let mut depths = vec![0_usize; self.nodes.len()];
        // Arrows are sorted by where they come from, and boxes stand before those they lead to.
        for edge in self.edges.iter().filter(|edge| edge.from < edge.to) {
            let next = depths.get(edge.from).map_or(0, |depth| depth + 1);
            if let Some(depth) = depths.get_mut(edge.to) {
                *depth = next.max(*depth);
            }
        }
        let mut abreast: BTreeMap<usize, usize> = BTreeMap::new();
        depths.into_iter().for_each(|depth| *abreast.entry(depth).or_default() += 1);
        abreast.values().any(|boxes| *boxes > MOST_ABREAST)
    }

    /// Only what changes, and what that comes from and leads to.
    pub(super) fn only_changes(&self) -> Self {
        let changed = |number: usize| self.nodes.get(number).is_some_and(|node| node.mark.changes());
        let near = |edge: &&Edge| edge.action != Action::NoOp || changed(edge.from) || changed(edge.to);
        let edges: Vec<Edge> = self.edges.iter().filter(near).copied().collect();
        let mut kept: BTreeSet<usize> = (0..self.nodes.len()).filter(|number| changed(*number)).collect();
        kept.extend(edges.iter().flat_map(|edge| [edge.from, edge.to]));
        self.keeping(&kept, &edges)
    }

    /// Only some boxes, and of these arrows those between them.
    pub(super) fn keeping(&self, kept: &BTreeSet<usize>, edges: &[Edge]) -> Self {
        let new: BTreeMap<usize, usize> = kept.iter().enumerate().map(|(new, old)| (*old, new)).collect();
        let edge = |edge: &Edge| Some(Edge { from: *new.get(&edge.from)?, to: *new.get(&edge.to)?, ..*edge });
        Self {
            nodes: kept.iter().filter_map(|number| self.nodes.get(*number)).cloned().collect(),
            edges: edges.iter().filter_map(edge).collect(),
            note: self.note.clone(),
        }
    }
}

/// Each before those it leads to, by name where that says nothing; those that lead in a circle come as their names do.
fn in_order<'a>(
    all: &BTreeSet<Whom<'a>>,
    edges: impl Iterator<Item = (Whom<'a>, Whom<'a>)>,
    name: &dyn Fn(Whom<'a>) -> String,
) -> Vec<Whom<'a>> {
    let mut onward: BTreeMap<Whom, BTreeSet<Whom>> = BTreeMap::new();
    let mut waits: BTreeMap<Whom, usize> = all.iter().map(|whom| (*whom, 0)).collect();
    for (from, to) in edges {
        if onward.entry(from).or_default().insert(to) {
            *waits.entry(to).or_default() += 1;
        }
    }
    let mut ready: BTreeSet<(String, Whom)> =
        waits.iter().filter(|(_, count)| **count == 0).map(|(whom, _)| (name(*whom), *whom)).collect();
    let mut rest: BTreeSet<(String, Whom)> =
        all.iter().map(|whom| (name(*whom), *whom)).filter(|named| !ready.contains(named)).collect();
    let mut order = Vec::new();
    while let Some((_, whom)) = ready.pop_first().or_else(|| rest.pop_first()) {
        order.push(whom);
        for to in onward.remove(&whom).unwrap_or_default() {
            let Some(count) = waits.get_mut(&to) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 && rest.remove(&(name(to), to)) {
                ready.insert((name(to), to));
            }
        }
    }
    order
}

/// A plan on its way to boxes.
struct Drawing<'a> {
    plan: &'a Plan,
    kinds: &'a Kinds,
    /// For each box that is ours, its parts.
    parts: BTreeMap<usize, Vec<&'a Change>>,
    /// What happens to those that no box before it has; a security group can be a part of several.
    counted: BTreeMap<usize, Vec<Action>>,
    /// Whose steps interrupt traffic.
    outages: BTreeSet<&'a Address>,
    scopes: BTreeSet<&'a Scope>,
    /// Who is there only because it is let in.
    let_in: BTreeSet<Whom<'a>>,
}

impl<'a> Drawing<'a> {
    fn of(plan: &'a Plan, kinds: &'a Kinds, roots: &[BTreeSet<usize>], let_in: BTreeSet<Whom<'a>>) -> Self {
        let mut parts: BTreeMap<usize, Vec<&Change>> = BTreeMap::new();
        for (number, change) in plan.changes.changes.iter().enumerate() {
            for root in roots.get(number).into_iter().flatten().filter(|root| **root != number) {
                parts.entry(*root).or_default().push(change);
            }
        }
        let mut counted: BTreeMap<usize, Vec<Action>> = BTreeMap::new();
        for (change, roots) in plan.changes.changes.iter().zip(roots) {
            counted.entry(roots.first().copied().unwrap_or_default()).or_default().push(change.action);
        }
        parts.values_mut().for_each(|parts| parts.sort_by_key(|part| (&part.address, part.action)));
        let outages = plan.steps.iter().filter(|step| step.outage.is_some()).map(|step| &step.address).collect();
        let scopes = plan.changes.changes.iter().map(|change| &change.scope).collect();
        Self { plan, kinds, parts, counted, outages, scopes, let_in }
    }

    fn change(&self, whom: Whom<'_>) -> Option<&'a Change> {
        match whom {
            Whom::Ours(number) => self.plan.changes.changes.get(number),
            Whom::LeftOut(_) | Whom::Other(_) => None,
        }
    }

    fn parts(&self, whom: Whom<'_>) -> &[&'a Change] {
        match whom {
            Whom::Ours(number) => self.parts.get(&number).map_or(&[], Vec::as_slice),
            Whom::LeftOut(_) | Whom::Other(_) => &[],
        }
    }

    fn counted(&self, whom: Whom<'_>) -> Vec<Action> {
        match whom {
            Whom::Ours(number) => self.counted.get(&number).cloned().unwrap_or_default(),
            Whom::LeftOut(_) | Whom::Other(_) => Vec::new(),
        }
    }

    fn name(&self, whom: Whom<'_>) -> String {
        match whom {
            Whom::Ours(_) => self.change(whom).map_or(String::new(), |change| change.address.to_string()),
            Whom::LeftOut(address) => address.to_string(),
            Whom::Other(text) => words::identity(text).to_owned(),
        }
    }

    fn node(&self, whom: Whom<'_>, network: Option<String>) -> Node {
        let scope = self.scope(whom);
        let place = scope.map(|scope| Place { account: words::place(scope, &self.plan.accounts), network });
        let name = self.name(whom);
        let Some(change) = self.change(whom) else {
            let title = match whom {
                Whom::LeftOut(_) => "not in this plan",
                _ if self.let_in.contains(&whom) => "is let in",
                Whom::Ours(_) | Whom::Other(_) => "not of this project",
            };
            let (title, own, mark) = (title.to_owned(), Action::NoOp, Mark::default());
            return Node { name, title, own, mark, parts: Vec::new(), place, ours: false, actions: Vec::new() };
        };
        let parts = self.parts(whom);
        let mut changes = std::iter::once(change).chain(parts.iter().copied());
        let outage = changes.any(|change| self.outages.contains(&change.address));
        let inside: Vec<Action> = parts.iter().map(|part| part.action).collect();
        Node {
            name,
            title: self.title(change),
            own: change.action,
            mark: Mark::of_object(change.action, &inside, outage),
            parts: part_lines(change, parts),
            place,
            ours: true,
            actions: self.counted(whom),
        }
    }

    /// What an object is, and the numbers that it must have: `listener, port 80`.
    fn title(&self, change: &Change) -> String {
        let mut title = words::title(self.kinds, change.kind).to_owned();
        let attrs = change.after.as_ref().or(change.before.as_ref().map(|before| &before.attrs));
        let schema = self.kinds.get(change.kind);
        for fact in schema.into_iter().flat_map(|schema| schema.attributes).filter(|fact| fact.required && !fact.secret)
        {
            if let Some(Value::Int(number)) = attrs.and_then(|attrs| attrs.get(fact.key)) {
                title.push_str(&format!(", {} {number}", fact.key));
            }
        }
        title
    }

    /// The account and region that something is in: of what is not ours, as its ARN says.
    fn scope(&self, whom: Whom<'_>) -> Option<&'a Scope> {
        let Whom::Other(text) = whom else { return self.change(whom).map(|change| &change.scope) };
        let fields: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", _, _, region, account, _] = fields.as_slice() else { return None };
        let scope = Scope::new(*account, *region);
        self.scopes.get(&scope).copied()
    }

    /// The network that each is in: the one it or a part of it names, else the one that all around it are in.
    fn networks(
        &self,
        all: &BTreeSet<Whom<'a>>,
        edges: impl Iterator<Item = (Whom<'a>, Whom<'a>)>,
    ) -> BTreeMap<Whom<'a>, Option<String>> {
        let named: BTreeMap<Whom, Option<String>> = all.iter().map(|whom| (*whom, self.network(*whom))).collect();
        let mut around: BTreeMap<Whom, (BTreeSet<Whom>, BTreeSet<Whom>)> = BTreeMap::new();
        for (from, to) in edges {
            around.entry(from).or_default().1.insert(to);
            around.entry(to).or_default().0.insert(from);
        }
        let surrounding = |whom: &Whom<'a>| {
            let (before, after) = around.get(whom)?;
            let (Some(first), false) = (before.first(), after.is_empty()) else { return None };
            let place = |whom: &Whom<'a>| (self.scope(*whom), named.get(whom).cloned().flatten());
            let same = before.iter().chain(after).all(|near| place(near) == place(first));
            let here = self.scope(*whom) == self.scope(*first);
            place(first).1.filter(|_| same && here)
        };
        all.iter().map(|whom| (*whom, named.get(whom).cloned().flatten().or_else(|| surrounding(whom)))).collect()
    }

    fn network(&self, whom: Whom<'_>) -> Option<String> {
        let change = self.change(whom)?;
        std::iter::once(change).chain(self.parts(whom).iter().copied()).find_map(|change| {
            let key = self.kinds.get(change.kind).and_then(within)?;
            let after = change.after.as_ref().and_then(|after| after.get(key));
            let value = after.or_else(|| change.before.as_ref()?.attrs.get(key))?;
            value.as_text().map(str::to_owned)
        })
    }
}

fn within(schema: &KindSchema) -> Option<&'static str> {
    schema.attributes.iter().find(|fact| fact.flow == Some(Flow::Within)).map(|fact| fact.key)
}

/// What happens to the parts of a box.
fn part_lines(root: &Change, parts: &[&Change]) -> Vec<(Action, String)> {
    let changed: Vec<&&Change> = parts.iter().filter(|part| part.action != Action::NoOp).collect();
    let line = |part: &&&Change| (part.action, below(&root.address, &part.address));
    let mut lines: Vec<(Action, String)> = changed.iter().take(MOST_PARTS).map(line).collect();
    if let Some(more) = changed.get(MOST_PARTS..).filter(|more| !more.is_empty()) {
        let mark = Mark::of_all(&more.iter().map(|part| part.action).collect::<Vec<_>>());
        lines.push((mark.action, format!("{} more", more.len())));
    }
    lines
}

/// An address, without what it shares with the one it is a part of.
fn below(root: &Address, part: &Address) -> String {
    let (mut root, mut rest) = (root.as_str().split('/'), part.as_str());
    while let Some((first, tail)) = rest.split_once('/')
        && root.next() == Some(first)
    {
        rest = tail;
    }
    rest.to_owned()
}
