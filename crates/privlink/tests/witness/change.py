"""Changes one thing of an example behind privlink's back, as somebody with a console would.

Usage: change.py URL CHANGE. Prints what it changed: a line "old VALUE" and a line "new VALUE" for what a plan has to show.
"""

import functools
import json
import sys

import boto3

REGION = "us-east-1"


def clients(url, account):
    """Clients of an account; its role is assumed once one is asked for, for not every example has every account."""
    base = {
        "endpoint_url": url,
        "region_name": REGION,
        "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key": "example",
    }

    @functools.cache
    def session():
        role = f"arn:aws:iam::{account}:role/privlink-deployer"
        keys = boto3.client("sts", **base).assume_role(RoleArn=role, RoleSessionName="hand")["Credentials"]
        return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION)

    return lambda service: session().client(service, endpoint_url=url)


def tagged(items, address):
    def tags(item):
        return {tag["Key"]: tag["Value"] for tag in item.get("Tags", [])}

    return next(item for item in items if tags(item).get("privlink:address") == address)


def target_removed(gateway, _):
    elb = gateway("elbv2")
    group = next(g for g in elb.describe_target_groups()["TargetGroups"] if g["TargetGroupName"].startswith("pl-"))
    arn = group["TargetGroupArn"]
    target = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"][0]["Target"]
    elb.deregister_targets(TargetGroupArn=arn, Targets=[target])
    return "", target["Id"]


def rule_opened(gateway, _):
    ec2 = gateway("ec2")
    group = tagged(ec2.describe_security_groups()["SecurityGroups"], "entry/hub/security-group")["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )
    return "0.0.0.0/0", ""


def the_api(client):
    return client.get_rest_apis()["items"][0]


def policy_replaced(gateway, _):
    client = gateway("apigateway")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
        ],
    }
    operations = [{"op": "replace", "path": "/policy", "value": json.dumps(policy)}]
    client.update_rest_api(restApiId=the_api(client)["id"], patchOperations=operations)
    return "", "aws:SourceVpce"


def method_added(gateway, _):
    client = gateway("apigateway")
    api = the_api(client)["id"]
    root = next(r["id"] for r in client.get_resources(restApiId=api)["items"] if r["path"] == "/")
    client.put_method(restApiId=api, resourceId=root, httpMethod="DELETE", authorizationType="NONE")
    client.put_integration(restApiId=api, resourceId=root, httpMethod="DELETE", type="MOCK")
    return "DELETE", ""


def permission_deleted(_, application):
    ec2 = application("ec2")
    services = ec2.describe_vpc_endpoint_service_configurations()["ServiceConfigurations"]
    service = tagged(services, "target/orders/endpoint-service")["ServiceId"]
    principal = "arn:aws:iam::222222222222:root"
    ec2.modify_vpc_endpoint_service_permissions(ServiceId=service, RemoveAllowedPrincipals=[principal])
    return "", principal


def listener_port_changed(gateway, _):
    elb = gateway("elbv2")
    balancers = elb.describe_load_balancers()["LoadBalancers"]
    balancer = next(b["LoadBalancerArn"] for b in balancers if b["LoadBalancerName"].startswith("pl-"))
    listener = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"][0]
    elb.modify_listener(ListenerArn=listener["ListenerArn"], Port=9999)
    return f"9999 → {listener['Port']}", ""


CHANGES = {
    "target-removed": target_removed,
    "rule-opened": rule_opened,
    "policy-replaced": policy_replaced,
    "method-added": method_added,
    "permission-deleted": permission_deleted,
    "listener-port-changed": listener_port_changed,
}


def main():
    url, change = sys.argv[1:]
    old, new = CHANGES[change](clients(url, "222222222222"), clients(url, "111111111111"))
    print(f"old {old}\nnew {new}")


if __name__ == "__main__":
    main()
