//! AWS's own endpoint services: which there are, and the names that private DNS gives to endpoints of them.

/// AWS's services that can be reached by interface endpoints here, with the prefix of their private names.
pub(super) const AWS_SERVICES: &[(&str, &str)] = &[
    ("athena", "athena"),
    ("ec2", "ec2"),
    ("ecr.api", "api.ecr"),
    ("ecr.dkr", "*.dkr.ecr"),
    ("elasticloadbalancing", "elasticloadbalancing"),
    ("events", "events"),
    ("execute-api", "execute-api"),
    ("kms", "kms"),
    ("lambda", "lambda"),
    ("logs", "logs"),
    ("monitoring", "monitoring"),
    ("secretsmanager", "secretsmanager"),
    ("sns", "sns"),
    ("sqs", "sqs"),
    ("ssm", "ssm"),
    ("states", "states"),
    ("sts", "sts"),
];

/// Gives the names that private DNS gives to endpoints of a service: those of AWS's services alone, for a custom one's
/// name must be verified in the public DNS first.
pub(crate) fn private_names(name: &str, region: &str) -> Vec<String> {
    let short = name.strip_prefix(&format!("com.amazonaws.{region}."));
    let Some((short, prefix)) = AWS_SERVICES.iter().find(|(known, _)| Some(*known) == short) else { return Vec::new() };
    let private = format!("{prefix}.{region}.amazonaws.com");
    let wildcard = (*short == "execute-api").then(|| format!("*.{private}"));
    [private].into_iter().chain(wildcard).collect()
}
