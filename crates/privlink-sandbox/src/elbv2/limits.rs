//! The quotas that DescribeAccountLimits tells.

use super::request::Request;
use crate::wire::{Fault, Reply};

const LIMITS: [(&str, &str); 8] = [
    ("network-load-balancers", "50"),
    ("listeners-per-network-load-balancer", "50"),
    ("target-groups", "3000"),
    ("targets-per-network-load-balancer", "3000"),
    ("targets-per-availability-zone-per-network-load-balancer", "500"),
    ("targets-per-target-group", "1000"),
    ("application-load-balancers", "50"),
    ("target-groups-per-action-on-network-load-balancer", "1"),
];

/// Answers DescribeAccountLimits.
pub(super) fn describe(request: &mut Request) -> Result<Reply, Fault> {
    let mut limits: Vec<(String, (&str, &str))> = LIMITS.iter().map(|limit| (limit.0.to_owned(), *limit)).collect();
    limits.sort();
    let (page, marker) = request.page(limits)?;
    Ok(request.answer(|x| {
        x.members("Limits", page, |x, (name, max)| {
            x.text("Name", name).text("Max", max);
        })
        .maybe("NextMarker", marker);
    }))
}
