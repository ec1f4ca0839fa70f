//! The targets registered in a target group, as one set.
//!
//! Identity: the target group's ARN. AWS adds by one call and removes by another, so a change of addresses is two steps. A
//! target is an address *and* a port: one registered by hand under another port is listed as `address:port`, so that it
//! shows as a difference and can be taken out. One that is draining counts as gone. A new one gets traffic once its first
//! checks passed, which begin when a listener uses its group: until then what it replaces must stay. Checked is not healthy:
//! that is for `doctor`, since it may depend on what privlink does not own. Outside the VPC a target needs the zone `all`.
//! Read next: `target_group`, `elb`.

use privlink_model::Confined::ByObject;
use privlink_model::keys::ID;
use privlink_model::keys::targets::{ADDRESSES, KIND, PORT, TARGET_GROUP, ZONE};
use privlink_model::{AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service, Waits};

use crate::permissions::{create, delete, update};
use crate::quota::{ELB_TARGETS, call};

/// The facts about registered targets.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "targets",
    service: Service::Elb,
    attributes: &[
        AttributeSchema::new(ID.key(), "The target group's ARN.").computed(),
        AttributeSchema::new(TARGET_GROUP.key(), "The target group's ARN.").required().immutable().flow(Flow::PartOf),
        AttributeSchema::new(ADDRESSES.key(), "The addresses.").required().set().additive().flow(Flow::To),
        AttributeSchema::new(PORT.key(), "The port they are registered with.").required().immutable(),
        AttributeSchema::new(ZONE.key(), "`all` for addresses outside the VPC; absent inside.").immutable(),
    ],
    ownership: Ownership::Parent(TARGET_GROUP.key()),
    key: &[TARGET_GROUP.key()],
    deleted_with: &[TARGET_GROUP.key()],
    // Only another target group replaces it, so that both sets can stand.
    replace: ReplaceOrder::CreateFirst,
    create: Some(call("RegisterTargets", ELB_TARGETS)),
    update: Some(call("RegisterTargets", ELB_TARGETS)),
    delete: Some(call("DeregisterTargets", ELB_TARGETS)),
    // What was not checked yet gets no traffic; what failed its checks has had them. AWS has no call for the health of several
    // target groups, so each look costs one for each: they are few.
    ready: Some(Waits::secs("checked", 30, 15, 600)),
    gone: None,
    loses: None,
    permanent: None,
    read_actions: &[
        Permission::anywhere("elasticloadbalancing:DescribeTargetHealth"),
        Permission::anywhere("elasticloadbalancing:DescribeTargetGroups"),
        Permission::anywhere("elasticloadbalancing:DescribeTags"),
    ],
    write_actions: &[
        create(
            "elasticloadbalancing:RegisterTargets",
            "elasticloadbalancing:{region}:{account}:targetgroup/{target-group}",
            ByObject,
        ),
        update(
            "elasticloadbalancing:RegisterTargets",
            "elasticloadbalancing:{region}:{account}:targetgroup/{target-group}",
            ByObject,
        ),
        update(
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:{region}:{account}:targetgroup/{target-group}",
            ByObject,
        ),
        delete(
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:{region}:{account}:targetgroup/{target-group}",
            ByObject,
        ),
    ],
};

/// The address and port of an entry of the set, which names its port when that is not the set's own.
#[cfg_attr(
    not(any(feature = "aws", test)),
    expect(dead_code, reason = "what is written is taken apart by the live half")
)]
fn split(entry: &str, port: i64) -> (String, i64) {
    match entry.parse::<std::net::SocketAddr>() {
        Ok(socket) => (socket.ip().to_string(), i64::from(socket.port())),
        Err(_) => (entry.to_owned(), port),
    }
}

/// The entry of an address and port in a set of targets whose own port is `own`.
#[cfg_attr(
    not(any(feature = "aws", test)),
    expect(dead_code, reason = "what is read is put together by the live half")
)]
fn join(address: &str, port: i64, own: i64) -> String {
    match port {
        port if port == own => address.to_owned(),
        port if address.contains(':') => format!("[{address}]:{port}"),
        port => format!("{address}:{port}"),
    }
}

/// The port of a set of targets: the target group's own when any target has it, else what most have, else the lowest.
#[cfg_attr(
    not(any(feature = "aws", test)),
    expect(dead_code, reason = "what is read is put together by the live half")
)]
fn own_port(ports: &[i64], group: i64) -> i64 {
    if ports.contains(&group) {
        return group;
    }
    let count = |port: i64| ports.iter().filter(|other| **other == port).count();
    ports.iter().copied().max_by_key(|port| (count(*port), -port)).unwrap_or(group)
}

#[cfg(feature = "aws")]
pub(crate) mod live {
    use std::collections::BTreeSet;

    use aws_sdk_elasticloadbalancingv2::types::{
        TargetDescription, TargetGroup, TargetHealthDescription, TargetHealthStateEnum,
    };
    use privlink_model::{Attrs, BoxFuture, CloudError, Observed, Owner, Status, Write, Written};

    use super::{ADDRESSES, ID, KIND, PORT, TARGET_GROUP, ZONE, join, own_port, split};
    use crate::elb::{port_number, targets_of};
    use crate::live::{Live, Read, child_owner, each, found, need};
    use crate::session::Session;
    use crate::shared_reads::Asked;
    use crate::target_group::live::describe;

    const REGISTER: &str = "elasticloadbalancing:RegisterTargets";
    const DEREGISTER: &str = "elasticloadbalancing:DeregisterTargets";

    /// The live half.
    pub(crate) struct Targets;

    impl Live for Targets {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let group = need(session, REGISTER, &write.after, &TARGET_GROUP)?;
                let addresses = need(session, REGISTER, &write.after, &ADDRESSES)?;
                register(session, &group, &addresses, &write.after).await?;
                Ok(Written { id: group.clone(), attrs: Attrs::new().with(&ID, group) })
            })
        }

        fn update<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let before: BTreeSet<String> = write.before.read(&ADDRESSES).unwrap_or_default().into_iter().collect();
                let after: BTreeSet<String> = need(session, REGISTER, &write.after, &ADDRESSES)?.into_iter().collect();
                let added: Vec<String> = after.difference(&before).cloned().collect();
                let removed: Vec<String> = before.difference(&after).cloned().collect();
                match (added.is_empty(), removed.is_empty()) {
                    (true, true) => {}
                    (false, true) => register(session, &write.id, &added, &write.after).await?,
                    (true, false) => deregister(session, &write.id, &removed, &write.before).await?,
                    (false, false) => {
                        return Err(session.refused(
                            REGISTER,
                            "one step both adds and removes targets, which are two calls: this is an error in privlink",
                        ));
                    }
                }
                Ok(Written { id: write.id.clone(), attrs: Attrs::new() })
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let addresses = need(session, DEREGISTER, &write.before, &ADDRESSES)?;
                found(deregister(session, &write.id, &addresses, &write.before).await).map(|_| ())
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            // Where it is known which port is the set's own, the target group has nothing to tell.
            Box::pin(each(asked, async |one: Asked| {
                let port = match one.attrs.read(&PORT) {
                    Some(port) => Some(port),
                    None => describe(session, std::slice::from_ref(&one.id)).await?.first().map(group_port),
                };
                let (Some(port), Some(targets)) = (port, found(targets_of(session, &one.id).await)?) else {
                    return Ok(None);
                };
                Ok(observe(session, &one.id, port, &targets, &Owner::Nobody))
            }))
        }
    }

    async fn register(session: &Session, group: &str, entries: &[String], attrs: &Attrs) -> Result<(), CloudError> {
        let targets = descriptions(session, REGISTER, entries, attrs)?;
        let call = session.elb().register_targets().target_group_arn(group).set_targets(Some(targets));
        call.send().await.map_err(|error| session.error(REGISTER, error))?;
        Ok(())
    }

    async fn deregister(session: &Session, group: &str, entries: &[String], attrs: &Attrs) -> Result<(), CloudError> {
        let targets = descriptions(session, DEREGISTER, entries, attrs)?;
        let call = session.elb().deregister_targets().target_group_arn(group).set_targets(Some(targets));
        call.send().await.map_err(|error| session.error(DEREGISTER, error))?;
        Ok(())
    }

    fn descriptions(
        session: &Session,
        operation: &'static str,
        entries: &[String],
        attrs: &Attrs,
    ) -> Result<Vec<TargetDescription>, CloudError> {
        if entries.is_empty() {
            return Err(session.refused(operation, "there is no address to call it with"));
        }
        let port = need(session, operation, attrs, &PORT)?;
        let zone = attrs.read(&ZONE);
        let describe = |entry: &String| {
            let (address, port) = split(entry, port);
            let port = port_number(session, operation, port)?;
            Ok(TargetDescription::builder().id(address).port(port).set_availability_zone(zone.clone()).build())
        };
        entries.iter().map(describe).collect()
    }

    /// The port of a target group.
    pub(crate) fn group_port(group: &TargetGroup) -> i64 {
        group.port().map_or(0, i64::from)
    }

    /// The targets of a target group; none when it has none.
    pub(crate) fn observe(
        session: &Session,
        group: &str,
        group_port: i64,
        targets: &[TargetHealthDescription],
        parent: &Owner,
    ) -> Option<Observed> {
        let id = group.to_owned();
        let registered: Vec<&TargetDescription> =
            targets.iter().filter(|one| !draining(one)).filter_map(TargetHealthDescription::target).collect();
        if registered.is_empty() {
            return None;
        }
        let port_of = |target: &TargetDescription| target.port().map_or(group_port, i64::from);
        let ports: Vec<i64> = registered.iter().copied().map(port_of).collect();
        let own = own_port(&ports, group_port);
        let addresses: Vec<String> =
            registered.iter().filter_map(|target| Some(join(target.id()?, port_of(target), own))).collect();
        let mut attrs = Attrs::new()
            .with(&ID, id.clone())
            .with(&TARGET_GROUP, id.clone())
            .with(&ADDRESSES, addresses)
            .with(&PORT, own);
        if registered.iter().any(|target| target.availability_zone() == Some("all")) {
            attrs.set(&ZONE, "all".to_owned());
        }
        Some(Observed {
            kind: KIND,
            scope: session.scope.clone(),
            id,
            owner: child_owner(parent, KIND, "registered"),
            status: if targets.iter().any(unchecked) { Status::Pending("initial".to_owned()) } else { Status::Ready },
            attrs,
            tags: Default::default(),
        })
    }

    fn unchecked(target: &TargetHealthDescription) -> bool {
        let state = target.target_health().and_then(|health| health.state());
        matches!(state, Some(TargetHealthStateEnum::Initial))
    }

    fn draining(target: &TargetHealthDescription) -> bool {
        let state = target.target_health().and_then(|health| health.state());
        matches!(state, Some(TargetHealthStateEnum::Draining))
    }
}

#[cfg(test)]
mod tests {
    use super::{join, own_port, split};

    #[test]
    fn an_entry_names_its_port_only_when_it_is_another() {
        for (address, port, entry) in
            [("10.0.0.1", 80, "10.0.0.1"), ("10.0.0.1", 81, "10.0.0.1:81"), ("fd00::1", 81, "[fd00::1]:81")]
        {
            assert_eq!(join(address, port, 80), entry);
            assert_eq!(split(entry, 80), (address.to_owned(), port));
        }
    }

    #[test]
    fn the_port_of_the_set_is_the_groups_then_the_most_common() {
        assert_eq!(own_port(&[81, 81, 80], 80), 80);
        assert_eq!(own_port(&[81, 82, 82], 80), 82);
        assert_eq!(own_port(&[82, 81], 80), 81);
    }
}
