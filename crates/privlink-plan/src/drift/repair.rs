//! What a repair carries out: what drifted, and what follows from that. What can only be put back together with something that is
//! ignored, or planned for another resource, stays as it is.
//!
//! **Invariant:** a repair leaves alone what is ignored, and what is planned for a resource that has not drifted.
//! **Invariant:** what is planned for several resources together is not carried out for some of them.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Address, Attrs, Op, Plan, StepId};

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
#[derive(Debug, Clone, Copy)]
pub enum HeldBy<'a> {
    /// Drift that is ignored.
    Ignored(&'a Ignored),
    /// What is planned and not applied.
    Planned(&'a Pending),
}

/// Something that drifted, and what its repair comes to.
struct Candidate<'a> {
    drifted: &'a Drifted,
    /// With what follows from it.
    chosen: BTreeSet<Address>,
    /// With all that has to be carried out for that.
    all: BTreeSet<Address>,
}

impl Drift {
    /// What a repair carries out.
    pub fn repairs(&self) -> Repairs<'_> {
        let mut held: Vec<Held> = Vec::new();
        let mut open: Vec<Candidate> = Vec::new();
        for it in self.found.iter().map(|drifted| self.candidate(drifted)) {
            match self.hold(&it) {
                Some(by) => held.push(Held { drifted: it.drifted, by }),
                None => open.push(it),
            }
        }
        // What needs something that is held is held as well.
        loop {
            let by: BTreeMap<&Address, HeldBy> = held.iter().map(|it| (&it.drifted.address, it.by)).collect();
            let needs = |it: &mut Candidate| it.all.iter().any(|address| by.contains_key(address));
            let more: Vec<Candidate> = open.extract_if(.., needs).collect();
            if more.is_empty() {
                return Repairs { chosen: open.into_iter().flat_map(|it| it.chosen).collect(), held };
            }
            let more = more.iter().filter_map(|it| {
                let by = it.all.iter().find_map(|address| by.get(address).copied())?;
                Some(Held { drifted: it.drifted, by })
            });
            let more: Vec<Held> = more.collect();
            held.extend(more);
        }
    }

    fn candidate<'a>(&'a self, drifted: &'a Drifted) -> Candidate<'a> {
        let chosen = self.with_followers(&drifted.address);
        // What is planned for it as well may rest on anything that is planned.
        let needy = |it: &&Address| !self.alone.contains(*it) || !drifted.pending.is_empty() && **it == drifted.address;
        let needy = chosen.iter().filter(needy).cloned().collect();
        let all = self.with_needs(&needy).union(&chosen).cloned().collect();
        Candidate { drifted, chosen, all }
    }

    /// Why something cannot be repaired.
    fn hold<'a>(&'a self, it: &Candidate<'a>) -> Option<HeldBy<'a>> {
        let ignored = self.ignored.iter().find(|other| it.all.contains(&other.drifted.address)).map(HeldBy::Ignored);
        let planned = || self.pending.iter().find(|other| it.all.contains(&other.address));
        // What is planned for it as well would be carried out without what is planned because of that: a listener would be on
        // another port, and those who call it would call the old one.
        let part = || {
            self.pending
                .iter()
                .filter(|_| !it.drifted.pending.is_empty())
                .find(|other| self.rests_on(other, it.drifted))
        };
        ignored.or_else(|| planned().or_else(part).map(HeldBy::Planned))
    }

    fn rests_on(&self, planned: &Pending, drifted: &Drifted) -> bool {
        self.with_needs(&BTreeSet::from([planned.address.clone()])).contains(&drifted.address)
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

/// The addresses of which a repair carries out nothing else, whatever it comes after in an apply: what is changed in place, to
/// values that are known, as all that it comes after is changed in place.
pub(super) fn alone(plan: &Plan, drift: &Drift) -> BTreeSet<Address> {
    let is_known = |attrs: &Attrs| attrs.iter().all(|(_, value)| value.is_known());
    let mut renewed = BTreeSet::new();
    let mut open = BTreeSet::new();
    for step in &plan.steps {
        match &step.op {
            Op::Update { after, .. } if is_known(after) => {}
            Op::Update { .. } | Op::Wait { .. } => drop(open.insert(&step.address)),
            Op::Create { .. } | Op::Delete { .. } => drop(renewed.insert(&step.address)),
        }
    }
    let all = plan.steps.iter().map(|step| &step.address).collect::<BTreeSet<_>>().into_iter();
    let alone = all.filter(|address| {
        let needs = drift.with_needs(&BTreeSet::from([(*address).clone()]));
        !open.contains(address) && needs.iter().all(|need| !renewed.contains(need))
    });
    alone.cloned().collect()
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
