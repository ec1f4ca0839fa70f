//! The views of a drift check, each of the same one.

use std::collections::BTreeSet;

use expect_test::expect;
use privlink_kinds::KINDS;
use privlink_model::{Access, Account, Action, Address, Deed, Scope, Value, keys};
use privlink_plan::{Attribute, Drift, Drifted, Ignored, Pending, Repair, Rule, Same, Unknown, What};

use super::{Report, chat, junit, markdown, text};
use crate::view::style::Style;

fn here() -> Scope {
    Scope::new("222222222222", "us-east-1")
}

fn drifted(address: &str, kind: &'static str, what: What, attributes: Vec<Attribute>) -> Drifted {
    Drifted {
        address: Address::new(address),
        kind,
        scope: here(),
        id: Some(format!("id-of-{}", address.replace('/', "-"))),
        within: None,
        what,
        attributes,
        pending: Vec::new(),
        repair: Repair { action: Action::Update, fixed: Vec::new(), outage: None, loses: None },
        since: None,
        by: None,
        because: String::new(),
    }
}

fn attribute(key: &str, expected: Option<Value>, found: Option<Value>) -> Attribute {
    Attribute { key: key.to_owned(), expected, found, name: None }
}

fn policy(effect: &str) -> Option<Value> {
    let statement = Value::map([("Effect", effect.into()), ("Principal", "*".into()), ("Action", "*".into())]);
    Some(Value::map([("Statement", Value::List(vec![statement]))]))
}

fn found() -> Drift {
    let groups = attribute(
        keys::load_balancer::SECURITY_GROUPS.key(),
        Some(Value::text_set(["sg-1"])),
        Some(Value::text_set(["sg-1", "sg-bad"])),
    );
    let mut balancer =
        drifted("link/gateway/hub/load-balancer", keys::load_balancer::KIND, What::Changed, vec![groups]);
    balancer.by = Some(Deed {
        call: "elasticloadbalancing:SetSecurityGroups".to_owned(),
        at: 1_795_214_292,
        by: "alice".to_owned(),
        arn: Some("arn:aws:iam::222222222222:user/alice".to_owned()),
        from: Some("198.51.100.7".to_owned()),
        by_privlink: false,
        only_parent: false,
        event: "e-1".to_owned(),
    });
    let mut targets = drifted(
        "target/billing/targets",
        keys::targets::KIND,
        What::Changed,
        vec![attribute("addresses", Some(Value::text_set(["10.0.0.2"])), Some(Value::text_set(["10.0.0.1"])))],
    );
    targets.attributes[0].name = Some("billing.corp.example".to_owned());
    let mut listener = drifted(
        "link/gateway/hub/load-balancer/listener/8099",
        keys::listener::KIND,
        What::Added,
        vec![attribute("port", None, Some(Value::Int(8099)))],
    );
    listener.repair.action = Action::Delete;
    let mut link = drifted(
        "link/gateway/hub",
        keys::vpc_link::KIND,
        What::State("FAILED: its <balancer> & co".to_owned()),
        Vec::new(),
    );
    link.repair = Repair {
        action: Action::ReplaceCreateFirst,
        fixed: Vec::new(),
        outage: None,
        loses: Some("its id".to_owned()),
    };
    let mut definition = drifted(
        "api/shop/definition",
        keys::api_definition::KIND,
        What::Changed,
        vec![attribute("policy", policy("Deny"), policy("Allow"))],
    );
    definition.pending = vec!["paths".to_owned()];
    let stage = drifted(
        "api/shop/stage/prod",
        keys::stage::KIND,
        What::Missing,
        vec![attribute("name", Some("prod".into()), None)],
    );
    let rule = Rule {
        address: Address::new("target/erp"),
        attribute: Some("health-path".to_owned()),
        reason: "failover test".to_owned(),
        until: "2027-01-31".to_owned(),
        ended: false,
    };
    let ignored = drifted(
        "target/erp/target-group",
        keys::target_group::KIND,
        What::Changed,
        vec![attribute("health-path", Some("/".into()), Some("/x".into()))],
    );
    Drift {
        project: "shop".to_owned(),
        found: vec![definition, stage, link, balancer, listener, targets],
        ignored: vec![Ignored { drifted: ignored, rule: rule.clone() }],
        pending: vec![Pending {
            address: Address::new("entry/hub"),
            kind: keys::endpoint::KIND,
            scope: here(),
            action: Action::Update,
            keys: vec!["subnets".to_owned()],
        }],
        same: vec![Same { address: Address::new("api/shop"), kind: keys::rest_api::KIND, scope: here() }],
        ended: vec![Rule { ended: true, attribute: None, ..rule }],
        notes: vec!["the last run, R, is unfinished".to_owned()],
        runs: 1,
        ..Drift::default()
    }
}

fn accounts() -> Vec<Account> {
    vec![Account {
        name: "gateway".to_owned(),
        id: "222222222222".to_owned(),
        region: "us-east-1".to_owned(),
        access: Access::Ambient,
    }]
}

fn with<T>(drift: &Drift, view: impl FnOnce(Report<'_>) -> T) -> T {
    view(Report { drift, accounts: &accounts(), kinds: &KINDS, announcements: &[], repair: "privlink drift --repair" })
}

#[test]
fn text_tells_all_of_it_and_the_verdict_last() {
    let told = with(&found(), |report| text::text(report, Style { color: false }, false));
    expect![[r#"
        What should be → what is; - is missing, + is not asked for.

        gateway 222222222222 us-east-1

          changed      api/shop/definition  API definition · id-of-api-shop-definition
              policy
                @@ -4,7 +4,7 @@
                       "Action": [
                         "*"
                       ],
                -      "Effect": "Deny",
                +      "Effect": "Allow",
                       "Principal": "*"
                     }
                   ],
                access loosened: 1 allow statement added (everyone, unconditionally), 1 deny statement removed
              what is planned for paths is not applied yet: a repair applies that as well
          missing      api/shop/stage/prod  stage · id-of-api-shop-stage-prod
              name  "prod"
          not working  link/gateway/hub  VPC link · id-of-link-gateway-hub · AWS says: FAILED: its <balancer> & co
              a repair replaces it, as AWS never mends it; loses its id
          changed      link/gateway/hub/load-balancer  load balancer · id-of-link-gateway-hub-load-balancer
              security-groups  + "sg-bad"  (1 unchanged)
              by alice (arn:aws:iam::222222222222:user/alice), 2026-11-20 22:38 UTC, elasticloadbalancing:SetSecurityGroups from 198.51.100.7
          added        link/gateway/hub/load-balancer/listener/8099  listener · id-of-link-gateway-hub-load-balancer-listener-8099
              port  8099
              a repair deletes it
          changed      target/billing/targets  targets · id-of-target-billing-targets
              addresses  - "10.0.0.2"  + "10.0.0.1"
              billing.corp.example resolves to other addresses now; nobody touched AWS

        Ignored
          changed target/erp/target-group health-path  ignored until 2027-01-31: failover test

        Planned and not applied, so no drift
            ~ entry/hub  subnets

        Notes
          the last run, R, is unfinished
          the rule that ignored target/erp ended on 2027-01-31 (failover test): its drift counts again

        Drift: 6 of 9 resources · 1 missing, 1 not working, 3 changed, 1 added · 1 ignored · 1 planned and not applied.
        `privlink drift --repair` puts back what drifted, and nothing else.
    "#]].assert_eq(&told);
    let concise = with(&found(), |report| text::text(report, Style { color: false }, true));
    assert!(!concise.contains("sg-bad") && concise.contains("link/gateway/hub/load-balancer"));
}

#[test]
fn markdown_tells_what_matters_on_its_first_screen() {
    let told = with(&found(), markdown::text);
    expect![[r#"
        **Drift in project `shop`:** 6 of 9 resources · 1 missing, 1 not working, 3 changed, 1 added · 1 ignored · 1 planned and not applied.

        - **changed** `api/shop/definition` (API definition): `policy`, **access loosened: 1 allow statement added (everyone, unconditionally), 1 deny statement removed**
        - **not working** `link/gateway/hub` (VPC link)
        - **missing** `api/shop/stage/prod` (stage)
        - **added** `link/gateway/hub/load-balancer/listener/8099` (listener)
        - **changed** `link/gateway/hub/load-balancer` (load balancer): `security-groups` (by `alice`)
        - **changed** `target/billing/targets` (targets): `addresses`

        <details><summary><b><code>gateway 222222222222 us-east-1</code></b>: 6 resources</summary>

        ```diff
        ! changed api/shop/definition  API definition · id-of-api-shop-definition
        !     policy
        @@ -4,7 +4,7 @@
                      "Action": [
                        "*"
                      ],
        -             "Effect": "Deny",
        +             "Effect": "Allow",
                      "Principal": "*"
                    }
                  ],
        !       access loosened: 1 allow statement added (everyone, unconditionally), 1 deny statement removed
              what is planned for paths is not applied yet: a repair applies that as well
        ! missing api/shop/stage/prod  stage · id-of-api-shop-stage-prod
        -     name  "prod"
        ! not working link/gateway/hub  VPC link · id-of-link-gateway-hub · AWS says: FAILED: its <balancer> & co
              a repair replaces it, as AWS never mends it; loses its id
        ! changed link/gateway/hub/load-balancer  load balancer · id-of-link-gateway-hub-load-balancer
        !     security-groups  + "sg-bad"  (1 unchanged)
              by alice (arn:aws:iam::222222222222:user/alice), 2026-11-20 22:38 UTC, elasticloadbalancing:SetSecurityGroups from 198.51.100.7
        ! added link/gateway/hub/load-balancer/listener/8099  listener · id-of-link-gateway-hub-load-balancer-listener-8099
        +     port  8099
              a repair deletes it
        ! changed target/billing/targets  targets · id-of-target-billing-targets
        !     addresses  - "10.0.0.2"  + "10.0.0.1"
              billing.corp.example resolves to other addresses now; nobody touched AWS
        ```

        </details>

        <details><summary>Ignored (1)</summary>

        - changed `target/erp/target-group`: ignored until 2027-01-31: failover test

        </details>

        <details><summary>Planned and not applied, so no drift (1)</summary>

        - `entry/hub`: `subnets`

        </details>

        the last run, R, is unfinished

        the rule that ignored `target/erp` ended on 2027-01-31 (failover test): its drift counts again

        To put back what drifted, and nothing else: `privlink drift --repair`
    "#]].assert_eq(&told);
    expect![[r#"
        **Drift in project `shop`:** 6 of 9 resources · 1 missing, 1 not working, 3 changed, 1 added · 1 ignored · 1 planned and not applied.

        - **changed** `api/shop/definition` (API definition): `policy`, **access loosened: 1 allow statement added (everyone, unconditionally), 1 deny statement removed**
        - **not working** `link/gateway/hub` (VPC link)
        - **missing** `api/shop/stage/prod` (stage)
        - **added** `link/gateway/hub/load-balancer/listener/8099` (listener)
        - **changed** `link/gateway/hub/load-balancer` (load balancer): `security-groups` (by `alice`)
        - **changed** `target/billing/targets` (targets): `addresses`
    "#]].assert_eq(&with(&found(), markdown::news));
}

#[test]
fn what_is_clean_is_one_line() {
    let clean = Drift { found: Vec::new(), ignored: Vec::new(), ended: Vec::new(), notes: Vec::new(), ..found() };
    expect![[r#"
        Planned and not applied, so no drift
            ~ entry/hub  subnets

        No drift in 2 resources · 1 planned and not applied.
    "#]]
    .assert_eq(&with(&clean, |report| text::text(report, Style { color: false }, false)));
    expect![[r#"
        **Project `shop`:** No drift in 2 resources · 1 planned and not applied.

        <details><summary>Planned and not applied, so no drift (1)</summary>

        - `entry/hub`: `subnets`

        </details>

    "#]]
    .assert_eq(&with(&clean, markdown::text));
}

#[test]
fn what_could_not_be_read_is_said_first_and_is_not_clean() {
    let unknown = Unknown {
        address: Address::new("entry/hub"),
        kind: keys::endpoint::KIND,
        scope: here(),
        why: "denied".to_owned(),
    };
    let unread = vec!["gateway could not be read".to_owned()];
    let drift = Drift { unknown: vec![unknown], unread, project: "shop".to_owned(), ..Drift::default() };
    expect![[r#"
        Not known
          gateway could not be read
          ? entry/hub  denied

        Not known: not all could be read, and nothing of the rest drifted · 1 not known.
    "#]]
    .assert_eq(&with(&drift, |report| text::text(report, Style { color: false }, false)));
    expect![[r#"
        **Not known in project `shop`:** not all could be read, and nothing of the rest drifted · 1 not known.

        > [!IMPORTANT]
        > Not all could be read: what is not named here is not known to be as it should be.
        > - gateway could not be read

        <details><summary>Not known (1)</summary>

        - `entry/hub`: denied

        </details>

    "#]]
    .assert_eq(&with(&drift, markdown::text));
    // A repair is not offered that would not begin.
    let some = Drift { found: found().found, ..drift.clone() };
    for page in [with(&some, markdown::text), with(&some, |report| text::text(report, Style { color: false }, false))] {
        assert!(page.contains("changed") && !page.contains("drift --repair"), "{page}");
    }
    let xml = with(&drift, junit::text);
    assert!(xml.contains("errors=\"1\"") && xml.contains("<error type=\"unread\" message=\"denied\"/>"), "{xml}");
}

#[test]
fn junit_has_a_case_for_each_resource() {
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="privlink drift" tests="9" failures="6" errors="0" skipped="1">
          <testsuite name="gateway 222222222222 us-east-1" tests="9" failures="6" errors="0" skipped="1">
            <testcase classname="rest-api" name="api/shop"/>
            <testcase classname="api-definition" name="api/shop/definition"><failure type="drift" message="changed: API definition · id-of-api-shop-definition">policy&#10;  @@ -4,7 +4,7 @@&#10;         &quot;Action&quot;: [&#10;           &quot;*&quot;&#10;         ],&#10;  -      &quot;Effect&quot;: &quot;Deny&quot;,&#10;  +      &quot;Effect&quot;: &quot;Allow&quot;,&#10;         &quot;Principal&quot;: &quot;*&quot;&#10;       }&#10;     ],&#10;  access loosened: 1 allow statement added (everyone, unconditionally), 1 deny statement removed&#10;what is planned for paths is not applied yet: a repair applies that as well</failure></testcase>
            <testcase classname="stage" name="api/shop/stage/prod"><failure type="drift" message="missing: stage · id-of-api-shop-stage-prod">name  &quot;prod&quot;</failure></testcase>
            <testcase classname="endpoint" name="entry/hub"/>
            <testcase classname="vpc-link" name="link/gateway/hub"><failure type="drift" message="not working: VPC link · id-of-link-gateway-hub · AWS says: FAILED: its &lt;balancer&gt; &amp; co">a repair replaces it, as AWS never mends it; loses its id</failure></testcase>
            <testcase classname="load-balancer" name="link/gateway/hub/load-balancer"><failure type="drift" message="changed: load balancer · id-of-link-gateway-hub-load-balancer">security-groups  + &quot;sg-bad&quot;  (1 unchanged)&#10;by alice (arn:aws:iam::222222222222:user/alice), 2026-11-20 22:38 UTC, elasticloadbalancing:SetSecurityGroups from 198.51.100.7</failure></testcase>
            <testcase classname="listener" name="link/gateway/hub/load-balancer/listener/8099"><failure type="drift" message="added: listener · id-of-link-gateway-hub-load-balancer-listener-8099">port  8099&#10;a repair deletes it</failure></testcase>
            <testcase classname="targets" name="target/billing/targets"><failure type="drift" message="changed: targets · id-of-target-billing-targets">addresses  - &quot;10.0.0.2&quot;  + &quot;10.0.0.1&quot;&#10;billing.corp.example resolves to other addresses now; nobody touched AWS</failure></testcase>
            <testcase classname="target-group" name="target/erp/target-group"><skipped message="ignored until 2027-01-31: failover test"/></testcase>
          </testsuite>
        </testsuites>
    "#]].assert_eq(&with(&found(), junit::text));
    // What is ignored in part is one test, and has failed.
    let mut drift = found();
    let ignored = Drifted { address: drift.found[0].address.clone(), ..drift.ignored[0].drifted.clone() };
    let ignored = Drifted { kind: drift.found[0].kind, ..ignored };
    drift.ignored[0].drifted = ignored;
    let xml = with(&drift, junit::text);
    assert!(xml.contains("tests=\"8\" failures=\"6\" errors=\"0\" skipped=\"0\""), "{xml}");
}

#[test]
fn a_chat_is_told_within_its_limits() {
    let mut drift = found();
    let message = with(&drift, |report| chat::message(report, Some("https://github.com/o/r/issues/1")));
    expect![[r#"
        {
          "text": "shop: Drift: 6 of 9 resources · 1 missing, 1 not working, 3 changed, 1 added · 1 ignored · 1 planned and not applied",
          "blocks": [
            {
              "type": "section",
              "text": {
                "type": "mrkdwn",
                "text": "*shop* — Drift: 6 of 9 resources · 1 missing, 1 not working, 3 changed, 1 added · 1 ignored · 1 planned and not applied"
              }
            },
            {
              "type": "section",
              "text": {
                "type": "mrkdwn",
                "text": "• changed `api/shop/definition`: policy, *access loosened: 1 allow statement added (everyone, unconditionally), 1 deny statement removed*\n• not working `link/gateway/hub`\n• missing `api/shop/stage/prod`\n• added `link/gateway/hub/load-balancer/listener/8099`\n• changed `link/gateway/hub/load-balancer`: security-groups (by alice)\n• changed `target/billing/targets`: addresses\n"
              }
            },
            {
              "type": "section",
              "text": {
                "type": "mrkdwn",
                "text": "<https://github.com/o/r/issues/1|More>"
              }
            }
          ]
        }"#]].assert_eq(&format!("{message:#}"));
    let one = drift.found[3].clone();
    drift.found = (0..500)
        .map(|number| Drifted { address: Address::new(format!("a/{}/{number}", "<x>".repeat(60))), ..one.clone() })
        .collect();
    let message = with(&drift, |report| chat::message(report, None));
    let blocks = message["blocks"].as_array().unwrap();
    assert!((3..=50).contains(&blocks.len()), "{}", blocks.len());
    assert!(blocks.iter().all(|block| block["text"]["text"].as_str().unwrap().chars().count() <= 3_000));
}

#[test]
fn two_thousand_resources_fit_an_issue() {
    let mut drift = found();
    let (one, document) = (drift.found[3].clone(), drift.found[0].clone());
    drift.found = (0..2_000)
        .map(|number| {
            let of = if number % 2 == 0 { &one } else { &document };
            let scope = Scope::new(format!("{:012}", number % 7), "us-east-1");
            Drifted { address: Address::new(format!("api/{number}/definition")), scope, ..of.clone() }
        })
        .collect();
    let told = with(&drift, markdown::text);
    assert!(told.len() < 65_536 - 1_000, "{}", told.len());
    let first: Vec<&str> = told.lines().take(30).collect();
    assert!(first[0].contains("2000 of 2003") && first.iter().any(|line| line.contains("and 1980 more")), "{first:#?}");
    assert!(first[2].contains("access loosened"), "the gravest come first: {first:#?}");
    let folds = |tag: &str| told.matches(tag).count();
    assert_eq!(folds("<details>"), folds("</details>"));
}

#[test]
fn nobody_breaks_out_of_a_view() {
    let evil = "x`</details>@everyone <script>|]]>\u{1b}[2J\n```\n";
    let mut drift = found();
    let by = drift.found[3].by.as_mut().unwrap();
    by.by = evil.to_owned();
    drift.found[2].what = What::State(evil.to_owned());
    drift.found[3].attributes[0].found = Some(evil.into());
    drift.notes = vec![evil.to_owned()];
    let told = with(&drift, markdown::text);
    let folds = |tag: &str| told.lines().filter(|line| line.trim() == tag || line.starts_with(tag)).count();
    assert_eq!(folds("<details>"), folds("</details>"), "{told}");
    assert!(!told.contains('\u{1b}'), "{told}");
    let xml = with(&drift, junit::text);
    let tags: BTreeSet<&str> = xml.split('<').skip(1).filter_map(|tag| tag.split([' ', '>', '/']).next()).collect();
    assert_eq!(
        tags,
        BTreeSet::from(["", "?xml", "failure", "skipped", "testcase", "testsuite", "testsuites"]),
        "{xml}"
    );
    let message = with(&drift, |report| chat::message(report, None)).to_string();
    assert!(!message.contains("<script>") && !message.contains("\\u001b"), "{message}");
}
