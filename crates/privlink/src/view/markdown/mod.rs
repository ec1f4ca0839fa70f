//! A plan as GitHub-flavoured markdown, for pull requests and step summaries: what must not be missed, then a fold for each
//! account and region, the topology, and how to apply.
//!
//! Owns: the page, and that it fits. Refuses to know: which plans are worth a comment, and where the page goes. Read next:
//! `first` for what stands outside of folds, `ladder` for who gives way, `escape` for why nothing breaks out.
//!
//! **Invariant:** equal plans give equal pages; nothing here reads a clock or the environment.
//! **Invariant:** no page is longer than [`LIMIT`], which leaves room for a hidden mark and a line at the end.

pub(crate) mod escape;
mod first;
pub(crate) mod ladder;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use privlink_model::{Action, Change, Kinds, Plan, Scope, Steps};

use self::escape::{code, fence, prose, summary};
use self::ladder::{Fitted, LIMIT, Section, fit};
use super::change::{self, Detail};
use super::line::{Line, Mark, Part};
use super::{graph, words};
use crate::site::quoted;

/// How long a picture may be, and how many lines between its boxes it may have: GitHub draws no more.
const PICTURE: (usize, usize) = (40_000, 400);
/// How many bytes a change may have where there is no room for all, and where there is less and less.
const LONG: [usize; 3] = [30_000, 6_000, 1_500];
/// Room for the sentences about what was left out.
const ROOM: usize = 1_500;

/// What surrounds a plan.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    /// The kinds.
    pub(crate) kinds: &'a Kinds,
    /// Of each change only its address.
    pub(crate) concise: bool,
    /// Also what stays as it is.
    pub(crate) show_unchanged: bool,
    /// Said first: endpoints that are not AWS.
    pub(crate) announcements: &'a [String],
    /// Where the plan is saved, as `apply` and `show` take it.
    pub(crate) saved: Option<&'a str>,
    /// A page where all of it is, such as that of the run that made it.
    pub(crate) link: Option<&'a str>,
}

/// The markdown of a plan.
pub(crate) fn plan(plan: &Plan, page: Page<'_>) -> String {
    let head = first::text(plan, page);
    if plan.changes.is_empty() && !page.show_unchanged {
        return head;
    }
    let tail = if plan.changes.is_empty() { String::new() } else { apply(page) };
    let sections = sections(plan, page);
    let room = LIMIT.saturating_sub(head.len() + tail.len() + ROOM);
    let whole = fit(&sections, room);
    // A picture is worth less than a change: it never takes the room of one.
    let picture = if whole.shortened == 0 { topology(plan, page) } else { None };
    let picture = picture.filter(|picture| whole.text.len() + picture.len() <= room);
    let picture = picture.unwrap_or_else(|| {
        format!("No topology here, for want of room: {} draws it.\n\n", code(&show(page, " --format dot")))
    });
    format!("{head}{}{}{picture}{tail}", whole.text, left_out(&whole, sections.len(), page))
}

/// A fold for each account and region, in the order of their names.
fn sections(plan: &Plan, page: Page<'_>) -> Vec<Section> {
    let steps = Steps::of(plan);
    let mut places: BTreeMap<(String, &Scope), Vec<&Change>> = BTreeMap::new();
    for change in &plan.changes.changes {
        if change.action != Action::NoOp || page.show_unchanged {
            places.entry((name(plan, &change.scope), &change.scope)).or_default().push(change);
        }
    }
    let section = |((name, scope), mut changes): ((String, &Scope), Vec<&Change>)| {
        changes.sort_by(|a, b| a.address.cmp(&b.address));
        let title = format!("<b>{}</b> {}: {}", summary(&name), place(scope), counts(&changes));
        let forms = forms(&changes, &steps, page);
        let folds = forms.iter().map(|blocks| fold(&title, &fence("diff", blocks.iter().flatten())));
        let addresses = changes.iter().map(|change| format!("{} {}", sign(change.action), change.address));
        let addresses = fold(&title, &fence("diff", addresses));
        let bare = format!("<p>{title} (not shown)</p>\n\n");
        Section::new(folds.chain([addresses, bare]))
    };
    places.into_iter().map(section).collect()
}

/// A change's lines in a diff.
type Block = Vec<String>;

/// What a fold may tell of its changes, from most to least: one change that is long takes no other's room.
fn forms(changes: &[&Change], steps: &Steps<'_>, page: Page<'_>) -> Vec<Vec<Block>> {
    let told = |change: &&Change| {
        let of = |detail| block(change, steps, page.kinds, detail);
        Told { all: of(Detail::All), lines: of(Detail::Lines), head: of(Detail::Head) }
    };
    let told: Vec<Told> = changes.iter().map(told).collect();
    let heads = told.iter().map(|told| told.head.clone()).collect();
    if page.concise {
        return vec![heads];
    }
    let [long, middle, short] = LONG;
    let limits = [(true, usize::MAX), (true, long), (true, middle), (false, middle), (false, short)];
    let within = |(whole, longest)| told.iter().map(|told| told.within(whole, longest)).collect();
    limits.into_iter().map(within).chain([heads]).collect()
}

/// A change, told in full and in less.
struct Told {
    all: Block,
    lines: Block,
    head: Block,
}

impl Told {
    /// As much as so many bytes hold, with what is around a difference or without; else its head, and how much is missing.
    fn within(&self, whole: bool, longest: usize) -> Block {
        let fits = |block: &Block| block.iter().map(String::len).sum::<usize>() <= longest;
        match (whole && fits(&self.all), fits(&self.lines)) {
            (true, _) => self.all.clone(),
            (false, true) => self.lines.clone(),
            (false, false) => {
                let left_out = words::count(self.lines.len().saturating_sub(self.head.len()), "line");
                self.head.iter().cloned().chain([format!("!     ({left_out} not shown here)")]).collect()
            }
        }
    }
}

/// Something behind a line that opens it. The title is HTML.
pub(crate) fn fold(title: &str, body: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{body}\n</details>\n\n")
}

/// The name an account has in the spec; else its number.
fn name(plan: &Plan, scope: &Scope) -> String {
    let account = plan.accounts.iter().find(|account| account.id == scope.account);
    account.map_or_else(|| scope.account.clone(), |account| account.name.clone())
}

fn place(scope: &Scope) -> String {
    summary(&format!("{} {}", scope.account, scope.region))
}

/// `2 to create, 1 to delete`.
fn counts(changes: &[&Change]) -> String {
    let of = |actions: &[Action]| changes.iter().filter(|change| actions.contains(&change.action)).count();
    let counts = [
        (of(&[Action::Create]), "to create"),
        (of(&[Action::Update]), "to change"),
        (of(&[Action::ReplaceCreateFirst, Action::ReplaceDeleteFirst, Action::ReplaceKeepOld]), "to replace"),
        (of(&[Action::Delete]), "to delete"),
        (of(&[Action::Wait]), "to wait for"),
        (of(&[Action::Unknown]), "unknown"),
        (of(&[Action::NoOp]), "unchanged"),
    ];
    let counts = counts.into_iter().filter(|(number, _)| *number > 0);
    counts.map(|(number, what)| format!("{number} {what}")).collect::<Vec<_>>().join(", ")
}

/// A change as lines of a diff. GitHub colours them by their first sign: `+` and `-` as ever, `!` for what changes.
fn block(change: &Change, steps: &Steps<'_>, kinds: &Kinds, detail: Detail) -> Block {
    let steps = steps.carrying(change);
    let symbol = sign(change.action);
    let facts = change::facts(change, &steps, kinds).join(" · ");
    let mut lines = vec![format!("{symbol} {}  {facts}", change.address)];
    lines.extend(change::lines(change, &steps, kinds, detail).iter().map(line));
    lines
}

/// The symbol of an action, as far as it has a colour in a diff.
fn sign(action: Action) -> &'static str {
    match action {
        Action::Update | Action::Wait => "!",
        other => words::symbol(other),
    }
}

/// One line under a change, as a diff has it.
pub(crate) fn line(line: &Line) -> String {
    let Line { part, mark, text } = line;
    let sign = match mark {
        Mark::Added => "+",
        Mark::Removed => "-",
        Mark::Changed => "!",
        Mark::Kept => " ",
        Mark::Place => return text.clone(),
    };
    let indent = if matches!(part, Part::Document | Part::Access) { "       " } else { "     " };
    format!("{sign}{indent}{text}")
}

/// What is connected to what, where GitHub would draw it.
fn topology(plan: &Plan, page: Page<'_>) -> Option<String> {
    let mermaid = graph::mermaid(plan, page.kinds);
    let arrow = |line: &&str| ["-->", "==>", "-.->"].iter().any(|arrow| line.contains(arrow));
    let edges = mermaid.lines().filter(arrow).count();
    let drawn = mermaid.len() <= PICTURE.0 && edges <= PICTURE.1;
    drawn.then(|| fold("Topology", &fence("mermaid", mermaid.lines())))
}

fn left_out(fitted: &Fitted, places: usize, page: Page<'_>) -> String {
    let (shortened, dropped) = (fitted.shortened, fitted.dropped);
    if shortened + dropped == 0 {
        return String::new();
    }
    let kept = words::count(places - dropped, "place");
    let mut parts = vec![format!("Shortened to fit here: {shortened} of {kept}.")];
    if dropped > 0 {
        parts.push(format!("{} not shown at all.", words::count(dropped, "more place")));
    }
    let all = code(&show(page, ""));
    parts.push(match page.link.map(link) {
        Some(link) => format!("{all} shows everything, and so does [the run]({link})."),
        None => format!("{all} shows everything."),
    });
    parts.join(" ") + "\n\n"
}

/// The command that shows the plan again.
fn show(page: Page<'_>, more: &str) -> String {
    match page.saved {
        Some(file) => format!("privlink show {}{more}", quoted(file)),
        None => format!("privlink plan{more}"),
    }
}

fn apply(page: Page<'_>) -> String {
    match page.saved {
        Some(file) => format!("To do exactly this: {}\n", code(&format!("privlink apply {}", quoted(file)))),
        None => format!("To do this: {}, which plans again and asks.\n", code("privlink apply")),
    }
}

/// An address of a page as the target of a link.
fn link(url: &str) -> String {
    let letter = |letter: char| match letter {
        _ if letter.is_ascii_alphanumeric() || ":/?&=%#._~+,@-".contains(letter) => letter.to_string(),
        other => other.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect(),
    };
    url.chars().map(letter).collect()
}
