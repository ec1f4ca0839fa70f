//! Resource policies of the user's own: `policy "file.json"`.
//!
//! Owns: reading these files, and what can be said of one without knowing AWS: that it is JSON, and has the form of a
//! policy. Refuses to know: what its statements mean. A file is read once, and becomes one of the sources, so that
//! messages point into it.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Deserializer, Value as Json};

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{PolicyFile, Spanned};
use crate::include::{Files, ReadFile, normal, placed, text_of};
use crate::node::{Node, Value};
use crate::source::{FileId, SourceFile, Span};

/// The longest resource policy API Gateway takes, written without blanks.
const LONGEST_POLICY: usize = 8192;

/// The versions of the policy language.
const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];

/// The policy files of a spec, by path.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    files: HashMap<PathBuf, Result<Policy, Diagnostic>>,
}

#[derive(Debug)]
struct Policy {
    id: FileId,
    text: Arc<str>,
    problem: Option<Problem>,
}

impl Policies {
    /// Reads every file that an API's `policy` names.
    pub(crate) fn read(nodes: &[Node], read: &mut Files, files: &dyn ReadFile) -> Policies {
        let mut policies = Policies::default();
        let apis = nodes.iter().filter(|node| node.name.value == "api");
        for node in apis.flat_map(|api| &api.children).filter(|child| child.name.value == "policy") {
            let Some(Spanned { value: Value::Text(file), span }) = node.args.first() else { continue };
            let path = path_of(read.folder(span.file), file);
            if policies.files.contains_key(&path) {
                continue;
            }
            let text = text_of(&path, files.read(&path)).map(|text| {
                let text: Arc<str> = text.into();
                let name = path.to_string_lossy().into_owned();
                let id = read.sources.add(SourceFile { name, text: Arc::clone(&text) });
                Policy { id, problem: problem(&text), text }
            });
            policies.files.insert(path, text);
        }
        policies
    }

    /// The policy that `file` names in a spec's file in `folder`, or what is wrong with it.
    pub(crate) fn get(&self, folder: &Path, file: Spanned<String>) -> Result<PolicyFile, Diagnostic> {
        let path = path_of(folder, &file.value);
        let policy = match self.files.get(&path) {
            Some(Ok(policy)) => policy,
            Some(Err(problem)) => return Err(placed(problem.clone(), file.span, "named here")),
            // Every file that is named was read.
            None => return Err(Diagnostic::error(codes::FILE_MISSING, "the file was not read").at(file.span, "here")),
        };
        match &policy.problem {
            None => Ok(PolicyFile { file, text: Arc::clone(&policy.text) }),
            Some(Problem { at, message, label, help }) => {
                let span = Span { file: policy.id, start: at.start as u32, end: at.end as u32 };
                Err(Diagnostic::error(codes::POLICY_FILE, message)
                    .at(span, *label)
                    .at(file.span, "the policy is named here")
                    .help(help))
            }
        }
    }
}

fn path_of(folder: &Path, file: &str) -> PathBuf {
    normal(&folder.join(file))
}

/// What is wrong with a policy, and the bytes of it.
#[derive(Debug)]
struct Problem {
    at: Range<usize>,
    message: String,
    label: &'static str,
    help: String,
}

fn problem(text: &str) -> Option<Problem> {
    let parsed = match serde_json::from_str::<Json>(text) {
        Ok(parsed) => parsed,
        Err(error) => return Some(not_json(text, &error)),
    };
    let start = text.len() - text.trim_start().len();
    let whole = start..text.trim_end().len();
    let Json::Object(_) = &parsed else {
        return Some(Problem {
            at: whole,
            message: format!("a policy is a JSON object, and this is {}", describe(&parsed)),
            label: "not an object",
            help: String::from("write { \"Version\": \"2012-10-17\", \"Statement\": [ … ] }"),
        });
    };
    let members = members(text);
    form(start..start + 1, &members).or_else(|| {
        let length = parsed.to_string().chars().count();
        (length > LONGEST_POLICY).then(|| Problem {
            at: start..start + 1,
            message: format!("the policy has {length} characters, blanks not counted"),
            label: "too long",
            help: format!("API Gateway takes {LONGEST_POLICY}: say more with fewer statements, or divide the API"),
        })
    })
}

/// Whether the parts of a policy are there, and are what they should be.
fn form(brace: Range<usize>, members: &[Member]) -> Option<Problem> {
    let find = |key: &str| members.iter().find(|member| member.key == key);
    let mut seen = HashSet::new();
    if let Some(second) = members.iter().find(|member| !seen.insert(member.key.as_str())) {
        return Some(Problem {
            at: second.name.clone(),
            message: format!("the policy has `{}` twice", second.key),
            label: "given again here",
            help: String::from("keep one of them"),
        });
    }
    let missing = |key: &str, fix: &str| Problem {
        at: brace.clone(),
        message: format!("the policy has no `{key}`"),
        label: "not in this object",
        help: format!("add {fix}"),
    };
    let Some(version) = find("Version") else {
        return Some(missing("Version", "\"Version\": \"2012-10-17\""));
    };
    if !version.value.as_str().is_some_and(|text| VERSIONS.contains(&text)) {
        return Some(Problem {
            at: version.place.clone(),
            message: String::from("the policy has a `Version` that is none of the policy language"),
            label: "unknown version",
            help: String::from("write \"2012-10-17\""),
        });
    }
    let Some(statement) = find("Statement") else {
        return Some(missing("Statement", "\"Statement\": [ { \"Effect\": \"Allow\", … } ]"));
    };
    let sound = match &statement.value {
        Json::Object(_) => true,
        Json::Array(statements) => statements.iter().all(Json::is_object),
        _ => false,
    };
    (!sound).then(|| Problem {
        at: statement.place.clone(),
        message: String::from("a policy's `Statement` is a list of objects, and this is not"),
        label: "not a list of objects",
        help: String::from("write \"Statement\": [ { \"Effect\": \"Allow\", … } ]"),
    })
}

/// The parser's words without its place, which the message has.
fn not_json(text: &str, error: &serde_json::Error) -> Problem {
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or(&words);
    let line = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    // The column is that of the last byte that was read, from one; none at the end of the text.
    let last = text.trim_end().len().saturating_sub(1);
    let mut at = if error.is_eof() { last } else { (line + error.column().saturating_sub(1)).min(last) };
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    Problem {
        at: at..at + width,
        message: format!("the policy is not JSON: {words}"),
        label: if error.is_eof() { "the text ends after this" } else { "cannot be read" },
        help: String::from("a policy is one JSON object: { \"Version\": \"2012-10-17\", \"Statement\": [ … ] }"),
    }
}

fn describe(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a flag",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

/// One `"key": value` of an object, and where both stand.
struct Member {
    key: String,
    name: Range<usize>,
    value: Json,
    place: Range<usize>,
}

/// The members of the object that a sound JSON text is, in order, with those given twice.
fn members(text: &str) -> Vec<Member> {
    let mut members = Vec::new();
    let mut at = skip(text, 0, '{');
    while let Some((Json::String(key), name)) = at.and_then(|at| value_at(text, at)) {
        let Some((value, place)) = skip(text, name.end, ':').and_then(|at| value_at(text, at)) else { break };
        at = skip(text, place.end, ',');
        members.push(Member { key, name, value, place });
    }
    members
}

/// Passes blanks and one character, if it is there.
fn skip(text: &str, at: usize, what: char) -> Option<usize> {
    let rest = text.get(at..)?;
    let after = rest.trim_start().strip_prefix(what)?;
    Some(text.len() - after.len())
}

fn value_at(text: &str, at: usize) -> Option<(Json, Range<usize>)> {
    let rest = text.get(at..)?;
    let start = text.len() - rest.trim_start().len();
    let mut stream = Deserializer::from_str(text.get(start..)?).into_iter::<Json>();
    let value = stream.next()?.ok()?;
    Some((value, start..start + stream.byte_offset()))
}

#[cfg(test)]
mod tests {
    use super::problem;

    fn check(text: &str, at: &str, words: &str) {
        let problem = problem(text).unwrap();
        assert!(problem.message.contains(words), "{}", problem.message);
        assert_eq!(&text[problem.at], at, "{}", problem.message);
    }

    #[test]
    fn mistakes_are_found_at_their_place() {
        check("", "", "not JSON");
        check("{\n", "{", "not JSON: EOF");
        check("{\"a\": 1,}", "}", "trailing comma");
        check("{\n  \"Vérsion\" 1 }", "1", "expected `:`");
        check("{\"é\": é}", "é", "expected value");
        check("{} x", "x", "trailing");
        check(&"[".repeat(100_000), "[", "recursion limit");
        check(" [1] ", "[1]", "this is a list");
        check("{\"Statement\": []}", "{", "no `Version`");
        check("{\"Version\": 2012, \"Statement\": []}", "2012", "`Version`");
        check("{\"Version\": \"2012\", \"Statement\": []}", "\"2012\"", "`Version`");
        check("{\"Version\": \"2012-10-17\", \"statement\": []}", "{", "no `Statement`");
        check("{\"Version\": \"2012-10-17\", \"Statement\" : [1] }", "[1]", "list of objects");
        check("{\"Version\": \"2012-10-17\", \"Version\": \"2012-10-17\"}", "\"Version\"", "twice");
        let long = format!("{{\"Version\": \"2012-10-17\", \"Statement\": [], \"Id\": \"{}\"}}", "x".repeat(9000));
        check(&long, "{", "characters");
    }

    #[test]
    fn blanks_do_not_count() {
        let long = format!("{{\"Version\": \"2012-10-17\",{}\"Statement\": [{{}}]}}\n", "\n    ".repeat(5000));
        assert!(problem(&long).is_none());
        assert!(problem("{\"Version\": \"2008-10-17\", \"Statement\": {}, \"Id\": 1.5}").is_none());
    }
}
