//! Saving text as a file, without the server.

use js_sys::Array;
use wasm_bindgen::JsCast as _;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// Offers `text` to the person as a file of this name. Whether it was begun; whether it is saved in the end is
/// the browser's matter.
pub fn download(name: &str, mime: &str, text: &str) -> bool {
    begin(name, mime, text).is_some()
}

fn begin(name: &str, mime: &str, text: &str) -> Option<()> {
    let document = web_sys::window()?.document()?;
    let options = BlobPropertyBag::new();
    options.set_type(mime);
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let link: HtmlAnchorElement = document.create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The click has taken what it needs; from here on nothing in the page leads to the text.
    Url::revoke_object_url(&address).ok()
}
