//! Reading a request and writing an answer: what all ELBv2 operations share.
//!
//! Owns paging, number ranges, ARNs and the envelope of answers (that of errors is the server's); knows no object.

use super::state::State;
use crate::wire::{Call, Fault, Params, Reply};
use crate::world::World;
use crate::xml::Xml;
use std::ops::RangeInclusive;

const NAMESPACE: &str = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/";
const MAX_PAGE: i64 = 400;

/// One request, and the world it acts on.
pub(super) struct Request<'w> {
    pub(super) world: &'w mut World,
    pub(super) call: &'w Call,
    pub(super) action: String,
    pub(super) params: Params,
}

impl Request<'_> {
    /// Gives what the caller's account holds in the region.
    pub(super) fn state(&self) -> &State {
        &self.world.scope(&self.call.account, &self.call.region).elb
    }

    /// Gives what the caller's account holds in the region, to be changed.
    pub(super) fn state_mut(&mut self) -> &mut State {
        &mut self.world.scope_mut(&self.call.account, &self.call.region).elb
    }

    /// Gives a parameter, or AWS's error for one that is missing.
    pub(super) fn require(&self, name: &str) -> Result<&str, Fault> {
        self.params.get(name).filter(|value| !value.is_empty()).ok_or_else(|| missing(name))
    }

    /// Answers with what the closure writes into `<Action>Result`.
    pub(super) fn answer(&self, write: impl FnOnce(&mut Xml)) -> Reply {
        let mut xml = Xml::with_namespace(&format!("{}Response", self.action), NAMESPACE);
        xml.node(&format!("{}Result", self.action), write);
        xml.node("ResponseMetadata", |x| {
            x.text("RequestId", &self.call.request_id);
        });
        Reply::xml(200, xml.finish())
    }

    /// Cuts a page out of a list by `PageSize` and `Marker`; gives the next marker. Keys must ascend.
    pub(super) fn page<T>(&self, items: Vec<(String, T)>) -> Result<(Vec<T>, Option<String>), Fault> {
        let size = number(&self.params, "PageSize", 1..=MAX_PAGE)?.unwrap_or(MAX_PAGE);
        let size = usize::try_from(size).unwrap_or_default();
        let start = match self.params.get("Marker") {
            None => 0,
            Some(marker) => {
                let after = unseal(marker).ok_or_else(|| validation("Invalid Marker specified"))?;
                items.iter().position(|(key, _)| *key > after).unwrap_or(items.len())
            }
        };
        let more = items.len() > start + size;
        let mut last = None;
        let page = items
            .into_iter()
            .skip(start)
            .take(size)
            .map(|(key, item)| {
                last = Some(key);
                item
            })
            .collect();
        Ok((page, last.filter(|_| more).map(|key| seal(&key))))
    }
}

/// Refuses a value that no state of the world would make right.
pub(super) fn validation(message: impl Into<String>) -> Fault {
    Fault::new(400, "ValidationError", message)
}

/// Refuses a request with one of the service's own codes.
pub(super) fn refuse(code: &str, message: impl Into<String>) -> Fault {
    Fault::new(400, code, message)
}

fn missing(name: &str) -> Fault {
    validation(format!(
        "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
        lower_first(name)
    ))
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// Reads a whole number within a range.
pub(super) fn number(params: &Params, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, Fault> {
    let Some(text) = params.get(name) else { return Ok(None) };
    let member = lower_first(name);
    let value: i64 =
        text.parse().map_err(|_| Fault::new(400, "MalformedInput", format!("{name} must be a whole number")))?;
    let (bound, limit) = if value < *range.start() {
        ("greater", range.start())
    } else if value > *range.end() {
        ("less", range.end())
    } else {
        return Ok(Some(value));
    };
    Err(validation(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must have value \
         {bound} than or equal to {limit}"
    )))
}

/// Reads a port.
pub(super) fn port(params: &Params, name: &str) -> Result<Option<u16>, Fault> {
    Ok(number(params, name, 1..=65535)?.and_then(|value| u16::try_from(value).ok()))
}

/// Writes the ARN of a load balancer, listener or target group.
pub(super) fn arn(call_account: &str, region: &str, resource: &str) -> String {
    let partition = match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    format!("arn:{partition}:elasticloadbalancing:{region}:{call_account}:{resource}")
}

/// Refuses what cannot be the ARN of a kind: `loadbalancer`, `listener`, `targetgroup`.
pub(super) fn check_arn(arn: &str, kind: &str) -> Result<(), Fault> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let sound = match parts.as_slice() {
        ["arn", _, "elasticloadbalancing", _, _, resource] => {
            resource.split_once('/').is_some_and(|(found, rest)| found == kind && !rest.is_empty())
        }
        _ => false,
    };
    let noun = match kind {
        "loadbalancer" => "load balancer",
        "targetgroup" => "target group",
        other => other,
    };
    if sound { Ok(()) } else { Err(validation(format!("'{arn}' is not a valid {noun} ARN"))) }
}

fn seal(key: &str) -> String {
    key.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn unseal(marker: &str) -> Option<String> {
    let digits: Vec<u8> =
        marker.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect::<Option<_>>()?;
    let bytes = digits.chunks(2).map(|pair| Some((pair.first()? << 4) | pair.get(1)?)).collect::<Option<Vec<u8>>>()?;
    String::from_utf8(bytes).ok()
}
