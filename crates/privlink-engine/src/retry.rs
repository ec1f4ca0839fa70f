//! Which failed calls are made again, and when.
//!
//! Owns the rule, no time and no call. Delays grow without jitter: two runs of the same plan against the same answers
//! behave alike, and one run's steps are spread out by the quotas anyway.
//!
//! **Invariant:** a call that may have taken effect is made again only where that cannot make a second object.

use std::time::Duration;

use privlink_model::{CloudError, ErrorClass, KindSchema, Operation, Service, Write};

/// How often AWS may say that there were too many calls.
const THROTTLED: u32 = 20;
/// How often an endpoint may be out of reach.
const UNREACHABLE: u32 = 3;
/// How long another object may be in the way, where the kind has no time limit of its own.
const BUSY: Duration = Duration::from_secs(300);
/// The longest pause between two calls.
const LONGEST: Duration = Duration::from_secs(15);

/// What holds for one write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// How long another object may be in the way.
    busy: Duration,
    /// Whether a second call finds what the first may have done.
    repeatable: bool,
}

impl Rule {
    pub(crate) fn of(write: &Write, schema: Option<&KindSchema>) -> Self {
        let deletes = write.operation == Operation::Delete;
        let waits = schema.and_then(|schema| if deletes { schema.gone } else { schema.ready });
        let repeatable = match write.operation {
            // AWS gives no id twice: a second delete finds the same object or none.
            Operation::Delete => true,
            // EC2's creates take a token, or refuse a second object of the same name.
            Operation::Create => schema.is_some_and(|schema| schema.service == Service::Ec2),
            Operation::Update | Operation::Wait => false,
        };
        Self { busy: waits.map_or(BUSY, |waits| waits.limit), repeatable }
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
    in_doubt: Option<CloudError>,
}

impl Attempts {
    /// Whether a call of this step may have taken effect without an answer.
    pub(crate) fn in_doubt(&self) -> bool {
        self.in_doubt.is_some()
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
            ErrorClass::InDoubt if rule.repeatable && self.in_doubt.is_none() => {
                self.in_doubt = Some(error);
                return Verdict::Again(Duration::from_secs(1));
            }
            _ => None,
        };
        match pause {
            Some(pause) => Verdict::Again(pause),
            None => Verdict::GiveUp(self.final_error(error)),
        }
    }

    /// A refusal after a call in doubt does not settle the doubt: "name already taken" may speak of our own object.
    fn final_error(&mut self, error: CloudError) -> CloudError {
        match self.in_doubt.take() {
            Some(mut doubt) => {
                doubt.message = format!("{}; called again: {error}", doubt.message);
                doubt
            }
            None => error,
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
    fn check(class: ErrorClass, repeatable: bool) -> (Vec<u64>, ErrorClass) {
        let (mut attempts, rule) = (Attempts::default(), Rule { busy: BUSY, repeatable });
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
        assert_eq!(pauses.len(), 20);
        assert_eq!(pauses.get(..6), Some(&[1, 2, 4, 8, 15, 15][..]));
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
    fn a_call_in_doubt_is_made_once_more_only_where_that_is_harmless() {
        assert_eq!(check(ErrorClass::InDoubt, false).0, [] as [u64; 0]);
        assert_eq!(check(ErrorClass::InDoubt, true).0, [1]);
    }

    #[test]
    fn a_refusal_after_a_call_in_doubt_stays_in_doubt() {
        let (mut attempts, rule) = (Attempts::default(), Rule { busy: BUSY, repeatable: true });
        assert_eq!(
            attempts.judge(error(ErrorClass::InDoubt), rule, Duration::ZERO),
            Verdict::Again(Duration::from_secs(1))
        );
        assert!(attempts.in_doubt());
        let Verdict::GiveUp(last) = attempts.judge(error(ErrorClass::Refused), rule, Duration::ZERO) else {
            panic!("a refusal is final");
        };
        assert_eq!(last.class, ErrorClass::InDoubt);
        assert!(last.message.contains("Refused"), "{last}");
    }

    #[test]
    fn what_cannot_get_better_is_not_tried_again() {
        use ErrorClass::{Denied, NotFound, Quota, Refused, Unreadable};
        for class in [Denied, NotFound, Quota, Refused, Unreadable] {
            assert_eq!(check(class, true), (Vec::new(), class));
        }
    }
}
