//! REST APIs without what they do, which is `api_definition`.
//!
//! Identity: an id, which is also part of its URL; names are not unique and creating has no client token, so a repeated create
//! makes a second API. Made private, which cannot become edge-optimised. States: `AVAILABLE`, `UPDATING`, `PENDING`, `FAILED`.
//! Surprises: AWS deletes only one API in thirty seconds; with it go its definition, deployments and stages.
//! Read next: `api_definition`, `deployment`, `stage`.

use privlink_model::Confined::{ByObject, ByRequest};
use privlink_model::keys::ID;
use privlink_model::keys::rest_api::{DESCRIPTION, ENDPOINT_TYPE, KIND, NAME};
use privlink_model::{AttributeSchema, KindSchema, Ownership, Permission, ReplaceOrder, Service, Waits};

use crate::permissions::{API_GATEWAY_ROLE, create, delete, update};
use crate::quota::{API_GATEWAY, REST_API_CREATE, REST_API_DELETE, call};

/// The facts about REST APIs.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "REST API",
    service: Service::ApiGateway,
    attributes: &[
        AttributeSchema::new(ID.key(), "Its id, part of its URL.").computed(),
        AttributeSchema::new(NAME.key(), "Its name; AWS does not make it unique.").required(),
        AttributeSchema::new(DESCRIPTION.key(), "Its description."),
        AttributeSchema::new(ENDPOINT_TYPE.key(), "`PRIVATE`.").required().immutable(),
    ],
    ownership: Ownership::Tags,
    key: &[],
    deleted_with: &[],
    replace: ReplaceOrder::CreateFirst,
    create: Some(call("CreateRestApi", REST_API_CREATE)),
    update: Some(call("UpdateRestApi", API_GATEWAY)),
    delete: Some(call("DeleteRestApi", REST_API_DELETE)),
    ready: Some(Waits::secs("AVAILABLE", 1, 2, 120)),
    gone: None,
    loses: Some("its id and URL"),
    permanent: None,
    read_actions: &[
        Permission::new("apigateway:GET", "apigateway:{region}::/restapis"),
        Permission::new("apigateway:GET", "apigateway:{region}::/restapis/{id}"),
    ],
    write_actions: &[
        create("apigateway:POST", "apigateway:{region}::/restapis", ByRequest),
        create("apigateway:PUT", "apigateway:{region}::/tags/*", ByRequest),
        API_GATEWAY_ROLE,
        update("apigateway:PATCH", "apigateway:{region}::/restapis/{id}", ByObject),
        delete("apigateway:DELETE", "apigateway:{region}::/restapis/{id}", ByObject),
    ],
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use aws_sdk_apigateway::operation::get_rest_api::GetRestApiOutput;
    use aws_sdk_apigateway::types::{
        ApiStatus, EndpointConfiguration, EndpointType, Op, PatchOperation, RestApi as Found,
    };
    use privlink_model::{Attrs, BoxFuture, CloudError, Observed, Owner, Status, Write, Written};

    use super::{DESCRIPTION, ENDPOINT_TYPE, ID, KIND, NAME};
    use crate::api_gateway::{list_rest_apis, replace, tag_map};
    use crate::live::{Live, Read, answered, found, ids, need, owner};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const CREATE: &str = "apigateway:CreateRestApi";
    const UPDATE: &str = "apigateway:UpdateRestApi";
    const DELETE: &str = "apigateway:DeleteRestApi";
    const GET: &str = "apigateway:GetRestApi";

    /// The live half.
    pub(crate) struct RestApi;

    impl Live for RestApi {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let kind = need(session, CREATE, &write.after, &ENDPOINT_TYPE)?;
                let endpoint = EndpointConfiguration::builder().types(EndpointType::from(kind.as_str())).build();
                let answer = session
                    .api_gateway()
                    .create_rest_api()
                    .name(need(session, CREATE, &write.after, &NAME)?)
                    .set_description(write.after.read(&DESCRIPTION).filter(|text| !text.is_empty()))
                    .endpoint_configuration(endpoint)
                    .set_tags(Some(write.tags.clone().into_iter().collect()))
                    .send()
                    .await
                    .map_err(|error| session.error(CREATE, error))?;
                let id = answered(session, CREATE, answer.id())?;
                Ok(Written { attrs: Attrs::new().with(&ID, id.clone()), id })
            })
        }

        fn update<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let mut patches = Vec::new();
                if write.changed.iter().any(|key| key == NAME.key()) {
                    patches.push(replace("/name", need(session, UPDATE, &write.after, &NAME)?));
                }
                if write.changed.iter().any(|key| key == DESCRIPTION.key()) {
                    patches.push(describe(&write.after));
                }
                let call = session.api_gateway().update_rest_api().rest_api_id(&write.id);
                let call = call.set_patch_operations(Some(patches));
                call.send().await.map_err(|error| session.error(UPDATE, error))?;
                Ok(Written { id: write.id.clone(), attrs: Attrs::new() })
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let answer = session.api_gateway().delete_rest_api().rest_api_id(&write.id).send().await;
                found(answer.map_err(|error| session.error(DELETE, error))).map(|_| ())
            })
        }

        fn users<'a>(
            &'a self,
            session: &'a Session,
            _: &'a Write,
        ) -> BoxFuture<'a, Result<Option<Vec<Owner>>, CloudError>> {
            Box::pin(async move {
                let apis = list_rest_apis(session).await?;
                let apis = apis.iter().filter_map(|live| observe(session, live));
                let private = apis.filter(|api| api.attrs.read(&ENDPOINT_TYPE).as_deref() == Some("PRIVATE"));
                Ok(Some(private.map(|api| api.owner).collect()))
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let found = read(session, &ids(asked)).await?;
                Ok(found.iter().filter_map(|live| observe(session, live)).collect())
            })
        }
    }

    /// The patch that gives an API the description it should have, or takes it away.
    pub(crate) fn describe(attrs: &Attrs) -> PatchOperation {
        match attrs.read(&DESCRIPTION).filter(|text| !text.is_empty()) {
            Some(text) => replace("/description", text),
            None => PatchOperation::builder().op(Op::Remove).path("/description").build(),
        }
    }

    /// Reads APIs; those that do not exist are left out. Two reads of one each are dearer than a list, which holds hundreds.
    pub(crate) async fn read(session: &Session, ids: &[String]) -> Result<Vec<Found>, CloudError> {
        if let [one] = ids {
            return Ok(get(session, one).await?.into_iter().collect());
        }
        let mut listed = list_rest_apis(session).await?;
        listed.retain(|live| live.id().is_some_and(|id| ids.iter().any(|asked| asked == id)));
        Ok(listed)
    }

    /// Reads one API in the form that lists have; none when it does not exist.
    pub(crate) async fn get(session: &Session, id: &str) -> Result<Option<Found>, CloudError> {
        let answer = session.api_gateway_reads().get_rest_api().rest_api_id(id).send().await;
        Ok(found(answer.map_err(|error| session.error(GET, error)))?.map(item))
    }

    fn item(answer: GetRestApiOutput) -> Found {
        Found::builder()
            .set_id(answer.id)
            .set_name(answer.name)
            .set_description(answer.description)
            .set_binary_media_types(answer.binary_media_types)
            .set_minimum_compression_size(answer.minimum_compression_size)
            .set_api_key_source(answer.api_key_source)
            .set_endpoint_configuration(answer.endpoint_configuration)
            .set_policy(answer.policy)
            .set_tags(answer.tags)
            .disable_execute_api_endpoint(answer.disable_execute_api_endpoint)
            .set_api_status(answer.api_status)
            .set_api_status_message(answer.api_status_message)
            .build()
    }

    /// What a REST API is to privlink; none when the answer lacks its id.
    pub(crate) fn observe(session: &Session, live: &Found) -> Option<Observed> {
        let id = live.id()?.to_owned();
        let tags = tag_map(live.tags());
        let kind = live.endpoint_configuration().and_then(|endpoint| endpoint.types().first());
        let mut attrs = Attrs::new();
        attrs
            .set(&ID, id.clone())
            .set_some(&NAME, live.name().map(str::to_owned))
            .set_some(&DESCRIPTION, live.description().map(str::to_owned))
            .set_some(&ENDPOINT_TYPE, kind.map(|kind| kind.as_str().to_owned()));
        let owner = owner(&session.project, &tags);
        Some(Observed { kind: KIND, scope: session.scope.clone(), id, owner, status: status(live), attrs, tags })
    }

    /// Whether an API can be worked with; AWS leaves the status out where there is nothing to say.
    pub(crate) fn status(live: &Found) -> Status {
        match live.api_status() {
            None | Some(ApiStatus::Available) => Status::Ready,
            Some(ApiStatus::Failed) => {
                Status::Failed(live.api_status_message().unwrap_or("AWS gives no reason").to_owned())
            }
            Some(other) => Status::Pending(other.as_str().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SCHEMA;

    #[test]
    fn its_type_cannot_be_changed() {
        assert!(SCHEMA.attribute("endpoint-type").unwrap().immutable);
        assert_eq!(SCHEMA.delete.unwrap().bucket.refill, 1.0 / 30.0);
    }
}
