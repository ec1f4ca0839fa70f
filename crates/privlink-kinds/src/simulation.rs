//! What an account's credentials lack, asked of IAM's own simulation: it weighs policies and does nothing.
//!
//! Owns: whose policies are asked about, how questions are put together, what an answer means.
//! Refuses to know: what a plan wants (`permissions`), what is done about a lack.
//! Read next: `permissions`.
//!
//! The simulation sees the principal's own policies, those of its groups, its permissions boundary and the organization's
//! service control policies. It does not see policies of resources, resource control policies, policies of endpoints, nor
//! what a session was confined by when it was begun. A denial that hangs on a condition key nobody could name beforehand
//! is no lack: the call itself may well be allowed.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::operation::simulate_principal_policy::builders::SimulatePrincipalPolicyFluentBuilder;
use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType as Decision,
};
use futures_util::future::try_join_all;
use privlink_model::{Access, CloudError, Denial, ErrorClass, Lack, Scope, Unread, Want};

use crate::connect::Connections;
use crate::live::answered;
use crate::session::Session;

const IDENTIFY: &str = "sts:GetCallerIdentity";
const SIMULATE: &str = "iam:SimulatePrincipalPolicy";

/// Answers in one page, and as much as one call asks: AWS takes more, but weighs each action on each resource.
const MOST: usize = 40;

/// Finds out what the credentials of a scope lack. An error means that it cannot be known.
pub(crate) async fn lacking(connections: &Connections, scope: &Scope, wants: &[Want]) -> Result<Vec<Lack>, Unread> {
    let session = connections.session(scope);
    let asked = async {
        session.check_credentials().await?;
        let Some(principal) = principal(&session).await? else { return Ok(Vec::new()) };
        let client = connections.iam(scope);
        let answers = questions(wants).into_iter().map(|question| {
            let call = question.call(client.simulate_principal_policy().policy_source_arn(&principal));
            async {
                let pages = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
                pages.map_err(|error| session.error(SIMULATE, error))
            }
        });
        let verdicts = verdicts(try_join_all(answers).await?.into_iter().flatten());
        let judged: Result<Vec<Option<Lack>>, CloudError> =
            wants.iter().map(|want| judge(&session, want, &verdicts)).collect();
        judged.map(|lacks| lacks.into_iter().flatten().collect())
    };
    asked.await.map_err(|error: CloudError| session.unread(&error))
}

/// Whose policies decide; none for the root user, whom no policy of the account confines.
async fn principal(session: &Session) -> Result<Option<String>, CloudError> {
    if let Access::Role(role) = &session.account.access {
        return Ok(Some(role.arn.clone()));
    }
    let answer = session.clients.sts.get_caller_identity().send().await;
    let answer = answer.map_err(|error| session.error(IDENTIFY, error))?;
    match entity(&answered(session, IDENTIFY, answer.arn())?) {
        Entity::Root => Ok(None),
        Entity::Named(arn) => Ok(Some(arn)),
        Entity::Unknown(arn) => {
            let words = format!("{arn} is neither a user nor a role, and IAM simulates no other");
            Err(session.failure(ErrorClass::Refused, SIMULATE, "", words))
        }
    }
}

/// What the simulation can be asked about.
#[derive(Debug, PartialEq, Eq)]
enum Entity {
    Root,
    Named(String),
    Unknown(String),
}

/// The user or role behind a caller. A session's ARN lacks the path of its role; where the role has one, IAM does not find
/// it, and what it lacks stays unknown.
fn entity(caller: &str) -> Entity {
    let mut parts = caller.splitn(6, ':');
    let (partition, account, rest) = (parts.nth(1), parts.nth(2), parts.next());
    let (Some(partition), Some(account), Some(rest)) = (partition, account, rest) else {
        return Entity::Unknown(caller.to_owned());
    };
    match rest.split('/').collect::<Vec<_>>().as_slice() {
        ["root"] => Entity::Root,
        ["user", ..] => Entity::Named(caller.to_owned()),
        ["assumed-role", role, _session] => Entity::Named(format!("arn:{partition}:iam::{account}:role/{role}")),
        _ => Entity::Unknown(caller.to_owned()),
    }
}

type Context = BTreeMap<String, Vec<String>>;
type Texts<'a> = BTreeSet<&'a str>;

/// One call: each of the actions on each of the resources, under one context.
#[derive(Debug, PartialEq, Eq)]
struct Question {
    actions: Vec<String>,
    /// Empty for actions that know no resources.
    resources: Vec<String>,
    context: Context,
}

/// The fewest questions: one for all that is wanted under one context. AWS weighs each action on each resource; what is said
/// of pairs that nobody wants is passed over.
fn questions(wants: &[Want]) -> Vec<Question> {
    let mut asked: BTreeMap<(&Context, bool), (Texts<'_>, Texts<'_>)> = BTreeMap::new();
    for want in wants {
        let (actions, resources) = asked.entry((&want.context, want.resource == "*")).or_default();
        actions.insert(&want.action);
        resources.insert(&want.resource);
    }
    let pieces = |texts: Texts<'_>| -> Vec<Vec<String>> {
        let texts: Vec<String> = texts.into_iter().map(str::to_owned).collect();
        texts.chunks(MOST).map(<[String]>::to_vec).collect()
    };
    let mut questions = Vec::new();
    for ((context, anywhere), (actions, resources)) in asked {
        let resources = if anywhere { vec![Vec::new()] } else { pieces(resources) };
        for actions in pieces(actions) {
            for resources in &resources {
                questions.push(Question {
                    actions: actions.clone(),
                    resources: resources.clone(),
                    context: context.clone(),
                });
            }
        }
    }
    questions
}

impl Question {
    fn call(self, call: SimulatePrincipalPolicyFluentBuilder) -> SimulatePrincipalPolicyFluentBuilder {
        let entry = |(key, values): (String, Vec<String>)| {
            // The one key of requests that has many values.
            let many = key == "aws:TagKeys";
            let kind = if many { ContextKeyTypeEnum::StringList } else { ContextKeyTypeEnum::String };
            let entry = ContextEntry::builder().context_key_name(key).context_key_type(kind);
            entry.set_context_key_values(Some(values)).build()
        };
        call.set_action_names(Some(self.actions))
            .set_resource_arns(Some(self.resources).filter(|resources| !resources.is_empty()))
            .set_context_entries(Some(self.context.into_iter().map(entry).collect()))
    }
}

/// What is said of one action on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    Allowed,
    Denied(Denial),
    /// Denied for want of a condition key.
    Open,
}

/// By action, in lower case, and resource.
type Verdicts = BTreeMap<(String, String), Verdict>;

/// Reads the answers. Where resources were named, what counts is said of each of them; of the action as a whole AWS says
/// the worst. Older answers have one result for each of them instead.
fn verdicts(results: impl Iterator<Item = EvaluationResult>) -> Verdicts {
    let mut verdicts = Verdicts::new();
    for result in results {
        let action = result.eval_action_name().to_lowercase();
        let organization = result.organizations_decision_detail();
        let organization = organization.is_some_and(|detail| !detail.allowed_by_organizations());
        let boundary = result.permissions_boundary_decision_detail();
        let boundary = boundary.is_some_and(|detail| !detail.allowed_by_permissions_boundary());
        let verdict = |decision: &Decision, missing: &[String], boundary: bool| match decision {
            Decision::Allowed => Verdict::Allowed,
            _ if !missing.is_empty() => Verdict::Open,
            _ if organization => Verdict::Denied(Denial::Organization),
            Decision::ExplicitDeny => Verdict::Denied(Denial::Forbidden),
            _ if boundary => Verdict::Denied(Denial::Boundary),
            _ => Verdict::Denied(Denial::NotAllowed),
        };
        for one in result.resource_specific_results() {
            let detail = one.permissions_boundary_decision_detail();
            let boundary = detail.map_or(boundary, |detail| !detail.allowed_by_permissions_boundary());
            let said = verdict(one.eval_resource_decision(), one.missing_context_values(), boundary);
            verdicts.insert((action.clone(), one.eval_resource_name().to_owned()), said);
        }
        if result.resource_specific_results().is_empty() {
            let resource = result.eval_resource_name().unwrap_or("*").to_owned();
            let said = verdict(result.eval_decision(), result.missing_context_values(), boundary);
            verdicts.insert((action, resource), said);
        }
    }
    verdicts
}

fn judge(session: &Session, want: &Want, verdicts: &Verdicts) -> Result<Option<Lack>, CloudError> {
    match verdicts.get(&(want.action.to_lowercase(), want.resource.clone())) {
        Some(Verdict::Denied(denial)) => Ok(Some(Lack { want: want.clone(), denial: *denial })),
        Some(Verdict::Allowed | Verdict::Open) => Ok(None),
        None => {
            let words = format!("the answer says nothing of {} on {}", want.action, want.resource);
            Err(session.failure(ErrorClass::Unreadable, SIMULATE, "", words))
        }
    }
}

#[cfg(test)]
mod tests;
