//! How many objects AWS lets an account have: the quotas that a create can run into, by AWS's error code.
//!
//! Owns: the names AWS has for these quotas, their defaults, and what they are counted by.
//! Refuses to know: how often calls may be made (`quota`), how what uses a quota is counted (`quota_use`).
//! Read next: `quota_use`.
//!
//! The defaults are AWS's of mid-2026, from the quota pages of each service's guide; most can be raised, so they are told as
//! defaults and never reckoned with. API Gateway has one code for all of its quotas: the kind that was made tells which.

use privlink_model::keys::{
    endpoint, listener, load_balancer, rest_api, security_group, security_group_rule, stage, target_group, targets,
    vpc_link,
};

/// A quota on a number of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaFact {
    /// AWS's error code where it is exhausted.
    pub code: &'static str,
    /// The kind whose objects it counts.
    pub kind: &'static str,
    /// AWS's name for it.
    pub name: &'static str,
    /// How many there may be unless AWS was asked for more.
    pub default: u32,
    /// What there may be so many of, and in what: `VPC links in an account and region`.
    pub counts: &'static str,
    /// Whether AWS raises it when asked.
    pub adjustable: bool,
}

const LIMIT_EXCEEDED: &str = "LimitExceededException";

static FACTS: [QuotaFact; 10] = [
    QuotaFact {
        code: LIMIT_EXCEEDED,
        kind: vpc_link::KIND,
        name: "VPC links per Region",
        default: 20,
        counts: "VPC links in the account and region",
        adjustable: true,
    },
    QuotaFact {
        code: LIMIT_EXCEEDED,
        kind: rest_api::KIND,
        name: "Private APIs per Region",
        default: 600,
        counts: "private REST APIs in the account and region",
        adjustable: false,
    },
    QuotaFact {
        code: LIMIT_EXCEEDED,
        kind: stage::KIND,
        name: "Stages per API",
        default: 10,
        counts: "stages of the API",
        adjustable: true,
    },
    QuotaFact {
        code: "VpcEndpointLimitExceeded",
        kind: endpoint::KIND,
        name: "Interface and Gateway Load Balancer endpoints per VPC",
        default: 50,
        counts: "interface endpoints in the VPC",
        adjustable: true,
    },
    QuotaFact {
        code: "SecurityGroupLimitExceeded",
        kind: security_group::KIND,
        name: "VPC security groups per Region",
        default: 2500,
        counts: "security groups in the account and region",
        adjustable: true,
    },
    QuotaFact {
        code: "RulesPerSecurityGroupLimitExceeded",
        kind: security_group_rule::KIND,
        name: "Inbound or outbound rules per security group",
        default: 60,
        counts: "rules of one direction in the group",
        adjustable: true,
    },
    QuotaFact {
        code: "TooManyLoadBalancers",
        kind: load_balancer::KIND,
        name: "Network Load Balancers per Region",
        default: 50,
        counts: "network load balancers in the account and region",
        adjustable: true,
    },
    QuotaFact {
        code: "TooManyListeners",
        kind: listener::KIND,
        name: "Listeners per Network Load Balancer",
        default: 50,
        counts: "listeners of the load balancer",
        adjustable: false,
    },
    QuotaFact {
        code: "TooManyTargetGroups",
        kind: target_group::KIND,
        name: "Target Groups per Region",
        default: 3000,
        counts: "target groups in the account and region",
        adjustable: true,
    },
    QuotaFact {
        code: "TooManyTargets",
        kind: targets::KIND,
        name: "Targets per Availability Zone per Network Load Balancer",
        default: 500,
        counts: "targets behind the load balancer in a zone",
        adjustable: true,
    },
];

/// The quota that a write of a kind ran into, by AWS's error code.
pub fn quota_fact(kind: &str, code: &str) -> Option<&'static QuotaFact> {
    FACTS.iter().find(|fact| fact.kind == kind && fact.code == code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FACTS, quota_fact};
    use crate::KINDS;

    #[test]
    fn every_fact_is_about_a_kind_that_is_made_and_is_found_by_its_code() {
        let pairs: BTreeSet<(&str, &str)> = FACTS.iter().map(|fact| (fact.kind, fact.code)).collect();
        assert_eq!(pairs.len(), FACTS.len());
        for fact in &FACTS {
            assert!(KINDS.get(fact.kind).unwrap().create.is_some(), "{}", fact.kind);
            assert_eq!(quota_fact(fact.kind, fact.code), Some(fact));
        }
        assert_eq!(quota_fact("vpc-link", "LimitExceededException").unwrap().default, 20);
        assert_eq!(quota_fact("rest-api", "LimitExceededException").unwrap().name, "Private APIs per Region");
        assert_eq!(quota_fact("subnet", "LimitExceededException"), None);
    }
}
