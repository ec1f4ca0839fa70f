//! Listeners.

use super::{GROUP, INTERNAL, chain, code, first, listener, send, texts, with, world};

#[test]
fn listeners_bind_one_group_to_one_load_balancer() {
    let mut world = world();
    let chain = chain(&mut world);
    let same = send(&mut world, &listener(&chain.lb, &chain.group, "8080")).unwrap();
    assert_eq!(first(&same, "ListenerArn"), chain.listener);
    assert!(chain.listener.contains(":listener/net/shared/"));
    let other = first(&send(&mut world, &with(GROUP, &[("Name", "other")])).unwrap(), "TargetGroupArn");
    assert_eq!(code(send(&mut world, &listener(&chain.lb, &other, "8080"))), "DuplicateListener");
    let second = first(&send(&mut world, &with(INTERNAL, &[("Name", "second")])).unwrap(), "LoadBalancerArn");
    assert_eq!(code(send(&mut world, &listener(&second, &chain.group, "80"))), "TargetGroupAssociationLimit");
    let tls =
        first(&send(&mut world, &with(GROUP, &[("Name", "tls"), ("Protocol", "TLS")])).unwrap(), "TargetGroupArn");
    assert_eq!(code(send(&mut world, &listener(&chain.lb, &tls, "443"))), "IncompatibleProtocols");
    let secured = with(&listener(&chain.lb, &tls, "443"), &[("Protocol", "TLS")]);
    assert_eq!(code(send(&mut world, &secured)), "ValidationError");
    let http = with(&listener(&chain.lb, &other, "81"), &[("Protocol", "HTTP")]);
    assert_eq!(code(send(&mut world, &http)), "ValidationError");
    assert_eq!(code(send(&mut world, &listener(&chain.lb, &other, "70000"))), "ValidationError");
    let describe = [("Action", "DescribeTargetGroups"), ("LoadBalancerArn", chain.lb.as_str())];
    assert_eq!(texts(&send(&mut world, &describe).unwrap(), "TargetGroupName"), ["orders"]);
    let delete = [("Action", "DeleteTargetGroup"), ("TargetGroupArn", chain.group.as_str())];
    assert_eq!(code(send(&mut world, &delete)), "ResourceInUse");
    let modify = [
        ("Action", "ModifyListener"),
        ("ListenerArn", chain.listener.as_str()),
        ("Port", "9090"),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", other.as_str()),
    ];
    let xml = send(&mut world, &modify).unwrap();
    assert_eq!([first(&xml, "Port"), first(&xml, "TargetGroupArn")], ["9090".to_owned(), other.clone()]);
    send(&mut world, &delete).unwrap();
    send(&mut world, &[("Action", "DeleteListener"), ("ListenerArn", &chain.listener)]).unwrap();
    let gone = send(&mut world, &[("Action", "DeleteListener"), ("ListenerArn", &chain.listener)]);
    assert_eq!(code(gone), "ListenerNotFound");
}

#[test]
fn tls_begins_with_a_policy_that_only_a_new_listener_is_given() {
    const CERTIFICATE: (&str, &str) = (
        "Certificates.member.1.CertificateArn",
        "arn:aws:acm:us-east-1:222222222222:certificate/12345678-1234-1234-1234-123456789012",
    );
    let mut world = world();
    let chain = chain(&mut world);
    let change = [("Action", "ModifyListener"), ("ListenerArn", chain.listener.as_str()), ("Protocol", "TLS")];
    let policy = ("SslPolicy", "ELBSecurityPolicy-TLS13-1-2-2021-06");
    assert_eq!(code(send(&mut world, &with(&change, &[CERTIFICATE]))), "ValidationError");
    assert_eq!(code(send(&mut world, &with(&change, &[policy]))), "ValidationError");
    let changed = send(&mut world, &with(&change, &[CERTIFICATE, policy])).unwrap();
    assert_eq!([first(&changed, "Protocol"), first(&changed, "SslPolicy")], ["TLS", policy.1]);
    let kept = send(&mut world, &change).unwrap();
    assert_eq!(first(&kept, "SslPolicy"), policy.1);
    let new = with(&listener(&chain.lb, &chain.group, "443"), &[("Protocol", "TLS"), CERTIFICATE]);
    assert_eq!(first(&send(&mut world, &new).unwrap(), "SslPolicy"), "ELBSecurityPolicy-2016-08");
}

#[test]
fn a_load_balancer_has_fifty_listeners_at_most() {
    let mut world = world();
    let chain = chain(&mut world);
    for port in 1..50 {
        send(&mut world, &listener(&chain.lb, &chain.group, &port.to_string())).unwrap();
    }
    assert_eq!(code(send(&mut world, &listener(&chain.lb, &chain.group, "50"))), "TooManyListeners");
}
