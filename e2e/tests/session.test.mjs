// A session ends in the middle: the sign-in form, and then back to where one was, with nothing that held a secret.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { apiAs, signIn, verify } from "../lib/api.mjs";
import { openBrowser, SOME } from "../lib/browser.mjs";
import { closeGate, copySecret, generate, openForm, serversUrl } from "../lib/keys.mjs";
import { comeBack, fillSignIn } from "../lib/people.mjs";
import { ADA, setUp, startServer } from "../lib/server.mjs";

const KEY = "Production - Claude Integration";

let server, ada, browser, project;

before(async () => {
  server = await startServer({ env: { LATCHKEY_SIGN_IN_ATTEMPTS: "1000" } });
  ada = apiAs(server, await setUp(server));
  browser = await openBrowser(server.origin);
});

beforeEach(async () => {
  project = await ada.post("/projects", { name: "Memory Lake" });
  await ada.post(`/projects/${project.id}/keys`, { description: KEY });
  await ada.post(`/projects/${project.id}/keys`, { description: "Analytics Dashboard" });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A window of Ada's, and `end()`, which ends its session from elsewhere. */
async function open(t) {
  const cookie = await signIn(server);
  const window = await browser.another(cookie, { permissions: ["clipboard-read", "clipboard-write"] });
  t.after(() => window.close());
  return { ...window, end: () => apiAs(server, cookie).remove("/session") };
}

const projectPath = () => `/api/v1/projects/${project.id}`;
const keysPath = () => `${projectPath()}/keys`;

/** The faults but one: whether the stream of a key's events tries again, and is refused, before the test is over. */
function faultsButStream(faults, expected) {
  return faults(expected).filter((fault) => !/status of 401 .*\/events\)$/.test(fault));
}

test("a session that ended leads to the sign-in form, and from there back to where one was", async (t) => {
  const { page, faults, end } = await open(t);
  const address = `${serversUrl(server, project)}?environment=none&q=Claude`;
  await page.goto(address);
  await page.getByRole("button", { name: `Delete ${KEY}` }).waitFor();
  await end();
  await page.getByRole("searchbox", { name: "Search keys" }).fill("Claude AI");
  await page.getByText("Your session has ended. Sign in to go on where you were.").waitFor();
  assert.equal(new URL(page.url()).pathname, "/sign-in");
  assert.equal(await page.getByText(KEY).count(), 0, "nothing of the project is left on the page");

  await fillSignIn(page, ADA);
  await page.getByRole("searchbox", { name: "Search keys" }).waitFor();
  assert.equal(await page.getByRole("searchbox", { name: "Search keys" }).inputValue(), "Claude AI");
  const back = new URL(page.url());
  assert.equal(back.pathname, new URL(address).pathname);
  assert.equal(back.searchParams.get("environment"), "none");
  await page.getByRole("heading", { name: "No key fits" }).waitFor();
  assert.deepEqual(faults({ [`401 ${keysPath()}`]: 1 }), []);
});

test("a session that ends under a form makes no key, and asks to sign in", async (t) => {
  const { page, faults, end } = await open(t);
  await page.goto(serversUrl(server, project));
  const form = await openForm(page);
  await form.getByLabel("Description").fill("Too late");
  await end();
  await form.getByRole("button", { name: "Generate" }).click();
  await page.getByText("Your session has ended. Sign in to go on where you were.").waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
  await fillSignIn(page, ADA);
  await page.getByRole("button", { name: `Delete ${KEY}` }).waitFor();
  assert.equal(page.url(), serversUrl(server, project));
  assert.deepEqual((await ada.get(`/projects/${project.id}/keys?q=late`)).items, []);
  // Once for the form, and at most once for the list behind it.
  assert.deepEqual(faults({ [`401 ${keysPath()}`]: SOME }), []);
});

test("a cookie that expired in the browser is a session that ended", async (t) => {
  const { page, context, faults } = await open(t);
  await page.goto(`${server.origin}/account`);
  await page.getByRole("heading", { name: "Account" }).waitFor();
  await context.clearCookies();
  await page.getByRole("link", { name: "Find a key" }).click();
  await page.getByLabel("Secret or endpoint URL").fill(`lk_${"A".repeat(36)}`);
  await page.getByRole("button", { name: "Find the key" }).click();
  await page.getByText("Your session has ended.").waitFor();
  await fillSignIn(page, ADA);
  const field = page.getByLabel("Secret or endpoint URL");
  await field.waitFor();
  assert.equal(await field.inputValue(), "", "what may have been a secret is gone");
  assert.deepEqual(faults({ "401 /api/v1/keys/verify": 1 }), []);
});

test("whoever is not signed in comes to where a link leads, after signing in", async (t) => {
  const window = await browser.another();
  t.after(() => window.close());
  const { page, faults } = window;
  await page.goto(`${server.origin}/projects/${project.id}/audit?action=key.create`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.getByText("Your session has ended.").count(), 0);
  await fillSignIn(page, ADA);
  await page.getByRole("cell", { name: /created the key/ }).first().waitFor();
  assert.equal(page.url(), `${server.origin}/projects/${project.id}/audit?action=key.create`);
  await page.goBack();
  assert.doesNotMatch(page.url(), /sign-in/, "Back does not lead to the form again");
  assert.deepEqual(faults(), []);
});

test("a session that ends never closes the one-time dialog", async (t) => {
  const { page, faults, end } = await open(t);
  await page.goto(serversUrl(server, project));
  const dialog = await generate(page, "CI runner - Billing");
  await end();
  // The list behind the dialog is read again, and refused.
  await comeBack(page);
  await dialog.getByText("You are signed out. This secret leaves the page").waitFor();
  await dialog.getByRole("button", { name: "Show secret" }).click();
  await page.keyboard.press("Escape");
  await closeGate(page).getByRole("button", { name: "Back to the secret" }).click();
  const secret = await copySecret(page, dialog);
  assert.equal((await verify(ada, secret)).valid, true);

  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByText("Your session has ended. Sign in to go on where you were.").waitFor();
  assert.equal(new URL(page.url()).searchParams.get("next"), `/projects/${project.id}/mcp-servers`);
  assert.ok(!(await page.content()).includes(secret), "the sign-in page holds no secret");
  await fillSignIn(page, ADA);
  await page.getByRole("button", { name: "Delete CI runner - Billing" }).waitFor();
  assert.equal(page.url(), serversUrl(server, project));
  assert.ok(!(await page.content()).includes(secret), "nor the page behind it");
  assert.deepEqual(faultsButStream(faults, { [`401 ${projectPath()}`]: 1, [`401 ${keysPath()}`]: SOME }), []);
});

test("another tab that signs out does not close the one-time dialog either", async (t) => {
  const { page, context, faults } = await open(t);
  await page.goto(serversUrl(server, project));
  const dialog = await generate(page, "Development - Testing");
  const tab = await context.newPage();
  await tab.goto(server.origin);
  await tab.getByRole("button", { name: "Your account" }).click();
  await tab.getByRole("menuitem", { name: "Sign out" }).click();
  await tab.getByRole("heading", { name: "Sign in" }).waitFor();
  await comeBack(page);
  await dialog.getByText("You are signed out. This secret leaves the page").waitFor();
  const secret = await copySecret(page, dialog);
  assert.equal((await verify(ada, secret)).valid, true);
  assert.deepEqual(faultsButStream(faults, { [`401 ${projectPath()}`]: 1, [`401 ${keysPath()}`]: SOME }), []);
});

test("signing in never leads to another origin", async (t) => {
  const window = await browser.another();
  t.after(() => window.close());
  const { page, faults } = window;
  const places = [
    "https://elsewhere.example/",
    "//elsewhere.example/",
    "/\\elsewhere.example/",
    "/\t/elsewhere.example/",
    "javascript:alert(1)",
    "elsewhere.example",
    "/.//elsewhere.example/",
  ];
  const signInAt = (next) => `${server.origin}/sign-in?next=${encodeURIComponent(next)}`;
  await page.goto(signInAt(places[0]));
  await fillSignIn(page, ADA);
  await page.getByRole("heading", { name: "Projects", exact: true }).waitFor();
  assert.equal(page.url(), `${server.origin}/projects`);
  // Somebody who is signed in already is led on at once.
  for (const place of places) {
    await page.goto(signInAt(place));
    await page.waitForURL((url) => url.pathname !== "/sign-in");
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(new URL(page.url()).origin, server.origin, place);
  }
  await page.goto(signInAt("/account"));
  await page.getByRole("heading", { name: "Account" }).waitFor();
  assert.deepEqual(faults(), []);
});
