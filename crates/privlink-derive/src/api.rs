//! APIs: the private REST API, its definition, a deployment of it, and its stages.
//!
//! ```text
//! api/<name> ← api/<name>/definition ← api/<name>/deployment ← api/<name>/stage/<stage>
//!                ↑ VPC links, entries     after every listener and target the routes lead to
//! ```
//!
//! A deployment is known by the digest of what it snapshots: the definition's paths, policy and endpoints with every id in
//! place. When any of it changes, the digest does, and a new deployment follows in the same apply.

use std::collections::BTreeMap;

use privlink_model::keys::{ID, api_definition, deployment, rest_api, stage};
use privlink_model::{Address, Attrs, Value};
use privlink_spec::document::Api;

use crate::context::{Asker, Context};
use crate::link::Reach;
use crate::{definition, entry, policy};

/// Derives an API.
pub(crate) fn derive(context: &mut Context<'_>, api: &Api, reached: &BTreeMap<String, Reach>) {
    let Some(scope) = context.scope_of(&api.account.value) else { return };
    let asker = Asker::new("api", &api.name.value, api.span);
    let policy = policy::derive(context, api);
    let Some(paths) = definition::paths(context, api, reached) else { return };
    let address = Address::new(format!("api/{}", api.name.value));
    let name = format!("{}-{}", context.project_name(), api.name.value);
    let description = format!("API {:?} of project {:?}", api.name.value, context.project_name());
    let attrs = Attrs::new()
        .with(&rest_api::NAME, name.clone())
        .with(&rest_api::DESCRIPTION, description.clone())
        .with(&rest_api::ENDPOINT_TYPE, "PRIVATE".to_owned());
    context.add(&asker, rest_api::KIND, address.clone(), &scope, attrs);

    let id = Value::of(&address, ID.key());
    let endpoints = own_endpoints(context, api);
    let definition = address.child("definition");
    let attrs = Attrs::new()
        .with_value(&api_definition::API, id.clone())
        .with(&api_definition::NAME, name)
        .with(&api_definition::DESCRIPTION, description)
        .with_value(&api_definition::POLICY, policy.clone())
        .with_value(&api_definition::ENDPOINTS, endpoints.clone())
        .with_value(&api_definition::PATHS, paths.clone());
    context.add(&asker, api_definition::KIND, definition.clone(), &scope, attrs);

    let behaviour = Value::map([("endpoints", endpoints), ("paths", paths), ("policy", policy)]);
    let deployed = address.child("deployment");
    let attrs = Attrs::new()
        .with_value(&deployment::API, id.clone())
        .with_value(&deployment::DIGEST, Value::Digest(Box::new(behaviour)));
    let mut after: Vec<Address> = api
        .routes
        .iter()
        .filter_map(|route| reached.get(&route.target.value))
        .flat_map(|reach| reach.chain.clone())
        .collect();
    after.push(definition);
    context.add_after(&asker, deployment::KIND, deployed.clone(), &scope, attrs, after);

    for one in &api.stages {
        let asker = Asker::new("stage", &one.name.value, one.span);
        let attrs = Attrs::new()
            .with_value(&stage::API, id.clone())
            .with(&stage::NAME, one.name.value.clone())
            .with_value(&stage::DEPLOYMENT, Value::of(&deployed, ID.key()));
        context.add(&asker, stage::KIND, address.child(format!("stage/{}", one.name.value)), &scope, attrs);
    }
}

/// The entries in the API's own account, which get a DNS alias for it. Entries of other accounts are named by the policy
/// alone: AWS does not say whether it takes their ids here.
fn own_endpoints(context: &Context<'_>, api: &Api) -> Value {
    let own = api
        .entries
        .iter()
        .filter(|entry| context.vpcs.get(&entry.network.value).is_some_and(|vpc| vpc.account == api.account.value));
    Value::Set(own.map(|entry| Value::of(&entry::address(&entry.network.value), ID.key())).collect())
}
