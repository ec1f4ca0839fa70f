//! VPC links, REST APIs, their definitions, deployments and stages.

use privlink_model::keys::api_definition::{integration, method};
use privlink_model::keys::{api_definition, deployment, load_balancer, rest_api, stage, vpc_link};
use privlink_model::{Attr, Attrs, ErrorClass, Value};

use crate::bench::{Bench, GROUP, REGION, SUBNET_A, VPC, text};

const DIGEST: &str = "0123456789abcdef";

fn api_attrs() -> Attrs {
    Attrs::new()
        .with(&rest_api::NAME, "orders".to_owned())
        .with(&rest_api::DESCRIPTION, "Orders.".to_owned())
        .with(&rest_api::ENDPOINT_TYPE, "PRIVATE".to_owned())
}

fn policy(vpce: &str) -> Value {
    let statement = |effect: &str| {
        vec![
            ("Effect", text(effect)),
            ("Principal", text("*")),
            ("Action", text("execute-api:Invoke")),
            ("Resource", text("execute-api:/*")),
        ]
    };
    let mut deny = statement("Deny");
    let condition = Value::map([("aws:SourceVpce", Value::List(vec![text(vpce)]))]);
    deny.push(("Condition", Value::map([("StringNotEquals", condition)])));
    let statements = vec![Value::map(statement("Allow")), Value::map(deny)];
    Value::map([("Version", text("2012-10-17")), ("Statement", Value::List(statements))])
}

fn proxy(link: &str) -> Value {
    let parameters = Value::map([("integration.request.path.proxy", text("method.request.path.proxy"))]);
    Value::map([
        (integration::TYPE, text("HTTP_PROXY")),
        (integration::METHOD, text("ANY")),
        (integration::URI, text("http://orders.internal:9000/{proxy}")),
        (integration::VPC_LINK, text(link)),
        (integration::PARAMETERS, parameters),
        (integration::PASSTHROUGH, text("WHEN_NO_MATCH")),
        (integration::TIMEOUT_MS, Value::Int(29_000)),
    ])
}

fn preflight(parameters: &[&str]) -> Value {
    let headers = ["Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Allow-Origin"];
    let values = headers.map(|name| (format!("method.response.header.{name}"), text("'*'")));
    let mock = Value::map([
        (integration::TYPE, text("MOCK")),
        (integration::PASSTHROUGH, text("NEVER")),
        (integration::TEMPLATES, Value::map([("application/json", text("{\"statusCode\":200}"))])),
        (integration::RESPONSES, Value::map([("200", Value::map(values))])),
    ]);
    let responses = Value::map([("200", Value::map([("headers", Value::text_set(headers))]))]);
    Value::map([
        (method::AUTHORIZATION, text("NONE")),
        (method::PATH_PARAMETERS, Value::text_set(parameters.iter().copied())),
        (method::INTEGRATION, mock),
        (method::RESPONSES, responses),
    ])
}

fn paths(link: &str, authorization: &str) -> Value {
    let mut root = proxy(link);
    if let Value::Map(root) = &mut root {
        root.remove(integration::PARAMETERS);
        root.insert(integration::URI.into(), text("http://orders.internal:9000/"));
    }
    let at_root = Value::map([
        ("ANY", Value::map([(method::AUTHORIZATION, text(authorization)), (method::INTEGRATION, root)])),
        ("OPTIONS", preflight(&[])),
    ]);
    let any = Value::map([
        (method::AUTHORIZATION, text(authorization)),
        (method::API_KEY, Value::Bool(false)),
        (method::PATH_PARAMETERS, Value::text_set(["proxy"])),
        (method::INTEGRATION, proxy(link)),
    ]);
    let below = Value::map([("ANY", any), ("OPTIONS", preflight(&["proxy"]))]);
    Value::map([("/", at_root), ("/{proxy+}", below)])
}

fn definition(api: &str, paths: Value, vpce: &str) -> Attrs {
    Attrs::new()
        .with(&api_definition::API, api.to_owned())
        .with(&api_definition::NAME, "orders".to_owned())
        .with(&api_definition::DESCRIPTION, "Orders.".to_owned())
        .with(&api_definition::POLICY, policy(vpce))
        .with(&api_definition::ENDPOINTS, vec![vpce.to_owned()])
        .with(&api_definition::PATHS, paths)
}

/// An execute-api endpoint, made past privlink's kinds.
async fn execute_api_endpoint(bench: &Bench) -> String {
    use aws_sdk_ec2::config::{BehaviorVersion, Config, Credentials, Region};
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(bench.sandbox.url())
        .credentials_provider(Credentials::new("AKIDSANDBOX", "secret", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let made = aws_sdk_ec2::Client::from_conf(config)
        .create_vpc_endpoint()
        .vpc_endpoint_type(aws_sdk_ec2::types::VpcEndpointType::Interface)
        .vpc_id(VPC)
        .service_name(format!("com.amazonaws.{REGION}.execute-api"))
        .subnet_ids(SUBNET_A)
        .security_group_ids(GROUP)
        .send()
        .await
        .unwrap();
    made.vpc_endpoint().unwrap().vpc_endpoint_id().unwrap().to_owned()
}

async fn link(bench: &Bench) -> (String, String) {
    let balancer = bench.load_balancer("pl-shop-hub").await;
    let attrs =
        Attrs::new().with(&vpc_link::NAME, "pl-shop-hub".to_owned()).with(&vpc_link::LOAD_BALANCER, balancer.clone());
    (balancer, bench.create(vpc_link::KIND, "link/hub", attrs).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vpc_link_from_beginning_to_end() {
    let bench = Bench::start().await;
    let (balancer, id) = link(&bench).await;
    let mut attrs =
        Attrs::new().with(&vpc_link::NAME, "pl-shop-hub".to_owned()).with(&vpc_link::LOAD_BALANCER, balancer.clone());
    bench.shows(vpc_link::KIND, "link/hub", &attrs).await;
    attrs.set(&vpc_link::NAME, "pl-shop-centre".to_owned());
    bench.update(vpc_link::KIND, &id, Attrs::new().with(&vpc_link::NAME, "pl-shop-centre".to_owned())).await;
    bench.shows(vpc_link::KIND, "link/hub", &attrs).await;

    let busy = bench.try_delete(load_balancer::KIND, &balancer).await.unwrap_err();
    assert_eq!(busy.class, ErrorClass::Busy, "{busy}");
    bench.delete(vpc_link::KIND, &id, Attrs::new()).await;
    assert_eq!(bench.list(vpc_link::KIND).await, []);
    assert_eq!(bench.read(vpc_link::KIND, &id, &Attrs::new()).await, None);
    bench.try_delete(vpc_link::KIND, &id).await.unwrap();
    bench.delete(load_balancer::KIND, &balancer, Attrs::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_from_beginning_to_end() {
    let bench = Bench::start().await;
    let id = bench.create(rest_api::KIND, "api/orders", api_attrs()).await;
    let mut attrs = api_attrs();
    bench.shows(rest_api::KIND, "api/orders", &attrs).await;
    attrs.set(&rest_api::NAME, "orders-2".to_owned()).set(&rest_api::DESCRIPTION, "More orders.".to_owned());
    let changed = Attrs::new()
        .with(&rest_api::NAME, "orders-2".to_owned())
        .with(&rest_api::DESCRIPTION, "More orders.".to_owned());
    bench.update(rest_api::KIND, &id, changed).await;
    bench.shows(rest_api::KIND, "api/orders", &attrs).await;
    bench.delete(rest_api::KIND, &id, Attrs::new()).await;
    bench.try_delete(rest_api::KIND, &id).await.unwrap();
    assert_eq!(bench.read(rest_api::KIND, &id, &Attrs::new()).await, None);
    assert_eq!(bench.list(rest_api::KIND).await, []);
    assert_eq!(bench.list(api_definition::KIND).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_of_a_definition_is_what_is_read_back() {
    let bench = Bench::start().await;
    let vpce = execute_api_endpoint(&bench).await;
    let (_, link) = link(&bench).await;
    let api = bench.create(rest_api::KIND, "api/orders", api_attrs()).await;
    let empty = bench.list(api_definition::KIND).await;
    assert_eq!(empty[0].attrs.read(&api_definition::PATHS).unwrap(), Value::map::<String>([]));

    let address = "api/orders/api-definition/definition";
    let mut attrs = definition(&api, paths(&link, "AWS_IAM"), &vpce);
    bench.create(api_definition::KIND, "api/orders/definition", attrs.clone()).await;
    bench.shows(api_definition::KIND, address, &attrs).await;

    // Routes change: all is written again, and nothing else is lost.
    attrs.set(&api_definition::PATHS, paths(&link, "NONE"));
    bench.update(api_definition::KIND, &api, Attrs::new().with(&api_definition::PATHS, paths(&link, "NONE"))).await;
    bench.shows(api_definition::KIND, address, &attrs).await;
    // The API is still ours, under its own tags.
    bench.shows(rest_api::KIND, "api/orders", &api_attrs()).await;

    let puts = || count(&bench, "PutRestApi");
    let before = puts();
    attrs.set(&api_definition::POLICY, policy("vpce-00000000"));
    bench.update(api_definition::KIND, &api, Attrs::new().with(&api_definition::POLICY, policy("vpce-00000000"))).await;
    bench.shows(api_definition::KIND, address, &attrs).await;
    bench.update(api_definition::KIND, &api, Attrs::new().with(&api_definition::ENDPOINTS, Vec::new())).await;
    attrs.remove(api_definition::ENDPOINTS.key());
    bench.shows(api_definition::KIND, address, &attrs).await;
    bench.update(api_definition::KIND, &api, Attrs::new().with(&api_definition::ENDPOINTS, vec![vpce.clone()])).await;
    attrs.set(&api_definition::ENDPOINTS, vec![vpce]);
    let observed = bench.shows(api_definition::KIND, address, &attrs).await;
    assert_eq!(puts(), before, "what a patch can change is patched");

    // What was read can be written back as it is: that is what undo does.
    bench.update(api_definition::KIND, &api, Attrs::new().with(&api_definition::PATHS, Value::map::<String>([]))).await;
    bench.update(api_definition::KIND, &api, observed.attrs.clone()).await;
    let again = bench.shows(api_definition::KIND, address, &attrs).await;
    assert_eq!(again.digest(), observed.digest());

    bench.delete(api_definition::KIND, &api, observed.attrs).await;
    let listed = bench.list(api_definition::KIND).await;
    assert_eq!(listed[0].attrs, empty[0].attrs);
}

fn count(bench: &Bench, operation: &str) -> u64 {
    let requests = bench.sandbox.requests();
    requests.iter().filter(|(name, _)| name.contains(operation)).map(|(_, count)| count).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_added_by_hand_shows_with_all_it_has() {
    let bench = Bench::start().await;
    let api = bench.create(rest_api::KIND, "api/orders", api_attrs()).await;
    let foreign = Value::map([
        (integration::TYPE, text("HTTP")),
        (integration::METHOD, text("GET")),
        (integration::URI, text("https://example.com/")),
        ("tlsConfig", Value::map([("insecureSkipVerification", Value::Bool(true))])),
        ("cacheKeyParameters", Value::List(vec![text("method.request.querystring.page")])),
        (
            integration::RESPONSES,
            Value::map([
                ("200", Value::map([("responseTemplates", Value::map([("application/json", text("{}"))]))])),
                ("500", Value::map([("selectionPattern", text("5\\d\\d"))])),
            ]),
        ),
    ]);
    let by_hand = Value::map([
        ("operationName", text("list")),
        (method::API_KEY, Value::Bool(true)),
        ("requestParameters", Value::map([("method.request.querystring.page", Value::Bool(true))])),
        (method::INTEGRATION, foreign),
        (method::RESPONSES, Value::map([("200", Value::map::<String>([])), ("500", Value::map::<String>([]))])),
    ]);
    let paths = Value::map([("/by-hand", Value::map([("GET", by_hand)]))]);
    let attrs = Attrs::new()
        .with(&api_definition::API, api.clone())
        .with(&api_definition::NAME, "orders".to_owned())
        .with(&api_definition::PATHS, paths);
    bench.create(api_definition::KIND, "api/orders/definition", attrs.clone()).await;
    bench.shows(api_definition::KIND, "api/orders/api-definition/definition", &attrs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_the_gateways_own_is_read_wiped_and_written_back() {
    let bench = Bench::start().await;
    let (kind, address) = (api_definition::KIND, "api/orders/api-definition/definition");
    let api = bench.create(rest_api::KIND, "api/orders", api_attrs()).await;
    let plain = Attrs::new()
        .with(&api_definition::API, api.clone())
        .with(&api_definition::NAME, "orders".to_owned())
        .with(&api_definition::PATHS, Value::map([("/", Value::map([("OPTIONS", preflight(&[]))]))]));
    bench.create(kind, "api/orders/definition", plain.clone()).await;
    bench.shows(kind, address, &plain).await;

    let settings = Attr::<Value>::new("settings");
    let busy = Value::map([
        ("statusCode", text("503")),
        ("responseParameters", Value::map([("gatewayresponse.header.Retry-After", text("'5'"))])),
        ("responseTemplates", Value::map([("application/json", text("{}")), ("application/xml", text("<busy/>"))])),
    ]);
    let all = Value::map([("responseTemplates", Value::map([("application/json", text("{\"failed\":true}"))]))]);
    let given = Value::map([("gatewayResponses", Value::map([("THROTTLED", busy), ("DEFAULT_5XX", all)]))]);
    let attrs = plain.clone().with(&settings, given.clone());
    bench.update(kind, &api, Attrs::new().with(&settings, given.clone())).await;
    bench.shows(kind, address, &attrs).await;
    bench.update(kind, &api, Attrs::new().with(&settings, Value::map::<String>([]))).await;
    bench.shows(kind, address, &plain).await;
    bench.update(kind, &api, Attrs::new().with(&settings, given)).await;
    bench.shows(kind, address, &attrs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_template_which_aws_answers_as_null_is_read_as_empty() {
    let bench = Bench::start().await;
    let api = bench.create(rest_api::KIND, "api/orders", api_attrs()).await;
    let empty = || Value::map([("application/json", text(""))]);
    let mock = Value::map([
        (integration::TYPE, text("MOCK")),
        (integration::TEMPLATES, empty()),
        (integration::RESPONSES, Value::map([("200", Value::map([("responseTemplates", empty())]))])),
    ]);
    let responses = Value::map([("200", Value::map::<String>([]))]);
    let get = Value::map([(method::INTEGRATION, mock), (method::RESPONSES, responses)]);
    let attrs = Attrs::new()
        .with(&api_definition::API, api)
        .with(&api_definition::NAME, "orders".to_owned())
        .with(&api_definition::PATHS, Value::map([("/", Value::map([("GET", get)]))]));
    bench.create(api_definition::KIND, "api/orders/definition", attrs.clone()).await;
    bench.shows(api_definition::KIND, "api/orders/api-definition/definition", &attrs).await;
}

/// Settings of a stage that privlink never makes.
fn settings_by_hand(deployment: &str) -> Attrs {
    let canary = Value::map([
        ("deploymentId", text(deployment)),
        ("percentTraffic", text("12.5")),
        ("stageVariableOverrides", Value::map([("color", text("red"))])),
        ("useStageCache", Value::Bool(true)),
    ]);
    let settings = Value::map([
        ("description", text("by hand")),
        ("variables", Value::map([("color", text("blue"))])),
        ("tracingEnabled", Value::Bool(true)),
        ("cacheClusterSize", text("0.5")),
        ("canarySettings", canary),
    ]);
    let throttled = Value::map([("throttlingRateLimit", text("10")), ("metricsEnabled", Value::Bool(true))]);
    // Whatever holds for all, the root has AWS's defaults but for caching.
    let cached = Value::map([
        ("cacheDataEncrypted", Value::Bool(false)),
        ("cacheTtlInSeconds", Value::Int(300)),
        ("cachingEnabled", Value::Bool(true)),
        ("dataTraceEnabled", Value::Bool(false)),
        ("loggingLevel", text("OFF")),
        ("metricsEnabled", Value::Bool(false)),
        ("requireAuthorizationForCacheControl", Value::Bool(true)),
        ("throttlingBurstLimit", Value::Int(5000)),
        ("throttlingRateLimit", text("10000")),
        ("unauthorizedCacheControlHeaderStrategy", text("SUCCEED_WITH_RESPONSE_HEADER")),
    ]);
    Attrs::new()
        .with(&Attr::new("settings"), settings)
        .with(&Attr::new("method-settings"), Value::map([("*/*", throttled), ("~1/GET", cached)]))
}

#[tokio::test(flavor = "multi_thread")]
async fn deployments_and_stages() {
    let bench = Bench::start().await;
    let vpce = execute_api_endpoint(&bench).await;
    let (_, link) = link(&bench).await;
    let api = bench.create(rest_api::KIND, "api/orders", api_attrs()).await;
    let deployed =
        |digest: &str| Attrs::new().with(&deployment::API, api.clone()).with(&deployment::DIGEST, digest.to_owned());
    assert_eq!(bench.list(deployment::KIND).await, []);
    let refused = bench.try_create(deployment::KIND, deployed(DIGEST)).await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::Refused, "a private API without a policy: {refused}");

    let attrs = definition(&api, paths(&link, "NONE"), &vpce);
    bench.create(api_definition::KIND, "api/orders/definition", attrs.clone()).await;
    let first = bench.create(deployment::KIND, "api/orders/deployment", deployed(DIGEST)).await;
    bench.shows(deployment::KIND, &format!("api/orders/deployment/{first}"), &deployed(DIGEST)).await;

    let staged = |deployment: &str| {
        Attrs::new()
            .with(&stage::API, api.clone())
            .with(&stage::NAME, "test".to_owned())
            .with(&stage::DEPLOYMENT, deployment.to_owned())
    };
    let id = bench.create(stage::KIND, "api/orders/stage/test", staged(&first)).await;
    assert_eq!(id, format!("{api}/test"));
    bench.shows(stage::KIND, "api/orders/stage/test", &staged(&first)).await;
    let taken = bench.try_create(stage::KIND, staged(&first)).await.unwrap_err();
    assert_eq!(taken.class, ErrorClass::Refused, "{taken}");

    // What somebody sets by hand is seen and goes, and one call each brings it there and back.
    let patches = || count(&bench, "UpdateStage");
    let before = patches();
    let by_hand = settings_by_hand(&first);
    bench.update(stage::KIND, &id, by_hand.clone()).await;
    let mut set = staged(&first);
    set.merge(&by_hand);
    bench.shows(stage::KIND, "api/orders/stage/test", &set).await;
    let none = by_hand.iter().map(|(key, _)| (key.clone(), Value::map::<String>([]))).collect();
    bench.update(stage::KIND, &id, none).await;
    bench.shows(stage::KIND, "api/orders/stage/test", &staged(&first)).await;
    assert_eq!(patches() - before, 2);

    // Made again it has what a create can say.
    let settings = Attr::<Value>::new("settings");
    let again = staged(&first).with(&settings, by_hand.read(&settings).unwrap());
    bench.delete(stage::KIND, &id, Attrs::new()).await;
    bench.create(stage::KIND, "api/orders/stage/test", again.clone()).await;
    bench.shows(stage::KIND, "api/orders/stage/test", &again).await;
    bench.update(stage::KIND, &id, Attrs::new().with(&settings, Value::map::<String>([]))).await;

    // A stage made by hand is the API's.
    let mut extra = staged(&first);
    extra.set(&stage::NAME, "extra".to_owned());
    let extra = bench.try_create(stage::KIND, extra).await.unwrap().id;
    let listed = bench.list(stage::KIND).await;
    let owners: Vec<&str> = listed.iter().map(|one| one.address().unwrap().as_str()).collect();
    assert_eq!(owners, ["api/orders/stage/extra", "api/orders/stage/test"]);
    bench.delete(stage::KIND, &extra, Attrs::new()).await;

    let second = bench.create(deployment::KIND, "api/orders/deployment", deployed("fedcba9876543210")).await;
    let newest = format!("api/orders/deployment/{second}");
    bench.shows(deployment::KIND, &newest, &deployed("fedcba9876543210")).await;
    bench.update(stage::KIND, &id, Attrs::new().with(&stage::DEPLOYMENT, second.clone())).await;
    bench.shows(stage::KIND, "api/orders/stage/test", &staged(&second)).await;

    // What a stage runs cannot be deleted, nor the link that it names.
    let busy = bench.try_delete_of(deployment::KIND, &second, deployed("fedcba9876543210")).await.unwrap_err();
    assert_eq!(busy.class, ErrorClass::Busy, "{busy}");
    let busy = bench.try_delete(vpc_link::KIND, &link).await.unwrap_err();
    assert_eq!(busy.class, ErrorClass::Busy, "{busy}");

    bench.delete(stage::KIND, &id, Attrs::new()).await;
    bench.try_delete(stage::KIND, &id).await.unwrap();
    assert_eq!(bench.list(stage::KIND).await, []);
    bench.delete(deployment::KIND, &second, deployed("fedcba9876543210")).await;
    assert_eq!(bench.read(deployment::KIND, &second, &deployed(DIGEST)).await, None);
    bench.shows(deployment::KIND, &format!("api/orders/deployment/{first}"), &deployed(DIGEST)).await;
    bench.delete(rest_api::KIND, &api, Attrs::new()).await;
    bench.delete(vpc_link::KIND, &link, Attrs::new()).await;
}
