//! An interface endpoint: addresses in a VPC's subnets that lead to an endpoint service.
//!
//! Identity: its id `vpce-…`. Immutable: VPC and service. Subnets, security groups, private DNS and the policy change in
//! place by one call. States: pendingAcceptance, pending, available, rejected, expired, failed, deleting, deleted, partial; compared
//! without regard to capitals. For the endpoint itself pendingAcceptance is as good as available: accepting is another
//! resource's step. Its network interfaces, and so its addresses, may be missing at first. Two endpoints of one VPC cannot
//! both give one service its private names. A service is invisible to a principal it was not offered to, and for some
//! seconds to one it just was: `InvalidServiceName` in either case.
//! One that its service's owner rejected is mended by being accepted again, where that is a resource of ours; else only
//! another endpoint asks again. The policy is AWS's default, which allows everything, and privlink never writes another: one
//! that differs was put there by hand. AWS documents the reset of a policy for gateway endpoints alone, so the default is
//! written out. Services without policies, as other accounts' are, have the default or none, which is the same here. A
//! changed policy takes minutes to act.
//! Not looked at: the family of its addresses and of its DNS records, whose defaults AWS does not say.
//! Read next: `endpoint_connection`, `ec2_gather`.

use privlink_model::Confined::{ByObject, ByRequest, ByTagging, Not};
use privlink_model::keys::ID;
use privlink_model::keys::endpoint::{
    ADDRESSES, DNS_NAME, KIND, PRIVATE_DNS, SECURITY_GROUPS, SERVICE_NAME, SUBNETS, VPC,
};
use privlink_model::{
    Attr, AttributeSchema, Flow, KindSchema, Operation, Ownership, Permission, ReplaceOrder, Service, Value, Waits,
};

use crate::permissions::{create, delete, update};
use crate::quota;
use crate::resource_policy;

/// What may be done through it, where that is not everything.
const POLICY: Attr<Value> = Attr::new("policy");

/// The facts about interface endpoints.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "interface endpoint",
    service: Service::Ec2,
    attributes: &[
        AttributeSchema::new(ID.key(), "Its id.").computed(),
        AttributeSchema::new(VPC.key(), "Its VPC's id.").required().immutable().flow(Flow::Within),
        AttributeSchema::new(SERVICE_NAME.key(), "The name of the service it connects to.")
            .required()
            .immutable()
            .flow(Flow::To),
        AttributeSchema::new(SUBNETS.key(), "Ids of the subnets it has an address in.")
            .required()
            // AWS takes one away in place, and cuts who is connected there; beside it, nobody is.
            .grows()
            .outage("connections through an address that is taken away are cut; new ones go to the others"),
        AttributeSchema::new(SECURITY_GROUPS.key(), "Ids of its security groups.").required().set().flow(Flow::Has),
        AttributeSchema::new(PRIVATE_DNS.key(), "Whether the service's private names lead to it in its VPC.")
            .required()
            // The old one must give the names up before another can have them.
            .alone_in(&[VPC.key(), SERVICE_NAME.key()])
            .outage("every client in the VPC resolves the service's names differently at once"),
        AttributeSchema::new(
            POLICY.key(),
            "What may be done through it; none while that is everything, as is AWS's default.",
        )
        .document()
        .normalised(normalise_policy)
        .without(full_access),
        AttributeSchema::new(ADDRESSES.key(), "Its IPv4 addresses, one for each subnet.").set().computed().known_by(),
        AttributeSchema::new(DNS_NAME.key(), "Its regional DNS name.").computed().known_by(),
    ],
    ownership: Ownership::Tags,
    key: &[],
    deleted_with: &[],
    replace: ReplaceOrder::CreateFirst,
    create: Some(quota::call("CreateVpcEndpoint", quota::ENDPOINT_WRITE)),
    update: Some(quota::call("ModifyVpcEndpoint", quota::ENDPOINT_WRITE)),
    delete: Some(quota::call("DeleteVpcEndpoints", quota::ENDPOINT_WRITE)),
    ready: Some(Waits::secs("available or waiting for acceptance", 90, 10, 600).early()),
    gone: Some(Waits::secs("gone", 60, 5, 600)),
    loses: Some("its id, its addresses and its DNS names"),
    permanent: None,
    read_actions: &[
        Permission::anywhere("ec2:DescribeVpcEndpoints"),
        Permission::anywhere("ec2:DescribeNetworkInterfaces"),
    ],
    write_actions: &[
        create("ec2:CreateVpcEndpoint", "ec2:{region}:{account}:vpc-endpoint/{id}", ByRequest),
        create("ec2:CreateVpcEndpoint", "ec2:{region}:{account}:vpc/{vpc}", Not),
        create("ec2:CreateVpcEndpoint", "ec2:{region}:{account}:subnet/{subnets}", Not),
        create("ec2:CreateVpcEndpoint", "ec2:{region}:{account}:security-group/{security-groups}", Not),
        create("ec2:CreateTags", "ec2:{region}:{account}:vpc-endpoint/{id}", ByTagging("CreateVpcEndpoint")),
        // AWS looks at what the endpoint is made in with the caller's permissions.
        create("ec2:DescribeSecurityGroups", "*", Not),
        create("ec2:DescribeSubnets", "*", Not),
        create("ec2:DescribeVpcs", "*", Not),
        update("ec2:ModifyVpcEndpoint", "ec2:{region}:{account}:vpc-endpoint/{id}", ByObject),
        update("ec2:ModifyVpcEndpoint", "ec2:{region}:{account}:subnet/{subnets}", Not),
        update("ec2:ModifyVpcEndpoint", "ec2:{region}:{account}:security-group/{security-groups}", Not),
        delete("ec2:DeleteVpcEndpoints", "ec2:{region}:{account}:vpc-endpoint/{id}", ByObject),
        (Operation::Create, PRIVATE_NAMES),
        (Operation::Update, PRIVATE_NAMES),
    ],
};

/// The service's private names are in a hosted zone of AWS's, which is tied to the VPC with the caller's own permission (Service
/// Authorization Reference, CreateVpcEndpoint). It knows no tags, and its ARN no account.
const PRIVATE_NAMES: Permission =
    Permission::new("route53:AssociateVPCWithHostedZone", "route53:::hostedzone/*").turns_on(PRIVATE_DNS.key());

/// The policy of an endpoint that was given none.
const FULL_ACCESS: &str =
    r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2012-10-17"}"#;

fn full_access() -> Value {
    resource_policy::normalise(Value::from(FULL_ACCESS))
}

/// The one form of its policy: nothing for AWS's default, under whatever version it is written.
fn normalise_policy(policy: Value) -> Value {
    let policy = resource_policy::normalise(policy);
    let statement = || {
        let statements = policy.as_map()?.get("Statement")?.elements();
        if let [one] = statements.as_slice() { one.as_map() } else { None }
    };
    let everything = Value::text_set(["*"]);
    let allows_everything = statement().is_some_and(|statement| {
        statement.iter().filter(|(key, _)| *key != "Sid").all(|(key, value)| match key.as_str() {
            "Effect" => value.as_text() == Some("Allow"),
            "Principal" => value.as_text() == Some("*"),
            "Action" | "Resource" => *value == everything,
            _ => false,
        }) && ["Effect", "Principal", "Action", "Resource"].iter().all(|key| statement.contains_key(*key))
    });
    if allows_everything { Value::map::<&str>([]) } else { policy }
}

#[cfg(feature = "aws")]
pub(crate) mod live {
    use std::collections::BTreeMap;

    use aws_sdk_ec2::types::{Filter, ResourceType, VpcEndpoint as Found, VpcEndpointType};
    use futures_util::future::try_join_all;
    use privlink_model::{
        Attrs, BoxFuture, CloudError, ErrorClass, Observed, Operation, Owner, Progress, Status, Write, Written,
    };

    use super::{
        ADDRESSES, DNS_NAME, FULL_ACCESS, ID, KIND, POLICY, PRIVATE_DNS, SECURITY_GROUPS, SERVICE_NAME, SUBNETS, VPC,
        normalise_policy,
    };
    use crate::ec2::{VALUES, batches, difference, filter, first_failure, tag_specification, tags};
    use crate::live::{Live, Read, answered, by_ids, found, ids, need, owner, progress};
    use crate::session::Session;
    use crate::shared_reads::Asked;
    use crate::{json, resource_policy};

    const CREATE: &str = "ec2:CreateVpcEndpoint";
    const UPDATE: &str = "ec2:ModifyVpcEndpoint";
    const DELETE: &str = "ec2:DeleteVpcEndpoints";
    const DESCRIBE: &str = "ec2:DescribeVpcEndpoints";
    const INTERFACES: &str = "ec2:DescribeNetworkInterfaces";

    /// AWS's word for one that the service's owner will not have.
    const REJECTED: &str = "rejected by the service's owner";

    /// Addresses of network interfaces, by the interface's id.
    pub(crate) type Addresses = BTreeMap<String, String>;

    /// The live half.
    pub(crate) struct Endpoint;

    impl Live for Endpoint {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let after = &write.after;
                let answer = session
                    .ec2()
                    .create_vpc_endpoint()
                    // Without it AWS makes a gateway endpoint.
                    .vpc_endpoint_type(VpcEndpointType::Interface)
                    .vpc_id(need(session, CREATE, after, &VPC)?)
                    .service_name(need(session, CREATE, after, &SERVICE_NAME)?)
                    .set_subnet_ids(Some(need(session, CREATE, after, &SUBNETS)?))
                    .set_security_group_ids(Some(need(session, CREATE, after, &SECURITY_GROUPS)?))
                    // Sent always: left out, AWS turns it on.
                    .private_dns_enabled(after.read(&PRIVATE_DNS).unwrap_or_default())
                    .set_policy_document(policy_text(session, CREATE, after)?)
                    .client_token(&write.token)
                    .set_tag_specifications(tag_specification(ResourceType::VpcEndpoint, &write.tags))
                    .send()
                    .await
                    .map_err(|error| too_early(session.error(CREATE, error)))?;
                let made = answer.vpc_endpoint();
                let id = answered(session, CREATE, made.and_then(Found::vpc_endpoint_id))?;
                Ok(Written { id, attrs: made.map(|made| attrs(made, &Addresses::new())).unwrap_or_default() })
            })
        }

        fn update<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let (before, after) = (&write.before, &write.after);
                let subnets = need(session, UPDATE, after, &SUBNETS)?;
                let groups = need(session, UPDATE, after, &SECURITY_GROUPS)?;
                let (add_subnets, remove_subnets) = difference(&before.read(&SUBNETS).unwrap_or_default(), &subnets);
                let (add_groups, remove_groups) =
                    difference(&before.read(&SECURITY_GROUPS).unwrap_or_default(), &groups);
                let private_dns = after.read(&PRIVATE_DNS).filter(|wanted| before.read(&PRIVATE_DNS) != Some(*wanted));
                let policy = match write.changed.iter().any(|key| key == POLICY.key()) {
                    true => policy_text(session, UPDATE, after)?.or_else(|| Some(FULL_ACCESS.to_owned())),
                    false => None,
                };
                session
                    .ec2()
                    .modify_vpc_endpoint()
                    .vpc_endpoint_id(&write.id)
                    .set_add_subnet_ids(add_subnets)
                    .set_remove_subnet_ids(remove_subnets)
                    .set_add_security_group_ids(add_groups)
                    .set_remove_security_group_ids(remove_groups)
                    .set_private_dns_enabled(private_dns)
                    .set_policy_document(policy)
                    .send()
                    .await
                    .map_err(|error| session.error(UPDATE, error))?;
                Ok(Written { id: write.id.clone(), attrs: Attrs::new() })
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let call = session.ec2().delete_vpc_endpoints().vpc_endpoint_ids(&write.id);
                let answer = call.send().await.map_err(|error| session.error(DELETE, error));
                let answer = answer.and_then(|answer| first_failure(session, DELETE, answer.unsuccessful()));
                found(answer).map(|_| ())
            })
        }

        fn users<'a>(
            &'a self,
            session: &'a Session,
            write: &'a Write,
        ) -> BoxFuture<'a, Result<Option<Vec<Owner>>, CloudError>> {
            Box::pin(async move {
                let vpc = need(session, CREATE, &write.after, &VPC)?;
                let found = describe(session, filter("vpc-id", [vpc])).await?;
                let none = Addresses::new();
                let observed = found.iter().filter_map(|found| observe(session, found, &none));
                Ok(Some(observed.map(|one| one.owner).collect()))
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let found = by_ids(&ids(asked), VALUES, |ids| by_id(session, ids)).await?;
                let addresses = addresses(session, &found).await?;
                Ok(found.iter().filter_map(|found| observe(session, found, &addresses)).collect())
            })
        }

        fn look<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let found = by_ids(&ids(asked), VALUES, |ids| by_id(session, ids)).await?;
                // Nobody needs the addresses of those that are still made.
                let (none, observe) =
                    (Addresses::new(), |found: &Found, known: &Addresses| observe(session, found, known));
                let ready = |found: &&Found| observe(found, &none).is_some_and(|one| one.status == Status::Ready);
                let addresses = addresses(session, found.iter().filter(ready)).await?;
                Ok(found.iter().filter_map(|found| observe(found, &addresses)).collect())
            })
        }

        fn progress(&self, operation: Operation, observed: Option<Observed>) -> Progress {
            match (operation, observed) {
                // Whoever only waits has another step that accepts it again.
                (Operation::Wait, Some(one)) if one.status == Status::Failed(REJECTED.to_owned()) => {
                    Progress::Done(one.attrs)
                }
                (operation, observed) => progress(operation, observed),
            }
        }
    }

    /// The text of the policy that attributes ask for; none for AWS's default.
    fn policy_text(session: &Session, operation: &'static str, attrs: &Attrs) -> Result<Option<String>, CloudError> {
        let policy = attrs.read(&POLICY).map(normalise_policy).filter(|policy| !policy.is_empty());
        let text = policy.map(|policy| json::of(&policy)).transpose();
        Ok(text.map_err(|why| session.refused(operation, why))?.map(|policy| policy.to_string()))
    }

    /// A permission takes some seconds to reach the consumer's side; until then the service seems not to exist.
    fn too_early(error: CloudError) -> CloudError {
        let class = if error.code == "InvalidServiceName" { ErrorClass::Busy } else { error.class };
        CloudError { class, ..error }
    }

    /// By ids rather than by a filter, which not every AWS look-alike knows.
    async fn by_id(session: &Session, ids: Vec<String>) -> Result<Vec<Found>, CloudError> {
        let answer = session.ec2().describe_vpc_endpoints().set_vpc_endpoint_ids(Some(ids)).send().await;
        Ok(answer.map_err(|error| session.error(DESCRIBE, error))?.vpc_endpoints.unwrap_or_default())
    }

    /// Lists the endpoints that pass a filter.
    pub(crate) async fn describe(session: &Session, filter: Filter) -> Result<Vec<Found>, CloudError> {
        let pages = session.ec2().describe_vpc_endpoints().max_results(1000).filters(filter);
        let found = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        found.map_err(|error| session.error(DESCRIBE, error))
    }

    /// The addresses of the network interfaces of all these endpoints.
    pub(crate) async fn addresses(
        session: &Session,
        endpoints: impl IntoIterator<Item = &Found>,
    ) -> Result<Addresses, CloudError> {
        let ids = endpoints.into_iter().flat_map(|found| found.network_interface_ids()).cloned();
        let ids: Vec<String> = ids.collect();
        let lists = batches("network-interface-id", &ids).into_iter().map(|filter| async {
            let pages = session.ec2().describe_network_interfaces().max_results(1000).filters(filter);
            let found = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
            found.map_err(|error| session.error(INTERFACES, error))
        });
        let found = try_join_all(lists).await?.into_iter().flatten();
        Ok(found.filter_map(|found| Some((found.network_interface_id?, found.private_ip_address?))).collect())
    }

    fn attrs(found: &Found, known: &Addresses) -> Attrs {
        let groups = found.groups().iter().filter_map(|group| group.group_id()).map(str::to_owned).collect();
        let mut attrs = Attrs::new();
        attrs
            .set_some(&ID, found.vpc_endpoint_id().map(str::to_owned))
            .set_some(&VPC, found.vpc_id().map(str::to_owned))
            .set_some(&SERVICE_NAME, found.service_name().map(str::to_owned))
            .set(&SUBNETS, found.subnet_ids().to_vec())
            .set(&SECURITY_GROUPS, groups)
            .set(&PRIVATE_DNS, found.private_dns_enabled().unwrap_or_default())
            // The regional name comes first, then the zonal ones, then the private ones.
            .set_some(&DNS_NAME, found.dns_entries().first().and_then(|entry| entry.dns_name()).map(str::to_owned));
        let addresses: Vec<String> =
            found.network_interface_ids().iter().filter_map(|id| known.get(id)).cloned().collect();
        // Some of the addresses would be taken for all of them.
        if !addresses.is_empty() && addresses.len() == found.subnet_ids().len() {
            attrs.set(&ADDRESSES, addresses);
        }
        let policy = found.policy_document().filter(|text| !text.is_empty()).map(resource_policy::read);
        attrs.set_some(&POLICY, policy.map(normalise_policy).filter(|policy| !policy.is_empty()));
        attrs
    }

    /// What an endpoint is to privlink; none for other types of endpoint and for those that are gone.
    pub(crate) fn observe(session: &Session, found: &Found, addresses: &Addresses) -> Option<Observed> {
        let id = found.vpc_endpoint_id()?;
        let interface = found.vpc_endpoint_type().is_some_and(|kind| kind.as_str().eq_ignore_ascii_case("interface"));
        if !interface {
            return None;
        }
        let state = found.state().map(|state| state.as_str().to_owned()).unwrap_or_default();
        let status = match state.to_lowercase().as_str() {
            "available" | "pendingacceptance" => Status::Ready,
            "deleting" => Status::Deleting,
            "deleted" => return None,
            "rejected" => Status::Failed(REJECTED.to_owned()),
            "expired" => Status::Failed("expired before the service's owner accepted it".to_owned()),
            "failed" => Status::Failed(reason(found)),
            _ => Status::Pending(state),
        };
        let tags = tags(found.tags());
        Some(Observed {
            kind: KIND,
            scope: session.scope.clone(),
            id: id.to_owned(),
            owner: owner(&session.project, &tags),
            status,
            attrs: attrs(found, addresses),
            tags,
        })
    }

    fn reason(found: &Found) -> String {
        let last = found.last_error().and_then(|error| error.message());
        found.failure_reason().or(last).unwrap_or("AWS gave no reason").to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::normalise_policy;
    use privlink_model::Value;

    #[test]
    fn a_policy_that_allows_everything_is_none() {
        let aws = "{\n  \"Statement\": [\n    {\n      \"Action\": \"*\", \n      \"Effect\": \"Allow\", \n      \
                   \"Principal\": \"*\", \n      \"Resource\": \"*\"\n    }\n  ]\n}";
        let spelled = r#"{"Version":"2012-10-17","Statement":{"Sid":"all","Effect":"Allow","Principal":{"AWS":"*"},
            "Action":["*"],"Resource":["*"]}}"#;
        for text in [aws, spelled] {
            assert!(normalise_policy(Value::from(text)).is_empty(), "{text}");
        }
        for text in [
            aws.replace("Allow", "Deny"),
            aws.replace("\"Resource\": \"*\"", "\"Resource\": \"arn:aws:execute-api:*\""),
            spelled.replace("\"Sid\":\"all\"", "\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"true\"}}"),
            "no policy".to_owned(),
        ] {
            assert!(!normalise_policy(Value::from(text.as_str())).is_empty(), "{text}");
        }
    }
}
