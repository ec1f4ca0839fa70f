//! One whole chain of toys, and the ways to plan, apply and show it.

use expect_test::Expect;
use privlink_model::{Address, Desired, Resource, Snapshot, Value};

use super::toy::{
    API, BALANCER, DEFINITION, DEPLOYMENT, ENDPOINT, ENFORCEMENT, GROUP, LINK, LISTENER, MEMBERS, POOL, SERVICE, STAGE,
    id, planned, resource, set, spec,
};
use super::world::World;
use crate::outline;

pub(super) fn check(desired: &Desired, snapshot: &Snapshot, expected: Expect) {
    expected.assert_eq(&outline(&planned(desired, snapshot)).replace("111111111111/us-east-1", "here"));
}

pub(super) fn applied(desired: &Desired) -> World {
    let mut world = World::default();
    world.apply(&planned(desired, &world.snapshot()), &mut |_| 0, usize::MAX);
    world
}

pub(super) fn digest_of(addresses: &[&str]) -> Value {
    Value::Digest(Box::new(Value::List(addresses.iter().map(|address| id(address)).collect())))
}

/// A whole chain: a balancer before addresses of an endpoint, a link to it, an API that uses the link.
pub(super) fn chain() -> Desired {
    let addresses = Value::of(&Address::new("endpoint"), "addresses");
    spec([
        resource("group", &GROUP, [("name", "pl".into()), ("vpc", "vpc-1".into())]),
        resource("balancer", &BALANCER, [("name", "pl".into()), ("groups", set([id("group")]))]),
        resource("balancer/enforcement", &ENFORCEMENT, [("balancer", id("balancer")), ("enforce", "off".into())]),
        resource("pool", &POOL, [("port", 80.into()), ("vpc", "vpc-1".into())]),
        resource("pool/members", &MEMBERS, [("pool", id("pool")), ("addresses", addresses)]),
        resource("listener", &LISTENER, [("balancer", id("balancer")), ("port", 80.into()), ("pool", id("pool"))]),
        resource("service", &SERVICE, [("balancers", set(["arn:app".into()]))]),
        endpoint("subnet-1"),
        resource("link", &LINK, [("balancer", id("balancer"))]),
        resource("api", &API, [("name", "pl".into())]),
        resource("api/definition", &DEFINITION, [("api", id("api")), ("paths", Value::map([("/", id("link"))]))]),
        deployment(&["link"]),
        resource("api/stage", &STAGE, [("api", id("api")), ("deployment", id("api/deployment"))]),
    ])
}

pub(super) fn endpoint(subnet: &str) -> Resource {
    let service = Value::of(&Address::new("service"), "service-name");
    resource("endpoint", &ENDPOINT, [("service", service), ("subnets", set([subnet.into()]))])
}

pub(super) fn deployment(of: &[&str]) -> Resource {
    let mut deployment = resource("api/deployment", &DEPLOYMENT, [("api", id("api")), ("digest", digest_of(of))]);
    deployment.after.insert(Address::new("api/definition"));
    deployment
}

pub(super) fn with(mut desired: Desired, resource: Resource) -> Desired {
    desired.resources.insert(resource.address.clone(), resource);
    desired
}

pub(super) fn without(mut desired: Desired, addresses: &[&str]) -> Desired {
    desired.resources.retain(|address, _| !addresses.contains(&address.as_str()));
    desired
}
