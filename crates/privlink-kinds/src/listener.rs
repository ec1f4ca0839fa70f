//! Listeners of network load balancers: a port, and the target group it forwards to.
//!
//! Identity: the ARN; the port is unique on its load balancer. Immutable: the load balancer, and by choice the port, which
//! AWS would change at once: callers of the old one are moved to the new one first. Usable at once; goes with its load balancer. Tagged; one without tags on a load balancer of ours counts as ours too, under an address made of its port,
//! so that it shows as something to delete. What was made of ours by hand is seen whole, so that undoing a repair can bring it
//! back: several target groups, and what TLS takes. Not looked at: attributes, which take a call for each listener, and
//! certificates beside the first, likewise. Read next: `load_balancer`, `target_group`.

use privlink_model::Confined::{ByObject, ByTagging, Not};
use privlink_model::keys::ID;
use privlink_model::keys::listener::{KIND, LOAD_BALANCER, PORT, PROTOCOL, TARGET_GROUP};
use privlink_model::{Attr, AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service, Value};

use crate::permissions::{create, delete, update};
use crate::quota::{ELB_WRITE, call};

/// The weights of several target groups, by their ARNs.
const SPREAD: Attr<Value> = Attr::new("spread");
/// The certificate that TLS is spoken with.
const CERTIFICATE: Attr<String> = Attr::new("certificate");
/// The versions and ciphers of TLS.
const TLS_POLICY: Attr<String> = Attr::new("tls-policy");
/// The protocols that TLS offers.
const ALPN: Attr<Vec<String>> = Attr::new("alpn");

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
        AttributeSchema::new(SPREAD.key(), "Weights by target group, where it forwards to several.").document(),
        AttributeSchema::new(CERTIFICATE.key(), "ARN of the certificate that it speaks TLS with.").strict(),
        AttributeSchema::new(TLS_POLICY.key(), "Name of AWS's policy for TLS.").strict(),
        AttributeSchema::new(ALPN.key(), "What TLS offers.").set(),
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

    use aws_sdk_elasticloadbalancingv2::types::{
        Action, ActionTypeEnum, Certificate, ForwardActionConfig, Listener as Found, ProtocolEnum, TargetGroupTuple,
    };
    use privlink_model::{Attrs, BoxFuture, CloudError, ErrorClass, Observed, Owner, Status, Value, Write, Written};

    use super::{ALPN, CERTIFICATE, ID, KIND, LOAD_BALANCER, PORT, PROTOCOL, SPREAD, TARGET_GROUP, TLS_POLICY};
    use crate::elb::{ARNS, elb_tags, listeners_of, owners, port_number, tags};
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
                    .set_certificates(certificates(after))
                    .set_ssl_policy(after.read(&TLS_POLICY))
                    .set_alpn_policy(after.read(&ALPN).filter(|offers| !offers.is_empty()))
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
                    .set_certificates(certificates(after))
                    .set_ssl_policy(after.read(&TLS_POLICY))
                    .set_alpn_policy(after.read(&ALPN).filter(|offers| !offers.is_empty()))
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
        let action = Action::builder().r#type(ActionTypeEnum::Forward);
        match attrs.read(&SPREAD).as_ref().and_then(Value::as_map).filter(|spread| !spread.is_empty()) {
            Some(spread) => {
                let groups = spread.iter().map(|(group, weight)| {
                    let weight = weight.as_int().and_then(|weight| i32::try_from(weight).ok());
                    TargetGroupTuple::builder().target_group_arn(group).set_weight(weight).build()
                });
                let config = ForwardActionConfig::builder().set_target_groups(Some(groups.collect()));
                Ok(action.forward_config(config.build()).build())
            }
            None => Ok(action.target_group_arn(need(session, operation, attrs, &TARGET_GROUP)?).build()),
        }
    }

    fn certificates(attrs: &Attrs) -> Option<Vec<Certificate>> {
        let arn = attrs.read(&CERTIFICATE)?;
        Some(vec![Certificate::builder().certificate_arn(arn).build()])
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
        let attrs = attrs(&id, live);
        let owner = match owner(&session.project, &tags) {
            Owner::Nobody => child_owner(parent, KIND, &port.map_or_else(|| id.clone(), |port| port.to_string())),
            known => known,
        };
        Some(Observed { kind: KIND, scope: session.scope.clone(), id, owner, status: Status::Ready, attrs, tags })
    }

    fn attrs(id: &str, live: &Found) -> Attrs {
        // What is named of TLS while another protocol is spoken does nothing.
        let secured = Some(live).filter(|live| live.protocol() == Some(&ProtocolEnum::Tls));
        let certificate = secured.and_then(|live| live.certificates().first()).and_then(Certificate::certificate_arn);
        let (one, spread) = targets(live);
        let mut attrs = Attrs::new();
        attrs
            .set(&ID, id.to_owned())
            .set_some(&LOAD_BALANCER, live.load_balancer_arn().map(str::to_owned))
            .set_some(&PORT, live.port().map(i64::from))
            .set_some(&PROTOCOL, live.protocol().map(|word| word.as_str().to_owned()))
            .set_some(&TARGET_GROUP, one)
            .set_some(&SPREAD, spread)
            .set_some(&CERTIFICATE, certificate.map(str::to_owned))
            .set_some(&TLS_POLICY, secured.and_then(Found::ssl_policy).map(str::to_owned))
            .set_some(&ALPN, secured.map(|live| live.alpn_policy().to_vec()).filter(|offers| !offers.is_empty()));
        attrs
    }

    /// The one target group it forwards to, or the weights of several, which is no state of ours.
    fn targets(live: &Found) -> (Option<String>, Option<Value>) {
        let [action] = live.default_actions() else { return (None, None) };
        let spread = action.forward_config().map(|forward| forward.target_groups()).unwrap_or_default();
        match spread {
            [] => (action.target_group_arn().map(str::to_owned), None),
            [one] => (one.target_group_arn().map(str::to_owned), None),
            several => {
                let weight = |one: &TargetGroupTuple| Value::Int(i64::from(one.weight().unwrap_or(1)));
                let weights = several.iter().filter_map(|one| Some((one.target_group_arn()?, weight(one))));
                (None, Some(Value::map(weights)))
            }
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

    #[cfg(test)]
    mod tests {
        use super::{Action, ForwardActionConfig, Found, TargetGroupTuple, attrs};
        use privlink_model::Value;

        #[test]
        fn several_target_groups_are_seen_with_their_weights() {
            let group = |arn: &str, weight| TargetGroupTuple::builder().target_group_arn(arn).weight(weight).build();
            let one = |groups| {
                let forward = ForwardActionConfig::builder().set_target_groups(Some(groups)).build();
                Found::builder().default_actions(Action::builder().forward_config(forward).build()).build()
            };
            let spread = attrs("l", &one(vec![group("a", 9), group("b", 1)]));
            let weights = Value::map([("a", Value::Int(9)), ("b", Value::Int(1))]);
            assert_eq!((spread.get("target-group"), spread.get("spread")), (None, Some(&weights)));
            let alone = attrs("l", &one(vec![group("a", 1)]));
            assert_eq!((alone.get("target-group"), alone.get("spread")), (Some(&Value::from("a")), None));
        }
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
