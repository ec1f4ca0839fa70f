//! The store that runs are kept in: which one a command line means, and opening it.
//!
//! Owns: the order in which it is looked for: `--store`, then the folder of the sandbox, then the spec, then `.privlink`
//! beside the spec; and saved plans that are kept in it. Refuses to know: how a store keeps things (see `privlink-engine`).

use std::path::PathBuf;
use std::sync::Arc;

use privlink_engine::{FolderStore, Journal, JournalError, ObjectStore, Store};
use privlink_kinds::KINDS;
use privlink_model::{Account, Plan, Severity};
use privlink_spec::document::{Document, Project};
use privlink_spec::{LoadOptions, Loaded};

use crate::connection::{Connect, Destination};
use crate::failure::Failure;
use crate::prepare;
use crate::site::Site;
use crate::streams::Streams;
use crate::view::diagnostics;
use crate::view::message::Message;

/// The folder beside a spec.
const BESIDE: &str = ".privlink";
/// What a bucket's place begins with.
const S3: &str = "s3://";
/// Saved plans stand among the runs, under a name that no run has.
const PLANS: &str = "plans";
/// And so does the log of what was told of drift.
pub(crate) const TOLD: &str = "told";

/// Opens the store of a spec that is loaded already.
pub(crate) async fn of_document(
    site: Site<'_>,
    document: &Document,
    connect: &dyn Connect,
) -> Result<Arc<dyn Store>, Failure> {
    match of_flags(site) {
        Some(folder) => Ok(Arc::new(FolderStore::new(folder))),
        None => of_project(site, document, connect).await,
    }
}

/// Opens the store that a command line means. The spec is loaded only where it has a say in that.
pub(crate) async fn of_site(
    site: Site<'_>,
    connect: &dyn Connect,
    streams: &Streams,
) -> Result<Arc<dyn Store>, Failure> {
    match of_flags(site) {
        Some(folder) => Ok(Arc::new(FolderStore::new(folder))),
        None => of_project(site, &document(site, streams)?, connect).await,
    }
}

/// The spec, where nothing but its project and its accounts matters. Only its errors are told.
pub(crate) fn document(site: Site<'_>, streams: &Streams) -> Result<Document, Failure> {
    let variables = site.spec.var.iter().cloned().collect();
    let Loaded { sources, document, diagnostics } =
        privlink_spec::load(&LoadOptions { files: site.spec.file.clone(), variables });
    let messages: Vec<Message> = diagnostics.iter().map(Message::of_spec).collect();
    if document.project.is_some() && messages.iter().all(|message| message.severity() != Severity::Error) {
        return Ok(document);
    }
    diagnostics::tell(&messages, &sources, streams);
    Err(Failure::Store {
        message: "a spec with errors does not tell which project it is, nor where its runs are kept".to_owned(),
        help: Some("mend it, or name another by -f; a folder with runs can be named by --store".to_owned()),
    })
}

/// The folder that the flags alone name.
fn of_flags(site: Site<'_>) -> Option<PathBuf> {
    match (&site.store.store, &site.cloud.sandbox) {
        (Some(place), _) => (!place.starts_with(S3)).then(|| PathBuf::from(place)),
        (None, sandbox) => sandbox.clone(),
    }
}

async fn of_project(site: Site<'_>, document: &Document, connect: &dyn Connect) -> Result<Arc<dyn Store>, Failure> {
    let beside = prepare::beside(site.spec.file.first());
    let store = document.project.as_ref().and_then(|project| project.store.as_ref());
    let place = match (&site.store.store, store) {
        (Some(place), _) => place.clone(),
        (None, Some(store)) => store.url.value.clone(),
        (None, None) => BESIDE.to_owned(),
    };
    let Some(rest) = place.strip_prefix(S3) else { return Ok(Arc::new(FolderStore::new(beside.join(place)))) };
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(Failure::Store {
            message: format!("{place} names no bucket"),
            help: Some(format!("write {S3}BUCKET/PREFIX")),
        });
    }
    let no_buckets = || Failure::Store {
        message: format!("{place} cannot be reached: a sandbox has no S3"),
        help: Some("leave out --store, and the runs are kept in the sandbox's folder".to_owned()),
    };
    if site.cloud.sandbox.is_some() {
        return Err(no_buckets());
    }
    let account = account(document, document.project.as_ref())?;
    let accounts = std::slice::from_ref(&account);
    let to = Destination { accounts, project: "", args: site.cloud, beside: &beside, resolver: None };
    let buckets = connect.connect(to).await?.buckets.ok_or_else(no_buckets)?;
    Ok(Arc::new(ObjectStore::new(buckets(&account, bucket, prefix.trim_matches('/')))))
}

/// The account that the bucket is reached with: the one the spec names for its store, or the only one there is.
fn account(document: &Document, project: Option<&Project>) -> Result<Account, Failure> {
    let mut accounts = privlink_derive::accounts(document);
    let named = project.and_then(|project| project.store.as_ref()).and_then(|store| store.account.as_ref());
    if let Some(name) = named {
        accounts.retain(|account| account.name == name.value);
    }
    match (accounts.pop(), accounts.is_empty()) {
        (Some(account), true) => Ok(account),
        _ => Err(Failure::Store {
            message: "it is not said with which account's credentials the bucket is reached".to_owned(),
            help: Some("write it into the spec: store \"s3://BUCKET/PREFIX\" account=\"NAME\"".to_owned()),
        }),
    }
}

/// Keeps a plan in the store, under a name that is not taken.
pub(crate) async fn save_plan(store: &dyn Store, name: &str, plan: &Plan) -> Result<(), Failure> {
    let text = privlink_plan::encode(plan);
    store.save(PLANS, &file(name), text.as_bytes()).await.map_err(Failure::store)
}

/// A plan that was kept in the store.
pub(crate) async fn load_plan(store: &dyn Store, name: &str) -> Result<Plan, Failure> {
    let bytes = store.load(PLANS, &file(name)).await.map_err(Failure::store)?;
    let bytes = bytes.ok_or_else(|| Failure::Store {
        message: format!("{} has no plan named {name}", store.place()),
        help: Some(format!("`privlink plan -o store:{name}` makes one")),
    })?;
    let decoded = privlink_plan::decode(&String::from_utf8_lossy(&bytes), &KINDS);
    decoded.map_err(|source| Failure::PlanFile { at: format!("store:{name}"), source })
}

/// The plan of a run.
pub(crate) async fn plan_of(store: &dyn Store, run: &str) -> Result<Plan, Failure> {
    let bytes = Journal::plan(store, run).await.map_err(no_run)?;
    let decoded = privlink_plan::decode(&String::from_utf8_lossy(&bytes), &KINDS);
    decoded.map_err(|error| Failure::Run {
        message: format!("the plan of run {run} cannot be used: {error}"),
        help: format!("`privlink runs show {run}` tells which version of privlink began it; go on with that one"),
    })
}

/// What is wrong when the journal or the plan of a run cannot be read.
pub(crate) fn no_run(error: JournalError) -> Failure {
    let help = match error {
        JournalError::None { .. } => "`privlink runs` lists the runs there are",
        _ => "nothing is called for a run whose journal cannot be read; `privlink plan` shows what is there",
    };
    Failure::Run { message: error.to_string(), help: help.to_owned() }
}

fn file(name: &str) -> String {
    format!("{name}.json")
}

/// Whether a name among the runs is that of one.
pub(crate) fn is_run(name: &str) -> bool {
    name != PLANS && name != TOLD
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{CloudArgs, SpecArgs, StoreArgs};

    #[test]
    fn flags_come_before_the_spec() {
        let spec = SpecArgs { file: Vec::new(), var: Vec::new() };
        let found = |store: Option<&str>, sandbox: Option<&str>| {
            let store = StoreArgs { store: store.map(str::to_owned) };
            let cloud = CloudArgs { sandbox: sandbox.map(PathBuf::from), ..CloudArgs::default() };
            of_flags(Site { spec: &spec, store: &store, cloud: &cloud })
        };
        assert_eq!(found(Some("a"), Some("b")), Some(PathBuf::from("a")));
        assert_eq!(found(None, Some("b")), Some(PathBuf::from("b")));
        assert_eq!([found(Some("s3://a/b"), None), found(None, None)], [None, None]);
    }
}
