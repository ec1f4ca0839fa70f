//! What stands outside of every fold: the verdict, and what a reviewer must not miss.
//!
//! Owns: what that is, its order, and how much of each is named before the rest is counted. Refuses to know: the folds.

use std::collections::BTreeSet;

use privlink_model::{Action, Change, Finding, Flow, Kinds, Plan, Reason, Severity, Steps};
use privlink_plan::{Danger, Verdict, access};

use super::ladder::{Section, fit};
use super::{Page, code, prose};
use crate::view::change::{is_told, losses, outages, warns};
use crate::view::{plan_text, words};

/// How many of a sort are named, and how many when there are more than that.
const NAMED: (usize, usize) = (8, 5);
/// How many are named for want of room.
const FEW: usize = 2;
/// How long a name of AWS's may be to be said beside ours; the folds have them all.
const SHORT: usize = 30;
/// How many bytes all of it may have.
const LIMIT: usize = 24_000;

/// Everything before the first fold.
pub(super) fn text(plan: &Plan, page: Page<'_>) -> String {
    let verdict = verdict(plan);
    let announcements = page.announcements.iter().map(|text| format!("> {}\n>\n", prose(text)));
    let announcements: String = announcements.collect();
    let mut head = format!("{verdict}\n");
    if !announcements.is_empty() {
        head.push_str(&format!("\n{}\n", announcements.trim_end_matches(">\n")));
    }
    let look = Look { plan, kinds: page.kinds, steps: Steps::of(plan) };
    let (policies, let_in) = (look.policies(), look.let_in());
    let grave = policies.grave || let_in.grave;
    let blocks = [
        Block { alert: Some("IMPORTANT"), lists: vec![look.unread()] },
        Block { alert: Some("CAUTION"), lists: vec![look.guarded(), look.deleted()] },
        Block { alert: Some(if grave { "WARNING" } else { "NOTE" }), lists: vec![policies.list, let_in.list] },
        Block { alert: Some("CAUTION"), lists: vec![look.interrupted(), look.replaced()] },
        Block { alert: None, lists: vec![look.renewed(), look.later(), look.notes()] },
    ];
    let rungs = [NAMED, (FEW, FEW), (0, 0)];
    let sections = blocks.iter().map(|block| Section::new(rungs.iter().map(|named| block.text(*named))));
    let sections: Vec<Section> = sections.collect();
    let told = fit(&sections, LIMIT).text;
    if told.is_empty() {
        return head;
    }
    format!("{head}\n{told}")
}

/// The first line: what the closing line of the text says.
fn verdict(plan: &Plan) -> String {
    let closing = plan_text::closing(plan);
    match closing.split_once(": ") {
        Some((what, rest)) => {
            // Each of its parts may be long, and none is cut for another.
            let parts: Vec<String> = rest.split(" · ").map(prose).collect();
            format!("**{what} for {}:** {}", code(&plan.project), parts.join(" · "))
        }
        None => prose(&closing),
    }
}

/// Things of one sort under one headline.
#[derive(Default)]
struct List {
    title: String,
    items: Vec<String>,
}

impl List {
    fn new(title: impl FnOnce(usize) -> String, items: Vec<String>) -> Self {
        let title = if items.is_empty() { String::new() } else { title(items.len()) };
        Self { title, items }
    }

    fn lines(&self, (all, some): (usize, usize)) -> Vec<String> {
        let named = if self.items.len() <= all { all } else { some };
        let mut lines = vec![format!("**{}**", self.title)];
        lines.extend(self.items.iter().take(named).map(|item| format!("- {item}")));
        let more = self.items.len().saturating_sub(named);
        if more > 0 && named > 0 {
            lines.push(format!("- and {more} more"));
        }
        lines
    }
}

/// What concerns who may call, and whether it is more than a part of what is new.
struct Access {
    grave: bool,
    list: List,
}

/// Lists that are of one gravity.
struct Block {
    alert: Option<&'static str>,
    lists: Vec<List>,
}

impl Block {
    fn text(&self, named: (usize, usize)) -> String {
        let lists: Vec<Vec<String>> =
            self.lists.iter().filter(|list| !list.items.is_empty()).map(|list| list.lines(named)).collect();
        if lists.is_empty() {
            return String::new();
        }
        let lines = lists.join(&String::new());
        match self.alert {
            Some(alert) => {
                let quoted = lines.iter().map(|line| format!("> {line}").trim_end().to_owned() + "\n");
                format!("> [!{alert}]\n{}\n", quoted.collect::<String>())
            }
            None => lines.join("\n") + "\n\n",
        }
    }
}

/// A plan as a reviewer looks at it.
struct Look<'a> {
    plan: &'a Plan,
    kinds: &'a Kinds,
    steps: Steps<'a>,
}

impl Look<'_> {
    fn changes(&self) -> impl Iterator<Item = &Change> {
        let mut changes: Vec<&Change> = self.plan.changes.changes.iter().collect();
        changes.sort_by(|a, b| (&a.address, &a.scope, a.kind).cmp(&(&b.address, &b.scope, b.kind)));
        changes.into_iter()
    }

    /// `api/shop/stage/old` (stage `a1b2c3/old`).
    fn named(&self, change: &Change) -> String {
        let (address, title) = (code(change.address.as_str()), prose(words::title(self.kinds, change.kind)));
        let id = change.before.as_ref().map(|before| words::identity(&before.id));
        match id.filter(|id| id.len() <= SHORT) {
            Some(id) => format!("{address} ({title} {})", code(id)),
            None => format!("{address} ({title})"),
        }
    }

    /// What could not be read, and what is not known for it.
    fn unread(&self) -> List {
        let findings = self.plan.findings.iter().filter(|finding| finding.severity == Severity::Unknown);
        let mut items: Vec<String> = findings.map(told).collect();
        let unknown = self.changes().filter(|change| change.action == Action::Unknown);
        items
            .extend(unknown.map(|change| format!("{}: {}", self.named(change), prose(&words::reason(&change.reason)))));
        List::new(
            |_| "This plan is incomplete: what rests on what could not be read is unknown or missing".to_owned(),
            items,
        )
    }

    /// What an apply refuses unless a flag lets it pass.
    fn guarded(&self) -> List {
        let dangers = self.plan.findings.iter().filter(|finding| Danger::of(finding).is_some());
        List::new(|_| "Refused as it is".to_owned(), dangers.map(told).collect())
    }

    fn deleted(&self) -> List {
        let deleted: Vec<&Change> = self.changes().filter(|change| change.action == Action::Delete).collect();
        let whole = deleted.iter().all(|change| matches!(change.reason, Reason::Destroy | Reason::DeletedWith(_)));
        let item = |change: &&Change| {
            let mut facts: Vec<String> = losses(change, &self.steps.carrying(change)).into_iter().collect();
            if !whole {
                facts.insert(0, words::reason(&change.reason));
            }
            self.with_facts(change, &facts)
        };
        // What is lost for good comes first: of many only some are named.
        let mut items: Vec<(bool, String)> = deleted
            .iter()
            .map(|change| (losses(change, &self.steps.carrying(change)).is_empty(), item(change)))
            .collect();
        items.sort_by_key(|(exact, _)| *exact);
        List::new(|number| format!("{number} to delete"), items.into_iter().map(|(_, item)| item).collect())
    }

    fn with_facts(&self, change: &Change, facts: &[String]) -> String {
        let name = self.named(change);
        if facts.is_empty() { name } else { format!("{name}: {}", prose(&facts.join("; "))) }
    }

    fn replaced(&self) -> List {
        let first = self.of(Action::ReplaceDeleteFirst, "the old one goes before the new one is there");
        let second = self.of(Action::ReplaceCreateFirst, "the new one is there before the old one goes");
        List::new(|number| format!("{number} to replace"), [first, second].concat())
    }

    /// What is made anew beside the old one, as every deployment is.
    fn renewed(&self) -> List {
        let items = self.of(Action::ReplaceKeepOld, "the old one stays to go back to");
        List::new(|number| format!("{number} to replace, with nothing lost"), items)
    }

    fn of(&self, action: Action, order: &str) -> Vec<String> {
        let of = self.changes().filter(|change| change.action == action).map(|change| {
            let losses = losses(change, &self.steps.carrying(change));
            let facts = [words::reason(&change.reason), order.to_owned()];
            self.with_facts(change, &facts.into_iter().chain(losses).collect::<Vec<_>>())
        });
        of.collect()
    }

    fn interrupted(&self) -> List {
        let items = self.changes().flat_map(|change| {
            let steps = self.steps.carrying(change);
            outages(&steps).into_iter().map(|why| format!("{}: {}", self.named(change), prose(why))).collect::<Vec<_>>()
        });
        List::new(|number| words::count(number, "interruption"), items.collect())
    }

    /// Policies that somebody should look at. One that goes with what it was on says nothing of its own.
    fn policies(&self) -> Access {
        let (mut grave, mut found) = (false, Vec::new());
        for change in self.changes().filter(|change| change.action != Action::Delete) {
            for (key, access) in access(change, self.kinds.get(change.kind)) {
                if access.verdict.is_grave() {
                    let text = format!("{}, {}: {}", self.named(change), code(key), prose(&access.text));
                    grave |= warns(change, &access);
                    found.push((access.verdict, text));
                }
            }
        }
        found.sort();
        let of = |verdict| found.iter().filter(|(found, _)| *found == verdict).count();
        let counts = [
            (of(Verdict::Loosened), "loosened"),
            (of(Verdict::Changed), "changed one way or another"),
            (of(Verdict::Gone), "gone"),
            (of(Verdict::New), "new"),
        ];
        let counts = counts.iter().filter(|(number, _)| *number > 0);
        let counts: Vec<String> = counts.map(|(number, what)| format!("{number} {what}")).collect();
        let items = found.into_iter().map(|(_, text)| text).collect();
        Access { grave, list: List::new(|_| format!("Policies: {}", counts.join(", ")), items) }
    }

    /// Who from outside is let in anew: into what is there, or merely into what is made.
    fn let_in(&self) -> Access {
        let (mut grave, mut items) = (false, Vec::new());
        for change in self.changes().filter(|change| change.action == Action::Create) {
            let (Some(schema), Some(after)) = (self.kinds.get(change.kind), &change.after) else { continue };
            let named = after.iter().filter(|(key, _)| {
                schema.attribute(key).is_some_and(|fact| fact.flow == Some(Flow::LetsIn) && !fact.secret)
            });
            for who in named.filter_map(|(_, value)| value.as_text()) {
                grave |= after.iter().all(|(_, value)| value.is_known());
                items.push(format!("{}: {}", self.named(change), code(who)));
            }
        }
        Access { grave, list: List::new(|number| format!("{number} let in"), items) }
    }

    /// Values of what exists that change into something which is not known yet.
    fn later(&self) -> List {
        let items = self.changes().filter(|change| change.before.is_some()).flat_map(|change| {
            let unknown =
                change.attributes.iter().filter(|it| it.after.as_ref().is_some_and(|after| !after.is_known()));
            let keys: Vec<String> = unknown.map(|attribute| code(&attribute.key)).collect();
            (!keys.is_empty()).then(|| format!("{}: {}", self.named(change), words::list(&keys)))
        });
        List::new(|_| "Known only after apply".to_owned(), items.collect())
    }

    fn notes(&self) -> List {
        // Where nothing changes there is nothing to be noted about it.
        let findings = if self.plan.changes.is_empty() { &[][..] } else { &self.plan.findings };
        let unread: BTreeSet<&str> =
            findings.iter().filter(|it| it.severity == Severity::Unknown).map(|it| it.code).collect();
        let notes: BTreeSet<String> = findings
            .iter()
            .filter(|it| matches!(it.severity, Severity::Note | Severity::Warning) && Danger::of(it).is_none())
            // What is said before already.
            .filter(|it| !unread.contains(it.code) && !is_told(self.plan, it))
            .map(told)
            .collect();
        List::new(|_| "Notes".to_owned(), notes.into_iter().collect())
    }
}

/// A finding in one line.
fn told(finding: &Finding) -> String {
    let about = finding.address.as_ref().filter(|address| !finding.message.contains(address.as_str()));
    let about = about.map(|address| format!("{}: ", code(address.as_str()))).unwrap_or_default();
    let help = finding.help.as_ref().map(|help| format!(" ({})", prose(help))).unwrap_or_default();
    format!("{about}{}{help}", prose(&finding.message))
}
