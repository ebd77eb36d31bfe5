//! The bars of the chart of calls. Pure.

use latchkey_types::{Timestamp, insight::Usage};

use crate::components::Bar;

const HOUR_MILLIS: i64 = 3_600_000;

/// One bar an hour, those without a call too, oldest first. Longer spans get a bar for so many hours that the
/// chart has at most 192 of them.
#[must_use]
pub fn bars(usage: &Usage, label: impl Fn(Timestamp) -> String) -> Vec<Bar> {
    let hour = |at: Timestamp| at.as_millis().div_euclid(HOUR_MILLIS);
    let (first, last) = (hour(usage.from), hour(usage.to));
    let step = ((last - first + 1) / 192 + 1).max(1);
    let mut bars: Vec<Bar> = (first..=last)
        .step_by(usize::try_from(step).unwrap_or(1))
        .map(|hour| Bar {
            label: label(Timestamp::from_millis(hour * HOUR_MILLIS)),
            accepted: 0,
            refused: 0,
        })
        .collect();
    for counted in &usage.hours {
        let place = usize::try_from((hour(counted.hour) - first) / step);
        if let Some(bar) = place.ok().and_then(|place| bars.get_mut(place)) {
            bar.accepted += counted.accepted;
            bar.refused += counted.refused;
        }
    }
    bars
}

#[cfg(test)]
mod tests {
    use latchkey_types::insight::UsageHour;

    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_millis(hour * HOUR_MILLIS)
    }

    fn usage(hours: i64, called: &[i64]) -> Usage {
        Usage {
            from: at(1_000),
            to: at(1_000 + hours).plus_seconds(1),
            hours: called
                .iter()
                .map(|hour| UsageHour {
                    hour: at(1_000 + hour),
                    accepted: 5,
                    refused: 1,
                    via_header: 5,
                    via_url: 0,
                    via_verify: 0,
                })
                .collect(),
        }
    }

    #[test]
    fn hours_without_a_call_have_a_bar_too() {
        let bars = bars(&usage(24, &[0, 23]), |at| at.to_string());
        assert_eq!(bars.len(), 25);
        assert_eq!((bars[0].accepted, bars[0].refused), (5, 1));
        assert_eq!(bars[1].accepted, 0);
        assert_eq!(bars[23].accepted, 5);
    }

    #[test]
    fn a_long_span_has_fewer_and_wider_bars_and_loses_no_call() {
        let bars = bars(&usage(30 * 24, &[0, 1, 2, 300, 720]), |_| String::new());
        assert!(bars.len() <= 192, "{}", bars.len());
        assert_eq!(bars.iter().map(|bar| bar.accepted).sum::<i64>(), 25);
    }
}
