"""Somebody who connects to the endpoint service of the example cross-account by hand, and leaves again.

Usage: neighbour.py URL connect, which prints the id of the endpoint that was made and accepted; neighbour.py URL leave ID.
"""

import sys

from change import clients


def connect(gateway, application):
    service = application("ec2").describe_vpc_endpoint_service_configurations()["ServiceConfigurations"][0]
    hub = gateway("ec2")
    vpc = hub.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["hub"]}])["Vpcs"][0]["VpcId"]
    subnet = hub.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"][0]["SubnetId"]
    made = hub.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=vpc,
        ServiceName=service["ServiceName"],
        SubnetIds=[subnet],
        PrivateDnsEnabled=False,
    )
    endpoint = made["VpcEndpoint"]["VpcEndpointId"]
    failed = application("ec2").accept_vpc_endpoint_connections(
        ServiceId=service["ServiceId"], VpcEndpointIds=[endpoint]
    )["Unsuccessful"]
    assert not failed, failed
    print(endpoint)


def leave(gateway, _, endpoint):
    failed = gateway("ec2").delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"]
    assert not failed, failed


url, verb, *rest = sys.argv[1:]
{"connect": connect, "leave": leave}[verb](clients(url, "222222222222"), clients(url, "111111111111"), *rest)
