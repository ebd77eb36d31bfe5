//! Icons: drawn once in the page's sprite (`assets/icons.svg`, which the bundle puts into index.html), used by name.

use leptos::prelude::*;

/// The icons that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    /// A tick.
    Check,
    /// A clock face.
    Clock,
    /// Two sheets.
    Copy,
    /// A cross.
    Close,
    /// An arrow into a tray.
    Download,
    /// An eye.
    Eye,
    /// An eye, struck out.
    EyeOff,
    /// An arrow that leaves a box.
    External,
    /// A circled i.
    Info,
    /// A key.
    Key,
    /// The product's mark: a key in a latch.
    Mark,
    /// Three dots.
    More,
    /// Two bars.
    Pause,
    /// A pencil.
    Pencil,
    /// A person.
    Person,
    /// A triangle that points right.
    Play,
    /// A cross of two equal strokes.
    Plus,
    /// Two arrows in a circle.
    Rotate,
    /// A magnifying glass.
    Search,
    /// A dustbin.
    Trash,
    /// A triangle with an exclamation mark.
    Warning,
}

impl Glyph {
    const fn id(self) -> &'static str {
        match self {
            Self::Check => "#i-check",
            Self::Clock => "#i-clock",
            Self::Copy => "#i-copy",
            Self::Close => "#i-close",
            Self::Download => "#i-download",
            Self::Eye => "#i-eye",
            Self::EyeOff => "#i-eye-off",
            Self::External => "#i-external",
            Self::Info => "#i-info",
            Self::Key => "#i-key",
            Self::Mark => "#i-mark",
            Self::More => "#i-more",
            Self::Pause => "#i-pause",
            Self::Pencil => "#i-pencil",
            Self::Person => "#i-person",
            Self::Play => "#i-play",
            Self::Plus => "#i-plus",
            Self::Rotate => "#i-rotate",
            Self::Search => "#i-search",
            Self::Trash => "#i-trash",
            Self::Warning => "#i-warning",
        }
    }
}

/// One icon, as large as the text beside it. It says nothing to screen readers: the words beside it do.
#[component]
pub fn Icon(
    /// Which.
    glyph: Glyph,
) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true" focusable="false">
            <use href=glyph.id()></use>
        </svg>
    }
}
