//! A drift check as people and other programs see it.
//!
//! Owns: what is said of one resource that drifted, and of the check as a whole, in words that all its views share. Drift is
//! told as a change that somebody made: from what should be to what is. Refuses to know: how each view looks (see `text`,
//! `markdown`, `junit`, `chat`), and what is drift (see `privlink-plan`).

pub(crate) mod chat;
pub(crate) mod junit;
pub(crate) mod markdown;
#[cfg(test)]
mod tests;
pub(crate) mod text;

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Account, Action, AttributeChange, Attrs, Change, Deed, Kinds, Observed, Owner, Reason, Scope, Status,
};
use privlink_plan::{Drift, Drifted, Held, HeldBy, Repair, Rule, What};

use super::change::{self, Detail};
use super::line::Line;
use super::words;
use crate::moment;

/// A check and what surrounds it.
#[derive(Clone, Copy)]
pub(crate) struct Report<'a> {
    /// What was found.
    pub(crate) drift: &'a Drift,
    /// The accounts of the spec.
    pub(crate) accounts: &'a [Account],
    /// The kinds.
    pub(crate) kinds: &'a Kinds,
    /// Said first: endpoints that are not AWS.
    pub(crate) announcements: &'a [String],
    /// The command that puts things back.
    pub(crate) repair: &'a str,
}

impl<'a> Report<'a> {
    /// What drifted, by place.
    fn places(&self) -> BTreeMap<String, Vec<&'a Drifted>> {
        let mut places: BTreeMap<String, Vec<&Drifted>> = BTreeMap::new();
        for drifted in &self.drift.found {
            places.entry(self.place(&drifted.scope)).or_default().push(drifted);
        }
        places
    }

    /// What drifted, the gravest first, for those who read the beginning only.
    fn gravest(&self) -> Vec<&'a Drifted> {
        let mut found: Vec<&Drifted> = self.drift.found.iter().collect();
        found.sort_by_cached_key(|drifted| {
            let gravity = match drifted.what {
                What::State(_) => 0,
                What::Missing => 1,
                What::Added => 2,
                What::Changed => 3,
            };
            (access(drifted, self.kinds).is_none(), gravity, drifted.address.clone())
        });
        found
    }

    /// Whether a repair would do something: where not all could be read it does not begin.
    fn is_reparable(&self) -> bool {
        !self.drift.found.is_empty() && self.drift.is_complete()
    }

    fn place(&self, scope: &Scope) -> String {
        words::place(scope, self.accounts)
    }

    /// The verdict in one line: `Drift: 3 of 42 resources · 1 missing, 2 changed`.
    pub(crate) fn verdict(&self) -> String {
        let drift = self.drift;
        let all = drift.looked_at();
        let mut parts = match (drift.found.len(), drift.is_complete()) {
            (0, true) if all == drift.pending.len() => vec!["No drift: nothing of this project was applied".to_owned()],
            (0, true) => vec![format!("No drift in {}", words::count(all, "resource"))],
            (0, false) => vec!["Not known: not all could be read, and nothing of the rest drifted".to_owned()],
            (found, _) => vec![format!("Drift: {found} of {}", words::count(all, "resource")), counts(drift)],
        };
        if !drift.found.is_empty() && !drift.is_complete() {
            parts.push("not all could be read".to_owned());
        }
        for (number, what) in [
            (drift.ignored.len(), "ignored"),
            (drift.pending.len(), "planned and not applied"),
            (drift.unknown.len(), "not known"),
        ] {
            if number > 0 {
                parts.push(format!("{number} {what}"));
            }
        }
        parts.join(" · ")
    }

    /// What else is worth knowing: rules that ended or name nothing, runs, logs.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let drift = self.drift;
        let named = |rule: &Rule| match &rule.attribute {
            Some(attribute) => format!("{attribute} of {}", rule.address),
            None => rule.address.to_string(),
        };
        let ended = drift.ended.iter().map(|rule| {
            format!(
                "the rule that ignored {} ended on {} ({}): its drift counts again",
                named(rule),
                rule.until,
                rule.reason
            )
        });
        let idle =
            drift.idle.iter().map(|rule| format!("the ignore rule for {} names nothing of this project", named(rule)));
        drift.notes.iter().cloned().chain(ended).chain(idle).collect()
    }
}

/// `1 missing, 2 changed`.
fn counts(drift: &Drift) -> String {
    let of = |is: fn(&What) -> bool| drift.found.iter().filter(|drifted| is(&drifted.what)).count();
    let counts = [
        (of(|what| *what == What::Missing), "missing"),
        (of(|what| matches!(what, What::State(_))), "not working"),
        (of(|what| *what == What::Changed), "changed"),
        (of(|what| *what == What::Added), "added"),
    ];
    let counts = counts.into_iter().filter(|(number, _)| *number > 0);
    counts.map(|(number, what)| format!("{number} {what}")).collect::<Vec<_>>().join(", ")
}

/// What happened, in a word or two.
pub(crate) fn what(drifted: &Drifted) -> &'static str {
    match drifted.what {
        What::Changed => "changed",
        What::Missing => "missing",
        What::Added => "added",
        What::State(_) => "not working",
    }
}

/// What it is, in the order it is said: its kind, AWS's name, its state.
pub(crate) fn facts(drifted: &Drifted, kinds: &Kinds) -> Vec<String> {
    let mut facts = vec![words::title(kinds, drifted.kind).to_owned()];
    facts.extend(drifted.id.as_ref().map(|id| words::identity(id).to_owned()));
    if let What::State(state) = &drifted.what {
        facts.push(format!("AWS says: {state}"));
    }
    facts
}

/// The attributes, from what they should be to what they are.
pub(crate) fn lines(drifted: &Drifted, kinds: &Kinds, detail: Detail) -> Vec<Line> {
    change::lines(&made(drifted), &[], kinds, detail)
}

/// The change that somebody made.
pub(crate) fn made(drifted: &Drifted) -> Change {
    let attrs = |value: fn(&privlink_plan::Attribute) -> &Option<privlink_model::Value>| -> Attrs {
        drifted.attributes.iter().filter_map(|it| Some((it.key.clone(), value(it).clone()?))).collect()
    };
    let (action, reason) = match drifted.what {
        What::Changed | What::State(_) => (Action::Update, Reason::Differs),
        What::Missing => (Action::Delete, Reason::NotInSpec),
        What::Added => (Action::Create, Reason::Absent),
    };
    let before = (drifted.what != What::Added).then(|| Observed {
        kind: drifted.kind,
        scope: drifted.scope.clone(),
        id: drifted.id.clone().unwrap_or_default(),
        owner: Owner::Ours(drifted.address.clone()),
        status: Status::Ready,
        attrs: attrs(|it| &it.expected),
        tags: BTreeMap::new(),
    });
    let differs = |it: &privlink_plan::Attribute| AttributeChange {
        key: it.key.clone(),
        before: it.expected.clone(),
        after: it.found.clone(),
    };
    Change {
        address: drifted.address.clone(),
        kind: drifted.kind,
        scope: drifted.scope.clone(),
        action,
        reason,
        before,
        after: (drifted.what != What::Missing).then(|| attrs(|it| &it.found)),
        attributes: drifted.attributes.iter().map(differs).collect(),
        because: drifted.because.clone(),
        origin: None,
    }
}

/// What a changed policy means for who can call, where somebody should look: `access loosened: 1 deny statement removed`.
pub(crate) fn access(drifted: &Drifted, kinds: &Kinds) -> Option<String> {
    let changed = matches!(drifted.what, What::Changed | What::State(_)).then(|| made(drifted))?;
    let found = privlink_plan::access(&changed, kinds.get(drifted.kind));
    let grave = found.into_iter().map(|(_, access)| access).find(|access| access.verdict.is_grave())?;
    Some(format!("access {}", grave.text))
}

/// What else there is to say of it: who did it, what a name has to do with it, what the spec wants beside, what a repair costs.
pub(crate) fn remarks(drifted: &Drifted) -> Vec<String> {
    let mut remarks: Vec<String> = drifted.by.iter().map(by).collect();
    let names: BTreeSet<&str> = drifted.attributes.iter().filter_map(|it| it.name.as_deref()).collect();
    for name in names {
        remarks.push(format!("{name} resolves to other addresses now; nobody touched AWS"));
    }
    if !drifted.pending.is_empty() {
        let also = words::list(&drifted.pending);
        remarks.push(format!("what is planned for {also} is not applied yet: a repair applies that as well"));
    }
    remarks.extend(repair(&drifted.repair));
    remarks
}

/// `by alice, 2026-11-20 14:03 UTC, ec2:ModifyVpcEndpoint from 10.0.0.1`.
fn by(deed: &Deed) -> String {
    let surely = if deed.only_parent { "perhaps by" } else { "by" };
    let arn = deed.arn.as_ref().map(|arn| format!(" ({arn})")).unwrap_or_default();
    let from = deed.from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
    let ours = if deed.by_privlink { ", by a privlink whose run is not on record here" } else { "" };
    format!("{surely} {}{arn}, {}, {}{from}{ours}", deed.by, moment::minute(deed.at), deed.call)
}

/// What a repair does, where it is more than to set attributes or to make again what is gone.
fn repair(repair: &Repair) -> Option<String> {
    let what = match repair.action {
        Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst | Action::ReplaceKeepOld
            if !repair.fixed.is_empty() =>
        {
            Some(format!("replaces it, as {} cannot be changed in place", words::list(&repair.fixed)))
        }
        Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst | Action::ReplaceKeepOld => {
            Some("replaces it, as AWS never mends it".to_owned())
        }
        Action::Delete => Some("deletes it".to_owned()),
        Action::Wait => Some("waits for it".to_owned()),
        Action::Create | Action::Update | Action::NoOp | Action::Unknown => None,
    };
    let outage = repair.outage.as_ref().map(|why| format!("interrupts traffic: {why}"));
    let loses = repair.loses.as_ref().map(|loses| format!("loses {loses}"));
    let parts: Vec<String> = what.into_iter().chain(outage).chain(loses).collect();
    (!parts.is_empty()).then(|| format!("a repair {}", parts.join("; ")))
}

/// Why something that drifted is not repaired.
pub(crate) fn held(held: &Held<'_>) -> String {
    let address = &held.drifted.address;
    match &held.by {
        HeldBy::Ignored(it) => {
            let key = it.rule.attribute.as_ref().map(|key| format!("{key} of ")).unwrap_or_default();
            let other = &it.drifted.address;
            format!("{address} is not repaired: that would put back {key}{other} as well, {}", ignored(&it.rule))
        }
        HeldBy::Planned(it) => {
            format!("{address} is not repaired: it goes together with what is planned for {}", it.address)
        }
    }
}

/// Why something is ignored, and until when.
pub(crate) fn ignored(rule: &Rule) -> String {
    format!("ignored until {}: {}", rule.until, rule.reason)
}
