//! Permissions of endpoint services: which principals may see and use one.

use super::endpoint_service::own_service;
use super::filter::{Filters, PageSize, page};
use super::request::Request;
use super::state::{Permission, Service};
use crate::wire::{Call, Fault, Reply};

/// Answers `ModifyVpcEndpointServicePermissions`: adding what is there and removing what is not both succeed.
pub(super) fn modify(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let id = own_service(request)?;
    let (add, remove) = (request.params.list("AddAllowedPrincipals"), request.params.list("RemoveAllowedPrincipals"));
    for principal in add.iter().chain(&remove) {
        kind(principal)?;
    }
    let mut added = Vec::new();
    for principal in add {
        let there = request.state().services.get(&id).is_some_and(|found| found.permissions.contains_key(&principal));
        if !there && !added.iter().any(|old: &Permission| old.principal == principal) {
            added.push(Permission { id: format!("vpce-svc-perm-{}", request.world.ids.hex(17)), principal });
        }
    }
    if let Some(service) = request.state_mut().services.get_mut(&id) {
        service.permissions.extend(added.iter().map(|new| (new.principal.clone(), new.clone())));
        service.permissions.retain(|principal, _| !remove.contains(principal));
    }
    request.answer(|x| {
        x.items("addedPrincipalSet", &added, |x, permission| {
            x.text("principalType", kind(&permission.principal).unwrap_or_default())
                .text("principal", &permission.principal)
                .text("servicePermissionId", &permission.id)
                .text("serviceId", &id);
        });
        x.text("return", true);
    })
}

/// Answers `DescribeVpcEndpointServicePermissions`.
pub(super) fn describe(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let filters = Filters::read(&request.params, &["principal", "principal-type"])?;
    let id = own_service(request)?;
    let service = request.state().services.get(&id);
    let all = service.into_iter().flat_map(|service| service.permissions.values());
    let found: Vec<&Permission> = all
        .filter(|found| {
            filters.admit(&Default::default(), |name| {
                vec![match name {
                    "principal" => found.principal.clone(),
                    _ => kind(&found.principal).unwrap_or_default().to_owned(),
                }]
            })
        })
        .collect();
    let (found, token) =
        page(request.call, &request.params, PageSize::Clamped, found, |found| found.principal.clone())?;
    request.answer(|x| {
        x.items("allowedPrincipals", found, |x, permission| {
            x.text("principalType", kind(&permission.principal).unwrap_or_default())
                .text("principal", &permission.principal)
                .text("servicePermissionId", &permission.id)
                .text("serviceId", &id)
                .node("tagSet", |_| {});
        });
        x.maybe("nextToken", token);
    })
}

/// Checks a principal and gives what sort it is: `*`, an account's root, a role or a user, without a path.
fn kind(principal: &str) -> Result<&'static str, Fault> {
    let bad = || Fault::new(400, "InvalidPrincipal", format!("Invalid Principal: '{principal}'"));
    if principal == "*" {
        return Ok("All");
    }
    let rest = principal.strip_prefix("arn:aws:iam::").ok_or_else(bad)?;
    let (account, name) = rest.split_once(':').ok_or_else(bad)?;
    if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    let good =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c));
    match name.split_once('/') {
        None if name == "root" => Ok("Account"),
        Some(("role", name)) if good(name) => Ok("Role"),
        Some(("user", name)) if good(name) => Ok("User"),
        Some(("group" | "instance-profile" | "policy", _)) => {
            let message = format!("The principal type of '{principal}' is not supported");
            Err(Fault::new(400, "UnknownPrincipalType.Unsupported", message))
        }
        _ => Err(bad()),
    }
}

/// Checks that a principal is one that a service can permit.
pub(crate) fn check_principal(principal: &str) -> Result<(), Fault> {
    kind(principal).map(|_| ())
}

/// Tells whether a caller may see and use a service that another account owns.
pub(crate) fn permits(service: &Service, call: &Call) -> bool {
    let root = format!("arn:aws:iam::{}:root", call.account);
    service.permissions.keys().any(|principal| {
        principal == "*"
            || *principal == root
            || *principal == call.principal_arn
            || Some(principal) == role_of(&call.principal_arn).as_ref()
    })
}

/// Gives the role behind a session: `arn:aws:sts::1:assumed-role/r/s` → `arn:aws:iam::1:role/r`.
fn role_of(principal: &str) -> Option<String> {
    let (account, rest) = principal.strip_prefix("arn:aws:sts::")?.split_once(":assumed-role/")?;
    let (role, _session) = rest.split_once('/')?;
    Some(format!("arn:aws:iam::{account}:role/{role}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_read_as_aws_does() {
        assert_eq!(kind("*").unwrap(), "All");
        assert_eq!(kind("arn:aws:iam::111111111111:root").unwrap(), "Account");
        assert_eq!(kind("arn:aws:iam::111111111111:role/deployer").unwrap(), "Role");
        for bad in ["111111111111", "arn:aws:iam::1111:root", "arn:aws:iam::111111111111:role/path/deployer", ""] {
            assert_eq!(kind(bad).unwrap_err().code, "InvalidPrincipal", "{bad}");
        }
        assert_eq!(kind("arn:aws:iam::111111111111:group/g").unwrap_err().code, "UnknownPrincipalType.Unsupported");
        assert_eq!(
            role_of("arn:aws:sts::111111111111:assumed-role/deployer/me").unwrap(),
            "arn:aws:iam::111111111111:role/deployer"
        );
    }
}
