//! What API Gateway keeps: APIs, what is deployed of them, the stages that serve it, and VPC links.
//!
//! Refuses to know: requests. Read next: `definition.rs` for what an API does, `canary.rs` and `method_settings.rs` for what
//! a stage holds.

use super::canary::Canary;
use super::definition::Definition;
use super::fault::bad_request;
use super::method_settings::MethodSettings;
use crate::clock::Moment;
use crate::wire::Fault;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const CACHE_SIZES: [&str; 8] = ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"];

/// What API Gateway keeps for one account and region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(super) apis: BTreeMap<String, RestApi>,
    pub(super) links: BTreeMap<String, VpcLink>,
    pub(super) account: Account,
}

/// An API with what is deployed of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct RestApi {
    pub(super) id: String,
    pub(super) created: Moment,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) definition: Definition,
    pub(super) deployments: BTreeMap<String, Deployment>,
    pub(super) stages: BTreeMap<String, Stage>,
}

/// A deployment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Deployment {
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) created: Moment,
    pub(super) snapshot: Definition,
    /// VPC links that were still PENDING when it was made: AWS holds the call until they are AVAILABLE, a simulator whose
    /// clock stands still during a request cannot.
    pub(super) pending_links: Vec<String>,
}

/// A stage.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stage {
    pub(super) name: String,
    pub(super) deployment: String,
    pub(super) description: Option<String>,
    pub(super) documentation_version: Option<String>,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) tracing: bool,
    pub(super) cache_size: Option<String>,
    pub(super) cache_enabled: bool,
    pub(super) access_log: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) canary: Option<Canary>,
    /// By `*/*` or by path and verb, spelled as the patch that made them spelled both: `~1orders/GET`.
    pub(super) method_settings: BTreeMap<String, MethodSettings>,
    pub(super) created: Moment,
    #[serde(rename = "lastUpdatedDate")]
    pub(super) updated: Moment,
}

impl Stage {
    /// Makes a stage that serves nothing yet.
    pub(super) fn new(name: String, now: Moment) -> Stage {
        Stage {
            name,
            deployment: String::new(),
            description: None,
            documentation_version: None,
            variables: BTreeMap::new(),
            tags: BTreeMap::new(),
            tracing: false,
            cache_size: None,
            cache_enabled: false,
            access_log: BTreeMap::new(),
            canary: None,
            method_settings: BTreeMap::new(),
            created: now,
            updated: now,
        }
    }

    /// Gives the deployments that serve its callers.
    pub(super) fn runs(&self) -> impl Iterator<Item = &str> {
        [self.deployment.as_str()].into_iter().chain(self.canary.iter().map(|canary| canary.deployment_id.as_str()))
    }

    /// Switches the cache, which needs a size when it is on.
    pub(super) fn set_cache(&mut self, enabled: Option<bool>, size: Option<String>) -> Result<(), Fault> {
        if let Some(size) = size {
            if !CACHE_SIZES.contains(&size.as_str()) {
                return Err(bad_request(format!(
                    "Invalid cache cluster size. Valid options are {}",
                    CACHE_SIZES.join(",")
                )));
            }
            self.cache_size = Some(size);
        }
        if let Some(enabled) = enabled {
            self.cache_enabled = enabled;
        }
        if self.cache_enabled && self.cache_size.is_none() {
            self.cache_size = Some("0.5".to_owned());
        }
        Ok(())
    }
}

/// A VPC link.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct VpcLink {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) target: String,
    /// Why it will turn out FAILED; absent when it stands on its load balancer.
    pub(super) doom: Option<String>,
    pub(super) ready_at: Moment,
    /// Set when it is being deleted: it is gone then.
    pub(super) gone_at: Option<Moment>,
    pub(super) tags: BTreeMap<String, String>,
    /// Methods that were deleted while they named the link.
    pub(super) dangling: Vec<User>,
}

impl VpcLink {
    /// Gives the status at a moment.
    pub(super) fn status(&self, now: Moment) -> Status {
        match (&self.gone_at, &self.doom) {
            (Some(_), _) => Status::Deleting,
            (None, _) if now < self.ready_at => Status::Pending,
            (None, Some(_)) => Status::Failed,
            (None, None) => Status::Available,
        }
    }

    /// Tells whether deletion was asked for.
    pub(super) fn is_deleting(&self) -> bool {
        self.gone_at.is_some()
    }
}

/// A method that named a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct User {
    pub(super) api: String,
    /// `METHOD:resource`.
    pub(super) method: String,
}

/// What a link's status is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    Available,
    Failed,
    Deleting,
}

impl Status {
    /// Gives AWS's word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Status::Pending => "PENDING",
            Status::Available => "AVAILABLE",
            Status::Failed => "FAILED",
            Status::Deleting => "DELETING",
        }
    }
}

/// The settings of an account, one object for all APIs of a region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) cloudwatch_role: Option<String>,
}
