//! Security groups and their rules.

use super::*;

#[test]
fn a_group_in_use_stays_until_the_interfaces_are_gone() {
    let mut bench = Bench::new();
    let (a, group) = (bench.subnet("a"), bench.group("sg"));
    let endpoint = bench.endpoint(EXECUTE_API, &[("SubnetId.1", &a)]).unwrap();
    let params = [("GroupId", group.as_str())];
    bench.refused("DependencyViolation", HUB, "DeleteSecurityGroup", &params);
    bench.ok(HUB, "DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    bench.refused("DependencyViolation", HUB, "DeleteSecurityGroup", &params);
    bench.pass(61);
    bench.ok(HUB, "DeleteSecurityGroup", &params);
    bench.refused("InvalidGroup.NotFound", HUB, "DeleteSecurityGroup", &params);
    let default = bench.group("default");
    bench.refused("CannotDelete", HUB, "DeleteSecurityGroup", &[("GroupId", &default)]);
}

#[test]
fn rules_are_unique_and_revoked_by_what_they_say_or_by_id() {
    let mut bench = Bench::new();
    let group = bench.group("sg");
    let rule = |group: &str, port: &str, cidr: &str| {
        vec![
            ("GroupId".to_owned(), group.to_owned()),
            ("IpPermissions.1.IpProtocol".to_owned(), "tcp".to_owned()),
            ("IpPermissions.1.FromPort".to_owned(), port.to_owned()),
            ("IpPermissions.1.ToPort".to_owned(), port.to_owned()),
            ("IpPermissions.1.IpRanges.1.CidrIp".to_owned(), cidr.to_owned()),
        ]
    };
    let (authorize, revoke) = ("AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress");
    let https = rule(&group, "443", "10.0.0.0/8");
    let https = pairs(&https);
    let made = bench.ok(HUB, authorize, &https);
    // Bits beyond the prefix say nothing: it is the same rule.
    bench.refused("InvalidPermission.Duplicate", HUB, authorize, &pairs(&rule(&group, "443", "10.9.9.9/8")));
    bench.refused("InvalidPermission.NotFound", HUB, revoke, &pairs(&rule(&group, "80", "10.0.0.0/8")));
    bench.refused("InvalidParameterValue", HUB, authorize, &pairs(&rule(&group, "443", "10.0.0.0/33")));
    bench.refused("InvalidParameterValue", HUB, authorize, &pairs(&rule(&group, "70000", "10.0.0.0/8")));
    let id = text(&made, "securityGroupRuleId");
    bench.ok(HUB, revoke, &[("GroupId", &group), ("SecurityGroupRuleId.1", &id)]);
    let again = [("GroupId", group.as_str()), ("SecurityGroupRuleId.1", &id)];
    bench.refused("InvalidSecurityGroupRuleId.NotFound", HUB, revoke, &again);
    bench.ok(HUB, authorize, &https);
    bench.ok(HUB, revoke, &https);
    for port in 0..60 {
        bench.ok(HUB, authorize, &pairs(&rule(&group, &port.to_string(), "10.0.0.0/8")));
    }
    let message = bench.refused("RulesPerSecurityGroupLimitExceeded", HUB, authorize, &https);
    assert!(message.contains("maximum number of rules"));
}

#[test]
fn a_group_that_another_names_stays() {
    let mut bench = Bench::new();
    let (group, vpc) = (bench.group("sg"), bench.vpc("hub"));
    let params = [("GroupName", "other"), ("GroupDescription", "d"), ("VpcId", vpc.as_str())];
    let other = text(&bench.ok(HUB, "CreateSecurityGroup", &params), "groupId");
    bench.refused("InvalidGroup.Duplicate", HUB, "CreateSecurityGroup", &params);
    let rule = [
        ("GroupId", other.as_str()),
        ("IpPermissions.1.IpProtocol", "-1"),
        ("IpPermissions.1.Groups.1.GroupId", &group),
    ];
    bench.ok(HUB, "AuthorizeSecurityGroupIngress", &rule);
    bench.refused("DependencyViolation", HUB, "DeleteSecurityGroup", &[("GroupId", &group)]);
    bench.ok(HUB, "DeleteSecurityGroup", &[("GroupId", &other)]);
    bench.ok(HUB, "DeleteSecurityGroup", &[("GroupId", &group)]);
}
