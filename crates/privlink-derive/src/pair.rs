//! Pairs: an internal load balancer and the VPC link that leads to it.
//!
//! ```text
//! <link>/security-group
//! <link>/load-balancer ← …/enforcement (off: API Gateway comes over PrivateLink)
//! <link>                 the VPC link
//! ```

use privlink_model::keys::{ID, load_balancer, privatelink_enforcement, security_group, vpc_link};
use privlink_model::{Address, Attrs, Observed, Scope, Value};

use crate::context::{Asker, Context};
use crate::hub::Hub;
use crate::names::aws_name;

/// Where a target listens.
#[derive(Debug, Clone)]
pub(crate) struct Listening {
    /// The pair.
    pub(crate) link: Address,
    /// The port.
    pub(crate) port: i64,
}

/// The pair a live load balancer of ours belongs to.
pub(crate) fn of(context: &Context<'_>, scope: &Scope, arn: &str) -> Option<Address> {
    let balancers = context.snapshot.list(scope, load_balancer::KIND).ok()?;
    let address = balancers.iter().find(|balancer| balancer.id == arn)?.address()?;
    Some(Address::new(address.as_str().strip_suffix("/load-balancer")?))
}

/// The name of a pair's load balancer: that of the one that can stay, else one that none has which must go. AWS takes no subnet
/// away from a load balancer that a VPC link stands on, so one with a subnet too many is replaced beside itself.
pub(crate) fn balancer_name(context: &Context<'_>, hub: &Hub, link: &Address) -> String {
    let address = link.child("load-balancer");
    let wanted = hub.vpc.subnet_ids();
    let listed = context.snapshot.list(&hub.vpc.scope, load_balancer::KIND).unwrap_or_default();
    let live = listed.iter().filter(|live| live.address() == Some(&address));
    let here = live.filter(|live| live.attrs.read(&load_balancer::VPC).as_ref() == Some(&hub.vpc.id));
    let stays = |live: &&Observed| {
        let subnets = live.attrs.read(&load_balancer::SUBNETS).unwrap_or_default();
        subnets.iter().all(|subnet| wanted.contains(subnet))
    };
    let (staying, going): (Vec<&Observed>, Vec<&Observed>) = here.partition(stays);
    let name = |live: &&Observed| live.attrs.read(&load_balancer::NAME);
    let taken: Vec<String> = going.iter().filter_map(name).collect();
    let shape = |turn: usize| if turn == 0 { hub.vpc.id.clone() } else { format!("{} {turn}", hub.vpc.id) };
    // Of one name more than are taken, one is free.
    let mut names = (0..=taken.len()).map(|turn| aws_name(context.project_name(), &address, &shape(turn), 32));
    let kept = staying.iter().find_map(name);
    kept.or_else(|| names.find(|name| !taken.contains(name))).unwrap_or_default()
}

/// Derives a pair: security group, load balancer, enforcement, VPC link. Asked by each of its targets, added once.
pub(crate) fn derive(context: &mut Context<'_>, hub: &Hub, link: &Address) {
    let scope = &hub.vpc.scope;
    let asker = match context.document.networks.get(&hub.network) {
        Some(network) => Asker::new("the APIs in network", &hub.network, network.name.span),
        None => return,
    };
    let group = link.child("security-group");
    context.add(&asker, security_group::KIND, group.clone(), scope, {
        Attrs::new()
            .with(&security_group::NAME, aws_name(context.project_name(), &group, &hub.vpc.id, 128))
            .with(&security_group::DESCRIPTION, format!("Load balancer behind the VPC link {link}"))
            .with(&security_group::VPC, hub.vpc.id.clone())
    });
    let groups = Value::Set([Value::of(&group, ID.key())].into());
    let balancer = link.child("load-balancer");
    context.add(&asker, load_balancer::KIND, balancer.clone(), scope, {
        Attrs::new()
            .with(&load_balancer::NAME, balancer_name(context, hub, link))
            .with(&load_balancer::TYPE, "network".to_owned())
            .with(&load_balancer::SCHEME, "internal".to_owned())
            .with(&load_balancer::SUBNETS, hub.vpc.subnet_ids())
            .with_value(&load_balancer::SECURITY_GROUPS, groups)
    });
    let enforcement = link.child("enforcement");
    context.add(&asker, privatelink_enforcement::KIND, enforcement.clone(), scope, {
        Attrs::new()
            .with_value(&privatelink_enforcement::LOAD_BALANCER, Value::of(&balancer, ID.key()))
            .with(&privatelink_enforcement::ENFORCE, "off".to_owned())
    });
    let attrs = Attrs::new()
        .with(&vpc_link::NAME, aws_name(context.project_name(), link, &hub.vpc.id, 64))
        .with_value(&vpc_link::LOAD_BALANCER, Value::of(&balancer, ID.key()));
    context.add_after(&asker, vpc_link::KIND, link.clone(), scope, attrs, vec![enforcement]);
}
