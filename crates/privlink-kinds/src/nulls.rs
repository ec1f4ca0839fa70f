//! Answers of API Gateway without the nulls that its own model does not allow.
//!
//! A template that is empty is answered as null: `"requestTemplates": {"application/json": null}`, which is what the
//! console leaves behind when it adds a preflight. The service's model says that these maps hold texts, and the SDK refuses
//! the whole answer: one method made by hand would make everything unreadable. So nulls are taken out before the SDK sees
//! them: an empty template becomes the empty text that it is, any other null member is one left out.
//! Refuses to know: which call an answer is for. Read next: `connect` for where this is put in.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value as Json;

/// Maps whose nulls are empty texts.
const TEMPLATES: [&str; 2] = ["requestTemplates", "responseTemplates"];

/// A client whose answers have no nulls.
pub(crate) fn without_nulls(inner: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(WithoutNulls(inner))
}

#[derive(Debug)]
struct WithoutNulls(SharedHttpClient);

impl HttpClient for WithoutNulls {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector(self.0.http_connector(settings, components)))
    }

    fn validate_base_client_config(&self, base: &RuntimeComponentsBuilder, bag: &ConfigBag) -> Result<(), BoxError> {
        self.0.validate_base_client_config(base, bag)
    }
}

#[derive(Debug)]
struct Connector(SharedHttpConnector);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            let body = ByteStream::new(answer.take_body()).collect().await;
            let body = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
            *answer.body_mut() = match rewritten(&body) {
                Some(text) => {
                    // The SDK compares the body with the header; that AWS's own was whole, the connection has seen to.
                    answer.headers_mut().insert("content-length", text.len().to_string());
                    SdkBody::from(text)
                }
                None => SdkBody::from(body),
            };
            Ok(answer)
        })
    }
}

/// The text without nulls; none when it has none, or is no JSON.
fn rewritten(body: &[u8]) -> Option<String> {
    if !body.windows(4).any(|word| word == b"null") {
        return None;
    }
    let mut document: Json = serde_json::from_slice(body).ok()?;
    take_out(&mut document);
    Some(document.to_string())
}

fn take_out(value: &mut Json) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(take_out),
        Json::Object(members) => {
            for (key, member) in members.iter_mut() {
                if TEMPLATES.contains(&key.as_str()) {
                    let templates = member.as_object_mut().into_iter().flat_map(|templates| templates.values_mut());
                    templates.filter(|template| template.is_null()).for_each(|template| *template = Json::from(""));
                }
                take_out(member);
            }
            members.retain(|_, member| !member.is_null());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::rewritten;

    #[test]
    fn empty_templates_are_empty_texts_and_other_nulls_are_left_out() {
        let answer = br#"{"item":[{"uri":null,"requestTemplates":{"application/json":null,"text/xml":"null"}}]}"#;
        let expected = r#"{"item":[{"requestTemplates":{"application/json":"","text/xml":"null"}}]}"#;
        assert_eq!(rewritten(answer).unwrap(), expected);
    }

    #[test]
    fn what_has_no_nulls_or_is_no_json_is_left_alone() {
        for body in [&b"{\"item\":[]}"[..], b"<html>null</html>", b""] {
            assert_eq!(rewritten(body), None);
        }
    }
}
