//! The words and symbols that all views share: actions, reasons, times, counts.
//!
//! Owns: how a fact of a plan is said in a few words. Refuses to know: where it stands on the screen.

use std::time::Duration;

use privlink_model::{Account, Action, Kinds, Op, Plan, Reason, Scope, Step, Undo};

/// The symbol of an action; never colour alone.
pub(crate) fn symbol(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Update => "~",
        Action::ReplaceCreateFirst | Action::ReplaceKeepOld => "+/-",
        Action::ReplaceDeleteFirst => "-/+",
        Action::Delete => "-",
        Action::Wait => "…",
        Action::NoOp => "=",
        Action::Unknown => "?",
    }
}

/// Why something is to happen, in a few words.
pub(crate) fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Absent => "absent".to_owned(),
        Reason::NotInSpec => "no longer in the spec".to_owned(),
        Reason::Differs => "differs".to_owned(),
        Reason::Immutable(keys) => format!("{} cannot be changed in place", list(keys)),
        Reason::Failed(why) => format!("failed and is never repaired by AWS: {why}"),
        Reason::Unfinished(state) => format!("exists, still {state}"),
        Reason::Unread(why) => format!("not known: {why}"),
        Reason::DeletedWith(address) => format!("goes with {address}"),
        Reason::Same => "as the spec says".to_owned(),
        Reason::Destroy => "the project is being destroyed".to_owned(),
    }
}

/// What a step does, as a verb: `create`.
pub(crate) fn verb(op: &Op) -> &'static str {
    match op {
        Op::Create { .. } => "create",
        Op::Update { .. } => "change",
        Op::Delete { .. } => "delete",
        Op::Wait { .. } => "wait for",
    }
}

/// What a step did, as a participle: `created`.
pub(crate) fn participle(op: &Op) -> &'static str {
    match op {
        Op::Create { .. } => "created",
        Op::Update { .. } => "changed",
        Op::Delete { .. } => "deleted",
        Op::Wait { .. } => "ready",
    }
}

/// A kind's name in sentences.
pub(crate) fn title<'a>(kinds: &Kinds, kind: &'a str) -> &'a str {
    kinds.get(kind).map_or(kind, |schema| schema.title)
}

/// A step in a few words: `create target/orders/endpoint (interface endpoint)`.
pub(crate) fn step(step: &Step, kinds: &Kinds) -> String {
    format!("{} {} ({})", verb(&step.op), step.address, title(kinds, step.kind))
}

/// A step of the way back, by the step of the plan that it takes back: `undo create target/orders/endpoint (interface
/// endpoint)`.
pub(crate) fn step_back(back: &Step, plan: &Plan, kinds: &Kinds) -> String {
    match plan.steps.iter().find(|step| step.id == back.id) {
        Some(done) => format!("undo {}", step(done, kinds)),
        // It has a number of its own: something that went along with what was deleted.
        None => format!("bring back {} ({})", back.address, title(kinds, back.kind)),
    }
}

/// A place by the account's name in the spec: `gateway 222222222222 us-east-1`.
pub(crate) fn place(scope: &Scope, accounts: &[Account]) -> String {
    match accounts.iter().find(|account| account.id == scope.account) {
        Some(account) => format!("{} {} {}", account.name, scope.account, scope.region),
        None => format!("{} {}", scope.account, scope.region),
    }
}

/// AWS's name for an object, short enough for a line: of an ARN, the part that tells one object from another.
pub(crate) fn identity(id: &str) -> &str {
    match id.strip_prefix("arn:") {
        Some(rest) => rest.splitn(5, ':').nth(4).unwrap_or(id),
        None => id,
    }
}

/// How far a plan can be taken back: `exact`, or where exactness ends and why.
pub(crate) fn undo(steps: &[Step]) -> String {
    let inexact = steps.iter().filter(|step| !matches!(step.undo, Undo::Exact(_))).min_by_key(|step| step.id);
    let Some(step) = inexact else { return "exact".to_owned() };
    let then = match &step.undo {
        Undo::Exact(_) => return "exact".to_owned(),
        Undo::Recreate { loses } => format!("made again (lost: {loses})"),
        Undo::None { why } => format!("none ({why})"),
    };
    match step.id.0 {
        0 | 1 => then,
        number => format!("exact up to step {}, then {then}", number - 1),
    }
}

/// A time: `45s`, `6m 20s`, `1h 02m`.
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs() + u64::from(time.subsec_millis() >= 500);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m {seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h {minutes:02}m"),
    }
}

/// A count and its noun: `1 step`, `2 steps`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Names in a sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn list<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            format!("{} and {}", first.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "), last.as_ref())
        }
    }
}

/// A text of others on one line: what cannot be seen, turns around what is seen, or commands a terminal, by its number.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        let hidden = matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
        match letter {
            '\n' | '\t' => shown.push(' '),
            _ if hidden || letter.is_control() => shown.extend(letter.escape_unicode()),
            _ => shown.push(letter),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        let said = |millis| time(Duration::from_millis(millis));
        assert_eq!([said(0), said(1_600), said(380_000), said(3_720_000)], ["0s", "2s", "6m 20s", "1h 02m"]);
    }

    #[test]
    fn of_an_arn_the_resource_is_shown() {
        assert_eq!(identity("arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/net/a/b"), "loadbalancer/net/a/b");
        assert_eq!([identity("vpce-1"), identity("arn:odd")], ["vpce-1", "arn:odd"]);
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(count(1, "account") + ", " + &count(0, "step"), "1 account, 0 steps");
    }

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        assert_eq!(visible("a\u{1b}[2K\u{9b}1A\r\n\tb\u{202e}é日"), r"a\u{1b}[2K\u{9b}1A\u{d}  b\u{202e}é日");
    }
}
