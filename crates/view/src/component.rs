//! Components: functions of their properties, and what stands between their tags.
//!
//! The traits are those that Leptos' macros ask for, with the same names.

use std::sync::Arc;

use crate::view::{AnyView, IntoView};

/// What stands between a component's tags, made once.
pub type Children = Box<dyn FnOnce() -> AnyView + Send>;

/// What stands between a component's tags, made as often as needed.
pub type ChildrenFn = Arc<dyn Fn() -> AnyView + Send + Sync>;

/// A view as a property, made as often as needed; nothing unless given.
#[derive(Clone)]
pub struct ViewFn(ChildrenFn);

impl ViewFn {
    /// Makes it.
    #[must_use]
    pub fn run(&self) -> AnyView {
        (self.0)()
    }
}

impl Default for ViewFn {
    fn default() -> Self {
        Self(Arc::new(|| ().into_any()))
    }
}

impl<F, T> From<F> for ViewFn
where
    F: Fn() -> T + Send + Sync + 'static,
    T: IntoView,
{
    fn from(make: F) -> Self {
        Self(Arc::new(move || make().into_any()))
    }
}

#[doc(hidden)]
pub trait ToChildren<F> {
    fn to_children(make: F) -> Self;
}

/// A text between a component's tags comes in this rather than in a closure.
#[doc(hidden)]
#[derive(Debug)]
pub struct ChildrenOptContainer<T>(pub T);

impl<F, T> ToChildren<F> for Children
where
    F: FnOnce() -> T + Send + 'static,
    T: IntoView,
{
    fn to_children(make: F) -> Self {
        Box::new(move || make().into_any())
    }
}

impl<T> ToChildren<ChildrenOptContainer<T>> for Children
where
    T: IntoView + Send + 'static,
{
    fn to_children(text: ChildrenOptContainer<T>) -> Self {
        Box::new(move || text.0.into_any())
    }
}

impl<F, T> ToChildren<F> for ChildrenFn
where
    F: Fn() -> T + Send + Sync + 'static,
    T: IntoView,
{
    fn to_children(make: F) -> Self {
        Arc::new(move || make().into_any())
    }
}

impl<T> ToChildren<ChildrenOptContainer<T>> for ChildrenFn
where
    T: IntoView + Clone + Send + Sync + 'static,
{
    fn to_children(text: ChildrenOptContainer<T>) -> Self {
        Arc::new(move || text.0.clone().into_any())
    }
}

#[doc(hidden)]
pub trait Component<P> {}

#[doc(hidden)]
pub trait Props {
    type Builder;

    fn builder() -> Self::Builder;
}

#[doc(hidden)]
pub trait PropsOrNoPropsBuilder {
    type Builder;

    fn builder_or_not() -> Self::Builder;
}

#[doc(hidden)]
#[derive(Debug)]
pub struct EmptyPropsBuilder;

impl EmptyPropsBuilder {
    pub fn build(self) {}
}

impl<P: Props> PropsOrNoPropsBuilder for P {
    type Builder = P::Builder;

    fn builder_or_not() -> Self::Builder {
        Self::builder()
    }
}

impl PropsOrNoPropsBuilder for EmptyPropsBuilder {
    type Builder = Self;

    fn builder_or_not() -> Self {
        Self
    }
}

impl<F, R> Component<EmptyPropsBuilder> for F where F: FnOnce() -> R {}

impl<P, F, R> Component<P> for F
where
    F: FnOnce(P) -> R,
    P: Props,
{
}

#[doc(hidden)]
pub fn component_props_builder<P: PropsOrNoPropsBuilder>(_: &impl Component<P>) -> P::Builder {
    P::builder_or_not()
}

#[doc(hidden)]
pub fn component_view<P, T>(make: impl ComponentConstructor<P, T>, props: P) -> T {
    make.construct(props)
}

#[doc(hidden)]
pub trait ComponentConstructor<P, T> {
    fn construct(self, props: P) -> T;
}

impl<F, T> ComponentConstructor<(), T> for F
where
    F: FnOnce() -> T,
{
    fn construct(self, (): ()) -> T {
        self()
    }
}

impl<F, T, P> ComponentConstructor<P, T> for F
where
    F: FnOnce(P) -> T,
    P: PropsOrNoPropsBuilder,
{
    fn construct(self, props: P) -> T {
        self(props)
    }
}
