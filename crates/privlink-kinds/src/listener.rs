//! Listeners of network load balancers: a port, and the target group it forwards to.
//!
//! Identity: the ARN; the port is unique on its load balancer. Immutable: the load balancer, and by choice the port, which
//! AWS would change at once: callers of the old one are moved to the new one first. Usable at once; goes with its load balancer. Tagged; one without tags on a load balancer of ours counts as ours too, under an address made of its port,
//! so that it shows as something to delete. Read next: `load_balancer`, `target_group`.

use privlink_model::Confined::{ByObject, ByTagging, Not};
use privlink_model::keys::ID;
use privlink_model::keys::listener::{KIND, LOAD_BALANCER, PORT, PROTOCOL, TARGET_GROUP};
use privlink_model::{AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service};

use crate::permissions::{create, delete, update};
use crate::quota::{ELB_WRITE, call};

/// The facts about listeners.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "listener",
    service: Service::Elb,
    attributes: &[
        AttributeSchema::new(ID.key(), "Its ARN.").computed(),
        AttributeSchema::new(LOAD_BALANCER.key(), "The load balancer's ARN.").required().immutable().flow(Flow::From),
        AttributeSchema::new(PORT.key(), "The port it listens on.").required().immutable(),
        AttributeSchema::new(PROTOCOL.key(), "`TCP`.").required(),
        AttributeSchema::new(TARGET_GROUP.key(), "ARN of the target group it forwards to.").required().flow(Flow::To),
    ],
    ownership: Ownership::Tags,
    key: &[LOAD_BALANCER.key(), PORT.key()],
    deleted_with: &[LOAD_BALANCER.key()],
    // On another load balancer or another port, so that both can stand.
    replace: ReplaceOrder::CreateFirst,
    create: Some(call("CreateListener", ELB_WRITE)),
    update: Some(call("ModifyListener", ELB_WRITE)),
    delete: Some(call("DeleteListener", ELB_WRITE)),
    ready: None,
    gone: None,
    loses: None,
    permanent: None,
    read_actions: &[
        Permission::anywhere("elasticloadbalancing:DescribeListeners"),
        Permission::anywhere("elasticloadbalancing:DescribeTags"),
    ],
    write_actions: &[
        create(
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:{region}:{account}:loadbalancer/net/{load-balancer}",
            ByObject,
        ),
        create(
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:{region}:{account}:listener/net/{id}",
            ByTagging("CreateListener"),
        ),
        // Not by its tags: one that somebody else made on a load balancer of ours has none.
        update("elasticloadbalancing:ModifyListener", "elasticloadbalancing:{region}:{account}:listener/net/{id}", Not),
        delete("elasticloadbalancing:DeleteListener", "elasticloadbalancing:{region}:{account}:listener/net/{id}", Not),
    ],
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use std::collections::BTreeMap;

    use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, Listener as Found, ProtocolEnum};
    use privlink_model::{Attrs, BoxFuture, CloudError, ErrorClass, Observed, Owner, Status, Write, Written};

    use super::{ID, KIND, LOAD_BALANCER, PORT, PROTOCOL, TARGET_GROUP};
    use crate::elb_gather::{ARNS, elb_tags, listeners_of, owners, port_number, tags};
    use crate::live::{Live, Read, answered, by_ids, child_owner, found, ids, need, owner};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const CREATE: &str = "elasticloadbalancing:CreateListener";
    const UPDATE: &str = "elasticloadbalancing:ModifyListener";
    const DELETE: &str = "elasticloadbalancing:DeleteListener";
    const DESCRIBE: &str = "elasticloadbalancing:DescribeListeners";

    /// The live half.
    pub(crate) struct Listener;

    impl Live for Listener {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let after = &write.after;
                let port = need(session, CREATE, after, &PORT)?;
                let answer = session
                    .elb()
                    .create_listener()
                    .load_balancer_arn(need(session, CREATE, after, &LOAD_BALANCER)?)
                    .port(port_number(session, CREATE, port)?)
                    .protocol(protocol(session, CREATE, after)?)
                    .default_actions(forward(session, CREATE, after)?)
                    .set_tags(elb_tags(&write.tags))
                    .send()
                    .await
                    .map_err(|error| taken(port, session.error(CREATE, error)))?;
                let id = answered(session, CREATE, answer.listeners().first().and_then(Found::listener_arn))?;
                Ok(Written { attrs: Attrs::new().with(&ID, id.clone()), id })
            })
        }

        fn update<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let after = &write.after;
                let port = need(session, UPDATE, after, &PORT)?;
                session
                    .elb()
                    .modify_listener()
                    .listener_arn(&write.id)
                    .port(port_number(session, UPDATE, port)?)
                    .protocol(protocol(session, UPDATE, after)?)
                    .default_actions(forward(session, UPDATE, after)?)
                    .send()
                    .await
                    .map_err(|error| taken(port, session.error(UPDATE, error)))?;
                Ok(Written { id: write.id.clone(), attrs: Attrs::new() })
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let answer = session.elb().delete_listener().listener_arn(&write.id).send().await;
                found(answer.map_err(|error| session.error(DELETE, error))).map(|_| ())
            })
        }

        fn users<'a>(
            &'a self,
            session: &'a Session,
            write: &'a Write,
        ) -> BoxFuture<'a, Result<Option<Vec<Owner>>, CloudError>> {
            Box::pin(async move {
                let balancer = need(session, CREATE, &write.after, &LOAD_BALANCER)?;
                let listed = listeners_of(session, &balancer).await?;
                let arns = listed.iter().filter_map(Found::listener_arn).map(str::to_owned).collect::<Vec<_>>();
                Ok(Some(owners(session, &arns).await?))
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let ids = ids(asked);
                let (found, tags) = futures_util::join!(describe(session, &ids), tags(session, &ids));
                let (found, mut tags) = (found?, tags?);
                let mut tags = |live: &Found| live.listener_arn().and_then(|arn| tags.remove(arn)).unwrap_or_default();
                Ok(found.iter().filter_map(|live| observe(session, live, tags(live), &Owner::Nobody)).collect())
            })
        }
    }

    async fn describe(session: &Session, arns: &[String]) -> Result<Vec<Found>, CloudError> {
        let call = async |arns| {
            let answer = session.elb().describe_listeners().set_listener_arns(Some(arns)).send().await;
            Ok(answer.map_err(|error| session.error(DESCRIBE, error))?.listeners.unwrap_or_default())
        };
        by_ids(arns, ARNS, call).await
    }

    fn protocol(session: &Session, operation: &'static str, attrs: &Attrs) -> Result<ProtocolEnum, CloudError> {
        Ok(ProtocolEnum::from(need(session, operation, attrs, &PROTOCOL)?.as_str()))
    }

    fn forward(session: &Session, operation: &'static str, attrs: &Attrs) -> Result<Action, CloudError> {
        let group = need(session, operation, attrs, &TARGET_GROUP)?;
        Ok(Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(group).build())
    }

    /// What a listener is to privlink: its tags say whose it is, and without tags its load balancer's owner does.
    pub(crate) fn observe(
        session: &Session,
        live: &Found,
        tags: BTreeMap<String, String>,
        parent: &Owner,
    ) -> Option<Observed> {
        let id = live.listener_arn()?.to_owned();
        let port = live.port().map(i64::from);
        let mut attrs = Attrs::new();
        attrs
            .set(&ID, id.clone())
            .set_some(&LOAD_BALANCER, live.load_balancer_arn().map(str::to_owned))
            .set_some(&PORT, port)
            .set_some(&PROTOCOL, live.protocol().map(|word| word.as_str().to_owned()))
            .set_some(&TARGET_GROUP, target_group(live));
        let owner = match owner(&session.project, &tags) {
            Owner::Nobody => child_owner(parent, KIND, &port.map_or_else(|| id.clone(), |port| port.to_string())),
            known => known,
        };
        Some(Observed { kind: KIND, scope: session.scope.clone(), id, owner, status: Status::Ready, attrs, tags })
    }

    /// The one target group it forwards to; none when it spreads over several, which is no state of ours.
    fn target_group(live: &Found) -> Option<String> {
        let [action] = live.default_actions() else { return None };
        let spread = action.forward_config().map(|forward| forward.target_groups()).unwrap_or_default();
        match spread {
            [] => action.target_group_arn().map(str::to_owned),
            [one] => one.target_group_arn().map(str::to_owned),
            _ => None,
        }
    }

    /// Says in plain words that the port is taken.
    fn taken(port: i64, mut error: CloudError) -> CloudError {
        if error.code == "DuplicateListener" {
            error.class = ErrorClass::Refused;
            error.message = format!("another listener has port {port} of this load balancer ({})", error.message);
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use super::SCHEMA;

    #[test]
    fn its_load_balancer_and_its_port_are_immutable() {
        let immutable: Vec<&str> = SCHEMA.attributes.iter().filter(|one| one.immutable).map(|one| one.key).collect();
        assert_eq!(immutable, ["load-balancer", "port"]);
        assert_eq!(SCHEMA.deleted_with, ["load-balancer"]);
    }
}
