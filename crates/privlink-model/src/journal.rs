//! What a run writes down, and the state machine that its records fold into.
//!
//! Owns: which histories are possible. Refuses to know: files, formats, time; who records and who reads is the engine.
//!
//! Each step goes through these states, once forward and, if the run is rolled back, once more on its way back:
//!
//! ```text
//! Unstarted ─Intent─▶ Intended ─Answered─▶ Answered ─Settled─▶ Done
//!     ▲  │              │    │                 │                ▲
//!     │  └─Skipped─▶ Skipped └─Found───────────┤                │
//!     └──Refused, Absent┘                      └─Failed─▶ Broken┘
//! ```
//!
//! **Invariant:** `Intended` is the only state in which nobody knows whether a call took effect, and only a probe or an answer
//! leads out of it: a call is never made a second time on a guess.

use std::collections::BTreeMap;
use std::fmt;

use crate::attrs::Attrs;
use crate::plan::StepId;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// The first: the run begins.
    Begun(Begun),
    /// Somebody goes on with it.
    Resumed {
        /// Who, as `user@host`.
        by: String,
        /// When, in seconds since 1970.
        at: u64,
    },
    /// From here on, what was done is taken back.
    Unwinding(Unwinding),
    /// Something happened to a step.
    Step {
        /// The step.
        step: StepId,
        /// Whether it is carried out or taken back.
        way: Way,
        /// What.
        event: StepRecord,
    },
    /// The run came to an end.
    Ended {
        /// Which.
        end: End,
        /// When, in seconds since 1970.
        at: u64,
    },
}

/// What is known when a run begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Begun {
    /// The run's name.
    pub run: String,
    /// The project.
    pub project: String,
    /// What was asked for: `apply` or `destroy`.
    pub verb: String,
    /// The id of its plan.
    pub plan: String,
    /// How many steps that has.
    pub steps: u32,
    /// Who began it, as `user@host`.
    pub by: String,
    /// When, in seconds since 1970.
    pub at: u64,
    /// Whether a failed run is to be left as it is.
    pub keep: bool,
    /// The version of privlink that wrote this.
    pub version: String,
    /// Where its calls go: empty for AWS, else in words.
    pub place: String,
}

/// Why a run is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwinding {
    /// The kind of reason.
    pub why: Why,
    /// The steps that failed, and how, in words.
    pub failed: Vec<(StepId, String)>,
}

/// The kinds of reasons for which a run does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// A step failed.
    Failed,
    /// The world was not as the plan says.
    Stale,
    /// The person stopped it.
    Interrupted,
    /// The person asked for it to be taken back.
    Asked,
    /// It could not be written down what is done, or the lock was lost: nothing more may be called.
    Blocked,
}

/// The two ways of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// It is carried out.
    Forward,
    /// It is taken back.
    Back,
}

/// What happens to a step on one of its ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepRecord {
    /// Its call is about to be made.
    Intent {
        /// The token that goes with it.
        token: String,
        /// AWS's name for the object; empty for a creation.
        id: String,
        /// The object as it was read just before; empty for a creation. Without secrets.
        before: Attrs,
    },
    /// The call took effect.
    Answered(Object),
    /// The call surely took none.
    Refused(String),
    /// A probe found what the call had made.
    Found(Object),
    /// A probe found that the call had made nothing.
    Absent,
    /// It came to its good end; what is known then.
    Settled(Attrs),
    /// It came to a bad end, or to none.
    Failed(String),
    /// There was nothing to call: what was to be done was there already.
    Skipped(Object),
}

/// An object as a step leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Object {
    /// AWS's name for it.
    pub id: String,
    /// What is known of it.
    pub attrs: Attrs,
}

/// How far a step has come on one of its ways.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing was called.
    #[default]
    Unstarted,
    /// A call was about to be made; whether it took effect is not on record.
    Intended {
        /// AWS's name for the object; empty for a creation.
        id: String,
        /// The object as it was read just before.
        before: Attrs,
    },
    /// The call took effect; its end is not on record.
    Answered(Object),
    /// The call took effect and came to a bad end.
    Broken(Object),
    /// All is done.
    Done(Object),
    /// There was nothing to call.
    Skipped(Object),
}

impl State {
    /// What it left, where that is known.
    pub fn object(&self) -> Option<&Object> {
        match self {
            Self::Answered(object) | Self::Broken(object) | Self::Done(object) | Self::Skipped(object) => Some(object),
            Self::Unstarted | Self::Intended { .. } => None,
        }
    }

    /// Whether its end is reached.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Skipped(_))
    }

    /// Whether a call took effect, or may have.
    pub fn has_effect(&self) -> bool {
        !matches!(self, Self::Unstarted | Self::Skipped(_))
    }

    /// The state after an event; none when it cannot follow.
    fn next(self, event: &StepRecord) -> Option<Self> {
        use StepRecord::{Absent, Answered, Failed, Found, Intent, Refused, Settled, Skipped};
        Some(match (self, event) {
            (Self::Unstarted, Intent { id, before, .. }) => Self::Intended { id: id.clone(), before: before.clone() },
            (Self::Unstarted, Skipped(object)) => Self::Skipped(object.clone()),
            // A step can fail before its call, and the doubt about a call can remain.
            (state @ (Self::Unstarted | Self::Intended { .. }), Failed(_)) => state,
            (Self::Intended { .. }, Answered(object) | Found(object)) => Self::Answered(object.clone()),
            (Self::Intended { .. }, Refused(_) | Absent) => Self::Unstarted,
            (Self::Answered(mut object) | Self::Broken(mut object), Settled(attrs)) => {
                object.attrs.merge(attrs);
                Self::Done(object)
            }
            (Self::Answered(object) | Self::Broken(object), Failed(_)) => Self::Broken(object),
            _ => return None,
        })
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// Every step is done.
    Applied,
    /// What was done is taken back.
    RolledBack,
    /// Something is left that could not be taken back.
    Stuck,
    /// It failed and was left as it is, as asked.
    Kept,
}

/// The two ways of one step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ways {
    /// How far it was carried out.
    pub forward: State,
    /// How far it was taken back.
    pub back: State,
    /// What the last failure said.
    pub failure: Option<String>,
}

/// A run as its records tell it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    begun: Option<Begun>,
    steps: BTreeMap<StepId, Ways>,
    unwinding: Option<Unwinding>,
    ended: Option<(End, u64)>,
    resumed: u32,
}

/// A record that cannot follow on those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Illegal {
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Illegal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a history that cannot be: {}", self.what)
    }
}

impl std::error::Error for Illegal {}

impl History {
    /// Takes up one more record. Nothing changes when it is refused.
    ///
    /// # Errors
    /// When it cannot follow on those before it.
    pub fn record(&mut self, record: &Record) -> Result<(), Illegal> {
        let refuse = |what: &str| Err(Illegal { what: what.to_owned() });
        match (record, &self.begun, &self.ended) {
            (Record::Begun(_), Some(_), _) => return refuse("the run begins twice"),
            (Record::Begun(begun), None, _) => {
                self.begun = Some(begun.clone());
                return Ok(());
            }
            (_, None, _) => return refuse("something happens before the run begins"),
            (Record::Resumed { .. }, ..) => {
                self.ended = None;
                self.resumed += 1;
                return Ok(());
            }
            (_, _, Some(_)) => return refuse("something happens after the end"),
            _ => {}
        }
        match record {
            Record::Begun(_) | Record::Resumed { .. } => {}
            Record::Unwinding(_) if self.unwinding.is_some() => return refuse("it is taken back twice"),
            Record::Unwinding(unwinding) => self.unwinding = Some(unwinding.clone()),
            Record::Ended { end, at } => self.ended = Some((*end, *at)),
            Record::Step { step, way, event } => return self.step_event(*step, *way, event),
        }
        Ok(())
    }

    fn step_event(&mut self, id: StepId, way: Way, event: &StepRecord) -> Result<(), Illegal> {
        let illegal = |what: &str| Illegal { what: format!("step {} {way:?}: {what}", id.0) };
        let planned = self.begun.as_ref().is_some_and(|begun| (1..=begun.steps).contains(&id.0));
        let mut ways = self.steps.get(&id).cloned().unwrap_or_default();
        match way {
            // What a call had done may still be found out.
            Way::Forward if self.unwinding.is_some() && !matches!(event, StepRecord::Found(_) | StepRecord::Absent) => {
                return Err(illegal("the run is being taken back"));
            }
            Way::Forward if !planned => return Err(illegal("the plan has no such step")),
            Way::Back if self.unwinding.is_none() => return Err(illegal("the run is not being taken back")),
            // Steps beyond the plan's own bring back what went along with something deleted.
            Way::Back if planned && !ways.forward.has_effect() => {
                return Err(illegal("it was never carried out"));
            }
            Way::Forward | Way::Back => {}
        }
        let state = match way {
            Way::Forward => &mut ways.forward,
            Way::Back => &mut ways.back,
        };
        let before = std::mem::take(state);
        let text = format!("{event:?} does not follow on {before:?}");
        *state = before.next(event).ok_or_else(|| illegal(&text))?;
        ways.failure = match event {
            StepRecord::Failed(why) | StepRecord::Refused(why) => Some(why.clone()),
            _ => None,
        };
        self.steps.insert(id, ways);
        Ok(())
    }

    /// What was known when it began; none before the first record.
    pub fn begun(&self) -> Option<&Begun> {
        self.begun.as_ref()
    }

    /// How far a step has come.
    pub fn step(&self, id: StepId) -> Ways {
        self.steps.get(&id).cloned().unwrap_or_default()
    }

    /// Every step that something happened to.
    pub fn steps(&self) -> impl Iterator<Item = (StepId, &Ways)> {
        self.steps.iter().map(|(id, ways)| (*id, ways))
    }

    /// Why it is taken back, if it is.
    pub fn unwinding(&self) -> Option<&Unwinding> {
        self.unwinding.as_ref()
    }

    /// How it ended, and when; none while it goes on, and when it was killed.
    pub fn ended(&self) -> Option<(End, u64)> {
        self.ended
    }

    /// How often somebody went on with it.
    pub fn resumed(&self) -> u32 {
        self.resumed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Record {
        Record::Begun(Begun { steps: 2, ..Begun::default() })
    }

    fn step(id: u32, way: Way, event: StepRecord) -> Record {
        Record::Step { step: StepId(id), way, event }
    }

    fn intent() -> StepRecord {
        StepRecord::Intent { token: String::new(), id: String::new(), before: Attrs::new() }
    }

    fn back() -> Record {
        Record::Unwinding(Unwinding { why: Why::Failed, failed: Vec::new() })
    }

    /// The history of some records, and what is wrong with the last.
    fn check(records: &[Record]) -> Result<History, String> {
        let mut history = History::default();
        for record in records {
            history.record(record).map_err(|illegal| illegal.what)?;
        }
        Ok(history)
    }

    #[test]
    fn a_step_goes_from_intent_to_done() {
        let object = Object { id: "x".to_owned(), attrs: Attrs::new() };
        let forward = |event| step(1, Way::Forward, event);
        let history = check(&[
            begun(),
            forward(intent()),
            forward(StepRecord::Refused("busy".to_owned())),
            forward(intent()),
            forward(StepRecord::Answered(object.clone())),
            forward(StepRecord::Settled(Attrs::new())),
        ]);
        assert_eq!(history.unwrap().step(StepId(1)).forward, State::Done(object));
    }

    #[test]
    fn a_call_in_doubt_is_not_made_again() {
        let error = check(&[begun(), step(1, Way::Forward, intent()), step(1, Way::Forward, intent())]).unwrap_err();
        assert!(error.contains("does not follow"), "{error}");
    }

    #[test]
    fn what_was_not_done_is_not_taken_back() {
        assert!(check(&[begun(), back(), step(1, Way::Back, intent())]).unwrap_err().contains("never carried out"));
        assert!(check(&[begun(), back(), step(3, Way::Back, intent())]).is_ok(), "what went along with another");
    }

    #[test]
    fn a_run_is_carried_out_or_taken_back() {
        assert!(check(&[begun(), back(), step(1, Way::Forward, intent())]).is_err());
        assert!(check(&[begun(), step(1, Way::Back, intent())]).is_err());
        assert!(check(&[begun(), back(), back()]).is_err());
        assert!(check(&[begun(), step(3, Way::Forward, intent())]).is_err(), "no such step");
    }

    #[test]
    fn nothing_happens_outside_of_a_run() {
        let ended = Record::Ended { end: End::Applied, at: 1 };
        let resumed = Record::Resumed { by: "a@b".to_owned(), at: 2 };
        assert!(check(&[back()]).is_err());
        assert!(check(&[begun(), begun()]).is_err());
        assert!(check(&[begun(), ended.clone(), back()]).is_err());
        assert!(check(&[begun(), ended, resumed, back()]).is_ok());
    }

    #[test]
    fn a_refused_record_changes_nothing() {
        let mut history = check(&[begun(), step(1, Way::Forward, intent())]).unwrap();
        let before = history.clone();
        assert!(history.record(&step(1, Way::Forward, intent())).is_err());
        assert_eq!(history, before);
    }
}
