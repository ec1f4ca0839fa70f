//! Which calls change the objects of a kind, privlink's own and those that people make by hand.
//!
//! Owns: their names. Refuses to know: what is in a log. A call that only names an object, as making an endpoint names a
//! security group, is not one that changed it: a name on this list is a person who is asked why.

use privlink_model::keys::{
    api_definition, deployment, endpoint, endpoint_connection, endpoint_service, listener, load_balancer,
    privatelink_enforcement, rest_api, security_group, security_group_rule, service_permission, stage, target_group,
    targets, vpc_link,
};

/// A service as CloudTrail names it, and the calls.
pub(super) type Calls = (&'static str, &'static [&'static str]);

const EC2: &str = "ec2.amazonaws.com";
const ELB: &str = "elasticloadbalancing.amazonaws.com";
const GATEWAY: &str = "apigateway.amazonaws.com";

/// The calls that change objects of a kind; none for a kind that is not made here.
pub(super) fn of(kind: &str) -> Option<Calls> {
    Some(match kind {
        endpoint::KIND => (
            EC2,
            &[
                "ModifyVpcEndpoint",
                "DeleteVpcEndpoints",
                "CreateVpcEndpoint",
                "RejectVpcEndpointConnections",
                "AcceptVpcEndpointConnections",
                "CreateTags",
                "DeleteTags",
            ],
        ),
        endpoint_service::KIND => (
            EC2,
            &[
                "ModifyVpcEndpointServiceConfiguration",
                "DeleteVpcEndpointServiceConfigurations",
                "CreateVpcEndpointServiceConfiguration",
                "CreateTags",
                "DeleteTags",
            ],
        ),
        service_permission::KIND => (EC2, &["ModifyVpcEndpointServicePermissions"]),
        endpoint_connection::KIND => (EC2, &["RejectVpcEndpointConnections", "AcceptVpcEndpointConnections"]),
        security_group::KIND => (EC2, &["DeleteSecurityGroup", "CreateSecurityGroup", "CreateTags", "DeleteTags"]),
        security_group_rule::KIND => (
            EC2,
            &[
                "AuthorizeSecurityGroupIngress",
                "AuthorizeSecurityGroupEgress",
                "RevokeSecurityGroupIngress",
                "RevokeSecurityGroupEgress",
                "ModifySecurityGroupRules",
                "UpdateSecurityGroupRuleDescriptionsIngress",
                "UpdateSecurityGroupRuleDescriptionsEgress",
                "CreateTags",
                "DeleteTags",
            ],
        ),
        load_balancer::KIND => (
            ELB,
            &[
                "ModifyLoadBalancerAttributes",
                "SetSubnets",
                "SetSecurityGroups",
                "SetIpAddressType",
                "DeleteLoadBalancer",
                "CreateLoadBalancer",
                "AddTags",
                "RemoveTags",
            ],
        ),
        privatelink_enforcement::KIND => (ELB, &["SetSecurityGroups", "DeleteLoadBalancer", "CreateLoadBalancer"]),
        target_group::KIND => (
            ELB,
            &[
                "ModifyTargetGroup",
                "ModifyTargetGroupAttributes",
                "DeleteTargetGroup",
                "CreateTargetGroup",
                "AddTags",
                "RemoveTags",
            ],
        ),
        targets::KIND => (ELB, &["DeregisterTargets", "RegisterTargets", "DeleteTargetGroup", "CreateTargetGroup"]),
        listener::KIND => (
            ELB,
            &[
                "ModifyListener",
                "ModifyListenerAttributes",
                "AddListenerCertificates",
                "RemoveListenerCertificates",
                "DeleteListener",
                "CreateListener",
                "AddTags",
                "RemoveTags",
            ],
        ),
        vpc_link::KIND => {
            (GATEWAY, &["UpdateVpcLink", "DeleteVpcLink", "CreateVpcLink", "TagResource", "UntagResource"])
        }
        rest_api::KIND => (
            GATEWAY,
            &[
                "UpdateRestApi",
                "PutRestApi",
                "DeleteRestApi",
                "CreateRestApi",
                "ImportRestApi",
                "TagResource",
                "UntagResource",
            ],
        ),
        api_definition::KIND => (GATEWAY, DEFINITION),
        deployment::KIND => (GATEWAY, &["DeleteDeployment", "UpdateDeployment", "CreateDeployment"]),
        stage::KIND => (
            GATEWAY,
            &["UpdateStage", "CreateDeployment", "DeleteStage", "CreateStage", "TagResource", "UntagResource"],
        ),
        _ => return None,
    })
}

/// Whatever a definition is made of can be changed piece by piece.
const DEFINITION: &[&str] = &[
    "UpdateRestApi",
    "PutRestApi",
    "PutMethod",
    "UpdateMethod",
    "DeleteMethod",
    "PutIntegration",
    "UpdateIntegration",
    "DeleteIntegration",
    "CreateResource",
    "UpdateResource",
    "DeleteResource",
    "PutMethodResponse",
    "UpdateMethodResponse",
    "DeleteMethodResponse",
    "PutIntegrationResponse",
    "UpdateIntegrationResponse",
    "DeleteIntegrationResponse",
    "PutGatewayResponse",
    "UpdateGatewayResponse",
    "DeleteGatewayResponse",
    "CreateModel",
    "UpdateModel",
    "DeleteModel",
    "CreateAuthorizer",
    "UpdateAuthorizer",
    "DeleteAuthorizer",
    "CreateRequestValidator",
    "UpdateRequestValidator",
    "DeleteRequestValidator",
    "DeleteRestApi",
    "CreateRestApi",
    "ImportRestApi",
];

#[cfg(test)]
mod tests {
    use privlink_model::Service;

    use super::{EC2, ELB, GATEWAY, of};
    use crate::KINDS;

    #[test]
    fn every_kind_that_is_made_has_its_calls_and_no_others() {
        for schema in KINDS.iter() {
            let service = match schema.service {
                Service::Ec2 => EC2,
                Service::Elb => ELB,
                _ => GATEWAY,
            };
            let own: Vec<&str> =
                [schema.create, schema.update, schema.delete].into_iter().flatten().map(|call| call.name).collect();
            match of(schema.name) {
                None => assert_eq!(own, Vec::<&str>::new(), "{} is made", schema.name),
                Some((source, calls)) => {
                    assert_eq!(source, service, "{}", schema.name);
                    assert!(own.iter().all(|call| calls.contains(call)), "{} lacks one of {own:?}", schema.name);
                    let distinct: std::collections::BTreeSet<&&str> = calls.iter().collect();
                    assert_eq!(distinct.len(), calls.len(), "{}", schema.name);
                }
            }
        }
        assert!(of("subnet").is_none());
    }
}
