//! What a stage does to the calls of a method: its settings, their defaults, and the patch paths.

use super::fault::bad_request;
use super::input::Patch;
use crate::wire::Fault;
use serde::{Deserialize, Serialize};

/// The key of the settings of all methods.
pub(super) const ALL: &str = "*/*";

/// What a stage does to the calls of a method.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MethodSettings {
    metrics_enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) logging_level: Option<String>,
    data_trace_enabled: bool,
    throttling_burst_limit: i64,
    throttling_rate_limit: f64,
    caching_enabled: bool,
    cache_ttl_in_seconds: u32,
    cache_data_encrypted: bool,
    require_authorization_for_cache_control: bool,
    unauthorized_cache_control_header_strategy: String,
}

impl Default for MethodSettings {
    fn default() -> MethodSettings {
        MethodSettings {
            metrics_enabled: false,
            logging_level: None,
            data_trace_enabled: false,
            throttling_burst_limit: 5000,
            throttling_rate_limit: 10_000.0,
            caching_enabled: false,
            cache_ttl_in_seconds: 300,
            cache_data_encrypted: false,
            require_authorization_for_cache_control: true,
            unauthorized_cache_control_header_strategy: "SUCCEED_WITH_RESPONSE_HEADER".to_owned(),
        }
    }
}

impl MethodSettings {
    /// Gives one of them another value.
    pub(super) fn change(&mut self, group: &str, setting: &str, patch: &Patch) -> Result<(), Fault> {
        let value = patch.value();
        let wrong = || bad_request(format!("Invalid value {value} for {}", patch.path));
        match (group, setting) {
            ("metrics", "enabled") => self.metrics_enabled = patch.flag(),
            ("logging", "dataTrace") => self.data_trace_enabled = patch.flag(),
            ("logging", "loglevel") if matches!(value, "OFF" | "ERROR" | "INFO") => {
                self.logging_level = Some(value.to_owned());
            }
            ("logging", "loglevel") => return Err(wrong()),
            ("throttling", "burstLimit") => self.throttling_burst_limit = value.parse().map_err(|_| wrong())?,
            ("throttling", "rateLimit") => {
                let rate: f64 = value.parse().map_err(|_| wrong())?;
                self.throttling_rate_limit = Some(rate).filter(|rate| rate.is_finite()).ok_or_else(wrong)?;
            }
            ("caching", "ttlInSeconds") => {
                let seconds: u32 = value.parse().map_err(|_| wrong())?;
                self.cache_ttl_in_seconds = Some(seconds).filter(|seconds| *seconds <= 3600).ok_or_else(wrong)?;
            }
            ("caching", "enabled") => self.caching_enabled = patch.flag(),
            ("caching", "dataEncrypted") => self.cache_data_encrypted = patch.flag(),
            ("caching", "requireAuthorizationForCacheControl") => {
                self.require_authorization_for_cache_control = patch.flag();
            }
            ("caching", "unauthorizedCacheControlHeaderStrategy") => {
                let known = ["FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"];
                self.unauthorized_cache_control_header_strategy =
                    Some(value).filter(|value| known.contains(value)).ok_or_else(wrong)?.to_owned();
            }
            _ => return Err(unknown_setting(patch)),
        }
        Ok(())
    }
}

/// Says that no setting has this path.
pub(super) fn unknown_setting(patch: &Patch) -> Fault {
    const ONCE: [&str; 8] = [
        "/deploymentId",
        "/description",
        "/cacheClusterEnabled",
        "/cacheClusterSize",
        "/clientCertificateId",
        "/accessLogSettings",
        "/accessLogSettings/destinationArn",
        "/accessLogSettings/format",
    ];
    const EACH: [&str; 10] = [
        "metrics/enabled",
        "logging/dataTrace",
        "logging/loglevel",
        "throttling/burstLimit",
        "throttling/rateLimit",
        "caching/ttlInSeconds",
        "caching/enabled",
        "caching/dataEncrypted",
        "caching/requireAuthorizationForCacheControl",
        "caching/unauthorizedCacheControlHeaderStrategy",
    ];
    let under = |prefix: &str| EACH.map(|setting| format!("{prefix}/{setting}")).join(", ");
    bad_request(format!(
        "Invalid method setting path: {}. Must be one of: [{}, {}, {}, /variables/{{variable_name}}, /tracingEnabled]",
        patch.path,
        ONCE.join(", "),
        under("/{resourcePath}/{httpMethod}"),
        under("/*/*"),
    ))
}
