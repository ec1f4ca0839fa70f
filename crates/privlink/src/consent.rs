//! Consent: what must be true before anything is changed.
//!
//! Owns: the question, and the refusal where nobody can be asked. Refuses to know: what the plan holds.

use crate::cli::ConsentArgs;
use crate::connection::Place;
use crate::failure::Failure;
use crate::streams::Streams;
use crate::view::words;

/// Refuses endpoints that look like AWS to us and are somebody else's.
pub(crate) fn endpoint(args: ConsentArgs, place: &Place) -> Result<(), Failure> {
    let dangerous = place.dangerous();
    if dangerous.is_empty() || args.dangerous_endpoint {
        return Ok(());
    }
    Err(Failure::Refused {
        why: format!("calls would go to {}, which is neither AWS nor this machine", words::list(&dangerous)),
        help: "unset AWS_ENDPOINT_URL or --endpoint, or add --dangerous-endpoint".to_owned(),
    })
}

/// Asks, unless told not to.
pub(crate) async fn ask(args: ConsentArgs, question: &str, streams: &Streams) -> Result<(), Failure> {
    if args.auto_approve {
        return Ok(());
    }
    if !streams.interactive {
        return Err(Failure::Refused {
            why: match streams.events.are_wanted() {
                true => "nobody is asked with --format json".to_owned(),
                false => "nobody can be asked here: there is no terminal, or CI is set".to_owned(),
            },
            help: "look at `privlink plan`, then add -y (--auto-approve)".to_owned(),
        });
    }
    let answer = streams.ask(&format!("{question} Only \"yes\" is taken for yes: ")).await;
    match answer.as_deref() {
        Some("yes") => Ok(()),
        _ => Err(Failure::Refused {
            why: "the answer was not yes".to_owned(),
            help: "run it again, or add -y (--auto-approve) to go on without being asked".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit_code;
    use crate::streams::captured;

    async fn asked(args: ConsentArgs, answer: Option<&str>) -> (Result<(), Failure>, String) {
        let (streams, _, err) = captured::streams(answer);
        (ask(args, "Go on?", &streams).await, err.text())
    }

    #[tokio::test]
    async fn only_yes_is_yes() {
        assert!(asked(ConsentArgs::default(), Some("yes\n")).await.0.is_ok());
        for answer in ["y\n", "no\n", "\n", "", "YES\n"] {
            let (result, err) = asked(ConsentArgs::default(), Some(answer)).await;
            assert_eq!(result.unwrap_err().exit(), exit_code::REFUSED, "{answer:?}");
            assert!(err.starts_with("Go on?"));
        }
    }

    #[tokio::test]
    async fn without_a_terminal_nothing_is_asked() {
        let (result, err) = asked(ConsentArgs::default(), None).await;
        let failure = result.unwrap_err();
        assert_eq!(failure.exit(), exit_code::REFUSED);
        assert!(failure.help().unwrap().contains("-y"));
        assert_eq!(err, "");
        let yes = ConsentArgs { auto_approve: true, ..ConsentArgs::default() };
        assert!(asked(yes, None).await.0.is_ok());
    }

    #[test]
    fn an_endpoint_elsewhere_must_be_asked_for() {
        let place = Place::of_endpoints(vec!["all services at http://10.0.0.1".to_owned()]);
        assert_eq!(endpoint(ConsentArgs::default(), &place).unwrap_err().exit(), exit_code::REFUSED);
        let dangerous = ConsentArgs { dangerous_endpoint: true, ..ConsentArgs::default() };
        assert!(endpoint(dangerous, &place).is_ok());
        let local = Place::of_endpoints(vec!["all services at http://127.0.0.1:5000".to_owned()]);
        assert!(endpoint(ConsentArgs::default(), &local).is_ok());
    }
}
