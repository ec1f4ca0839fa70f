//! Rate limits, outages and answers that never come.

use std::time::Duration;

use privlink_notify::github::{Comment, CommentEnd, GitHubError, Place};
use privlink_notify::{Clock as _, GitHub, Secret, SystemClock};
use serde_json::{Value, json};

use crate::standin::{BOT, JOB, PULL_REQUEST, REPOSITORY, StandIn};
use crate::{Impatient, job, timed};

const COMMENT: Comment<'_> = Comment { marker: "privlink:plan:shop", text: "hello", only_edit: false };

fn limited(headers: &Value) -> Value {
    json!({ "status": 403, "body": { "message": "You have exceeded a secondary rate limit." }, "headers": headers })
}

#[tokio::test]
async fn a_limit_is_waited_for_as_long_as_github_says() {
    let standin = StandIn::start();
    for (fault, waits) in [
        (limited(&json!({ "retry-after": "7" })), 7),
        (limited(&json!({ "retry-after": "0" })), 1),
        (json!({ "status": 429, "headers": { "retry-after": "30" } }), 30),
        (limited(&json!({})), 60),
    ] {
        for method in ["GET", "POST"] {
            standin.reset();
            let clock = Impatient::new();
            standin.fault(method, "comments", &fault);
            let end = timed(&standin, JOB, clock.clone()).comment(PULL_REQUEST, &COMMENT).await.unwrap();
            assert_eq!((end.end, clock.slept()), (CommentEnd::Posted, vec![waits]), "{method} {fault}");
            assert_eq!(standin.comments().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_limit_that_lasts_is_told_and_not_waited_for() {
    let standin = StandIn::start();
    let clock = Impatient::new();
    standin.control(&json!({ "remaining": 0, "reset_in": 1800 }));
    let error = timed(&standin, JOB, clock.clone()).comment(PULL_REQUEST, &COMMENT).await.unwrap_err();
    let GitHubError::RateLimited { wait, until, .. } = error.clone() else { panic!("{error}") };
    assert!((1790..=1801).contains(&wait) && until.abs_diff(SystemClock.now() + 1800) < 10, "{error}");
    assert_eq!(clock.slept(), [0_u64; 0]);
    assert_eq!(standin.requests().len(), 1, "nothing more is asked");
}

#[tokio::test]
async fn the_last_request_of_an_hour_holds_up_the_next() {
    let standin = StandIn::start();
    standin.control(&json!({ "remaining": 1, "reset_in": 1800 }));
    let error = job(&standin).comment(PULL_REQUEST, &COMMENT).await.unwrap_err();
    assert!(matches!(error, GitHubError::RateLimited { .. }), "{error}");
    assert_eq!(standin.requests(), ["GET /repos/acme/infra/issues/1/comments?per_page=100 200"]);
}

#[tokio::test]
async fn all_waiting_together_is_bounded() {
    let standin = StandIn::start();
    let clock = Impatient::new();
    let mut fault = limited(&json!({ "retry-after": "4" }));
    fault["times"] = json!(100);
    standin.fault("GET", "comments", &fault);
    let github = timed(&standin, JOB, clock.clone()).with_patience(Duration::from_secs(10));
    let error = github.comment(PULL_REQUEST, &COMMENT).await.unwrap_err();
    assert!(matches!(error, GitHubError::RateLimited { .. }), "{error}");
    assert_eq!(clock.slept(), [4, 4]);
}

#[tokio::test]
async fn reads_and_edits_are_repeated_when_no_answer_comes() {
    let standin = StandIn::start();
    let outages = [json!({ "status": 502 }), json!({ "drop": true }), json!({ "drop": true, "after": true })];
    for outage in outages {
        standin.reset();
        let mine = json!({ "issue": 1, "body": "<!-- privlink:plan:shop -->\nold", "login": BOT });
        standin.control(&json!({ "comments": [mine] }));
        for method in ["GET", "POST", "PATCH"] {
            standin.fault(method, "", &outage);
        }
        let end = job(&standin).comment(PULL_REQUEST, &COMMENT).await.unwrap();
        assert_eq!(end.end, CommentEnd::Edited, "{outage}");
        assert_eq!(standin.comments(), [(BOT.to_owned(), "<!-- privlink:plan:shop -->\nhello".to_owned())]);
    }
}

#[tokio::test]
async fn a_post_whose_answer_is_lost_is_looked_for_before_it_is_repeated() {
    let standin = StandIn::start();
    for (outage, posts) in [
        (json!({ "drop": true, "after": true }), 1),
        (json!({ "status": 502, "after": true }), 1),
        (json!({ "status": 201, "body": "not JSON of theirs", "after": true }), 1),
        (json!({ "drop": true }), 2),
        (json!({ "status": 500 }), 2),
    ] {
        standin.reset();
        standin.fault("POST", "comments", &outage);
        let end = job(&standin).comment(PULL_REQUEST, &COMMENT).await.unwrap();
        assert_eq!(end.end, CommentEnd::Posted, "{outage}");
        assert!(end.url.unwrap().contains("issuecomment"));
        assert_eq!(standin.comments().len(), 1, "{outage}");
        let sent = standin.requests().iter().filter(|line| line.contains("POST /repos")).count();
        assert_eq!(sent, posts, "{outage}");
    }
}

#[tokio::test]
async fn an_outage_that_lasts_is_told() {
    let standin = StandIn::start();
    for (outage, words) in
        [(json!({ "status": 503, "times": 9 }), "503"), (json!({ "drop": true, "times": 9 }), "no answer")]
    {
        for method in ["GET", "POST"] {
            standin.reset();
            standin.fault(method, "comments", &outage);
            let error = job(&standin).comment(PULL_REQUEST, &COMMENT).await.unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
            assert_eq!(standin.comments().len(), 0);
        }
    }
}

#[tokio::test]
async fn nobody_at_home_is_told() {
    // A port that was just given up may be given to another test's stand-in; this one is nobody's.
    let place = Place {
        api: "http://127.0.0.1:1".to_owned(),
        repository: REPOSITORY.to_owned(),
        token: Secret::new(JOB),
        author: None,
    };
    let github = GitHub::new(place, Impatient::new()).unwrap();
    let error = github.comment(PULL_REQUEST, &COMMENT).await.unwrap_err();
    assert!(matches!(error, GitHubError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
}
