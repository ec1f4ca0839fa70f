//! SimulatePrincipalPolicy: what a role's policies would say to actions on objects, without doing any.
//!
//! One result for each action, with one for each object inside when objects are named, as AWS has answered since 2026.

use super::condition::Context;
use super::demand::Demand;
use super::policies;
use super::policy::{Decision, Weighed, weigh};
use crate::wire::{Call, Fault, Params, Reply};
use crate::world::World;
use crate::xml::Xml;

const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// Tells whether there is an operation of this name.
pub(crate) fn offers(operation: &str) -> bool {
    operation == "SimulatePrincipalPolicy"
}

/// Answers an IAM request.
pub(crate) fn handle(world: &World, call: &Call) -> Result<Reply, Fault> {
    let params = Params::read(call);
    match params.get("Action") {
        Some("SimulatePrincipalPolicy") => simulate(world, call, &params),
        Some(other) => {
            let version = params.get("Version").unwrap_or_default();
            let message = format!("Could not find operation {other} for version {version}");
            Err(Fault::new(400, "InvalidAction", message))
        }
        None => Err(Fault::new(400, "MissingAction", "Could not find operation without an action")),
    }
}

/// An action, and what is said to it on each object.
struct Evaluated {
    action: String,
    objects: Vec<(String, Weighed)>,
}

fn simulate(world: &World, call: &Call, params: &Params) -> Result<Reply, Fault> {
    let source = params.get("PolicySourceArn").filter(|arn| !arn.is_empty());
    let source = source.ok_or_else(|| unfit("policySourceArn", "Member must not be null"))?;
    check_exists(world, call, source)?;
    let actions = params.members("ActionNames");
    if actions.is_empty() {
        return Err(unfit("actionNames", "Member must not be null"));
    }
    if let Some(bad) = actions.iter().find(|action| !is_action(action)) {
        return Err(Fault::new(400, "InvalidInput", format!("Invalid Action Name Format: {bad}")));
    }
    let named = params.members("ResourceArns");
    if let Some(bad) = named.iter().find(|arn| *arn != "*" && arn.splitn(6, ':').count() != 6) {
        return Err(Fault::new(400, "InvalidInput", format!("Invalid Resource ARN: {bad}")));
    }
    let context = context(params)?;
    let objects = if named.is_empty() { vec!["*".to_owned()] } else { named.clone() };
    let statements = policies(world, &call.account, source);
    let judge = |action: &String, resource: &String| {
        let demand = Demand { action: action.clone(), resource: resource.clone(), context: context.clone() };
        let all = || Weighed { decision: Decision::Allowed, missing: Default::default() };
        (resource.clone(), statements.map_or_else(all, |statements| weigh(statements, &demand)))
    };
    let results: Vec<Evaluated> = actions
        .iter()
        .map(|action| Evaluated {
            action: action.clone(),
            objects: objects.iter().map(|resource| judge(action, resource)).collect(),
        })
        .collect();
    answer(call, params, &results, !named.is_empty())
}

fn answer(call: &Call, params: &Params, results: &[Evaluated], named: bool) -> Result<Reply, Fault> {
    let most = params.integer("MaxItems")?.unwrap_or(100);
    let most = usize::try_from(most).ok().filter(|most| (1..=1000).contains(most));
    let most = most.ok_or_else(|| unfit("maxItems", "Member must have value between 1 and 1000"))?;
    let from: usize = match params.get("Marker") {
        Some(marker) => marker.parse().map_err(|_| Fault::new(400, "ValidationError", "Invalid Marker."))?,
        None => 0,
    };
    let page: Vec<&Evaluated> = results.iter().skip(from).take(most).collect();
    let next = Some(from + page.len()).filter(|next| *next < results.len());
    let mut xml = Xml::with_namespace("SimulatePrincipalPolicyResponse", NAMESPACE);
    xml.node("SimulatePrincipalPolicyResult", |x| {
        x.text("IsTruncated", next.is_some());
        x.maybe("Marker", next);
        x.members("EvaluationResults", page, |x, result| result.write(x, named));
    });
    xml.node("ResponseMetadata", |x| {
        x.text("RequestId", &call.request_id);
    });
    Ok(Reply::xml(200, xml.finish()))
}

impl Evaluated {
    fn write(&self, x: &mut Xml, named: bool) {
        // The most restrictive of all objects speaks for the action.
        let decision = self.objects.iter().map(|(_, weighed)| weighed.decision).max().unwrap_or(Decision::ImplicitDeny);
        let resource = match self.objects.as_slice() {
            [(one, _)] => one.as_str(),
            _ => "*",
        };
        x.text("EvalActionName", &self.action).text("EvalResourceName", resource);
        x.text("EvalDecision", decision.word());
        x.node("MatchedStatements", |_| {});
        // Where objects are named, what is missing is said of each of them instead.
        let missing = self.objects.iter().filter(|_| !named).flat_map(|(_, weighed)| &weighed.missing);
        x.texts("MissingContextValues", "member", missing);
        if named {
            x.members("ResourceSpecificResults", &self.objects, |x, (resource, weighed)| {
                x.text("EvalResourceName", resource).text("EvalResourceDecision", weighed.decision.word());
                x.node("MatchedStatements", |_| {});
                x.texts("MissingContextValues", "member", &weighed.missing);
            });
        }
    }
}

fn check_exists(world: &World, call: &Call, source: &str) -> Result<(), Fault> {
    let own = format!("arn:aws:iam::{}:", call.account);
    let absent = || Fault::new(404, "NoSuchEntity", format!("The policy source {source} cannot be found."));
    match source.strip_prefix(&own) {
        Some("user/sandbox") if call.account == world.ambient => Ok(()),
        Some(path) => {
            let role = path.strip_prefix("role/").and_then(|name| world.accounts.get(&call.account)?.roles.get(name));
            role.map(|_| ()).ok_or_else(absent)
        }
        None if source.starts_with("arn:") => Err(absent()),
        None => Err(Fault::new(400, "InvalidInput", format!("Invalid Entity Arn: {source}"))),
    }
}

fn context(params: &Params) -> Result<Context, Fault> {
    let mut context = Context::new();
    for entry in params.structs("ContextEntries.member") {
        let key = entry.get("ContextKeyName").unwrap_or_default();
        let values = entry.members("ContextKeyValues");
        if key.is_empty() || entry.get("ContextKeyType").is_none() {
            return Err(unfit("contextEntries", "A context entry needs a name and a type"));
        }
        if context.insert(key.to_lowercase(), values).is_some() {
            return Err(Fault::new(400, "InvalidInput", format!("Duplicate context key: {key}")));
        }
    }
    Ok(context)
}

fn is_action(name: &str) -> bool {
    let good = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    name.split_once(':').is_some_and(|(service, action)| good(service) && good(action))
}

fn unfit(member: &str, constraint: &str) -> Fault {
    let message =
        format!("1 validation error detected: Value at '{member}' failed to satisfy constraint: {constraint}");
    Fault::new(400, "ValidationError", message)
}
