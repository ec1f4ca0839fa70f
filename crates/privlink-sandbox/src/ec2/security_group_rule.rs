//! Rules of security groups: authorize, revoke, modify, describe.
//!
//! A request gives permissions (one range of ports, several peers); a rule is one peer. **Invariant:** no two rules of a
//! group agree in direction, protocol, ports and peer.

use super::filter::{Filters, GROUP, PageSize, RULE, invalid, page, wanted};
use super::request::{Request, write_tags};
use super::state::{Peer, Rule, State, Tags};
use super::tags;
use crate::wire::{Fault, Params, Reply};
use crate::xml::Xml;
use ipnet::{Ipv4Net, Ipv6Net};

/// Rules in each direction of one group.
const PER_GROUP: usize = 60;

/// Answers `AuthorizeSecurityGroupIngress`.
pub(super) fn authorize_ingress(request: &mut Request<'_>) -> Result<Reply, Fault> {
    authorize(request, false)
}

/// Answers `AuthorizeSecurityGroupEgress`.
pub(super) fn authorize_egress(request: &mut Request<'_>) -> Result<Reply, Fault> {
    authorize(request, true)
}

/// Answers `RevokeSecurityGroupIngress`.
pub(super) fn revoke_ingress(request: &mut Request<'_>) -> Result<Reply, Fault> {
    revoke(request, false)
}

/// Answers `RevokeSecurityGroupEgress`.
pub(super) fn revoke_egress(request: &mut Request<'_>) -> Result<Reply, Fault> {
    revoke(request, true)
}

fn authorize(request: &mut Request<'_>, egress: bool) -> Result<Reply, Fault> {
    let id = group_id(request)?;
    let mut new = read_rules(request, egress)?;
    let given = tags::at_creation(&request.params, "security-group-rule")?;
    for rule in &new {
        check_peer(request.state(), &request.call.account, &id, rule)?;
    }
    let state = request.state();
    let group = state.groups.get(&id).ok_or_else(|| GROUP.absent(&id))?;
    if let Some(old) = new.iter().find(|rule| group.rules.values().any(|old| same(old, rule))) {
        let message = format!("the specified rule \"{}\" already exists", in_words(old));
        return Err(Fault::new(400, "InvalidPermission.Duplicate", message));
    }
    if group.rules.values().filter(|rule| rule.egress == egress).count() + new.len() > PER_GROUP {
        let message = "The maximum number of rules per security group has been reached.";
        return Err(Fault::new(400, "RulesPerSecurityGroupLimitExceeded", message));
    }
    for rule in &mut new {
        rule.id = format!("sgr-{}", request.world.ids.hex(17));
        rule.tags = given.clone();
    }
    if let Some(group) = request.state_mut().groups.get_mut(&id) {
        group.rules.extend(new.iter().map(|rule| (rule.id.clone(), rule.clone())));
    }
    request.answer(|x| {
        x.text("return", true);
        x.items("securityGroupRuleSet", &new, |x, rule| write_rule(x, request, &id, rule));
    })
}

fn revoke(request: &mut Request<'_>, egress: bool) -> Result<Reply, Fault> {
    let id = group_id(request)?;
    let ids = request.params.list("SecurityGroupRuleId");
    let group = request.state().groups.get(&id).ok_or_else(|| GROUP.absent(&id))?;
    let mut gone: Vec<Rule> = Vec::new();
    if ids.is_empty() {
        for rule in read_rules(request, egress)? {
            let found = group.rules.values().find(|old| same(old, &rule));
            let message = "The specified rule does not exist in this security group.";
            gone.push(found.ok_or_else(|| Fault::new(400, "InvalidPermission.NotFound", message))?.clone());
        }
    } else {
        for rule in &ids {
            RULE.check(rule)?;
            let found = group.rules.get(rule).filter(|found| found.egress == egress);
            gone.push(found.ok_or_else(|| RULE.absent(rule))?.clone());
        }
    }
    if let Some(group) = request.state_mut().groups.get_mut(&id) {
        for rule in &gone {
            group.rules.remove(&rule.id);
        }
    }
    request.answer(|x| {
        x.text("return", true);
        x.items("revokedSecurityGroupRuleSet", &gone, |x, rule| {
            x.text("securityGroupRuleId", &rule.id).text("groupId", &id);
            write_fields(x, rule);
            if let Peer::Group { id, .. } = &rule.peer {
                x.text("referencedGroupId", id);
            }
        });
    })
}

/// Answers `ModifySecurityGroupRules`: puts whole rules in the place of others, keeping their ids and tags.
pub(super) fn modify(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let id = group_id(request)?;
    let group = request.state().groups.get(&id).ok_or_else(|| GROUP.absent(&id))?;
    let mut rules = group.rules.clone();
    let updates = request.params.structs("SecurityGroupRule");
    if updates.is_empty() {
        return Err(Fault::new(400, "MissingParameter", "The request must contain the parameter SecurityGroupRules"));
    }
    for update in updates {
        let rule_id = update.require("SecurityGroupRuleId")?;
        RULE.check(rule_id)?;
        let old = rules.get(rule_id).cloned().ok_or_else(|| RULE.absent(rule_id))?;
        let body = update.below("SecurityGroupRule");
        let peer =
            match (body.get("CidrIpv4"), body.get("CidrIpv6"), body.get("PrefixListId"), body.get("ReferencedGroupId"))
            {
                (Some(cidr), None, None, None) => ipv4(cidr)?,
                (None, Some(cidr), None, None) => ipv6(cidr)?,
                (None, None, Some(list), None) => Peer::PrefixList(list.to_owned()),
                (None, None, None, Some(group)) => {
                    Peer::Group { id: group.to_owned(), account: request.call.account.clone() }
                }
                _ => {
                    return Err(invalid(
                        "Exactly one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId must be given",
                    ));
                }
            };
        let range = Range::read(&body)?;
        let description = body.get("Description").map(str::to_owned);
        let new = range.rule(old.egress, peer, description).with(old.id.clone(), old.tags.clone());
        check_peer(request.state(), &request.call.account, &id, &new)?;
        if rules.values().any(|other| other.id != new.id && same(other, &new)) {
            let message = format!("the specified rule \"{}\" already exists", in_words(&new));
            return Err(Fault::new(400, "InvalidPermission.Duplicate", message));
        }
        rules.insert(new.id.clone(), new);
    }
    if let Some(group) = request.state_mut().groups.get_mut(&id) {
        group.rules = rules;
    }
    request.done()
}

/// Answers `DescribeSecurityGroupRules`.
pub(super) fn describe(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let filters = Filters::read(&request.params, &["group-id", "security-group-rule-id", "tag"])?;
    let state = request.state();
    let exists = |id: &str| state.groups.values().any(|group| group.rules.contains_key(id));
    let named = RULE.named(&request.params, "SecurityGroupRuleId", exists)?;
    let mut found: Vec<(&String, &Rule)> = Vec::new();
    for group in state.groups.values() {
        let has = |rule: &Rule, name: &str| match name {
            "group-id" => vec![group.id.clone()],
            _ => vec![rule.id.clone()],
        };
        let rules = group.rules.values().filter(|rule| wanted(&named, &rule.id));
        found.extend(
            rules.filter(|rule| filters.admit(&rule.tags, |name| has(rule, name))).map(|rule| (&group.id, rule)),
        );
    }
    found.sort_by(|a, b| a.1.id.cmp(&b.1.id));
    let (found, token) =
        page(request.call, &request.params, PageSize::Strict(1000), found, |(_, rule)| rule.id.clone())?;
    request.answer(|x| {
        x.items("securityGroupRuleSet", found, |x, (group, rule)| write_rule(x, request, group, rule));
        x.maybe("nextToken", token);
    })
}

fn group_id(request: &Request<'_>) -> Result<String, Fault> {
    let id = request.params.require("GroupId")?;
    GROUP.check(id)?;
    if !request.state().groups.contains_key(id) {
        return Err(GROUP.absent(id));
    }
    Ok(id.to_owned())
}

/// A protocol and its range of ports.
struct Range {
    protocol: String,
    from: Option<i64>,
    to: Option<i64>,
}

impl Range {
    fn read(params: &Params) -> Result<Range, Fault> {
        let protocol = match params.require("IpProtocol")?.to_ascii_lowercase().as_str() {
            "-1" | "all" => "-1",
            "tcp" | "6" => "tcp",
            "udp" | "17" => "udp",
            "icmp" | "1" => "icmp",
            "icmpv6" | "58" => "icmpv6",
            other if other.parse::<u8>().is_ok() => {
                return Ok(Range { protocol: other.to_owned(), from: None, to: None });
            }
            other => return Err(invalid(format!("Invalid value '{other}' for IP protocol. Unknown protocol."))),
        };
        let (from, to) = (params.integer("FromPort")?, params.integer("ToPort")?);
        let range = |from, to| Ok(Range { protocol: protocol.to_owned(), from, to });
        match (protocol, from, to) {
            ("-1", _, _) => range(None, None),
            ("tcp" | "udp", Some(0 | -1), Some(-1)) => range(Some(0), Some(65535)),
            ("tcp" | "udp", Some(from), Some(to)) if !(0..=65535).contains(&from) || !(0..=65535).contains(&to) => {
                Err(invalid(format!("Invalid value '{from}-{to}' for portRange. Ports must be between 0 and 65535.")))
            }
            ("tcp" | "udp", Some(from), Some(to)) if from > to => {
                Err(invalid(format!("Invalid TCP/UDP port range ({from}, {to})")))
            }
            ("tcp" | "udp", Some(_), Some(_)) => range(from, to),
            ("tcp" | "udp", _, _) => {
                Err(invalid("Invalid value for portRange. Must specify both from and to ports with TCP/UDP."))
            }
            _ => range(Some(from.unwrap_or(-1)), Some(to.unwrap_or(-1))),
        }
    }

    fn rule(&self, egress: bool, peer: Peer, description: Option<String>) -> Rule {
        Rule {
            id: String::new(),
            egress,
            protocol: self.protocol.clone(),
            from_port: self.from,
            to_port: self.to,
            peer,
            description,
            tags: Tags::new(),
        }
    }
}

impl Rule {
    fn with(self, id: String, tags: Tags) -> Rule {
        Rule { id, tags, ..self }
    }
}

/// Reads the rules a request means: `IpPermissions`, or the older flat form with one CIDR.
fn read_rules(request: &Request<'_>, egress: bool) -> Result<Vec<Rule>, Fault> {
    let params = &request.params;
    let mut permissions = params.structs("IpPermissions");
    if permissions.is_empty() && params.has("CidrIp") {
        let range = Range::read(params)?;
        return Ok(vec![range.rule(egress, ipv4(params.require("CidrIp")?)?, None)]);
    }
    if permissions.is_empty() {
        return Err(Fault::new(400, "MissingParameter", "The request must contain the parameter ipPermissions"));
    }
    let mut rules: Vec<Rule> = Vec::new();
    for permission in permissions.drain(..) {
        let range = Range::read(&permission)?;
        let before = rules.len();
        let mut add = |peer: Peer, from: &Params| {
            rules.push(range.rule(
                egress,
                peer,
                from.get("Description").filter(|text| !text.is_empty()).map(str::to_owned),
            ));
        };
        for from in permission.structs("IpRanges") {
            add(ipv4(from.require("CidrIp")?)?, &from);
        }
        for from in permission.structs("Ipv6Ranges") {
            add(ipv6(from.require("CidrIpv6")?)?, &from);
        }
        for from in permission.structs("PrefixListIds") {
            add(Peer::PrefixList(from.require("PrefixListId")?.to_owned()), &from);
        }
        for from in permission.structs("Groups") {
            let id = from.require("GroupId")?.to_owned();
            let account = from.get("UserId").unwrap_or(&request.call.account).to_owned();
            add(Peer::Group { id, account }, &from);
        }
        if rules.len() == before {
            return Err(Fault::new(400, "MissingParameter", "Source group or IP range must be specified"));
        }
    }
    for (at, rule) in rules.iter().enumerate() {
        if rule.description.as_ref().is_some_and(|text| text.chars().count() > 255) {
            return Err(invalid("Invalid rule description. The description must be no longer than 255 characters."));
        }
        if rules.iter().skip(at + 1).any(|other| same(rule, other)) {
            return Err(invalid("The same permission must not appear multiple times"));
        }
    }
    Ok(rules)
}

fn ipv4(text: &str) -> Result<Peer, Fault> {
    let net: Ipv4Net = text.parse().map_err(|_| malformed(text))?;
    Ok(Peer::Ipv4(net.trunc().to_string()))
}

fn ipv6(text: &str) -> Result<Peer, Fault> {
    let net: Ipv6Net = text.parse().map_err(|_| malformed(text))?;
    Ok(Peer::Ipv6(net.trunc().to_string()))
}

fn malformed(text: &str) -> Fault {
    invalid(format!("CIDR block {text} is malformed"))
}

/// A group that a rule names must be one of the caller's own in the same VPC: without peering no other can be reached.
fn check_peer(state: &State, account: &str, group: &str, rule: &Rule) -> Result<(), Fault> {
    if let Peer::Group { id, account: owner } = &rule.peer {
        GROUP.check(id)?;
        let other = state.groups.get(id).filter(|_| owner == account).ok_or_else(|| GROUP.absent(id))?;
        if state.groups.get(group).is_some_and(|group| group.vpc != other.vpc) {
            let message = "You have specified two resources that belong to different networks.";
            return Err(Fault::new(400, "InvalidGroup.NotFound", message));
        }
    }
    Ok(())
}

fn same(a: &Rule, b: &Rule) -> bool {
    let key = |rule: &Rule| (rule.egress, rule.protocol.clone(), rule.from_port, rule.to_port, rule.peer.clone());
    key(a) == key(b)
}

fn in_words(rule: &Rule) -> String {
    let peer = match &rule.peer {
        Peer::Ipv4(text) | Peer::Ipv6(text) | Peer::PrefixList(text) => text,
        Peer::Group { id, .. } => id,
    };
    let protocol = if rule.protocol == "-1" { "ALL".to_owned() } else { rule.protocol.to_uppercase() };
    match (rule.from_port, rule.to_port) {
        (Some(from), Some(to)) => format!("peer: {peer}, {protocol}, from port: {from}, to port: {to}, ALLOW"),
        _ => format!("peer: {peer}, {protocol}, ALLOW"),
    }
}

fn write_rule(x: &mut Xml, request: &Request<'_>, group: &str, rule: &Rule) {
    x.text("securityGroupRuleId", &rule.id).text("groupId", group).text("groupOwnerId", &request.call.account);
    write_fields(x, rule);
    if let Peer::Group { id, account } = &rule.peer {
        x.node("referencedGroupInfo", |x| {
            x.text("groupId", id).text("userId", account);
        });
    }
    write_tags(x, &rule.tags);
    x.text("securityGroupRuleArn", request.arn("security-group-rule", &rule.id));
}

/// Unlike in the older form, ports that mean "all" are written as -1.
fn write_fields(x: &mut Xml, rule: &Rule) {
    x.text("isEgress", rule.egress)
        .text("ipProtocol", &rule.protocol)
        .text("fromPort", rule.from_port.unwrap_or(-1))
        .text("toPort", rule.to_port.unwrap_or(-1));
    match &rule.peer {
        Peer::Ipv4(cidr) => x.text("cidrIpv4", cidr),
        Peer::Ipv6(cidr) => x.text("cidrIpv6", cidr),
        Peer::PrefixList(id) => x.text("prefixListId", id),
        Peer::Group { .. } => x,
    };
    x.maybe("description", rule.description.as_ref());
}
