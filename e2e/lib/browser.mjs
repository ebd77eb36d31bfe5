// Drives the system's Chromium, and collects what a page must never do.

import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const OUTPUT = join(dirname(fileURLToPath(import.meta.url)), "../../test-output");

/**
 * Starts Chromium with one page on `origin`, signed in with `cookie` if given.
 *
 * The result has the `page`, `faults()`, `shot(name)` for a screenshot in `test-output/`, and `close()`.
 * `faults()` is a list of sentences, empty on a page that behaves: requests to another origin, violations of the
 * Content-Security-Policy, errors in the console, uncaught exceptions.
 */
export async function openBrowser(origin, cookie, contextOptions = {}) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      // Chromium's own sandbox can't be set up by root, nor in most containers. It loads only our pages here.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // Nothing but this machine has a name or an address: what asks for it fails, and is seen below.
      "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
    ],
  });
  const context = await browser.newContext(contextOptions);
  if (cookie) {
    await context.addCookies([{ ...cookie, url: origin, httpOnly: true, sameSite: "Strict" }]);
  }
  const faults = [];
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (!["data:", "blob:"].includes(url.protocol) && url.origin !== origin) {
      faults.push(`asked another origin: ${request.url()}`);
    }
  });
  context.on("weberror", (error) => faults.push(`uncaught: ${error.error().stack}`));
  context.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  // Also those that the console would not show.
  await context.exposeFunction("reportViolation", (text) => faults.push(`CSP: ${text}`));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      window.reportViolation(`${event.violatedDirective} refused ${event.blockedURI} in ${event.sourceFile}`);
    });
  });

  const page = await context.newPage();
  return {
    page,
    faults: () => [...faults],
    async shot(name) {
      await mkdir(OUTPUT, { recursive: true });
      await page.screenshot({ path: join(OUTPUT, `${name}.png`), fullPage: true });
    },
    close: () => browser.close(),
  };
}
