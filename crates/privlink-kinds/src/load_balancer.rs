//! Network load balancers: what VPC links and endpoint services stand on. Application ones are only looked up.
//!
//! Identity: the ARN; the name is unique in an account and region. Immutable: name, type, scheme; and whether it has
//! security groups at all (AWS refuses to give some to one that was made without). Subnets can be added; AWS takes none away
//! from one that a VPC link or an endpoint service stands on. States: `provisioning`, then `active`
//! or `active_impaired` (usable), or `failed` (an address that is taken; never repairs itself).
//! Surprises: creating one with the name and settings of one that exists answers with that one; setting subnets and
//! setting security groups are two calls, so a change of both is two steps; the call that sets the groups also sets whether
//! they are enforced on PrivateLink traffic, so the flag is read and sent along. Deleting is refused while an endpoint
//! service or a VPC link uses it, also one that is itself on its way out.
//! Not looked at: attributes (cross-zone, protection from deletion), which take a call for each load balancer; the family of
//! its addresses, which takes a call of its own to put back.
//! Read next: `privatelink_enforcement`, `listener`, `elb`.

use privlink_model::Confined::{ByObject, ByRequest, ByTagging};
use privlink_model::keys::ID;
use privlink_model::keys::load_balancer::{
    DNS_NAME, ENFORCEMENT, KIND, LISTENERS, NAME, SCHEME, SECURITY_GROUPS, SUBNETS, TYPE, VPC,
};
use privlink_model::{AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service, Waits};

use crate::permissions::{LOAD_BALANCING_ROLE, create, delete, update};
use crate::quota::{ELB_INTENSIVE, ELB_WRITE, call};

/// Its ARN.
const ITSELF: &str = "elasticloadbalancing:{region}:{account}:loadbalancer/net/{name}/{id}";

/// The facts about network load balancers.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "load balancer",
    service: Service::Elb,
    attributes: &[
        AttributeSchema::new(ID.key(), "Its ARN.").computed(),
        AttributeSchema::new(NAME.key(), "Its name, unique in the account and region.").required().immutable(),
        AttributeSchema::new(TYPE.key(), "`network` or `application`.").required().immutable(),
        AttributeSchema::new(SCHEME.key(), "`internal` or `internet-facing`.").required().immutable(),
        AttributeSchema::new(SUBNETS.key(), "Ids of its subnets, one for each zone.")
            .required()
            .grows(),
        AttributeSchema::new(SECURITY_GROUPS.key(), "Ids of its security groups.").set().apart().flow(Flow::Has),
        AttributeSchema::new(VPC.key(), "Its VPC's id.").computed().flow(Flow::Within),
        AttributeSchema::new(DNS_NAME.key(), "Its DNS name.").computed().known_by(),
        AttributeSchema::new(LISTENERS.key(), "Port and protocol of each of its listeners.").computed(),
        AttributeSchema::new(
            ENFORCEMENT.key(),
            "Whether its security groups are enforced on PrivateLink traffic; of load balancers that are only looked up.",
        )
        .computed(),
    ],
    ownership: Ownership::Tags,
    key: &[NAME.key()],
    deleted_with: &[],
    // Its derived name holds what cannot be changed, so a replacement has another one and both can stand.
    replace: ReplaceOrder::CreateFirst,
    create: Some(call("CreateLoadBalancer", ELB_INTENSIVE)),
    update: Some(call("SetSubnets", ELB_INTENSIVE)),
    delete: Some(call("DeleteLoadBalancer", ELB_WRITE)),
    ready: Some(Waits::secs("active", 150, 5, 900)),
    gone: Some(Waits::secs("gone", 10, 2, 300)),
    loses: Some("its ARN, DNS name and addresses"),
    permanent: None,
    read_actions: &[
        Permission::anywhere("elasticloadbalancing:DescribeLoadBalancers"),
        Permission::anywhere("elasticloadbalancing:DescribeListeners"),
        Permission::anywhere("elasticloadbalancing:DescribeTags"),
    ],
    write_actions: &[
        create("elasticloadbalancing:CreateLoadBalancer", ITSELF, ByRequest),
        create("elasticloadbalancing:AddTags", ITSELF, ByTagging("CreateLoadBalancer")),
        LOAD_BALANCING_ROLE,
        update("elasticloadbalancing:SetSubnets", ITSELF, ByObject),
        update("elasticloadbalancing:SetSecurityGroups", ITSELF, ByObject),
        delete("elasticloadbalancing:DeleteLoadBalancer", ITSELF, ByObject),
    ],
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use std::collections::BTreeMap;

    use aws_sdk_elasticloadbalancingv2::types::{
        EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum as Enforce, Listener, LoadBalancer as Found,
        LoadBalancerSchemeEnum, LoadBalancerTypeEnum,
    };
    use privlink_model::{
        Attrs, BoxFuture, CloudError, ErrorClass, Observed, Operation, Owner, Progress, Status, Value, Write, Written,
    };

    use super::{DNS_NAME, ENFORCEMENT, ID, KIND, LISTENERS, NAME, SCHEME, SECURITY_GROUPS, SUBNETS, TYPE, VPC};
    use crate::elb::{ARNS, elb_tags, list_load_balancers, listeners_by_arn, name_taken, owners, tags};
    use crate::live::{Live, Read, answered, by_ids, found, ids, need, owner, progress};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const CREATE: &str = "elasticloadbalancing:CreateLoadBalancer";
    const DELETE: &str = "elasticloadbalancing:DeleteLoadBalancer";
    const DESCRIBE: &str = "elasticloadbalancing:DescribeLoadBalancers";
    const SET_SUBNETS: &str = "elasticloadbalancing:SetSubnets";
    const SET_SECURITY_GROUPS: &str = "elasticloadbalancing:SetSecurityGroups";

    /// The live half.
    pub(crate) struct LoadBalancer;

    impl Live for LoadBalancer {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let name = need(session, CREATE, &write.after, &NAME)?;
                let answer = session
                    .elb()
                    .create_load_balancer()
                    .name(&name)
                    .r#type(LoadBalancerTypeEnum::from(need(session, CREATE, &write.after, &TYPE)?.as_str()))
                    .scheme(LoadBalancerSchemeEnum::from(need(session, CREATE, &write.after, &SCHEME)?.as_str()))
                    .set_subnets(Some(need(session, CREATE, &write.after, &SUBNETS)?))
                    .set_security_groups(write.after.read(&SECURITY_GROUPS).filter(|groups| !groups.is_empty()))
                    .set_tags(elb_tags(&write.tags))
                    .send()
                    .await
                    .map_err(|error| {
                        name_taken("DuplicateLoadBalancerName", "load balancer", &name, session.error(CREATE, error))
                    })?;
                let made = answer.load_balancers().first();
                let id = answered(session, CREATE, made.and_then(Found::load_balancer_arn))?;
                let attrs = made.map(|made| attrs(&id, made)).unwrap_or_default();
                Ok(Written { id, attrs })
            })
        }

        fn update<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let changes = |key: &str| write.changed.iter().any(|changed| changed == key);
                match (changes(SUBNETS.key()), changes(SECURITY_GROUPS.key())) {
                    (true, false) => set_subnets(session, write).await?,
                    (false, true) => set_security_groups(session, write).await?,
                    (true, true) => {
                        return Err(session.refused(
                            SET_SUBNETS,
                            "one step sets both subnets and security groups, which are two calls: this is an error in \
                             privlink",
                        ));
                    }
                    (false, false) => {}
                }
                Ok(Written { id: write.id.clone(), attrs: Attrs::new() })
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let answer = session.elb().delete_load_balancer().load_balancer_arn(&write.id).send().await;
                found(answer.map_err(|error| session.error(DELETE, error))).map(|_| ()).map_err(|mut error| {
                    if error.code == "OperationNotPermitted" {
                        error.class = ErrorClass::Refused;
                    }
                    error
                })
            })
        }

        fn users<'a>(
            &'a self,
            session: &'a Session,
            _: &'a Write,
        ) -> BoxFuture<'a, Result<Option<Vec<Owner>>, CloudError>> {
            Box::pin(async move {
                let listed = list_load_balancers(session).await?;
                let network = listed.iter().filter(|live| live.r#type() == Some(&LoadBalancerTypeEnum::Network));
                let arns = network.filter_map(Found::load_balancer_arn).map(str::to_owned).collect::<Vec<_>>();
                Ok(Some(owners(session, &arns).await?))
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let found = describe(session, &ids(asked)).await?;
                let arns: Vec<String> = found.iter().filter_map(Found::load_balancer_arn).map(str::to_owned).collect();
                let (tags, listeners) = futures_util::join!(tags(session, &arns), listeners_by_arn(session, &arns));
                let (mut tags, mut listeners) = (tags?, listeners?);
                let observe = |live: &Found| {
                    let arn = live.load_balancer_arn()?;
                    let listeners = listeners.remove(arn).unwrap_or_default();
                    observe(session, live, tags.remove(arn).unwrap_or_default(), &listeners)
                };
                Ok(found.iter().filter_map(observe).collect())
            })
        }

        fn look<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let found = describe(session, &ids(asked)).await?;
                Ok(found.iter().filter_map(|live| bare(session, live)).collect())
            })
        }

        fn progress(&self, operation: Operation, observed: Option<Observed>) -> Progress {
            match (operation, observed) {
                // One that failed can still be seen for a moment after it was deleted.
                (Operation::Delete, Some(_)) => Progress::Pending("deleting".to_owned()),
                (operation, observed) => progress(operation, observed),
            }
        }
    }

    async fn set_subnets(session: &Session, write: &Write) -> Result<(), CloudError> {
        let subnets = need(session, SET_SUBNETS, &write.after, &SUBNETS)?;
        let call = session.elb().set_subnets().load_balancer_arn(&write.id).set_subnets(Some(subnets));
        call.send().await.map_err(|error| session.error(SET_SUBNETS, error))?;
        Ok(())
    }

    async fn set_security_groups(session: &Session, write: &Write) -> Result<(), CloudError> {
        let groups = need(session, SET_SECURITY_GROUPS, &write.after, &SECURITY_GROUPS)?;
        let live = describe(session, std::slice::from_ref(&write.id)).await?;
        let flag = live.first().map_or("on".to_owned(), enforcement);
        send_security_groups(session, &write.id, groups, &flag).await
    }

    /// Sets the security groups, and whether they are enforced on PrivateLink traffic: one call does both.
    pub(crate) async fn send_security_groups(
        session: &Session,
        id: &str,
        groups: Vec<String>,
        enforce: &str,
    ) -> Result<(), CloudError> {
        session
            .elb()
            .set_security_groups()
            .load_balancer_arn(id)
            .set_security_groups(Some(groups))
            .enforce_security_group_inbound_rules_on_private_link_traffic(Enforce::from(enforce))
            .send()
            .await
            .map_err(|error| session.error(SET_SECURITY_GROUPS, error))?;
        Ok(())
    }

    /// Reads load balancers by their ARNs; those that do not exist are left out.
    pub(crate) async fn describe(session: &Session, arns: &[String]) -> Result<Vec<Found>, CloudError> {
        let call = async |arns| {
            let answer = session.elb().describe_load_balancers().set_load_balancer_arns(Some(arns)).send().await;
            Ok(answer.map_err(|error| session.error(DESCRIBE, error))?.load_balancers.unwrap_or_default())
        };
        by_ids(arns, ARNS, call).await
    }

    /// Whether the security groups are enforced on PrivateLink traffic; `on` unless AWS says otherwise.
    pub(crate) fn enforcement(live: &Found) -> String {
        match live.enforce_security_group_inbound_rules_on_private_link_traffic() {
            Some(flag) if flag.eq_ignore_ascii_case("off") => "off".to_owned(),
            _ => "on".to_owned(),
        }
    }

    /// What a load balancer is to privlink; none when the answer lacks its ARN.
    pub(crate) fn observe(
        session: &Session,
        live: &Found,
        tags: BTreeMap<String, String>,
        listeners: &[Listener],
    ) -> Option<Observed> {
        let mut observed = bare(session, live)?;
        observed.attrs.set(&LISTENERS, Value::List(ports(listeners)));
        observed.owner = owner(&session.project, &tags);
        if !matches!(observed.owner, Owner::Ours(_)) && !live.security_groups().is_empty() {
            observed.attrs.set(&ENFORCEMENT, enforcement(live));
        }
        Some(Observed { tags, ..observed })
    }

    /// What a load balancer is without what other calls tell of it: whose it is, its listeners.
    fn bare(session: &Session, live: &Found) -> Option<Observed> {
        let id = live.load_balancer_arn()?.to_owned();
        let (scope, attrs) = (session.scope.clone(), attrs(&id, live));
        let (owner, tags) = (Owner::Nobody, BTreeMap::new());
        Some(Observed { kind: KIND, scope, id, owner, status: status(live), attrs, tags })
    }

    fn attrs(id: &str, live: &Found) -> Attrs {
        let zones = live.availability_zones();
        let subnets: Vec<String> = zones.iter().filter_map(|zone| zone.subnet_id()).map(str::to_owned).collect();
        let mut attrs = Attrs::new();
        attrs
            .set(&ID, id.to_owned())
            .set_some(&NAME, live.load_balancer_name().map(str::to_owned))
            .set_some(&TYPE, live.r#type().map(|word| word.as_str().to_ascii_lowercase()))
            .set_some(&SCHEME, live.scheme().map(|word| word.as_str().to_ascii_lowercase()))
            .set(&SUBNETS, subnets)
            .set_some(&VPC, live.vpc_id().map(str::to_owned))
            .set_some(&DNS_NAME, live.dns_name().map(str::to_owned));
        if !live.security_groups().is_empty() {
            attrs.set(&SECURITY_GROUPS, live.security_groups().to_vec());
        }
        attrs
    }

    fn ports(listeners: &[Listener]) -> Vec<Value> {
        let mut ports: Vec<(i64, String)> = listeners
            .iter()
            .filter_map(|one| Some((i64::from(one.port()?), one.protocol()?.as_str().to_owned())))
            .collect();
        ports.sort();
        let entry = |(port, protocol)| Value::map([("port", Value::Int(port)), ("protocol", Value::Text(protocol))]);
        ports.into_iter().map(entry).collect()
    }

    fn status(live: &Found) -> Status {
        let Some(state) = live.state() else { return Status::Ready };
        let word = state.code().map_or("active", |code| code.as_str());
        match word.to_ascii_lowercase().as_str() {
            "active" | "active_impaired" => Status::Ready,
            "failed" => Status::Failed(state.reason().unwrap_or("AWS gives no reason").to_owned()),
            _ => Status::Pending(word.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SCHEMA;

    #[test]
    fn what_aws_cannot_change_is_immutable_and_what_it_can_is_not() {
        let immutable: Vec<&str> = SCHEMA.attributes.iter().filter(|one| one.immutable).map(|one| one.key).collect();
        assert_eq!(immutable, ["name", "type", "scheme"]);
    }
}
