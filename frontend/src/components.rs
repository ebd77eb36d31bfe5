//! What pages are made of. Each file holds one component; its properties are its documentation.

mod badge;
mod button;
mod chart;
mod code_field;
mod confirm;
mod confirm_password;
mod copy_field;
mod dialog;
mod empty;
mod field;
mod filter;
mod form;
mod icon;
mod loadable;
mod menu;
mod notice;
mod page_head;
mod relative_time;
mod rows;
mod secret_dialog;
mod show;
mod table;
mod tabs;
mod toast;

pub use badge::{Badge, StatusBadge, Tone};
pub use button::{Button, ButtonKind};
pub use chart::{Bar, Chart};
pub use code_field::{Code, CodeField, CodeStep};
pub use confirm::Confirm;
pub use confirm_password::ConfirmPassword;
pub use copy_field::{CopyField, CopyValue};
pub use dialog::Dialog;
pub use empty::Empty;
pub use field::{CheckField, SelectField, TextField};
pub use filter::{FilterField, SearchField};
pub use form::Form;
pub use icon::{Glyph, Icon};
pub use loadable::{Loadable, LoadableList};
pub use menu::{Menu, MenuItem};
pub use notice::{Failure, Notice};
pub use page_head::PageHead;
pub use relative_time::RelativeTime;
pub use rows::rows;
pub use secret_dialog::{SecretDialog, SecretWords};
pub use show::{Show, dynamic};
pub use table::{Cell, Row, Table};
pub use tabs::{Tab, TabLinks, Tabs};
pub use toast::{Toasts, provide_toasts, use_toasts};

use std::sync::atomic::{AtomicU32, Ordering};

/// An id for an element, unlike every other of this page: `unique_id("field")` is `field-7`.
#[must_use]
pub fn unique_id(kind: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{kind}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
