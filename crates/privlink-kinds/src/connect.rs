//! How sessions come to be: configuration, credentials, one HTTP client, and the endpoints calls go to.
//!
//! Owns: turning the spec's accounts into SDK configurations; time limits; saying aloud when calls go elsewhere than AWS.
//! Refuses to know: any kind, any operation.
//! Read next: `session` for what comes out, `credentials` for how they are kept.
//!
//! **Invariant:** one HTTP client, and so one pool of connections, serves all accounts, regions and services; credentials
//! and retry budgets are never shared between accounts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ec2::config::StalledStreamProtectionConfig;
use aws_sdk_ec2::config::retry::{RetryConfig, RetryPartition};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::service_config::ServiceConfigKey;
use privlink_model::{Access, Account, Role, Scope, Service};
use tokio::sync::OnceCell;

use crate::credentials::Kept;
use crate::limiter::{Limited, Limiter};
use crate::nulls::without_nulls;
use crate::session::{Clients, Session};
use crate::shared_reads::lanes::Lanes;
use crate::throttle::RepeatedAlready;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// Requests in flight, all accounts together, unless asked otherwise.
const PARALLELISM: usize = 64;
/// Where STS and the loader are when no account says: the loader would otherwise ask the machine's metadata service.
const FALLBACK_REGION: &str = "us-east-1";

/// What every call says that makes it, so that an account's log tells ours from those of others.
pub(crate) const APPLICATION: &str = "privlink";

/// What connecting takes.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// The accounts of the spec.
    pub accounts: Vec<Account>,
    /// The project, whose tags say what is ours.
    pub project: String,
    /// Where every service is, when not at AWS.
    pub endpoint: Option<String>,
    /// Key id and secret to use instead of those that the environment holds.
    pub credentials: Option<(String, String)>,
    /// How many times faster than AWS's the quotas are: the speed of a sandbox, otherwise one.
    pub time_scale: f64,
    /// How many requests may be in flight; none for a sane default.
    pub parallelism: Option<usize>,
}

/// All accounts, ready to be entered.
#[derive(Debug)]
pub(crate) struct Connections {
    accounts: BTreeMap<String, Entrance>,
    /// For scopes of accounts the spec does not name: the ambient credentials.
    ambient: Entrance,
    http: SharedHttpClient,
    pub(crate) limiter: Arc<Limiter>,
    project: String,
    sessions: Mutex<HashMap<Scope, Session>>,
}

/// One account's configuration.
#[derive(Debug, Clone)]
struct Entrance {
    account: Arc<Account>,
    config: SdkConfig,
    identity: Arc<OnceCell<String>>,
}

impl Entrance {
    fn new(account: Account, config: SdkConfig) -> Self {
        Self { account: Arc::new(account), config: keep_credentials(config), identity: Arc::default() }
    }
}

impl Connections {
    /// Reads the configuration of the environment and prepares each account. Calls nothing.
    pub(crate) async fn open(options: ConnectOptions) -> Self {
        let limiter = Arc::new(Limiter::new(options.time_scale, options.parallelism.unwrap_or(PARALLELISM)));
        let http = http_client();
        let region = options.accounts.first().map_or(FALLBACK_REGION, |account| account.region.as_str()).to_owned();
        let loader = || loader(&http, &region, &options);
        let base = loader().load().await;
        let mut profiles: BTreeMap<String, SdkConfig> = BTreeMap::new();
        let mut accounts = BTreeMap::new();
        for account in &options.accounts {
            let config = match &account.access {
                Access::Ambient => base.clone(),
                Access::Profile(name) => match profiles.get(name) {
                    Some(config) => config.clone(),
                    None => {
                        let mut loader = loader().profile_name(name);
                        if options.credentials.is_none() {
                            loader = loader.credentials_provider(profile(&http, &region, name));
                        }
                        let config = loader.load().await;
                        profiles.insert(name.clone(), config.clone());
                        config
                    }
                },
                Access::Role(role) => {
                    let sts = Limited {
                        inner: http.clone(),
                        limiter: limiter.clone(),
                        scope: Scope::new(&account.id, &account.region),
                        service: Service::Sts,
                    };
                    assume(&base, sts, role, &account.region).await
                }
            };
            accounts.entry(account.id.clone()).or_insert_with(|| Entrance::new(account.clone(), config));
        }
        let ambient = Account { name: String::new(), id: String::new(), region, access: Access::Ambient };
        let ambient = Entrance::new(ambient, base);
        let sessions = Mutex::default();
        Self { accounts, ambient, http, limiter, project: options.project, sessions }
    }

    /// The session of a scope, made when first asked for.
    pub(crate) fn session(&self, scope: &Scope) -> Session {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = sessions.get(scope) {
            return session.clone();
        }
        let entrance = self.accounts.get(&scope.account).unwrap_or(&self.ambient);
        let session = self.enter(scope, entrance);
        sessions.insert(scope.clone(), session.clone());
        session
    }

    fn enter(&self, scope: &Scope, entrance: &Entrance) -> Session {
        let config = |service: Service| {
            let http =
                Limited { inner: self.http.clone(), limiter: self.limiter.clone(), scope: scope.clone(), service };
            entrance.config.to_builder().region(Region::new(scope.region.clone())).http_client(http).build()
        };
        // The SDK's own partitions are shared by all accounts: one that fails would take the others' retries away.
        let partition = |service: &str| RetryPartition::new(format!("{scope}/{service}"));
        let retry = retries();
        let ec2 = aws_sdk_ec2::config::Builder::from(&config(Service::Ec2))
            .retry_config(retry.clone())
            .retry_partition(partition("ec2"))
            .retry_classifier(RepeatedAlready)
            .build();
        let elb = aws_sdk_elasticloadbalancingv2::config::Builder::from(&config(Service::Elb))
            .retry_config(retry.clone())
            .retry_partition(partition("elb"))
            .retry_classifier(RepeatedAlready)
            .build();
        let gateway = config(Service::ApiGateway);
        let mut reads = aws_sdk_apigateway::config::Builder::from(&gateway)
            .retry_config(retry)
            .retry_partition(partition("apigateway"))
            .retry_classifier(RepeatedAlready);
        reads.set_http_client(gateway.http_client().map(without_nulls));
        let writes = aws_sdk_apigateway::config::Builder::from(&gateway).retry_config(RetryConfig::disabled()).build();
        let clients = Clients {
            ec2: aws_sdk_ec2::Client::from_conf(ec2),
            elb: aws_sdk_elasticloadbalancingv2::Client::from_conf(elb),
            api_gateway: aws_sdk_apigateway::Client::from_conf(writes),
            api_gateway_reads: aws_sdk_apigateway::Client::from_conf(reads.build()),
            sts: aws_sdk_sts::Client::new(&config(Service::Sts)),
        };
        // `keep_credentials` has put one there; without any, the SDK's calls fail in the same words.
        let credentials = entrance.config.credentials_provider().unwrap_or_else(|| {
            SharedCredentialsProvider::new(aws_config::environment::EnvironmentVariableCredentialsProvider::new())
        });
        Session {
            scope: scope.clone(),
            account: entrance.account.clone(),
            project: self.project.clone(),
            credentials,
            identity: entrance.identity.clone(),
            endpoints: overrides(&entrance.config).into(),
            clients: Arc::new(clients),
            shared: Arc::new(Lanes::new(self.limiter.speed())),
        }
    }

    /// Where an account is at home, and the configuration with which a service is called that has no line of its own.
    pub(crate) fn home(&self, account: &str) -> (Scope, SdkConfig) {
        let entrance = self.accounts.get(account).unwrap_or(&self.ambient);
        let region = entrance.account.region.clone();
        (Scope::new(account, &region), entrance.config.to_builder().region(Region::new(region)).build())
    }

    /// The configuration with which a scope's calls of a service are made that most runs never ask for.
    fn seldom(&self, scope: &Scope, service: Service) -> SdkConfig {
        let entrance = self.accounts.get(&scope.account).unwrap_or(&self.ambient);
        let (inner, limiter) = (self.http.clone(), self.limiter.clone());
        let http = Limited { inner, limiter, scope: scope.clone(), service };
        let region = Region::new(scope.region.clone());
        entrance.config.to_builder().region(region).http_client(http).build()
    }

    /// The IAM client of a scope, made when it is asked for.
    pub(crate) fn iam(&self, scope: &Scope) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(&self.seldom(scope, Service::Iam))
            .retry_config(wishes())
            .retry_partition(RetryPartition::new(format!("{scope}/iam")))
            .retry_classifier(RepeatedAlready)
            .build();
        aws_sdk_iam::Client::from_conf(config)
    }

    /// The CloudTrail client of a scope, made when it is asked for.
    pub(crate) fn cloud_trail(&self, scope: &Scope) -> aws_sdk_cloudtrail::Client {
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.seldom(scope, Service::CloudTrail))
            .retry_config(wishes())
            .retry_partition(RetryPartition::new(format!("{scope}/cloudtrail")))
            .retry_classifier(RepeatedAlready)
            .build();
        aws_sdk_cloudtrail::Client::from_conf(config)
    }

    /// The EventBridge client of a scope, made when it is asked for.
    pub(crate) fn event_bridge(&self, scope: &Scope) -> aws_sdk_eventbridge::Client {
        let config = aws_sdk_eventbridge::config::Builder::from(&self.seldom(scope, Service::EventBridge))
            .retry_config(retries())
            .retry_partition(RetryPartition::new(format!("{scope}/events")))
            .retry_classifier(RepeatedAlready)
            .build();
        aws_sdk_eventbridge::Client::from_conf(config)
    }

    /// Every place other than AWS that calls go to, such as `ec2 at http://127.0.0.1:4566`.
    pub(crate) fn endpoints(&self) -> Vec<String> {
        let configs = self.accounts.values().chain([&self.ambient]).map(|entrance| &entrance.config);
        configs.flat_map(overrides).collect::<BTreeSet<String>>().into_iter().collect()
    }
}

/// One client, one pool of connections.
fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .pool_max_idle_per_host(16)
        .build_https()
}

/// What the SDK repeats: lost connections and failures inside AWS; throttles are the limiter's. Its own first pause is a
/// second: long for a person who waits for a plan.
fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(5)
        .with_initial_backoff(Duration::from_millis(100))
        .with_max_backoff(Duration::from_secs(5))
}

/// The same for what is only a wish: where a service is out of reach, as IAM is from some private networks, nobody is to wait
/// long for it.
fn wishes() -> RetryConfig {
    retries().with_max_attempts(2)
}

fn loader(http: &SharedHttpClient, region: &str, options: &ConnectOptions) -> ConfigLoader {
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .timeout_config(timeouts)
        .retry_config(retries())
        // It would take a request that waits for its quota for a stalled one.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .region(Region::new(region.to_owned()));
    if let Ok(name) = AppName::new(APPLICATION) {
        loader = loader.app_name(name);
    }
    if let Some(endpoint) = &options.endpoint {
        // Set on the loader it beats `AWS_ENDPOINT_URL`; set later it would not.
        loader = loader.endpoint_url(endpoint);
    }
    if let Some((id, secret)) = &options.credentials {
        loader = loader.credentials_provider(Credentials::new(id, secret, None, None, "given"));
    }
    loader
}

/// The credentials of a profile and of nothing else: the loader's own chain would take those of the environment before it,
/// though the spec names the profile.
fn profile(http: &SharedHttpClient, region: &str, name: &str) -> ProfileFileCredentialsProvider {
    let config = ProviderConfig::without_region()
        .with_region(Some(Region::new(region.to_owned())))
        .with_http_client(http.clone());
    ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build()
}

/// The configuration of an account that is entered through a role.
async fn assume(base: &SdkConfig, sts: Limited, role: &Role, region: &str) -> SdkConfig {
    let through = base.to_builder().http_client(sts).build();
    let mut provider = AssumeRoleProvider::builder(&role.arn)
        .configure(&through)
        .region(Region::new(region.to_owned()))
        .session_name(&role.session_name);
    if let Some(external_id) = &role.external_id {
        provider = provider.external_id(external_id);
    }
    let provider = SharedCredentialsProvider::new(provider.build().await);
    base.to_builder().credentials_provider(provider).build()
}

fn keep_credentials(config: SdkConfig) -> SdkConfig {
    match config.credentials_provider() {
        Some(provider) => {
            config.to_builder().credentials_provider(SharedCredentialsProvider::new(Kept::new(provider))).build()
        }
        None => config,
    }
}

/// The endpoints a configuration sets, by hand, by environment or by profile.
fn overrides(config: &SdkConfig) -> Vec<String> {
    if config.get_origin("endpoint_url").is_client_config() {
        return config.endpoint_url().map(|url| format!("all services at {url}")).into_iter().collect();
    }
    let services = [
        ("EC2", "ec2"),
        ("Elastic Load Balancing v2", "elasticloadbalancing"),
        ("API Gateway", "apigateway"),
        ("STS", "sts"),
        ("IAM", "iam"),
        ("CloudTrail", "cloudtrail"),
        ("EventBridge", "events"),
    ];
    services.iter().filter_map(|(id, name)| Some(format!("{name} at {}", endpoint_of(config, id)?))).collect()
}

/// The endpoint that a configuration sets for a service, by the name the SDK has for it.
pub(crate) fn endpoint_of(config: &SdkConfig, service: &'static str) -> Option<String> {
    if config.get_origin("endpoint_url").is_client_config() {
        return config.endpoint_url().map(str::to_owned);
    }
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let own = key.ok().and_then(|key| config.service_config()?.load_config(key));
    own.or_else(|| config.endpoint_url().map(str::to_owned))
}
