//! The services of this AWS, and the names they go by.

/// A service of this AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Ec2,
    Elb,
    Gateway,
    Sts,
    Iam,
    Trail,
    Events,
}

impl Service {
    /// Gives the service that a signature names.
    pub(crate) fn of(scope: &str) -> Option<Service> {
        Some(match scope {
            "ec2" => Service::Ec2,
            "elasticloadbalancing" => Service::Elb,
            "apigateway" => Service::Gateway,
            "sts" => Service::Sts,
            "iam" => Service::Iam,
            "cloudtrail" => Service::Trail,
            "events" => Service::Events,
            _ => return None,
        })
    }

    /// Every service.
    pub(crate) const ALL: &[Service] =
        &[Service::Ec2, Service::Elb, Service::Gateway, Service::Sts, Service::Iam, Service::Trail, Service::Events];

    /// Gives the service of a name, as [`Service::name`] writes it.
    pub(crate) fn named(name: &str) -> Option<Service> {
        Service::ALL.iter().copied().find(|service| service.name() == name)
    }

    /// Gives the name that it goes by here, in front of an operation's.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Service::Ec2 => "ec2",
            Service::Elb => "elbv2",
            Service::Gateway => "apigateway",
            Service::Sts => "sts",
            Service::Iam => "iam",
            Service::Trail => "cloudtrail",
            Service::Events => "events",
        }
    }
}
