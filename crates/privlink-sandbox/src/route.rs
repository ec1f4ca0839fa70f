//! From an HTTP request to a service and back: who calls, what, whether it is let through, and in which envelope an error
//! goes back.
//!
//! Knows the shape of each service's errors; what an operation does is theirs. Read next:
//! `gate.rs` for what may stand in a request's way, `sts/credential.rs` for how the caller is known, `iam/mod.rs` for
//! whether the caller may.

use crate::fate::Fate;
use crate::gate::{Gate, Met};
use crate::json_rpc;
use crate::operation::{offers, operation};
use crate::service::Service;
use crate::sts::{Unknown, identify};
use crate::trail::{self, Done, Log};
use crate::wire::{Call, Fault, Params, Reply};
use crate::world::World;
use crate::xml::Xml;
use crate::{apigateway, ec2, elbv2, events, iam, sts};
use std::io;
use std::time::Duration;

/// An answer, and whether giving it may have changed the world.
pub(crate) struct Answered {
    pub(crate) service: Service,
    pub(crate) reply: Reply,
    pub(crate) changed: bool,
    pub(crate) delivery: Delivery,
    /// Whether the log could be kept.
    pub(crate) logged: io::Result<()>,
    /// Why it was refused, if it was.
    fault: Option<Fault>,
}

impl Answered {
    fn done(service: Service, reply: Reply, changed: bool) -> Answered {
        Answered { service, reply, changed, delivery: Delivery::AtOnce, logged: Ok(()), fault: None }
    }
}

/// When an answer is to reach the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    AtOnce,
    /// After so long, by the wall's clock.
    After(Duration),
    /// Never: the connection is closed.
    Never,
}

/// All that a request may meet or change.
pub(crate) struct Site<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) gate: &'a mut Gate,
    pub(crate) log: &'a mut Log,
}

impl Site<'_> {
    /// Answers one request of any service. The call comes without account, region and principal; they are found here.
    pub(crate) fn answer(&mut self, mut call: Call) -> Answered {
        self.world.settle();
        let (authorization, token) = (call.header("authorization"), call.header("x-amz-security-token"));
        let (scope, identity) = identify(authorization, token, &self.world.ambient);
        let service = match &scope {
            Some(scope) => Service::of(&scope.service),
            None => Some(guess(&call)),
        };
        let Some(service) = service else {
            let name = scope.map(|scope| scope.service).unwrap_or_default();
            let message = format!("The service {name} is not part of this sandbox");
            return refused(Service::Gateway, &Fault::new(404, "UnknownOperationException", message), &call);
        };
        let identity = match identity {
            Ok(identity) => identity,
            Err(unknown) => return refused(service, &unknown_caller(service, unknown), &call),
        };
        (call.account, call.region, call.principal_arn) = (identity.account, identity.region, identity.principal_arn);
        call.access_key = identity.access_key;
        let operation = operation(service, &call);
        let Some(mut answered) = self.admit(service, &call, &operation) else {
            let nothing = Answered::done(service, Reply::empty(200), false);
            return Answered { delivery: Delivery::Never, ..nothing };
        };
        if is_logged(service) && offers(service, &operation) && !is_read(service, &call, &operation) {
            let Answered { reply, fault, .. } = &answered;
            let done = Done { call: &call, service, operation: &operation, reply, fault: fault.as_ref() };
            answered.logged = self.log.note(self.world.now(), done);
        }
        answered
    }

    /// Answers a request as far as the gate lets it through; gives nothing for one that was dropped on the way.
    fn admit(&mut self, service: Service, call: &Call, operation: &str) -> Option<Answered> {
        let (fate, delivery) = match self.gate.before(self.world, call, service, operation) {
            Met::Refused(fault) => return Some(refused(service, &fault, call)),
            Met::Dropped => return None,
            Met::LostAnswer => (Fate::Usual, Delivery::Never),
            Met::Slow(span) => {
                (Fate::Usual, self.world.clock.on_the_wall(span).map_or(Delivery::AtOnce, Delivery::After))
            }
            Met::Fate(fate) => (fate, Delivery::AtOnce),
        };
        self.world.fate = fate;
        Some(Answered { delivery, ..self.serve(service, call, operation) })
    }

    /// Answers a request that was let through.
    fn serve(&mut self, service: Service, call: &Call, operation: &str) -> Answered {
        let Site { world, gate, log } = self;
        // A region that is off knows the account's credentials no more than anyone else's.
        // IAM alone is in none of them.
        if service != Service::Iam && !world.region_is_on(&call.account, &call.region) {
            return refused(service, &unknown_caller(service, Unknown::Invalid), call);
        }
        if let Err(fault) = iam::authorise(world, call, service) {
            return refused(service, &fault, call);
        }
        let reads = is_read(service, call, operation);
        let outcome = if service == Service::Trail {
            trail::handle(log, call, world.now(), gate.trail_lag())
        } else {
            let past = if reads { gate.past(world) } else { None };
            handle(past.unwrap_or(world), service, call)
        };
        match outcome {
            Ok(mut reply) => {
                let changed = !matches!(service, Service::Sts | Service::Iam | Service::Trail) && !reads;
                if changed {
                    gate.after(world);
                }
                reply.headers.push((request_id_header(service).to_owned(), call.request_id.clone()));
                Answered::done(service, reply, changed)
            }
            Err(fault) => refused(service, &fault, call),
        }
    }
}

/// Tells the services whose calls CloudTrail logs here.
fn is_logged(service: Service) -> bool {
    matches!(service, Service::Ec2 | Service::Elb | Service::Gateway)
}

fn handle(world: &mut World, service: Service, call: &Call) -> Result<Reply, Fault> {
    match service {
        Service::Ec2 => ec2::handle(world, call),
        Service::Elb => elbv2::handle(world, call),
        Service::Gateway => apigateway::handle(world, call),
        Service::Sts => sts::handle(world, call),
        Service::Iam => iam::handle(world, call),
        Service::Events => events::handle(world, call),
        // The log is no part of the world.
        Service::Trail => Err(json_rpc::unknown(json_rpc::operation(call))),
    }
}

/// Tells reads from writes, which alone need be saved.
fn is_read(service: Service, call: &Call, operation: &str) -> bool {
    match service {
        Service::Gateway => call.method == "GET",
        _ => operation.starts_with("Describe") || operation == "LookupEvents",
    }
}

/// Without a signature nothing says which service was meant; AWS goes by the host name, which here is always the same.
fn guess(call: &Call) -> Service {
    if call.path != "/" {
        return Service::Gateway;
    }
    match call.header("x-amz-target") {
        Some(target) if target.starts_with("AWSEvents.") => return Service::Events,
        Some(_) => return Service::Trail,
        None => {}
    }
    match Params::read(call).get("Version") {
        Some("2016-11-15") => Service::Ec2,
        Some("2015-12-01") => Service::Elb,
        Some("2010-05-08") => Service::Iam,
        _ => Service::Sts,
    }
}

/// Gives each service's own words for a caller that is not known.
fn unknown_caller(service: Service, unknown: Unknown) -> Fault {
    if matches!(service, Service::Trail | Service::Events) {
        // The JSON protocol has the codes of API Gateway, and one status for all.
        return Fault { status: 400, ..unknown_caller(Service::Gateway, unknown) };
    }
    match (unknown, service) {
        (Unknown::Missing, Service::Gateway) => {
            Fault::new(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        }
        (Unknown::Missing, _) => {
            Fault::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        }
        (Unknown::Incomplete(mut fault), Service::Gateway) => {
            fault.code.push_str("Exception");
            fault
        }
        (Unknown::Incomplete(fault), _) => fault,
        (Unknown::Invalid, Service::Ec2 | Service::Elb) => {
            Fault::new(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
        }
        (Unknown::Invalid, Service::Gateway | Service::Trail | Service::Events) => {
            Fault::new(403, "UnrecognizedClientException", "The security token included in the request is invalid.")
        }
        (Unknown::Invalid, Service::Sts | Service::Iam) => {
            Fault::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        }
        (Unknown::Expired, Service::Ec2) => Fault::new(400, "RequestExpired", "Request has expired."),
        (Unknown::Expired, Service::Gateway) => {
            Fault::new(403, "ExpiredTokenException", "The security token included in the request is expired")
        }
        (Unknown::Expired, _) => {
            Fault::new(403, "ExpiredToken", "The security token included in the request is expired")
        }
    }
}

fn refused(service: Service, fault: &Fault, call: &Call) -> Answered {
    let reply = render(service, fault, &call.request_id);
    Answered { fault: Some(fault.clone()), ..Answered::done(service, reply, false) }
}

/// Writes an error in the envelope of a service.
pub(crate) fn render(service: Service, fault: &Fault, request_id: &str) -> Reply {
    let kind = if fault.status < 500 { "Sender" } else { "Receiver" };
    let mut reply = match service {
        Service::Ec2 => {
            let mut xml = Xml::new("Response");
            xml.node("Errors", |x| {
                x.node("Error", |x| {
                    x.text("Code", &fault.code).text("Message", &fault.message);
                });
            });
            xml.text("RequestID", request_id);
            Reply::xml(fault.status, xml.finish())
        }
        Service::Elb | Service::Sts | Service::Iam => {
            let namespace = match service {
                Service::Elb => "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
                Service::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
                _ => "https://sts.amazonaws.com/doc/2011-06-15/",
            };
            let mut xml = Xml::with_namespace("ErrorResponse", namespace);
            xml.node("Error", |x| {
                x.text("Type", kind).text("Code", &fault.code).text("Message", &fault.message);
            });
            xml.text("RequestId", request_id);
            Reply::xml(fault.status, xml.finish())
        }
        Service::Trail | Service::Events => {
            let error = serde_json::json!({ "__type": fault.code, "message": fault.message });
            Reply { status: fault.status, ..json_rpc::answer(&error) }
        }
        Service::Gateway => {
            let mut reply = Reply::json(fault.status, &serde_json::json!({ "message": fault.message }));
            reply.headers.push(("x-amzn-errortype".to_owned(), fault.code.clone()));
            reply
        }
    };
    if let Some(seconds) = fault.retry_after {
        reply.headers.push(("retry-after".to_owned(), seconds.to_string()));
    }
    reply.headers.push((request_id_header(service).to_owned(), request_id.to_owned()));
    reply
}

fn request_id_header(service: Service) -> &'static str {
    if service == Service::Ec2 { "x-amz-request-id" } else { "x-amzn-requestid" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Options;

    fn call(headers: &[(&str, &str)], path: &str, body: &str) -> Call {
        Call {
            method: "POST".to_owned(),
            path: path.to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: body.as_bytes().to_vec(),
            ..Call::default()
        }
    }

    fn signed(region: &str, service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=AK/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        )
    }

    fn ask(call: Call) -> (u16, String, Vec<(String, String)>) {
        let mut world = World::empty(&Options { speed: 0.0, seed: 1 });
        let (gate, log) = (&mut Gate::default(), &mut Log::default());
        let reply = Site { world: &mut world, gate, log }.answer(call).reply;
        (reply.status, String::from_utf8(reply.body).unwrap(), reply.headers)
    }

    #[test]
    fn each_service_has_its_own_envelope() {
        let ec2 = signed("us-east-1", "ec2");
        let (status, body, _) = ask(call(&[("authorization", &ec2)], "/", "Action=Nope"));
        assert_eq!(status, 400);
        assert!(body.contains("<Response><Errors><Error><Code>InvalidAction</Code>"), "{body}");
        let elb = signed("us-east-1", "elasticloadbalancing");
        let (status, body, _) = ask(call(&[("authorization", &elb)], "/", "Action=Nope"));
        assert_eq!(status, 400);
        assert!(body.contains("<Error><Type>Sender</Type><Code>InvalidAction</Code>"), "{body}");
        let gateway = signed("us-east-1", "apigateway");
        let (status, body, headers) = ask(call(&[("authorization", &gateway)], "/restapis/none", ""));
        assert!(status >= 400 && body.contains("\"message\""), "{status} {body}");
        assert!(headers.iter().any(|(name, _)| name == "x-amzn-errortype"));
        let trail = signed("us-east-1", "cloudtrail");
        let headers = [("authorization", trail.as_str()), ("x-amz-target", "a.b.DescribeTrails")];
        let (status, body, headers) = ask(call(&headers, "/", "{}"));
        assert_eq!((status, body.contains(r#""__type":"UnknownOperationException""#)), (400, true), "{body}");
        assert!(headers.contains(&("content-type".to_owned(), "application/x-amz-json-1.1".to_owned())));
    }

    #[test]
    fn a_caller_without_a_signature_is_refused() {
        let (status, body, _) = ask(call(&[], "/", "Action=DescribeVpcs&Version=2016-11-15"));
        assert_eq!(status, 403);
        assert!(body.contains("MissingAuthenticationToken"), "{body}");
        let (status, body, _) = ask(call(&[("authorization", "Basic x")], "/", "Action=GetCallerIdentity"));
        assert_eq!(status, 403);
        assert!(body.contains("IncompleteSignature"), "{body}");
        for target in ["AWSEvents.PutEvents", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"] {
            let (status, body, _) = ask(call(&[("x-amz-target", target)], "/", "{}"));
            assert_eq!(status, 400);
            assert!(body.contains(r#""__type":"MissingAuthenticationTokenException""#), "{body}");
        }
    }

    #[test]
    fn a_region_that_is_off_knows_nobody() {
        let off = signed("me-south-1", "ec2");
        let (status, body, _) = ask(call(&[("authorization", &off)], "/", "Action=DescribeVpcs"));
        assert_eq!(status, 401);
        assert!(body.contains("<Code>AuthFailure</Code>"), "{body}");
        let off = signed("me-south-1", "apigateway");
        let (status, _, headers) = ask(call(&[("authorization", &off)], "/restapis", ""));
        assert_eq!(status, 403);
        assert!(headers.contains(&("x-amzn-errortype".to_owned(), "UnrecognizedClientException".to_owned())));
    }
}
