// Where the clipboard API is missing or refuses: Copy works in another way, or says honestly what to do.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiAs, verify } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { closeGate, done, generate, keyRow, oneTimeDialog, SECRET, serversUrl } from "../lib/keys.mjs";
import { setUp, startServer } from "../lib/server.mjs";

/** Not a name of the machine itself: browsers offer no clipboard API there without https. */
const HOST = "keys.lan";

let server, cookie, api, project, browser;

before(async () => {
  server = await startServer({ publicHost: HOST });
  cookie = await setUp(server);
  api = apiAs(server, cookie);
  project = await api.post("/projects", { name: "Memory Lake" });
  browser = await openBrowser(server.publicOrigin, cookie, { resolve: HOST });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** What Ctrl+V puts into a text area of a page that has nothing else. */
async function pasted(context) {
  const page = await context.newPage();
  await page.setContent("<label>Paste here <textarea></textarea></label>");
  await page.getByLabel("Paste here").focus();
  await page.keyboard.press("Control+V");
  const text = await page.getByLabel("Paste here").inputValue();
  await page.close();
  return text;
}

/** Ada's window in which `document.execCommand` fails, as some browsers have it. */
async function openWithoutCommand() {
  const window = await browser.another(cookie);
  await window.context.addInitScript(() => {
    document.execCommand = () => false;
  });
  return window;
}

test("the banner says that the connection is not encrypted", async () => {
  const { page } = browser;
  await page.goto(serversUrl(server, project));
  assert.deepEqual(await page.evaluate(() => [isSecureContext, typeof navigator.clipboard]), [false, "undefined"]);
  await page.getByText("This connection is not encrypted").waitFor();
  assert.deepEqual(browser.faults(), []);
});

test("Copy works without the clipboard API", async () => {
  const { page, context } = browser;
  await page.goto(serversUrl(server, project));
  const dialog = await generate(page, "Claude AI Integration");
  const copy = dialog.getByRole("button", { name: "Copy secret" });
  await copy.click();
  await dialog.getByText("Secret copied.").waitFor();
  const secret = await pasted(context);
  assert.ok(SECRET.test(secret), "Ctrl+V gives the secret");
  const { valid } = await verify(api, secret);
  assert.ok(valid);
  assert.equal(await dialog.locator("textarea").count(), 0, "and what it was copied from is gone");
  assert.ok(!(await page.content()).includes(secret));

  await dialog.getByRole("button", { name: "Copy endpoint URL" }).click();
  await dialog.getByText("Endpoint URL copied.").waitFor();
  const url = await pasted(context);
  assert.ok(url === `${server.publicOrigin}/${project.slug}/mcp/v1?apikey=${secret}`);

  await done(dialog);
  await keyRow(page, "Claude AI Integration").waitFor();
  assert.deepEqual(browser.faults(), []);
});

test("where the browser refuses to copy, the text is selected and the dialog says: press Ctrl+C", async (t) => {
  const window = await openWithoutCommand();
  t.after(window.close);
  const { page, context } = window;
  const dialog = oneTimeDialog(page);
  await page.goto(serversUrl(server, project));
  await generate(page, "Weekly report");
  await saysPressCtrlC(page, "Secret");
  assert.ok(SECRET.test(await selection(page)), "the secret is selected");

  // Nothing was saved, so the gate is still there.
  await page.keyboard.press("Escape");
  const gate = closeGate(page);
  await gate.getByRole("button", { name: "Back to the secret" }).click();
  await gate.waitFor({ state: "detached" });

  // The same for the URL, and then the person's own Ctrl+C counts as a copy.
  await saysPressCtrlC(page, "Endpoint URL");
  const selected = await selection(page);
  assert.ok(selected.startsWith(`${server.publicOrigin}/${project.slug}/mcp/v1?apikey=lk_`));
  await page.keyboard.press("Control+C");
  await dialog.getByText("Endpoint URL copied.").waitFor();
  assert.ok((await pasted(context)) === selected);
  await done(dialog);
  assert.deepEqual(window.faults(), []);
});

test("a part of the secret, copied by hand, does not count as saved", async (t) => {
  const window = await openWithoutCommand();
  t.after(window.close);
  const { page } = window;
  await page.goto(serversUrl(server, project));
  await generate(page, "Half a secret");
  await saysPressCtrlC(page, "Secret");
  await page.evaluate(() => getSelection().modify("extend", "backward", "character"));
  await page.keyboard.press("Control+C");
  await page.keyboard.press("Escape");
  await closeGate(page).getByRole("button", { name: "Close anyway" }).click();
  await oneTimeDialog(page).waitFor({ state: "detached" });
  assert.deepEqual(window.faults(), []);
});

test("a clipboard API that refuses is no success either", async (t) => {
  // On the machine itself, where the API is there, and says no.
  const local = await startServer();
  t.after(local.stop);
  const localCookie = await setUp(local);
  const lake = await apiAs(local, localCookie).post("/projects", { name: "Memory Lake" });
  const window = await browser.another(localCookie, { origin: local.origin });
  t.after(window.close);
  const { page, context } = window;
  await context.addInitScript(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException("no", "NotAllowedError"));
    document.execCommand = () => false;
  });
  await page.goto(serversUrl(local, lake));
  assert.equal(await page.getByText("This connection is not encrypted").count(), 0);
  await generate(page, "Refused");
  await saysPressCtrlC(page, "Secret");
  await page.keyboard.press("Control+C");
  await done(oneTimeDialog(page));
  assert.deepEqual(window.faults(), []);
});

/** Presses Copy beside a field, and sees that nothing says "Copied", now or on the way. */
async function saysPressCtrlC(page, label) {
  const dialog = oneTimeDialog(page);
  await dialog.evaluate((element) => {
    window.saidCopied = false;
    const watch = () => (window.saidCopied ||= /\bcopied\b/i.test(element.textContent));
    new MutationObserver(watch).observe(element, { subtree: true, childList: true, characterData: true });
  });
  await dialog.getByRole("button", { name: new RegExp(`^Copy ${label}$`, "i") }).click();
  await dialog.getByText("The text is selected: press Ctrl+C.").last().waitFor();
  const field = dialog.getByRole("textbox", { name: label });
  await page.waitForFunction((element) => element === document.activeElement, await field.elementHandle());
  await page.waitForFunction(() => getSelection().toString().includes("lk_"));
  assert.ok((await selection(page)) === (await field.innerText()), "all of it is selected");
  assert.equal(await page.evaluate(() => window.saidCopied), false);
}

function selection(page) {
  return page.evaluate(() => getSelection().toString());
}
