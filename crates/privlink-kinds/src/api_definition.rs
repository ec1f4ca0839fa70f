//! What a REST API does: its paths, its policy, its endpoints. Written whole, in one call.
//!
//! Identity: the API's id; every API has a definition, perhaps an empty one, so creating it means writing over nothing and
//! deleting it means emptying it. Written by PutRestApi with an OpenAPI document rather than piece by piece: one call
//! instead of four for each method, and the definition that was read is the whole before-image, which goes back the same
//! way. Where the paths stay as they are, the rest is changed by UpdateRestApi, whose patches are one update.
//! Surprises: what the document leaves out is taken away, name's description and policy included; a put that fails inside
//! AWS may have written a part, and putting it again mends that; nothing of it reaches a caller before it is deployed.
//! AWS rewrites what it is given: policy resources to full ARNs, defaults into integrations. The normalisers of `policy`
//! and `paths` undo that on both sides. What was set by hand and privlink has no word for is read under AWS's own name, so
//! that it shows as drift and, where OpenAPI can say it, goes back on undo.
//! Where it cannot, as of an authorizer, a validator or a model that a method names, the plan says that the change is not
//! taken back.
//! Not looked at: the policy for TLS and the access mode that goes with it, of which AWS does not say what a put leaves;
//! models and validators that no method names, which do nothing and are gone with the next put.
//! Read next: `api_definition::paths`, `api_definition::policy`, `api_definition::openapi`, `deployment`.

#[cfg_attr(not(any(feature = "aws", test)), expect(dead_code, reason = "documents are written by the live half"))]
mod openapi;
mod paths;
#[cfg(any(feature = "aws", test))]
mod policy;
#[cfg(feature = "aws")]
mod read;

use privlink_model::Confined::ByObject;
use privlink_model::keys::ID;
use privlink_model::keys::api_definition::{API, DESCRIPTION, ENDPOINTS, KIND, NAME, PATHS, POLICY};
use privlink_model::{
    Attr, AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service, Tells, Value, Waits,
};

use crate::permissions::{create, delete, update};
use crate::quota::{REST_API_PUT, call};
use crate::resource_policy;

/// Properties of the API that privlink never sets, under AWS's names; absent while all have AWS's defaults.
const SETTINGS: Attr<Value> = Attr::new("settings");

/// The facts about definitions.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "API definition",
    service: Service::ApiGateway,
    attributes: &[
        AttributeSchema::new(ID.key(), "The API's id.").computed(),
        AttributeSchema::new(API.key(), "The API's id.").required().immutable().flow(Flow::PartOf),
        AttributeSchema::new(NAME.key(), "The API's name: a definition written whole carries it.").required().carried(),
        AttributeSchema::new(DESCRIPTION.key(), "The API's description, likewise.").carried(),
        AttributeSchema::new(POLICY.key(), "The resource policy; ARNs of the API itself as `execute-api:/…`.")
            .document()
            .normalised(resource_policy::normalise)
            .tells(Tells::WaysIn),
        AttributeSchema::new(ENDPOINTS.key(), "Ids of the endpoints that get an alias for it.")
            .set()
            .tells(Tells::WaysIn)
            .flow(Flow::From),
        AttributeSchema::new(PATHS.key(), "For each path and method: who may call it, and what answers.")
            .required()
            .document()
            .normalised(paths::normalise)
            .unwritable(openapi::unwritable)
            .flow(Flow::To),
        AttributeSchema::new(SETTINGS.key(), "Properties of the API that privlink leaves at their defaults.")
            .document(),
    ],
    ownership: Ownership::Parent(API.key()),
    key: &[API.key()],
    deleted_with: &[API.key()],
    // Only another API replaces it.
    replace: ReplaceOrder::CreateFirst,
    create: Some(call("PutRestApi", REST_API_PUT)),
    update: Some(call("PutRestApi", REST_API_PUT)),
    delete: Some(call("PutRestApi", REST_API_PUT)),
    ready: Some(Waits::secs("AVAILABLE", 2, 2, 300)),
    gone: None,
    loses: None,
    permanent: None,
    read_actions: &[
        Permission::new("apigateway:GET", "apigateway:{region}::/restapis/{api}"),
        Permission::new("apigateway:GET", "apigateway:{region}::/restapis/{api}/resources"),
        Permission::new("apigateway:GET", "apigateway:{region}::/restapis/{api}/gatewayresponses"),
    ],
    write_actions: &[
        create("apigateway:PUT", "apigateway:{region}::/restapis/{api}", ByObject),
        update("apigateway:PUT", "apigateway:{region}::/restapis/{api}", ByObject),
        delete("apigateway:PUT", "apigateway:{region}::/restapis/{api}", ByObject),
        update("apigateway:PATCH", "apigateway:{region}::/restapis/{api}", ByObject),
        create("apigateway:UpdateRestApiPolicy", "apigateway:{region}::/restapis/{api}", ByObject),
        update("apigateway:UpdateRestApiPolicy", "apigateway:{region}::/restapis/{api}", ByObject),
        delete("apigateway:UpdateRestApiPolicy", "apigateway:{region}::/restapis/{api}", ByObject),
    ],
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use std::collections::BTreeSet;

    use aws_sdk_apigateway::primitives::Blob;
    use aws_sdk_apigateway::types::{GatewayResponse, Op, PatchOperation, PutMode, Resource, RestApi as Found};
    use futures_util::future::try_join_all;
    use futures_util::try_join;
    use privlink_model::{Attrs, BoxFuture, CloudError, Observed, Operation, Owner, Progress, Write, Written};

    use super::{API, DESCRIPTION, ENDPOINTS, ID, KIND, NAME, PATHS, POLICY, SETTINGS, openapi, policy, read};
    use crate::api_gateway::{list_gateway_responses, list_resources, replace};
    use crate::live::{Live, Read, child_owner, found, ids, need, progress};
    use crate::session::Session;
    use crate::shared_reads::Asked;
    use crate::{json, resource_policy, rest_api};

    const PUT: &str = "apigateway:PutRestApi";
    const PATCH: &str = "apigateway:UpdateRestApi";

    /// AWS's limit for a document.
    const MAX_BYTES: usize = 6 * 1024 * 1024;

    /// The live half.
    pub(crate) struct ApiDefinition;

    impl Live for ApiDefinition {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let id = need(session, PUT, &write.after, &API)?;
                put(session, &id, &write.after).await?;
                Ok(Written { attrs: Attrs::new().with(&ID, id.clone()), id })
            })
        }

        fn update<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                match patches(session, write)? {
                    Some(patches) => patch(session, &write.id, patches).await?,
                    None => put(session, &write.id, &write.after).await?,
                }
                Ok(Written { id: write.id.clone(), attrs: Attrs::new() })
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let name = match write.before.read(&NAME) {
                    Some(name) => name,
                    None => match rest_api::live::get(session, &write.id).await?.and_then(|live| live.name) {
                        Some(name) => name,
                        None => return Ok(()),
                    },
                };
                let mut empty = Attrs::new().with(&NAME, name);
                empty.set_some(&DESCRIPTION, write.before.read(&DESCRIPTION));
                found(put(session, &write.id, &empty).await).map(|_| ())
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let apis = rest_api::live::read(session, &ids(asked)).await?;
                let observed = apis.iter().map(async |live| {
                    let Some(api) = rest_api::live::observe(session, live) else { return Ok(None) };
                    let parts = found(parts(session, &api.id).await)?;
                    Ok(parts.and_then(|parts| observe(session, live, &parts, &api.owner)))
                });
                Ok::<_, CloudError>(try_join_all(observed).await?.into_iter().flatten().collect())
            })
        }

        fn progress(&self, operation: Operation, observed: Option<Observed>) -> Progress {
            match operation {
                // An emptied definition is as gone as one can be: its API still has one.
                Operation::Delete => Progress::Done(Attrs::new()),
                operation => progress(operation, observed),
            }
        }
    }

    async fn put(session: &Session, id: &str, attrs: &Attrs) -> Result<(), CloudError> {
        let document = openapi::document(attrs).map_err(|why| session.refused(PUT, why))?.to_string();
        if document.len() > MAX_BYTES {
            return Err(session.refused(PUT, format!("the definition takes {} bytes, AWS allows 6 MB", document.len())));
        }
        session
            .api_gateway()
            .put_rest_api()
            .rest_api_id(id)
            .mode(PutMode::Overwrite)
            .fail_on_warnings(true)
            .body(Blob::new(document))
            .send()
            .await
            .map_err(|error| session.error(PUT, error))?;
        Ok(())
    }

    async fn patch(session: &Session, id: &str, patches: Vec<PatchOperation>) -> Result<(), CloudError> {
        let call = session.api_gateway().update_rest_api().rest_api_id(id).set_patch_operations(Some(patches));
        call.send().await.map_err(|error| session.error(PATCH, error))?;
        Ok(())
    }

    /// The patches that make a change, where patches can; none when the document must be written whole.
    fn patches(session: &Session, write: &Write) -> Result<Option<Vec<PatchOperation>>, CloudError> {
        let mut patches = Vec::new();
        for key in &write.changed {
            match key.as_str() {
                key if key == POLICY.key() => {
                    let text = write.after.read(&POLICY).map(|value| json::of(&resource_policy::normalise(value)));
                    let text = text.transpose().map_err(|why| session.refused(PATCH, why))?;
                    // An empty value takes the policy away.
                    patches.push(replace("/policy", text.map(|text| text.to_string()).unwrap_or_default()));
                }
                key if key == ENDPOINTS.key() => patches.extend(endpoint_patches(&write.before, &write.after)),
                _ => return Ok(None),
            }
        }
        Ok(Some(patches).filter(|patches| !patches.is_empty()))
    }

    /// Adds what is new and removes what is not wanted, and never both for one id: AWS would race to name it again.
    fn endpoint_patches(before: &Attrs, after: &Attrs) -> Vec<PatchOperation> {
        let set = |attrs: &Attrs| attrs.read(&ENDPOINTS).unwrap_or_default().into_iter().collect::<BTreeSet<String>>();
        let (before, after) = (set(before), set(after));
        let patch = |op: Op, id: &String| {
            PatchOperation::builder().op(op).path("/endpointConfiguration/vpcEndpointIds").value(id).build()
        };
        let added = after.difference(&before).map(|id| patch(Op::Add, id));
        let removed = before.difference(&after).map(|id| patch(Op::Remove, id));
        added.chain(removed).collect()
    }

    /// What AWS tells of a definition in answers of their own.
    pub(crate) struct Parts {
        resources: Vec<Resource>,
        responses: Vec<GatewayResponse>,
    }

    /// Reads the parts of an API's definition.
    pub(crate) async fn parts(session: &Session, api: &str) -> Result<Parts, CloudError> {
        let (resources, responses) = try_join!(list_resources(session, api), list_gateway_responses(session, api))?;
        Ok(Parts { resources, responses })
    }

    /// What the definition of an API is to privlink; none when the answer lacks the API's id.
    pub(crate) fn observe(session: &Session, live: &Found, parts: &Parts, parent: &Owner) -> Option<Observed> {
        let id = live.id()?.to_owned();
        let endpoints = live.endpoint_configuration().map(|one| one.vpc_endpoint_ids().to_vec()).unwrap_or_default();
        let mut attrs = Attrs::new();
        attrs
            .set(&ID, id.clone())
            .set(&API, id.clone())
            .set_some(&NAME, live.name().map(str::to_owned))
            .set_some(&DESCRIPTION, live.description().map(str::to_owned))
            .set_some(&POLICY, live.policy().filter(|text| !text.is_empty()).map(|text| policy::read(text, &id)))
            .set(&PATHS, read::paths(&parts.resources))
            .set_some(&SETTINGS, read::settings(live, &parts.responses));
        if !endpoints.is_empty() {
            attrs.set(&ENDPOINTS, endpoints);
        }
        let owner = child_owner(parent, KIND, "definition");
        let status = rest_api::live::status(live);
        Some(Observed { kind: KIND, scope: session.scope.clone(), id, owner, status, attrs, tags: Default::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::SCHEMA;

    #[test]
    fn documents_are_compared_in_one_form() {
        for key in ["policy", "paths", "settings"] {
            assert_eq!(SCHEMA.attribute(key).unwrap().shape, privlink_model::Shape::Document, "{key}");
        }
        assert_eq!(SCHEMA.key, ["api"]);
    }
}
