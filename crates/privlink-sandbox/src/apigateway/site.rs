//! One request, with its view of the world: what all of API Gateway's operations share.

use super::fault::not_found;
use super::state::{RestApi, State, User};
use crate::wire::{Call, Fault, Reply};
use crate::world::World;
use serde_json::{Map, Value, json};

/// The world as one request sees it.
pub(super) struct Site<'w> {
    pub(super) world: &'w mut World,
    pub(super) call: &'w Call,
}

impl Site<'_> {
    /// Gives what the caller's account holds in the region.
    pub(super) fn state(&self) -> &State {
        &self.world.scope(&self.call.account, &self.call.region).gateway
    }

    /// Gives what the caller's account holds in the region, to be changed.
    pub(super) fn state_mut(&mut self) -> &mut State {
        &mut self.world.scope_mut(&self.call.account, &self.call.region).gateway
    }

    /// Gives an API, or AWS's error for one that is not there.
    pub(super) fn api(&self, id: &str) -> Result<&RestApi, Fault> {
        self.state().apis.get(id).ok_or_else(|| unknown_api(self.call, id))
    }

    /// Gives an API, to be changed.
    pub(super) fn api_mut(&mut self, id: &str) -> Result<&mut RestApi, Fault> {
        let call = self.call;
        self.state_mut().apis.get_mut(id).ok_or_else(|| unknown_api(call, id))
    }

    /// Gives the partition that the region is in.
    pub(super) fn partition(&self) -> &'static str {
        match self.call.region.as_str() {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// Tells whether any account of the region has this VPC endpoint: an API may name another account's.
    pub(super) fn endpoint_exists(&self, id: &str) -> bool {
        let here = format!("/{}", self.call.region);
        let scopes = self.world.scopes.iter().filter(|(key, _)| key.ends_with(&here));
        scopes.into_iter().any(|(_, scope)| scope.ec2.endpoints.contains_key(id))
    }

    /// Notes that a method is deleted while it names a VPC link: AWS counts the link as used from then on.
    pub(super) fn leave_dangling(&mut self, api: &str, resource: &str, verb: &str) {
        let found = self.api(api).ok().and_then(|api| api.definition.resources.get(resource)?.methods.get(verb));
        let integration = found.and_then(|method| method.method_integration.as_ref());
        let named = integration.and_then(|integration| integration.literal_link().map(str::to_owned));
        let link = named.and_then(|id| self.state_mut().links.get_mut(&id));
        if let Some(link) = link {
            let user = User { api: api.to_owned(), method: format!("{verb}:{resource}") };
            if !link.dangling.contains(&user) {
                link.dangling.push(user);
            }
        }
    }
}

fn unknown_api(call: &Call, id: &str) -> Fault {
    not_found(format!("Invalid API identifier specified {}:{id}", call.account))
}

/// Answers with a list as all but GetStages do: `item`, and `position` when there is more.
pub(super) fn listing(items: Vec<Value>, position: Option<String>) -> Reply {
    let mut out = Map::new();
    if let Some(position) = position {
        out.insert("position".into(), json!(position));
    }
    out.insert("item".into(), Value::Array(items));
    Reply::json(200, &Value::Object(out))
}
