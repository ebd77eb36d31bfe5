// Rotation, switching a key off and on, and editing it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiAs, isTaken } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { choose, copySecret, done, keyRow, oneTimeDialog, serversUrl } from "../lib/keys.mjs";
import { setUp, startServer } from "../lib/server.mjs";
import { stepsOf } from "../lib/steps.mjs";

let server, api, project, browser, page;

before(async () => {
  server = await startServer();
  const cookie = await setUp(server);
  api = apiAs(server, cookie);
  project = await api.post("/projects", { name: "Memory Lake" });
  browser = await openBrowser(server.origin, cookie, { permissions: ["clipboard-read", "clipboard-write"] });
  page = browser.page;
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const newKey = (description, more) => api.post(`/projects/${project.id}/keys`, { description, ...more });
const isAccepted = (secret, how) => isTaken(server, project.slug, secret, how);
const panel = () => page.getByRole("region", { name: /^Rotate / });
const overlap = () => panel().getByLabel("How long the old secret still works");

/** The assistant's current step. */
const current = () => panel().locator("[aria-current=step]").getByRole("heading");

/** Opens the assistant of a key from its menu. */
async function openAssistant(description) {
  await page.goto(serversUrl(server, project));
  await choose(page, description, "Rotate");
  await panel().getByRole("heading", { name: `Rotate ${description}` }).waitFor();
}

/** Makes the new secret in the assistant, and gives the dialog that shows it. */
async function makeNewSecret() {
  await panel().getByRole("button", { name: "Make a new secret" }).click();
  const dialog = oneTimeDialog(page);
  await dialog.getByRole("heading", { name: "New secret made" }).waitFor();
  return dialog;
}

test("the assistant leads through a rotation, and shows live which secret is used", async (t) => {
  const step = stepsOf(t);
  const key = await newKey("Claude AI Integration");
  const old = panel().getByRole("row").filter({ hasText: "Old" });
  const fresh = panel().getByRole("row").filter({ hasText: "New" });
  let secret;

  await step("a new secret is made, and the old one goes on working", async () => {
    await openAssistant("Claude AI Integration");
    assert.equal(await current().innerText(), "Make a new secret");
    await overlap().selectOption({ label: "1 hour" });
    const dialog = await makeNewSecret();
    await dialog.getByText(/^The old secret still works; it ends in (1 hour|\d+ min)/).waitFor();
    secret = await copySecret(page, dialog);
    assert.ok(secret !== key.secret);
    await done(dialog);
  });

  await step("both secrets are shown, unused", async () => {
    assert.equal(await current().innerText(), "Update your applications");
    await fresh.getByText(`lk_…${secret.slice(-4)}`).waitFor();
    await fresh.getByText("Never").waitFor();
    await old.getByText(`lk_…${key.secret.slice(-4)}`).waitFor();
    await old.getByText("Never").waitFor();
    await panel().getByText(/^Waiting for the first call with lk_…/).waitFor();
    await panel().getByText(/ends by itself in (1 h 00|\d+) min/).waitFor();
    await keyRow(page, "Claude AI Integration").getByText("Rotating", { exact: true }).waitFor();
  });

  await step("a call with the old secret shows without a reload, and verifies nothing", async () => {
    assert.ok(await isAccepted(key.secret));
    await old.getByText("Never").waitFor({ state: "detached" });
    await old.getByRole("time").waitFor();
    assert.equal(await fresh.getByText("Never").count(), 1);
    assert.equal(await current().innerText(), "Update your applications");
  });

  await step("the first call with the new one ticks the step", async () => {
    assert.ok(await isAccepted(secret));
    await panel().getByText(/^The new secret works: lk_….* was used /).waitFor();
    await fresh.getByText("Never").waitFor({ state: "detached" });
    for (const name of ["Make a new secret (done)", "Verify that the new secret works (done)"]) {
      await panel().getByRole("heading", { name }).waitFor();
    }
    assert.equal(await current().innerText(), "End the old secret");
  });

  await step("the assistant is found again after a reload", async () => {
    await page.reload();
    await panel().getByText(/^The new secret works/).waitFor();
    assert.equal(new URL(page.url()).searchParams.get("rotate"), key.key.id);
  });

  await step("ending the old secret warns that it was used a moment ago, and can be called off", async () => {
    const warning = /^The old secret was used .* Whoever still uses it gets 401 when it ends\.$/;
    await panel().getByText(warning).waitFor();
    await panel().getByRole("button", { name: "End the old secret now" }).click();
    const question = page.getByRole("dialog", { name: "End the old secret?" });
    await question.getByText(`lk_…${key.secret.slice(-4)}`).waitFor();
    await question.getByText(warning).waitFor();
    await question.getByRole("button", { name: "Cancel" }).click();
    await question.waitFor({ state: "detached" });
    assert.ok(await isAccepted(key.secret));
  });

  await step("from the receipt on the old secret is refused, and the new one works", async () => {
    await panel().getByRole("button", { name: "End the old secret now" }).click();
    await page.getByRole("button", { name: "End the old secret", exact: true }).click();
    await panel().getByText("Access ended. 0 open connections closed.").waitFor();
    assert.ok(!(await isAccepted(key.secret)), "the old secret: 401");
    assert.ok(await isAccepted(secret));
    await panel().getByRole("button", { name: "Done" }).click();
    await panel().waitFor({ state: "detached" });
    const row = keyRow(page, "Claude AI Integration");
    await row.getByText(`lk_…${secret.slice(-4)}`).waitFor();
    assert.equal(await row.getByText("Rotating").count(), 0);
  });

  assert.deepEqual(browser.faults(), []);
});

test("without an overlap the assistant warns of recent use, and ends the old secret at once", async () => {
  const key = await newKey("Deploy script");
  assert.ok(await isAccepted(key.secret, { client: "deploy/3" }));
  await openAssistant("Deploy script");
  const warning = panel().getByText(/^The old secret was used .* Without an overlap its callers get 401/);
  assert.equal(await overlap().inputValue(), String(24 * 3600), "a day is the default");
  assert.equal(await warning.count(), 0);
  await overlap().selectOption({ label: "Not at all: it ends now" });
  await warning.waitFor();
  assert.match(await warning.innerText(), /by deploy\/3 from 127\.0\.0\.1/);

  const dialog = await makeNewSecret();
  assert.equal(await dialog.getByText("The old secret still works").count(), 0);
  const secret = await copySecret(page, dialog);
  await done(dialog);
  assert.ok(!(await isAccepted(key.secret)));
  assert.equal(await current().innerText(), "Verify that the new secret works");
  assert.ok(await isAccepted(secret));
  await panel().getByText(/^The new secret works/).waitFor();
  assert.deepEqual(browser.faults(), []);
});

test("no warning is shown for a key that nobody used", async () => {
  await newKey("Never used");
  await openAssistant("Never used");
  await overlap().selectOption({ label: "Not at all: it ends now" });
  // The test before this one sees it appear with the same choice.
  assert.equal(await panel().getByText("The old secret was used").count(), 0);
  await panel().getByRole("button", { name: "Close the assistant" }).click();
  await panel().waitFor({ state: "detached" });
  assert.deepEqual(browser.faults(), []);
});

test("ending an old secret before the new one was used says so", async () => {
  const key = await newKey("Too early");
  await openAssistant("Too early");
  const dialog = await makeNewSecret();
  await copySecret(page, dialog);
  await done(dialog);
  await panel().getByRole("button", { name: "End the old secret now" }).click();
  const question = page.getByRole("dialog", { name: "End the old secret?" });
  await question.getByText("The new secret has not been used yet.").waitFor();
  await question.getByRole("button", { name: "End the old secret" }).click();
  await panel().getByText("Access ended.").waitFor();
  assert.ok(!(await isAccepted(key.secret)));
  assert.deepEqual(browser.faults(), []);
});

test("a disabled key is refused with 401 until it is enabled again", async () => {
  const { secret } = await newKey("Nightly import");
  await page.goto(serversUrl(server, project));
  const row = keyRow(page, "Nightly import");
  await row.getByText("Active", { exact: true }).waitFor();

  await choose(page, "Nightly import", "Disable");
  const question = page.getByRole("dialog", { name: "Disable this key?" });
  await question.getByText("Nightly import").waitFor();
  await question.getByRole("button", { name: "Cancel" }).click();
  await question.waitFor({ state: "detached" });
  assert.ok(await isAccepted(secret), "called off, nothing happened");

  await choose(page, "Nightly import", "Disable");
  await question.getByRole("button", { name: "Disable key" }).click();
  await page.getByText("Key disabled. Callers get 401 until you enable it.").waitFor();
  await row.getByText("Disabled", { exact: true }).waitFor();
  assert.ok(!(await isAccepted(secret)));

  await choose(page, "Nightly import", "Enable");
  await page.getByText("Key enabled. It is accepted again.").waitFor();
  await row.getByText("Active", { exact: true }).waitFor();
  assert.ok(await isAccepted(secret));
  assert.deepEqual(browser.faults(), []);
});

test("editing changes description, environment and expiry, and leaves the secret alone", async () => {
  const { key, secret } = await newKey("Key 1", { environment: "staging" });
  await page.goto(serversUrl(server, project));
  await choose(page, "Key 1", "Edit");
  const form = page.getByRole("dialog", { name: "Edit key" });
  const description = form.getByLabel("Description");
  assert.equal(await description.inputValue(), "Key 1");
  assert.equal(await form.getByLabel("Environment").inputValue(), "staging");
  await form.getByText("Now: never.").waitFor();
  await description.fill("CI runner - Billing");
  await form.getByLabel("Environment").selectOption({ label: "Production" });
  await form.getByLabel("Expires").selectOption({ label: "In 7 days" });
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByText("Key changed.").waitFor();
  await form.waitFor({ state: "detached" });

  const row = keyRow(page, "CI runner - Billing");
  await row.getByText("Production", { exact: true }).waitFor();
  await row.getByText(/^in (7|6) days$/).waitFor();
  const now = await api.get(`/projects/${project.id}/keys/${key.id}`);
  assert.deepEqual([now.description, now.environment], ["CI runner - Billing", "production"]);
  assert.equal(Math.round((Date.parse(now.expires_at) - Date.now()) / 86_400_000), 7);
  assert.ok(await isAccepted(secret));
  assert.deepEqual(browser.faults(), []);
});

test("an edit of a key that somebody else changed loses neither version", async () => {
  const { key } = await newKey("Shared");
  await page.goto(serversUrl(server, project));
  await choose(page, "Shared", "Edit");
  const form = page.getByRole("dialog", { name: "Edit key" });
  await form.getByLabel("Description").fill("Mine");
  const path = `/projects/${project.id}/keys/${key.id}`;
  await api.patch(path, { description: "Theirs" });
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByText("Somebody changed this").waitFor();
  assert.equal(await form.getByLabel("Description").inputValue(), "Mine", "what was typed stays");
  assert.equal((await api.get(path)).description, "Theirs", "what they saved too");

  await form.getByRole("button", { name: "Load their version" }).click();
  await page.waitForFunction((field) => field.value === "Theirs", await form.getByLabel("Description").elementHandle());
  await form.getByLabel("Description").fill("Both");
  await form.getByRole("button", { name: "Save" }).click();
  await keyRow(page, "Both").waitFor();
  assert.equal((await api.get(path)).description, "Both");
  assert.deepEqual(browser.faults({ [`412 /api/v1${path}`]: 1 }), []);
});
