// Only in `cargo xtask dev`, whose quick bundle appends it: loads the page anew when the app was built anew.
const built = new URL(import.meta.url).pathname;
setInterval(async () => {
    const page = await fetch("/", { cache: "no-store" }).then((answer) => answer.text(), () => "");
    if (page.includes("<script") && !page.includes(built)) location.reload();
}, 1000);
