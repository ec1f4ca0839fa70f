//! Whole pages: what they say, that they fit, and that a hostile plan looks like any other.

use expect_test::expect;
use privlink_kinds::KINDS;
use privlink_model::keys::stage;
use privlink_model::{
    Action, Address, AttributeChange, AttributeSchema, Attrs, Bucket, KindSchema, Kinds, Op, Ownership, Plan, Reason,
    Service, Severity, Undo, Value,
};

use super::super::ladder::LIMIT;
use super::super::{Page, plan};
use super::{HOSTILE, big, outside_of_code};
use crate::view::tests::{change, everything, hub, note, observed, plan as plan_of, step};

fn page(kinds: &Kinds) -> Page<'_> {
    Page {
        kinds,
        concise: false,
        show_unchanged: false,
        announcements: &[],
        saved: Some("saved.plan"),
        link: Some("https://ci.example/run/1"),
    }
}

/// A page without its topology, which has golden pictures of its own.
fn told(of: &Plan) -> String {
    let text = plan(of, page(&KINDS));
    let (start, end) = (text.find("<details><summary>Topology"), text.rfind("</details>\n\n"));
    match (start, end) {
        (Some(start), Some(end)) => format!("{}{}", &text[..start], &text[end + "</details>\n\n".len()..]),
        _ => text,
    }
}

#[test]
fn a_page_with_something_of_everything() {
    expect![[r#"
        **Plan for `shop`:** 2 to create, 2 to change, 1 to delete, 1 unknown · 2 accounts · about 6m 20s (create interface endpoint) · undo: exact up to step 4, then made again (lost: its cache)

        > [!IMPORTANT]
        > **This plan is incomplete: what rests on what could not be read is unknown or missing**
        > - `target/erp/endpoint` (interface endpoint): not known: denied

        > [!CAUTION]
        > **1 to delete**
        > - `api/shop/stage/old` (stage `a1b2c3/old`): no longer in the spec; lost, even if undone: its cache

        > [!WARNING]
        > **Policies: 1 loosened**
        > - `api/shop/definition` (API definition `a1b2c3`), `policy`: loosened: 1 allow statement added (b, unconditionally)

        > [!CAUTION]
        > **1 interruption**
        > - `target/orders/targets` (targets `arn:tg`): connections are cut

        **Notes**
        - GET `/orders` from network hub is not yet proved

        <details><summary><b><code>application</code></b> <code>111111111111 us-east-1</code>: 1 to change</summary>

        ```diff
        ! target/orders/targets  targets · arn:tg · differs · because target "orders" · undo exact
        !     outage: connections are cut
        !     addresses  - "10.0.0.1"  + "10.0.0.3"  (1 unchanged)
        !     port       80 → 8080
        ```

        </details>

        <details><summary><b><code>gateway</code></b> <code>222222222222 us-east-1</code>: 2 to create, 1 to change, 1 to delete, 1 unknown</summary>

        ```diff
        ! api/shop/definition  API definition · a1b2c3 · differs · because api "shop" · undo exact
        !     policy
        @@ -3,6 +3,10 @@
                    {
                      "Effect": "Allow",
                      "Principal": "a"
        +           },
        +           {
        +             "Effect": "Allow",
        +             "Principal": "b"
                    }
                  ],
                  "Version": "2008-10-17"
        !       access loosened: 1 allow statement added (b, unconditionally)
        - api/shop/stage/old  stage · a1b2c3/old · no longer in the spec
        !     lost, even if undone: its cache
        + entry/hub  interface endpoint · absent · because api "shop" · undo exact
        +     private-dns      true
        +     security-groups  [(id of entry/hub/security-group)]
        +     service-name     "com.amazonaws.us-east-1.execute-api"
        + entry/hub/security-group  security group · absent · because api "shop" · undo exact
        +     name  "pl-shop"
        ? target/erp/endpoint  interface endpoint · not known: denied
        ```

        </details>

        To do exactly this: `privlink apply saved.plan`
    "#]].assert_eq(&told(&everything()));
}

#[test]
fn the_first_line_says_how_far_a_plan_can_be_undone_however_long_it_is() {
    let mut of = everything();
    of.eta = of.eta.map(|(time, _)| (time, "then one more thing ".repeat(14)));
    let text = told(&of);
    assert!(
        text.lines().next().unwrap().ends_with("undo: exact up to step 4, then made again (lost: its cache)"),
        "{text}"
    );
}

#[test]
fn an_incomplete_plan_says_so_first() {
    let mut of = everything();
    of.findings.insert(0, privlink_model::Finding { severity: Severity::Unknown, ..note("hub could not be read") });
    let text = told(&of);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[2..4],
        ["> [!IMPORTANT]", "> **This plan is incomplete: what rests on what could not be read is unknown or missing**"]
    );
    assert!(lines[4].contains("hub could not be read"), "{text}");
}

#[test]
fn a_first_policy_is_a_warning_where_it_is_not_part_of_what_is_new() {
    let mut of = everything();
    let alert = |of: &Plan| {
        let text = told(of);
        let lines: Vec<&str> = text.lines().collect();
        let at = lines.iter().position(|line| line.starts_with("> **Policies: ")).unwrap();
        format!("{} {}", lines[at - 1], lines[at])
    };
    assert_eq!(alert(&of), "> [!WARNING] > **Policies: 1 loosened**");
    let at = of.changes.changes.iter().position(|it| it.address.as_str() == "api/shop/definition").unwrap();
    of.changes.changes[at].attributes[0].before = None;
    assert_eq!(alert(&of), "> [!WARNING] > **Policies: 1 new**");
    let policy = of.changes.changes[at].attributes[0].after.clone().unwrap();
    let made = of.changes.changes.get_mut(at).unwrap();
    (made.action, made.before) = (Action::Create, None);
    made.after = Some(Attrs::from_iter([("policy".to_owned(), policy)]));
    assert_eq!(alert(&of), "> [!NOTE] > **Policies: 1 new**");
}

#[test]
fn a_plan_without_changes_is_one_line() {
    let same = change("api/shop/stage/prod", stage::KIND, Action::NoOp, Reason::Same);
    let of = plan_of(vec![same], Vec::new());
    assert_eq!(plan(&of, page(&KINDS)), "**No changes for `shop`:** 1 resource in 1 account is as the spec says.\n");
    let unchanged = plan(&of, Page { show_unchanged: true, ..page(&KINDS) });
    assert!(unchanged.contains("\n= api/shop/stage/prod  stage"), "{unchanged}");
}

#[test]
fn a_command_on_a_page_can_be_copied_whatever_the_plan_is_called() {
    let text = plan(&everything(), Page { saved: Some("my plan's.plan"), ..page(&KINDS) });
    assert!(text.ends_with("To do exactly this: `privlink apply 'my plan'\\''s.plan'`\n"), "{text}");
}

#[test]
fn equal_plans_give_equal_pages() {
    assert_eq!(told(&everything()), told(&everything()));
    assert_eq!(told(&big::plan(500, 7, 3)), told(&big::plan(500, 7, 3)));
}

#[test]
fn two_thousand_steps_fit_and_say_first_what_matters() {
    let of = big::plan(2_000, 9, 40);
    let text = plan(&of, page(&KINDS));
    assert!(text.len() <= LIMIT, "{} bytes", text.len());
    let first: Vec<&str> = text.lines().take(25).collect();
    let first = first.join("\n");
    for what in [
        "1580 to create, 210 to change, 210 to delete",
        "9 accounts",
        "**210 to delete**",
        "and 205 more",
        "**Policies: 210 loosened**",
        "1 allow statement widened",
    ] {
        assert!(first.contains(what), "{what} is not on the first screen:\n{first}");
    }
    assert!(text.contains(" of 9 places. `privlink show saved.plan` shows everything"), "{text}");
    assert!(text.contains("so does [the run](https://ci.example/run/1)"));
}

#[test]
fn every_size_fits_and_no_account_is_forgotten_without_a_word() {
    for (steps, accounts, bulk) in
        [(60, 3, 10), (200, 4, 30), (700, 20, 20), (2_000, 400, 5), (5_000, 10, 1), (1_500, 1_500, 1)]
    {
        let of = big::plan(steps, accounts, bulk);
        let text = plan(&of, page(&KINDS));
        assert!(text.len() <= LIMIT, "{steps} steps in {accounts} accounts: {} bytes", text.len());
        let shown = (0..accounts).filter(|number| text.contains(&format!("<code>team-{number}</code>"))).count();
        assert!(
            shown == accounts || text.contains(&format!("{} more places not shown at all.", accounts - shown)),
            "{shown}"
        );
        let whole = (0..steps).filter(|number| text.contains(&format!("service-{number}/"))).count();
        assert!(whole == steps || text.contains("Shortened to fit here"), "{whole} of {steps}");
        assert_sound(&text);
    }
}

#[test]
fn little_is_lost_where_little_is_too_much() {
    // Two accounts are small and one is not: the small ones keep every line.
    let mut of = big::plan(60, 3, 2);
    let large = big::plan(1, 1, 1).accounts[0].id.clone();
    let fat = Value::Set((0..3_000).map(|number| Value::from(format!("fat-{number:06}"))).collect());
    let attrs = [("fat".to_owned(), fat)].into_iter().collect::<Attrs>();
    of.changes
        .changes
        .iter_mut()
        .filter(|it| it.scope.account == large && it.action == Action::Create)
        .for_each(|it| it.after = Some(attrs.clone()));
    let text = plan(&of, page(&KINDS));
    assert!(text.contains("Shortened to fit here: 1 of 3 places."), "{text}");
    assert!(!text.contains("fat-000000"));
    assert!(text.contains("+     name  \"service-28\"") && text.contains("+ api/service-30/definition"));
}

#[test]
fn a_change_that_is_long_takes_no_others_room() {
    // One account: a definition that is all new, and small changes beside it.
    let mut of = big::plan(100, 1, 1);
    let fat = Value::map((0..3_000).map(|number| (format!("fat-{number:06}"), Value::from("x"))));
    let policy = &mut of.changes.changes[14].attributes[0];
    let before = policy.before.clone();
    policy.after = Some(fat);
    let text = plan(&of, page(&KINDS));
    assert!(text.len() <= LIMIT && text.contains("Shortened to fit here: 1 of 1 place."), "{text}");
    let (_, long) = text.split_once("! api/service-14/definition").unwrap();
    let (long, _) = long.split_once("\n! ").unwrap();
    assert!(!long.contains("fat-"), "{long}");
    assert!(text.contains("(3023 lines not shown here)"), "{text}");
    // All others are whole.
    let added = text.lines().filter(|line| line.starts_with('+') && line.contains("\"vpce-1\"")).count();
    assert!(text.contains("+     name  \"service-99\"") && added == 13, "{added}: {text}");
    assert_sound(&text);
    of.changes.changes[14].attributes[0].after = before;
    // One line may be too long, too.
    let fat = Value::Set((0..6_000).map(|number| Value::from(format!("fat-{number:06}"))).collect());
    let whole = of.changes.changes[99].after.replace([("fat".to_owned(), fat)].into_iter().collect());
    let text = plan(&of, page(&KINDS));
    assert!(text.contains("(1 line not shown here)") && !text.contains("fat-"), "{text}");
    assert!(text.contains("+     name  \"service-98\""), "{text}");
    of.changes.changes[99].after = whole;
    assert!(!plan(&of, page(&KINDS)).contains("not shown here"));
}

/// The folds and fences of a page are whole, and all that is not in one is harmless.
fn assert_sound(text: &str) {
    let (mut depth, mut ticks) = (0, None::<usize>);
    for line in text.lines() {
        let row = line.bytes().take_while(|byte| *byte == b'`').count();
        match ticks {
            Some(open) if row >= open && line[row..].trim().is_empty() => ticks = None,
            Some(_) => {}
            None if row >= 3 && matches!(&line[row..], "diff" | "mermaid") => ticks = Some(row),
            None if line.starts_with("<details>") => {
                depth += 1;
                let title =
                    line.strip_prefix("<details><summary>").and_then(|it| it.strip_suffix("</summary>")).unwrap();
                let bare =
                    ["<b>", "</b>", "<code>", "</code>"].iter().fold(title.to_owned(), |it, tag| it.replace(tag, ""));
                assert!(!bare.contains(['<', '>']), "{line}");
            }
            None if line == "</details>" => depth -= 1,
            None if line.starts_with("<p>") => {}
            None => {
                let outside = outside_of_code(line).replace("[the run](https://ci.example/run/1)", "");
                let outside = outside.trim_start_matches("> ").trim_start_matches("[!");
                assert!(!outside.contains(['@', '#', '<', '[']) && !outside.contains("://"), "{line}");
            }
        }
    }
    assert_eq!((depth, ticks), (0, None), "a fold or a fence stays open:\n{text}");
}

/// A plan in which everything that somebody else may have written is hostile.
fn hostile(text: &str) -> Plan {
    let mut of = everything();
    of.project = text.to_owned();
    for account in &mut of.accounts {
        account.name = text.to_owned();
    }
    for change in &mut of.changes.changes {
        change.address = Address::new(format!("api/{text}"));
        change.because = format!("api {text:?}");
        if let Some(before) = &mut change.before {
            before.id = text.to_owned();
        }
        if let Some(after) = &mut change.after {
            after.insert(text, Value::from(text));
        }
        let row =
            AttributeChange { key: text.to_owned(), before: Some(text.into()), after: Some(Value::text_set([text])) };
        change.attributes.push(row);
        if let Reason::Unread(why) = &mut change.reason {
            *why = text.to_owned();
        }
    }
    for step in &mut of.steps {
        step.address = Address::new(format!("api/{text}"));
        if let Op::Delete { id, .. } = &mut step.op {
            text.clone_into(id);
        }
        step.outage = Some(text.to_owned());
        step.undo = Undo::None { why: text.to_owned() };
    }
    of.findings = [Severity::Unknown, Severity::Warning, Severity::Note]
        .map(|severity| privlink_model::Finding { severity, help: Some(text.to_owned()), ..note(text) })
        .into();
    of.eta = of.eta.map(|(time, _)| (time, text.to_owned()));
    of
}

#[test]
fn a_hostile_plan_looks_like_any_other() {
    for text in HOSTILE.into_iter().map(str::to_owned).chain(HOSTILE.windows(3).map(|all| all.concat())) {
        let announcements = [text.clone()];
        let page = Page { announcements: &announcements, saved: Some(&text), ..page(&KINDS) };
        let shown = plan(&hostile(&text), page);
        assert!(shown.len() <= LIMIT);
        assert_sound(&shown);
        assert!(!shown.contains('\u{202e}'), "{text:?}");
    }
}

static VAULT: KindSchema = KindSchema {
    attributes: &[
        AttributeSchema { secret: true, ..AttributeSchema::new("password", "A secret.") },
        AttributeSchema { secret: true, ..AttributeSchema::new("policy", "A secret.").document() },
    ],
    ownership: Ownership::Tags,
    create: Some(privlink_model::ApiCall::new("Create", Bucket { capacity: 1.0, refill: 1.0 })),
    ..KindSchema::look_up("vault", "vault", Service::Ec2)
};

#[test]
fn no_secret_is_on_a_page() {
    static ALL: [&KindSchema; 1] = [&VAULT];
    let kinds = Kinds::new(&ALL);
    let policy =
        |word: &str| Value::map([("Statement", Value::List(vec![Value::map([("Effect", Value::from(word))])]))]);
    let secrets = |word: &str| {
        Attrs::from_iter([("password".to_owned(), Value::from(word)), ("policy".to_owned(), policy(word))])
    };
    let mut changes = Vec::new();
    for (number, action) in
        [Action::Create, Action::Update, Action::Delete, Action::ReplaceCreateFirst].into_iter().enumerate()
    {
        let mut before = observed("vault", "v-1");
        before.attrs = secrets("hunter2");
        let attributes = ["password", "policy"].map(|key| AttributeChange {
            key: key.to_owned(),
            before: before.attrs.get(key).cloned(),
            after: secrets("horse").get(key).cloned(),
        });
        changes.push(privlink_model::Change {
            before: Some(before),
            after: Some(secrets("horse")),
            attributes: attributes.into(),
            scope: hub(),
            ..change(&format!("vault/{number}"), "vault", action, Reason::NotInSpec)
        });
    }
    let steps = vec![step(1, &changes[0], crate::view::tests::create(), &[])];
    let text = plan(&plan_of(changes, steps), page(&kinds));
    assert!(text.contains("(secret)") && !text.contains("hunter2") && !text.contains("horse"), "{text}");
}
