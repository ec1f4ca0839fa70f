//! What Elastic Load Balancing's kinds have in common on the wire: lists, tags, ports.
//!
//! Owns: the calls that several kinds share, their paging, and the forms the service gives these. Refuses to know: any kind.
//! Read next: `elb_gather` for how the kinds are read together.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{Listener, LoadBalancer, Tag, TargetGroup, TargetHealthDescription};
use futures_util::future::try_join_all;
use privlink_model::{CloudError, ErrorClass, Owner};

use crate::live::{by_ids, found, owner};
use crate::session::Session;

const DESCRIBE_LOAD_BALANCERS: &str = "elasticloadbalancing:DescribeLoadBalancers";
const DESCRIBE_LISTENERS: &str = "elasticloadbalancing:DescribeListeners";
const DESCRIBE_TARGET_GROUPS: &str = "elasticloadbalancing:DescribeTargetGroups";
const DESCRIBE_TARGET_HEALTH: &str = "elasticloadbalancing:DescribeTargetHealth";
const DESCRIBE_TAGS: &str = "elasticloadbalancing:DescribeTags";

/// AWS's limits.
const PAGE: i32 = 400;
pub(crate) const ARNS: usize = 20;

/// Tags by ARN.
pub(crate) type Tags = BTreeMap<String, BTreeMap<String, String>>;

/// Every load balancer.
pub(crate) async fn list_load_balancers(session: &Session) -> Result<Vec<LoadBalancer>, CloudError> {
    let pages = session.elb().describe_load_balancers().page_size(PAGE).into_paginator().items().send();
    pages.try_collect().await.map_err(|error| session.error(DESCRIBE_LOAD_BALANCERS, error))
}

/// Every target group.
pub(crate) async fn list_target_groups(session: &Session) -> Result<Vec<TargetGroup>, CloudError> {
    let pages = session.elb().describe_target_groups().page_size(PAGE).into_paginator().items().send();
    pages.try_collect().await.map_err(|error| session.error(DESCRIBE_TARGET_GROUPS, error))
}

/// The listeners of many load balancers.
pub(crate) async fn listeners_by_arn(
    session: &Session,
    arns: &[String],
) -> Result<BTreeMap<String, Vec<Listener>>, CloudError> {
    let read = try_join_all(arns.iter().map(async |arn| {
        // One deleted since the list was read has no listeners.
        let listeners = found(listeners_of(session, arn).await)?.unwrap_or_default();
        Ok::<_, CloudError>((arn.clone(), listeners))
    }));
    Ok(read.await?.into_iter().collect())
}

/// The listeners of one load balancer.
pub(crate) async fn listeners_of(session: &Session, arn: &str) -> Result<Vec<Listener>, CloudError> {
    let call = session.elb().describe_listeners().load_balancer_arn(arn).page_size(PAGE);
    let pages = call.into_paginator().items().send();
    pages.try_collect().await.map_err(|error| session.error(DESCRIBE_LISTENERS, error))
}

/// The targets of one target group, with their health.
pub(crate) async fn targets_of(session: &Session, arn: &str) -> Result<Vec<TargetHealthDescription>, CloudError> {
    let answer = session.elb().describe_target_health().target_group_arn(arn).send().await;
    let answer = answer.map_err(|error| session.error(DESCRIBE_TARGET_HEALTH, error))?;
    Ok(answer.target_health_descriptions.unwrap_or_default())
}

/// The tags of many objects; of those that do not exist, none.
pub(crate) async fn tags(session: &Session, arns: &[String]) -> Result<Tags, CloudError> {
    let batches = arns.chunks(ARNS).map(|batch| by_ids(batch, ARNS, |arns| describe_tags(session, arns)));
    Ok(try_join_all(batches).await?.into_iter().flatten().collect())
}

/// Whose objects are, by their tags.
pub(crate) async fn owners(session: &Session, arns: &[String]) -> Result<Vec<Owner>, CloudError> {
    let (tags, none) = (tags(session, arns).await?, BTreeMap::new());
    Ok(arns.iter().map(|arn| owner(&session.project, tags.get(arn).unwrap_or(&none))).collect())
}

async fn describe_tags(
    session: &Session,
    arns: Vec<String>,
) -> Result<Vec<(String, BTreeMap<String, String>)>, CloudError> {
    let answer = session.elb().describe_tags().set_resource_arns(Some(arns)).send().await;
    let answer = answer.map_err(|error| session.error(DESCRIBE_TAGS, error))?;
    let entry = |tag: &Tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned()));
    let described = answer.tag_descriptions().iter();
    Ok(described
        .filter_map(|one| Some((one.resource_arn()?.to_owned(), one.tags().iter().filter_map(entry).collect())))
        .collect())
}

/// Tags as the service's calls take them; none rather than an empty list, which they refuse.
pub(crate) fn elb_tags(tags: &BTreeMap<String, String>) -> Option<Vec<Tag>> {
    let entry = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    Some(tags.iter().map(entry).collect()).filter(|tags: &Vec<Tag>| !tags.is_empty())
}

/// A port as the service's calls take it.
pub(crate) fn port_number(session: &Session, operation: &'static str, port: i64) -> Result<i32, CloudError> {
    match u16::try_from(port) {
        Ok(port) if port > 0 => Ok(i32::from(port)),
        _ => Err(session.refused(operation, format!("{port} is no port: ports are 1 to 65535"))),
    }
}

/// Says in plain words that a name is taken: AWS answers so when another object of that name has other settings.
pub(crate) fn name_taken(code: &str, what: &str, name: &str, mut error: CloudError) -> CloudError {
    if error.code == code {
        error.class = ErrorClass::Refused;
        error.message = format!(
            "another {what} is named {name:?} in this account and region, with other settings; rename or delete it ({})",
            error.message
        );
    }
    error
}

#[cfg(test)]
mod tests {
    use privlink_model::{CloudError, ErrorClass, Scope};

    use super::name_taken;

    fn answered(code: &str) -> CloudError {
        CloudError {
            class: ErrorClass::Busy,
            operation: "elasticloadbalancing:CreateTargetGroup".to_owned(),
            scope: Scope::new("111111111111", "eu-west-1"),
            code: code.to_owned(),
            message: "it exists".to_owned(),
            request_id: None,
        }
    }

    #[test]
    fn a_name_that_is_taken_is_told_with_what_can_be_done() {
        let taken = |code| name_taken("DuplicateTargetGroupName", "target group", "pl-shop", answered(code));
        let told = taken("DuplicateTargetGroupName");
        assert_eq!(told.class, ErrorClass::Refused);
        assert_eq!(
            told.message,
            "another target group is named \"pl-shop\" in this account and region, with other settings; rename or delete \
             it (it exists)"
        );
        assert_eq!(taken("TooManyTargetGroups"), answered("TooManyTargetGroups"));
    }
}
