//! Questions and answers of the simulation, without any call.

use aws_sdk_iam::types::{OrganizationsDecisionDetail, PermissionsBoundaryDecisionDetail, ResourceSpecificResult};

use super::*;

fn want(action: &str, resource: &str, context: &[(&str, &str)]) -> Want {
    let context = context.iter().map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()])).collect();
    Want { action: action.to_owned(), resource: resource.to_owned(), context }
}

#[test]
fn callers_are_users_roles_or_beyond_all_policies() {
    assert_eq!(entity("arn:aws:iam::1:root"), Entity::Root);
    assert_eq!(entity("arn:aws:iam::1:user/a/b"), Entity::Named("arn:aws:iam::1:user/a/b".to_owned()));
    let session = "arn:aws-cn:sts::1:assumed-role/deployer/me@x";
    assert_eq!(entity(session), Entity::Named("arn:aws-cn:iam::1:role/deployer".to_owned()));
    for other in ["arn:aws:sts::1:federated-user/x", "", "x"] {
        assert_eq!(entity(other), Entity::Unknown(other.to_owned()));
    }
}

#[test]
fn one_question_asks_for_all_that_is_wanted_under_one_context() {
    let wants = [
        want("a:1", "r1", &[]),
        want("a:2", "r1", &[]),
        want("a:1", "r2", &[]),
        want("a:3", "r2", &[("k", "v")]),
        want("a:1", "*", &[]),
        want("a:2", "*", &[]),
    ];
    let questions = questions(&wants);
    assert_eq!(questions.len(), 3, "{questions:?}");
    for want in &wants {
        let asks = |one: &Question| {
            let on = one.resources.contains(&want.resource) || (one.resources.is_empty() && want.resource == "*");
            on && one.context == want.context && one.actions.contains(&want.action)
        };
        assert_eq!(questions.iter().filter(|one| asks(one)).count(), 1, "{want:?}");
    }
    let many: Vec<Want> = (0..100).map(|number| want("a:1", &format!("r{number}"), &[])).collect();
    assert!(super::questions(&many).iter().all(|one| one.resources.len() <= MOST));
    assert_eq!(super::questions(&many).iter().map(|one| one.resources.len()).sum::<usize>(), 100);
    assert_eq!(super::questions(&[]), []);
}

fn result(decision: Decision) -> aws_sdk_iam::types::builders::EvaluationResultBuilder {
    EvaluationResult::builder().eval_action_name("ec2:CreateVpcEndpoint").eval_decision(decision)
}

fn specific(resource: &str, decision: Decision, missing: &[&str]) -> ResourceSpecificResult {
    let missing = missing.iter().map(|key| (*key).to_owned()).collect();
    ResourceSpecificResult::builder()
        .eval_resource_name(resource)
        .eval_resource_decision(decision)
        .set_missing_context_values(Some(missing))
        .build()
        .unwrap()
}

fn said(result: EvaluationResult, resource: &str) -> Option<Verdict> {
    verdicts(std::iter::once(result)).remove(&("ec2:createvpcendpoint".to_owned(), resource.to_owned()))
}

#[test]
fn what_is_said_of_each_resource_counts() {
    let all = || {
        result(Decision::ExplicitDeny)
            .resource_specific_results(specific("r1", Decision::Allowed, &[]))
            .resource_specific_results(specific("r2", Decision::ImplicitDeny, &[]))
            .resource_specific_results(specific("r3", Decision::ExplicitDeny, &[]))
            .resource_specific_results(specific("r4", Decision::ImplicitDeny, &["ec2:VpceServiceName"]))
            .build()
            .unwrap()
    };
    assert_eq!(said(all(), "r1"), Some(Verdict::Allowed));
    assert_eq!(said(all(), "r2"), Some(Verdict::Denied(Denial::NotAllowed)));
    assert_eq!(said(all(), "r3"), Some(Verdict::Denied(Denial::Forbidden)));
    assert_eq!(said(all(), "r4"), Some(Verdict::Open));
    assert_eq!(said(all(), "*"), None, "the worst of all is said of none");
}

#[test]
fn without_resources_the_action_counts() {
    let plain = result(Decision::ImplicitDeny).eval_resource_name("*").build().unwrap();
    assert_eq!(said(plain, "*"), Some(Verdict::Denied(Denial::NotAllowed)));
    let older = result(Decision::Allowed).eval_resource_name("r1").build().unwrap();
    assert_eq!(said(older, "r1"), Some(Verdict::Allowed));
}

#[test]
fn organizations_and_boundaries_are_told_apart() {
    let organization = OrganizationsDecisionDetail::builder().allowed_by_organizations(false).build();
    let refused = result(Decision::ImplicitDeny).organizations_decision_detail(organization).build().unwrap();
    assert_eq!(said(refused, "*"), Some(Verdict::Denied(Denial::Organization)));
    let boundary = PermissionsBoundaryDecisionDetail::builder().allowed_by_permissions_boundary(false).build();
    let refused = result(Decision::ImplicitDeny).permissions_boundary_decision_detail(boundary).build().unwrap();
    assert_eq!(said(refused, "*"), Some(Verdict::Denied(Denial::Boundary)));
}
