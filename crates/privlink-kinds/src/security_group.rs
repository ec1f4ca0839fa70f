//! A security group of ours; its rules are a kind of their own.
//!
//! Identity: its id; the name is unique in its VPC, so a replacement needs another name or goes second. Immutable: all.
//! Deleting is refused with `DependencyViolation` while a network interface still has it; those of endpoints and load
//! balancers linger for minutes after their owner is gone. AWS adds a rule that allows all egress when it makes one.
//! Read next: `security_group_rule`.

use privlink_model::Confined::{ByObject, ByRequest, ByTagging, Not};
use privlink_model::keys::ID;
use privlink_model::keys::security_group::{DESCRIPTION, KIND, NAME, VPC};
use privlink_model::{AttributeSchema, Flow, KindSchema, Ownership, Permission, ReplaceOrder, Service, Waits};

use crate::permissions::{create, delete};
use crate::quota;

/// The facts about security groups.
pub static SCHEMA: KindSchema = KindSchema {
    name: KIND,
    title: "security group",
    service: Service::Ec2,
    attributes: &[
        AttributeSchema::new(ID.key(), "Its id.").computed(),
        AttributeSchema::new(NAME.key(), "Its name, unique in the VPC.").required().immutable(),
        AttributeSchema::new(DESCRIPTION.key(), "Its description.").required().immutable(),
        AttributeSchema::new(VPC.key(), "Its VPC's id.").required().immutable().flow(Flow::Within),
    ],
    ownership: Ownership::Tags,
    key: &[NAME.key(), VPC.key()],
    deleted_with: &[],
    // Its derived name holds its VPC: one in another VPC has another name, and both can stand.
    replace: ReplaceOrder::CreateFirst,
    create: Some(quota::call("CreateSecurityGroup", quota::EC2_WRITE)),
    update: None,
    delete: Some(quota::call("DeleteSecurityGroup", quota::EC2_WRITE)),
    ready: Some(Waits::secs("visible", 1, 2, 120)),
    gone: None,
    loses: None,
    permanent: None,
    read_actions: &[Permission::anywhere("ec2:DescribeSecurityGroups")],
    write_actions: &[
        create("ec2:CreateSecurityGroup", "ec2:{region}:{account}:security-group/{id}", ByRequest),
        create("ec2:CreateSecurityGroup", "ec2:{region}:{account}:vpc/{vpc}", Not),
        create("ec2:CreateTags", "ec2:{region}:{account}:security-group/{id}", ByTagging("CreateSecurityGroup")),
        delete("ec2:DeleteSecurityGroup", "ec2:{region}:{account}:security-group/{id}", ByObject),
    ],
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use aws_sdk_ec2::types::{Filter, ResourceType, SecurityGroup as Found};
    use futures_util::future::try_join_all;
    use privlink_model::{Attrs, BoxFuture, CloudError, ErrorClass, Observed, Owner, Status, Write, Written};

    use super::{DESCRIPTION, ID, KIND, NAME, VPC};
    use crate::ec2::{batches, filter, tag_specification, tags};
    use crate::live::{Live, Read, answered, found, ids, need, owner};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const CREATE: &str = "ec2:CreateSecurityGroup";
    const DELETE: &str = "ec2:DeleteSecurityGroup";
    const DESCRIBE: &str = "ec2:DescribeSecurityGroups";

    /// The live half.
    pub(crate) struct SecurityGroup;

    impl Live for SecurityGroup {
        fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
            Box::pin(async move {
                let name = need(session, CREATE, &write.after, &NAME)?;
                let vpc = need(session, CREATE, &write.after, &VPC)?;
                let answer = session
                    .ec2()
                    .create_security_group()
                    .group_name(&name)
                    .description(need(session, CREATE, &write.after, &DESCRIPTION)?)
                    .vpc_id(&vpc)
                    .set_tag_specifications(tag_specification(ResourceType::SecurityGroup, &write.tags))
                    .send()
                    .await;
                match answer.map_err(|error| session.error(CREATE, error)) {
                    Ok(made) => made_as(session, made.group_id()),
                    // There is no client token: a create that is repeated after its answer was lost meets its own group.
                    Err(error) if error.code == "InvalidGroup.Duplicate" => match taken(session, &vpc, &name).await? {
                        Some(own) if own.address() == Some(&write.address) => {
                            Ok(Written { id: own.id, attrs: own.attrs })
                        }
                        _ => Err(CloudError {
                            message: format!("{}; the group of that name is not this resource's", error.message),
                            ..error
                        }),
                    },
                    Err(error) => Err(error),
                }
            })
        }

        fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
            Box::pin(async move {
                let answer = session.ec2().delete_security_group().group_id(&write.id).send().await;
                found(answer.map_err(|error| session.error(DELETE, error))).map(|_| ())
            })
        }

        fn users<'a>(
            &'a self,
            session: &'a Session,
            _: &'a Write,
        ) -> BoxFuture<'a, Result<Option<Vec<Owner>>, CloudError>> {
            Box::pin(async move {
                Ok(Some(list(session, Vec::new()).await?.into_iter().map(|group| group.owner).collect()))
            })
        }

        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move {
                let lists = batches("group-id", &ids(asked)).into_iter().map(|some| list(session, vec![some]));
                Ok(try_join_all(lists).await?.concat())
            })
        }
    }

    fn made_as(session: &Session, id: Option<&str>) -> Result<Written, CloudError> {
        let id = answered(session, CREATE, id)?;
        let attrs = Attrs::new().with(&ID, id.clone());
        Ok(Written { id, attrs })
    }

    /// The group that has a name already.
    async fn taken(session: &Session, vpc: &str, name: &str) -> Result<Option<Observed>, CloudError> {
        let filters = vec![filter("vpc-id", [vpc]), filter("group-name", [name])];
        match list(session, filters).await {
            Ok(mut groups) => Ok(groups.pop()),
            // Without the read it stays unknown whose it is; refusing is right then.
            Err(error) if error.class == ErrorClass::Denied => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists the security groups that pass all filters.
    pub(crate) async fn list(session: &Session, filters: Vec<Filter>) -> Result<Vec<Observed>, CloudError> {
        let pages = session.ec2().describe_security_groups().max_results(1000).set_filters(Some(filters));
        let found = pages.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let found = found.map_err(|error| session.error(DESCRIBE, error))?;
        Ok(found.iter().filter_map(|found| observe(session, found)).collect())
    }

    fn observe(session: &Session, found: &Found) -> Option<Observed> {
        let id = found.group_id()?;
        let tags = tags(found.tags());
        let mut attrs = Attrs::new();
        attrs
            .set(&ID, id.to_owned())
            .set_some(&NAME, found.group_name().map(str::to_owned))
            .set_some(&DESCRIPTION, found.description().map(str::to_owned))
            .set_some(&VPC, found.vpc_id().map(str::to_owned));
        Some(Observed {
            kind: KIND,
            scope: session.scope.clone(),
            id: id.to_owned(),
            owner: owner(&session.project, &tags),
            status: Status::Ready,
            attrs,
            tags,
        })
    }
}
