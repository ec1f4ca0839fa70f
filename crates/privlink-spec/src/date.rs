//! A day of the calendar, as a spec writes it: `2027-01-31`.
//!
//! Owns: which days there are. Refuses to know: which day it is today; whoever compares brings a clock.

use std::fmt;

/// A day of the Gregorian calendar, in the years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    // In this order dates compare as they follow each other.
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day of that name, if the calendar has it.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let exists = (1..=9999).contains(&year) && (1..=days(year, month)).contains(&day);
        exists.then_some(Self { year, month, day })
    }

    /// Reads `YYYY-MM-DD`, with all its digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let shaped = digits(year, 4) && digits(month, 2) && digits(day, 2) && parts.next().is_none();
        if !shaped {
            return None;
        }
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }
}

/// How many days a month has; none if there is no such month.
pub(crate) fn days(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        for sound in ["2027-01-31", "2028-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(Date::parse(sound).map(|date| date.to_string()).as_deref(), Some(sound));
        }
        let none = [
            "",
            "-",
            "--",
            "2027",
            "2027-02-29",
            "1900-02-29",
            "2027-02-30",
            "2027-04-31",
            "2027-13-01",
            "2027-00-10",
            "2027-01-00",
            "2027-01-32",
            "0000-01-01",
            "27-1-1",
            "2027-1-31",
            "2027-01-31-",
            "2027-01-31T00:00:00Z",
            "+027-01-31",
            " 2027-01-31",
            "2027/01/31",
            "２０２７-01-31",
        ];
        for text in none {
            assert_eq!(Date::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn dates_are_in_the_order_of_time() {
        let dates = ["0999-12-31", "2026-12-31", "2027-01-01", "2027-01-31", "2027-02-01"]
            .map(|text| Date::parse(text).unwrap());
        assert!(dates.is_sorted() && dates[1] < dates[2]);
    }
}
