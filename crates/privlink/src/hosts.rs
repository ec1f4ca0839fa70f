//! Names of `host` targets to addresses.
//!
//! Owns: which resolver is asked, for how long, and how a failure is worded. Refuses to know: which addresses are legal
//! targets (see `privlink-derive`) and the wire format of a question (see `dns`).

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use privlink_derive::Hosts;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::dns;

/// How long one name may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(5);

/// Answers from a sandbox's world.
pub(crate) type WorldNames = Arc<dyn Fn(&str) -> Option<Vec<IpAddr>> + Send + Sync>;

/// Who is asked.
#[derive(Clone)]
pub(crate) enum Names {
    /// The system's resolver.
    System,
    /// The resolver named in the spec.
    Server(SocketAddr),
    /// The world of a sandbox in this process.
    World(WorldNames),
    /// The world of a sandbox that is served at this URL; what is no sandbox, or does not know a name, leaves it to the other.
    #[cfg(feature = "aws")]
    Served(String, Box<Names>),
}

impl Names {
    /// The resolver of a spec, or the system's.
    pub(crate) fn of_spec(resolver: Option<IpAddr>) -> Self {
        resolver.map_or(Self::System, |address| Self::Server(SocketAddr::new(address, dns::PORT)))
    }

    async fn look_up(self, name: String) -> Result<Vec<IpAddr>, String> {
        let found = match self {
            Self::World(world) => world(&name).ok_or_else(|| "the sandbox's world has no such host".to_owned()),
            #[cfg(feature = "aws")]
            Self::Served(url, otherwise) => match served(&url, &name).await {
                Some(addresses) => Ok(addresses),
                None => return Box::pin(otherwise.look_up(name)).await,
            },
            Self::System => match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(addresses) => Ok(addresses.map(|address| address.ip()).collect()),
                Err(error) => Err(error.to_string()),
            },
            Self::Server(server) => {
                dns::look_up(server, &name).await.map_err(|error| format!("{}: {error}", server.ip()))
            }
        };
        let mut addresses = found?;
        addresses.sort();
        addresses.dedup();
        if addresses.is_empty() { Err("the name has no addresses".to_owned()) } else { Ok(addresses) }
    }
}

/// What the world of a served sandbox says.
#[cfg(feature = "aws")]
async fn served(url: &str, name: &str) -> Option<Vec<IpAddr>> {
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)) {
        return None;
    }
    let path = format!("/_sandbox/resolve?host={name}");
    let answer = crate::loopback::ask(url, crate::loopback::Method::Get, &path).await.ok()?;
    answer.as_array()?.iter().map(|address| address.as_str()?.parse().ok()).collect()
}

/// Resolves all names at the same time.
pub(crate) async fn resolve(wanted: BTreeSet<String>, names: &Names, limit: Duration) -> Hosts {
    let mut lookups = JoinSet::new();
    let mut hosts = Hosts::new();
    for name in wanted {
        // A lookup that breaks down leaves this answer behind.
        hosts.insert(name.clone(), Err("the lookup broke down".to_owned()));
        let names = names.clone();
        lookups.spawn(async move {
            let answer = timeout(limit, names.look_up(name.clone())).await;
            (name, answer.unwrap_or_else(|_| Err(format!("no answer within {limit:?}"))))
        });
    }
    while let Some(done) = lookups.join_next().await {
        if let Ok((name, answer)) = done {
            hosts.insert(name, answer);
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_of_a_world_come_sorted_and_once() {
        let world: WorldNames = Arc::new(|name| {
            (name == "billing").then(|| vec![IpAddr::from([10, 0, 0, 2]), [10, 0, 0, 1].into(), [10, 0, 0, 2].into()])
        });
        let wanted = BTreeSet::from(["billing".to_owned(), "gone".to_owned()]);
        let hosts = resolve(wanted, &Names::World(world), LIMIT).await;
        assert_eq!(hosts["billing"], Ok(vec![IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2])]));
        assert_eq!(hosts["gone"], Err("the sandbox's world has no such host".to_owned()));
    }

    #[cfg(feature = "aws")]
    #[tokio::test]
    async fn what_is_no_sandbox_leaves_a_name_to_the_resolver() {
        let world: WorldNames = Arc::new(|_| Some(vec![IpAddr::from([10, 0, 0, 1])]));
        // A port that was free a moment ago.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let names = Names::Served(format!("http://{free}"), Box::new(Names::World(world)));
        let hosts = resolve(BTreeSet::from(["billing".to_owned()]), &names, LIMIT).await;
        assert_eq!(hosts["billing"], Ok(vec![IpAddr::from([10, 0, 0, 1])]));
    }

    #[tokio::test]
    async fn a_resolver_that_is_silent_is_given_up() {
        let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let names = Names::Server(silent.local_addr().unwrap());
        let hosts = resolve(BTreeSet::from(["billing.example".to_owned()]), &names, Duration::from_millis(50)).await;
        assert!(hosts["billing.example"].as_ref().is_err_and(|why| why.contains("no answer")));
    }
}
