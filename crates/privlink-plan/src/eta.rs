//! How long a plan should take, and what on: the steps are played through with their typical waits and AWS's quotas.
//!
//! Each call takes a token of its bucket, which it shares with the same call in the same account and region. The totals of
//! whole services are not counted: beside the waits they do not show.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use privlink_model::{ApiCall, Bucket, KindSchema, Kinds, Op, Scope, Step, StepId};

/// What one call takes by itself.
const CALL: Duration = Duration::from_millis(300);
/// A part of the way is worth naming from this share of the whole on, in percent.
const WORTH_NAMING: u32 = 15;

/// The time all steps take, and the bottleneck in words; none when there is nothing to do.
pub(crate) fn eta(steps: &[Step], kinds: &Kinds) -> Option<(Duration, String)> {
    let played = play(steps, kinds);
    let (last, end) =
        played.iter().map(|(id, run)| (*id, run.end)).max_by_key(|(id, end)| (*end, std::cmp::Reverse(*id)))?;
    let rounded = Duration::from_secs(end.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX));
    Some((rounded, bottleneck(steps, kinds, &played, last, end)))
}

/// One step as it was played.
struct Run {
    end: Duration,
    /// The step it had to wait for last.
    cause: Option<StepId>,
}

fn play(steps: &[Step], kinds: &Kinds) -> BTreeMap<StepId, Run> {
    let by_id: BTreeMap<StepId, &Step> = steps.iter().map(|step| (step.id, step)).collect();
    let mut users: BTreeMap<StepId, Vec<StepId>> = BTreeMap::new();
    let mut waiting: BTreeMap<StepId, usize> = BTreeMap::new();
    for step in steps {
        waiting.insert(step.id, step.needs.len());
        step.needs.iter().for_each(|need| users.entry(*need).or_default().push(step.id));
    }
    let mut queue: BTreeSet<(Duration, StepId)> =
        steps.iter().filter(|step| step.needs.is_empty()).map(|step| (Duration::ZERO, step.id)).collect();
    let mut queues: BTreeMap<(&Scope, &str), Queue> = BTreeMap::new();
    let mut runs: BTreeMap<StepId, Run> = BTreeMap::new();
    while let Some((ready, id)) = queue.pop_first() {
        let Some(step) = by_id.get(&id) else { continue };
        let needed = step.needs.iter().max_by_key(|need| runs.get(need).map(|run| run.end)).copied();
        let (start, cause) = match kinds.get(step.kind).and_then(|schema| call_of(schema, &step.op)) {
            Some(call) => {
                let queue = queues.entry((&step.scope, call.name)).or_insert_with(|| Queue::new(call.bucket));
                let (start, before) = queue.take(ready, id);
                (start, if start > ready { before.or(needed) } else { needed })
            }
            None => (ready, needed),
        };
        let end = start + CALL + step.settle.as_ref().map_or(Duration::ZERO, |settle| settle.typical);
        runs.insert(id, Run { end, cause });
        for user in users.get(&id).into_iter().flatten() {
            let left = waiting.entry(*user).or_default();
            *left = left.saturating_sub(1);
            if *left == 0 {
                let ready = by_id.get(user).into_iter().flat_map(|step| &step.needs);
                let ready = ready.filter_map(|need| runs.get(need)).map(|run| run.end).max().unwrap_or_default();
                queue.insert((ready, *user));
            }
        }
    }
    runs
}

/// The schema's facts about a step's call.
pub(crate) fn call_of(schema: &KindSchema, op: &Op) -> Option<ApiCall> {
    match op {
        Op::Create { .. } => schema.create,
        Op::Update { .. } => schema.update,
        Op::Delete { .. } => schema.delete,
        Op::Wait { .. } => None,
    }
}

/// A token bucket being drawn from, by calls that come in the order they are ready.
struct Queue {
    bucket: Bucket,
    tokens: f64,
    at: Duration,
    last: Option<StepId>,
}

impl Queue {
    fn new(bucket: Bucket) -> Self {
        Self { bucket, tokens: bucket.capacity, at: Duration::ZERO, last: None }
    }

    /// When a call that is ready may start, and who took the token before it.
    fn take(&mut self, ready: Duration, id: StepId) -> (Duration, Option<StepId>) {
        let mut start = ready.max(self.at);
        if self.bucket.refill > 0.0 {
            let gained = start.saturating_sub(self.at).as_secs_f64() * self.bucket.refill;
            self.tokens = (self.tokens + gained).min(self.bucket.capacity.max(1.0));
            if self.tokens < 1.0 {
                start += Duration::try_from_secs_f64((1.0 - self.tokens) / self.bucket.refill).unwrap_or_default();
                self.tokens = 1.0;
            }
            self.tokens -= 1.0;
        }
        self.at = start;
        (start, self.last.replace(id))
    }
}

/// The parts of the longest way that take most of it.
fn bottleneck(steps: &[Step], kinds: &Kinds, played: &BTreeMap<StepId, Run>, last: StepId, whole: Duration) -> String {
    let by_id: BTreeMap<StepId, &Step> = steps.iter().map(|step| (step.id, step)).collect();
    let mut way = Vec::new();
    let mut at = Some(last);
    while let Some((id, run)) = at.and_then(|id| Some((id, played.get(&id)?))) {
        let before = run.cause.and_then(|cause| played.get(&cause)).map_or(Duration::ZERO, |run| run.end);
        way.push((id, run.end.saturating_sub(before)));
        at = run.cause;
    }
    way.reverse();
    let mut parts: Vec<(&'static str, &'static str, u32, Duration)> = Vec::new();
    for (id, time) in way {
        let Some(step) = by_id.get(&id) else { continue };
        let title = kinds.get(step.kind).map_or(step.kind, |schema| schema.title);
        match parts.iter_mut().find(|(verb, kind, ..)| *verb == verb_of(&step.op) && *kind == title) {
            Some((_, _, count, sum)) => {
                *count += 1;
                *sum += time;
            }
            None => parts.push((verb_of(&step.op), title, 1, time)),
        }
    }
    let most = parts.iter().map(|part| part.3).max().unwrap_or_default();
    let share = |time: Duration| time == most || time * 100 >= whole * WORTH_NAMING;
    let mut text = String::new();
    let mut verb_before = "";
    for (verb, title, count, _) in parts.into_iter().filter(|part| share(part.3)) {
        if !text.is_empty() {
            text.push_str(", then ");
        }
        if verb != verb_before {
            text.push_str(verb);
            text.push(' ');
        }
        verb_before = verb;
        text.push_str(&counted(count, title));
    }
    text
}

fn verb_of(op: &Op) -> &'static str {
    match op {
        Op::Create { .. } => "create",
        Op::Update { .. } => "change",
        Op::Delete { .. } => "delete",
        Op::Wait { .. } => "wait for",
    }
}

fn counted(count: u32, title: &str) -> String {
    if count == 1 {
        return title.to_owned();
    }
    match title.strip_suffix('y') {
        Some(stem) => format!("{count} {stem}ies"),
        None if title.ends_with('s') => format!("{count} {title}"),
        None => format!("{count} {title}s"),
    }
}
