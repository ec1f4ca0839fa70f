//! Throttling: token buckets, one set for each account and region, refilled by the sandbox's own clock.
//!
//! A call draws a token from each of its buckets, or, when one of them is empty, from none, and is refused in its service's
//! own words. The sizes are in `limits.rs`. **Invariant:** a bucket is never kinder than AWS's: it begins full, holds no
//! more than its capacity, and a refused call gets nothing back.

use super::limits::{Bucket, buckets};
use crate::clock::Moment;
use crate::service::Service;
use crate::wire::{Call, Fault};
use crate::world::scope_key;
use std::borrow::Cow;
use std::collections::HashMap;

/// What adding up fractions may lose; without it a bucket that was refilled in many small steps lacks its last token.
const ROUNDING: f64 = 1e-9;

/// The account and region, the service, the bucket's name.
type Key = (String, &'static str, Cow<'static, str>);

/// All buckets that were ever drawn from.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    levels: HashMap<Key, Level>,
}

/// What is in a bucket.
#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    at: Moment,
}

impl Level {
    fn refilled(self, bucket: &Bucket, now: Moment) -> Level {
        let seconds = now.since(self.at).as_secs_f64();
        Level { tokens: (self.tokens + seconds * bucket.refill).min(bucket.capacity), at: now }
    }

    fn has_token(self) -> bool {
        self.tokens + ROUNDING >= 1.0
    }
}

impl Throttle {
    /// Draws a call's tokens, or refuses it.
    pub(super) fn admit(&mut self, service: Service, operation: &str, call: &Call, now: Moment) -> Result<(), Fault> {
        let scope = scope_key(&call.account, &call.region);
        let mut drawn = Vec::new();
        let mut wait: f64 = 0.0;
        for bucket in buckets(service, operation, call) {
            let key = (scope.clone(), service.name(), bucket.name.clone());
            let full = Level { tokens: bucket.capacity, at: now };
            let level = self.levels.get(&key).copied().unwrap_or(full).refilled(&bucket, now);
            if !level.has_token() {
                wait = wait.max((1.0 - level.tokens) / bucket.refill);
            }
            drawn.push((key, level));
        }
        let admitted = wait == 0.0;
        for (key, mut level) in drawn {
            level.tokens -= if admitted { 1.0 } else { 0.0 };
            self.levels.insert(key, level);
        }
        if admitted { Ok(()) } else { Err(refusal(service, wait)) }
    }
}

/// Writes a service's answer to a call that comes too soon, by so many seconds.
pub(super) fn refusal(service: Service, wait: f64) -> Fault {
    match service {
        Service::Ec2 => Fault::new(503, "RequestLimitExceeded", "Request limit exceeded."),
        Service::Gateway => {
            let seconds = wait.ceil().max(1.0) as u32;
            Fault { retry_after: Some(seconds), ..Fault::new(429, "TooManyRequestsException", "Too Many Requests") }
        }
        Service::Elb | Service::Trail | Service::Events => Fault::new(400, "ThrottlingException", "Rate exceeded"),
        _ => Fault::new(400, "Throttling", "Rate exceeded"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Service::{Ec2, Elb, Gateway, Sts};
    use std::time::Duration;

    const START: Moment = Moment(1_767_225_600_000);

    fn from(account: &str, region: &str) -> Call {
        Call { account: account.to_owned(), region: region.to_owned(), ..Call::default() }
    }

    /// Buckets, a clock, and one caller.
    struct Bench {
        throttle: Throttle,
        call: Call,
        now: Moment,
    }

    impl Bench {
        fn new() -> Bench {
            Bench { throttle: Throttle::default(), call: from("111111111111", "us-east-1"), now: START }
        }

        fn admits(&mut self, service: Service, operation: &str) -> bool {
            self.throttle.admit(service, operation, &self.call, self.now).is_ok()
        }

        /// Calls until it is refused; gives how often it was let through.
        fn burst(&mut self, service: Service, operation: &str) -> usize {
            (0..1000).take_while(|_| self.admits(service, operation)).count()
        }

        fn pass(&mut self, millis: u64) {
            self.now = self.now.plus(Duration::from_millis(millis));
        }
    }

    #[test]
    fn bursts_and_refills_are_those_that_aws_publishes() {
        // Operation, burst, then how many in the hundred seconds that follow, if called all the time.
        let table = [
            (Ec2, "CreateVpcEndpoint", 4, 30),
            (Ec2, "ModifyVpcEndpoint", 4, 30),
            (Ec2, "DeleteVpcEndpoints", 4, 30),
            (Ec2, "CreateVpcEndpointServiceConfiguration", 10, 100),
            (Ec2, "ModifyVpcEndpointServiceConfiguration", 10, 100),
            (Ec2, "DeleteVpcEndpointServiceConfigurations", 10, 100),
            (Ec2, "AcceptVpcEndpointConnections", 10, 100),
            (Ec2, "RejectVpcEndpointConnections", 10, 100),
            (Ec2, "CreateTags", 100, 1000),
            (Ec2, "AuthorizeSecurityGroupIngress", 50, 500),
            (Ec2, "AuthorizeSecurityGroupEgress", 50, 500),
            (Ec2, "ModifyVpcEndpointServicePermissions", 50, 500),
            (Ec2, "CreateNetworkInterface", 100, 500),
            (Ec2, "DescribeVpcEndpoints", 100, 2000),
            (Ec2, "DescribeSecurityGroups", 50, 1000),
            (Elb, "CreateLoadBalancer", 10, 20),
            (Elb, "SetSubnets", 10, 20),
            (Elb, "RegisterTargets", 20, 400),
            (Elb, "CreateTargetGroup", 20, 300),
            (Elb, "AddTags", 20, 300),
            (Elb, "DescribeLoadBalancers", 40, 1000),
            (Gateway, "DeleteRestApi", 1, 3),
            (Gateway, "CreateDeployment", 1, 20),
            (Gateway, "PutRestApi", 1, 100),
            (Gateway, "CreateResource", 5, 500),
            (Gateway, "DeleteResource", 5, 500),
            (Gateway, "GetResources", 5, 250),
            (Gateway, "UpdateAccount", 1, 5),
            (Gateway, "CreateVpcLink", 40, 1000),
            (Gateway, "GetRestApis", 40, 1000),
        ];
        for (service, operation, burst, refill) in table {
            let mut bench = Bench::new();
            assert_eq!(bench.burst(service, operation), burst, "the burst of {operation}");
            let mut later = 0;
            for _ in 0..2000 {
                bench.pass(50);
                later += bench.burst(service, operation);
            }
            assert_eq!(later, refill, "what {operation} is refilled with");
        }
        assert_eq!(Bench::new().burst(Sts, "AssumeRole"), 1000, "AWS publishes no figure");
    }

    #[test]
    fn a_bucket_holds_no_more_than_its_capacity() {
        let mut bench = Bench::new();
        assert_eq!(bench.burst(Ec2, "CreateVpcEndpoint"), 4);
        bench.pass(24 * 3600 * 1000);
        assert_eq!(bench.burst(Ec2, "CreateVpcEndpoint"), 4);
        bench.pass(3333);
        assert!(!bench.admits(Ec2, "CreateVpcEndpoint"), "three tenths of a token a second");
        bench.pass(1);
        assert!(bench.admits(Ec2, "CreateVpcEndpoint"));
    }

    #[test]
    fn operations_of_ec2_have_their_own_buckets_and_classes_of_elbv2_share_one() {
        let mut bench = Bench::new();
        assert_eq!(bench.burst(Ec2, "CreateVpcEndpoint"), 4);
        assert_eq!(bench.burst(Ec2, "DeleteVpcEndpoints"), 4);
        assert_eq!(bench.burst(Elb, "CreateLoadBalancer"), 10);
        assert_eq!(bench.burst(Elb, "SetSubnets"), 0);
    }

    #[test]
    fn the_total_of_a_service_binds_as_well() {
        let mut bench = Bench::new();
        assert_eq!(bench.burst(Elb, "CreateTargetGroup"), 20);
        assert_eq!(bench.burst(Elb, "DescribeTags"), 20, "40 in all");
        assert_eq!(bench.burst(Elb, "RegisterTargets"), 0);
        assert_eq!(bench.burst(Gateway, "GetRestApis"), 40);
        assert_eq!(bench.burst(Gateway, "DeleteRestApi"), 0);
        bench.pass(100);
        // What the total refused has drawn nothing from the operation's own bucket.
        assert_eq!(bench.burst(Gateway, "DeleteRestApi"), 1);
        assert_eq!(bench.burst(Ec2, "DescribeVpcs") + bench.burst(Ec2, "DescribeSubnets"), 200, "EC2 has no total");
    }

    #[test]
    fn accounts_and_regions_do_not_feel_one_another() {
        let mut bench = Bench::new();
        assert_eq!(bench.burst(Gateway, "DeleteRestApi"), 1);
        bench.call = from("222222222222", "us-east-1");
        assert_eq!(bench.burst(Gateway, "DeleteRestApi"), 1);
        bench.call = from("111111111111", "eu-west-1");
        assert_eq!(bench.burst(Gateway, "DeleteRestApi"), 1);
        bench.call = from("111111111111", "us-east-1");
        assert_eq!(bench.burst(Gateway, "DeleteRestApi"), 0);
    }

    #[test]
    fn a_list_of_everything_at_once_has_the_smaller_bucket() {
        let mut bench = Bench::new();
        bench.call.body = b"Action=DescribeSecurityGroups&GroupId.1=sg-1".to_vec();
        assert_eq!(bench.burst(Ec2, "DescribeSecurityGroups"), 50);
        for narrow in ["&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1", "&MaxResults=100"] {
            bench.pass(3_600_000);
            bench.call.body = format!("Action=DescribeSecurityGroups{narrow}").into_bytes();
            assert_eq!(bench.burst(Ec2, "DescribeSecurityGroups"), 100);
        }
    }

    #[test]
    fn an_edge_optimised_api_is_made_ten_times_as_seldom() {
        let made = |body: &str, query: &[(&str, &str)], operation: &str| {
            let mut bench = Bench::new();
            bench.call.body = body.as_bytes().to_vec();
            bench.call.query = query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            (0..61)
                .filter(|_| {
                    bench.pass(1000);
                    bench.admits(Gateway, operation)
                })
                .count()
        };
        assert_eq!(made(r#"{"endpointConfiguration":{"types":["PRIVATE"]}}"#, &[], "CreateRestApi"), 21);
        assert_eq!(made("{}", &[], "CreateRestApi"), 3);
        assert_eq!(made("", &[("endpointConfigurationTypes", "REGIONAL")], "ImportRestApi"), 21);
        assert_eq!(made("", &[], "ImportRestApi"), 3);
    }

    #[test]
    fn a_refusal_says_in_the_services_words_when_to_come_back() {
        let mut bench = Bench::new();
        assert!(bench.admits(Gateway, "DeleteRestApi"));
        bench.pass(10_500);
        let call = bench.call.clone();
        let refused = bench.throttle.admit(Gateway, "DeleteRestApi", &call, bench.now).unwrap_err();
        assert_eq!(
            (refused.status, refused.code.as_str(), refused.retry_after),
            (429, "TooManyRequestsException", Some(20))
        );
        let code = |service| (refusal(service, 1.0).status, refusal(service, 1.0).code);
        assert_eq!(code(Ec2), (503, "RequestLimitExceeded".to_owned()));
        assert_eq!(code(Elb), (400, "ThrottlingException".to_owned()));
    }
}
