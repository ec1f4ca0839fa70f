//! Reads privlink's specs: KDL text becomes a [`Document`] of typed, spanned nouns whose names are resolved, and a list of
//! [`Diagnostic`]s that never stops at the first problem.
//!
//! Knows KDL and the language; knows no AWS call. In the order the text flows: `include` and `syntax` (files to nodes),
//! `variable`, `names`, `decode` (nodes to nouns), `check` (nouns among each other). The nouns stand in `document`, the
//! codes of all messages in `codes`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod check;
mod codes;
mod date;
mod decode;
mod diagnostic;
pub mod document;
mod include;
mod names;
mod node;
mod policy;
mod read;
pub mod source;
mod suggest;
mod syntax;
mod value;
mod variable;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

pub use check::not_derived;
pub use codes::{CODES, Code};
pub use date::Date;
pub use diagnostic::{Diagnostic, Label, Report, Severity};
pub use document::Document;
pub use include::{Disk, FileProblem, LARGEST_FILE, Memory, ReadFile};
pub use source::Sources;

use include::Files;
use names::Names;
use node::Node;
use policy::Policies;
use read::Context;
use variable::Variables;

/// What to read.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The spec's files; a folder means its `privlink.kdl`.
    pub files: Vec<PathBuf>,
    /// Values of variables, `--var name=value`.
    pub variables: BTreeMap<String, String>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Every file's text.
    pub sources: Sources,
    /// The nouns that could be read; the whole spec when there are no errors.
    pub document: Document,
    /// All problems, by place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    /// Whether the document cannot be used.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Reads a spec from the file system.
pub fn load(options: &LoadOptions) -> Loaded {
    load_from(options, &Disk)
}

/// Reads a spec whose files are supplied by `files`.
pub fn load_from(options: &LoadOptions, files: &dyn ReadFile) -> Loaded {
    let mut roots: Vec<PathBuf> = Vec::new();
    for root in options.files.iter().map(|path| include::root_file(files, path)) {
        if !roots.contains(&root) {
            roots.push(root);
        }
    }
    let mut variables = Variables::new(options.variables.clone());
    let mut read = include::read_all(&roots, files, &mut variables);
    variables.check(&mut read.diagnostics);
    let mut nodes = std::mem::take(&mut read.nodes);
    for node in &mut nodes {
        variables.expand(node, &read.sources, &mut read.diagnostics);
    }
    let document = decode_all(&nodes, &mut read, files);
    read.diagnostics.extend(check::check(&document));
    read.diagnostics.extend(not_derived(&document));
    diagnostic::sort(&mut read.diagnostics);
    Loaded { sources: read.sources, document, diagnostics: read.diagnostics }
}

/// Reads a spec from a text; it can include nothing.
pub fn load_text(name: &str, text: &str, variables: &BTreeMap<String, String>) -> Loaded {
    let path = PathBuf::from(name);
    let files = Memory { files: BTreeMap::from([(path.clone(), text.as_bytes().to_vec())]) };
    load_from(&LoadOptions { files: vec![path], variables: variables.clone() }, &files)
}

/// Nodes to a document.
fn decode_all(nodes: &[Node], read: &mut Files, files: &dyn ReadFile) -> Document {
    let (names, duplicates) = Names::collect(nodes, &read.broken, read.incomplete);
    read.diagnostics.extend(duplicates);
    check_projects(nodes, read);
    let region = decode::region_of(nodes);
    let torn = |node: &Node| {
        node.name.value == "project" && (node.torn || node.children.iter().any(|child| child.name.value == "region"))
    };
    let region_hidden =
        read.incomplete || read.broken.iter().any(|(noun, _)| noun == "project") || nodes.iter().any(torn);
    let policies = Policies::read(nodes, read, files);
    let (policies, folders): (&Policies, &Files) = (&policies, read);
    let decoded: Vec<_> = nodes
        .par_iter()
        .map(|node| {
            let folder: &Path = folders.folder(node.span.file);
            let region = region.as_ref();
            let (out, unknown) = (RefCell::default(), RefCell::default());
            let cx = Context { names: &names, region, region_hidden, policies, folder, out, unknown };
            let noun = decode::decode(&cx, node).filter(|_| names.is_first(node));
            (noun, cx.out.into_inner(), cx.unknown.into_inner())
        })
        .collect();
    let mut document = Document::default();
    let mut unknown = Vec::new();
    for (noun, diagnostics, names) in decoded {
        read.diagnostics.extend(diagnostics);
        unknown.extend(names);
        noun.into_iter().for_each(|noun| decode::place(&mut document, noun));
    }
    read.diagnostics.extend(names.explain_unknown(unknown));
    document
}

/// Exactly one project. None is no mistake of the text while files or nodes could not be read.
fn check_projects(nodes: &[Node], read: &mut Files) {
    let mut projects = nodes.iter().filter(|node| node.name.value == "project");
    let Some(first) = projects.next() else {
        let hidden = read.incomplete || read.broken.iter().any(|(noun, _)| noun == "project");
        if !hidden {
            read.diagnostics.push(
                Diagnostic::error(codes::NO_PROJECT, "the spec has no project")
                    .help("add project \"shop\" { region \"us-east-1\" }: it owns what the spec makes"),
            );
        }
        return;
    };
    for second in projects {
        read.diagnostics.push(
            Diagnostic::error(codes::TWO_PROJECTS, "a spec has one project")
                .at(second.head, "a second one")
                .at(first.head, "the first")
                .help("keep one; parts that are included need none"),
        );
    }
}
