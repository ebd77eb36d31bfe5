// What administrators do: add people, help them in, shut them out, and find the key that a secret belongs to.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiAs, isTaken, signIn } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { addPerson, errorBeside, fillSignIn, PASSWORD } from "../lib/people.mjs";
import { setUp, startServer } from "../lib/server.mjs";

let server, ada, browser, project;

before(async () => {
  server = await startServer({ env: { LATCHKEY_SIGN_IN_ATTEMPTS: "1000" } });
  const cookie = await setUp(server);
  ada = apiAs(server, cookie);
  project = await ada.post("/projects", { name: "Memory Lake" });
  browser = await openBrowser(server.origin, cookie);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Chooses something from the menu of a person's row. */
async function choose(page, name, words) {
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: words }).click();
}

/** The link that the dialog shows, once it is unmasked. The dialog is closed then. */
async function takeLink(page) {
  const dialog = page.getByRole("dialog", { name: "Sign-in link" });
  await dialog.getByRole("button", { name: "Show sign-in link" }).click();
  const link = await dialog.getByRole("textbox", { name: "Sign-in link" }).innerText();
  await dialog.getByRole("button", { name: "Done" }).click();
  await dialog.waitFor({ state: "detached" });
  return link;
}

test("a person is added, chooses a password with the sign-in link, and the link works once", async (t) => {
  const { page, faults } = browser;
  await page.goto(`${server.origin}/users`);
  await page.getByRole("button", { name: "Add user" }).click();
  const form = page.getByRole("dialog", { name: "Add user" });
  await form.getByLabel("Name").fill("Newcomer");

  // An address that somebody has already is said beside the field.
  const email = form.getByLabel("E-mail");
  await email.fill("ada@example.com");
  await form.getByRole("button", { name: "Add user" }).click();
  assert.match(await errorBeside(email), /^E-mail .*\.$/);

  await email.fill("newcomer@example.com");
  await form.getByRole("button", { name: "Add user" }).click();
  const link = await takeLink(page);
  assert.ok(link.startsWith(`${server.origin}/claim#`), "the link leads to this server's claim page");
  assert.ok(!(await page.content()).includes(link.split("=").pop()), "the page holds it no more");
  await page.getByRole("row").filter({ hasText: "newcomer@example.com" }).getByText("Member").waitFor();

  const theirs = await browser.another();
  t.after(() => theirs.close());
  await theirs.page.goto(link);
  await theirs.page.getByRole("heading", { name: "Choose a password" }).waitFor();
  assert.equal(theirs.page.url(), `${server.origin}/claim`, "the token has left the address");
  const password = theirs.page.getByLabel("New password");
  await password.fill("short");
  await theirs.page.getByRole("button", { name: "Save and sign in" }).click();
  assert.match(await errorBeside(password), /at least 10 characters/);
  await password.fill(PASSWORD);
  await theirs.page.getByRole("button", { name: "Save and sign in" }).click();
  await theirs.page.getByRole("heading", { name: "No projects yet" }).waitFor();
  await theirs.page.getByRole("button", { name: "Your account" }).filter({ hasText: "Newcomer" }).waitFor();
  assert.equal(await theirs.page.getByRole("link", { name: "Users" }).count(), 0);
  await signIn(server, { email: "newcomer@example.com", password: PASSWORD });

  const late = await browser.another();
  t.after(() => late.close());
  await late.page.goto(link);
  await late.page.getByLabel("New password").fill("somebody else's long password");
  await late.page.getByRole("button", { name: "Save and sign in" }).click();
  await late.page.getByRole("alert").filter({ hasText: "This sign-in link is unknown, used, replaced" }).waitFor();
  await signIn(server, { email: "newcomer@example.com", password: PASSWORD });

  // A link without its token says what is missing.
  await late.page.goto(`${server.origin}/claim`);
  await late.page.reload();
  await late.page.getByRole("heading", { name: "The link is not complete" }).waitFor();

  assert.deepEqual(late.faults({ "403 /api/v1/session/claim": 1 }), []);
  assert.deepEqual(theirs.faults({ "422 /api/v1/session/claim": 1 }), []);
  assert.deepEqual(faults({ "409 /api/v1/users": 1 }), []);
});

test("a person who forgot the password gets a new link, and the earlier one stops working", async (t) => {
  const { page, faults } = browser;
  await addPerson(server, ada, "Forgetful");
  await page.goto(`${server.origin}/users`);
  await choose(page, "Forgetful", "Make a sign-in link");
  const first = await takeLink(page);
  await choose(page, "Forgetful", "Make a sign-in link");
  const second = await takeLink(page);
  assert.ok(first !== second, "each link is another one");

  const theirs = await browser.another();
  t.after(() => theirs.close());
  await theirs.page.goto(first);
  await theirs.page.getByLabel("New password").fill("looms forget some threads");
  await theirs.page.getByRole("button", { name: "Save and sign in" }).click();
  await theirs.page.getByRole("alert").filter({ hasText: "This sign-in link is unknown, used, replaced" }).waitFor();
  // The other link, opened in the same tab.
  await theirs.page.goto(second);
  await theirs.page.getByLabel("New password").fill("looms forget some threads");
  await theirs.page.getByRole("button", { name: "Save and sign in" }).click();
  await theirs.page.getByRole("heading", { name: "No projects yet" }).waitFor();

  assert.deepEqual(theirs.faults({ "403 /api/v1/session/claim": 1 }), []);
  assert.deepEqual(faults(), []);
});

test("a member is made an administrator and back, and sees the page of users only as one", async (t) => {
  const { page, faults } = browser;
  const person = await addPerson(server, ada, "Deputy");
  const theirs = await browser.another(person.cookie);
  t.after(() => theirs.close());
  await theirs.page.goto(`${server.origin}/users`);
  await theirs.page.getByRole("heading", { name: "Only administrators manage users" }).waitFor();

  await page.goto(`${server.origin}/users`);
  await choose(page, "Deputy", "Make administrator");
  await page.getByRole("row").filter({ hasText: "Deputy" }).getByText("Administrator").waitFor();
  await theirs.page.reload();
  await theirs.page.getByRole("row").filter({ hasText: "ada@example.com" }).waitFor();
  await choose(page, "Deputy", "Make member");
  await page.getByRole("row").filter({ hasText: "Deputy" }).getByText("Member").waitFor();
  assert.equal((await person.api.ask("GET", "/users")).status, 403);

  await page.getByRole("button", { name: "Actions for Ada" }).click();
  assert.equal(await page.getByRole("menuitem", { name: /Disable/ }).count(), 0, "nobody shuts themselves out");
  assert.deepEqual(theirs.faults(), []);
  assert.deepEqual(faults(), []);
});

test("a person is disabled, and the keys they made are listed and revoked when that is chosen", async (t) => {
  const { page, faults } = browser;
  const leaver = await addPerson(server, ada, "Leaver", { project, role: "editor" });
  const keys = [];
  for (const description of ["Production - Billing", "Analytics Dashboard"]) {
    keys.push(await leaver.api.post(`/projects/${project.id}/keys`, { description }));
  }
  const theirs = await browser.another(leaver.cookie);
  t.after(() => theirs.close());
  await theirs.page.goto(`${server.origin}/projects`);
  await theirs.page.getByRole("link", { name: "Memory Lake" }).waitFor();

  await page.goto(`${server.origin}/users`);
  await choose(page, "Leaver", "Disable…");
  const question = page.getByRole("dialog", { name: "Disable Leaver?" });
  await question.getByRole("button", { name: "Disable user" }).click();
  const left = page.getByRole("dialog", { name: "Leaver is disabled" });
  await left.getByText("still accepted").waitFor();
  assert.equal(await left.getByRole("listitem").count(), 2);
  await left.getByRole("link", { name: "Production - Billing" }).waitFor();

  // They are out, their keys are not: that is the choice.
  assert.equal((await leaver.api.ask("GET", "/me")).status, 401);
  for (const { secret } of keys) assert.equal(await isTaken(server, project.slug, secret), true);
  await left.getByRole("button", { name: "Revoke all 2 keys" }).click();
  await page.getByText("Leaver is disabled. 2 of their keys revoked, 0 open connections closed.").waitFor();
  for (const { secret } of keys) assert.equal(await isTaken(server, project.slug, secret), false);

  const row = page.getByRole("row").filter({ hasText: "leaver@example.com" });
  await row.getByText("Disabled").waitFor();
  await theirs.page.getByRole("link", { name: "Memory Lake" }).click();
  await theirs.page.getByRole("heading", { name: "Sign in" }).waitFor();
  await fillSignIn(theirs.page, { email: "leaver@example.com", password: PASSWORD });
  await theirs.page.getByRole("alert").filter({ hasText: "or the account is disabled" }).waitFor();

  await choose(page, "Leaver", "Let in again");
  await row.getByText("Disabled").waitFor({ state: "detached" });
  await fillSignIn(theirs.page, { email: "leaver@example.com", password: PASSWORD });
  await theirs.page.getByRole("heading", { name: "Memory Lake" }).waitFor();
  for (const { secret } of keys) assert.equal(await isTaken(server, project.slug, secret), false);

  assert.deepEqual(faults(), []);
});

test("with one tick the keys go with the person, in the same step", async () => {
  const { page, faults } = browser;
  const intruder = await addPerson(server, ada, "Intruder", { project, role: "editor" });
  const { secret } = await intruder.api.post(`/projects/${project.id}/keys`, { description: "Unknown" });
  await page.goto(`${server.origin}/users`);
  await choose(page, "Intruder", "Disable…");
  const question = page.getByRole("dialog", { name: "Disable Intruder?" });
  await question.getByLabel("Also revoke the API keys that they made").check();
  await question.getByRole("button", { name: "Disable user" }).click();
  await page.getByText("Intruder is disabled. 1 of their keys revoked").waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.equal(await isTaken(server, project.slug, secret), false);
  assert.deepEqual(faults(), []);
});

test("a secret that was found leads to its key, which is revoked there", async () => {
  const { page, faults } = browser;
  const description = "Claude AI Integration";
  const { key, secret } = await ada.post(`/projects/${project.id}/keys`, { description });
  assert.equal(await isTaken(server, project.slug, secret), true);
  await page.goto(`${server.origin}/find-key`);
  const field = page.getByLabel("Secret or endpoint URL");
  // As it stands in a log: the whole URL.
  await field.fill(`${project.endpoint_url}?apikey=${secret}`);
  await page.getByRole("button", { name: "Find the key" }).click();

  const found = page.getByRole("region", { name: description });
  await found.getByText(key.hint).waitFor();
  await found.getByRole("link", { name: "Memory Lake" }).waitFor();
  await found.getByText("Active").waitFor();
  await found.getByText(/, in a header, from 127\.0\.0\.1/).waitFor();
  assert.equal(await field.inputValue(), "", "the field is empty again");
  assert.ok(!(await page.content()).includes(secret), "nothing on the page holds the secret");

  await found.getByRole("button", { name: "Revoke this key" }).click();
  const question = page.getByRole("dialog", { name: `Revoke “${description}”?` });
  await question.getByRole("button", { name: "Revoke key" }).click();
  await found.getByText("Access ended. 0 open connections closed.").waitFor();
  await found.getByText("Revoked", { exact: true }).waitFor();
  assert.equal(await found.getByRole("button", { name: "Revoke this key" }).count(), 0);
  assert.equal(await isTaken(server, project.slug, secret), false);
  assert.equal((await ada.get(`/projects/${project.id}/keys/${key.id}`)).revoke_reason, "compromised");
  assert.deepEqual(faults(), []);
});

test("an administrator finds a key of a project of others", async () => {
  const { page, faults } = browser;
  const owner = await addPerson(server, ada, "Owner");
  const theirs = await owner.api.post("/projects", { name: "Research Notes" });
  const { secret } = await owner.api.post(`/projects/${theirs.id}/keys`, { description: "Nightly import" });
  await page.goto(`${server.origin}/find-key`);
  await page.getByLabel("Secret or endpoint URL").fill(secret);
  await page.getByRole("button", { name: "Find the key" }).click();
  await page.getByRole("region", { name: "Nightly import" }).getByRole("link", { name: "Research Notes" }).waitFor();
  assert.deepEqual(faults(), []);
});

test("a paste that is no secret is named as what it is, and not sent", async () => {
  const { page, faults } = browser;
  const sent = [];
  page.on("request", (request) => request.method() === "POST" && sent.push(request.url()));
  await page.goto(`${server.origin}/find-key`);
  const field = page.getByLabel("Secret or endpoint URL");
  for (const [pasted, message] of [
    ["hello", /no secret of Latchkey: those begin with lk_/],
    ["lk_…a1B2", /only a part of a secret/],
    [`lkm_${"x".repeat(36)}`, /a management token/],
  ]) {
    await field.fill(pasted);
    await page.getByRole("button", { name: "Find the key" }).click();
    await page.getByText(message).waitFor();
  }
  assert.deepEqual(sent, []);

  // Well formed, but of nobody here.
  await field.fill(`lk_${"A".repeat(36)}`);
  await page.getByRole("button", { name: "Find the key" }).click();
  await page.getByRole("heading", { name: "No key that you may see" }).waitFor();
  assert.equal(sent.length, 1);
  assert.deepEqual(faults(), []);
});
