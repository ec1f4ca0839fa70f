//! Labels.

use serde_json::json;

use crate::standin::{PULL_REQUEST, StandIn};
use crate::{github, job};

const OURS: [&str; 3] = ["privlink:create", "privlink:delete", "privlink: outage/ü"];

#[tokio::test]
async fn ours_are_set_to_what_fits_and_all_others_stay() {
    let standin = StandIn::start();
    let people = ["bug", "privlink", "privlink:mine"];
    standin.control(&json!({ "issues": [{ "number": 1, "pull_request": true, "labels": people }] }));
    let github = job(&standin);
    let first = github.labels(PULL_REQUEST, &OURS, &OURS[1..]).await.unwrap();
    assert_eq!((first.added, first.removed.len()), (OURS[1..].iter().map(|name| (*name).to_owned()).collect(), 0));
    assert_eq!(standin.issue(1)["labels"].as_array().unwrap().len(), 5);
    let second = github.labels(PULL_REQUEST, &OURS, &OURS[..1]).await.unwrap();
    assert_eq!(second.removed, OURS[1..]);
    assert_eq!(standin.issue(1)["labels"], json!(["bug", "privlink", "privlink:mine", "privlink:create"]));

    let before = standin.writes();
    let third = github.labels(PULL_REQUEST, &OURS, &["privlink:create"]).await.unwrap();
    assert_eq!((third, standin.writes()), (Default::default(), before), "what fits already is not written");
    github.labels(PULL_REQUEST, &OURS, &[]).await.unwrap();
    assert_eq!(standin.issue(1)["labels"], json!(people));
}

#[tokio::test]
async fn a_label_of_another_case_is_the_same() {
    let standin = StandIn::start();
    standin.control(&json!({ "issues": [{ "number": 1, "pull_request": true, "labels": ["Privlink:Create"] }] }));
    let github = job(&standin);
    assert_eq!(github.labels(PULL_REQUEST, &OURS, &["privlink:create"]).await.unwrap(), Default::default());
    assert_eq!(github.labels(PULL_REQUEST, &OURS, &[]).await.unwrap().removed, ["privlink:create"]);
    assert_eq!(standin.issue(1)["labels"], json!([]));
}

#[tokio::test]
async fn one_that_somebody_took_off_first_is_no_failure() {
    let standin = StandIn::start();
    standin.control(&json!({ "issues": [{ "number": 1, "pull_request": true, "labels": OURS }] }));
    // It is carried out, the answer is lost, and the second try finds nothing.
    standin.fault("DELETE", "create", &json!({ "drop": true, "after": true }));
    job(&standin).labels(PULL_REQUEST, &OURS, &[]).await.unwrap();
    assert_eq!(standin.issue(1)["labels"], json!([]));
    assert!(github(&standin, "ghs_job-triageless").labels(PULL_REQUEST, &OURS, &OURS).await.is_err());
}

#[tokio::test]
async fn a_token_that_may_not_make_labels_is_told_what_it_lacks() {
    let standin = StandIn::start();
    standin.control(&json!({ "issues": [{ "number": 1, "pull_request": true, "labels": [] }] }));
    let few = github(&standin, "ghs_job-labelless");
    let error = few.labels(PULL_REQUEST, &OURS, &OURS[..1]).await.unwrap_err();
    assert!(error.to_string().contains("create labels") && error.help().unwrap().contains("issues: write"), "{error}");
    // One that exists is put on all the same.
    standin.control(&json!({ "issues": [{ "number": 2, "labels": [OURS[0]] }] }));
    few.labels(PULL_REQUEST, &OURS, &OURS[..1]).await.unwrap();
    assert_eq!(standin.issue(1)["labels"], json!(OURS[..1]));
}
