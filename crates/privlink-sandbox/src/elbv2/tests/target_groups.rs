//! Target groups, targets and health.

use super::{
    ACCOUNT, GROUP, INTERNAL, REGION, chain, code, first, later, listener, register, send, states, texts, with, world,
};
use crate::summary::summarise;

#[test]
fn target_groups_have_defaults_limits_and_unique_names() {
    let mut world = world();
    let xml = send(&mut world, GROUP).unwrap();
    let arn = first(&xml, "TargetGroupArn");
    assert!(arn.starts_with("arn:aws:elasticloadbalancing:us-east-1:222222222222:targetgroup/orders/"));
    let checks = ["HealthCheckProtocol", "HealthCheckPort", "HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds"];
    assert_eq!(checks.map(|name| first(&xml, name)), ["TCP", "traffic-port", "30", "10"]);
    assert_eq!(first(&send(&mut world, GROUP).unwrap(), "TargetGroupArn"), arn);
    assert_eq!(code(send(&mut world, &with(GROUP, &[("Port", "81")]))), "DuplicateTargetGroupName");
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("Port", "0")], "ValidationError"),
        (&[("Port", "-")], "ValidationError"),
        (&[("VpcId", "vpc-none")], "ValidationError"),
        (&[("Protocol", "SCTP")], "ValidationError"),
        (&[("TargetType", "alb"), ("Protocol", "TLS")], "ValidationError"),
        (&[("HealthCheckIntervalSeconds", "4")], "ValidationError"),
        (&[("HealthCheckTimeoutSeconds", "40")], "ValidationError"),
        (&[("HealthCheckPath", "/up")], "InvalidConfigurationRequest"),
        (&[("HealthCheckProtocol", "HTTP"), ("Matcher.HttpCode", "100")], "ValidationError"),
        (&[("HealthCheckEnabled", "false")], "InvalidConfigurationRequest"),
    ];
    for (change, wanted) in cases {
        let mut change = change.to_vec();
        change.push(("Name", "fresh"));
        assert_eq!(code(send(&mut world, &with(GROUP, &change))), *wanted, "{change:?}");
    }
    let modify = [("Action", "ModifyTargetGroup"), ("TargetGroupArn", arn.as_str()), ("HealthCheckProtocol", "HTTP")];
    let xml = send(&mut world, &modify).unwrap();
    assert_eq!([first(&xml, "HealthCheckPath"), first(&xml, "HttpCode")], ["/", "200-399"]);
    let describe = [("Action", "DescribeTargetGroupAttributes"), ("TargetGroupArn", arn.as_str())];
    let xml = send(&mut world, &describe).unwrap();
    assert!(xml.contains("<Key>preserve_client_ip.enabled</Key><Value>false</Value>"), "{xml}");
    let delete = [("Action", "DeleteTargetGroup"), ("TargetGroupArn", arn.as_str())];
    send(&mut world, &delete).unwrap();
    send(&mut world, &delete).unwrap();
    assert_eq!(code(send(&mut world, &describe)), "TargetGroupNotFound");
}

#[test]
fn addresses_outside_the_vpc_need_a_zone_and_public_ones_are_refused() {
    let mut world = world();
    let chain = chain(&mut world);
    let cases = [
        ("10.0.1.50", "-", "accepted"),
        ("10.0.1.51", "us-east-1a", "accepted"),
        ("10.0.1.52", "us-east-1b", "ValidationError"),
        ("10.0.1.53", "all", "ValidationError"),
        ("10.0.200.1", "-", "InvalidTarget"),
        ("172.31.12.59", "all", "accepted"),
        ("172.31.12.60", "us-east-1a", "accepted"),
        ("172.31.12.61", "us-east-1z", "ValidationError"),
        ("172.31.12.62", "-", "ValidationError"),
        ("100.64.0.9", "all", "accepted"),
        ("8.8.8.8", "all", "InvalidTarget"),
        ("127.0.0.1", "all", "InvalidTarget"),
        ("billing.corp", "all", "ValidationError"),
    ];
    for (id, zone, wanted) in cases {
        let got = code(send(&mut world, &register(&chain.group, id, zone)));
        assert!(got.starts_with(wanted), "{id} in {zone}: {got}");
    }
    let xml = send(&mut world, &[("Action", "DescribeTargetHealth"), ("TargetGroupArn", &chain.group)]).unwrap();
    let zones = texts(&xml, "AvailabilityZone");
    assert_eq!(zones, ["us-east-1a", "us-east-1a", "all", "us-east-1a", "all"]);
}

#[test]
fn health_follows_listener_clock_zone_and_draining() {
    let mut world = world();
    let group = first(&send(&mut world, GROUP).unwrap(), "TargetGroupArn");
    send(&mut world, &register(&group, "10.0.1.50", "-")).unwrap();
    assert_eq!(states(&mut world, &group), ["unused Target.NotInUse"]);
    let lb = first(&send(&mut world, INTERNAL).unwrap(), "LoadBalancerArn");
    send(&mut world, &listener(&lb, &group, "80")).unwrap();
    assert_eq!(states(&mut world, &group), ["initial Elb.RegistrationInProgress"]);
    later(&mut world, 150);
    assert_eq!(states(&mut world, &group), ["initial Elb.InitialHealthChecking"]);
    later(&mut world, 30);
    assert_eq!(states(&mut world, &group), ["healthy "]);
    send(&mut world, &register(&group, "10.0.4.50", "-")).unwrap();
    later(&mut world, 60);
    assert_eq!(states(&mut world, &group), ["healthy ", "unused Target.NotInUse"], "zone c is not enabled");
    let saved = serde_json::to_string(&world).unwrap();
    world = serde_json::from_str(&saved).unwrap();
    assert_eq!(states(&mut world, &group), ["healthy ", "unused Target.NotInUse"], "a saved world answers as before");
    let gone = |id| [("Action", "DeregisterTargets"), ("TargetGroupArn", group.as_str()), ("Targets.member.1.Id", id)];
    send(&mut world, &gone("10.0.4.50")).unwrap();
    send(&mut world, &gone("10.0.1.50")).unwrap();
    send(&mut world, &gone("10.0.1.99")).unwrap();
    assert!(states(&mut world, &group).iter().all(|state| state == "draining Target.DeregistrationInProgress"));
    later(&mut world, 300);
    assert!(states(&mut world, &group).is_empty());
    let asked =
        [("Action", "DescribeTargetHealth"), ("TargetGroupArn", group.as_str()), ("Targets.member.1.Id", "10.0.1.50")];
    assert_eq!(first(&send(&mut world, &asked).unwrap(), "Reason"), "Target.NotRegistered");
    let own = world.scope(ACCOUNT, REGION).elb.load_balancers.get(&lb).unwrap().zones.first().unwrap().address;
    send(&mut world, &register(&group, &own.to_string(), "-")).unwrap();
    assert_eq!(states(&mut world, &group), ["unhealthy Target.IpUnusable"]);
}

#[test]
fn when_a_target_was_registered_makes_no_other_world() {
    let mut world = world();
    let group = first(&send(&mut world, GROUP).unwrap(), "TargetGroupArn");
    send(&mut world, &register(&group, "10.0.1.50", "-")).unwrap();
    let before = summarise(&world);
    let gone =
        [("Action", "DeregisterTargets"), ("TargetGroupArn", group.as_str()), ("Targets.member.1.Id", "10.0.1.50")];
    send(&mut world, &gone).unwrap();
    assert_ne!(summarise(&world), before);
    later(&mut world, 60);
    send(&mut world, &register(&group, "10.0.1.50", "-")).unwrap();
    assert_eq!(summarise(&world), before);
}
