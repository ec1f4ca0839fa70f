//! The codes of what derivation finds, for `privlink explain`.

/// Code, summary, explanation.
pub static CODES: &[(&str, &str, &str)] = &[
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
        "One execute-api endpoint of a VPC can have private DNS. Another one has it, so AWS would refuse this one. Write \
         private-dns=#false here (callers then use the endpoint's own DNS name), or turn it off at the other.",
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
        "`port` is the port that the load balancer listens on. The help text lists those it has.",
    ),
    (
        "privlink::target::other-region",
        "The target is in another region.",
        "An endpoint and its service are in one region here. Declare the target's addresses in a network the hub reaches over a \
         transit gateway.",
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
