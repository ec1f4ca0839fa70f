//! Fitting sections into a limit: each has forms from the fullest to the shortest, and no more is lost than must be.
//!
//! Owns: who gives way. Refuses to know: what is in a section.
//!
//! All give up their fullest form before any gives up its next one. Among those on the same rung the section whose step is
//! just enough goes first; where none is, the one whose step brings most. What was lost in vain in the end, because another
//! had to lose so much, is given back. So as few as can be lose anything.

/// How many bytes GitHub takes, less room for a hidden mark and a line at the end. GitHub counts characters, which are never
/// more than bytes.
pub(crate) const LIMIT: usize = 65_536 - 1_024;

/// A part of a page, from its fullest form to its shortest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    rungs: Vec<String>,
}

impl Section {
    /// A section; forms that are no shorter than the one before are left out.
    pub(crate) fn new(rungs: impl IntoIterator<Item = String>) -> Self {
        let mut kept: Vec<String> = Vec::new();
        for rung in rungs {
            if kept.last().is_none_or(|last| rung.len() < last.len()) {
                kept.push(rung);
            }
        }
        Self { rungs: kept }
    }

    fn len(&self, rung: usize) -> usize {
        self.rungs.get(rung).map_or(0, String::len)
    }

    /// What a step down brings; none at the foot.
    fn gain(&self, rung: usize) -> Option<usize> {
        (rung + 1 < self.rungs.len()).then(|| self.len(rung) - self.len(rung + 1))
    }
}

/// What became of the sections.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fitted {
    /// The text.
    pub(crate) text: String,
    /// How many sections are not in their fullest form.
    pub(crate) shortened: usize,
    /// How many are not in the text at all: the last ones.
    pub(crate) dropped: usize,
}

/// Joins sections into at most `limit` bytes.
pub(crate) fn fit(sections: &[Section], limit: usize) -> Fitted {
    let mut rungs = vec![0; sections.len()];
    let mut total: usize = sections.iter().map(|section| section.len(0)).sum();
    let deepest = sections.iter().map(|section| section.rungs.len()).max().unwrap_or(0);
    for level in 0..deepest {
        while total > limit {
            let excess = total - limit;
            let steps = sections.iter().zip(&rungs).enumerate().filter(|(_, (_, rung))| **rung == level);
            let steps = steps.filter_map(|(index, (section, rung))| Some((section.gain(*rung)?, index)));
            let enough = steps.clone().filter(|(gain, _)| *gain >= excess).min();
            let Some((gain, index)) = enough.or_else(|| steps.max_by_key(|(gain, index)| (*gain, usize::MAX - index)))
            else {
                break;
            };
            rungs[index] += 1;
            total -= gain;
        }
    }
    give_back(sections, &mut rungs, &mut total, limit);
    let mut kept = sections.len();
    while total > limit && kept > 0 {
        kept -= 1;
        total -= sections[kept].len(rungs[kept]);
    }
    let told = sections.iter().zip(&rungs).take(kept);
    let text = told.clone().filter_map(|(section, rung)| section.rungs.get(*rung)).map(String::as_str).collect();
    let shortened = told.filter(|(_, rung)| **rung > 0).count();
    Fitted { text, shortened, dropped: sections.len() - kept }
}

/// Lets sections climb where there is room, those first that need the least.
fn give_back(sections: &[Section], rungs: &mut [usize], total: &mut usize, limit: usize) {
    let cheapest = |rungs: &[usize]| {
        let lower = sections.iter().zip(rungs).enumerate().filter(|(_, (_, rung))| **rung > 0);
        lower.filter_map(|(index, (section, rung))| Some((section.gain(rung - 1)?, index))).min()
    };
    while let Some((cost, index)) = cheapest(rungs).filter(|(cost, _)| *total + cost <= limit) {
        rungs[index] -= 1;
        *total += cost;
    }
}
