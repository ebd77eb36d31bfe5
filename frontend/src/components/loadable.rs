//! What comes from the server: loading, failed with a way to try again, empty, or there.

use std::sync::Arc;

use leptos::prelude::*;

use super::{Button, Notice, Show, Tone, dynamic};
use crate::core::{
    api::ApiFailure,
    held::{Rows, Shown},
    paged::{List, Paged},
    reactive::memo,
    remote::Remote,
};

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
    children: impl Fn(Shown<T>) -> V + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let held = of.value.held();
    let content = move || Shown::of(held).map(&children).into_any();
    let state = State {
        failure: of.failure,
        is_loading: of.is_loading,
        is_there: memo(move || held.with(Option::is_some)),
        lines,
        retry: Callback::new(move |()| of.reload()),
    };
    state.show(Arc::new(content))
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
    /// Shows the rows, usually as a `<Table>` around `rows(…)`.
    children: impl Fn(Rows<T>) -> V + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    list(
        of.list,
        lines,
        empty,
        Arc::new(move || children(of.rows).into_any()),
    )
}

fn list(of: List, lines: usize, empty: ViewFn, content: ChildrenFn) -> AnyView {
    let is_empty = memo(move || {
        of.rows
            .with(|rows| rows.as_ref().is_some_and(Vec::is_empty))
    });
    let state = State {
        failure: of.failure,
        is_loading: of.is_loading,
        is_there: memo(move || of.rows.with(Option::is_some)),
        lines,
        retry: Callback::new(move |()| of.reload()),
    };
    let content = move || {
        if is_empty.get() {
            empty.run()
        } else {
            content()
        }
    };
    view! {
        {state.show(Arc::new(content))}
        <Show when=move || of.has_more.get() && state.is_there.get()>
            <div class="more">
                <Button busy=of.is_loading on_press=move |()| of.more()>
                    "Show more"
                </Button>
            </div>
        </Show>
    }
    .into_any()
}

/// What is known of something that is read, whatever its type.
#[derive(Clone, Copy)]
struct State {
    failure: RwSignal<Option<ApiFailure>>,
    is_loading: RwSignal<bool>,
    is_there: Memo<bool>,
    lines: usize,
    retry: Callback<()>,
}

impl State {
    /// The content once it is there; before, a sketch, or why there is nothing.
    fn show(self, content: ChildrenFn) -> AnyView {
        let Self {
            failure,
            is_loading,
            is_there,
            lines,
            retry,
        } = self;
        let is_waiting =
            move || !is_there.get() && is_loading.get() && failure.with(Option::is_none);
        let message =
            memo(move || failure.with(|failure| failure.as_ref().map(ApiFailure::sentence)));
        view! {
            <Show when=is_waiting>
                <div class="sketch" role="status">
                    <span class="spoken">"Loading"</span>
                    {(0..lines).map(|_| view! { <div class="sketch-line"></div> }).collect_view()}
                </div>
            </Show>
            {dynamic(move || match message.get() {
                None => ().into_any(),
                Some(text) => view! {
                    <Notice tone=Tone::Danger live=true>
                        <p>{text}</p>
                        <Button busy=is_loading on_press=retry>
                            "Try again"
                        </Button>
                    </Notice>
                }
                .into_any(),
            })}
            {dynamic(move || if is_there.get() { content() } else { ().into_any() })}
        }
        .into_any()
    }
}
