//! The world: owns everything that exists, by account and region.
//!
//! Knows how scopes are found and what time it is; what the objects in a scope mean is known to the services alone.
//! **Invariant:** a request sees and changes only the scope of its own account and region, except through the functions
//! that a service offers to the others by name. Read next: `clock.rs`, `ids.rs`, `settle.rs`, `ec2/mod.rs`.

use crate::apigateway::state::State as Gateway;
use crate::clock::{Clock, Moment};
use crate::ec2::state::State as Ec2;
use crate::elbv2::state::State as Elb;
use crate::events::state::State as Events;
use crate::fate::Fate;
use crate::iam::policy::Statement;
use crate::ids::Ids;
use crate::timing::Timing;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::LazyLock;
use std::time::Duration;

/// How a world runs.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many times as fast as the wall's its clock runs.
    pub speed: f64,
    /// What its ids are drawn from.
    pub seed: u64,
}

/// The form that worlds are kept in; a change of any type in it that old files do not fit makes a new one.
pub(crate) const FORMAT: u32 = 1;

/// All that exists.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    /// The form it is kept in; see [`FORMAT`].
    format: u32,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) timing: Timing,
    /// The account of any access key that no AssumeRole gave out.
    pub(crate) ambient: String,
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) scopes: BTreeMap<String, Scope>,
    /// How many times it changed; tells a world that another process changed from the one that was loaded.
    pub(crate) generation: u64,
    /// Names that the world's resolver knows.
    pub(crate) hosts: BTreeMap<String, Vec<IpAddr>>,
    /// How what the request that is being answered sets going will end.
    #[serde(skip)]
    pub(crate) fate: Fate,
    /// Whether those who call it too fast are refused.
    #[serde(skip, default = "yes")]
    pub(crate) throttled: bool,
}

fn yes() -> bool {
    true
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
    /// What it is allowed; without policies it may do everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policies: Option<Vec<Statement>>,
}

/// What one account holds in one region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Scope {
    pub(crate) ec2: Ec2,
    pub(crate) elb: Elb,
    pub(crate) gateway: Gateway,
    #[serde(default, skip_serializing_if = "Events::is_empty")]
    pub(crate) events: Events,
}

/// The regions that every account has on.
pub(crate) const DEFAULT_REGIONS: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
];

/// The regions that an account must turn on.
pub(crate) const OPT_IN_REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
];

static NOTHING: LazyLock<Scope> = LazyLock::new(Scope::default);

impl World {
    /// Makes a world without accounts.
    pub(crate) fn empty(options: &Options) -> World {
        World {
            format: FORMAT,
            clock: Clock::new(options.speed),
            ids: Ids::new(options.seed),
            timing: Timing::default(),
            ambient: "000000000000".to_owned(),
            accounts: BTreeMap::new(),
            scopes: BTreeMap::new(),
            generation: 0,
            hosts: BTreeMap::new(),
            fate: Fate::Usual,
            throttled: true,
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

    /// Tells whether a region is on for an account; one that the world file leaves out has the default regions.
    pub(crate) fn region_is_on(&self, account: &str, region: &str) -> bool {
        match self.accounts.get(account) {
            Some(account) => account.regions.contains(region),
            None => DEFAULT_REGIONS.contains(&region),
        }
    }

    /// Sets how fast the world's clock runs from here on.
    pub fn set_speed(&mut self, speed: f64) {
        self.clock.set_speed(speed);
    }

    /// Says whether those who call faster than AWS allows are refused as AWS refuses them, which they are unless said
    /// otherwise; not kept with the world.
    pub fn set_throttling(&mut self, on: bool) {
        self.throttled = on;
    }

    /// Gives the moment at which what takes this long, and is begun by the request that is being answered, will be done.
    pub(crate) fn done_after(&self, span: Duration) -> Moment {
        match self.fate {
            Fate::Never => Moment::NEVER,
            Fate::Usual | Fate::Failed(_) => self.now().plus(span),
        }
    }

    /// Notes that the world changed, and gives the generation that holds the change.
    pub(crate) fn changed(&mut self) -> u64 {
        self.generation += 1;
        self.generation
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
