//! Objects in S3: what a shared store is kept in.
//!
//! Owns: conditional writes and what S3 answers to them, pages, finding a bucket that is in another region than its account.
//! Refuses to know: what is kept there, locks, journals.
//!
//! Calls stand in no line: S3 takes thousands a second, and a lock must not wait for a gather.
//!
//! **Invariant:** an object is written in one request, with the condition in it. Repeating such a request after a lost answer
//! is harmless, but makes the condition fail by our own hand: whoever set it has to look whose object is there.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::Region;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{Builder, RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use privlink_model::{
    BoxFuture, CloudError, DeleteEnd, ErrorClass, ObjectError, Objects, PutEnd, Version, Versioned, When,
};

use crate::cloud::AwsCloud;
use crate::connect::endpoint_of;
use crate::session::Session;

const SERVICE: &str = "S3";
const GET: &str = "s3:GetObject";
const PUT: &str = "s3:PutObject";
const DELETE: &str = "s3:DeleteObject";
const LIST: &str = "s3:ListBucket";
const REGION_HEADER: &str = "x-amz-bucket-region";

/// The objects are small, and a run waits for each: an answer that has not come after this time is lost.
const ATTEMPT: Duration = Duration::from_secs(15);
const ATTEMPTS: u32 = 3;

impl AwsCloud {
    /// Objects under a prefix of a bucket, called with an account's credentials. Calls nothing yet.
    pub fn objects(&self, account: &str, bucket: &str, prefix: &str) -> Arc<dyn Objects> {
        let (scope, config) = self.connections.home(account);
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT);
        let timeouts = config
            .timeout_config()
            .map_or(timeouts.clone(), |outer| outer.to_builder().operation_attempt_timeout(ATTEMPT));
        let retry =
            RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(Duration::from_millis(100));
        let builder = Builder::from(&config)
            .timeout_config(timeouts.build())
            .retry_config(retry)
            // Another endpoint is as a rule an address, which cannot have the bucket for a subdomain.
            .force_path_style(endpoint_of(&config, SERVICE).is_some())
            // Signatures cover the body, and stores that only resemble S3 do not know these sums.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        let region = scope.region.clone();
        let client = Client::from_conf(builder.clone().build());
        Arc::new(Bucket {
            session: self.connections.session(&scope),
            builder,
            client: Mutex::new((client, region)),
            bucket: bucket.to_owned(),
            prefix: match prefix.trim_matches('/') {
                "" => String::new(),
                prefix => format!("{prefix}/"),
            },
        })
    }

    /// Where the objects of an account are, when not at AWS, in the words of [`AwsCloud::endpoints`].
    pub fn objects_endpoint(&self, account: &str) -> Option<String> {
        let (_, config) = self.connections.home(account);
        endpoint_of(&config, SERVICE).map(|url| format!("s3 at {url}"))
    }
}

/// A prefix of a bucket.
#[derive(Debug)]
struct Bucket {
    session: Session,
    builder: Builder,
    /// The client, and the region it calls: first the account's, then the bucket's.
    client: Mutex<(Client, String)>,
    bucket: String,
    /// Empty, or ending in `/`.
    prefix: String,
}

impl Bucket {
    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn client(&self) -> (Client, String) {
        self.client.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Calls from here on go to another region.
    fn move_to(&self, region: &str) {
        let config = self.builder.clone().region(Region::new(region.to_owned())).build();
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = (Client::from_conf(config), region.to_owned());
    }

    /// Makes a call, where the bucket is.
    async fn call<T, E, F>(&self, operation: &str, key: &str, call: impl Fn(Client) -> F) -> Result<T, ObjectError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        SdkError<E, HttpResponse>: RequestId,
    {
        self.session.check_credentials().await.map_err(|error| self.failure(key, error))?;
        let (client, region) = self.client();
        let error = match call(client).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let error = match bucket_region(&error) {
            Some(other) if other != region => {
                self.move_to(&other);
                match call(self.client().0).await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => error,
                }
            }
            _ => error,
        };
        Err(self.failure(key, self.session.error(operation, error)))
    }

    fn failure(&self, key: &str, error: CloudError) -> ObjectError {
        let help = match error.code.as_str() {
            "NoSuchBucket" => Some(format!("make the bucket {}, or correct the store in the spec", self.bucket)),
            "AccessDenied" => Some(format!(
                "allow {} to the credentials of account {}; a store needs s3:ListBucket on the bucket, and s3:GetObject, \
                 s3:PutObject and s3:DeleteObject on its objects",
                error.operation, error.scope.account
            )),
            _ => self.session.unread(&error).help,
        };
        let class = match error.code.as_str() {
            // Two wrote at the same time: AWS asks to try again.
            "ConditionalRequestConflict" | "OperationAborted" => ErrorClass::Busy,
            _ => error.class,
        };
        let CloudError { operation, code, message, request_id, .. } = error;
        ObjectError { class, operation, object: format!("{}/{key}", self.place()), code, message, request_id, help }
    }

    /// An answer that lacks what S3 always says.
    fn unreadable(&self, operation: &str, key: &str, message: String) -> ObjectError {
        self.failure(key, self.session.failure(ErrorClass::Unreadable, operation, "", message))
    }

    fn version(&self, operation: &str, key: &str, tag: Option<&str>) -> Result<Version, ObjectError> {
        let missing = || self.unreadable(operation, key, "the answer does not say which version it is of".to_owned());
        tag.map(|tag| Version(tag.to_owned())).ok_or_else(missing)
    }

    async fn get(&self, key: &str) -> Result<Option<Versioned>, ObjectError> {
        let answer = self.call(GET, key, |client| client.get_object().bucket(&self.bucket).key(self.key(key)).send());
        let answer = match answer.await {
            Ok(answer) => answer,
            Err(error) if error.code == "NoSuchKey" => return Ok(None),
            Err(error) => return Err(error),
        };
        let version = self.version(GET, key, answer.e_tag())?;
        let bytes = answer.body.collect().await.map_err(|error| self.unreadable(GET, key, error.to_string()))?;
        Ok(Some((bytes.to_vec(), version)))
    }

    async fn put(&self, key: &str, bytes: Vec<u8>, when: When) -> Result<PutEnd, ObjectError> {
        let answer = self.call(PUT, key, |client| {
            let put = client.put_object().bucket(&self.bucket).key(self.key(key)).body(bytes.clone().into());
            match &when {
                When::Always => put,
                When::Absent => put.if_none_match("*"),
                When::Is(version) => put.if_match(&version.0),
            }
            .send()
        });
        match answer.await {
            Ok(answer) => self.version(PUT, key, answer.e_tag()).map(PutEnd::Done),
            Err(error) if did_not_hold(&error) => Ok(PutEnd::Conflict),
            Err(error) => Err(error),
        }
    }

    async fn delete(&self, key: &str, when: When) -> Result<DeleteEnd, ObjectError> {
        let tag = match when {
            When::Always => None,
            When::Is(version) => Some(version.0),
            // What is not there cannot be deleted.
            When::Absent => return Ok(DeleteEnd::Conflict),
        };
        let answer = self.call(DELETE, key, |client| {
            client.delete_object().bucket(&self.bucket).key(self.key(key)).set_if_match(tag.clone()).send()
        });
        match answer.await {
            Ok(_) => Ok(DeleteEnd::Done),
            Err(error) if did_not_hold(&error) => Ok(DeleteEnd::Conflict),
            Err(error) => Err(error),
        }
    }

    /// Every page of a listing.
    async fn pages(&self, prefix: &str, delimiter: Option<&str>) -> Result<Vec<ListObjectsV2Output>, ObjectError> {
        let (mut pages, mut token): (Vec<ListObjectsV2Output>, Option<String>) = (Vec::new(), None);
        loop {
            let page = self.call(LIST, prefix, |client| {
                let list = client.list_objects_v2().bucket(&self.bucket).prefix(self.key(prefix));
                list.set_delimiter(delimiter.map(str::to_owned)).set_continuation_token(token.clone()).send()
            });
            let page = page.await?;
            token = page.next_continuation_token().map(str::to_owned);
            pages.push(page);
            if token.is_none() {
                return Ok(pages);
            }
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, ObjectError> {
        let pages = self.pages(prefix, None).await?;
        let keys = pages.iter().flat_map(ListObjectsV2Output::contents).filter_map(|object| object.key());
        Ok(keys.filter_map(|key| key.strip_prefix(&self.prefix)).map(str::to_owned).collect())
    }

    async fn folders(&self, prefix: &str) -> Result<Vec<String>, ObjectError> {
        let (pages, full) = (self.pages(prefix, Some("/")).await?, self.key(prefix));
        let folders = pages.iter().flat_map(ListObjectsV2Output::common_prefixes).filter_map(|folder| folder.prefix());
        let names = folders.filter_map(|folder| folder.strip_prefix(&full)?.strip_suffix('/'));
        // S3 sorts them with their slash, which comes after the hyphen.
        Ok(names.map(str::to_owned).collect::<BTreeSet<String>>().into_iter().collect())
    }
}

/// Whether a condition did not hold. S3 has a status of its own for it, and says of some objects that they are not there.
fn did_not_hold(error: &ObjectError) -> bool {
    matches!(error.code.as_str(), "PreconditionFailed" | "NoSuchKey")
}

/// The region that S3 says a bucket is in, when it was looked for in the wrong one.
fn bucket_region<E>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    let answer = error.raw_response().filter(|answer| matches!(answer.status().as_u16(), 301 | 307 | 400))?;
    answer.headers().get(REGION_HEADER).map(str::to_owned)
}

impl Objects for Bucket {
    fn place(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix).trim_end_matches('/').to_owned()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Versioned>, ObjectError>> {
        Box::pin(Bucket::get(self, key))
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, when: When) -> BoxFuture<'a, Result<PutEnd, ObjectError>> {
        Box::pin(Bucket::put(self, key, bytes, when))
    }

    fn delete<'a>(&'a self, key: &'a str, when: When) -> BoxFuture<'a, Result<DeleteEnd, ObjectError>> {
        Box::pin(Bucket::delete(self, key, when))
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, ObjectError>> {
        Box::pin(Bucket::list(self, prefix))
    }

    fn folders<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, ObjectError>> {
        Box::pin(Bucket::folders(self, prefix))
    }
}
