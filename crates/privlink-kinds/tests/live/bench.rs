//! A sandbox with two accounts, and short ways to write, wait and read there.

use std::collections::BTreeMap;
use std::time::Duration;

use privlink_kinds::{AwsCloud, ConnectOptions};
use privlink_model::keys::{ADDRESS_TAG, PROJECT_TAG};
use privlink_model::{
    Access, Account, Address, Attrs, Cloud, CloudError, ErrorClass, Observed, Operation, Progress, Query, Role, Scope,
    ScopeSnapshot, Selector, Write, Written,
};
use privlink_sandbox::{Options, Sandbox, World};

/// How many times as fast as AWS the sandbox is.
const SPEED: f64 = 2000.0;

const WORLD: &str = r#"
ambient account="000000000000"
account "222222222222" {
    role "deployer"
    region "us-east-1" {
        transit-gateway "tgw-0123456789abcdef0"
        vpc "hub" cidr="10.0.0.0/16" {
            subnet "hub-a" cidr="10.0.1.0/24" az="us-east-1a" az-id="use1-az1"
            subnet "hub-b" cidr="10.0.2.0/24" az="us-east-1b" az-id="use1-az2"
            route-table "private" main=#true {
                route "172.31.0.0/16" transit-gateway="tgw-0123456789abcdef0"
            }
        }
        vpc "other" cidr="10.9.0.0/16"
        transit-gateway-attachment "tgw-0123456789abcdef0" vpc="hub" {
            subnets "hub-a" "hub-b"
        }
    }
}
account "111111111111" {
    role "deployer"
    region "us-east-1" {
        vpc "app" cidr="10.1.0.0/16" {
            subnet "app-a" cidr="10.1.1.0/24" az="us-east-1a" az-id="use1-az1"
            subnet "app-b" cidr="10.1.2.0/24" az="us-east-1b" az-id="use1-az2"
            load-balancer "orders" type="network" scheme="internal" {
                subnets "app-a" "app-b"
                listener 80 protocol="TCP"
            }
            security-group "guard"
            load-balancer "guarded" type="network" scheme="internal" {
                subnets "app-a"
                listener 80 protocol="TCP"
                security-groups "guard"
            }
        }
    }
}
"#;

pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) cloud: AwsCloud,
    pub(crate) hub: Scope,
    pub(crate) app: Scope,
}

pub(crate) fn account(id: &str, role: &str) -> Account {
    let role = Role {
        arn: format!("arn:aws:iam::{id}:role/{role}"),
        external_id: None,
        session_name: "privlink".to_owned(),
        mfa: None,
    };
    Account { name: format!("a{id}"), id: id.to_owned(), region: "us-east-1".to_owned(), access: Access::Role(role) }
}

pub(crate) fn options(accounts: Vec<Account>, endpoint: &str) -> ConnectOptions {
    ConnectOptions {
        accounts,
        project: "shop".to_owned(),
        endpoint: Some(endpoint.to_owned()),
        credentials: Some(("AKIAEXAMPLE".to_owned(), "secret".to_owned())),
        time_scale: SPEED,
        parallelism: None,
    }
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let world = World::from_kdl("world.kdl", WORLD, &Options { speed: SPEED, seed: 7 }).unwrap();
        let sandbox = Sandbox::start(world, "127.0.0.1:0".parse().unwrap(), None).await.unwrap();
        let accounts = vec![account("222222222222", "deployer"), account("111111111111", "deployer")];
        let cloud = AwsCloud::connect(options(accounts, &sandbox.url())).await;
        let (hub, app) = (Scope::new("222222222222", "us-east-1"), Scope::new("111111111111", "us-east-1"));
        Self { sandbox, cloud, hub, app }
    }

    pub(crate) async fn gather(&self, scope: &Scope, queries: &[Query]) -> ScopeSnapshot {
        self.cloud.gather(scope, "shop", queries).await
    }

    /// The ids of a VPC and of its subnets.
    pub(crate) async fn network(&self, scope: &Scope, name: &str) -> (String, Vec<String>) {
        let snapshot = self.gather(scope, &[Query::Vpc(Selector::Name(name.to_owned()))]).await;
        let vpc = listing(&snapshot, "vpc").first().unwrap().id.clone();
        (vpc, listing(&snapshot, "subnet").iter().map(|subnet| subnet.id.clone()).collect())
    }

    /// Makes something and waits until it is usable; tries again while AWS says to.
    pub(crate) async fn create(
        &self,
        scope: &Scope,
        kind: &'static str,
        address: &str,
        after: Attrs,
    ) -> (Write, Attrs) {
        let write = create(scope, kind, address, after);
        let written = self.write(&write).await.unwrap();
        let mut attrs = written.attrs;
        attrs.merge(&self.settle(&write, &written.id).await.unwrap());
        (Write { id: written.id, ..write }, attrs)
    }

    pub(crate) async fn write(&self, write: &Write) -> Result<Written, CloudError> {
        for _ in 0..500 {
            match self.cloud.write(write).await {
                Err(error) if error.class == ErrorClass::Busy => tokio::time::sleep(Duration::from_millis(10)).await,
                other => return other,
            }
        }
        self.cloud.write(write).await
    }

    /// Waits for the end of a write: its attributes, or AWS's reason.
    pub(crate) async fn settle(&self, write: &Write, id: &str) -> Result<Attrs, String> {
        for _ in 0..500 {
            match self.cloud.settle(write, id).await.unwrap() {
                Progress::Done(attrs) => return Ok(attrs),
                Progress::Failed(reason) => return Err(reason),
                Progress::Pending(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        Err("it never settled".to_owned())
    }

    /// Deletes what a create made, twice: the second time it is already gone.
    pub(crate) async fn delete(&self, made: &Write) {
        let write =
            Write { operation: Operation::Delete, before: made.after.clone(), after: Attrs::new(), ..made.clone() };
        for _ in 0..2 {
            self.write(&write).await.unwrap();
            self.settle(&write, &write.id).await.unwrap();
        }
        assert_eq!(self.read(made).await, None);
    }

    pub(crate) async fn read(&self, made: &Write) -> Option<Observed> {
        self.cloud.read(&made.scope, made.kind, &made.id, &made.after).await.unwrap()
    }
}

pub(crate) fn create(scope: &Scope, kind: &'static str, address: &str, after: Attrs) -> Write {
    let tags = [(PROJECT_TAG, "shop"), (ADDRESS_TAG, address)];
    Write {
        address: Address::new(address),
        kind,
        scope: scope.clone(),
        operation: Operation::Create,
        id: String::new(),
        before: Attrs::new(),
        after,
        changed: Vec::new(),
        tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect::<BTreeMap<_, _>>(),
        token: format!("token-of-{address}").replace('/', "-"),
    }
}

pub(crate) fn listing<'a>(snapshot: &'a ScopeSnapshot, kind: &str) -> &'a [Observed] {
    match snapshot.listings.get(kind) {
        Some(Ok(objects)) => objects,
        other => panic!("no listing of {kind}: {other:?}"),
    }
}
