//! The world: owns everything that exists, by account and region.
//!
//! Knows how scopes are found and what time it is; what the objects in a scope mean is known to the services alone.
//! **Invariant:** a request sees and changes only the scope of its own account and region, except through the functions
//! that a service offers to the others by name. Read next: `clock.rs`, `ids.rs`, `ec2/mod.rs`.

use crate::clock::{Clock, Moment};
use crate::ids::Ids;
use crate::timing::Timing;
use crate::{apigateway, ec2, elbv2};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::LazyLock;

/// How a world runs.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many times as fast as the wall's its clock runs.
    pub speed: f64,
    /// What its ids are drawn from.
    pub seed: u64,
}

/// All that exists.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) timing: Timing,
    /// The account of any access key that no AssumeRole gave out.
    pub(crate) ambient: String,
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) scopes: BTreeMap<String, Scope>,
    /// Names that the world's resolver knows.
    pub(crate) hosts: BTreeMap<String, Vec<IpAddr>>,
}

/// An account, apart from what it holds in each region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) roles: BTreeMap<String, Role>,
    /// The regions that are on.
    pub(crate) regions: BTreeSet<String>,
}

/// A role that may be assumed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) external_id: Option<String>,
}

/// What one account holds in one region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Scope {
    pub(crate) ec2: ec2::State,
    pub(crate) elb: elbv2::State,
    pub(crate) gateway: apigateway::State,
}

static NOTHING: LazyLock<Scope> = LazyLock::new(Scope::default);

impl World {
    /// Makes a world without accounts.
    pub(crate) fn empty(options: &Options) -> World {
        World {
            clock: Clock::new(options.speed),
            ids: Ids::new(options.seed),
            timing: Timing::default(),
            ambient: "000000000000".to_owned(),
            accounts: BTreeMap::new(),
            scopes: BTreeMap::new(),
            hosts: BTreeMap::new(),
        }
    }

    /// Gives what an account holds in a region.
    pub(crate) fn scope(&self, account: &str, region: &str) -> &Scope {
        self.scopes.get(&scope_key(account, region)).unwrap_or(&NOTHING)
    }

    /// Gives what an account holds in a region, to be changed.
    pub(crate) fn scope_mut(&mut self, account: &str, region: &str) -> &mut Scope {
        self.scopes.entry(scope_key(account, region)).or_default()
    }

    /// Gives the moment of the request that is being answered.
    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }
}

/// Writes the key of a scope: `111111111111/us-east-1`.
pub(crate) fn scope_key(account: &str, region: &str) -> String {
    format!("{account}/{region}")
}
