//! Guards at the moment of carrying out: which of a plan's dangers were agreed to.
//!
//! Owns: the limits a spec gives, and the refusal with every danger at once. Refuses to know: how dangers are found (see
//! `privlink_plan::guard`) and how flags are spelled on the command line (see `cli`).

use privlink_model::Plan;
use privlink_plan::{Danger, Guard};
use privlink_spec::document::Document;

use crate::failure::Failure;

/// The dangers that were agreed to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// More is deleted than the share.
    pub(crate) deletes: bool,
    /// More is updated than the share.
    pub(crate) updates: bool,
    /// The spec asks for nothing.
    pub(crate) empty: bool,
    /// Others are cut off.
    pub(crate) consumers: bool,
    /// The last way to an API goes.
    pub(crate) last_entry: bool,
}

impl Allowed {
    /// Whether one of them was agreed to.
    pub(crate) fn allows(self, danger: Danger) -> bool {
        match danger {
            Danger::Deletes => self.deletes,
            Danger::Updates => self.updates,
            Danger::Empty => self.empty,
            Danger::Consumers => self.consumers,
            Danger::LastEntry => self.last_entry,
        }
    }
}

/// The limits of a spec, the usual ones where it says none.
pub(crate) fn limits(document: &Document) -> Guard {
    let usual = Guard::default();
    let Some(guard) = document.project.as_ref().and_then(|project| project.guard.as_ref()) else { return usual };
    Guard {
        deletes: guard.deletes.as_ref().map_or(usual.deletes, |share| share.value),
        updates: guard.updates.as_ref().map_or(usual.updates, |share| share.value),
        minimum: guard.minimum.as_ref().map_or(usual.minimum, |least| least.value as usize),
    }
}

/// The refusal of a plan that is to be carried out, with every danger that was not agreed to.
pub(crate) fn refused(plan: &Plan, allowed: Allowed) -> Option<Failure> {
    let found = plan.findings.iter().filter_map(|finding| Some((Danger::of(finding)?, finding)));
    let open: Vec<_> = found.filter(|(danger, _)| !allowed.allows(*danger)).collect();
    if open.is_empty() {
        return None;
    }
    let messages: Vec<&str> = open.iter().map(|(_, finding)| finding.message.as_str()).collect();
    let mut flags: Vec<&str> = open.iter().map(|(danger, _)| danger.flag()).collect();
    flags.dedup();
    let code = open.first().map_or("", |(danger, _)| danger.code());
    Some(Failure::Refused {
        why: format!("a guard refuses this plan: {}", messages.join("; ")),
        help: format!("if that is meant, give {}; `privlink explain {code}` says more", flags.join(" ")),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use privlink_model::{ChangeSet, Finding, Severity};

    use super::*;

    fn finding(danger: Danger, message: &str) -> Finding {
        Finding {
            code: danger.code(),
            severity: Severity::Warning,
            message: message.to_owned(),
            address: None,
            origin: None,
            label: None,
            help: None,
        }
    }

    fn plan(findings: Vec<Finding>) -> Plan {
        Plan {
            project: String::new(),
            id: String::new(),
            accounts: Vec::new(),
            queries: BTreeMap::new(),
            objects: BTreeMap::new(),
            changes: ChangeSet::default(),
            steps: Vec::new(),
            findings,
            eta: None,
        }
    }

    #[test]
    fn every_danger_has_a_flag_of_its_own_that_lets_it_pass_and_no_other() {
        let flags = |danger| Allowed {
            deletes: danger == Danger::Deletes,
            updates: danger == Danger::Updates,
            empty: danger == Danger::Empty,
            consumers: danger == Danger::Consumers,
            last_entry: danger == Danger::LastEntry,
        };
        for danger in Danger::ALL {
            for given in Danger::ALL {
                let plan = plan(vec![finding(danger, "much")]);
                assert_eq!(refused(&plan, flags(given)).is_none(), danger == given, "{danger:?} {given:?}");
            }
        }
        assert!(refused(&plan(Vec::new()), Allowed::default()).is_none());
    }

    #[test]
    fn a_refusal_says_everything_at_once() {
        let found = vec![
            finding(Danger::Deletes, "13 of 40"),
            finding(Danger::Consumers, "vpce-1"),
            finding(Danger::Consumers, "vpce-2"),
        ];
        let failure = refused(&plan(found.clone()), Allowed::default()).unwrap();
        assert_eq!(failure.to_string(), "a guard refuses this plan: 13 of 40; vpce-1; vpce-2; nothing was changed");
        assert_eq!(
            failure.help(),
            Some(
                "if that is meant, give --dangerous-deletes --dangerous-consumers; \
                 `privlink explain privlink::guard::deletes` says more"
            )
        );
        assert_eq!(failure.exit(), crate::exit_code::REFUSED);
        let one = refused(&plan(found), Allowed { consumers: true, ..Allowed::default() }).unwrap();
        assert_eq!(one.to_string(), "a guard refuses this plan: 13 of 40; nothing was changed");
    }
}
