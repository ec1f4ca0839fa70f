//! The stand-in itself: what does not fit GitHub's description is refused, so that a test which passes has shown something.

use serde_json::json;

use crate::standin::StandIn;

const HEADERS: [&str; 4] = [
    "authorization: Bearer ghs_job\r\n",
    "user-agent: test\r\n",
    "accept: application/vnd.github+json\r\n",
    "content-type: application/json\r\n",
];

#[test]
fn what_does_not_fit_is_refused_and_remembered() {
    let standin = StandIn::start();
    let all = HEADERS.concat();
    let without = |left_out: usize| {
        let kept = HEADERS.iter().enumerate().filter(|(index, _)| *index != left_out);
        kept.map(|(_, header)| *header).collect::<String>()
    };
    let comments = "/repos/acme/infra/issues/1/comments";
    let text = json!({ "body": "x" }).to_string();
    for (method, path, headers, body, words) in [
        ("GET", "/repos/acme/infra/isues", &*all, "", "no operation"),
        ("PUT", comments, &all, "", "no operation"),
        ("GET", "/repos/acme/infra/issues/one/comments", &all, "", "not of type 'integer'"),
        ("GET", "/repos/acme/infra/issues?creater=x", &all, "", "no parameter 'creater'"),
        ("GET", "/repos/acme/infra/issues?state=shut", &all, "", "'shut' is not one of"),
        ("POST", comments, &all, "", "its body is missing"),
        ("POST", comments, &all, r#"{"text":"x"}"#, "'body' is a required property"),
        ("POST", comments, &all, r#"{"body":7}"#, "7 is not of type 'string'"),
        ("POST", comments, &all, r#"{"body":"x","mark":1}"#, "'mark' was unexpected"),
        ("POST", "/repos/acme/infra/issues/1/labels", &all, r#"{"labels":[]}"#, "should be non-empty"),
        ("PATCH", "/repos/acme/infra/issues/1", &all, r#"{"state":"shut"}"#, "'shut' is not one of"),
        ("POST", comments, &without(0), &text, "no authorization"),
        ("POST", comments, &without(1), &text, "no user-agent"),
        ("POST", comments, &without(2), &text, "accept is None"),
        ("POST", comments, &without(3), &text, "content-type is None"),
        ("POST", comments, &format!("{all}x-github-api-version: 2021-01-01\r\n"), &text, "2021-01-01"),
        ("POST", "/graphql", &all, r#"{"query":"{ viewer { name } }"}"#, "GraphQL"),
        ("GET", "/repos/acme/infra/milestones", &all, "", "this stand-in cannot do it"),
        ("POST", "/hook", &all, "[1]", "a JSON object"),
    ] {
        let (status, _) = standin.raw(method, path, headers, body);
        let breaches = standin.state()["breaches"].to_string();
        assert!(status == 500 && breaches.contains(words), "{method} {path} {body}: {status} {breaches}");
        standin.control(&json!({ "forgive": true }));
    }
    assert_eq!(standin.raw("POST", comments, &all, &text).0, 201);
    assert_eq!(standin.comments().len(), 1, "what was refused took no effect");
}
