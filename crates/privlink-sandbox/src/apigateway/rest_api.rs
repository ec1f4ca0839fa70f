//! REST APIs: create, list, read, patch, delete.
//!
//! **Invariant:** a change acts on a copy of the definition that replaces it only when the whole request is sound, so all
//! operations of one PATCH are one update. Names are not unique and creates carry no token: a repeated create makes a
//! second API, as AWS's does. Read next: `policy.rs`, `import.rs`.

use super::definition::{Definition, EndpointConfiguration, Resource};
use super::fault::{bad_request, limit, outside, validation};
use super::input::{Input, Op, Patch, page, patches};
use super::site::{Site, listing};
use super::state::RestApi;
use super::{model, policy, tags};
use crate::wire::{Fault, Reply};
use serde::Serialize;
use serde_json::{Map, Value, json};

const MAX_APIS: usize = 600;
const MAX_COMPRESSION: i64 = 10_485_760;

/// Which answers carry `tags` when there are none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tags {
    Always,
    WhenAny,
}

/// Writes an API as AWS answers it.
pub(super) fn render(api: &RestApi, tags: Tags, warnings: &[String]) -> Value {
    let definition = &api.definition;
    let mut out = Map::new();
    out.insert("id".into(), json!(api.id));
    out.insert("name".into(), json!(definition.name));
    insert(&mut out, "description", &definition.description);
    out.insert("createdDate".into(), json!(api.created.epoch_seconds()));
    insert(&mut out, "version", &definition.version);
    if !warnings.is_empty() {
        out.insert("warnings".into(), json!(warnings));
    }
    if !definition.binary_media_types.is_empty() {
        out.insert("binaryMediaTypes".into(), json!(definition.binary_media_types));
    }
    insert(&mut out, "minimumCompressionSize", &definition.minimum_compression_size);
    out.insert("apiKeySource".into(), json!(definition.api_key_source));
    out.insert("endpointConfiguration".into(), json!(definition.endpoint));
    insert(&mut out, "policy", &definition.policy.as_deref().map(policy::escaped));
    if tags == Tags::Always || !api.tags.is_empty() {
        out.insert("tags".into(), json!(api.tags));
    }
    out.insert("disableExecuteApiEndpoint".into(), json!(definition.disable_execute_api_endpoint));
    out.insert("rootResourceId".into(), json!(definition.root));
    insert(&mut out, "securityPolicy", &definition.security_policy);
    insert(&mut out, "endpointAccessMode", &definition.endpoint_access_mode);
    Value::Object(out)
}

fn insert(out: &mut Map<String, Value>, key: &str, value: &Option<impl Serialize>) {
    if let Some(value) = value {
        out.insert(key.into(), json!(value));
    }
}

/// Makes an empty API and gives its id; refused when the account has as many as it may.
pub(super) fn found(site: &mut Site, name: String) -> Result<RestApi, Fault> {
    if site.state().apis.len() >= MAX_APIS {
        return Err(limit("Maximum number of Rest APIs for this account has been reached"));
    }
    let id = site.world.ids.alnum(10);
    let root = site.world.ids.alnum(10);
    let mut definition = Definition {
        name,
        api_key_source: "HEADER".to_owned(),
        endpoint: EndpointConfiguration {
            types: vec!["EDGE".to_owned()],
            ip_address_type: "ipv4".to_owned(),
            vpc_endpoint_ids: Vec::new(),
        },
        models: model::defaults(),
        root: root.clone(),
        ..Definition::default()
    };
    definition.resources.insert(root.clone(), Resource { id: root, ..Resource::default() });
    Ok(RestApi { id, created: site.world.now(), definition, ..RestApi::default() })
}

/// Answers CreateRestApi.
pub(super) fn create(site: &mut Site) -> Result<Reply, Fault> {
    let input = Input::of(site.call)?;
    let endpoint = read_endpoint(&input)?;
    let Some(name) = input.text("name")?.filter(|name| !name.is_empty()) else {
        return Err(bad_request("Name cannot be empty"));
    };
    if input.text("cloneFrom")?.is_some() {
        return Err(bad_request("This sandbox does not clone APIs: import a definition instead of cloneFrom"));
    }
    let tags = tags::accept(input.map("tags")?.unwrap_or_default())?;
    let mut api = found(site, name)?;
    let definition = &mut api.definition;
    definition.description = input.text("description")?;
    if definition.description.as_deref() == Some("") {
        return Err(bad_request("Description cannot be an empty string"));
    }
    definition.version = input.text("version")?;
    if let Some(endpoint) = endpoint {
        definition.endpoint = endpoint;
    }
    definition.binary_media_types = input.texts("binaryMediaTypes")?.unwrap_or_default();
    definition.minimum_compression_size = input.number("minimumCompressionSize")?.map(compression).transpose()?;
    if let Some(source) = input.text("apiKeySource")? {
        definition.api_key_source = key_source(&source)?;
    }
    definition.disable_execute_api_endpoint = input.flag("disableExecuteApiEndpoint")?.unwrap_or_default();
    definition.security_policy = input.text("securityPolicy")?;
    definition.endpoint_access_mode = input.text("endpointAccessMode")?;
    if let Some(text) = input.text("policy")?.filter(|text| !text.is_empty()) {
        definition.policy = Some(policy::accept(site, &api.id, &text)?);
    }
    check_endpoint(site, &api.definition)?;
    api.tags = tags;
    let answer = render(&api, Tags::WhenAny, &[]);
    site.state_mut().apis.insert(api.id.clone(), api);
    Ok(Reply::json(201, &answer))
}

fn read_endpoint(input: &Input) -> Result<Option<EndpointConfiguration>, Fault> {
    let Some(given) = input.nested("endpointConfiguration")? else { return Ok(None) };
    let types = given.texts("types")?.filter(|types| !types.is_empty()).unwrap_or_else(|| vec!["EDGE".to_owned()]);
    let ip = given.text("ipAddressType")?;
    let mut problems = Vec::new();
    if types.iter().any(|kind| !matches!(kind.as_str(), "PRIVATE" | "EDGE" | "REGIONAL")) {
        problems.push(format!(
            "Value '[{}]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must \
             satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]",
            types.join(", ")
        ));
    }
    if let Some(ip) = ip.as_deref().filter(|ip| !matches!(*ip, "ipv4" | "dualstack")) {
        problems.push(outside(ip, "createRestApiInput.endpointConfiguration.ipAddressType", "ipv4, dualstack"));
    }
    if !problems.is_empty() {
        return Err(validation(&problems));
    }
    if types.len() > 1 {
        return Err(bad_request("Cannot create an api with multiple Endpoint Types."));
    }
    let private = types.iter().any(|kind| kind == "PRIVATE");
    let ip_address_type = ip.unwrap_or_else(|| if private { "dualstack" } else { "ipv4" }.to_owned());
    let vpc_endpoint_ids = given.texts("vpcEndpointIds")?.unwrap_or_default();
    Ok(Some(EndpointConfiguration { types, ip_address_type, vpc_endpoint_ids }))
}

/// Checks a size from which answers are compressed.
pub(super) fn compression(size: i64) -> Result<u32, Fault> {
    u32::try_from(size)
        .ok()
        .filter(|_| size <= MAX_COMPRESSION)
        .ok_or_else(|| bad_request("Invalid minimum compression size, must be between 0 and 10485760"))
}

/// Checks where API keys are read from.
pub(super) fn key_source(source: &str) -> Result<String, Fault> {
    match source {
        "HEADER" | "AUTHORIZER" => Ok(source.to_owned()),
        _ => Err(bad_request("Invalid ApiKeySource specified. Valid options are HEADER,AUTHORIZER")),
    }
}

/// Checks what an endpoint configuration must fulfil as a whole.
pub(super) fn check_endpoint(site: &Site, definition: &Definition) -> Result<(), Fault> {
    let endpoint = &definition.endpoint;
    if endpoint.is_private() && endpoint.ip_address_type != "dualstack" {
        return Err(bad_request("Only dualstack ipAddressType is supported for Private APIs."));
    }
    if !endpoint.is_private() && !endpoint.vpc_endpoint_ids.is_empty() {
        return Err(bad_request("VPC endpoint ids can only be specified for Private APIs."));
    }
    for id in &endpoint.vpc_endpoint_ids {
        let digits = id.strip_prefix("vpce-").unwrap_or_default();
        let formed = matches!(digits.len(), 8 | 17) && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !formed || !site.endpoint_exists(id) {
            return Err(bad_request(format!("Invalid VPC endpoint id specified: {id}")));
        }
    }
    if let Some(mode) = &definition.endpoint_access_mode {
        if !matches!(mode.as_str(), "BASIC" | "STRICT") {
            return Err(bad_request("Invalid endpointAccessMode specified. Valid options are BASIC,STRICT"));
        }
        if !definition.security_policy.as_deref().is_some_and(|policy| policy.starts_with("SecurityPolicy_")) {
            return Err(bad_request("endpointAccessMode requires a security policy that starts with SecurityPolicy_"));
        }
    }
    match definition.security_policy.as_deref() {
        None | Some("TLS_1_0" | "TLS_1_2") => Ok(()),
        Some(policy) if policy.starts_with("SecurityPolicy_") => Ok(()),
        Some(_) => Err(bad_request("Invalid security policy specified")),
    }
}

/// Answers GetRestApis.
pub(super) fn list(site: &Site) -> Result<Reply, Fault> {
    let apis = &site.state().apis;
    let all = apis.iter().map(|(id, api)| (id.clone(), api)).collect();
    let (items, position) = page(site.call, all)?;
    let items = items.into_iter().map(|api| render(api, Tags::WhenAny, &[])).collect();
    Ok(listing(items, position))
}

/// Answers GetRestApi.
pub(super) fn get(site: &Site, id: &str) -> Result<Reply, Fault> {
    Ok(Reply::json(200, &render(site.api(id)?, Tags::Always, &[])))
}

/// Answers DeleteRestApi; stages, deployments and resources go with it.
pub(super) fn delete(site: &mut Site, id: &str) -> Result<Reply, Fault> {
    site.api(id)?;
    let state = site.state_mut();
    state.apis.remove(id);
    for link in state.links.values_mut() {
        link.dangling.retain(|user| user.api != id);
    }
    Ok(Reply::empty(202))
}

/// Answers UpdateRestApi.
pub(super) fn update(site: &mut Site, id: &str) -> Result<Reply, Fault> {
    let patches = patches(site.call, "updateRestApiInput")?;
    let mut definition = site.api(id)?.definition.clone();
    for patch in &patches {
        apply(site, id, &mut definition, patch)?;
    }
    check_endpoint(site, &definition)?;
    let api = site.api_mut(id)?;
    api.definition = definition;
    Ok(Reply::json(200, &render(api, Tags::Always, &[])))
}

fn apply(site: &Site, id: &str, definition: &mut Definition, patch: &Patch) -> Result<(), Fault> {
    let segments = patch.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["name"] => {
            patch.only_replace()?;
            definition.name = patch.content().ok_or_else(|| bad_request("Name cannot be empty"))?;
        }
        ["description"] => {
            definition.description = if patch.op == Op::Remove { None } else { patch.content() };
        }
        ["policy"] => {
            patch.only_replace()?;
            definition.policy = patch.content().map(|text| policy::accept(site, id, &text)).transpose()?;
        }
        ["apiKeySource"] => {
            patch.only_replace()?;
            definition.api_key_source = key_source(patch.value())?;
        }
        ["disableExecuteApiEndpoint"] => {
            patch.only_replace()?;
            definition.disable_execute_api_endpoint = patch.flag();
        }
        ["minimumCompressionSize"] => {
            patch.only_replace()?;
            // A number that cannot be read is out of range as well; no number at all switches compression off.
            let size = patch.content().map(|text| text.parse().unwrap_or(-1));
            definition.minimum_compression_size = size.map(compression).transpose()?;
        }
        ["securityPolicy"] => {
            patch.only_replace()?;
            definition.security_policy = patch.content();
        }
        ["endpointAccessMode"] => {
            patch.only_replace()?;
            definition.endpoint_access_mode = patch.content();
        }
        ["endpointConfiguration", "types", at] => change_type(&mut definition.endpoint, at, patch)?,
        ["endpointConfiguration", "ipAddressType"] => {
            patch.only_replace()?;
            if !matches!(patch.value(), "ipv4" | "dualstack") {
                return Err(bad_request("ipAddressType must be either ipv4 or dualstack."));
            }
            definition.endpoint.ip_address_type = patch.value().to_owned();
        }
        ["endpointConfiguration", "vpcEndpointIds"] => change_vpc_endpoint(&mut definition.endpoint, patch)?,
        ["binaryMediaTypes", media] => change_media(&mut definition.binary_media_types, media, patch)?,
        _ => return Err(patch.unknown_path()),
    }
    Ok(())
}

fn change_type(endpoint: &mut EndpointConfiguration, at: &str, patch: &Patch) -> Result<(), Fault> {
    if matches!(patch.op, Op::Copy | Op::Other) {
        return Err(bad_request("Invalid patch operation specified. Must be 'add'|'remove'|'replace'"));
    }
    let wanted = patch.value();
    if !matches!(wanted, "REGIONAL" | "EDGE" | "PRIVATE") {
        return Err(bad_request("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE"));
    }
    match patch.op {
        Op::Add => return Err(bad_request("Cannot create an api with multiple Endpoint Types.")),
        Op::Remove => {
            return Err(bad_request("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED."));
        }
        Op::Replace | Op::Copy | Op::Other => {}
    }
    let current = endpoint.types.first().cloned().unwrap_or_default();
    if at != "0" && at != current {
        return Err(patch.unknown_path());
    }
    if wanted == current {
        return Ok(());
    }
    if current == "PRIVATE" && wanted == "EDGE" {
        return Err(bad_request("Cannot update endpoint from PRIVATE to EDGE"));
    }
    endpoint.types = vec![wanted.to_owned()];
    if wanted == "PRIVATE" {
        endpoint.ip_address_type = "dualstack".to_owned();
    } else {
        endpoint.vpc_endpoint_ids.clear();
    }
    Ok(())
}

fn change_vpc_endpoint(endpoint: &mut EndpointConfiguration, patch: &Patch) -> Result<(), Fault> {
    let id = patch.value();
    let listed = endpoint.vpc_endpoint_ids.iter().position(|known| known == id);
    match (patch.op, listed) {
        (Op::Add, None) => endpoint.vpc_endpoint_ids.push(id.to_owned()),
        (Op::Add, Some(_)) => {
            return Err(bad_request(format!("VPC endpoint {id} is already associated with this API")));
        }
        (Op::Remove, Some(at)) => {
            endpoint.vpc_endpoint_ids.remove(at);
        }
        (Op::Remove, None) => return Err(bad_request(format!("VPC endpoint {id} is not associated with this API"))),
        (Op::Replace | Op::Copy | Op::Other, _) => {
            return Err(bad_request("Invalid patch operation specified. Must be one of: [add, remove]"));
        }
    }
    Ok(())
}

fn change_media(types: &mut Vec<String>, media: &str, patch: &Patch) -> Result<(), Fault> {
    match patch.op {
        Op::Add if types.iter().any(|known| known == media) => {}
        Op::Add => types.push(media.to_owned()),
        Op::Remove => types.retain(|known| known != media),
        Op::Replace => {
            types.retain(|known| known != media);
            types.push(patch.value().to_owned());
        }
        Op::Copy | Op::Other => return Err(patch.unknown_path()),
    }
    Ok(())
}
