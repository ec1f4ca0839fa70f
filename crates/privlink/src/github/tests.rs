//! What events and variables say.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;

fn job(event: &Value, variables: &[(&str, &str)]) -> Job {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("event.json");
    crate::plan_file::write(&path, &event.to_string()).unwrap();
    let mut set: BTreeMap<&str, &str> = variables.iter().copied().collect();
    let path = path.display().to_string();
    set.insert("GITHUB_EVENT_PATH", &path);
    Job::of(&GitHubArgs::default(), &|name| set.get(name).map(|value| (*value).to_owned()))
}

fn number(event: &Value) -> Result<u64, String> {
    job(event, &[]).pull_request().map_err(|obstacle| obstacle.to_string())
}

#[test]
fn events_name_their_pull_request() {
    assert_eq!(number(&json!({ "pull_request": { "number": 7 } })), Ok(7));
    assert_eq!(number(&json!({ "issue": { "number": 8, "pull_request": {} } })), Ok(8));
    assert_eq!(number(&json!({ "workflow_run": { "pull_requests": [{ "number": 9 }] } })), Ok(9));
    let by_reference = job(&Value::Null, &[("GITHUB_REF", "refs/pull/10/merge")]);
    assert_eq!(by_reference.pull_request().unwrap(), 10);

    let into = |number: u64, repository: u64| json!({ "number": number, "base": { "repo": { "id": repository } } });
    let also_a_fork =
        json!({ "repository": { "id": 1 }, "workflow_run": { "pull_requests": [into(3, 2), into(4, 1)] } });
    assert_eq!(number(&also_a_fork), Ok(4));
    let only_a_fork =
        json!({ "repository": { "id": 1 }, "workflow_run": { "event": "push", "pull_requests": [into(3, 2)] } });
    assert!(number(&only_a_fork).unwrap_err().contains("not about a pull request"));

    let two = json!({ "workflow_run": { "pull_requests": [{ "number": 1 }, { "number": 2 }] } });
    assert!(number(&two).unwrap_err().contains("2 pull requests"));
    let fork = json!({ "workflow_run": { "event": "pull_request", "pull_requests": [] } });
    assert!(number(&fork).unwrap_err().contains("leaves out those of forks"));
    for none in [
        Value::Null,
        json!({ "issue": { "number": 8 } }),
        json!({ "merge_group": { "head_ref": "refs/heads/gh-readonly-queue/main/pr-5-abc" } }),
        json!({ "workflow_run": { "event": "push", "pull_requests": [] } }),
        json!({ "ref": "refs/heads/main", "commits": [] }),
        json!({ "pull_request": { "number": "7" } }),
        json!([1, 2]),
    ] {
        assert!(number(&none).unwrap_err().contains("not about a pull request"), "{none}");
    }
    assert!(job(&Value::Null, &[("GITHUB_REF", "refs/heads/refs/pull/1")]).pull_request().is_err());
    assert!(job(&Value::Null, &[("GITHUB_REF", "refs/pull/x/merge")]).pull_request().is_err());
}

#[test]
fn what_is_read_only_is_explained_by_the_event() {
    let forbidden = || GitHubError::Forbidden { what: "post the comment", message: "no".to_owned() };
    let of = |head: Value| json!({ "pull_request": { "number": 1, "head": { "repo": head }, "base": { "repo": { "full_name": "acme/infra" } } } });
    let fork = of(json!({ "full_name": "mallory/infra" }));
    for event in [fork.clone(), of(Value::Null)] {
        let obstacle = job(&event, &[]).explain(forbidden());
        assert!(obstacle.to_string().contains("from a fork") && obstacle.help().unwrap().contains("workflow_run"));
    }
    let own = of(json!({ "full_name": "acme/infra" }));
    assert!(matches!(job(&own, &[]).explain(forbidden()), Obstacle::GitHub(_)));
    let bot = job(&own, &[("GITHUB_ACTOR", "dependabot[bot]")]).explain(forbidden());
    assert!(bot.to_string().contains("Dependabot") && bot.help().unwrap().contains("pull-requests: write"), "{bot}");
    let lost = GitHubError::NotFound { what: "x", message: "no".to_owned() };
    assert!(matches!(job(&fork, &[]).explain(lost), Obstacle::GitHub(_)));
}

#[test]
fn a_job_is_about_a_commit_that_its_event_knows() {
    let (ours, main) = ("1".repeat(40), "2".repeat(40));
    let of = |event: Value| job(&event, &[("GITHUB_SHA", &main)]).commit;
    assert_eq!(of(json!({ "pull_request": { "number": 1, "head": { "sha": ours } } })), Some(ours.clone()));
    assert_eq!(of(json!({ "ref": "refs/heads/main" })), Some(main.clone()));
    // These run on the default branch, and so does what their variable names.
    assert_eq!(of(json!({ "workflow_run": { "head_sha": ours, "pull_requests": [] } })), Some(ours));
    assert_eq!(of(json!({ "issue": { "number": 1, "pull_request": {} }, "comment": {} })), None);
    assert_eq!(of(json!({ "pull_request": { "head": { "sha": "`x`" } } })), None);
}

#[test]
fn the_page_of_a_run_is_one_or_none() {
    let of = |server, repository, run| {
        let set = [("GITHUB_SERVER_URL", server), ("GITHUB_REPOSITORY", repository), ("GITHUB_RUN_ID", run)];
        job(&Value::Null, &set).page
    };
    let page = of("https://github.com/", "acme/infra", "12").unwrap();
    assert_eq!(page, "https://github.com/acme/infra/actions/runs/12");
    assert_eq!(of("https://github.com", "acme/infra)", "12"), None);
    assert_eq!(of("javascript:x", "acme/infra", "12"), None);
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let args = GitHubArgs::default();
    let missing = |variables: &[(&str, &str)]| job(&Value::Null, variables).connect(&args).err().unwrap().to_string();
    assert!(missing(&[]).contains("GITHUB_TOKEN or GH_TOKEN"));
    assert!(missing(&[("GITHUB_TOKEN", " ")]).contains("no token"));
    assert!(missing(&[("GH_TOKEN", "t")]).contains("which repository"));
    let open = [("GH_TOKEN", "t"), ("GITHUB_REPOSITORY", "o/n"), ("GITHUB_API_URL", "http://ghe.example")];
    assert!(missing(&open).contains("must be https"));
    assert!(job(&Value::Null, &open[..2]).connect(&args).is_ok());
    assert!(!format!("{:?}", job(&Value::Null, &[("GH_TOKEN", "ghs_secret")])).contains("ghs_secret"));
}

#[test]
fn a_command_to_the_runner_is_one_line() {
    assert_eq!(command("50%\r\n::error::x"), "50%25%0D%0A::error::x");
}

#[test]
fn a_page_has_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("summary");
    append(&path, "one\n").unwrap();
    append(&path, "two\n").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    assert!(append(&path, &"x".repeat(1 << 20)).unwrap_err().contains("1 MiB"));
    assert!(append(folder.path(), "x").is_err());
}
