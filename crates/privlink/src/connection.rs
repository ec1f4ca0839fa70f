//! The seam between commands and clouds: what a command asks for, and what it gets to work with.
//!
//! Owns: the port [`Connect`] and how a place that is not AWS is announced. Refuses to know: the SDK and the sandbox, which
//! stand behind the port (see `session`).

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use privlink_model::{Account, BoxFuture, Bus, Clock, Cloud, Objects, Trail};

use crate::cli::CloudArgs;
use crate::failure::Failure;
use crate::hosts::Names;
use crate::view::words;

/// What a command wants to reach.
#[derive(Clone, Copy)]
pub(crate) struct Destination<'a> {
    /// The accounts of the spec.
    pub(crate) accounts: &'a [Account],
    /// The project whose tags are looked for.
    pub(crate) project: &'a str,
    /// What the command line says.
    pub(crate) args: &'a CloudArgs,
    /// The folder with the sandbox's `world.kdl`.
    pub(crate) beside: &'a Path,
    /// The resolver that the spec names.
    pub(crate) resolver: Option<IpAddr>,
}

/// Where calls go.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Place {
    /// AWS.
    Aws,
    /// A sandbox in this process.
    Sandbox {
        /// Where its world is kept.
        folder: PathBuf,
        /// How much faster than AWS it is.
        speed: f64,
    },
    /// Other endpoints than AWS's, each with the services that it stands for: `ec2 at http://127.0.0.1:5000`.
    Elsewhere(Vec<String>),
}

impl Place {
    /// What it is called in a journal: nothing for AWS.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Aws => String::new(),
            Self::Sandbox { .. } => "the sandbox".to_owned(),
            Self::Elsewhere(endpoints) => words::list(endpoints),
        }
    }

    /// What must be said aloud about it.
    pub(crate) fn announcements(&self) -> Vec<String> {
        match self {
            Self::Aws => Vec::new(),
            Self::Sandbox { folder, speed } => vec![format!(
                "This is the sandbox in {}, {speed} times as fast as AWS. Nothing here is real.",
                folder.display()
            )],
            Self::Elsewhere(endpoints) => vec![format!("Calls do not go to AWS: {}.", words::list(endpoints))],
        }
    }

    /// The place of a list of endpoint overrides; AWS's own (a FIPS endpoint, one in a VPC) count as AWS.
    pub(crate) fn of_endpoints(endpoints: Vec<String>) -> Self {
        let elsewhere: Vec<String> = endpoints.into_iter().filter(|endpoint| !is_aws(host(endpoint))).collect();
        if elsewhere.is_empty() { Self::Aws } else { Self::Elsewhere(elsewhere) }
    }

    /// The URL of an endpoint on this machine, which may be a sandbox that is served.
    pub(crate) fn on_this_machine(&self) -> Option<&str> {
        match self {
            Self::Elsewhere(endpoints) => {
                let local = endpoints.iter().find(|endpoint| is_loopback(host(endpoint)))?;
                Some(local.rsplit_once(' ').map_or(local.as_str(), |(_, url)| url))
            }
            Self::Aws | Self::Sandbox { .. } => None,
        }
    }

    /// The endpoints that are neither AWS's nor on this machine.
    pub(crate) fn dangerous(&self) -> Vec<&str> {
        match self {
            Self::Elsewhere(endpoints) => {
                endpoints.iter().map(String::as_str).filter(|endpoint| !is_loopback(host(endpoint))).collect()
            }
            Self::Aws | Self::Sandbox { .. } => Vec::new(),
        }
    }
}

/// The host of `https://host:port/path`, or of `ec2 at https://host:port/path`.
fn host(endpoint: &str) -> &str {
    let url = endpoint.rsplit_once(' ').map_or(endpoint, |(_, url)| url);
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_aws(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"].iter().any(|domain| host.ends_with(domain))
}

/// Makes the port to a bucket, by the account whose credentials it is reached with, its name and a prefix.
pub(crate) type Buckets = Box<dyn Fn(&Account, &str, &str) -> Arc<dyn Objects> + Send + Sync>;

/// What a command works with.
pub(crate) struct Connection {
    /// The live accounts.
    pub(crate) cloud: Arc<dyn Cloud>,
    /// The time that waits are measured in.
    pub(crate) clock: Arc<dyn Clock>,
    /// How names are resolved.
    pub(crate) names: Names,
    /// Where calls go.
    pub(crate) place: Place,
    /// Buckets; none on a sandbox, which has no S3.
    pub(crate) buckets: Option<Buckets>,
    /// What the accounts remember of who changed what.
    pub(crate) trail: Arc<dyn Trail>,
    /// The accounts' event buses.
    pub(crate) bus: Arc<dyn Bus>,
}

/// Makes connections.
pub(crate) trait Connect: Sync {
    /// Sets up what is needed to call the accounts; calls nothing yet.
    fn connect<'a>(&'a self, to: Destination<'a>) -> BoxFuture<'a, Result<Connection, Failure>>;
}

/// An account that remembers nothing, and a bus that takes everything and tells nobody.
#[cfg(test)]
pub(crate) struct Silence;

#[cfg(test)]
impl Trail for Silence {
    fn deeds<'a>(
        &'a self,
        _: &'a privlink_model::Scope,
        _: u64,
        _: &'a [privlink_model::Subject],
    ) -> BoxFuture<'a, Result<privlink_model::Deeds, privlink_model::Unread>> {
        Box::pin(async { Ok(privlink_model::Deeds::default()) })
    }
}

#[cfg(test)]
impl Bus for Silence {
    fn put<'a>(
        &'a self,
        _: &'a privlink_model::Scope,
        _: &'a str,
        _: &'a privlink_model::Announcement,
    ) -> BoxFuture<'a, Result<String, privlink_model::CloudError>> {
        Box::pin(async { Ok("nothing".to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_harmless() {
        for url in ["http://127.0.0.1:5000", "http://localhost", "https://[::1]:1/x", "ec2 at http://127.0.0.9/"] {
            assert!(is_loopback(host(url)), "{url}");
        }
        for url in ["http://127.0.0.1.example:80", "http://10.0.0.1", "http://localhost@evil.example/", ""] {
            assert!(!is_loopback(host(url)), "{url}");
        }
    }

    #[test]
    fn aws_is_not_announced() {
        let place = |urls: &[&str]| Place::of_endpoints(urls.iter().map(|url| (*url).to_owned()).collect());
        assert_eq!(place(&["ec2 at https://ec2-fips.us-east-1.amazonaws.com"]), Place::Aws);
        assert!(Place::Aws.announcements().is_empty());
        let elsewhere = place(&["all services at http://10.0.0.1", "sts at http://[::1]:5000"]);
        assert_eq!(elsewhere.announcements().len(), 1);
        assert_eq!(elsewhere.on_this_machine(), Some("http://[::1]:5000"));
        assert_eq!(elsewhere.dangerous(), ["all services at http://10.0.0.1"]);
        assert_eq!(place(&["ec2 at http://amazonaws.com.example"]).dangerous().len(), 1);
    }
}
