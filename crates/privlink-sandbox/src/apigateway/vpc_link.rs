//! VPC links: the way of an API to a network load balancer in the account's own VPC.
//!
//! A link puts a hidden endpoint service on its load balancer, which keeps the load balancer in use until the link is
//! really gone. Creation always succeeds; whether it works out shows only once PENDING ends. **Invariant:** a link leaves
//! only when no definition and no deployed stage names it literally; a method that was deleted while it named the link
//! keeps it in use for ever, as AWS's does.

use super::fault::{bad_request, limit, not_found};
use super::input::{Input, Op, page, patches};
use super::site::{Site, listing};
use super::state::{Status, VpcLink};
use super::tags;
use crate::clock::Moment;
use crate::ec2;
use crate::elbv2::ports::load_balancer;
use crate::wire::{Fault, Reply};
use crate::world::World;
use serde_json::{Map, Value, json};

const MAX_LINKS: usize = 20;

fn unknown() -> Fault {
    not_found("Invalid Vpc Link identifier specified")
}

fn render(link: &VpcLink, now: Moment, always_tags: bool) -> Value {
    let mut out = Map::new();
    let status = link.status(now);
    out.insert("id".into(), json!(link.id));
    out.insert("name".into(), json!(link.name));
    if let Some(description) = &link.description {
        out.insert("description".into(), json!(description));
    }
    out.insert("targetArns".into(), json!([link.target]));
    out.insert("status".into(), json!(status.word()));
    let message = match status {
        Status::Available => Some("Your vpc link is ready for use"),
        Status::Failed => link.doom.as_deref(),
        Status::Pending | Status::Deleting => None,
    };
    if let Some(message) = message {
        out.insert("statusMessage".into(), json!(message));
    }
    if always_tags || !link.tags.is_empty() {
        out.insert("tags".into(), json!(link.tags));
    }
    Value::Object(out)
}

/// Answers CreateVpcLink.
pub(super) fn create(site: &mut Site) -> Result<Reply, Fault> {
    let input = Input::of(site.call)?;
    let Some(name) = input.text("name")?.filter(|name| !name.is_empty()) else {
        return Err(bad_request("Name cannot be empty"));
    };
    let targets = input.texts("targetArns")?.unwrap_or_default();
    let target = match targets.as_slice() {
        [] => return Err(bad_request("At least one target arn must be specified for vpc link.")),
        [target] => target.clone(),
        _ => return Err(bad_request("More than one target arn specified for vpc link.")),
    };
    check_arn(&target)?;
    let tags = tags::accept(input.map("tags")?.unwrap_or_default())?;
    let description = input.text("description")?;
    if site.state().links.len() >= MAX_LINKS {
        return Err(limit("Maximum number of VPC links for this account has been reached"));
    }
    let (account, region) = (&site.call.account, &site.call.region);
    let fated = || site.world.fate.failure().map(str::to_owned);
    let doom = obstacle(site.world, account, region, &target).or_else(fated);
    if doom.is_none() {
        ec2::add_hidden_service(site.world, account, region, &target);
    }
    let now = site.world.now();
    let ready_at = site.world.done_after(site.world.timing.vpc_link_pending);
    let id = site.world.ids.alnum(6);
    let dangling = Vec::new();
    let link = VpcLink { id: id.clone(), name, description, target, doom, ready_at, gone_at: None, tags, dangling };
    let answer = render(&link, now, false);
    site.state_mut().links.insert(id, link);
    Ok(Reply::json(202, &answer))
}

fn check_arn(arn: &str) -> Result<(), Fault> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "elasticloadbalancing", region, account, resource] = parts.as_slice() else {
        return Err(bad_request(format!("Invalid ARN. ARN is not well formed {arn}")));
    };
    let whole = partition.starts_with("aws") && !region.is_empty() && account.len() == 12;
    let named = match resource.split('/').collect::<Vec<_>>().as_slice() {
        ["loadbalancer", "net", name, id] => !name.is_empty() && !id.is_empty(),
        _ => false,
    };
    if whole && named { Ok(()) } else { Err(bad_request("NLB ARN is malformed.")) }
}

/// Gives the reason why a link cannot stand on a load balancer, if there is one.
fn obstacle(world: &World, account: &str, region: &str, arn: &str) -> Option<String> {
    let now = world.now();
    let Some(found) = load_balancer(world, account, region, arn) else {
        return Some(format!("NLB {arn} was not found in account {account} and region {region}"));
    };
    if found.kind != "network" {
        return Some(format!("Load balancer {arn} is not a network load balancer"));
    }
    if ec2::service_on_load_balancer(world, account, region, arn).is_some() {
        return Some("NLB is already associated with another VPC Endpoint Service".to_owned());
    }
    let state = found.state(now);
    (state != "active").then(|| format!("NLB {arn} is not active: its state is {state}"))
}

/// Answers GetVpcLinks.
pub(super) fn list(site: &Site) -> Result<Reply, Fault> {
    let now = site.world.now();
    let all = site.state().links.iter().map(|(id, link)| (id.clone(), link)).collect();
    let (items, position) = page(site.call, all)?;
    let items = items.into_iter().map(|link| render(link, now, false)).collect();
    Ok(listing(items, position))
}

/// Answers GetVpcLink.
pub(super) fn get(site: &Site, id: &str) -> Result<Reply, Fault> {
    let link = site.state().links.get(id).ok_or_else(unknown)?;
    Ok(Reply::json(200, &render(link, site.world.now(), true)))
}

/// Answers UpdateVpcLink; the target cannot change.
pub(super) fn update(site: &mut Site, id: &str) -> Result<Reply, Fault> {
    let patches = patches(site.call, "updateVpcLinkInput")?;
    let now = site.world.now();
    let mut link = site.state().links.get(id).ok_or_else(unknown)?.clone();
    for patch in &patches {
        match patch.path.as_str() {
            "/name" => {
                patch.only_replace()?;
                link.name = patch.content().ok_or_else(|| bad_request("Name cannot be empty"))?;
            }
            "/description" => link.description = if patch.op == Op::Remove { None } else { patch.content() },
            path if path.starts_with("/targetArns") => {
                return Err(bad_request("Target arns are not allowed to be changed/added."));
            }
            _ => return Err(patch.unknown_path()),
        }
    }
    let answer = render(&link, now, true);
    site.state_mut().links.insert(id.to_owned(), link);
    Ok(Reply::json(200, &answer))
}

/// Answers DeleteVpcLink.
pub(super) fn delete(site: &mut Site, id: &str) -> Result<Reply, Fault> {
    let link = site.state().links.get(id).ok_or_else(unknown)?;
    let users = users(site, link);
    if !users.is_empty() {
        return Err(bad_request(format!(
            "Cannot delete vpc link. Vpc link '{id}', is referenced in [{}] in format of \
             [RESTApiId:Method:Resource:Stage].",
            users.join(", ")
        )));
    }
    let gone = site.world.done_after(site.world.timing.vpc_link_deleting);
    if let Some(link) = site.state_mut().links.get_mut(id) {
        link.gone_at.get_or_insert(gone);
    }
    Ok(Reply::empty(202))
}

/// Gives who names a link literally: definitions, what stages serve, and methods that are gone. Snapshots that no stage
/// serves do not count.
fn users(site: &Site, link: &VpcLink) -> Vec<String> {
    let mut users: Vec<String> = Vec::new();
    for api in site.state().apis.values() {
        let id = &api.id;
        let edited: Vec<String> = api.definition.users_of_link(&link.id).collect();
        let mut served = Vec::new();
        for stage in api.stages.values() {
            for deployment in stage.runs().filter_map(|run| api.deployments.get(run)) {
                for user in deployment.snapshot.users_of_link(&link.id) {
                    users.push(format!("{id}:{user}:{}", stage.name));
                    served.push(user);
                }
            }
        }
        users.extend(edited.iter().filter(|user| !served.contains(user)).map(|user| format!("{id}:{user}:")));
    }
    users.extend(link.dangling.iter().map(|user| format!("{}:{}:", user.api, user.method)));
    users
}

/// Takes the links whose deletion has come due out of the world, and their services off their load balancers.
pub(super) fn settle(world: &mut World) {
    let now = world.now();
    let mut gone = Vec::new();
    for (key, scope) in &mut world.scopes {
        let due = |link: &VpcLink| link.gone_at.is_some_and(|at| at <= now);
        for link in scope.gateway.links.values().filter(|link| due(link) && link.doom.is_none()) {
            gone.push((key.clone(), link.target.clone()));
        }
        scope.gateway.links.retain(|_, link| !due(link));
    }
    for (key, target) in gone {
        if let Some((account, region)) = key.split_once('/') {
            ec2::remove_hidden_service(world, account, region, &target);
        }
    }
}
