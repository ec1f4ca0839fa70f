//! Answers of S3 that moto does not give: from a server that says what it is told to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;

use privlink_model::{ErrorClass, PutEnd, When};

use super::objects;

/// Serves STS, and S3 by a function of the request's head to the answer. What it was asked of S3 is sent on.
fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (heads, asked) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
            let length = head
                .to_lowercase()
                .split_once("content-length:")
                .map_or(0, |(_, rest)| rest.lines().next().unwrap_or_default().trim().parse::<u64>().unwrap());
            let _ = reader.take(length).read_to_end(&mut Vec::new());
            let reply = if head.contains("/sts/") { identity() } else { answer(&head) };
            if !head.contains("/sts/") && heads.send(head).is_err() {
                return;
            }
            let mut stream = stream;
            let _ = stream.write_all(reply.as_bytes());
        }
    });
    (url, asked)
}

fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn identity() -> String {
    let body = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                <Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/ana</Arn><UserId>AIDA</UserId>\
                </GetCallerIdentityResult></GetCallerIdentityResponse>";
    http("200 OK", "Content-Type: text/xml\r\n", body)
}

fn refusal(status: &str, headers: &str, code: &str) -> String {
    http(
        status,
        headers,
        &format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>because</Message></Error>"),
    )
}

#[tokio::test]
async fn a_bucket_in_another_region_is_found_there() {
    let (url, asked) = serve(|head| {
        if head.contains("/eu-west-1/s3/") {
            http("200 OK", "ETag: \"1\"\r\n", "")
        } else {
            refusal("301 Moved Permanently", "x-amz-bucket-region: eu-west-1\r\n", "PermanentRedirect")
        }
    });
    let objects = objects(&url).await;
    for _ in 0..2 {
        let end = objects.put("x", b"text".to_vec(), When::Absent).await.unwrap();
        assert!(matches!(end, PutEnd::Done(_)));
    }
    let regions: Vec<bool> = asked.try_iter().map(|head| head.contains("/eu-west-1/s3/")).collect();
    assert_eq!(regions, [false, true, true], "asked once where the account is, and from then on where the bucket is");
}

#[tokio::test]
async fn the_condition_goes_with_the_request() {
    let (url, asked) = serve(|_| http("200 OK", "ETag: \"1\"\r\n", ""));
    let objects = objects(&url).await;
    let version = || privlink_model::Version("\"abc\"".to_owned());
    objects.put("x", b"text".to_vec(), When::Absent).await.unwrap();
    objects.put("x", b"text".to_vec(), When::Is(version())).await.unwrap();
    objects.put("x", b"text".to_vec(), When::Always).await.unwrap();
    objects.delete("x", When::Is(version())).await.unwrap();
    let heads: Vec<String> = asked.try_iter().map(|head| head.to_lowercase()).collect();
    let has = |head: &String| (head.contains("if-none-match: *\r\n"), head.contains("if-match: \"abc\"\r\n"));
    let conditions: Vec<(bool, bool)> = heads.iter().map(has).collect();
    assert_eq!(conditions, [(true, false), (false, true), (false, false), (false, true)]);
    assert!(heads.iter().all(|head| !head.contains("checksum") && !head.contains("trailer")), "{heads:?}");
    assert!(heads[0].starts_with("put /acme-privlink/teams/shop/x"), "{}", heads[0]);
}

#[tokio::test]
async fn refusals_are_told_apart() {
    for (status, code, class, help) in [
        ("409 Conflict", "ConditionalRequestConflict", ErrorClass::Busy, None),
        ("403 Forbidden", "AccessDenied", ErrorClass::Denied, Some("s3:ListBucket")),
        ("404 Not Found", "NoSuchBucket", ErrorClass::Refused, Some("acme-privlink")),
        ("500 Internal Server Error", "InternalError", ErrorClass::InDoubt, None),
        ("400 Bad Request", "AuthorizationHeaderMalformed", ErrorClass::Refused, None),
    ] {
        let (url, _asked) = serve(move |_| refusal(status, "", code));
        let error = objects(&url).await.put("x", Vec::new(), When::Absent).await.unwrap_err();
        assert_eq!((error.class, &*error.code), (class, code), "{error}");
        match help {
            Some(words) => assert!(error.help.as_ref().is_some_and(|help| help.contains(words)), "{error:?}"),
            None => assert!(error.to_string().contains("because"), "{error}"),
        }
    }
    let (url, _asked) = serve(|_| refusal("412 Precondition Failed", "", "PreconditionFailed"));
    assert_eq!(objects(&url).await.put("x", Vec::new(), When::Absent).await.unwrap(), PutEnd::Conflict);
}
