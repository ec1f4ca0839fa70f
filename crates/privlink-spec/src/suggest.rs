//! "Did you mean": the known word nearest to an unknown one, and lists of words for messages.

/// The most words a list shows.
const MOST_LISTED: usize = 12;

/// The known word that is near enough to be what was meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).clamp(1, 4);
    known
        .into_iter()
        .filter_map(|candidate| distance(word, candidate, allowed).map(|distance| (distance, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// A help text: the nearest word if there is one, and what is known. `None` when nothing is known.
pub(crate) fn help<'a>(word: &str, known: impl IntoIterator<Item = &'a str>, what: &str) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(word, known.iter().copied()) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if known.is_empty() => None,
        None => Some(format!("known {what}: {}", list(known))),
    }
}

/// `a`, `b` and `c`.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    if words.len() > MOST_LISTED {
        let rest = words.len() - MOST_LISTED;
        words.truncate(MOST_LISTED);
        words.push(format!("{rest} more"));
    }
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

/// Levenshtein's distance with neighbours swapped counting as one, or `None` when it is more than `most`.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let a: Vec<char> = a.chars().flat_map(char::to_lowercase).collect();
    let b: Vec<char> = b.chars().flat_map(char::to_lowercase).collect();
    if a.len().abs_diff(b.len()) > most || a.len() > 128 {
        return None;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let get = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut best = (get(&last, j) + usize::from(from != to)).min(get(&last, j + 1) + 1).min(get(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(to) && b.get(j - 1) == Some(from);
            if swapped {
                best = best.min(get(&before_last, j - 1) + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::{list, nearest};

    #[test]
    fn finds_the_near_word_and_no_far_one() {
        assert_eq!(nearest("netwrok", ["network", "target"]), Some("network"));
        assert_eq!(nearest("prot", ["port", "path"]), Some("port"));
        assert_eq!(nearest("hbu", ["hub", "app"]), Some("hub"));
        assert_eq!(nearest("zebra", ["network", "target"]), None);
        assert_eq!(nearest("", ["network"]), None);
    }

    #[test]
    fn long_lists_are_cut() {
        let words: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        assert!(list(words.iter().map(String::as_str)).ends_with("`11` and 8 more"));
        assert_eq!(list(["a", "b"]), "`a` and `b`");
    }
}
