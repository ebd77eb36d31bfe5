//! What comes from the server: loading, failed with a way to try again, empty, or there.

use leptos::prelude::*;

use super::{Button, Notice, Tone};
use crate::core::{api::ApiFailure, paged::Paged, remote::Remote};

/// Shows one thing as soon as it is there. The content is made once, and gets the newest value as a signal: a
/// later reading changes what is shown and makes nothing anew.
#[component]
pub fn Loadable<T, V>(
    /// What is read.
    of: Remote<T>,
    /// How many lines to sketch while it is being read.
    #[prop(default = 3)]
    lines: usize,
    /// Shows the value.
    children: impl Fn(Signal<T>) -> V + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let is_there = Memo::new(move |_| of.value.with(Option::is_some));
    let content = move || {
        let first = of.value.get_untracked()?;
        let value = Signal::derive(move || of.value.get().unwrap_or_else(|| first.clone()));
        Some(children(value).into_any())
    };
    view! {
        {state(of.failure, of.is_loading, is_there, lines, Callback::new(move |()| of.reload()))}
        {move || is_there.get().then(&content).flatten()}
    }
    .into_any()
}

/// Shows a list as soon as its first page is there, with a way to more.
#[component]
pub fn LoadableList<T, V>(
    /// What is read.
    of: Paged<T>,
    /// What stands in the place of no rows.
    #[prop(into)]
    empty: ViewFn,
    /// How many lines to sketch while it is being read.
    #[prop(default = 4)]
    lines: usize,
    /// Shows the rows, usually as a `<Table>` around a `<For>`.
    children: impl Fn(Signal<Vec<T>>) -> V + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let is_there = Memo::new(move |_| of.rows.with(Option::is_some));
    let is_empty = Memo::new(move |_| {
        of.rows
            .with(|rows| rows.as_ref().is_some_and(Vec::is_empty))
    });
    let rows = Signal::derive(move || of.rows.get().unwrap_or_default());
    let content = move || {
        if is_empty.get() {
            empty.run()
        } else {
            children(rows).into_any()
        }
    };
    view! {
        {state(of.failure, of.is_loading, is_there, lines, Callback::new(move |()| of.reload()))}
        {move || is_there.get().then(&content)}
        <Show when=move || of.has_more.get() && is_there.get()>
            <div class="more">
                <Button busy=of.is_loading on_press=move |()| of.more()>
                    "Show more"
                </Button>
            </div>
        </Show>
    }
    .into_any()
}

/// The part that is the same for every type: a sketch while there is nothing, and why there is nothing.
fn state(
    failure: RwSignal<Option<ApiFailure>>,
    is_loading: RwSignal<bool>,
    is_there: Memo<bool>,
    lines: usize,
    retry: Callback<()>,
) -> AnyView {
    let sketch = move || {
        let bars = (0..lines)
            .map(|_| view! { <div class="sketch-line"></div> })
            .collect_view();
        view! {
            <div class="sketch" role="status">
                <span class="spoken">"Loading"</span>
                {bars}
            </div>
        }
    };
    let is_waiting =
        Memo::new(move |_| !is_there.get() && is_loading.get() && failure.with(Option::is_none));
    let message =
        Memo::new(move |_| failure.with(|failure| failure.as_ref().map(ApiFailure::sentence)));
    view! {
        {move || is_waiting.get().then(sketch)}
        {move || {
            message
                .get()
                .map(|text| {
                    view! {
                        <Notice tone=Tone::Danger live=true>
                            <p>{text}</p>
                            <Button busy=is_loading on_press=retry>
                                "Try again"
                            </Button>
                        </Notice>
                    }
                })
        }}
    }
    .into_any()
}
