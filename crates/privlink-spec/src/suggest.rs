//! "Did you mean": the known word nearest to an unknown one, and lists of words for messages.
//!
//! Owns: how words are compared and how much of that is done: see [`Budget`].

/// The most words a list shows.
const MOST_LISTED: usize = 12;

/// The longest word that is compared, in characters.
const LONGEST: usize = 128;

/// Characters that may differ, at most.
const MOST_DIFFERENCES: usize = 4;

/// How many comparisons are still made for a spec. Without an end, a spec with thousands of names and as many misspelt
/// ones would take minutes; words beyond it get a list instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    comparisons: usize,
}

impl Default for Budget {
    fn default() -> Self {
        // Some ten milliseconds.
        Budget { comparisons: 200_000 }
    }
}

impl Budget {
    /// Whether `count` comparisons may be made; they are then counted.
    pub(crate) fn take(&mut self, count: usize) -> bool {
        let left = self.comparisons.checked_sub(count);
        self.comparisons = left.unwrap_or(self.comparisons);
        left.is_some()
    }
}

/// The known word that is near enough to be what was meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut letters = Vec::new();
    lower(word, &mut letters);
    if letters.len() > LONGEST {
        return None;
    }
    let allowed = (letters.len() / 3).clamp(1, MOST_DIFFERENCES);
    let mut rows = Rows::default();
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let most = best.map_or(allowed, |(distance, _)| distance);
        let found = rows.distance(&letters, candidate, most).map(|distance| (distance, candidate));
        // Of two as near, the first in the alphabet: help does not depend on the order of a spec.
        if found.is_some() && (best.is_none() || found < best) {
            best = found;
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The letters of a word in lower case.
fn lower(word: &str, out: &mut Vec<char>) {
    out.clear();
    for c in word.chars().take(LONGEST + 1) {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else {
            out.extend(c.to_lowercase());
        }
    }
}

/// Takes out what two words begin and end with alike: it adds nothing to their distance.
fn differing<'w>(mut a: &'w [char], mut b: &'w [char]) -> (&'w [char], &'w [char]) {
    while let ([x, rest_a @ ..], [y, rest_b @ ..]) = (a, b)
        && x == y
    {
        (a, b) = (rest_a, rest_b);
    }
    while let ([rest_a @ .., x], [rest_b @ .., y]) = (a, b)
        && x == y
    {
        (a, b) = (rest_a, rest_b);
    }
    (a, b)
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

/// As [`help`], for words that a spec may have any number of.
pub(crate) fn help_within<'a>(
    budget: &mut Budget,
    word: &str,
    known: impl ExactSizeIterator<Item = &'a str> + Clone,
    what: &str,
) -> Option<String> {
    if known.len() == 0 {
        return None;
    }
    let near = if budget.take(known.len()) { nearest(word, known.clone()) } else { None };
    Some(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known {what}: {}", list(known)),
    })
}

/// `a`, `b` and `c`.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut rest = words.into_iter();
    let mut words: Vec<String> = rest.by_ref().take(MOST_LISTED).map(|word| format!("`{word}`")).collect();
    match rest.count() {
        0 => {}
        more => words.push(format!("{more} more")),
    }
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

/// Memory for comparing, kept from one comparison to the next.
#[derive(Default)]
struct Rows {
    other: Vec<char>,
    before_last: Vec<usize>,
    last: Vec<usize>,
    row: Vec<usize>,
}

impl Rows {
    /// Levenshtein's distance with neighbours swapped counting as one, or `None` when it is more than `most`. `word` is in
    /// lower case.
    fn distance(&mut self, word: &[char], candidate: &str, most: usize) -> Option<usize> {
        // Cheaper than counting: a character has one to four bytes.
        if candidate.len() > 4 * LONGEST {
            return None;
        }
        lower(candidate, &mut self.other);
        if word.len().abs_diff(self.other.len()) > most {
            return None;
        }
        let (word, other) = differing(word, &self.other);
        if word.is_empty() || other.is_empty() {
            return Some(word.len().max(other.len()));
        }
        let get = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
        let far = most + 1;
        let mut was_near = true;
        self.last.clear();
        self.last.extend(0..=other.len());
        for (i, from) in word.iter().enumerate() {
            // Cells further than `most` from the diagonal are more than `most`: only the band between is computed.
            let band = i.saturating_sub(most)..(i + most + 1).min(other.len());
            self.row.clear();
            self.row.resize(other.len() + 1, far);
            if let Some(first) = self.row.first_mut() {
                *first = i + 1;
            }
            let mut near = i < most;
            for j in band {
                let Some(to) = other.get(j) else { break };
                let mut best = (get(&self.last, j) + usize::from(from != to))
                    .min(get(&self.last, j + 1) + 1)
                    .min(get(&self.row, j) + 1);
                let swapped = i > 0 && j > 0 && word.get(i - 1) == Some(to) && other.get(j - 1) == Some(from);
                if swapped {
                    best = best.min(get(&self.before_last, j - 1) + 1);
                }
                if let Some(cell) = self.row.get_mut(j + 1) {
                    *cell = best;
                }
                near |= best <= most;
            }
            // Nothing gets nearer again, but for a swap, which reaches back two rows.
            if !near && !was_near {
                return None;
            }
            was_near = near;
            std::mem::swap(&mut self.before_last, &mut self.last);
            std::mem::swap(&mut self.last, &mut self.row);
        }
        self.last.last().copied().filter(|distance| *distance <= most)
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Rows, list, nearest};

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

    /// The whole table of the same distance.
    fn whole(a: &[char], b: &[char]) -> usize {
        let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                table[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let plain = (table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]))
                        .min(table[i - 1][j] + 1)
                        .min(table[i][j - 1] + 1);
                    let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                    if swapped { plain.min(table[i - 2][j - 2] + 1) } else { plain }
                };
            }
        }
        table[a.len()][b.len()]
    }

    #[test]
    fn the_band_gives_what_the_whole_table_gives() {
        let words: Vec<String> = (0..150_u32).map(|n| format!("{:b}", n * 2_654_435 % 1_000_003)).collect();
        let mut rows = Rows::default();
        for a in &words {
            let word: Vec<char> = a.chars().collect();
            for b in words.iter().step_by(7) {
                let other: Vec<char> = b.chars().collect();
                let distance = whole(&word, &other);
                for most in 1..5 {
                    assert_eq!(rows.distance(&word, b, most), (distance <= most).then_some(distance), "{a} {b} {most}");
                }
            }
        }
    }

    #[test]
    fn comparisons_come_to_an_end() {
        let mut budget = Budget::default();
        assert!((0..1_000_000).any(|_| !budget.take(1000)));
    }
}
