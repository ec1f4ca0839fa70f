//! Issues: the life of one, as a schedule sees it.

use privlink_notify::GitHub;
use privlink_notify::github::{Issue, IssueEnd, Standing, Told};
use serde_json::json;

use crate::standin::{BOT, JOB, StandIn};
use crate::{github, job};

const MARKER: &str = "privlink:drift:shop";
const LABEL: &str = "privlink-drift";

fn wrong<'a>(digest: &'a str, text: &'a str) -> Issue<'a> {
    let standing = Standing::Wrong { digest };
    Issue { marker: MARKER, label: LABEL, title: "shop: drift", text, news: "It drifts.", standing }
}

fn clean() -> Issue<'static> {
    Issue { text: "All is well.", news: "It is gone.", standing: Standing::Clean, ..wrong("", "") }
}

async fn tell(github: &GitHub, issue: &Issue<'_>) -> (IssueEnd, Option<u64>) {
    let Told { end, number, notes, .. } = github.issue(issue).await.unwrap();
    assert_eq!(notes, [""; 0]);
    (end, number)
}

fn texts(standin: &StandIn) -> Vec<String> {
    standin.comments().into_iter().map(|(_, text)| text.lines().last().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn one_issue_lives_through_a_schedule() {
    let standin = StandIn::start();
    let github = job(&standin);
    assert_eq!(tell(&github, &clean()).await, (IssueEnd::Unneeded, None));
    assert_eq!(standin.writes(), 0);

    assert_eq!(tell(&github, &wrong("a", "one thing")).await, (IssueEnd::Opened, Some(2)));
    let opened = standin.issue(2);
    assert_eq!(opened["body"], "<!-- privlink:drift:shop -->\n<!-- digest:a -->\none thing");
    assert_eq!(
        (&opened["title"], &opened["labels"], &opened["login"]),
        (&json!("shop: drift"), &json!([LABEL]), &json!(BOT))
    );

    let before = standin.writes();
    assert_eq!(tell(&github, &wrong("a", "one thing")).await, (IssueEnd::Unchanged, Some(2)));
    assert_eq!(standin.writes(), before, "the same drift is told once");
    assert_eq!(tell(&github, &wrong("a", "one thing, by ana")).await, (IssueEnd::Edited, Some(2)));
    assert_eq!(texts(&standin), [""; 0], "no news, no comment");

    assert_eq!(tell(&github, &wrong("b", "two things")).await, (IssueEnd::Announced, Some(2)));
    assert_eq!(texts(&standin), ["It drifts."]);
    assert_eq!(tell(&github, &clean()).await, (IssueEnd::Closed, Some(2)));
    let closed = standin.issue(2);
    assert_eq!((&closed["state"], &closed["state_reason"]), (&json!("closed"), &json!("completed")));
    assert_eq!(texts(&standin), ["It drifts.", "It is gone."]);

    let before = standin.writes();
    assert_eq!(tell(&github, &clean()).await, (IssueEnd::Unneeded, Some(2)));
    assert_eq!(standin.writes(), before, "what is closed stays as it is");

    // The same as at first: it was gone in between, so that it is news.
    assert_eq!(tell(&github, &wrong("b", "two things")).await, (IssueEnd::Reopened, Some(2)));
    assert_eq!((&standin.issue(2)["state"], texts(&standin).len()), (&json!("open"), 3));
    assert_eq!(standin.state()["issues"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_a_person_closed_stays_closed_until_there_is_news() {
    let standin = StandIn::start();
    let github = job(&standin);
    let closed = |digest: &str| {
        let body = format!("<!-- {MARKER} -->\n<!-- digest:{digest} -->\nx");
        json!({ "number": 5, "body": body, "login": BOT, "labels": [LABEL], "state": "closed" })
    };
    standin.control(&json!({ "issues": [closed("a")] }));
    assert_eq!(tell(&github, &wrong("a", "x")).await, (IssueEnd::LeftClosed, Some(5)));
    assert_eq!(standin.writes(), 0);
    assert_eq!(tell(&github, &wrong("b", "y")).await, (IssueEnd::Reopened, Some(5)));

    // It is gone while a person had closed it: that it comes back is news.
    standin.control(&json!({ "issues": [closed("b")] }));
    assert_eq!(tell(&github, &clean()).await, (IssueEnd::Unneeded, Some(5)));
    assert_eq!(tell(&github, &wrong("b", "y")).await, (IssueEnd::Reopened, Some(5)));
}

#[tokio::test]
async fn issues_of_others_and_of_other_projects_are_left() {
    let standin = StandIn::start();
    let body = |project: &str| format!("<!-- privlink:drift:{project} -->\n<!-- digest:a -->\nx");
    standin.control(&json!({ "issues": [
        { "number": 2, "body": body("shop"), "login": "mallory", "labels": [LABEL] },
        { "number": 3, "body": body("shop2"), "login": BOT, "labels": [LABEL] },
        { "number": 4, "body": body("shop"), "login": BOT, "labels": [LABEL], "pull_request": true },
        { "number": 5, "body": body("shop"), "login": null, "labels": [LABEL] },
    ] }));
    let github = job(&standin);
    assert_eq!(tell(&github, &wrong("a", "x")).await, (IssueEnd::Opened, Some(6)));
    assert_eq!(tell(&github, &clean()).await, (IssueEnd::Closed, Some(6)));
    assert!((2..=5).all(|number| standin.issue(number)["state"] == "open"));
}

#[tokio::test]
async fn a_lost_label_makes_no_second_issue() {
    let standin = StandIn::start();
    let body = format!("<!-- {MARKER} -->\n<!-- digest:a -->\nx");
    standin.control(&json!({ "issues": [{ "number": 2, "body": body, "login": BOT, "labels": [] }] }));
    assert_eq!(tell(&job(&standin), &wrong("a", "x")).await, (IssueEnd::Unchanged, Some(2)));
    assert_eq!(standin.issue(2)["labels"], json!([LABEL]), "it is put on again");
}

#[tokio::test]
async fn a_label_that_may_not_be_set_makes_no_second_issue_either() {
    let standin = StandIn::start();
    let github = github(&standin, "ghp_ana-triageless");
    for end in [IssueEnd::Opened, IssueEnd::Unchanged] {
        let told = github.issue(&wrong("a", "x")).await.unwrap();
        assert_eq!((told.end, told.number), (end, Some(2)));
        assert!(
            told.notes.iter().any(|note| note.contains("the label privlink-drift is not on the issue")),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn of_two_that_a_race_left_one_is_kept_and_both_are_closed() {
    let standin = StandIn::start();
    let twin = |number: u64| {
        let body = format!("<!-- {MARKER} -->\n<!-- digest:a -->\nx");
        json!({ "number": number, "body": body, "login": BOT, "labels": [LABEL] })
    };
    standin.control(&json!({ "issues": [twin(2), twin(3)] }));
    let github = job(&standin);
    let told = github.issue(&wrong("b", "y")).await.unwrap();
    assert_eq!((told.end, told.number), (IssueEnd::Announced, Some(2)));
    assert!(told.notes[0].contains("/issues/3 is about the same"), "{told:?}");
    assert_eq!(tell(&github, &clean()).await, (IssueEnd::Closed, Some(2)));
    assert!([2, 3].into_iter().all(|number| standin.issue(number)["state"] == "closed"));
}

#[tokio::test]
async fn an_issue_whose_answer_is_lost_is_not_opened_twice() {
    let standin = StandIn::start();
    for outage in
        [json!({ "drop": true, "after": true }), json!({ "status": 502, "after": true }), json!({ "drop": true })]
    {
        standin.reset();
        standin.fault("POST", "/issues$", &outage);
        assert_eq!(tell(&job(&standin), &wrong("a", "x")).await, (IssueEnd::Opened, Some(2)), "{outage}");
        assert_eq!(standin.state()["issues"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_comment_that_fails_is_a_note_and_the_issue_says_it_all_the_same() {
    let standin = StandIn::start();
    let github = job(&standin);
    tell(&github, &wrong("a", "x")).await;
    standin.fault("POST", "comments", &json!({ "status": 403, "body": { "message": "no" } }));
    let told = github.issue(&wrong("b", "y")).await.unwrap();
    assert_eq!(told.end, IssueEnd::Announced);
    assert!(told.notes[0].contains("its followers are not told"), "{told:?}");
    assert_eq!(tell(&github, &wrong("b", "y")).await, (IssueEnd::Unchanged, Some(2)));
}

#[tokio::test]
async fn a_token_that_may_not_write_is_told() {
    let standin = StandIn::start();
    let error = github(&standin, &format!("{JOB}-readonly")).issue(&wrong("a", "x")).await.unwrap_err();
    assert!(error.help().unwrap().contains("issues: write"), "{error}");
}
