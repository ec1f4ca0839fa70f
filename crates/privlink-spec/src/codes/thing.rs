//! Codes about nouns among each other: unknown names, and what could not work together.

super::codes! {
    ACCOUNT_UNKNOWN = "privlink::account::unknown", "A name is no account of the spec.",
        "Accounts are declared at the top of a spec.",
        "network \"hub\" account=\"gatway\"", "network \"hub\" account=\"gateway\"";
    ACCOUNT_NO_REGION = "privlink::account::no-region", "An account has no region, and the project gives none.",
        "Each account is worked on in one region: its own, or the project's.",
        "project \"shop\"", "project \"shop\" { region \"us-east-1\" }";
    ACCOUNT_SAME = "privlink::account::same", "Two accounts have one id and one region.",
        "They would be read twice, and cross-account steps would be made where none are needed.",
        "account \"a\" id=\"111111111111\"\n    account \"b\" id=\"111111111111\"", "account \"a\" id=\"111111111111\"";
    NETWORK_UNKNOWN = "privlink::network::unknown", "A name is no network of the spec.",
        "Networks are declared at the top of a spec.",
        "target \"orders\" network=\"ap\"", "target \"orders\" network=\"app\"";
    NETWORK_INCOMPLETE = "privlink::network::incomplete", "A network does not say where it is.",
        "A network is a VPC (vpc) or outside AWS (cidr).",
        "network \"hub\" account=\"gateway\"", "network \"hub\" account=\"gateway\" { vpc name=\"hub\" }";
    NETWORK_OUTSIDE_ACCOUNT = "privlink::network::outside-account", "A network outside AWS names an account.",
        "Only VPCs belong to accounts.",
        "network \"dc\" account=\"gateway\" { cidr \"172.31.0.0/16\" }", "network \"dc\" { cidr \"172.31.0.0/16\" }";
    NETWORK_CIDR_OVERLAP = "privlink::network::cidr-overlap", "Two address ranges overlap.",
        "Within one list the second has no effect. Between two networks traffic could go to one of them only.",
        "cidr \"172.16.0.0/12\" \"172.31.0.0/16\"", "cidr \"172.16.0.0/12\"";
    NETWORK_VIA_OUTSIDE = "privlink::network::via-outside", "A network is said to be reached through one that is outside AWS.",
        "via names the VPC network whose routes lead to the outside network.",
        "network \"dc\" { cidr \"172.31.0.0/16\"; via \"other-dc\" }", "network \"dc\" { cidr \"172.31.0.0/16\"; via \"hub\" }";
    TARGET_UNKNOWN = "privlink::target::unknown", "A name is no target of the spec.",
        "Targets are declared at the top of a spec.",
        "route \"/\" target=\"order\"", "route \"/\" target=\"orders\"";
    TARGET_NO_ENDPOINT = "privlink::target::no-endpoint", "A target does not say what it is.",
        "A target is a load balancer, an endpoint service, addresses or a host name.",
        "target \"orders\" network=\"app\" { port 80 }", "target \"orders\" network=\"app\" { load-balancer \"orders\"; port 80 }";
    TARGET_NEEDS_VPC = "privlink::target::needs-vpc", "A load balancer or endpoint service is said to be outside AWS.",
        "Both stand in VPCs. What is outside AWS is reached at addresses or a host name.",
        "target \"erp\" network=\"datacenter\" { load-balancer \"erp\"; port 80 }", "target \"erp\" network=\"datacenter\" { address \"172.31.12.59\"; port 80 }";
    TARGET_ADDRESS_OUTSIDE = "privlink::target::address-outside", "A target's address is not in its network.",
        "The network lists its ranges with cidr; no route would lead to this address.",
        "address \"172.30.0.1\"   // network: cidr \"172.31.0.0/16\"", "address \"172.31.0.1\"";
    TARGET_UNREACHABLE = "privlink::target::unreachable", "An API cannot reach a target.",
        "Addresses and hosts are reached in the API's own network, or in a network outside AWS that has a via to it. Other VPCs are reached through a load balancer, over PrivateLink.",
        "network \"dc\" { cidr \"172.31.0.0/16\" }", "network \"dc\" { cidr \"172.31.0.0/16\"; via \"hub\" transit-gateway=\"tgw-0123456789abcdef0\" }";
    LOAD_BALANCER_OWNER = "privlink::target::load-balancer-owner", "A load balancer's ARN names another account or region than its network's.",
        "The endpoint service is made beside the load balancer, in its own account and region.",
        "load-balancer \"arn:aws:elasticloadbalancing:us-east-1:999999999999:loadbalancer/net/orders/0123456789abcdef\"", "load-balancer \"orders\"";
    API_UNKNOWN = "privlink::api::unknown", "A name is no API of the spec.",
        "APIs are declared at the top of a spec.",
        "expect network=\"hub\" can-call=\"shp\"", "expect network=\"hub\" can-call=\"shop\"";
    API_NO_ENTRY = "privlink::api::no-entry", "An API has no entry.",
        "A private API is called through an interface endpoint; without one nothing can call it.",
        "api \"shop\" … { route …; stage … }", "api \"shop\" … { entry network=\"hub\"; route …; stage … }";
    API_NO_ROUTE = "privlink::api::no-route", "An API has no route.",
        "AWS refuses to deploy an API without methods.",
        "api \"shop\" … { entry …; stage … }", "api \"shop\" … { entry …; route \"/\" target=\"orders\"; stage … }";
    API_NO_STAGE = "privlink::api::no-stage", "An API has no stage.",
        "An API can be called only where it is deployed, and it is deployed to a stage.",
        "api \"shop\" … { entry …; route … }", "api \"shop\" … { entry …; route …; stage \"prod\" }";
    API_ACCOUNT = "privlink::api::account", "An API and its network are in different accounts.",
        "The VPC link and its load balancer must be in the API's account.",
        "api \"shop\" account=\"gateway\" network=\"app\"", "api \"shop\" account=\"gateway\" network=\"hub\"";
    API_NETWORK_OUTSIDE = "privlink::api::network-outside", "An API's network is outside AWS.",
        "An API reaches its targets from a VPC.",
        "api \"shop\" account=\"gateway\" network=\"datacenter\"", "api \"shop\" account=\"gateway\" network=\"hub\"";
    API_RESOURCES = "privlink::api::resources", "An API's routes make more than 300 resources.",
        "Each segment of a path is a resource in API Gateway, and each route that is not exact has one more, {proxy+}. 300 are allowed, the root among them.",
        "route \"/r1\" …   // 150 of these", "route \"/r1\" … exact=#true";
    API_STAGES = "privlink::api::stages", "An API has more than 10 stages.",
        "API Gateway allows 10 stages in an API.",
        "stage \"s1\" … stage \"s11\"", "api \"shop-2\" … { stage \"s11\" }";
    API_NOBODY = "privlink::api::nobody", "Nobody may call an API.",
        "Nothing allowed means that nothing can call. This is a warning: it may be meant, for a while.",
        "api \"shop\" … { entry network=\"hub\" … }", "api \"shop\" … { entry network=\"hub\" …; allow network=\"hub\" }";
    ENTRY_TWICE = "privlink::entry::twice", "Two entries of an API stand in one network.",
        "Only one endpoint of a network can have private names.",
        "entry network=\"hub\"\n    entry network=\"hub\"", "entry network=\"hub\"";
    ENTRY_OUTSIDE = "privlink::entry::outside", "An entry is said to stand outside AWS.",
        "An entry is an interface endpoint in a VPC. Clients outside AWS come in through one.",
        "entry network=\"datacenter\"", "entry network=\"hub\" { allow-from \"172.31.0.0/16\" }";
    ENTRY_REGION = "privlink::entry::region", "An entry is in another region than its API.",
        "Private APIs are called through endpoints of their own region.",
        "entry network=\"hub-eu\"   // API in us-east-1", "entry network=\"hub\"";
    ALLOW_WITHOUT_ENTRY = "privlink::allow::without-entry", "A network may call, and the API has no entry in it.",
        "Calls are told apart by the endpoint they come through.",
        "allow network=\"app\"", "entry network=\"app\"\n    allow network=\"app\"";
    ROUTE_TWICE = "privlink::route::twice", "Two routes have the same path, or take everything under the same path.",
        "A route holds all methods of its path, and unless it is exact everything under it.",
        "route \"/orders\" target=\"a\"\n    route \"/orders\" target=\"b\"", "route \"/orders\" target=\"a\"";
    ROUTE_VARIABLES = "privlink::route::variables", "Two variables would stand in one place of a path.",
        "API Gateway allows one variable below a path. A route that is not exact makes {proxy+} below its own.",
        "route \"/orders\" …\n    route \"/orders/{id}\" …", "route \"/orders\" … exact=#true\n    route \"/orders/{id}\" …";
    ROUTE_PREFLIGHT = "privlink::route::preflight", "A route answers OPTIONS, and cors does too.",
        "With cors, API Gateway itself answers preflight requests on every path.",
        "cors origins=\"*\"\n    route \"/\" target=\"a\" { methods \"GET\" \"OPTIONS\" }", "cors origins=\"*\"\n    route \"/\" target=\"a\" { methods \"GET\" }";
    STAGE_UNKNOWN = "privlink::stage::unknown", "A name is no stage of the API.",
        "A call names a stage of the API it calls.",
        "may-call api=\"shop\" stage=\"prd\"", "may-call api=\"shop\" stage=\"prod\"";
    DOMAIN_UNKNOWN = "privlink::domain::unknown", "A name is no domain of the API.",
        "A call names a domain of the API it calls.",
        "call api=\"shop\" domain=\"api.shop\"", "call api=\"shop\" domain=\"api.shop.internal\"";
    CALLER_UNKNOWN = "privlink::caller::unknown", "A name is no caller of the spec.",
        "Callers are declared at the top of a spec.",
        "expect caller=\"mobil\" can-call=\"shop\"", "expect caller=\"mobile\" can-call=\"shop\"";
    WORKFLOW_UNKNOWN = "privlink::workflow::unknown", "A name is no workflow of the spec.",
        "Workflows are declared at the top of a spec.",
        "expect workflow=\"nightly\" can-call=\"shop\"", "expect workflow=\"nightly-sync\" can-call=\"shop\"";
    IGNORE_TWICE = "privlink::ignore::twice", "Drift of one address and attribute is ignored twice.",
        "Two reasons and two dates for one thing would contradict each other. An address and one under it, or an attribute of it, may each have their own.",
        "ignore \"api/shop\" …   // twice", "ignore \"api/shop\" …";
}
