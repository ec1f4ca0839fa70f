//! A route table that exists: looked up, never changed.
//!
//! Identity: its id. Subnets without an association of their own use the VPC's main table. Read next: `transit_gateway`.

use privlink_model::keys::ID;
use privlink_model::keys::route_table::{KIND, MAIN, ROUTES, SUBNETS, VPC};
use privlink_model::{AttributeSchema, KindSchema, Permission, Service};

/// The facts about route tables.
pub static SCHEMA: KindSchema = KindSchema {
    attributes: &[
        AttributeSchema::new(ID.key(), "Its id.").computed(),
        AttributeSchema::new(VPC.key(), "Its VPC's id.").computed(),
        AttributeSchema::new(MAIN.key(), "Whether subnets without a table of their own use it.").computed(),
        AttributeSchema::new(SUBNETS.key(), "Ids of the subnets associated with it.").set().computed(),
        AttributeSchema::new(ROUTES.key(), "Its routes: destination, target and state of each.").computed(),
    ],
    read_actions: &[Permission::anywhere("ec2:DescribeRouteTables")],
    ..KindSchema::look_up(KIND, "route table", Service::Ec2)
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use aws_sdk_ec2::types::{Filter, Route, RouteTable as Found};
    use futures_util::future::try_join_all;
    use privlink_model::{Attrs, BoxFuture, CloudError, Observed, Owner, Status, Value};

    use super::{ID, KIND, MAIN, ROUTES, SUBNETS, VPC};
    use crate::ec2::{batches, tags};
    use crate::live::{Live, Read, ids};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const DESCRIBE: &str = "ec2:DescribeRouteTables";

    /// The live half.
    pub(crate) struct RouteTable;

    impl Live for RouteTable {
        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                Ok(try_join_all(batches("route-table-id", &ids(asked)).into_iter().map(|some| list(session, some)))
                    .await?
                    .concat())
            })
        }
    }

    /// Lists the route tables that pass a filter.
    pub(crate) async fn list(session: &Session, filter: Filter) -> Result<Vec<Observed>, CloudError> {
        // A page of route tables holds a hundred at most, where others hold a thousand.
        let pages = session.ec2().describe_route_tables().max_results(100).filters(filter);
        let found = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let found = found.map_err(|error| session.error(DESCRIBE, error))?;
        Ok(found.iter().filter_map(|found| observe(session, found)).collect())
    }

    fn observe(session: &Session, found: &Found) -> Option<Observed> {
        let id = found.route_table_id()?;
        let associations = found.associations();
        let subnets =
            associations.iter().filter_map(|association| association.subnet_id()).map(str::to_owned).collect();
        let mut attrs = Attrs::new();
        attrs
            .set(&ID, id.to_owned())
            .set_some(&VPC, found.vpc_id().map(str::to_owned))
            .set(&MAIN, associations.iter().any(|association| association.main() == Some(true)))
            .set(&SUBNETS, subnets)
            .set(&ROUTES, Value::List(found.routes().iter().filter_map(route).collect()));
        Some(Observed {
            kind: KIND,
            scope: session.scope.clone(),
            id: id.to_owned(),
            owner: Owner::Nobody,
            status: Status::Ready,
            attrs,
            tags: tags(found.tags()),
        })
    }

    /// A route to IPv4 addresses; others do not concern us.
    fn route(route: &Route) -> Option<Value> {
        let destination = route.destination_cidr_block()?;
        let target = [
            route.transit_gateway_id(),
            route.vpc_peering_connection_id(),
            route.nat_gateway_id(),
            route.network_interface_id(),
            route.instance_id(),
            route.local_gateway_id(),
            route.carrier_gateway_id(),
            route.core_network_arn(),
            route.gateway_id(),
        ];
        let mut entries = vec![("destination", Value::from(destination))];
        entries.extend(target.into_iter().flatten().next().map(|target| ("target", Value::from(target))));
        entries.extend(route.state().map(|state| ("state", Value::from(state.as_str().to_lowercase()))));
        Some(Value::map(entries))
    }
}
