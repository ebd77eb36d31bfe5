//! The token behind `#token=` of setup and sign-in links: taken once, and out of the address at once.

use std::cell::RefCell;

use wasm_bindgen::JsValue;
use zeroize::Zeroizing;

thread_local! {
    static TAKEN: RefCell<Option<Zeroizing<String>>> = const { RefCell::new(None) };
}

/// Moves a token from the address to memory. Before the router looks at the address for the first time.
pub fn stash() {
    let Some(window) = web_sys::window() else {
        return;
    };
    let location = window.location();
    let hash = Zeroizing::new(location.hash().unwrap_or_default());
    let Some(token) = token_of(&hash) else { return };
    TAKEN.set(Some(Zeroizing::new(token.to_owned())));
    let path = location.pathname().unwrap_or_default();
    if let Ok(history) = window.history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
}

/// The token, if one came. It is given once.
#[must_use]
pub fn take() -> Option<Zeroizing<String>> {
    TAKEN.take()
}

fn token_of(hash: &str) -> Option<&str> {
    let token = hash.strip_prefix("#token=")?;
    (!token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::token_of;

    #[test]
    fn only_a_token_is_taken() {
        assert_eq!(token_of("#token=abc-_1"), Some("abc-_1"));
        assert_eq!(token_of("#token="), None);
        assert_eq!(token_of("#section"), None);
        assert_eq!(token_of(""), None);
    }
}
