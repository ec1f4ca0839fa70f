"""Changes one thing of an example behind privlink's back, on the sandbox or on moto; `hand` has more, for the sandbox.

Usage: change.py URL CHANGE. Prints what it changed: a line "old VALUE" and a line "new VALUE" for what a plan has to show.
"""

import functools
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


def target_removed(gateway):
    elb = gateway("elbv2")
    group = next(g for g in elb.describe_target_groups()["TargetGroups"] if g["TargetGroupName"].startswith("pl-"))
    arn = group["TargetGroupArn"]
    target = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"][0]["Target"]
    elb.deregister_targets(TargetGroupArn=arn, Targets=[target])
    return "", target["Id"]


def rule_opened(gateway):
    ec2 = gateway("ec2")
    group = tagged(ec2.describe_security_groups()["SecurityGroups"], "entry/hub/security-group")["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )
    return "0.0.0.0/0", ""


CHANGES = {
    "target-removed": target_removed,
    "rule-opened": rule_opened,
}


def main():
    url, change = sys.argv[1:]
    old, new = CHANGES[change](clients(url, "222222222222"))
    print(f"old {old}\nnew {new}")


if __name__ == "__main__":
    main()
