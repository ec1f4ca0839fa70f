//! What API Gateway's kinds have in common on the wire: lists, tags, patches.
//!
//! Owns: the calls that several kinds share, their paging, and the forms the service gives these. Refuses to know: any kind.
//! Read next: `api_gateway_gather` for how the kinds are read together.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_apigateway::types::{Deployment, GatewayResponse, Op, PatchOperation, Resource, RestApi, Stage, VpcLink};
use privlink_model::CloudError;

use crate::session::Session;

const GET_REST_APIS: &str = "apigateway:GetRestApis";
const GET_VPC_LINKS: &str = "apigateway:GetVpcLinks";
const GET_RESOURCES: &str = "apigateway:GetResources";
const GET_GATEWAY_RESPONSES: &str = "apigateway:GetGatewayResponses";
const GET_DEPLOYMENTS: &str = "apigateway:GetDeployments";
const GET_STAGES: &str = "apigateway:GetStages";

/// AWS's limit; its default is 25.
const PAGE: i32 = 500;

/// Every REST API.
pub(crate) async fn list_rest_apis(session: &Session) -> Result<Vec<RestApi>, CloudError> {
    let pages = session.api_gateway_reads().get_rest_apis().limit(PAGE).into_paginator().items().send();
    pages.try_collect().await.map_err(|error| session.error(GET_REST_APIS, error))
}

/// Every VPC link.
pub(crate) async fn list_vpc_links(session: &Session) -> Result<Vec<VpcLink>, CloudError> {
    let pages = session.api_gateway_reads().get_vpc_links().limit(PAGE).into_paginator().items().send();
    pages.try_collect().await.map_err(|error| session.error(GET_VPC_LINKS, error))
}

/// The resources of one API, with methods and integrations.
pub(crate) async fn list_resources(session: &Session, api: &str) -> Result<Vec<Resource>, CloudError> {
    let call = session.api_gateway_reads().get_resources().rest_api_id(api).embed("methods").limit(PAGE);
    call.into_paginator().items().send().try_collect().await.map_err(|error| session.error(GET_RESOURCES, error))
}

/// What API Gateway itself answers for one API, AWS's own answers among them. There are no pages of it.
pub(crate) async fn list_gateway_responses(session: &Session, api: &str) -> Result<Vec<GatewayResponse>, CloudError> {
    let answer = session.api_gateway_reads().get_gateway_responses().rest_api_id(api).send().await;
    Ok(answer.map_err(|error| session.error(GET_GATEWAY_RESPONSES, error))?.items.unwrap_or_default())
}

/// The deployments of one API.
pub(crate) async fn list_deployments(session: &Session, api: &str) -> Result<Vec<Deployment>, CloudError> {
    let call = session.api_gateway_reads().get_deployments().rest_api_id(api).limit(PAGE);
    call.into_paginator().items().send().try_collect().await.map_err(|error| session.error(GET_DEPLOYMENTS, error))
}

/// The stages of one API.
pub(crate) async fn list_stages(session: &Session, api: &str) -> Result<Vec<Stage>, CloudError> {
    let answer = session.api_gateway_reads().get_stages().rest_api_id(api).send().await;
    Ok(answer.map_err(|error| session.error(GET_STAGES, error))?.item.unwrap_or_default())
}

/// The patch that gives a path another value.
pub(crate) fn replace(path: &str, value: impl Into<String>) -> PatchOperation {
    PatchOperation::builder().op(Op::Replace).path(path).value(value).build()
}

/// Tags as they come with an item.
pub(crate) fn tag_map(tags: Option<&HashMap<String, String>>) -> BTreeMap<String, String> {
    tags.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}
