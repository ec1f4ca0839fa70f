//! The names a spec gives to its nouns: collected before anything is decoded, so that what refers to a node with a
//! mistake in it is not called unknown.

use std::collections::{BTreeMap, HashSet};

use crate::codes::{self, Code};
use crate::diagnostic::Diagnostic;
use crate::document::Spanned;
use crate::node::{Node, Value};
use crate::source::Span;
use crate::suggest;

/// Names beyond which no near one is looked for: bounds the work on a spec with as many unknown names.
const MOST_COMPARED: usize = 1000;

/// A noun that is referred to by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Account,
    Network,
    Target,
    Api,
    Caller,
    Workflow,
}

impl Kind {
    const ALL: [Kind; 6] = [Kind::Account, Kind::Network, Kind::Target, Kind::Api, Kind::Caller, Kind::Workflow];

    /// The noun as it is written.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Kind::Account => "account",
            Kind::Network => "network",
            Kind::Target => "target",
            Kind::Api => "api",
            Kind::Caller => "caller",
            Kind::Workflow => "workflow",
        }
    }

    fn unknown(self) -> Code {
        match self {
            Kind::Account => codes::ACCOUNT_UNKNOWN,
            Kind::Network => codes::NETWORK_UNKNOWN,
            Kind::Target => codes::TARGET_UNKNOWN,
            Kind::Api => codes::API_UNKNOWN,
            Kind::Caller => codes::CALLER_UNKNOWN,
            Kind::Workflow => codes::WORKFLOW_UNKNOWN,
        }
    }

    fn of(noun: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.noun() == noun)
    }
}

/// Every name, by noun.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: BTreeMap<Kind, BTreeMap<String, Span>>,
    /// Names of nodes whose text could not be read.
    broken: HashSet<(Kind, String)>,
    /// Whether a file could not be read: then no name can be called unknown.
    incomplete: bool,
}

impl Names {
    /// Collects the names of nodes; names given twice are reported.
    pub(crate) fn collect(nodes: &[Node], broken: &[(String, String)], incomplete: bool) -> (Names, Vec<Diagnostic>) {
        let mut names = Names { incomplete, ..Names::default() };
        let mut diagnostics = Vec::new();
        for (noun, name) in broken {
            if let Some(kind) = Kind::of(noun) {
                names.broken.insert((kind, name.clone()));
            }
        }
        for node in nodes {
            let Some(kind) = Kind::of(&node.name.value) else { continue };
            let Some(Spanned { value: Value::Text(name), span }) = node.args.first() else { continue };
            let known = names.known.entry(kind).or_default();
            match known.get(name) {
                Some(first) => diagnostics.push(duplicate(kind, name, *first, *span)),
                None => {
                    known.insert(name.clone(), *span);
                }
            }
        }
        (names, diagnostics)
    }

    /// Whether the node whose name stands at `span` is the one that counts of those with its name.
    pub(crate) fn is_first(&self, node: &Node) -> bool {
        let Some(kind) = Kind::of(&node.name.value) else { return true };
        let Some(Spanned { value: Value::Text(name), span }) = node.args.first() else { return true };
        self.known.get(&kind).and_then(|known| known.get(name)).is_none_or(|first| first == span)
    }

    /// The message for a name that no node has.
    pub(crate) fn unknown(&self, kind: Kind, name: &Spanned<String>) -> Option<Diagnostic> {
        let known = self.known.get(&kind);
        if self.incomplete
            || known.is_some_and(|known| known.contains_key(&name.value))
            || self.broken.contains(&(kind, name.value.clone()))
        {
            return None;
        }
        let noun = kind.noun();
        let words: Vec<&str> = known.iter().flat_map(|known| known.keys().map(String::as_str)).collect();
        let near =
            if words.len() > MOST_COMPARED { None } else { suggest::nearest(&name.value, words.iter().copied()) };
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if words.is_empty() => format!("the spec has no {noun} at all: add {noun} \"{}\" …", name.value),
            None => format!("known: {}", suggest::list(words)),
        };
        Some(
            Diagnostic::error(kind.unknown(), format!("there is no {noun} named `{}`", name.value))
                .at(name.span, format!("unknown {noun}"))
                .help(help),
        )
    }
}

fn duplicate(kind: Kind, name: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::error(codes::DUPLICATE_NAME, format!("two nodes are named {} `{name}`", kind.noun()))
        .at(second, "named again here")
        .at(first, "named first here")
        .help("give one of them another name")
}
