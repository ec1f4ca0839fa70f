//! A VPC that exists: looked up, never changed.
//!
//! Identity: its id. Found by id, by its `Name` tag or by any tag. Its two DNS attributes come from a call each, and decide
//! whether an endpoint in it may have private names. Read next: `subnet`, `endpoint`.

use privlink_model::keys::ID;
use privlink_model::keys::vpc::{CIDRS, DNS_HOSTNAMES, DNS_SUPPORT, KIND, NAME};
use privlink_model::{AttributeSchema, KindSchema, Permission, Service};

/// The facts about VPCs.
pub static SCHEMA: KindSchema = KindSchema {
    attributes: &[
        AttributeSchema::new(ID.key(), "Its id.").computed(),
        AttributeSchema::new(NAME.key(), "Its `Name` tag.").computed(),
        AttributeSchema::new(CIDRS.key(), "Its IPv4 ranges.").set().computed(),
        AttributeSchema::new(DNS_SUPPORT.key(), "Whether AWS's resolver answers in it.").computed(),
        AttributeSchema::new(DNS_HOSTNAMES.key(), "Whether private names of endpoints may resolve in it.").computed(),
    ],
    read_actions: &[
        Permission::anywhere("ec2:DescribeVpcs"),
        Permission::new("ec2:DescribeVpcAttribute", "ec2:{region}:{account}:vpc/{id}"),
    ],
    ..KindSchema::look_up(KIND, "VPC", Service::Ec2)
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use aws_sdk_ec2::types::{Filter, Vpc as Found, VpcAttributeName, VpcCidrBlockStateCode};
    use futures_util::future::try_join_all;
    use futures_util::try_join;
    use privlink_model::{Attrs, BoxFuture, CloudError, Observed, Owner, Selector, Status};

    use super::{CIDRS, DNS_HOSTNAMES, DNS_SUPPORT, ID, KIND, NAME};
    use crate::ec2::{filter, tags};
    use crate::live::{Live, Read, ids};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const DESCRIBE: &str = "ec2:DescribeVpcs";
    const ATTRIBUTE: &str = "ec2:DescribeVpcAttribute";

    /// The live half.
    pub(crate) struct Vpc;

    impl Live for Vpc {
        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let found = describe(session, vec![filter("vpc-id", ids(asked))]).await?;
                let observed = try_join_all(found.iter().map(|found| observe(session, found))).await?;
                Ok(observed.into_iter().flatten().collect())
            })
        }
    }

    /// Lists VPCs: all of the scope without a filter.
    pub(crate) async fn describe(session: &Session, filters: Vec<Filter>) -> Result<Vec<Found>, CloudError> {
        let filters = Some(filters).filter(|filters| !filters.is_empty());
        let pages = session.ec2().describe_vpcs().max_results(1000).set_filters(filters);
        let found = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        found.map_err(|error| session.error(DESCRIBE, error))
    }

    /// Whether a selector means this VPC.
    pub(crate) fn matches(found: &Found, selector: &Selector) -> bool {
        let tagged = |key: &str, value: &str| tags(found.tags()).get(key).is_some_and(|tag| tag == value);
        match selector {
            Selector::Id(id) => found.vpc_id() == Some(id),
            Selector::Name(name) => tagged("Name", name),
            Selector::Tag { key, value } => tagged(key, value),
        }
    }

    /// Reads what a listing does not tell and makes the observation; none when the answer lacks an id.
    pub(crate) async fn observe(session: &Session, found: &Found) -> Result<Option<Observed>, CloudError> {
        let Some(id) = found.vpc_id() else { return Ok(None) };
        let (support, hostnames) = try_join!(
            attribute(session, id, VpcAttributeName::EnableDnsSupport),
            attribute(session, id, VpcAttributeName::EnableDnsHostnames),
        )?;
        let tags = tags(found.tags());
        let associated = found.cidr_block_association_set().iter().filter(|block| {
            let state = block.cidr_block_state().and_then(|state| state.state());
            state.is_none_or(|state| *state == VpcCidrBlockStateCode::Associated)
        });
        let mut cidrs: Vec<String> = associated.filter_map(|block| block.cidr_block()).map(str::to_owned).collect();
        if cidrs.is_empty() {
            cidrs.extend(found.cidr_block().map(str::to_owned));
        }
        let mut attrs = Attrs::new();
        attrs.set(&ID, id.to_owned()).set(&CIDRS, cidrs).set_some(&NAME, tags.get("Name").cloned());
        attrs.set(&DNS_SUPPORT, support).set(&DNS_HOSTNAMES, hostnames);
        Ok(Some(Observed {
            kind: KIND,
            scope: session.scope.clone(),
            id: id.to_owned(),
            owner: Owner::Nobody,
            status: Status::Ready,
            attrs,
            tags,
        }))
    }

    async fn attribute(session: &Session, id: &str, name: VpcAttributeName) -> Result<bool, CloudError> {
        let answer = session.ec2().describe_vpc_attribute().vpc_id(id).attribute(name.clone()).send().await;
        let answer = answer.map_err(|error| session.error(ATTRIBUTE, error))?;
        let value = match name {
            VpcAttributeName::EnableDnsSupport => answer.enable_dns_support(),
            _ => answer.enable_dns_hostnames(),
        };
        Ok(value.and_then(|value| value.value()).unwrap_or_default())
    }
}
