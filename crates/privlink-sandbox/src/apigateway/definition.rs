//! What an API is made of: the types that a definition, a deployment's snapshot and an export share.
//!
//! Each type serialises to exactly what API Gateway answers, so the stored form and the wire form cannot drift apart: an
//! absent member is absent on the wire, and a map that was given empty stays an empty map. Knows the shape of the resource
//! tree and nothing of requests. Read next: `resource.rs` and `method.rs` for the rules by which it may change.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many resources an API may have, the root included.
pub(super) const MAX_RESOURCES: usize = 300;

/// The editable definition of an API; a deployment keeps a copy of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) version: Option<String>,
    pub(super) api_key_source: String,
    pub(super) binary_media_types: Vec<String>,
    pub(super) minimum_compression_size: Option<u32>,
    pub(super) endpoint: EndpointConfiguration,
    /// Saved form: JSON with full ARNs.
    pub(super) policy: Option<String>,
    pub(super) disable_execute_api_endpoint: bool,
    pub(super) security_policy: Option<String>,
    pub(super) endpoint_access_mode: Option<String>,
    /// Schemas by name.
    pub(super) models: BTreeMap<String, String>,
    /// Those that are customised, by type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) gateway_responses: BTreeMap<String, GatewayResponse>,
    pub(super) root: String,
    pub(super) resources: BTreeMap<String, Resource>,
}

/// Where an API can be reached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndpointConfiguration {
    pub(super) types: Vec<String>,
    pub(super) ip_address_type: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) vpc_endpoint_ids: Vec<String>,
}

impl EndpointConfiguration {
    /// Tells whether only VPC endpoints lead to the API.
    pub(super) fn is_private(&self) -> bool {
        self.types.iter().any(|kind| kind == "PRIVATE")
    }
}

/// A node of the path tree.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Resource {
    pub(super) id: String,
    /// Absent for the root.
    pub(super) parent: Option<String>,
    pub(super) path_part: String,
    pub(super) methods: BTreeMap<String, Method>,
}

/// A verb on a resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Method {
    pub(super) http_method: String,
    pub(super) authorization_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authorizer_id: Option<String>,
    pub(super) api_key_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_validator_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) operation_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_parameters: Option<BTreeMap<String, bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_models: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) method_responses: BTreeMap<String, MethodResponse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method_integration: Option<Integration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authorization_scopes: Option<Vec<String>>,
}

/// A status that a method may answer with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct MethodResponse {
    pub(super) status_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response_parameters: Option<BTreeMap<String, bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response_models: Option<BTreeMap<String, String>>,
}

/// What stands behind a method.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Integration {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) http_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) credentials: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_parameters: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_templates: Option<BTreeMap<String, Option<String>>>,
    pub(super) passthrough_behavior: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_handling: Option<String>,
    pub(super) timeout_in_millis: u32,
    pub(super) cache_namespace: String,
    pub(super) cache_key_parameters: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) integration_responses: BTreeMap<String, IntegrationResponse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tls_config: Option<TlsConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response_transfer_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) integration_target: Option<String>,
}

impl Integration {
    /// Gives the VPC link that is named literally; one named through a stage variable is known to the stage alone.
    pub(super) fn literal_link(&self) -> Option<&str> {
        let id = self.connection_id.as_deref()?;
        let private = self.connection_type.as_deref() == Some("VPC_LINK");
        (private && !id.contains("${")).then_some(id)
    }
}

/// How a backend's TLS certificate is checked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct TlsConfig {
    pub(super) insecure_skip_verification: bool,
}

/// How a backend's answer becomes a method response.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct IntegrationResponse {
    pub(super) status_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) selection_pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response_parameters: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response_templates: Option<BTreeMap<String, Option<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_handling: Option<String>,
}

/// What API Gateway answers itself, as far as it is customised.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct GatewayResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_code: Option<String>,
    pub(super) response_parameters: BTreeMap<String, String>,
    pub(super) response_templates: BTreeMap<String, String>,
}

impl Definition {
    /// Gives the path of a resource, `/` for the root.
    pub(super) fn path(&self, id: &str) -> String {
        let mut parts = Vec::new();
        let mut at = self.resources.get(id);
        while let Some(resource) = at {
            let Some(parent) = &resource.parent else { break };
            parts.push(resource.path_part.as_str());
            at = self.resources.get(parent);
        }
        parts.reverse();
        format!("/{}", parts.join("/"))
    }

    /// Gives the resources below one, without itself.
    pub(super) fn children<'d>(&'d self, id: &'d str) -> impl Iterator<Item = &'d Resource> {
        self.resources.values().filter(move |resource| resource.parent.as_deref() == Some(id))
    }

    /// Gives a resource and all below it.
    pub(super) fn subtree(&self, id: &str) -> Vec<String> {
        let mut found = vec![id.to_owned()];
        let mut next = 0;
        while let Some(at) = found.get(next).cloned() {
            found.extend(self.children(&at).map(|child| child.id.clone()));
            next += 1;
        }
        found
    }

    /// Gives every method with the id of its resource.
    pub(super) fn methods(&self) -> impl Iterator<Item = (&str, &Method)> {
        self.resources
            .values()
            .flat_map(|resource| resource.methods.values().map(|method| (resource.id.as_str(), method)))
    }

    /// Gives the methods whose integration names this VPC link literally, as `METHOD:resource`.
    pub(super) fn users_of_link<'d>(&'d self, link: &'d str) -> impl Iterator<Item = String> + 'd {
        self.methods().filter_map(move |(resource, method)| {
            let named = method.method_integration.as_ref()?.literal_link()?;
            (named == link).then(|| format!("{}:{resource}", method.http_method))
        })
    }
}
