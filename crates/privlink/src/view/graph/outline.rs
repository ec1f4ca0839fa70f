//! Which boxes of a picture stand in which account and network, in the order of the boxes.

use super::topology::Topology;

/// The boxes by where they stand.
#[derive(Default)]
pub(super) struct Outline<'a> {
    /// Those in an account.
    pub(super) accounts: Vec<AccountBoxes<'a>>,
    /// Those of which it is not known.
    pub(super) nodes: Vec<usize>,
}

/// The boxes in an account.
pub(super) struct AccountBoxes<'a> {
    /// The account and region, in words.
    pub(super) name: &'a str,
    /// Those in a network.
    pub(super) networks: Vec<(&'a str, Vec<usize>)>,
    /// The others.
    pub(super) nodes: Vec<usize>,
}

/// The boxes of a picture by where they stand.
pub(super) fn outline(picture: &Topology) -> Outline<'_> {
    let mut outline = Outline::default();
    for (number, node) in picture.nodes.iter().enumerate() {
        let Some(place) = &node.place else {
            outline.nodes.push(number);
            continue;
        };
        let account = entry(
            &mut outline.accounts,
            |account| account.name == place.account,
            || AccountBoxes { name: &place.account, networks: Vec::new(), nodes: Vec::new() },
        );
        let Some(account) = account else { continue };
        match &place.network {
            None => account.nodes.push(number),
            Some(network) => {
                let boxes = entry(&mut account.networks, |(name, _)| name == network, || (network, Vec::new()));
                boxes.into_iter().for_each(|(_, nodes)| nodes.push(number));
            }
        }
    }
    outline
}

/// The first that is meant, or a new one at the end.
fn entry<T>(items: &mut Vec<T>, is_meant: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> Option<&mut T> {
    let at = items.iter().position(is_meant).unwrap_or_else(|| {
        items.push(new());
        items.len() - 1
    });
    items.get_mut(at)
}
