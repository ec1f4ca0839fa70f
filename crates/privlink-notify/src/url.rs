//! URLs as far as requests need them taken apart: scheme, authority, path.
//!
//! Owns: what may be sent to without encryption: this machine alone. Refuses to know: what is sent.

use std::net::IpAddr;

/// A URL of HTTP, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    /// Whether it is HTTPS.
    pub(crate) secure: bool,
    /// Host, and port if there is one.
    pub(crate) authority: &'a str,
    /// From the first slash on, with what follows a question mark; may be empty.
    pub(crate) path: &'a str,
}

impl<'a> Parts<'a> {
    /// Takes a URL apart; none where it is not one of HTTP, or carries a user or characters that no URL has.
    pub(crate) fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let path = path.split('#').next().unwrap_or_default();
        let plain = |text: &str| text.chars().all(|letter| letter.is_ascii_graphic());
        let parts = Self { secure, authority, path };
        (plain(authority) && plain(path) && !authority.contains('@') && !parts.host().is_empty()).then_some(parts)
    }

    /// The host without its port.
    pub(crate) fn host(self) -> &'a str {
        match self.authority.strip_prefix('[') {
            Some(address) => address.split(']').next().unwrap_or_default(),
            None => self.authority.split(':').next().unwrap_or_default(),
        }
    }

    /// Whether nobody else can listen: HTTPS, or this machine.
    pub(crate) fn is_private(self) -> bool {
        let host = self.host();
        self.secure
            || host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// `https://host:port`.
    pub(crate) fn origin(self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.authority)
    }
}

/// A text as a part of a path or of a query.
pub(crate) fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut encoded = String::new();
    for byte in text.bytes() {
        match plain(byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let parts = Parts::of("https://ghe.example:8443/api/v3?x=1#y").unwrap();
        assert_eq!((parts.authority, parts.path, parts.host()), ("ghe.example:8443", "/api/v3?x=1", "ghe.example"));
        assert_eq!(parts.origin(), "https://ghe.example:8443");
        assert_eq!(Parts::of("HTTP://[::1]:80").map(Parts::host), Some("::1"));
        for bad in
            ["", "ghe.example", "ftp://x", "https://", "https:///x", "https://a@b/", "https://a b/", "https://:1"]
        {
            assert_eq!(Parts::of(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_this_machine_goes_without_encryption() {
        let private = |url| Parts::of(url).unwrap().is_private();
        assert!(["https://x", "http://127.0.0.1:1/", "http://localhost", "http://[::1]:9"].into_iter().all(private));
        assert!(!["http://x", "http://10.0.0.1", "http://127.0.0.1.example"].into_iter().any(private));
    }

    #[test]
    fn what_a_path_cannot_hold_is_encoded() {
        assert_eq!(encode("privlink: delete/é"), "privlink%3A%20delete%2F%C3%A9");
    }
}
