//! Stories: sessions in a console, run command by command on the real binary and the sandbox, told in `testdata/run` together
//! with what the console must show. `docs/session.md` shows the same.
//!
//! A story is what a console would hold:
//!
//! * `$ privlink …`, maybe with `&` after it, whose last line of output is then waited for; `$ kill -9 %1` kills that one;
//! * `$ cat > FILE <<'END'` and its lines;
//! * `$ echo $?`, the exit code of the command before.
//!
//! Below a command stands what it writes. A line of three dots stands for any lines, and `…` at the end of a line for its
//! rest. Numbers, ids, times, names of runs and of people differ from session to session and are not compared.
#![allow(clippy::disallowed_methods, reason = "tests make files and measure time")]
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod served;

use std::io::{BufRead as _, BufReader, PipeReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use served::{example, privlink, root};

/// How much faster than AWS. No faster: steps that take minutes there must not be overtaken by ones that take seconds.
const SPEED: &str = "300";

/// One command and what the console shows below it.
struct Exchange {
    command: String,
    below: Vec<String>,
}

fn exchanges(script: &str) -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    for line in script.lines() {
        match (line.strip_prefix("$ "), exchanges.last_mut()) {
            (Some(command), _) => exchanges.push(Exchange { command: command.to_owned(), below: Vec::new() }),
            (None, Some(exchange)) => exchange.below.push(line.to_owned()),
            (None, None) => panic!("{line:?} stands before the first command"),
        }
    }
    exchanges
}

/// A console in a folder of its own.
struct Console {
    folder: tempfile::TempDir,
    code: Option<i32>,
    /// What goes on in the background, and the pipe that it writes to.
    background: Option<(Child, BufReader<PipeReader>)>,
}

impl Console {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in ["privlink.kdl", "world.kdl"] {
            std::fs::copy(example("cross-account").join(file), folder.path().join(file)).unwrap();
        }
        Self { folder, code: None, background: None }
    }

    /// Types a command; what the console shows.
    fn answer(&mut self, exchange: &Exchange) -> Vec<String> {
        let words: Vec<&str> = exchange.command.split(' ').collect();
        match words.as_slice() {
            ["privlink", verb @ .., "&"] => self.begin(verb, exchange),
            ["privlink", verb @ ..] => self.run(verb),
            ["kill", "-9", "%1"] => {
                let (mut child, _) = self.background.take().expect("something in the background");
                child.kill().unwrap();
                child.wait().unwrap();
                Vec::new()
            }
            ["echo", "$?"] => vec![self.code.expect("a command before").to_string()],
            ["cat", ">", file, "<<'END'"] => {
                let (end, lines) = exchange.below.split_last().unwrap();
                assert_eq!(end, "END");
                std::fs::write(self.folder.path().join(file), lines.join("\n")).unwrap();
                exchange.below.clone()
            }
            _ => panic!("a story cannot do {:?}", exchange.command),
        }
    }

    /// Starts a command whose results and messages go to one pipe, as to a console.
    fn start(&self, verb: &[&str]) -> (Child, BufReader<PipeReader>) {
        let (reader, writer) = std::io::pipe().unwrap();
        let mut command: Command = privlink(verb);
        command.current_dir(self.folder.path()).env("PRIVLINK_SANDBOX_SPEED", SPEED).env("USER", "ana");
        command.stdout(writer.try_clone().unwrap()).stderr(writer);
        // The command holds the other end of the pipe until it goes, at the end of this.
        (command.spawn().unwrap(), BufReader::new(reader))
    }

    fn run(&mut self, verb: &[&str]) -> Vec<String> {
        let (mut child, mut output) = self.start(verb);
        let mut text = String::new();
        output.read_to_string(&mut text).unwrap();
        self.code = child.wait().unwrap().code();
        text.lines().map(str::to_owned).collect()
    }

    /// Starts a command and waits for the last line that is to be seen of it.
    fn begin(&mut self, verb: &[&str], exchange: &Exchange) -> Vec<String> {
        let (child, mut output) = self.start(verb);
        let last = exchange.below.last().expect("a line to wait for");
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "it ended before {last:?}: {lines:#?}");
            lines.push(line.trim_end().to_owned());
            if is_like(last, line.trim_end()) {
                break;
            }
        }
        self.background = Some((child, output));
        lines
    }
}

/// Whether a line reads as it is told, but for what differs from session to session.
fn is_like(told: &str, seen: &str) -> bool {
    match told.strip_suffix('…') {
        Some(beginning) => plain(seen).starts_with(plain(beginning).trim_end()),
        None => plain(seen) == plain(told),
    }
}

/// A line without what differs.
fn plain(line: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in line.replace("[ ", "[").split_whitespace() {
        let word = if word.contains('@') {
            "WHO".to_owned()
        } else if word.split('-').count() > 3 && word.contains("crossaccount") {
            let rest =
                word.rsplit_once('-').map_or("", |(_, rest)| rest).trim_start_matches(|c: char| c.is_alphanumeric());
            format!("RUN{rest}")
        } else {
            numbers(word)
        };
        // Minutes and seconds, or seconds alone.
        let time = |word: &str| word.trim_start_matches('(') == "#m";
        if words.last().is_some_and(|last| time(last)) {
            words.pop();
        }
        words.push(word.trim_start_matches('(').to_owned());
    }
    words.join(" ")
}

/// A word with # for each number in it.
fn numbers(word: &str) -> String {
    let mut text = String::new();
    for letter in word.chars() {
        match letter.is_ascii_digit() {
            true if text.ends_with('#') => {}
            true => text.push('#'),
            false => text.push(letter),
        }
    }
    text
}

/// Whether lines read as they are told, three dots for any of them.
fn are_like(told: &[String], seen: &[String]) -> bool {
    match (told.split_first(), seen.split_first()) {
        (None, None) => true,
        (Some((dots, rest)), _) if dots == "..." => {
            (0..=seen.len()).any(|skipped| are_like(rest, seen.get(skipped..).unwrap_or_default()))
        }
        (Some((line, told)), Some((first, seen))) => is_like(line, first) && are_like(told, seen),
        _ => false,
    }
}

fn stories() -> Vec<PathBuf> {
    let files = std::fs::read_dir(root().join("testdata/run")).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 2);
    files
}

fn play(file: &Path) {
    let mut console = Console::new();
    let mut shown = String::new();
    for exchange in exchanges(&std::fs::read_to_string(file).unwrap()) {
        let seen = console.answer(&exchange);
        shown.push_str(&format!("$ {}\n{}\n", exchange.command, seen.join("\n")));
        assert!(
            are_like(&exchange.below, &seen),
            "{}: below `{}` should stand\n{}\n\nThe console shows\n{shown}",
            file.display(),
            exchange.command,
            exchange.below.join("\n")
        );
    }
}

#[test]
fn each_story_goes_as_it_is_told() {
    std::thread::scope(|scope| {
        for file in stories() {
            scope.spawn(move || play(&file));
        }
    });
}

#[test]
fn the_page_tells_the_same_stories() {
    let page = std::fs::read_to_string(root().join("docs/session.md")).unwrap();
    let told: String = page.split("```console\n").skip(1).filter_map(|rest| rest.split("```\n").next()).collect();
    for file in stories() {
        let story = std::fs::read_to_string(&file).unwrap();
        assert!(told.contains(&story), "docs/session.md does not tell {}", file.display());
    }
}

#[test]
fn what_differs_is_not_compared_and_all_else_is() {
    assert!(is_like("[ 1/20] ok created a/b vpce-0a1 (33s)", "[12/20] ok created a/b vpce-7a3 (1m 02s)"));
    assert!(is_like("[ 1/20] ok created a/b …", "[ 3/20] ok created a/b sg-1 (2s)"));
    assert!(!is_like("[ 1/20] ok created a/b …", "[ 3/20] ok created a/c sg-1 (2s)"));
    assert!(is_like(
        "`privlink resume 20261120-223812-crossaccount-k3f9 --sandbox` by ana@laptop",
        "`privlink resume 20270101-000000-crossaccount-0000 --sandbox` by root@vm"
    ));
    let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert!(are_like(&lines("a ... d"), &lines("a b c d")) && are_like(&lines("a ..."), &lines("a")));
    assert!(!are_like(&lines("a ... d"), &lines("a b c")) && !are_like(&lines("a"), &lines("a b")));
}
