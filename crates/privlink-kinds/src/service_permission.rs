//! A principal that may connect to an endpoint service of ours.
//!
//! Identity: service and principal; adding one that is there already succeeds, and so does nothing twice. A consumer's
//! account sees the service only some seconds after. Taking a permission away does not cut connections that were accepted.
//! Paths in role and user ARNs are not allowed. Read next: `endpoint_service`, `endpoint`.

use privlink_model::Confined::ByObject;
use privlink_model::keys::ID;
use privlink_model::keys::service_permission::{KIND, PRINCIPAL, SERVICE};
use privlink_model::{AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service};

use crate::permissions::{create, delete};
use crate::quota;

/// The facts about permissions of endpoint services.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "endpoint service permission",
    service: Service::Ec2,
    attributes: &[
        AttributeSchema::new(ID.key(), "The service's id, a slash, the principal's ARN.").computed(),
        AttributeSchema::new(SERVICE.key(), "The service's id.").required().immutable().flow(Flow::PartOf),
        AttributeSchema::new(PRINCIPAL.key(), "The principal's ARN.").required().immutable(),
    ],
    ownership: Ownership::Parent(SERVICE.key()),
    key: &[SERVICE.key(), PRINCIPAL.key()],
    deleted_with: &[SERVICE.key()],
    replace: ReplaceOrder::CreateFirst,
    create: Some(quota::call("ModifyVpcEndpointServicePermissions", quota::EC2_WRITE)),
    update: None,
    delete: Some(quota::call("ModifyVpcEndpointServicePermissions", quota::EC2_WRITE)),
    ready: None,
    gone: None,
    loses: None,
    permanent: None,
    read_actions: &[Permission::new(
        "ec2:DescribeVpcEndpointServicePermissions",
        "ec2:{region}:{account}:vpc-endpoint-service/{service}",
    )
    .confined(ByObject)],
    write_actions: &[
        create(
            "ec2:ModifyVpcEndpointServicePermissions",
            "ec2:{region}:{account}:vpc-endpoint-service/{service}",
            ByObject,
        ),
        delete(
            "ec2:ModifyVpcEndpointServicePermissions",
            "ec2:{region}:{account}:vpc-endpoint-service/{service}",
            ByObject,
        ),
    ],
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use std::collections::BTreeMap;

    use aws_sdk_ec2::types::AllowedPrincipal;
    use futures_util::future::try_join_all;
    use privlink_model::{Attrs, BoxFuture, CloudError, Observed, Owner, Status, Write, Written, short_digest};

    use super::{ID, KIND, PRINCIPAL, SERVICE};
    use crate::ec2::filter;
    use crate::live::{Live, Read, child_owner, found, need};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const MODIFY: &str = "ec2:ModifyVpcEndpointServicePermissions";
    const DESCRIBE: &str = "ec2:DescribeVpcEndpointServicePermissions";

    /// The live half.
    pub(crate) struct ServicePermission;

    impl Live for ServicePermission {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let service = need(session, MODIFY, &write.after, &SERVICE)?;
                let principal = need(session, MODIFY, &write.after, &PRINCIPAL)?;
                let call = session.ec2().modify_vpc_endpoint_service_permissions().service_id(&service);
                let answer = call.add_allowed_principals(&principal).send().await;
                answer.map_err(|error| session.error(MODIFY, error))?;
                let id = format!("{service}/{principal}");
                let attrs = Attrs::new().with(&ID, id.clone());
                Ok(Written { id, attrs })
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let (service, principal) = parts(session, &write.id)?;
                let call = session.ec2().modify_vpc_endpoint_service_permissions().service_id(service);
                let answer = call.remove_allowed_principals(principal).send().await;
                found(answer.map_err(|error| session.error(MODIFY, error))).map(|_| ())
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let mut wanted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
                for one in asked {
                    let (service, principal) = parts(session, &one.id)?;
                    wanted.entry(service).or_default().push(principal);
                }
                let lists = wanted.into_iter().map(async |(service, principals)| {
                    let only = if let [one] = principals.as_slice() { Some(*one) } else { None };
                    let listed = found(describe(session, service, only).await)?.unwrap_or_default();
                    let there = listed.iter().filter_map(AllowedPrincipal::principal);
                    let asked_for = there.filter(|principal| principals.contains(principal));
                    Ok(asked_for.map(|one| observe(session, service, one, &Owner::Nobody)).collect::<Vec<_>>())
                });
                Ok::<_, CloudError>(try_join_all(lists).await?.concat())
            })
        }
    }

    /// The service's id and the principal's ARN, which has slashes of its own.
    fn parts<'a>(session: &Session, id: &'a str) -> Result<(&'a str, &'a str), CloudError> {
        id.split_once('/').ok_or_else(|| session.refused(MODIFY, format!("{id:?} does not name a permission")))
    }

    /// Lists the permissions of one service; the API has no call for several.
    pub(crate) async fn list(session: &Session, service: &str, owner: &Owner) -> Result<Vec<Observed>, CloudError> {
        let listed = found(describe(session, service, None).await)?.unwrap_or_default();
        let principals = listed.iter().filter_map(AllowedPrincipal::principal);
        Ok(principals.map(|principal| observe(session, service, principal, owner)).collect())
    }

    async fn describe(
        session: &Session,
        service: &str,
        principal: Option<&str>,
    ) -> Result<Vec<AllowedPrincipal>, CloudError> {
        let pages = session.ec2().describe_vpc_endpoint_service_permissions().service_id(service).max_results(1000);
        let pages = pages.set_filters(principal.map(|principal| vec![filter("principal", [principal])]));
        let found = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        found.map_err(|error| session.error(DESCRIBE, error))
    }

    fn observe(session: &Session, service: &str, principal: &str, parent: &Owner) -> Observed {
        let id = format!("{service}/{principal}");
        let mut attrs = Attrs::new();
        attrs.set(&ID, id.clone()).set(&SERVICE, service.to_owned()).set(&PRINCIPAL, principal.to_owned());
        Observed {
            kind: KIND,
            scope: session.scope.clone(),
            id,
            owner: child_owner(parent, KIND, &short_digest(principal, 8)),
            status: Status::Ready,
            attrs,
            tags: BTreeMap::new(),
        }
    }
}
