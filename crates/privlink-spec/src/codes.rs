//! The code of every message about a spec, with what `privlink explain CODE` says of it.
//!
//! A message can only be made from a code of these tables, so none is missing; a test holds the other direction, that
//! each has a case in the corpus. Codes are stable: scripts and links name them.

mod file;
mod shape;
mod thing;
mod value;

pub(crate) use file::*;
pub(crate) use shape::*;
pub(crate) use thing::*;
pub(crate) use value::*;

/// A code and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The code itself.
    pub code: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What it means, an example of the mistake and of the fix.
    pub explain: &'static str,
}

/// Defines codes as constants, and a table of them.
macro_rules! codes {
    ($($name:ident = $code:literal, $summary:literal, $means:literal, $wrong:literal, $right:literal;)*) => {
        $(
            #[doc = $summary]
            pub(crate) const $name: super::Code = super::Code {
                code: $code,
                summary: $summary,
                explain: concat!($means, "\n\nMistake:\n\n    ", $wrong, "\n\nFix:\n\n    ", $right, "\n"),
            };
        )*
        pub(super) const TABLE: &[super::Code] = &[$($name),*];
    };
}
use codes;

const TABLES: [&[Code]; 4] = [file::TABLE, shape::TABLE, value::TABLE, thing::TABLE];
const COUNT: usize = TABLES[0].len() + TABLES[1].len() + TABLES[2].len() + TABLES[3].len();

/// Every code.
pub static CODES: &[Code] = &join();

const fn join() -> [Code; COUNT] {
    let mut all = [Code { code: "", summary: "", explain: "" }; COUNT];
    let (mut table, mut filled) = (0, 0);
    while table < TABLES.len() {
        let mut at = 0;
        while at < TABLES[table].len() {
            all[filled] = TABLES[table][at];
            filled += 1;
            at += 1;
        }
        table += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::CODES;

    #[test]
    fn codes_are_distinct_and_explained() {
        let mut seen = std::collections::BTreeSet::new();
        for code in CODES {
            assert!(seen.insert(code.code), "{} twice", code.code);
            assert!(code.code.starts_with("privlink::"), "{}", code.code);
            assert!(code.summary.ends_with('.') && code.explain.contains("Fix:"), "{}", code.code);
        }
    }
}
