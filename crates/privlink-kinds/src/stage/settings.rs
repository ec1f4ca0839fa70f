//! What a stage does beyond running a deployment, as attributes and as the patches that make one of another.
//!
//! Owns: AWS's defaults, which stand for nothing, and the patch paths. Refuses to know: the deployment, and what a setting
//! is good for. Read next: `stage`.
//!
//! Settings of methods are kept under AWS's keys, which are the beginnings of the patch paths that made them, escapes and all
//! (`~1orders/GET`; `~1/GET` is the root's): `*/*` for all of them, of which only what differs from AWS's defaults is told, and
//! a path and method for one, told whole: it begins with what `*/*` has then, and AWS does not say what that was. Where none
//! differs there is nothing to tell. AWS takes them away by the key alone, never one by one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_apigateway::types::{CanarySettings, MethodSetting, Op, PatchOperation, Stage};
use privlink_model::{Attrs, Value};

use super::{ACCESS_LOG, CERTIFICATE, METHOD_SETTINGS, SETTINGS};
use crate::api_gateway::replace;

type Members = BTreeMap<String, Value>;

pub(super) const DESCRIPTION: &str = "description";
pub(super) const DOCUMENTATION: &str = "documentationVersion";
pub(super) const VARIABLES: &str = "variables";
pub(super) const TRACING: &str = "tracingEnabled";
pub(super) const CACHE: &str = "cacheClusterSize";
pub(super) const CANARY: &str = "canarySettings";
const CANARY_DEPLOYMENT: &str = "deploymentId";
const CANARY_SHARE: &str = "percentTraffic";
const CANARY_CACHE: &str = "useStageCache";
const CANARY_VARIABLES: &str = "stageVariableOverrides";

/// The key of what holds for all methods.
const ALL: &str = "*/*";

/// Reads what is not AWS's default.
pub(super) fn read(live: &Stage, attrs: &mut Attrs) {
    let some = |members: Members| (!members.is_empty()).then_some(Value::Map(members));
    attrs
        .set_some(&SETTINGS, some(settings(live)))
        .set_some(&METHOD_SETTINGS, some(method_settings(live.method_settings())))
        .set_some(&ACCESS_LOG, some(access_log(live)))
        .set_some(&CERTIFICATE, live.client_certificate_id().filter(|id| !id.is_empty()).map(str::to_owned));
}

fn settings(live: &Stage) -> Members {
    let mut out = Members::new();
    let mut put = |key: &str, text: Option<&str>| {
        out.extend(text.filter(|text| !text.is_empty()).map(|text| (key.to_owned(), Value::from(text))));
    };
    put(DESCRIPTION, live.description());
    put(DOCUMENTATION, live.documentation_version());
    // A cluster that is off may still have a size.
    put(CACHE, live.cache_cluster_size().map(|size| size.as_str()).filter(|_| live.cache_cluster_enabled()));
    if live.tracing_enabled() {
        out.insert(TRACING.to_owned(), Value::Bool(true));
    }
    out.extend(texts(live.variables()).map(|variables| (VARIABLES.to_owned(), variables)));
    out.extend(live.canary_settings().map(|canary| (CANARY.to_owned(), read_canary(canary))));
    out
}

fn texts(map: Option<&HashMap<String, String>>) -> Option<Value> {
    let texts = map.filter(|map| !map.is_empty())?;
    Some(Value::map(texts.iter().map(|(key, text)| (key.as_str(), Value::from(text.as_str())))))
}

fn read_canary(canary: &CanarySettings) -> Value {
    let mut out = Members::new();
    out.extend(canary.deployment_id().map(|id| (CANARY_DEPLOYMENT.to_owned(), Value::from(id))));
    out.insert(CANARY_SHARE.to_owned(), number(canary.percent_traffic()));
    out.insert(CANARY_CACHE.to_owned(), Value::Bool(canary.use_stage_cache()));
    out.extend(texts(canary.stage_variable_overrides()).map(|texts| (CANARY_VARIABLES.to_owned(), texts)));
    Value::Map(out)
}

/// A number that need not be whole, in its shortest form.
fn number(number: f64) -> Value {
    Value::Text(number.to_string())
}

fn access_log(live: &Stage) -> Members {
    let Some(log) = live.access_log_settings() else { return Members::new() };
    let members = [("destinationArn", log.destination_arn()), ("format", log.format())];
    let given = members.into_iter().filter_map(|(key, text)| Some((key, text.filter(|text| !text.is_empty())?)));
    given.map(|(key, text)| (key.to_owned(), Value::from(text))).collect()
}

/// A map of texts, as AWS takes it.
pub(super) fn texts_of(value: &Value) -> HashMap<String, String> {
    value.as_map().into_iter().flatten().map(|(key, text)| (key.clone(), word(text))).collect()
}

/// A canary, as AWS takes it.
pub(super) fn canary_of(value: &Value) -> Option<CanarySettings> {
    let members = value.as_map()?;
    let text = |key: &str| members.get(key).and_then(Value::as_text);
    let canary = CanarySettings::builder()
        .set_deployment_id(text(CANARY_DEPLOYMENT).map(str::to_owned))
        .set_percent_traffic(text(CANARY_SHARE).and_then(|share| share.parse().ok()))
        .set_use_stage_cache(members.get(CANARY_CACHE).and_then(Value::as_bool))
        .set_stage_variable_overrides(members.get(CANARY_VARIABLES).map(texts_of));
    Some(canary.build())
}

/// One setting of a method: AWS's name of it, its patch path, and the default.
struct Setting {
    name: &'static str,
    path: &'static str,
    default: Value,
}

fn method_defaults() -> [Setting; 10] {
    let setting = |name, path, default| Setting { name, path, default };
    [
        setting("metricsEnabled", "metrics/enabled", Value::Bool(false)),
        setting("loggingLevel", "logging/loglevel", Value::from("OFF")),
        setting("dataTraceEnabled", "logging/dataTrace", Value::Bool(false)),
        setting("throttlingBurstLimit", "throttling/burstLimit", Value::Int(5000)),
        setting("throttlingRateLimit", "throttling/rateLimit", number(10_000.0)),
        setting("cachingEnabled", "caching/enabled", Value::Bool(false)),
        setting("cacheTtlInSeconds", "caching/ttlInSeconds", Value::Int(300)),
        setting("cacheDataEncrypted", "caching/dataEncrypted", Value::Bool(false)),
        setting(
            "requireAuthorizationForCacheControl",
            "caching/requireAuthorizationForCacheControl",
            Value::Bool(true),
        ),
        setting(
            "unauthorizedCacheControlHeaderStrategy",
            "caching/unauthorizedCacheControlHeaderStrategy",
            Value::from("SUCCEED_WITH_RESPONSE_HEADER"),
        ),
    ]
}

fn whole(live: &MethodSetting) -> Members {
    let strategy = live.unauthorized_cache_control_header_strategy().map(|strategy| Value::from(strategy.as_str()));
    let read = |setting: Setting| {
        let value = match setting.name {
            "metricsEnabled" => Value::Bool(live.metrics_enabled()),
            "loggingLevel" => live.logging_level().map_or(setting.default, Value::from),
            "dataTraceEnabled" => Value::Bool(live.data_trace_enabled()),
            "throttlingBurstLimit" => Value::Int(i64::from(live.throttling_burst_limit())),
            "throttlingRateLimit" => number(live.throttling_rate_limit()),
            "cachingEnabled" => Value::Bool(live.caching_enabled()),
            "cacheTtlInSeconds" => Value::Int(i64::from(live.cache_ttl_in_seconds())),
            "cacheDataEncrypted" => Value::Bool(live.cache_data_encrypted()),
            "requireAuthorizationForCacheControl" => Value::Bool(live.require_authorization_for_cache_control()),
            _ => strategy.clone().unwrap_or(setting.default),
        };
        (setting.name.to_owned(), value)
    };
    method_defaults().into_iter().map(read).collect()
}

fn method_settings(live: Option<&HashMap<String, MethodSetting>>) -> Members {
    let differs = |members: &Members| {
        let differs = |setting: &Setting| members.get(setting.name) != Some(&setting.default);
        method_defaults().into_iter().filter(differs).map(|setting| setting.name).collect::<Vec<_>>()
    };
    let all: BTreeMap<String, Members> =
        live.into_iter().flatten().map(|(key, one)| (key.clone(), whole(one))).collect();
    if all.values().all(|members| differs(members).is_empty()) {
        return Members::new();
    }
    let told = |(key, mut members): (String, Members)| {
        if key == ALL {
            let told = differs(&members);
            members.retain(|name, _| told.contains(&name.as_str()));
        }
        (!members.is_empty()).then_some((key, Value::Map(members)))
    };
    all.into_iter().filter_map(told).collect()
}

/// The patches that make the settings of a stage after those before. What takes something away comes first: a canary may run
/// what the stage is about to leave.
pub(super) fn patches(before: &Attrs, after: &Attrs) -> Vec<PatchOperation> {
    let mut patches = Vec::new();
    let (was, is) = (members(before, SETTINGS.key()), members(after, SETTINGS.key()));
    for key in keys(&was, &is).filter(|key| was.get(*key) != is.get(*key)) {
        let (was, is) = (was.get(key), is.get(key));
        match key {
            CACHE => patches.extend(cache(is)),
            CANARY => patches.extend(canary(was, is)),
            VARIABLES => patches.extend(each("/variables", was, is)),
            TRACING => patches.push(replace("/tracingEnabled", is.map_or("false".to_owned(), word))),
            key => patches.push(replace(&format!("/{key}"), is.map(word).unwrap_or_default())),
        }
    }
    patches.extend(methods(&members(before, METHOD_SETTINGS.key()), &members(after, METHOD_SETTINGS.key())));
    let (was, is) = (members(before, ACCESS_LOG.key()), members(after, ACCESS_LOG.key()));
    if !was.is_empty() && is.is_empty() {
        patches.push(remove("/accessLogSettings"));
    }
    let written = is.iter().filter(|(key, value)| was.get(*key) != Some(value));
    patches.extend(written.map(|(key, value)| replace(&format!("/accessLogSettings/{key}"), word(value))));
    let certificate = |attrs: &Attrs| attrs.read(&CERTIFICATE).unwrap_or_default();
    if certificate(before) != certificate(after) {
        patches.push(replace("/clientCertificateId", certificate(after)));
    }
    patches.sort_by_key(|patch| patch.op() != Some(&Op::Remove));
    patches
}

fn members(attrs: &Attrs, key: &str) -> Members {
    attrs.get(key).and_then(Value::as_map).cloned().unwrap_or_default()
}

fn keys<'a>(one: &'a Members, other: &'a Members) -> impl Iterator<Item = &'a str> {
    one.keys().chain(other.keys()).map(String::as_str).collect::<BTreeSet<_>>().into_iter()
}

/// A value as patches spell it.
fn word(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        other => other.to_string(),
    }
}

fn remove(path: &str) -> PatchOperation {
    PatchOperation::builder().op(Op::Remove).path(path).build()
}

/// A name as part of a path.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn cache(size: Option<&Value>) -> Vec<PatchOperation> {
    let enabled = replace("/cacheClusterEnabled", size.is_some().to_string());
    [enabled].into_iter().chain(size.map(|size| replace("/cacheClusterSize", word(size)))).collect()
}

/// The patches of texts under a path, each on its own.
fn each(path: &str, was: Option<&Value>, is: Option<&Value>) -> Vec<PatchOperation> {
    let members = |value: Option<&Value>| value.and_then(Value::as_map).cloned().unwrap_or_default();
    let (was, is) = (members(was), members(is));
    let patch = |key: &str| {
        let path = format!("{path}/{}", escaped(key));
        is.get(key).map_or_else(|| remove(&path), |value| replace(&path, word(value)))
    };
    keys(&was, &is).filter(|key| was.get(*key) != is.get(*key)).map(patch).collect()
}

fn canary(was: Option<&Value>, is: Option<&Value>) -> Vec<PatchOperation> {
    let Some(is) = is.and_then(Value::as_map) else { return vec![remove("/canarySettings")] };
    let was = was.and_then(Value::as_map).cloned().unwrap_or_default();
    let plain = is.iter().filter(|(key, value)| *key != CANARY_VARIABLES && was.get(*key) != Some(value));
    let mut patches: Vec<PatchOperation> =
        plain.map(|(key, value)| replace(&format!("/canarySettings/{key}"), word(value))).collect();
    let path = format!("/canarySettings/{CANARY_VARIABLES}");
    patches.extend(each(&path, was.get(CANARY_VARIABLES), is.get(CANARY_VARIABLES)));
    patches
}

fn methods(was: &Members, is: &Members) -> Vec<PatchOperation> {
    let mut patches = Vec::new();
    for key in keys(was, is) {
        let one = |side: &Members| side.get(key).and_then(Value::as_map).cloned();
        let (was, Some(is)) = (one(was), one(is)) else {
            patches.push(remove(&format!("/{key}")));
            continue;
        };
        for setting in method_defaults() {
            let wanted = is.get(setting.name).unwrap_or(&setting.default);
            let known = match &was {
                Some(was) => Some(was.get(setting.name).unwrap_or(&setting.default)),
                None => Some(&setting.default).filter(|_| key == ALL),
            };
            if known != Some(wanted) {
                patches.push(replace(&format!("/{key}/{}", setting.path), word(wanted)));
            }
        }
    }
    patches
}

#[cfg(test)]
mod tests {
    use aws_sdk_apigateway::types::{AccessLogSettings, CacheClusterSize, CanarySettings, MethodSetting, Stage};
    use privlink_model::Attrs;

    use super::{patches, read};

    fn default_setting() -> aws_sdk_apigateway::types::builders::MethodSettingBuilder {
        MethodSetting::builder()
            .throttling_burst_limit(5000)
            .throttling_rate_limit(10_000.0)
            .cache_ttl_in_seconds(300)
            .require_authorization_for_cache_control(true)
    }

    fn seen(stage: Stage) -> Attrs {
        let mut attrs = Attrs::new();
        read(&stage, &mut attrs);
        attrs
    }

    fn told(before: &Attrs, after: &Attrs) -> Vec<String> {
        let told = |patch: &aws_sdk_apigateway::types::PatchOperation| {
            let (op, path) = (patch.op().unwrap().as_str(), patch.path().unwrap());
            patch.value().map_or_else(|| format!("{op} {path}"), |value| format!("{op} {path} {value}"))
        };
        patches(before, after).iter().map(told).collect()
    }

    #[test]
    fn a_stage_as_aws_makes_it_has_no_settings() {
        let plain = Stage::builder()
            .cache_cluster_size(CacheClusterSize::Size0Point5Gb)
            .method_settings("*/*", default_setting().logging_level("OFF").build())
            .method_settings("~1orders/GET", default_setting().build())
            .build();
        assert_eq!(seen(plain), Attrs::new());
    }

    #[test]
    fn what_was_set_by_hand_goes_and_comes_back() {
        let canary = CanarySettings::builder().deployment_id("dep2").percent_traffic(12.5);
        let set = seen(
            Stage::builder()
                .description("by hand")
                .variables("color", "blue")
                .tracing_enabled(true)
                .cache_cluster_enabled(true)
                .cache_cluster_size(CacheClusterSize::Size0Point5Gb)
                .canary_settings(canary.stage_variable_overrides("color", "red").build())
                .access_log_settings(AccessLogSettings::builder().destination_arn("arn:log").format("$x").build())
                .client_certificate_id("cert")
                .method_settings("*/*", default_setting().throttling_rate_limit(10.0).build())
                .method_settings("~1a~1b/GET", default_setting().build())
                .build(),
        );
        let none = Attrs::new();
        let away = [
            "remove /canarySettings",
            "remove /variables/color",
            "remove /*/*",
            "remove /~1a~1b/GET",
            "remove /accessLogSettings",
            "replace /cacheClusterEnabled false",
            "replace /description ",
            "replace /tracingEnabled false",
            "replace /clientCertificateId ",
        ];
        assert_eq!(told(&set, &none), away);
        let back = told(&none, &set);
        for expected in [
            "replace /canarySettings/deploymentId dep2",
            "replace /canarySettings/percentTraffic 12.5",
            "replace /canarySettings/useStageCache false",
            "replace /canarySettings/stageVariableOverrides/color red",
            "replace /cacheClusterSize 0.5",
            "replace /*/*/throttling/rateLimit 10",
            "replace /~1a~1b/GET/caching/ttlInSeconds 300",
            "replace /accessLogSettings/destinationArn arn:log",
            "replace /clientCertificateId cert",
        ] {
            assert!(back.iter().any(|patch| patch == expected), "{expected} is not among {back:?}");
        }
        let of_all = back.iter().filter(|patch| patch.contains("/*/*/")).count();
        assert_eq!((of_all, back.iter().filter(|patch| patch.contains("/~1a~1b/GET/")).count()), (1, 10));
        assert_eq!(told(&set, &set), Vec::<String>::new());
    }

    #[test]
    fn only_what_differs_is_patched() {
        let throttled = |rate, burst| {
            let one = default_setting().throttling_rate_limit(rate).throttling_burst_limit(burst).build();
            seen(Stage::builder().method_settings("*/*", one).variables("a", "1").build())
        };
        let patches = told(&throttled(10.0, 7), &throttled(11.0, 5000));
        assert_eq!(patches, ["replace /*/*/throttling/burstLimit 5000", "replace /*/*/throttling/rateLimit 11"]);
    }
}
