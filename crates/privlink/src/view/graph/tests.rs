//! Pictures of hand-made plans: what is drawn, which way it leads, and what no name can do to it.

use std::collections::BTreeMap;

use privlink_kinds::KINDS;
use privlink_model::keys::{
    ID, api_definition, endpoint, endpoint_service, listener, load_balancer, rest_api, security_group,
    security_group_rule, target_group, targets, vpc_link,
};
use privlink_model::{
    Access, Account, Action, Address, Attrs, Change, ChangeSet, Flow, Observed, Op, Owner, Ownership, Plan, Reason,
    Scope, Status, Step, StepId, Undo, UndoOp, Value,
};
use proptest::prelude::*;

use super::mark::symbol;
use super::topology::{Edge, Node, Topology};
use super::{Extent, MOST_ARROWS, MOST_BYTES, dot, dot_of, mermaid, mermaid_of};

fn hub() -> Scope {
    Scope::new("222222222222", "us-east-1")
}

fn app() -> Scope {
    Scope::new("111111111111", "us-east-1")
}

fn change(address: &str, kind: &'static str, action: Action, after: Attrs) -> Change {
    Change {
        address: Address::new(address),
        kind,
        scope: hub(),
        action,
        reason: Reason::Same,
        before: None,
        after: Some(after),
        attributes: Vec::new(),
        because: String::new(),
        origin: None,
    }
}

fn create(address: &str, kind: &'static str, after: Attrs) -> Change {
    change(address, kind, Action::Create, after)
}

/// What was observed of it beforehand.
fn from(mut change: Change, id: &str, before: Attrs) -> Change {
    let (kind, scope) = (change.kind, change.scope.clone());
    let (owner, status, tags) = (Owner::Ours(change.address.clone()), Status::Ready, BTreeMap::new());
    change.before = Some(Observed { kind, scope, id: id.to_owned(), owner, status, attrs: before, tags });
    change
}

fn plan(changes: Vec<Change>) -> Plan {
    let account = |name: &str, scope: Scope| Account {
        name: name.to_owned(),
        id: scope.account,
        region: scope.region,
        access: Access::Ambient,
    };
    Plan {
        project: "shop".to_owned(),
        id: String::new(),
        accounts: vec![account("gateway", hub()), account("application", app())],
        queries: BTreeMap::new(),
        objects: BTreeMap::new(),
        changes: ChangeSet { changes },
        steps: Vec::new(),
        findings: Vec::new(),
        eta: None,
    }
}

fn of(address: &str) -> Value {
    Value::of(&Address::new(address), ID.key())
}

fn set(items: impl IntoIterator<Item = Value>) -> Value {
    Value::Set(items.into_iter().collect())
}

fn paths(link: Value) -> Value {
    let integration = Value::map([("vpc-link", link), ("uri", "http://somewhere:1/".into())]);
    Value::map([("/", Value::map([("ANY", Value::map([("integration", integration)]))]))])
}

/// Everything between callers and somebody else's load balancer, as it is made.
fn chain() -> Vec<Change> {
    let service = Value::of(&Address::new("target/orders/service"), endpoint_service::SERVICE_NAME.key());
    let addresses = Value::of(&Address::new("target/orders/endpoint"), endpoint::ADDRESSES.key());
    let mut offered = create("target/orders/service", endpoint_service::KIND, {
        let theirs = "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/theirs/1";
        Attrs::new().with(&endpoint_service::LOAD_BALANCERS, vec![theirs.to_owned()])
    });
    offered.scope = app();
    vec![
        create("api/orders", rest_api::KIND, Attrs::new()),
        create("api/orders/definition", api_definition::KIND, {
            Attrs::new()
                .with_value(&api_definition::API, of("api/orders"))
                .with_value(&api_definition::ENDPOINTS, set([of("entry/hub")]))
                .with_value(&api_definition::PATHS, paths(of("link/hub")))
        }),
        create("entry/hub", endpoint::KIND, {
            Attrs::new()
                .with(&endpoint::VPC, "vpc-1".to_owned())
                .with(&endpoint::SERVICE_NAME, "com.amazonaws.us-east-1.execute-api".to_owned())
                .with_value(&endpoint::SECURITY_GROUPS, set([of("entry/hub/security-group")]))
        }),
        create("entry/hub/security-group", security_group::KIND, Attrs::new()),
        create("entry/hub/security-group/https", security_group_rule::KIND, {
            Attrs::new()
                .with_value(&security_group_rule::GROUP, of("entry/hub/security-group"))
                .with(&security_group_rule::PEER, "10.0.0.0/8".to_owned())
        }),
        create("link/hub", vpc_link::KIND, {
            Attrs::new().with_value(&vpc_link::LOAD_BALANCER, of("link/hub/load-balancer"))
        }),
        create("link/hub/load-balancer", load_balancer::KIND, {
            Attrs::new().with_value(&load_balancer::SECURITY_GROUPS, set([of("link/hub/security-group")]))
        }),
        create("link/hub/security-group", security_group::KIND, {
            Attrs::new().with(&security_group::VPC, "vpc-1".to_owned())
        }),
        create("target/orders/endpoint", endpoint::KIND, {
            Attrs::new().with(&endpoint::VPC, "vpc-1".to_owned()).with_value(&endpoint::SERVICE_NAME, service)
        }),
        create("target/orders/listener", listener::KIND, {
            Attrs::new()
                .with_value(&listener::LOAD_BALANCER, of("link/hub/load-balancer"))
                .with(&listener::PORT, 7001)
                .with_value(&listener::TARGET_GROUP, of("target/orders/target-group"))
        }),
        offered,
        create("target/orders/target-group", target_group::KIND, {
            Attrs::new().with(&target_group::VPC, "vpc-1".to_owned())
        }),
        create("target/orders/targets", targets::KIND, {
            Attrs::new()
                .with_value(&targets::TARGET_GROUP, of("target/orders/target-group"))
                .with_value(&targets::ADDRESSES, addresses)
        }),
    ]
}

/// The arrows of a picture, as text.
fn arrows(changes: Vec<Change>) -> Vec<String> {
    let picture = Topology::of(&plan(changes), &KINDS);
    let name = |number: usize| picture.nodes[number].name.clone();
    let arrow = |edge: &Edge| format!("{} {}> {}", name(edge.from), symbol(edge.action), name(edge.to));
    picture.edges.iter().map(arrow).collect()
}

#[test]
fn arrows_lead_the_way_that_traffic_takes() {
    let way = [
        "10.0.0.0/8",
        "entry/hub",
        "api/orders",
        "link/hub",
        "link/hub/load-balancer",
        "target/orders/listener",
        "target/orders/target-group",
        "target/orders/endpoint",
        "target/orders/service",
        "loadbalancer/net/theirs/1",
    ];
    let wanted: Vec<String> = way.windows(2).map(|step| format!("{} +> {}", step[0], step[1])).collect();
    assert_eq!(arrows(chain()), wanted);
}

#[test]
fn boxes_stand_in_their_account_and_network() {
    let picture = Topology::of(&plan(chain()), &KINDS);
    let place = |name: &str| {
        let node = picture.nodes.iter().find(|node| node.name == name).unwrap();
        node.place.clone().map(|place| format!("{} {}", place.account, place.network.unwrap_or_default()))
    };
    // By its own VPC, by that of its security group, by what is around it.
    for name in ["entry/hub", "link/hub/load-balancer", "target/orders/listener"] {
        assert_eq!(place(name).as_deref(), Some("gateway 222222222222 us-east-1 vpc-1"), "{name}");
    }
    for name in ["api/orders", "link/hub"] {
        assert_eq!(place(name).as_deref(), Some("gateway 222222222222 us-east-1 "), "{name}");
    }
    for name in ["target/orders/service", "loadbalancer/net/theirs/1"] {
        assert_eq!(place(name).as_deref(), Some("application 111111111111 us-east-1 "), "{name}");
    }
    assert_eq!(place("10.0.0.0/8"), None);
}

#[test]
fn parts_are_lines_of_their_owners() {
    let picture = Topology::of(&plan(chain()), &KINDS);
    let lines = |name: &str| picture.nodes.iter().find(|node| node.name == name).unwrap().lines();
    assert_eq!(lines("entry/hub"), ["+ interface endpoint", "entry/hub", "+ security-group", "+ security-group/https"]);
    assert_eq!(lines("target/orders/listener"), ["+ listener, port 7001", "target/orders/listener"]);
    assert_eq!(lines("target/orders/target-group")[2..], ["+ targets"]);
    assert_eq!(lines("10.0.0.0/8"), ["10.0.0.0/8", "is let in"]);
    assert_eq!(lines("loadbalancer/net/theirs/1"), ["loadbalancer/net/theirs/1", "not of this project"]);
}

#[test]
fn what_was_read_is_known_by_its_ids() {
    let link =
        |address: &str, id: &str, action| from(change(address, vpc_link::KIND, action, Attrs::new()), id, Attrs::new());
    let definition = |action, link: Value| {
        let attrs = |link| {
            Attrs::new().with(&api_definition::API, "api1".to_owned()).with_value(&api_definition::PATHS, paths(link))
        };
        from(change("api/orders/definition", api_definition::KIND, action, attrs(link)), "api1", attrs("old".into()))
    };
    let api = || from(change("api/orders", rest_api::KIND, Action::NoOp, Attrs::new()), "api1", Attrs::new());
    let stays = vec![api(), definition(Action::NoOp, "old".into()), link("link/a", "old", Action::NoOp)];
    assert_eq!(arrows(stays), ["api/orders > link/a"]);
    let moved = vec![
        api(),
        definition(Action::Update, of("link/b")),
        link("link/a", "old", Action::Delete),
        create("link/b", vpc_link::KIND, Attrs::new()),
    ];
    assert_eq!(arrows(moved), ["api/orders -> link/a", "api/orders +> link/b"]);
    let replaced =
        vec![api(), definition(Action::Update, of("link/a")), link("link/a", "old", Action::ReplaceCreateFirst)];
    assert_eq!(arrows(replaced), ["api/orders ~> link/a"]);
    let unread = vec![api(), definition(Action::Unknown, "old".into()), link("link/a", "old", Action::NoOp)];
    assert_eq!(arrows(unread), ["api/orders ?> link/a"]);
}

#[test]
fn an_address_means_the_nearest_and_nobody_elsewhere() {
    let endpoint = |address: &str, scope: Scope| {
        let known = Attrs::new().with(&endpoint::ADDRESSES, vec!["10.0.0.9".to_owned()]);
        let mut change = change(address, endpoint::KIND, Action::NoOp, Attrs::new());
        change.scope = scope;
        from(change, address, known)
    };
    let targets = || {
        let attrs = Attrs::new().with(&targets::ADDRESSES, vec!["10.0.0.9".to_owned()]);
        create("target/orders/targets", targets::KIND, attrs)
    };
    let near = vec![endpoint("entry/hub", hub()), endpoint("target/orders/endpoint", hub()), targets()];
    assert_eq!(arrows(near), ["target/orders/targets +> target/orders/endpoint"]);
    assert_eq!(
        arrows(vec![endpoint("target/orders/endpoint", app()), targets()]),
        ["target/orders/targets +> 10.0.0.9"]
    );
}

#[test]
fn what_interrupts_traffic_says_so() {
    let mut plan = plan(vec![change("entry/hub", endpoint::KIND, Action::Update, Attrs::new())]);
    plan.steps.push(Step {
        id: StepId(1),
        address: Address::new("entry/hub"),
        kind: endpoint::KIND,
        scope: hub(),
        op: Op::Wait { id: String::new(), before: Attrs::new() },
        call: String::new(),
        needs: [].into(),
        undo: Undo::Exact(UndoOp::Nothing),
        settle: None,
        token: String::new(),
        outage: Some("names change".to_owned()),
    });
    let text = mermaid(&plan, &KINDS);
    assert!(text.contains("#33; #126; interface endpoint<br/>entry/hub<br/>interrupts traffic\"]:::outage"), "{text}");
    let text = dot(&plan, &KINDS);
    assert!(text.contains(r#"label="! ~ interface endpoint\nentry/hub\ninterrupts traffic", class=outage"#), "{text}");
}

#[test]
fn a_move_is_two_boxes() {
    let mut gone = from(change("target/orders/endpoint", endpoint::KIND, Action::Delete, Attrs::new()), "vpce-1", {
        Attrs::new().with(&endpoint::SERVICE_NAME, "com.amazonaws.vpce.old".to_owned())
    });
    gone.scope = app();
    let made = create("target/orders/endpoint", endpoint::KIND, {
        Attrs::new().with(&endpoint::SERVICE_NAME, "com.amazonaws.vpce.new".to_owned())
    });
    let wanted =
        ["target/orders/endpoint +> com.amazonaws.vpce.new", "target/orders/endpoint -> com.amazonaws.vpce.old"];
    let mut seen = arrows(vec![gone, made]);
    seen.sort();
    assert_eq!(seen, wanted);
}

#[test]
fn of_what_stays_only_the_next_is_kept() {
    let mut changes = chain();
    changes.iter_mut().for_each(|change| change.action = Action::NoOp);
    let nothing = mermaid_of(&plan(changes.clone()), &KINDS, Extent::Changes);
    assert!(nothing.contains("Nothing changes in project shop"), "{nothing}");
    let listener = changes.iter_mut().find(|change| change.kind == listener::KIND).unwrap();
    listener.action = Action::Update;
    let picture = Topology::of(&plan(changes), &KINDS).only_changes();
    let names: Vec<&str> = picture.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["link/hub/load-balancer", "target/orders/listener", "target/orders/target-group"]);
}

#[test]
fn what_belongs_to_a_parent_is_a_part_of_it() {
    for schema in KINDS.iter() {
        if let Ownership::Parent(key) = schema.ownership {
            let flow = schema.attribute(key).and_then(|fact| fact.flow);
            assert_eq!(flow, Some(Flow::PartOf), "{}: {key} says where it is drawn", schema.name);
        }
    }
}

#[test]
fn a_part_of_several_is_counted_once() {
    let mut changes = chain();
    let shared = set([of("link/hub/security-group")]);
    for address in ["entry/hub", "target/orders/endpoint"] {
        let change = changes.iter_mut().find(|change| change.address.as_str() == address).unwrap();
        change.after.as_mut().unwrap().insert(endpoint::SECURITY_GROUPS.key(), shared.clone());
    }
    let picture = Topology::of(&plan(changes.clone()), &KINDS);
    let shown = |node: &&Node| node.lines().iter().any(|line| line.ends_with("security-group"));
    assert_eq!(picture.nodes.iter().filter(shown).count(), 4, "three boxes have it, one has its own");
    assert_eq!(picture.nodes.iter().map(|node| node.actions.len()).sum::<usize>(), changes.len());
}

#[test]
fn circles_are_drawn_too() {
    let rule = |name: &str, group: &str| {
        let attrs = Attrs::new().with_value(&security_group_rule::GROUP, of(group));
        create(name, security_group_rule::KIND, attrs)
    };
    let circle = plan(vec![rule("a", "b"), rule("b", "a"), rule("c", "c")]);
    assert_eq!(Topology::of(&circle, &KINDS).nodes.len(), 3);
    let endpoint =
        |name: &str, to: &str| create(name, endpoint::KIND, Attrs::new().with_value(&endpoint::SERVICE_NAME, of(to)));
    assert_eq!(arrows(vec![endpoint("a", "b"), endpoint("b", "a")]), ["a +> b", "b +> a"]);
}

/// So many targets behind one load balancer.
fn many(targets: usize, action: Action) -> Plan {
    let one = |number: usize| {
        let attrs = Attrs::new()
            .with_value(&listener::LOAD_BALANCER, of("link/hub/load-balancer"))
            .with_value(&listener::TARGET_GROUP, of(&format!("target/t{number}/target-group")));
        let group = change(&format!("target/t{number}/target-group"), target_group::KIND, action, Attrs::new());
        [change(&format!("target/t{number}/listener"), listener::KIND, action, attrs), group]
    };
    let balancer = create("link/hub/load-balancer", load_balancer::KIND, Attrs::new());
    plan(std::iter::once(balancer).chain((0..targets).flat_map(one)).collect())
}

#[test]
fn a_picture_is_never_larger_than_mermaid_draws() {
    for (targets, action, note) in [
        (10, Action::Create, ""),
        (60, Action::NoOp, "only what changes"),
        (60, Action::Create, "what belongs together"),
        (2000, Action::Create, "each sort of thing"),
    ] {
        let text = mermaid(&many(targets, action), &KINDS);
        let arrows = text.lines().filter(|line| line.contains("--> ") || line.contains("==>")).count();
        assert!(text.len() <= MOST_BYTES && arrows <= MOST_ARROWS, "{} bytes, {arrows} arrows", text.len());
        assert_eq!(text.contains("Too large"), !note.is_empty(), "{text}");
        assert!(text.contains(note), "{note}: {text}");
    }
    let whole = dot(&many(2000, Action::Create), &KINDS);
    assert_eq!(whole.lines().filter(|line| line.contains(" -> ")).count(), 4000);
}

/// Names that mean something to somebody.
fn nasty() -> impl Strategy<Value = String> {
    let words =
        ["end", "subgraph", "\"", "]", "#", ";", "&quot;", "\n", "`", "-->", "\\", "\\N", "<b>", "/", "style n1", "日"];
    let word = prop_oneof![proptest::sample::select(words.to_vec()).prop_map(str::to_owned), any::<String>()];
    proptest::collection::vec(word, 1..5).prop_map(|words| words.concat())
}

/// Whether a line of Mermaid is one of those that we write, whatever the names in it.
fn is_ours(line: &str) -> bool {
    let line = line.trim_start();
    let quoted = |rest: &str, close: &str| {
        rest.split_once(close).is_some_and(|(label, _)| {
            label.split("<br/>").all(|label| {
                let plain = |character: char| character.is_alphanumeric() || " ,/-.:#;".contains(character);
                label.chars().all(plain) && label.matches('#').count() == label.matches(';').count()
            })
        })
    };
    let number = |text: &str| !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit());
    match line.split_once("[\"") {
        Some((head, rest)) if head.starts_with("subgraph a") => rest.ends_with("\"]") && quoted(rest, "\"]"),
        Some((head, rest)) if head.ends_with('(') => quoted(rest, "\"]):::") && head.starts_with('n'),
        Some((head, rest)) => quoted(rest, "\"]:::") && (head == "note" || head.strip_prefix('n').is_some_and(number)),
        None => {
            let words = ["%%{init", "flowchart ", "classDef ", "class a", "linkStyle ", "n"];
            line == "end" || words.iter().any(|word| line.starts_with(word))
        }
    }
}

/// Whether the quotes of a text close on the line they open on.
fn is_closed(line: &str) -> bool {
    let (mut inside, mut escaped) = (false, false);
    for character in line.chars() {
        match (character, escaped) {
            ('\\', false) => escaped = true,
            ('"', false) => inside = !inside,
            _ => escaped = false,
        }
    }
    !inside && line.ends_with(['{', ';', '}'])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_name_leaves_its_label(names in proptest::collection::vec(nasty(), 5)) {
        let mut changes = chain();
        for (change, name) in changes.iter_mut().skip(7).zip(&names) {
            change.address = Address::new(name.clone());
        }
        changes[3].scope = Scope::new(names[0].clone(), names[1].clone());
        changes[2].after = Some(Attrs::new().with(&endpoint::VPC, names[2].clone()));
        changes[10].after = Some(Attrs::new().with(&endpoint_service::LOAD_BALANCERS, names.clone()));
        let mut plan = plan(changes);
        plan.project = names[3].clone();
        plan.accounts[0].name = names[4].clone();
        for extent in [Extent::Whole, Extent::Changes] {
            let text = mermaid_of(&plan, &KINDS, extent);
            for line in text.lines() {
                prop_assert!(is_ours(line), "{line}");
            }
            prop_assert!(text.len() <= MOST_BYTES);
            let text = dot_of(&plan, &KINDS, extent);
            for line in text.lines() {
                prop_assert!(is_closed(line), "{line}");
            }
            prop_assert_eq!(text, dot_of(&plan, &KINDS, extent));
        }
    }

    /// Whatever a file says is connected with what, a picture comes of it.
    #[test]
    fn every_plan_has_a_picture(
        made in proptest::collection::vec((0usize..20, 0usize..12, 0usize..12, 0usize..9), 0..30)
    ) {
        let actions = [
            Action::Create, Action::Update, Action::ReplaceCreateFirst, Action::ReplaceDeleteFirst,
            Action::ReplaceKeepOld, Action::Delete, Action::Wait, Action::NoOp, Action::Unknown,
        ];
        let kinds: Vec<_> = KINDS.iter().collect();
        let changes = made.into_iter().map(|(kind, this, that, action)| {
            let schema = kinds[kind % kinds.len()];
            let named = Value::List(vec![of(&format!("a/{that}")), format!("id-{this}").into(), "elsewhere".into()]);
            let attrs: Attrs = schema.attributes.iter().map(|fact| (fact.key.to_owned(), named.clone())).collect();
            let change = change(&format!("a/{this}"), schema.name, actions[action], attrs.clone());
            from(change, &format!("id-{that}"), attrs)
        });
        let plan = plan(changes.collect());
        let picture = Topology::of(&plan, &KINDS);
        for edge in &picture.edges {
            prop_assert!(edge.from != edge.to && edge.from < picture.nodes.len() && edge.to < picture.nodes.len());
        }
        prop_assert_eq!(mermaid(&plan, &KINDS), mermaid(&plan, &KINDS));
    }
}
