//! Bars over time, with the numbers as a table behind them.

use leptos::prelude::*;

use crate::core::reactive::memo;

use super::Show;

/// How wide and high the drawing is, in its own units.
const WIDTH: u16 = 720;
const HEIGHT: u16 = 140;

/// One bar: how many were accepted and refused in one span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The span, such as "31 Jan, 13:00".
    pub label: String,
    /// How many were accepted.
    pub accepted: i64,
    /// How many were refused.
    pub refused: i64,
}

/// Bars, accepted below and refused above. The table behind it lists the bars that are not empty.
#[component]
pub fn Chart(
    /// What it shows, such as "Calls per hour".
    #[prop(into)]
    title: String,
    /// Gives the bars, oldest first. Reactive, and no signal, since those are compiled for each type.
    #[prop(into)]
    bars: Callback<(), Vec<Bar>>,
) -> impl IntoView {
    let summary = move || {
        let bars = bars.run(());
        let accepted: i64 = bars.iter().map(|bar| bar.accepted).sum();
        let refused: i64 = bars.iter().map(|bar| bar.refused).sum();
        format!("{accepted} accepted, {refused} refused")
    };
    let has_calls = memo(move || {
        bars.run(())
            .iter()
            .any(|bar| bar.accepted + bar.refused > 0)
    });
    let title_of_table = title.clone();
    let title_of_drawing = title.clone();
    let spoken = move || {
        format!(
            "{title_of_drawing}: {}. The numbers are in the table below.",
            summary()
        )
    };
    let end_of =
        |pick: fn(&[Bar]) -> Option<&Bar>| move || pick(&bars.run(())).map(|bar| bar.label.clone());
    view! {
        <figure class="chart">
            <figcaption>
                <strong>{title}</strong>
                <span class="legend accepted">"Accepted"</span>
                <span class="legend refused">"Refused"</span>
                <span class="chart-sum">{summary}</span>
            </figcaption>
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=spoken>
                <path class="bar-accepted" d=move || drawing(&bars.run(()), Part::Accepted)></path>
                <path class="bar-refused" d=move || drawing(&bars.run(()), Part::Refused)></path>
            </svg>
            <Show when=move || !has_calls.get()>
                <p class="chart-nothing">"No calls in this time."</p>
            </Show>
            <div class="chart-ends" aria-hidden="true">
                <span>{end_of(<[Bar]>::first)}</span>
                <span>{end_of(<[Bar]>::last)}</span>
            </div>
            <details>
                <summary>"Numbers as a table"</summary>
                <div class="table-scroll" tabindex="0" role="region" aria-label=title_of_table>
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">"Time"</th>
                                <th scope="col">"Accepted"</th>
                                <th scope="col">"Refused"</th>
                            </tr>
                        </thead>
                        <tbody>{move || numbers(&bars.run(()))}</tbody>
                    </table>
                </div>
            </details>
        </figure>
    }
    .into_any()
}

/// A part of a bar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Accepted,
    Refused,
}

/// One part of all bars as one path: the accepted ones stand on the ground, the refused ones on them. Reckoned in tenths
/// of a unit, as whole numbers.
fn drawing(bars: &[Bar], part: Part) -> String {
    let most = bars
        .iter()
        .map(|bar| bar.accepted + bar.refused)
        .max()
        .unwrap_or(0);
    let step = i64::from(WIDTH) * 10 / i64::try_from(bars.len().max(1)).unwrap_or(i64::MAX);
    let width = (step * 18 / 25).max(10);
    let mut path = String::new();
    let mut left = (step - width) / 2;
    for bar in bars {
        let accepted = height(bar.accepted, most);
        let (ground, height) = match part {
            Part::Accepted => (i64::from(HEIGHT) * 10, accepted),
            Part::Refused => (i64::from(HEIGHT) * 10 - accepted, height(bar.refused, most)),
        };
        if height > 0 {
            let [left, ground, height, width] = [left, ground, height, width].map(decimal);
            path.push_str(&format!("M{left} {ground}v-{height}h{width}v{height}z"));
        }
        left += step;
    }
    path
}

/// How high a part of a bar is, in tenths. One call among thousands is still seen.
fn height(count: i64, most: i64) -> i64 {
    if count <= 0 || most <= 0 {
        return 0;
    }
    let room = (i64::from(HEIGHT) - 8) * 10;
    (count.saturating_mul(room) / most).max(20)
}

/// Tenths as a number with one place.
fn decimal(tenths: i64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn numbers(bars: &[Bar]) -> Vec<AnyView> {
    let rows: Vec<AnyView> = bars
        .iter()
        .rev()
        .filter(|bar| bar.accepted + bar.refused > 0)
        .map(|bar| {
            view! {
                <tr>
                    <th scope="row">{bar.label.clone()}</th>
                    <td>{bar.accepted}</td>
                    <td>{bar.refused}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    if rows.is_empty() {
        vec![view! { <tr><td colspan="3">"No calls in this time."</td></tr> }.into_any()]
    } else {
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_room_and_the_lowest_is_seen() {
        assert_eq!(height(10, 10), 1_320);
        assert_eq!(height(1, 100_000), 20);
        assert_eq!(height(0, 10), 0);
        assert_eq!(height(0, 0), 0);
    }

    #[test]
    fn refused_calls_stand_on_the_accepted_ones() {
        let bar = |accepted, refused| Bar {
            label: String::new(),
            accepted,
            refused,
        };
        let bars = [bar(0, 0), bar(3, 1)];
        assert_eq!(
            drawing(&bars, Part::Accepted),
            "M410.4 140.0v-99.0h259.2v99.0z"
        );
        assert_eq!(
            drawing(&bars, Part::Refused),
            "M410.4 41.0v-33.0h259.2v33.0z"
        );
    }
}
