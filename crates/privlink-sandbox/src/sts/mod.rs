//! STS: owns who a caller is and which roles may be assumed.
//!
//! Credentials are stateless: the session token says what they stand for, as AWS's own do, so that a restart does not
//! invalidate them. They are no secret and protect nothing; signatures are not verified. Read next: `credential.rs`.

mod credential;

pub(crate) use credential::{Unknown, identify, role_id};

use crate::clock::wall_now;
use crate::wire::{Call, Fault, Params, Reply};
use crate::world::World;
use crate::xml::Xml;
use credential::Session;
use std::time::Duration;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Tells whether there is an operation of this name.
pub(crate) fn offers(operation: &str) -> bool {
    matches!(operation, "AssumeRole" | "GetCallerIdentity")
}

/// Answers an STS request.
pub(crate) fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let params = Params::read(call);
    match params.get("Action") {
        Some("AssumeRole") => assume_role(world, call, &params),
        Some("GetCallerIdentity") => caller_identity(call),
        Some(other) => {
            let version = params.get("Version").unwrap_or_default();
            let message = format!("Could not find operation {other} for version {version}");
            Err(Fault::new(400, "InvalidAction", message))
        }
        None => Err(Fault::new(400, "MissingAction", "Could not find operation without an action")),
    }
}

fn assume_role(world: &mut World, call: &Call, params: &Params) -> Result<Reply, Fault> {
    let arn = params.get("RoleArn").unwrap_or_default();
    let session = params.get("RoleSessionName").unwrap_or_default();
    if !(20..=2048).contains(&arn.len()) {
        return Err(unfit("roleArn", arn, "Member must have length between 20 and 2048"));
    }
    let good = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !(2..=64).contains(&session.len()) || !session.chars().all(good) {
        return Err(unfit(
            "roleSessionName",
            session,
            "Member must satisfy regular expression pattern: [\\w+=,.@-]{2,64}",
        ));
    }
    let seconds = params.integer("DurationSeconds")?.unwrap_or(3600);
    if !(900..=43200).contains(&seconds) {
        let value = seconds.to_string();
        return Err(unfit("durationSeconds", &value, "Member must have value between 900 and 43200"));
    }
    if seconds > 3600 {
        // A role's own limit is an hour unless raised, and no role here has it raised.
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(Fault::new(400, "ValidationError", message));
    }
    // What does not exist and what is not allowed cannot be told apart from outside.
    let role =
        arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":role/")).and_then(|(account, path)| {
            let role = world.accounts.get(account)?.roles.get(path)?;
            let allowed = role.external_id.is_none() || role.external_id.as_deref() == params.get("ExternalId");
            allowed.then(|| (account.to_owned(), path.rsplit('/').next().unwrap_or(path).to_owned()))
        });
    let Some((account, name)) = role else {
        let message =
            format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}", call.principal_arn);
        return Err(Fault::new(403, "AccessDenied", message));
    };
    let expires = wall_now().plus(Duration::from_secs(seconds.unsigned_abs()));
    let new = Session { account, role: name, session: session.to_owned(), expires };
    let secret = world.ids.alnum(40);
    answer(call, "AssumeRole", |x| {
        x.node("AssumedRoleUser", |x| {
            x.text("AssumedRoleId", format!("{}:{session}", new.role_id())).text("Arn", new.arn());
        });
        x.node("Credentials", |x| {
            x.text("AccessKeyId", new.access_key())
                .text("SecretAccessKey", secret)
                .text("SessionToken", new.token())
                .text("Expiration", expires.rfc3339());
        });
    })
}

fn caller_identity(call: &Call) -> Result<Reply, Fault> {
    let user = match call.principal_arn.rsplit_once('/') {
        Some((role, session)) if role.contains(":assumed-role/") => {
            format!("{}:{session}", credential::role_id(&call.account, role.rsplit('/').next().unwrap_or_default()))
        }
        _ => format!("AIDA{}", crate::ids::stable_hex(&call.principal_arn, 16).to_uppercase()),
    };
    answer(call, "GetCallerIdentity", |x| {
        x.text("Arn", &call.principal_arn).text("UserId", user).text("Account", &call.account);
    })
}

fn answer(call: &Call, action: &str, write: impl FnOnce(&mut Xml)) -> Result<Reply, Fault> {
    let mut xml = Xml::with_namespace(&format!("{action}Response"), NAMESPACE);
    xml.node(&format!("{action}Result"), write);
    xml.node("ResponseMetadata", |x| {
        x.text("RequestId", &call.request_id);
    });
    Ok(Reply::xml(200, xml.finish()))
}

fn unfit(member: &str, value: &str, constraint: &str) -> Fault {
    let message = format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    );
    Fault::new(400, "ValidationError", message)
}
