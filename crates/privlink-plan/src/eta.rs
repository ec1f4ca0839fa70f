//! How long a plan should take, and what on: the steps are played through with their typical waits and AWS's quotas.
//!
//! Each call takes a token of its bucket and one of its service's, which it shares with the calls in the same account and
//! region that draw from them too. An end that is waited for is noticed at the next look, which comes later the longer the
//! wait is. What an object waits for that a step of the plan brings about is waited for there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use privlink_model::{Address, ApiCall, Bucket, KindSchema, Kinds, Op, Scope, Service, Settle, Step, StepId};

/// What one call takes by itself, with the reads around it.
const CALL: Duration = Duration::from_millis(500);
/// When it is first looked whether what a call began has come to its end.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// How many times it is looked in the time that a wait takes as a rule.
const LOOKS: u32 = 10;
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
    let mut queues: BTreeMap<(&Scope, (Service, &str)), Queue> = BTreeMap::new();
    let mut runs: BTreeMap<StepId, Run> = BTreeMap::new();
    let awaiting = awaiting(steps, kinds);
    while let Some((ready, id)) = queue.pop_first() {
        let Some(step) = by_id.get(&id) else { continue };
        let needed = step.needs.iter().max_by_key(|need| runs.get(need).map(|run| run.end)).copied();
        let (mut start, mut cause) = (ready, needed);
        let call = kinds.get(step.kind).and_then(|schema| Some((schema, call_of(schema, &step.op)?)));
        for (name, bucket) in call.into_iter().flat_map(|(schema, call)| buckets(schema, call)) {
            let queue = queues.entry((&step.scope, name)).or_insert_with(|| Queue::new(bucket));
            let (later, before) = queue.take(start, id);
            if later > start {
                (start, cause) = (later, before.or(cause));
            }
        }
        let waits = match &step.settle {
            Some(_) if awaiting.contains(&step.address) && matches!(step.op, Op::Create { .. }) => FIRST_LOOK,
            Some(settle) => noticed(settle),
            None => Duration::ZERO,
        };
        let end = start + CALL + waits;
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

/// The buckets a call draws from, its own and its service's, under names that no two buckets of a scope share.
fn buckets(schema: &KindSchema, call: ApiCall) -> impl Iterator<Item = ((Service, &'static str), Bucket)> {
    let total = call.total.map(|bucket| ((schema.service, ""), bucket));
    std::iter::once(((schema.service, call.shared), call.bucket)).chain(total)
}

/// The objects that wait for another step of the plan once they are made.
fn awaiting<'s>(steps: &'s [Step], kinds: &Kinds) -> BTreeSet<&'s Address> {
    let made = steps.iter().filter_map(|step| match &step.op {
        Op::Create { attrs, .. } => Some((kinds.get(step.kind)?, attrs)),
        _ => None,
    });
    let values = made.flat_map(|(schema, attrs)| {
        let awaited = schema.attributes.iter().filter(|fact| fact.awaited);
        awaited.filter_map(|fact| attrs.get(fact.key)).collect::<Vec<_>>()
    });
    values.flat_map(|value| value.references()).map(|reference| &reference.address).collect()
}

/// When an end that is waited for is noticed: between two looks, on average in their middle.
fn noticed(settle: &Settle) -> Duration {
    if settle.typical <= FIRST_LOOK {
        return FIRST_LOOK;
    }
    settle.typical + settle.poll.max(settle.typical / LOOKS) / 2
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use privlink_model::{
        Address, ApiCall, AttributeSchema, Attrs, Bucket, KindSchema, Kinds, Op, Scope, Service, Settle, Step, StepId,
        Undo, UndoOp, Value, Waits,
    };

    use super::eta;

    const ALL: Bucket = Bucket { capacity: 4.0, refill: 1.0 };

    const fn writes(name: &'static str) -> Option<ApiCall> {
        let bucket = Bucket { capacity: 2.0, refill: 0.5 };
        Some(ApiCall { name, bucket, shared: "writes", total: Some(ALL) })
    }

    static GROUP: KindSchema =
        KindSchema { create: writes("MakeGroup"), ..KindSchema::look_up("group", "group", Service::Elb) };
    static PORT: KindSchema =
        KindSchema { create: writes("MakePort"), ..KindSchema::look_up("port", "port", Service::Elb) };
    /// Draws from no bucket but the total.
    static FLAG: KindSchema = KindSchema {
        create: Some(ApiCall { shared: "SetFlag", total: Some(ALL), ..ApiCall::new("SetFlag", ALL) }),
        ..KindSchema::look_up("flag", "flag", Service::Elb)
    };
    static GATE: KindSchema = KindSchema {
        create: Some(ApiCall::new("MakeGate", ALL)),
        ready: Some(Waits::secs("open", 100, 5, 600)),
        ..KindSchema::look_up("gate", "gate", Service::Ec2)
    };
    static PASS: KindSchema = KindSchema {
        attributes: &[AttributeSchema::new("gate", "What it lets through.").awaited()],
        create: Some(ApiCall::new("MakePass", ALL)),
        ready: Some(Waits::secs("open", 100, 5, 600)),
        ..KindSchema::look_up("pass", "pass", Service::Ec2)
    };

    fn step(id: u32, schema: &KindSchema, attrs: Attrs, needs: &[u32]) -> Step {
        Step {
            id: StepId(id),
            address: Address::new(format!("{}/{id}", schema.name)),
            kind: schema.name,
            scope: Scope::new("111111111111", "us-east-1"),
            op: Op::Create { attrs, tags: Default::default() },
            call: String::new(),
            needs: needs.iter().copied().map(StepId).collect::<BTreeSet<_>>(),
            undo: Undo::Exact(UndoOp::Delete),
            settle: schema.ready.map(|waits| Settle {
                until: waits.until.to_owned(),
                typical: waits.typical,
                limit: waits.limit,
                poll: waits.poll,
            }),
            token: String::new(),
            outage: None,
        }
    }

    fn plain(id: u32, schema: &KindSchema) -> Step {
        step(id, schema, Attrs::new(), &[])
    }

    fn told(steps: &[Step]) -> (Duration, String) {
        static KINDS: Kinds = Kinds::new(&[&GROUP, &PORT, &FLAG, &GATE, &PASS]);
        eta(steps, &KINDS).unwrap()
    }

    #[test]
    fn calls_of_one_class_share_a_bucket() {
        let alike: Vec<Step> = (1..=4).map(|id| plain(id, &GROUP)).collect();
        let mixed: Vec<Step> = (1..=4).map(|id| plain(id, if id % 2 == 0 { &GROUP } else { &PORT })).collect();
        // Two at once, one more every two seconds, and half a second for the last.
        assert_eq!(told(&alike).0, Duration::from_secs(5));
        assert_eq!(told(&mixed).0, told(&alike).0);
    }

    #[test]
    fn the_total_of_a_service_is_shared_by_all_of_its_calls() {
        let mut steps: Vec<Step> = (1..=4).map(|id| plain(id, &FLAG)).collect();
        assert_eq!(told(&steps).0, Duration::from_secs(1));
        steps.extend((5..=6).map(|id| plain(id, &GROUP)));
        assert_eq!(told(&steps).0, Duration::from_secs(3), "the groups find the total empty");
        for step in steps.iter_mut().filter(|step| step.kind == "group") {
            step.scope.region = "eu-west-1".to_owned();
        }
        assert_eq!(told(&steps).0, Duration::from_secs(1), "in another region there is another total");
    }

    #[test]
    fn an_end_is_noticed_between_two_looks() {
        assert_eq!(told(&[plain(1, &GATE)]).0, Duration::from_secs(106));
    }

    #[test]
    fn what_another_step_brings_about_is_waited_for_there() {
        let gate = plain(1, &GATE);
        let id = Value::of(&gate.address, "id");
        let pass = step(2, &PASS, [("gate".to_owned(), id)].into_iter().collect(), &[1]);
        let (time, bottleneck) = told(&[gate.clone(), pass]);
        assert_eq!((time, bottleneck.as_str()), (Duration::from_secs(107), "create pass"));
        // One that is made after it, but does not let it through, waits on its own.
        assert_eq!(told(&[gate, step(2, &PASS, Attrs::new(), &[1])]).0, Duration::from_secs(211));
    }
}
