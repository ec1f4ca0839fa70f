"""Changes things as somebody with a console would, and asks the world's CloudTrail and EventBridge about it.

Usage: trail.py URL. The world is the one of the example cross-account after an apply, and its CloudTrail shows calls at once.
Prints a line for each fact and ends with "N passed, M failed"; exits 1 when any failed. Nothing here knows privlink's code: the
forms are those of AWS's guides, and botocore checks every answer by AWS's own models.
"""

import datetime
import json
import sys
import time

import boto3
from botocore.config import Config

from chain import GATEWAY, REGION, Facts

ROLE = f"arn:aws:iam::{GATEWAY}:role/privlink-deployer"


class Person:
    """Somebody who took on the deployer's role under a name."""

    def __init__(self, url, name):
        base = {"endpoint_url": url, "region_name": REGION}
        keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "example"}
        answer = boto3.client("sts", **base, **keys).assume_role(RoleArn=ROLE, RoleSessionName=name)["Credentials"]
        self.key = answer["AccessKeyId"]
        self.base = {
            **base,
            "aws_access_key_id": self.key,
            "aws_secret_access_key": answer["SecretAccessKey"],
            "aws_session_token": answer["SessionToken"],
        }

    def client(self, service, **config):
        return boto3.client(service, **self.base, config=Config(**config))


def code(call, **arguments):
    """The code of a call that is refused."""
    try:
        call(**arguments)
    except Exception as error:  # noqa: BLE001: botocore's classes are made at run time
        return error.response["Error"]["Code"]
    return None


def lookup(trail, key, value):
    attributes = [{"AttributeKey": key, "AttributeValue": value}]
    few = {"PageSize": 5}
    pages = trail.get_paginator("lookup_events").paginate(LookupAttributes=attributes, PaginationConfig=few)
    return [event for page in pages for event in page["Events"]]


def record(event):
    return json.loads(event["CloudTrailEvent"])


def changes(alice):
    """Changes one thing of each service, and tries one that is refused."""
    ec2, elb, gateway = alice.client("ec2"), alice.client("elbv2"), alice.client("apigateway")
    tagged = {"Name": "tag:privlink:address", "Values": ["entry/hub/security-group"]}
    group = ec2.describe_security_groups(Filters=[tagged])["SecurityGroups"][0]["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]}
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    door = {"Name": "service-name", "Values": [f"com.amazonaws.{REGION}.execute-api"]}
    endpoint = ec2.describe_vpc_endpoints(Filters=[door])["VpcEndpoints"][0]["VpcEndpointId"]
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PolicyDocument=policy)
    target_group = elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_target_group(TargetGroupArn=target_group, HealthCheckIntervalSeconds=10)
    api = gateway.get_rest_apis()["items"][0]["id"]
    stage = gateway.get_stages(restApiId=api)["item"][0]["stageName"]
    patch = {"op": "replace", "path": "/description", "value": "by hand"}
    gateway.update_stage(restApiId=api, stageName=stage, patchOperations=[patch])
    gateway.tag_resource(resourceArn=f"arn:aws:apigateway:{REGION}::/restapis/{api}", tags={"by": "hand"})
    refused = code(ec2.delete_security_group, GroupId=group)
    return {
        "group": group,
        "rule": made["SecurityGroupRules"][0]["SecurityGroupRuleId"],
        "endpoint": endpoint,
        "target_group": target_group,
        "api": api,
        "stage": stage,
        "refused": refused,
    }


def history(facts, alice, made):
    trail = alice.client("cloudtrail", retries={"mode": "standard", "max_attempts": 10})
    events = lookup(trail, "Username", "alice")
    names = [event["EventName"] for event in events]
    wanted = [
        "DeleteSecurityGroup",
        "TagResource",
        "UpdateStage",
        "ModifyTargetGroup",
        "ModifyVpcEndpoint",
        "AuthorizeSecurityGroupIngress",
    ]
    facts.check("the newest is the first, and reads are not among them", names, wanted)
    refused, tagged, staged, balanced, modified, opened = events
    one = record(opened)
    facts.check("who", one["userIdentity"]["arn"], f"arn:aws:sts::{GATEWAY}:assumed-role/privlink-deployer/alice")
    facts.check("in which role", one["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"], ROLE)
    facts.check("with which key", (opened["AccessKeyId"], one["userIdentity"]["accessKeyId"]), (alice.key, alice.key))
    facts.true("with which tool", one["userAgent"].startswith("Boto3/"))
    facts.check("from where", one["sourceIPAddress"], "127.0.0.1")
    at = datetime.datetime.strptime(one["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    facts.check("when, said twice", opened["EventTime"].astimezone(datetime.timezone.utc), at)
    facts.check("a write", (opened["ReadOnly"], one["readOnly"], one["eventCategory"]), ("false", False, "Management"))
    facts.check("the group that was sent", one["requestParameters"]["groupId"], made["group"])
    rules = one["responseElements"]["securityGroupRuleSet"]["items"]
    facts.check("the rule that was answered", [rule["securityGroupRuleId"] for rule in rules], [made["rule"]])
    sent = record(modified)["requestParameters"]["ModifyVpcEndpointRequest"]
    facts.check("the endpoint that was sent", sent["VpcEndpointId"], made["endpoint"])
    facts.check("a target group", record(balanced)["requestParameters"]["targetGroupArn"], made["target_group"])
    stage = record(staged)["requestParameters"]
    facts.check("a stage", (stage["restApiId"], stage["stageName"]), (made["api"], made["stage"]))
    facts.check("what was set there", stage["patchOperations"][0]["value"], "by hand")
    facts.true("the tagged API", record(tagged)["requestParameters"]["resourceArn"].endswith(f"/restapis/{made['api']}"))
    facts.check("a refusal says so", record(refused)["errorCode"], f"Client.{made['refused']}")
    types = {resource["ResourceType"] for resource in opened["Resources"]}
    facts.check("what is named", types, {"AWS::EC2::SecurityGroup"})
    facts.check("by id", [event["EventName"] for event in lookup(trail, "EventId", opened["EventId"])], [opened["EventName"]])
    named = {event["EventName"] for event in lookup(trail, "ResourceName", made["endpoint"])}
    facts.true("by name", {"CreateVpcEndpoint", "ModifyVpcEndpoint"} <= named)
    everything = lookup(trail, "ReadOnly", "false")
    ours = [event for event in everything if "app/privlink" in record(event)["userAgent"]]
    facts.check("the rest is the apply's own", len(ours), len(everything) - len(events))
    facts.true("which is more than fits a page", len(ours) > 10)
    facts.check("nothing is a read", lookup(trail, "ReadOnly", "true"), [])
    facts.check("each has its own id", len({event["EventId"] for event in everything}), len(everything))
    two = [{"AttributeKey": key, "AttributeValue": "x"} for key in ("EventName", "Username")]
    facts.check("two attributes", code(trail.lookup_events, LookupAttributes=two), "InvalidLookupAttributesException")
    now = datetime.datetime.now(datetime.timezone.utc)
    earlier = now - datetime.timedelta(days=1)
    facts.check("a time that ends first", code(trail.lookup_events, StartTime=now, EndTime=earlier), "InvalidTimeRangeException")
    facts.check("too much at once", code(trail.lookup_events, MaxResults=51), "InvalidMaxResultsException")
    facts.check("no such page", code(trail.lookup_events, NextToken="x"), "InvalidNextTokenException")
    last = record(events[-1])["eventTime"]
    facts.true("since a time", len(trail.lookup_events(StartTime=last)["Events"]) >= len(events))


def buses(facts, alice):
    events = alice.client("events")
    good = {"Source": "witness", "DetailType": "News", "Detail": json.dumps({"a": 1}), "Time": time.time()}
    answer = events.put_events(Entries=[good, {**good, "Detail": "[]"}, {**good, "Source": "aws.ec2"}])
    facts.check("entries that failed", answer["FailedEntryCount"], 2)
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    facts.check("their codes", codes, [None, "MalformedDetail", "NotAuthorizedForSourceException"])
    facts.true("the id of the one that was put", len(answer["Entries"][0]["EventId"]) == 36)
    lost = events.put_events(Entries=[{**good, "EventBusName": "nowhere"}])
    facts.check("a bus that is not there takes everything", lost["FailedEntryCount"], 0)
    facts.check("and can be told by asking", code(events.describe_event_bus, Name="nowhere"), "ResourceNotFoundException")
    arn = f"arn:aws:events:{REGION}:{GATEWAY}:event-bus/default"
    facts.check("the default bus", events.describe_event_bus()["Arn"], arn)
    facts.check("too many entries", code(events.put_events, Entries=[good] * 11), "ValidationException")
    large = {**good, "Detail": json.dumps({"a": "x" * 300_000})}
    facts.check("too large", code(events.put_events, Entries=[large]), "ValidationException")


def main(url):
    facts, alice = Facts(), Person(url, "alice")
    history(facts, alice, changes(alice))
    buses(facts, alice)
    print(f"{facts.passed} passed, {facts.failed} failed")
    return 1 if facts.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
