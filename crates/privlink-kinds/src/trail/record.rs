//! One entry of CloudTrail's event history: who, when, from where, and everything that it names.
//!
//! Owns: reading an entry. Refuses to know: what is looked for. An entry is a JSON text of AWS's, with members that come and
//! go; what is not there, or is not as it should be, is simply not known.

use aws_sdk_cloudtrail::types::Event;
use privlink_model::Deed;
use serde_json::Value as Json;

use crate::connect::APPLICATION;

/// One entry.
#[derive(Debug)]
pub(super) struct Record {
    /// In seconds since 1970.
    pub(super) at: u64,
    /// `ec2.amazonaws.com`.
    pub(super) source: String,
    /// `ModifyVpcEndpoint`.
    pub(super) name: String,
    pub(super) failed: bool,
    id: String,
    user: Option<String>,
    /// What CloudTrail found named in it, which is not much.
    resources: Vec<String>,
    entry: Json,
}

impl Record {
    pub(super) fn new(event: &Event) -> Self {
        let entry: Json =
            event.cloud_trail_event().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let text = |given: Option<&str>| given.unwrap_or_default().to_owned();
        let at = event.event_time().map(|time| time.secs()).unwrap_or_default();
        let resources = event.resources().iter().filter_map(|one| one.resource_name().map(str::to_owned));
        Self {
            at: u64::try_from(at).unwrap_or_default(),
            source: text(event.event_source()),
            name: text(event.event_name()),
            failed: entry.get("errorCode").is_some_and(|code| !code.is_null()),
            id: text(event.event_id()),
            user: event.username().map(str::to_owned),
            resources: resources.collect(),
            entry,
        }
    }

    /// Whether it names something, as a whole word, in what was sent or answered.
    pub(super) fn names(&self, id: &str) -> bool {
        let members = ["requestParameters", "responseElements", "resources"];
        members.iter().filter_map(|member| self.entry.get(member)).any(|value| is_in(value, id))
            || self.resources.iter().any(|name| is_word_of(name, id))
    }

    /// Whether a member of what was sent or answered has this value.
    pub(super) fn has(&self, member: &str, value: &str) -> bool {
        ["requestParameters", "responseElements"]
            .iter()
            .any(|key| self.entry.get(key).is_some_and(|at| has(at, member, value)))
    }

    /// Whether the answer says of something that nothing became of what was asked: EC2 succeeds with calls whose items failed.
    pub(super) fn spares(&self, id: &str) -> bool {
        let answers = self.entry.get("responseElements").and_then(Json::as_object);
        answers.into_iter().flatten().filter_map(|(_, answer)| answer.get("unsuccessful")).any(|items| is_in(items, id))
    }

    pub(super) fn deed(&self, only_parent: bool) -> Deed {
        let text = |at: &str| Some(self.entry.pointer(at)?.as_str()?.to_owned());
        let service = self.source.split('.').next().unwrap_or_default();
        let agent = text("/userAgent").unwrap_or_default();
        Deed {
            call: format!("{service}:{}", self.name),
            at: self.at,
            by: self.by(),
            arn: text("/userIdentity/arn"),
            from: text("/sourceIPAddress"),
            by_privlink: is_word_of(&agent, &format!("app/{APPLICATION}")),
            only_parent,
            event: self.id.clone(),
        }
    }

    /// Who it was, in words. CloudTrail has a form for each kind of identity.
    fn by(&self) -> String {
        let text = |at: &str| self.entry.pointer(at)?.as_str().filter(|text| !text.is_empty());
        let session = || text("/userIdentity/arn")?.rsplit_once('/').map(|(_, name)| name);
        let named = match text("/userIdentity/type") {
            Some("Root") => Some("root"),
            Some("AWSService") => text("/userIdentity/invokedBy"),
            Some("AssumedRole" | "FederatedUser") => session(),
            // Somebody of another account, of whom no more is told.
            Some("AWSAccount") => text("/userIdentity/accountId"),
            _ => text("/userIdentity/userName"),
        };
        let known = named.or(self.user.as_deref()).or_else(|| text("/userIdentity/principalId"));
        known.unwrap_or("somebody unknown").to_owned()
    }
}

/// Whether any text in a value has a word.
fn is_in(value: &Json, word: &str) -> bool {
    match value {
        Json::String(text) => is_word_of(text, word),
        Json::Array(elements) => elements.iter().any(|element| is_in(element, word)),
        Json::Object(members) => members.values().any(|member| is_in(member, word)),
        _ => false,
    }
}

/// Whether a member of this name, however deep, has a value.
fn has(within: &Json, member: &str, value: &str) -> bool {
    match within {
        Json::Array(elements) => elements.iter().any(|element| has(element, member, value)),
        Json::Object(members) => {
            members.iter().any(|(name, one)| name == member && one.as_str() == Some(value) || has(one, member, value))
        }
        _ => false,
    }
}

/// Whether a text has a word that no other characters of a name are next to. A path does not end where another goes on.
fn is_word_of(text: &str, word: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_') || (c == '/' && word.contains('/'));
    !word.is_empty()
        && text.match_indices(word).any(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
            !before.is_some_and(goes_on) && !after.is_some_and(goes_on)
        })
}

#[cfg(test)]
mod tests {
    use super::is_word_of;

    #[test]
    fn names_are_whole_words() {
        assert!(is_word_of("vpce-1", "vpce-1") && is_word_of("a vpce-1, b", "vpce-1"));
        assert!(
            !is_word_of("vpce-12", "vpce-1") && !is_word_of("xvpce-1", "vpce-1") && !is_word_of("vpce-1-x", "vpce-1")
        );
        assert!(is_word_of("arn:aws:apigateway:us-east-1::/restapis/abc/stages/prod", "abc"));
        assert!(!is_word_of("", "a") && !is_word_of("a", ""));
        let balancer = "arn:aws:elasticloadbalancing:r:1:loadbalancer/net/x/1";
        assert!(is_word_of(balancer, balancer) && !is_word_of(&format!("{balancer}/2"), balancer));
        let agent = "aws-sdk-rust/1.3.3 ua/2.1 api/ec2/1.0 os/linux lang/rust/1.95 app/privlink";
        assert!(is_word_of(agent, "app/privlink") && !is_word_of("x app/privlinker", "app/privlink"));
    }
}
