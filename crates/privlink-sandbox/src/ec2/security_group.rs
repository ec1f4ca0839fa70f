//! Security groups: create, delete, describe. Their rules are in `security_group_rule.rs`.
//!
//! **Invariant:** a group that an interface (even a lingering one) or another group's rule names cannot be deleted.

use super::filter::{Filters, GROUP, PageSize, VPC, invalid, page, wanted};
use super::request::{Request, write_tags};
use super::state::{Peer, Rule, SecurityGroup, State, Tags};
use super::tags;
use crate::wire::{Fault, Reply};
use crate::xml::Xml;
use std::collections::BTreeMap;

const PER_REGION: usize = 2500;

const FILTERS: &[&str] = &[
    "description",
    "egress.ip-permission.cidr",
    "egress.ip-permission.from-port",
    "egress.ip-permission.group-id",
    "egress.ip-permission.group-name",
    "egress.ip-permission.ipv6-cidr",
    "egress.ip-permission.prefix-list-id",
    "egress.ip-permission.protocol",
    "egress.ip-permission.to-port",
    "egress.ip-permission.user-id",
    "group-id",
    "group-name",
    "ip-permission.cidr",
    "ip-permission.from-port",
    "ip-permission.group-id",
    "ip-permission.group-name",
    "ip-permission.ipv6-cidr",
    "ip-permission.prefix-list-id",
    "ip-permission.protocol",
    "ip-permission.to-port",
    "ip-permission.user-id",
    "owner-id",
    "vpc-id",
    "tag",
];

/// Answers `DescribeSecurityGroups`.
pub(super) fn describe(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let filters = Filters::read(&request.params, FILTERS)?;
    let state = request.state();
    let named = GROUP.named(&request.params, "GroupId", |id| state.groups.contains_key(id))?;
    let names = request.params.list("GroupName");
    if let Some(name) = names.first() {
        // AWS reads bare names in the default VPC alone.
        let default = |group: &SecurityGroup| state.vpcs.get(&group.vpc).is_some_and(|vpc| vpc.default);
        if !state.groups.values().any(|group| default(group) && names.contains(&group.name)) {
            return Err(GROUP.absent(name));
        }
    }
    let owner = &request.call.account;
    let found = state.groups.values().filter(|group| wanted(&named, &group.id));
    let found = found.filter(|group| names.is_empty() || names.contains(&group.name));
    let found = found.filter(|group| filters.admit(&group.tags, |name| has(state, owner, group, name)));
    let (found, token) =
        page(request.call, &request.params, PageSize::Strict(1000), found.collect(), |group: &&SecurityGroup| {
            group.id.clone()
        })?;
    request.answer(|x| {
        x.items("securityGroupInfo", found, |x, group| {
            x.text("groupId", &group.id);
            write_permissions(x, "ipPermissionsEgress", group, true);
            write_tags(x, &group.tags);
            x.text("vpcId", &group.vpc)
                .text("securityGroupArn", request.arn("security-group", &group.id))
                .text("ownerId", owner)
                .text("groupName", &group.name)
                .text("groupDescription", &group.description);
            write_permissions(x, "ipPermissions", group, false);
        });
        x.maybe("nextToken", token);
    })
}

fn has(state: &State, owner: &str, group: &SecurityGroup, filter: &str) -> Vec<String> {
    match filter {
        "description" => return vec![group.description.clone()],
        "group-id" => return vec![group.id.clone()],
        "group-name" => return vec![group.name.clone()],
        "owner-id" => return vec![owner.to_owned()],
        "vpc-id" => return vec![group.vpc.clone()],
        _ => {}
    }
    let egress = filter.starts_with("egress.");
    let part = filter.rsplit('.').next().unwrap_or_default();
    let of = |rule: &Rule| -> Option<String> {
        match (part, &rule.peer) {
            ("cidr", Peer::Ipv4(cidr)) | ("ipv6-cidr", Peer::Ipv6(cidr)) => Some(cidr.clone()),
            ("prefix-list-id", Peer::PrefixList(id)) => Some(id.clone()),
            ("group-id", Peer::Group { id, .. }) => Some(id.clone()),
            ("group-name", Peer::Group { id, .. }) => state.groups.get(id).map(|found| found.name.clone()),
            ("user-id", Peer::Group { account, .. }) => Some(account.clone()),
            ("from-port", _) => rule.from_port.map(|port| port.to_string()),
            ("to-port", _) => rule.to_port.map(|port| port.to_string()),
            ("protocol", _) => Some(rule.protocol.clone()),
            _ => None,
        }
    };
    group.rules.values().filter(|rule| rule.egress == egress).filter_map(of).collect()
}

/// A protocol and its range of ports.
type Ports<'r> = (&'r str, Option<i64>, Option<i64>);

/// Writes rules in the older form: those of one protocol and range of ports together.
fn write_permissions(x: &mut Xml, name: &str, group: &SecurityGroup, egress: bool) {
    let mut grouped: BTreeMap<Ports<'_>, Vec<&Rule>> = BTreeMap::new();
    for rule in group.rules.values().filter(|rule| rule.egress == egress) {
        grouped.entry((&rule.protocol, rule.from_port, rule.to_port)).or_default().push(rule);
    }
    x.items(name, grouped, |x, ((protocol, from, to), rules)| {
        x.text("ipProtocol", protocol).maybe("fromPort", from).maybe("toPort", to);
        let mut list = |name: &str, write: &dyn Fn(&mut Xml, &Peer) -> bool| {
            x.node(name, |x| {
                for rule in &rules {
                    let mut inner = Xml::fragment();
                    if write(&mut inner, &rule.peer) {
                        inner.maybe("description", rule.description.as_ref());
                        x.node("item", |x| x.append(inner));
                    }
                }
            });
        };
        list("groups", &|x, peer| match peer {
            Peer::Group { id, account } => {
                x.text("userId", account).text("groupId", id);
                true
            }
            _ => false,
        });
        list("ipRanges", &|x, peer| match peer {
            Peer::Ipv4(cidr) => {
                x.text("cidrIp", cidr);
                true
            }
            _ => false,
        });
        list("ipv6Ranges", &|x, peer| match peer {
            Peer::Ipv6(cidr) => {
                x.text("cidrIpv6", cidr);
                true
            }
            _ => false,
        });
        list("prefixListIds", &|x, peer| match peer {
            Peer::PrefixList(id) => {
                x.text("prefixListId", id);
                true
            }
            _ => false,
        });
    });
}

/// Answers `CreateSecurityGroup`.
pub(super) fn create(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let name = request.params.require("GroupName")?.to_owned();
    let description = request.params.require("GroupDescription")?.to_owned();
    let vpc = match request.params.get("VpcId") {
        Some(id) => id.to_owned(),
        None => {
            let default = request.state().vpcs.values().find(|vpc| vpc.default).map(|vpc| vpc.id.clone());
            default.ok_or_else(|| Fault::new(400, "VPCIdNotSpecified", "No default VPC for this user"))?
        }
    };
    VPC.check(&vpc)?;
    if !request.state().vpcs.contains_key(&vpc) {
        return Err(VPC.absent(&vpc));
    }
    check_text("GroupName", &name)?;
    check_text("GroupDescription", &description)?;
    if name.starts_with("sg-") {
        return Err(invalid("Invalid security group name. Group names may not be in the format sg-*."));
    }
    let given = tags::at_creation(&request.params, "security-group")?;
    let state = request.state();
    if state.groups.values().any(|group| group.vpc == vpc && group.name == name) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(Fault::new(400, "InvalidGroup.Duplicate", message));
    }
    if name == "default" {
        return Err(Fault::new(400, "InvalidGroup.Reserved", "The security group 'default' is reserved"));
    }
    if state.groups.len() >= PER_REGION {
        return Err(Fault::new(
            400,
            "SecurityGroupLimitExceeded",
            "The maximum number of security groups has been reached.",
        ));
    }
    let id = format!("sg-{}", request.world.ids.hex(17));
    let rule = format!("sgr-{}", request.world.ids.hex(17));
    let group = new_group(&id, &rule, &name, &description, &vpc, given.clone());
    request.state_mut().groups.insert(id.clone(), group);
    let arn = request.arn("security-group", &id);
    request.answer(|x| {
        x.text("return", true).text("groupId", &id);
        write_tags(x, &given);
        x.text("securityGroupArn", arn);
    })
}

/// Makes a group as AWS makes one: nothing in, everything out.
pub(crate) fn new_group(id: &str, rule: &str, name: &str, description: &str, vpc: &str, tags: Tags) -> SecurityGroup {
    let everything_out = Rule {
        id: rule.to_owned(),
        egress: true,
        protocol: "-1".to_owned(),
        from_port: None,
        to_port: None,
        peer: Peer::Ipv4("0.0.0.0/0".to_owned()),
        description: None,
        tags: Tags::new(),
    };
    SecurityGroup {
        id: id.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        vpc: vpc.to_owned(),
        tags,
        rules: BTreeMap::from([(rule.to_owned(), everything_out)]),
    }
}

/// AWS takes letters, digits, spaces and `._-:/()#,@[]+=&;{}!$*` in a group's name and description.
fn check_text(parameter: &str, text: &str) -> Result<(), Fault> {
    if text.chars().count() > 255 {
        return Err(invalid(format!(
            "Value for parameter {parameter} is invalid. Length exceeds maximum of 255 characters"
        )));
    }
    let good = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    if !text.chars().all(good) {
        let message = format!(
            "Value ({text}) for parameter {parameter} is invalid. Character sets beyond ASCII are not supported."
        );
        return Err(invalid(message));
    }
    Ok(())
}

/// Answers `DeleteSecurityGroup`.
pub(super) fn delete(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let id = request.params.require("GroupId")?.to_owned();
    GROUP.check(&id)?;
    let state = request.state();
    let group = state.groups.get(&id).ok_or_else(|| GROUP.absent(&id))?;
    if group.name == "default" {
        let message = format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(Fault::new(400, "CannotDelete", message));
    }
    let names_it = |rule: &Rule| matches!(&rule.peer, Peer::Group { id: peer, .. } if *peer == id);
    let referenced = state.groups.values().any(|other| other.id != id && other.rules.values().any(names_it));
    let used = state.interfaces.values().any(|interface| interface.groups.contains(&id));
    let held = state.endpoints.values().any(|found| !found.is_leaving() && found.groups.contains(&id));
    if referenced || used || held {
        return Err(Fault::new(400, "DependencyViolation", format!("resource {id} has a dependent object")));
    }
    request.state_mut().groups.remove(&id);
    request.answer(|x| {
        x.text("return", true).text("groupId", &id);
    })
}
