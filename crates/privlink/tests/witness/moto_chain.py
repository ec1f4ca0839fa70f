"""Reads a moto_server after privlink's work, and checks the facts that chain.py checks of AWS's ways elsewhere.

Usage: moto_chain.py URL WHAT, where WHAT is chain or handshake (the specs of testdata/moto), or left: what a destroy left
behind. Prints a line for each fact, "FAILED " before those that do not hold, and ends with "N passed, M failed". It exits 0
even when some failed: which facts moto cannot show is for its caller to know, and every other failure is its caller's too.
"""

import sys

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

import chain
from chain import APPLICATION, GATEWAY, Account, Facts, ec2_tags

# moto answers what it has not got with status 500; asking again changes nothing.
ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"})


def check_targets(facts, gateway, balancer):
    """What the chain's two targets have beside their listeners."""
    groups = gateway.elb.describe_target_groups()["TargetGroups"]
    tags = gateway.elb.describe_tags(ResourceArns=[group["TargetGroupArn"] for group in groups])["TagDescriptions"]
    address = {t["ResourceArn"]: ec2_tags(t).get("privlink:address") for t in tags}
    by_address = {address[group["TargetGroupArn"]]: group for group in groups}
    local = by_address["target/local/target-group"]
    health = (local["HealthCheckProtocol"], local.get("HealthCheckPath"), local["HealthCheckPort"])
    facts.check("target/local: health check", health, ("HTTP", "/healthz", "traffic-port"))
    legacy = by_address["target/legacy/target-group"]
    facts.check("target/legacy: health check", legacy["HealthCheckProtocol"], "TCP")
    everywhere = {t["ResourceArn"]: ec2_tags(t).get("team") for t in tags}
    facts.check("the project's own tags are on target groups", set(everywhere.values()), {"platform"})
    facts.check("two target groups", sorted(by_address), ["target/legacy/target-group", "target/local/target-group"])
    listeners = gateway.elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    facts.check("two listeners", len(listeners), 2)


def check_tags(facts, gateway, project):
    """Everything with tags of its own carries the project's."""
    groups = gateway.ec2.describe_security_groups(Filters=[{"Name": "tag:privlink:project", "Values": [project]}])
    addresses = sorted(ec2_tags(group)["privlink:address"] for group in groups["SecurityGroups"])
    facts.check("security groups", addresses, ["entry/hub/security-group", "link/gateway/hub/security-group"])
    for group in groups["SecurityGroups"]:
        facts.check(f"{ec2_tags(group)['privlink:address']}: team", ec2_tags(group).get("team"), "platform")


def whole_chain(facts, url):
    project = "moto"
    gateway = Account(url, GATEWAY, ONCE)
    facts.check("the role's account", gateway.sts.get_caller_identity()["Account"], GATEWAY)
    entry = chain.check_entry(facts, gateway, project)
    balancer, link, _ = chain.check_link(facts, gateway, project)
    check_tags(facts, gateway, project)
    check_targets(facts, gateway, balancer)
    addresses = {"172.31.12.59", "172.31.12.60"}
    legacy, zones = chain.check_listener(facts, gateway, project, balancer, "target/legacy", 80, addresses)
    facts.check("target/legacy: outside the VPC in all zones", zones, {"all"})
    inside = {"10.0.1.200", "10.0.1.201"}
    local, zones = chain.check_listener(facts, gateway, project, balancer, "target/local", 8080, inside)
    facts.true("target/local: inside the VPC no zone is said to be all", "all" not in zones)
    facts.true("every target has its own port", legacy != local)
    _, resources = chain.check_api(facts, gateway, project, "legacy", "test", entry)
    for path, uri in (("/", "/"), ("/{proxy+}", "/{proxy}")):
        chain.check_proxy(facts, resources, path, link["id"], "http", addresses.__contains__, legacy, uri)
    api, resources = chain.check_api(facts, gateway, project, "local", "test", entry)
    chain.check_proxy(facts, resources, "/local", link["id"], "http", inside.__contains__, local, "/local")
    ids = {path: resource["id"] for path, resource in resources.items()}
    facts.true("local: its root is the path /", ids["/"] == api["rootResourceId"])


def handshake(facts, url):
    project = "motohandshake"
    gateway, application = Account(url, GATEWAY, ONCE), Account(url, APPLICATION, ONCE)
    _, _, group = chain.check_link(facts, gateway, project)
    service, provider = chain.check_service(facts, application, project)
    facts.check("service: 17 digits in its id", len(service["ServiceId"].removeprefix("vpce-svc-")), 17)
    endpoint, _ = chain.check_endpoint(facts, application, gateway, project, service, provider, group)
    # Nobody has accepted it.
    facts.check("endpoint: waits for acceptance", endpoint["State"].lower(), "pendingacceptance")
    seen = lambda: gateway.ec2.describe_vpc_endpoint_services(ServiceNames=[service["ServiceName"]])
    facts.true("service: seen by who may connect", answers(seen))
    facts.true("connection: can be listed", answers(application.ec2.describe_vpc_endpoint_connections))


def answers(call):
    """Whether a call is answered at all."""
    try:
        call()
        return True
    except (ClientError, ResponseParserError):
        return False


def left(facts, url):
    """Every list of everything privlink makes, in both accounts: nothing of it is there."""
    for number in (GATEWAY, APPLICATION):
        account = Account(url, number, ONCE)
        name = {GATEWAY: "gateway", APPLICATION: "application"}[number]
        endpoints = account.ec2.describe_vpc_endpoints()["VpcEndpoints"]
        facts.check(f"{name}: endpoints in use", [e["State"] for e in endpoints if e["State"] != "deleted"], [])
        facts.check(f"{name}: deleted endpoints listed", [e["State"] for e in endpoints if e["State"] == "deleted"], [])
        interfaces = account.ec2.describe_network_interfaces()["NetworkInterfaces"]
        facts.check(f"{name}: network interfaces", len(interfaces), 0)
        services = account.ec2.describe_vpc_endpoint_service_configurations()["ServiceConfigurations"]
        facts.check(f"{name}: endpoint services", len(services), 0)
        groups = account.ec2.describe_security_groups()["SecurityGroups"]
        facts.check(f"{name}: security groups", {group["GroupName"] for group in groups}, {"default"})
        balancers = [b["LoadBalancerName"] for b in account.elb.describe_load_balancers()["LoadBalancers"]]
        before = {GATEWAY: [], APPLICATION: ["orders-internal"]}[number]
        facts.check(f"{name}: load balancers", balancers, before)
        targets = [g["TargetGroupName"] for g in account.elb.describe_target_groups()["TargetGroups"]]
        facts.check(f"{name}: target groups", targets, {GATEWAY: [], APPLICATION: ["orders"]}[number])
        facts.check(f"{name}: VPC links", len(account.api.get_vpc_links()["items"]), 0)
        facts.check(f"{name}: REST APIs", len(account.api.get_rest_apis()["items"]), 0)


def main():
    url, what = sys.argv[1:]
    facts = Facts()
    {"chain": whole_chain, "handshake": handshake, "left": left}[what](facts, url)
    print(f"{facts.passed} passed, {facts.failed} failed")


if __name__ == "__main__":
    main()
