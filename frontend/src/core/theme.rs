//! Light or dark: as the system has it, or as the person chose.

use leptos::prelude::*;

use super::reactive::watch;

/// Where the choice is stored; it is no secret.
const STORAGE_KEY: &str = "latchkey.theme";

/// The choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system has it at the moment.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// Every choice, in the order in which it is offered.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// What the button says.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::System => "System theme",
            Self::Light => "Light theme",
            Self::Dark => "Dark theme",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn of_word(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|theme| theme.word() == word)
            .unwrap_or_default()
    }
}

/// Takes the stored choice, and keeps the page and the store in step with the signal from then on.
pub fn provide_theme() -> RwSignal<Theme> {
    let stored = storage()
        .and_then(|storage| storage.get_item(STORAGE_KEY).ok().flatten())
        .unwrap_or_default();
    let theme = RwSignal::new(Theme::of_word(&stored));
    let mut is_first = true;
    watch(move || {
        let word = theme.get().word();
        if let Some(root) = document().document_element() {
            // Fails for no attribute name that is valid.
            let _ = root.set_attribute("data-theme", word);
        }
        // Storage may be full or forbidden; the choice then lasts as long as the page.
        if let (false, Some(storage)) = (is_first, storage()) {
            let _ = storage.set_item(STORAGE_KEY, word);
        }
        is_first = false;
    });
    provide_context(theme);
    theme
}

/// The choice, to read and to set.
#[must_use]
pub fn use_theme() -> RwSignal<Theme> {
    use_context::<RwSignal<Theme>>().unwrap_or_default()
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_reads_back_and_nonsense_is_the_system() {
        for theme in Theme::ALL {
            assert_eq!(Theme::of_word(theme.word()), theme);
        }
        assert_eq!(Theme::of_word("purple"), Theme::System);
    }
}
