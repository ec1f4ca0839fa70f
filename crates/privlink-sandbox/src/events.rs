//! EventBridge: owns event buses, and what was put on them.
//!
//! Every account has the bus `default` in each region; others come from the world file. Nothing listens here: what is put is
//! kept and can be looked at. **Invariant:** as with AWS, an event for a bus that does not exist is answered as if it had
//! been put, and is gone (aws/aws-sdk#186, found again in 2025). Read next: `json_rpc.rs` for the protocol.

use crate::clock::Moment;
use crate::json_rpc::{Members, answer, operation, unknown};
use crate::wire::{Call, Fault, Reply};
use crate::world::World;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What there is to ask for.
pub(crate) const OPERATIONS: &[&str] = &["DescribeEventBus", "PutEvents"];

/// The bus that is always there.
const DEFAULT: &str = "default";
/// What a request may hold, and how many bytes its entries may have together.
const ENTRIES: usize = 10;
const SIZE: usize = 256 * 1024;

/// What EventBridge keeps for one account and region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// By name. The default bus is among them once something is put on it.
    pub(crate) buses: BTreeMap<String, EventBus>,
}

impl State {
    /// Tells whether there is nothing to keep.
    pub(crate) fn is_empty(&self) -> bool {
        self.buses.is_empty()
    }
}

/// An event bus.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct EventBus {
    /// The accounts whose own policies suffice for putting events here.
    pub(crate) allowed: BTreeSet<String>,
    pub(crate) events: Vec<Put>,
}

/// An event that was put.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Put {
    id: String,
    /// The account that put it.
    account: String,
    source: String,
    detail_type: String,
    detail: Value,
    resources: Vec<String>,
    created_at: Moment,
}

/// Where a bus is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    account: String,
    region: String,
    name: String,
}

impl Place {
    /// Reads a name, or an ARN.
    fn of(call: &Call, bus: &str) -> Place {
        match bus.split(':').collect::<Vec<_>>().as_slice() {
            ["arn", _, "events", region, account, bus] => Place {
                account: (*account).to_owned(),
                region: (*region).to_owned(),
                name: bus.strip_prefix("event-bus/").unwrap_or(bus).to_owned(),
            },
            _ => Place { account: call.account.clone(), region: call.region.clone(), name: bus.to_owned() },
        }
    }

    fn arn(&self) -> String {
        format!("arn:aws:events:{}:{}:event-bus/{}", self.region, self.account, self.name)
    }

    fn bus<'w>(&self, world: &'w World) -> Option<&'w EventBus> {
        world.scope(&self.account, &self.region).events.buses.get(&self.name)
    }

    fn exists(&self, world: &World) -> bool {
        self.name == DEFAULT || self.bus(world).is_some()
    }
}

/// Gives the ARN of a bus that a request names; of the default bus when it names none.
pub(crate) fn bus_arn(call: &Call, bus: Option<&str>) -> String {
    Place::of(call, bus.unwrap_or(DEFAULT)).arn()
}

/// Answers an EventBridge request.
pub(crate) fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    match operation(call) {
        "DescribeEventBus" => describe(world, call),
        "PutEvents" => put(world, call),
        other => Err(unknown(other)),
    }
}

fn describe(world: &World, call: &Call) -> Result<Reply, Fault> {
    let members = Members::of(call)?;
    let place = Place::of(call, members.text("Name")?.unwrap_or(DEFAULT));
    if place.account != call.account || !place.exists(world) {
        let message = format!("Event bus {} does not exist.", place.name);
        return Err(Fault::new(400, "ResourceNotFoundException", message));
    }
    Ok(answer(&json!({ "Name": place.name, "Arn": place.arn() })))
}

fn put(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let members = Members::of(call)?;
    let entries = members.list("Entries")?;
    if entries.is_empty() || entries.len() > ENTRIES {
        let bound = if entries.is_empty() { "greater than or equal to 1" } else { "less than or equal to 10" };
        return Err(validation(format!(
            "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length {bound}"
        )));
    }
    if entries.iter().map(size).sum::<Result<usize, Fault>>()? > SIZE {
        return Err(validation("Total size of the entries in the request is over the limit."));
    }
    let read: Vec<Result<(Place, Put), Fault>> = entries.iter().map(|entry| read(world, call, entry)).collect();
    // A request that has no whole entry fails as one.
    if read.iter().all(|entry| entry.as_ref().is_err_and(|fault| fault.code == "InvalidArgument"))
        && let Some(Err(fault)) = read.first()
    {
        return Err(validation(fault.message.clone()));
    }
    let failed = read.iter().filter(|entry| entry.is_err()).count();
    let mut results = Vec::new();
    for entry in read {
        results.push(match entry {
            Ok((place, put)) => {
                let result = json!({ "EventId": put.id });
                if place.exists(world) {
                    let state = &mut world.scope_mut(&place.account, &place.region).events;
                    state.buses.entry(place.name).or_default().events.push(put);
                }
                result
            }
            Err(fault) => json!({ "ErrorCode": fault.code, "ErrorMessage": fault.message }),
        });
    }
    Ok(answer(&json!({ "FailedEntryCount": failed, "Entries": results })))
}

/// Counts an entry's bytes as AWS does.
fn size(entry: &Members) -> Result<usize, Fault> {
    let time = if entry.moment("Time")?.is_some() { 14 } else { 0 };
    let texts = ["Source", "DetailType", "Detail"].into_iter().map(|key| Ok(entry.text(key)?.map_or(0, str::len)));
    let resources = entry.texts("Resources")?.into_iter().map(str::len).sum::<usize>();
    Ok(time + resources + texts.sum::<Result<usize, Fault>>()?)
}

/// Reads one entry, or says what is wrong with it.
fn read(world: &mut World, call: &Call, entry: &Members) -> Result<(Place, Put), Fault> {
    let required = |key: &str| {
        let missing = || invalid(format!("Parameter {key} is not valid. Reason: {key} is a required argument."));
        entry.text(key)?.filter(|text| !text.is_empty()).map(str::to_owned).ok_or_else(missing)
    };
    let (source, detail_type, detail) = (required("Source")?, required("DetailType")?, required("Detail")?);
    if detail_type.chars().count() > 128 {
        return Err(invalid("Parameter DetailType is not valid. Reason: It has more than 128 characters.".to_owned()));
    }
    if source.starts_with("aws.") {
        return Err(Fault::new(400, "NotAuthorizedForSourceException", "Not authorized for the source."));
    }
    let detail: Value = serde_json::from_str(&detail)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| Fault::new(400, "MalformedDetail", "Detail is malformed."))?;
    let place = Place::of(call, entry.text("EventBusName")?.unwrap_or(DEFAULT));
    let invited = |bus: &EventBus| bus.allowed.contains(&call.account);
    if place.account != call.account && !place.bus(world).is_some_and(invited) {
        let message = format!(
            "User: {} is not authorized to perform: events:PutEvents on resource: {} because no resource-based policy \
             allows the events:PutEvents action",
            call.principal_arn,
            place.arn()
        );
        return Err(Fault::new(400, "AccessDeniedException", message));
    }
    let put = Put {
        id: world.ids.uuid(),
        account: call.account.clone(),
        source,
        detail_type,
        detail,
        resources: entry.texts("Resources")?.into_iter().map(str::to_owned).collect(),
        created_at: entry.moment("Time")?.unwrap_or(world.now()),
    };
    Ok((place, put))
}

fn invalid(message: String) -> Fault {
    Fault::new(400, "InvalidArgument", message)
}

fn validation(message: impl Into<String>) -> Fault {
    Fault::new(400, "ValidationException", message)
}
