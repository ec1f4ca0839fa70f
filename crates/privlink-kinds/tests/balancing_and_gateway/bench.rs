//! One sandbox with a network in it, a cloud that talks to it, and short words for what the tests do with it.

use std::collections::BTreeMap;
use std::time::Duration;

use privlink_kinds::{AwsCloud, ConnectOptions, KINDS};
use privlink_model::keys::{ADDRESS_TAG, PROJECT_TAG, load_balancer};
use privlink_model::{
    Access, Account, Address, Attrs, Cloud, CloudError, Observed, Operation, Progress, Query, Scope, Value, Write,
    Written,
};
use privlink_sandbox::{Options, Sandbox, World};

const ACCOUNT: &str = "222222222222";
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const VPC: &str = "vpc-0123456789abcdef0";
pub(crate) const SUBNET_A: &str = "subnet-0123456789abcdef0";
pub(crate) const SUBNET_B: &str = "subnet-0123456789abcdef1";
pub(crate) const GROUP: &str = "sg-0123456789abcdef0";
const PROJECT: &str = "shop";

const WORLD: &str = r#"
ambient account="222222222222"
account "222222222222" {
    region "us-east-1" {
        vpc "hub" id="vpc-0123456789abcdef0" cidr="10.0.0.0/16" {
            subnet "hub-a" id="subnet-0123456789abcdef0" cidr="10.0.1.0/24" az="us-east-1a" az-id="use1-az1"
            subnet "hub-b" id="subnet-0123456789abcdef1" cidr="10.0.2.0/24" az="us-east-1b" az-id="use1-az2"
            security-group "link" id="sg-0123456789abcdef0"
            load-balancer "orders-internal" type="network" scheme="internal" {
                subnets "hub-a" "hub-b"
                listener 80 protocol="TCP"
                tag "team" "orders"
            }
        }
    }
}
"#;

/// The sandbox and a cloud that talks to it.
pub(crate) struct Bench {
    pub(crate) cloud: AwsCloud,
    pub(crate) sandbox: Sandbox,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let world = World::from_kdl("world.kdl", WORLD, &Options { speed: 2000.0, seed: 1 }).unwrap();
        let sandbox = Sandbox::start(world, "127.0.0.1:0".parse().unwrap(), None).await.unwrap();
        let account =
            Account { name: "hub".into(), id: ACCOUNT.into(), region: REGION.into(), access: Access::Ambient };
        let cloud = AwsCloud::connect(ConnectOptions {
            accounts: vec![account],
            project: PROJECT.into(),
            endpoint: Some(sandbox.url()),
            credentials: Some(("AKIDSANDBOX".into(), "secret".into())),
            time_scale: 2000.0,
            parallelism: None,
        })
        .await;
        Self { cloud, sandbox }
    }

    /// Creates something of ours, and waits for it.
    pub(crate) async fn create(&self, kind: &'static str, address: &str, attrs: Attrs) -> String {
        let mut write = blank(Operation::Create, kind, address);
        write.after = attrs;
        write.tags = [(PROJECT_TAG, PROJECT), (ADDRESS_TAG, address)].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let written = self.write_when_free(&write).await.unwrap_or_else(|error| panic!("create {kind}: {error}"));
        self.settled(&write, &written.id).await;
        written.id
    }

    /// Tries to create something, once.
    pub(crate) async fn try_create(&self, kind: &'static str, attrs: Attrs) -> Result<Written, CloudError> {
        let mut write = blank(Operation::Create, kind, "try");
        write.after = attrs;
        self.cloud.write(&write).await
    }

    /// Changes some attributes of something that is there, and waits.
    pub(crate) async fn update(&self, kind: &'static str, id: &str, after: Attrs) {
        self.try_update(kind, id, after).await.unwrap_or_else(|error| panic!("update {kind}: {error}"));
    }

    pub(crate) async fn try_update(&self, kind: &'static str, id: &str, after: Attrs) -> Result<(), CloudError> {
        let before = self.read(kind, id, &after).await.unwrap();
        let mut write = blank(Operation::Update, kind, before.address().map_or("none", |address| address.as_str()));
        write.id = id.to_owned();
        write.changed = after.iter().map(|(key, _)| key.clone()).collect();
        write.after = before.attrs.clone();
        write.after.merge(&after);
        write.before = before.attrs;
        self.write_when_free(&write).await?;
        self.settled(&write, id).await;
        Ok(())
    }

    /// Deletes something, and waits until it is gone.
    pub(crate) async fn delete(&self, kind: &'static str, id: &str, before: Attrs) {
        let mut write = blank(Operation::Delete, kind, "none");
        write.id = id.to_owned();
        write.before = before;
        self.write_when_free(&write).await.unwrap_or_else(|error| panic!("delete {kind}: {error}"));
        self.settled(&write, id).await;
    }

    /// Tries to delete something, once.
    pub(crate) async fn try_delete(&self, kind: &'static str, id: &str) -> Result<(), CloudError> {
        self.try_delete_of(kind, id, Attrs::new()).await
    }

    /// The same, for kinds that are deleted by what they have.
    pub(crate) async fn try_delete_of(&self, kind: &'static str, id: &str, before: Attrs) -> Result<(), CloudError> {
        let mut write = blank(Operation::Delete, kind, "none");
        write.id = id.to_owned();
        write.before = before;
        self.cloud.write(&write).await.map(|_| ())
    }

    pub(crate) async fn read(&self, kind: &'static str, id: &str, attrs: &Attrs) -> Option<Observed> {
        self.cloud.read(&scope(), kind, id, attrs).await.unwrap_or_else(|error| panic!("read {kind}: {error}"))
    }

    /// What a gather lists of one kind.
    pub(crate) async fn list(&self, kind: &str) -> Vec<Observed> {
        self.list_for(kind, &[]).await
    }

    pub(crate) async fn list_for(&self, kind: &str, queries: &[Query]) -> Vec<Observed> {
        let mut read = self.cloud.gather(&scope(), PROJECT, queries).await;
        read.listings.remove(kind).unwrap().unwrap_or_else(|unread| panic!("{kind}: {unread:?}"))
    }

    /// Checks that what is listed of a kind is one object, at this address, that has these attributes, in the one form
    /// that the kind's schema gives them, and that reading it alone finds the same.
    pub(crate) async fn shows(&self, kind: &'static str, address: &str, attrs: &Attrs) -> Observed {
        let listed = self.list(kind).await;
        let [observed] = listed.as_slice() else { panic!("{kind}: {listed:#?}") };
        let schema = KINDS.get(kind).unwrap();
        for (key, value) in attrs.iter() {
            let wanted = (schema.attribute(key).unwrap().normalise)(value.clone());
            assert_eq!(observed.attrs.get(key), Some(&wanted), "{kind} {key}");
        }
        for (key, value) in observed.attrs.iter() {
            let attribute =
                schema.attribute(key).unwrap_or_else(|| panic!("{kind} has no attribute {key} in its schema"));
            assert_eq!((attribute.normalise)(value.clone()), *value, "{kind} {key} is not normalised");
            assert!(attribute.computed || attrs.get(key).is_some(), "{kind} {key} was not asked for: {value}");
        }
        assert_eq!(observed.address().map(Address::as_str), Some(address), "{kind}");
        let alone = self.read(kind, &observed.id, &observed.attrs).await.unwrap();
        assert_eq!(alone.digest(), observed.digest(), "{kind}: {alone:#?} {observed:#?}");
        alone
    }

    /// A network load balancer of ours.
    pub(crate) async fn load_balancer(&self, name: &str) -> String {
        self.create(load_balancer::KIND, "link/hub/load-balancer", balancer_attrs(name)).await
    }

    async fn write_when_free(&self, write: &Write) -> Result<Written, CloudError> {
        for _ in 0..600 {
            match self.cloud.write(write).await {
                Err(error) if error.class == privlink_model::ErrorClass::Busy => pause().await,
                answer => return answer,
            }
        }
        self.cloud.write(write).await
    }

    async fn settled(&self, write: &Write, id: &str) {
        let schema = KINDS.get(write.kind).unwrap();
        let wait = if write.operation == Operation::Delete { schema.gone } else { schema.ready };
        if wait.is_none() {
            return;
        }
        for _ in 0..600 {
            match self.cloud.settle(write, id).await.unwrap() {
                Progress::Done(_) => return,
                Progress::Pending(_) => pause().await,
                Progress::Failed(why) => panic!("{} {id}: {why}", write.kind),
            }
        }
        panic!("{} {id} never settles", write.kind);
    }
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

pub(crate) fn scope() -> Scope {
    Scope::new(ACCOUNT, REGION)
}

pub(crate) fn balancer_attrs(name: &str) -> Attrs {
    Attrs::new()
        .with(&load_balancer::NAME, name.to_owned())
        .with(&load_balancer::TYPE, "network".to_owned())
        .with(&load_balancer::SCHEME, "internal".to_owned())
        .with(&load_balancer::SUBNETS, vec![SUBNET_A.to_owned()])
        .with(&load_balancer::SECURITY_GROUPS, vec![GROUP.to_owned()])
}

/// A write of an operation, all else empty.
pub(crate) fn blank(operation: Operation, kind: &'static str, address: &str) -> Write {
    Write {
        address: Address::new(address),
        kind,
        scope: scope(),
        operation,
        id: String::new(),
        before: Attrs::new(),
        after: Attrs::new(),
        changed: Vec::new(),
        tags: BTreeMap::new(),
        token: "t".to_owned(),
    }
}

/// A text value, for maps.
pub(crate) fn text(text: &str) -> Value {
    Value::from(text)
}
