//! The codes of what derivation finds, for `privlink explain`.

/// Code, summary, explanation.
pub static CODES: &[(&str, &str, &str)] = &[
    (
        "privlink::account::partition",
        "Role and region are of different AWS partitions.",
        "AWS in China (aws-cn), for the United States' government (aws-us-gov) and everywhere else (aws) are \
         separate: a role of one cannot be used in a region of another. Write the role's name alone and privlink \
         makes the ARN:\n\n    account \"gateway\" id=\"222222222222\" { role \"privlink-deployer\" }",
    ),
    (
        "privlink::network::vpc-not-found",
        "No VPC matches.",
        "The network names a VPC that does not exist in its account and region. Check the id, the Name tag or the tag, and \
         that `account` and `region` are the ones the VPC is in.\n\n    network \"hub\" account=\"gateway\" { vpc name=\"hub\" }",
    ),
    (
        "privlink::network::vpc-ambiguous",
        "Several VPCs match.",
        "Names and tags of VPCs are not unique. Name the VPC by its id:\n\n    vpc \"vpc-0a1b2c3d4e5f60718\"",
    ),
    (
        "privlink::network::no-subnet",
        "The VPC has no subnet.",
        "Endpoints and load balancers stand in subnets. Make at least one subnet in each availability zone you want to serve.",
    ),
    (
        "privlink::network::subnet-not-found",
        "No subnet matches.",
        "A subnet named under `subnets` is not in the network's VPC. Leave `subnets` out to have one chosen for each zone.",
    ),
    (
        "privlink::network::duplicate-zone",
        "Two subnets in one zone.",
        "AWS takes one subnet for each availability zone (DuplicateSubnetsInSameZone). Keep one for each zone id.",
    ),
    (
        "privlink::network::subnet-full",
        "A subnet has too few free addresses.",
        "An endpoint takes one address of each of its subnets, and AWS makes a network load balancer only where 8 \
         are free (InsufficientFreeAddressesInSubnet). Free some, or name other subnets:\n\n    network \"hub\" account=\"gateway\" { vpc name=\"hub\"; subnets tag=\"tier=endpoints\" }",
    ),
    (
        "privlink::network::shared-subnet",
        "The subnet belongs to another account.",
        "A subnet that another account shares can hold load balancers, but endpoints in it can be made by its \
         owner alone. Declare the network in the account that owns it, or use a VPC of your own.",
    ),
    (
        "privlink::network::transit-gateway",
        "The transit gateway is no way.",
        "The gateway that `via` names must be visible in the hub's account (shared by RAM where another owns it) and attached \
         to the hub's VPC.",
    ),
    (
        "privlink::network::no-route",
        "A subnet has no route to the network outside.",
        "Calls leave from the subnets the load balancer stands in. Each one's route table needs a route to the network's range \
         over the transit gateway; the way back must exist on the other side too.",
    ),
    (
        "privlink::entry::disagreement",
        "Two APIs want one entry differently.",
        "AWS lets one execute-api endpoint with private DNS serve a VPC, so APIs that have an entry in the same network share \
         it and must agree on `private-dns`.",
    ),
    (
        "privlink::entry::vpc-dns",
        "Private DNS needs the VPC's DNS attributes.",
        "Private DNS works only where enableDnsSupport and enableDnsHostnames of the VPC are both on.",
    ),
    (
        "privlink::entry::private-dns-conflict",
        "Another endpoint holds the private names.",
        "One execute-api endpoint of a VPC can have private DNS. Another one has it, or another network of the spec that is the \
         same VPC asks for it, so AWS would refuse this one. Write private-dns=#false here (callers then use the endpoint's own DNS name), or turn it off at the other.",
    ),
    (
        "privlink::quota::endpoints",
        "More endpoints than a VPC may have by default.",
        "AWS allows 50 interface endpoints in a VPC unless it raised that for you. Endpoints of everybody in the \
         VPC are counted. Targets behind one load balancer share an endpoint.",
    ),
    (
        "privlink::quota::vpc-links",
        "More VPC links than an account may have by default.",
        "API Gateway allows 20 VPC links in an account and region unless AWS raised that. Counted are those of \
         this project, so there may be more. One link serves up to 50 targets; dedicated=#true and load balancers \
         in the API's own VPC take one each.",
    ),
    (
        "privlink::quota::load-balancers",
        "More load balancers than an account may have by default.",
        "AWS allows 50 network load balancers in an account and region unless it raised that. Counted are those \
         of this project and those the spec names, so there may be more.",
    ),
    (
        "privlink::quota::rules",
        "More rules than a security group may have by default.",
        "AWS allows 60 ingress rules in a security group unless it raised that. An entry has one for each range \
         under `allow-from`; the endpoints of a network have one for each port of their targets.",
    ),
    (
        "privlink::target::two-hubs",
        "A target is called from two networks.",
        "A target's chain (target group, listener, endpoint) lives in the network of the API that calls it. Declare a second \
         target for the second network; both may name the same load balancer.",
    ),
    (
        "privlink::target::load-balancer-not-found",
        "No load balancer matches.",
        "The load balancer must exist in the target's network before privlink runs. Names are those of the load balancer \
         itself, not of a service in front of it.",
    ),
    (
        "privlink::target::load-balancer-ambiguous",
        "Several load balancers match.",
        "Tags are not unique. Name the load balancer by its name or its ARN.",
    ),
    (
        "privlink::target::not-a-network-load-balancer",
        "Not a network load balancer.",
        "PrivateLink offers network load balancers alone. Put one in front of the application load balancer, with a target \
         group of type `alb`.",
    ),
    (
        "privlink::target::no-listener",
        "Nothing listens on the target's port.",
        "`port` is the port that the load balancer listens on for TCP or TLS, and so is the port of a health check. The help text lists those it has.",
    ),
    (
        "privlink::target::other-region",
        "The target is in another region.",
        "An endpoint and its service are in one region here. Declare the target's addresses in a network the hub reaches over a \
         transit gateway.",
    ),
    (
        "privlink::target::tls-listener",
        "The listener speaks TLS and the target does not.",
        "API Gateway would speak plain HTTP to a listener that waits for TLS, and every call would fail. Say tls, \
         and the name in the certificate:\n\n    port 443 tls=#true host=\"api.shop.internal\"",
    ),
    (
        "privlink::target::tls-name",
        "A target is called over TLS without a name of its own.",
        "API Gateway checks that the target's certificate is for the host it calls. Without `host` that is the \
         load balancer's own name or an address, which hardly any certificate holds.\n\n    port 443 tls=#true host=\"api.shop.internal\"",
    ),
    (
        "privlink::target::health-check-host",
        "A health check does not say the host.",
        "A load balancer checks health by HTTP with the target's address as host. A target that routes by host \
         answers that with an error and is taken out of service. Check by TCP, or let the target answer the check \
         for any host.",
    ),
    (
        "privlink::target::health-check-unused",
        "The health check is not used.",
        "The API links straight to a load balancer in its own VPC, whose target groups are its own. privlink \
         makes none and so checks nothing.",
    ),
    (
        "privlink::target::enforced",
        "The load balancer enforces its security groups on PrivateLink traffic.",
        "Its rules are then asked about the address of the client behind the endpoint: that of the load balancer \
         in the API's network. privlink does not read the rules of others, so this stays a warning. Let the \
         network's ranges in on the target's port, or turn \"Enforce inbound rules on PrivateLink traffic\" off.",
    ),
    (
        "privlink::target::link-enforced",
        "The load balancer would drop what comes over the VPC link.",
        "A VPC link reaches its load balancer over PrivateLink, and AWS asks for \"Enforce inbound rules on \
         PrivateLink traffic\" to be off there. privlink does not change load balancers it did not make: turn it \
         off by hand.",
    ),
    (
        "privlink::target::two-ways",
        "A load balancer would be linked and offered at once.",
        "A VPC link makes an endpoint service of its own on its load balancer, and a load balancer carries one. A \
         target in the API's own network is linked; the same load balancer as a target of an API elsewhere is \
         offered. Put a second load balancer in front of the same service.",
    ),
    (
        "privlink::target::load-balancer-taken",
        "The load balancer backs another endpoint service.",
        "A network load balancer backs one endpoint service, and a VPC link makes a hidden one of its own. Use the service that \
         exists: endpoint-service \"com.amazonaws.vpce.…\".",
    ),
    (
        "privlink::target::no-common-zone",
        "No availability zone in common.",
        "An endpoint can stand only in zones that the service serves. Zone names differ between accounts; the zone ids in the \
         message are the same everywhere.",
    ),
    (
        "privlink::target::zone-without-address",
        "The target has no address in a zone of the load balancer.",
        "The shared load balancer stands in one subnet for each zone of the API's network, and does not balance \
         across zones. A zone without an address of the target serves no calls to it and drops out of DNS. That \
         works, with less to fall back on. Serve the target in all zones, or use fewer:\n\n    network \"hub\" account=\"gateway\" { vpc name=\"hub\"; subnets tag=\"tier=private\" }",
    ),
    (
        "privlink::target::zone-not-served",
        "The address is in a zone the load balancer does not serve.",
        "A load balancer sends nothing to a target in a zone it has no subnet in (Target.NotInUse). Add a subnet \
         of that zone under `subnets`, or leave `subnets` out.",
    ),
    (
        "privlink::target::address-without-subnet",
        "The address is in the VPC and in no subnet.",
        "Nothing in a VPC can have an address that no subnet holds, and AWS refuses it as a target.",
    ),
    (
        "privlink::target::service-not-visible",
        "The endpoint service is not visible.",
        "AWS answers the same for a service that does not exist and for one that does not allow your account. Ask its owner to \
         allow your account, and check region and id.",
    ),
    (
        "privlink::target::foreign-acceptance",
        "Somebody else accepts the connection.",
        "The endpoint service belongs to another party, which must accept the connection by hand. Apply waits for it.",
    ),
    (
        "privlink::target::unresolved",
        "The host gives no address.",
        "`host` targets are resolved when planning, by the system's resolver or the one the project names:\n\n    project \
         \"shop\" { resolver \"10.0.0.2\" }",
    ),
    (
        "privlink::target::illegal-address",
        "AWS cannot target this address.",
        "IP targets are private IPv4 addresses: of the VPC, or in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10.",
    ),
    (
        "privlink::target::mixed-addresses",
        "Addresses on both sides of the VPC's border.",
        "AWS wants the zone of a target said when it is outside the VPC and not said when it is inside; a target group of \
         privlink does one of both. Declare two targets.",
    ),
    (
        "privlink::policy::not-json",
        "The policy file is not JSON.",
        "`policy \"file.json\"` replaces the derived resource policy and must be a JSON policy document.",
    ),
    (
        "privlink::policy::no-statement",
        "The policy has no statement.",
        "API Gateway refuses a resource policy without statements, and a private API without a policy cannot be \
         deployed.",
    ),
    (
        "privlink::policy::open",
        "The policy lets every VPC in.",
        "A private API can be called through any execute-api endpoint of the region, in any account, unless its \
         policy says otherwise. Deny what did not come through yours:\n\n    { \"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"execute-api:Invoke\", \"Resource\": \"execute-api:/*\",\n      \"Condition\": { \"StringNotEquals\": { \"aws:SourceVpc\": \"vpc-0a1b2c3d4e5f60718\" } } }",
    ),
    (
        "privlink::policy::source-ip",
        "The policy compares the wrong address.",
        "The endpoint rewrites the client's address, so aws:SourceIp is never it on a private API. \
         aws:VpcSourceIp is.",
    ),
    (
        "privlink::policy::signed-principal",
        "The policy names a principal that no call has.",
        "Calls to routes without `auth` are anonymous, signed or not: a statement that names an account, role or \
         user never matches them. Write \"Principal\": \"*\" and tell callers apart by where they come from.",
    ),
    (
        "privlink::policy::unknown-endpoint",
        "The policy names an endpoint that is no entry of the API.",
        "It may be meant: policies can name endpoints of any account in the region. It may also be the id of an \
         entry that was made anew since, for ids change then. aws:SourceVpc names the VPC instead, which stays.",
    ),
    (
        "privlink::policy::entry-left-out",
        "The policy leaves an entry of the API out.",
        "A policy that names endpoints by aws:SourceVpce keeps calls through all others out, among them those through an \
         entry it does not name. The id of an entry is known once it is made, and new when it is made anew; \
         aws:SourceVpc names the VPC instead, which stays.",
    ),
    (
        "privlink::policy::too-long",
        "The derived policy is too long.",
        "API Gateway takes 8 192 characters. Each `allow` that differs in network, method or path is a statement. \
         Allow wider paths (path=\"/orders/*\"), or divide the API.",
    ),
    (
        "privlink::cors::one-origin",
        "A preflight names one origin.",
        "The preflight that API Gateway answers by itself has fixed headers, so it can name one origin or \"*\".",
    ),
    (
        "privlink::cors::target-answers",
        "The targets must answer CORS too.",
        "API Gateway answers the preflight; the answers themselves come from the target unchanged, which must put \
         Access-Control-Allow-Origin on them.",
    ),
];
