// The second factor: turned on with an app, asked for at sign-in, and what to do when the app is lost.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { apiAs, signIn } from "../lib/api.mjs";
import { codeOf, turnOn, wrongCodeOf } from "../lib/authenticator.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { addPerson, errorBeside, fillSignIn, PASSWORD } from "../lib/people.mjs";
import { ADA, setUp, startServer } from "../lib/server.mjs";

const CLIPBOARD = { permissions: ["clipboard-read", "clipboard-write"] };

let server, ada, browser;

before(async () => {
  server = await startServer({ env: { LATCHKEY_SIGN_IN_ATTEMPTS: "1000" } });
  const cookie = await setUp(server);
  ada = apiAs(server, cookie);
  browser = await openBrowser(server.origin, cookie, CLIPBOARD);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(t, cookie, options) {
  const window = await browser.another(cookie, options);
  t.after(() => window.close());
  return window;
}

/** The section of the account page. */
const section = (page) => page.getByRole("region", { name: "Second factor" });

const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement);

async function untilFocused(locator) {
  await locator.waitFor();
  await locator.page().waitForFunction(
    (element) => element === document.activeElement,
    await locator.elementHandle(),
  );
}

/** The key that the dialog shows, once it is unmasked. */
async function keyIn(dialog) {
  await dialog.getByRole("button", { name: "Show key" }).click();
  return dialog.getByRole("textbox", { name: "Key" }).innerText();
}

test("a second factor is turned on with an app, and signing in asks for its code", async (t) => {
  const person = await addPerson(server, ada, "Careful");
  const elsewhere = apiAs(server, await signIn(server, { email: "careful@example.com", password: PASSWORD }));
  const { page, faults } = await open(t, person.cookie, CLIPBOARD);
  await page.goto(`${server.origin}/account`);
  await section(page).getByText("Off: the password signs in alone.").waitFor();

  // By keyboard: the focus is where the next thing is to be done, and Esc leads back.
  const on = section(page).getByRole("button", { name: "Turn on" });
  await on.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Turn on a second factor" });
  const field = dialog.getByRole("textbox", { name: "Code" });
  await untilFocused(field);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.ok(await isFocused(on));
  await page.keyboard.press("Enter");
  await untilFocused(field);
  const picture = dialog.getByRole("img", { name: "QR code for the app" });
  const { width, height } = await picture.boundingBox();
  assert.ok(width > 150 && Math.abs(width - height) < 1, "phones can read it");
  assert.match(await picture.locator("path").getAttribute("d"), /^M4 4h7v1h-7z/);
  const secret = await keyIn(dialog);
  assert.match(secret, /^[A-Z2-7]{32}$/);
  assert.equal(await field.getAttribute("autocomplete"), "one-time-code");
  assert.equal(await field.getAttribute("inputmode"), "numeric");

  await field.fill(wrongCodeOf(secret));
  await page.keyboard.press("Enter");
  assert.match(await errorBeside(field), /^Code is wrong, too old or was used already.*\.$/);
  assert.equal((await elsewhere.ask("GET", "/me")).status, 200, "nothing has changed so far");
  await field.fill(codeOf(secret));
  await page.keyboard.press("Enter");

  const saved = page.getByRole("dialog", { name: "The second factor is on" });
  const copy = saved.getByRole("button", { name: /^Cop(y|ied) recovery codes$/ });
  await untilFocused(copy);
  // Esc asks first: nothing is saved yet.
  await page.keyboard.press("Escape");
  const gate = page.getByRole("dialog", { name: "You won't see these codes again" });
  await gate.getByRole("button", { name: "Cancel" }).click();
  await page.keyboard.press("Enter");
  await saved.getByText("Recovery codes copied.").waitFor();
  const codes = (await page.evaluate(() => navigator.clipboard.readText())).split("\n");
  assert.equal(codes.length, 10);
  for (const code of codes) assert.ok(/^([A-Z2-7]{4}-){5}[A-Z2-7]{4}$/.test(code), "it looks like a recovery code");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    saved.getByRole("button", { name: "Download" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "latchkey-recovery-codes.txt");
  assert.ok((await readFile(await download.path(), "utf8")).trim() === codes.join("\n"), "the file has the codes");
  await saved.getByRole("button", { name: "I have saved it" }).click();
  await saved.waitFor({ state: "detached" });
  await section(page).getByText("On: signing in asks for a code").waitFor();
  const content = await page.content();
  for (const gone of [secret, ...codes]) assert.ok(!content.includes(gone), "the page holds it no more");
  assert.equal((await elsewhere.ask("GET", "/me")).status, 401, "the other sessions have ended");
  assert.deepEqual(faults({ "401 /api/v1/me/second-factor/confirm": 1 }), []);

  // Signing in.
  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  assert.equal(await page.getByRole("textbox", { name: "Code" }).count(), 0);
  await fillSignIn(page, { email: "careful@example.com", password: "not the password, but long" });
  await page.getByRole("alert").filter({ hasText: "E-mail address or password is wrong" }).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Code" }).count(), 0, "who doesn't know the password learns nothing");
  await fillSignIn(page, { email: "careful@example.com", password: PASSWORD });
  const code = page.getByRole("textbox", { name: "Code" });
  await untilFocused(code);
  assert.equal(await page.getByRole("alert").count(), 0, "that a code is needed is no failure");
  assert.equal(await page.getByLabel("E-mail").inputValue(), "careful@example.com");
  assert.equal(await page.getByLabel("Password").inputValue(), PASSWORD);
  assert.equal(await code.getAttribute("autocomplete"), "one-time-code");
  await code.fill(wrongCodeOf(secret));
  await page.keyboard.press("Enter");
  assert.match(await errorBeside(code), /^Code is wrong/);
  await code.fill(codeOf(secret, 1));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "No projects yet" }).waitFor();
  assert.deepEqual(faults({ "401 /api/v1/session": 3 }), []);
});

test("a recovery code signs in, and another turns the second factor off", async (t) => {
  const person = await addPerson(server, ada, "Phoneless");
  const { codes } = await turnOn(person.api);
  const { page, faults } = await open(t);
  await page.goto(`${server.origin}/account`);
  await fillSignIn(page, { email: "phoneless@example.com", password: PASSWORD });
  await page.getByRole("textbox", { name: "Code" }).fill(codes[0].toLowerCase());
  await page.getByRole("button", { name: "Sign in" }).click();
  await section(page).getByRole("button", { name: "Turn off" }).click();
  const question = page.getByRole("dialog", { name: "Turn off the second factor?" });
  const code = question.getByRole("textbox", { name: "Code" });
  await code.fill(codes[0]);
  await question.getByRole("button", { name: "Turn off" }).click();
  assert.match(await errorBeside(code), /was used already/);
  await code.fill(codes[1]);
  await question.getByRole("button", { name: "Turn off" }).click();
  await page.getByText("The second factor is off.").waitFor();
  await section(page).getByRole("button", { name: "Turn on" }).waitFor();
  await signIn(server, { email: "phoneless@example.com", password: PASSWORD });
  assert.deepEqual(faults({ "401 /api/v1/session": 1, "401 /api/v1/me/second-factor": 1 }), []);
});

test("a sign-in link asks for the code, too", async (t) => {
  const person = await addPerson(server, ada, "Forgetful");
  const { secret } = await turnOn(person.api);
  const { sign_in_url } = await ada.post(`/users/${person.user.id}/sign-in-link`);
  const { page, faults } = await open(t);
  await page.goto(sign_in_url);
  await page.getByLabel("New password").fill("looms forget some threads");
  await page.getByRole("button", { name: "Save and sign in" }).click();
  const code = page.getByRole("textbox", { name: "Code" });
  await untilFocused(code);
  await code.fill(codeOf(secret, 1));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "No projects yet" }).waitFor();
  assert.deepEqual(faults({ "401 /api/v1/session/claim": 1 }), []);
});

test("an administrator resets the second factor of somebody who lost the phone", async (t) => {
  const person = await addPerson(server, ada, "Unlucky");
  await turnOn(person.api);
  const { page, faults } = browser;
  await page.goto(`${server.origin}/users`);
  const row = page.getByRole("row").filter({ hasText: "unlucky@example.com" });
  await row.getByText("Second factor").waitFor();
  await row.getByRole("button", { name: "Actions for Unlucky" }).click();
  await page.getByRole("menuitem", { name: "Reset second factor…" }).click();
  const question = page.getByRole("dialog", { name: "Reset the second factor of Unlucky?" });
  await question.getByText("Be sure that it is them who ask").waitFor();
  await question.getByRole("button", { name: "Reset" }).click();
  await page.getByText("Second factor reset. Their sessions have ended.").waitFor();
  await row.getByText("Second factor").waitFor({ state: "detached" });
  assert.equal((await person.api.ask("GET", "/me")).status, 401);
  await signIn(server, { email: "unlucky@example.com", password: PASSWORD });
  // There is nothing more to reset.
  await row.getByRole("button", { name: "Actions for Unlucky" }).click();
  await page.getByRole("menuitem", { name: "Make a sign-in link" }).waitFor();
  assert.equal(await page.getByRole("menuitem", { name: "Reset second factor…" }).count(), 0);
  await page.keyboard.press("Escape");
  assert.deepEqual(faults(), []);
});

test("a server that asks everybody for one shows nothing else before", async (t) => {
  const strict = await startServer({ env: { LATCHKEY_REQUIRE_SECOND_FACTOR: "true" } });
  t.after(() => strict.stop());
  const cookie = await setUp(strict);
  const { page, faults } = await open(t, cookie, { origin: strict.origin });
  for (const path of ["/projects", "/users", "/account"]) {
    await page.goto(`${strict.origin}${path}`);
    await page.getByRole("heading", { name: "One more step", level: 1 }).waitFor();
  }
  await section(page).getByRole("button", { name: "Turn on" }).click();
  const dialog = page.getByRole("dialog", { name: "Turn on a second factor" });
  const secret = await keyIn(dialog);
  await dialog.getByRole("textbox", { name: "Code" }).fill(codeOf(secret));
  await dialog.getByRole("button", { name: "Turn on" }).click();
  const saved = page.getByRole("dialog", { name: "The second factor is on" });
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    saved.getByRole("button", { name: "Download" }).click(),
  ]);
  await download.path();
  await saved.getByRole("button", { name: "I have saved it" }).click();
  await page.getByRole("heading", { name: "Account", level: 1 }).waitFor();
  await page.goto(`${strict.origin}/projects`);
  await page.getByRole("heading", { name: "No projects yet" }).waitFor();
  assert.deepEqual(faults(), []);
  await assert.rejects(signIn(strict, ADA), /answered 401/);
});
