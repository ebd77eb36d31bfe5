// The server is gone, slow, or says no: nothing that was typed is lost, and nothing is done twice.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { apiAs, isTaken, verify } from "../lib/api.mjs";
import { openBrowser, SOME } from "../lib/browser.mjs";
import { closeGate, copySecret, done, generate, keyRow, oneTimeDialog, openForm, serversUrl } from "../lib/keys.mjs";
import { errorBeside, fillSignIn } from "../lib/people.mjs";
import { ADA, setUp, startServer } from "../lib/server.mjs";

const GONE = "The server can't be reached. Check the connection, then try again.";
const BANNER = "What you have typed stays here; Latchkey tries again by itself.";

let server, ada, cookie, browser, project;

before(async () => {
  server = await startServer();
  cookie = await setUp(server);
  ada = apiAs(server, cookie);
  browser = await openBrowser(server.origin, cookie, { permissions: ["clipboard-read", "clipboard-write"] });
});

// What went wrong in one test must not be in the next one's way.
beforeEach(async () => {
  project = await ada.post("/projects", { name: "Memory Lake" });
  await browser.page.unrouteAll({ behavior: "ignoreErrors" });
  browser.faults();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const keysPath = () => `/api/v1/projects/${project.id}/keys`;
const keysUrl = (url) => url.pathname === keysPath();

/** The descriptions of the project's keys. */
async function descriptions() {
  const { items } = await ada.get(`/projects/${project.id}/keys`);
  return items.map((key) => key.description);
}

/** Lets the requests that make a key wait for `letGo()`; the first of them has come when `held` is fulfilled. */
async function hold(page) {
  let letGo, came;
  const gate = new Promise((resolve) => (letGo = resolve));
  const held = new Promise((resolve) => (came = resolve));
  await page.route(keysUrl, async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    came();
    await gate;
    // It may have been given up meanwhile.
    await route.fallback().catch(() => {});
  });
  return { held, letGo };
}

/** Looks out for a text on the page from now on; the result says whether it was there, however briefly. */
async function watchFor(page, text) {
  const seen = await page.evaluateHandle((text) => {
    const seen = { value: false };
    const look = () => (seen.value ||= document.body.textContent.includes(text));
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    look();
    return seen;
  }, text);
  return () => seen.evaluate(({ value }) => value);
}

test("the server goes while a form is open: the text stays, and the second try makes exactly one key", async (t) => {
  const { page, faults } = browser;
  await page.goto(serversUrl(server, project));
  await page.getByRole("heading", { name: "No keys yet" }).waitFor();
  const form = await openForm(page);
  await form.getByLabel("Description").fill("Production - Claude Integration");
  await form.getByLabel("Environment").selectOption("production");
  await form.getByLabel("Expires").selectOption("30");
  t.after(() => server.resume().catch(() => {}));
  await server.halt();
  await form.getByRole("button", { name: "Generate" }).click();
  await form.getByRole("alert").filter({ hasText: GONE }).waitFor();
  await page.getByText(BANNER).waitFor();
  assert.equal(await form.getByLabel("Description").inputValue(), "Production - Claude Integration");
  assert.equal(await form.getByLabel("Environment").inputValue(), "production");
  assert.equal(await form.getByLabel("Expires").inputValue(), "30");

  await server.resume();
  await page.getByText(BANNER).waitFor({ state: "detached" });
  await form.getByRole("button", { name: "Generate" }).click();
  const dialog = oneTimeDialog(page);
  await dialog.waitFor();
  const secret = await copySecret(page, dialog);
  await done(dialog);
  assert.equal((await verify(ada, secret)).valid, true);
  assert.deepEqual(await descriptions(), ["Production - Claude Integration"]);
  assert.deepEqual(faults({ "ERR_CONNECTION_REFUSED *": SOME }), []);
});

test("the answer with the secret gets lost: trying again makes no second key, and says what to do", async () => {
  const { page, faults } = browser;
  await page.goto(serversUrl(server, project));
  await page.route(keysUrl, async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    await route.fetch();
    await route.abort("connectionreset");
  });
  const form = await openForm(page);
  await form.getByLabel("Description").fill("Team Member - Ada");
  await form.getByRole("button", { name: "Generate" }).click();
  await form.getByRole("alert").filter({ hasText: GONE }).waitFor();
  await page.unrouteAll();
  await form.getByRole("button", { name: "Generate" }).click();
  const lost = "The key was made, but the answer with its secret got lost.";
  await form.getByRole("alert").filter({ hasText: lost }).waitFor();
  assert.deepEqual(await descriptions(), ["Team Member - Ada"]);

  await form.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Delete Team Member - Ada" }).waitFor();
  assert.deepEqual(faults({ "ERR_CONNECTION_RESET *": 1, [`409 ${keysPath()}`]: 1 }), []);
});

test("a server that can't be reached has a page of its own, which goes on by itself", async (t) => {
  const { page, faults } = browser;
  t.after(() => server.resume().catch(() => {}));
  // It goes between the app's files and the first question of the app.
  await page.route("**/api/v1/session", async (route) => {
    await server.halt();
    await route.continue();
  }, { times: 1 });
  const address = serversUrl(server, project);
  await page.goto(address);
  await page.getByRole("heading", { name: "The server can't be reached" }).waitFor();
  await page.getByText("This page tries again by itself").waitFor();
  await page.getByRole("button", { name: "Try now" }).click();
  await page.getByRole("heading", { name: "The server can't be reached" }).waitFor();

  await server.resume();
  await page.getByRole("heading", { name: "No keys yet" }).waitFor();
  assert.equal(page.url(), address);
  assert.deepEqual(faults({ "ERR_CONNECTION_REFUSED *": SOME }), []);
});

test("a list that could not be read says so, and its button reads it again", async (t) => {
  const { page, faults } = browser;
  await ada.post(`/projects/${project.id}/keys`, { description: "Production - Billing" });
  await page.goto(`${server.origin}/projects/${project.id}/members`);
  await page.getByRole("cell", { name: ADA.email }).waitFor();
  t.after(() => server.resume().catch(() => {}));
  await server.halt();
  await page.getByRole("tab", { name: "MCP Servers" }).click();
  const alert = page.getByRole("alert").filter({ hasText: GONE });
  await alert.waitFor();
  assert.equal(await page.getByText("No keys yet").count(), 0, "nothing read is not the same as nothing there");
  await server.resume();
  await alert.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("cell", { name: "Production - Billing" }).first().waitFor();
  await alert.waitFor({ state: "detached" });
  assert.deepEqual(faults({ "ERR_CONNECTION_REFUSED *": SOME }), []);
});

test("the server starts again behind the one-time dialog: it stays, and still sees the first call", async () => {
  const { page, faults } = browser;
  await page.goto(serversUrl(server, project));
  const followed = page.waitForResponse((response) => response.url().endsWith("/events"));
  const dialog = await generate(page, "Analytics Dashboard - Read Only");
  await dialog.getByText("Waiting for the first call …").waitFor();
  await followed;
  // The list behind the dialog has been read, too: the server is asked nothing while it is gone.
  await keyRow(page, "Analytics Dashboard - Read Only").waitFor();
  await server.restart();
  const secret = await copySecret(page, dialog);
  assert.equal(await isTaken(server, project.slug, secret, { client: "claude-code/2.1.0" }), true);
  await dialog.getByText("First call from claude-code/2.1.0").waitFor();
  await done(dialog);
  // The stream broke off; whether its next try came too early is chance.
  assert.deepEqual(faults().filter((fault) => !/\/events\)$/.test(fault)), []);
});

test("a slow answer shows progress and can be given up, and the form stays as it was", async () => {
  const { page, faults } = browser;
  await page.goto(serversUrl(server, project));
  const { held, letGo } = await hold(page);
  const form = await openForm(page);
  await form.getByLabel("Description").fill("CI runner - Billing");
  await form.getByRole("button", { name: "Generate" }).click();
  await held;
  const busy = form.getByRole("button", { name: "Generating …" });
  await busy.waitFor();
  assert.equal(await busy.getAttribute("aria-busy"), "true");
  const everSaid = await watchFor(page, "The server can't be reached");
  await Promise.all([
    page.waitForEvent("requestfailed", (request) => request.method() === "POST"),
    form.getByRole("button", { name: "Stop waiting" }).click(),
  ]);
  await form.getByRole("button", { name: "Generate" }).waitFor();
  assert.equal(await form.getByLabel("Description").inputValue(), "CI runner - Billing");
  letGo();
  await page.unrouteAll({ behavior: "wait" });

  await form.getByRole("button", { name: "Generate" }).click();
  await oneTimeDialog(page).waitFor();
  assert.equal(await everSaid(), false, "it was the person who gave up, not the server");
  await page.keyboard.press("Escape");
  await closeGate(page).getByRole("button", { name: "Close anyway" }).click();
  assert.deepEqual(await descriptions(), ["CI runner - Billing"]);
  assert.deepEqual(faults(), []);
});

test("a double click makes one key", async () => {
  const { page, faults } = browser;
  await page.goto(serversUrl(server, project));
  const { held, letGo } = await hold(page);
  let sent = 0;
  const count = (request) => (sent += request.method() === "POST" && keysUrl(new URL(request.url())) ? 1 : 0);
  page.on("request", count);
  const form = await openForm(page);
  await form.getByLabel("Description").fill("Production - Twice");
  await form.getByRole("button", { name: "Generate" }).dblclick();
  await held;
  // And once more by the keyboard, while the first is under way.
  await form.getByLabel("Description").press("Enter");
  letGo();
  await oneTimeDialog(page).waitFor();
  await page.keyboard.press("Escape");
  await closeGate(page).getByRole("button", { name: "Close anyway" }).click();
  page.off("request", count);
  assert.equal(sent, 1);
  assert.deepEqual(await descriptions(), ["Production - Twice"]);
  assert.deepEqual(faults(), []);
});

test("a description that is too long is refused beside its field", async () => {
  const { page, faults } = browser;
  await page.goto(serversUrl(server, project));
  const form = await openForm(page);
  const description = form.getByLabel("Description");
  await description.fill("x".repeat(201));
  assert.match(await errorBeside(description), /at most 200 are allowed/, "said as one types");
  await form.getByRole("button", { name: "Generate" }).click();
  await page.waitForFunction(() => document.querySelector("dialog [aria-busy=true]") === null);
  assert.match(await errorBeside(description), /at most 200 are allowed/);
  assert.equal((await description.inputValue()).length, 201);
  await description.fill("x".repeat(200));
  await form.getByRole("button", { name: "Generate" }).click();
  await oneTimeDialog(page).waitFor();
  await page.keyboard.press("Escape");
  await closeGate(page).getByRole("button", { name: "Close anyway" }).click();
  assert.deepEqual(faults(), [], "the server was not asked");
});

test("too many attempts are refused with how long to wait", async (t) => {
  const strict = await startServer({ env: { LATCHKEY_SIGN_IN_ATTEMPTS: "1" } });
  t.after(() => strict.stop());
  await setUp(strict);
  const window = await browser.another(undefined, { origin: strict.origin });
  t.after(() => window.close());
  const { page, faults } = window;
  await page.goto(strict.origin);
  await fillSignIn(page, { email: ADA.email, password: "wrong, but long enough" });
  await page.getByRole("alert").filter({ hasText: "E-mail address or password is wrong" }).waitFor();
  await fillSignIn(page, ADA);
  const wait = /^Too many attempts\. Try again in \d+ (seconds|minutes)\.$/;
  await page.getByRole("alert").filter({ hasText: wait }).waitFor();
  assert.equal(await page.getByLabel("E-mail").inputValue(), ADA.email);
  assert.deepEqual(faults({ "401 /api/v1/session": 1, "429 /api/v1/session": 1 }), []);
});

test("what goes wrong within the server is a sentence with the number in its log", async () => {
  const { page, faults } = browser;
  await page.goto(serversUrl(server, project));
  const problem = { type: "", title: "Something went wrong in Latchkey", status: 500, detail: "", code: "internal" };
  await page.route(keysUrl, (route) =>
    route.request().method() === "POST"
      ? route.fulfill({ status: 500, json: { ...problem, request_id: "r42" } })
      : route.fallback(),
  );
  const form = await openForm(page);
  await form.getByLabel("Description").fill("Production - Unlucky");
  await form.getByRole("button", { name: "Generate" }).click();
  await form.getByRole("alert").filter({ hasText: "The server's log has it under r42." }).waitFor();
  assert.equal(await form.getByLabel("Description").inputValue(), "Production - Unlucky");
  await form.getByRole("button", { name: "Cancel" }).click();
  assert.deepEqual(faults({ [`500 ${keysPath()}`]: 1 }), []);
});
