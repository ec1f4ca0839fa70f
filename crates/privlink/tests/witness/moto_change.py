"""Changes one thing of the moto chain behind privlink's back, at the target inside the VPC, which moto keeps as AWS does.

Usage: moto_change.py URL CHANGE, where CHANGE is target-removed or listener-port-changed. Prints what it changed as
change.py does: a line "old VALUE" and a line "new VALUE" for what a plan has to show.
"""

import sys

from moto_world import clients


def of_address(elb, arns, address):
    for described in elb.describe_tags(ResourceArns=arns)["TagDescriptions"]:
        if {"Key": "privlink:address", "Value": address} in described["Tags"]:
            return described["ResourceArn"]
    sys.exit(f"nothing is tagged with {address}")


def target_removed(elb):
    arns = [group["TargetGroupArn"] for group in elb.describe_target_groups()["TargetGroups"]]
    group = of_address(elb, arns, "target/local/target-group")
    target = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["Target"]
    elb.deregister_targets(TargetGroupArn=group, Targets=[target])
    return "", target["Id"]


def listener_port_changed(elb):
    balancers = elb.describe_load_balancers()["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancers[0]["LoadBalancerArn"])["Listeners"]
    ports = {listener["ListenerArn"]: listener["Port"] for listener in listeners}
    listener = of_address(elb, list(ports), "target/local/listener")
    elb.modify_listener(ListenerArn=listener, Port=9999)
    return "9999", str(ports[listener])


def main():
    url, change = sys.argv[1:]
    changes = {"target-removed": target_removed, "listener-port-changed": listener_port_changed}
    old, new = changes[change](clients(url, "222222222222")("elbv2"))
    print(f"old {old}\nnew {new}")


main()
