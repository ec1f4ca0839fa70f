"""Security groups, endpoints, endpoint services, connections."""

import json

from .site import APPLICATION, GATEWAY


def permission(port, cidr):
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr}]}]


def security_group(site, address):
    return site.by_tag("describe_security_groups", "SecurityGroups", address)["GroupId"]


def rule_added(site):
    group = security_group(site, "entry/hub/security-group")
    site.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permission(443, "0.0.0.0/0"))
    return "entry/hub/security-group", "0.0.0.0/0", ""


def egress_added(site):
    group = security_group(site, "link/gateway/hub/security-group")
    site.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=permission(25, "198.51.100.0/24"))
    return "link/gateway/hub/security-group", "198.51.100.0/24", ""


def rule_deleted(site):
    group = security_group(site, "entry/hub/security-group")
    site.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=permission(443, "10.0.0.0/8"))
    return "entry/hub/security-group/https-10.0.0.0_8", "", "10.0.0.0/8"


def endpoint_groups(site):
    entry = site.entry()
    groups = site.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [entry["VpcId"]]}])
    default = next(group for group in groups["SecurityGroups"] if group["GroupName"] == "default")["GroupId"]
    ours = entry["Groups"][0]["GroupId"]
    site.ec2.modify_vpc_endpoint(
        VpcEndpointId=entry["VpcEndpointId"], AddSecurityGroupIds=[default], RemoveSecurityGroupIds=[ours]
    )
    return "entry/hub", default, ours


def endpoint_subnets(site):
    entry = site.entry()
    gone = sorted(entry["SubnetIds"])[0]
    site.ec2.modify_vpc_endpoint(VpcEndpointId=entry["VpcEndpointId"], RemoveSubnetIds=[gone])
    return "entry/hub", sorted(entry["SubnetIds"])[1], gone


def private_dns_off(site):
    site.ec2.modify_vpc_endpoint(VpcEndpointId=site.entry()["VpcEndpointId"], PrivateDnsEnabled=False)
    return "entry/hub", "false", "true"


def endpoint_policy(site):
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::333333333333:root"},
        "Action": "execute-api:Invoke",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    site.ec2.modify_vpc_endpoint(VpcEndpointId=site.entry()["VpcEndpointId"], PolicyDocument=policy)
    return "entry/hub", "333333333333", ""


def endpoint_deleted(site):
    endpoint = site.by_tag("describe_vpc_endpoints", "VpcEndpoints", "target/orders/endpoint")
    site.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
    return "target/orders/endpoint", "", endpoint["ServiceName"]


def acceptance_off(site):
    site.client("ec2", APPLICATION).modify_vpc_endpoint_service_configuration(
        ServiceId=site.service(), AcceptanceRequired=False
    )
    return "target/orders/endpoint-service", "false", "true"


def principal_added(site):
    principal = "arn:aws:iam::333333333333:root"
    site.client("ec2", APPLICATION).modify_vpc_endpoint_service_permissions(
        ServiceId=site.service(), AddAllowedPrincipals=[principal]
    )
    return "target/orders/endpoint-service", principal, ""


def permission_deleted(site):
    principal = f"arn:aws:iam::{GATEWAY}:root"
    site.client("ec2", APPLICATION).modify_vpc_endpoint_service_permissions(
        ServiceId=site.service(), RemoveAllowedPrincipals=[principal]
    )
    return "target/orders/permission/gateway", "", principal


def connection_rejected(site):
    client = site.client("ec2", APPLICATION)
    (connection,) = client.describe_vpc_endpoint_connections()["VpcEndpointConnections"]
    client.reject_vpc_endpoint_connections(
        ServiceId=connection["ServiceId"], VpcEndpointIds=[connection["VpcEndpointId"]]
    )
    return "target/orders/connection", "rejected", ""
