//! Stages: what callers of an API reach, each running one deployment.
//!
//! Identity: the API's id and the stage's name, written `<api id>/<name>` here. Immutable: both. Usable at once. Tagged; goes
//! with its API. Moving it to another deployment takes effect at once, and moving it back takes that back exactly.
//! One without tags on an API of ours was made by hand and is the API's: it goes, as callers reach through it what nobody
//! asked for. All that a stage does beside running a deployment is left at AWS's defaults and seen where it differs; one
//! UpdateStage puts it back. Logging, throttling and the certificate are no part of CreateStage, so a stage that is made
//! again comes without. A cache takes four minutes to come and go, which nobody waits for.
//! Not looked at: the web ACL, which belongs to AWS WAF and is changed there.
//! Read next: `stage::settings`, `deployment`, `rest_api`.

#[cfg(feature = "aws")]
mod settings;

use privlink_model::Confined::{ByObject, ByRequest};
use privlink_model::keys::ID;
use privlink_model::keys::stage::{API, DEPLOYMENT, KIND, NAME};
use privlink_model::{Attr, AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service, Value};

use crate::permissions::{create, delete, update};
use crate::quota::{API_GATEWAY, call};

/// Properties that privlink never sets, under AWS's names; absent while all have AWS's defaults.
const SETTINGS: Attr<Value> = Attr::new("settings");
/// What it does to the calls of methods: logging, throttling, caching. By `*/*`, or by path and method.
const METHOD_SETTINGS: Attr<Value> = Attr::new("method-settings");
/// Where and how accesses are logged.
const ACCESS_LOG: Attr<Value> = Attr::new("access-log");
/// The certificate it shows to those it calls.
const CERTIFICATE: Attr<String> = Attr::new("client-certificate");

/// The facts about stages.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "stage",
    service: Service::ApiGateway,
    attributes: &[
        AttributeSchema::new(ID.key(), "The API's id and its name, with a slash between.").computed(),
        AttributeSchema::new(API.key(), "The API's id.").required().immutable().flow(Flow::PartOf),
        AttributeSchema::new(NAME.key(), "Its name.").required().immutable(),
        AttributeSchema::new(DEPLOYMENT.key(), "The deployment it runs.").required(),
        AttributeSchema::new(
            SETTINGS.key(),
            "Variables, canary, cache, tracing, texts: what differs from AWS's defaults, which privlink leaves.",
        )
        .document(),
        AttributeSchema::new(METHOD_SETTINGS.key(), "Logging, throttling and caching, where not AWS's defaults.")
            .document()
            .only_changed(),
        AttributeSchema::new(ACCESS_LOG.key(), "Where and how accesses are logged.").document().only_changed(),
        AttributeSchema::new(CERTIFICATE.key(), "The certificate it shows to those it calls.").strict().only_changed(),
    ],
    ownership: Ownership::Tags,
    key: &[API.key(), NAME.key()],
    deleted_with: &[API.key()],
    replace: ReplaceOrder::CreateFirst,
    create: Some(call("CreateStage", API_GATEWAY)),
    update: Some(call("UpdateStage", API_GATEWAY)),
    delete: Some(call("DeleteStage", API_GATEWAY)),
    ready: None,
    gone: None,
    loses: Some("its cache, its deployment history, and what was set of logs, throttling and certificate"),
    permanent: None,
    read_actions: &[
        Permission::new("apigateway:GET", "apigateway:{region}::/restapis/{api}/stages"),
        Permission::new("apigateway:GET", "apigateway:{region}::/restapis/{api}/stages/{name}"),
    ],
    write_actions: &[
        create("apigateway:POST", "apigateway:{region}::/restapis/{api}/stages", ByRequest),
        create("apigateway:PUT", "apigateway:{region}::/tags/*", ByRequest),
        update("apigateway:PATCH", "apigateway:{region}::/restapis/{api}/stages/{name}", ByObject),
        delete("apigateway:DELETE", "apigateway:{region}::/restapis/{api}/stages/{name}", ByObject),
    ],
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use std::collections::BTreeMap;

    use aws_sdk_apigateway::types::{CacheClusterSize, Stage as Found};
    use futures_util::future::try_join_all;
    use privlink_model::{Attrs, BoxFuture, CloudError, ErrorClass, Observed, Owner, Status, Value, Write, Written};

    use super::settings;
    use super::{API, DEPLOYMENT, ID, KIND, NAME, SETTINGS};
    use crate::api_gateway::{list_stages, replace, tag_map};
    use crate::live::{Live, Read, child_owner, found, need, owner};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const CREATE: &str = "apigateway:CreateStage";
    const UPDATE: &str = "apigateway:UpdateStage";
    const DELETE: &str = "apigateway:DeleteStage";
    const GET: &str = "apigateway:GetStage";

    /// The live half.
    pub(crate) struct Stage;

    impl Live for Stage {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let api = need(session, CREATE, &write.after, &API)?;
                let name = need(session, CREATE, &write.after, &NAME)?;
                let settings = write.after.read(&SETTINGS).and_then(|one| one.as_map().cloned()).unwrap_or_default();
                let text = |key: &str| settings.get(key).and_then(Value::as_text).map(str::to_owned);
                let cache = text(settings::CACHE).map(|size| CacheClusterSize::from(size.as_str()));
                session
                    .api_gateway()
                    .create_stage()
                    .rest_api_id(&api)
                    .stage_name(&name)
                    .deployment_id(need(session, CREATE, &write.after, &DEPLOYMENT)?)
                    .set_description(text(settings::DESCRIPTION))
                    .set_documentation_version(text(settings::DOCUMENTATION))
                    .set_variables(settings.get(settings::VARIABLES).map(settings::texts_of))
                    .set_tracing_enabled(settings.get(settings::TRACING).and_then(Value::as_bool))
                    .set_cache_cluster_enabled(cache.as_ref().map(|_| true))
                    .set_cache_cluster_size(cache)
                    .set_canary_settings(settings.get(settings::CANARY).and_then(settings::canary_of))
                    .set_tags(Some(write.tags.clone().into_iter().collect()))
                    .send()
                    .await
                    .map_err(|error| taken(&name, session.error(CREATE, error)))?;
                let id = format!("{api}/{name}");
                Ok(Written { attrs: Attrs::new().with(&ID, id.clone()), id })
            })
        }

        fn update<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let (api, name) = parts(session, UPDATE, &write.id)?;
                let mut patches = settings::patches(&write.before, &write.after);
                if write.changed.iter().any(|key| key == DEPLOYMENT.key()) {
                    patches.push(replace("/deploymentId", need(session, UPDATE, &write.after, &DEPLOYMENT)?));
                }
                let call = session.api_gateway().update_stage().rest_api_id(api).stage_name(name);
                let call = call.set_patch_operations(Some(patches));
                call.send().await.map_err(|error| session.error(UPDATE, error))?;
                Ok(Written { id: write.id.clone(), attrs: Attrs::new() })
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let (api, name) = parts(session, DELETE, &write.id)?;
                let answer = session.api_gateway().delete_stage().rest_api_id(api).stage_name(name).send().await;
                found(answer.map_err(|error| session.error(DELETE, error))).map(|_| ())
            })
        }

        fn users<'a>(
            &'a self,
            session: &'a Session,
            write: &'a Write,
        ) -> BoxFuture<'a, Result<Option<Vec<Owner>>, CloudError>> {
            Box::pin(async move {
                let stages = list_stages(session, &need(session, CREATE, &write.after, &API)?).await?;
                Ok(Some(stages.iter().map(|live| owner(&session.project, &tag_map(live.tags()))).collect()))
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let mut wanted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
                for one in asked {
                    let (api, name) = parts(session, GET, &one.id)?;
                    wanted.entry(api).or_default().push(name);
                }
                let read = wanted.into_iter().map(async |(api, names)| {
                    let mut stages = match names.as_slice() {
                        [one] => get(session, api, one).await?.into_iter().collect(),
                        _ => found(list_stages(session, api).await)?.unwrap_or_default(),
                    };
                    stages.retain(|live| live.stage_name().is_some_and(|name| names.contains(&name)));
                    Ok(stages.iter().filter_map(|live| observe(session, api, live, &Owner::Nobody)).collect::<Vec<_>>())
                });
                Ok::<_, CloudError>(try_join_all(read).await?.concat())
            })
        }
    }

    /// Reads one stage in the form that lists have; none when it does not exist.
    async fn get(session: &Session, api: &str, name: &str) -> Result<Option<Found>, CloudError> {
        let answer = session.api_gateway_reads().get_stage().rest_api_id(api).stage_name(name).send().await;
        let answer = found(answer.map_err(|error| session.error(GET, error)))?;
        Ok(answer.map(|answer| {
            Found::builder()
                .set_stage_name(answer.stage_name)
                .set_deployment_id(answer.deployment_id)
                .set_description(answer.description)
                .set_documentation_version(answer.documentation_version)
                .set_variables(answer.variables)
                .tracing_enabled(answer.tracing_enabled)
                .cache_cluster_enabled(answer.cache_cluster_enabled)
                .set_cache_cluster_size(answer.cache_cluster_size)
                .set_canary_settings(answer.canary_settings)
                .set_method_settings(answer.method_settings)
                .set_access_log_settings(answer.access_log_settings)
                .set_client_certificate_id(answer.client_certificate_id)
                .set_tags(answer.tags)
                .build()
        }))
    }

    fn parts<'a>(session: &Session, operation: &str, id: &'a str) -> Result<(&'a str, &'a str), CloudError> {
        id.split_once('/')
            .ok_or_else(|| session.refused(operation, format!("{id:?} is not an API's id, a slash and a stage's name")))
    }

    /// What a stage is to privlink: its tags say whose it is, and without tags its API's owner does. None when the answer
    /// lacks its name.
    pub(crate) fn observe(session: &Session, api: &str, live: &Found, parent: &Owner) -> Option<Observed> {
        let name = live.stage_name()?.to_owned();
        let id = format!("{api}/{name}");
        let tags = tag_map(live.tags());
        let mut attrs = Attrs::new();
        attrs
            .set(&ID, id.clone())
            .set(&API, api.to_owned())
            .set(&NAME, name.clone())
            .set_some(&DEPLOYMENT, live.deployment_id().map(str::to_owned));
        settings::read(live, &mut attrs);
        let owner = match owner(&session.project, &tags) {
            Owner::Nobody => child_owner(parent, KIND, &name),
            known => known,
        };
        Some(Observed { kind: KIND, scope: session.scope.clone(), id, owner, status: Status::Ready, attrs, tags })
    }

    /// Says in plain words that the name is taken; AWS uses the code for concurrent changes too, which pass.
    fn taken(name: &str, mut error: CloudError) -> CloudError {
        if error.code == "ConflictException" && error.message.contains("already exists") {
            error.class = ErrorClass::Refused;
            error.message = format!("the API has a stage {name:?} that is not this project's ({})", error.message);
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use super::SCHEMA;

    #[test]
    fn its_deployment_and_its_settings_can_be_changed() {
        let changeable: Vec<&str> =
            SCHEMA.attributes.iter().filter(|one| !one.immutable && !one.computed).map(|one| one.key).collect();
        assert_eq!(changeable, ["deployment", "settings", "method-settings", "access-log", "client-certificate"]);
    }
}
