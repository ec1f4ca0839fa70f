//! What a change of a policy means for who can call, in one line; for every view.
//!
//! Owns: the verdict on a plan's documents: policies that come, go or change. A policy is what has statements. Refuses to
//! know: kinds, and who in truth can call whom, which takes the whole path.
//!
//! **Invariant:** `Tightened` is said only where nothing can be allowed that was not, `Loosened` only where nothing can be
//! refused that was allowed, and `Cosmetic` only where both hold. All else is `Changed`.

mod statement;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Action, Change, KindSchema, Shape, Value};

use statement::{Effect, Statement};

/// What statements do, and the words for it.
const EFFECTS: [(Effect, &str); 3] = [(Effect::Allow, "allow"), (Effect::Deny, "deny"), (Effect::Other, "other")];
/// Of how many statements it is said whom they allow.
const NAMED: usize = 2;
/// In how many characters.
const LONGEST: usize = 150;

/// Which way a policy goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// More is allowed, and all that was.
    Loosened,
    /// It may go either way.
    Changed,
    /// What stays has no policy any more, or goes together with it.
    Gone,
    /// There was none.
    New,
    /// Less is allowed, and nothing that was not.
    Tightened,
    /// Said otherwise, meant alike.
    Cosmetic,
}

impl Verdict {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Loosened => "loosened",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::New => "new",
            Self::Tightened => "tightened",
            Self::Cosmetic => "cosmetic",
        }
    }

    /// Whether somebody should look before more becomes possible than was.
    pub fn is_grave(self) -> bool {
        matches!(self, Self::Loosened | Self::Changed | Self::Gone | Self::New)
    }
}

/// What a change of one policy means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Which way it goes.
    pub verdict: Verdict,
    /// The same in one line, its word included.
    pub text: String,
}

/// What a change means for access, by the keys of its policies.
pub fn access<'a>(change: &'a Change, schema: Option<&KindSchema>) -> Vec<(&'a str, Access)> {
    let Some(schema) = schema else { return Vec::new() };
    let normal = |key: &str, value: &Value| schema.normal(key, value);
    let judged = |key: &'a str, before: Option<&Value>, after: Option<&Value>| {
        let fact = schema.attribute(key).filter(|fact| fact.shape == Shape::Document && !fact.secret)?;
        // Of what stays, something may be in force where it has no policy of its own.
        let stays = change.action != Action::Create && change.action != Action::Delete;
        let in_force = |side: Option<&Value>| {
            let own = side.map(|value| normal(fact.key, value)).filter(|value| !value.is_empty());
            own.or_else(|| fact.without.filter(|_| stays).map(|without| without()))
        };
        Some((key, judge(in_force(before).as_ref(), in_force(after).as_ref())?))
    };
    match change.action {
        Action::Create => {
            let given = change.after.iter().flat_map(|attrs| attrs.iter());
            given.filter_map(|(key, value)| judged(key, None, Some(value))).collect()
        }
        Action::Delete => {
            let had = change.before.iter().flat_map(|object| object.attrs.iter());
            had.filter_map(|(key, value)| judged(key, Some(value), None)).collect()
        }
        Action::NoOp | Action::Wait | Action::Unknown => Vec::new(),
        // A replacement has the policies of what it replaces but for those that differ.
        Action::Update | Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst | Action::ReplaceKeepOld => {
            let changed = change.attributes.iter();
            changed.filter_map(|it| judged(&it.key, it.before.as_ref(), it.after.as_ref())).collect()
        }
    }
}

/// The verdict on two values in their normal form; none when neither is a policy.
fn judge(before: Option<&Value>, after: Option<&Value>) -> Option<Access> {
    match (read(before), read(after)) {
        (Side::Nothing, Side::Policy(after)) => Some(said(Verdict::New, after.contents())),
        (Side::Policy(before), Side::Nothing) => Some(said(Verdict::Gone, before.contents())),
        (Side::Policy(before), Side::Policy(after)) => Some(compare(&before, &after)),
        (Side::Policy(_), Side::Other) => {
            Some(said(Verdict::Changed, vec!["what comes cannot be read as a policy".to_owned()]))
        }
        (Side::Other, Side::Policy(after)) => {
            let was = "what was there cannot be read as a policy".to_owned();
            Some(said(Verdict::Changed, std::iter::once(was).chain(after.contents()).collect()))
        }
        (Side::Nothing | Side::Other, Side::Nothing | Side::Other) => None,
    }
}

/// What stands on one side of a change.
enum Side<'a> {
    Nothing,
    Policy(Policy<'a>),
    /// No policy, or one that cannot be read.
    Other,
}

fn read(value: Option<&Value>) -> Side<'_> {
    match value.filter(|value| !value.is_empty()) {
        Some(value) => Policy::of(value).map_or(Side::Other, Side::Policy),
        None => Side::Nothing,
    }
}

fn said(verdict: Verdict, facts: Vec<String>) -> Access {
    let word = match verdict {
        Verdict::New => "new policy",
        Verdict::Gone => "the policy goes",
        other => other.word(),
    };
    let text = if facts.is_empty() { word.to_owned() } else { format!("{word}: {}", facts.join(", ")) };
    Access { verdict, text }
}

/// A policy's statements, and the rest of it.
struct Policy<'a> {
    statements: BTreeSet<Statement<'a>>,
    rest: Vec<(&'a str, &'a Value)>,
    version: Option<&'a Value>,
}

impl<'a> Policy<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        let map = value.as_map()?;
        let statements = match map.get("Statement")? {
            // AWS takes a single statement without a list around it.
            single @ Value::Map(_) => BTreeSet::from([Statement(single)]),
            several => several.elements().into_iter().map(Statement).collect(),
        };
        let rest = map.iter().map(|(key, value)| (key.as_str(), value));
        let rest = rest.filter(|(key, _)| !matches!(*key, "Statement" | "Version" | "Id")).collect();
        Some(Self { statements, rest, version: map.get("Version") })
    }

    /// `2 allow statements, 1 deny statement`, and whom the first ones allow.
    fn contents(&self) -> Vec<String> {
        let counted = EFFECTS.into_iter().map(|(effect, word)| (effect, word, self.of_effect(effect)));
        let told = counted.filter(|(_, _, statements)| !statements.is_empty()).map(|(effect, word, statements)| {
            let who = if effect == Effect::Allow { whom(&statements) } else { String::new() };
            format!("{}{who}", said_number(statements.len(), word))
        });
        let told: Vec<String> = told.collect();
        if told.is_empty() { vec!["no statements".to_owned()] } else { told }
    }

    /// Whether all that `other` allows is allowed by this, too.
    fn covers(&self, other: &Self) -> bool {
        let allow = |policy: &Self| policy.of_effect(Effect::Allow);
        let deny = |policy: &Self| policy.of_effect(Effect::Deny);
        allow(other).iter().all(|narrow| allow(self).iter().any(|wide| wide.covers(narrow)))
            && deny(self).iter().all(|narrow| deny(other).iter().any(|wide| wide.covers(narrow)))
    }

    fn of_effect(&self, effect: Effect) -> Vec<Statement<'a>> {
        self.statements.iter().copied().filter(|statement| statement.effect() == effect).collect()
    }

    /// Whether statements mean in both what they say: a version decides what `${…}` is.
    fn reads_like(&self, other: &Self) -> bool {
        let variables = |policy: &Self| policy.statements.iter().any(|statement| statement.has_variables());
        self.rest == other.rest && (self.version == other.version || !(variables(self) || variables(other)))
    }
}

fn compare(before: &Policy<'_>, after: &Policy<'_>) -> Access {
    let added: Vec<Statement<'_>> = after.statements.difference(&before.statements).copied().collect();
    let mut removed: Vec<Statement<'_>> = before.statements.difference(&after.statements).copied().collect();
    let strange = added.iter().chain(&removed).any(|statement| statement.effect() == Effect::Other);
    let verdict = match (after.covers(before), before.covers(after)) {
        _ if strange || !before.reads_like(after) => Verdict::Changed,
        (true, true) => Verdict::Cosmetic,
        (true, false) => Verdict::Loosened,
        (false, true) => Verdict::Tightened,
        (false, false) => Verdict::Changed,
    };
    if verdict == Verdict::Cosmetic {
        return said(verdict, Vec::new());
    }
    // What stands in another's place is told as one reworded, not as one that comes and one that goes.
    let mut told = Told::default();
    for new in added {
        let related = |old: &Statement<'_>| new.covers(old) || old.covers(&new);
        match removed.iter().position(|old| old.effect() == new.effect() && related(old)) {
            Some(index) => {
                let old = removed.remove(index);
                let how = match (new.covers(&old), old.covers(&new)) {
                    (true, true) => continue,
                    (true, false) => How::Widened,
                    _ => How::Narrowed,
                };
                told.count(new, how);
            }
            None => told.count(new, How::Added),
        }
    }
    removed.into_iter().for_each(|old| told.count(old, How::Removed));
    said(verdict, told.facts())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    Added,
    Removed,
    Widened,
    Narrowed,
}

/// The statements of an effect that were treated in one way.
#[derive(Default)]
struct Told<'a>(BTreeMap<(How, Effect), Vec<Statement<'a>>>);

impl<'a> Told<'a> {
    fn count(&mut self, statement: Statement<'a>, how: How) {
        self.0.entry((how, statement.effect())).or_default().push(statement);
    }

    fn facts(&self) -> Vec<String> {
        let fact = |((how, effect), statements): (&(How, Effect), &Vec<Statement<'a>>)| {
            let verb = match how {
                How::Added => "added",
                How::Removed => "removed",
                How::Widened => "widened",
                How::Narrowed => "narrowed",
            };
            let word = EFFECTS.into_iter().find(|(it, _)| it == effect).map_or("other", |(_, word)| word);
            // Who is let in is what a reader must not have to look for.
            let lets_in = *effect == Effect::Allow && matches!(how, How::Added | How::Widened);
            let who = if lets_in { whom(statements) } else { String::new() };
            format!("{} {verb}{who}", said_number(statements.len(), word))
        };
        self.0.iter().map(fact).collect()
    }
}

/// Whom statements are about, the first ones, as far as they leave room on the line for what else is to be said.
fn whom(statements: &[Statement<'_>]) -> String {
    let who: Vec<String> = statements.iter().take(NAMED).map(|statement| statement.who()).collect();
    let more = if statements.len() > NAMED { ", and others" } else { "" };
    let who = who.join("; ");
    match who.char_indices().nth(LONGEST) {
        Some((end, _)) => format!(" ({}…{more})", &who[..end]),
        None => format!(" ({who}{more})"),
    }
}

fn said_number(number: usize, effect: &str) -> String {
    format!("{number} {effect} {}", if number == 1 { "statement" } else { "statements" })
}
