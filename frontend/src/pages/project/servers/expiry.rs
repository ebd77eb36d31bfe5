//! When a key stops working by itself: the choices, and the moment that each means. Pure.

use latchkey_types::Timestamp;

use crate::core::time;

/// The choices of the form, as value and label.
pub const CHOICES: [(&str, &str); 6] = [
    ("none", "Never"),
    ("7", "In 7 days"),
    ("30", "In 30 days"),
    ("90", "In 90 days"),
    ("365", "In a year"),
    (ON_A_DATE, "On a date"),
];
/// The choice that needs a date.
pub const ON_A_DATE: &str = "date";

/// The moment that a choice means, `None` for never. `date` is the text of a date field (`2027-01-31`);
/// the key then works until the end of that day where the person is.
///
/// # Errors
/// A sentence that says what to change.
pub fn moment(choice: &str, date: &str, now: Timestamp) -> Result<Option<Timestamp>, String> {
    match choice {
        "none" => Ok(None),
        ON_A_DATE => {
            let end = time::end_of_day(date).ok_or_else(|| "Choose a date.".to_owned())?;
            if end <= now {
                return Err("This date has passed. Choose a later one.".to_owned());
            }
            Ok(Some(end))
        }
        days => {
            let days: i64 = days.parse().map_err(|_| "Choose an expiry.".to_owned())?;
            Ok(Some(now.plus_seconds(days * 24 * 3600)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_number_of_days_counts_from_now() {
        let now = at("2026-01-31T12:00:00Z");
        assert_eq!(moment("none", "", now), Ok(None));
        assert_eq!(moment("7", "", now), Ok(Some(at("2026-02-07T12:00:00Z"))));
        assert_eq!(moment("365", "", now), Ok(Some(at("2027-01-31T12:00:00Z"))));
    }

    #[test]
    fn a_date_means_the_end_of_that_day() {
        let now = at("2026-01-31T12:00:00Z");
        assert_eq!(
            moment(ON_A_DATE, "2026-02-01", now),
            Ok(Some(at("2026-02-01T23:59:59Z")))
        );
        // Today is fine until it is over.
        assert!(moment(ON_A_DATE, "2026-01-31", now).is_ok());
        for bad in ["", "2026-02-30", "tomorrow", "2026-01-30"] {
            assert!(moment(ON_A_DATE, bad, now).is_err(), "{bad:?}");
        }
    }
}
