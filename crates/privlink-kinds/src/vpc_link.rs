//! VPC links of API Gateway v1: how REST APIs reach a network load balancer.
//!
//! Identity: a short id; names are not unique and creating has no client token, so a repeated create makes a second link.
//! Immutable: the load balancer. States: `PENDING` for two to four minutes, then `AVAILABLE`, or `FAILED` with a reason
//! (which never repairs itself: the link must be made again); `DELETING`. Surprises: it makes a hidden endpoint service on
//! its load balancer, which therefore carries nothing else; that it cannot is only known at the end of `PENDING`. Deleting is
//! refused while an integration or what a stage runs names it; after the call it may still read `AVAILABLE` for a while.
//! Read next: `api_definition`, `load_balancer`, `privatelink_enforcement`.

use privlink_model::Confined::{ByObject, ByRequest, Not};
use privlink_model::keys::ID;
use privlink_model::keys::vpc_link::{KIND, LOAD_BALANCER, NAME};
use privlink_model::{AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service, Waits};

use crate::permissions::{API_GATEWAY_ROLE, create, delete, update};
use crate::quota::{API_GATEWAY, call};

/// The facts about VPC links.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "VPC link",
    service: Service::ApiGateway,
    attributes: &[
        AttributeSchema::new(ID.key(), "Its id.").computed(),
        AttributeSchema::new(NAME.key(), "Its name; AWS does not make it unique.").required(),
        AttributeSchema::new(LOAD_BALANCER.key(), "ARN of its network load balancer.")
            .required()
            .immutable()
            .flow(Flow::To),
    ],
    ownership: Ownership::Tags,
    key: &[],
    deleted_with: &[],
    replace: ReplaceOrder::CreateFirst,
    create: Some(call("CreateVpcLink", API_GATEWAY)),
    update: Some(call("UpdateVpcLink", API_GATEWAY)),
    delete: Some(call("DeleteVpcLink", API_GATEWAY)),
    ready: Some(Waits::secs("AVAILABLE", 180, 5, 1200)),
    gone: Some(Waits::secs("gone", 60, 5, 1200)),
    loses: Some("its id"),
    permanent: None,
    read_actions: &[
        Permission::new("apigateway:GET", "apigateway:{region}::/vpclinks"),
        Permission::new("apigateway:GET", "apigateway:{region}::/vpclinks/{id}"),
    ],
    write_actions: &[
        create("apigateway:POST", "apigateway:{region}::/vpclinks", ByRequest),
        create("apigateway:PUT", "apigateway:{region}::/tags/*", ByRequest),
        API_GATEWAY_ROLE,
        create("ec2:CreateVpcEndpointServiceConfiguration", "ec2:{region}:{account}:vpc-endpoint-service/*", Not),
        create("ec2:ModifyVpcEndpointServicePermissions", "ec2:{region}:{account}:vpc-endpoint-service/*", Not),
        create("ec2:DescribeVpcEndpointServiceConfigurations", "*", Not),
        create("elasticloadbalancing:DescribeLoadBalancers", "*", Not),
        update("apigateway:PATCH", "apigateway:{region}::/vpclinks/{id}", ByObject),
        delete("apigateway:DELETE", "apigateway:{region}::/vpclinks/{id}", ByObject),
        delete("ec2:DeleteVpcEndpointServiceConfigurations", "ec2:{region}:{account}:vpc-endpoint-service/*", Not),
        delete("ec2:DescribeVpcEndpointServiceConfigurations", "*", Not),
    ],
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use aws_sdk_apigateway::operation::get_vpc_link::GetVpcLinkOutput;
    use aws_sdk_apigateway::types::{VpcLink as Found, VpcLinkStatus};
    use privlink_model::{Attrs, BoxFuture, CloudError, Observed, Operation, Owner, Progress, Status, Write, Written};

    use super::{ID, KIND, LOAD_BALANCER, NAME};
    use crate::api_gateway::{list_vpc_links, replace, tag_map};
    use crate::live::{Live, Read, answered, found, need, owner, progress};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const CREATE: &str = "apigateway:CreateVpcLink";
    const UPDATE: &str = "apigateway:UpdateVpcLink";
    const DELETE: &str = "apigateway:DeleteVpcLink";
    const GET: &str = "apigateway:GetVpcLink";

    /// The live half.
    pub(crate) struct VpcLink;

    impl Live for VpcLink {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let answer = session
                    .api_gateway()
                    .create_vpc_link()
                    .name(need(session, CREATE, &write.after, &NAME)?)
                    .target_arns(need(session, CREATE, &write.after, &LOAD_BALANCER)?)
                    .set_tags(Some(write.tags.clone().into_iter().collect()))
                    .send()
                    .await
                    .map_err(|error| session.error(CREATE, error))?;
                let id = answered(session, CREATE, answer.id())?;
                Ok(Written { attrs: Attrs::new().with(&ID, id.clone()), id })
            })
        }

        fn update<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let name = need(session, UPDATE, &write.after, &NAME)?;
                let call = session.api_gateway().update_vpc_link().vpc_link_id(&write.id);
                let call = call.patch_operations(replace("/name", name));
                call.send().await.map_err(|error| session.error(UPDATE, error))?;
                Ok(Written { id: write.id.clone(), attrs: Attrs::new() })
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let answer = session.api_gateway().delete_vpc_link().vpc_link_id(&write.id).send().await;
                found(answer.map_err(|error| session.error(DELETE, error))).map(|_| ())
            })
        }

        fn users<'a>(
            &'a self,
            session: &'a Session,
            _: &'a Write,
        ) -> BoxFuture<'a, Result<Option<Vec<Owner>>, CloudError>> {
            Box::pin(async move {
                let links = list_vpc_links(session).await?;
                Ok(Some(links.iter().map(|live| owner(&session.project, &tag_map(live.tags()))).collect()))
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                // Two reads of one each are dearer than a list, which holds hundreds.
                if let [one] = asked {
                    let answer = session.api_gateway_reads().get_vpc_link().vpc_link_id(&one.id).send().await;
                    let answer = found(answer.map_err(|error| session.error(GET, error)))?;
                    return Ok(answer.and_then(|answer| observe(session, &item(answer))).into_iter().collect());
                }
                let listed = list_vpc_links(session).await?;
                let observed = listed.iter().filter_map(|live| observe(session, live));
                Ok(observed.filter(|one| asked.iter().any(|asked| asked.id == one.id)).collect())
            })
        }

        fn progress(&self, operation: Operation, observed: Option<Observed>) -> Progress {
            match (operation, observed) {
                // One that failed, too, is gone only some time after it was deleted.
                (Operation::Delete, Some(_)) => Progress::Pending("DELETING".to_owned()),
                (operation, observed) => progress(operation, observed),
            }
        }
    }

    /// The answer of a read in the form that lists have.
    fn item(answer: GetVpcLinkOutput) -> Found {
        Found::builder()
            .set_id(answer.id)
            .set_name(answer.name)
            .set_target_arns(answer.target_arns)
            .set_status(answer.status)
            .set_status_message(answer.status_message)
            .set_tags(answer.tags)
            .build()
    }

    /// What a VPC link is to privlink; none when the answer lacks its id.
    pub(crate) fn observe(session: &Session, live: &Found) -> Option<Observed> {
        let id = live.id()?.to_owned();
        let tags = tag_map(live.tags());
        let mut attrs = Attrs::new();
        attrs
            .set(&ID, id.clone())
            .set_some(&NAME, live.name().map(str::to_owned))
            .set_some(&LOAD_BALANCER, live.target_arns().first().cloned());
        let owner = owner(&session.project, &tags);
        Some(Observed { kind: KIND, scope: session.scope.clone(), id, owner, status: status(live), attrs, tags })
    }

    fn status(live: &Found) -> Status {
        match live.status() {
            None | Some(VpcLinkStatus::Available) => Status::Ready,
            Some(VpcLinkStatus::Failed) => {
                Status::Failed(live.status_message().unwrap_or("AWS gives no reason").to_owned())
            }
            Some(VpcLinkStatus::Deleting) => Status::Deleting,
            Some(other) => Status::Pending(other.as_str().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SCHEMA;

    #[test]
    fn a_link_to_another_load_balancer_is_another_link() {
        assert!(SCHEMA.attribute("load-balancer").unwrap().immutable);
        assert!(!SCHEMA.attribute("name").unwrap().immutable);
    }
}
