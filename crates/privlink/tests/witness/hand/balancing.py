"""Load balancers, listeners, target groups, targets."""


def target_removed(site):
    group = site.group(site.target)
    target = site.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["Target"]
    site.elb.deregister_targets(TargetGroupArn=group, Targets=[target])
    return f"{site.target}/targets", "", target["Id"]


def target_added(site):
    group = site.group("target/billing")
    extra = {"Id": "172.31.99.99", "Port": 443, "AvailabilityZone": "all"}
    site.elb.register_targets(TargetGroupArn=group, Targets=[extra])
    return "target/billing/targets", "172.31.99.99", "172.31.40.10"


def health_protocol(site):
    site.elb.modify_target_group(
        TargetGroupArn=site.group(site.target), HealthCheckProtocol="HTTP", HealthCheckPath="/alive"
    )
    return f"{site.target}/target-group", "HTTP", "TCP"


def health_path(site):
    health_protocol(site)
    return f"{site.target}/target-group", "/alive", ""


def health_port(site):
    site.elb.modify_target_group(TargetGroupArn=site.group("target/billing"), HealthCheckPort="8081")
    return "target/billing/target-group", "8081", "traffic-port"


def health_interval(site):
    site.elb.modify_target_group(TargetGroupArn=site.group("target/billing"), HealthCheckIntervalSeconds=10)
    return "target/billing/target-group", "10", ""


def listener_deleted(site):
    listener = site.listener(site.target)
    site.elb.delete_listener(ListenerArn=listener["ListenerArn"])
    return f"{site.target}/listener", "", str(listener["Port"])


def listener_repointed(site):
    other = site.group(site.target)
    listener = site.listener("target/billing")
    forward = [{"Type": "forward", "TargetGroupArn": other}]
    site.elb.modify_listener(ListenerArn=listener["ListenerArn"], DefaultActions=forward)
    return "target/billing/listener", other, site.group("target/billing")


def listener_port_changed(site):
    listener = site.listener(site.target)
    site.elb.modify_listener(ListenerArn=listener["ListenerArn"], Port=9999)
    return f"{site.target}/listener", "9999", str(listener["Port"])


def listener_added(site):
    forward = [{"Type": "forward", "TargetGroupArn": site.group(site.target)}]
    site.elb.create_listener(LoadBalancerArn=site.balancer, Protocol="TCP", Port=9998, DefaultActions=forward)
    return "link/gateway/hub/load-balancer", "9998", ""


def balancer_groups(site):
    default = next(
        group
        for group in site.ec2.describe_security_groups()["SecurityGroups"]
        if group["GroupName"] == "default"
    )["GroupId"]
    now = site.elb.describe_load_balancers(LoadBalancerArns=[site.balancer])["LoadBalancers"][0]["SecurityGroups"]
    site.elb.set_security_groups(LoadBalancerArn=site.balancer, SecurityGroups=[*now, default])
    return "link/gateway/hub/load-balancer", default, now[0]


def enforcement_on(site):
    now = site.elb.describe_load_balancers(LoadBalancerArns=[site.balancer])["LoadBalancers"][0]["SecurityGroups"]
    site.elb.set_security_groups(
        LoadBalancerArn=site.balancer,
        SecurityGroups=now,
        EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic="on",
    )
    return "link/gateway/hub/enforcement", "on", "off"
