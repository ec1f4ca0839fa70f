//! A change that somebody makes by hand behind privlink's back: one target group is checked at another port.
//!
//! In AWS's query protocol, unsigned: the sandbox reads the credential's scope and leaves the signature alone. A change of the
//! tool's own would be on its record, and no drift.

use super::served::post;

/// Makes the change in the account of the load balancer.
pub(super) fn change(url: &str) -> Result<(), String> {
    let role = "arn%3Aaws%3Aiam%3A%3A222222222222%3Arole%2Fprivlink-deployer";
    let assume = format!("Action=AssumeRole&Version=2011-06-15&RoleSessionName=hand&RoleArn={role}");
    let keys = post(url, &credential("AKIAIOSFODNN7EXAMPLE", "sts", ""), &assume)?;
    let (key, token) = (element(&keys, "AccessKeyId")?, element(&keys, "SessionToken")?);
    let caller = credential(&key, "elasticloadbalancing", &token);
    let groups = post(url, &caller, "Action=DescribeTargetGroups&Version=2015-12-01")?;
    let group = element(&groups, "TargetGroupArn")?.replace(':', "%3A").replace('/', "%2F");
    let modify = format!("Action=ModifyTargetGroup&Version=2015-12-01&TargetGroupArn={group}&HealthCheckPort=8081");
    post(url, &caller, &modify).map(|_| ())
}

/// The headers that say who calls which service.
fn credential(key: &str, service: &str, token: &str) -> String {
    let scope = format!("{key}/20260101/us-east-1/{service}/aws4_request");
    let mut headers =
        format!("Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0\r\n");
    if !token.is_empty() {
        headers.push_str(&format!("X-Amz-Security-Token: {token}\r\n"));
    }
    headers
}

/// The text of the first element of a name.
fn element(xml: &str, name: &str) -> Result<String, String> {
    let inner = xml.split(&format!("<{name}>")).nth(1).and_then(|rest| rest.split('<').next());
    inner.map(str::to_owned).ok_or_else(|| format!("no {name} in {xml}"))
}
