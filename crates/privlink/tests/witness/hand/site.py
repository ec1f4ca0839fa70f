"""Where the changes are made: clients of the accounts of an example, and its objects by their privlink addresses."""

import functools

import boto3

REGION = "us-east-1"
GATEWAY, APPLICATION = "222222222222", "111111111111"


class Site:
    """The accounts of an example behind one URL; each role is assumed once, when it is first needed."""

    def __init__(self, url, example):
        self.url, self.example = url, example

    @functools.cache
    def session(self, account):
        base = {
            "endpoint_url": self.url,
            "region_name": REGION,
            "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "aws_secret_access_key": "example",
        }
        role = f"arn:aws:iam::{account}:role/privlink-deployer"
        keys = boto3.client("sts", **base).assume_role(RoleArn=role, RoleSessionName="hand")["Credentials"]
        return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION)

    @functools.cache
    def client(self, service, account=GATEWAY):
        return self.session(account).client(service, endpoint_url=self.url)

    @property
    def ec2(self):
        return self.client("ec2")

    @property
    def elb(self):
        return self.client("elbv2")

    @property
    def gateway(self):
        return self.client("apigateway")

    @property
    def api_address(self):
        return {"cross-account": "api/orders", "cross-network": "api/legacy"}[self.example]

    @property
    def target(self):
        return {"cross-account": "target/orders", "cross-network": "target/legacy"}[self.example]

    @property
    def stage(self):
        return {"cross-account": "test", "cross-network": "newtest"}[self.example]

    @property
    def api(self):
        return self.gateway.get_rest_apis()["items"][0]["id"]

    def by_tag(self, method, key, address, account=GATEWAY):
        """The one object of EC2 that carries an address."""
        client = self.client("ec2", account)
        mine = [{"Name": "tag:privlink:address", "Values": [address]}]
        (found,) = getattr(client, method)(Filters=mine)[key]
        return found

    def arn(self, address, items, key):
        """The ARN of the object of load balancing that carries an address."""
        arns = [item[key] for item in items]
        for start in range(0, len(arns), 20):
            for described in self.elb.describe_tags(ResourceArns=arns[start : start + 20])["TagDescriptions"]:
                if {"Key": "privlink:address", "Value": address} in described["Tags"]:
                    return described["ResourceArn"]
        raise LookupError(address)

    @property
    def balancer(self):
        balancers = self.elb.describe_load_balancers()["LoadBalancers"]
        return self.arn("link/gateway/hub/load-balancer", balancers, "LoadBalancerArn")

    def group(self, target):
        groups = self.elb.describe_target_groups()["TargetGroups"]
        return self.arn(f"{target}/target-group", groups, "TargetGroupArn")

    def listener(self, target):
        listeners = self.elb.describe_listeners(LoadBalancerArn=self.balancer)["Listeners"]
        arn = self.arn(f"{target}/listener", listeners, "ListenerArn")
        return next(listener for listener in listeners if listener["ListenerArn"] == arn)

    def entry(self):
        return self.by_tag("describe_vpc_endpoints", "VpcEndpoints", "entry/hub")

    def service(self):
        services = self.client("ec2", APPLICATION).describe_vpc_endpoint_service_configurations()
        return services["ServiceConfigurations"][0]["ServiceId"]
