"""REST APIs: what they do, what is deployed, what their stages run; VPC links."""

import json


def patch(site, **values):
    operations = [
        {"op": "replace", "path": path.replace("__", "/"), "value": value} for path, value in values.items()
    ]
    site.gateway.update_rest_api(restApiId=site.api, patchOperations=operations)


def root(site):
    return next(r["id"] for r in site.gateway.get_resources(restApiId=site.api)["items"] if r["path"] == "/")


def mock(site, resource, verb):
    site.gateway.put_method(restApiId=site.api, resourceId=resource, httpMethod=verb, authorizationType="NONE")
    site.gateway.put_integration(restApiId=site.api, resourceId=resource, httpMethod=verb, type="MOCK")


def link_renamed(site):
    link = site.gateway.get_vpc_links()["items"][0]
    site.gateway.update_vpc_link(
        vpcLinkId=link["id"], patchOperations=[{"op": "replace", "path": "/name", "value": "by-hand"}]
    )
    return "link/gateway/hub", "by-hand", link["name"]


def api_renamed(site):
    name = site.gateway.get_rest_api(restApiId=site.api)["name"]
    patch(site, __name="by-hand")
    return site.api_address, "by-hand", name


def api_described(site):
    before = site.gateway.get_rest_api(restApiId=site.api)["description"]
    patch(site, __description="made by hand")
    return site.api_address, "made by hand", before.split('"')[0].strip()


def compression(site):
    patch(site, __minimumCompressionSize="2048")
    return f"{site.api_address}/definition", "2048", ""


def binary_types(site):
    operations = [{"op": "add", "path": "/binaryMediaTypes/image~1png"}]
    site.gateway.update_rest_api(restApiId=site.api, patchOperations=operations)
    return f"{site.api_address}/definition", "image/png", ""


def denial_customised(site):
    site.gateway.put_gateway_response(
        restApiId=site.api,
        responseType="ACCESS_DENIED",
        statusCode="404",
        responseParameters={"gatewayresponse.header.Server": "'hidden'"},
    )
    return f"{site.api_address}/definition", "ACCESS_DENIED", ""


def server_errors_customised(site):
    operations = [{"op": "replace", "path": "/statusCode", "value": "599"}]
    site.gateway.update_gateway_response(
        restApiId=site.api, responseType="DEFAULT_5XX", patchOperations=operations
    )
    return f"{site.api_address}/definition", "599", ""


def default_endpoint_off(site):
    patch(site, __disableExecuteApiEndpoint="true")
    return f"{site.api_address}/definition", "true", ""


def alias_removed(site):
    (endpoint,) = site.gateway.get_rest_api(restApiId=site.api)["endpointConfiguration"]["vpcEndpointIds"]
    operations = [{"op": "remove", "path": "/endpointConfiguration/vpcEndpointIds", "value": endpoint}]
    site.gateway.update_rest_api(restApiId=site.api, patchOperations=operations)
    return f"{site.api_address}/definition", "", endpoint


def method_added(site):
    mock(site, root(site), "DELETE")
    return f"{site.api_address}/definition", "DELETE", ""


def resource_added(site):
    made = site.gateway.create_resource(restApiId=site.api, parentId=root(site), pathPart="backdoor")
    mock(site, made["id"], "GET")
    return f"{site.api_address}/definition", "/backdoor", ""


def method_deleted(site):
    site.gateway.delete_method(restApiId=site.api, resourceId=root(site), httpMethod="ANY")
    return f"{site.api_address}/definition", "", "ANY"


def integration_changed(site):
    operations = [{"op": "replace", "path": "/timeoutInMillis", "value": "1234"}]
    site.gateway.update_integration(
        restApiId=site.api, resourceId=root(site), httpMethod="ANY", patchOperations=operations
    )
    return f"{site.api_address}/definition", "1234", ""


def integration_moved(site):
    operations = [{"op": "replace", "path": "/uri", "value": "http://198.51.100.7/"}]
    site.gateway.update_integration(
        restApiId=site.api, resourceId=root(site), httpMethod="ANY", patchOperations=operations
    )
    return f"{site.api_address}/definition", "198.51.100.7", ""


def authorization_changed(site):
    operations = [{"op": "replace", "path": "/authorizationType", "value": "AWS_IAM"}]
    site.gateway.update_method(
        restApiId=site.api, resourceId=root(site), httpMethod="ANY", patchOperations=operations
    )
    return f"{site.api_address}/definition", "AWS_IAM", "NONE"


def policy_replaced(site):
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    patch(site, __policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return f"{site.api_address}/definition", "Allow", "aws:SourceVpce"


def edited_and_deployed(site):
    mock(site, root(site), "PATCH")
    made = site.gateway.create_deployment(restApiId=site.api, stageName=site.stage, description="hotfix")
    return f"{site.api_address}/stage/{site.stage}", made["id"], ""


def stage_repointed(site):
    before = site.gateway.get_stage(restApiId=site.api, stageName=site.stage)["deploymentId"]
    made = site.gateway.create_deployment(restApiId=site.api)
    stage_patch(site, "/deploymentId", made["id"])
    return f"{site.api_address}/stage/{site.stage}", made["id"], before


def stage_patch(site, path, value):
    operations = [{"op": "replace", "path": path, "value": value}]
    site.gateway.update_stage(restApiId=site.api, stageName=site.stage, patchOperations=operations)


def stage_variables(site):
    stage_patch(site, "/variables/color", "green")
    return f"{site.api_address}/stage/{site.stage}", "green", ""


def stage_throttled(site):
    stage_patch(site, "/*/*/throttling/rateLimit", "1")
    return f"{site.api_address}/stage/{site.stage}", "1", ""


def stage_traced(site):
    stage_patch(site, "/tracingEnabled", "true")
    return f"{site.api_address}/stage/{site.stage}", "true", ""


def stage_canary(site):
    deployment = site.gateway.get_stage(restApiId=site.api, stageName=site.stage)["deploymentId"]
    operations = [
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "50"},
        {"op": "replace", "path": "/canarySettings/deploymentId", "value": deployment},
    ]
    site.gateway.update_stage(restApiId=site.api, stageName=site.stage, patchOperations=operations)
    return f"{site.api_address}/stage/{site.stage}", "50", ""


def stage_added(site):
    deployment = site.gateway.get_stage(restApiId=site.api, stageName=site.stage)["deploymentId"]
    site.gateway.create_stage(restApiId=site.api, stageName="shadow", deploymentId=deployment)
    return site.api_address, "shadow", ""


def stage_deleted(site):
    site.gateway.delete_stage(restApiId=site.api, stageName=site.stage)
    return f"{site.api_address}/stage/{site.stage}", "", site.stage
