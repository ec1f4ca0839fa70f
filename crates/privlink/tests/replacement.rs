//! What cannot change in place is replaced without a moment in which a call would fail: the world is looked at around every
//! request of an apply, and each deployed stage must have a whole way to every target of its deployment.
#![allow(clippy::disallowed_methods, reason = "tests make files")]
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod replacing;
mod served;

use replacing::Project;

const PARTNER: &str = "vpce-svc-0123456789abcdef0";

#[test]
fn a_target_group_and_its_listener_when_the_port_changes() {
    let project = Project::new();
    let story =
        project.change(&[("address \"172.31.12.59\"\n    port 8080", "address \"172.31.12.59\"\n    port 8088")]);
    story.flows();
    story.replaces(&[
        "CreateTargetGroup",
        "CreateListener",
        "RegisterTargets",
        "CreateDeployment",
        "UpdateStage",
        "DeleteTargetGroup",
    ]);
}

#[test]
fn a_load_balancer_and_a_vpc_link_when_a_target_gets_its_own_and_gives_it_back() {
    let project = Project::new();
    let story = project.change(&[(
        "target \"legacy\" network=\"elsewhere\" {",
        "target \"legacy\" network=\"elsewhere\" dedicated=#true {",
    )]);
    story.flows();
    story.replaces(&[
        "CreateLoadBalancer",
        "CreateVpcLink",
        "PutRestApi",
        "CreateDeployment",
        "UpdateStage",
        "DeleteListener",
    ]);
    let story = project.change(&[("dedicated=#true ", "")]);
    story.flows();
    story.replaces(&["CreateListener", "CreateDeployment", "UpdateStage", "DeleteVpcLink", "DeleteLoadBalancer"]);
}

#[test]
fn a_vpc_link_when_it_goes_to_another_load_balancer() {
    let project = Project::new();
    let story = project.change(&[("load-balancer \"local\"", "load-balancer \"local-2\"")]);
    story.flows();
    story.replaces(&["CreateVpcLink", "PutRestApi", "CreateDeployment", "UpdateStage", "DeleteVpcLink"]);
}

#[test]
fn an_endpoint_when_it_leads_to_another_service() {
    let project = Project::new();
    let story = project.change(&[(PARTNER, "vpce-svc-0123456789abcdef2")]);
    story.flows();
    story.replaces(&["CreateVpcEndpoint", "RegisterTargets", "DeregisterTargets", "DeleteVpcEndpoints"]);
}

#[test]
fn what_an_endpoint_service_stands_on() {
    let project = Project::new();
    let story = project.change(&[("load-balancer \"orders\"", "load-balancer \"orders-2\"")]);
    story.flows();
    story.replaces(&[
        "CreateVpcEndpointServiceConfiguration",
        "CreateVpcEndpoint",
        "AcceptVpcEndpointConnections",
        "RegisterTargets",
        "DeregisterTargets",
        "DeleteVpcEndpoints",
        "DeleteVpcEndpointServiceConfigurations",
    ]);
}

#[test]
fn the_subnets_of_a_network() {
    let project = Project::new();
    let two = "vpc name=\"hub\"\n    subnets name=\"hub-a\"";
    project.change(&[("vpc name=\"hub\"", two)]).flows();
    project.change(&[("subnets name=\"hub-a\"", "subnets name=\"hub-b\"")]).flows();
}

#[test]
fn the_zones_of_an_endpoint() {
    let project = Project::new();
    project.change(&[("load-balancer \"orders\"", "load-balancer \"orders-a\"")]).flows();
    let story = project.change(&[("load-balancer \"orders-a\"", "load-balancer \"orders-b\"")]);
    story.flows();
}

#[test]
fn a_target_that_becomes_one_of_another_form() {
    let project = Project::new();
    let story = project.change(&[(
        "network=\"elsewhere\" {\n    address \"172.31.12.59\"\n    port 8080",
        "network=\"app\" {\n    load-balancer \"orders-2\"\n    port 80",
    )]);
    story.flows();
    let story = project.change(&[(
        "target \"orders\" network=\"app\" {\n    load-balancer \"orders\"",
        "target \"orders\" network=\"elsewhere\" {\n    address \"172.31.7.7\"",
    )]);
    story.flows();
}

#[test]
fn everything_when_the_network_moves_to_another_vpc() {
    let project = Project::new();
    project
        .change(&[
            ("target \"local\" network=\"hub\" {\n    load-balancer \"local\"\n    port 8080\n}\n", ""),
            ("    route \"/local\" target=\"local\"\n", ""),
        ])
        .flows();
    let story = project.change(&[("vpc name=\"hub\"", "vpc name=\"hub-2\"")]);
    story.flows();
    story.replaces(&[
        "CreateLoadBalancer",
        "CreateVpcLink",
        "PutRestApi",
        "CreateDeployment",
        "UpdateStage",
        "DeleteVpcLink",
        "DeleteLoadBalancer",
    ]);
}

#[test]
fn a_replacement_that_was_killed_half_way_is_finished_without_a_third() {
    let port = ("address \"172.31.12.59\"\n    port 8080", "address \"172.31.12.59\"\n    port 8088");
    let balancer = ("load-balancer \"orders\"", "load-balancer \"orders-2\"");
    let subnets = ("vpc name=\"hub\"", "vpc name=\"hub\"\n    subnets name=\"hub-a\"");
    // A moment in each of the halves: new ones made, traffic moved, old ones going.
    for after in [2, 7, 12, 17, 22] {
        let project = Project::new();
        project.change_killed(&[port, balancer, subnets], after).flows();
        project.leaves_nothing();
    }
}
