//! A proxy on loopback: hands on whole requests one at a time, and looks at the world around each that changes something.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::flow::Flow;

/// A proxy that ends with `end`.
pub(crate) struct Witness {
    /// Where it listens.
    pub(crate) url: String,
    seen: Arc<Mutex<Seen>>,
    stop: Arc<AtomicBool>,
    /// Told when as many changes were made as were to be waited for.
    pub(crate) enough: Receiver<()>,
}

struct Seen {
    sandbox: String,
    flow: Flow,
    operations: Vec<String>,
    broken: Vec<String>,
    looks: usize,
    limit: usize,
    told: Sender<()>,
}

impl Seen {
    fn look(&mut self, when: &str) {
        let world = get(&self.sandbox, "/_sandbox/world");
        let broken = self.flow.broken(&serde_json::from_slice::<Value>(&world).unwrap());
        self.broken.extend(broken.into_iter().map(|what| format!("{when}: {what}")));
        self.looks += 1;
    }
}

impl Witness {
    /// Starts one before a sandbox. After `limit` changes nothing more is answered.
    pub(crate) fn start(sandbox: &str, limit: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let sandbox = sandbox.trim_start_matches("http://").to_owned();
        let (told, enough) = channel();
        let mut seen =
            Seen { sandbox, flow: Flow::default(), operations: Vec::new(), broken: Vec::new(), looks: 0, limit, told };
        seen.look("at first");
        let seen = Arc::new(Mutex::new(seen));
        let stop = Arc::new(AtomicBool::new(false));
        let (shared, stopped) = (Arc::clone(&seen), Arc::clone(&stop));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { url, seen, stop, enough }
    }

    /// The operations that changed something, what was broken, and how often the world was looked at.
    pub(crate) fn end(self) -> (Vec<String>, Vec<String>, usize) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
        let mut seen = self.seen.lock().unwrap();
        seen.look("at last");
        (std::mem::take(&mut seen.operations), std::mem::take(&mut seen.broken), seen.looks)
    }
}

fn serve(stream: TcpStream, seen: &Mutex<Seen>) {
    let mut client = BufReader::new(stream);
    while let Some((head, body)) = message(&mut client) {
        let mut seen = seen.lock().unwrap();
        if seen.operations.len() >= seen.limit {
            return;
        }
        let operation = operation(&head, &body);
        if let Some(operation) = &operation {
            seen.look(&format!("before {operation}"));
        }
        let mut sandbox = TcpStream::connect(&seen.sandbox).unwrap();
        sandbox.write_all(&[head, body].concat()).unwrap();
        let (head, body) = message(&mut BufReader::new(sandbox)).unwrap();
        if let Some(operation) = operation {
            let status = String::from_utf8_lossy(&head).split_whitespace().nth(1).unwrap().to_owned();
            seen.look(&format!("after {operation}"));
            if status.starts_with('2') {
                seen.operations.push(operation);
            }
            if seen.operations.len() >= seen.limit {
                let _ = seen.told.send(());
                // Whoever asked is about to be killed, and hears nothing more.
                return;
            }
        }
        drop(seen);
        if client.get_mut().write_all(&[head, body].concat()).is_err() {
            return;
        }
    }
}

/// One request or answer: its head, and a body of the length it says.
fn message(stream: &mut BufReader<TcpStream>) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut head = Vec::new();
    loop {
        let start = head.len();
        if stream.read_until(b'\n', &mut head).ok()? == 0 {
            return None;
        }
        if head.get(start..) == Some(b"\r\n") {
            break;
        }
    }
    let text = String::from_utf8_lossy(&head).to_lowercase();
    assert!(!text.contains("transfer-encoding: chunked"), "{text}");
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// The name of an operation that changes something.
fn operation(head: &[u8], body: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    let mut words = head.split_whitespace();
    let (method, path) = (words.next()?, words.next()?);
    let body = String::from_utf8_lossy(body);
    if let Some(action) = body.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
        let reads = ["Describe", "Get", "Assume", "List", "Simulate"];
        return (!reads.iter().any(|read| action.starts_with(read))).then(|| action.to_owned());
    }
    let parts: Vec<&str> = path.split('?').next()?.trim_matches('/').split('/').collect();
    let what = match (method, parts.as_slice()) {
        ("POST", ["vpclinks"]) => "CreateVpcLink",
        ("DELETE", ["vpclinks", _]) => "DeleteVpcLink",
        ("POST", ["restapis"]) => "CreateRestApi",
        ("PUT", ["restapis", _]) => "PutRestApi",
        ("POST", ["restapis", _, "deployments"]) => "CreateDeployment",
        ("PATCH", ["restapis", _, "stages", _]) => "UpdateStage",
        ("POST", ["restapis", _, "stages"]) => "CreateStage",
        ("GET" | "HEAD", _) => return None,
        _ => return Some(format!("{method} {path}")),
    };
    Some(what.to_owned())
}

fn get(address: &str, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes())
        .unwrap();
    message(&mut BufReader::new(stream)).unwrap().1
}
