//! Which observed object is which address, decided before anything is compared so that the differ stays simple.
//!
//! Kinds with tags are paired by the address in their tags. Kinds without (`Ownership::Parent`) are paired by their natural
//! key, resolved through the parents paired before them, and through a parent that is going to be replaced too: the old
//! child belongs to the old parent. An object on its way out is absent. What has no tags though its kind has them, and is ours
//! through its parent, was made by hand: it is paired by its natural key, too, where nothing carries the address, for AWS
//! holds no second one.
//!
//! Several objects may carry one address. One elsewhere (another kind, another scope) is left over from a move and goes.
//! Among those in the right place, a run that was killed between the two halves of a replacement leaves one that fits and
//! one that does not: the fitting one is the pair, and the other goes once all have let go of it. When none fits, because the
//! spec has moved on since, or because the new one failed, one of them is replaced and the others go: there are never three.
//! Two that fit are told apart by nothing, and the address is blocked.
//!
//! **Invariant:** objects of nobody are paired by natural key only, those of other projects never; neither is left over.
//!
//! Read next: `diff`.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Address, Finding, KindSchema, Kinds, Observed, Owner, Ownership, Reference, Resource, Scope, Severity, Snapshot,
    Status, Value, keys,
};

use crate::codes;
use crate::compare::{Around, compare, is_fixed};
use crate::item::observed_value;

/// Which object is which address.
#[derive(Debug, Default)]
pub(crate) struct Pairs<'a> {
    /// The object of each address that has one.
    pub(crate) objects: BTreeMap<&'a Address, &'a Observed>,
    /// Objects of ours that no desired resource is paired with.
    pub(crate) leftover: Vec<&'a Observed>,
    /// Addresses that cannot be decided, and why.
    pub(crate) blocked: BTreeMap<&'a Address, String>,
    /// What is to be said about them.
    pub(crate) findings: Vec<Finding>,
}

/// Pairs resources, each after what it refers to, with what was observed.
pub(crate) fn pair<'a>(kinds: &Kinds, ordered: &[&'a Resource], snapshot: &'a Snapshot) -> Pairs<'a> {
    let mut pairs = Pairs::default();
    let mut taken = BTreeSet::new();
    let claims = claims(kinds, snapshot);
    let keyed = keyed(kinds, snapshot);
    for resource in ordered {
        let Some(schema) = kinds.get(resource.kind) else { continue };
        if snapshot.list(&resource.scope, resource.kind).is_err() {
            continue;
        }
        let found = match schema.ownership {
            Ownership::Tags => match pairs.by_address(schema, resource, &claims, &mut taken) {
                None if !pairs.blocked.contains_key(&resource.address) => {
                    pairs.by_key(schema, resource, &keyed, &taken)
                }
                found => found,
            },
            Ownership::Parent(_) => pairs.by_key(schema, resource, &keyed, &taken),
            Ownership::LookUp => None,
        };
        if let Some(object) = found {
            taken.insert(identity(object));
            pairs.objects.insert(&resource.address, object);
        }
    }
    pairs.leftover = snapshot
        .objects()
        .filter(|object| object.address().is_some() && object.status != Status::Deleting)
        .filter(|object| kinds.get(object.kind).is_some_and(|schema| schema.ownership != Ownership::LookUp))
        .filter(|object| !taken.contains(&identity(object)))
        .collect();
    pairs
}

type Identity<'a> = (&'a Scope, &'static str, &'a str);

fn identity(object: &Observed) -> Identity<'_> {
    (&object.scope, object.kind, &object.id)
}

/// The objects that carry an address in their tags.
fn claims<'a>(kinds: &Kinds, snapshot: &'a Snapshot) -> BTreeMap<&'a Address, Vec<&'a Observed>> {
    let mut claims: BTreeMap<&Address, Vec<&Observed>> = BTreeMap::new();
    for object in snapshot.objects().filter(|object| object.status != Status::Deleting) {
        let tagged = kinds.get(object.kind).is_some_and(|schema| schema.ownership == Ownership::Tags);
        if let (Owner::Ours(address), true) = (&object.owner, tagged) {
            claims.entry(address).or_default().push(object);
        }
    }
    claims
}

impl<'a> Pairs<'a> {
    fn lookup(&self, reference: &Reference) -> Option<Value> {
        observed_value(self.objects.get(&reference.address)?, &reference.attribute)
    }

    fn by_address(
        &mut self,
        schema: &'static KindSchema,
        resource: &'a Resource,
        claims: &BTreeMap<&'a Address, Vec<&'a Observed>>,
        taken: &mut BTreeSet<Identity<'a>>,
    ) -> Option<&'a Observed> {
        let here: Vec<&Observed> = claims
            .get(&resource.address)
            .into_iter()
            .flatten()
            .filter(|object| object.kind == resource.kind && object.scope == resource.scope)
            .copied()
            .collect();
        if here.len() < 2 {
            return here.first().copied();
        }
        let fits = |object: &&Observed| {
            let after = resource.attrs.resolve(&|reference| self.lookup(reference));
            let differs = compare(schema, &after, object, &Around { is_new: &|_| false, gone: &BTreeSet::new() });
            !matches!(object.status, Status::Failed(_)) && !differs.iter().any(|change| is_fixed(schema, change))
        };
        let fitting: Vec<&Observed> = here.iter().copied().filter(|object| fits(object)).collect();
        match fitting.as_slice() {
            [object] => return Some(object),
            // What failed carries no traffic, so another is the one that is replaced; which of several makes no difference.
            [] => {
                return here
                    .iter()
                    .copied()
                    .min_by_key(|object| (matches!(object.status, Status::Failed(_)), &object.id));
            }
            _ => {}
        }
        let named: Vec<String> = here.iter().map(|object| format!("{} in {}", object.id, object.scope)).collect();
        let what = format!("{} objects carry the address {}: {}", here.len(), resource.address, named.join(", "));
        self.findings.push(Finding {
            severity: Severity::Error,
            ..Finding::error(codes::DUPLICATE_ADDRESS, what.clone(), resource.origin)
                .about(&resource.address)
                .helped("delete the one that is not wanted, or remove its privlink: tags")
        });
        self.blocked.insert(&resource.address, what);
        // Blocked objects are no leftovers: nothing is done about them.
        taken.extend(here.iter().map(|object| identity(object)));
        None
    }

    /// The object with a resource's natural key: ours before nobody's.
    fn by_key(
        &self,
        schema: &'static KindSchema,
        resource: &'a Resource,
        keyed: &Keyed<'a>,
        taken: &BTreeSet<Identity<'a>>,
    ) -> Option<&'a Observed> {
        let key: Vec<Option<Value>> = key_of(schema)
            .into_iter()
            .map(|key| {
                let value = resource.attrs.get(key).map(|value| value.resolve(&|reference| self.lookup(reference)));
                value.map(|value| schema.normal(key, &value))
            })
            .collect();
        let here = keyed.get(&(&resource.scope, schema.name))?.get(&key)?;
        let free = || here.iter().filter(|object| !taken.contains(&identity(object)));
        let ours = free().find(|object| matches!(object.owner, Owner::Ours(_)));
        ours.or_else(|| free().find(|object| object.owner == Owner::Nobody)).copied()
    }
}

/// Objects without tags of ours, by scope and kind, then by natural key. Of kinds with tags only those that are ours.
type Keyed<'a> = BTreeMap<(&'a Scope, &'static str), BTreeMap<Vec<Option<Value>>, Vec<&'a Observed>>>;

fn keyed<'a>(kinds: &Kinds, snapshot: &'a Snapshot) -> Keyed<'a> {
    let mut keyed = Keyed::new();
    for object in snapshot.objects().filter(|object| object.status != Status::Deleting) {
        let Some(schema) = kinds.get(object.kind) else { continue };
        let by_hand =
            !schema.key.is_empty() && object.address().is_some() && !object.tags.contains_key(keys::ADDRESS_TAG);
        match schema.ownership {
            Ownership::Parent(_) => {}
            Ownership::Tags if by_hand => {}
            Ownership::Tags | Ownership::LookUp => continue,
        }
        let value = |key: &str| object.attrs.get(key).map(|value| schema.normal(key, value));
        let key: Vec<Option<Value>> = key_of(schema).into_iter().map(value).collect();
        keyed.entry((&object.scope, schema.name)).or_default().entry(key).or_default().push(object);
    }
    keyed
}

/// The attributes that tell a kind's objects apart: its key, or its parent alone.
fn key_of(schema: &KindSchema) -> Vec<&'static str> {
    match schema.ownership {
        Ownership::Parent(parent) if schema.key.is_empty() => vec![parent],
        _ => schema.key.to_vec(),
    }
}
