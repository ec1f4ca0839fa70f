//! The ignore rules of a spec, as a drift check takes them.
//!
//! Owns: on which day a rule has ended. Refuses to know: what a rule takes out (see `privlink_plan::Rule`), and which day it is.

use privlink_model::Address;
use privlink_plan::Rule;
use privlink_spec::Date;
use privlink_spec::document::Document;

/// The rules; those whose last day was before `today` have ended. Without a day, as for a plan, none has.
pub(crate) fn rules(document: &Document, today: Option<Date>) -> Vec<Rule> {
    let rules = document.ignores.iter().map(|ignore| Rule {
        address: Address::new(ignore.address.value.trim_matches('/')),
        attribute: ignore.attribute.as_ref().map(|attribute| attribute.value.clone()),
        reason: ignore.reason.value.clone(),
        until: ignore.until.value.to_string(),
        ended: today.is_some_and(|today| ignore.until.value < today),
    });
    rules.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_rule_is_in_force_on_its_last_day_and_not_after() {
        let spec = "project \"shop\" { region \"us-east-1\" }\n\
                    ignore \"api/shop\" reason=\"a test\" until=\"2027-01-31\"\n";
        let loaded = privlink_spec::load_text("privlink.kdl", spec, &BTreeMap::new());
        assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
        let ended = |day| rules(&loaded.document, Date::parse(day)).iter().map(|rule| rule.ended).collect::<Vec<_>>();
        assert_eq!([ended("2026-12-31"), ended("2027-01-31"), ended("2027-02-01")], [[false], [false], [true]]);
        assert_eq!(rules(&loaded.document, None)[0].until, "2027-01-31");
    }
}
