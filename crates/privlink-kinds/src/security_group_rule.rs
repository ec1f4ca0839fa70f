//! One rule of a security group of ours: one direction, one range of ports, one peer.
//!
//! Identity: its id `sgr-…`; no two rules of a group agree in direction, protocol, ports and peer. Immutable: all, so a
//! change is a new rule before the old one goes. The egress rule that AWS adds to each new group is not listed: it is
//! nobody's. A rule without our tags on a group of ours is listed as that group's child, so that a plan removes it.
//! Read next: `security_group`.

use privlink_model::Confined::{ByObject, ByRequest, ByTagging};
use privlink_model::keys::ID;
use privlink_model::keys::security_group_rule::{DIRECTION, FROM_PORT, GROUP, KIND, PEER, PROTOCOL, TO_PORT};
use privlink_model::{AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service, Value};

use crate::permissions::{create, delete};
use crate::quota;

/// The facts about rules.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "security group rule",
    service: Service::Ec2,
    attributes: &[
        AttributeSchema::new(ID.key(), "Its id.").computed(),
        AttributeSchema::new(GROUP.key(), "The group's id.").required().immutable().flow(Flow::PartOf),
        AttributeSchema::new(DIRECTION.key(), "`ingress` or `egress`.").required().immutable(),
        AttributeSchema::new(PROTOCOL.key(), "`tcp`, `udp`, `icmp` or `all`.")
            .required()
            .immutable()
            .normalised(normal_protocol),
        AttributeSchema::new(FROM_PORT.key(), "First port; absent for `all`.").immutable(),
        AttributeSchema::new(TO_PORT.key(), "Last port; absent for `all`.").immutable(),
        // Of ours all are ingress rules.
        AttributeSchema::new(PEER.key(), "The other side: a CIDR or a security group's id.")
            .required()
            .immutable()
            .flow(Flow::LetsIn),
    ],
    ownership: Ownership::Tags,
    key: &[GROUP.key(), DIRECTION.key(), PROTOCOL.key(), FROM_PORT.key(), TO_PORT.key(), PEER.key()],
    deleted_with: &[GROUP.key()],
    replace: ReplaceOrder::CreateFirst,
    create: Some(quota::call("AuthorizeSecurityGroupIngress", quota::EC2_WRITE)),
    update: None,
    delete: Some(quota::call("RevokeSecurityGroupIngress", quota::EC2_WRITE)),
    ready: None,
    gone: None,
    loses: None,
    permanent: None,
    read_actions: &[Permission::anywhere("ec2:DescribeSecurityGroupRules")],
    write_actions: &[
        create("ec2:AuthorizeSecurityGroupIngress", "ec2:{region}:{account}:security-group/{group}", ByObject),
        create("ec2:AuthorizeSecurityGroupIngress", "ec2:{region}:{account}:security-group-rule/{id}", ByRequest),
        create(
            "ec2:CreateTags",
            "ec2:{region}:{account}:security-group-rule/{id}",
            ByTagging("AuthorizeSecurityGroupIngress"),
        ),
        delete("ec2:RevokeSecurityGroupIngress", "ec2:{region}:{account}:security-group/{group}", ByObject),
        create("ec2:AuthorizeSecurityGroupEgress", "ec2:{region}:{account}:security-group/{group}", ByObject),
        create("ec2:AuthorizeSecurityGroupEgress", "ec2:{region}:{account}:security-group-rule/{id}", ByRequest),
        create(
            "ec2:CreateTags",
            "ec2:{region}:{account}:security-group-rule/{id}",
            ByTagging("AuthorizeSecurityGroupEgress"),
        ),
        delete("ec2:RevokeSecurityGroupEgress", "ec2:{region}:{account}:security-group/{group}", ByObject),
    ],
};

/// EC2 writes `-1` for all protocols, and numbers for some others.
fn normal_protocol(value: Value) -> Value {
    match value.as_text() {
        Some("-1" | "all") => "all".into(),
        Some("6") => "tcp".into(),
        Some("17") => "udp".into(),
        Some("1") => "icmp".into(),
        Some(other) => other.to_lowercase().into(),
        None => value,
    }
}

#[cfg(feature = "aws")]
pub(crate) mod live {
    use std::collections::{BTreeMap, BTreeSet};

    use aws_sdk_ec2::types::{
        Filter, IpPermission, IpRange, Ipv6Range, PrefixListId, ResourceType, SecurityGroupRule as Found,
        UserIdGroupPair,
    };
    use futures_util::future::try_join_all;
    use privlink_model::{Attrs, BoxFuture, CloudError, ErrorClass, Observed, Owner, Status, Value, Write, Written};

    use super::{DIRECTION, FROM_PORT, GROUP, ID, KIND, PEER, PROTOCOL, TO_PORT, normal_protocol};
    use crate::ec2::{VALUES, filter, tag_specification, tags};
    use crate::live::{Live, Read, answered, child_owner, found, ids, need, owner};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const INGRESS: &str = "ec2:AuthorizeSecurityGroupIngress";
    const EGRESS: &str = "ec2:AuthorizeSecurityGroupEgress";
    const REVOKE_INGRESS: &str = "ec2:RevokeSecurityGroupIngress";
    const REVOKE_EGRESS: &str = "ec2:RevokeSecurityGroupEgress";
    const DESCRIBE: &str = "ec2:DescribeSecurityGroupRules";

    /// The live half.
    pub(crate) struct SecurityGroupRule;

    impl Live for SecurityGroupRule {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                match authorize(session, write).await {
                    Err(error) if error.code == "InvalidPermission.Duplicate" => adopt(session, write, error).await,
                    made => made,
                }
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let group = need(session, REVOKE_INGRESS, &write.before, &GROUP)?;
                let revoked = if is_egress(session, &write.before)? {
                    let call = session.ec2().revoke_security_group_egress().group_id(group);
                    let answer = call.security_group_rule_ids(&write.id).send().await;
                    answer.map(|_| ()).map_err(|error| session.error(REVOKE_EGRESS, error))
                } else {
                    let call = session.ec2().revoke_security_group_ingress().group_id(group);
                    let answer = call.security_group_rule_ids(&write.id).send().await;
                    answer.map(|_| ()).map_err(|error| session.error(REVOKE_INGRESS, error))
                };
                found(revoked).map(|_| ())
            })
        }

        fn users<'a>(
            &'a self,
            session: &'a Session,
            write: &'a Write,
        ) -> BoxFuture<'a, Result<Option<Vec<Owner>>, CloudError>> {
            Box::pin(async move {
                let group = need(session, DESCRIBE, &write.after, &GROUP)?;
                let egress = is_egress(session, &write.after)?;
                let rules = describe(session, vec![filter("group-id", [group])]).await?;
                let alike = rules.iter().filter(|rule| rule.is_egress().unwrap_or_default() == egress);
                Ok(Some(alike.map(|rule| owner(&session.project, &tags(rule.tags()))).collect()))
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let lists = asked.chunks(VALUES).map(async |some| {
                    // By their groups where those are known: a filter for ids alone has to search all groups.
                    let groups: Option<BTreeSet<String>> = some.iter().map(|one| one.attrs.read(&GROUP)).collect();
                    let mut filters = vec![filter("security-group-rule-id", ids(some))];
                    filters.extend(groups.map(|groups| filter("group-id", groups)));
                    list(session, filters, &BTreeMap::new()).await
                });
                Ok(try_join_all(lists).await?.concat())
            })
        }
    }

    async fn authorize(session: &Session, write: &Write) -> Result<Written, CloudError> {
        let after = &write.after;
        let tags = tag_specification(ResourceType::SecurityGroupRule, &write.tags);
        let group = need(session, INGRESS, after, &GROUP)?;
        let permission = permission(session, after)?;
        let id = if is_egress(session, after)? {
            let call = session.ec2().authorize_security_group_egress().group_id(group).ip_permissions(permission);
            let answer = call.set_tag_specifications(tags).send().await;
            let answer = answer.map_err(|error| session.error(EGRESS, error))?;
            answered(session, EGRESS, answer.security_group_rules().first().and_then(Found::security_group_rule_id))?
        } else {
            let call = session.ec2().authorize_security_group_ingress().group_id(group).ip_permissions(permission);
            let answer = call.set_tag_specifications(tags).send().await;
            let answer = answer.map_err(|error| session.error(INGRESS, error))?;
            answered(session, INGRESS, answer.security_group_rules().first().and_then(Found::security_group_rule_id))?
        };
        let attrs = Attrs::new().with(&ID, id.clone());
        Ok(Written { id, attrs })
    }

    /// The rule is there already. It is ours when an earlier try made it and its answer was lost, otherwise it stays
    /// whose it is: undoing our step must never revoke somebody else's rule.
    async fn adopt(session: &Session, write: &Write, error: CloudError) -> Result<Written, CloudError> {
        let group = need(session, DESCRIBE, &write.after, &GROUP)?;
        let rules = describe(session, vec![filter("group-id", [&group])]).await?;
        let keys = [DIRECTION.key(), PROTOCOL.key(), FROM_PORT.key(), TO_PORT.key(), PEER.key()];
        let same = rules
            .iter()
            .filter_map(|rule| observe(session, rule, &BTreeMap::new()))
            .find(|rule| keys.iter().all(|key| normal(key, rule.attrs.get(key)) == normal(key, write.after.get(key))));
        match same {
            Some(rule) if rule.address() == Some(&write.address) => Ok(Written { id: rule.id, attrs: rule.attrs }),
            Some(rule) => Err(CloudError {
                class: ErrorClass::Refused,
                message: format!("{}: rule {} of {group} is not this resource's", error.message, rule.id),
                ..error
            }),
            None => Err(error),
        }
    }

    fn normal(key: &str, value: Option<&Value>) -> Option<Value> {
        value.cloned().map(|value| if key == PROTOCOL.key() { normal_protocol(value) } else { value })
    }

    fn is_egress(session: &Session, attrs: &Attrs) -> Result<bool, CloudError> {
        match need(session, INGRESS, attrs, &DIRECTION)?.as_str() {
            "ingress" => Ok(false),
            "egress" => Ok(true),
            other => Err(session.refused(INGRESS, format!("{other:?} is no direction"))),
        }
    }

    fn permission(session: &Session, attrs: &Attrs) -> Result<IpPermission, CloudError> {
        let protocol = need(session, INGRESS, attrs, &PROTOCOL)?;
        let port = |port: Option<i64>| -> Result<Option<i32>, CloudError> {
            let port = port.map(i32::try_from).transpose();
            port.map_err(|_| session.refused(INGRESS, "a port is not between 0 and 65535"))
        };
        let builder = IpPermission::builder()
            .ip_protocol(if protocol == "all" { "-1" } else { &protocol })
            .set_from_port(port(attrs.read(&FROM_PORT))?)
            .set_to_port(port(attrs.read(&TO_PORT))?);
        let peer = need(session, INGRESS, attrs, &PEER)?;
        Ok(match peer.as_str() {
            _ if peer.starts_with("sg-") => {
                builder.user_id_group_pairs(UserIdGroupPair::builder().group_id(peer).build()).build()
            }
            _ if peer.starts_with("pl-") => {
                builder.prefix_list_ids(PrefixListId::builder().prefix_list_id(peer).build()).build()
            }
            _ if peer.contains(':') => builder.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(peer).build()).build(),
            _ => builder.ip_ranges(IpRange::builder().cidr_ip(peer).build()).build(),
        })
    }

    /// Lists the rules of groups, whose owners are given by group id.
    pub(crate) async fn list(
        session: &Session,
        filters: Vec<Filter>,
        groups: &BTreeMap<String, Owner>,
    ) -> Result<Vec<Observed>, CloudError> {
        let found = describe(session, filters).await?;
        Ok(found.iter().filter_map(|found| observe(session, found, groups)).collect())
    }

    async fn describe(session: &Session, filters: Vec<Filter>) -> Result<Vec<Found>, CloudError> {
        let pages = session.ec2().describe_security_group_rules().max_results(1000).set_filters(Some(filters));
        let found = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        found.map_err(|error| session.error(DESCRIBE, error))
    }

    fn observe(session: &Session, found: &Found, groups: &BTreeMap<String, Owner>) -> Option<Observed> {
        let (id, group) = (found.security_group_rule_id()?, found.group_id()?);
        let tags = tags(found.tags());
        let direction = if found.is_egress().unwrap_or_default() { "egress" } else { "ingress" };
        let peer = found
            .cidr_ipv4()
            .or_else(|| found.cidr_ipv6())
            .or_else(|| found.referenced_group_info().and_then(|group| group.group_id()))
            .or_else(|| found.prefix_list_id())?;
        let protocol = found.ip_protocol().unwrap_or("-1");
        let owner = match owner(&session.project, &tags) {
            Owner::Nobody if is_default(direction, protocol, peer) => return None,
            Owner::Nobody => groups.get(group).map_or(Owner::Nobody, |parent| child_owner(parent, KIND, id)),
            owner => owner,
        };
        // EC2 writes -1 where a protocol has no ports.
        let port = |port: Option<i32>| port.filter(|port| *port >= 0).map(i64::from);
        let mut attrs = Attrs::new();
        attrs
            .set(&ID, id.to_owned())
            .set(&GROUP, group.to_owned())
            .set(&DIRECTION, direction.to_owned())
            .set_some(&FROM_PORT, port(found.from_port()))
            .set_some(&TO_PORT, port(found.to_port()))
            .set(&PEER, peer.to_owned());
        attrs.insert(PROTOCOL.key(), normal_protocol(protocol.into()));
        Some(Observed {
            kind: KIND,
            scope: session.scope.clone(),
            id: id.to_owned(),
            owner,
            status: Status::Ready,
            attrs,
            tags,
        })
    }

    /// Whether it is the rule that AWS adds to each new group.
    fn is_default(direction: &str, protocol: &str, peer: &str) -> bool {
        direction == "egress" && protocol == "-1" && (peer == "0.0.0.0/0" || peer == "::/0")
    }
}

#[cfg(test)]
mod tests {
    use super::normal_protocol;

    #[test]
    fn protocols_have_one_spelling() {
        for (written, normal) in [("-1", "all"), ("all", "all"), ("6", "tcp"), ("TCP", "tcp"), ("17", "udp")] {
            assert_eq!(normal_protocol(written.into()), normal.into());
        }
    }
}
