//! Announcements on EventBridge's buses.
//!
//! Owns: putting one, and finding out when it would be lost. Refuses to know: what is announced, and when.
//!
//! Surprises: PutEvents answers for a bus that does not exist as if it had been put, and drops it (aws/aws-sdk#186). So a bus
//! that is named is asked for first; without the permission for that it is believed. A bus of another account can only be
//! believed, but AWS says no where that account does not allow it. The call as a whole succeeds also when its entry failed.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use privlink_model::{Announcement, BoxFuture, Bus, CloudError, ErrorClass, Scope};

use crate::cloud::AwsCloud;
use crate::live::answered;
use crate::permissions::{DESCRIBE, PUT};
use crate::session::Session;

/// The bus that every account has in each region.
const DEFAULT: &str = "default";
const ABSENT: &str = "ResourceNotFoundException";

impl Bus for AwsCloud {
    fn put<'a>(
        &'a self,
        scope: &'a Scope,
        bus: &'a str,
        announcement: &'a Announcement,
    ) -> BoxFuture<'a, Result<String, CloudError>> {
        Box::pin(async move {
            let session = self.connections.session(scope);
            let client = self.connections.event_bridge(scope);
            session.check_credentials().await?;
            if is_own(scope, bus) {
                check_exists(&session, &client, bus).await?;
            }
            put(&session, &client, bus, announcement).await
        })
    }
}

/// Whether a bus is one that this account can look at, and may be missing.
fn is_own(scope: &Scope, bus: &str) -> bool {
    match bus.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, _, region, account, name] => {
            *account == scope.account && *region == scope.region && *name != format!("event-bus/{DEFAULT}")
        }
        _ => bus != DEFAULT,
    }
}

async fn check_exists(session: &Session, client: &Client, bus: &str) -> Result<(), CloudError> {
    let Err(error) = client.describe_event_bus().name(bus).send().await else { return Ok(()) };
    let error = session.error(DESCRIBE, error);
    if error.code != ABSENT {
        return Ok(());
    }
    let words = format!("there is no event bus {bus}, and what is put there would be lost: make it, or name another");
    Err(CloudError { class: ErrorClass::NotFound, message: words, ..error })
}

async fn put(session: &Session, client: &Client, bus: &str, announcement: &Announcement) -> Result<String, CloudError> {
    let entry = PutEventsRequestEntry::builder()
        .event_bus_name(bus)
        .source(&announcement.source)
        .detail_type(&announcement.detail_type)
        .detail(&announcement.detail)
        .build();
    let answer = client.put_events().entries(entry).send().await;
    let answer = answer.map_err(|error| session.error(PUT, error))?;
    let entry = answer.entries().first();
    if answer.failed_entry_count() > 0 {
        let (code, message) = entry.map(|entry| (entry.error_code(), entry.error_message())).unwrap_or_default();
        return Err(session.item_error(PUT, code.unwrap_or("Unknown"), message.unwrap_or("AWS gave no reason")));
    }
    answered(session, PUT, entry.and_then(|entry| entry.event_id()))
}

#[cfg(test)]
mod tests {
    use privlink_model::Scope;

    use super::is_own;

    #[test]
    fn only_buses_of_the_account_can_be_looked_at() {
        let scope = Scope::new("111111111111", "eu-west-1");
        let arn =
            |region: &str, account: &str, name: &str| format!("arn:aws:events:{region}:{account}:event-bus/{name}");
        assert!(is_own(&scope, "news") && is_own(&scope, &arn("eu-west-1", "111111111111", "news")));
        assert!(!is_own(&scope, "default") && !is_own(&scope, &arn("eu-west-1", "111111111111", "default")));
        assert!(!is_own(&scope, &arn("eu-west-1", "222222222222", "news")));
        assert!(!is_own(&scope, &arn("us-east-1", "111111111111", "news")));
    }
}
