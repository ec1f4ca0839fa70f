//! Definitions: every path of an API, as one document.

use std::collections::BTreeMap;

use privlink_model::Value;
use privlink_spec::document::Api;

use crate::context::Context;
use crate::cors;
use crate::link::Reach;
use crate::route::{self, Paths};

/// The paths of an API; none when a route's target could not be derived, which is then a finding already.
pub(crate) fn paths(context: &mut Context<'_>, api: &Api, reached: &BTreeMap<String, Reach>) -> Option<Value> {
    let mut paths = Paths::new();
    for route in &api.routes {
        route::add(&mut paths, route, reached.get(&route.target.value)?);
    }
    if let Some(cors) = &api.cors {
        cors::add(context, api, cors, &mut paths);
    }
    Some(Value::map(paths.into_iter().map(|(path, methods)| (path, Value::Map(methods)))))
}
