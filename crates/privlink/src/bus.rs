//! Which event bus a command line means, and with whose credentials things are put on it: `NAME`, `ARN`, `BUS@ACCOUNT`.
//!
//! Owns: reading that, and finding the account. Refuses to know: what is put there, and how (see `privlink_model::Bus`).

use std::fmt;
use std::str::FromStr;

use privlink_model::Account;

use crate::failure::Failure;

/// An event bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BusAt {
    /// Its name, or its ARN, which may be of an account that the spec does not name.
    pub(crate) bus: String,
    /// The account of the spec whose credentials are used, by its name there.
    pub(crate) account: Option<String>,
}

impl BusAt {
    /// The account whose credentials are used: the one that is named, the one of the ARN, or the only one there is.
    pub(crate) fn account<'a>(&self, accounts: &'a [Account]) -> Result<&'a Account, Failure> {
        let names = || accounts.iter().map(|account| account.name.clone()).collect::<Vec<String>>();
        if let Some(name) = &self.account {
            let found = accounts.iter().find(|account| account.name == *name);
            return found.ok_or_else(|| Failure::Account { name: name.clone(), known: names() });
        }
        let own = |account: &&Account| self.owner() == Some((account.id.as_str(), account.region.as_str()));
        match (accounts.iter().find(own), accounts) {
            (Some(account), _) | (None, [account]) => Ok(account),
            (None, _) => Err(Failure::Cloud {
                message: format!("it is not said with which account's credentials events are put on {}", self.bus),
                help: Some(format!("write {}@ACCOUNT; there is {}", self.bus, names().join(", "))),
            }),
        }
    }

    /// The region of an ARN, where the bus is.
    pub(crate) fn region(&self) -> Option<&str> {
        self.owner().map(|(_, region)| region)
    }

    /// The account and the region of an ARN.
    fn owner(&self) -> Option<(&str, &str)> {
        match self.bus.split(':').collect::<Vec<_>>().as_slice() {
            ["arn", _, "events", region, account, _] => Some((account, region)),
            _ => None,
        }
    }
}

impl FromStr for BusAt {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (bus, account) = match text.rsplit_once('@') {
            Some((bus, account)) => (bus, Some(account.to_owned())),
            None => (text, None),
        };
        let read = Self { bus: bus.to_owned(), account };
        let name = match bus.strip_prefix("arn:") {
            Some(_) if read.owner().is_none() => "",
            Some(_) => bus.rsplit_once(":event-bus/").map_or("", |(_, name)| name),
            None => bus,
        };
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if name.is_empty() || !name.chars().all(good) || read.account.as_deref() == Some("") {
            return Err("expected the name or the ARN of an event bus, maybe with @ACCOUNT after it");
        }
        Ok(read)
    }
}

impl fmt::Display for BusAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.bus)?;
        self.account.as_ref().map_or(Ok(()), |account| write!(f, "@{account}"))
    }
}

#[cfg(test)]
mod tests {
    use privlink_model::Access;

    use super::*;

    const ARN: &str = "arn:aws:events:eu-west-1:222222222222:event-bus/news";

    fn account(name: &str, id: &str) -> Account {
        Account { name: name.to_owned(), id: id.to_owned(), region: "eu-west-1".to_owned(), access: Access::Ambient }
    }

    #[test]
    fn buses_are_named_alone_or_with_an_account() {
        for text in ["default", "news", "a.b-c_d", "news@gateway", ARN, &format!("{ARN}@gateway")] {
            assert_eq!(text.parse::<BusAt>().unwrap().to_string(), text);
        }
        assert_eq!("news@gateway".parse::<BusAt>().unwrap().account.as_deref(), Some("gateway"));
        for bad in ["", "@gateway", "news@", "a b", "a/b", "arn:aws:sns:eu-west-1:2:news", "arn:aws:events:r:2:rule/x"]
        {
            assert!(bad.parse::<BusAt>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_account_is_the_one_named_that_of_the_arn_or_the_only_one() {
        let two = [account("application", "111111111111"), account("gateway", "222222222222")];
        let of = |text: &str, accounts: &[Account]| {
            let found = text.parse::<BusAt>().unwrap().account(accounts).map(|account| account.name.clone());
            found.map_err(|failure| failure.to_string())
        };
        assert_eq!(of("news@application", &two), Ok("application".to_owned()));
        assert_eq!(of(ARN, &two), Ok("gateway".to_owned()));
        assert_eq!(of(&format!("{ARN}@application"), &two), Ok("application".to_owned()));
        assert_eq!(of("news", &two[1..]), Ok("gateway".to_owned()));
        assert_eq!(of(ARN, &two[..1]), Ok("application".to_owned()), "somebody else's bus");
        assert!(of("news", &two).unwrap_err().contains("with which account's credentials"));
        assert!(of("news@nobody", &two).unwrap_err().contains("there is application, gateway"));
    }
}
