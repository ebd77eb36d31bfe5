// The last lines of the app's JavaScript: the bundle appends them to what wasm-bindgen wrote. They are not in the
// page, because its content-security policy allows no script there.
const boot = document.getElementById("boot");
try {
    // As src/core/theme.rs does it, so that the colours don't change once the app is there.
    document.documentElement.dataset.theme = localStorage.getItem("latchkey.theme") ?? "system";
} catch {
    // Storage is forbidden here: the system's colours stay.
}
// The app can't say that it has stopped.
const stopped = (event) => {
    if ((event.error ?? event.reason) instanceof WebAssembly.RuntimeError) say("Latchkey has stopped. Reload the page to go on.");
};
addEventListener("error", stopped);
addEventListener("unhandledrejection", stopped);
try {
    await __wbg_init({ module_or_path: "{{wasm}}" });
    boot.remove();
} catch (error) {
    console.error(error);
    say("Latchkey could not be opened. Reload the page; if that does not help, use a current browser.");
}

function say(text) {
    boot.removeAttribute("aria-busy");
    boot.querySelector("p").textContent = text;
    document.body.prepend(boot);
}
