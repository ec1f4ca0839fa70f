//! Reads a role: who may take it on, and what it allows.
//!
//! `allow "ec2:*"` and `deny "ec2:CreateVpcEndpoint" resource="arn:…"` name actions with wildcards; `policy` holds a whole
//! policy document as IAM has them, on one line: `policy #"{…}"#`. A role with none of these may do everything.

use super::reader::Reader;
use crate::iam::policy::Statement;
use crate::world::Role;
use kdl::KdlNode;

/// Reads a role, but for its name.
pub(super) fn read(reader: &mut Reader<'_>, node: &KdlNode) -> Role {
    reader.check(node, 1, &["external-id"], &["allow", "deny", "policy"]);
    let external_id = reader.text(node, "external-id");
    let mut policies: Option<Vec<Statement>> = None;
    for child in node.iter_children() {
        let statements = match child.name().value() {
            "policy" => {
                reader.check(child, 1, &[], &[]);
                reader.argument(child, "a policy document").map(|text| Statement::read(&text))
            }
            kind @ ("allow" | "deny") => {
                reader.check(child, usize::MAX, &["resource"], &[]);
                let resource = reader.text(child, "resource").unwrap_or_else(|| "*".to_owned());
                let actions = reader.arguments(child);
                Some(Statement::plain(kind == "allow", actions, resource).map(|statement| vec![statement]))
            }
            _ => None,
        };
        match statements {
            Some(Ok(statements)) => policies.get_or_insert_default().extend(statements),
            Some(Err(why)) => reader.problem(child, why),
            None => {}
        }
    }
    Role { external_id, policies }
}
