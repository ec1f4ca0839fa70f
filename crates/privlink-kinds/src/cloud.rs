//! The live accounts as the rest of privlink sees them: AWS, behind the port `Cloud`.
//!
//! Owns: joining the services' gathers, and finding the kind that a write is for.
//! Refuses to know: any kind's attributes, when and in what order things are done.
//! Read next: `live` for the contract it calls through, `shared_reads` for reads that go together, `ec2_gather` for how a service is read.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::join;
use privlink_model::keys::*;
use privlink_model::{
    Attrs, BoxFuture, Cloud, CloudError, Lack, Observed, Operation, Progress, Query, Scope, ScopeSnapshot, Unread,
    Want, Write, Written,
};

use crate::connect::{ConnectOptions, Connections};
use crate::limiter::Prepaid;
use crate::live::Live;
use crate::session::Session;
use crate::shared_reads::{self, Asked, Purpose};
use crate::{KINDS, api_gateway_gather, ec2_gather, elb_gather, quota_use, simulation};

/// The live accounts.
#[derive(Debug)]
pub struct AwsCloud {
    pub(crate) connections: Connections,
}

impl AwsCloud {
    /// Reads the configuration of the environment and prepares each account. Calls nothing yet.
    pub async fn connect(options: ConnectOptions) -> Self {
        Self { connections: Connections::open(options).await }
    }

    /// Every place other than AWS that calls go to, such as `ec2 at http://127.0.0.1:4566`; empty as a rule.
    pub fn endpoints(&self) -> Vec<String> {
        self.connections.endpoints()
    }

    /// How many requests were sent, by operation, such as `ec2:DescribeVpcs`.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.connections.limiter.requests()
    }

    async fn gather_scope(&self, scope: &Scope, project: &str, queries: &[Query]) -> ScopeSnapshot {
        let mut session = self.connections.session(scope);
        project.clone_into(&mut session.project);
        // One request and one clear message for an account that cannot be entered, instead of one for each listing.
        if let Err(error) = session.check_credentials().await {
            let unread = session.unread(&error);
            let listings = KINDS.iter().map(|schema| (schema.name, Err(unread.clone()))).collect();
            return ScopeSnapshot { listings };
        }
        let (mut listings, balancing, gateway) = join!(
            ec2_gather::gather(&session, queries),
            elb_gather::gather(&session, queries),
            api_gateway_gather::gather(&session, queries),
        );
        listings.extend(balancing);
        listings.extend(gateway);
        ScopeSnapshot { listings }
    }

    /// Waits for the turn of a mutating call before it is signed.
    async fn prepay(&self, write: &Write) -> Option<Prepaid<'_>> {
        let schema = KINDS.get(write.kind)?;
        let call = match write.operation {
            Operation::Create => schema.create,
            Operation::Update => schema.update,
            Operation::Delete => schema.delete,
            Operation::Wait => None,
        };
        // Only quotas that can make a call wait for minutes.
        let call = call.filter(|call| call.bucket.refill <= 1.0)?;
        Some(self.connections.limiter.prepay(&write.scope, schema.service, call.name).await)
    }
}

impl Cloud for AwsCloud {
    fn gather<'a>(&'a self, scope: &'a Scope, project: &'a str, queries: &'a [Query]) -> BoxFuture<'a, ScopeSnapshot> {
        Box::pin(self.gather_scope(scope, project, queries))
    }

    fn lacking<'a>(&'a self, scope: &'a Scope, wants: &'a [Want]) -> BoxFuture<'a, Result<Vec<Lack>, Unread>> {
        Box::pin(simulation::lacking(&self.connections, scope, wants))
    }

    fn write<'a>(&'a self, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
        Box::pin(async move {
            let session = self.connections.session(&write.scope);
            let live = find(&session, write.kind)?;
            session.check_credentials().await?;
            let _turn = self.prepay(write).await;
            let written = match write.operation {
                Operation::Create => live.create(&session, write).await,
                Operation::Update => live.update(&session, write).await,
                Operation::Delete => {
                    let gone = live.delete(&session, write).await;
                    gone.map(|()| Written { id: write.id.clone(), attrs: Attrs::new() })
                }
                Operation::Wait => Ok(Written { id: write.id.clone(), attrs: write.before.clone() }),
            };
            match written {
                Err(error) => Err(quota_use::told(&session, live, write, error).await),
                written => written,
            }
        })
    }

    fn settle<'a>(&'a self, write: &'a Write, id: &'a str) -> BoxFuture<'a, Result<Progress, CloudError>> {
        Box::pin(async move {
            let session = self.connections.session(&write.scope);
            let live = find(&session, write.kind)?;
            let purpose = Purpose::Look(pause_between_looks(write));
            let mut attrs = write.before.clone();
            attrs.merge(&write.after);
            let asked = Asked { id: id.to_owned(), attrs };
            let observed = shared_reads::ask(&session, write.kind, live, purpose, asked).await?;
            Ok(live.progress(write.operation, observed))
        })
    }

    fn read<'a>(
        &'a self,
        scope: &'a Scope,
        kind: &'a str,
        id: &'a str,
        attrs: &'a Attrs,
    ) -> BoxFuture<'a, Result<Option<Observed>, CloudError>> {
        Box::pin(async move {
            let session = self.connections.session(scope);
            let live = find(&session, kind)?;
            let Some(schema) = KINDS.get(kind) else { return Err(unknown(&session, kind)) };
            let asked = Asked { id: id.to_owned(), attrs: attrs.clone() };
            shared_reads::ask(&session, schema.name, live, Purpose::Read, asked).await
        })
    }
}

fn find(session: &Session, kind: &str) -> Result<&'static dyn Live, CloudError> {
    live(kind).ok_or_else(|| unknown(session, kind))
}

fn unknown(session: &Session, kind: &str) -> CloudError {
    session.refused("Find", format!("there is no kind {kind:?}"))
}

/// How often it is looked whether a write has come to its end.
fn pause_between_looks(write: &Write) -> Duration {
    let schema = KINDS.get(write.kind);
    let waits = schema.and_then(|schema| if write.operation == Operation::Delete { schema.gone } else { schema.ready });
    waits.map_or(Duration::ZERO, |waits| waits.poll)
}

/// The live half of a kind.
fn live(kind: &str) -> Option<&'static dyn Live> {
    Some(match kind {
        vpc::KIND => &crate::vpc::live::Vpc,
        subnet::KIND => &crate::subnet::live::Subnet,
        route_table::KIND => &crate::route_table::live::RouteTable,
        transit_gateway::KIND => &crate::transit_gateway::live::TransitGateway,
        visible_service::KIND => &crate::visible_service::live::VisibleService,
        security_group::KIND => &crate::security_group::live::SecurityGroup,
        security_group_rule::KIND => &crate::security_group_rule::live::SecurityGroupRule,
        endpoint_service::KIND => &crate::endpoint_service::live::EndpointService,
        service_permission::KIND => &crate::service_permission::live::ServicePermission,
        endpoint_connection::KIND => &crate::endpoint_connection::live::EndpointConnection,
        endpoint::KIND => &crate::endpoint::live::Endpoint,
        load_balancer::KIND => &crate::load_balancer::live::LoadBalancer,
        privatelink_enforcement::KIND => &crate::privatelink_enforcement::live::PrivatelinkEnforcement,
        target_group::KIND => &crate::target_group::live::TargetGroup,
        targets::KIND => &crate::targets::live::Targets,
        listener::KIND => &crate::listener::live::Listener,
        vpc_link::KIND => &crate::vpc_link::live::VpcLink,
        rest_api::KIND => &crate::rest_api::live::RestApi,
        api_definition::KIND => &crate::api_definition::live::ApiDefinition,
        deployment::KIND => &crate::deployment::live::Deployment,
        stage::KIND => &crate::stage::live::Stage,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::KINDS;

    #[test]
    fn every_kind_has_a_live_half() {
        let missing: Vec<&str> =
            KINDS.iter().map(|schema| schema.name).filter(|kind| super::live(kind).is_none()).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }
}
