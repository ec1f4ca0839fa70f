//! A law: whatever changes what an API does changes its deployment too, and nothing else does.

use privlink_model::keys::{api_definition, deployment};
use privlink_model::{Address, Value};

use super::{Live, SPEC, run};
use crate::{Derived, Hosts};

fn attribute(derived: &Derived, address: &str, key: &str) -> Value {
    derived.desired.resources[&Address::new(address)].attrs.get(key).unwrap().clone()
}

/// What a definition does: its paths, policy and endpoints.
fn behaviour(derived: &Derived) -> [Value; 3] {
    [api_definition::PATHS.key(), api_definition::POLICY.key(), api_definition::ENDPOINTS.key()]
        .map(|key| attribute(derived, "api/shop/definition", key))
}

#[test]
fn a_changed_definition_is_always_deployed() {
    let hosts = Hosts::new();
    let before = run(SPEC, &Live::new(), &hosts);
    let changes: &[(&str, &str)] = &[
        ("route \"/orders\" target=\"orders\"", "route \"/other\" target=\"orders\""),
        ("route \"/orders\" target=\"orders\"", "route \"/orders\" target=\"orders\" exact=#true"),
        ("route \"/orders\" target=\"orders\"", "route \"/orders\" target=\"orders\" { methods \"GET\" }"),
        ("route \"/orders\" target=\"orders\"", "route \"/orders\" target=\"orders\" { to \"/api\" }"),
        ("route \"/orders\" target=\"orders\"", "route \"/orders\" target=\"orders\" { timeout \"5s\" }"),
        ("allow network=\"hub\"", "allow network=\"hub\" method=\"GET\""),
        ("allow network=\"hub\"", "allow network=\"hub\"\ncors origins=\"*\""),
        ("port 80", "port 80 host=\"orders.example\""),
        ("port 80", "port 80 tls=#true host=\"orders.example\""),
        ("network=\"app\" { load", "network=\"app\" dedicated=#true { load"),
        ("entry network=\"hub\"", "entry network=\"app\"\nallow network=\"app\"\nentry network=\"hub\""),
    ];
    for (from, to) in changes {
        let after = run(&SPEC.replace(from, to), &Live::new(), &hosts);
        assert_ne!(behaviour(&after), behaviour(&before), "{to} changes nothing");
        let digest = |derived: &Derived| attribute(derived, "api/shop/deployment", deployment::DIGEST.key());
        assert_ne!(digest(&after), digest(&before), "{to} is not deployed");
        let resources = &after.desired.resources;
        let deployed = &resources[&Address::new("api/shop/deployment")];
        assert!(deployed.after.contains(&Address::new("api/shop/definition")), "{to} is deployed before it is written");
        assert_eq!(
            attribute(&after, "api/shop/stage/test", "deployment"),
            Value::of(&deployed.address, "id"),
            "{to} is not what the stage runs"
        );
    }
}

#[test]
fn what_an_api_does_not_do_is_not_deployed() {
    let hosts = Hosts::new();
    let digest =
        |spec: &str| attribute(&run(spec, &Live::new(), &hosts), "api/shop/deployment", deployment::DIGEST.key());
    for (from, to) in [
        ("allow-from \"10.0.0.0/8\"", "allow-from \"10.0.0.0/9\""),
        ("stage \"test\"", "stage \"test\"\nstage \"prod\""),
        ("region \"us-east-1\"", "region \"us-east-1\"; tags team=\"a\""),
    ] {
        assert_eq!(digest(&SPEC.replace(from, to)), digest(SPEC), "{to}");
    }
}
