//! A transit gateway that exists, with the VPCs attached to it: looked up, never changed.
//!
//! Identity: its id. An account sees the gateways that are shared with it, and of the attachments its own. Read next:
//! `route_table`.

use privlink_model::keys::ID;
use privlink_model::keys::transit_gateway::{KIND, STATE, VPCS};
use privlink_model::{AttributeSchema, KindSchema, Permission, Service};

/// The facts about transit gateways.
pub static SCHEMA: KindSchema = KindSchema {
    attributes: &[
        AttributeSchema::new(ID.key(), "Its id.").computed(),
        AttributeSchema::new(STATE.key(), "`available`, or another state.").computed(),
        AttributeSchema::new(VPCS.key(), "Ids of the VPCs attached to it, as seen from this account.").set().computed(),
    ],
    read_actions: &[
        Permission::anywhere("ec2:DescribeTransitGateways"),
        Permission::anywhere("ec2:DescribeTransitGatewayVpcAttachments"),
    ],
    ..KindSchema::look_up(KIND, "transit gateway", Service::Ec2)
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use aws_sdk_ec2::types::{TransitGateway as Found, TransitGatewayVpcAttachment};
    use futures_util::try_join;
    use privlink_model::{Attrs, BoxFuture, CloudError, Observed, Owner, Status};

    use super::{ID, KIND, STATE, VPCS};
    use crate::ec2::{filter, tags};
    use crate::live::{Live, Read, ids};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const DESCRIBE: &str = "ec2:DescribeTransitGateways";
    const ATTACHMENTS: &str = "ec2:DescribeTransitGatewayVpcAttachments";

    /// The live half.
    pub(crate) struct TransitGateway;

    impl Live for TransitGateway {
        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move { list(session, &ids(asked)).await })
        }
    }

    /// Lists the transit gateways of these ids; those that do not exist are left out.
    pub(crate) async fn list(session: &Session, ids: &[String]) -> Result<Vec<Observed>, CloudError> {
        let (gateways, attachments) = try_join!(describe(session, ids), attachments(session, ids))?;
        Ok(gateways.iter().filter_map(|found| observe(session, found, &attachments)).collect())
    }

    async fn describe(session: &Session, ids: &[String]) -> Result<Vec<Found>, CloudError> {
        let pages =
            session.ec2().describe_transit_gateways().max_results(1000).filters(filter("transit-gateway-id", ids));
        let found = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        found.map_err(|error| session.error(DESCRIBE, error))
    }

    async fn attachments(session: &Session, ids: &[String]) -> Result<Vec<TransitGatewayVpcAttachment>, CloudError> {
        let pages = session.ec2().describe_transit_gateway_vpc_attachments().max_results(1000);
        let pages = pages.filters(filter("transit-gateway-id", ids)).filters(filter("state", ["available"]));
        let found = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        found.map_err(|error| session.error(ATTACHMENTS, error))
    }

    fn observe(session: &Session, found: &Found, attachments: &[TransitGatewayVpcAttachment]) -> Option<Observed> {
        let id = found.transit_gateway_id()?;
        let state = found.state().map(|state| state.as_str().to_lowercase()).unwrap_or_default();
        let attached = attachments.iter().filter(|attachment| attachment.transit_gateway_id() == Some(id));
        let vpcs = attached.filter_map(|attachment| attachment.vpc_id()).map(str::to_owned).collect();
        let status = match state.as_str() {
            "available" => Status::Ready,
            "deleting" | "deleted" => Status::Deleting,
            _ => Status::Pending(state.clone()),
        };
        Some(Observed {
            kind: KIND,
            scope: session.scope.clone(),
            id: id.to_owned(),
            owner: Owner::Nobody,
            status,
            attrs: Attrs::new().with(&ID, id.to_owned()).with(&STATE, state).with(&VPCS, vpcs),
            tags: tags(found.tags()),
        })
    }
}
