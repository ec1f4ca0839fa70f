//! Comments.

use privlink_notify::github::{Comment, CommentEnd, Commented, GitHubError};
use serde_json::json;

use crate::standin::{BOT, JOB, PULL_REQUEST, REPOSITORY, StandIn};
use crate::{Impatient, at, github, job};

const MARKER: &str = "privlink:plan:shop";

async fn say(github: &privlink_notify::GitHub, text: &str) -> Commented {
    github.comment(PULL_REQUEST, &Comment { marker: MARKER, text, only_edit: false }).await.unwrap()
}

fn marked(text: &str) -> String {
    format!("<!-- {MARKER} -->\n{text}")
}

#[tokio::test]
async fn a_comment_is_posted_once_and_then_edited_in_place() {
    let standin = StandIn::start();
    let github = job(&standin);
    let posted = say(&github, "one").await;
    assert_eq!((posted.end, posted.others), (CommentEnd::Posted, 0));
    assert_eq!(posted.url.as_deref(), Some("https://github.com/acme/infra/pull/1#issuecomment-1001"));
    // Nothing of ours was there, so that nobody asked whose the token is.
    assert_eq!(standin.requests().len(), 2);

    assert_eq!(say(&github, "one").await, Commented { end: CommentEnd::Unchanged, ..posted.clone() });
    assert_eq!(standin.writes(), 1, "what says so already is not written");
    assert_eq!(say(&github, "two").await, Commented { end: CommentEnd::Edited, ..posted });
    assert_eq!(standin.comments(), [(BOT.to_owned(), marked("two"))]);
}

#[tokio::test]
async fn nothing_is_posted_where_nothing_is_to_say_but_what_was_said_is_edited() {
    let standin = StandIn::start();
    let github = job(&standin);
    let quiet = Comment { marker: MARKER, text: "no changes", only_edit: true };
    let end = github.comment(PULL_REQUEST, &quiet).await.unwrap();
    assert_eq!((end.end, end.url), (CommentEnd::Unneeded, None));
    assert_eq!(standin.writes(), 0);
    say(&github, "changes").await;
    assert_eq!(github.comment(PULL_REQUEST, &quiet).await.unwrap().end, CommentEnd::Edited);
    assert_eq!(standin.comments(), [(BOT.to_owned(), marked("no changes"))]);
}

#[tokio::test]
async fn projects_have_comments_of_their_own() {
    let standin = StandIn::start();
    let github = job(&standin);
    for name in ["shop", "shop2", "sho"] {
        let marker = format!("privlink:plan:{name}");
        for text in ["a", "b"] {
            let comment = Comment { marker: &marker, text, only_edit: false };
            github.comment(PULL_REQUEST, &comment).await.unwrap();
        }
    }
    assert_eq!(standin.comments().len(), 3);
    assert_eq!(github.comments(PULL_REQUEST, "privlink:plan:").await.unwrap().len(), 3);
    assert_eq!(github.comments(PULL_REQUEST, "privlink:plan:shop ").await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_somebody_else_wrote_is_never_edited() {
    let standin = StandIn::start();
    let quoted = format!("> {}", marked("x"));
    standin.control(&json!({ "comments": [
        { "issue": 1, "body": marked("mine"), "login": "mallory" },
        { "issue": 1, "body": marked("a person's"), "login": "github-actions" },
        { "issue": 1, "body": marked("another app's"), "login": "other[bot]" },
        { "issue": 1, "body": marked("nobody's"), "login": null },
        { "issue": 1, "body": quoted, "login": BOT },
    ] }));
    let before = standin.comments();
    let said = say(&job(&standin), "plan").await;
    assert_eq!((said.end, said.others), (CommentEnd::Posted, 0));
    assert_eq!(standin.comments()[..5], before[..]);
    assert_eq!(standin.comments()[5], (BOT.to_owned(), marked("plan")));
}

#[tokio::test]
async fn each_sort_of_token_finds_its_own_comment() {
    let standin = StandIn::start();
    for (token, login) in [(JOB, BOT), ("ghs_app_planner", "planner[bot]"), ("ghp_ana", "ana")] {
        standin.reset();
        standin.control(&json!({ "comments": [{ "issue": 1, "body": marked("x"), "login": "someone" }] }));
        let github = github(&standin, token);
        assert_eq!(say(&github, "one").await.end, CommentEnd::Posted, "{token}");
        assert_eq!(say(&github, "two").await.end, CommentEnd::Edited, "{token}");
        assert_eq!(standin.comments()[1], (login.to_owned(), marked("two")));
    }
}

#[tokio::test]
async fn without_graphql_people_are_known_and_others_are_to_say_who_they_are() {
    let standin = StandIn::start();
    standin.control(&json!({
        "graphql": false,
        "comments": [
            { "issue": 1, "body": marked("x"), "login": "ana" },
            { "issue": 1, "body": marked("x"), "login": BOT },
        ],
    }));
    assert_eq!(say(&github(&standin, "ghp_ana"), "y").await.end, CommentEnd::Edited);
    let comment = Comment { marker: MARKER, text: "z", only_edit: false };
    let error = job(&standin).comment(PULL_REQUEST, &comment).await.unwrap_err();
    assert!(matches!(error, GitHubError::Author { .. }), "{error}");
    assert!(error.help().unwrap().contains("--author"));
    for name in ["github-actions[bot]", "github-actions", "GitHub-Actions[bot]"] {
        let github = at(&standin, REPOSITORY, JOB, Some(name), Impatient::new());
        say(&github, name).await;
    }
    assert_eq!(standin.comments().len(), 2);
}

#[tokio::test]
async fn one_comment_is_found_among_hundreds() {
    let standin = StandIn::start();
    let mut many: Vec<_> = (0..250).map(|number| json!({ "issue": 1, "body": format!("{number}") })).collect();
    many.insert(230, json!({ "issue": 1, "body": marked("old"), "login": BOT }));
    standin.control(&json!({ "comments": many }));
    assert_eq!(say(&job(&standin), "new").await.end, CommentEnd::Edited);
    assert_eq!(standin.comments()[230].1, marked("new"));
    let pages = standin.requests().iter().filter(|line| line.starts_with("GET ")).count();
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn of_several_the_first_is_edited_and_the_others_are_counted() {
    let standin = StandIn::start();
    let twin = |text: &str| json!({ "issue": 1, "body": marked(text), "login": BOT });
    standin.control(&json!({ "comments": [twin("a"), twin("b"), twin("c")] }));
    let said = say(&job(&standin), "now").await;
    assert_eq!((said.end, said.others), (CommentEnd::Edited, 2));
    let texts: Vec<String> = standin.comments().into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, [marked("now"), marked("b"), marked("c")]);
}

#[tokio::test]
async fn one_that_was_deleted_in_between_is_posted_again() {
    let standin = StandIn::start();
    let github = job(&standin);
    say(&github, "one").await;
    standin.fault("PATCH", "comments", &json!({ "status": 404, "body": { "message": "Not Found" } }));
    assert_eq!(say(&github, "two").await.end, CommentEnd::Posted);
    assert_eq!(standin.comments().len(), 2);

    // But not to say that nothing changes.
    standin.fault("PATCH", "comments", &json!({ "status": 404, "body": { "message": "Not Found" } }));
    let quiet = Comment { marker: MARKER, text: "no changes", only_edit: true };
    let end = github.comment(PULL_REQUEST, &quiet).await.unwrap();
    assert_eq!((end.end, end.url, standin.comments().len()), (CommentEnd::Unneeded, None, 2));
}

#[tokio::test]
async fn other_line_ends_are_no_change() {
    let standin = StandIn::start();
    let github = job(&standin);
    say(&github, "one\ntwo  \n").await;
    standin.control(&json!({ "crlf": true }));
    assert_eq!(say(&github, "one\ntwo  \n").await.end, CommentEnd::Unchanged);
    assert_eq!(github.comments(PULL_REQUEST, "privlink:plan:shop ").await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_enterprise_server_and_a_renamed_repository_are_found() {
    let standin = StandIn::start_with(&["--base", "/api/v3"]);
    standin.control(&json!({ "renamed": "acme/old" }));
    for repository in [REPOSITORY, "acme/old"] {
        let github = at(&standin, repository, JOB, None, Impatient::new());
        say(&github, repository).await;
    }
    assert_eq!(standin.comments(), [(BOT.to_owned(), marked("acme/old"))]);
}

#[tokio::test]
async fn nobody_else_gets_the_token() {
    let (standin, stranger) = (StandIn::start(), StandIn::start());
    let elsewhere = format!("{}/repos/acme/infra/issues/1/comments", stranger.url);
    standin.fault("GET", "comments", &json!({ "status": 301, "headers": { "location": elsewhere } }));
    let comment = Comment { marker: MARKER, text: "x", only_edit: false };
    let error = job(&standin).comment(PULL_REQUEST, &comment).await.unwrap_err();
    assert!(matches!(error, GitHubError::Refused { status: 301, .. }), "{error}");
    assert_eq!(stranger.requests(), [""; 0]);
}

#[tokio::test]
async fn refusals_are_told_with_a_way_out() {
    let standin = StandIn::start();
    let comment = Comment { marker: MARKER, text: "x", only_edit: false };
    let said = async |token, number| github(&standin, token).comment(number, &comment).await.unwrap_err();
    let error = said("ghs_job-readonly", PULL_REQUEST).await;
    assert!(matches!(&error, GitHubError::Forbidden { message, .. } if message.contains("by integration")), "{error}");
    assert!(error.help().unwrap().contains("pull-requests: write"));
    assert!(matches!(said(JOB, 404).await, GitHubError::NotFound { .. }));
    let error = said("nonsense", PULL_REQUEST).await;
    assert!(matches!(error, GitHubError::Unauthorized { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("nonsense"));

    standin.control(&json!({ "issues": [{ "number": 7, "locked": true }] }));
    let error = said(JOB, 7).await;
    assert!(error.to_string().contains("locked") && error.help().unwrap().contains("unlock"), "{error}");
    let archived = json!({ "status": 403, "body": { "message": "Repository was archived so is read-only." } });
    standin.fault("POST", "comments", &archived);
    assert!(said(JOB, 1).await.help().unwrap().contains("unarchive"));
    let long = "x".repeat(70_000);
    let error = job(&standin).comment(1, &Comment { text: &long, ..comment }).await.unwrap_err();
    assert!(matches!(error, GitHubError::TooLong { .. }), "{error}");
    assert_eq!(standin.comments(), []);
}
