//! VPC links: their states, and what they and their load balancer keep from being deleted.

use super::{Asker, REGION, mock, over_link, refused, refused_as, text};
use crate::fate::Fate;
use crate::{ec2, elbv2};
use serde_json::json;

fn delete_nlb(ask: &mut Asker) -> Result<crate::wire::Reply, crate::wire::Fault> {
    let arn = ask.nlb.clone();
    let pairs = [("Action", "DeleteLoadBalancer"), ("LoadBalancerArn", arn.as_str())];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let call = crate::wire::Call {
        account: ask.account.to_owned(),
        region: REGION.to_owned(),
        method: "POST".to_owned(),
        body: body.into_bytes(),
        ..crate::wire::Call::default()
    };
    ask.world.settle();
    elbv2::handle(&mut ask.world, &call)
}

#[test]
fn a_link_is_pending_then_available_then_deleting_then_gone() {
    let mut ask = Asker::new();
    let nlb = ask.nlb.clone();
    let made = ask.post("/vpclinks", json!({ "name": "hub", "targetArns": [nlb], "tags": { "a": "1" } })).unwrap();
    let path = format!("/vpclinks/{}", text(&made, "id"));
    assert_eq!((made["status"].as_str(), made.get("statusMessage")), (Some("PENDING"), None));
    assert_eq!((&made["targetArns"], &made["tags"]), (&json!([nlb]), &json!({ "a": "1" })));
    ask.later(179);
    assert_eq!(ask.get(&path).unwrap()["status"], "PENDING");
    ask.later(1);
    let ready = ask.get(&path).unwrap();
    assert_eq!(
        (&ready["status"], &ready["statusMessage"]),
        (&json!("AVAILABLE"), &json!("Your vpc link is ready for use"))
    );
    assert_eq!(delete_nlb(&mut ask).unwrap_err().code, "ResourceInUse");
    ask.delete(&path).unwrap();
    assert_eq!(ask.get(&path).unwrap()["status"], "DELETING");
    assert_eq!(delete_nlb(&mut ask).unwrap_err().code, "ResourceInUse", "in use until the link is really gone");
    ask.later(60);
    refused(ask.get(&path), "NotFoundException", "Invalid Vpc Link identifier specified");
    refused(ask.delete(&path), "NotFoundException", "Invalid Vpc Link identifier specified");
    delete_nlb(&mut ask).unwrap();
}

#[test]
fn a_fault_makes_a_link_fail_stay_pending_or_never_go() {
    let day = 24 * 3600;
    let mut ask = Asker::new();
    let wanted = json!({ "name": "hub", "targetArns": [ask.nlb] });
    ask.world.fate = Fate::Failed("a mishap".to_owned());
    let path = format!("/vpclinks/{}", text(&ask.post("/vpclinks", wanted.clone()).unwrap(), "id"));
    ask.world.fate = Fate::Usual;
    assert_eq!(ask.get(&path).unwrap()["status"], "PENDING");
    ask.later(day);
    let failed = ask.get(&path).unwrap();
    assert_eq!((&failed["status"], &failed["statusMessage"]), (&json!("FAILED"), &json!("a mishap")));
    ask.delete(&path).unwrap();
    ask.later(60);
    ask.world.fate = Fate::Never;
    let path = format!("/vpclinks/{}", text(&ask.post("/vpclinks", wanted).unwrap(), "id"));
    ask.later(day);
    assert_eq!(ask.get(&path).unwrap()["status"], "PENDING");
    ask.delete(&path).unwrap();
    ask.world.fate = Fate::Usual;
    ask.later(day);
    assert_eq!(ask.get(&path).unwrap()["status"], "DELETING");
    assert_eq!(delete_nlb(&mut ask).unwrap_err().code, "ResourceInUse");
}

#[test]
fn a_link_that_cannot_stand_fails_only_when_pending_ends() {
    let mut ask = Asker::new();
    let first = ask.link();
    let nlb = ask.nlb.clone();
    let missing = nlb.replace("shared", "missing");
    for (target, reason) in
        [(nlb.clone(), "NLB is already associated with another VPC Endpoint Service"), (missing, "was not found")]
    {
        let made = ask.post("/vpclinks", json!({ "name": "x", "targetArns": [target] })).unwrap();
        let path = format!("/vpclinks/{}", text(&made, "id"));
        assert_eq!(ask.get(&path).unwrap()["status"], "PENDING");
        ask.later(180);
        let failed = ask.get(&path).unwrap();
        assert_eq!(failed["status"], "FAILED");
        assert!(text(&failed, "statusMessage").contains(reason), "{failed}");
        ask.delete(&path).unwrap();
    }
    ask.later(60);
    assert_eq!(ask.get(&format!("/vpclinks/{first}")).unwrap()["status"], "AVAILABLE");
    let still = ec2::service_on_load_balancer(&ask.world, ask.account, REGION, &nlb);
    assert!(still.is_some(), "a failed link takes nothing away from the one that stands");
}

#[test]
fn a_link_on_a_load_balancer_that_is_not_active_yet_fails() {
    let mut ask = Asker::new();
    let now = ask.world.now();
    let lbs = &mut ask.world.scope_mut(ask.account, REGION).elb.load_balancers;
    lbs.get_mut(&ask.nlb).unwrap().ready_at = now.plus(std::time::Duration::from_secs(1));
    let made = ask.post("/vpclinks", json!({ "name": "early", "targetArns": [ask.nlb] })).unwrap();
    ask.later(180);
    let failed = ask.get(&format!("/vpclinks/{}", text(&made, "id"))).unwrap();
    assert_eq!(failed["status"], "FAILED");
    assert!(text(&failed, "statusMessage").ends_with("its state is provisioning"));
}

#[test]
fn what_aws_refuses_of_a_link_is_refused() {
    let mut ask = Asker::new();
    let nlb = ask.nlb.clone();
    let alb = ask.load_balancer("web", "application");
    let cases = [
        (json!({ "name": "", "targetArns": [nlb] }), "Name cannot be empty"),
        (json!({ "name": "x", "targetArns": ["invalid-arn"] }), "Invalid ARN. ARN is not well formed invalid-arn"),
        (json!({ "name": "x", "targetArns": [nlb, nlb] }), "More than one target arn specified for vpc link."),
        (json!({ "name": "x", "targetArns": [alb] }), "NLB ARN is malformed."),
    ];
    for (body, message) in cases {
        refused(ask.post("/vpclinks", body), "BadRequestException", message);
    }
    let path = format!("/vpclinks/{}", ask.link());
    let moved = ask.patch(&path, &[("replace", "/targetArns", "arn:x")]);
    refused(moved, "BadRequestException", "Target arns are not allowed to be changed/added.");
    assert_eq!(ask.patch(&path, &[("replace", "/name", "new")]).unwrap()["name"], "new");
}

#[test]
fn an_account_has_twenty_links_at_most() {
    let mut ask = Asker::new();
    let body = json!({ "name": "x", "targetArns": [ask.nlb.clone()] });
    for _ in 0..20 {
        ask.post("/vpclinks", body.clone()).unwrap();
    }
    refused_as(ask.post("/vpclinks", body), "LimitExceededException");
    let page = ask.get("/vpclinks?limit=19").unwrap();
    let rest = ask.get(&format!("/vpclinks?position={}", text(&page, "position"))).unwrap();
    assert_eq!((page["item"].as_array().unwrap().len(), rest["item"].as_array().unwrap().len()), (19, 1));
}

#[test]
fn a_link_stays_while_a_definition_or_a_deployed_stage_names_it() {
    let mut ask = Asker::new();
    let link = ask.link();
    let path = format!("/vpclinks/{link}");
    let (api, root) = ask.api();
    ask.open_policy(&api);
    ask.method(&api, &root, over_link(&link));
    refused(
        ask.delete(&path),
        "BadRequestException",
        &format!(
            "Cannot delete vpc link. Vpc link '{link}', is referenced in [{api}:GET:{root}:] in format of \
             [RESTApiId:Method:Resource:Stage]."
        ),
    );
    ask.post(&format!("/restapis/{api}/deployments"), json!({ "stageName": "prod" })).unwrap();
    let integration = format!("/restapis/{api}/resources/{root}/methods/GET/integration");
    ask.put(&integration, mock()).unwrap();
    refused(
        ask.delete(&path),
        "BadRequestException",
        &format!(
            "Cannot delete vpc link. Vpc link '{link}', is referenced in [{api}:GET:{root}:prod] in format of \
             [RESTApiId:Method:Resource:Stage]."
        ),
    );
    ask.post(&format!("/restapis/{api}/deployments"), json!({ "stageName": "prod" })).unwrap();
    ask.delete(&path).unwrap();
}

#[test]
fn a_stage_variable_names_no_link() {
    let mut ask = Asker::new();
    let link = ask.link();
    let (api, root) = ask.api();
    ask.method(&api, &root, over_link("${stageVariables.link}"));
    ask.delete(&format!("/vpclinks/{link}")).unwrap();
}

#[test]
fn deleting_a_method_that_names_a_link_keeps_the_link_in_use() {
    let mut ask = Asker::new();
    let link = ask.link();
    let (api, root) = ask.api();
    ask.method(&api, &root, over_link(&link));
    ask.delete(&format!("/restapis/{api}/resources/{root}/methods/GET")).unwrap();
    refused_as(ask.delete(&format!("/vpclinks/{link}")), "BadRequestException");
    ask.delete(&format!("/restapis/{api}")).unwrap();
    ask.delete(&format!("/vpclinks/{link}")).unwrap();
}

#[test]
fn deployments_wait_for_a_pending_link_and_fail_on_one_that_goes() {
    let mut ask = Asker::new();
    let made = ask.post("/vpclinks", json!({ "name": "hub", "targetArns": [ask.nlb] })).unwrap();
    let link = text(&made, "id");
    let (api, root) = ask.api();
    ask.open_policy(&api);
    ask.method(&api, &root, over_link(&link));
    let deployments = format!("/restapis/{api}/deployments");
    ask.post(&deployments, json!({})).unwrap();
    let kept = &ask.world.scope(ask.account, REGION).gateway.apis[&api].deployments;
    assert_eq!(kept.values().next().unwrap().pending_links, std::slice::from_ref(&link));
    let integration = format!("/restapis/{api}/resources/{root}/methods/GET/integration");
    let second = ask.post("/vpclinks", json!({ "name": "second", "targetArns": [ask.nlb] })).unwrap();
    ask.put(&integration, over_link(&text(&second, "id"))).unwrap();
    ask.later(180);
    refused_as(ask.post(&deployments, json!({})), "BadRequestException");
    ask.put(&integration, mock()).unwrap();
    ask.delete(&format!("/vpclinks/{link}")).unwrap();
    refused_as(ask.put(&integration, over_link(&link)), "BadRequestException");
}
