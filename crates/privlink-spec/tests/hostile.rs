//! No text makes the reader panic, hang or point outside a file: sound specs cut off and mutated at every byte, and
//! texts made to be slow or deep.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use privlink_spec::{Loaded, load_text};
use rayon::prelude::*;

fn specs() -> Vec<String> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/spec");
    let files = ["ok/cross-account.kdl", "ok/cross-network.kdl", "err/callers.kdl", "err/workflow.kdl"];
    let broken = ["err/syntax-several.kdl", "err/ignore-twice.kdl"];
    files.iter().chain(&broken).map(|file| std::fs::read_to_string(corpus.join(file)).unwrap()).collect()
}

/// Reads a text and checks what must hold whatever it is.
fn check(text: &str) -> Loaded {
    let loaded = load_text("a.kdl", text, &BTreeMap::new());
    let mut last = None;
    for diagnostic in &loaded.diagnostics {
        assert!(last <= diagnostic.span(), "sorted by place");
        last = diagnostic.span();
        assert!(!diagnostic.message.is_empty() && !diagnostic.message.contains('\n'));
        for label in &diagnostic.labels {
            let range = label.span.start as usize..label.span.end as usize;
            assert!(text.get(range.clone()).is_some(), "{range:?} in {text:?}: {diagnostic:?}");
        }
    }
    // Finding a line takes time with the length of the text: enough to render some.
    for diagnostic in loaded.diagnostics.iter().take(20) {
        assert!(diagnostic.plain(&loaded.sources).contains(diagnostic.code));
    }
    loaded
}

#[test]
fn specs_cut_off_anywhere() {
    for spec in specs().iter().take(4) {
        (0..spec.len()).into_par_iter().filter(|at| spec.is_char_boundary(*at)).for_each(|at| {
            check(&spec[..at]);
        });
    }
}

#[test]
fn specs_with_a_character_changed_put_in_or_taken_out_anywhere() {
    let changes = ["", "\"", "{", "}", "=", "(", "#", "/-", "\\", "é", "\n", "${", "\u{2028}"];
    for (index, spec) in specs().iter().enumerate() {
        // Every byte of the first two, every fourth of the others: a debug build of the parser is slow.
        let step = if index < 2 { 1 } else { 4 };
        let inside =
            |at: &usize| at.is_multiple_of(step) && spec.is_char_boundary(*at) && spec.is_char_boundary(at + 1);
        (0..spec.len()).into_par_iter().filter(inside).for_each(|at| {
            // One change a place: the structure repeats often enough for each to meet each.
            let (change, kept) = (changes[at % changes.len()], at + (at / changes.len()) % 2);
            check(&format!("{}{change}{}", &spec[..at], &spec[kept..]));
        });
    }
}

#[test]
fn one_mistake_gives_few_messages() {
    let spec = &specs()[0];
    for (at, c) in spec.char_indices().filter(|(_, c)| matches!(c, '"' | '{' | '}' | '=')) {
        let text = format!("{}{}", &spec[..at], &spec[at + 1..]);
        let errors = check(&text).diagnostics.len();
        assert!((1..=6).contains(&errors), "{errors} messages for {c} taken out at byte {at}");
    }
}

#[test]
fn texts_made_to_be_slow() {
    let wide = "api \"a\" {\n".repeat(5_000);
    let quotes = (1..300).map(|n| format!("{}\"\"\"\nproject\n", "#".repeat(n))).collect::<String>();
    let many = format!("project \"p\" {}", "a=1 ".repeat(5_000));
    let pairs = "network \"a\" account=\"b\"\n".repeat(1_000);
    let texts = [
        wide,
        quotes,
        many,
        pairs,
        "{".repeat(10_000),
        "}".repeat(10_000),
        "a {".repeat(10_000),
        "/*".repeat(10_000),
        "/-".repeat(10_000),
        "\"\\u{".repeat(5_000),
        "(".repeat(10_000),
        "\\".repeat(10_000),
        "x=".repeat(5_000),
        "a;".repeat(5_000),
        format!("a \"{}\"", "${".repeat(5_000)),
        format!("a \"{}\"", "${x}".repeat(5_000)),
        format!("{}{}a 1", "/*".repeat(10_000), "*/".repeat(10_000)),
        format!("a {}", "\\\n".repeat(5_000)),
        format!("a \"{}\"", "\\n".repeat(10_000)),
        format!("{}a", "// x\n".repeat(5_000)),
        format!("{}a", "\n".repeat(10_000)),
        format!("a{}1", " ".repeat(10_000)),
        format!("a {}", "/- 1 ".repeat(5_000)),
        format!("a {}", "/*x*/".repeat(5_000)),
        format!("a {}", "(t)".repeat(5_000)),
        format!("a \"\"\"\n{}\"\"\"", "  x\n".repeat(5_000)),
        format!("a{}", " /- {}".repeat(2_000)),
        format!("a{}", " {}".repeat(2_000)),
        format!("a {}", "1=1 ".repeat(5_000)),
        format!("a {}", "-.1=1 ".repeat(5_000)),
        format!("a {}", "#true=1 ".repeat(5_000)),
        format!("a {}", "true=1 ".repeat(2_000)),
        format!("a {}", ".1 ".repeat(5_000)),
        format!("a {}", "x/*x*/=1".repeat(5_000)),
        format!("a {}", "x=x=".repeat(5_000)),
        format!("a {}", "x \u{2028}=".repeat(5_000)),
        format!("a {}", "\u{8}".repeat(5_000)),
        format!("a {}", "x \u{8} ".repeat(5_000)),
        format!("a {}", "x\\".repeat(5_000)),
        format!("a {{{}}}", "a 1=1 ".repeat(5_000)),
        format!("a {{{}}}", "a {} b ".repeat(5_000)),
        "/-a\n".repeat(5_000),
        "a x=/-".repeat(5_000),
        format!("a {}", "#\"\u{8}\"# ".repeat(5_000)),
        format!("a {}", "\"\u{202e}\" ".repeat(5_000)),
        format!("a {}", "/*\u{8}*/ ".repeat(5_000)),
        "// \u{8}\na ".repeat(2_000),
    ];
    for text in texts {
        check(&text);
    }
}
