//! Wildcards, as IAM reads them: `*` for any characters, `?` for one.

/// Tells whether a text is what a pattern stands for.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut seen) = (0, 0);
    // Where the last star was, and how far the text had come there.
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(letter) if *letter == '?' || *letter == text[seen] => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((back, from)) => {
                    star = Some((back, from + 1));
                    at = back + 1;
                    seen = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

/// Tells whether an action is what a pattern stands for, whatever the capitals.
pub(super) fn matches_action(pattern: &str, action: &str) -> bool {
    matches(&pattern.to_lowercase(), &action.to_lowercase())
}

/// Tells whether an ARN is what a pattern stands for. A wildcard stays within its part, of which the last is the rest.
pub(super) fn matches_arn(pattern: &str, arn: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let (pattern, arn): (Vec<&str>, Vec<&str>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    pattern.len() == arn.len() && pattern.iter().zip(arn).all(|(pattern, part)| matches(pattern, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text) in [("*", ""), ("a*", "a"), ("a*c", "abbc"), ("*b*", "abc"), ("a?c", "abc"), ("**x", "yx")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("a?", "a"), ("a*c", "abb"), ("?", ""), ("a", "ab")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert!(matches(&"*a".repeat(40), &"a".repeat(4000)), "it does not take for ever");
        assert!(!matches(&format!("{}b", "*a".repeat(40)), &"a".repeat(4000)));
    }

    #[test]
    fn actions_know_no_capitals_and_arns_keep_their_parts() {
        assert!(matches_action("EC2:Describe*", "ec2:describeVpcs"));
        assert!(matches_arn("arn:aws:ec2:*:1:vpc/*", "arn:aws:ec2:us-east-1:1:vpc/vpc-1"));
        assert!(matches_arn("arn:aws:apigateway:*::/restapis/*", "arn:aws:apigateway:r::/restapis/a/stages/b:c"));
        assert!(!matches_arn("arn:aws:ec2:*", "arn:aws:ec2:r:1:vpc/v"), "a star is no part after the next");
        assert!(!matches_arn("arn:aws:ec2:r:1:vpc/v", "*"));
        assert!(matches_arn("*", "*") && matches_arn("*", "arn:aws:ec2:r:1:vpc/v"));
    }
}
