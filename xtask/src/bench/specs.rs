//! Specs and worlds of a given size.

use std::fmt::Write as _;

const HEAD: &str = r#"project "bench" { region "us-east-1" }
account "gateway" id="222222222222" { role "privlink-deployer" }
account "application" id="111111111111" { role "privlink-deployer" }
network "hub" account="gateway" { vpc name="hub" }
network "app" account="application" { vpc name="app" }
"#;

/// Callers come through a network of their own: the hub's holds AWS's 50 endpoints without theirs.
const CALLERS: &str = "network \"callers\" account=\"gateway\" { vpc name=\"callers\" }\n";

/// One API in front of `count` services, each behind a load balancer of its own in another account.
pub(crate) fn integrations(count: usize) -> String {
    let mut spec = format!("{HEAD}{CALLERS}");
    for number in 0..count {
        let _ = writeln!(
            spec,
            "target \"service-{number}\" network=\"app\" {{ load-balancer \"service-{number}\"; port 80 }}"
        );
    }
    spec.push_str("api \"bench\" account=\"gateway\" network=\"hub\" {\n    entry network=\"callers\" { allow-from \"10.0.0.0/8\" }\n");
    for number in 0..count {
        let _ = writeln!(spec, "    route \"/service-{number}\" target=\"service-{number}\"");
    }
    spec.push_str("    allow network=\"callers\"\n    stage \"prod\"\n}\n");
    spec
}

/// The world of [`integrations`].
pub(crate) fn world(count: usize) -> String {
    let mut world = WORLD.to_owned();
    for number in 0..count {
        let _ = writeln!(
            world,
            "    load-balancer \"service-{number}\" type=\"network\" scheme=\"internal\" {{\n        \
             subnets \"app-a\" \"app-b\"\n        listener 80 protocol=\"TCP\"\n    }}"
        );
    }
    world.push_str("}\n}\n}\n");
    world
}

/// Open at the application's VPC.
const WORLD: &str = r#"ambient account="000000000000"
account "222222222222" {
    role "privlink-deployer"
    region "us-east-1" {
        vpc "hub" cidr="10.0.0.0/16" {
            subnet "hub-a" cidr="10.0.0.0/20" az="us-east-1a" az-id="use1-az1"
            subnet "hub-b" cidr="10.0.16.0/20" az="us-east-1b" az-id="use1-az2"
        }
        vpc "callers" cidr="10.2.0.0/16" {
            subnet "callers-a" cidr="10.2.0.0/20" az="us-east-1a" az-id="use1-az1"
        }
    }
}
account "111111111111" {
    role "privlink-deployer"
    region "us-east-1" {
        vpc "app" cidr="10.1.0.0/16" {
            subnet "app-a" cidr="10.1.0.0/20" az="us-east-1a" az-id="use1-az1"
            subnet "app-b" cidr="10.1.16.0/20" az="us-east-1b" az-id="use1-az2"
"#;

/// `count` routes over as many APIs as AWS's limit of 300 resources for each asks for.
pub(crate) fn routes(count: usize) -> String {
    const EACH: usize = 100;
    let mut spec = HEAD.to_owned();
    spec.push_str("target \"service\" network=\"app\" { load-balancer \"service\"; port 80 }\n");
    for first in (0..count).step_by(EACH) {
        let _ = writeln!(spec, "api \"api-{first}\" account=\"gateway\" network=\"hub\" {{\n    entry network=\"hub\"");
        for number in first..(first + EACH).min(count) {
            let _ = writeln!(
                spec,
                "    route \"/route-{number}\" target=\"service\" {{ methods \"GET\" \"POST\"; timeout \"10s\" }}"
            );
        }
        spec.push_str("    allow network=\"hub\"\n    stage \"prod\"\n}\n");
    }
    spec
}

/// A spec of `lines` lines of which every tenth has a mistake.
pub(crate) fn broken(lines: usize) -> String {
    let mut spec = HEAD.to_owned();
    for number in 0..lines {
        let port = if number % 10 == 0 { 70_000 } else { 80 };
        let _ = writeln!(spec, "target \"t{number}\" network=\"app\" {{ load-balancer \"t{number}\"; port {port} }}");
    }
    spec
}
