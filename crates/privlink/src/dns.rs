//! One question to one DNS resolver: the IPv4 addresses of a name.
//!
//! Owns: the wire format (RFC 1035) as far as an A question needs it: UDP first, TCP when the answer was cut, aliases followed
//! within the answer, as recursive resolvers give them. Refuses to know: caches, search lists, other record types (AWS's
//! target groups of privlink's take IPv4). Written here because a resolver library would bring some thirty crates for it.
//!
//! **Invariant:** any bytes may arrive; none make it panic or loop.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// The port of resolvers.
pub(crate) const PORT: u16 = 53;
/// How long a datagram is waited for before it is sent again.
const RETRY: Duration = Duration::from_millis(1500);
const TYPE_A: u16 = 1;
const TYPE_CNAME: u16 = 5;
const CLASS_IN: u16 = 1;
const HEADER: usize = 12;

/// Why a question got no addresses.
#[derive(Debug)]
pub(crate) enum DnsError {
    /// The name cannot be asked for.
    Name,
    /// The network.
    Io(io::Error),
    /// The resolver's refusal, by its code.
    Refused(u8),
    /// An answer that is not well-formed.
    Malformed,
}

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("this is no host name"),
            Self::Io(error) => error.fmt(f),
            Self::Refused(2) => f.write_str("the resolver failed (SERVFAIL)"),
            Self::Refused(3) => f.write_str("there is no such name (NXDOMAIN)"),
            Self::Refused(5) => f.write_str("the resolver refuses to answer (REFUSED)"),
            Self::Refused(code) => write!(f, "the resolver answered with code {code}"),
            Self::Malformed => f.write_str("the resolver's answer is malformed"),
        }
    }
}

impl From<io::Error> for DnsError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Asks for the IPv4 addresses of a name. Asks again when nothing comes; the caller limits the time.
pub(crate) async fn look_up(server: SocketAddr, name: &str) -> Result<Vec<IpAddr>, DnsError> {
    let id = question_id();
    let question = question(id, name).ok_or(DnsError::Name)?;
    let any = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    let mut buffer = [0; 4096];
    loop {
        socket.send(&question).await?;
        let Ok(received) = timeout(RETRY, socket.recv(&mut buffer)).await else { continue };
        let message = buffer.get(..received?).unwrap_or_default();
        match addresses(id, name, message)? {
            Answer::Addresses(addresses) => return Ok(addresses),
            Answer::Cut => return over_tcp(server, id, name, &question).await,
            Answer::Stray => continue,
        }
    }
}

async fn over_tcp(server: SocketAddr, id: u16, name: &str, question: &[u8]) -> Result<Vec<IpAddr>, DnsError> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(question.len()).map_err(|_| DnsError::Name)?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(question).await?;
    let length = stream.read_u16().await?;
    let mut message = vec![0; usize::from(length)];
    stream.read_exact(&mut message).await?;
    match addresses(id, name, &message)? {
        Answer::Addresses(addresses) => Ok(addresses),
        Answer::Cut | Answer::Stray => Err(DnsError::Malformed),
    }
}

/// A number that a stranger cannot guess: the standard library seeds its hashers at random.
fn question_id() -> u16 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0u8) as u16
}

/// The message of a question; none when the name does not fit one.
fn question(id: u16, name: &str) -> Option<Vec<u8>> {
    let mut message = Vec::with_capacity(HEADER + name.len() + 6);
    message.extend(id.to_be_bytes());
    // Recursion desired, one question.
    message.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.trim_end_matches('.').split('.') {
        if label.is_empty() || label.len() > 63 || !label.is_ascii() {
            return None;
        }
        message.push(u8::try_from(label.len()).ok()?);
        message.extend(label.as_bytes());
    }
    message.push(0);
    message.extend(TYPE_A.to_be_bytes());
    message.extend(CLASS_IN.to_be_bytes());
    // 255 bytes is the longest name on the wire.
    (message.len() <= HEADER + 255 + 4).then_some(message)
}

enum Answer {
    Addresses(Vec<IpAddr>),
    /// The answer did not fit a datagram.
    Cut,
    /// Not an answer to this question.
    Stray,
}

fn addresses(id: u16, name: &str, message: &[u8]) -> Result<Answer, DnsError> {
    let word = |at: usize| Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]));
    let (Some(answered), Some(flags)) = (word(0), word(2)) else { return Ok(Answer::Stray) };
    if answered != id || flags & 0x8000 == 0 {
        return Ok(Answer::Stray);
    }
    if flags & 0x0200 != 0 {
        return Ok(Answer::Cut);
    }
    let code = (flags & 0x000f) as u8;
    if code != 0 {
        return Err(DnsError::Refused(code));
    }
    records(name, message).map(Answer::Addresses).ok_or(DnsError::Malformed)
}

/// The addresses that belong to the name or to an alias of it; none when the message is malformed.
fn records(name: &str, message: &[u8]) -> Option<Vec<IpAddr>> {
    let word = |at: usize| Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]));
    let (questions, answers) = (word(4)?, word(6)?);
    let mut at = HEADER;
    for _ in 0..questions {
        at = read_name(message, at)?.1 + 4;
    }
    let mut names = BTreeSet::from([name.trim_end_matches('.').to_ascii_lowercase()]);
    let mut addresses = Vec::new();
    for _ in 0..answers {
        let (owner, after) = read_name(message, at)?;
        let (kind, class, length) = (word(after)?, word(after + 2)?, usize::from(word(after + 8)?));
        let data = after + 10;
        let bytes = message.get(data..data + length)?;
        at = data + length;
        if class != CLASS_IN || !names.contains(&owner) {
            continue;
        }
        match kind {
            TYPE_A => addresses.push(IpAddr::from(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?))),
            TYPE_CNAME => {
                names.insert(read_name(message, data)?.0);
            }
            _ => {}
        }
    }
    Some(addresses)
}

/// A name in lower case, and where the bytes after it begin.
fn read_name(message: &[u8], start: usize) -> Option<(String, usize)> {
    let (mut at, mut end, mut name) = (start, None, String::new());
    // Each turn reads a label or follows a pointer; no honest name needs more turns.
    for _ in 0..256 {
        let length = usize::from(*message.get(at)?);
        match length {
            0 => return Some((name, end.unwrap_or(at + 1))),
            1..=63 => {
                let label = message.get(at + 1..at + 1 + length)?;
                if !name.is_empty() {
                    name.push('.');
                }
                name.extend(label.iter().map(|byte| char::from(byte.to_ascii_lowercase())));
                at += 1 + length;
            }
            192..=255 => {
                let low = usize::from(*message.get(at + 1)?);
                end.get_or_insert(at + 2);
                at = (length & 63) << 8 | low;
            }
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer to `question` with an alias and two addresses, by compressed names.
    fn answer(question: &[u8]) -> Vec<u8> {
        let mut message = question.to_vec();
        message[2] = 0x81;
        message[7] = 3;
        // The alias of the question's name (pointer to offset 12) is `lb.` followed by the question's name.
        let alias = message.len() + 12;
        message.extend([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 5, 2, b'l', b'b', 0xc0, 12]);
        for last in [11, 10] {
            message.extend([0xc0, alias as u8, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 172, 31, 40, last]);
        }
        message
    }

    #[test]
    fn aliases_are_followed_within_the_answer() {
        let question = question(7, "Billing.corp.example.").unwrap();
        let found = addresses(7, "billing.corp.example", &answer(&question)).unwrap();
        let Answer::Addresses(found) = found else { unreachable!() };
        assert_eq!(found, [IpAddr::from([172, 31, 40, 11]), IpAddr::from([172, 31, 40, 10])]);
        assert!(matches!(addresses(8, "billing.corp.example", &answer(&question)), Ok(Answer::Stray)));
    }

    #[test]
    fn cut_and_damaged_answers_end_in_no_panic() {
        let whole = answer(&question(7, "billing.corp.example").unwrap());
        for length in 0..whole.len() {
            let _ = addresses(7, "billing.corp.example", &whole[..length]);
        }
        for at in 0..whole.len() {
            for byte in [0, 1, 63, 64, 192, 255] {
                let mut damaged = whole.clone();
                damaged[at] = byte;
                let _ = addresses(7, "billing.corp.example", &damaged);
            }
        }
    }

    #[test]
    fn names_that_do_not_fit_are_not_asked_for() {
        assert!(question(1, &"a".repeat(64)).is_none());
        assert!(question(1, "a..b").is_none());
        assert!(question(1, &["a"; 200].join(".")).is_none());
    }

    #[tokio::test]
    async fn a_cut_answer_is_asked_for_again_over_tcp() {
        let tcp = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = tcp.local_addr().unwrap();
        let udp = UdpSocket::bind(server).await.unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; 512];
            let (length, from) = udp.recv_from(&mut buffer).await.unwrap();
            let mut cut = buffer[..length].to_vec();
            cut[2] = 0x83;
            udp.send_to(&cut, from).await.unwrap();
        });
        tokio::spawn(async move {
            let (mut stream, _) = tcp.accept().await.unwrap();
            let length = stream.read_u16().await.unwrap();
            let mut asked = vec![0; usize::from(length)];
            stream.read_exact(&mut asked).await.unwrap();
            let answer = answer(&asked);
            stream.write_u16(answer.len() as u16).await.unwrap();
            stream.write_all(&answer).await.unwrap();
        });
        let found = look_up(server, "billing.corp.example").await.unwrap();
        assert_eq!(found.len(), 2);
    }

    #[tokio::test]
    async fn a_refusal_is_worded() {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let server = udp.local_addr().unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; 512];
            let (length, from) = udp.recv_from(&mut buffer).await.unwrap();
            let mut refusal = buffer[..length].to_vec();
            (refusal[2], refusal[3]) = (0x81, 0x83);
            udp.send_to(&refusal, from).await.unwrap();
        });
        let error = look_up(server, "gone.example").await.unwrap_err();
        assert_eq!(error.to_string(), "there is no such name (NXDOMAIN)");
    }
}
