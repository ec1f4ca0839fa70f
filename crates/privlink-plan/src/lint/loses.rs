//! `privlink::plan::loses`: a deletion after which not all can be brought back. Silent when the project is destroyed: there it
//! is what was asked for. Silent for what goes with something else: only the call that deletes has an undo, and its own loss
//! says enough.

use privlink_model::{Finding, Reason, Severity};

use super::finding;
use crate::codes;
use crate::item::Item;

pub(super) fn lint(item: &Item) -> Option<Finding> {
    let asked_for = item.change.reason == Reason::Destroy;
    let has_call = item.removes_old() && item.deleted_with.is_none() && item.schema.delete.is_some();
    let loses = item.schema.loses.filter(|_| has_call && !asked_for)?;
    let message = format!("deleting the {} of {} loses {loses}", item.schema.title, item.change.address);
    Some(finding(codes::LOSES, Severity::Note, item, message))
}

#[cfg(test)]
mod tests {
    use privlink_model::{
        Action, Address, ApiCall, Attrs, Bucket, Change, KindSchema, Observed, Owner, Ownership, ReplaceOrder, Scope,
        Service, Status,
    };

    use super::*;

    const DELETE: ApiCall = ApiCall::new("DeleteStage", Bucket { capacity: 1.0, refill: 1.0 });

    static STAGE: KindSchema = KindSchema {
        name: "stage",
        title: "stage",
        service: Service::ApiGateway,
        attributes: &[],
        ownership: Ownership::Parent("api"),
        key: &[],
        deleted_with: &["api"],
        replace: ReplaceOrder::DeleteFirst,
        create: None,
        update: None,
        delete: Some(DELETE),
        ready: None,
        gone: None,
        loses: Some("its history"),
        permanent: None,
        read_actions: &[],
        write_actions: &[],
    };

    /// What is said of the deletion of a stage, for a reason and with what takes it along.
    fn said(reason: Reason, deleted_with: Option<usize>) -> Option<String> {
        let object = Observed {
            kind: STAGE.name,
            scope: Scope::new("222222222222", "us-east-1"),
            id: "a/test".to_owned(),
            owner: Owner::Ours(Address::new("stage")),
            status: Status::Ready,
            attrs: Attrs::new(),
            tags: Default::default(),
        };
        let change = Change {
            address: Address::new("stage"),
            kind: STAGE.name,
            scope: object.scope.clone(),
            action: Action::Delete,
            reason,
            before: Some(object.clone()),
            after: None,
            attributes: Vec::new(),
            because: String::new(),
            origin: None,
        };
        let item = Item { change, schema: &STAGE, desired: None, old: Some(&object), deleted_with };
        lint(&item).map(|finding| finding.message)
    }

    #[test]
    fn a_deletion_of_its_own_says_what_is_lost() {
        assert_eq!(said(Reason::NotInSpec, None).as_deref(), Some("deleting the stage of stage loses its history"));
    }

    #[test]
    fn what_goes_with_its_parent_or_was_to_be_destroyed_says_nothing() {
        assert_eq!(said(Reason::DeletedWith(Address::new("api")), Some(0)), None);
        assert_eq!(said(Reason::Destroy, None), None);
    }
}
