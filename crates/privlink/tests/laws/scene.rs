//! A world and a plan for it, made by the same steps that the binary takes: load, gather, derive, plan.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use privlink_derive::{Derived, Hosts};
use privlink_engine::{EventSink, Journal, Run, StopSignal, SystemClock, gather};
use privlink_kinds::{AwsCloud, ConnectOptions, KINDS};
use privlink_model::{Account, Begun, Cloud, Outcome, Plan, Record, Severity};
use privlink_plan::{Inputs, Options};
use privlink_sandbox::{Sandbox, World};
use privlink_spec::LoadOptions;

/// How much faster than AWS.
pub(crate) const SPEED: f64 = 10_000.0;

/// What is carried out, on what.
pub(crate) struct Scene {
    pub(crate) name: String,
    /// The world before.
    pub(crate) world: World,
    /// The spec, and whether all of it is to go.
    pub(crate) spec: Spec,
    /// The plan for it.
    pub(crate) plan: Plan,
    /// How often each mutating operation is called when nothing goes wrong, by `account/region service:Operation`.
    pub(crate) calls: BTreeMap<String, u64>,
    /// How often the journal is added to.
    pub(crate) appends: u64,
    /// What exists before, and after.
    pub(crate) before: serde_json::Value,
    pub(crate) after: serde_json::Value,
}

/// A spec as it is loaded.
#[derive(Clone)]
pub(crate) struct Spec {
    file: PathBuf,
    destroy: bool,
    /// Keeps an edited spec.
    _folder: Option<Arc<tempfile::TempDir>>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().parent().unwrap().to_path_buf()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn first_world(file: &Path) -> World {
    let text = std::fs::read_to_string(file).unwrap();
    let options = privlink_sandbox::Options { speed: SPEED, seed: 0 };
    World::from_kdl("world.kdl", &text, &options).unwrap()
}

/// A sandbox that holds a world, and the accounts in it.
pub(crate) struct Place {
    pub(crate) sandbox: Sandbox,
    pub(crate) cloud: Arc<dyn Cloud>,
}

async fn place(world: &World, accounts: &[Account], project: &str, folder: Option<PathBuf>) -> Place {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let sandbox = Sandbox::start(world.clone(), any_port, folder).await.unwrap();
    Place { cloud: connect(&sandbox, accounts, project).await, sandbox }
}

async fn connect(sandbox: &Sandbox, accounts: &[Account], project: &str) -> Arc<dyn Cloud> {
    let cloud = AwsCloud::connect(ConnectOptions {
        accounts: accounts.to_vec(),
        project: project.to_owned(),
        endpoint: Some(sandbox.url()),
        credentials: Some(("AKIASANDBOXSANDBOX00".to_owned(), "sandbox".to_owned())),
        time_scale: SPEED,
        parallelism: None,
    });
    Arc::new(cloud.await)
}

/// A run on a place.
pub(crate) fn run(place: &Place, journal: Journal) -> Run {
    Run {
        cloud: Arc::clone(&place.cloud),
        clock: Arc::new(SystemClock::new(SPEED)),
        kinds: KINDS,
        events: EventSink::silent(),
        stop: StopSignal::new(),
        blocked: StopSignal::new(),
        parallelism: privlink_engine::PARALLELISM,
        journal,
        keep: false,
        confirm: true,
        by: "tests@here".to_owned(),
    }
}

pub(crate) fn begun(plan: &Plan) -> Begun {
    Begun { run: "run".to_owned(), steps: plan.steps.len().try_into().unwrap(), ..Begun::default() }
}

impl Spec {
    /// The plan for what a place holds now.
    pub(crate) async fn plan(&self, place: &Place) -> Plan {
        let loaded = privlink_spec::load(&LoadOptions { files: vec![self.file.clone()], variables: BTreeMap::new() });
        let wrong: Vec<_> =
            loaded.diagnostics.iter().filter(|found| found.severity == privlink_spec::Severity::Error).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        let document = loaded.document;
        let project = document.project.as_ref().unwrap().name.value.clone();
        let accounts = privlink_derive::accounts(&document);
        let queries = privlink_derive::queries(&document);
        let hosts: Hosts = privlink_derive::host_names(&document)
            .into_iter()
            .map(|name| (name.clone(), place.sandbox.resolve(&name).ok_or_else(|| "no such host".to_owned())))
            .collect();
        let snapshot = gather(&place.cloud, &KINDS, &project, &queries, &EventSink::silent()).await;
        let derived =
            if self.destroy { Derived::default() } else { privlink_derive::derive(&document, &snapshot, &hosts) };
        let plan = privlink_plan::plan(Inputs {
            project: &project,
            kinds: &KINDS,
            desired: &derived.desired,
            snapshot: &snapshot,
            accounts: &accounts,
            queries: &queries,
            findings: derived.findings.clone(),
            options: Options { destroy: self.destroy, ..Options::default() },
        });
        let broken: Vec<_> = plan.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        assert!(broken.is_empty() && snapshot.unread().next().is_none(), "{broken:?}");
        plan
    }

    fn accounts(&self) -> (Vec<Account>, String) {
        let loaded = privlink_spec::load(&LoadOptions { files: vec![self.file.clone()], variables: BTreeMap::new() });
        let project = loaded.document.project.as_ref().unwrap().name.value.clone();
        (privlink_derive::accounts(&loaded.document), project)
    }

    async fn place(&self, world: &World, folder: Option<PathBuf>) -> Place {
        let (accounts, project) = self.accounts();
        place(world, &accounts, &project, folder).await
    }
}

impl Scene {
    /// An example, from nothing.
    pub(crate) async fn create(example: &str) -> Self {
        let folder = root().join("examples").join(example);
        let spec = Spec { file: folder.join("privlink.kdl"), destroy: false, _folder: None };
        Self::of(format!("create {example}"), first_world(&folder.join("world.kdl")), spec).await
    }

    /// An example that is there, to nothing.
    pub(crate) async fn destroy(example: &str) -> Self {
        let folder = root().join("examples").join(example);
        let spec = Spec { file: folder.join("privlink.kdl"), destroy: false, _folder: None };
        let world = applied(&first_world(&folder.join("world.kdl")), &spec).await;
        Self::of(format!("destroy {example}"), world, Spec { destroy: true, ..spec }).await
    }

    /// Every form of target, each changed in its own way.
    pub(crate) async fn change() -> Self {
        let folder = root().join("testdata/forms");
        let edited = Arc::new(tempfile::tempdir().unwrap());
        copy(&folder, edited.path());
        let file = edited.path().join("privlink.kdl");
        let spec = Spec { file: file.clone(), destroy: false, _folder: Some(edited) };
        let world = applied(&first_world(&folder.join("world.kdl")), &spec).await;
        let mut text = std::fs::read_to_string(&file).unwrap();
        for (old, new) in [
            (
                "address \"172.31.12.59\" \"192.168.7.9\"\n    port 8080",
                "address \"172.31.12.60\" \"192.168.7.9\"\n    port 8088",
            ),
            ("path=\"/healthz\"", "path=\"/ready\""),
            ("allow-from \"10.0.0.0/8\" \"172.16.0.0/12\"", "allow-from \"10.0.0.0/9\""),
            ("    stage \"prod\"\n", "    stage \"production\"\n"),
            ("dedicated=#true", "dedicated=#false"),
        ] {
            assert!(text.contains(old), "{old:?} is not in the spec");
            text = text.replace(old, new);
        }
        std::fs::write(&file, text).unwrap();
        Self::of("change every form".to_owned(), world, spec).await
    }

    /// Plans, and carries out once with nothing going wrong.
    async fn of(name: String, world: World, spec: Spec) -> Self {
        let place = spec.place(&world, None).await;
        let before = place.sandbox.summary();
        let plan = spec.plan(&place).await.in_run("run");
        assert!(!plan.steps.is_empty(), "{name}: nothing to do: {:?}", plan.findings);
        let first = place.sandbox.requests();
        let store = crate::dying::Dying::never();
        let journal = Journal::begin(store.clone(), "run", b"{}", begun(&plan)).await.unwrap();
        let outcome = run(&place, journal).apply(&plan).await;
        assert_eq!(outcome, Outcome::Applied, "{name}");
        let mut calls = place.sandbox.requests();
        for (call, count) in first {
            *calls.entry(call).or_default() -= count;
        }
        calls.retain(|call, count| *count > 0 && is_mutating(call));
        let again = spec.plan(&place).await;
        assert_eq!(again.steps, Vec::new(), "{name}: apply, then plan, is empty");
        let after = place.sandbox.summary();
        Self { name, world, spec, plan, calls, appends: store.appends(), before, after }
    }

    /// Connects to a place anew, as another process does: with the one that died its connections are gone.
    pub(crate) async fn reconnect(&self, place: &mut Place) {
        let (accounts, project) = self.spec.accounts();
        place.cloud = connect(&place.sandbox, &accounts, &project).await;
    }

    pub(crate) async fn place(&self) -> Place {
        self.spec.place(&self.world, None).await
    }
}

fn is_mutating(call: &str) -> bool {
    let operation = call.rsplit(':').next().unwrap_or_default();
    !["Describe", "Get", "List", "Assume", "Simulate"].iter().any(|read| operation.starts_with(read))
}

/// The world after a spec was applied to it.
async fn applied(world: &World, spec: &Spec) -> World {
    let folder = tempfile::tempdir().unwrap();
    let place = spec.place(world, Some(folder.path().to_owned())).await;
    let plan = spec.plan(&place).await.in_run("first");
    let journal = Journal::in_memory();
    journal.record(Record::Begun(begun(&plan))).await.unwrap();
    assert_eq!(run(&place, journal).apply(&plan).await, Outcome::Applied);
    place.sandbox.stop().await.unwrap();
    World::load(folder.path()).unwrap().unwrap()
}
