//! What ELBv2's calls take.

use super::demand::{Demand, Tags};
use crate::elbv2::tags_of;
use crate::wire::{Call, Params};
use crate::world::World;

const SERVICE: &str = "elasticloadbalancing";

/// Says what a call takes.
pub(super) fn demands(world: &World, call: &Call) -> Vec<Demand> {
    let params = Params::read(call);
    let action = params.get("Action").unwrap_or_default();
    let state = &world.scope(&call.account, &call.region).elb;
    let given: Tags = params
        .structs("Tags.member")
        .iter()
        .filter_map(|tag| Some((tag.get("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned())))
        .collect();
    let of = |resource: &str| Demand::new(call, SERVICE, action, resource.to_owned());
    let existing = |arn: &str| of(arn).giving(&given).having(tags_of(state, arn));
    let name = params.get("Name").unwrap_or_default();
    let made = |path: String| format!("arn:aws:{SERVICE}:{}:{}:{path}", call.region, call.account);
    match action {
        // Reading knows no objects, whatever it is asked for.
        _ if action.starts_with("Describe") => vec![of("*")],
        "CreateLoadBalancer" => {
            let kind = if params.get("Type") == Some("network") { "net" } else { "app" };
            let arn = made(format!("loadbalancer/{kind}/{name}/*"));
            with_tagging(call, action, of(&arn).giving(&given), arn, &given)
        }
        "CreateTargetGroup" => {
            let arn = made(format!("targetgroup/{name}/*"));
            with_tagging(call, action, of(&arn).giving(&given), arn, &given)
        }
        "CreateListener" => {
            let on = params.get("LoadBalancerArn").unwrap_or_default();
            let arn = format!("{}/*", on.replacen(":loadbalancer/", ":listener/", 1));
            with_tagging(call, action, existing(on), arn, &given)
        }
        "AddTags" | "RemoveTags" => params.members("ResourceArns").iter().map(|arn| existing(arn)).collect(),
        _ => {
            let arn = ["LoadBalancerArn", "TargetGroupArn", "ListenerArn"].iter().find_map(|name| params.get(name));
            vec![existing(arn.unwrap_or("*"))]
        }
    }
}

/// Adds what giving tags takes, where the call that makes something gives any.
fn with_tagging(call: &Call, action: &str, making: Demand, arn: String, given: &Tags) -> Vec<Demand> {
    if given.is_empty() {
        return vec![making];
    }
    let mut tagging = Demand::new(call, SERVICE, "AddTags", arn).giving(given);
    tagging.know("elasticloadbalancing:CreateAction", [action]);
    vec![making, tagging]
}
