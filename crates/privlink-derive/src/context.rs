//! What every derivation rule reads and writes: the document, the snapshot, and the resources and findings so far.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Address, Attrs, Desired, Finding, Listing, Observed, Origin, Resource, Scope, Snapshot};
use privlink_spec::document::{Account, Document, Project};
use privlink_spec::source::Span;

use crate::access::scope;
use crate::vpc::Vpc;
use crate::{Derived, Hosts};

pub(crate) struct Context<'a> {
    pub(crate) document: &'a Document,
    pub(crate) project: &'a Project,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) hosts: &'a Hosts,
    /// VPC networks as found, by name; a network that was not found has said so and is absent here.
    pub(crate) vpcs: BTreeMap<String, Vpc>,
    resources: BTreeMap<Address, Resource>,
    findings: Vec<Finding>,
    unknown: BTreeSet<String>,
}

/// Who asks for a resource: the node's words and its place.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) because: String,
    pub(crate) origin: Origin,
}

impl Asker {
    pub(crate) fn new(noun: &str, name: &str, span: Span) -> Self {
        Self { because: format!("{noun} {name:?}"), origin: origin(span) }
    }
}

/// A span in the model's words.
pub(crate) fn origin(span: Span) -> Origin {
    Origin { file: span.file.0, start: span.start, end: span.end }
}

impl<'a> Context<'a> {
    pub(crate) fn new(document: &'a Document, project: &'a Project, snapshot: &'a Snapshot, hosts: &'a Hosts) -> Self {
        Self {
            document,
            project,
            snapshot,
            hosts,
            vpcs: BTreeMap::new(),
            resources: BTreeMap::new(),
            findings: Vec::new(),
            unknown: BTreeSet::new(),
        }
    }

    /// The project's name.
    pub(crate) fn project_name(&self) -> &'a str {
        &self.project.name.value
    }

    /// The account of that name.
    pub(crate) fn account(&self, name: &str) -> Option<&'a Account> {
        self.document.accounts.get(name)
    }

    /// The scope of the account of that name.
    pub(crate) fn scope_of(&self, account: &str) -> Option<Scope> {
        self.account(account).map(scope)
    }

    /// The objects of a kind in a scope; none when they could not be read, which is then remembered.
    pub(crate) fn list(&mut self, scope: &Scope, kind: &'static str) -> Option<&'a [Observed]> {
        match self.listing(scope, kind) {
            Some(Ok(objects)) => Some(objects),
            None => Some(&[]),
            Some(Err(unread)) => {
                self.unknown.insert(format!("{kind} in {scope}: {}", unread.message));
                None
            }
        }
    }

    fn listing(&self, scope: &Scope, kind: &'static str) -> Option<&'a Listing> {
        self.snapshot.scopes.get(scope)?.listings.get(kind)
    }

    /// The object of ours at an address, where it was read.
    pub(crate) fn ours(&self, scope: &Scope, kind: &'static str, address: &Address) -> Option<&'a Observed> {
        let objects = self.listing(scope, kind)?.as_ref().ok()?;
        objects.iter().find(|object| object.address() == Some(address))
    }

    /// Adds a resource. Two rules never derive the same address; a rule asked twice adds it once.
    pub(crate) fn add(&mut self, asker: &Asker, kind: &'static str, address: Address, scope: &Scope, attrs: Attrs) {
        self.add_after(asker, kind, address, scope, attrs, Vec::new());
    }

    /// Adds a resource that needs others without reading a value of theirs.
    pub(crate) fn add_after(
        &mut self,
        asker: &Asker,
        kind: &'static str,
        address: Address,
        scope: &Scope,
        attrs: Attrs,
        after: Vec<Address>,
    ) {
        let tags = self.project.tags.iter().map(|(key, value)| (key.clone(), value.value.clone())).collect();
        self.resources.entry(address.clone()).or_insert_with(|| Resource {
            address,
            kind,
            scope: scope.clone(),
            attrs,
            tags,
            after: after.into_iter().collect(),
            origin: asker.origin,
            because: asker.because.clone(),
        });
    }

    /// The resources so far, by address.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    /// Adds a finding.
    pub(crate) fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// What was derived.
    pub(crate) fn finish(mut self) -> Derived {
        self.findings.sort_by(|a, b| (a.origin, a.code, &a.message).cmp(&(b.origin, b.code, &b.message)));
        self.findings.dedup();
        Derived { desired: Desired { resources: self.resources }, findings: self.findings, unknown: self.unknown }
    }
}
