//! What faults make of load balancers and targets.

use super::*;
use crate::fate::Fate;

const DAY: u64 = 24 * 3600;

/// Makes one call that meets a fate.
fn fated(world: &mut World, fate: Fate, pairs: &[(&str, &str)]) -> String {
    world.fate = fate;
    let text = send(world, pairs).unwrap();
    world.fate = Fate::Usual;
    text
}

#[test]
fn a_load_balancer_may_fail_or_never_stand() {
    for (fate, end) in [(Fate::Never, "provisioning"), (Fate::Failed("a mishap".to_owned()), "failed")] {
        let mut world = world();
        let made = fated(&mut world, fate, INTERNAL);
        assert_eq!(first(&made, "Code"), "provisioning");
        later(&mut world, DAY);
        let shown = send(&mut world, &[("Action", "DescribeLoadBalancers")]).unwrap();
        assert_eq!(first(&shown, "Code"), end);
        assert_eq!(first(&shown, "Reason"), if end == "failed" { "a mishap" } else { "" });
        let arn = first(&made, "LoadBalancerArn");
        send(&mut world, &[("Action", "DeleteLoadBalancer"), ("LoadBalancerArn", &arn)]).unwrap();
    }
}

#[test]
fn a_target_may_stay_initial_turn_unhealthy_or_drain_for_ever() {
    let mut world = world();
    let chain = chain(&mut world);
    fated(&mut world, Fate::Never, &register(&chain.group, "10.0.1.50", "-"));
    fated(&mut world, Fate::Failed("connection refused".to_owned()), &register(&chain.group, "10.0.1.51", "-"));
    send(&mut world, &register(&chain.group, "10.0.1.52", "-")).unwrap();
    later(&mut world, DAY);
    let initial = "initial Elb.RegistrationInProgress";
    assert_eq!(states(&mut world, &chain.group), [initial, "unhealthy Target.FailedHealthChecks", "healthy "]);
    let shown = send(&mut world, &[("Action", "DescribeTargetHealth"), ("TargetGroupArn", &chain.group)]).unwrap();
    assert!(texts(&shown, "Description").contains(&"connection refused".to_owned()), "{shown}");
    let gone = [
        ("Action", "DeregisterTargets"),
        ("TargetGroupArn", chain.group.as_str()),
        ("Targets.member.1.Id", "10.0.1.52"),
    ];
    fated(&mut world, Fate::Never, &gone);
    later(&mut world, DAY);
    assert!(states(&mut world, &chain.group).contains(&"draining Target.DeregistrationInProgress".to_owned()));
}
