//! Finds what becomes of each desired resource: made, changed, replaced, or left as it is.
//!
//! Resources are compared (`compare`) each after what it refers to. A reference to an object that stays is replaced by the value
//! observed; one to an object that is made or replaced stays a reference, and what holds it counts as changed.
//!
//! Read next: `unread` for what may not be touched, `uses` and `order` for when.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Action, Address, AttributeChange, Attrs, Change, KindSchema, Kinds, Observed, Reason, Reference, ReplaceOrder,
    Resource, Shape, Snapshot, Status, Tells, Value,
};

use crate::compare::{Around, compare, is_fixed, is_immutable};
use crate::item::{Item, makes_new, observed_value};
use crate::pair::Pairs;

/// What is known so far of a resource that others refer to.
struct Outcome<'a> {
    item: usize,
    schema: &'static KindSchema,
    object: Option<&'a Observed>,
}

/// One change for each desired resource whose kind is known; `ordered` has each after what it refers to. Addresses in
/// `blocked` are unknown for the reason given, and so is whatever rests on them.
pub(crate) fn diff<'a>(
    kinds: &Kinds,
    ordered: &[&'a Resource],
    pairs: &Pairs<'a>,
    blocked: &BTreeMap<&'a Address, String>,
    snapshot: &Snapshot,
) -> Vec<Item<'a>> {
    let stays: BTreeSet<&str> = pairs.objects.values().map(|object| object.id.as_str()).collect();
    let gone = pairs.leftover.iter().map(|object| object.id.as_str()).filter(|id| !stays.contains(id)).collect();
    let entered = ordered.iter().flat_map(|resource| entered(kinds, resource)).collect();
    let mended = ordered.iter().flat_map(|resource| mended(kinds, resource, pairs)).collect();
    let mut differ = Differ { items: Vec::new(), outcomes: BTreeMap::new(), gone, entered, mended };
    for resource in ordered {
        let Some(schema) = kinds.get(resource.kind) else { continue };
        let object = pairs.objects.get(&resource.address).copied();
        let unread = match snapshot.list(&resource.scope, resource.kind) {
            Err(unread) => Some(format!("{}: {}", unread.operation, unread.message)),
            Ok(_) => blocked.get(&resource.address).cloned(),
        };
        let change = match unread.or_else(|| differ.rests_on_unknown(resource)) {
            Some(why) => Verdict { action: Action::Unknown, reason: Reason::Unread(why), attributes: Vec::new() },
            None => differ.verdict(schema, resource, object),
        };
        differ.push(schema, resource, object, change);
    }
    differ.await_late_values();
    differ.items
}

/// The addresses that a resource is entered by.
fn entered<'a>(kinds: &Kinds, resource: &'a Resource) -> impl Iterator<Item = &'a Address> + use<'a> {
    let keys = kinds.get(resource.kind).into_iter().flat_map(|schema| schema.telling(Tells::WaysIn));
    let ways = keys.filter_map(|key| resource.attrs.get(key)).flat_map(Value::references);
    ways.map(|reference| &reference.address)
}

/// The addresses of what waits for a resource, where that is there and will be changed in place.
fn mended<'a>(kinds: &Kinds, resource: &'a Resource, pairs: &Pairs) -> Vec<&'a Address> {
    let (Some(schema), Some(object)) = (kinds.get(resource.kind), pairs.objects.get(&resource.address)) else {
        return Vec::new();
    };
    let awaiting = schema.attributes.iter().filter(|fact| fact.awaited).filter_map(|fact| resource.attrs.get(fact.key));
    let awaiting: Vec<&Address> = awaiting.flat_map(Value::references).map(|reference| &reference.address).collect();
    let after = resource.attrs.resolve(&|of| observed_value(pairs.objects.get(&of.address)?, &of.attribute));
    let changes = compare(schema, &after, object, &Around { is_new: &|_| false, gone: &BTreeSet::new() });
    let in_place = !changes.is_empty() && !changes.iter().any(|change| is_fixed(schema, change));
    if in_place { awaiting } else { Vec::new() }
}

/// A change to a secret shows that there is one, and no more.
fn masked(schema: &KindSchema, mut change: AttributeChange) -> AttributeChange {
    if schema.attribute(&change.key).is_some_and(|fact| fact.secret) {
        for side in [&mut change.before, &mut change.after] {
            *side = side.take().map(|_| Value::Text("(secret)".to_owned()));
        }
    }
    change
}

struct Verdict {
    action: Action,
    reason: Reason,
    attributes: Vec<AttributeChange>,
}

struct Differ<'a> {
    items: Vec<Item<'a>>,
    outcomes: BTreeMap<&'a Address, Outcome<'a>>,
    /// Ids of objects that go. Children that go by the id of a parent that stays are not meant by it.
    gone: BTreeSet<&'a str>,
    /// Addresses that others come in by.
    entered: BTreeSet<&'a Address>,
    /// Addresses that wait for something that changes: where they failed, that is why.
    mended: BTreeSet<&'a Address>,
}

impl<'a> Differ<'a> {
    fn push(
        &mut self,
        schema: &'static KindSchema,
        resource: &'a Resource,
        object: Option<&'a Observed>,
        verdict: Verdict,
    ) {
        let change = Change {
            address: resource.address.clone(),
            kind: schema.name,
            scope: resource.scope.clone(),
            action: verdict.action,
            reason: verdict.reason,
            before: object.cloned(),
            after: Some(self.resolved(resource)),
            attributes: verdict.attributes.into_iter().map(|change| masked(schema, change)).collect(),
            because: resource.because.clone(),
            origin: Some(resource.origin),
        };
        self.outcomes.insert(&resource.address, Outcome { item: self.items.len(), schema, object });
        self.items.push(Item { change, schema, desired: Some(resource), old: object, deleted_with: None });
    }

    fn action(&self, address: &Address) -> Option<Action> {
        let outcome = self.outcomes.get(address)?;
        self.items.get(outcome.item).map(|item| item.change.action)
    }

    fn rests_on_unknown(&self, resource: &Resource) -> Option<String> {
        let unknown = resource.needs().into_iter().find(|address| self.action(address) == Some(Action::Unknown))?;
        Some(format!("rests on {unknown}, which is not known"))
    }

    fn resolved(&self, resource: &Resource) -> Attrs {
        resource.attrs.resolve(&|reference| self.lookup(reference))
    }

    /// The value a reference will have, as far as it is known before anything was done.
    fn lookup(&self, reference: &Reference) -> Option<Value> {
        let outcome = self.outcomes.get(&reference.address)?;
        let item = self.items.get(outcome.item)?;
        let fact = outcome.schema.attribute(&reference.attribute);
        let computed = fact.is_none_or(|fact| fact.computed);
        if !computed && let Some(value) = item.change.after.as_ref().and_then(|after| after.get(&reference.attribute)) {
            return value.is_known().then(|| value.clone());
        }
        // A computed set, such as an endpoint's addresses, follows the resource's attributes; an id or a name does not.
        let moves = computed && item.change.action == Action::Update && fact.is_some_and(|f| f.shape == Shape::Set);
        if makes_new(item.change.action) || item.change.action == Action::Unknown || moves {
            return None;
        }
        observed_value(outcome.object?, &reference.attribute)
    }

    fn verdict(&self, schema: &'static KindSchema, resource: &Resource, object: Option<&Observed>) -> Verdict {
        let Some(object) = object else {
            return Verdict { action: Action::Create, reason: Reason::Absent, attributes: Vec::new() };
        };
        let is_new = |reference: &Reference| self.action(&reference.address).is_none_or(makes_new);
        let attributes =
            compare(schema, &self.resolved(resource), object, &Around { is_new: &is_new, gone: &self.gone });
        let fixed: Vec<String> =
            attributes.iter().filter(|change| is_fixed(schema, change)).map(|change| change.key.clone()).collect();
        let replacement = self.replacement_of(schema, resource, object, &fixed);
        // Something is better taken away in place than with the whole object, or with the names by which others come in.
        let in_place = (replacement == Action::ReplaceDeleteFirst || self.entered.contains(&resource.address))
            && !fixed.iter().any(|key| is_immutable(schema, key));
        let (action, reason) = match &object.status {
            Status::Failed(_) if attributes.is_empty() && self.mended.contains(&resource.address) => {
                (Action::NoOp, Reason::Same)
            }
            Status::Failed(why) => (replacement, Reason::Failed(why.clone())),
            _ if !fixed.is_empty() && !in_place => (replacement, Reason::Immutable(fixed)),
            _ if !attributes.is_empty() => (Action::Update, Reason::Differs),
            Status::Pending(state) => (Action::Wait, Reason::Unfinished(state.clone())),
            _ => (Action::NoOp, Reason::Same),
        };
        Verdict { action, reason, attributes }
    }

    /// How a resource is replaced when these of its attributes, which cannot be changed, differ. What AWS tells apart by a key
    /// cannot stand twice under one, nor can what is alone among others like it: the old one goes first, whatever else its
    /// kind allows.
    fn replacement_of(&self, schema: &KindSchema, resource: &Resource, object: &Observed, fixed: &[String]) -> Action {
        let stays = |keys: &[&str]| !keys.is_empty() && !keys.iter().any(|key| fixed.iter().any(|fixed| fixed == key));
        let on = |value: Option<&Value>| value == Some(&Value::Bool(true));
        let alone = schema
            .attributes
            .iter()
            .any(|fact| stays(fact.alone_in) && on(object.attrs.get(fact.key)) && on(resource.attrs.get(fact.key)));
        match self.replacement(schema, resource) {
            Action::ReplaceCreateFirst if alone || stays(schema.key) => Action::ReplaceDeleteFirst,
            action => action,
        }
    }

    /// How a resource is replaced. One that uses another which must be deleted first has to let go of it first as well.
    fn replacement(&self, schema: &KindSchema, resource: &Resource) -> Action {
        let gone_first = || {
            let references = resource.attrs.iter().flat_map(|(_, value)| value.references());
            references.into_iter().any(|of| self.action(&of.address) == Some(Action::ReplaceDeleteFirst))
        };
        match schema.replace {
            ReplaceOrder::KeepOld => Action::ReplaceKeepOld,
            ReplaceOrder::CreateFirst if !gone_first() => Action::ReplaceCreateFirst,
            ReplaceOrder::CreateFirst | ReplaceOrder::DeleteFirst => Action::ReplaceDeleteFirst,
        }
    }

    /// An object that stays as it is, but does not show yet what another step needs of it, is waited for.
    fn await_late_values(&mut self) {
        let mut late: Vec<(usize, String)> = Vec::new();
        for item in self.items.iter().filter(|item| item.makes_new() || item.change.action == Action::Update) {
            let attrs = item.change.after.iter().flat_map(Attrs::iter);
            for reference in attrs.flat_map(|(_, value)| value.references()) {
                if self.action(&reference.address) == Some(Action::NoOp)
                    && let Some(outcome) = self.outcomes.get(&reference.address)
                {
                    late.push((outcome.item, reference.attribute.clone()));
                }
            }
        }
        for (at, attribute) in late {
            if let Some(item) = self.items.get_mut(at) {
                item.change.action = Action::Wait;
                item.change.reason = Reason::Unfinished(format!("without {attribute}"));
            }
        }
    }
}
