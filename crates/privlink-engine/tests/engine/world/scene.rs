//! Random scenes: what there is in the little world, and what is wanted there instead.
//!
//! A scene is a row of items, each of which uses only items before it. Refuses to know plans (`planned`).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use privlink_model::{Address, Attrs, Operation, Scope, Value, Write, keys};
use proptest::prelude::*;

use super::kinds::{DIGEST, NAME, OWNER, PEERS, POINTS, SIZE, TARGETS, USES, ZONE};
use super::state::State;

/// What is drawn for one side of an item.
#[derive(Debug, Clone)]
struct DrawnSide {
    size: i64,
    zone: i64,
    peers: BTreeSet<u8>,
    uses: BTreeSet<usize>,
    targets: Option<usize>,
}

/// What is drawn for an item.
#[derive(Debug, Clone)]
struct DrawnItem {
    kind: &'static str,
    life: (bool, bool),
    owner: usize,
    old: DrawnSide,
    new: DrawnSide,
    /// Which parts differ: size, zone, peers, uses, targets.
    differs: [bool; 5],
}

/// What is drawn for a scene.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    items: Vec<DrawnItem>,
    pub(crate) lag: u64,
}

fn side() -> impl Strategy<Value = DrawnSide> {
    (
        0_i64..9,
        0_i64..9,
        prop::collection::btree_set(0_u8..4, 0..3),
        prop::collection::btree_set(0_usize..6, 0..3),
        prop::option::of(0_usize..4),
    )
        .prop_map(|(size, zone, peers, uses, targets)| DrawnSide { size, zone, peers, uses, targets })
}

fn item() -> impl Strategy<Value = DrawnItem> {
    let kind = prop_oneof![3 => Just("gate"), 3 => Just("group"), 3 => Just("rule"), 1 => Just("sole"), 2 => Just("api"), 1 => Just("mark")];
    let life = prop_oneof![4 => Just((true, true)), 1 => Just((true, false)), 2 => Just((false, true))];
    let differs = prop::array::uniform5(prop::bool::weighted(0.4));
    (kind, life, 0_usize..4, side(), side(), differs).prop_map(|(kind, life, owner, old, new, differs)| {
        let life = if kind == "mark" { (life.0 && life.1, true) } else { life };
        DrawnItem { kind, life, owner, old, new, differs }
    })
}

/// Scenes of at most so many items, of which an API counts as one.
pub(crate) fn drawn(most: usize) -> impl Strategy<Value = Drawn> {
    (prop::collection::vec(item(), 1..=most), prop_oneof![2 => Just(0_u64), 1 => 1_u64..9])
        .prop_map(|(items, lag)| Drawn { items, lag })
}

impl Drawn {
    /// Several scenes beside each other, each of whose items names those of the first by their places.
    pub(crate) fn of(scenes: &[Drawn]) -> Self {
        Self { items: scenes.iter().flat_map(|scene| scene.items.clone()).collect(), lag: 0 }
    }
}

fn plain(kind: &'static str, life: (bool, bool), zone: i64, uses: &[usize]) -> DrawnItem {
    let side = |zone| {
        let uses = uses.iter().copied().collect();
        DrawnSide { size: 1, zone, peers: BTreeSet::new(), uses, targets: None }
    };
    DrawnItem { kind, life, owner: 0, old: side(0), new: side(zone), differs: [true; 5] }
}

/// A gate that is replaced under an API that uses it: the old one is deleted once the API runs with the new one.
pub(crate) fn gate_under_an_api() -> Drawn {
    Drawn { items: vec![plain("gate", (true, true), 9, &[]), plain("api", (true, true), 0, &[0])], lag: 0 }
}

/// An API that goes with all that makes it up.
pub(crate) fn api_that_goes() -> Drawn {
    Drawn { items: vec![plain("api", (true, false), 0, &[])], lag: 0 }
}

/// A group that is replaced, and with it the rule that belongs to it; and a gate that has nothing to do with it.
pub(crate) fn group_with_a_rule() -> Drawn {
    let (group, rule) = (plain("group", (true, true), 9, &[]), plain("rule", (true, true), 0, &[]));
    Drawn { items: vec![group, rule, plain("gate", (false, true), 0, &[])], lag: 0 }
}

/// One side of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Side {
    size: Option<i64>,
    zone: Option<i64>,
    peers: BTreeSet<u8>,
    pub(crate) uses: BTreeSet<usize>,
    pub(crate) targets: Option<usize>,
}

/// One resource: what it is now and what it is to be.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) address: Address,
    pub(crate) kind: &'static str,
    pub(crate) scope: Scope,
    pub(crate) owner: Option<usize>,
    /// The definition that it is a snapshot of.
    pub(crate) of: Option<usize>,
    /// The snapshot that it points to.
    pub(crate) points: Option<usize>,
    pub(crate) old: Option<Side>,
    pub(crate) new: Option<Side>,
}

impl Item {
    pub(crate) fn side(&self, new: bool) -> Option<&Side> {
        if new { self.new.as_ref() } else { self.old.as_ref() }
    }

    /// The items that one side names by their ids.
    pub(crate) fn names(&self, new: bool) -> BTreeSet<usize> {
        let Some(side) = self.side(new) else { return BTreeSet::new() };
        side.uses.iter().copied().chain(self.owner).chain(self.points).collect()
    }
}

/// The items of a scene.
pub(crate) fn items(drawn: &Drawn) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for (number, draw) in drawn.items.iter().enumerate() {
        let owners: Vec<usize> = (0..items.len()).filter(|at| matches!(items[*at].kind, "gate" | "group")).collect();
        let owner = (draw.kind == "rule").then(|| owners.get(draw.owner % owners.len().max(1)).copied()).flatten();
        if draw.kind == "rule" && owner.is_none() {
            continue;
        }
        let new = changed(draw);
        let side = |drawn: &DrawnSide, is_new: bool, there: bool| {
            let there = there && owner.is_none_or(|owner| items[owner].side(is_new).is_some());
            there.then(|| made(draw.kind, owner, drawn, &items, is_new))
        };
        let old = side(&draw.old, false, draw.life.0);
        let new = side(&new, true, draw.life.1);
        let scope = owner
            .map_or_else(|| Scope::new(format!("{:012}", number % 2), "us-east-1"), |owner| items[owner].scope.clone());
        let item = Item {
            address: Address::new(format!("{}/{number}", draw.kind)),
            kind: draw.kind,
            scope,
            owner,
            of: None,
            points: None,
            old,
            new,
        };
        if draw.kind == "api" { items.extend(quartet(items.len(), item)) } else { items.push(item) }
    }
    items
}

fn changed(draw: &DrawnItem) -> DrawnSide {
    let [size, zone, peers, uses, targets] = draw.differs;
    let mut side = draw.old.clone();
    if size {
        side.size = draw.new.size;
    }
    if zone {
        side.zone = draw.new.zone;
    }
    if peers {
        side.peers.clone_from(&draw.new.peers);
    }
    if uses {
        side.uses.clone_from(&draw.new.uses);
    }
    if targets {
        side.targets = draw.new.targets;
    }
    side
}

/// A side of what its kind has of it, with references to what is there on that side.
///
/// What a rule aims at does not rest on what the rule goes with: it would be gone before the rule, which nobody sets right.
fn made(kind: &str, owner: Option<usize>, drawn: &DrawnSide, items: &[Item], is_new: bool) -> Side {
    let pick = |kinds: &'static [&str]| -> Vec<usize> {
        (0..items.len()).filter(|at| kinds.contains(&items[*at].kind) && items[*at].side(is_new).is_some()).collect()
    };
    let usable = pick(&["gate", "group", "mark"]);
    let mut gates = pick(&["gate"]);
    gates.retain(|gate| owner.is_none_or(|owner| !rests_on(items, *gate, owner)));
    let among = |of: &[usize], at: usize| (!of.is_empty()).then(|| of[at % of.len()]);
    let uses = drawn.uses.iter().filter_map(|at| among(&usable, *at)).collect();
    Side {
        size: Some(drawn.size),
        zone: matches!(kind, "gate" | "group" | "sole" | "api").then_some(drawn.zone / 5),
        peers: if kind == "group" { drawn.peers.clone() } else { BTreeSet::new() },
        uses: if kind == "mark" { BTreeSet::new() } else { uses },
        targets: drawn.targets.filter(|_| kind == "rule").and_then(|at| among(&gates, at)),
    }
}

/// Whether an item names another on either side, through others too.
fn rests_on(items: &[Item], item: usize, other: usize) -> bool {
    let names = items[item].names(false).into_iter().chain(items[item].names(true));
    item == other || names.into_iter().any(|named| rests_on(items, named, other))
}

/// An API, what it does, the snapshot of that, and what points there.
fn quartet(first: usize, api: Item) -> [Item; 4] {
    let part = |kind: &'static str, of: Option<usize>, points: Option<usize>, keep: fn(Side) -> Side| Item {
        address: api.address.child(kind),
        kind,
        scope: api.scope.clone(),
        owner: Some(first),
        of,
        points,
        old: api.old.clone().map(keep),
        new: api.new.clone().map(keep),
    };
    let definition = part("definition", None, None, |side| Side { zone: None, ..side });
    let snapshot = part("snapshot", Some(first + 1), None, |_| Side::default());
    let pointer = part("pointer", None, Some(first + 2), |side| Side { size: side.size, ..Side::default() });
    let bare = |side: Side| Side { zone: side.zone, size: Some(1), ..Side::default() };
    let api = Item { old: api.old.map(bare), new: api.new.map(bare), ..api };
    [api, definition, snapshot, pointer]
}

/// The attributes of one side of an item, with what `value` makes of an item's id or another attribute.
pub(crate) fn attrs(items: &[Item], item: usize, new: bool, value: &dyn Fn(usize, &'static str) -> Value) -> Attrs {
    let it = &items[item];
    let Some(side) = it.side(new) else { return Attrs::new() };
    let mut attrs = Attrs::new().with(&NAME, it.address.as_str().to_owned());
    attrs.set_some(&SIZE, side.size).set_some(&ZONE, side.zone);
    if !side.peers.is_empty() {
        attrs.set(&PEERS, Value::text_set(side.peers.iter().map(u8::to_string)));
    }
    let uses = |side: &Side| Value::Set(side.uses.iter().map(|used| value(*used, "id")).collect());
    if !side.uses.is_empty() {
        attrs.insert(USES.key(), uses(side));
    }
    if let Some(gate) = side.targets {
        attrs.insert(TARGETS.key(), value(gate, "addresses"));
    }
    if let Some(owner) = it.owner {
        attrs.insert(OWNER.key(), value(owner, "id"));
    }
    if let Some(snapshot) = it.points {
        attrs.insert(POINTS.key(), value(snapshot, "id"));
    }
    if let Some(definition) = it.of.and_then(|of| items[of].side(new)) {
        let parts = Value::List(vec![uses(definition), Value::Int(definition.size.unwrap())]);
        attrs.insert(DIGEST.key(), Value::Digest(Box::new(parts)).resolve(&|_| None));
    }
    attrs
}

/// The tags of an item's object.
pub(crate) fn tags(item: &Item) -> BTreeMap<String, String> {
    let tags = [(keys::PROJECT_TAG, "toys"), (keys::ADDRESS_TAG, item.address.as_str())];
    tags.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The world in which one side of each item is there, and the ids of the objects.
pub(crate) fn state(items: &[Item], new: bool) -> (State, BTreeMap<usize, String>) {
    let mut state = State::default();
    let mut ids: BTreeMap<usize, String> = BTreeMap::new();
    for (number, item) in items.iter().enumerate().filter(|(_, item)| item.side(new).is_some()) {
        let attribute = |of: usize, key: &'static str| -> Value {
            state.find(items[of].kind, &ids[&of]).and_then(|thing| thing.attrs.get(key).cloned()).unwrap()
        };
        let write = Write {
            address: item.address.clone(),
            kind: item.kind,
            scope: item.scope.clone(),
            operation: Operation::Create,
            id: String::new(),
            before: Attrs::new(),
            after: attrs(items, number, new, &attribute),
            changed: Vec::new(),
            tags: tags(item),
            token: String::new(),
        };
        let id = state.write(&write, Duration::ZERO).unwrap();
        ids.insert(number, id);
    }
    for thing in &mut state.things {
        thing.earlier = Some(thing.attrs.clone());
        thing.ready_at = Duration::ZERO;
    }
    (state, ids)
}
