//! Bars over time, with the numbers as a table behind them.

use leptos::prelude::*;

/// How wide and high the drawing is, in its own units.
const WIDTH: usize = 720;
const HEIGHT: usize = 140;

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
    /// The bars, oldest first.
    #[prop(into)]
    bars: Signal<Vec<Bar>>,
) -> impl IntoView {
    let summary = move || {
        bars.with(|bars| {
            let accepted: i64 = bars.iter().map(|bar| bar.accepted).sum();
            let refused: i64 = bars.iter().map(|bar| bar.refused).sum();
            format!("{accepted} accepted, {refused} refused")
        })
    };
    let (title_of_drawing, title_of_table) = (title.clone(), title.clone());
    view! {
        <figure class="chart">
            <figcaption>
                <strong>{title}</strong>
                <span class="legend accepted">"Accepted"</span>
                <span class="legend refused">"Refused"</span>
                <span class="chart-sum">{summary}</span>
            </figcaption>
            <svg
                viewBox=format!("0 0 {WIDTH} {HEIGHT}")
                preserveAspectRatio="none"
                role="img"
                aria-label=move || format!("{title_of_drawing}: {}. The numbers are in the table below.", summary())
            >
                {move || bars.with(|bars| drawing(bars))}
            </svg>
            <div class="chart-ends" aria-hidden="true">
                <span>{move || bars.with(|bars| bars.first().map(|bar| bar.label.clone()))}</span>
                <span>{move || bars.with(|bars| bars.last().map(|bar| bar.label.clone()))}</span>
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
                        <tbody>{move || bars.with(|bars| numbers(bars))}</tbody>
                    </table>
                </div>
            </details>
        </figure>
    }
    .into_any()
}

fn drawing(bars: &[Bar]) -> Vec<AnyView> {
    let most = bars
        .iter()
        .map(|bar| bar.accepted + bar.refused)
        .max()
        .unwrap_or(0);
    let step = WIDTH as f64 / bars.len().max(1) as f64;
    let width = (step * 0.72).max(1.0);
    bars.iter()
        .enumerate()
        .filter(|(_, bar)| bar.accepted + bar.refused > 0)
        .map(|(place, bar)| {
            let left = step * place as f64 + (step - width) / 2.0;
            let accepted = height(bar.accepted, most);
            let refused = height(bar.refused, most);
            let base = HEIGHT as f64;
            view! {
                <g>
                    <title>
                        {format!("{}: {} accepted, {} refused", bar.label, bar.accepted, bar.refused)}
                    </title>
                    <rect
                        class="bar-accepted"
                        x=left
                        y=base - accepted
                        width=width
                        height=accepted
                    ></rect>
                    <rect
                        class="bar-refused"
                        x=left
                        y=base - accepted - refused
                        width=width
                        height=refused
                    ></rect>
                </g>
            }
            .into_any()
        })
        .collect()
}

/// How high a part of a bar is. One call among thousands is still seen.
fn height(count: i64, most: i64) -> f64 {
    if count <= 0 || most <= 0 {
        return 0.0;
    }
    let room = HEIGHT as f64 - 8.0;
    (count as f64 / most as f64 * room).max(2.0)
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
    use super::height;

    #[test]
    fn the_highest_bar_fills_the_room_and_the_lowest_is_seen() {
        assert_eq!(height(10, 10), 132.0);
        assert_eq!(height(1, 100_000), 2.0);
        assert_eq!(height(0, 10), 0.0);
        assert_eq!(height(0, 0), 0.0);
    }
}
