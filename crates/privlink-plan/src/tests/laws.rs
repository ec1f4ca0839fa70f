//! What holds for every plan, tried on random graphs and random worlds.

use std::collections::BTreeSet;

use privlink_model::{Action, Address, Desired, Op, Plan, Snapshot, Value};
use proptest::prelude::*;

use super::toy::{CHILD, FIRST, KINDS, LAST, id, planned, resource};
use super::world::{World, mentions};
use crate::{decode, encode, stale};

/// One node of a random graph. References go to nodes before it.
#[derive(Debug, Clone)]
struct Node {
    kind: u8,
    version: u8,
    size: u8,
    uses: Vec<u8>,
    base: Option<u8>,
    shape_of: Option<u8>,
    after: Option<u8>,
}

fn node() -> impl Strategy<Value = Option<Node>> {
    let few = || prop::option::of(0_u8..10);
    let node = (0_u8..3, 0_u8..2, 0_u8..2, prop::collection::vec(0_u8..10, 0..3), few(), few(), few()).prop_map(
        |(kind, version, size, uses, base, shape_of, after)| Node { kind, version, size, uses, base, shape_of, after },
    );
    prop::option::weighted(0.8, node)
}

/// A spec that shows itself in few lines.
#[derive(Clone, Default)]
struct Spec(Desired);

impl std::fmt::Debug for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for resource in self.0.resources.values() {
            write!(f, "\n  {} after {:?}", resource.address, resource.after)?;
            resource.attrs.iter().try_for_each(|(key, value)| write!(f, " {key}={value}"))?;
        }
        Ok(())
    }
}

fn graph() -> impl Strategy<Value = Spec> {
    prop::collection::vec(node(), 0..9).prop_map(|nodes| {
        let mut desired = Desired::default();
        for (number, node) in nodes.iter().enumerate() {
            let Some(node) = node else { continue };
            // A node goes by its kind's name, so that an address never changes its kind.
            let there = |at: &u8| {
                let other = nodes.get(usize::from(*at)).filter(|_| usize::from(*at) < number)?.as_ref()?;
                Some((name(usize::from(*at), other), other))
            };
            let mut uses: BTreeSet<Value> =
                node.uses.iter().filter_map(there).filter(|(_, it)| it.kind < 2).map(|(name, _)| id(&name)).collect();
            if let Some((name, other)) = node.shape_of.as_ref().and_then(there).filter(|(_, it)| it.kind < 2) {
                let _ = other;
                uses.insert(Value::Text("plain".to_owned()));
                uses.insert(Value::Digest(Box::new(Value::of(&Address::new(&name), "shape"))));
            }
            let base = node.base.as_ref().and_then(there).filter(|(_, it)| it.kind < 2).map(|(name, _)| id(&name));
            let mut made = match (node.kind, base) {
                (2, Some(base)) => resource(&name(number, node), &CHILD, [("of", base)]),
                (2, None) => continue,
                (kind, base) => {
                    let kind = if kind == 0 { &FIRST } else { &LAST };
                    let version = Value::Int(node.version.into());
                    let mut made = resource(&name(number, node), kind, [("version", version)]);
                    // What is left out is not managed, and could hold on to what goes.
                    made.attrs.insert("base", base.unwrap_or_else(|| "none".into()));
                    made
                }
            };
            made.attrs.insert("size", Value::Int(node.size.into()));
            made.attrs.insert("uses", Value::Set(uses));
            made.after.extend(
                node.after.as_ref().and_then(there).filter(|(_, it)| it.kind < 2).map(|(name, _)| Address::new(name)),
            );
            desired.resources.insert(made.address.clone(), made);
        }
        // A parent has one child at most: children are told apart by their parents.
        let mut parents = BTreeSet::new();
        desired.resources.retain(|_, it| it.kind != "child" || parents.insert(it.attrs.get("of").cloned()));
        Spec(desired)
    })
}

fn name(number: usize, node: &Node) -> String {
    format!("{}/{number}", ["first", "last", "child"][usize::from(node.kind)])
}

/// A sequence of choices made of a seed.
fn choices(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed | 1;
    move |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap()
    }
}

fn nothing_to_do(plan: &Plan) -> bool {
    plan.changes.is_empty() && plan.steps.is_empty() && plan.findings.is_empty() && plan.eta.is_none()
}

fn apply(world: &mut World, desired: &Desired, seed: u64) -> Plan {
    let plan = planned(desired, &world.snapshot());
    world.apply(&plan, &mut choices(seed), usize::MAX);
    plan
}

/// Plans and applies until there is nothing to do; a killed run may have left a replacement half done.
fn settles(world: &mut World, desired: &Desired, seed: u64) -> Result<(), TestCaseError> {
    apply(world, desired, seed);
    let again = planned(desired, &world.snapshot());
    prop_assert!(nothing_to_do(&again), "not empty after an apply:\n{}\n{world:#?}", crate::outline(&again));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn apply_then_plan_is_empty(first in graph(), second in graph(), seed: u64) {
        let mut world = World::default();
        settles(&mut world, &first.0, seed)?;
        settles(&mut world, &second.0, seed)?;
        settles(&mut world, &Desired::default(), seed)?;
        prop_assert!(world.objects.is_empty());
    }

    #[test]
    fn a_killed_apply_is_finished_by_the_next(first in graph(), second in graph(), limit in 0_usize..20, seed: u64) {
        let mut world = World::default();
        settles(&mut world, &first.0, seed)?;
        let plan = planned(&second.0, &world.snapshot());
        world.apply(&plan, &mut choices(seed), limit);
        settles(&mut world, &second.0, seed)?;
        prop_assert_eq!(world.objects.len(), second.0.resources.len());
    }

    #[test]
    fn a_killed_apply_is_finished_by_that_of_another_spec(
        first in graph(), second in graph(), third in graph(), limit in 0_usize..20, seed: u64
    ) {
        let mut world = World::default();
        settles(&mut world, &first.0, seed)?;
        let plan = planned(&second.0, &world.snapshot());
        world.apply(&plan, &mut choices(seed), limit);
        settles(&mut world, &third.0, seed)?;
        prop_assert_eq!(world.objects.len(), third.0.resources.len());
    }

    #[test]
    fn needs_point_backwards_and_users_go_first(first in graph(), second in graph(), seed: u64) {
        let mut world = World::default();
        apply(&mut world, &first.0, seed);
        let plan = planned(&second.0, &world.snapshot());
        for (number, step) in plan.steps.iter().enumerate() {
            prop_assert_eq!(step.id.0 as usize, number + 1);
            prop_assert!(step.needs.iter().all(|need| *need < step.id));
            prop_assert!(step.token.len() <= 64 && step.token.is_ascii());
            // What mentions an object that goes, goes first or lets go first.
            let Op::Delete { id, .. } = &step.op else { continue };
            if step.kind == "child" {
                // It goes by its parent's id; who mentions that means the parent.
                continue;
            }
            for other in plan.steps.iter().filter(|other| other.id > step.id) {
                let Op::Delete { id: user, .. } = &other.op else { continue };
                let object = world.objects.iter().find(|object| object.id == *user && object.kind == other.kind).unwrap();
                let first = plan.changes.changes.iter()
                    .find(|change| change.address == step.address && change.before.is_some()).unwrap();
                prop_assert!(!mentions(object, id) || first.action == Action::ReplaceDeleteFirst);
            }
        }
    }

    #[test]
    fn an_unread_listing_leads_to_nothing_there(first in graph(), second in graph(), kind in 0_usize..3, seed: u64) {
        let mut world = World::default();
        apply(&mut world, &first.0, seed);
        let kind = ["first", "last", "child"][kind];
        let snapshot = world.snapshot_without(kind);
        let plan = planned(&second.0, &snapshot);
        for step in &plan.steps {
            prop_assert!(step.kind != kind);
            let harmless = matches!(step.op, Op::Create { .. } | Op::Update { .. });
            prop_assert!(harmless, "something is deleted in a scope that was not read whole");
        }
        for change in &plan.changes.changes {
            let needs = second.0.resources.get(&change.address).map(|it| it.needs()).unwrap_or_default();
            let rests = needs.iter().any(|need| {
                plan.changes.changes.iter().any(|it| it.address == **need && it.action == Action::Unknown)
            });
            prop_assert!(!(rests || change.kind == kind) || change.action == Action::Unknown);
        }
        prop_assert_eq!(plan.findings.iter().filter(|it| it.code == "privlink::aws::denied").count(), 1);
        // What can be done can be done.
        world.apply(&plan, &mut choices(seed), usize::MAX);
    }

    #[test]
    fn equal_inputs_give_equal_bytes_and_the_file_gives_the_plan(first in graph(), second in graph(), seed: u64) {
        let mut world = World::default();
        apply(&mut world, &first.0, seed);
        let snapshot: Snapshot = world.snapshot();
        let plan = planned(&second.0, &snapshot);
        let text = encode(&plan);
        prop_assert_eq!(&text, &encode(&planned(&second.0.clone(), &snapshot.clone())));
        let read = decode(&text, &KINDS).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&read, &plan);
        prop_assert!(stale(&read, &snapshot).is_empty());
    }
}
