//! What requests take, and what roles of a world file allow.

use super::*;
use crate::world::Options;

const ACCOUNT: &str = "222222222222";
const VPC: &str = "vpc-0123456789abcdef0";

fn world(role: &str) -> World {
    let text = format!(
        "account \"{ACCOUNT}\" {{\n    role \"team/deployer\" {{\n{role}\n    }}\n    region \"us-east-1\" {{\n        vpc \"hub\" cidr=\"10.0.0.0/16\" id=\"{VPC}\" {{ tag \"env\" \"test\"; }}\n    }}\n}}\n"
    );
    World::from_kdl("world.kdl", &text, &Options { speed: 0.0, seed: 1 }).unwrap()
}

fn by_role(method: &str, path: &str, body: &str) -> Call {
    Call {
        account: ACCOUNT.to_owned(),
        region: "us-east-1".to_owned(),
        principal_arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/me"),
        method: method.to_owned(),
        path: path.to_owned(),
        body: body.as_bytes().to_vec(),
        ..Call::default()
    }
}

/// What a request takes, in a line each.
fn taken(service: Service, method: &str, path: &str, body: &str) -> Vec<String> {
    let demands = takes::demands(&world("allow \"*\""), &by_role(method, path, body), service);
    demands.iter().map(|demand| format!("{} {}", demand.action, demand.resource)).collect()
}

/// What a role with these policies is told of a request; nothing when it may.
fn told(role: &str, service: Service, method: &str, path: &str, body: &str) -> Option<(u16, String, String)> {
    let fault = authorise(&world(role), &by_role(method, path, body), service).err()?;
    Some((fault.status, fault.code, fault.message))
}

fn may(role: &str, body: &str) -> bool {
    told(role, Service::Ec2, "POST", "/", body).is_none()
}

#[test]
fn ec2_takes_each_object_and_the_tagging_of_what_is_made() {
    let made = "Action=CreateVpcEndpoint&VpcId=vpc-1&SubnetId.1=subnet-1&SubnetId.2=subnet-2&SecurityGroupId.1=sg-1\
                &TagSpecification.1.ResourceType=vpc-endpoint&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b";
    let arn = |rest: &str| format!("arn:aws:ec2:us-east-1:{ACCOUNT}:{rest}");
    let create = |rest: &str| format!("ec2:CreateVpcEndpoint {}", arn(rest));
    assert_eq!(
        taken(Service::Ec2, "POST", "/", made),
        [
            create("vpc-endpoint/*"),
            format!("ec2:CreateTags {}", arn("vpc-endpoint/*")),
            create("vpc/vpc-1"),
            create("subnet/subnet-1"),
            create("subnet/subnet-2"),
            create("security-group/sg-1"),
            "ec2:DescribeSecurityGroups *".to_owned(),
            "ec2:DescribeSubnets *".to_owned(),
            "ec2:DescribeVpcs *".to_owned(),
        ]
    );
    let naming = "route53:AssociateVPCWithHostedZone arn:aws:route53:::hostedzone/*".to_owned();
    for call in ["Action=CreateVpcEndpoint&VpcId=vpc-1", "Action=ModifyVpcEndpoint&VpcEndpointId=vpce-1"] {
        let takes = |named: bool| taken(Service::Ec2, "POST", "/", &format!("{call}&PrivateDnsEnabled={named}"));
        assert!(takes(true).contains(&naming) && !takes(false).contains(&naming), "{call}");
    }
    assert_eq!(taken(Service::Ec2, "POST", "/", "Action=DescribeVpcs&VpcId.1=vpc-1"), ["ec2:DescribeVpcs *"]);
    assert_eq!(
        taken(Service::Ec2, "POST", "/", "Action=DeleteVpcEndpoints&VpcEndpointId.1=vpce-1&VpcEndpointId.2=vpce-2"),
        ["vpce-1", "vpce-2"].map(|id| format!("ec2:DeleteVpcEndpoints {}", arn(&format!("vpc-endpoint/{id}"))))
    );
    assert_eq!(
        taken(Service::Ec2, "POST", "/", "Action=CreateTags&ResourceId.1=vpce-svc-1&Tag.1.Key=a"),
        [format!("ec2:CreateTags {}", arn("vpc-endpoint-service/vpce-svc-1"))]
    );
}

#[test]
fn elb_takes_arns_and_the_tagging_of_what_is_made() {
    let arn = |rest: &str| format!("arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:{rest}");
    let elb = |body: &str| taken(Service::Elb, "POST", "/", body);
    let tags = "Tags.member.1.Key=a&Tags.member.1.Value=b";
    assert_eq!(
        elb(&format!("Action=CreateLoadBalancer&Name=x&Type=network&{tags}")),
        ["CreateLoadBalancer", "AddTags"]
            .map(|action| format!("elasticloadbalancing:{action} {}", arn("loadbalancer/net/x/*")))
    );
    let on = arn("loadbalancer/net/x/1");
    assert_eq!(
        elb(&format!("Action=CreateListener&LoadBalancerArn={on}&{tags}")),
        [
            format!("elasticloadbalancing:CreateListener {on}"),
            format!("elasticloadbalancing:AddTags {}", arn("listener/net/x/1/*")),
        ]
    );
    assert_eq!(elb("Action=DescribeTags&ResourceArns.member.1=x"), ["elasticloadbalancing:DescribeTags *"]);
    assert_eq!(
        elb(&format!("Action=SetSubnets&LoadBalancerArn={on}")),
        [format!("elasticloadbalancing:SetSubnets {on}")]
    );
}

#[test]
fn the_gateway_takes_verbs_on_paths() {
    let gateway = |method: &str, path: &str, body: &str| taken(Service::Gateway, method, path, body);
    let arn = |path: &str| format!("arn:aws:apigateway:us-east-1::{path}");
    assert_eq!(
        gateway("POST", "/restapis", r#"{"name":"x","tags":{"a":"b"}}"#),
        [
            format!("apigateway:POST {}", arn("/restapis")),
            format!("apigateway:PUT {}", arn("/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2F*")),
        ]
    );
    assert_eq!(gateway("GET", "/restapis/a/stages", ""), [format!("apigateway:GET {}", arn("/restapis/a/stages"))]);
    let policy = r#"{"patchOperations":[{"op":"replace","path":"/policy","value":""}]}"#;
    assert_eq!(
        gateway("PATCH", "/restapis/a", policy),
        ["PATCH", "UpdateRestApiPolicy"].map(|action| format!("apigateway:{action} {}", arn("/restapis/a")))
    );
    assert_eq!(gateway("PUT", "/restapis/a", r#"{"paths":{}}"#), [format!("apigateway:PUT {}", arn("/restapis/a"))]);
    assert_eq!(gateway("PUT", "/restapis/a", r#"{"x-amazon-apigateway-policy":{}}"#).len(), 2);
    assert_eq!(
        gateway("GET", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fvpclinks%2Fa", ""),
        [format!("apigateway:GET {}", arn("/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fvpclinks%2Fa"))]
    );
    let link = gateway("POST", "/vpclinks", r#"{"name":"x"}"#);
    assert!(link.contains(&"elasticloadbalancing:DescribeLoadBalancers *".to_owned()), "{link:?}");
    assert!(link.iter().any(|line| line.starts_with("ec2:CreateVpcEndpointServiceConfiguration ")), "{link:?}");
}

#[test]
fn an_explicit_deny_wins_and_nothing_said_is_no() {
    let describe = "Action=DescribeVpcs";
    assert!(may("allow \"*\"", describe) && may("allow \"EC2:Describe*\"", describe));
    assert!(!may("allow \"ec2:Create*\"", describe) && !may("deny \"ec2:DescribeVpcs\"; allow \"*\"", describe));
    assert!(!may("allow \"*\"; deny \"*\"", describe));
    let on = |id: &str| format!("allow \"ec2:*\" resource=\"arn:aws:ec2:*:{ACCOUNT}:vpc/{id}\"");
    let ask = format!("Action=DescribeVpcAttribute&VpcId={VPC}&Attribute=enableDnsSupport");
    assert!(may(&on(VPC), &ask) && may(&on("vpc-*"), &ask) && !may(&on("vpc-1"), &ask));
    assert!(!may(&on("*"), describe), "what knows no objects is not allowed on some");
}

#[test]
fn conditions_see_tags_of_requests_and_of_objects() {
    let policy = |conditions: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{conditions}}}}}"#
        );
        format!("policy #\"{text}\"#")
    };
    let ask = format!("Action=DescribeVpcAttribute&VpcId={VPC}&Attribute=enableDnsSupport");
    assert!(may(&policy(r#"{"StringEquals":{"aws:ResourceTag/env":"test"}}"#), &ask));
    assert!(may(&policy(r#"{"StringEquals":{"ec2:ResourceTag/env":["test","x"]}}"#), &ask));
    assert!(!may(&policy(r#"{"StringEquals":{"aws:ResourceTag/env":"prod"}}"#), &ask));
    assert!(!may(&policy(r#"{"StringEquals":{"aws:ResourceTag/team":"red"}}"#), &ask));
    let tagged = |value: &str| {
        format!(
            "Action=CreateVpcEndpointServiceConfiguration&TagSpecification.1.ResourceType=vpc-endpoint-service\
             &TagSpecification.1.Tag.1.Key=env&TagSpecification.1.Tag.1.Value={value}"
        )
    };
    let given =
        policy(r#"{"StringEquals":{"aws:RequestTag/env":"test"},"ForAllValues:StringEquals":{"aws:TagKeys":["env"]}}"#);
    assert!(may(&given, &tagged("test")) && !may(&given, &tagged("prod")));
    assert!(!may(&given, "Action=CreateVpcEndpointServiceConfiguration"));
    let with = policy(r#"{"StringEqualsIfExists":{"ec2:CreateAction":"CreateVpcEndpointServiceConfiguration"}}"#);
    assert!(may(&with, &tagged("x")));
}

#[test]
fn each_service_says_no_in_its_own_words() {
    let user = format!("User: arn:aws:sts::{ACCOUNT}:assumed-role/deployer/me is not authorized to perform:");
    let (status, code, message) = told("allow \"sts:*\"", Service::Ec2, "POST", "/", "Action=DescribeVpcs").unwrap();
    assert_eq!((status, code.as_str()), (403, "UnauthorizedOperation"));
    let expected = format!(
        "You are not authorized to perform this operation. {user} ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action"
    );
    assert!(message.starts_with(&expected), "{message}");
    let (status, code, message) =
        told("deny \"*\"", Service::Elb, "POST", "/", "Action=SetSubnets&LoadBalancerArn=arn:x").unwrap();
    assert_eq!((status, code.as_str()), (403, "AccessDenied"));
    let expected = format!(
        "{user} elasticloadbalancing:SetSubnets on resource: arn:x with an explicit deny in an identity-based policy"
    );
    assert_eq!(message, expected);
    let (status, code, message) = told("allow \"sts:*\"", Service::Gateway, "GET", "/vpclinks", "").unwrap();
    assert_eq!((status, code.as_str()), (403, "AccessDeniedException"));
    assert!(
        message.contains("apigateway:GET on resource: arn:aws:apigateway:us-east-1::/vpclinks because"),
        "{message}"
    );
}

#[test]
fn a_role_without_policies_and_the_ambient_user_may_do_everything() {
    let bare = World::from_kdl(
        "world.kdl",
        &format!("account \"{ACCOUNT}\" {{ role \"deployer\"; }}"),
        &Options { speed: 0.0, seed: 1 },
    )
    .unwrap();
    assert!(authorise(&bare, &by_role("POST", "/", "Action=CreateSecurityGroup"), Service::Ec2).is_ok());
    let ambient = Call {
        principal_arn: "arn:aws:iam::000000000000:user/sandbox".to_owned(),
        ..by_role("POST", "/", "Action=CreateSecurityGroup")
    };
    assert!(authorise(&world("deny \"*\""), &ambient, Service::Ec2).is_ok());
}

#[test]
fn policies_that_mean_nothing_are_problems_of_the_file() {
    let problem = |role: &str| {
        let text = format!("account \"{ACCOUNT}\" {{ role \"r\" {{ {role} }} }}");
        let made = World::from_kdl("world.kdl", &text, &Options { speed: 0.0, seed: 1 });
        made.unwrap_err().into_iter().map(|problem| problem.to_string()).collect::<String>()
    };
    for (role, expected) in [
        ("allow", "at least one action"),
        ("allow \"DescribeVpcs\"", "'DescribeVpcs' is not an action"),
        ("deny \"ec2:*\" resource=\"vpc-1\"", "neither an ARN nor '*'"),
        ("policy \"x\"", "this is not JSON"),
        ("policy #\"{\"Version\":\"2008\"}\"#", "\"2012-10-17\""),
        (
            "policy #\"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"a:b\"}]}\"#",
            "either \"Resource\"",
        ),
        (
            "policy #\"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"*\",\"Principal\":\"*\"}]}\"#",
            "has no \"Principal\"",
        ),
        (
            "policy #\"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"a:b\",\"Resource\":\"*\",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"x\"}}}]}\"#",
            "'IpAddress' is not part of this sandbox",
        ),
        ("permit \"*\"", "'permit' cannot stand in 'role'"),
    ] {
        assert!(problem(role).contains(expected), "{role}: {}", problem(role));
    }
}

#[test]
fn logs_are_asked_as_a_whole_and_events_put_on_each_bus() {
    let call = |service: Service, target: &str, body: &str| {
        let mut call = by_role("POST", "/", body);
        call.headers.push(("x-amz-target".to_owned(), target.to_owned()));
        let demands = takes::demands(&world("allow \"*\""), &call, service);
        demands.iter().map(|demand| format!("{} {}", demand.action, demand.resource)).collect::<Vec<String>>()
    };
    let lookup = call(Service::Trail, "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents", "{}");
    assert_eq!(lookup, ["cloudtrail:LookupEvents *"]);
    let other = "arn:aws:events:us-east-1:111111111111:event-bus/x";
    let entries = format!(r#"{{"Entries":[{{"Source":"a"}},{{"EventBusName":"news"}},{{"EventBusName":"{other}"}}]}}"#);
    let own = |name: &str| format!("events:PutEvents arn:aws:events:us-east-1:{ACCOUNT}:event-bus/{name}");
    assert_eq!(
        call(Service::Events, "AWSEvents.PutEvents", &entries),
        [own("default"), own("news"), format!("events:PutEvents {other}")]
    );
    let described = call(Service::Events, "AWSEvents.DescribeEventBus", r#"{"Name":"news"}"#);
    assert_eq!(described, [own("news").replace("PutEvents", "DescribeEventBus")]);
    let (deny, put) =
        ("allow \"*\"\ndeny \"events:PutEvents\" resource=\"arn:aws:events:*:*:event-bus/news\"", |bus: &str| {
            let body = format!(r#"{{"Entries":[{{"EventBusName":"{bus}"}}]}}"#);
            let mut call = by_role("POST", "/", &body);
            call.headers.push(("x-amz-target".to_owned(), "AWSEvents.PutEvents".to_owned()));
            call
        });
    let told =
        |bus: &str| authorise(&world(deny), &put(bus), Service::Events).err().map(|fault| (fault.status, fault.code));
    assert_eq!((told("other"), told("news")), (None, Some((400, "AccessDeniedException".to_owned()))));
}
