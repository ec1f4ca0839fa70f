//! The whole of a saved plan: header, accounts, look-ups, steps.

use std::collections::BTreeMap;
use std::time::Duration;

use privlink_model::{
    Access, Account, Address, ChangeSet, Kinds, Op, Phase, Plan, Query, Role, Selector, Settle, Step, StepId, Undo,
    UndoOp,
};
use serde::{Deserialize, Serialize};

use super::change::{ChangeFile, FindingFile};
use super::value::{AttrsFile, ScopeFile, attrs, attrs_file};
use super::{DecodeError, FORMAT, VERSION, kind, mirror};

mirror!(PhaseFile of Phase { Add, Remove });

mirror!(UndoOpFile of UndoOp { Delete, Restore, Recreate, Nothing });

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PlanFile {
    format: String,
    format_version: String,
    project: String,
    id: String,
    accounts: Vec<AccountFile>,
    queries: Vec<(ScopeFile, Vec<QueryFile>)>,
    objects: BTreeMap<String, String>,
    changes: Vec<ChangeFile>,
    steps: Vec<StepFile>,
    findings: Vec<FindingFile>,
    eta: Option<(Duration, String)>,
}

impl PlanFile {
    pub(super) fn of(plan: &Plan) -> Self {
        let Plan { project, id, accounts, queries, objects, changes, steps, findings, eta } = plan;
        Self {
            format: FORMAT.to_owned(),
            format_version: VERSION.to_owned(),
            project: project.clone(),
            id: id.clone(),
            accounts: accounts.iter().map(AccountFile::from).collect(),
            queries: queries
                .iter()
                .map(|(scope, queries)| (scope.into(), queries.iter().map(QueryFile::from).collect()))
                .collect(),
            objects: objects.clone(),
            changes: changes.changes.iter().map(ChangeFile::from).collect(),
            steps: steps.iter().map(StepFile::from).collect(),
            findings: findings.iter().map(FindingFile::from).collect(),
            eta: eta.clone(),
        }
    }

    pub(super) fn into_plan(self, kinds: &Kinds) -> Result<Plan, DecodeError> {
        let changes: Result<_, _> = self.changes.into_iter().map(|change| change.into_change(kinds)).collect();
        let steps: Result<_, _> = self.steps.into_iter().map(|step| step.into_step(kinds)).collect();
        Ok(Plan {
            project: self.project,
            id: self.id,
            accounts: self.accounts.into_iter().map(Into::into).collect(),
            queries: self
                .queries
                .into_iter()
                .map(|(scope, queries)| (scope.into(), queries.into_iter().map(Into::into).collect()))
                .collect(),
            objects: self.objects,
            changes: ChangeSet { changes: changes? },
            steps: steps?,
            findings: self.findings.into_iter().map(Into::into).collect(),
            eta: self.eta,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct AccountFile {
    name: String,
    id: String,
    region: String,
    access: AccessFile,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AccessFile {
    Ambient,
    Profile(String),
    Role { arn: String, external_id: Option<String>, session_name: String, mfa: Option<String> },
}

impl From<&Account> for AccountFile {
    fn from(account: &Account) -> Self {
        let Account { name, id, region, access } = account;
        let access = match access {
            Access::Ambient => AccessFile::Ambient,
            Access::Profile(name) => AccessFile::Profile(name.clone()),
            Access::Role(Role { arn, external_id, session_name, mfa }) => AccessFile::Role {
                arn: arn.clone(),
                external_id: external_id.clone(),
                session_name: session_name.clone(),
                mfa: mfa.clone(),
            },
        };
        Self { name: name.clone(), id: id.clone(), region: region.clone(), access }
    }
}

impl From<AccountFile> for Account {
    fn from(file: AccountFile) -> Self {
        let access = match file.access {
            AccessFile::Ambient => Access::Ambient,
            AccessFile::Profile(name) => Access::Profile(name),
            AccessFile::Role { arn, external_id, session_name, mfa } => {
                Access::Role(Role { arn, external_id, session_name, mfa })
            }
        };
        Self { name: file.name, id: file.id, region: file.region, access }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum QueryFile {
    Vpc(SelectorFile),
    LoadBalancer(SelectorFile),
    EndpointService(String),
    TransitGateway(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SelectorFile {
    Id(String),
    Name(String),
    Tag { key: String, value: String },
}

impl From<&Selector> for SelectorFile {
    fn from(selector: &Selector) -> Self {
        match selector {
            Selector::Id(id) => Self::Id(id.clone()),
            Selector::Name(name) => Self::Name(name.clone()),
            Selector::Tag { key, value } => Self::Tag { key: key.clone(), value: value.clone() },
        }
    }
}

impl From<SelectorFile> for Selector {
    fn from(file: SelectorFile) -> Self {
        match file {
            SelectorFile::Id(id) => Self::Id(id),
            SelectorFile::Name(name) => Self::Name(name),
            SelectorFile::Tag { key, value } => Self::Tag { key, value },
        }
    }
}

impl From<&Query> for QueryFile {
    fn from(query: &Query) -> Self {
        match query {
            Query::Vpc(selector) => Self::Vpc(selector.into()),
            Query::LoadBalancer(selector) => Self::LoadBalancer(selector.into()),
            Query::EndpointService(name) => Self::EndpointService(name.clone()),
            Query::TransitGateway(id) => Self::TransitGateway(id.clone()),
        }
    }
}

impl From<QueryFile> for Query {
    fn from(file: QueryFile) -> Self {
        match file {
            QueryFile::Vpc(selector) => Self::Vpc(selector.into()),
            QueryFile::LoadBalancer(selector) => Self::LoadBalancer(selector.into()),
            QueryFile::EndpointService(name) => Self::EndpointService(name),
            QueryFile::TransitGateway(id) => Self::TransitGateway(id),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum OpFile {
    Create { attrs: AttrsFile, tags: BTreeMap<String, String> },
    Update { id: String, before: AttrsFile, after: AttrsFile, changed: Vec<String>, phase: Option<PhaseFile> },
    Delete { id: String, before: AttrsFile },
    Wait { id: String, before: AttrsFile },
}

impl From<&Op> for OpFile {
    fn from(op: &Op) -> Self {
        match op {
            Op::Create { attrs, tags } => Self::Create { attrs: attrs_file(attrs), tags: tags.clone() },
            Op::Update { id, before, after, changed, phase } => Self::Update {
                id: id.clone(),
                before: attrs_file(before),
                after: attrs_file(after),
                changed: changed.clone(),
                phase: phase.map(PhaseFile::from),
            },
            Op::Delete { id, before } => Self::Delete { id: id.clone(), before: attrs_file(before) },
            Op::Wait { id, before } => Self::Wait { id: id.clone(), before: attrs_file(before) },
        }
    }
}

impl From<OpFile> for Op {
    fn from(file: OpFile) -> Self {
        match file {
            OpFile::Create { attrs: file, tags } => Self::Create { attrs: attrs(file), tags },
            OpFile::Update { id, before, after, changed, phase } => {
                Self::Update { id, before: attrs(before), after: attrs(after), changed, phase: phase.map(Into::into) }
            }
            OpFile::Delete { id, before } => Self::Delete { id, before: attrs(before) },
            OpFile::Wait { id, before } => Self::Wait { id, before: attrs(before) },
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum UndoFile {
    Exact(UndoOpFile),
    Recreate { loses: String },
    None { why: String },
}

#[derive(Debug, Serialize, Deserialize)]
struct SettleFile {
    until: String,
    typical: Duration,
    limit: Duration,
    poll: Duration,
}

#[derive(Debug, Serialize, Deserialize)]
struct StepFile {
    id: u32,
    address: String,
    kind: String,
    scope: ScopeFile,
    op: OpFile,
    call: String,
    needs: Vec<u32>,
    undo: UndoFile,
    settle: Option<SettleFile>,
    token: String,
    outage: Option<String>,
}

impl From<&Step> for StepFile {
    fn from(step: &Step) -> Self {
        let Step { id, address, kind, scope, op, call, needs, undo, settle, token, outage } = step;
        Self {
            id: id.0,
            address: address.as_str().to_owned(),
            kind: (*kind).to_owned(),
            scope: scope.into(),
            op: op.into(),
            call: call.clone(),
            needs: needs.iter().map(|need| need.0).collect(),
            undo: match undo {
                Undo::Exact(op) => UndoFile::Exact((*op).into()),
                Undo::Recreate { loses } => UndoFile::Recreate { loses: loses.clone() },
                Undo::None { why } => UndoFile::None { why: why.clone() },
            },
            settle: settle.as_ref().map(|settle| SettleFile {
                until: settle.until.clone(),
                typical: settle.typical,
                limit: settle.limit,
                poll: settle.poll,
            }),
            token: token.clone(),
            outage: outage.clone(),
        }
    }
}

impl StepFile {
    fn into_step(self, kinds: &Kinds) -> Result<Step, DecodeError> {
        Ok(Step {
            id: StepId(self.id),
            address: Address::new(self.address),
            kind: kind(&self.kind, kinds)?,
            scope: self.scope.into(),
            op: self.op.into(),
            call: self.call,
            needs: self.needs.into_iter().map(StepId).collect(),
            undo: match self.undo {
                UndoFile::Exact(op) => Undo::Exact(op.into()),
                UndoFile::Recreate { loses } => Undo::Recreate { loses },
                UndoFile::None { why } => Undo::None { why },
            },
            settle: self.settle.map(|settle| Settle {
                until: settle.until,
                typical: settle.typical,
                limit: settle.limit,
                poll: settle.poll,
            }),
            token: self.token,
            outage: self.outage,
        })
    }
}
