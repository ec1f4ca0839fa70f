//! `explain`: what a message's code means and what to do about it.
//!
//! Owns: finding what was meant. Refuses to know: the codes themselves (see `codes`).

use crate::cli::ExplainArgs;
use crate::codes::{Entry, entries};
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::streams::Streams;

pub(crate) fn run(args: &ExplainArgs, streams: &Streams) -> Result<Exit, Failure> {
    let entries = entries();
    match &args.code {
        None => {
            let width = entries.iter().map(|entry| entry.code.len()).max().unwrap_or(0);
            for entry in &entries {
                streams.out.line(&format!("{:<width$}  {}", entry.code, entry.summary));
            }
        }
        Some(code) => {
            let found = entries.iter().find(|entry| entry.code == code || short(entry.code) == code.as_str());
            let Some(entry) = found else { return Err(unknown(code, &entries)) };
            let style = streams.out.style;
            streams.out.line(&format!("{}\n{}\n\n{}", style.bold(entry.code), entry.summary, entry.explain.trim_end()));
        }
    }
    Ok(exit_code::DONE)
}

/// A code without what all of them begin with, for people who type.
fn short(code: &str) -> &str {
    code.strip_prefix("privlink::").unwrap_or(code)
}

fn unknown(code: &str, entries: &[Entry]) -> Failure {
    let asked = short(code).to_lowercase();
    let mut near: Vec<(usize, &str)> =
        entries.iter().map(|entry| (distance(&asked, short(entry.code)), entry.code)).collect();
    near.sort();
    let close = near.iter().take(3).filter(|(distance, _)| *distance <= asked.len() / 3 + 1);
    let names: Vec<&str> = close.map(|(_, code)| *code).collect();
    let help = match names.is_empty() {
        true => "`privlink explain` lists all codes".to_owned(),
        false => format!("did you mean {}?", names.join(" or ")),
    };
    // What was typed goes to a terminal: control characters must not.
    Failure::Code { code: code.chars().filter(|character| !character.is_control()).take(100).collect(), help }
}

/// How many letters must be put, taken or changed to make one text of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (index, left) in a.chars().take(200).enumerate() {
        let mut diagonal = index;
        let mut last = index + 1;
        let mut next = vec![last];
        for (right, above) in b.iter().zip(row.iter().skip(1)) {
            let changed = diagonal + usize::from(left != *right);
            last = changed.min(last + 1).min(above + 1);
            diagonal = *above;
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_edits() {
        assert_eq!([distance("", "abc"), distance("kitten", "sitting"), distance("same", "same")], [3, 3, 0]);
    }

    #[test]
    fn a_near_miss_is_answered_with_what_was_meant() {
        let failure = unknown("privlink::network::unknwon", &entries());
        assert_eq!(failure.exit(), exit_code::USAGE);
        assert!(failure.help().unwrap().contains("privlink::network::unknown"), "{:?}", failure.help());
        assert_eq!(unknown("zzzzzzzzzzzz", &entries()).help(), Some("`privlink explain` lists all codes"));
    }
}
