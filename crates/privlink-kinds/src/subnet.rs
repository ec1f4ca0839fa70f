//! A subnet that exists: looked up, never changed.
//!
//! Identity: its id. Availability zone names mean other zones in other accounts, so zones are compared by their ids. One
//! that another account shares with this one is listed like its own, but no endpoint can be made in it.
//! Read next: `vpc`, `endpoint`.

use privlink_model::keys::ID;
use privlink_model::keys::subnet::{CIDR, FREE_ADDRESSES, KIND, NAME, OWNER, VPC, ZONE, ZONE_ID};
use privlink_model::{AttributeSchema, KindSchema, Permission, Service};

/// The facts about subnets.
pub static SCHEMA: KindSchema = KindSchema {
    attributes: &[
        AttributeSchema::new(ID.key(), "Its id.").computed(),
        AttributeSchema::new(VPC.key(), "Its VPC's id.").computed(),
        AttributeSchema::new(NAME.key(), "Its `Name` tag.").computed(),
        AttributeSchema::new(ZONE.key(), "Name of its availability zone, in its account.").computed(),
        AttributeSchema::new(ZONE_ID.key(), "Id of its availability zone, the same in every account.").computed(),
        AttributeSchema::new(CIDR.key(), "Its IPv4 range.").computed(),
        AttributeSchema::new(FREE_ADDRESSES.key(), "Addresses free in it, counted up to 64.").computed(),
        AttributeSchema::new(OWNER.key(), "The account that owns it.").computed(),
    ],
    read_actions: &[Permission::anywhere("ec2:DescribeSubnets")],
    ..KindSchema::look_up(KIND, "subnet", Service::Ec2)
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use aws_sdk_ec2::types::{Filter, Subnet as Found};
    use futures_util::future::try_join_all;
    use privlink_model::keys::subnet::ENOUGH_ADDRESSES;
    use privlink_model::{Attrs, BoxFuture, CloudError, Observed, Owner, Status};

    use super::{CIDR, FREE_ADDRESSES, ID, KIND, NAME, OWNER, VPC, ZONE, ZONE_ID};
    use crate::ec2::{batches, tags};
    use crate::live::{Live, Read, ids};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const DESCRIBE: &str = "ec2:DescribeSubnets";

    /// The live half.
    pub(crate) struct Subnet;

    impl Live for Subnet {
        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                Ok(try_join_all(batches("subnet-id", &ids(asked)).into_iter().map(|some| list(session, some)))
                    .await?
                    .concat())
            })
        }
    }

    /// Lists the subnets that pass a filter.
    pub(crate) async fn list(session: &Session, filter: Filter) -> Result<Vec<Observed>, CloudError> {
        let pages = session.ec2().describe_subnets().max_results(1000).filters(filter);
        let found = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let found = found.map_err(|error| session.error(DESCRIBE, error))?;
        Ok(found.iter().filter_map(|found| observe(session, found)).collect())
    }

    fn observe(session: &Session, found: &Found) -> Option<Observed> {
        let id = found.subnet_id()?;
        let tags = tags(found.tags());
        let mut attrs = Attrs::new();
        attrs
            .set(&ID, id.to_owned())
            .set_some(&VPC, found.vpc_id().map(str::to_owned))
            .set_some(&NAME, tags.get("Name").cloned())
            .set_some(&ZONE, found.availability_zone().map(str::to_owned))
            .set_some(&ZONE_ID, found.availability_zone_id().map(str::to_owned))
            .set_some(&CIDR, found.cidr_block().map(str::to_owned))
            .set_some(
                &FREE_ADDRESSES,
                found.available_ip_address_count().map(|count| i64::from(count).min(ENOUGH_ADDRESSES)),
            )
            .set_some(&OWNER, found.owner_id().map(str::to_owned));
        Some(Observed {
            kind: KIND,
            scope: session.scope.clone(),
            id: id.to_owned(),
            owner: Owner::Nobody,
            status: Status::Ready,
            attrs,
            tags,
        })
    }
}
