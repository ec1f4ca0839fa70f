//! `account "gateway" id="222222222222" { region …; role … }`.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Access, Account, Role, Spanned};
use crate::node::Node;
use crate::read::{Context, Form, Shape};
use crate::value;

const ACCOUNT: Shape = Shape { props: &["id"], one: &["region", "role", "profile"], ..Shape::one("a name") };
const ROLE: Shape = Shape { props: &["external-id", "session-name", "mfa"], ..Shape::one("a role's name or ARN") };

pub(super) fn decode(cx: &Context, node: &Node) -> Option<Account> {
    let form = Form::new(cx, node, &ACCOUNT);
    let name = form.arg().and_then(|name| value::name(cx, name));
    let id = form.needed_text("id").and_then(|id| value::account_id(cx, id));
    let own_region = form.child("region");
    let region = match own_region {
        Some(_) => form.child_text("region", "a region").and_then(|region| value::region(cx, region)),
        None => inherited_region(cx, node),
    };
    let access = decode_access(&form, id.as_ref());
    Some(Account { name: name?, id: id?, region: region?, access: access? })
}

fn inherited_region(cx: &Context, node: &Node) -> Option<Spanned<String>> {
    if cx.region.is_none() && !cx.region_hidden {
        cx.report(
            Diagnostic::error(codes::ACCOUNT_NO_REGION, "the account has no region, and the project gives none")
                .at(node.head, "no region")
                .help("add region \"us-east-1\" inside it, or inside the project"),
        );
    }
    cx.region.cloned()
}

fn decode_access(form: &Form, id: Option<&Spanned<String>>) -> Option<Access> {
    let cx = form.cx;
    match (form.child("role"), form.child("profile")) {
        (Some(role), Some(profile)) => {
            cx.report(
                Diagnostic::error(codes::EITHER_OR, "an account has a role or a profile, not both")
                    .at(profile.span, "a profile")
                    .at(role.span, "and a role")
                    .help("keep one; a profile may itself name a role"),
            );
            None
        }
        (Some(role), None) => decode_role(cx, role, id).map(Access::Role),
        (None, Some(_)) => {
            let profile = form.child_text("profile", "a profile's name")?;
            let sound = !profile.value.is_empty();
            value::keep(cx, codes::ROLE, profile, sound, |_| {
                (String::from("a profile's name is empty"), String::from("name a profile of ~/.aws/config"))
            })
            .map(Access::Profile)
        }
        (None, None) => Some(Access::Ambient),
    }
}

fn decode_role(cx: &Context, node: &Node, id: Option<&Spanned<String>>) -> Option<Role> {
    let form = Form::new(cx, node, &ROLE);
    let external_id = form.text("external-id");
    let session_name = form.text("session-name").and_then(|name| {
        let sound = (2..=64).contains(&name.value.len()) && name.value.chars().all(is_role_char);
        value::keep(cx, codes::ROLE, name, sound, |text| {
            (
                format!("`{text}` cannot name a session"),
                String::from("a session's name is 2 to 64 letters, digits and _ + = , . @ -"),
            )
        })
    });
    let mfa = form.text("mfa").and_then(|mfa| value::arn(cx, &["iam"], mfa));
    let role = form.arg()?;
    if role.value.starts_with("arn:") {
        let role = value::arn(cx, &["iam"], role)?;
        let owner = role.value.split(':').nth(4).unwrap_or("");
        if let Some(id) = id.filter(|id| id.value != owner) {
            cx.report(
                Diagnostic::error(
                    codes::ROLE_ACCOUNT,
                    format!("the role belongs to account {owner}, not to {}", id.value),
                )
                .at(role.span, "a role of another account")
                .at(id.span, "this account")
                .help(format!("name the role of this account: arn:aws:iam::{}:role/…", id.value)),
            );
            return None;
        }
        return Some(Role { role, external_id, session_name, mfa });
    }
    // A role's path may stand before its name.
    let sound = (1..=512).contains(&role.value.len()) && role.value.chars().all(|c| is_role_char(c) || c == '/');
    let role = value::keep(cx, codes::ROLE, role, sound, |text| {
        (
            format!("`{text}` is no role's name"),
            String::from(
                "write its name, \"privlink-deployer\", or its ARN, \"arn:aws:iam::222222222222:role/privlink-deployer\"",
            ),
        )
    })?;
    Some(Role { role, external_id, session_name, mfa })
}

fn is_role_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}
