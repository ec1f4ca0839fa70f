"""Reads a world as any AWS client would and checks every fact of an example's chain.

Usage: chain.py URL EXAMPLE, where EXAMPLE is cross-account or cross-network. Prints a line for each fact and ends with
"N passed, M failed"; exits 1 when any failed. Nothing here knows privlink's code: the facts are those of AWS's own guides.
moto_chain.py checks the same facts in another world, so what may be missing in an answer is a failed fact and no error.
"""

import ipaddress
import json
import sys
import urllib.parse

import boto3

GATEWAY, APPLICATION, REGION = "222222222222", "111111111111", "us-east-1"


class Facts:
    """Counts what holds."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def check(self, what, found, wanted):
        if found == wanted:
            self.passed += 1
            print(f"ok      {what}")
        else:
            self.failed += 1
            print(f"FAILED  {what}\n        found  {found!r}\n        wanted {wanted!r}")

    def true(self, what, holds):
        self.check(what, bool(holds), True)


class Account:
    """Clients of one account, through its deployer role."""

    def __init__(self, url, account, config=None):
        base = {
            "endpoint_url": url,
            "region_name": REGION,
            "config": config,
            "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "aws_secret_access_key": "example",
        }
        sts = boto3.client("sts", **base)
        role = f"arn:aws:iam::{account}:role/privlink-deployer"
        keys = sts.assume_role(RoleArn=role, RoleSessionName="witness")["Credentials"]
        session = {
            "endpoint_url": url,
            "region_name": REGION,
            "config": config,
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        }
        self.account = account
        self.sts = boto3.client("sts", **session)
        self.ec2 = boto3.client("ec2", **session)
        self.elb = boto3.client("elbv2", **session)
        self.api = boto3.client("apigateway", **session)


def ec2_tags(item):
    return {tag["Key"]: tag["Value"] for tag in item.get("Tags", [])}


def one(facts, what, items):
    facts.check(f"one {what}", len(items), 1)
    return items[0] if items else None


def of_project(items, project):
    return [item for item in items if ec2_tags(item).get("privlink:project") == project]


def rules(account, group):
    found = account.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    return {
        (
            "egress" if rule["IsEgress"] else "ingress",
            rule["IpProtocol"],
            rule.get("FromPort"),
            rule.get("ToPort"),
            rule.get("CidrIpv4") or rule.get("ReferencedGroupInfo", {}).get("GroupId") or rule.get("CidrIpv6"),
        )
        for rule in found["SecurityGroupRules"]
    }


def ingress(account, group):
    return {rule[1:] for rule in rules(account, group) if rule[0] == "ingress"}


def hub(account):
    vpcs = account.ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["hub"]}])["Vpcs"]
    subnets = account.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpcs[0]["VpcId"]]}])["Subnets"]
    return vpcs[0], {subnet["SubnetId"]: subnet for subnet in subnets}


def check_entry(facts, gateway, project):
    """The execute-api endpoint that callers come through."""
    vpc, subnets = hub(gateway)
    endpoints = of_project(gateway.ec2.describe_vpc_endpoints()["VpcEndpoints"], project)
    entries = [e for e in endpoints if e["ServiceName"] == f"com.amazonaws.{REGION}.execute-api"]
    entry = one(facts, "execute-api endpoint", entries)
    facts.check("entry: address tag", ec2_tags(entry)["privlink:address"], "entry/hub")
    facts.check("entry: type", entry["VpcEndpointType"], "Interface")
    facts.check("entry: available", entry["State"].lower(), "available")
    facts.check("entry: VPC", entry["VpcId"], vpc["VpcId"])
    facts.check("entry: private DNS", entry["PrivateDnsEnabled"], True)
    facts.check("entry: a subnet in each zone", set(entry["SubnetIds"]), set(subnets))
    group = one(facts, "security group of the entry", entry["Groups"])["GroupId"]
    facts.check("entry: who is let in", ingress(gateway, group), {("tcp", 443, 443, "10.0.0.0/8")})
    names = [record["DnsName"] for record in entry["DnsEntries"]]
    facts.true("entry: private name", f"execute-api.{REGION}.amazonaws.com" in names)
    return entry


def check_link(facts, gateway, project):
    """The shared load balancer and the VPC link on it."""
    vpc, subnets = hub(gateway)
    balancers = gateway.elb.describe_load_balancers()["LoadBalancers"]
    tags = gateway.elb.describe_tags(ResourceArns=[b["LoadBalancerArn"] for b in balancers])["TagDescriptions"]
    owned = [t["ResourceArn"] for t in tags if ec2_tags(t).get("privlink:project") == project]
    balancer = one(facts, "load balancer", [b for b in balancers if b["LoadBalancerArn"] in owned])
    facts.check("load balancer: type", balancer["Type"], "network")
    facts.check("load balancer: scheme", balancer["Scheme"], "internal")
    facts.check("load balancer: active", balancer["State"]["Code"], "active")
    facts.check("load balancer: VPC", balancer["VpcId"], vpc["VpcId"])
    facts.check("load balancer: subnets", {z["SubnetId"] for z in balancer["AvailabilityZones"]}, set(subnets))
    facts.true("load balancer: an ARN of a network load balancer", ":loadbalancer/net/" in balancer["LoadBalancerArn"])
    enforced = balancer.get("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
    facts.check("load balancer: PrivateLink traffic passes its groups", enforced, "off")
    group = one(facts, "security group of the load balancer", balancer["SecurityGroups"])
    facts.check("load balancer: nobody else is let in", ingress(gateway, group), set())
    link = one(facts, "VPC link", gateway.api.get_vpc_links()["items"])
    facts.check("VPC link: available", link["status"], "AVAILABLE")
    facts.check("VPC link: its load balancer", link["targetArns"], [balancer["LoadBalancerArn"]])
    facts.check("VPC link: project tag", link["tags"]["privlink:project"], project)
    return balancer, link, group


def check_listener(facts, gateway, project, balancer, address, port, targets):
    """A target's listener, target group and registered addresses. Gives the listener's port."""
    arn = balancer["LoadBalancerArn"]
    listeners = gateway.elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    tags = gateway.elb.describe_tags(ResourceArns=[item["ListenerArn"] for item in listeners])["TagDescriptions"]
    wanted = {"privlink:project": project, "privlink:address": f"{address}/listener"}
    mine = [t["ResourceArn"] for t in tags if wanted.items() <= ec2_tags(t).items()]
    listener = one(facts, f"listener of {address}", [item for item in listeners if item["ListenerArn"] in mine])
    facts.check(f"{address}: listener protocol", listener["Protocol"], "TCP")
    action = one(facts, f"action of the listener of {address}", listener["DefaultActions"])
    group = gateway.elb.describe_target_groups(TargetGroupArns=[action["TargetGroupArn"]])["TargetGroups"][0]
    facts.check(f"{address}: target group", (group["TargetType"], group["Protocol"], group["Port"]), ("ip", "TCP", port))
    facts.check(f"{address}: target group's VPC", group["VpcId"], balancer["VpcId"])
    health = gateway.elb.describe_target_health(TargetGroupArn=action["TargetGroupArn"])["TargetHealthDescriptions"]
    registered = {(h["Target"]["Id"], h["Target"]["Port"]) for h in health}
    facts.check(f"{address}: targets", registered, {(target, port) for target in targets})
    zones = {h["Target"].get("AvailabilityZone") for h in health}
    return listener["Port"], zones


def check_service(facts, application, project):
    """The endpoint service and its permission. Gives the service and the load balancer behind it."""
    services = application.ec2.describe_vpc_endpoint_service_configurations()["ServiceConfigurations"]
    service = one(facts, "endpoint service", of_project(services, project))
    facts.check("service: address tag", ec2_tags(service)["privlink:address"], "target/orders/endpoint-service")
    facts.check("service: available", service["ServiceState"], "Available")
    facts.check("service: acceptance is asked for", service["AcceptanceRequired"], True)
    balancer = application.elb.describe_load_balancers(Names=["orders-internal"])["LoadBalancers"][0]
    facts.check("service: its load balancer", service["NetworkLoadBalancerArns"], [balancer["LoadBalancerArn"]])
    allowed = application.ec2.describe_vpc_endpoint_service_permissions(ServiceId=service["ServiceId"])
    principals = [item["Principal"] for item in allowed["AllowedPrincipals"]]
    facts.check("service: who may connect", principals, [f"arn:aws:iam::{GATEWAY}:root"])
    return service, balancer


def check_endpoint(facts, application, gateway, project, service, provider, balancer_group):
    """The endpoint on the service. Gives it and its addresses."""
    endpoints = of_project(gateway.ec2.describe_vpc_endpoints()["VpcEndpoints"], project)
    endpoint = one(facts, "endpoint", [e for e in endpoints if "execute-api" not in e["ServiceName"]])
    facts.check("endpoint: address tag", ec2_tags(endpoint)["privlink:address"], "target/orders/endpoint")
    facts.check("endpoint: service", endpoint["ServiceName"], service["ServiceName"])
    facts.check("endpoint: private DNS", endpoint["PrivateDnsEnabled"], False)
    _, subnets = hub(gateway)
    served = {subnet["AvailabilityZoneId"] for subnet in provider_subnets(application, provider)}
    stands = {subnets[subnet]["AvailabilityZoneId"] for subnet in endpoint["SubnetIds"]}
    facts.check("endpoint: in every zone of the service", stands, served & zone_ids(subnets))
    group = one(facts, "security group of the endpoint", endpoint["Groups"])["GroupId"]
    facts.check("endpoint: the load balancer alone is let in", ingress(gateway, group), {("tcp", 80, 80, balancer_group)})

    found = gateway.ec2.describe_network_interfaces(NetworkInterfaceIds=endpoint["NetworkInterfaceIds"])
    interfaces = found["NetworkInterfaces"]
    networks = [ipaddress.ip_network(subnets[interface["SubnetId"]]["CidrBlock"]) for interface in interfaces]
    addresses = [interface["PrivateIpAddress"] for interface in interfaces]
    inside = [ipaddress.ip_address(address) in network for address, network in zip(addresses, networks)]
    facts.true("endpoint: its addresses are inside its subnets", all(inside))
    kinds = {interface["InterfaceType"] for interface in interfaces}
    facts.check("endpoint: interface type", kinds, {"vpc_endpoint"})
    facts.check("endpoint: an address for each subnet", len(set(addresses)), len(endpoint["SubnetIds"]))
    return endpoint, set(addresses)


def check_connection(facts, application, service, endpoint):
    """The accepted connection, from both sides."""
    facts.check("endpoint: available", endpoint["State"].lower(), "available")
    connections = application.ec2.describe_vpc_endpoint_connections(
        Filters=[{"Name": "service-id", "Values": [service["ServiceId"]]}]
    )["VpcEndpointConnections"]
    connection = one(facts, "connection", connections)
    facts.check("connection: endpoint", connection["VpcEndpointId"], endpoint["VpcEndpointId"])
    facts.check("connection: owner", connection["VpcEndpointOwner"], GATEWAY)
    facts.check("connection: available", connection["VpcEndpointState"].lower(), "available")


def provider_subnets(application, balancer):
    ids = [zone["SubnetId"] for zone in balancer["AvailabilityZones"]]
    return application.ec2.describe_subnets(SubnetIds=ids)["Subnets"]


def zone_ids(subnets):
    return {subnet["AvailabilityZoneId"] for subnet in subnets.values()}


def check_api(facts, gateway, project, name, stage, entry):
    """The REST API, its policy, its stage and what that runs. Gives the API and its resources by path."""
    wanted = {"privlink:project": project, "privlink:address": f"api/{name}"}
    apis = gateway.api.get_rest_apis()["items"]
    api = one(facts, f"REST API {name}", [api for api in apis if wanted.items() <= api.get("tags", {}).items()])
    facts.check(f"{name}: name", api["name"], f"{project}-{name}")
    facts.check(f"{name}: type", api["endpointConfiguration"]["types"], ["PRIVATE"])
    aliases = api["endpointConfiguration"].get("vpcEndpointIds")
    facts.check(f"{name}: alias for the entry", aliases, [entry["VpcEndpointId"]])
    facts.true(f"{name}: has a policy", api.get("policy"))
    if api.get("policy"):
        check_policy(facts, api, [entry["VpcEndpointId"]])
    stages = gateway.api.get_stages(restApiId=api["id"])["item"]
    runs = one(facts, f"stage of {name}", stages)
    facts.check(f"{name}: stage", runs["stageName"], stage)
    deployment = gateway.api.get_deployment(
        restApiId=api["id"], deploymentId=runs["deploymentId"], embed=["apisummary"]
    )
    pages = gateway.api.get_paginator("get_resources").paginate(restApiId=api["id"], embed=["methods"])
    resources = {item["path"]: item for page in pages for item in page["items"]}
    defined = {path: set(item["resourceMethods"]) for path, item in resources.items() if item.get("resourceMethods")}
    deployed = {path: set(methods) for path, methods in deployment.get("apiSummary", {}).items()}
    facts.check(f"{name}: the stage runs what is defined", deployed, defined)
    return api, resources


def check_policy(facts, api, entries):
    """Invoking is denied from elsewhere than the entries, and allowed from there."""
    policy = json.loads(api["policy"].replace('\\"', '"').replace("\\/", "/"))
    everything = f"arn:aws:execute-api:{REGION}:{GATEWAY}:{api['id']}/*"
    statements = {s["Effect"]: s for s in policy["Statement"]}
    facts.check("policy: one denies, one allows", sorted(s["Effect"] for s in policy["Statement"]), ["Allow", "Deny"])
    for effect, operator in (("Deny", "StringNotEquals"), ("Allow", "StringEquals")):
        statement = statements[effect]
        facts.check(f"policy: {effect} everyone", statement["Principal"] in ("*", {"AWS": "*"}), True)
        facts.check(f"policy: {effect} to invoke", as_list(statement["Action"]), ["execute-api:Invoke"])
        facts.check(f"policy: {effect} on everything", as_list(statement["Resource"]), [everything])
        condition = {key.lower(): as_list(value) for key, value in statement["Condition"][operator].items()}
        facts.check(f"policy: {effect} by entry", condition, {"aws:sourcevpce": entries})


def as_list(value):
    return value if isinstance(value, list) else [value]


def check_proxy(facts, resources, path, link, scheme, host, port, uri_path):
    """One proxied path."""
    facts.true(f"{path}: exists", path in resources)
    methods = resources[path]["resourceMethods"]
    facts.check(f"{path}: any method", set(methods) - {"OPTIONS"}, {"ANY"})
    method = methods.get("ANY") or next(iter(methods.values()))
    facts.check(f"{path}: authorization", method.get("authorizationType"), "NONE")
    integration = method["methodIntegration"]
    facts.check(f"{path}: integration type", integration["type"], "HTTP_PROXY")
    facts.check(f"{path}: method at the target", integration["httpMethod"], "ANY")
    facts.check(f"{path}: goes over a link", integration["connectionType"], "VPC_LINK")
    facts.check(f"{path}: which link", integration.get("connectionId"), link)
    uri = urllib.parse.urlsplit(integration["uri"])
    facts.check(f"{path}: scheme and port", (uri.scheme, uri.port), (scheme, port))
    facts.true(f"{path}: host", host(uri.hostname))
    facts.check(f"{path}: path at the target", uri.path, uri_path)
    if path.endswith("{proxy+}"):
        declared = method.get("requestParameters")
        facts.check(f"{path}: declares the rest", declared, {"method.request.path.proxy": True})
        mapped = {"integration.request.path.proxy": "method.request.path.proxy"}
        facts.check(f"{path}: maps the rest", integration["requestParameters"], mapped)


def check_preflight(facts, resources, path, origin):
    """The mock that answers OPTIONS."""
    method = resources[path]["resourceMethods"]["OPTIONS"]
    integration = method["methodIntegration"]
    facts.check(f"{path}: preflight type", integration["type"], "MOCK")
    template = json.loads(integration["requestTemplates"]["application/json"])
    facts.check(f"{path}: preflight template", template, {"statusCode": 200})
    given = integration["integrationResponses"]["200"]["responseParameters"]
    facts.check(f"{path}: origin", given["method.response.header.Access-Control-Allow-Origin"], f"'{origin}'")
    declared = set(method["methodResponses"]["200"]["responseParameters"])
    facts.check(f"{path}: declared headers", declared, set(given))


def cross_account(facts, url):
    project = "crossaccount"
    gateway, application = Account(url, GATEWAY), Account(url, APPLICATION)
    facts.check("the role's account", gateway.sts.get_caller_identity()["Account"], GATEWAY)
    entry = check_entry(facts, gateway, project)
    balancer, link, group = check_link(facts, gateway, project)
    service, provider = check_service(facts, application, project)
    endpoint, addresses = check_endpoint(facts, application, gateway, project, service, provider, group)
    check_connection(facts, application, service, endpoint)
    port, zones = check_listener(facts, gateway, project, balancer, "target/orders", 80, addresses)
    facts.true("target/orders: inside the VPC no zone is said to be all", "all" not in zones)
    _, resources = check_api(facts, gateway, project, "orders", "test", entry)
    host = lambda name: name.startswith("orders-internal-")
    for path, uri in (("/", "/"), ("/{proxy+}", "/{proxy}")):
        check_proxy(facts, resources, path, link["id"], "http", host, port, uri)
        check_preflight(facts, resources, path, "*")


def cross_network(facts, url):
    project = "crossnetwork"
    gateway = Account(url, GATEWAY)
    entry = check_entry(facts, gateway, project)
    balancer, link, _ = check_link(facts, gateway, project)
    legacy, zones = check_listener(facts, gateway, project, balancer, "target/legacy", 80, {"172.31.12.59"})
    facts.check("target/legacy: outside the VPC in all zones", zones, {"all"})
    billing, zones = check_listener(
        facts, gateway, project, balancer, "target/billing", 443, {"172.31.40.10", "172.31.40.11"}
    )
    facts.check("target/billing: outside the VPC in all zones", zones, {"all"})
    facts.true("every target has its own port", legacy != billing)
    _, resources = check_api(facts, gateway, project, "legacy", "newtest", entry)
    for path, uri in (("/", "/"), ("/{proxy+}", "/{proxy}")):
        check_proxy(facts, resources, path, link["id"], "http", "172.31.12.59".__eq__, legacy, uri)
    for path, uri in (("/billing", "/billing"), ("/billing/{proxy+}", "/billing/{proxy}")):
        check_proxy(facts, resources, path, link["id"], "https", "billing.corp.example".__eq__, billing, uri)


def main():
    url, example = sys.argv[1:]
    facts = Facts()
    {"cross-account": cross_account, "cross-network": cross_network}[example](facts, url)
    print(f"{facts.passed} passed, {facts.failed} failed")
    sys.exit(1 if facts.failed else 0)


if __name__ == "__main__":
    main()
