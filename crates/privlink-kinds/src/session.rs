//! What a call is made with: a scope, whose account it is, the project, the clients of the services, the reads they share.
//!
//! Owns: access to clients. Refuses to know: how credentials were come by, quotas, any kind.
//! Read next: `connect` for how sessions come to be, `error` for what becomes of a failed call.

use std::sync::Arc;

use aws_credential_types::provider::SharedCredentialsProvider;
use privlink_model::{Account, CloudError, ErrorClass, Scope};
use tokio::sync::OnceCell;

use crate::shared_reads::lanes::Lanes;

/// The SDK clients of one scope. Cloning one is cheap.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) elb: aws_sdk_elasticloadbalancingv2::Client,
    pub(crate) api_gateway: aws_sdk_apigateway::Client,
    pub(crate) api_gateway_reads: aws_sdk_apigateway::Client,
    pub(crate) sts: aws_sdk_sts::Client,
}

/// One scope, ready for calls on behalf of one project.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) scope: Scope,
    pub(crate) account: Arc<Account>,
    pub(crate) project: String,
    pub(crate) credentials: SharedCredentialsProvider,
    /// The account the credentials turned out to belong to.
    pub(crate) identity: Arc<OnceCell<String>>,
    /// Where calls go, when not to AWS.
    pub(crate) endpoints: Arc<[String]>,
    pub(crate) clients: Arc<Clients>,
    /// The reads that those who ask at the same time share.
    pub(crate) shared: Arc<Lanes>,
}

impl Session {
    /// The EC2 client. Retries lost connections itself; its creates carry client tokens or natural keys.
    pub(crate) fn ec2(&self) -> &aws_sdk_ec2::Client {
        &self.clients.ec2
    }

    /// The Elastic Load Balancing client. Retries itself: its creates are idempotent by identical settings.
    pub(crate) fn elb(&self) -> &aws_sdk_elasticloadbalancingv2::Client {
        &self.clients.elb
    }

    /// The API Gateway client for writes. Makes one attempt only: its creates have no token, so a repeated one makes a second object.
    pub(crate) fn api_gateway(&self) -> &aws_sdk_apigateway::Client {
        &self.clients.api_gateway
    }

    /// The API Gateway client for reads, which may be repeated.
    pub(crate) fn api_gateway_reads(&self) -> &aws_sdk_apigateway::Client {
        &self.clients.api_gateway_reads
    }

    /// A failure of our own making: the call was never sent.
    pub(crate) fn refused(&self, operation: &str, message: impl Into<String>) -> CloudError {
        self.failure(ErrorClass::Refused, operation, "", message)
    }

    /// A failure of a given class.
    pub(crate) fn failure(
        &self,
        class: ErrorClass,
        operation: &str,
        code: &str,
        message: impl Into<String>,
    ) -> CloudError {
        CloudError {
            class,
            operation: operation.to_owned(),
            scope: self.scope.clone(),
            code: code.to_owned(),
            message: message.into(),
            request_id: None,
        }
    }
}
