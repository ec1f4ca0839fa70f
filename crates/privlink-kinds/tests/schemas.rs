//! What must hold for the schema of every kind, without the SDK.

use std::collections::BTreeSet;

use privlink_kinds::KINDS;
use privlink_model::keys as k;
use privlink_model::{KindSchema, Ownership, Shape};

/// The kinds of EC2 with their keys, as the vocabulary has them; and, as texts, those that no spec can ask for.
const EC2: &[(&str, &[&str])] = &[
    (k::vpc::KIND, &[k::vpc::NAME.key(), k::vpc::CIDRS.key(), k::vpc::DNS_SUPPORT.key(), k::vpc::DNS_HOSTNAMES.key()]),
    (
        k::subnet::KIND,
        &[
            k::subnet::VPC.key(),
            k::subnet::NAME.key(),
            k::subnet::ZONE.key(),
            k::subnet::ZONE_ID.key(),
            k::subnet::CIDR.key(),
            k::subnet::FREE_ADDRESSES.key(),
            k::subnet::OWNER.key(),
        ],
    ),
    (
        k::route_table::KIND,
        &[
            k::route_table::VPC.key(),
            k::route_table::MAIN.key(),
            k::route_table::SUBNETS.key(),
            k::route_table::ROUTES.key(),
        ],
    ),
    (k::transit_gateway::KIND, &[k::transit_gateway::STATE.key(), k::transit_gateway::VPCS.key()]),
    (
        k::visible_service::KIND,
        &[
            k::visible_service::ACCEPTANCE_REQUIRED.key(),
            k::visible_service::ZONES.key(),
            k::visible_service::OWNER.key(),
        ],
    ),
    (
        k::security_group::KIND,
        &[k::security_group::NAME.key(), k::security_group::DESCRIPTION.key(), k::security_group::VPC.key()],
    ),
    (
        k::security_group_rule::KIND,
        &[
            k::security_group_rule::GROUP.key(),
            k::security_group_rule::DIRECTION.key(),
            k::security_group_rule::PROTOCOL.key(),
            k::security_group_rule::FROM_PORT.key(),
            k::security_group_rule::TO_PORT.key(),
            k::security_group_rule::PEER.key(),
        ],
    ),
    (
        k::endpoint_service::KIND,
        &[
            k::endpoint_service::LOAD_BALANCERS.key(),
            k::endpoint_service::ACCEPTANCE_REQUIRED.key(),
            k::endpoint_service::SERVICE_NAME.key(),
            "private-dns-name",
            "other-regions",
        ],
    ),
    (k::service_permission::KIND, &[k::service_permission::SERVICE.key(), k::service_permission::PRINCIPAL.key()]),
    (
        k::endpoint_connection::KIND,
        &[
            k::endpoint_connection::SERVICE.key(),
            k::endpoint_connection::ENDPOINT.key(),
            k::endpoint_connection::CONSUMER.key(),
            "state",
        ],
    ),
    (
        k::endpoint::KIND,
        &[
            k::endpoint::VPC.key(),
            k::endpoint::SERVICE_NAME.key(),
            k::endpoint::SUBNETS.key(),
            k::endpoint::SECURITY_GROUPS.key(),
            k::endpoint::PRIVATE_DNS.key(),
            "policy",
            k::endpoint::ADDRESSES.key(),
            k::endpoint::DNS_NAME.key(),
        ],
    ),
];

#[test]
fn the_schemas_have_the_keys_of_the_vocabulary() {
    for (kind, keys) in EC2 {
        let schema = KINDS.get(kind).unwrap_or_else(|| panic!("no schema of {kind}"));
        let expect: BTreeSet<&str> = keys.iter().copied().chain([k::ID.key()]).collect();
        let found: BTreeSet<&str> = schema.attributes.iter().map(|attribute| attribute.key).collect();
        assert_eq!(found, expect, "{kind}");
    }
}

#[test]
fn names_are_unique() {
    let names: BTreeSet<&str> = KINDS.iter().map(|schema| schema.name).collect();
    assert_eq!(names.len(), KINDS.iter().count());
}

fn is_written(schema: &KindSchema) -> bool {
    schema.create.is_some()
}

#[test]
fn what_is_looked_up_is_never_written() {
    for schema in KINDS.iter() {
        let looked_up = schema.ownership == Ownership::LookUp;
        assert_eq!(looked_up, !is_written(schema), "{}", schema.name);
        let calls = [schema.create, schema.update, schema.delete];
        assert!(!looked_up || calls.iter().all(Option::is_none), "{}", schema.name);
        assert_eq!(looked_up, schema.write_actions.is_empty(), "{}", schema.name);
        assert!(!schema.read_actions.is_empty(), "{}", schema.name);
    }
}

#[test]
fn keys_name_attributes() {
    for schema in KINDS.iter() {
        let parent: &[&str] = match &schema.ownership {
            Ownership::Parent(key) => &[key],
            _ => &[],
        };
        for key in schema.key.iter().chain(schema.deleted_with).chain(parent) {
            let attribute = schema.attribute(key).unwrap_or_else(|| panic!("{key} of {}", schema.name));
            assert!(!attribute.computed, "{key} of {}", schema.name);
        }
    }
}

#[test]
fn a_kind_without_tags_of_ours_has_a_natural_key() {
    for schema in KINDS.iter() {
        assert!(!matches!(schema.ownership, Ownership::Parent(_)) || !schema.key.is_empty(), "{}", schema.name);
    }
}

#[test]
fn a_kind_that_cannot_change_in_place_is_all_immutable() {
    for schema in KINDS.iter().filter(|schema| is_written(schema)) {
        let open: Vec<&str> = schema
            .attributes
            .iter()
            .filter(|attribute| !attribute.computed && !attribute.immutable)
            .map(|attribute| attribute.key)
            .collect();
        assert_eq!(schema.update.is_none(), open.is_empty(), "{}: {open:?}", schema.name);
        assert!(schema.attributes.iter().all(|attribute| !(attribute.computed && attribute.required)));
    }
}

#[test]
fn sets_are_sets_and_waits_end() {
    for schema in KINDS.iter() {
        for attribute in schema.attributes.iter().filter(|attribute| attribute.additive) {
            assert_eq!(attribute.shape, Shape::Set, "{} of {}", attribute.key, schema.name);
        }
        for waits in [schema.ready, schema.gone].into_iter().flatten() {
            assert!(waits.poll <= waits.limit && waits.typical <= waits.limit, "{}", schema.name);
        }
    }
}
