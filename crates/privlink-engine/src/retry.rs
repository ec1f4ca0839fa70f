//! Which failed calls are made again, and when.
//!
//! Owns the rule, no time and no call. Delays grow without jitter: two runs of the same plan against the same answers
//! behave alike, and one run's steps are spread out by the quotas anyway.
//!
//! **Invariant:** what is judged here surely took no effect. A call in doubt is found out about first (`probe`).

use std::time::Duration;

use privlink_model::{CloudError, ErrorClass, KindSchema, Operation, Way, Write};

/// How often AWS may say that there were too many calls, after the cloud has kept its place in the line each time.
const THROTTLED: u32 = 5;
/// How often an endpoint may be out of reach.
const UNREACHABLE: u32 = 3;
/// How often a call is made again whose answer was lost and which turned out to have had no effect.
const LOST: u32 = 3;
/// How often a call that takes a step back is made again, whatever AWS says against it.
const BACK: u32 = 4;
/// How long another object may be in the way, where the kind has no time limit of its own.
const BUSY: Duration = Duration::from_secs(300);
/// The longest pause between two calls.
const LONGEST: Duration = Duration::from_secs(15);

/// What holds for one write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// How long another object may be in the way.
    busy: Duration,
    /// Whether the call takes a step back, which is worth more than one try.
    back: bool,
}

impl Rule {
    pub(crate) fn of(write: &Write, schema: Option<&KindSchema>, way: Way) -> Self {
        let deletes = write.operation == Operation::Delete;
        let waits = schema.and_then(|schema| if deletes { schema.gone } else { schema.ready });
        Self { busy: waits.map_or(BUSY, |waits| waits.limit), back: way == Way::Back }
    }
}

/// What is to be done about a failed call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Make it again after this time.
    Again(Duration),
    /// The step has failed.
    GiveUp(CloudError),
}

/// The failed calls of one step.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    throttled: u32,
    unreachable: u32,
    busy: u32,
    busy_since: Option<Duration>,
    lost: u32,
    back: u32,
}

impl Attempts {
    /// Whether a call of this step was refused already.
    pub(crate) fn any(&self) -> bool {
        self.throttled + self.unreachable + self.busy + self.lost + self.back > 0
    }

    /// Judges one more failure.
    pub(crate) fn judge(&mut self, error: CloudError, rule: Rule, now: Duration) -> Verdict {
        let pause = match error.class {
            ErrorClass::Throttled => next(&mut self.throttled, THROTTLED),
            ErrorClass::Unreachable => next(&mut self.unreachable, UNREACHABLE),
            ErrorClass::Busy => {
                let since = *self.busy_since.get_or_insert(now);
                let left = rule.busy.saturating_sub(now.saturating_sub(since));
                if left.is_zero() { None } else { next(&mut self.busy, u32::MAX).map(|pause| pause.min(left)) }
            }
            ErrorClass::InDoubt => next(&mut self.lost, LOST),
            _ => None,
        };
        match pause.or_else(|| if rule.back { next(&mut self.back, BACK) } else { None }) {
            Some(pause) => Verdict::Again(pause),
            None => Verdict::GiveUp(error),
        }
    }
}

/// Counts one more and gives the pause before the next, doubling from a second; none when there were too many.
fn next(count: &mut u32, most: u32) -> Option<Duration> {
    if *count >= most {
        return None;
    }
    let pause = Duration::from_secs(1 << (*count).min(8)).min(LONGEST);
    *count += 1;
    Some(pause)
}

#[cfg(test)]
mod tests {
    use super::{Attempts, BUSY, Rule, Verdict};
    use privlink_model::{CloudError, ErrorClass, Scope};
    use std::time::Duration;

    fn error(class: ErrorClass) -> CloudError {
        CloudError {
            class,
            operation: "ec2:CreateThing".to_owned(),
            scope: Scope::new("111111111111", "us-east-1"),
            code: format!("{class:?}"),
            message: "no".to_owned(),
            request_id: None,
        }
    }

    /// The pauses, in seconds, of a call that always fails alike and takes no time, and the class it ends with.
    fn check(class: ErrorClass, back: bool) -> (Vec<u64>, ErrorClass) {
        let (mut attempts, rule) = (Attempts::default(), Rule { busy: BUSY, back });
        let (mut now, mut pauses) = (Duration::ZERO, Vec::new());
        loop {
            match attempts.judge(error(class), rule, now) {
                Verdict::Again(pause) => {
                    now += pause;
                    pauses.push(pause.as_secs());
                }
                Verdict::GiveUp(error) => return (pauses, error.class),
            }
        }
    }

    #[test]
    fn pauses_double_up_to_fifteen_seconds() {
        let (pauses, class) = check(ErrorClass::Throttled, false);
        assert_eq!(pauses, [1, 2, 4, 8, 15]);
        assert_eq!(class, ErrorClass::Throttled);
        assert_eq!(check(ErrorClass::Unreachable, false).0, [1, 2, 4]);
    }

    #[test]
    fn what_is_in_the_way_is_waited_for_until_its_limit() {
        let (pauses, class) = check(ErrorClass::Busy, false);
        assert_eq!(pauses.iter().sum::<u64>(), 300);
        assert_eq!(class, ErrorClass::Busy);
    }

    #[test]
    fn a_call_that_was_lost_without_effect_is_made_again_some_times() {
        assert_eq!(check(ErrorClass::InDoubt, false).0, [1, 2, 4]);
    }

    #[test]
    fn a_step_back_is_tried_again_whatever_is_said_against_it() {
        assert_eq!(check(ErrorClass::Denied, true), (vec![1, 2, 4, 8], ErrorClass::Denied));
    }

    #[test]
    fn what_cannot_get_better_is_not_tried_again() {
        use ErrorClass::{Denied, NotFound, Quota, Refused, Unreadable};
        for class in [Denied, NotFound, Quota, Refused, Unreadable] {
            assert_eq!(check(class, false), (Vec::new(), class));
        }
    }
}
