//! Listener ports: each target has its own on the shared load balancer, the same from plan to plan.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::digest;

/// First port given out: above what load balancers are used for by hand, below the ephemeral range.
const FIRST: u32 = 10_000;
/// How many ports are given out.
const COUNT: u32 = 20_000;

/// Gives every name a port: the one it has, else one chosen by the name's hash, the next free one where it is taken by
/// another name or by what listens already.
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
            Some(port) => *port,
            None => free(name, &taken),
        };
        taken.insert(port);
        ports.insert(name.clone(), port);
    }
    ports
}

fn free(name: &str, taken: &BTreeSet<i64>) -> i64 {
    let start = u32::from_str_radix(digest(name).get(..7).unwrap_or("0"), 16).unwrap_or(0) % COUNT;
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
