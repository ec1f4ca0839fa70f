//! Models: the named schemas of an API, as reads show them.
//!
//! Each API begins with `Empty` and `Error`; others come by import alone. Bodies are never checked against them here.

use super::fault::not_found;
use super::input::page;
use super::site::{Site, listing};
use crate::ids::stable_hex;
use crate::wire::{Fault, Reply};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Gives the models that every API begins with.
pub(super) fn defaults() -> BTreeMap<String, String> {
    let titled =
        |title: &str| json!({ "$schema": "http://json-schema.org/draft-04/schema#", "title": title, "type": "object" });
    let mut error = titled("Error Schema");
    if let Some(members) = error.as_object_mut() {
        members.insert("properties".into(), json!({ "message": { "type": "string" } }));
    }
    [("Empty", titled("Empty Schema")), ("Error", error)]
        .map(|(name, schema)| (name.to_owned(), schema.to_string()))
        .into()
}

fn render(api: &str, name: &str, schema: &str) -> Value {
    let id = stable_hex(&format!("{api}/{name}"), 6);
    json!({ "id": id, "name": name, "schema": schema, "contentType": "application/json" })
}

/// Answers GetModels.
pub(super) fn list(site: &Site, api: &str) -> Result<Reply, Fault> {
    let models = &site.api(api)?.definition.models;
    let all = models.iter().map(|(name, schema)| (name.clone(), render(api, name, schema))).collect();
    let (items, position) = page(site.call, all)?;
    Ok(listing(items, position))
}

/// Answers GetModel.
pub(super) fn get(site: &Site, api: &str, name: &str) -> Result<Reply, Fault> {
    let models = &site.api(api)?.definition.models;
    let schema = models.get(name).ok_or_else(|| not_found(format!("Invalid model name specified: {name}")))?;
    Ok(Reply::json(200, &render(api, name, schema)))
}
