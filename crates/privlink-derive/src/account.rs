//! Accounts: what region and credentials say of each other.

use privlink_model::{Finding, partition};
use privlink_spec::document::Access;

use crate::context::{Context, origin};

/// Checks that the role of each account is one of the partition its region is in: AWS in China, for the United States'
/// government and the rest of the world know nothing of each other.
pub(crate) fn check(context: &mut Context<'_>) {
    for account in context.document.accounts.values() {
        let Access::Role(role) = &account.access else { continue };
        let arn = &role.role;
        let Some(named) = arn.value.strip_prefix("arn:").and_then(|rest| rest.split(':').next()) else { continue };
        let wanted = partition(&account.region.value);
        if named != wanted {
            let message = format!(
                "the role of account {:?} is in partition {named}, and its region {} in {wanted}",
                account.name.value, account.region.value
            );
            let finding = Finding::error("privlink::account::partition", message, origin(arn.span))
                .labelled(format!("a role of {named}"))
                .helped(format!("write arn:{wanted}:iam::…, the role's name alone, or a region of {named}"));
            context.find(finding);
        }
    }
}
