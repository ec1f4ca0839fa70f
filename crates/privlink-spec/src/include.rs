//! Which files make up a spec: reading them, following `include`, and finding loops.
//!
//! Owns: file limits, globs and the include graph. Refuses to know: what nodes mean. Files are read through
//! [`ReadFile`], so that tests need no disk. Read next: `syntax`.

mod glob;
mod graph;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::Spanned;
use crate::node::{Node, Value};
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::syntax::{self, Syntax};
use crate::variable::Variables;
use graph::Edge;

/// The largest file that is read.
pub const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// The most files a spec may have: a bound for globs that match more than was meant.
const MOST_FILES: usize = 10_000;

/// The file a folder stands for.
const FILE_OF_FOLDER: &str = "privlink.kdl";

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// There is none.
    Missing,
    /// It is a folder.
    Folder,
    /// It has more than [`LARGEST_FILE`] bytes.
    TooLarge,
    /// Something else, in the system's words.
    Unreadable(String),
}

/// Where files are read from.
pub trait ReadFile: Sync {
    /// A file's bytes.
    fn read(&self, path: &Path) -> Result<Vec<u8>, FileProblem>;
    /// The names in a folder, in any order; nothing for a folder that is not there.
    fn list(&self, folder: &Path) -> Vec<String>;
}

/// The file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl ReadFile for Disk {
    fn read(&self, path: &Path) -> Result<Vec<u8>, FileProblem> {
        let problem = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => FileProblem::Missing,
            io::ErrorKind::IsADirectory => FileProblem::Folder,
            _ => FileProblem::Unreadable(error.to_string()),
        };
        let metadata = fs::metadata(path).map_err(problem)?;
        if metadata.is_dir() {
            return Err(FileProblem::Folder);
        }
        if metadata.len() > LARGEST_FILE {
            return Err(FileProblem::TooLarge);
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(path).map_err(problem)?;
        // A device or a growing file may hold more than its metadata says.
        file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(problem)?;
        if bytes.len() as u64 > LARGEST_FILE { Err(FileProblem::TooLarge) } else { Ok(bytes) }
    }

    fn list(&self, folder: &Path) -> Vec<String> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
    }
}

/// Files in memory, by path.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// The files.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

impl ReadFile for Memory {
    fn read(&self, path: &Path) -> Result<Vec<u8>, FileProblem> {
        match self.files.get(path) {
            Some(bytes) if bytes.len() as u64 > LARGEST_FILE => Err(FileProblem::TooLarge),
            Some(bytes) => Ok(bytes.clone()),
            None if self.files.keys().any(|file| file.starts_with(path)) => Err(FileProblem::Folder),
            None => Err(FileProblem::Missing),
        }
    }

    fn list(&self, folder: &Path) -> Vec<String> {
        let below = self.files.keys().filter_map(|file| file.strip_prefix(folder).ok());
        let first = below.filter_map(|rest| rest.components().next()?.as_os_str().to_str().map(str::to_owned));
        let mut names: Vec<String> = first.collect();
        names.dedup();
        names
    }
}

/// The file a path given on the command line means: a folder means its `privlink.kdl`.
pub(crate) fn root_file(files: &dyn ReadFile, path: &Path) -> PathBuf {
    match files.read(path) {
        Err(FileProblem::Folder) => normal(&path.join(FILE_OF_FOLDER)),
        _ => normal(path),
    }
}

/// Every file of a spec, parsed.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) sources: Sources,
    pub(crate) nodes: Vec<Node>,
    pub(crate) broken: Vec<(String, String)>,
    /// Each file's path, by id.
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Whether a file is missing from the whole.
    pub(crate) incomplete: bool,
}

impl Files {
    /// The folder a file's relative paths start from.
    pub(crate) fn folder(&self, file: FileId) -> &Path {
        self.paths.get(file.0 as usize).and_then(|path| path.parent()).unwrap_or(Path::new(""))
    }
}

/// Reads the root files and everything they include, level by level, the files of a level in parallel.
pub(crate) fn read_all(roots: &[PathBuf], files: &dyn ReadFile, variables: &mut Variables) -> Files {
    let mut walk = Walk { files, out: Files::default(), ids: HashMap::new(), includes: Vec::new() };
    let mut wanted: Vec<(PathBuf, Option<Span>)> = roots.iter().map(|root| (root.clone(), None)).collect();
    while !wanted.is_empty() {
        wanted = walk.level(wanted, variables);
    }
    for cycle in graph::cycles(walk.out.paths.len(), &walk.edges()) {
        let diagnostic = walk.cycle(&cycle);
        walk.out.diagnostics.push(diagnostic);
    }
    walk.out
}

struct Walk<'a> {
    files: &'a dyn ReadFile,
    out: Files,
    /// Files already read; `None` for one that could not be.
    ids: HashMap<PathBuf, Option<FileId>>,
    /// Every include met, and the file it names.
    includes: Vec<(Span, PathBuf)>,
}

impl Walk<'_> {
    /// Reads one level of files and says which files they include.
    fn level(
        &mut self,
        wanted: Vec<(PathBuf, Option<Span>)>,
        variables: &mut Variables,
    ) -> Vec<(PathBuf, Option<Span>)> {
        let mut fresh = Vec::new();
        for (path, span) in wanted {
            self.includes.extend(span.map(|span| (span, path.clone())));
            if self.ids.contains_key(&path) {
                continue;
            }
            if self.ids.len() >= MOST_FILES {
                self.out.incomplete = true;
                self.out.diagnostics.push(at(
                    Diagnostic::error(codes::FILE_COUNT, format!("the spec has more than {MOST_FILES} files"))
                        .help("narrow the pattern"),
                    span,
                    "one file too many",
                ));
                return Vec::new();
            }
            self.ids.insert(path.clone(), None);
            fresh.push((path, span));
        }
        let files = self.files;
        let texts: Vec<_> = fresh.par_iter().map(|(path, _)| files.read(path)).collect();
        let mut added: Vec<(FileId, Arc<str>)> = Vec::new();
        for ((path, span), bytes) in fresh.into_iter().zip(texts) {
            match text_of(&path, bytes) {
                Ok(text) => {
                    let text: Arc<str> = text.into();
                    let name = path.to_string_lossy().into_owned();
                    let id = self.out.sources.add(SourceFile { name, text: Arc::clone(&text) });
                    self.out.paths.push(path.clone());
                    self.ids.insert(path, Some(id));
                    added.push((id, text));
                }
                Err(problem) => {
                    self.out.incomplete = true;
                    self.out.diagnostics.push(at(problem, span, "included here"));
                }
            }
        }
        let parsed: Vec<Syntax> = added.par_iter().map(|(id, text)| syntax::read(*id, text)).collect();
        self.take(parsed, variables)
    }

    /// Takes over a level's nodes. Variables are taken first, so that the level's own includes may use them.
    fn take(&mut self, parsed: Vec<Syntax>, variables: &mut Variables) -> Vec<(PathBuf, Option<Span>)> {
        let mut nodes = Vec::new();
        for syntax in parsed {
            self.out.incomplete |= syntax.broken.iter().any(|(noun, _)| noun == "include");
            self.out.broken.extend(syntax.broken);
            self.out.diagnostics.extend(syntax.diagnostics);
            nodes.extend(syntax.nodes);
        }
        for node in nodes.iter().filter(|node| node.name.value == "variable") {
            variables.declare(node, &mut self.out.diagnostics);
        }
        let mut wanted = Vec::new();
        for mut node in nodes {
            match node.name.value.as_str() {
                "include" => {
                    variables.expand(&mut node, &self.out.sources, &mut self.out.diagnostics);
                    wanted.extend(self.included(&node));
                }
                "variable" => {}
                _ => self.out.nodes.push(node),
            }
        }
        wanted
    }

    fn edges(&self) -> Vec<Edge> {
        let named = self.includes.iter().filter_map(|(span, path)| Some((span, (*self.ids.get(path)?)?)));
        named.map(|(span, to)| Edge { from: span.file, to, span: *span }).collect()
    }

    /// The files an `include` names.
    fn included(&mut self, node: &Node) -> Vec<(PathBuf, Option<Span>)> {
        let mut found = Vec::new();
        if let Some(prop) = node.props.first() {
            let message = format!("`include` has no property `{}`", prop.name.value);
            self.out.diagnostics.push(
                Diagnostic::error(codes::UNKNOWN_PROPERTY, message)
                    .at(prop.name.span, "unknown property")
                    .help("take it out"),
            );
        }
        if let Some(child) = node.children.first() {
            self.out.diagnostics.push(
                Diagnostic::error(codes::UNKNOWN_CHILD, "`include` takes no block")
                    .at(child.name.span, "unknown node")
                    .help("take the block out"),
            );
        }
        if node.args.is_empty() {
            self.out.diagnostics.push(
                Diagnostic::error(codes::MISSING_ARGUMENT, "`include` needs a path or a pattern")
                    .at(node.name.span, "nothing follows it")
                    .help("write include \"apis/*.kdl\""),
            );
        }
        for arg in &node.args {
            match &arg.value {
                Value::Text(pattern) => found.extend(self.matches(&Spanned { value: pattern, span: arg.span })),
                other => self.out.diagnostics.push(
                    Diagnostic::error(codes::WRONG_TYPE, format!("`include` takes a string, not {}", other.describe()))
                        .at(arg.span, "not a string")
                        .help("write include \"apis/*.kdl\""),
                ),
            }
        }
        found
    }

    fn matches(&mut self, pattern: &Spanned<&String>) -> Vec<(PathBuf, Option<Span>)> {
        let text = pattern.value.as_str();
        let home = self.out.folder(pattern.span.file).to_path_buf();
        if text.is_empty() || text.contains("**") || Path::new(text).is_absolute() {
            self.out.incomplete = true;
            self.out.diagnostics.push(
                Diagnostic::error(codes::INCLUDE_PATTERN, format!("`{text}` is no pattern for files"))
                    .at(pattern.span, "not a pattern")
                    .help(
                        "write a path relative to this file; * and ? stand for characters of one name: \"apis/*.kdl\"",
                    ),
            );
            return Vec::new();
        }
        let mut paths = glob::paths(self.files, &home, text);
        if glob::is_pattern(text) {
            let own = self.out.paths.get(pattern.span.file.0 as usize).cloned().unwrap_or_default();
            paths.retain(|path| *path != own);
        }
        if paths.is_empty() {
            self.out.incomplete = true;
            self.out.diagnostics.push(
                Diagnostic::error(codes::INCLUDE_EMPTY, format!("no file matches `{text}`"))
                    .at(pattern.span, "matches nothing")
                    .help(format!("the path is relative to the folder of {}", self.name(pattern.span.file))),
            );
        }
        paths.into_iter().map(|path| (path, Some(pattern.span))).collect()
    }

    fn name(&self, file: FileId) -> &str {
        self.out.sources.get(file).map_or("?", |file| file.name.as_str())
    }

    fn cycle(&self, cycle: &[Edge]) -> Diagnostic {
        let mut names: Vec<&str> = cycle.iter().map(|edge| self.name(edge.from)).collect();
        names.extend(cycle.first().map(|edge| self.name(edge.from)));
        let mut diagnostic = Diagnostic::error(codes::INCLUDE_CYCLE, "files include each other in a loop");
        for edge in cycle.iter().rev() {
            diagnostic = diagnostic.at(edge.span, format!("includes {}", self.name(edge.to)));
        }
        diagnostic.help(format!("the loop is {}", names.join(" → ")))
    }
}

fn at(diagnostic: Diagnostic, span: Option<Span>, text: &str) -> Diagnostic {
    match span {
        Some(span) => placed(diagnostic, span, text),
        None => diagnostic,
    }
}

/// Puts a problem with a file at the place that names the file.
pub(crate) fn placed(diagnostic: Diagnostic, span: Span, text: &str) -> Diagnostic {
    if diagnostic.code == codes::FILE_MISSING.code {
        return diagnostic.at(span, text).help("paths are relative to the folder of the file they stand in");
    }
    diagnostic.at(span, text)
}

/// A file's text, or the message that says why there is none.
pub(crate) fn text_of(path: &Path, bytes: Result<Vec<u8>, FileProblem>) -> Result<String, Diagnostic> {
    let name = path.display();
    let bytes = bytes.map_err(|problem| match problem {
        FileProblem::Missing => Diagnostic::error(codes::FILE_MISSING, format!("there is no file {name}"))
            .help("check the path; without -f the spec is privlink.kdl in the current folder"),
        FileProblem::Folder => Diagnostic::error(codes::FILE_FOLDER, format!("{name} is a folder"))
            .help(format!("name a file in it: {}", path.join("*.kdl").display())),
        FileProblem::TooLarge => {
            let size = LARGEST_FILE / 1024 / 1024;
            Diagnostic::error(codes::FILE_TOO_LARGE, format!("{name} is larger than {size} MiB"))
                .help("divide it into several files and include them")
        }
        FileProblem::Unreadable(why) => {
            Diagnostic::error(codes::FILE_UNREADABLE, format!("{name} cannot be read: {why}"))
                .help("check the permissions of the file and of its folders")
        }
    })?;
    let offset = bytes.iter().position(|byte| *byte == 0);
    let text = String::from_utf8(bytes);
    let offset = offset.or_else(|| text.as_ref().err().map(|error| error.utf8_error().valid_up_to()));
    match (text, offset) {
        (Ok(text), None) => Ok(text),
        (_, offset) => {
            let message = format!("{name} is not text: byte {} is not UTF-8 text", offset.unwrap_or(0));
            Err(Diagnostic::error(codes::FILE_NOT_TEXT, message).help("save the file as UTF-8"))
        }
    }
}

/// Takes `.` and `..` out of a path, as far as that can be done without looking at the disk.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
