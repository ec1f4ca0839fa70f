//! The account's settings, one object for all APIs of a region.
//!
//! Without the CloudWatch role no stage may log. That the role exists is checked; what it permits is not known here.

use super::fault::bad_request;
use super::input::patches;
use super::site::Site;
use super::state::Account;
use crate::wire::{Fault, Reply};
use serde_json::{Map, Value, json};

fn render(account: &Account) -> Value {
    let mut out = Map::new();
    if let Some(role) = &account.cloudwatch_role {
        out.insert("cloudwatchRoleArn".into(), json!(role));
    }
    out.insert("throttleSettings".into(), json!({ "burstLimit": 5000, "rateLimit": 10000.0 }));
    out.insert("features".into(), json!(["UsagePlans"]));
    out.insert("apiKeyVersion".into(), json!("4"));
    Value::Object(out)
}

/// Answers GetAccount.
pub(super) fn get(site: &Site) -> Result<Reply, Fault> {
    Ok(Reply::json(200, &render(&site.state().account)))
}

/// Answers UpdateAccount.
pub(super) fn update(site: &mut Site) -> Result<Reply, Fault> {
    let patches = patches(site.call, "updateAccountInput")?;
    let mut account = site.state().account.clone();
    for patch in &patches {
        if patch.path != "/cloudwatchRoleArn" {
            return Err(patch.unknown_path());
        }
        patch.only_replace()?;
        let arn = patch.value();
        let prefix = format!("arn:{}:iam::{}:role/", site.partition(), site.call.account);
        let Some(path) = arn.strip_prefix(&prefix) else {
            return Err(bad_request("The role ARN is not well formed"));
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        let roles = site.world.accounts.get(&site.call.account).map(|account| &account.roles);
        if !roles.is_some_and(|roles| roles.contains_key(name)) {
            return Err(bad_request(
                "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add the required role policy.",
            ));
        }
        account.cloudwatch_role = Some(arn.to_owned());
    }
    let answer = render(&account);
    site.state_mut().account = account;
    Ok(Reply::json(200, &answer))
}
