//! Somebody else's endpoint service, as a consumer sees it: looked up, never changed.
//!
//! Identity: its service name. A service that does not exist and one whose owner does not permit this account look the
//! same: neither is listed. AWS names only the zones that consumer and provider share. Read next: `endpoint`.

use privlink_model::keys::ID;
use privlink_model::keys::visible_service::{ACCEPTANCE_REQUIRED, KIND, OWNER, ZONES};
use privlink_model::{AttributeSchema, KindSchema, Permission, Service};

/// The facts about endpoint services of others.
pub static SCHEMA: KindSchema = KindSchema {
    attributes: &[
        AttributeSchema::new(ID.key(), "Its service name.").computed(),
        AttributeSchema::new(ACCEPTANCE_REQUIRED.key(), "Whether connections wait for its owner.").computed(),
        AttributeSchema::new(ZONES.key(), "Names of the zones it is offered in, in this account.").set().computed(),
        AttributeSchema::new(OWNER.key(), "The owner's account id.").computed(),
    ],
    read_actions: &[Permission::anywhere("ec2:DescribeVpcEndpointServices")],
    ..KindSchema::look_up(KIND, "visible endpoint service", Service::Ec2)
};

#[cfg(feature = "aws")]
pub(crate) mod live {
    use aws_sdk_ec2::types::ServiceDetail;
    use privlink_model::{Attrs, BoxFuture, CloudError, Observed, Owner, Status};

    use super::{ACCEPTANCE_REQUIRED, ID, KIND, OWNER, ZONES};
    use crate::ec2::{filter, tags};
    use crate::live::{Live, Read, ids};
    use crate::session::Session;
    use crate::shared_reads::Asked;

    const DESCRIBE: &str = "ec2:DescribeVpcEndpointServices";

    /// The live half.
    pub(crate) struct VisibleService;

    impl Live for VisibleService {
        fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
            Box::pin(async move { list(session, &ids(asked)).await })
        }
    }

    /// Lists the services of these names; those that cannot be seen are left out.
    pub(crate) async fn list(session: &Session, names: &[String]) -> Result<Vec<Observed>, CloudError> {
        let mut listed = Vec::new();
        let mut token = None;
        // The SDK has no paginator for this call.
        loop {
            let page = session.ec2().describe_vpc_endpoint_services().max_results(1000).set_next_token(token);
            let page = page.filters(filter("service-name", names)).send().await;
            let page = page.map_err(|error| session.error(DESCRIBE, error))?;
            listed.extend(page.service_details().iter().filter_map(|found| observe(session, found)));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(listed);
            }
        }
    }

    fn observe(session: &Session, found: &ServiceDetail) -> Option<Observed> {
        let name = found.service_name()?;
        let mut attrs = Attrs::new();
        attrs
            .set(&ID, name.to_owned())
            .set_some(&ACCEPTANCE_REQUIRED, found.acceptance_required())
            .set(&ZONES, found.availability_zones().to_vec())
            .set_some(&OWNER, found.owner().map(str::to_owned));
        Some(Observed {
            kind: KIND,
            scope: session.scope.clone(),
            id: name.to_owned(),
            owner: Owner::Nobody,
            status: Status::Ready,
            attrs,
            tags: tags(found.tags()),
        })
    }
}
