//! Regions and availability zones: which exist, and what an account's zone names stand for.
//!
//! **Invariant:** `us-east-1a` of two accounts need not be the same zone; the zone id (`use1-az1`) is.

use super::filter::{Filters, invalid};
use super::request::Request;
use super::state::Tags;
use crate::ids::stable_hex;
use crate::wire::{Fault, Reply};
use crate::world::{DEFAULT_REGIONS, OPT_IN_REGIONS, World};

/// Gives the zones of a region as an account names them: (name, id), sorted by name.
pub(crate) fn zones(world: &World, account: &str, region: &str) -> Vec<(String, String)> {
    let stated = &world.scope(account, region).ec2.zones;
    let count = match region {
        "us-east-1" => 6,
        "us-west-2" | "ap-northeast-2" => 4,
        _ => 3,
    };
    let prefix = id_prefix(region);
    let mut names: Vec<String> = ('a'..='z').take(count).map(|letter| format!("{region}{letter}")).collect();
    let mut ids: Vec<String> = (1..=count).map(|number| format!("{prefix}-az{number}")).collect();
    // Each account has its own rotation; what the world file states is taken out of it first.
    names.retain(|name| !stated.contains_key(name));
    ids.retain(|id| !stated.values().any(|taken| taken == id));
    let turn = usize::from_str_radix(&stable_hex(account, 6), 16).unwrap_or_default() % ids.len().max(1);
    ids.rotate_left(turn);
    let mut all: Vec<(String, String)> = names.into_iter().zip(ids).collect();
    all.extend(stated.iter().map(|(name, id)| (name.clone(), id.clone())));
    all.sort();
    all
}

/// Gives the short form that a region's zone ids begin with: `use1` for `us-east-1`.
pub(crate) fn id_prefix(region: &str) -> String {
    let mut parts = region.split('-');
    let area = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let mut prefix = area.to_owned();
    for part in rest {
        prefix.push_str(match part {
            "east" => "e",
            "west" => "w",
            "north" => "n",
            "south" => "s",
            "central" => "c",
            "northeast" => "ne",
            "northwest" => "nw",
            "southeast" => "se",
            "southwest" => "sw",
            other => other,
        });
    }
    prefix
}

/// Answers `DescribeAvailabilityZones`.
pub(super) fn describe(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let region = request.call.region.clone();
    let known = ["zone-name", "zone-id", "region-name", "state", "zone-type", "group-name", "opt-in-status"];
    let filters = Filters::read(&request.params, &known)?;
    let (names, ids) = (request.params.list("ZoneName"), request.params.list("ZoneId"));
    let all = zones(request.world, &request.call.account, &region);
    for name in &names {
        if !all.iter().any(|(found, _)| found == name) {
            return Err(invalid(format!("Invalid availability zone: [{name}]")));
        }
    }
    for id in &ids {
        if !all.iter().any(|(_, found)| found == id) {
            return Err(invalid(format!("Invalid availability zone-id: [{id}]")));
        }
    }
    let group = format!("{region}-zg-1");
    let admitted = |(name, id): &(String, String)| {
        (names.is_empty() || names.contains(name))
            && (ids.is_empty() || ids.contains(id))
            && filters.admit(&Tags::new(), |filter| {
                vec![match filter {
                    "zone-name" => name.clone(),
                    "zone-id" => id.clone(),
                    "region-name" => region.clone(),
                    "state" => "available".to_owned(),
                    "zone-type" => "availability-zone".to_owned(),
                    "group-name" => group.clone(),
                    _ => "opt-in-not-required".to_owned(),
                }]
            })
    };
    let found: Vec<_> = all.iter().filter(|zone| admitted(zone)).collect();
    request.answer(|x| {
        x.items("availabilityZoneInfo", found, |x, (name, id)| {
            x.text("optInStatus", "opt-in-not-required")
                .node("messageSet", |_| {})
                .text("regionName", &region)
                .text("zoneName", name)
                .text("zoneId", id)
                .text("groupName", &group)
                .text("networkBorderGroup", &region)
                .text("zoneType", "availability-zone")
                .text("zoneState", "available");
        });
    })
}

/// Answers `DescribeRegions`.
pub(super) fn describe_regions(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let filters = Filters::read(&request.params, &["region-name", "endpoint", "opt-in-status"])?;
    let all = request.params.boolean("AllRegions")?.unwrap_or(false);
    let names = request.params.list("RegionName");
    let on = |region: &str| request.world.region_is_on(&request.call.account, region);
    let known: Vec<&str> = DEFAULT_REGIONS.iter().chain(OPT_IN_REGIONS).copied().collect();
    for name in &names {
        if !known.contains(&name.as_str()) {
            return Err(invalid(format!("Invalid region '{name}'")));
        }
    }
    let status = |region: &str| match (DEFAULT_REGIONS.contains(&region), on(region)) {
        (true, true) => "opt-in-not-required",
        (false, true) => "opted-in",
        (_, false) => "not-opted-in",
    };
    let found: Vec<_> = known
        .into_iter()
        .filter(|region| names.is_empty() && (all || on(region)) || names.iter().any(|name| name == region))
        .filter(|region| {
            filters.admit(&Tags::new(), |filter| {
                vec![match filter {
                    "region-name" => (*region).to_owned(),
                    "endpoint" => format!("ec2.{region}.amazonaws.com"),
                    _ => status(region).to_owned(),
                }]
            })
        })
        .collect();
    request.answer(|x| {
        x.items("regionInfo", found, |x, region| {
            x.text("optInStatus", status(region))
                .text("regionName", region)
                .text("regionEndpoint", format!("ec2.{region}.amazonaws.com"));
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Options;

    #[test]
    fn two_accounts_name_the_same_zones_differently() {
        let world = World::empty(&Options { speed: 0.0, seed: 1 });
        let (a, b) = (zones(&world, "111111111111", "us-east-1"), zones(&world, "222222222222", "us-east-1"));
        assert_ne!(a, b);
        let ids = |zones: &[(String, String)]| {
            let mut ids: Vec<String> = zones.iter().map(|(_, id)| id.clone()).collect();
            ids.sort();
            ids
        };
        assert_eq!(ids(&a), ids(&b));
        assert_eq!(id_prefix("ap-southeast-2"), "apse2");
    }
}
