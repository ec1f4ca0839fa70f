//! What may stand between a request and its service: the request counter, and the list of disturbances.
//!
//! Every request passes here once it is known who asks for what, before anything happens. **Invariant:** what is refused
//! here has changed nothing.

use crate::wire::{Call, Fault};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counts requests and disturbs them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Gate {
    /// By `account/region service:Operation`.
    counts: BTreeMap<String, u64>,
    /// By `service:Operation`.
    disturbances: BTreeMap<String, Disturbance>,
}

/// An error that a request meets in place of its service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Disturbance {
    status: u16,
    code: String,
    message: String,
    retry_after: Option<u32>,
}

impl Gate {
    /// Counts a request, and says what it meets in place of its service, if anything.
    pub(crate) fn before(&mut self, call: &Call, service: &str, operation: &str) -> Option<Fault> {
        let name = format!("{service}:{operation}");
        let key = format!("{} {name}", crate::world::scope_key(&call.account, &call.region));
        *self.counts.entry(key).or_default() += 1;
        let met = self.disturbances.get(&name)?.clone();
        Some(Fault { status: met.status, code: met.code, message: met.message, retry_after: met.retry_after })
    }

    /// Gives the number of requests by account, region and operation.
    pub(crate) fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_and_disturbed_by_operation() {
        let call = Call { account: "1".to_owned(), region: "r".to_owned(), ..Call::default() };
        let disturbance = Disturbance {
            status: 503,
            code: "RequestLimitExceeded".to_owned(),
            message: "slow".to_owned(),
            retry_after: None,
        };
        let disturbances = BTreeMap::from([("ec2:DescribeSubnets".to_owned(), disturbance)]);
        let mut gate = Gate { counts: BTreeMap::new(), disturbances };
        assert!(gate.before(&call, "ec2", "DescribeVpcs").is_none());
        assert!(gate.before(&call, "ec2", "DescribeVpcs").is_none());
        assert_eq!(gate.before(&call, "ec2", "DescribeSubnets").unwrap().status, 503);
        assert_eq!(gate.counts()["1/r ec2:DescribeVpcs"], 2);
    }
}
