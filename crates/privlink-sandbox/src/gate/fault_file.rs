//! How faults are written: a file of KDL, one node for each fault.
//!
//! ```kdl
//! fault "apigateway:CreateVpcLink" account="222222222222" nth=1 { settles-failed "NLB ARN is malformed" }
//! fault "ec2:CreateVpcEndpoint" every=#true { refused "InternalError" message="try again" status=500 }
//! reads-lag "10s"
//! trail-lag "0s"
//! ```
//!
//! Knows the form and no meaning; that is in `faults.rs`. **Invariant:** what [`Faults`] writes of itself it reads back as
//! the same.

use super::faults::{Fault, FaultKind, Faults, Turn};
use crate::world_file::WorldProblem;
use crate::world_file::reader::{Reader, children};
use kdl::KdlNode;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The kinds of faults, by the node that stands for each.
const KINDS: &[&str] = &["refused", "throttled", "slow", "lost-answer", "dropped", "never-settles", "settles-failed"];

impl Faults {
    /// Reads faults as a file of them is written.
    ///
    /// # Errors
    ///
    /// Gives every problem of the text, in the order of their places.
    pub fn from_kdl(name: &str, text: &str) -> Result<Faults, Vec<WorldProblem>> {
        let mut reader = Reader::new(name, text);
        let mut faults = Faults::default();
        let document = reader.parse();
        for node in document.iter().flat_map(|document| document.nodes()) {
            match node.name().value() {
                "fault" => faults.list.extend(fault(&mut reader, node)),
                "reads-lag" => {
                    reader.check(node, 1, &[], &[]);
                    faults.reads_lag = span(&mut reader, node).unwrap_or_default();
                }
                "trail-lag" => {
                    reader.check(node, 1, &[], &[]);
                    faults.trail_lag = span(&mut reader, node);
                }
                other => {
                    let message = format!("'{other}' cannot stand here; known here: fault, reads-lag, trail-lag");
                    reader.problem(node, message);
                }
            }
        }
        reader.done().map(|()| faults)
    }
}

fn fault(reader: &mut Reader<'_>, node: &KdlNode) -> Option<Fault> {
    reader.check(node, 1, &["account", "region", "nth", "every"], KINDS);
    let operation = reader.argument(node, "an operation, such as \"ec2:CreateVpcEndpoint\", or \"*\"")?;
    let nth = reader.number(node, "nth");
    let turn = match (nth, reader.flag(node, "every").unwrap_or(false)) {
        (Some(_), true) => {
            reader.problem(node, "'nth' and 'every' exclude each other");
            return None;
        }
        (nth, false) => Turn::Nth(nth.unwrap_or(1)),
        (None, true) => Turn::Every,
    };
    let (account, region) = (reader.text(node, "account"), reader.text(node, "region"));
    let mut given = KINDS.iter().flat_map(|kind| children(node, kind));
    let (Some(child), None) = (given.next(), given.next()) else {
        reader.problem(node, format!("a fault takes one of: {}", KINDS.join(", ")));
        return None;
    };
    let fault = Fault { operation, account, region, turn, kind: kind(reader, child)? };
    match fault.check() {
        Ok(()) => Some(fault),
        Err(problem) => {
            reader.problem(node, problem.to_string());
            None
        }
    }
}

fn kind(reader: &mut Reader<'_>, node: &KdlNode) -> Option<FaultKind> {
    let name = node.name().value();
    let (arguments, properties): (usize, &[&str]) = match name {
        "refused" => (1, &["message", "status"]),
        "slow" | "settles-failed" => (1, &[]),
        _ => (0, &[]),
    };
    reader.check(node, arguments, properties, &[]);
    Some(match name {
        "refused" => {
            let code = reader.argument(node, "AWS's code for the error")?;
            let message = reader.text(node, "message").unwrap_or_default();
            let status = reader.number(node, "status").map_or(400, |status| u16::try_from(status).unwrap_or(u16::MAX));
            FaultKind::Refused { code, message, status }
        }
        "throttled" => FaultKind::Throttled,
        "slow" => FaultKind::Slow(span(reader, node)?),
        "lost-answer" => FaultKind::LostAnswer,
        "dropped" => FaultKind::Dropped,
        "never-settles" => FaultKind::NeverSettles,
        _ => FaultKind::SettlesFailed(reader.argument(node, "a reason")?),
    })
}

/// A length of time as it is written: `500ms`, `10s`, `2m`.
struct Span(Duration);

impl FromStr for Span {
    type Err = ();

    fn from_str(text: &str) -> Result<Span, ()> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let number: u64 = digits.parse().map_err(|_| ())?;
        let millis = match text.get(digits.len()..) {
            Some("ms") => 1,
            Some("s") => 1000,
            Some("m") => 60_000,
            _ => return Err(()),
        };
        let millis = number.checked_mul(millis).filter(|millis| *millis <= LONGEST).ok_or(())?;
        Ok(Span(Duration::from_millis(millis)))
    }
}

/// A day, in milliseconds.
const LONGEST: u64 = 24 * 3600 * 1000;

fn span(reader: &mut Reader<'_>, node: &KdlNode) -> Option<Duration> {
    let text = reader.argument(node, "a time, such as \"10s\"")?;
    reader.parse_text::<Span>(node, &text, "a time of a day at most: 500ms, 10s, 2m").map(|span| span.0)
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.list {
            writeln!(f, "{fault}")?;
        }
        if !self.reads_lag.is_zero() {
            writeln!(f, "reads-lag \"{}ms\"", self.reads_lag.as_millis())?;
        }
        match self.trail_lag {
            Some(lag) => writeln!(f, "trail-lag \"{}ms\"", lag.as_millis()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault {}", quoted(&self.operation))?;
        if let Some(account) = &self.account {
            write!(f, " account={}", quoted(account))?;
        }
        if let Some(region) = &self.region {
            write!(f, " region={}", quoted(region))?;
        }
        match self.turn {
            Turn::Nth(nth) => write!(f, " nth={nth}")?,
            Turn::Every => write!(f, " every=#true")?,
        }
        match &self.kind {
            FaultKind::Refused { code, message, status } => {
                write!(f, " {{ refused {}", quoted(code))?;
                if !message.is_empty() {
                    write!(f, " message={}", quoted(message))?;
                }
                write!(f, " status={status}; }}")
            }
            FaultKind::Throttled => write!(f, " {{ throttled; }}"),
            FaultKind::Slow(span) => write!(f, " {{ slow \"{}ms\"; }}", span.as_millis()),
            FaultKind::LostAnswer => write!(f, " {{ lost-answer; }}"),
            FaultKind::Dropped => write!(f, " {{ dropped; }}"),
            FaultKind::NeverSettles => write!(f, " {{ never-settles; }}"),
            FaultKind::SettlesFailed(reason) => write!(f, " {{ settles-failed {}; }}", quoted(reason)),
        }
    }
}

/// Writes a text as KDL does; all that is not plain as its number.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            ' '..='~' if !matches!(c, '"' | '\\') => out.push(c),
            other => out.extend(format!("\\u{{{:x}}}", u32::from(other)).chars()),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        Faults::from_kdl("faults.kdl", text).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_kind_is_read() {
        let text = r#"
fault "apigateway:CreateVpcLink" account="222222222222" nth=2 { settles-failed "NLB ARN is malformed" }
fault "ec2:CreateVpcEndpoint" { lost-answer }
fault "*" region="us-east-1" every=#true { slow "2m"; }
fault "ec2:DescribeVpcs" { refused "InternalError" message="again" status=500 }
fault "elbv2:AddTags" { refused "AccessDenied" }
fault "elbv2:CreateListener" { throttled }
fault "sts:AssumeRole" { dropped }
fault "ec2:DeleteVpcEndpoints" { never-settles }
reads-lag "10s"
trail-lag "0s"
"#;
        let faults = Faults::from_kdl("faults.kdl", text).unwrap();
        let seconds = Duration::from_secs;
        let refused = |code: &str, message: &str, status| FaultKind::Refused {
            code: code.to_owned(),
            message: message.to_owned(),
            status,
        };
        let link = FaultKind::SettlesFailed("NLB ARN is malformed".to_owned());
        let expected = vec![
            Fault {
                account: Some("222222222222".to_owned()),
                turn: Turn::Nth(2),
                ..Fault::new("apigateway:CreateVpcLink", link)
            },
            Fault::new("ec2:CreateVpcEndpoint", FaultKind::LostAnswer),
            Fault {
                region: Some("us-east-1".to_owned()),
                turn: Turn::Every,
                ..Fault::new("*", FaultKind::Slow(seconds(120)))
            },
            Fault::new("ec2:DescribeVpcs", refused("InternalError", "again", 500)),
            Fault::new("elbv2:AddTags", refused("AccessDenied", "", 400)),
            Fault::new("elbv2:CreateListener", FaultKind::Throttled),
            Fault::new("sts:AssumeRole", FaultKind::Dropped),
            Fault::new("ec2:DeleteVpcEndpoints", FaultKind::NeverSettles),
        ];
        assert_eq!(faults, Faults { list: expected, reads_lag: seconds(10), trail_lag: Some(seconds(0)) });
        assert_eq!(Faults::from_kdl("again.kdl", &faults.to_string()).unwrap(), faults);
    }

    #[test]
    fn the_documented_faults_are_sound() {
        let page = include_str!("../../../../docs/sandbox.md");
        let examples: Vec<&str> = page.split("```kdl\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert_eq!(examples.len(), 1);
        assert_eq!(Faults::from_kdl("sandbox.md", examples[0]).unwrap().list.len(), 4);
        assert!(KINDS.iter().all(|kind| page.contains(&format!("| `{kind}"))), "each kind has its line");
    }

    #[test]
    fn odd_texts_come_back_as_they_went() {
        for odd in ["\u{0}\u{8}\n", "a\"b\\c", "é\u{202e}x\u{feff}", "#true", "}", "/* x", "ready?"] {
            let code = FaultKind::Refused { code: odd.to_owned(), message: odd.to_owned(), status: 599 };
            let faults = Faults::from(vec![Fault::new("*", code)]);
            assert_eq!(Faults::from_kdl("f", &faults.to_string()).unwrap(), faults, "{odd:?}");
        }
    }

    #[test]
    fn every_problem_is_given_at_its_place() {
        let found = problems(
            "fault\nfault \"ec2:CreateVpcEndpoint\"\n  reads-lag \"soon\"\nthing\nfault \"*\" nth=-1 { dropped }\nfault \"*\" nth=1 every=#true { dropped }\nfault \"*\" { dropped; throttled }\nfault \"*\" colour=1 { slow }\nfault \"ec2:Nothing\" { dropped }\nfault \"elbv2:CreateTargetGroup\" {\n  settles-failed \"x\"\n}\nfault \"*\" { refused \"X\" status=70000 }\nfault \"*\" { slow \"99999999h\" }\n",
        );
        for expected in [
            "faults.kdl:1:1: 'fault' needs an operation",
            "faults.kdl:2:1: a fault takes one of: refused, ",
            "faults.kdl:3:3: 'soon' is not a time of a day at most: 500ms, 10s, 2m",
            "faults.kdl:4:1: 'thing' cannot stand here; known here: fault, reads-lag, trail-lag",
            "faults.kdl:5:11: nth must be a whole number",
            "faults.kdl:6:1: 'nth' and 'every' exclude each other",
            "faults.kdl:7:1: a fault takes one of: ",
            "faults.kdl:8:11: 'fault' has no property 'colour'",
            "faults.kdl:8:22: 'slow' needs a time",
            "faults.kdl:9:1: 'ec2:Nothing' is no operation",
            "faults.kdl:10:1: nothing that 'elbv2:CreateTargetGroup' does takes time to settle",
            "faults.kdl:13:1: status 65535 is no error",
            "faults.kdl:14:13: '99999999h' is not a time",
        ] {
            assert!(found.iter().any(|problem| problem.starts_with(expected)), "{expected} is not in {found:#?}");
        }
    }

    #[test]
    fn what_is_not_kdl_is_a_problem_and_no_panic() {
        let whole = "fault \"*\" { refused \"X\" message=\"y\" status=500 }\nreads-lag \"10s\"\n";
        for end in 0..whole.len() {
            let _ = Faults::from_kdl("f", &whole[..end]);
        }
        for text in ["fault {{{", "\u{0}", "fault \"", &"fault {".repeat(100_000)] {
            assert!(!problems(text).is_empty());
        }
    }
}
