//! `schema permissions`: the IAM policies that the accounts of a spec need, to be read, to be checked for drift, and to carry out
//! a saved plan.
//!
//! Owns: which accounts, and the form. Refuses to know: what is needed (see `privlink-kinds`). Calls nothing.

use privlink_kinds::permissions;
use privlink_kinds::policy_document::{MANAGED_LIMIT, PolicyDocument};
use privlink_model::{Account, Scope};
use serde_json::{Map, Value as Json};

use crate::cli::{Format, PermissionsArgs};
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::streams::Streams;
use crate::{plan_file, prepare};

/// The policy of each account, by its name in the spec.
type Policies = Vec<(String, PolicyDocument)>;

pub(crate) fn run(args: &PermissionsArgs, streams: &Streams) -> Result<Exit, Failure> {
    let policies = match &args.plan {
        Some(path) => {
            let plan = plan_file::open(path)?;
            let policy = |account| permissions::plan_policy(account, &plan);
            plan.accounts.iter().map(|account| (account.name.clone(), policy(account))).collect()
        }
        None => match of_spec(args, streams)? {
            Some(policies) => policies,
            None => return Ok(exit_code::ERROR),
        },
    };
    let chosen = choose(policies, args.account.as_deref())?;
    streams.out.line(&format!("{:#}", json(&chosen)));
    for (name, policy) in &chosen {
        let documents = policy.documents().len();
        if documents > 1 {
            streams.err.line(&format!(
                "The policy of {name} is a list of {documents} documents: IAM takes {MANAGED_LIMIT} characters for one. \
                 Attach each of them as a policy of its own."
            ));
        }
    }
    Ok(exit_code::DONE)
}

/// What reading takes, and a check for drift where that is asked for; none when the spec has errors, which are told.
fn of_spec(args: &PermissionsArgs, streams: &Streams) -> Result<Option<Policies>, Failure> {
    let Some(loaded) = prepare::load(&args.spec, Format::Text, streams) else { return Ok(None) };
    let Some(project) = loaded.document.project.as_ref().map(|project| project.name.value.clone()) else {
        return Ok(None);
    };
    let queries = privlink_derive::queries(&loaded.document);
    let accounts = privlink_derive::accounts(&loaded.document);
    let told = match &args.event_bus {
        Some(at) => Some((at.account(&accounts)?, at.bus.as_str())),
        None => None,
    };
    let policy = |account: &Account| {
        let asked = queries.get(&Scope::new(&account.id, &account.region)).map(Vec::as_slice).unwrap_or_default();
        if !args.drift {
            return permissions::gather_policy(account, &project, asked);
        }
        let bus = told.filter(|(teller, _)| *teller == account).map(|(_, bus)| bus);
        permissions::drift_policy(account, &project, asked, bus)
    };
    Ok(Some(accounts.iter().map(|account| (account.name.clone(), policy(account))).collect()))
}

fn choose(policies: Policies, account: Option<&str>) -> Result<Policies, Failure> {
    let Some(wanted) = account else { return Ok(policies) };
    let known: Vec<String> = policies.iter().map(|(name, _)| name.clone()).collect();
    match policies.into_iter().find(|(name, _)| name == wanted) {
        Some(chosen) => Ok(vec![chosen]),
        None => Err(Failure::Account { name: wanted.to_owned(), known }),
    }
}

/// The document of one account as it can be pasted; those of several by the accounts' names.
fn json(policies: &Policies) -> Json {
    let of = |policy: &PolicyDocument| {
        let mut documents = policy.documents();
        if documents.len() == 1 { documents.remove(0) } else { Json::Array(documents) }
    };
    match policies.as_slice() {
        [(_, one)] => of(one),
        all => Json::Object(all.iter().map(|(name, policy)| (name.clone(), of(policy))).collect::<Map<_, _>>()),
    }
}
