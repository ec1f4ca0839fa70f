//! EventBridge: owns event buses, and what was put on them.
//!
//! Every account has the bus `default` in each region; others come from the world file. Nothing listens here: what is put is
//! kept and can be looked at. **Invariant:** as with AWS, an event for a bus that does not exist is answered as if it had
//! been put, and is gone (aws/aws-sdk#186, found again in 2025). Read next: `json_rpc.rs` for the protocol.

pub(crate) mod state;

use crate::json_rpc::{Members, answer, operation, unknown};
use crate::wire::{Call, Fault, Reply};
use crate::world::World;
use serde_json::{Value, json};
use state::{EventBus, Put};

/// What there is to ask for.
pub(crate) const OPERATIONS: &[&str] = &["DescribeEventBus", "PutEvents"];

/// The bus that is always there.
const DEFAULT: &str = "default";
/// What a request may hold, and how many bytes its entries may have together.
const ENTRIES: usize = 10;
const SIZE: usize = 256 * 1024;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Options;

    const HERE: &str = "222222222222";
    const THERE: &str = "111111111111";

    fn world() -> World {
        let text = format!(
            "account \"{HERE}\" {{\n    region \"us-east-1\" {{ event-bus \"news\"; }}\n}}\naccount \"{THERE}\" {{\n    region \"us-east-1\" {{ event-bus \"open\" {{ allow \"{HERE}\"; }}; event-bus \"closed\"; }}\n}}\n"
        );
        World::from_kdl("world.kdl", &text, &Options { speed: 0.0, seed: 1 }).unwrap()
    }

    fn ask(world: &mut World, operation: &str, body: &Value) -> Result<Value, Fault> {
        let call = Call {
            account: HERE.to_owned(),
            region: "us-east-1".to_owned(),
            principal_arn: format!("arn:aws:iam::{HERE}:user/x"),
            headers: vec![("x-amz-target".to_owned(), format!("AWSEvents.{operation}"))],
            body: body.to_string().into_bytes(),
            ..Call::default()
        };
        handle(world, &call).map(|reply| serde_json::from_slice(&reply.body).unwrap())
    }

    fn entry(bus: &str) -> Value {
        json!({ "EventBusName": bus, "Source": "s", "DetailType": "t", "Detail": "{\"a\":1}" })
    }

    fn with(key: &str, value: Value) -> Value {
        let mut entry = entry("news");
        entry[key] = value;
        entry
    }

    /// The codes of the entries of one request; none for those that were put.
    fn codes(world: &mut World, entries: Vec<Value>) -> Vec<Option<String>> {
        let answer = ask(world, "PutEvents", &json!({ "Entries": entries })).unwrap();
        let results = answer["Entries"].as_array().unwrap();
        let codes: Vec<Option<String>> =
            results.iter().map(|result| result["ErrorCode"].as_str().map(str::to_owned)).collect();
        assert_eq!(answer["FailedEntryCount"], json!(codes.iter().flatten().count()));
        assert!(results.iter().all(|result| result["ErrorCode"].is_null() == result["EventId"].is_string()));
        codes
    }

    fn kept(world: &World, account: &str, bus: &str) -> usize {
        world.scope(account, "us-east-1").events.buses.get(bus).map_or(0, |bus| bus.events.len())
    }

    #[test]
    fn events_reach_their_bus_and_those_for_none_are_lost_without_a_word() {
        let mut world = world();
        let open = format!("arn:aws:events:us-east-1:{THERE}:event-bus/open");
        let mut plain = entry("default");
        plain.as_object_mut().unwrap().remove("EventBusName");
        let put = codes(&mut world, vec![plain, entry("default"), entry("news"), entry("nowhere"), entry(&open)]);
        assert_eq!(put, vec![None; 5]);
        assert_eq!(
            [kept(&world, HERE, "default"), kept(&world, HERE, "news"), kept(&world, HERE, "nowhere")],
            [2, 1, 0]
        );
        assert_eq!(kept(&world, THERE, "open"), 1);
    }

    #[test]
    fn each_entry_fails_on_its_own() {
        let mut world = world();
        let failed = codes(
            &mut world,
            vec![
                entry("news"),
                with("Source", json!("")),
                with("DetailType", json!("x".repeat(129))),
                with("Source", json!("aws.ec2")),
                with("Detail", json!("[1]")),
                with("Detail", json!("{")),
                entry(&format!("arn:aws:events:us-east-1:{THERE}:event-bus/closed")),
                entry(&format!("arn:aws:events:us-east-1:{THERE}:event-bus/default")),
            ],
        );
        let code = |code: &str| Some(code.to_owned());
        let (invalid, denied, malformed) =
            (code("InvalidArgument"), code("AccessDeniedException"), code("MalformedDetail"));
        let source = code("NotAuthorizedForSourceException");
        let expected = [None, invalid.clone(), invalid, source, malformed.clone(), malformed, denied.clone(), denied];
        assert_eq!(failed, expected);
        assert_eq!(kept(&world, HERE, "news"), 1);
    }

    #[test]
    fn requests_that_cannot_be_fail_as_one() {
        let mut world = world();
        let mut refused = |entries: Vec<Value>| {
            ask(&mut world, "PutEvents", &json!({ "Entries": entries })).map_err(|fault| fault.code)
        };
        let validation = Err("ValidationException".to_owned());
        assert_eq!(refused(Vec::new()), validation);
        assert_eq!(refused(vec![entry("news"); 11]), validation);
        assert_eq!(refused(vec![with("Source", Value::Null)]), validation);
        // Source, type and what is around the text take ten bytes.
        let padded = |size: usize| with("Detail", json!(format!("{{\"a\":\"{}\"}}", "x".repeat(size - 10))));
        assert!(refused(vec![padded(SIZE)]).is_ok());
        assert_eq!(refused(vec![padded(SIZE + 1)]), validation);
        assert_eq!(refused(vec![padded(SIZE / 2), padded(SIZE / 2 + 1)]), validation);
        assert_eq!(refused(vec![json!(7)]), Err("SerializationException".to_owned()));
    }

    #[test]
    fn only_an_accounts_own_buses_can_be_described() {
        let mut world = world();
        let mut told = |name: Value| ask(&mut world, "DescribeEventBus", &json!({ "Name": name })).map_err(|f| f.code);
        let arn = |account: &str, name: &str| format!("arn:aws:events:us-east-1:{account}:event-bus/{name}");
        assert_eq!(told(json!("news")), Ok(json!({ "Name": "news", "Arn": arn(HERE, "news") })));
        assert_eq!(told(json!(arn(HERE, "news"))).unwrap()["Name"], "news");
        assert_eq!(told(Value::Null).unwrap()["Arn"], json!(arn(HERE, "default")));
        let absent = Err("ResourceNotFoundException".to_owned());
        assert_eq!(told(json!("nowhere")), absent);
        assert_eq!(told(json!(arn(THERE, "open"))), absent);
        assert_eq!(ask(&mut world, "ListRules", &json!({})).unwrap_err().code, "UnknownOperationException");
    }
}
