//! Whether a call would arrive: from every stage, through what it deployed, to a target that answers.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What is known of the world over time.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// Addresses that endpoints had: where none has it now, nothing answers.
    lent: BTreeSet<String>,
}

impl Flow {
    /// What breaks a way from a stage to a target, in words.
    pub(crate) fn broken(&mut self, world: &Value) -> Vec<String> {
        self.lent.extend(endpoint_addresses(world, false));
        let mut broken = Vec::new();
        for (scope, here) in entries(&world["scopes"]) {
            let place = Place { world, scope, here, lent: &self.lent };
            for (_, api) in entries(&here["gateway"]["apis"]) {
                for (name, stage) in entries(&api["stages"]) {
                    let deployment = &api["deployments"][text(&stage["deployment"])];
                    if deployment.is_null() {
                        broken.push(format!("stage {name}: runs no deployment"));
                        continue;
                    }
                    broken.extend(
                        place.deployed(&deployment["snapshot"]).into_iter().map(|why| format!("stage {name}: {why}")),
                    );
                }
            }
        }
        broken
    }
}

struct Place<'a> {
    world: &'a Value,
    scope: &'a str,
    here: &'a Value,
    lent: &'a BTreeSet<String>,
}

impl Place<'_> {
    fn now(&self) -> i64 {
        self.world["clock"]["now"].as_i64().unwrap()
    }

    /// Whether a moment has passed; one that is not set has.
    fn passed(&self, moment: &Value) -> bool {
        moment.as_i64().is_none_or(|moment| moment <= self.now())
    }

    fn deployed(&self, snapshot: &Value) -> Vec<String> {
        let mut broken = Vec::new();
        let ways: Vec<&str> = items(&snapshot["endpoint"]["vpcEndpointIds"]).iter().map(text).collect();
        if !ways.iter().any(|id| self.is_available(&self.here["ec2"]["endpoints"][*id])) {
            broken.push(format!("no endpoint of {ways:?} is available"));
        }
        for (_, resource) in entries(&snapshot["resources"]) {
            for (_, method) in entries(&resource["methods"]) {
                let integration = &method["methodIntegration"];
                if integration["connectionType"] == "VPC_LINK" {
                    let uri = text(&integration["uri"]);
                    broken.extend(
                        self.link(text(&integration["connectionId"]), uri).err().map(|why| format!("{uri}: {why}")),
                    );
                }
            }
        }
        broken
    }

    fn is_available(&self, endpoint: &Value) -> bool {
        // While it is modified it is pending again, and goes on serving at the addresses it keeps.
        let ready = &endpoint["phase"]["Accepted"]["ready_at"];
        ready.is_i64() && (self.passed(ready) || endpoint["once_available"] == true)
    }

    fn link(&self, id: &str, uri: &str) -> Result<(), String> {
        let link = &self.here["gateway"]["links"][id];
        if link.is_null() || !link["gone_at"].is_null() || !self.passed(&link["ready_at"]) {
            return Err(format!("VPC link {id} is not available"));
        }
        let arn = text(&link["target"]);
        let balancer = &self.here["elb"]["load_balancers"][arn];
        if balancer.is_null() || !self.passed(&balancer["ready_at"]) {
            return Err(format!("{arn} is not active"));
        }
        let port =
            uri.rsplit(':').next().and_then(|rest| rest.split('/').next()).and_then(|port| port.parse::<i64>().ok());
        let mut listeners = entries(&self.here["elb"]["listeners"]).map(|(_, listener)| listener);
        let listener = listeners
            .find(|listener| listener["load_balancer"] == *arn && listener["port"].as_i64() == port)
            .ok_or_else(|| format!("nothing listens on {port:?} of {arn}"))?;
        let group = &self.here["elb"]["target_groups"][text(&listener["target_group"])];
        // What is behind a load balancer that was there before is not privlink's.
        if !text(&balancer["name"]).starts_with("pl-") {
            return Ok(());
        }
        let targets: Vec<&Value> = items(&group["targets"]).iter().collect();
        let states: Vec<String> =
            targets.iter().filter_map(|target| self.target(group, balancer, target).err()).collect();
        if states.len() == targets.len() { Err(format!("no target answers: {states:?}")) } else { Ok(()) }
    }

    fn target(&self, group: &Value, balancer: &Value, target: &Value) -> Result<(), String> {
        let id = text(&target["id"]);
        if !target["gone_at"].is_null() {
            return Err(format!("{id} drains"));
        }
        let checked = [&target["created_at"], &group["ready_at"], &balancer["ready_at"]];
        let checked = checked.into_iter().filter_map(Value::as_i64).max().unwrap_or_default();
        let initial = self.world["timing"]["target_initial"]["secs"].as_i64().unwrap() * 1000;
        if checked + initial > self.now() {
            return Err(format!("{id} was not checked yet"));
        }
        if self.lent.contains(id)
            && !endpoint_addresses_in(self.here, &|endpoint| self.is_available(endpoint) && self.leads(endpoint))
                .contains(id)
        {
            return Err(format!("{id} is no address of an available endpoint in {}", self.scope));
        }
        Ok(())
    }

    /// Whether an endpoint's service has a load balancer that is active.
    fn leads(&self, endpoint: &Value) -> bool {
        entries(&self.world["scopes"]).any(|(_, there)| {
            let mut services = entries(&there["ec2"]["services"]).map(|(_, service)| service);
            let service = services.find(|service| service["name"] == endpoint["service_name"]);
            service.is_some_and(|service| {
                service["gone_at"].is_null()
                    && entries(&service["load_balancers"])
                        .any(|(arn, _)| !there["elb"]["load_balancers"][arn].is_null())
            })
        })
    }
}

/// The addresses of endpoints, in all scopes.
fn endpoint_addresses(world: &Value, _available: bool) -> BTreeSet<String> {
    entries(&world["scopes"]).flat_map(|(_, here)| endpoint_addresses_in(here, &|_| true)).collect()
}

fn endpoint_addresses_in(here: &Value, which: &dyn Fn(&Value) -> bool) -> BTreeSet<String> {
    let endpoints = entries(&here["ec2"]["endpoints"]).map(|(_, endpoint)| endpoint).filter(|endpoint| which(endpoint));
    let interfaces =
        endpoints.flat_map(|endpoint| entries(&endpoint["interfaces"]).map(|(_, interface)| text(interface)));
    interfaces.map(|id| text(&here["ec2"]["interfaces"][id]["address"]).to_owned()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(key, value)| (key.as_str(), value))
}
