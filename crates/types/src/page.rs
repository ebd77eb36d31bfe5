//! Lists: a page of items and the cursor of the next one.

use serde::{Deserialize, Serialize};

/// What every list of the API looks like: a page and where the next one begins.
pub trait Page {
    /// What is listed.
    type Item;
    /// A page of these items. `next_cursor` is `None` on the last page.
    fn of(items: Vec<Self::Item>, next_cursor: Option<String>) -> Self;
    /// The items, and the cursor to ask the next page with.
    fn into_parts(self) -> (Vec<Self::Item>, Option<String>);
}

// Concrete types rather than Page<T>: generated clients get a name for each.
macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident of $item:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name {
            /// The rows of this page, newest first.
            pub items: Vec<$item>,
            /// Give it back as `cursor` to get the next page; `null` on the last one.
            #[cfg_attr(feature = "openapi", schema(required))]
            pub next_cursor: Option<String>,
        }

        impl Page for $name {
            type Item = $item;

            fn of(items: Vec<$item>, next_cursor: Option<String>) -> Self {
                Self { items, next_cursor }
            }

            fn into_parts(self) -> (Vec<$item>, Option<String>) {
                (self.items, self.next_cursor)
            }
        }
    )*};
}

pages! {
    /// A page of audit events.
    AuditPage of crate::audit::AuditEvent;
    /// A page of keys that need care.
    HygienePage of crate::insight::HygieneItem;
    /// A page of keys.
    KeyPage of crate::key::Key;
    /// A page of members.
    MemberPage of crate::member::Member;
    /// A page of memories.
    MemoryPage of crate::memory::Memory;
    /// A page of projects.
    ProjectPage of crate::project::Project;
    /// A page of browser sessions.
    SessionPage of crate::session::Session;
    /// A page of management tokens.
    TokenPage of crate::token::Token;
    /// A page of users.
    UserPage of crate::user::User;
}
