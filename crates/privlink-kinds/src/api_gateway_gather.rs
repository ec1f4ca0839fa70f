//! Reading all of API Gateway in one scope, with as few calls as its API allows.
//!
//! Owns: the order of the reads. There is no filter by tag, but APIs, VPC links and stages come with their tags; the paths of
//! an API, what it answers itself, its deployments and its stages take one call each for each API of ours. Refuses to know: what an object's attributes
//! mean, which is for its kind's file.
//! Read next: `api_gateway` for the calls, then `rest_api`, `api_definition`, `deployment`, `stage`, `vpc_link`.

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::RestApi;
use futures_util::future::join_all;
use futures_util::join;
use privlink_model::keys::{api_definition, deployment, rest_api, stage, vpc_link};
use privlink_model::{CloudError, Listing, Observed, Owner, Query};

use crate::api_definition::live::parts;
use crate::api_gateway::{list_deployments, list_rest_apis, list_stages, list_vpc_links};
use crate::live::found;
use crate::session::Session;

type Read<T> = Result<T, CloudError>;

/// Reads what we own. No query is about API Gateway.
pub(crate) async fn gather(session: &Session, _queries: &[Query]) -> BTreeMap<&'static str, Listing> {
    let (apis, links) = join!(gather_apis(session), list_vpc_links(session));
    let links = links.map(|links| {
        let observed = links.iter().filter_map(|live| crate::vpc_link::live::observe(session, live));
        observed.filter(is_ours).collect()
    });
    let mut listings = BTreeMap::new();
    let mut put = |kind: &'static str, read: Read<Vec<Observed>>| {
        listings.insert(kind, read.map_err(|error| session.unread(&error)));
    };
    put(vpc_link::KIND, links);
    match apis {
        Ok(read) => {
            put(rest_api::KIND, Ok(read.apis));
            put(api_definition::KIND, read.definitions);
            put(deployment::KIND, read.deployments);
            put(stage::KIND, read.stages);
        }
        Err(error) => {
            for kind in [rest_api::KIND, api_definition::KIND, deployment::KIND, stage::KIND] {
                put(kind, Err(error.clone()));
            }
        }
    }
    listings
}

fn is_ours(observed: &Observed) -> bool {
    matches!(observed.owner, Owner::Ours(_))
}

struct ApisRead {
    apis: Vec<Observed>,
    definitions: Read<Vec<Observed>>,
    deployments: Read<Vec<Observed>>,
    stages: Read<Vec<Observed>>,
}

async fn gather_apis(session: &Session) -> Read<ApisRead> {
    let ours: Vec<(RestApi, Observed)> = list_rest_apis(session)
        .await?
        .into_iter()
        .filter_map(|live| crate::rest_api::live::observe(session, &live).map(|observed| (live, observed)))
        .filter(|(_, observed)| is_ours(observed))
        .collect();
    let parts: Vec<_> = join_all(ours.iter().map(async |(_, observed)| {
        let id = observed.id.as_str();
        join!(parts(session, id), list_deployments(session, id), list_stages(session, id))
    }))
    .await;
    let mut read =
        ApisRead { apis: Vec::new(), definitions: Ok(Vec::new()), deployments: Ok(Vec::new()), stages: Ok(Vec::new()) };
    for ((live, observed), (parts, deployments, stages)) in ours.into_iter().zip(parts) {
        let (id, owner) = (observed.id.clone(), observed.owner.clone());
        read.apis.push(observed);
        add(&mut read.definitions, parts, |parts| {
            crate::api_definition::live::observe(session, &live, &parts, &owner).into_iter().collect()
        });
        add(&mut read.deployments, deployments, |deployments| {
            let newest = crate::deployment::live::newest(&deployments);
            newest.and_then(|live| crate::deployment::live::observe(session, &id, live, &owner)).into_iter().collect()
        });
        add(&mut read.stages, stages, |stages| {
            stages.iter().filter_map(|live| crate::stage::live::observe(session, &id, live, &owner)).collect()
        });
    }
    Ok(read)
}

/// Adds to a listing what was read of one API. One deleted since the list was read has nothing; another failure makes the
/// whole listing unread, the first one told.
fn add<T>(listing: &mut Read<Vec<Observed>>, read: Read<T>, observe: impl FnOnce(T) -> Vec<Observed>) {
    match (listing.as_mut(), found(read)) {
        (Ok(listing), Ok(Some(read))) => listing.extend(observe(read)),
        (Ok(_), Err(error)) => *listing = Err(error),
        (Ok(_), Ok(None)) | (Err(_), _) => {}
    }
}
