//! That pages fit, say first what matters, and that nothing in a plan can break out of its place.

mod big;
mod pages;

use super::escape::{code, fence, prose, summary};
use super::ladder::{Section, fit};

/// What somebody may write who wants more than to be shown.
const HOSTILE: [&str; 34] = [
    "@everyone",
    "#1",
    "owner/repo#2",
    "GH-3",
    "https://evil.example/x",
    "www.evil.example",
    "me@evil.example",
    "[click](https://evil.example)",
    "![](https://evil.example/x.png)",
    "<script>alert(1)</script>",
    "</details>",
    "</summary>",
    "<!-- privlink:plan:other -->",
    "`",
    "``",
    "```",
    "````",
    "~~~",
    "`@bob`",
    "` @bob `",
    "\n",
    "\n\n",
    "\n```\n@bob\n",
    "\r\n# Title",
    "- [ ] done",
    "1. one",
    "> quote",
    "| a | b |",
    "**bold**",
    "\\",
    "&lt;",
    ":tada:",
    "\u{202e}txt.exe",
    "deadbeefdeadbeef",
];

/// Texts made of hostile pieces, the same at every run.
fn texts() -> impl Iterator<Item = String> {
    let mut seed = 1_u64;
    let mut draw = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let made = std::iter::repeat_with(move || {
        let glue = ["", " ", "x", "\"", "("];
        (0..=draw(6)).map(|_| format!("{}{}", HOSTILE[draw(HOSTILE.len())], glue[draw(glue.len())])).collect()
    });
    HOSTILE.into_iter().map(str::to_owned).chain(made.take(20_000))
}

/// The text outside of code, read by CommonMark's rule: a row of backticks opens code that a row as long closes.
fn outside_of_code(text: &str) -> String {
    let (mut outside, mut rest) = (String::new(), text);
    while let Some(start) = rest.find('`') {
        outside.push_str(&rest[..start]);
        let ticks = rest[start..].bytes().take_while(|byte| *byte == b'`').count();
        let inner = &rest[start + ticks..];
        let mut runs = inner.match_indices('`').filter(|(at, _)| *at == 0 || inner.as_bytes()[at - 1] != b'`');
        let closing = runs.find(|(at, _)| inner[*at..].bytes().take_while(|byte| *byte == b'`').count() == ticks);
        let (end, _) = closing.unwrap_or_else(|| panic!("code is not closed: {text}"));
        outside.push('·');
        rest = &inner[end + ticks..];
    }
    outside + rest
}

#[test]
fn nothing_but_plain_words_stands_outside_of_code() {
    for text in texts() {
        for shown in [code(&text), prose(&text)] {
            assert!(!shown.contains(['\n', '\r', '\u{202e}']), "{text:?}: {shown}");
            let outside = outside_of_code(&shown);
            let odd = outside.chars().find(|letter| "@#<>[]*_~|\\&`{}$^".contains(*letter));
            assert_eq!(odd, None, "{text:?}: {shown}");
            let lower = outside.to_lowercase();
            assert!(!lower.contains("://"), "{text:?}: {shown}");
            let mut pieces = lower.split(|letter: char| !letter.is_alphanumeric());
            assert!(pieces.all(|piece| !["deadbeefdeadbeef", "gh", "www"].contains(&piece)), "{text:?}: {shown}");
            assert!(!lower.contains(":tada:"), "{text:?}: {shown}");
        }
        assert_eq!(outside_of_code(&code(&text)), "·", "{text:?} is one piece of code");
    }
}

#[test]
fn a_fence_is_ended_by_nothing_in_it() {
    for text in texts() {
        let lines = [format!("+ {text}"), text.clone(), format!("  {text}")];
        let fenced = fence("diff", &lines);
        let all: Vec<&str> = fenced.lines().collect();
        assert_eq!(all.len(), lines.len() + 2, "{text:?} adds lines");
        let ticks = all[0].trim_end_matches("diff");
        let longest = |line: &&str| line.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
        assert!(all[1..all.len() - 1].iter().all(|line| longest(line) < ticks.len()), "{fenced}");
        assert_eq!(all[all.len() - 1], ticks);
    }
}

#[test]
fn the_line_of_a_fold_has_no_markup_of_others() {
    for text in texts() {
        let shown = summary(&text);
        let inner = shown.strip_prefix("<code>").and_then(|text| text.strip_suffix("</code>")).unwrap();
        assert!(!inner.contains(['<', '>', '\n', '\r']), "{shown}");
    }
}

#[test]
fn sentences_stay_readable() {
    for (text, expected) in [
        ("api \"orders\": 2 of 3 (all)", "api \"orders\": 2 of 3 (all)"),
        ("call POST /items/42 of it.", "call POST `/items/42` of it."),
        ("you may not: arn:aws:iam::1:role/x, sorry", "you may not: `arn:aws:iam::1:role/x`, sorry"),
        ("(see https://aws.example/x)", "(see `https://aws.example/x`)"),
        ("@bob and @eve look", "`@bob` and `@eve` look"),
        ("unless --yes is given", "unless `--yes` is given"),
        ("1. first", "`1`. first"),
        ("a   b\nc", "a b c"),
        ("- x", "`-` x"),
        ("", ""),
    ] {
        assert_eq!(prose(text), expected);
    }
    assert_eq!(code("a`b``c"), "```a`b``c```");
    assert_eq!(code("`"), "`` ` ``");
    assert_eq!(code(""), "`(empty)`");
    assert_eq!(code("a\u{202e}b\u{0}"), "`a\\u{202e}b\\u{0}`");
    assert_eq!(code(&"x".repeat(1_000)).chars().count(), 303, "long names are cut");
}

fn section(lengths: &[usize]) -> Section {
    Section::new(lengths.iter().map(|length| "x".repeat(*length)))
}

/// The lengths that are left, by the numbers of sections that come in that order.
fn left(sections: &[&[usize]], limit: usize) -> (usize, usize, usize) {
    let sections: Vec<Section> = sections.iter().map(|lengths| section(lengths)).collect();
    let fitted = fit(&sections, limit);
    assert!(fitted.text.len() <= limit);
    (fitted.text.len(), fitted.shortened, fitted.dropped)
}

#[test]
fn no_more_is_lost_than_must_be() {
    let sections: &[&[usize]] = &[&[100, 50, 10], &[200, 20, 10], &[60, 30, 10]];
    assert_eq!(left(sections, 360), (360, 0, 0), "all of it fits");
    assert_eq!(left(sections, 330), (330, 1, 0), "the one that is just enough gives way");
    assert_eq!(left(sections, 311), (310, 1, 0));
    assert_eq!(left(sections, 180), (180, 1, 0), "the largest gives way alone");
    assert_eq!(left(sections, 150), (150, 2, 0));
    assert_eq!(left(sections, 100), (100, 3, 0), "all are on the second rung before one is on the third");
    assert_eq!(left(sections, 99), (90, 3, 0));
    assert_eq!(left(sections, 30), (30, 3, 0));
    assert_eq!(left(sections, 29), (20, 2, 1), "the last ones go");
    assert_eq!(left(sections, 0), (0, 0, 3));
    assert_eq!(left(&[&[900, 800, 10], &[50, 40, 10]], 70), (60, 1, 0), "what was lost in vain is given back");
    assert_eq!(left(&[], 0), (0, 0, 0));
    assert_eq!(left(&[&[5, 9, 3]], 4), (3, 1, 0), "a form that is no shorter is no rung");
}

#[test]
fn the_ladder_keeps_the_order_of_its_sections() {
    let sections = ["a", "b", "c"].map(|name| Section::new([name.repeat(9), name.repeat(2)]));
    assert_eq!(fit(&sections, 13).text, "aabbccccccccc");
    assert_eq!(fit(&sections, 6).text, "aabbcc");
}
