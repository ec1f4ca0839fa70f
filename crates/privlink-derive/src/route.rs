//! Routes: the methods and proxy integrations of one route.

use std::collections::BTreeMap;

use privlink_model::Value;
use privlink_model::keys::ID;
use privlink_model::keys::api_definition::{integration, method};
use privlink_spec::document::{Route, RouteAuth};

use crate::link::Reach;

/// Methods by path.
pub(crate) type Paths = BTreeMap<String, BTreeMap<String, Value>>;

/// Adds a route's paths: its own, and everything under it unless it is exact.
pub(crate) fn add(paths: &mut Paths, route: &Route, reach: &Reach) {
    let base = route.path.value.trim_end_matches('/');
    let to = route.to.as_ref().map_or(base, |to| to.value.trim_end_matches('/'));
    let own = if base.is_empty() { "/".to_owned() } else { base.to_owned() };
    // The integration's path is never empty: a target asked for its root is asked for `/`.
    let own_uri = if to.is_empty() { "/".to_owned() } else { to.to_owned() };
    add_path(paths, own, route, reach, &own_uri);
    if !route.exact {
        add_path(paths, format!("{base}/{{proxy+}}"), route, reach, &format!("{to}/{{proxy}}"));
    }
}

fn add_path(paths: &mut Paths, path: String, route: &Route, reach: &Reach, uri_path: &str) {
    let methods = paths.entry(path.clone()).or_default();
    let any = ["ANY".to_owned()];
    let named: Vec<String> = route.methods.iter().map(|method| method.value.clone()).collect();
    for verb in if named.is_empty() { any.as_slice() } else { named.as_slice() } {
        methods.insert(verb.clone(), one(&path, verb, route, reach, uri_path));
    }
}

fn one(path: &str, verb: &str, route: &Route, reach: &Reach, uri_path: &str) -> Value {
    let parameters = parameters(path);
    // Only parameters the URI names are mapped: `to` may leave some of the path's behind.
    let mapped = parameters
        .iter()
        .filter(|name| uri_path.contains(&format!("{{{name}}}")))
        .map(|name| (format!("integration.request.path.{name}"), Value::from(format!("method.request.path.{name}"))));
    let mut integration = BTreeMap::from([
        (integration::TYPE.to_owned(), Value::from("HTTP_PROXY")),
        (integration::METHOD.to_owned(), Value::from(verb)),
        (
            integration::URI.to_owned(),
            Value::from(format!("{}://{}:{}{uri_path}", reach.scheme, reach.host, reach.port)),
        ),
        (integration::VPC_LINK.to_owned(), Value::of(&reach.link, ID.key())),
        (integration::PASSTHROUGH.to_owned(), Value::from("WHEN_NO_MATCH")),
    ]);
    let mapped: BTreeMap<String, Value> = mapped.collect();
    if !mapped.is_empty() {
        integration.insert(integration::PARAMETERS.to_owned(), Value::Map(mapped));
    }
    if let Some(timeout) = &route.timeout_ms {
        integration.insert(integration::TIMEOUT_MS.to_owned(), Value::Int(i64::from(timeout.value)));
    }
    let auth = match route.auth.as_ref().map(|auth| auth.value) {
        Some(RouteAuth::Iam) => "AWS_IAM",
        _ => "NONE",
    };
    let mut method = BTreeMap::from([
        (method::AUTHORIZATION.to_owned(), Value::from(auth)),
        (method::INTEGRATION.to_owned(), Value::Map(integration)),
    ]);
    if route.auth.as_ref().is_some_and(|auth| auth.value == RouteAuth::ApiKey) {
        method.insert(method::API_KEY.to_owned(), Value::Bool(true));
    }
    if !parameters.is_empty() {
        method.insert(method::PATH_PARAMETERS.to_owned(), Value::text_set(parameters));
    }
    Value::Map(method)
}

/// The path parameters of a path, without the greedy mark.
pub(crate) fn parameters(path: &str) -> Vec<String> {
    let segments = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    segments.map(|name| name.trim_end_matches('+').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::parameters;

    #[test]
    fn parameters_of_a_path_are_its_braced_segments() {
        assert_eq!(parameters("/orders/{id}/{proxy+}"), ["id", "proxy"]);
        assert!(parameters("/orders").is_empty());
    }
}
