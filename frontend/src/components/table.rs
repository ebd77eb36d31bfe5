//! Tables that become cards where the screen is narrow.

use leptos::prelude::*;

/// A table. On narrow screens each row becomes a card, and each cell shows its label.
#[component]
pub fn Table(
    /// What it lists, for screen readers.
    #[prop(into)]
    label: String,
    /// The columns' heads, in order; an empty one is for buttons.
    columns: Vec<&'static str>,
    /// [`Row`]s.
    children: Children,
) -> impl IntoView {
    let heads = columns
        .into_iter()
        .map(|text| {
            if text.is_empty() {
                view! { <th scope="col" role="columnheader"><span class="spoken">"Actions"</span></th> }
                    .into_any()
            } else {
                view! { <th scope="col" role="columnheader">{text}</th> }.into_any()
            }
        })
        .collect_view();
    // The roles stand here again because the cards' CSS would take them away.
    view! {
        <div class="table-frame">
            <table role="table" aria-label=label>
                <thead role="rowgroup">
                    <tr role="row">{heads}</tr>
                </thead>
                <tbody role="rowgroup">{children()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A row of [`Cell`]s.
#[component]
pub fn Row(
    /// Whether it is shown paler: what it names is over.
    #[prop(optional, into)]
    faint: Signal<bool>,
    /// [`Cell`]s.
    children: Children,
) -> impl IntoView {
    view! {
        <tr role="row" class:faint=faint>
            {children()}
        </tr>
    }
    .into_any()
}

/// A cell.
#[component]
pub fn Cell(
    /// The column's head, shown where the row is a card.
    #[prop(optional)]
    label: &'static str,
    /// Whether it names the row.
    #[prop(optional)]
    main: bool,
    /// Whether it holds buttons.
    #[prop(optional)]
    actions: bool,
    /// Its content.
    children: Children,
) -> impl IntoView {
    view! {
        <td role="cell" data-label=label class:cell-main=main class:cell-actions=actions>
            // One box beside the label, whatever is in it.
            <div>{children()}</div>
        </td>
    }
    .into_any()
}
