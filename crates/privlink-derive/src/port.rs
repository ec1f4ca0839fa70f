//! Listener ports: each target has its own on the shared load balancer, the same from plan to plan.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::digest;

/// First port given out: above what load balancers are used for by hand, below the ephemeral range.
const FIRST: u32 = 10_000;
/// How many ports are given out.
const COUNT: u32 = 20_000;

/// How far from the name's own port one is ever given out: past all that one network's load balancers listen on.
const REACH: u32 = 200;

/// Gives every name a port: the one it has, else one chosen by the name's hash, the next free one where it is taken by
/// another name or by what listens already.
///
/// A port that privlink would not have given the name was set by hand: it is no port of the name's, and set back.
///
/// **Invariant:** a name that has a port keeps it whatever names come or go.
pub(crate) fn assign(
    names: &BTreeSet<String>,
    existing: &BTreeMap<String, i64>,
    listening: &BTreeSet<i64>,
) -> BTreeMap<String, i64> {
    let mut taken: BTreeSet<i64> = existing.values().chain(listening).copied().collect();
    let mut ports = BTreeMap::new();
    for name in names {
        let port = match existing.get(name) {
            Some(port) if could_be(name, *port) => *port,
            _ => free(name, &taken),
        };
        taken.insert(port);
        ports.insert(name.clone(), port);
    }
    ports
}

/// How far the name's own port is from the first that is given out.
fn start(name: &str) -> u32 {
    u32::from_str_radix(digest(name).get(..7).unwrap_or("0"), 16).unwrap_or(0) % COUNT
}

/// Whether this is the name's own port, or one that was given to it because that was taken.
fn could_be(name: &str, port: i64) -> bool {
    let within = u32::try_from(port - i64::from(FIRST)).ok().filter(|offset| *offset < COUNT);
    within.is_some_and(|offset| (offset + COUNT - start(name)) % COUNT < REACH)
}

fn free(name: &str, taken: &BTreeSet<i64>) -> i64 {
    let start = start(name);
    let mut ports = (0..COUNT).map(|step| i64::from(FIRST + (start + step) % COUNT));
    // Load balancers hold 50 listeners, so 20 000 ports are never all taken.
    ports.find(|port| !taken.contains(port)).unwrap_or(i64::from(FIRST))
}

#[cfg(test)]
mod tests {
    use super::assign;
    use std::collections::{BTreeMap, BTreeSet};

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_target_keeps_its_port_when_others_come_and_go() {
        let before = assign(&names(&["orders", "users"]), &BTreeMap::new(), &BTreeSet::new());
        let after = assign(&names(&["a", "b", "orders"]), &before, &BTreeSet::new());
        assert_eq!(after["orders"], before["orders"]);
        assert_eq!(after.values().collect::<BTreeSet<_>>().len(), 3);
    }

    #[test]
    fn a_port_taken_by_another_target_is_stepped_over() {
        let alone = assign(&names(&["orders"]), &BTreeMap::new(), &BTreeSet::new())["orders"];
        let existing = BTreeMap::from([("other".to_owned(), alone)]);
        assert_eq!(assign(&names(&["orders"]), &existing, &BTreeSet::new())["orders"], alone + 1);
        // Something listens there that is nobody's: a hand-made listener, or one of a target that goes.
        let listening = BTreeSet::from([alone]);
        assert_eq!(assign(&names(&["orders"]), &BTreeMap::new(), &listening)["orders"], alone + 1);
    }
}
