//! What passes between the server and the services: a call, its parameters, a reply, a fault.
//!
//! Knows the two query encodings (EC2's `SubnetId.1` and the plain `Names.member.1`) and no service; each service renders
//! a fault in its own envelope. Read next: `xml.rs` for answers.

use percent_encoding::percent_decode_str;

/// One authenticated request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) principal_arn: String,
    pub(crate) access_key: String,
    /// The address that it comes from.
    pub(crate) from: String,
    pub(crate) method: String,
    /// The path as sent, still percent-encoded; see [`Call::segments`].
    pub(crate) path: String,
    /// Decoded.
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) request_id: String,
}

impl Call {
    /// Gives the path's parts, each decoded after the split, so that an encoded slash stays inside its part.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// Gives the first query parameter of this name.
    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Gives the first header of this name (in lower case).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The parameters of a query-protocol request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a form-encoded body, and the URL's query, which AWS accepts as well.
    pub(crate) fn read(call: &Call) -> Params {
        let mut pairs: Vec<(String, String)> = form_urlencoded::parse(&call.body).into_owned().collect();
        pairs.extend(call.query.iter().cloned());
        Params(pairs)
    }

    /// Wraps pairs.
    #[cfg(test)]
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Params {
        Params(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    /// Gives all pairs.
    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Gives a parameter's value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Gives a parameter's value, or AWS's error for one that is missing.
    pub(crate) fn require(&self, name: &str) -> Result<&str, Fault> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            Fault::new(400, "MissingParameter", format!("The request must contain the parameter {name}"))
        })
    }

    /// Tells whether the parameter, or anything below it, was sent.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0
            .iter()
            .any(|(key, _)| key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }

    /// Gives `Name.1`, `Name.2`, … in order of their numbers.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let mut found: Vec<(u32, String)> = self
            .0
            .iter()
            .filter_map(|(key, value)| {
                let index = key.strip_prefix(name)?.strip_prefix('.')?.parse().ok()?;
                Some((index, value.clone()))
            })
            .collect();
        found.sort();
        found.into_iter().map(|(_, value)| value).collect()
    }

    /// Gives `Names.member.1`, `Names.member.2`, … in order.
    pub(crate) fn members(&self, name: &str) -> Vec<String> {
        self.list(&format!("{name}.member"))
    }

    /// Gives `Name.1.X`, `Name.2.X`, … as one set of parameters each; for the plain protocol pass `"Targets.member"`.
    pub(crate) fn structs(&self, name: &str) -> Vec<Params> {
        let mut found: std::collections::BTreeMap<u32, Vec<(String, String)>> = Default::default();
        for (key, value) in &self.0 {
            let Some(rest) = key.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')) else { continue };
            let Some((index, field)) = rest.split_once('.') else { continue };
            if let Ok(index) = index.parse() {
                found.entry(index).or_default().push((field.to_owned(), value.clone()));
            }
        }
        found.into_values().map(Params).collect()
    }

    /// Gives what lies below a parameter: `Nested.X` as `X`.
    pub(crate) fn below(&self, name: &str) -> Params {
        let prefix = format!("{name}.");
        let inside = |(key, value): &(String, String)| Some((key.strip_prefix(&prefix)?.to_owned(), value.clone()));
        Params(self.0.iter().filter_map(inside).collect())
    }

    /// Reads a boolean.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, Fault> {
        match self.get(name) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(text) => Err(Fault::new(
                400,
                "InvalidParameterValue",
                format!("Invalid value '{text}' for {name}. It must be true or false"),
            )),
        }
    }

    /// Reads a whole number.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, Fault> {
        self.get(name)
            .map(|text| {
                text.parse().map_err(|_| {
                    Fault::new(
                        400,
                        "InvalidParameterValue",
                        format!("Invalid value '{text}' for {name}. It must be a whole number"),
                    )
                })
            })
            .transpose()
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// Answers with JSON.
    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Reply {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Reply { status, headers, body: value.to_string().into_bytes() }
    }

    /// Answers with XML.
    pub(crate) fn xml(status: u16, text: String) -> Reply {
        let headers = vec![("content-type".to_owned(), "text/xml;charset=UTF-8".to_owned())];
        Reply { status, headers, body: text.into_bytes() }
    }

    /// Answers with plain text.
    pub(crate) fn text(status: u16, text: String) -> Reply {
        let headers = vec![("content-type".to_owned(), "text/plain;charset=UTF-8".to_owned())];
        Reply { status, headers, body: text.into_bytes() }
    }

    /// Answers without a body.
    pub(crate) fn empty(status: u16) -> Reply {
        Reply { status, headers: Vec::new(), body: Vec::new() }
    }
}

/// An AWS error, not yet in any service's envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// Seconds, for the `Retry-After` header.
    pub(crate) retry_after: Option<u32>,
}

impl Fault {
    /// Makes an error.
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Fault {
        Fault { status, code: code.into(), message: message.into(), retry_after: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_the_order_of_their_numbers() {
        let params = Params::of(&[
            ("SubnetId.10", "j"),
            ("SubnetId.2", "b"),
            ("Names.member.1", "n"),
            ("Tag.1.Key", "k"),
            ("Tag.1.Value", "v"),
        ]);
        assert_eq!(params.list("SubnetId"), ["b", "j"]);
        assert_eq!(params.members("Names"), ["n"]);
        assert_eq!(params.structs("Tag")[0].get("Value"), Some("v"));
        assert!(params.has("Tag") && !params.has("Ta"));
    }

    #[test]
    fn an_encoded_slash_stays_inside_its_segment() {
        let call = Call { path: "/tags/arn%3Aaws%2Fx".to_owned(), ..Call::default() };
        assert_eq!(call.segments(), ["tags", "arn:aws/x"]);
    }
}
