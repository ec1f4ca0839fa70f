//! Golden pages: hand-made plans and runs, as a person sees them; one file because the pages share what they are made of.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use expect_test::{Expect, expect};
use privlink_kinds::KINDS;
use privlink_model::keys::{api_definition, endpoint, security_group, stage, targets};
use privlink_model::{
    Access, Account, Action, Address, AttributeChange, Attrs, Change, ChangeSet, Finding, Observed, Op, Owner, Plan,
    Reason, Scope, Severity, Status, Step, StepId, Undo, UndoOp, Value,
};

use super::plan_text::{self, Page};
use super::style::Style;

pub(super) fn hub() -> Scope {
    Scope::new("222222222222", "us-east-1")
}

pub(super) fn app() -> Scope {
    Scope::new("111111111111", "us-east-1")
}

pub(super) fn account(name: &str, scope: &Scope) -> Account {
    Account { name: name.to_owned(), id: scope.account.clone(), region: scope.region.clone(), access: Access::Ambient }
}

pub(super) fn change(address: &str, kind: &'static str, action: Action, reason: Reason) -> Change {
    Change {
        address: Address::new(address),
        kind,
        scope: hub(),
        action,
        reason,
        before: None,
        after: None,
        attributes: Vec::new(),
        because: String::new(),
        origin: None,
    }
}

pub(super) fn observed(kind: &'static str, id: &str) -> Observed {
    Observed {
        kind,
        scope: hub(),
        id: id.to_owned(),
        owner: Owner::Nobody,
        status: Status::Ready,
        attrs: Attrs::new(),
        tags: BTreeMap::new(),
    }
}

pub(super) fn step(id: u32, of: &Change, op: Op, needs: &[u32]) -> Step {
    Step {
        id: StepId(id),
        address: of.address.clone(),
        kind: of.kind,
        scope: of.scope.clone(),
        op,
        call: "Call".to_owned(),
        needs: needs.iter().copied().map(StepId).collect(),
        undo: Undo::Exact(UndoOp::Delete),
        settle: None,
        token: String::new(),
        outage: None,
    }
}

pub(super) fn create() -> Op {
    Op::Create { attrs: Attrs::new(), tags: BTreeMap::new() }
}

pub(super) fn update(changed: &[&str]) -> Op {
    let changed = changed.iter().map(|key| (*key).to_owned()).collect();
    Op::Update { id: "x".to_owned(), before: Attrs::new(), after: Attrs::new(), changed, phase: None }
}

pub(super) fn delete(of: &Change) -> Op {
    Op::Delete { id: of.before.as_ref().unwrap().id.clone(), before: Attrs::new() }
}

pub(super) fn plan(changes: Vec<Change>, steps: Vec<Step>) -> Plan {
    Plan {
        project: "shop".to_owned(),
        id: "0".to_owned(),
        accounts: vec![account("gateway", &hub()), account("application", &app())],
        queries: BTreeMap::new(),
        objects: BTreeMap::new(),
        changes: ChangeSet { changes },
        steps,
        findings: Vec::new(),
        eta: None,
    }
}

pub(super) fn note(message: &str) -> Finding {
    Finding {
        code: "privlink::test::note",
        severity: Severity::Note,
        message: message.to_owned(),
        address: None,
        origin: None,
        label: None,
        help: None,
    }
}

/// A plan with something of everything.
pub(super) fn everything() -> Plan {
    let group = Address::new("entry/hub/security-group");
    let entry = Change {
        after: Some(
            Attrs::new()
                .with(&endpoint::PRIVATE_DNS, true)
                .with(&endpoint::SERVICE_NAME, "com.amazonaws.us-east-1.execute-api".to_owned())
                .with_value(&endpoint::SECURITY_GROUPS, Value::Set(BTreeSet::from([Value::of(&group, "id")]))),
        ),
        because: "api \"shop\"".to_owned(),
        ..change("entry/hub", endpoint::KIND, Action::Create, Reason::Absent)
    };
    let group = Change {
        after: Some(Attrs::new().with(&security_group::NAME, "pl-shop".to_owned())),
        because: "api \"shop\"".to_owned(),
        ..change(group.as_str(), security_group::KIND, Action::Create, Reason::Absent)
    };
    let statement = |who: &str| Value::map([("Effect", Value::from("Allow")), ("Principal", Value::from(who))]);
    let policy = |statements: Vec<Value>| Some(Value::map([("Statement", Value::List(statements))]));
    let definition = Change {
        before: Some(observed(api_definition::KIND, "a1b2c3")),
        attributes: vec![AttributeChange {
            key: api_definition::POLICY.key().to_owned(),
            before: policy(vec![statement("a")]),
            after: policy(vec![statement("a"), statement("b")]),
        }],
        because: "api \"shop\"".to_owned(),
        ..change("api/shop/definition", api_definition::KIND, Action::Update, Reason::Differs)
    };
    let registered = Change {
        scope: app(),
        before: Some(observed(targets::KIND, "arn:tg")),
        attributes: vec![
            AttributeChange {
                key: targets::ADDRESSES.key().to_owned(),
                before: Some(Value::text_set(["10.0.0.1", "10.0.0.2"])),
                after: Some(Value::text_set(["10.0.0.2", "10.0.0.3"])),
            },
            AttributeChange {
                key: targets::PORT.key().to_owned(),
                before: Some(Value::Int(80)),
                after: Some(Value::Int(8080)),
            },
        ],
        because: "target \"orders\"".to_owned(),
        ..change("target/orders/targets", targets::KIND, Action::Update, Reason::Differs)
    };
    let old = Change {
        before: Some(observed(stage::KIND, "a1b2c3/old")),
        ..change("api/shop/stage/old", stage::KIND, Action::Delete, Reason::NotInSpec)
    };
    let unread = change("target/erp/endpoint", endpoint::KIND, Action::Unknown, Reason::Unread("denied".to_owned()));
    let same = Change {
        before: Some(observed(stage::KIND, "a1b2c3/prod")),
        because: "api \"shop\"".to_owned(),
        ..change("api/shop/stage/prod", stage::KIND, Action::NoOp, Reason::Same)
    };
    let steps = vec![
        step(1, &group, create(), &[]),
        step(2, &entry, create(), &[1]),
        Step { outage: Some("connections are cut".to_owned()), ..step(3, &registered, update(&["port"]), &[]) },
        step(4, &definition, update(&["policy"]), &[2]),
        Step { undo: Undo::Recreate { loses: "its cache".to_owned() }, ..step(5, &old, delete(&old), &[4]) },
    ];
    let changes = vec![definition, old, same, entry, group, unread, registered];
    Plan {
        findings: vec![note("GET /orders from network hub is not yet proved")],
        eta: Some((Duration::from_secs(380), "create interface endpoint".to_owned())),
        ..plan(changes, steps)
    }
}

fn shown(concise: bool) -> Page<'static> {
    Page { kinds: &KINDS, style: Style::default(), concise, show_unchanged: false, announcements: &[] }
}

fn page(plan: &Plan, concise: bool, show_unchanged: bool, expected: Expect) {
    let announcements = ["This is the sandbox.".to_owned()];
    let announcements = if concise { &[][..] } else { &announcements[..] };
    let page = Page { kinds: &KINDS, style: Style::default(), concise, show_unchanged, announcements };
    expected.assert_eq(&plan_text::text(plan, page));
}

#[test]
fn a_plan_with_something_of_everything() {
    page(
        &everything(),
        false,
        true,
        expect![[r#"
            ! This is the sandbox.

            application 111111111111 us-east-1

              ~ target/orders/targets  targets · arn:tg · differs · because target "orders" · undo exact
                  ! outage: connections are cut
                  addresses  - "10.0.0.1"  + "10.0.0.3"  (1 unchanged)
                  port       80 → 8080

            gateway 222222222222 us-east-1

              ~ api/shop/definition  API definition · a1b2c3 · differs · because api "shop" · undo exact
                  policy
                    @@ -3,6 +3,10 @@
                         {
                           "Effect": "Allow",
                           "Principal": "a"
                    +    },
                    +    {
                    +      "Effect": "Allow",
                    +      "Principal": "b"
                         }
                       ],
                       "Version": "2008-10-17"
                    access loosened: 1 allow statement added (b, unconditionally)
              - api/shop/stage/old  stage · a1b2c3/old · no longer in the spec
                  lost, even if undone: its cache
              = api/shop/stage/prod  stage · a1b2c3/prod · as the spec says
              + entry/hub  interface endpoint · absent · because api "shop" · undo exact
                  private-dns      true
                  security-groups  [(id of entry/hub/security-group)]
                  service-name     "com.amazonaws.us-east-1.execute-api"
              + entry/hub/security-group  security group · absent · because api "shop" · undo exact
                  name  "pl-shop"
              ? target/erp/endpoint  interface endpoint · not known: denied

            Order: 5 steps; those of one number may run together, once what they need is done
               1  + entry/hub/security-group, ~ target/orders/targets
               2  + entry/hub
               3  ~ api/shop/definition
               4  - api/shop/stage/old

            Notes
              GET /orders from network hub is not yet proved

            Plan: 2 to create, 2 to change, 1 to delete, 1 unknown · 2 accounts · about 6m 20s (create interface endpoint) · undo: exact up to step 4, then made again (lost: its cache)
        "#]],
    );
}

#[test]
fn a_concise_plan_keeps_outages_and_the_closing_line() {
    page(
        &everything(),
        true,
        false,
        expect![[r#"
            application 111111111111 us-east-1

              ~ target/orders/targets  targets · arn:tg · differs · because target "orders" · undo exact
                  ! outage: connections are cut

            gateway 222222222222 us-east-1

              ~ api/shop/definition  API definition · a1b2c3 · differs · because api "shop" · undo exact
                    access loosened: 1 allow statement added (b, unconditionally)
              - api/shop/stage/old  stage · a1b2c3/old · no longer in the spec
              + entry/hub  interface endpoint · absent · because api "shop" · undo exact
              + entry/hub/security-group  security group · absent · because api "shop" · undo exact
              ? target/erp/endpoint  interface endpoint · not known: denied

            Notes
              GET /orders from network hub is not yet proved

            Plan: 2 to create, 2 to change, 1 to delete, 1 unknown · 2 accounts · about 6m 20s (create interface endpoint) · undo: exact up to step 4, then made again (lost: its cache)
        "#]],
    );
}

#[test]
fn a_plan_without_changes_counts_what_is_right() {
    let same = change("api/shop/stage/prod", stage::KIND, Action::NoOp, Reason::Same);
    let other = Change { scope: app(), address: Address::new("target/orders"), ..same.clone() };
    page(
        &plan(vec![same.clone(), other], Vec::new()),
        false,
        false,
        expect![[r#"
        ! This is the sandbox.

        No changes: 2 resources in 2 accounts are as the spec says.
    "#]],
    );
    page(
        &plan(vec![same], Vec::new()),
        true,
        false,
        expect![[r#"
        No changes: 1 resource in 1 account is as the spec says.
    "#]],
    );
    page(
        &plan(Vec::new(), Vec::new()),
        true,
        false,
        expect![[r#"
        No changes: there is nothing of this project, and nothing is asked for.
    "#]],
    );
}

#[test]
fn a_replacement_says_what_forced_it() {
    let listener = Change {
        before: Some(observed(endpoint::KIND, "vpce-1")),
        attributes: vec![AttributeChange {
            key: endpoint::SERVICE_NAME.key().to_owned(),
            before: Some(Value::from("a")),
            after: Some(Value::from("b")),
        }],
        because: "target \"orders\"".to_owned(),
        ..change(
            "target/orders/endpoint",
            endpoint::KIND,
            Action::ReplaceCreateFirst,
            Reason::Immutable(vec!["service-name".to_owned()]),
        )
    };
    let steps = vec![step(1, &listener, create(), &[]), step(2, &listener, delete(&listener), &[1])];
    page(
        &plan(vec![listener], steps),
        false,
        false,
        expect![[r#"
        ! This is the sandbox.

        gateway 222222222222 us-east-1

        +/- target/orders/endpoint  interface endpoint · vpce-1 · service-name cannot be changed in place · because target "orders" · undo exact
              service-name  "a" → "b"  (cannot be changed in place)

        Order: 2 steps; those of one number may run together, once what they need is done
           1  + target/orders/endpoint
           2  - target/orders/endpoint

        Plan: 0 to create, 0 to change, 0 to delete, 1 to replace · 1 account · undo: exact
    "#]],
    );
}

#[test]
fn defaults_that_one_side_spells_out_are_no_difference() {
    let method = |integration: &[(&str, &str)]| {
        let integration = integration.iter().map(|(key, value)| (*key, Value::from(*value)));
        let method = Value::map([(api_definition::method::INTEGRATION, Value::map(integration))]);
        Some(Value::map([("/", Value::map([("ANY", method)]))]))
    };
    let definition = Change {
        before: Some(observed(api_definition::KIND, "a1b2c3")),
        attributes: vec![AttributeChange {
            key: api_definition::PATHS.key().to_owned(),
            before: method(&[("type", "HTTP_PROXY"), ("uri", "http://old/")]),
            after: method(&[("type", "HTTP_PROXY"), ("uri", "http://new/"), ("passthrough", "WHEN_NO_MATCH")]),
        }],
        ..change("api/shop/definition", api_definition::KIND, Action::Update, Reason::Differs)
    };
    let steps = vec![step(1, &definition, update(&["paths"]), &[])];
    page(
        &plan(vec![definition], steps),
        false,
        false,
        expect![[r#"
        ! This is the sandbox.

        gateway 222222222222 us-east-1

          ~ api/shop/definition  API definition · a1b2c3 · differs · undo exact
              paths
                @@ -3,7 +3,7 @@
                     "ANY": {
                       "integration": {
                         "type": "HTTP_PROXY",
                -        "uri": "http://old/"
                +        "uri": "http://new/"
                       }
                     }
                   }

        Order: 1 step; those of one number may run together, once what they need is done
           1  ~ api/shop/definition

        Plan: 0 to create, 1 to change, 0 to delete · 1 account · undo: exact
    "#]],
    );
}

#[test]
fn of_two_at_one_address_each_has_its_own_steps() {
    let at = |id: &str, action, reason| Change {
        before: Some(observed(stage::KIND, id)),
        ..change("api/shop/stage/prod", stage::KIND, action, reason)
    };
    let replaced = at("a/prod", Action::ReplaceCreateFirst, Reason::Immutable(vec!["api".to_owned()]));
    let other = at("b/prod", Action::Delete, Reason::NotInSpec);
    let lost = |loses: &str| Undo::Recreate { loses: loses.to_owned() };
    let steps = vec![
        Step { outage: Some("calls fail".to_owned()), ..step(1, &replaced, create(), &[]) },
        Step { undo: lost("the first"), ..step(2, &replaced, delete(&replaced), &[1]) },
        Step { undo: lost("the other"), ..step(3, &other, delete(&other), &[1]) },
    ];
    let text = plan_text::text(&plan(vec![replaced, other], steps), shown(false));
    let (text, _) = text.split_once("\nPlan: ").unwrap();
    for told in ["calls fail", "lost: the first", "lost, even if undone: the other"] {
        assert_eq!(text.matches(told).count(), 1, "{told}: {text}");
    }
    let (first, second) = text.split_once("  - api/shop/stage/prod").unwrap();
    assert!(first.contains("calls fail") && first.contains("the first") && second.contains("the other"), "{text}");
}

#[test]
fn what_is_warned_of_is_on_the_page_once() {
    let mut of = everything();
    let warned = |message: &str, address: Option<&str>| Finding {
        severity: Severity::Warning,
        address: address.map(Address::new),
        help: Some("say who".to_owned()),
        ..note(message)
    };
    of.findings = vec![
        warned("\"open.json\" lets every VPC call", None),
        warned("changing port of target/orders/targets: connections are cut", Some("target/orders/targets")),
    ];
    let text = plan_text::text(&of, shown(false));
    assert!(text.contains("Notes\n  \"open.json\" lets every VPC call (say who)\n\nPlan: "), "{text}");
    assert_eq!(text.matches("connections are cut").count(), 1, "{text}");
}

#[test]
fn nothing_in_a_plan_commands_a_terminal() {
    let odd = "x\u{1b}[2K\u{1b}[1A\u{9b}m\r\u{202e}\u{200b}";
    let mut of = everything();
    let policy = |who: &str| {
        let statement = Value::map([("Effect", Value::from("Allow")), ("Principal", Value::from(who))]);
        Some(Value::map([("Statement", Value::List(vec![statement]))]))
    };
    of.project = odd.to_owned();
    of.accounts.iter_mut().for_each(|account| account.name = odd.to_owned());
    of.findings = vec![note(odd)];
    for change in &mut of.changes.changes {
        change.address = Address::new(odd);
        change.because = odd.to_owned();
        change.attributes.iter_mut().for_each(|it| (it.before, it.after) = (policy("a"), policy(odd)));
        change.before.iter_mut().for_each(|before| before.id = odd.to_owned());
    }
    for step in &mut of.steps {
        step.address = Address::new(odd);
        if let Op::Delete { id, .. } = &mut step.op {
            odd.clone_into(id);
        }
        step.outage = Some(odd.to_owned());
        step.undo = Undo::None { why: odd.to_owned() };
    }
    let announcements = [odd.to_owned()];
    for concise in [false, true] {
        let text = plan_text::text(&of, Page { announcements: &announcements, ..shown(concise) });
        let commands = |letter: char| letter != '\n' && (letter.is_control() || "\u{202e}\u{200b}".contains(letter));
        assert!(!text.contains(commands), "{text:?}");
        assert!(text.contains("access changed: 1 allow statement added (x\\u{1b}[2K"), "{text}");
    }
}

#[test]
fn equal_plans_give_equal_pages() {
    let text = || plan_text::text(&everything(), Page { show_unchanged: true, ..shown(false) });
    assert_eq!(text(), text());
}

#[test]
fn colour_never_says_what_words_do_not() {
    let page = |color| Page {
        kinds: &KINDS,
        style: Style { color },
        concise: false,
        show_unchanged: true,
        announcements: &[],
    };
    let (plain, colored) = (plan_text::text(&everything(), page(false)), plan_text::text(&everything(), page(true)));
    assert_ne!(plain, colored);
    let mut stripped = String::new();
    for (index, part) in colored.split('\x1b').enumerate() {
        stripped.push_str(if index == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(stripped, plain);
}
