//! Which entries are about which objects.

use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::Event;
use privlink_model::Subject;
use privlink_model::keys::*;

use super::{Record, Search};

const GROUP: &str = "sg-0123456789abcdef0";
const RULE: &str = "sgr-0123456789abcdef0";

/// An entry by a session of a role.
fn entry(at: i64, who: &str, source: &str, name: &str, rest: &str) -> Record {
    let text = format!(
        r#"{{"userIdentity":{{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/Admin/{who}"}},
            "sourceIPAddress":"192.0.2.1","userAgent":"tool","eventName":"{name}"{rest}}}"#
    );
    let event = Event::builder()
        .event_id(format!("{at} {name}"))
        .event_name(name)
        .event_source(format!("{source}.amazonaws.com"));
    Record::new(&event.event_time(DateTime::from_secs(at)).cloud_trail_event(text).build())
}

/// Who is found to have changed an object last, by which call, and whether only its parent was named.
fn told(kind: &'static str, id: &str, within: Option<&str>, entries: &[Record]) -> Option<(String, String, bool)> {
    let subject = Subject { kind, id: id.to_owned(), within: within.map(str::to_owned) };
    let subjects = [subject];
    let mut search = Search::new(&subjects);
    entries.iter().for_each(|entry| search.meet(entry));
    let deeds = search.deeds(None);
    let deed = deeds.last(&subjects[0], |_| true)?;
    Some((deed.by.clone(), deed.call.clone(), deed.only_parent))
}

fn by(who: &str, call: &str, only_parent: bool) -> Option<(String, String, bool)> {
    Some((who.to_owned(), call.to_owned(), only_parent))
}

#[test]
fn the_newest_call_that_changes_the_object_tells() {
    let entries = [
        entry(
            9,
            "carol",
            "ec2",
            "ModifyVpcEndpoint",
            r#","requestParameters":{"ModifyVpcEndpointRequest":{"VpcEndpointId":"vpce-12"}}"#,
        ),
        entry(8, "bob", "ec2", "ModifyVpcEndpoint", r#","errorCode":"Client.X","requestParameters":{"a":"vpce-1"}"#),
        entry(
            7,
            "alice",
            "ec2",
            "ModifyVpcEndpoint",
            r#","requestParameters":{"ModifyVpcEndpointRequest":{"VpcEndpointId":"vpce-1"}}"#,
        ),
        entry(6, "dave", "ec2", "ModifyVpcEndpoint", r#","requestParameters":{"a":"vpce-1"}"#),
    ];
    assert_eq!(told(endpoint::KIND, "vpce-1", None, &entries), by("alice", "ec2:ModifyVpcEndpoint", false));
    assert_eq!(told(endpoint::KIND, "vpce-3", None, &entries), None);
}

#[test]
fn a_call_that_only_names_the_object_tells_nothing() {
    let names = format!(r#","requestParameters":{{"a":{{"SecurityGroupId":{{"content":"{GROUP}","tag":1}}}}}}"#);
    let entries = [
        entry(9, "bob", "ec2", "CreateVpcEndpoint", &names),
        entry(8, "bob", "elasticloadbalancing", "SetSecurityGroups", &names),
        entry(8, "bob", "ec2", "AuthorizeSecurityGroupIngress", &names),
        entry(7, "alice", "ec2", "DeleteSecurityGroup", &names),
    ];
    assert_eq!(told(security_group::KIND, GROUP, None, &entries), by("alice", "ec2:DeleteSecurityGroup", false));
    let arn = "arn:aws:elasticloadbalancing:r:1:loadbalancer/net/x/1";
    let names = format!(r#","requestParameters":{{"loadBalancerArn":"{arn}"}}"#);
    let entries = [
        entry(9, "bob", "elasticloadbalancing", "CreateListener", &names),
        entry(7, "alice", "elasticloadbalancing", "SetSubnets", &names),
    ];
    assert_eq!(told(load_balancer::KIND, arn, None, &entries), by("alice", "elasticloadbalancing:SetSubnets", false));
}

#[test]
fn ids_of_two_parts_are_both_named() {
    let patch = |api: &str, stage: &str| {
        format!(r#","requestParameters":{{"restApiId":"{api}","stageName":"{stage}","template":false}}"#)
    };
    let entries = [
        entry(9, "bob", "apigateway", "UpdateStage", &patch("abc", "dev")),
        entry(8, "bob", "apigateway", "UpdateStage", &patch("xyz", "prod")),
        entry(7, "alice", "apigateway", "UpdateStage", &patch("abc", "prod")),
        entry(6, "carol", "apigateway", "UpdateRestApi", r#","requestParameters":{"restApiId":"abc"}"#),
    ];
    assert_eq!(told(stage::KIND, "abc/prod", None, &entries), by("alice", "apigateway:UpdateStage", false));
    assert_eq!(told(api_definition::KIND, "abc", None, &entries), by("carol", "apigateway:UpdateRestApi", false));
    let reject = r#","requestParameters":{"RejectVpcEndpointConnectionsRequest":{"VpcEndpointId":{"content":"vpce-2","tag":1},"ServiceId":"vpce-svc-1"}}"#;
    let entries = [entry(9, "alice", "ec2", "RejectVpcEndpointConnections", reject)];
    let expected = by("alice", "ec2:RejectVpcEndpointConnections", false);
    assert_eq!(told(endpoint_connection::KIND, "vpce-svc-1/vpce-2", None, &entries), expected);
    assert_eq!(told(endpoint_connection::KIND, "vpce-svc-1/vpce-3", None, &entries), None);
}

#[test]
fn the_name_of_a_stage_in_another_ones_texts_tells_nothing() {
    let patch = r#","requestParameters":{"restApiId":"abc","stageName":"live","patchOperations":[
        {"op":"replace","path":"/variables/env","value":"prod"},{"op":"replace","path":"/description","value":"as prod"}]}"#;
    let made =
        r#","requestParameters":{"restApiId":"abc","createDeploymentInput":{"stageName":"prod"},"template":false}"#;
    let tagged = r#","requestParameters":{"resourceArn":"arn:aws:apigateway:eu-west-1::/restapis/abc/stages/prod"}"#;
    let other = r#","requestParameters":{"resourceArn":"arn:aws:apigateway:eu-west-1::/restapis/abc/stages/prod-2"}"#;
    let told = |entry| told(stage::KIND, "abc/prod", None, &[entry]);
    assert_eq!(told(entry(9, "bob", "apigateway", "UpdateStage", patch)), None);
    let deployed = by("alice", "apigateway:CreateDeployment", false);
    assert_eq!(told(entry(9, "alice", "apigateway", "CreateDeployment", made)), deployed);
    assert_eq!(
        told(entry(9, "alice", "apigateway", "UntagResource", tagged)),
        by("alice", "apigateway:UntagResource", false)
    );
    assert_eq!(told(entry(9, "alice", "apigateway", "UntagResource", other)), None);
}

#[test]
fn an_item_that_failed_in_a_call_that_succeeded_tells_nothing() {
    let accept = |unsuccessful: &str| {
        format!(
            r#","requestParameters":{{"AcceptVpcEndpointConnectionsRequest":{{"VpcEndpointId":{{"content":"vpce-2","tag":1}},"ServiceId":"vpce-svc-1"}}}},
            "responseElements":{{"AcceptVpcEndpointConnectionsResponse":{{"unsuccessful":{unsuccessful}}}}}"#
        )
    };
    let failed = accept(r#"{"item":{"resourceId":"vpce-2","error":{"code":"InvalidState"}}}"#);
    let other = accept(r#"{"item":{"resourceId":"vpce-3","error":{"code":"InvalidState"}}}"#);
    let call = "AcceptVpcEndpointConnections";
    let whose = by("alice", "ec2:AcceptVpcEndpointConnections", false);
    for (kind, id) in [(endpoint_connection::KIND, "vpce-svc-1/vpce-2"), (endpoint::KIND, "vpce-2")] {
        assert_eq!(told(kind, id, None, &[entry(9, "bob", "ec2", call, &failed)]), None, "{kind}");
        for answer in [&other, &accept(r#""""#)] {
            assert_eq!(told(kind, id, None, &[entry(9, "alice", "ec2", call, answer)]), whose, "{kind}");
        }
    }
}

#[test]
fn what_was_done_to_the_parent_counts_where_nobody_else_is_known() {
    let ours = entry(
        3,
        "ci",
        "ec2",
        "AuthorizeSecurityGroupIngress",
        &format!(r#","userAgent":"x app/privlink","responseElements":{{"set":{{"items":[{{"id":"{RULE}"}}]}}}}"#),
    );
    let revoked = |at, rest: &str| {
        let sent = format!(r#","requestParameters":{{"groupId":"{GROUP}"{rest}}}"#);
        entry(at, "alice", "ec2", "RevokeSecurityGroupIngress", &sent)
    };
    let told = |entries: &[Record]| told(security_group_rule::KIND, RULE, Some(GROUP), entries);
    let around = by("alice", "ec2:RevokeSecurityGroupIngress", true);
    assert_eq!(told(&[revoked(5, "")]), around);
    let both = [revoked(5, ""), ours];
    assert_eq!(told(&both), around, "what privlink made is no answer while somebody else was there");
    let named = revoked(4, &format!(r#","ids":{{"items":[{{"securityGroupRuleId":"{RULE}"}}]}}"#));
    let later = entry(
        5,
        "bob",
        "ec2",
        "AuthorizeSecurityGroupIngress",
        &format!(r#","requestParameters":{{"groupId":"{GROUP}"}}"#),
    );
    assert_eq!(told(&[later, named]), by("alice", "ec2:RevokeSecurityGroupIngress", false));
}

#[test]
fn every_kind_of_identity_has_a_name() {
    let by = |identity: &str, user: Option<&str>| {
        let event = Event::builder().cloud_trail_event(format!(r#"{{"userIdentity":{identity}}}"#));
        Record::new(&event.set_username(user.map(str::to_owned)).build()).deed(false).by
    };
    assert_eq!(by(r#"{"type":"Root","arn":"arn:aws:iam::1:root"}"#, None), "root");
    assert_eq!(by(r#"{"type":"IAMUser","userName":"alice"}"#, None), "alice");
    assert_eq!(by(r#"{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/Admin/bob@corp"}"#, None), "bob@corp");
    assert_eq!(
        by(r#"{"type":"AWSService","invokedBy":"elasticloadbalancing.amazonaws.com"}"#, None),
        "elasticloadbalancing.amazonaws.com"
    );
    assert_eq!(by(r#"{"type":"AWSAccount","accountId":"222222222222"}"#, None), "222222222222");
    assert_eq!(by(r#"{"type":"NewKind","principalId":"AROAX"}"#, None), "AROAX");
    assert_eq!(by(r#"{"type":"NewKind"}"#, Some("carol")), "carol");
    assert_eq!(by("7", None), "somebody unknown");
    let nothing = Record::new(&Event::builder().cloud_trail_event("{{{").build());
    assert!(!nothing.failed && !nothing.names("x") && nothing.deed(false).by == "somebody unknown");
}

#[test]
fn entries_may_come_in_any_order_and_more_than_once() {
    let patch = r#","requestParameters":{"restApiId":"abc","stageName":"prod"}"#;
    let one = |at, who, call| entry(at, who, "apigateway", call, patch);
    let entries = [
        one(5, "alice", "UpdateStage"),
        one(5, "alice", "UpdateStage"),
        one(9, "bob", "CreateDeployment"),
        one(7, "carol", "DeleteStage"),
    ];
    let subjects = [Subject { kind: stage::KIND, id: "abc/prod".to_owned(), within: None }];
    let mut search = Search::new(&subjects);
    entries.iter().for_each(|entry| search.meet(entry));
    let deeds = search.deeds(Some(3));
    assert_eq!(deeds.of[&subjects[0]].iter().map(|deed| deed.at).collect::<Vec<_>>(), [9, 7, 5]);
    assert_eq!(deeds.only_since, Some(3));
}

#[test]
fn what_is_told_is_not_looked_for_by_name() {
    let subject = |kind, id: &str| Subject { kind, id: id.to_owned(), within: None };
    let subjects =
        [subject(stage::KIND, "abc/prod"), subject(targets::KIND, "arn"), subject(target_group::KIND, "arn")];
    let mut search = Search::new(&subjects);
    search.meet(&entry(
        1,
        "alice",
        "apigateway",
        "UpdateStage",
        r#","requestParameters":{"restApiId":"abc","stageName":"prod"}"#,
    ));
    let names = search.names().unwrap();
    assert!(
        names.contains(&"RegisterTargets") && names.contains(&"ModifyTargetGroup") && !names.contains(&"UpdateStage")
    );
    assert_eq!(names.iter().filter(|name| **name == "CreateTargetGroup").count(), 1);
    let unknown = [subject("subnet", "subnet-1")];
    assert_eq!(Search::new(&unknown).names(), None);
}
