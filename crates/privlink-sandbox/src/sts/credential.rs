//! Credentials: what an `Authorization` header and a session token say about the caller.
//!
//! Reads the SigV4 credential scope and decodes the tokens that AssumeRole gives out. It refuses to verify signatures:
//! whoever reaches the loopback address may do everything.

use crate::clock::{Moment, wall_now};
use crate::ids::stable_hex;
use crate::wire::Fault;

/// Who calls which service where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) account: String,
    pub(crate) region: String,
    /// The service of the credential scope.
    pub(crate) service: String,
    pub(crate) principal_arn: String,
    pub(crate) access_key: String,
}

/// Why a caller is not known; each service has its own words for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// No `Authorization` at all.
    Missing,
    /// An `Authorization` that is not a signature.
    Incomplete(Fault),
    /// A session token that is not one of ours, or does not fit the key.
    Invalid,
    /// A session that is over.
    Expired,
}

/// Reads who calls from `Authorization` and `X-Amz-Security-Token`.
pub(crate) fn identify(
    authorization: Option<&str>,
    token: Option<&str>,
    ambient: &str,
) -> (Option<Scope>, Result<Identity, Unknown>) {
    let Some(header) = authorization else { return (None, Err(Unknown::Missing)) };
    let scope = match Scope::read(header) {
        Ok(scope) => scope,
        Err(fault) => return (None, Err(Unknown::Incomplete(fault))),
    };
    let identity = match (scope.key.starts_with("ASIA"), token) {
        (true, Some(token)) => match Session::read(token) {
            Some(session) if session.access_key() != scope.key => Err(Unknown::Invalid),
            Some(session) if session.expires < wall_now() => Err(Unknown::Expired),
            Some(session) => Ok((session.account.clone(), session.arn())),
            None => Err(Unknown::Invalid),
        },
        (true, None) => Err(Unknown::Invalid),
        (false, _) => Ok((ambient.to_owned(), format!("arn:aws:iam::{ambient}:user/sandbox"))),
    };
    let identity = identity.map(|(account, principal_arn)| Identity {
        account,
        principal_arn,
        region: scope.region.clone(),
        service: scope.service.clone(),
        access_key: scope.key.clone(),
    });
    (Some(scope), identity)
}

/// The credential scope of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    key: String,
    pub(crate) region: String,
    pub(crate) service: String,
}

impl Scope {
    fn read(header: &str) -> Result<Scope, Fault> {
        let incomplete = |what: &str| {
            let message = format!("Authorization header requires '{what}' parameter. Authorization={header}");
            Fault::new(403, "IncompleteSignature", message)
        };
        let rest = header
            .strip_prefix("AWS4-HMAC-SHA256")
            .ok_or_else(|| Fault::new(403, "IncompleteSignature", "Unsupported AWS 'algorithm'"))?;
        let part = |name: &str| {
            let found = rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
            found.filter(|text| !text.is_empty()).ok_or_else(|| incomplete(name))
        };
        let credential = part("Credential")?;
        part("SignedHeaders")?;
        part("Signature")?;
        match credential.split('/').collect::<Vec<_>>().as_slice() {
            [key, _date, region, service, "aws4_request"] if !key.is_empty() => {
                Ok(Scope { key: (*key).to_owned(), region: (*region).to_owned(), service: (*service).to_owned() })
            }
            _ => {
                let message = format!("Credential must have five slash-delimited elements. Credential={credential}");
                Err(Fault::new(403, "IncompleteSignature", message))
            }
        }
    }
}

/// A session of an assumed role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) account: String,
    pub(super) role: String,
    pub(super) session: String,
    /// By the wall's clock.
    pub(super) expires: Moment,
}

impl Session {
    /// Writes the session token: the session in hexadecimal, with a check sum so that a mangled one is found out.
    pub(super) fn token(&self) -> String {
        let text = self.text();
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        format!("{}{hex}", stable_hex(&text, 16))
    }

    fn read(token: &str) -> Option<Session> {
        let (sum, hex) = token.split_at_checked(16)?;
        let bytes: Option<Vec<u8>> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect();
        let text = String::from_utf8(bytes?).ok()?;
        if stable_hex(&text, 16) != sum {
            return None;
        }
        match text.split('/').collect::<Vec<_>>().as_slice() {
            [account, role, session, expires] => Some(Session {
                account: (*account).to_owned(),
                role: (*role).to_owned(),
                session: (*session).to_owned(),
                expires: Moment(expires.parse().ok()?),
            }),
            _ => None,
        }
    }

    fn text(&self) -> String {
        format!("{}/{}/{}/{}", self.account, self.role, self.session, self.expires.0)
    }

    /// Gives the access key: like AWS's, it carries the account.
    pub(super) fn access_key(&self) -> String {
        let account = base32(self.account.parse().unwrap_or_default(), 8);
        let rest: String = stable_hex(&self.text(), 8).to_uppercase().replace(['0', '1', '8', '9'], "Q");
        format!("ASIA{account}{rest}")
    }

    /// Gives the ARN that the session acts as.
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:sts::{}:assumed-role/{}/{}", self.account, self.role, self.session)
    }

    /// Gives the id of the role.
    pub(super) fn role_id(&self) -> String {
        role_id(&self.account, &self.role)
    }
}

/// Gives the id of a role: `AROA…`.
pub(crate) fn role_id(account: &str, role: &str) -> String {
    format!("AROA{}", stable_hex(&format!("{account}/{role}"), 17).to_uppercase())
}

fn base32(mut number: u64, length: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = Vec::new();
    for _ in 0..length {
        out.push(char::from(ALPHABET[(number % 32) as usize]));
        number /= 32;
    }
    out.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(key: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=00"
        )
    }

    #[test]
    fn a_session_is_known_by_its_token_alone() {
        let session = Session {
            account: "222222222222".to_owned(),
            role: "deployer".to_owned(),
            session: "me".to_owned(),
            expires: wall_now().plus(std::time::Duration::from_secs(60)),
        };
        let (key, token) = (session.access_key(), session.token());
        assert_eq!(key.len(), 20);
        let identity = identify(Some(&header(&key)), Some(&token), "000000000000").1.unwrap();
        assert_eq!(identity.account, "222222222222");
        assert_eq!(identity.principal_arn, "arn:aws:sts::222222222222:assumed-role/deployer/me");
        assert_eq!(identity.service, "ec2");
        for bad in ["", "00", &token[1..], &token.replace(&token[20..22], "zz"), "é€é€é€é€é€é€é€é€é€é€"]
        {
            assert_eq!(identify(Some(&header(&key)), Some(bad), "0").1, Err(Unknown::Invalid), "{bad}");
        }
        let old = Session { expires: Moment(0), ..session };
        assert_eq!(identify(Some(&header(&old.access_key())), Some(&old.token()), "0").1, Err(Unknown::Expired));
    }

    #[test]
    fn other_keys_are_the_ambient_principal_and_nonsense_is_none() {
        let identity = identify(Some(&header("AKIDEXAMPLE")), None, "000000000000").1.unwrap();
        assert_eq!(identity.principal_arn, "arn:aws:iam::000000000000:user/sandbox");
        assert_eq!(identify(None, None, "0").1, Err(Unknown::Missing));
        for bad in ["Bearer x", "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=h, Signature=0", "AWS4-HMAC-SHA256 "]
        {
            assert!(matches!(identify(Some(bad), None, "0").1, Err(Unknown::Incomplete(_))), "{bad}");
        }
    }
}
