//! Canaries: a share of a stage's traffic that another deployment serves.
//!
//! Owns the canary's settings and their patch paths. Which calls make one is told by `stage.rs` and `deployment.rs`.
//! Refuses to know: whether a deployment exists.

use super::fault::bad_request;
use super::input::{Input, Op, Patch};
use super::variables::check_variables;
use crate::wire::Fault;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A canary, as reads show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Canary {
    percent_traffic: f64,
    pub(super) deployment_id: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) stage_variable_overrides: BTreeMap<String, String>,
    use_stage_cache: bool,
}

impl Canary {
    /// Makes one that serves nothing yet.
    pub(super) fn of(deployment: &str) -> Canary {
        Canary {
            percent_traffic: 0.0,
            deployment_id: deployment.to_owned(),
            stage_variable_overrides: BTreeMap::new(),
            use_stage_cache: false,
        }
    }

    /// Reads what a request asks for; the deployment is the request's where it names one.
    pub(super) fn read(input: &Input, deployment: &str) -> Result<Canary, Fault> {
        let named = input.text("deploymentId")?.unwrap_or_else(|| deployment.to_owned());
        let overrides = input.map("stageVariableOverrides")?.unwrap_or_default();
        check_variables(&overrides)?;
        Ok(Canary {
            percent_traffic: share(input.decimal("percentTraffic")?.unwrap_or_default())?,
            stage_variable_overrides: overrides,
            use_stage_cache: input.flag("useStageCache")?.unwrap_or_default(),
            ..Canary::of(&named)
        })
    }

    /// Applies a patch to one of its members.
    pub(super) fn patch(&mut self, rest: &[&str], patch: &Patch) -> Result<(), Fault> {
        match (rest, patch.op) {
            (["deploymentId"], Op::Replace) => patch.value().clone_into(&mut self.deployment_id),
            (["percentTraffic"], Op::Replace) => {
                let number = patch.value().parse();
                self.percent_traffic = share(
                    number.map_err(|_| bad_request(format!("Invalid value {} for percentTraffic", patch.value())))?,
                )?;
            }
            (["useStageCache"], Op::Replace) => self.use_stage_cache = patch.flag(),
            (["stageVariableOverrides", name], Op::Remove) => {
                let gone = self.stage_variable_overrides.remove(*name);
                gone.ok_or_else(|| {
                    bad_request(format!("Cannot remove stage variable override {name}: there is none"))
                })?;
            }
            (["stageVariableOverrides", name], Op::Add | Op::Replace) => {
                let one = BTreeMap::from([((*name).to_owned(), patch.value().to_owned())]);
                check_variables(&one)?;
                self.stage_variable_overrides.extend(one);
            }
            _ => return Err(patch.unknown_path()),
        }
        Ok(())
    }
}

fn share(percent: f64) -> Result<f64, Fault> {
    if (0.0..=100.0).contains(&percent) {
        return Ok(percent);
    }
    Err(bad_request("Canary percentTraffic must be between 0.0 and 100.0"))
}
