//! A connection to an endpoint service of ours, once we accepted it.
//!
//! Identity: service and endpoint. AWS makes the connection when the consumer makes the endpoint; making ours means
//! accepting it, deleting ours means rejecting it. States: pendingAcceptance (not ours yet, not listed), pending,
//! available, rejected, and others (not listed). The provider may see a request seconds after the consumer made it: until
//! then accepting is worth trying again. Both calls report failures as items of a successful answer. Nothing tells whether
//! an accepted connection was accepted by us, so all are listed as nobody's; a plan pairs those it desires.
//! One that was accepted and then rejected by hand is listed, its state an attribute: accepting it again changes that, and
//! mends the endpoint, which would otherwise have to be made again. AWS lets a rejected one be accepted, though it
//! documents requests only; were it to refuse, the message says what is left to do. To whoever makes or deletes one, a
//! rejected one is none.
//! Read next: `endpoint_service`, `endpoint`.

use privlink_model::Confined::ByObject;
use privlink_model::keys::ID;
use privlink_model::keys::endpoint_connection::{CONSUMER, ENDPOINT, KIND, SERVICE};
use privlink_model::{
    Attr, AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service, Tells, Waits,
};

use crate::permissions::{create, delete, update};
use crate::quota;

/// [`REJECTED`], or nothing while it is accepted.
const STATE: Attr<String> = Attr::new("state");
/// AWS's word for a connection that is not wanted.
#[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "states are read by the live half"))]
const REJECTED: &str = "rejected";

/// The facts about connections.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "endpoint connection",
    service: Service::Ec2,
    attributes: &[
        AttributeSchema::new(ID.key(), "The service's id, a slash, the endpoint's id.").computed(),
        AttributeSchema::new(SERVICE.key(), "The service's id.")
            .required()
            .immutable()
            .tells(Tells::Used)
            .flow(Flow::PartOf),
        AttributeSchema::new(ENDPOINT.key(), "The endpoint's id, in the consumer's account.")
            .required()
            .immutable()
            .tells(Tells::User)
            .awaited()
            .flow(Flow::From),
        AttributeSchema::new(STATE.key(), "`rejected` by hand; none while it is accepted.")
            .strict()
            .tells(Tells::Unused),
        AttributeSchema::new(CONSUMER.key(), "The consumer's account.").computed().tells(Tells::UserAccount),
    ],
    ownership: Ownership::Parent(SERVICE.key()),
    key: &[SERVICE.key(), ENDPOINT.key()],
    deleted_with: &[ENDPOINT.key()],
    replace: ReplaceOrder::CreateFirst,
    create: Some(quota::call("AcceptVpcEndpointConnections", quota::SERVICE_WRITE)),
    update: Some(quota::call("AcceptVpcEndpointConnections", quota::SERVICE_WRITE)),
    delete: Some(quota::call("RejectVpcEndpointConnections", quota::SERVICE_WRITE)),
    ready: Some(Waits::secs("available", 90, 10, 600)),
    gone: Some(Waits::secs("rejected", 5, 5, 300)),
    loses: Some("the connections through it"),
    permanent: None,
    read_actions: &[Permission::anywhere("ec2:DescribeVpcEndpointConnections")],
    write_actions: &[
        create("ec2:AcceptVpcEndpointConnections", "ec2:{region}:{account}:vpc-endpoint-service/{service}", ByObject),
        update("ec2:AcceptVpcEndpointConnections", "ec2:{region}:{account}:vpc-endpoint-service/{service}", ByObject),
        update("ec2:RejectVpcEndpointConnections", "ec2:{region}:{account}:vpc-endpoint-service/{service}", ByObject),
        delete("ec2:RejectVpcEndpointConnections", "ec2:{region}:{account}:vpc-endpoint-service/{service}", ByObject),
    ],
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use std::collections::{BTreeMap, BTreeSet};

    use aws_sdk_ec2::types::{Filter, VpcEndpointConnection};
    use futures_util::future::try_join_all;
    use privlink_model::{
        Attrs, BoxFuture, CloudError, ErrorClass, Observed, Operation, Owner, Progress, Status, Write, Written,
    };

    use super::{CONSUMER, ENDPOINT, ID, KIND, REJECTED, SERVICE, STATE};
    use crate::ec2::{VALUES, filter, first_failure};
    use crate::live::{Live, Read, found, need, progress};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const ACCEPT: &str = "ec2:AcceptVpcEndpointConnections";
    const REJECT: &str = "ec2:RejectVpcEndpointConnections";
    const DESCRIBE: &str = "ec2:DescribeVpcEndpointConnections";

    /// The live half.
    pub(crate) struct EndpointConnection;

    impl Live for EndpointConnection {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let service = need(session, ACCEPT, &write.after, &SERVICE)?;
                let endpoint = need(session, ACCEPT, &write.after, &ENDPOINT)?;
                decide(session, &service, &endpoint, &write.after).await?;
                let id = format!("{service}/{endpoint}");
                Ok(Written { attrs: Attrs::new().with(&ID, id.clone()), id })
            })
        }

        fn update<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let (service, endpoint) = parts(session, &write.id)?;
                decide(session, service, endpoint, &write.after).await?;
                Ok(Written { id: write.id.clone(), attrs: Attrs::new() })
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let (service, endpoint) = parts(session, &write.id)?;
                reject(session, service, endpoint).await
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let lists = asked.chunks(VALUES).map(async |some| {
                    let parts: Vec<(&str, &str)> =
                        some.iter().map(|one| parts(session, &one.id)).collect::<Result<_, _>>()?;
                    let services: BTreeSet<&str> = parts.iter().map(|(service, _)| *service).collect();
                    let endpoints: BTreeSet<&str> = parts.iter().map(|(_, endpoint)| *endpoint).collect();
                    list(session, vec![filter("service-id", services), filter("vpc-endpoint-id", endpoints)]).await
                });
                let mut found = try_join_all(lists).await?.concat();
                // Only to those who know of it as rejected is one there.
                let known = |id: &str| asked.iter().any(|one| one.id == id && one.attrs.read(&STATE).is_some());
                found.retain(|one| one.attrs.read(&STATE).is_none() || known(&one.id));
                Ok::<_, CloudError>(found)
            })
        }

        fn progress(&self, operation: Operation, observed: Option<Observed>) -> Progress {
            let is_rejected = observed.as_ref().is_some_and(|one| one.attrs.read(&STATE).is_some());
            progress(operation, observed.filter(|_| !(is_rejected && operation == Operation::Delete)))
        }
    }

    /// Accepts a connection, or rejects it where that is what is asked for.
    async fn decide(session: &Session, service: &str, endpoint: &str, asked: &Attrs) -> Result<(), CloudError> {
        match asked.read(&STATE) {
            Some(_) => reject(session, service, endpoint).await,
            None => accept(session, service, endpoint).await,
        }
    }

    async fn accept(session: &Session, service: &str, endpoint: &str) -> Result<(), CloudError> {
        let call = session.ec2().accept_vpc_endpoint_connections().service_id(service).vpc_endpoint_ids(endpoint);
        let answer = call.send().await.map_err(|error| session.error(ACCEPT, error));
        match answer.and_then(|answer| first_failure(session, ACCEPT, answer.unsuccessful())) {
            Ok(()) => Ok(()),
            Err(error) => judge(session, service, endpoint, error).await,
        }
    }

    async fn reject(session: &Session, service: &str, endpoint: &str) -> Result<(), CloudError> {
        let call = session.ec2().reject_vpc_endpoint_connections().service_id(service).vpc_endpoint_ids(endpoint);
        let answer = call.send().await.map_err(|error| session.error(REJECT, error));
        match found(answer.and_then(|answer| first_failure(session, REJECT, answer.unsuccessful()))) {
            // It was rejected already, or its endpoint is on its way out.
            Err(error) if error.class != ErrorClass::Denied && state(session, service, endpoint).await?.is_over() => {
                Ok(())
            }
            other => other.map(|_| ()),
        }
    }

    fn parts<'a>(session: &Session, id: &'a str) -> Result<(&'a str, &'a str), CloudError> {
        id.split_once('/').ok_or_else(|| session.refused(ACCEPT, format!("{id:?} does not name a connection")))
    }

    /// Where a connection stands, as far as accepting and rejecting go.
    #[derive(Debug, PartialEq, Eq)]
    enum Stands {
        /// The provider does not see it.
        Unseen,
        /// It waits to be accepted.
        Waiting,
        /// It is accepted.
        Accepted,
        /// It is rejected, failed, expired or on its way out; AWS's word.
        Over(String),
    }

    impl Stands {
        fn is_over(&self) -> bool {
            matches!(self, Self::Unseen | Self::Over(_))
        }
    }

    async fn state(session: &Session, service: &str, endpoint: &str) -> Result<Stands, CloudError> {
        let filters = vec![filter("service-id", [service]), filter("vpc-endpoint-id", [endpoint])];
        let found = found(describe(session, filters).await)?.unwrap_or_default();
        Ok(found.first().map_or(Stands::Unseen, |found| match word(found).as_str() {
            "pendingacceptance" => Stands::Waiting,
            "pending" | "available" => Stands::Accepted,
            other => Stands::Over(other.to_owned()),
        }))
    }

    /// Says what a refusal to accept means: done before, too early, or no.
    async fn judge(session: &Session, service: &str, endpoint: &str, error: CloudError) -> Result<(), CloudError> {
        if !matches!(error.class, ErrorClass::Refused | ErrorClass::Busy | ErrorClass::NotFound) {
            return Err(error);
        }
        let stands = state(session, service, endpoint).await?;
        match stands {
            Stands::Accepted => Ok(()),
            Stands::Unseen => Err(CloudError {
                class: ErrorClass::Busy,
                message: format!("the request of {endpoint} has not arrived at {service} yet"),
                ..error
            }),
            Stands::Waiting => Err(CloudError { class: ErrorClass::Busy, ..error }),
            Stands::Over(word) => Err(CloudError {
                class: ErrorClass::Refused,
                message: format!(
                    "the connection of {endpoint} is {word}: {}; delete that endpoint in its own account and apply again: \
                     a new one asks anew",
                    error.message
                ),
                ..error
            }),
        }
    }

    /// Lists the connections that pass all filters and were accepted, whatever became of them.
    pub(crate) async fn list(session: &Session, filters: Vec<Filter>) -> Result<Vec<Observed>, CloudError> {
        Ok(describe(session, filters).await?.iter().filter_map(|found| observe(session, found)).collect())
    }

    async fn describe(session: &Session, filters: Vec<Filter>) -> Result<Vec<VpcEndpointConnection>, CloudError> {
        let pages = session.ec2().describe_vpc_endpoint_connections().max_results(1000).set_filters(Some(filters));
        let found = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        found.map_err(|error| session.error(DESCRIBE, error))
    }

    /// AWS's word for the state, in lower case: its documents and its answers disagree about capitals.
    fn word(found: &VpcEndpointConnection) -> String {
        found.vpc_endpoint_state().map(|state| state.as_str().to_lowercase()).unwrap_or_default()
    }

    fn observe(session: &Session, found: &VpcEndpointConnection) -> Option<Observed> {
        let (service, endpoint) = (found.service_id()?, found.vpc_endpoint_id()?);
        let status = match word(found).as_str() {
            "available" => Status::Ready,
            "pending" => Status::Pending("pending".to_owned()),
            REJECTED => Status::Ready,
            _ => return None,
        };
        let id = format!("{service}/{endpoint}");
        let mut attrs = Attrs::new();
        attrs
            .set(&ID, id.clone())
            .set(&SERVICE, service.to_owned())
            .set(&ENDPOINT, endpoint.to_owned())
            .set_some(&STATE, Some(word(found)).filter(|word| word == REJECTED))
            .set_some(&CONSUMER, found.vpc_endpoint_owner().map(str::to_owned));
        Some(Observed {
            kind: KIND,
            scope: session.scope.clone(),
            id,
            owner: Owner::Nobody,
            status,
            attrs,
            tags: BTreeMap::new(),
        })
    }
}
