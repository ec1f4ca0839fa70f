"""Makes in a moto_server what exists before privlink: a hub VPC in one account, a load balancer in another.

Usage: moto_world.py URL.
"""

import sys

import boto3

REGION = "us-east-1"


def clients(url, account):
    base = {
        "endpoint_url": url,
        "region_name": REGION,
        "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key": "example",
    }
    role = f"arn:aws:iam::{account}:role/privlink-deployer"
    keys = boto3.client("sts", **base).assume_role(RoleArn=role, RoleSessionName="world")["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION)
    return lambda service: session.client(service, endpoint_url=url)


def network(ec2, name, cidrs):
    def named(kind):
        return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]

    vpc = ec2.create_vpc(CidrBlock=cidrs[0], TagSpecifications=named("vpc"))["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": True})
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for cidr, zone in zip(cidrs[1:], ("us-east-1a", "us-east-1b"))
    ]
    return vpc, subnets


def main():
    url = sys.argv[1]
    gateway, application = clients(url, "222222222222"), clients(url, "111111111111")
    network(gateway("ec2"), "hub", ["10.0.0.0/16", "10.0.1.0/24", "10.0.2.0/24"])
    _, subnets = network(application("ec2"), "app", ["10.1.0.0/16", "10.1.1.0/24", "10.1.2.0/24"])
    elb = application("elbv2")
    arn = elb.create_load_balancer(Name="orders-internal", Type="network", Scheme="internal", Subnets=subnets)
    arn = arn["LoadBalancers"][0]["LoadBalancerArn"]
    vpc = application("ec2").describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["app"]}])["Vpcs"][0]["VpcId"]
    group = elb.create_target_group(Name="orders", Protocol="TCP", Port=80, VpcId=vpc, TargetType="ip")
    group = group["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=arn,
        Protocol="TCP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    print("made")


if __name__ == "__main__":
    main()
