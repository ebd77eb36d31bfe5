// The one-time dialog: it can't be lost by accident, and what it offers to paste works.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, test } from "node:test";

import { apiAs } from "../lib/api.mjs";
import { openBrowser, SOME } from "../lib/browser.mjs";
import {
  closeGate,
  copySecret,
  done,
  GATE,
  generate,
  keyRow,
  oneTimeDialog,
  SECRET,
  serversUrl,
} from "../lib/keys.mjs";
import { ADA, setUp, startServer } from "../lib/server.mjs";

let server, api, project, browser, page, dialog, gate;

before(async () => {
  server = await startServer();
  const cookie = await setUp(server);
  api = apiAs(server, cookie);
  project = await api.post("/projects", { name: "Memory Lake" });
  browser = await openBrowser(server.origin, cookie, { permissions: ["clipboard-read", "clipboard-write"] });
  page = browser.page;
  dialog = oneTimeDialog(page);
  gate = closeGate(page);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(() => page.goto(serversUrl(server, project)));

/** Presses beside the dialog. */
const pressBackdrop = () => page.mouse.click(4, 4);

/** The browser's own question before a page is left, asked by `leave`; what was answered. */
async function unloadQuestion(leave) {
  const [question] = await Promise.all([page.waitForEvent("dialog"), leave()]);
  const type = question.type();
  await question.dismiss();
  return type;
}

test("Esc, the backdrop, X, Back and the last button ask before an unsaved secret is lost", async () => {
  await generate(page, "CI runner - Billing");
  const ways = [
    () => page.keyboard.press("Escape"),
    pressBackdrop,
    () => dialog.getByRole("button", { name: "Close" }).click(),
    () => dialog.getByRole("button", { name: "I have saved it" }).click(),
    // A step through the history within the page: there is no load to wait for.
    () => page.evaluate(() => history.back()),
    () => page.evaluate(() => history.back()),
  ];
  for (const [place, leave] of ways.entries()) {
    await leave();
    await gate.waitFor();
    const back = gate.getByRole("button", { name: "Back to the secret" });
    assert.ok(await back.evaluate((button) => button === document.activeElement), "staying is the easier answer");
    // By its button, and by Esc: the second Esc must not close both.
    await (place % 2 ? page.keyboard.press("Escape") : back.click());
    await gate.waitFor({ state: "detached" });
    await dialog.getByText("Save this secret now.").waitFor();
    assert.equal(page.url(), serversUrl(server, project));
  }
  // It still has the secret, and is not saved by having been asked.
  await copySecret(page, dialog);
  await done(dialog);
  assert.deepEqual(browser.faults(), []);
});

test("reloading and closing the tab ask too, until the secret was copied", async () => {
  await generate(page, "Weekly report");
  assert.equal(await unloadQuestion(() => page.evaluate(() => setTimeout(() => location.reload()))), "beforeunload");
  assert.equal(await unloadQuestion(() => page.close({ runBeforeUnload: true })), "beforeunload");
  await dialog.getByText("Save this secret now.").waitFor();

  await copySecret(page, dialog);
  const asked = [];
  const note = (question) => asked.push(question.accept());
  page.on("dialog", note);
  await page.reload();
  page.off("dialog", note);
  assert.equal(asked.length, 0, "nothing would be lost");
  await keyRow(page, "Weekly report").waitFor();
  assert.equal(await dialog.count(), 0);
  assert.deepEqual(browser.faults(), []);
});

test("a copy lifts the gate: Esc and Back then close the dialog at once", async () => {
  for (const leave of [() => page.keyboard.press("Escape"), () => page.evaluate(() => history.back())]) {
    await generate(page, "Search index");
    await copySecret(page, dialog);
    await leave();
    await dialog.waitFor({ state: "detached" });
    assert.equal(await gate.count(), 0);
    await page.getByRole("heading", { name: "MCP Servers" }).waitFor();
    assert.equal(page.url(), serversUrl(server, project));
  }
  assert.deepEqual(browser.faults(), []);
});

test("the .env download has the secret under the project's name, and lifts the gate", async () => {
  await generate(page, "Deploy script");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("button", { name: "Download .env" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "memory-lake.env");
  const lines = (await readFile(await download.path(), "utf8")).trimEnd().split("\n");
  const [name, secret] = lines.find((line) => line.startsWith("MEMORY_LAKE_KEY=")).split("=");
  assert.equal(name, "MEMORY_LAKE_KEY");
  assert.ok(SECRET.test(secret));
  assert.ok(lines.includes(`MEMORY_LAKE_URL=${server.origin}/memory-lake/mcp/v1`));
  assert.match(lines[0], /^# .*\.gitignore/);
  const { valid } = await api.post("/keys/verify", { key: secret });
  assert.ok(valid, "the secret in the file is the key's");

  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await gate.count(), 0);
  assert.deepEqual(browser.faults(), []);
});

test("closing anyway loses the secret, and the key stays in the list", async () => {
  await generate(page, "Forgotten");
  await page.keyboard.press("Escape");
  await gate.getByText("the secret can't be retrieved").waitFor();
  await gate.getByRole("button", { name: "Close anyway" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.equal(await page.getByText(GATE).count(), 0);
  await keyRow(page, "Forgotten").waitFor();
  assert.deepEqual(browser.faults(), []);
});

test("the dialog stays when the person signs out, here or in another tab", async () => {
  await generate(page, "Night job");
  const { items: [{ id }] } = await api.get(`/projects/${project.id}/keys?q=Night`);
  // Nothing behind an open dialog can be pressed: what would sign out asks first.
  const menu = await page.getByRole("button", { name: "Your account", includeHidden: true }).boundingBox();
  await page.mouse.click(menu.x + menu.width / 2, menu.y + menu.height / 2);
  await gate.getByRole("button", { name: "Back to the secret" }).click();

  const tab = await browser.context.newPage();
  await tab.goto(server.origin);
  await tab.getByRole("button", { name: "Your account" }).click();
  await tab.getByRole("menuitem", { name: "Sign out" }).click();
  await tab.getByRole("button", { name: "Sign in" }).waitFor();
  await tab.close();

  // The stream that waits for the first call ends with the session, and is refused from then on.
  await dialog.getByText("You are signed out. This secret leaves the page").waitFor();
  const secret = await copySecret(page, dialog);
  await done(dialog);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  assert.ok(!(await page.content()).includes(secret));

  // Signed in again for the tests that follow.
  await page.getByLabel("E-mail").fill(ADA.email);
  await page.getByLabel("Password").fill(ADA.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await keyRow(page, "Night job").waitFor();
  assert.equal(page.url(), serversUrl(server, project), "and back where it was");
  const events = `/api/v1/projects/${project.id}/keys/${id}/events`;
  assert.deepEqual(browser.faults({ [`401 ${events}`]: SOME }), []);
});
