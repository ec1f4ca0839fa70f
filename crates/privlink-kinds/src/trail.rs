//! Who changed what, asked of CloudTrail's event history: 90 days that every account has, whether or not it has a trail.
//!
//! Owns: how far the history is read, and which of its entries are about an object. Refuses to know: what is drift, how a deed
//! is told, what an entry looks like (`record`).
//! Read next: `record`.
//!
//! LookupEvents takes two calls a second and 50 entries each; it can be asked for one attribute. An object's name is no good
//! one: CloudTrail does not know the objects of API Gateway by name, and each object would be a call. So all writes are read,
//! the newest first, until each object has been found or the time is reached, and not without end: an account may write
//! thousands of times a day.
//!
//! An entry is about an object when the call is one that changes such objects and names this one, wherever it does: the forms
//! of parameters differ between services, and between the operations of one.

mod record;

use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use privlink_model::keys::{
    api_definition, deployment, endpoint, endpoint_connection, endpoint_service, listener, load_balancer,
    privatelink_enforcement, rest_api, security_group, security_group_rule, service_permission, stage, target_group,
    targets, vpc_link,
};
use privlink_model::{BoxFuture, CloudError, Deed, Deeds, Scope, Subject, Trail, Unread};

use crate::cloud::AwsCloud;
use crate::permissions::LOOKUP;
use crate::session::Session;
use record::Record;

/// How many pages are read at most: 1,000 entries, in ten seconds.
const PAGES: usize = 20;

impl Trail for AwsCloud {
    fn deeds<'a>(
        &'a self,
        scope: &'a Scope,
        since: u64,
        subjects: &'a [Subject],
    ) -> BoxFuture<'a, Result<Deeds, Unread>> {
        Box::pin(async move {
            let session = self.connections.session(scope);
            let client = self.connections.cloud_trail(scope);
            let read = read(&session, &client, since, subjects).await;
            read.map_err(|error| session.unread(&error))
        })
    }
}

async fn read(
    session: &Session,
    client: &aws_sdk_cloudtrail::Client,
    since: u64,
    subjects: &[Subject],
) -> Result<Deeds, CloudError> {
    session.check_credentials().await?;
    let writes =
        LookupAttribute::builder().attribute_key(LookupAttributeKey::ReadOnly).attribute_value("false").build();
    let writes = writes.map_err(|error| session.refused(LOOKUP, error.to_string()))?;
    let mut search = Search::new(subjects);
    let (mut token, mut oldest) = (None, None);
    for _ in 0..PAGES {
        if search.is_over() {
            return Ok(search.deeds(None));
        }
        let page = client.lookup_events().lookup_attributes(writes.clone()).set_next_token(token).send().await;
        let page = page.map_err(|error| session.error(LOOKUP, error))?;
        for event in page.events() {
            let record = Record::new(event);
            if record.at < since {
                return Ok(search.deeds(None));
            }
            oldest = Some(record.at);
            search.meet(&record);
        }
        token = page.next_token;
        if token.is_none() {
            return Ok(search.deeds(None));
        }
    }
    Ok(search.deeds(oldest))
}

/// What is looked for, with what has been found of it.
struct Search<'a>(Vec<Found<'a>>);

/// One object.
struct Found<'a> {
    subject: &'a Subject,
    /// What was done to it.
    own: Vec<Deed>,
    /// What was done to what it belongs to.
    around: Vec<Deed>,
}

impl Found<'_> {
    /// Whether it is known who changed it.
    fn is_told(&self) -> bool {
        self.own.iter().any(|deed| !deed.by_privlink)
    }
}

impl<'a> Search<'a> {
    fn new(subjects: &'a [Subject]) -> Self {
        Self(subjects.iter().map(|subject| Found { subject, own: Vec::new(), around: Vec::new() }).collect())
    }

    fn is_over(&self) -> bool {
        self.0.iter().all(Found::is_told)
    }

    /// Takes note of an entry, which is older than all before it.
    fn meet(&mut self, record: &Record) {
        // What was refused has changed nothing.
        if record.failed {
            return;
        }
        for found in &mut self.0 {
            if !changes(found.subject.kind, record) {
                continue;
            }
            if parts(&found.subject.id).iter().all(|part| record.names(part)) {
                found.own.push(record.deed(false));
            } else if found.subject.within.as_deref().is_some_and(|parent| record.names(parent)) {
                found.around.push(record.deed(true));
            }
        }
    }

    fn deeds(self, only_since: Option<u64>) -> Deeds {
        let of = |found: Found<'_>| {
            let told = found.is_told();
            let mut deeds = found.own;
            if !told {
                deeds.extend(found.around);
                deeds.sort_by_key(|deed| std::cmp::Reverse(deed.at));
            }
            (!deeds.is_empty()).then(|| (found.subject.id.clone(), deeds))
        };
        Deeds { of: self.0.into_iter().filter_map(of).collect(), only_since }
    }
}

/// The names that a call must name all of: an ARN is one, of others each side of the slash.
fn parts(id: &str) -> Vec<&str> {
    match id.split_once('/') {
        Some((one, other)) if !id.starts_with("arn:") => vec![one, other],
        _ => vec![id],
    }
}

/// Whether a call is one that changes objects of a kind; of a kind that is not known here any may be.
fn changes(kind: &str, record: &Record) -> bool {
    const EC2: &str = "ec2.amazonaws.com";
    const ELB: &str = "elasticloadbalancing.amazonaws.com";
    const GATEWAY: &str = "apigateway.amazonaws.com";
    let (source, words): (&str, &[&str]) = match kind {
        // A service's calls have the endpoint's in their names.
        endpoint::KIND => (EC2, &["VpcEndpoint", "VpcEndpoints", "VpcEndpointConnections", "Tags"]),
        endpoint_service::KIND => (EC2, &["VpcEndpointServiceConfiguration*", "VpcEndpointServicePayer*", "Tags"]),
        service_permission::KIND => (EC2, &["VpcEndpointServicePermissions"]),
        endpoint_connection::KIND => (EC2, &["VpcEndpointConnections", "VpcEndpoint", "VpcEndpoints"]),
        security_group::KIND | security_group_rule::KIND => (EC2, &["SecurityGroup*", "Tags"]),
        load_balancer::KIND => (ELB, &["LoadBalancer*", "Subnets", "SecurityGroups", "IpAddressType", "Tags"]),
        privatelink_enforcement::KIND => (ELB, &["SecurityGroups", "LoadBalancer"]),
        target_group::KIND => (ELB, &["TargetGroup*", "Tags"]),
        targets::KIND => (ELB, &["Targets", "TargetGroup"]),
        listener::KIND => (ELB, &["Listener*", "Tags"]),
        vpc_link::KIND => (GATEWAY, &["VpcLink", "TagResource", "UntagResource"]),
        rest_api::KIND => (GATEWAY, &["RestApi", "TagResource", "UntagResource"]),
        api_definition::KIND => (
            GATEWAY,
            &[
                "RestApi",
                // And no tagging.
                "CreateResource",
                "UpdateResource",
                "DeleteResource",
                "Method*",
                "Integration*",
                "Model",
                "Authorizer",
                "RequestValidator",
                "GatewayResponse",
                "Documentation*",
            ],
        ),
        deployment::KIND => (GATEWAY, &["Deployment"]),
        stage::KIND => (GATEWAY, &["Stage", "Deployment", "TagResource", "UntagResource"]),
        _ => return true,
    };
    record.source == source && words.iter().any(|word| is_about(&record.name, word))
}

/// Whether a call is about a noun: what follows its verb is that noun, or begins with it. A word with a verb is the whole
/// name.
fn is_about(call: &str, word: &str) -> bool {
    let noun = call.find(|c: char| c.is_ascii_uppercase()).and_then(|first| {
        let rest = call.get(first + 1..)?;
        rest.find(|c: char| c.is_ascii_uppercase()).and_then(|second| rest.get(second..))
    });
    let fits = |text: &str| match word.strip_suffix('*') {
        Some(beginning) => text.starts_with(beginning),
        None => text == word,
    };
    fits(call) || noun.is_some_and(fits)
}

#[cfg(test)]
mod tests;
