//! Codes about single values.

super::codes! {
    ARN = "privlink::spec::arn", "A value is no ARN of the service that is meant.",
        "ARNs have six parts between colons: arn, partition, service, region, account, resource.",
        "notify=\"oncall\"", "notify=\"arn:aws:sns:us-east-1:222222222222:oncall\"";
    DURATION = "privlink::spec::duration", "A value is no length of time.",
        "Times are a whole number and a unit: ms, s, m or h.",
        "timeout \"10\"", "timeout \"10s\"";
    PERCENT = "privlink::spec::percent", "A value is no share.",
        "Shares are 0 to 100 with a percent sign.",
        "guard deletes=\"0.3\"", "guard deletes=\"30%\"";
    IP_ADDRESS = "privlink::spec::ip-address", "A value is no IP address.",
        "An address is meant, not a name.",
        "resolver \"dns.corp.example\"", "resolver \"10.0.0.2\"";
    METHOD = "privlink::spec::method", "A value is no HTTP method.",
        "GET, POST, PUT, PATCH, DELETE, HEAD and OPTIONS, in upper case. Leave the method out to mean any.",
        "methods \"get\"", "methods \"GET\"";
    HOST_NAME = "privlink::spec::host-name", "A value is no host name.",
        "A host name has no scheme, port or path, and is not an address.",
        "host \"https://billing.corp.example/\"", "host \"billing.corp.example\"";
    CALL_PATH = "privlink::spec::call-path", "A value is no path that can be called.",
        "Paths begin with a slash. In allow, may-call and expect, * stands for anything.",
        "allow network=\"hub\" path=\"orders/{id}\"", "allow network=\"hub\" path=\"/orders/*\"";
    TAG_SELECTOR = "privlink::spec::tag-selector", "A tag to look something up by has no key and value.",
        "What exists can be found by one tag, key=value.",
        "vpc tag=\"hub\"", "vpc tag=\"role=hub\"";
    TAG_RESERVED = "privlink::project::tag-reserved", "A tag's key begins with aws: or privlink:.",
        "AWS keeps aws: for itself; privlink: marks what a project owns.",
        "tags \"aws:team\"=\"platform\"", "tags team=\"platform\"";
    TAG_LENGTH = "privlink::project::tag-length", "A tag's key or value is empty or too long.",
        "AWS allows 128 characters in a key and 256 in a value.",
        "tags \"\"=\"platform\"", "tags team=\"platform\"";
    TAG_COUNT = "privlink::project::tag-count", "There are more tags than a resource can carry.",
        "AWS allows 50 tags on a resource; two are needed to mark the owner.",
        "tags t1=\"\" t2=\"\" … t49=\"\"", "tags team=\"platform\"";
    TAG_CHARACTER = "privlink::project::tag-character", "A tag holds a character AWS does not allow.",
        "Letters, digits, spaces and _ . : / = + - @ are allowed.",
        "tags team=\"r&d\"", "tags team=\"r+d\"";
    STORE = "privlink::project::store", "A store is neither a folder nor an s3:// URL.",
        "The store keeps lock, journal and history. A folder is relative to the spec; a bucket is named by S3's rules.",
        "store \"https://example.com/\"", "store \"s3://acme-privlink/shop\" account=\"gateway\"";
    STORE_ACCOUNT = "privlink::project::store-account", "A store in a folder names an account.",
        "A bucket is reached with an account's credentials and in its region. A folder is on this machine.",
        "store \".privlink\" account=\"gateway\"", "store \".privlink\"";
    GUARD_MINIMUM = "privlink::project::guard-minimum", "The least number of objects for a guard is not 1 or more.",
        "A share of a few objects says little: the shares count once a plan deletes or updates this many; 10 unless said.",
        "guard deletes=\"50%\" minimum=0", "guard deletes=\"50%\" minimum=1";
    ACCOUNT_ID = "privlink::account::id", "A value is no AWS account id.",
        "An account id is twelve digits, without dashes.",
        "account \"gateway\" id=\"2222-2222-2222\"", "account \"gateway\" id=\"222222222222\"";
    ACCOUNT_REGION = "privlink::account::region", "A value is no AWS region.",
        "A region reads like us-east-1. With a letter after it, it is an availability zone.",
        "region \"us-east-1a\"", "region \"us-east-1\"";
    ROLE = "privlink::account::role", "A value cannot name a role, profile or session.",
        "A role is named by its name or its ARN.",
        "role \"my role\"", "role \"privlink-deployer\"";
    ROLE_ACCOUNT = "privlink::account::role-account", "A role's ARN names another account than the node it stands in.",
        "The role is assumed to work in this account, so it must belong to it.",
        "account \"gateway\" id=\"222222222222\" { role \"arn:aws:iam::111111111111:role/deployer\" }",
        "account \"gateway\" id=\"222222222222\" { role \"arn:aws:iam::222222222222:role/deployer\" }";
    VPC_ID = "privlink::network::vpc-id", "A value is no VPC id.",
        "VPC ids are vpc- and 8 or 17 hexadecimal digits. A VPC is found by its Name tag with name=.",
        "vpc \"hub\"", "vpc name=\"hub\"";
    SUBNET_ID = "privlink::network::subnet-id", "A value is no subnet id.",
        "Subnet ids are subnet- and 8 or 17 hexadecimal digits.",
        "subnets \"subnet-1\"", "subnets \"subnet-0a1b2c3d4e5f60718\"";
    TRANSIT_GATEWAY_ID = "privlink::network::transit-gateway-id", "A value is no transit gateway id.",
        "Transit gateway ids are tgw- and 8 or 17 hexadecimal digits.",
        "via \"hub\" transit-gateway=\"main\"", "via \"hub\" transit-gateway=\"tgw-0123456789abcdef0\"";
    NETWORK_CIDR = "privlink::network::cidr", "A value is no IPv4 address range.",
        "A range is an address and a prefix length.",
        "cidr \"172.31.0.0\"", "cidr \"172.31.0.0/16\"";
    NETWORK_CIDR_HOST_BITS = "privlink::network::cidr-host-bits", "A range has bits set beyond its prefix.",
        "It names an address inside a range rather than the range. AWS would round it down; the message gives the result.",
        "cidr \"172.31.12.0/16\"", "cidr \"172.31.0.0/16\"";
    PORT_RANGE = "privlink::target::port-range", "A port is not 1 to 65535.",
        "Ports are 1 to 65535.",
        "port 70000", "port 7000";
    TARGET_ADDRESS = "privlink::target::address", "A target's address is no IP address.",
        "A service at a name is given with host.",
        "address \"billing.corp.example\"", "host \"billing.corp.example\"";
    TARGET_ADDRESS_REFUSED = "privlink::target::address-refused", "A load balancer cannot target an address.",
        "AWS takes IPv4 addresses of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10, never publicly routed ones.",
        "address \"8.8.8.8\"", "address \"10.8.8.8\"";
    LOAD_BALANCER = "privlink::target::load-balancer", "A value is no load balancer's name or ARN.",
        "A load balancer is named by its name (not its DNS name), its ARN or a tag.",
        "load-balancer \"orders-0123456789abcdef.elb.us-east-1.amazonaws.com\"", "load-balancer \"orders\"";
    ENDPOINT_SERVICE = "privlink::target::endpoint-service", "A value is no endpoint service's name.",
        "Its owner gives the name: com.amazonaws.vpce.REGION.vpce-svc-ID.",
        "endpoint-service \"vpce-svc-0123456789abcdef0\"", "endpoint-service \"com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0\"";
    HEALTH_CHECK = "privlink::target::health-check", "A health check has a wrong protocol or path.",
        "The protocols are tcp, http and https; only the last two have a path.",
        "health-check protocol=\"tcp\" path=\"/healthz\"", "health-check protocol=\"http\" path=\"/healthz\"";
    CORS_ORIGIN = "privlink::api::cors-origin", "A value is no origin.",
        "An origin is scheme, host and maybe port, or * alone for all.",
        "cors origins=\"shop.example\"", "cors origins=\"https://shop.example\"";
    POLICY_FILE = "privlink::api::policy-file", "A file is no resource policy.",
        "It must be a JSON object with Version and Statement, which API Gateway takes up to 8192 characters without blanks. The message points into the file.",
        "{ \"Statement\": [ … ] }", "{ \"Version\": \"2012-10-17\", \"Statement\": [ … ] }";
    ROUTE_PATH = "privlink::route::path", "A value is no path of a route.",
        "Paths begin with a slash and do not end with one. Segments have letters, digits and . _ - , : or are one variable, {id}.",
        "route \"/orders/\" target=\"orders\"", "route \"/orders\" target=\"orders\"";
    ROUTE_TO = "privlink::route::to", "A value is no path at a target.",
        "The prefix begins with a slash and does not end with one.",
        "to \"api/v2\"", "to \"/api/v2\"";
    ROUTE_TIMEOUT = "privlink::route::timeout", "A timeout is not 50 ms to 29 s.",
        "API Gateway waits for a target between 50 milliseconds and 29 seconds.",
        "timeout \"60s\"", "timeout \"29s\"";
    ROUTE_AUTH = "privlink::route::auth", "A value is no kind of authorisation.",
        "The kinds are none, iam and api-key.",
        "auth \"aws\"", "auth \"iam\"";
    STAGE_NAME = "privlink::stage::name", "A value cannot name a stage.",
        "A stage's name is part of the URL: 1 to 128 letters, digits, - and _.",
        "stage \"prod.eu\"", "stage \"prod-eu\"";
    STAGE_SETTING = "privlink::stage::setting", "A stage's setting has a value that API Gateway refuses.",
        "The message says which values are taken.",
        "cache size-gb=1", "cache size-gb=1.6";
    DOMAIN_NAME = "privlink::domain::name", "A value cannot be a private domain's name.",
        "A private domain is one host name, no wildcard.",
        "domain \"*.shop.internal\" …", "domain \"api.shop.internal\" …";
    WORKFLOW_TYPE = "privlink::workflow::type", "A value is no type of workflow.",
        "The types are standard and express.",
        "type \"fast\"", "type \"express\"";
    MOVED_ADDRESS = "privlink::moved::address", "A value is no resource address.",
        "Addresses are paths as plans show them.",
        "moved from=\"old\" to=\"new\"", "moved from=\"api/old\" to=\"api/new\"";
    IGNORE_ADDRESS = "privlink::ignore::address", "A value is no resource address, nor the start of one.",
        "Addresses are paths as plans show them. One stands for all that is under it, so there are no patterns.",
        "ignore \"target/orders/*\" …", "ignore \"target/orders\" …";
    IGNORE_ATTRIBUTE = "privlink::ignore::attribute", "A value is no attribute's name.",
        "Attributes are named as plans show them. Without one, all attributes of an address are meant, and whether it is there.",
        "ignore \"target/orders/targets\" attribute=\"\" …", "ignore \"target/orders/targets\" attribute=\"addresses\" …";
    IGNORE_REASON = "privlink::ignore::reason", "An ignored drift has no reason that can be shown.",
        "Whoever looks at the drift later has to know why nobody mends it: one line, up to 200 characters.",
        "ignore \"target/orders/targets\" reason=\"\" …", "ignore \"target/orders/targets\" reason=\"failover test of the ERP team\" …";
    IGNORE_UNTIL = "privlink::ignore::until", "A value is no date.",
        "Nothing is ignored for ever: until is the last day it counts, year-month-day, a day of the calendar.",
        "until=\"2027-02-30\"", "until=\"2027-02-28\"";
}
