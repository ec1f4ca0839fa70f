//! Filters, pages, ids and client tokens: what all of EC2's calls share.
//!
//! Knows how AWS reads them and which error each misuse gives; which filters and ids a call has is said by the call.

use super::state::{State, Tags, UsedToken};
use crate::wire::{Call, Fault, Params};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// The filters of one describe call.
pub(crate) struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    /// Reads the filters; a name that the call does not know is refused. `"tag"` stands for `tag:<key>` and `tag-key`.
    pub(crate) fn read(params: &Params, known: &[&str]) -> Result<Filters, Fault> {
        let mut filters = Vec::new();
        for filter in params.structs("Filter") {
            let name = filter.get("Name").unwrap_or("null").to_owned();
            let values = filter.list("Value");
            let is_tag = name == "tag-key" || name.strip_prefix("tag:").is_some_and(|key| !key.is_empty());
            if !(known.contains(&name.as_str()) && name != "tag" || is_tag && known.contains(&"tag")) {
                return Err(invalid(format!("The filter '{name}' is invalid")));
            }
            if values.is_empty() {
                return Err(invalid(format!("The filter '{name}' must have at least one value")));
            }
            if values.len() > 200 {
                let message = "The maximum number of filter values specified on a single call is 200";
                return Err(Fault::new(400, "FilterLimitExceeded", message));
            }
            filters.push((name, values));
        }
        Ok(Filters(filters))
    }

    /// Tells whether an object passes: each filter must match one of what the object has under its name.
    pub(crate) fn admit(&self, tags: &Tags, has: impl Fn(&str) -> Vec<String>) -> bool {
        self.0.iter().all(|(name, patterns)| {
            let found = match name.strip_prefix("tag:") {
                Some(key) => tags.get(key).into_iter().cloned().collect(),
                None if name == "tag-key" => tags.keys().cloned().collect(),
                None => has(name),
            };
            found.iter().any(|value| patterns.iter().any(|pattern| matches(pattern, value)))
        })
    }
}

/// Tells whether a filter's value matches: `*` is any text, `?` any character, a backslash takes both literally.
fn matches(pattern: &str, text: &str) -> bool {
    let tokens = tokens(pattern);
    let text: Vec<char> = text.chars().collect();
    // A two-row table instead of recursion: patterns come from outside and `*` may repeat.
    let mut row = vec![false; text.len() + 1];
    row[0] = true;
    for token in tokens {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            next[at] = match token {
                Token::Any => row[at] || at > 0 && next[at - 1],
                Token::One => at > 0 && row[at - 1],
                Token::Char(c) => at > 0 && row[at - 1] && text[at - 1] == c,
            };
        }
        row = next;
    }
    row[text.len()]
}

#[derive(Clone, Copy)]
enum Token {
    Any,
    One,
    Char(char),
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '*' => Token::Any,
            '?' => Token::One,
            '\\' => Token::Char(chars.next().unwrap_or('\\')),
            other => Token::Char(other),
        });
    }
    out
}

/// What AWS allows as `MaxResults`.
#[derive(Clone, Copy)]
pub(crate) enum PageSize {
    /// 5 to this many; anything else is refused.
    Strict(usize),
    /// 5 to 1 000; more counts as 1 000.
    Clamped,
}

/// Cuts one page out of a list that is sorted by key, and gives the token of the next.
pub(crate) fn page<T>(
    call: &Call,
    params: &Params,
    size: PageSize,
    items: Vec<T>,
    key: impl Fn(&T) -> String,
) -> Result<(Vec<T>, Option<String>), Fault> {
    let limit = match (params.integer("MaxResults")?, size) {
        (None, PageSize::Strict(most)) => most,
        (None, PageSize::Clamped) => 1000,
        (Some(asked), PageSize::Strict(most)) if !(5..=most as i64).contains(&asked) => {
            let message = format!(
                "Value ( {asked} ) for parameter maxResults is invalid. Expecting a value between 5 and {most}."
            );
            return Err(invalid(message));
        }
        (Some(asked), PageSize::Clamped) if asked < 5 => {
            let message =
                format!("Value ( {asked} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.");
            return Err(invalid(message));
        }
        (Some(asked), _) => (asked as usize).min(1000),
    };
    let question = question(call, params);
    let after = match params.get("NextToken") {
        None | Some("") => None,
        Some(token) => {
            let last = token.strip_prefix(&question).and_then(unhex);
            let bad = || Fault::new(400, "InvalidNextToken", "The specified value for NextToken is not valid.");
            Some(last.ok_or_else(bad)?)
        }
    };
    let mut rest: Vec<T> =
        items.into_iter().filter(|item| after.as_ref().is_none_or(|after| &key(item) > after)).collect();
    let more = rest.len() > limit;
    rest.truncate(limit);
    let token = rest.last().filter(|_| more).map(|last| format!("{question}{}", hex(&key(last))));
    Ok((rest, token))
}

/// A token belongs to the question that it was given for.
fn question(call: &Call, params: &Params) -> String {
    let mut hash = Sha256::new();
    hash.update(crate::world::scope_key(&call.account, &call.region));
    let mut pairs: Vec<_> =
        params.pairs().iter().filter(|(key, _)| key != "NextToken" && key != "MaxResults").collect();
    pairs.sort();
    for (key, value) in pairs {
        hash.update(format!("\n{key}={value}"));
    }
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<String> {
    if text.is_empty() || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let bytes = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
    String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
}

/// A kind of id, with AWS's two errors for it.
#[derive(Clone, Copy)]
pub(crate) struct IdKind {
    prefix: &'static str,
    malformed: &'static str,
    not_found: &'static str,
    /// AWS's sentence, with `{}` for the id.
    sentence: &'static str,
}

/// Makes a constant of each kind of id.
macro_rules! id_kinds {
    ($($name:ident: $prefix:literal, $malformed:literal, $not_found:literal, $sentence:literal;)*) => {
        $(pub(crate) const $name: IdKind =
            IdKind { prefix: $prefix, malformed: $malformed, not_found: $not_found, sentence: $sentence };)*
        const KINDS: &[IdKind] = &[$($name),*];
    };
}

// A longer prefix stands before a shorter one that begins it.
id_kinds! {
    SERVICE: "vpce-svc-", "InvalidVpcEndpointServiceId.Malformed", "InvalidVpcEndpointServiceId.NotFound", "The VpcEndpointService Id '{}' does not exist";
    ENDPOINT: "vpce-", "InvalidVpcEndpointId.Malformed", "InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '{}' does not exist";
    VPC: "vpc-", "InvalidVpcID.Malformed", "InvalidVpcID.NotFound", "The vpc ID '{}' does not exist";
    SUBNET: "subnet-", "InvalidSubnetID.Malformed", "InvalidSubnetID.NotFound", "The subnet ID '{}' does not exist";
    RULE: "sgr-", "InvalidSecurityGroupRuleId.Malformed", "InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '{}' does not exist";
    GROUP: "sg-", "InvalidGroupId.Malformed", "InvalidGroup.NotFound", "The security group '{}' does not exist";
    INTERFACE: "eni-", "InvalidNetworkInterfaceID.Malformed", "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '{}' does not exist";
    ROUTE_TABLE: "rtb-", "InvalidRouteTableID.Malformed", "InvalidRouteTableID.NotFound", "The routeTable ID '{}' does not exist";
    ATTACHMENT: "tgw-attach-", "InvalidTransitGatewayAttachmentID.Malformed", "InvalidTransitGatewayAttachmentID.NotFound", "Transit Gateway Attachment {} was deleted or does not exist.";
    TRANSIT_GATEWAY: "tgw-", "InvalidTransitGatewayID.Malformed", "InvalidTransitGatewayID.NotFound", "Transit Gateway {} was deleted or does not exist.";
}

impl IdKind {
    /// Finds the kind of an id by its prefix.
    pub(crate) fn of(id: &str) -> Option<IdKind> {
        KINDS.iter().copied().find(|kind| id.starts_with(kind.prefix))
    }

    /// Checks the shape: the prefix and 8 or 17 hexadecimal digits.
    pub(crate) fn check(self, id: &str) -> Result<(), Fault> {
        let rest = id.strip_prefix(self.prefix);
        let good = rest.is_some_and(|rest| {
            matches!(rest.len(), 8 | 17) && rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        });
        if good {
            return Ok(());
        }
        let message = format!("Invalid id: \"{id}\" (expecting \"{}...\")", self.prefix);
        Err(Fault::new(400, self.malformed, message))
    }

    /// Gives AWS's error for an id that names nothing.
    pub(crate) fn absent(self, id: &str) -> Fault {
        Fault::new(400, self.not_found, self.sentence.replace("{}", id))
    }

    /// Reads the ids a describe call names; each must be well formed and exist.
    pub(crate) fn named(
        self,
        params: &Params,
        parameter: &str,
        exists: impl Fn(&str) -> bool,
    ) -> Result<Option<BTreeSet<String>>, Fault> {
        let ids = params.list(parameter);
        for id in &ids {
            self.check(id)?;
            if !exists(id) {
                return Err(self.absent(id));
            }
        }
        Ok((!ids.is_empty()).then(|| ids.into_iter().collect()))
    }
}

/// Tells whether an id is among those named; no names mean all.
pub(crate) fn wanted(named: &Option<BTreeSet<String>>, id: &str) -> bool {
    named.as_ref().is_none_or(|named| named.contains(id))
}

/// Makes AWS's error for a value that cannot be.
pub(crate) fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(400, "InvalidParameterValue", message)
}

/// Finds what a client token made before; the same token with other parameters is refused.
pub(crate) fn replayed(state: &State, operation: &str, params: &Params) -> Result<Option<String>, Fault> {
    let Some(used) = params.get("ClientToken").and_then(|token| state.tokens.get(&format!("{operation}/{token}")))
    else {
        return Ok(None);
    };
    if used.parameters != digest(params) {
        let message =
            "The parameters of this request do not match those of the earlier request with the same client token.";
        return Err(Fault::new(400, "IdempotentParameterMismatch", message));
    }
    Ok(Some(used.made.clone()))
}

/// Notes what a client token made.
pub(crate) fn remember(state: &mut State, operation: &str, params: &Params, made: &str) {
    if let Some(token) = params.get("ClientToken") {
        let used = UsedToken { parameters: digest(params), made: made.to_owned() };
        state.tokens.insert(format!("{operation}/{token}"), used);
    }
}

fn digest(params: &Params) -> String {
    let mut pairs: Vec<_> = params.pairs().iter().filter(|(key, _)| key != "ClientToken").collect();
    pairs.sort();
    crate::ids::stable_hex(&format!("{pairs:?}"), 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_aws_says() {
        for (pattern, text, expected) in [
            ("a*c", "abbbc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("a**********************b", "aaaaaaaaaaaaaaaaaaaaaaaaac", false),
            ("Abc", "abc", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn an_unknown_filter_is_refused() {
        let unknown = Params::of(&[("Filter.1.Name", "nope"), ("Filter.1.Value.1", "x")]);
        assert_eq!(Filters::read(&unknown, &["vpc-id", "tag"]).err().unwrap().code, "InvalidParameterValue");
        let tag = Params::of(&[("Filter.1.Name", "tag:env"), ("Filter.1.Value.1", "p*")]);
        let filters = Filters::read(&tag, &["vpc-id", "tag"]).unwrap();
        assert!(filters.admit(&Tags::from([("env".to_owned(), "prod".to_owned())]), |_| Vec::new()));
        assert!(!filters.admit(&Tags::new(), |_| Vec::new()));
        assert!(Filters::read(&tag, &["vpc-id"]).is_err());
    }

    #[test]
    fn pages_give_each_item_once_and_a_token_serves_its_own_question_only() {
        let call = Call { account: "1".to_owned(), region: "r".to_owned(), ..Call::default() };
        let items: Vec<String> = (0..12).map(|n| format!("id-{n:02}")).collect();
        let (mut seen, mut token): (Vec<String>, Option<String>) = (Vec::new(), None);
        loop {
            let text = token.clone().unwrap_or_default();
            let params = Params::of(&[("Action", "X"), ("MaxResults", "5"), ("NextToken", &text)]);
            let (page, next) = page(&call, &params, PageSize::Strict(1000), items.clone(), String::clone).unwrap();
            assert!(page.len() <= 5);
            seen.extend(page);
            token = next;
            if token.is_none() {
                break;
            }
            let other = Params::of(&[("Action", "Y"), ("NextToken", token.as_deref().unwrap())]);
            let refused = super::page(&call, &other, PageSize::Clamped, items.clone(), String::clone);
            assert_eq!(refused.err().unwrap().code, "InvalidNextToken");
        }
        assert_eq!(seen, items);
        let low = Params::of(&[("MaxResults", "4")]);
        assert!(page(&call, &low, PageSize::Clamped, items, String::clone).is_err());
    }

    #[test]
    fn ids_are_checked_by_shape() {
        assert!(VPC.check("vpc-0123456789abcdef0").is_ok());
        assert!(VPC.check("vpc-01234567").is_ok());
        for bad in ["vpc-", "vpc-0123456789ABCDEF0", "subnet-01234567", "vpc-012345678"] {
            assert_eq!(VPC.check(bad).err().unwrap().code, "InvalidVpcID.Malformed");
        }
        assert_eq!(IdKind::of("vpce-svc-01234567").unwrap().prefix, "vpce-svc-");
        assert_eq!(IdKind::of("tgw-attach-01234567").unwrap().prefix, "tgw-attach-");
    }
}
