//! What faults make of EC2's asynchronous changes: what never settles, and what settles as failed.

use super::*;
use crate::fate::Fate;

/// Longer than anything takes.
const DAY: u64 = 24 * 3600;

impl Bench {
    /// Makes one call that meets a fate.
    #[track_caller]
    fn fated(&mut self, fate: Fate, account: &str, action: &str, params: &[(&str, &str)]) -> String {
        self.0.fate = fate;
        let body = self.ok(account, action, params);
        self.0.fate = Fate::Usual;
        body
    }

    /// Makes an endpoint to a service that must accept it; gives both ids.
    fn asking(&mut self, fate: Fate) -> (String, String) {
        let (service, name) = self.service();
        let (subnet, vpc) = (self.subnet("b"), self.vpc("hub"));
        let params = [
            ("VpcId", vpc.as_str()),
            ("VpcEndpointType", "Interface"),
            ("ServiceName", &name),
            ("SubnetId.1", &subnet),
        ];
        let made = self.fated(fate, HUB, "CreateVpcEndpoint", &params);
        (service, text(&made, "vpcEndpointId"))
    }

    fn provider_sees(&mut self) -> String {
        text(&self.ok(APP, "DescribeVpcEndpointConnections", &[]), "vpcEndpointState")
    }
}

fn failed() -> Fate {
    Fate::Failed("a mishap".to_owned())
}

#[test]
fn the_fate_of_an_endpoint_shows_once_it_is_accepted() {
    for (fate, end) in [(Fate::Never, "pending"), (failed(), "failed"), (Fate::Usual, "available")] {
        let mut bench = Bench::new();
        let (service, endpoint) = bench.asking(fate);
        bench.pass(DAY);
        assert_eq!(bench.state(&endpoint), "pendingAcceptance");
        bench.ok(APP, "AcceptVpcEndpointConnections", &[("ServiceId", &service), ("VpcEndpointId.1", &endpoint)]);
        assert_eq!(bench.state(&endpoint), "pending");
        bench.pass(DAY);
        assert_eq!((bench.state(&endpoint).as_str(), bench.provider_sees().as_str()), (end, end));
    }
}

#[test]
fn an_acceptance_has_a_fate_of_its_own() {
    for (fate, end) in [(Fate::Never, "pending"), (failed(), "failed")] {
        let mut bench = Bench::new();
        let (service, endpoint) = bench.asking(Fate::Usual);
        let params = [("ServiceId", service.as_str()), ("VpcEndpointId.1", &endpoint)];
        bench.fated(fate, APP, "AcceptVpcEndpointConnections", &params);
        bench.pass(DAY);
        assert_eq!(bench.state(&endpoint), end);
    }
}

#[test]
fn a_failed_endpoint_has_no_interfaces_to_show_and_can_only_be_deleted() {
    let mut bench = Bench::new();
    let (service, endpoint) = bench.asking(failed());
    bench.ok(APP, "AcceptVpcEndpointConnections", &[("ServiceId", &service), ("VpcEndpointId.1", &endpoint)]);
    bench.pass(DAY);
    let shown = bench.ok(HUB, "DescribeVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    assert!(shown.contains("<networkInterfaceIdSet></networkInterfaceIdSet>"), "{shown}");
    assert!(shown.contains("<failureReason>a mishap</failureReason>"), "{shown}");
    let group = bench.group("sg");
    let change = [("VpcEndpointId", endpoint.as_str()), ("AddSecurityGroupId.1", &group)];
    bench.refused("IncorrectState", HUB, "ModifyVpcEndpoint", &change);
    bench.ok(HUB, "DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    assert_eq!(bench.state(&endpoint), "deleting");
}

#[test]
fn a_modification_and_a_deletion_may_never_end() {
    let mut bench = Bench::new();
    let subnet = bench.subnet("b");
    let endpoint = bench.endpoint(EXECUTE_API, &[("SubnetId.1", &subnet)]).unwrap();
    bench.pass(DAY);
    let change = [("VpcEndpointId", endpoint.as_str()), ("PrivateDnsEnabled", "false")];
    bench.fated(Fate::Never, HUB, "ModifyVpcEndpoint", &change);
    bench.pass(DAY);
    assert_eq!(bench.state(&endpoint), "pending");
    bench.fated(Fate::Never, HUB, "DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    bench.pass(DAY);
    assert_eq!(bench.state(&endpoint), "deleting");
}

#[test]
fn an_endpoint_service_may_fail_stay_pending_or_never_go() {
    for (fate, end) in [(Fate::Never, "Pending"), (failed(), "Failed")] {
        let mut bench = Bench::new();
        let arn = bench.balancer("nlb");
        let params = [("NetworkLoadBalancerArn.1", arn.as_str())];
        let made = bench.fated(fate, APP, "CreateVpcEndpointServiceConfiguration", &params);
        assert_eq!(text(&made, "serviceState"), "Pending");
        bench.pass(DAY);
        let state = text(&bench.ok(APP, "DescribeVpcEndpointServiceConfigurations", &[]), "serviceState");
        assert_eq!(state, end);
        let id = text(&made, "serviceId");
        bench.fated(Fate::Never, APP, "DeleteVpcEndpointServiceConfigurations", &[("ServiceId.1", &id)]);
        bench.pass(DAY);
        let state = text(&bench.ok(APP, "DescribeVpcEndpointServiceConfigurations", &[]), "serviceState");
        assert_eq!(state, "Deleting");
    }
}
