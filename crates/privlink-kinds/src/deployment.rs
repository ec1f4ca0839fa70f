//! Deployments: snapshots of an API's definition, policy included, that stages run.
//!
//! Identity: an id within its API; no name, no tags, no client token. What it is a snapshot of is not readable, so its
//! description says it: `privlink <digest>`. Immutable. The newest one of that form stands for all: older ones stay, to go
//! back to, and go with their API. Surprises: a private API without a policy cannot be deployed; AWS makes the call wait
//! while a VPC link it names is pending; deleting one that a stage runs is refused; AWS makes one in five seconds.
//! One made by hand is none of ours. Where a stage runs it, that is what differs, and the stage goes back to the newest of
//! ours, which has the digest of what is defined: no other is made. Where none runs it, it changes nothing, and it stays:
//! deleting it could never be taken back.
//! Read next: `stage`, `api_definition`.

use privlink_model::Confined::ByObject;
use privlink_model::keys::ID;
use privlink_model::keys::deployment::{API, DIGEST, KIND};
use privlink_model::{AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service};

use crate::permissions::{create, delete};
use crate::quota::{API_GATEWAY, DEPLOYMENT_CREATE, call};

/// The facts about deployments.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "deployment",
    service: Service::ApiGateway,
    attributes: &[
        AttributeSchema::new(ID.key(), "Its id.").computed(),
        AttributeSchema::new(API.key(), "The API's id.").required().immutable().flow(Flow::PartOf),
        AttributeSchema::new(DIGEST.key(), "The digest of the definition it was made of.").required().immutable(),
    ],
    ownership: Ownership::Parent(API.key()),
    key: &[API.key()],
    deleted_with: &[API.key()],
    replace: ReplaceOrder::KeepOld,
    create: Some(call("CreateDeployment", DEPLOYMENT_CREATE)),
    update: None,
    delete: Some(call("DeleteDeployment", API_GATEWAY)),
    ready: None,
    gone: None,
    loses: Some("its id, and what it was a snapshot of"),
    permanent: None,
    read_actions: &[
        Permission::new("apigateway:GET", "apigateway:{region}::/restapis/{api}/deployments"),
        Permission::new("apigateway:GET", "apigateway:{region}::/restapis/{api}/deployments/{id}"),
    ],
    write_actions: &[
        create("apigateway:POST", "apigateway:{region}::/restapis/{api}/deployments", ByObject),
        delete("apigateway:DELETE", "apigateway:{region}::/restapis/{api}/deployments/{id}", ByObject),
    ],
};

/// What the description of ours begins with.
const MARK: &str = "privlink ";

/// The digest that a description of our form names.
#[cfg_attr(not(any(feature = "aws", test)), expect(dead_code, reason = "descriptions are read by the live half"))]
fn digest_in(description: &str) -> Option<&str> {
    let digest = description.strip_prefix(MARK)?;
    (!digest.is_empty() && digest.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digest)
}

#[cfg(feature = "aws")]
pub(crate) mod live {
    use aws_sdk_apigateway::types::Deployment as Found;
    use privlink_model::{Attrs, BoxFuture, CloudError, Observed, Owner, Status, Write, Written};

    use super::{API, DIGEST, ID, KIND, MARK, digest_in};
    use crate::live::{Live, Read, answered, child_owner, each, found, need};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const CREATE: &str = "apigateway:CreateDeployment";
    const DELETE: &str = "apigateway:DeleteDeployment";
    const GET: &str = "apigateway:GetDeployment";

    /// The live half.
    pub(crate) struct Deployment;

    impl Live for Deployment {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let digest = need(session, CREATE, &write.after, &DIGEST)?;
                let api = need(session, CREATE, &write.after, &API)?;
                // Without a stage name: with one, the call would also point that stage at the new deployment.
                let answer = session
                    .api_gateway()
                    .create_deployment()
                    .rest_api_id(&api)
                    .description(format!("{MARK}{digest}"))
                    .send()
                    .await
                    .map_err(|error| session.error(CREATE, error))?;
                let id = answered(session, CREATE, answer.id())?;
                let attrs = Attrs::new().with(&ID, id.clone()).with(&API, api).with(&DIGEST, digest);
                Ok(Written { id, attrs })
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let api = need(session, DELETE, &write.before, &API)?;
                let call = session.api_gateway().delete_deployment().rest_api_id(api).deployment_id(&write.id);
                found(call.send().await.map_err(|error| session.error(DELETE, error))).map(|_| ())
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(each(asked, async |one: Asked| {
                let api = need(session, GET, &one.attrs, &API)?;
                let call = session.api_gateway_reads().get_deployment().rest_api_id(&api).deployment_id(one.id);
                let answer = found(call.send().await.map_err(|error| session.error(GET, error)))?;
                let live =
                    answer.map(|answer| Found::builder().set_id(answer.id).set_description(answer.description).build());
                Ok(live.and_then(|live| observe(session, &api, &live, &Owner::Nobody)))
            }))
        }
    }

    /// The newest deployment of our making.
    pub(crate) fn newest(deployments: &[Found]) -> Option<&Found> {
        let ours = deployments.iter().filter(|live| live.description().and_then(digest_in).is_some());
        ours.max_by_key(|live| (live.created_date().map(|at| (at.secs(), at.subsec_nanos())), live.id()))
    }

    /// What a deployment is to privlink; none when it is not of our making.
    pub(crate) fn observe(session: &Session, api: &str, live: &Found, parent: &Owner) -> Option<Observed> {
        let id = live.id()?.to_owned();
        let digest = live.description().and_then(digest_in)?.to_owned();
        let attrs = Attrs::new().with(&ID, id.clone()).with(&API, api.to_owned()).with(&DIGEST, digest);
        let owner = child_owner(parent, KIND, &id);
        let scope = session.scope.clone();
        Some(Observed { kind: KIND, scope, id, owner, status: Status::Ready, attrs, tags: Default::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::digest_in;

    #[test]
    fn only_descriptions_of_our_form_name_a_digest() {
        assert_eq!(digest_in("privlink 0a1b"), Some("0a1b"));
        for other in ["", "privlink ", "privlink of mine", "0a1b", "made by hand"] {
            assert_eq!(digest_in(other), None, "{other:?}");
        }
    }
}
