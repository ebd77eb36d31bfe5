#![doc = include_str!("../README.md")]

mod attribute;
mod bind;
pub mod component;
mod element;
mod event;
mod helpers;
mod keyed;
pub mod mount;
mod node_ref;
mod region;
pub mod task;
mod view;

/// Everything that a page of the app needs.
pub mod prelude {
    pub use leptos_macro::{component, view};
    pub use reactive_graph::{
        callback::{Callable, Callback},
        computed::Memo,
        effect::Effect,
        graph::untrack,
        owner::{
            LocalStorage, Owner, StoredValue, expect_context, on_cleanup, provide_context,
            use_context,
        },
        prelude::*,
        signal::{ReadSignal, RwSignal, WriteSignal, signal},
        wrappers::read::Signal,
    };

    pub use crate::{
        attribute::IntoAttributeValue,
        component::{Children, ChildrenFn, ViewFn},
        helpers::{
            TimeoutHandle, document, request_animation_frame, set_interval_with_handle,
            set_timeout, set_timeout_with_handle, window, window_event_listener,
        },
        keyed::{KeyedRow, keyed},
        node_ref::NodeRef,
        view::{AnyView, CollectView, IntoRender, IntoView, View},
    };
}

pub use element::html;
pub use event::ev;
pub use view::IntoView;

/// What two-way bindings bind to.
pub mod attr {
    pub use crate::bind::{Checked, Value};
}

// Below: where Leptos' macros look for things.

#[doc(hidden)]
pub use component as children;
#[doc(hidden)]
pub use reactive_graph as reactive;
#[doc(hidden)]
pub use typed_builder;
#[doc(hidden)]
pub use typed_builder_macro;

#[doc(hidden)]
pub mod tachys {
    pub mod html {
        pub use crate::element::{InertElement, html as element};
        pub use crate::event::ev as event;
    }
    pub mod svg {
        pub use crate::element::{InertSvg as InertElement, svg::*};
    }
}
