//! An endpoint service: a network load balancer offered to other accounts over PrivateLink.
//!
//! Identity: its id `vpce-svc-…`, of which AWS makes its name. Immutable by choice: its load balancers, as AWS takes
//! none away while an endpoint is connected. A load balancer backs one service at most, and a VPC link makes a hidden one of
//! its own, so the two cannot share a load balancer. States: Pending, Available, Deleting, Deleted, Failed. Deleting is
//! refused while endpoints are connected: `ExistingVpcEndpointConnections`, as an item's error in an answer that is otherwise
//! a success. All of an account are listed, not ours alone: one of somebody else on a load balancer keeps ours from being
//! made. It is offered in its own region and has no private name: either was added by hand, and goes. A private name that
//! comes back on undo must be verified anew.
//! Not looked at: the families of addresses that it supports, as AWS does not say which it chooses; who pays.
//! Read next: `service_permission`, `endpoint_connection`.

use privlink_model::Confined::{ByObject, ByRequest, ByTagging};
use privlink_model::keys::ID;
use privlink_model::keys::endpoint_service::{ACCEPTANCE_REQUIRED, KIND, LOAD_BALANCERS, SERVICE_NAME};
use privlink_model::{Attr, AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service, Waits};

use crate::permissions::{create, delete, update};
use crate::quota;

/// A name of its owner's that consumers may reach it by.
const PRIVATE_NAME: Attr<String> = Attr::new("private-dns-name");
/// Regions other than its own that it is offered in.
const REGIONS: Attr<Vec<String>> = Attr::new("other-regions");

/// The facts about endpoint services.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "endpoint service",
    service: Service::Ec2,
    attributes: &[
        AttributeSchema::new(ID.key(), "Its id.").computed(),
        AttributeSchema::new(LOAD_BALANCERS.key(), "ARNs of its network load balancers.")
            .required()
            .immutable()
            .set()
            .flow(Flow::To),
        AttributeSchema::new(ACCEPTANCE_REQUIRED.key(), "Whether connections wait for acceptance.").required(),
        AttributeSchema::new(PRIVATE_NAME.key(), "A name of its owner's that consumers may reach it by.").strict(),
        AttributeSchema::new(REGIONS.key(), "Regions other than its own that it is offered in.").set(),
        AttributeSchema::new(SERVICE_NAME.key(), "The name consumers connect to.").computed().known_by(),
    ],
    ownership: Ownership::Tags,
    // A load balancer backs one service at most.
    key: &[LOAD_BALANCERS.key()],
    deleted_with: &[],
    replace: ReplaceOrder::CreateFirst,
    create: Some(quota::call("CreateVpcEndpointServiceConfiguration", quota::SERVICE_WRITE)),
    update: Some(quota::call("ModifyVpcEndpointServiceConfiguration", quota::SERVICE_WRITE)),
    delete: Some(quota::call("DeleteVpcEndpointServiceConfigurations", quota::SERVICE_WRITE)),
    ready: Some(Waits::secs("available", 15, 5, 600)),
    gone: Some(Waits::secs("gone", 15, 5, 600)),
    loses: Some("its id and its name, so every consumer's endpoint must be made anew"),
    permanent: None,
    read_actions: &[Permission::anywhere("ec2:DescribeVpcEndpointServiceConfigurations")],
    write_actions: &[
        create(
            "ec2:CreateVpcEndpointServiceConfiguration",
            "ec2:{region}:{account}:vpc-endpoint-service/{id}",
            ByRequest,
        ),
        create(
            "ec2:CreateTags",
            "ec2:{region}:{account}:vpc-endpoint-service/{id}",
            ByTagging("CreateVpcEndpointServiceConfiguration"),
        ),
        update(
            "ec2:ModifyVpcEndpointServiceConfiguration",
            "ec2:{region}:{account}:vpc-endpoint-service/{id}",
            ByObject,
        ),
        delete(
            "ec2:DeleteVpcEndpointServiceConfigurations",
            "ec2:{region}:{account}:vpc-endpoint-service/{id}",
            ByObject,
        ),
    ],
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use aws_sdk_ec2::types::{Filter, ResourceType, ServiceConfiguration};
    use futures_util::future::try_join_all;
    use privlink_model::{Attrs, BoxFuture, CloudError, Observed, Status, Write, Written};

    use super::{ACCEPTANCE_REQUIRED, ID, KIND, LOAD_BALANCERS, PRIVATE_NAME, REGIONS, SERVICE_NAME};
    use crate::ec2::{batches, difference, first_failure, tag_specification, tags};
    use crate::live::{Live, Read, answered, found, ids, need, owner};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const CREATE: &str = "ec2:CreateVpcEndpointServiceConfiguration";
    const UPDATE: &str = "ec2:ModifyVpcEndpointServiceConfiguration";
    const DELETE: &str = "ec2:DeleteVpcEndpointServiceConfigurations";
    const DESCRIBE: &str = "ec2:DescribeVpcEndpointServiceConfigurations";

    /// The live half.
    pub(crate) struct EndpointService;

    impl Live for EndpointService {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let answer = session
                    .ec2()
                    .create_vpc_endpoint_service_configuration()
                    .set_network_load_balancer_arns(Some(need(session, CREATE, &write.after, &LOAD_BALANCERS)?))
                    .acceptance_required(need(session, CREATE, &write.after, &ACCEPTANCE_REQUIRED)?)
                    .set_private_dns_name(write.after.read(&PRIVATE_NAME))
                    .set_supported_regions(regions(session, &write.after))
                    .client_token(&write.token)
                    .set_tag_specifications(tag_specification(ResourceType::VpcEndpointService, &write.tags))
                    .send()
                    .await
                    .map_err(|error| session.error(CREATE, error))?;
                let made = answer.service_configuration();
                let id = answered(session, CREATE, made.and_then(ServiceConfiguration::service_id))?;
                Ok(Written { id, attrs: made.map(|made| attrs(session, made)).unwrap_or_default() })
            })
        }

        fn update<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let before = write.before.read(&LOAD_BALANCERS).unwrap_or_default();
                let after = need(session, UPDATE, &write.after, &LOAD_BALANCERS)?;
                let (add, remove) = difference(&before, &after);
                let acceptance = write.after.read(&ACCEPTANCE_REQUIRED);
                let known = |attrs: &Attrs| attrs.read(&REGIONS).unwrap_or_default();
                let (add_regions, remove_regions) = difference(&known(&write.before), &known(&write.after));
                let (was, name) = (write.before.read(&PRIVATE_NAME), write.after.read(&PRIVATE_NAME));
                session
                    .ec2()
                    .modify_vpc_endpoint_service_configuration()
                    .service_id(&write.id)
                    .set_add_network_load_balancer_arns(add)
                    .set_remove_network_load_balancer_arns(remove)
                    .set_add_supported_regions(add_regions)
                    .set_remove_supported_regions(remove_regions)
                    .set_remove_private_dns_name((was.is_some() && name.is_none()).then_some(true))
                    .set_private_dns_name(name.filter(|name| was.as_ref() != Some(name)))
                    .set_acceptance_required(
                        acceptance.filter(|_| write.before.read(&ACCEPTANCE_REQUIRED) != acceptance),
                    )
                    .send()
                    .await
                    .map_err(|error| session.error(UPDATE, error))?;
                Ok(Written { id: write.id.clone(), attrs: Attrs::new() })
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let call = session.ec2().delete_vpc_endpoint_service_configurations().service_ids(&write.id);
                let answer = call.send().await.map_err(|error| session.error(DELETE, error));
                let answer = answer.and_then(|answer| first_failure(session, DELETE, answer.unsuccessful()));
                found(answer).map(|_| ())
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                // One by its id, several by a filter, which leaves out those that are gone instead of failing.
                if let [one] = asked {
                    let call = session.ec2().describe_vpc_endpoint_service_configurations().service_ids(&one.id).send();
                    let answer = found(call.await.map_err(|error| session.error(DESCRIBE, error)))?;
                    let found = answer.and_then(|answer| answer.service_configurations).unwrap_or_default();
                    return Ok(found.iter().filter_map(|found| observe(session, found)).collect());
                }
                let batches = batches("service-id", &ids(asked));
                Ok(try_join_all(batches.into_iter().map(|some| list(session, Some(some)))).await?.concat())
            })
        }
    }

    /// Lists the endpoint services of this account, whoever made them: all of them without a filter.
    pub(crate) async fn list(session: &Session, filter: Option<Filter>) -> Read {
        let pages = session.ec2().describe_vpc_endpoint_service_configurations().max_results(1000);
        let pages = pages.set_filters(filter.map(|filter| vec![filter]));
        let found = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let found = found.map_err(|error| session.error(DESCRIBE, error))?;
        Ok(found.iter().filter_map(|found| observe(session, found)).collect())
    }

    /// The regions to offer it in; none where its own is all.
    fn regions(session: &Session, attrs: &Attrs) -> Option<Vec<String>> {
        let others = attrs.read(&REGIONS).filter(|others| !others.is_empty())?;
        Some([session.scope.region.clone()].into_iter().chain(others).collect())
    }

    fn attrs(session: &Session, found: &ServiceConfiguration) -> Attrs {
        let offered = found.supported_regions().iter();
        // One that was taken away is still listed for a while.
        let offered = offered.filter(|one| !one.service_state().is_some_and(|state| state.starts_with("Delet")));
        let regions = offered.filter_map(|one| one.region()).filter(|region| *region != session.scope.region);
        let regions: Vec<String> = regions.map(str::to_owned).collect();
        let mut attrs = Attrs::new();
        attrs
            .set_some(&ID, found.service_id().map(str::to_owned))
            .set(&LOAD_BALANCERS, found.network_load_balancer_arns().to_vec())
            .set_some(&ACCEPTANCE_REQUIRED, found.acceptance_required())
            .set_some(&PRIVATE_NAME, found.private_dns_name().filter(|name| !name.is_empty()).map(str::to_owned))
            .set_some(&REGIONS, Some(regions).filter(|regions| !regions.is_empty()))
            .set_some(&SERVICE_NAME, found.service_name().map(str::to_owned));
        attrs
    }

    fn observe(session: &Session, found: &ServiceConfiguration) -> Option<Observed> {
        let id = found.service_id()?;
        let state = found.service_state().map(|state| state.as_str().to_lowercase()).unwrap_or_default();
        let status = match state.as_str() {
            "available" => Status::Ready,
            "deleting" => Status::Deleting,
            "deleted" => return None,
            "failed" => Status::Failed("AWS could not make the endpoint service".to_owned()),
            _ => Status::Pending(state),
        };
        let tags = tags(found.tags());
        Some(Observed {
            kind: KIND,
            scope: session.scope.clone(),
            id: id.to_owned(),
            owner: owner(&session.project, &tags),
            status,
            attrs: attrs(session, found),
            tags,
        })
    }
}
