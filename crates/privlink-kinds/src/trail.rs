//! Who changed what, asked of CloudTrail's event history: 90 days that every account has, whether or not it has a trail.
//!
//! Owns: how far the history is read, and which of its entries are about an object. Refuses to know: what is drift, how a deed
//! is told, what an entry looks like (`record`).
//! Read next: `record`.
//!
//! LookupEvents takes two calls a second, 50 entries each, and one attribute to look for. An object's name is no good one:
//! CloudTrail does not know the objects of API Gateway by name. So all writes are read, the newest first, until each object has
//! been found or the time is reached; where that does not come soon, because an account writes thousands of times a day,
//! the calls that change such objects are looked for by their names, one by one: they are rare.
//!
//! An entry is about an object when its call changes such objects and names this one, wherever it does: the forms of parameters
//! differ between services, and between the operations of one. Stages are the exception, for people name them.

mod calls;
mod record;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::operation::lookup_events::LookupEventsOutput;
use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use privlink_model::keys::stage;
use privlink_model::{BoxFuture, CloudError, Deed, Deeds, Scope, Subject, Trail, Unread};

use crate::cloud::AwsCloud;
use crate::permissions::LOOKUP;
use crate::session::Session;
use record::Record;

/// How many pages of writes are read before it goes by names: 500 entries, in five seconds.
const PAGES: usize = 10;
/// How many names are looked for then at most, for half of them each second.
const NAMES: usize = 40;

impl Trail for AwsCloud {
    fn deeds<'a>(
        &'a self,
        scope: &'a Scope,
        since: u64,
        subjects: &'a [Subject],
    ) -> BoxFuture<'a, Result<Deeds, Unread>> {
        Box::pin(async move {
            let session = self.connections.session(scope);
            let log = Log { client: self.connections.cloud_trail(scope), session: &session, since };
            log.read(subjects).await.map_err(|error| session.unread(&error))
        })
    }
}

/// The log of one scope, as far back as it is asked for.
struct Log<'a> {
    client: Client,
    session: &'a Session,
    since: u64,
}

impl Log<'_> {
    async fn read(&self, subjects: &[Subject]) -> Result<Deeds, CloudError> {
        self.session.check_credentials().await?;
        let mut search = Search::new(subjects);
        let Some(oldest) = self.writes(&mut search).await? else { return Ok(search.deeds(None)) };
        let whole = self.by_names(&mut search, oldest).await?;
        Ok(search.deeds((!whole).then_some(oldest)))
    }

    /// Reads writes of every kind. Gives the time of the oldest where there are more and something is still looked for.
    async fn writes(&self, search: &mut Search<'_>) -> Result<Option<u64>, CloudError> {
        let (mut token, mut oldest) = (None, None);
        for _ in 0..PAGES {
            if search.is_over() {
                return Ok(None);
            }
            let page = self.page(LookupAttributeKey::ReadOnly, "false", None, token).await?;
            for event in page.events() {
                let record = Record::new(event);
                if record.at < self.since {
                    return Ok(None);
                }
                oldest = Some(record.at);
                search.meet(&record);
            }
            token = page.next_token;
            if token.is_none() {
                return Ok(None);
            }
        }
        Ok(oldest.filter(|_| !search.is_over()))
    }

    /// Reads the calls by which what is still looked for can have been changed before; one page each. Whether that was all.
    async fn by_names(&self, search: &mut Search<'_>, before: u64) -> Result<bool, CloudError> {
        let Some(names) = search.names() else { return Ok(false) };
        let mut whole = names.len() <= NAMES;
        for name in names.into_iter().take(NAMES) {
            let page = self.page(LookupAttributeKey::EventName, name, Some(before), None).await?;
            let records = page.events().iter().map(Record::new);
            let wanted = records.take_while(|record| record.at >= self.since).inspect(|record| search.meet(record));
            whole &= wanted.count() < page.events().len() || page.next_token.is_none();
        }
        Ok(whole)
    }

    async fn page(
        &self,
        key: LookupAttributeKey,
        value: &str,
        until: Option<u64>,
        token: Option<String>,
    ) -> Result<LookupEventsOutput, CloudError> {
        let attribute = LookupAttribute::builder().attribute_key(key).attribute_value(value).build();
        let attribute = attribute.map_err(|error| self.session.refused(LOOKUP, error.to_string()))?;
        let until = until.and_then(|until| i64::try_from(until).ok()).map(DateTime::from_secs);
        let call = self.client.lookup_events().lookup_attributes(attribute).set_end_time(until).set_next_token(token);
        call.send().await.map_err(|error| self.session.error(LOOKUP, error))
    }
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

    /// The calls by which what is not told yet can have been changed, each once; none where any call may have done it.
    fn names(&self) -> Option<Vec<&'static str>> {
        let untold = self.0.iter().filter(|found| !found.is_told());
        let calls: Option<Vec<&[&str]>> = untold.map(|found| Some(calls::of(found.subject.kind)?.1)).collect();
        let mut names: Vec<&str> = Vec::new();
        for name in calls?.into_iter().flatten() {
            if !names.contains(name) {
                names.push(name);
            }
        }
        Some(names)
    }

    /// Takes note of an entry.
    fn meet(&mut self, record: &Record) {
        // What was refused has changed nothing.
        if record.failed {
            return;
        }
        for found in &mut self.0 {
            if !changes(found.subject.kind, record) {
                continue;
            }
            if names(record, found.subject) {
                add(&mut found.own, record.deed(false));
            } else if found.subject.within.as_deref().is_some_and(|parent| record.names(parent)) {
                add(&mut found.around, record.deed(true));
            }
        }
    }

    fn deeds(self, only_since: Option<u64>) -> Deeds {
        let of = |found: Found<'_>| {
            let told = found.is_told();
            let mut deeds = found.own;
            if !told {
                deeds.extend(found.around);
            }
            deeds.sort_by_key(|deed| std::cmp::Reverse(deed.at));
            (!deeds.is_empty()).then(|| (found.subject.clone(), deeds))
        };
        Deeds { of: self.0.into_iter().filter_map(of).collect(), only_since }
    }
}

/// Adds a deed that may be known already: pages of different questions overlap.
fn add(deeds: &mut Vec<Deed>, deed: Deed) {
    if deeds.iter().all(|known| known.event != deed.event) {
        deeds.push(deed);
    }
}

/// Whether an entry names an object, and does not say that nothing became of what was asked for it.
fn names(record: &Record, subject: &Subject) -> bool {
    match subject.id.split_once('/') {
        // People name stages, so the name may stand in any text, as the value of a variable: only where it names a stage does
        // it count.
        Some((api, name)) if subject.kind == stage::KIND => {
            record.names(api) && record.has("stageName", name)
                || record.names(&format!("/restapis/{api}/stages/{name}"))
        }
        Some((one, other)) if !subject.id.starts_with("arn:") => {
            [one, other].into_iter().all(|part| record.names(part)) && !record.spares(other)
        }
        _ => record.names(&subject.id) && !record.spares(&subject.id),
    }
}

/// Whether an entry's call is one that changes objects of a kind; of a kind without a list any may be.
fn changes(kind: &str, record: &Record) -> bool {
    calls::of(kind).is_none_or(|(source, names)| source == record.source && names.contains(&record.name.as_str()))
}

#[cfg(test)]
mod tests;
