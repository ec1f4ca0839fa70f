"""Opens the entry of the example to everybody, as somebody with a console and a role of their own would: hand.py URL"""

import sys

import boto3

BASE = {"endpoint_url": sys.argv[1], "region_name": "us-east-1"}
AMBIENT = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "example"}
ROLE = "arn:aws:iam::222222222222:role/privlink-hand"

keys = boto3.client("sts", **BASE, **AMBIENT).assume_role(RoleArn=ROLE, RoleSessionName="ana")["Credentials"]
ec2 = boto3.client(
    "ec2",
    **BASE,
    aws_access_key_id=keys["AccessKeyId"],
    aws_secret_access_key=keys["SecretAccessKey"],
    aws_session_token=keys["SessionToken"],
)
address = {"Name": "tag:privlink:address", "Values": ["entry/hub/security-group"]}
(group,) = ec2.describe_security_groups(Filters=[address])["SecurityGroups"]
everybody = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[everybody])
