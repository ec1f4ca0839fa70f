//! The names a spec gives to its nouns: collected before anything is decoded, so that what refers to a node with a
//! mistake in it is not called unknown.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::codes::{self, Code};
use crate::diagnostic::Diagnostic;
use crate::document::Spanned;
use crate::node::{Node, Value};
use crate::source::Span;
use crate::suggest::{self, Budget};

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

/// A reference to a name that no node has.
#[derive(Debug)]
pub(crate) struct Unknown {
    pub(crate) kind: Kind,
    pub(crate) name: Spanned<String>,
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

    /// Whether no node has the name, as far as the spec could be read.
    pub(crate) fn is_unknown(&self, kind: Kind, name: &str) -> bool {
        !self.incomplete
            && !self.known.get(&kind).is_some_and(|known| known.contains_key(name))
            && !self.broken.contains(&(kind, name.to_owned()))
    }

    /// The messages for names that no node has. All at once, in the order of the spec, so that the work on near names can
    /// be bounded and the messages still do not depend on the order in which threads find them.
    pub(crate) fn explain_unknown(&self, mut unknown: Vec<Unknown>) -> Vec<Diagnostic> {
        unknown.sort_by_key(|unknown| unknown.name.span);
        let mut budget = Budget::default();
        let mut helps: HashMap<(Kind, String), String> = HashMap::new();
        let mut lists: HashMap<Kind, String> = HashMap::new();
        let diagnostic = |Unknown { kind, name }: Unknown| {
            let help = match helps.entry((kind, name.value.clone())) {
                Entry::Occupied(help) => help.into_mut(),
                Entry::Vacant(place) => place.insert(self.help(kind, &name.value, &mut budget, &mut lists)),
            };
            let noun = kind.noun();
            Diagnostic::error(kind.unknown(), format!("there is no {noun} named `{}`", name.value))
                .at(name.span, format!("unknown {noun}"))
                .help(help.as_str())
        };
        unknown.into_iter().map(diagnostic).collect()
    }

    fn help(&self, kind: Kind, name: &str, budget: &mut Budget, lists: &mut HashMap<Kind, String>) -> String {
        let noun = kind.noun();
        let Some(known) = self.known.get(&kind).filter(|known| !known.is_empty()) else {
            return format!("the spec has no {noun} at all: add {noun} \"{name}\" …");
        };
        let near = if budget.take(known.len()) { suggest::nearest(name, words(known)) } else { None };
        match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => lists.entry(kind).or_insert_with(|| format!("known: {}", suggest::list(words(known)))).clone(),
        }
    }
}

fn words(known: &BTreeMap<String, Span>) -> impl Iterator<Item = &str> {
    known.keys().map(String::as_str)
}

fn duplicate(kind: Kind, name: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::error(codes::DUPLICATE_NAME, format!("two nodes are named {} `{name}`", kind.noun()))
        .at(second, "named again here")
        .at(first, "named first here")
        .help("give one of them another name")
}
