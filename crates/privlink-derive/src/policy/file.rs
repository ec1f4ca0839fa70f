//! Policies of the user's own: what in one cannot mean what it seems to, on a private API.
//!
//! Nothing here decides who may call. Each check is about one mistake that AWS accepts without a word.

use std::collections::BTreeSet;

use privlink_model::Finding;
use privlink_model::keys::endpoint;
use privlink_spec::document::{Api, PolicyFile, RouteAuth};
use serde_json::{Map, Value as Json};

use crate::context::{Context, origin};
use crate::entry;

type Statement = Map<String, Json>;

/// The key that says which endpoint a call came through.
const ENDPOINT: &str = "aws:SourceVpce";
/// The keys that tell VPCs and endpoints apart, by themselves or by whose they are.
const CONFINING: &[&str] =
    &[ENDPOINT, "aws:SourceVpc", "aws:SourceVpcArn", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths"];
/// The client's address as the endpoint rewrote it.
const ADDRESS: &str = "aws:SourceIp";

/// Checks a policy file's document.
pub(super) fn check(context: &mut Context<'_>, api: &Api, file: &PolicyFile, policy: &Json) {
    let statements = statements(policy);
    let place = origin(file.file.span);
    let name = &file.file.value;
    if statements.is_empty() {
        let message = format!("{name:?} has no statement, so AWS refuses it");
        let finding = Finding::error("privlink::policy::no-statement", message, place).labelled("no Statement");
        context.find(
            finding.helped("write \"Statement\": [ { \"Effect\": \"Allow\", … } ], or use allow instead of policy"),
        );
        return;
    }
    if is_open(&statements) {
        let message = format!("{name:?} lets every VPC in the region call API {:?}", api.name.value);
        let finding = Finding::warning("privlink::policy::open", message, place);
        context.find(
            finding.labelled("no condition on aws:SourceVpce or aws:SourceVpc").helped(
                "add a Deny with StringNotEquals aws:SourceVpce (or aws:SourceVpc), naming those that may call",
            ),
        );
    }
    if statements.iter().any(|statement| conditions(statement).any(|one| one.key.eq_ignore_ascii_case(ADDRESS))) {
        let message =
            format!("{name:?} has a condition on {ADDRESS}, which is not the client's address on a private API");
        let finding = Finding::warning("privlink::policy::source-ip", message, place);
        context.find(finding.labelled("never the client's").helped("write aws:VpcSourceIp instead"));
    }
    let unsigned = api.routes.iter().any(|route| route.auth.as_ref().is_none_or(|auth| auth.value != RouteAuth::Iam));
    if let Some(principal) = statements.iter().find_map(named_principal).filter(|_| unsigned) {
        let message = format!("{name:?} names the principal {principal}, and calls to routes without auth have none");
        let finding = Finding::warning("privlink::policy::signed-principal", message, place);
        context.find(finding.labelled("never matches").helped(
            "write \"Principal\": \"*\" and tell callers apart by aws:SourceVpce, aws:SourceVpc or aws:VpcSourceIp",
        ));
    }
    check_endpoints(context, api, file, &statements);
}

/// Compares the endpoints that a policy names with the API's entries, as far as these exist.
fn check_endpoints(context: &mut Context<'_>, api: &Api, file: &PolicyFile, statements: &[&Statement]) {
    let confining: Vec<Condition<'_>> = statements.iter().flat_map(|statement| confining(statement)).collect();
    let by_endpoint = confining.iter().filter(|one| one.key.eq_ignore_ascii_case(ENDPOINT));
    let named: BTreeSet<&str> = by_endpoint.flat_map(Condition::values).collect();
    let Some(mut entries) = entries(context, api) else { return };
    let is_entry = |name: &str| entries.iter().any(|(_, id)| id.as_deref() == Some(name));
    let is_exact = |name: &str| !name.contains(['*', '?', '$']);
    let place = origin(file.file.span);
    let (policy, api) = (&file.file.value, &api.name.value);
    let unknown: Vec<&str> = named.iter().copied().filter(|name| is_exact(name) && !is_entry(name)).collect();
    if !unknown.is_empty() {
        let message = format!("{policy:?} names {}, which is no entry of API {api:?}", unknown.join(", "));
        let finding = Finding::warning("privlink::policy::unknown-endpoint", message, place);
        context.find(finding.labelled("another endpoint").helped(format!(
            "its entries are {}; an entry's id is new when it is made, so name its VPC by aws:SourceVpc, or leave the \
             policy to privlink with allow",
            describe(&entries)
        )));
    }
    // Who names endpoints and nothing wider means that all others stay out.
    let wider = confining.iter().any(|one| !one.key.eq_ignore_ascii_case(ENDPOINT));
    if named.is_empty() || wider || !named.iter().all(|name| is_exact(name)) {
        return;
    }
    entries.retain(|(_, id)| id.as_deref().is_none_or(|id| !named.contains(id)));
    if !entries.is_empty() {
        let message = format!("{policy:?} tells endpoints apart and does not name {}", describe(&entries));
        let finding = Finding::warning("privlink::policy::entry-left-out", message, place);
        context.find(finding.labelled("an entry is missing").helped(
            "add its id once it is made, name its VPC by aws:SourceVpc, or leave the policy to privlink with allow",
        ));
    }
}

/// `vpce-0a1b2c3d (network "hub")` of each, comma separated.
fn describe(entries: &[(String, Option<String>)]) -> String {
    let each = entries.iter().map(|(network, id)| match id {
        Some(id) => format!("{id} (network {network:?})"),
        None => format!("the one in network {network:?}, which is not made yet"),
    });
    each.collect::<Vec<_>>().join(", ")
}

/// Network and id of every entry of an API, without the id while there is none; none when they could not be read.
fn entries(context: &Context<'_>, api: &Api) -> Option<Vec<(String, Option<String>)>> {
    let mut entries = Vec::new();
    for entry in &api.entries {
        let network = &entry.network.value;
        let scope = &context.vpcs.get(network)?.scope;
        context.snapshot.list(scope, endpoint::KIND).ok()?;
        let live = context.ours(scope, endpoint::KIND, &entry::address(network));
        entries.push((network.clone(), live.map(|live| live.id.clone())));
    }
    Some(entries)
}

fn statements(policy: &Json) -> Vec<&Statement> {
    match policy.get("Statement") {
        Some(Json::Array(statements)) => statements.iter().filter_map(Json::as_object).collect(),
        Some(Json::Object(statement)) => vec![statement],
        _ => Vec::new(),
    }
}

/// One operator and key of a statement, and the values it compares with.
struct Condition<'p> {
    operator: &'p str,
    key: &'p str,
    value: &'p Json,
}

impl<'p> Condition<'p> {
    fn values(&self) -> Vec<&'p str> {
        match self.value {
            Json::Array(values) => values.iter().filter_map(Json::as_str).collect(),
            value => value.as_str().into_iter().collect(),
        }
    }

    /// Whether its values are ones to compare with: those of `Null` are not.
    fn compares(&self) -> bool {
        self.operator.contains("String") || self.operator.contains("Arn")
    }

    /// Whether it holds for calls through some VPCs or endpoints and not through others.
    fn tells_vpcs_apart(&self) -> bool {
        self.compares()
            && CONFINING.iter().any(|key| self.key.eq_ignore_ascii_case(key))
            && !self.values().contains(&"*")
    }

    fn is_negated(&self) -> bool {
        self.operator.contains("Not")
    }
}

fn conditions(statement: &Statement) -> impl Iterator<Item = Condition<'_>> {
    let operators = statement.get("Condition").and_then(Json::as_object).into_iter().flatten();
    operators.flat_map(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.map(move |(key, value)| Condition { operator, key, value })
    })
}

fn has_effect(statement: &Statement, effect: &str) -> bool {
    statement.get("Effect").and_then(Json::as_str) == Some(effect)
}

/// The conditions by which a statement lets some VPCs or endpoints in, and no others.
fn confining(statement: &Statement) -> impl Iterator<Item = Condition<'_>> {
    let (allows, denies) = (has_effect(statement, "Allow"), has_effect(statement, "Deny"));
    conditions(statement).filter(move |one| one.tells_vpcs_apart() && if one.is_negated() { denies } else { allows })
}

/// Whether something is allowed to everybody that nothing confines to some VPCs.
fn is_open(statements: &[&Statement]) -> bool {
    let confines = |statement: &&Statement| confining(statement).next().is_some();
    let denied = statements.iter().any(|statement| has_effect(statement, "Deny") && confines(statement));
    let mut allowed = statements.iter().filter(|statement| has_effect(statement, "Allow"));
    !denied && allowed.any(|statement| named_principal(statement).is_none() && !confines(statement))
}

/// A principal of a statement that is not everybody: calls that are not signed have none.
fn named_principal<'p>(statement: &&'p Statement) -> Option<&'p str> {
    let names = match statement.get("Principal")? {
        Json::Object(kinds) => kinds.values().collect(),
        other => vec![other],
    };
    let texts = names.into_iter().flat_map(|names| match names {
        Json::Array(names) => names.iter().filter_map(Json::as_str).collect::<Vec<_>>(),
        name => name.as_str().into_iter().collect(),
    });
    let named: Vec<&str> = texts.collect();
    if named.contains(&"*") { None } else { named.first().copied() }
}
