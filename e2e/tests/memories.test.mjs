// The Memory tab: what clients let the built-in server remember, searched and deleted; and who called last.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiAs, isTaken } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { callTool, remember } from "../lib/mcp.mjs";
import { addPerson, comeBack } from "../lib/people.mjs";
import { setUp, startServer } from "../lib/server.mjs";

const KEY = "Production - Claude Integration";
const PLAIN = "Ada prefers release notes in plain words.";
const LONG = Array.from({ length: 40 }, (_, at) => `Line ${at + 1} of the minutes.`).join("\n");
const MARKUP = '<img src="x" onerror="document.title = 1"> & "quotes"';

let server, ada, browser, projects = 0;

before(async () => {
  server = await startServer();
  const cookie = await setUp(server);
  ada = apiAs(server, cookie);
  browser = await openBrowser(server.origin, cookie);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const address = (project, rest = "") => `${server.origin}/projects/${project.id}${rest}`;

/** A project with a key, whose client remembers these texts, the last one newest. */
async function projectWith(...texts) {
  const project = await ada.post("/projects", { name: `Memory Lake ${++projects}` });
  const { secret } = await ada.post(`/projects/${project.id}/keys`, { description: KEY });
  for (const [text, tags] of texts) await remember(server, project.slug, secret, text, tags);
  return { project, secret };
}

const item = (page, text) => page.getByRole("listitem").filter({ hasText: text });

test("an empty list says how memories come about, and shows them when they do", async () => {
  const { page, faults } = browser;
  const { project, secret } = await projectWith();
  await page.goto(address(project));
  await page.getByRole("tab", { name: "Memory" }).click();
  await page.waitForURL(/\/memories$/);
  await page.getByRole("heading", { name: "Nothing is remembered yet" }).waitFor();
  await page.getByText("Clients call the tool “remember”").waitFor();

  await remember(server, project.slug, secret, PLAIN, ["preferences", "style"]);
  await comeBack(page);
  const memory = item(page, PLAIN);
  await memory.getByText("preferences, style").waitFor();
  await memory.getByText(KEY).waitFor();
  await memory.locator("time").waitFor();
  assert.equal(await memory.getByText("Whole text").count(), 0, "what is short is shown whole");
  assert.deepEqual(faults(), []);
});

test("a long text shows its beginning first, and no text is taken for markup", async () => {
  const { page, faults } = browser;
  const { project } = await projectWith([LONG], [MARKUP]);
  await page.goto(address(project, "/memories"));
  await page.getByText(MARKUP, { exact: true }).waitFor();

  const text = item(page, "Line 1 of the minutes.").locator(".memory-text");
  const height = async () => (await text.boundingBox()).height;
  const before = await height();
  await page.getByText("Whole text").click();
  assert.ok((await height()) > 4 * before, "all lines are shown");
  await page.getByText("Whole text").click();
  assert.equal(await height(), before);
  assert.deepEqual(faults(), []);
});

test("the search finds words and tags, and is in the address", async () => {
  const { page, faults } = browser;
  const { project } = await projectWith([PLAIN, ["preferences"]], ["The build runs at night.", ["operations"]]);
  await page.goto(address(project, "/memories"));
  await item(page, PLAIN).waitFor();
  await page.getByLabel("Search memories").fill("operations");
  await item(page, PLAIN).waitFor({ state: "detached" });
  await item(page, "The build runs at night.").waitFor();
  await page.waitForURL(/\?q=operations$/);
  await page.reload();
  await item(page, "The build runs at night.").waitFor();
  assert.equal(await page.getByLabel("Search memories").inputValue(), "operations");

  await page.getByLabel("Search memories").fill("nothing like it");
  await page.getByRole("heading", { name: "No memory fits" }).waitFor();
  assert.deepEqual(faults(), []);
});

test("a memory is deleted after a question, and the log keeps none of its text", async () => {
  const { page, faults } = browser;
  const { project, secret } = await projectWith([PLAIN], ["The build runs at night."]);
  await page.goto(address(project, "/memories"));
  const button = item(page, PLAIN).getByRole("button", { name: "Delete this memory" });
  const question = page.getByRole("dialog", { name: "Delete this memory?" });
  await button.click();
  await question.getByRole("button", { name: "Cancel" }).click();
  await question.waitFor({ state: "detached" });
  assert.equal(await item(page, PLAIN).count(), 1);

  await button.click();
  await question.getByRole("button", { name: "Delete memory" }).click();
  await page.getByText("Memory deleted.").waitFor();
  await item(page, PLAIN).waitFor({ state: "detached" });
  await item(page, "The build runs at night.").waitFor();
  const { result } = await callTool(server, project.slug, secret, "recall", { query: "release notes" });
  assert.ok(!JSON.stringify(result).includes(PLAIN), "no client recalls it");

  await page.getByRole("tab", { name: "Audit log" }).click();
  await page.getByRole("cell", { name: "deleted a memory" }).waitFor();
  assert.equal(await page.getByText(PLAIN).count(), 0);
  assert.deepEqual(faults(), []);
});

test("a memory that somebody else has deleted is said to be gone", async () => {
  const { page, faults } = browser;
  const { project } = await projectWith([PLAIN]);
  await page.goto(address(project, "/memories"));
  await item(page, PLAIN).getByRole("button", { name: "Delete this memory" }).click();
  const { items: [memory] } = await ada.get(`/projects/${project.id}/memories`);
  await ada.remove(`/projects/${project.id}/memories/${memory.id}`);
  const question = page.getByRole("dialog", { name: "Delete this memory?" });
  await question.getByRole("button", { name: "Delete memory" }).click();
  await question.getByRole("alert").waitFor();
  assert.deepEqual(faults({ [`404 /api/v1/projects/${project.id}/memories/${memory.id}`]: 1 }), []);
});

test("a viewer reads memories and deletes none", async (t) => {
  const { project } = await projectWith([PLAIN]);
  const viewer = await addPerson(server, ada, "Viewer", { project });
  const window = await browser.another(viewer.cookie);
  t.after(() => window.close());
  await window.page.goto(address(project, "/memories"));
  await item(window.page, PLAIN).waitFor();
  await window.page.getByText("You are a viewer").waitFor();
  assert.equal(await window.page.getByRole("button", { name: "Delete this memory" }).count(), 0);
  const { items: [memory] } = await ada.get(`/projects/${project.id}/memories`);
  const { status } = await viewer.api.ask("DELETE", `/projects/${project.id}/memories/${memory.id}`);
  assert.equal(status, 403);
  assert.deepEqual(window.faults(), []);
});

test("an archived project's memories can still be deleted", async () => {
  const { page, faults } = browser;
  const { project } = await projectWith([PLAIN]);
  await ada.remove(`/projects/${project.id}`);
  await page.goto(address(project, "/memories"));
  await item(page, PLAIN).getByRole("button", { name: "Delete this memory" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete memory" }).click();
  await page.getByRole("heading", { name: "Nothing is remembered yet" }).waitFor();
  assert.deepEqual(faults(), []);
});

test("the overview names the last calls: with which key, of what, by whom, and how each ended", async () => {
  const { page, faults } = browser;
  const { project, secret } = await projectWith();
  await page.goto(address(project));
  const panel = page.getByRole("region", { name: "Recent calls" });
  await panel.getByText("Nobody has called the endpoint since the server started.").waitFor();

  await isTaken(server, project.slug, secret, { client: "Cursor/2.0.1" });
  await remember(server, project.slug, secret, PLAIN);
  await comeBack(page);
  const table = panel.getByRole("table", { name: "Recent calls" });
  const newest = table.getByRole("row").nth(1);
  await newest.getByText("tools/call remember").waitFor();
  for (const text of [KEY, "claude-code", "Answered"]) {
    assert.match(await newest.innerText(), new RegExp(text));
  }
  assert.match(await newest.innerText(), /\d+ ms/);
  const before = table.getByRole("row").nth(2);
  assert.match(await before.innerText(), /server\/discover/);
  assert.match(await before.innerText(), /Cursor/);
  assert.equal(await panel.getByText(PLAIN).count(), 0, "never what was asked or answered");
  assert.deepEqual(faults(), []);
});
