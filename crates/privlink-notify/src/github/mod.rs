//! One repository on GitHub, or on a GitHub Enterprise Server.
//!
//! Owns: what is kept hidden in a text so that it is found again. Refuses to know: what is said (see the callers), and how
//! requests travel (see `client`). Read next: `comment`, `labels` and `issue` for what can be said.
//!
//! **Invariant:** a text is ours when our marker stands at its very start and the token's account wrote it. Anybody can write
//! our marker; nobody else can be us.

mod author;
mod client;
mod comment;
mod error;
mod issue;
mod labels;
mod limits;

pub(crate) use client::chain;
pub use client::{GitHub, Place};
pub use comment::{Comment, CommentEnd, Commented};
pub use error::GitHubError;
pub(crate) use error::{DIRECT, TRUST};
pub use issue::{Issue, IssueEnd, Standing, Told};
pub use labels::Labelled;

/// How many characters GitHub takes in the text of a comment or an issue.
pub const LIMIT: usize = 65_536;

/// How long a name in a marker may be.
const MARKER: usize = 200;

/// How many characters of a text its marker takes.
pub fn room(marker: &str) -> usize {
    marker.chars().count() + "<!--  -->\n".len()
}

/// A marker as it stands at the start of a text, its line's end included.
fn hidden(marker: &str) -> Result<String, GitHubError> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "._:/-".contains(letter);
    if marker.is_empty() || marker.len() > MARKER || !marker.chars().all(allowed) {
        return Err(GitHubError::Marker { marker: marker.to_owned() });
    }
    Ok(format!("<!-- {marker} -->\n"))
}

/// A whole text, marker first.
fn marked(marker: &str, text: &str) -> Result<String, GitHubError> {
    let whole = hidden(marker)? + text;
    match whole.chars().count() {
        length if length > LIMIT => Err(GitHubError::TooLong { length }),
        _ => Ok(whole),
    }
}

/// Whether a text begins with a marker.
fn bears(text: Option<&str>, marker: &str) -> bool {
    text.and_then(|text| text.strip_prefix("<!-- ")?.strip_prefix(marker)).is_some_and(|rest| rest.starts_with(" -->"))
}

/// Whether two texts are one to a reader: GitHub may change how lines end, and what nobody sees at the end.
fn same(one: &str, other: &str) -> bool {
    let lines = |text: &str| text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    lines(one) == lines(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_at_the_start_alone_and_whole() {
        let text = marked("privlink:plan:shop", "hello").unwrap();
        assert_eq!(text, "<!-- privlink:plan:shop -->\nhello");
        assert_eq!(text.chars().count(), room("privlink:plan:shop") + 5);
        assert!(bears(Some(&text), "privlink:plan:shop"));
        assert!(!bears(Some(&text), "privlink:plan:sho") && !bears(Some(&text), "privlink:plan:shop2"));
        assert!(!bears(Some(&format!("> {text}")), "privlink:plan:shop") && !bears(None, "privlink:plan:shop"));
    }

    #[test]
    fn a_marker_stays_hidden() {
        let long = "x".repeat(MARKER + 1);
        for bad in ["", "a b", "a-->", "a\n", "é", "<b>", &long] {
            assert!(matches!(hidden(bad), Err(GitHubError::Marker { .. })), "{bad}");
        }
    }

    #[test]
    fn more_than_github_takes_is_refused_before_it_is_sent() {
        let room = LIMIT - room("m");
        assert!(marked("m", &"é".repeat(room)).is_ok());
        assert_eq!(marked("m", &"é".repeat(room + 1)), Err(GitHubError::TooLong { length: LIMIT + 1 }));
    }

    #[test]
    fn the_ends_of_lines_make_no_difference() {
        assert!(same("a\r\nb  \n\n", "a\nb") && !same("a\nb", "a\n\nb") && !same("a", "b"));
    }
}
