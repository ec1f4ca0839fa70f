//! IAM: owns what roles are allowed, and whether a request may be made.
//!
//! Roles come from the world file, with policies or without; one without may do everything, and so may the ambient user.
//! Before a service sees a request, each action it takes is weighed on each object it is about, as AWS does for identity
//! policies: an explicit deny wins, then an allow, and what nothing allows is denied. Resource policies, boundaries,
//! sessions' own policies and organizations are no part of this world. Read next: `policy.rs` for the weighing,
//! `takes.rs` for what a request takes, `simulate.rs` for the one operation.

mod condition;
mod demand;
mod ec2;
mod elb;
mod gateway;
mod pattern;
pub(crate) mod policy;
mod simulate;
mod takes;
#[cfg(test)]
mod tests;

pub(crate) use simulate::{handle, offers};

use crate::service::Service;
use crate::wire::{Call, Fault};
use crate::world::World;
use demand::Demand;
use policy::{Decision, Statement};

/// Checks that the caller may make a request of a service.
pub(crate) fn authorise(world: &World, call: &Call, service: Service) -> Result<(), Fault> {
    let Some(statements) = policies(world, &call.account, &call.principal_arn) else { return Ok(()) };
    for demand in takes::demands(world, call, service) {
        match policy::weigh(statements, &demand).decision {
            Decision::Allowed => {}
            decision => return Err(denied(service, call, &demand, decision)),
        }
    }
    Ok(())
}

/// Gives what a principal is allowed; none when it may do everything. A role goes by its own name or by a session's.
fn policies<'w>(world: &'w World, account: &str, principal: &str) -> Option<&'w [Statement]> {
    let path = principal.splitn(6, ':').nth(5)?;
    let name = match path.split('/').collect::<Vec<_>>().as_slice() {
        ["assumed-role", name, _session] => *name,
        ["role", .., name] => *name,
        _ => return None,
    };
    let roles = &world.accounts.get(account)?.roles;
    // The names of roles are unique in an account, whatever their paths.
    let role = roles.iter().find(|(path, _)| path.rsplit('/').next() == Some(name)).map(|(_, role)| role)?;
    role.policies.as_deref()
}

/// Gives each service's own words for what is not allowed.
fn denied(service: Service, call: &Call, demand: &Demand, decision: Decision) -> Fault {
    let action = &demand.action;
    let on = if demand.resource == "*" { String::new() } else { format!(" on resource: {}", demand.resource) };
    let why = match decision {
        Decision::ExplicitDeny => "with an explicit deny in an identity-based policy".to_owned(),
        _ => format!("because no identity-based policy allows the {action} action"),
    };
    let message = format!("User: {} is not authorized to perform: {action}{on} {why}", call.principal_arn);
    match service {
        Service::Ec2 => Fault::new(
            403,
            "UnauthorizedOperation",
            format!(
                "You are not authorized to perform this operation. {message}. Encoded authorization failure message: none"
            ),
        ),
        Service::Gateway => Fault::new(403, "AccessDeniedException", message),
        Service::Trail | Service::Events => Fault::new(400, "AccessDeniedException", message),
        Service::Elb | Service::Sts | Service::Iam => Fault::new(403, "AccessDenied", message),
    }
}
