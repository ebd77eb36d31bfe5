//! Times in words. The server's are in UTC; people see their own clock's.

use std::time::Duration;

use latchkey_types::Timestamp;
use leptos::prelude::*;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// This moment, by the browser's clock.
#[must_use]
pub fn now() -> Timestamp {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "milliseconds of this age fit an i64 and have no fraction that matters"
    )]
    Timestamp::from_millis(js_sys::Date::now() as i64)
}

/// This moment, renewed at the given pace for as long as its owner lives.
#[must_use]
pub fn use_now(pace: Duration) -> Signal<Timestamp> {
    let at = RwSignal::new(now());
    let ticking = set_interval_with_handle(move || at.set(now()), pace).ok();
    on_cleanup(move || {
        if let Some(handle) = ticking {
            handle.clear();
        }
    });
    at.into()
}

/// A distance in words: "3 s ago", "in 2 days", "just now".
#[must_use]
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let distance = at.as_millis() - now.as_millis();
    if distance.abs() < SECOND {
        return "just now".to_owned();
    }
    let text = span(distance.abs());
    if distance < 0 {
        format!("{text} ago")
    } else {
        format!("in {text}")
    }
}

/// A span of milliseconds in its largest fitting unit: "3 s", "5 min", "2 hours", "12 days".
#[must_use]
pub fn span(millis: i64) -> String {
    let count = |unit: i64, name: &str| {
        let number = millis / unit;
        let plural = if number == 1 { "" } else { "s" };
        format!("{number} {name}{plural}")
    };
    match millis {
        i64::MIN..MINUTE => format!("{} s", (millis / SECOND).max(0)),
        MINUTE..HOUR => format!("{} min", millis / MINUTE),
        HOUR..DAY => count(HOUR, "hour"),
        // Two months are still easier to grasp as days than as a rounded month.
        _ if millis < 60 * DAY => count(DAY, "day"),
        _ if millis < 730 * DAY => count(30 * DAY, "month"),
        _ => count(365 * DAY, "year"),
    }
}

/// What is left until a moment, to the second: "23 h 59 min", "4 min 05 s", "0 s".
#[must_use]
pub fn countdown(until: Timestamp, now: Timestamp) -> String {
    let left = (until.as_millis() - now.as_millis()).max(0);
    let (days, hours) = (left / DAY, left % DAY / HOUR);
    let (minutes, seconds) = (left % HOUR / MINUTE, left % MINUTE / SECOND);
    if days > 0 {
        format!("{days} d {hours} h")
    } else if hours > 0 {
        format!("{hours} h {minutes:02} min")
    } else if minutes > 0 {
        format!("{minutes} min {seconds:02} s")
    } else {
        format!("{seconds} s")
    }
}

/// A moment on the person's own clock: "31 Jan 2026, 13:00:05 (UTC+1)".
#[must_use]
pub fn full(at: Timestamp) -> String {
    let offset = offset_minutes(at);
    let local = at.plus_millis(offset * MINUTE);
    format!(
        "{}, {} ({})",
        date_of(local),
        &clock_of(local),
        zone(offset)
    )
}

/// The day of a moment on the person's own calendar: "31 Jan 2026".
#[must_use]
pub fn day(at: Timestamp) -> String {
    date_of(at.plus_millis(offset_minutes(at) * MINUTE))
}

/// Day and hour, for a chart: "31 Jan, 13:00".
#[must_use]
pub fn day_and_hour(at: Timestamp) -> String {
    let local = at.plus_millis(offset_minutes(at) * MINUTE);
    let date = date_of(local);
    let short = date
        .rsplit_once(' ')
        .map_or(date.as_str(), |(short, _)| short);
    format!("{short}, {}", &clock_of(local)[..5])
}

/// The end of a day that a date field gives ("2026-01-31"), on the person's own calendar.
#[must_use]
pub fn end_of_day(date: &str) -> Option<Timestamp> {
    let as_utc: Timestamp = format!("{date}T23:59:59Z").parse().ok()?;
    Some(as_utc.plus_millis(-offset_minutes(as_utc) * MINUTE))
}

/// The same for its beginning.
#[must_use]
pub fn start_of_day(date: &str) -> Option<Timestamp> {
    let as_utc: Timestamp = format!("{date}T00:00:00Z").parse().ok()?;
    Some(as_utc.plus_millis(-offset_minutes(as_utc) * MINUTE))
}

/// A day as a date field wants it: "2026-01-31".
#[must_use]
pub fn date_value(at: Timestamp) -> String {
    let local = at.plus_millis(offset_minutes(at) * MINUTE);
    local.to_string().chars().take(10).collect()
}

/// How far the person's clock is ahead of UTC at that moment, in minutes.
fn offset_minutes(at: Timestamp) -> i64 {
    if cfg!(not(target_arch = "wasm32")) {
        return 0;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a JavaScript date is a float; whole milliseconds of this age fit it"
    )]
    let date = js_sys::Date::new(&(at.as_millis() as f64).into());
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an offset is at most a day of whole minutes"
    )]
    let behind = date.get_timezone_offset() as i64;
    -behind
}

fn zone(offset: i64) -> String {
    if offset == 0 {
        return "UTC".to_owned();
    }
    let sign = if offset < 0 { '\u{2212}' } else { '+' };
    let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
    if minutes == 0 {
        format!("UTC{sign}{hours}")
    } else {
        format!("UTC{sign}{hours}:{minutes:02}")
    }
}

/// The date part of a moment that was moved to local time.
fn date_of(local: Timestamp) -> String {
    let text = local.to_string();
    let mut parts = text[..10].split('-');
    let mut part = || parts.next().and_then(|text| text.parse::<usize>().ok());
    let (year, month, day) = (part(), part(), part());
    let month = MONTHS[(month.unwrap_or(1) - 1).min(11)];
    format!("{} {month} {}", day.unwrap_or(1), year.unwrap_or(1970))
}

fn clock_of(local: Timestamp) -> String {
    local.to_string()[11..19].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn distances_have_the_unit_that_fits() {
        let now = at("2026-01-31T12:00:00Z");
        for (millis, wanted) in [
            (0, "just now"),
            (-3 * SECOND, "3 s ago"),
            (-90 * SECOND, "1 min ago"),
            (-HOUR, "1 hour ago"),
            (-26 * HOUR, "1 day ago"),
            (-45 * DAY, "45 days ago"),
            (-90 * DAY, "3 months ago"),
            (-800 * DAY, "2 years ago"),
            (5 * DAY + 1, "in 5 days"),
        ] {
            assert_eq!(relative(now.plus_millis(millis), now), wanted, "{millis}");
        }
    }

    #[test]
    fn what_is_left_counts_down_to_nothing() {
        let now = at("2026-01-31T12:00:00Z");
        for (seconds, wanted) in [
            (-5, "0 s"),
            (59, "59 s"),
            (245, "4 min 05 s"),
            (3600 * 23 + 59 * 60, "23 h 59 min"),
            (86_400 * 7, "7 d 0 h"),
        ] {
            assert_eq!(countdown(now.plus_seconds(seconds), now), wanted);
        }
    }

    #[test]
    fn a_moment_is_written_out() {
        assert_eq!(
            full(at("2026-01-31T13:00:05Z")),
            "31 Jan 2026, 13:00:05 (UTC)"
        );
        assert_eq!(day_and_hour(at("2026-12-01T09:00:00Z")), "1 Dec, 09:00");
        assert_eq!(zone(60), "UTC+1");
        assert_eq!(zone(-210), "UTC\u{2212}3:30");
    }

    #[test]
    fn a_date_field_reads_back_what_it_gave() {
        assert_eq!(end_of_day("2026-02-28"), Some(at("2026-02-28T23:59:59Z")));
        assert_eq!(start_of_day("2026-02-30"), None);
        assert_eq!(date_value(at("2026-02-28T23:59:59Z")), "2026-02-28");
    }
}
