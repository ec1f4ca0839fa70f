//! What holds for every operation: dry runs, unknown parameters, tags, and odd requests.

use super::*;

#[test]
fn a_dry_run_changes_nothing_and_still_refuses() {
    let mut bench = Bench::new();
    let vpc = bench.vpc("hub");
    let params = [("GroupName", "new"), ("GroupDescription", "d"), ("VpcId", vpc.as_str()), ("DryRun", "true")];
    bench.refused("DryRunOperation", HUB, "CreateSecurityGroup", &params);
    let bad = [("GroupName", "sg"), ("GroupDescription", "d"), ("VpcId", vpc.as_str()), ("DryRun", "true")];
    bench.refused("InvalidGroup.Duplicate", HUB, "CreateSecurityGroup", &bad);
}

#[test]
fn what_is_not_known_is_refused_and_not_passed_over() {
    let mut bench = Bench::new();
    bench.refused("InvalidAction", HUB, "RunInstances", &[]);
    bench.refused("UnknownParameter", HUB, "DescribeVpcs", &[("Colour", "red")]);
    bench.refused(
        "InvalidParameterValue",
        HUB,
        "DescribeVpcs",
        &[("Filter.1.Name", "colour"), ("Filter.1.Value.1", "red")],
    );
    bench.refused("InvalidVpcID.NotFound", HUB, "DescribeVpcs", &[("VpcId.1", "vpc-00000000000000000")]);
    bench.refused("InvalidVpcID.Malformed", HUB, "DescribeVpcs", &[("VpcId.1", "hub")]);
    let others = bench.0.scope(APP, "us-east-1").ec2.vpcs.keys().next().unwrap().clone();
    bench.refused("InvalidVpcID.NotFound", HUB, "DescribeVpcs", &[("VpcId.1", &others)]);
}

#[test]
fn tags_are_set_all_or_nothing_and_found_by_filter() {
    let mut bench = Bench::new();
    let (a, group) = (bench.subnet("a"), bench.group("sg"));
    let set = [("ResourceId.1", group.as_str()), ("Tag.1.Key", "team"), ("Tag.1.Value", "platform")];
    bench.ok(HUB, "CreateTags", &set);
    let absent = [("ResourceId.1", a.as_str()), ("ResourceId.2", "sg-00000000000000000"), ("Tag.1.Key", "x")];
    bench.refused("InvalidGroup.NotFound", HUB, "CreateTags", &absent);
    let reserved = [("ResourceId.1", group.as_str()), ("Tag.1.Key", "aws:x"), ("Tag.1.Value", "y")];
    bench.refused("InvalidParameterValue", HUB, "CreateTags", &reserved);
    let find = [("Filter.1.Name", "tag:team"), ("Filter.1.Value.1", "plat*")];
    assert_eq!(text(&bench.ok(HUB, "DescribeSecurityGroups", &find), "groupId"), group);
    // A value that differs is another tag.
    bench.ok(HUB, "DeleteTags", &[("ResourceId.1", &group), ("Tag.1.Key", "team"), ("Tag.1.Value", "")]);
    assert!(bench.ok(HUB, "DescribeSecurityGroups", &find).contains(&group));
    bench.ok(HUB, "DeleteTags", &[("ResourceId.1", &group), ("Tag.1.Key", "team")]);
    assert!(!bench.ok(HUB, "DescribeSecurityGroups", &find).contains(&group));
}

/// Throws odd requests at every operation: none may panic, and what is refused must change nothing.
#[test]
fn no_request_panics_and_no_refusal_changes_the_world() {
    let mut bench = Bench::new();
    let (service, name) = bench.service();
    let (b, c, vpc, group) = (bench.subnet("b"), bench.subnet("c"), bench.vpc("hub"), bench.group("sg"));
    let endpoint = bench.endpoint(&name, &[("SubnetId.1", &b)]).unwrap();
    let mut ids = crate::ids::Ids::new(42);
    let shapes = [
        "",
        ".1",
        ".2",
        ".1.Name",
        ".1.Value.1",
        ".1.Key",
        ".1.Value",
        ".1.ResourceType",
        ".1.Tag.1.Key",
        ".1.IpProtocol",
        ".1.FromPort",
        ".1.ToPort",
        ".1.IpRanges.1.CidrIp",
        ".1.Groups.1.GroupId",
        ".1.SubnetId",
        ".1.Ipv4",
        ".99999999999.x",
        ".-1",
    ];
    let values = [
        "",
        "true",
        "false",
        "-1",
        "5",
        "443",
        "99999999999999999999",
        "tcp",
        "10.0.0.0/8",
        "::/0",
        "10.0.2.77",
        "*",
        "\\",
        "é\u{0}<&",
        "vpc-id",
        "tag:Name",
        "Interface",
        "vpc-endpoint",
        "{}",
        EXECUTE_API,
        &service,
        &name,
        &b,
        &c,
        &vpc,
        &group,
        &endpoint,
        "arn:aws:iam::222222222222:root",
        "enableDnsSupport",
    ];
    let pick = |ids: &mut crate::ids::Ids, most: usize| (ids.number() % most.max(1) as u64) as usize;
    let mut answered = 0;
    for (action, _, known) in OPERATIONS {
        for round in 0..40 {
            let mut params: Vec<(String, &str)> = Vec::new();
            for _ in 0..pick(&mut ids, 7) {
                let parameter = known[pick(&mut ids, known.len())];
                let shape = shapes[pick(&mut ids, shapes.len())];
                params.push((format!("{parameter}{shape}"), values[pick(&mut ids, values.len())]));
            }
            // Half of the requests are made likelier to get past the first checks.
            if round % 2 == 0 {
                let likely = [
                    ("VpcId", vpc.as_str()),
                    ("GroupId", &group),
                    ("ServiceId", &service),
                    ("VpcEndpointId", &endpoint),
                    ("ServiceName", EXECUTE_API),
                    ("VpcEndpointType", "Interface"),
                ];
                params.extend(
                    likely
                        .iter()
                        .filter(|(key, _)| known.contains(key))
                        .map(|(key, value)| ((*key).to_owned(), *value)),
                );
            }
            let params: Vec<(&str, &str)> = params.iter().map(|(key, value)| (key.as_str(), *value)).collect();
            let account = [APP, HUB][pick(&mut ids, 2)];
            let before = serde_json::to_string(&bench.0.scopes).unwrap();
            match bench.call(account, action, &params) {
                Ok(_) => answered += 1,
                Err(fault) => {
                    assert!((400..500).contains(&fault.status), "{action} {params:?}: {fault:?}");
                    assert_eq!(
                        before,
                        serde_json::to_string(&bench.0.scopes).unwrap(),
                        "{action} {params:?}: {fault:?}"
                    );
                }
            }
        }
    }
    assert!(answered > 100, "only {answered} requests were answered: the test asks for too little");
}
