//! Quotas: AWS's default numbers of things, against what is planned and what is known to be there.
//!
//! A number past the default is a warning, for most can be raised and an account may have had them raised. What counts as
//! there is what was read: every endpoint of a network's VPC, but of VPC links and load balancers only those of this project
//! and those the spec names. Endpoint services have no published quota.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::keys::{endpoint, load_balancer, security_group_rule, vpc_link};
use privlink_model::{Address, Finding, Observed, Origin, Owner, Resource, Scope, Status, Value};

use crate::context::Context;

/// A default quota.
struct Quota {
    kind: &'static str,
    code: &'static str,
    most: usize,
    /// What there are too many of; `{}` is the group.
    what: &'static str,
    /// The way out.
    help: &'static str,
    /// What each counts apart by, beside account and region.
    group: fn(&privlink_model::Attrs) -> String,
}

const QUOTAS: &[Quota] = &[
    Quota {
        kind: endpoint::KIND,
        code: "privlink::quota::endpoints",
        most: 50,
        what: "interface endpoints in VPC {}",
        help: "ask AWS to raise \"Interface VPC endpoints per VPC\", or let targets share a load balancer: they share its \
               endpoint",
        group: |attrs| attrs.read(&endpoint::VPC).unwrap_or_default(),
    },
    Quota {
        kind: vpc_link::KIND,
        code: "privlink::quota::vpc-links",
        most: 20,
        what: "VPC links",
        help: "ask AWS to raise \"VPC links per account per Region\", or take `dedicated` from targets: all others share \
               one link",
        group: |_| String::new(),
    },
    Quota {
        kind: load_balancer::KIND,
        code: "privlink::quota::load-balancers",
        most: 50,
        what: "{} load balancers",
        help: "ask AWS to raise \"Network Load Balancers per Region\", or take `dedicated` from targets",
        group: |attrs| attrs.read(&load_balancer::TYPE).unwrap_or_default(),
    },
    Quota {
        kind: security_group_rule::KIND,
        code: "privlink::quota::rules",
        most: 60,
        what: "ingress rules in security group {}",
        help: "ask AWS to raise \"Inbound rules per security group\", or let fewer and wider ranges in",
        group: |attrs| attrs.get(security_group_rule::GROUP.key()).map(group_name).unwrap_or_default(),
    },
];

/// The address of the group that a rule is to be in.
fn group_name(group: &Value) -> String {
    match group {
        Value::Of(reference) => reference.address.to_string(),
        other => other.as_text().unwrap_or_default().to_owned(),
    }
}

/// Compares every default quota with what there would be.
pub(crate) fn check(context: &mut Context<'_>) {
    let found: Vec<Finding> = QUOTAS.iter().flat_map(|quota| of(context, quota)).collect();
    found.into_iter().for_each(|finding| context.find(finding));
}

fn of(context: &Context<'_>, quota: &Quota) -> Vec<Finding> {
    let mut planned: BTreeMap<(&Scope, String), Vec<&Resource>> = BTreeMap::new();
    for resource in context.resources().filter(|resource| resource.kind == quota.kind) {
        planned.entry((&resource.scope, (quota.group)(&resource.attrs))).or_default().push(resource);
    }
    let mut findings = Vec::new();
    for ((scope, group), resources) in planned {
        // Of what could not be read nothing is said.
        let Ok(listed) = context.snapshot.list(scope, quota.kind) else { continue };
        let wanted: BTreeSet<&Address> = resources.iter().map(|resource| &resource.address).collect();
        let others = listed.iter().filter(|live| stays(live) && (quota.group)(&live.attrs) == group).count();
        let count = wanted.len() + others;
        let new = resources.iter().find(|resource| context.ours(scope, quota.kind, &resource.address).is_none());
        if let Some(new) = new.filter(|_| count > quota.most) {
            findings.push(over(quota, scope, &group, count, new.origin));
        }
    }
    findings
}

/// Whether an object is there beside what this project wants: one of ours is wanted and counted already, or goes.
fn stays(live: &Observed) -> bool {
    !matches!(live.owner, Owner::Ours(_)) && live.status != Status::Deleting
}

fn over(quota: &Quota, scope: &Scope, group: &str, count: usize, place: Origin) -> Finding {
    let most = quota.most;
    let what = quota.what.replace("{}", group);
    let message = format!("there would be {count} {what} of {scope}, and AWS's default quota is {most}");
    Finding::warning(quota.code, message, place).labelled("past the default quota").helped(quota.help)
}
