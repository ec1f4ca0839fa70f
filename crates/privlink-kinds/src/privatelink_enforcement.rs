//! Whether a load balancer's security groups are enforced on traffic that comes over PrivateLink.
//!
//! A flag of the load balancer, set by the call that sets its security groups; a kind of its own because it is a call of its
//! own. The groups are the load balancer's: they are sent as they are found, and a change of them is no change of the flag.
//! Every load balancer with security groups has it, `on` unless somebody turned it off: one that is `on` is AWS's
//! default and nobody's, one that is `off` belongs to whoever owns the load balancer. So deleting it means turning it back
//! on, and with the load balancer it goes by itself. A VPC link of API Gateway v1 needs it `off`.
//! Read next: `load_balancer`, `vpc_link`.

use privlink_model::Confined::ByObject;
use privlink_model::keys::ID;
use privlink_model::keys::privatelink_enforcement::{ENFORCE, KIND, LOAD_BALANCER};
use privlink_model::{ApiCall, AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service};

use crate::permissions::{create, delete, update};
use crate::quota::{ELB_WRITE, call};

const SET: ApiCall = call("SetSecurityGroups", ELB_WRITE);

/// The facts about the flag.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "PrivateLink enforcement of security groups",
    service: Service::Elb,
    attributes: &[
        AttributeSchema::new(ID.key(), "The load balancer's ARN.").computed(),
        AttributeSchema::new(LOAD_BALANCER.key(), "The load balancer's ARN.").required().immutable().flow(Flow::PartOf),
        AttributeSchema::new(ENFORCE.key(), "`on` or `off`.").required(),
    ],
    ownership: Ownership::Parent(LOAD_BALANCER.key()),
    key: &[LOAD_BALANCER.key()],
    deleted_with: &[LOAD_BALANCER.key()],
    // Only another load balancer replaces it.
    replace: ReplaceOrder::CreateFirst,
    create: Some(SET),
    update: Some(SET),
    delete: Some(SET),
    ready: None,
    gone: None,
    loses: None,
    permanent: None,
    read_actions: &[
        Permission::anywhere("elasticloadbalancing:DescribeLoadBalancers"),
        Permission::anywhere("elasticloadbalancing:DescribeTags"),
    ],
    write_actions: &[
        create(
            "elasticloadbalancing:SetSecurityGroups",
            "elasticloadbalancing:{region}:{account}:loadbalancer/net/{load-balancer}",
            ByObject,
        ),
        update(
            "elasticloadbalancing:SetSecurityGroups",
            "elasticloadbalancing:{region}:{account}:loadbalancer/net/{load-balancer}",
            ByObject,
        ),
        delete(
            "elasticloadbalancing:SetSecurityGroups",
            "elasticloadbalancing:{region}:{account}:loadbalancer/net/{load-balancer}",
            ByObject,
        ),
    ],
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use aws_sdk_elasticloadbalancingv2::types::LoadBalancer as Found;
    use privlink_model::{Attrs, BoxFuture, CloudError, Observed, Operation, Owner, Progress, Status, Write, Written};

    use super::{ENFORCE, ID, KIND, LOAD_BALANCER};
    use crate::live::{Live, Read, child_owner, found, ids, need, progress};
    use crate::load_balancer::live::{describe, enforcement, send_security_groups};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const SET: &str = "elasticloadbalancing:SetSecurityGroups";

    /// The live half.
    pub(crate) struct PrivatelinkEnforcement;

    impl Live for PrivatelinkEnforcement {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(set(session, write))
        }

        fn update<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(set(session, write))
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let Some(groups) = groups(session, &write.id).await? else { return Ok(()) };
                found(send_security_groups(session, &write.id, groups, "on").await).map(|_| ())
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let found = describe(session, &ids(asked)).await?;
                Ok(found.iter().filter_map(|live| observe(session, live, &Owner::Nobody)).collect())
            })
        }

        fn progress(&self, operation: Operation, observed: Option<Observed>) -> Progress {
            match (operation, &observed) {
                // AWS's own setting is as good as none.
                (Operation::Delete, Some(now)) if now.attrs.read(&ENFORCE).as_deref() == Some("on") => {
                    Progress::Done(Attrs::new())
                }
                _ => progress(operation, observed),
            }
        }
    }

    async fn set(session: &Session, write: &Write) -> Result<Written, CloudError> {
        let id = need(session, SET, &write.after, &LOAD_BALANCER)?;
        let flag = need(session, SET, &write.after, &ENFORCE)?;
        let groups = groups(session, &id).await?;
        let groups = groups.ok_or_else(|| session.refused(SET, format!("{id} does not exist")))?;
        send_security_groups(session, &id, groups, &flag).await?;
        let mut attrs = write.after.clone();
        attrs.set(&ID, id.clone());
        Ok(Written { id, attrs })
    }

    /// The security groups a load balancer has now; none when it does not exist.
    async fn groups(session: &Session, id: &str) -> Result<Option<Vec<String>>, CloudError> {
        let found = describe(session, &[id.to_owned()]).await?;
        Ok(found.first().map(|live| live.security_groups().to_vec()))
    }

    /// The flag of a load balancer; none when it has no security groups, for then there is nothing to enforce.
    pub(crate) fn observe(session: &Session, live: &Found, parent: &Owner) -> Option<Observed> {
        if live.security_groups().is_empty() {
            return None;
        }
        let id = live.load_balancer_arn()?.to_owned();
        let flag = enforcement(live);
        let owner = if flag == "on" { Owner::Nobody } else { child_owner(parent, KIND, "enforce") };
        let attrs = Attrs::new().with(&ID, id.clone()).with(&LOAD_BALANCER, id.clone()).with(&ENFORCE, flag);
        let scope = session.scope.clone();
        Some(Observed { kind: KIND, scope, id, owner, status: Status::Ready, attrs, tags: Default::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::SCHEMA;

    #[test]
    fn it_is_paired_by_its_load_balancer_and_goes_with_it() {
        assert_eq!(SCHEMA.key, ["load-balancer"]);
        assert_eq!(SCHEMA.deleted_with, ["load-balancer"]);
    }
}
