// Drives the system's Chromium, and collects what a page must never do.

import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const OUTPUT = join(dirname(fileURLToPath(import.meta.url)), "../../test-output");

/** A count of `faults()`: once or more. */
export const SOME = "some";

/** How long a step may take before the test gives up, in milliseconds. */
const STEP_LIMIT = 10_000;

/** What Chromium writes for each answer from 400 on, and for each request without an answer. */
const REFUSAL =
  /^Failed to load resource: (?:the server responded with a status of (?<status>\d{3})|net::(?<error>\w+))/;

/**
 * Starts Chromium with one page on `origin`, signed in with `cookie` if given.
 *
 * Options beside Playwright's own for a context: `resolve`, a host name that stands for 127.0.0.1 in this Chromium.
 *
 * The result is a person's window, and has
 * - the `page`, and its `context` for further tabs;
 * - `faults()`, a list of sentences since it was last asked, empty on pages that behave: requests to another origin,
 *   violations of the Content-Security-Policy, errors in the console, uncaught exceptions. Refusals that a test
 *   provokes are named with their number, as in `faults({ "409 /api/v1/me": 1, "ERR_CONNECTION_REFUSED *": SOME })`,
 *   the path without its query or `*` for any; one that did not come is a fault too;
 * - `shot(name)` for a screenshot in `test-output/`;
 * - `another(cookie, contextOptions)`, the window of somebody else in the same Chromium, with nothing in common. Its
 *   option `origin` is for another server, which needs no Chromium of its own;
 * - `close()`.
 */
export async function openBrowser(origin, cookie, { resolve, ...contextOptions } = {}) {
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
      `--host-resolver-rules=${resolve ? `MAP ${resolve} 127.0.0.1 , ` : ""}` +
        "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
    ],
  });
  const another = (otherCookie, { origin: otherOrigin = origin, ...otherOptions } = {}) =>
    openWindow(browser, otherOrigin, otherCookie, otherOptions);
  const window = await openWindow(browser, origin, cookie, contextOptions);
  return { ...window, another, close: () => browser.close() };
}

async function openWindow(browser, origin, cookie, contextOptions) {
  const context = await browser.newContext(contextOptions);
  context.setDefaultTimeout(STEP_LIMIT);
  if (cookie) {
    await context.addCookies([{ ...cookie, url: origin, httpOnly: true, sameSite: "Strict" }]);
  }
  let seen = [];
  const add = (text, refusal) => seen.push({ text, refusal });
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (!["data:", "blob:"].includes(url.protocol) && url.origin !== origin) {
      add(`asked another origin: ${request.url()}`);
    }
  });
  context.on("weberror", (error) => add(`uncaught: ${error.error().stack}`));
  context.on("console", (message) => {
    if (message.type() !== "error") return;
    const { url } = message.location();
    const { status, error } = REFUSAL.exec(message.text())?.groups ?? {};
    const refusal = (status ?? error) && { how: status ?? error, path: new URL(url).pathname };
    add(`console: ${message.text()} (${url})`, refusal);
  });
  context.on("page", (page) => page.on("crash", () => add("a page crashed")));
  // Also those that the console would not show.
  await context.exposeFunction("reportViolation", (text) => add(`CSP: ${text}`));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      window.reportViolation(`${event.violatedDirective} refused ${event.blockedURI} in ${event.sourceFile}`);
    });
  });

  const page = await context.newPage();
  return {
    page,
    context,
    faults(expected = {}) {
      const told = seen;
      seen = [];
      return withoutExpected(told, expected);
    },
    async shot(name) {
      await mkdir(OUTPUT, { recursive: true });
      await page.screenshot({ path: join(OUTPUT, `${name}.png`), fullPage: true });
    },
    close: () => context.close(),
  };
}

/** The faults without the refusals that were named, and a sentence for each that did not come as often as it should. */
function withoutExpected(seen, expected) {
  let rest = seen;
  const missing = [];
  for (const [name, times] of Object.entries(expected)) {
    const [how, path] = name.split(" ");
    const isNamed = ({ refusal }) => refusal?.how === how && (path === "*" || refusal.path === path);
    const count = rest.filter(isNamed).length;
    rest = rest.filter((fault) => !isNamed(fault));
    if (times === SOME ? count === 0 : count !== times) {
      missing.push(`${name} came ${count} times, not ${times}`);
    }
  }
  return [...rest.map(({ text }) => text), ...missing];
}
