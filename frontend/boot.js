// The last lines of the app's JavaScript: the bundle appends them to what wasm-bindgen wrote.
// A file of its own kind, because the content-security policy allows no script inside the page.
const boot = document.getElementById("boot");
try {
    await __wbg_init({ module_or_path: "{{wasm}}" });
    boot.remove();
} catch (error) {
    console.error(error);
    boot.removeAttribute("aria-busy");
    boot.querySelector("p").textContent =
        "Latchkey could not be opened. Reload the page; if that does not help, use a current browser.";
}
