// The person's own account: name, password, tokens, sessions, and signing out.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiAs, signIn } from "../lib/api.mjs";
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

/** The part of the account page under this heading. */
const section = (page, name) => page.getByRole("region", { name });

test("a person changes their name, and the page says it everywhere", async (t) => {
  const person = await addPerson(server, ada, "Renamed");
  const window = await browser.another(person.cookie);
  t.after(() => window.close());
  const { page, faults } = window;
  await page.goto(`${server.origin}/account`);
  const profile = section(page, "Profile");
  await profile.getByText("renamed@example.com").waitFor();
  const name = profile.getByLabel("Name");
  assert.equal(await name.inputValue(), "Renamed");

  await name.fill("A new name");
  await profile.getByRole("button", { name: "Save name" }).click();
  await page.getByText("Name saved.").waitFor();
  await page.getByRole("button", { name: "Your account" }).filter({ hasText: "A new name" }).waitFor();
  assert.equal((await person.api.get("/me")).name, "A new name");

  // Changed elsewhere since: nothing is overwritten, and the next step is said.
  const { version } = await person.api.get("/me");
  await person.api.patch("/me", { name: "Changed elsewhere" }, { "if-match": `"v${version}"` });
  await name.fill("Too late");
  await profile.getByRole("button", { name: "Save name" }).click();
  await profile.getByRole("alert").filter({ hasText: "Somebody changed this in the meantime." }).waitFor();
  assert.equal(await name.inputValue(), "Too late");
  assert.equal((await person.api.get("/me")).name, "Changed elsewhere");

  assert.deepEqual(faults({ "412 /api/v1/me": 1 }), []);
});

test("a new password needs the present one, and ends the other sessions", async (t) => {
  const person = await addPerson(server, ada, "Weaver");
  const elsewhere = apiAs(server, await signIn(server, { email: "weaver@example.com", password: PASSWORD }));
  const window = await browser.another(person.cookie);
  t.after(() => window.close());
  const { page, faults } = window;
  await page.goto(`${server.origin}/account`);
  const form = section(page, "Password");
  const current = form.getByLabel("Current password");
  const next = form.getByLabel("New password");
  const change = form.getByRole("button", { name: "Change password" });

  await current.fill("not the present one");
  await next.fill("shuttles carry coloured yarn");
  await change.click();
  assert.match(await errorBeside(current), /^Current password .*\.$/);

  await current.fill(PASSWORD);
  await next.fill("short");
  await change.click();
  assert.match(await errorBeside(next), /at least 10 characters/);
  assert.equal((await elsewhere.ask("GET", "/me")).status, 200, "nothing has changed so far");

  await next.fill("shuttles carry coloured yarn");
  await change.click();
  await page.getByText("Password changed. Other sessions have ended.").waitFor();
  assert.deepEqual([await current.inputValue(), await next.inputValue()], ["", ""]);
  assert.equal((await elsewhere.ask("GET", "/me")).status, 401);
  assert.equal((await person.api.ask("GET", "/me")).status, 200, "this session goes on");
  await signIn(server, { email: "weaver@example.com", password: "shuttles carry coloured yarn" });
  await assert.rejects(signIn(server, { email: "weaver@example.com", password: PASSWORD }), /answered 401/);

  assert.deepEqual(faults({ "422 /api/v1/me/password": 2 }), []);
});

test("a token is shown once behind a gate, works, and gets 401 once it is revoked", async () => {
  const { page, faults } = browser;
  await page.goto(`${server.origin}/account`);
  const tokens = section(page, "Management tokens");
  await tokens.getByText("No tokens yet").waitFor();
  await tokens.getByRole("button", { name: "New token" }).click();

  const form = page.getByRole("dialog", { name: "New management token" });
  await form.getByLabel("Name").fill("Deploy script");
  await form.getByLabel("Read").uncheck();
  await form.getByRole("button", { name: "Create token" }).click();
  await form.getByText("Choose at least one.").waitFor();
  await form.getByLabel("Manage").check();
  await form.getByLabel("Expires after").selectOption("7");
  await form.getByRole("button", { name: "Create token" }).click();

  const created = page.getByRole("dialog", { name: "Token created" });
  await created.getByText("Save this token now.").waitFor();
  const shown = created.getByRole("textbox", { name: "Token" });
  assert.ok((await shown.innerText()).includes("•"), "it is masked at first");

  // Not copied yet: Esc, Back and X ask first.
  const gate = page.getByRole("dialog", { name: "You won't see this token again" });
  for (const leave of [
    () => page.keyboard.press("Escape"),
    () => page.goBack(),
    () => created.getByRole("button", { name: "Close" }).click(),
  ]) {
    await leave();
    await gate.waitFor();
    await gate.getByRole("button", { name: "Cancel" }).click();
    await gate.waitFor({ state: "detached" });
  }

  await created.getByRole("button", { name: "Show token" }).click();
  const secret = await shown.innerText();
  assert.ok(/^lkm_[0-9A-Za-z]+$/.test(secret), "it looks like a management token");
  await created.getByRole("button", { name: "Copy token" }).click();
  await created.getByText("Token copied.").waitFor();
  assert.ok((await page.evaluate(() => navigator.clipboard.readText())) === secret, "the clipboard has it");
  await created.getByRole("button", { name: "I have saved it" }).click();
  await created.waitFor({ state: "detached" });
  await tokens.getByRole("cell", { name: "Deploy script", exact: true }).waitFor();
  assert.ok(!(await page.content()).includes(secret), "nothing on the page holds it any more");
  await page.reload();
  await tokens.getByRole("cell", { name: "Deploy script", exact: true }).waitFor();
  assert.ok(!(await page.content()).includes(secret), "nor after a reload");

  const bearer = { authorization: `Bearer ${secret}` };
  const script = apiAs(server);
  assert.equal((await script.ask("GET", "/projects", undefined, bearer)).status, 200);

  await tokens.getByRole("button", { name: "Revoke Deploy script" }).click();
  const question = page.getByRole("dialog", { name: "Revoke “Deploy script”?" });
  await question.getByText("get 401 from the moment this finishes").waitFor();
  await question.getByRole("button", { name: "Revoke token" }).click();
  await page.getByText("Token revoked.").waitFor();
  assert.equal((await script.ask("GET", "/projects", undefined, bearer)).status, 401);
  const row = tokens.getByRole("row").filter({ hasText: "Deploy script" });
  await row.getByText("Revoked").waitFor();
  assert.equal(await row.getByRole("button").count(), 0);

  assert.deepEqual(faults({ "422 /api/v1/me/tokens": 1 }), []);
});

test("a session that is ended from another browser leads that browser to the sign-in form", async (t) => {
  const { page, faults } = browser;
  const other = await browser.another(undefined, { userAgent: "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0" });
  t.after(() => other.close());
  await other.page.goto(`${server.origin}/account`);
  await fillSignIn(other.page, ADA);
  await section(other.page, "Sessions").getByText("This one").waitFor();

  await page.goto(`${server.origin}/account`);
  const sessions = section(page, "Sessions");
  const row = sessions.getByRole("row").filter({ hasText: "Firefox on Windows" });
  await row.getByRole("button", { name: "End the session in Firefox on Windows" }).click();
  await page.getByText("Session ended.").waitFor();
  await row.waitFor({ state: "detached" });
  const own = sessions.getByRole("row").filter({ hasText: "This one" });
  assert.equal(await own.getByRole("button").count(), 0, "one's own session ends by signing out");

  await other.page.getByRole("link", { name: "Projects" }).click();
  await other.page.getByRole("heading", { name: "Sign in" }).waitFor();
  await other.page.getByText("Your session has ended. Sign in to go on where you were.").waitFor();
  assert.equal(new URL(other.page.url()).searchParams.get("next"), "/projects");
  assert.deepEqual(other.faults({ "401 /api/v1/projects": 1 }), []);
  assert.deepEqual(faults(), []);
});

test("all other sessions end with one press, and this one goes on", async () => {
  const { page, faults } = browser;
  const others = [apiAs(server, await signIn(server)), apiAs(server, await signIn(server))];
  await page.goto(`${server.origin}/account`);
  const sessions = section(page, "Sessions");
  await sessions.getByRole("button", { name: "End all others" }).click();
  await page.getByText("All other sessions ended.").waitFor();
  assert.equal(await sessions.getByRole("button", { name: "End all others" }).count(), 0);
  for (const other of others) assert.equal((await other.ask("GET", "/me")).status, 401);
  assert.equal((await ada.ask("GET", "/me")).status, 200);
  assert.deepEqual(faults(), []);
});

test("signing out ends the session, and the page stays alive", async (t) => {
  const cookie = await signIn(server);
  const window = await browser.another(cookie);
  t.after(() => window.close());
  const { page, faults } = window;
  await page.goto(`${server.origin}/projects`);
  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("menu").getByText(ADA.email).waitFor();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/sign-in");
  assert.equal(await page.getByText("Your session has ended.").count(), 0, "one knows that oneself");
  assert.equal((await apiAs(server, cookie).ask("GET", "/me")).status, 401);

  // Back shows nothing that was behind the session.
  await page.goBack();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "New project" }).count(), 0);

  // The page was not loaded anew: what it does next shows that it lives.
  await fillSignIn(page, { email: ADA.email, password: "wrong, but long enough" });
  await page.getByRole("alert").filter({ hasText: "E-mail address or password is wrong" }).waitFor();
  await fillSignIn(page, ADA);
  await page.getByRole("heading", { name: "Projects", exact: true }).waitFor();
  await page.getByRole("button", { name: "Your account" }).filter({ hasText: "Ada" }).waitFor();

  assert.deepEqual(faults({ "401 /api/v1/session": 1 }), []);
});
