//! Faults as data: which call goes wrong, and how.
//!
//! Owns what a fault may be and which call each one waits for; how they are written is in `fault_file.rs`, what becomes of
//! the call is the server's. Faults are no part of the world: they are not kept, and `reset` leaves them. **Invariant:** a
//! fault that could never do what it says is refused when it is set.

use crate::operation::offers;
use crate::service::Service;
use crate::wire::Call;
use std::fmt;
use std::time::Duration;

/// Everything that is to go wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// One by one; where several wait for the same call, the first gets it and the others take the next.
    pub list: Vec<Fault>,
    /// How long ago, by the sandbox's clock, the world was that reads show. A read then knows nothing of what was written
    /// since, in any account; a write sees the present.
    pub reads_lag: Duration,
    /// How long ago, by the sandbox's clock, a call was when CloudTrail's LookupEvents shows it: five minutes, if absent.
    pub trail_lag: Option<Duration>,
}

impl From<Vec<Fault>> for Faults {
    fn from(list: Vec<Fault>) -> Faults {
        Faults { list, ..Faults::default() }
    }
}

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `ec2:CreateVpcEndpoint`, as [`Sandbox::requests`](crate::Sandbox::requests) writes it, or `*` for every operation.
    pub operation: String,
    /// The account that calls; any, if absent.
    pub account: Option<String>,
    /// The region that is called; any, if absent.
    pub region: Option<String>,
    /// Which of those calls.
    pub turn: Turn,
    /// What becomes of it.
    pub kind: FaultKind,
}

impl Fault {
    /// Makes a fault of the next call of an operation, in whatever account and region.
    pub fn new(operation: impl Into<String>, kind: FaultKind) -> Fault {
        Fault { operation: operation.into(), account: None, region: None, turn: Turn::Nth(1), kind }
    }

    /// Says what keeps this fault from ever doing what it says.
    ///
    /// # Errors
    ///
    /// Fails when the operation is not known, when nothing that it sets going could settle so, and when its turn or its
    /// status cannot be.
    pub fn check(&self) -> Result<(), FaultProblem> {
        let operation = self.operation.clone();
        if operation != "*" {
            let (service, name) = operation.split_once(':').unwrap_or(("", &operation));
            let Some(service) = Service::named(service) else {
                return Err(FaultProblem::UnknownService { operation });
            };
            if !offers(service, name) {
                return Err(FaultProblem::UnknownOperation { operation });
            }
        }
        if self.turn == Turn::Nth(0) {
            return Err(FaultProblem::NoTurn);
        }
        let settling = SETTLING.iter().find(|(name, _)| *name == operation);
        match (&self.kind, settling) {
            (FaultKind::NeverSettles | FaultKind::SettlesFailed(_), None) => {
                Err(FaultProblem::NothingSettles { operation })
            }
            (FaultKind::SettlesFailed(_), Some((_, false))) => Err(FaultProblem::NoFailedEnd { operation }),
            (FaultKind::Refused { status, .. }, _) if !(400..=599).contains(status) => {
                Err(FaultProblem::NoErrorStatus { status: *status })
            }
            _ => Ok(()),
        }
    }

    fn concerns(&self, call: &Call, service: Service, operation: &str) -> bool {
        let asked = self.operation.split_once(':');
        (self.operation == "*" || asked == Some((service.name(), operation)))
            && self.account.as_ref().is_none_or(|account| *account == call.account)
            && self.region.as_ref().is_none_or(|region| *region == call.region)
    }
}

/// Which of the calls that a fault concerns; those that throttling refuses are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The n-th since the fault was set, from 1; the fault is then used up.
    Nth(u64),
    /// Each of them.
    Every,
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// It changes nothing and is answered with this error.
    Refused {
        /// AWS's code for the error.
        code: String,
        /// AWS's words.
        message: String,
        /// The HTTP status, from 400 to 599.
        status: u16,
    },
    /// It changes nothing and is answered as a call that comes too soon.
    Throttled,
    /// It takes effect, and its answer comes that much later, by the sandbox's clock.
    Slow(Duration),
    /// It takes effect, and the connection is closed without an answer.
    LostAnswer,
    /// The connection is closed without an answer, and it changes nothing.
    Dropped,
    /// What it makes or changes stays on its way for ever: `pending`, `provisioning`, `deleting`, ….
    NeverSettles,
    /// What it makes or accepts ends in the failed state of its kind, for this reason.
    SettlesFailed(String),
}

/// Calls that set something going which takes time, and whether AWS knows a failed end of it.
const SETTLING: &[(&str, bool)] = &[
    ("ec2:AcceptVpcEndpointConnections", true),
    ("ec2:CreateVpcEndpoint", true),
    ("ec2:CreateVpcEndpointServiceConfiguration", true),
    ("ec2:DeleteVpcEndpointServiceConfigurations", false),
    ("ec2:DeleteVpcEndpoints", false),
    ("ec2:ModifyVpcEndpoint", false),
    ("elbv2:CreateLoadBalancer", true),
    ("elbv2:DeregisterTargets", false),
    ("elbv2:RegisterTargets", true),
    ("apigateway:CreateVpcLink", true),
    ("apigateway:DeleteVpcLink", false),
];

/// Why a fault could never do what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultProblem {
    /// It names no service of the sandbox.
    UnknownService {
        /// What it names.
        operation: String,
    },
    /// It names no operation that the service offers.
    UnknownOperation {
        /// What it names.
        operation: String,
    },
    /// What the operation does is done when it is answered.
    NothingSettles {
        /// The operation.
        operation: String,
    },
    /// What the operation sets going has no failed state in AWS.
    NoFailedEnd {
        /// The operation.
        operation: String,
    },
    /// It waits for the call before the first.
    NoTurn,
    /// It refuses with a status that is no error's.
    NoErrorStatus {
        /// The status.
        status: u16,
    },
}

impl fmt::Display for FaultProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settling = |failing: bool| {
            let able = SETTLING.iter().filter(|(_, fails)| *fails || !failing);
            able.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
        };
        match self {
            FaultProblem::UnknownService { operation } => {
                let known: Vec<&str> = Service::ALL.iter().map(|service| service.name()).collect();
                let known = known.join(", ");
                write!(f, "'{operation}' names no service; write SERVICE:OPERATION or \"*\"; known here: {known}")
            }
            FaultProblem::UnknownOperation { operation } => {
                write!(f, "'{operation}' is no operation of this sandbox, so the fault could never come")
            }
            FaultProblem::NothingSettles { operation } => {
                let known = settling(false);
                write!(f, "nothing that '{operation}' does takes time to settle; it can be given to: {known}")
            }
            FaultProblem::NoFailedEnd { operation } => {
                let known = settling(true);
                write!(f, "AWS knows no failed end of '{operation}'; it can be given to: {known}")
            }
            FaultProblem::NoTurn => write!(f, "calls are counted from 1"),
            FaultProblem::NoErrorStatus { status } => {
                write!(f, "status {status} is no error; those go from 400 to 599")
            }
        }
    }
}

impl std::error::Error for FaultProblem {}

/// The faults that are still to come, with what each has counted.
#[derive(Debug, Default)]
pub(super) struct Armed {
    faults: Vec<(Fault, u64)>,
}

impl Armed {
    /// Sets faults, in place of all that were there.
    pub(super) fn new(faults: Vec<Fault>) -> Armed {
        Armed { faults: faults.into_iter().map(|fault| (fault, 0)).collect() }
    }

    /// Counts a call, and says what becomes of it, if anything but the usual.
    pub(super) fn meet(&mut self, call: &Call, service: Service, operation: &str) -> Option<FaultKind> {
        let mut due = None;
        for (at, (fault, seen)) in self.faults.iter_mut().enumerate() {
            if fault.concerns(call, service, operation) {
                *seen += 1;
                let is_due = match fault.turn {
                    Turn::Nth(nth) => *seen >= nth,
                    Turn::Every => true,
                };
                if is_due && due.is_none() {
                    due = Some(at);
                }
            }
        }
        let at = due?;
        let kind = self.faults.get(at).map(|(fault, _)| fault.kind.clone());
        if self.faults.get(at).is_some_and(|(fault, _)| fault.turn != Turn::Every) {
            self.faults.remove(at);
        }
        kind
    }

    /// Gives the faults that are still to come, each counted from here.
    pub(super) fn left(&self) -> Vec<Fault> {
        let left = |(fault, seen): &(Fault, u64)| match fault.turn {
            Turn::Nth(nth) => Fault { turn: Turn::Nth(nth.saturating_sub(*seen).max(1)), ..fault.clone() },
            Turn::Every => fault.clone(),
        };
        self.faults.iter().map(left).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(account: &str) -> Call {
        Call { account: account.to_owned(), region: "us-east-1".to_owned(), ..Call::default() }
    }

    fn dropped(operation: &str) -> Fault {
        Fault::new(operation, FaultKind::Dropped)
    }

    #[test]
    fn a_fault_meets_its_call_and_no_other() {
        let third = Fault { turn: Turn::Nth(3), account: Some("1".to_owned()), ..dropped("ec2:DeleteTags") };
        let mut armed = Armed::new(vec![third]);
        let mut meets = |account: &str, operation: &str| armed.meet(&call(account), Service::Ec2, operation).is_some();
        assert!(!meets("1", "DeleteTags") && !meets("2", "DeleteTags") && !meets("1", "CreateTags"));
        assert!(!meets("1", "DeleteTags") && meets("1", "DeleteTags"));
        assert!(!meets("1", "DeleteTags"), "it is used up");
        let elsewhere = Fault { region: Some("eu-west-1".to_owned()), ..dropped("*") };
        assert_eq!(Armed::new(vec![elsewhere]).meet(&call("1"), Service::Sts, "AssumeRole"), None);
    }

    #[test]
    fn faults_of_one_call_come_one_after_the_other() {
        let slow = Fault::new("*", FaultKind::Slow(Duration::from_secs(1)));
        let mut armed = Armed::new(vec![dropped("ec2:CreateTags"), slow]);
        assert_eq!(armed.meet(&call("1"), Service::Ec2, "CreateTags"), Some(FaultKind::Dropped));
        assert_eq!(armed.left().len(), 1);
        assert!(matches!(armed.meet(&call("1"), Service::Ec2, "CreateTags"), Some(FaultKind::Slow(_))));
        assert_eq!(armed.meet(&call("1"), Service::Ec2, "CreateTags"), None);
    }

    #[test]
    fn one_that_comes_every_time_stays() {
        let mut armed = Armed::new(vec![Fault { turn: Turn::Every, ..dropped("elbv2:CreateListener") }]);
        for _ in 0..5 {
            assert!(armed.meet(&call("1"), Service::Elb, "CreateListener").is_some());
        }
        assert_eq!(armed.left().len(), 1);
    }

    #[test]
    fn those_left_are_counted_from_here() {
        let mut armed = Armed::new(vec![Fault { turn: Turn::Nth(5), ..dropped("*") }]);
        assert_eq!(armed.meet(&call("1"), Service::Ec2, "DescribeVpcs"), None);
        assert_eq!(armed.left()[0].turn, Turn::Nth(4));
    }

    #[test]
    fn what_could_never_come_is_refused() {
        let failed = |operation: &str| Fault::new(operation, FaultKind::SettlesFailed("x".to_owned())).check();
        let never = |operation: &str| Fault::new(operation, FaultKind::NeverSettles).check();
        for (operation, fails) in SETTLING {
            assert_eq!(never(operation), Ok(()));
            assert_eq!(failed(operation).is_ok(), *fails, "{operation}");
        }
        let said = |checked: Result<(), FaultProblem>| checked.unwrap_err().to_string();
        assert!(
            said(failed("elbv2:CreateTargetGroup")).starts_with("nothing that 'elbv2:CreateTargetGroup' does takes")
        );
        assert!(said(never("*")).contains("nothing that '*' does takes time"));
        assert!(said(failed("ec2:DeleteVpcEndpoints")).starts_with("AWS knows no failed end"));
        assert!(said(dropped("s3:GetObject").check()).contains("known here: ec2, elbv2, apigateway, sts"));
        assert!(said(dropped("CreateVpcEndpoint").check()).contains("SERVICE:OPERATION"));
        assert!(said(dropped("ec2:CreateVpc").check()).contains("is no operation of this sandbox"));
        assert!(said(Fault { turn: Turn::Nth(0), ..dropped("*") }.check()).contains("from 1"));
        let fine = FaultKind::Refused { code: "X".to_owned(), message: String::new(), status: 200 };
        assert!(said(Fault::new("*", fine).check()).contains("status 200"));
    }
}
