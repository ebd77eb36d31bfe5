//! Effects and memos that are compiled once and not once for every closure: they were a tenth of the download.

use leptos::prelude::*;

/// Runs this after the present turn, and again whenever a signal that it reads has changed.
pub fn watch(run: impl FnMut() + 'static) {
    watch_boxed(Box::new(run));
}

fn watch_boxed(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_: Option<()>| run());
}

/// A value made of signals, made again when one of them changes, and told on only if it is another then.
pub fn memo<T>(make: impl Fn() -> T + Send + Sync + 'static) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    memo_boxed(Box::new(make))
}

fn memo_boxed<T>(make: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    Memo::new(move |_| make())
}
