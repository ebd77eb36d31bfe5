// The password once more, and the secret that leaves the page some minutes after its session has ended.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiAs, signIn } from "../lib/api.mjs";
import { openBrowser, SOME } from "../lib/browser.mjs";
import { generate, keyRow, serversUrl } from "../lib/keys.mjs";
import { placesWith } from "../lib/memory.mjs";
import { errorBeside } from "../lib/people.mjs";
import { ADA, setUp, startServer } from "../lib/server.mjs";
import { refuseOnce } from "../lib/ways.mjs";

const REFUSED = "403 /api/v1/me/sessions";

let server, ada, project, browser;

before(async () => {
  server = await startServer({ env: { LATCHKEY_SIGN_IN_ATTEMPTS: "1000" } });
  ada = apiAs(server, await setUp(server));
  project = await ada.post("/projects", { name: "Memory Lake" });
  browser = await openBrowser(server.origin);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A window of Ada's, and `end()`, which ends its session from elsewhere. */
async function open(t) {
  const cookie = await signIn(server);
  const window = await browser.another(cookie);
  t.after(() => window.close());
  return { ...window, end: () => apiAs(server, cookie).remove("/session") };
}

/** Presses what needs the password, on a session whose confirmation is old. */
async function endAllOthers(page) {
  await page.goto(`${server.origin}/account`);
  const button = page.getByRole("button", { name: "End all others" });
  await button.waitFor();
  await refuseOnce(page, "**/api/v1/me/sessions");
  await button.click();
  const dialog = page.getByRole("dialog", { name: "Confirm your password" });
  await dialog.waitFor();
  return { dialog, field: dialog.getByLabel("Password"), confirm: dialog.getByRole("button", { name: "Confirm" }) };
}

test("what needs the password asks for it, and then happens", async (t) => {
  const other = apiAs(server, await signIn(server));
  const { page, context, faults } = await open(t);
  const { dialog, field, confirm } = await endAllOthers(page);
  assert.ok(await field.evaluate((element) => element === document.activeElement), "one can type at once");

  await field.fill("not the password");
  await confirm.click();
  assert.match(await errorBeside(field), /is not your present password/);
  assert.equal((await other.ask("GET", "/me")).status, 200, "nothing has happened so far");

  const before = (await context.cookies()).map(({ value }) => value);
  await field.fill(ADA.password);
  await confirm.click();
  await dialog.waitFor({ state: "detached" });
  await page.getByText("All other sessions ended.").waitFor();
  assert.equal((await other.ask("GET", "/me")).status, 401);
  const after = (await context.cookies()).map(({ value }) => value);
  assert.notDeepEqual(after, before, "the session has another token");
  await page.reload();
  await page.getByRole("heading", { name: "Account" }).waitFor();
  assert.deepEqual(faults({ [REFUSED]: 1, "422 /api/v1/session/confirm": 1 }), []);
});

test("who does not want to give the password has everything as it was", async (t) => {
  const other = apiAs(server, await signIn(server));
  const { page, faults } = await open(t);
  const { dialog } = await endAllOthers(page);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  const button = page.getByRole("button", { name: "End all others" });
  assert.ok(await button.isEnabled());
  assert.equal(await page.getByRole("alert").count(), 0);
  assert.equal((await other.ask("GET", "/me")).status, 200);
  // Asked a second time, it is as at the first.
  await button.click();
  await page.getByText("All other sessions ended.").waitFor();
  assert.deepEqual(faults({ [REFUSED]: 1 }), []);
});

test("five minutes after the end of the session, the secret has left the page", async (t) => {
  const { page, context, faults, end } = await open(t);
  await page.clock.install();
  await page.goto(serversUrl(server, project));
  const dialog = await generate(page, "Night job");
  await dialog.getByRole("button", { name: "Show secret" }).click();
  const secret = await dialog.getByRole("textbox", { name: "Secret" }).innerText();
  await end();
  await dialog.getByText("You are signed out. This secret leaves the page in 5 minutes: copy it now.").waitFor();
  assert.ok((await page.content()).includes(secret), "it is still there to be copied");

  await page.clock.fastForward("05:00");
  await dialog.getByText("the secret has left the page").waitFor();
  await dialog.getByText("rotate or delete its key").waitFor();
  assert.deepEqual(await placesWith(context, page, secret), { places: [], wasm: 0 });

  // Nothing is left that a question could protect.
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByLabel("E-mail").fill(ADA.email);
  await page.getByLabel("Password").fill(ADA.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await keyRow(page, "Night job").waitFor();
  assert.deepEqual(faults({ "401 *": SOME }), []);
});
