//! Webhooks.

use std::process::Command;

use privlink_notify::Secret;
use privlink_notify::webhook::{self, WebhookError};
use serde_json::{Value, json};

use crate::Impatient;
use crate::standin::StandIn;

const SECRET: &str = "/hook/T000/B000/s3cr3t";

fn message() -> Value {
    json!({ "text": "shop: 2 drifted", "blocks": [{ "type": "divider" }] })
}

async fn post(standin: &StandIn, clock: &Impatient) -> Result<(), WebhookError> {
    let url = Secret::new(&format!("{}{SECRET}\n", standin.origin()));
    webhook::post(&url, &message(), false, clock).await
}

#[tokio::test]
async fn a_message_arrives_as_it_was_given() {
    let standin = StandIn::start();
    post(&standin, &Impatient::new()).await.unwrap();
    let hook = standin.state()["hooks"][0].clone();
    assert_eq!(hook, json!({ "path": SECRET, "body": message(), "content-type": "application/json" }));
}

#[tokio::test]
async fn a_limit_is_waited_for_once() {
    let standin = StandIn::start();
    let clock = Impatient::new();
    let busy = json!({ "status": 429, "headers": { "retry-after": "30" } });
    standin.fault("POST", "hook", &busy);
    post(&standin, &clock).await.unwrap();
    assert_eq!((clock.slept(), standin.hooks().len()), (vec![30], 1));
    for wait in ["3600", "soon"] {
        standin.fault("POST", "hook", &json!({ "status": 429, "headers": { "retry-after": wait } }));
        assert!(matches!(post(&standin, &clock).await, Err(WebhookError::Refused { status: 429, .. })));
    }
    standin.fault("POST", "hook", &json!({ "status": 429, "times": 2, "headers": { "retry-after": "1" } }));
    assert!(matches!(post(&standin, &clock).await, Err(WebhookError::Refused { status: 429, .. })));
    assert_eq!(standin.hooks().len(), 1);
}

/// How a process of these tests is told where to post.
const PART: &str = "PRIVLINK_TEST_PART";

/// What the process does that the next test starts; by itself it is told nothing and does nothing.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how one process of a test tells the other what it is")]
async fn a_process_of_these_tests() {
    let Ok(url) = std::env::var(PART) else { return };
    webhook::post(&Secret::new(&url), &message(), false, &*Impatient::new()).await.unwrap();
}

#[tokio::test]
async fn certificates_are_those_of_the_system_or_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let standin = StandIn::start_with(&["--tls", folder.path().to_str().unwrap()]);
    let url = format!("{}{SECRET}", standin.sealed.as_ref().unwrap());
    let error = webhook::post(&Secret::new(&url), &message(), false, &*Impatient::new()).await.unwrap_err();
    assert!(error.to_string().contains("certificate") && error.help().unwrap().contains("SSL_CERT_FILE"), "{error}");
    assert_eq!(standin.hooks().len(), 0);

    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "webhooks::a_process_of_these_tests"]).env(PART, url);
    let output = command.env("SSL_CERT_FILE", folder.path().join("ca.pem")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(standin.hooks(), [message()]);
}

#[tokio::test]
async fn what_goes_wrong_is_told_without_the_url() {
    let standin = StandIn::start();
    let clock = Impatient::new();
    let body = format!("no_service at {SECRET} {}", "x".repeat(500));
    standin.fault("POST", "hook", &json!({ "status": 404, "body": body }));
    let refused = post(&standin, &clock).await.unwrap_err();
    assert_eq!(refused.to_string().split_at(58).0, "the webhook at 127.0.0.1 answered 404: no_service at /… ");
    standin.fault("POST", "hook", &json!({ "drop": true, "after": true }));
    let lost = post(&standin, &clock).await.unwrap_err();
    assert!(matches!(lost, WebhookError::Unreachable { .. }), "{lost}");
    assert_eq!(standin.hooks().len(), 1, "a message that may have arrived is not sent again");
    for error in [refused, lost] {
        let told = format!("{error} {error:?}");
        assert!(!told.contains("T000") && !told.contains("s3cr3t") && told.len() < 800, "{told}");
    }
}
