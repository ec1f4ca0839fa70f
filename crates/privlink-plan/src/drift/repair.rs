//! What a repair carries out: what drifted, and what follows from that. What can only be put back together with something that is
//! ignored, or planned for another resource, stays as it is.
//!
//! **Invariant:** a repair leaves alone what is ignored, and what is planned for a resource that has not drifted.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Address, Plan, StepId};

use super::{Drift, Drifted, Follows, Ignored, Pending};

/// What a repair carries out, and what it leaves.
#[derive(Debug, Default)]
pub struct Repairs<'a> {
    /// The addresses that it carries out.
    pub chosen: BTreeSet<Address>,
    /// What it leaves as it is.
    pub held: Vec<Held<'a>>,
}

/// What drifted and is not repaired, because something else would be carried out with it.
#[derive(Debug)]
pub struct Held<'a> {
    /// What drifted.
    pub drifted: &'a Drifted,
    /// What would be carried out with it.
    pub by: HeldBy<'a>,
}

/// What a repair must not carry out.
#[derive(Debug)]
pub enum HeldBy<'a> {
    /// Drift that is ignored.
    Ignored(&'a Ignored),
    /// What is planned and not applied.
    Planned(&'a Pending),
}

impl Drift {
    /// What a repair carries out.
    pub fn repairs(&self) -> Repairs<'_> {
        let mut repairs = Repairs::default();
        for drifted in &self.found {
            let with_it = self.with_followers(&drifted.address);
            let all = self.with_needs(&with_it);
            let ignored = self.ignored.iter().find(|it| all.contains(&it.drifted.address)).map(HeldBy::Ignored);
            let planned = || self.pending.iter().find(|it| all.contains(&it.address)).map(HeldBy::Planned);
            match ignored.or_else(planned) {
                Some(by) => repairs.held.push(Held { drifted, by }),
                None => repairs.chosen.extend(with_it),
            }
        }
        repairs
    }

    /// An address and what follows from it.
    fn with_followers(&self, address: &Address) -> BTreeSet<Address> {
        let mut all = BTreeSet::from([address.clone()]);
        loop {
            let follows = |it: &&Follows| !all.contains(&it.address) && it.from.iter().any(|of| all.contains(of));
            let more: Vec<Address> = self.follows.iter().filter(follows).map(|it| it.address.clone()).collect();
            if more.is_empty() {
                return all;
            }
            all.extend(more);
        }
    }

    /// Addresses and all that has to be carried out for them.
    fn with_needs(&self, addresses: &BTreeSet<Address>) -> BTreeSet<Address> {
        let mut all = BTreeSet::new();
        let mut next: Vec<&Address> = addresses.iter().collect();
        while let Some(address) = next.pop() {
            if all.insert(address.clone()) {
                next.extend(self.needs.get(address).into_iter().flatten());
            }
        }
        all
    }
}

/// What else has to be carried out for each address, one step before it.
pub(super) fn needs(plan: &Plan) -> BTreeMap<Address, BTreeSet<Address>> {
    let addresses: BTreeMap<StepId, &Address> = plan.steps.iter().map(|step| (step.id, &step.address)).collect();
    let mut needs: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
    for step in &plan.steps {
        let needed = step.needs.iter().filter_map(|need| addresses.get(need).copied().cloned());
        needs.entry(step.address.clone()).or_default().extend(needed.filter(|address| *address != step.address));
    }
    needs
}
