//! Moments of the wall clock as people read them, and the names of runs, which begin with one.
//!
//! Owns: the calendar, and that names of runs sort as the runs began. Refuses to know: waits, which go by `model::Clock`.
#![expect(clippy::disallowed_methods, reason = "the moment is part of what tells one run from another")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use privlink_spec::Date;

const DAY: u64 = 24 * 3600;
/// The longest part of a project's name in the name of a run.
const PROJECT: usize = 40;
/// Letters whose order is that of the numbers they stand for.
const LETTERS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
/// How much of a name comes before the project, and how much after it.
const BEFORE: usize = "20261120-223812-".len();
const AFTER: usize = "-k3f9".len();

/// A name for a run that begins now, such as `20261120-223812-shop-k3f9`: the moment to the second, the project, and the rest
/// of the second, which tells two runs of one second apart.
pub(crate) fn run_name(project: &str) -> String {
    named(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(), project)
}

fn named(since: Duration, project: &str) -> String {
    let (year, month, day) = date(since.as_secs());
    let (hour, minute, second) = time(since.as_secs());
    let mut rest = since.subsec_micros() as usize;
    let mut letters = [0; AFTER - 1];
    for letter in letters.iter_mut().rev() {
        *letter = LETTERS.get(rest % LETTERS.len()).copied().unwrap_or_default();
        rest /= LETTERS.len();
    }
    let rest = String::from_utf8_lossy(&letters).into_owned();
    format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}-{}-{rest}", plain(project))
}

/// Whether a name may be that of a run of this project. Two projects whose names differ only in letters that a name of a run
/// cannot hold share their runs' names; the journal says whose a run is.
pub(crate) fn may_be_of(run: &str, project: &str) -> bool {
    let end = run.len().saturating_sub(AFTER);
    run.get(BEFORE..end) == Some(plain(project).as_str())
}

fn plain(project: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    project.chars().take(PROJECT).map(plain).collect()
}

/// A moment as people read it: `2026-11-20 22:38:12 UTC`.
pub(crate) fn utc(seconds: u64) -> String {
    let (year, month, day) = date(seconds);
    let (hour, minute, second) = time(seconds);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// The day of a moment.
pub(crate) fn day(seconds: u64) -> Option<Date> {
    let (year, month, day) = date(seconds);
    Date::new(u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

/// A moment as people read it, to the minute: `2026-11-20 22:38 UTC`.
pub(crate) fn minute(seconds: u64) -> String {
    let (year, month, day) = date(seconds);
    let (hour, minute, _) = time(seconds);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

/// A moment as programs read it: `2026-11-20T22:38:12Z`.
pub(crate) fn rfc3339(seconds: u64) -> String {
    utc(seconds).replacen(' ', "T", 1).replace(" UTC", "Z")
}

fn time(seconds: u64) -> (u64, u64, u64) {
    (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

/// Year, month and day of the Gregorian calendar. Counted in years that begin in March, a leap day is the last of its year,
/// and 400 years are 146,097 days.
fn date(seconds: u64) -> (u64, u64, u64) {
    let days = seconds / DAY + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year_of_era + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        let moments = [0, 951_782_399, 951_782_400, 951_868_800, 1_795_214_292, 4_107_542_400, 13_574_563_200];
        assert_eq!(
            moments.map(utc),
            [
                "1970-01-01 00:00:00 UTC",
                "2000-02-28 23:59:59 UTC",
                "2000-02-29 00:00:00 UTC",
                "2000-03-01 00:00:00 UTC",
                "2026-11-20 22:38:12 UTC",
                "2100-03-01 00:00:00 UTC",
                "2400-02-29 00:00:00 UTC",
            ]
        );
        assert_eq!(rfc3339(1_795_214_292), "2026-11-20T22:38:12Z");
        assert_eq!(minute(1_795_214_292), "2026-11-20 22:38 UTC");
        assert_eq!(day(1_795_214_292), Date::new(2026, 11, 20));
    }

    #[test]
    fn names_sort_as_the_runs_began() {
        let moments: Vec<Duration> =
            (0..4000).map(|step| Duration::from_micros(1_795_214_292_000_000 + step * 1009)).collect();
        let names: Vec<String> = moments.iter().map(|moment| named(*moment, "shop")).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(names[0], "20261120-223812-shop-0000");
        assert!(names.iter().all(|name| may_be_of(name, "shop") && !may_be_of(name, "sho")));
        assert!(may_be_of(&named(moments[0], "The Shop"), "The Shop"));
        assert!(!may_be_of("plans", "shop") && !may_be_of("", ""));
    }
}
