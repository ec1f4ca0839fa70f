//! Target groups: where a listener forwards to.
//!
//! Identity: the ARN; the name is unique in an account and region, so a replacement needs another name. Immutable: all but
//! the health check. Usable at once, but a read may miss it for up to two minutes after it was made, and its targets report
//! `unused` until a listener forwards to it. Creating one with the name and settings of one that exists answers with that
//! one. Deleting is refused while a listener forwards to it. How often, how long and how many times is checked is left at
//! AWS's defaults for the check's protocol, which are written out, and seen where it differs.
//! Not looked at: the attributes of target groups (client addresses kept, proxy protocol, deregistration delay, stickiness),
//! which take a call for each group; whether checks are on at all, which AWS insists on where targets are addresses.
//! Read next: `targets`, `listener`, `elb`.

use privlink_model::Confined::{ByObject, ByRequest, ByTagging};
use privlink_model::keys::ID;
use privlink_model::keys::target_group::{
    HEALTH_PATH, HEALTH_PORT, HEALTH_PROTOCOL, KIND, NAME, PORT, PROTOCOL, TARGET_TYPE, VPC,
};
use privlink_model::{
    Attr, AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service, Value, Waits,
};

use crate::permissions::{create, delete, update};
use crate::quota::{ELB_WRITE, call};

/// What privlink leaves at AWS's defaults: seconds between two checks.
const INTERVAL: Attr<i64> = Attr::new("health-interval");
/// Seconds that an answer may take.
const TIMEOUT: Attr<i64> = Attr::new("health-timeout");
/// Good answers in a row that make a target healthy.
const HEALTHY: Attr<i64> = Attr::new("healthy-threshold");
/// Bad ones that make it unhealthy.
const UNHEALTHY: Attr<i64> = Attr::new("unhealthy-threshold");
/// The status codes that are good.
const CODES: Attr<String> = Attr::new("health-codes");

/// The facts about target groups.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "target group",
    service: Service::Elb,
    attributes: &[
        AttributeSchema::new(ID.key(), "Its ARN.").computed(),
        AttributeSchema::new(NAME.key(), "Its name, unique in the account and region.").required().immutable(),
        AttributeSchema::new(PROTOCOL.key(), "`TCP`.").required().immutable(),
        AttributeSchema::new(PORT.key(), "The port of its targets.").required().immutable(),
        AttributeSchema::new(VPC.key(), "Its VPC's id.").required().immutable().flow(Flow::Within),
        AttributeSchema::new(TARGET_TYPE.key(), "`ip`.").required().immutable(),
        AttributeSchema::new(HEALTH_PROTOCOL.key(), "`TCP`, `HTTP` or `HTTPS`."),
        AttributeSchema::new(HEALTH_PORT.key(), "A port, or `traffic-port`."),
        AttributeSchema::new(HEALTH_PATH.key(), "The path asked for, where not `/`; HTTP and HTTPS only.")
            .strict()
            .normalised(normal_path),
        AttributeSchema::new(INTERVAL.key(), "Seconds between checks, where not 30.").strict(),
        AttributeSchema::new(TIMEOUT.key(), "Seconds for an answer, where not 10, or 6 over HTTP.").strict(),
        AttributeSchema::new(HEALTHY.key(), "Good answers until a target is healthy, where not 5.").strict(),
        AttributeSchema::new(UNHEALTHY.key(), "Bad ones until it is not, where not 2.").strict(),
        AttributeSchema::new(CODES.key(), "The status codes of good answers, where not 200-399.").strict(),
    ],
    ownership: Ownership::Tags,
    key: &[NAME.key()],
    deleted_with: &[],
    // Its derived name holds what cannot be changed, so a replacement has another one and both can stand.
    replace: ReplaceOrder::CreateFirst,
    create: Some(call("CreateTargetGroup", ELB_WRITE)),
    update: Some(call("ModifyTargetGroup", ELB_WRITE)),
    delete: Some(call("DeleteTargetGroup", ELB_WRITE)),
    ready: Some(Waits::secs("visible", 1, 2, 120)),
    gone: None,
    loses: None,
    permanent: None,
    read_actions: &[
        Permission::anywhere("elasticloadbalancing:DescribeTargetGroups"),
        Permission::anywhere("elasticloadbalancing:DescribeTags"),
    ],
    write_actions: &[
        create(
            "elasticloadbalancing:CreateTargetGroup",
            "elasticloadbalancing:{region}:{account}:targetgroup/{name}/{id}",
            ByRequest,
        ),
        create(
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:{region}:{account}:targetgroup/{name}/{id}",
            ByTagging("CreateTargetGroup"),
        ),
        update(
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:{region}:{account}:targetgroup/{name}/{id}",
            ByObject,
        ),
        delete(
            "elasticloadbalancing:DeleteTargetGroup",
            "elasticloadbalancing:{region}:{account}:targetgroup/{name}/{id}",
            ByObject,
        ),
    ],
};

/// The root is what AWS asks for where nobody says.
fn normal_path(path: Value) -> Value {
    if path.as_text() == Some("/") { Value::from("") } else { path }
}

#[cfg(feature = "aws")]
pub(crate) mod live {
    use std::collections::BTreeMap;

    use aws_sdk_elasticloadbalancingv2::types::{Matcher, ProtocolEnum, TargetGroup as Found, TargetTypeEnum};
    use privlink_model::{Attrs, BoxFuture, CloudError, Observed, Owner, Status, Write, Written};

    use super::{
        CODES, HEALTH_PATH, HEALTH_PORT, HEALTH_PROTOCOL, HEALTHY, ID, INTERVAL, KIND, NAME, PORT, PROTOCOL,
        TARGET_TYPE, TIMEOUT, UNHEALTHY, VPC,
    };
    use crate::elb::{ARNS, elb_tags, list_target_groups, name_taken, owners, port_number, tags};
    use crate::live::{Live, Read, answered, by_ids, found, ids, need, owner};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const CREATE: &str = "elasticloadbalancing:CreateTargetGroup";
    const UPDATE: &str = "elasticloadbalancing:ModifyTargetGroup";
    const DELETE: &str = "elasticloadbalancing:DeleteTargetGroup";
    const DESCRIBE: &str = "elasticloadbalancing:DescribeTargetGroups";

    /// The live half.
    pub(crate) struct TargetGroup;

    impl Live for TargetGroup {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let after = &write.after;
                let name = need(session, CREATE, after, &NAME)?;
                let checks = Checks::asked(after);
                let answer = session
                    .elb()
                    .create_target_group()
                    .name(&name)
                    .protocol(ProtocolEnum::from(need(session, CREATE, after, &PROTOCOL)?.as_str()))
                    .port(port_number(session, CREATE, need(session, CREATE, after, &PORT)?)?)
                    .vpc_id(need(session, CREATE, after, &VPC)?)
                    .target_type(TargetTypeEnum::from(need(session, CREATE, after, &TARGET_TYPE)?.as_str()))
                    .set_health_check_protocol(health_protocol(after))
                    .set_health_check_port(after.read(&HEALTH_PORT))
                    .set_health_check_path(after.read(&HEALTH_PATH))
                    .health_check_interval_seconds(checks.interval)
                    .health_check_timeout_seconds(checks.timeout)
                    .healthy_threshold_count(checks.healthy)
                    .unhealthy_threshold_count(checks.unhealthy)
                    .set_matcher(checks.matcher())
                    .set_tags(elb_tags(&write.tags))
                    .send()
                    .await
                    .map_err(|error| {
                        name_taken("DuplicateTargetGroupName", "target group", &name, session.error(CREATE, error))
                    })?;
                let made = answer.target_groups().first();
                let id = answered(session, CREATE, made.and_then(Found::target_group_arn))?;
                let attrs = made.map(|made| attrs(&id, made)).unwrap_or_default();
                Ok(Written { id, attrs })
            })
        }

        fn update<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let after = &write.after;
                let checks = Checks::asked(after);
                session
                    .elb()
                    .modify_target_group()
                    .target_group_arn(&write.id)
                    .set_health_check_protocol(health_protocol(after))
                    .set_health_check_port(after.read(&HEALTH_PORT))
                    .set_health_check_path(after.read(&HEALTH_PATH))
                    .health_check_interval_seconds(checks.interval)
                    .health_check_timeout_seconds(checks.timeout)
                    .healthy_threshold_count(checks.healthy)
                    .unhealthy_threshold_count(checks.unhealthy)
                    .set_matcher(checks.matcher())
                    .send()
                    .await
                    .map_err(|error| session.error(UPDATE, error))?;
                Ok(Written { id: write.id.clone(), attrs: Attrs::new() })
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let answer = session.elb().delete_target_group().target_group_arn(&write.id).send().await;
                found(answer.map_err(|error| session.error(DELETE, error))).map(|_| ())
            })
        }

        fn users<'a>(
            &'a self,
            session: &'a Session,
            _: &'a Write,
        ) -> BoxFuture<'a, Result<Option<Vec<Owner>>, CloudError>> {
            Box::pin(async move {
                let listed = list_target_groups(session).await?;
                let arns = listed.iter().filter_map(Found::target_group_arn).map(str::to_owned).collect::<Vec<_>>();
                Ok(Some(owners(session, &arns).await?))
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let ids = ids(asked);
                let (found, tags) = futures_util::join!(describe(session, &ids), tags(session, &ids));
                let (found, mut tags) = (found?, tags?);
                let mut tags =
                    |live: &Found| live.target_group_arn().and_then(|arn| tags.remove(arn)).unwrap_or_default();
                Ok(found.iter().filter_map(|live| observe(session, live, tags(live))).collect())
            })
        }

        fn look<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let found = describe(session, &ids(asked)).await?;
                Ok(found.iter().filter_map(|live| observe(session, live, BTreeMap::new())).collect())
            })
        }
    }

    /// How often, how long and how many times is checked.
    #[derive(Debug, Clone, PartialEq)]
    struct Checks {
        interval: i32,
        timeout: i32,
        healthy: i32,
        unhealthy: i32,
        codes: Option<String>,
    }

    impl Checks {
        /// AWS's defaults.
        fn of(protocol: Option<&str>) -> Self {
            let http = matches!(protocol, Some("HTTP" | "HTTPS"));
            let timeout = if protocol == Some("HTTP") { 6 } else { 10 };
            Self { interval: 30, timeout, healthy: 5, unhealthy: 2, codes: http.then(|| "200-399".to_owned()) }
        }

        /// What attributes ask for: AWS's defaults but for what they name.
        fn asked(attrs: &Attrs) -> Self {
            let default = Self::of(attrs.read(&HEALTH_PROTOCOL).as_deref());
            let number =
                |key, default| attrs.read(key).and_then(|number: i64| number.try_into().ok()).unwrap_or(default);
            Self {
                interval: number(&INTERVAL, default.interval),
                timeout: number(&TIMEOUT, default.timeout),
                healthy: number(&HEALTHY, default.healthy),
                unhealthy: number(&UNHEALTHY, default.unhealthy),
                // Over TCP there are none, whatever was asked for before.
                codes: default.codes.map(|codes| attrs.read(&CODES).unwrap_or(codes)),
            }
        }

        /// Tells what is not AWS's default.
        fn tell(live: &Found, attrs: &mut Attrs) {
            let default = Self::of(live.health_check_protocol().map(|word| word.as_str()));
            let differs = |live: Option<i32>, default| live.filter(|live| *live != default).map(i64::from);
            let codes = live.matcher().and_then(Matcher::http_code).map(str::to_owned);
            attrs
                .set_some(&INTERVAL, differs(live.health_check_interval_seconds(), default.interval))
                .set_some(&TIMEOUT, differs(live.health_check_timeout_seconds(), default.timeout))
                .set_some(&HEALTHY, differs(live.healthy_threshold_count(), default.healthy))
                .set_some(&UNHEALTHY, differs(live.unhealthy_threshold_count(), default.unhealthy))
                .set_some(&CODES, codes.filter(|codes| default.codes.as_ref().is_some_and(|default| codes != default)));
        }

        fn matcher(&self) -> Option<Matcher> {
            self.codes.as_ref().map(|codes| Matcher::builder().http_code(codes).build())
        }
    }

    fn health_protocol(attrs: &Attrs) -> Option<ProtocolEnum> {
        attrs.read(&HEALTH_PROTOCOL).map(|word| ProtocolEnum::from(word.as_str()))
    }

    /// Reads target groups by their ARNs; those that do not exist are left out.
    pub(crate) async fn describe(session: &Session, arns: &[String]) -> Result<Vec<Found>, CloudError> {
        let call = async |arns| {
            let answer = session.elb().describe_target_groups().set_target_group_arns(Some(arns)).send().await;
            Ok(answer.map_err(|error| session.error(DESCRIBE, error))?.target_groups.unwrap_or_default())
        };
        by_ids(arns, ARNS, call).await
    }

    /// What a target group is to privlink; none when the answer lacks its ARN.
    pub(crate) fn observe(session: &Session, live: &Found, tags: BTreeMap<String, String>) -> Option<Observed> {
        let id = live.target_group_arn()?.to_owned();
        let owner = owner(&session.project, &tags);
        let attrs = attrs(&id, live);
        Some(Observed { kind: KIND, scope: session.scope.clone(), id, owner, status: Status::Ready, attrs, tags })
    }

    fn attrs(id: &str, live: &Found) -> Attrs {
        let mut attrs = Attrs::new();
        attrs
            .set(&ID, id.to_owned())
            .set_some(&NAME, live.target_group_name().map(str::to_owned))
            .set_some(&PROTOCOL, live.protocol().map(|word| word.as_str().to_owned()))
            .set_some(&PORT, live.port().map(i64::from))
            .set_some(&VPC, live.vpc_id().map(str::to_owned))
            .set_some(&TARGET_TYPE, live.target_type().map(|word| word.as_str().to_ascii_lowercase()))
            .set_some(&HEALTH_PROTOCOL, live.health_check_protocol().map(|word| word.as_str().to_owned()))
            .set_some(&HEALTH_PORT, live.health_check_port().map(str::to_owned))
            .set_some(&HEALTH_PATH, live.health_check_path().map(str::to_owned));
        Checks::tell(live, &mut attrs);
        attrs
    }
}

#[cfg(test)]
mod tests {
    use super::SCHEMA;

    #[test]
    fn only_the_health_check_can_be_changed() {
        let changeable: Vec<&str> =
            SCHEMA.attributes.iter().filter(|one| !one.immutable && !one.computed).map(|one| one.key).collect();
        assert!(changeable.iter().all(|key| key.contains("health")), "{changeable:?}");
        assert_eq!(changeable.len(), 8);
    }
}
