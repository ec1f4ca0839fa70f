//! Permissions of the kinds as they are, and of small plans.

use std::collections::BTreeMap;

use privlink_model::keys::{deployment, endpoint, listener, vpc_link};
use privlink_model::{Address, ChangeSet, Role, Selector, Value};

use super::*;
use crate::policy_document::{INLINE_LIMIT, length};

const BALANCER: &str = "arn:aws:elasticloadbalancing:eu-west-1:222222222222:loadbalancer/net/pl-a/0123456789abcdef";

fn account() -> Account {
    let arn = "arn:aws:iam::222222222222:role/team/deployer".to_owned();
    let role = Role { arn, external_id: None, session_name: "privlink".to_owned(), mfa: None };
    Account {
        name: "hub".to_owned(),
        id: "222222222222".to_owned(),
        region: "eu-west-1".to_owned(),
        access: Access::Role(role),
    }
}

fn step(id: u32, kind: &'static str, op: Op, undo: Undo) -> Step {
    Step {
        id: StepId(id),
        address: Address::new("a"),
        kind,
        scope: Scope::new("222222222222", "eu-west-1"),
        op,
        call: String::new(),
        needs: BTreeSet::new(),
        undo,
        settle: None,
        token: String::new(),
        outage: None,
    }
}

fn create(id: u32, kind: &'static str, attrs: Attrs) -> Step {
    let tags = [(PROJECT_TAG, "shop"), (ADDRESS_TAG, "a"), ("team", "red")];
    let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    step(id, kind, Op::Create { attrs, tags }, Undo::Exact(UndoOp::Delete))
}

fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        project: "shop".to_owned(),
        id: String::new(),
        accounts: vec![account()],
        queries: BTreeMap::new(),
        objects: BTreeMap::new(),
        changes: ChangeSet::default(),
        steps,
        findings: Vec::new(),
        eta: None,
    }
}

fn grants(policy: &PolicyDocument) -> Vec<String> {
    policy.grants().map(|(action, resource)| format!("{action} {resource}")).collect()
}

fn wanted(steps: Vec<Step>) -> Vec<Wanted> {
    wants(&plan(steps)).into_values().flatten().collect()
}

fn find<'a>(all: &'a [Wanted], action: &str, resource: &str) -> &'a Wanted {
    all.iter()
        .find(|wanted| wanted.want.action == action && wanted.want.resource == resource)
        .unwrap_or_else(|| panic!("{action} on {resource} is not wanted: {all:#?}"))
}

#[test]
fn names_in_resources_are_attributes_of_the_kind() {
    for schema in KINDS.iter() {
        let writes = schema.write_actions.iter().map(|(_, permission)| permission);
        for permission in schema.read_actions.iter().chain(writes) {
            let mut rest = permission.resource;
            while let Some((_, key, after)) = placeholder(rest) {
                let known = matches!(key, "region" | "account") || schema.attribute(key).is_some();
                assert!(known, "{} names {key} for {}", schema.name, permission.action);
                rest = after;
            }
            let known = permission.turns_on.is_none_or(|key| schema.attribute(key).is_some());
            assert!(known, "{} has no {:?} for {}", schema.name, permission.turns_on, permission.action);
            assert!(permission.action.contains(':') && !permission.resource.starts_with("arn:"), "{permission:?}");
        }
    }
}

#[test]
fn each_call_that_writes_has_its_permission() {
    for schema in KINDS.iter() {
        let calls = [
            (Operation::Create, schema.create),
            (Operation::Update, schema.update),
            (Operation::Delete, schema.delete),
        ];
        for (operation, call) in calls {
            let actions: Vec<&str> =
                schema.write_actions.iter().filter(|(of, _)| *of == operation).map(|(_, one)| one.action).collect();
            let Some(call) = call else {
                assert!(actions.is_empty(), "{} cannot {operation:?}, yet takes {actions:?}", schema.name);
                continue;
            };
            // API Gateway's actions are verbs, not calls.
            let named = actions.iter().any(|action| action.ends_with(&format!(":{}", call.name)));
            let verb = actions.iter().any(|action| action.starts_with("apigateway:"));
            assert!(named || verb, "{} of {} is not among {actions:?}", call.name, schema.name);
        }
    }
}

#[test]
fn what_carries_tags_is_made_with_the_projects() {
    for schema in KINDS.iter().filter(|schema| schema.ownership == Ownership::Tags) {
        let made = schema.write_actions.iter().any(|(operation, permission)| {
            *operation == Operation::Create
                && matches!(permission.confined, Confined::ByRequest | Confined::ByTagging(_))
        });
        assert!(made, "{} may be made without the project's tag", schema.name);
    }
}

#[test]
fn a_check_for_drift_reads_asks_who_did_it_and_tells_one_bus() {
    let account = account();
    let read = grants(&gather_policy(&account, "shop", &[]));
    let more = |bus: Option<&str>| {
        let all = grants(&drift_policy(&account, "shop", &[], bus));
        assert!(read.iter().all(|grant| all.contains(grant)));
        all.into_iter().filter(|grant| !read.contains(grant)).collect::<Vec<_>>()
    };
    assert_eq!(more(None), ["cloudtrail:LookupEvents *"]);
    let own = format!("arn:aws:events:{}:{}:event-bus/news", account.region, account.id);
    let with = |arn: &str| {
        [
            "cloudtrail:LookupEvents *".to_owned(),
            format!("events:DescribeEventBus {arn}"),
            format!("events:PutEvents {arn}"),
        ]
    };
    assert_eq!(more(Some("news")), with(&own));
    let other = "arn:aws:events:us-east-1:999999999999:event-bus/news";
    assert_eq!(more(Some(other)), with(other));
}

#[test]
fn looking_up_takes_only_what_queries_ask_for() {
    let account = account();
    let plain = grants(&gather_policy(&account, "shop", &[]));
    assert!(plain.contains(&"ec2:DescribeVpcEndpoints *".to_owned()));
    assert!(plain.contains(&"apigateway:GET arn:aws:apigateway:eu-west-1::/restapis/*/stages".to_owned()));
    assert!(!plain.iter().any(|grant| grant.contains("DescribeVpcs") || grant.contains("TransitGateway")));
    let with = |query| grants(&gather_policy(&account, "shop", &[query]));
    let vpc = with(Query::Vpc(Selector::Name("hub".to_owned())));
    assert!(vpc.contains(&"ec2:DescribeVpcAttribute arn:aws:ec2:eu-west-1:222222222222:vpc/*".to_owned()));
    assert!(vpc.contains(&"ec2:DescribeRouteTables *".to_owned()));
    assert!(with(Query::TransitGateway("tgw-1".to_owned())).contains(&"ec2:DescribeTransitGateways *".to_owned()));
    assert!(with(Query::EndpointService("s".to_owned())).contains(&"ec2:DescribeVpcEndpointServices *".to_owned()));
    let china = Account { region: "cn-north-1".to_owned(), ..account };
    let china = grants(&gather_policy(&china, "shop", &[]));
    assert!(china.contains(&"apigateway:GET arn:aws-cn:apigateway:cn-north-1::/vpclinks".to_owned()), "{china:?}");
}

#[test]
fn reading_never_writes() {
    let queries = [Query::Vpc(Selector::Id("v".to_owned())), Query::EndpointService("s".to_owned())];
    for grant in grants(&gather_policy(&account(), "shop", &queries)) {
        assert!(grant.contains(":Describe") || grant.starts_with("apigateway:GET "), "{grant}");
    }
}

#[test]
fn a_step_needs_its_call_its_undo_and_its_reads() {
    let attrs = Attrs::new()
        .with(&endpoint::VPC, "vpc-1".to_owned())
        .with(&endpoint::SUBNETS, vec!["subnet-1".to_owned(), "subnet-2".to_owned()])
        .with_value(&endpoint::SECURITY_GROUPS, Value::of(&Address::new("g"), "id"));
    let all = wanted(vec![create(1, endpoint::KIND, attrs.clone()), create(2, endpoint::KIND, attrs)]);
    let ec2 = |rest: &str| format!("arn:aws:ec2:eu-west-1:222222222222:{rest}");
    let made = find(&all, "ec2:CreateVpcEndpoint", &ec2("vpc-endpoint/vpce-*"));
    assert_eq!(made.want.context["aws:RequestTag/privlink:project"], ["shop"]);
    assert_eq!(made.want.context["aws:RequestTag/team"], ["red"]);
    assert_eq!(made.want.context["aws:TagKeys"], ["privlink:address", "privlink:project", "team"]);
    assert_eq!(made.want.context["aws:RequestedRegion"], ["eu-west-1"]);
    assert_eq!(made.steps, BTreeSet::from([StepId(1), StepId(2)]), "one want serves both");
    assert!(!made.only_undo && !made.once);
    for resource in ["vpc/vpc-1", "subnet/subnet-1", "subnet/subnet-2", "security-group/sg-*"] {
        let on = find(&all, "ec2:CreateVpcEndpoint", &ec2(resource));
        assert!(!on.want.context.keys().any(|key| key.contains("Tag")), "{on:?}");
    }
    let tagged = find(&all, "ec2:CreateTags", &ec2("vpc-endpoint/vpce-*"));
    assert_eq!(tagged.want.context["ec2:CreateAction"], ["CreateVpcEndpoint"]);
    let undone = find(&all, "ec2:DeleteVpcEndpoints", &ec2("vpc-endpoint/vpce-*"));
    assert!(undone.only_undo);
    assert_eq!(undone.want.context["aws:ResourceTag/privlink:project"], ["shop"]);
    assert!(!find(&all, "ec2:DescribeNetworkInterfaces", "*").only_undo);
}

#[test]
fn only_turning_private_names_on_takes_the_permission_for_it() {
    let with = |on: bool| Attrs::new().with(&endpoint::PRIVATE_DNS, on);
    let update = |before: bool, after: bool| {
        let (before, after) = (with(before), with(after));
        let op = Op::Update { id: "vpce-1".to_owned(), before, after, changed: Vec::new(), phase: None };
        step(1, endpoint::KIND, op, Undo::Exact(UndoOp::Restore))
    };
    let takes = |step: Step| {
        let zone = "arn:aws:route53:::hostedzone/*";
        let is_it = |one: &Wanted| one.want.action == "route53:AssociateVPCWithHostedZone" && one.want.resource == zone;
        wanted(vec![step]).iter().any(is_it)
    };
    assert!(takes(create(1, endpoint::KIND, with(true))) && !takes(create(1, endpoint::KIND, with(false))));
    assert!(takes(update(false, true)), "by the step");
    assert!(takes(update(true, false)), "by its undo");
    assert!(!takes(update(true, true)) && !takes(update(false, false)));
    let delete = Op::Delete { id: "vpce-1".to_owned(), before: with(true) };
    assert!(!takes(step(1, endpoint::KIND, delete.clone(), Undo::None { why: String::new() })));
    assert!(takes(step(1, endpoint::KIND, delete, Undo::Recreate { loses: String::new() })));
}

#[test]
fn what_exists_is_named() {
    let before = Attrs::new().with(&listener::LOAD_BALANCER, BALANCER.to_owned());
    let id = format!("{}/fedcba9876543210", BALANCER.replace("loadbalancer", "listener"));
    let delete = step(1, listener::KIND, Op::Delete { id: id.clone(), before }, Undo::Exact(UndoOp::Recreate));
    let all = wanted(vec![delete]);
    find(&all, "elasticloadbalancing:DeleteListener", &id);
    assert!(find(&all, "elasticloadbalancing:CreateListener", BALANCER).only_undo);
    let attrs = Attrs::new().with(&deployment::API, "api1".to_owned());
    let all = wanted(vec![create(1, deployment::KIND, attrs)]);
    find(&all, "apigateway:POST", "arn:aws:apigateway:eu-west-1::/restapis/api1/deployments");
}

#[test]
fn a_role_that_aws_makes_once_is_told_apart() {
    let all = wanted(vec![create(1, vpc_link::KIND, Attrs::new())]);
    let once: Vec<&Wanted> = all.iter().filter(|wanted| wanted.once).collect();
    assert!(matches!(once.as_slice(), [one] if one.want.action == "iam:CreateServiceLinkedRole"), "{once:?}");
    assert_eq!(once[0].want.context["iam:AWSServiceName"], ["ops.apigateway.amazonaws.com"]);
}

#[test]
fn a_plans_policy_allows_what_it_wants_and_no_other_account() {
    let plan = plan(vec![create(1, vpc_link::KIND, Attrs::new())]);
    let policy = plan_policy(&account(), &plan);
    let text = policy.documents()[0].to_string();
    assert!(text.contains(r#""iam:SimulatePrincipalPolicy""#) && text.contains("role/team/deployer"), "{text}");
    let allowed: BTreeSet<&str> = policy.grants().map(|(action, _)| action).collect();
    for wanted in wants(&plan).into_values().flatten() {
        assert!(allowed.contains(wanted.want.action.as_str()), "{}", wanted.want.action);
    }
    let other = Account { id: "111111111111".to_owned(), ..account() };
    assert!(grants(&plan_policy(&other, &plan)).iter().all(|grant| !grant.contains(":POST")));
}

#[test]
fn all_kinds_together_fit_inline() {
    let writes = KINDS.iter().filter(|schema| schema.create.is_some());
    let steps: Vec<Step> = writes
        .flat_map(|schema| {
            let update = Op::Update {
                id: "x".to_owned(),
                before: Attrs::new(),
                after: Attrs::new(),
                changed: Vec::new(),
                phase: None,
            };
            [create(1, schema.name, Attrs::new()), step(2, schema.name, update, Undo::Exact(UndoOp::Restore))]
        })
        .collect();
    let documents = plan_policy(&account(), &plan(steps)).documents();
    let together: usize = documents.iter().map(length).sum();
    assert!(together <= INLINE_LIMIT, "{together} characters in {} documents", documents.len());
}
