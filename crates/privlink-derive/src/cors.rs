//! CORS: the preflight that API Gateway answers by itself, on every path.

use std::collections::BTreeMap;

use privlink_model::keys::api_definition::{integration, method};
use privlink_model::{Finding, Severity, Value};
use privlink_spec::document::{Api, Cors};

use crate::context::{Context, origin};
use crate::route::{Paths, parameters};

const METHODS: &str = "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT";
const HEADERS: &str = "Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token";

/// Adds the preflight to every path that has no `OPTIONS` of its own.
pub(crate) fn add(context: &mut Context<'_>, api: &Api, cors: &Cors, paths: &mut Paths) {
    let [origin_value] = cors.origins.as_slice() else {
        let finding = Finding::error(
            "privlink::cors::one-origin",
            format!(
                "API {:?}: a preflight that API Gateway answers by itself names one origin, or \"*\"",
                api.name.value
            ),
            origin(cors.span),
        );
        context.find(
            finding
                .labelled(format!("{} origins", cors.origins.len()))
                .helped("write one origin, or leave cors out and let the target answer OPTIONS for several"),
        );
        return;
    };
    let note = Finding {
        severity: Severity::Note,
        ..Finding::warning(
            "privlink::cors::target-answers",
            format!("API {:?}: only the preflight is answered here", api.name.value),
            origin(cors.span),
        )
    };
    context.find(note.helped("the targets must put Access-Control-Allow-Origin on their own answers"));
    for (path, methods) in paths.iter_mut() {
        methods.entry("OPTIONS".to_owned()).or_insert_with(|| preflight(path, &origin_value.value));
    }
}

fn preflight(path: &str, allowed: &str) -> Value {
    let headers = [
        ("Access-Control-Allow-Headers", HEADERS),
        ("Access-Control-Allow-Methods", METHODS),
        ("Access-Control-Allow-Origin", allowed),
    ];
    let given = headers
        .iter()
        .map(|(name, value)| (format!("method.response.header.{name}"), Value::from(format!("'{value}'"))));
    let mut options = BTreeMap::from([
        (method::AUTHORIZATION.to_owned(), Value::from("NONE")),
        (
            method::RESPONSES.to_owned(),
            Value::map([("200", Value::map([("headers", Value::text_set(headers.iter().map(|(name, _)| *name)))]))]),
        ),
        (
            method::INTEGRATION.to_owned(),
            Value::map([
                (integration::TYPE, Value::from("MOCK")),
                (integration::PASSTHROUGH, Value::from("NEVER")),
                (integration::TEMPLATES, Value::map([("application/json", Value::from("{\"statusCode\": 200}"))])),
                (integration::RESPONSES, Value::map([("200", Value::Map(given.collect()))])),
            ]),
        ),
    ]);
    let parameters = parameters(path);
    if !parameters.is_empty() {
        options.insert(method::PATH_PARAMETERS.to_owned(), Value::text_set(parameters));
    }
    Value::Map(options)
}
