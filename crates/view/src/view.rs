//! Views: what a component gives, and what can stand between an element's tags.

use std::borrow::Cow;

use reactive_graph::{
    computed::Memo,
    signal::{ReadSignal, RwSignal},
    traits::Get,
    wrappers::read::Signal,
};
use web_sys::Node;

use crate::{helpers::document, region};

/// A piece of the page: one node, or a fragment of several.
#[derive(Debug)]
pub struct AnyView(pub(crate) Node);

/// What can stand between an element's tags.
pub trait IntoView: Sized {
    /// Puts it behind the last child of this node.
    #[doc(hidden)]
    fn append_to(self, parent: &Node);

    /// The same as one type.
    fn into_any(self) -> AnyView {
        let fragment: Node = document().create_document_fragment().into();
        self.append_to(&fragment);
        AnyView(fragment)
    }
}

/// A list of views.
pub trait CollectView {
    /// One of them.
    type View: IntoView;

    /// Makes them all.
    fn collect_view(self) -> Vec<Self::View>;
}

impl<I> CollectView for I
where
    I: IntoIterator,
    I::Item: IntoView,
{
    type View = I::Item;

    fn collect_view(self) -> Vec<I::Item> {
        self.into_iter().collect()
    }
}

/// What `view!` gives.
#[derive(Debug)]
pub struct View<T>(T);

impl<T: IntoView> View<T> {
    #[doc(hidden)]
    pub fn new(view: T) -> Self {
        Self(view)
    }

    #[doc(hidden)]
    #[must_use]
    pub fn with_view_marker(self, _: &str) -> Self {
        self
    }
}

impl<T: IntoView> IntoView for View<T> {
    fn append_to(self, parent: &Node) {
        self.0.append_to(parent);
    }

    fn into_any(self) -> AnyView {
        self.0.into_any()
    }
}

/// The macros put every block through this.
#[doc(hidden)]
pub trait IntoRender {
    fn into_render(self) -> Self;
}

impl<T: IntoView> IntoRender for T {
    fn into_render(self) -> Self {
        self
    }
}

impl IntoView for AnyView {
    fn append_to(self, parent: &Node) {
        append(parent, &self.0);
    }

    fn into_any(self) -> AnyView {
        self
    }
}

/// Puts a node, or a fragment's nodes, behind the last child.
pub(crate) fn append(parent: &Node, node: &Node) {
    // Fails only for what can't be a child at all.
    let _ = parent.append_child(node);
}

fn text(text: &str) -> Node {
    document().create_text_node(text).into()
}

impl IntoView for &str {
    fn append_to(self, parent: &Node) {
        append(parent, &text(self));
    }

    fn into_any(self) -> AnyView {
        AnyView(text(self))
    }
}

impl IntoView for String {
    fn append_to(self, parent: &Node) {
        self.as_str().append_to(parent);
    }

    fn into_any(self) -> AnyView {
        self.as_str().into_any()
    }
}

impl IntoView for Cow<'_, str> {
    fn append_to(self, parent: &Node) {
        (*self).append_to(parent);
    }
}

/// Numbers are shown as they are written.
macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl IntoView for $number {
            fn append_to(self, parent: &Node) {
                self.to_string().append_to(parent);
            }
        }
    )*};
}

numbers!(u32 u64 usize i64);

impl IntoView for () {
    fn append_to(self, _: &Node) {}
}

impl<T: IntoView> IntoView for Option<T> {
    fn append_to(self, parent: &Node) {
        if let Some(view) = self {
            view.append_to(parent);
        }
    }

    fn into_any(self) -> AnyView {
        match self {
            Some(view) => view.into_any(),
            None => ().into_any(),
        }
    }
}

impl<T: IntoView> IntoView for Vec<T> {
    fn append_to(self, parent: &Node) {
        for view in self {
            view.append_to(parent);
        }
    }
}

impl<T: IntoView, const N: usize> IntoView for [T; N] {
    fn append_to(self, parent: &Node) {
        for view in self {
            view.append_to(parent);
        }
    }
}

impl<F, T> IntoView for F
where
    F: FnMut() -> T + 'static,
    T: IntoView,
{
    fn append_to(mut self, parent: &Node) {
        region::live(parent, Box::new(move || self().into_any()));
    }
}

/// Signals are shown as closures that read them.
macro_rules! signals {
    ($($signal:ident)*) => {$(
        impl<T> IntoView for $signal<T>
        where
            T: IntoView + Clone + Send + Sync + 'static,
        {
            fn append_to(self, parent: &Node) {
                (move || self.get()).append_to(parent);
            }
        }
    )*};
}

signals!(Memo ReadSignal RwSignal Signal);

macro_rules! tuples {
    ($($name:ident)*) => {
        #[expect(non_snake_case, reason = "the types' letters name their values, too")]
        impl<$($name: IntoView),*> IntoView for ($($name,)*) {
            fn append_to(self, parent: &Node) {
                let ($($name,)*) = self;
                $($name.append_to(parent);)*
            }
        }
    };
}

tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);
tuples!(A B C D E F G H I J K L M);
tuples!(A B C D E F G H I J K L M N);
tuples!(A B C D E F G H I J K L M N O);
tuples!(A B C D E F G H I J K L M N O P);
