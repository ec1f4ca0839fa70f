//! One question over plain HTTP to a sandbox on this machine.
//!
//! Owns: just enough HTTP/1.1 for that. Refuses to know: TLS, redirects, and any host that is not this machine.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value as Json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(30);

/// What is asked.
#[derive(Clone, Copy)]
pub(crate) enum Method {
    /// To read.
    Get,
    /// To change.
    Post,
}

/// Asks, and gives the answer's JSON; null where the answer is empty.
pub(crate) async fn ask(url: &str, method: Method, path: &str) -> io::Result<Json> {
    let authority = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
    let address = address(authority).await?;
    let answer = timeout(LIMIT, exchange(address, authority, method, path)).await;
    let answer = answer.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "no answer"))??;
    let (status, body) = split(&answer).ok_or_else(|| malformed("this is no HTTP answer"))?;
    if !(200..300).contains(&status) {
        let text = String::from_utf8_lossy(body);
        return Err(io::Error::other(format!("it answered {status}: {}", text.chars().take(200).collect::<String>())));
    }
    if body.is_empty() {
        Ok(Json::Null)
    } else {
        serde_json::from_slice(body).map_err(|_| malformed("its answer is no JSON"))
    }
}

async fn address(authority: &str) -> io::Result<SocketAddr> {
    let mut found = lookup_host(authority).await?;
    let local = found.find(|address| address.ip().is_loopback());
    local.ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "a sandbox is on this machine only: http://127.0.0.1:PORT")
    })
}

async fn exchange(address: SocketAddr, host: &str, method: Method, path: &str) -> io::Result<Vec<u8>> {
    let verb = match method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("{verb} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// The status and the body. A sandbox's bodies come with their length, never in chunks.
fn split(answer: &[u8]) -> Option<(u16, &[u8])> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(answer.get(..end)?).ok()?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer.get(end + 4..)?))
}

fn malformed(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn served(answer: &'static str) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 512];
            let _ = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        url
    }

    #[tokio::test]
    async fn answers_are_read_and_refusals_are_errors() {
        let url = served("HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{\"a\":1}").await;
        assert_eq!(ask(&url, Method::Get, "/x").await.unwrap(), serde_json::json!({ "a": 1 }));
        let url = served("HTTP/1.1 204 No Content\r\n\r\n").await;
        assert_eq!(ask(&url, Method::Post, "/x").await.unwrap(), Json::Null);
        let url = served("HTTP/1.1 404 Not Found\r\n\r\nnothing").await;
        assert!(ask(&url, Method::Get, "/x").await.unwrap_err().to_string().contains("404: nothing"));
        let url = served("SSH-2.0-OpenSSH\r\n\r\n").await;
        assert!(ask(&url, Method::Get, "/x").await.unwrap_err().to_string().contains("no HTTP answer"));
    }

    #[tokio::test]
    async fn other_machines_are_not_asked() {
        let error = ask("http://192.0.2.1:80", Method::Get, "/").await.unwrap_err();
        assert!(error.to_string().contains("this machine only"));
    }
}
