// A project's audit log and settings, and its end.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { apiAs, isTaken } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { closeGate, generate } from "../lib/keys.mjs";
import { errorBeside } from "../lib/people.mjs";
import { setUp, startServer } from "../lib/server.mjs";

let server, ada, browser;

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
const apiPath = (project) => `/api/v1/projects/${project.id}`;

/** What a download holds. */
async function textOf(page, press) {
  const [download] = await Promise.all([page.waitForEvent("download"), press()]);
  return readFile(await download.path(), "utf8");
}

test("the audit log is told in plain words, filtered by its address, and exported", async () => {
  const { page, faults } = browser;
  const project = await ada.post("/projects", { name: "Ledger" });
  const keys = `/projects/${project.id}/keys`;
  const { key, secret } = await ada.post(keys, { description: "Production - Billing", environment: "production" });
  await ada.patch(`${keys}/${key.id}`, { disabled: true });
  await ada.patch(`/projects/${project.id}`, { allow_key_in_url: false });
  await ada.remove(`${keys}/${key.id}?reason=compromised`);

  await page.goto(address(project, "/audit"));
  const table = page.getByRole("table", { name: "Audit log" });
  const said = () => table.getByRole("row").locator("td:nth-child(3)").allInnerTexts();
  await table.getByRole("cell", { name: "created the project" }).waitFor();
  assert.deepEqual((await said()).map((text) => text.replaceAll(/["“”]/g, "").trim()), [
    "deleted the key Production - Billing because somebody else may know it",
    "changed the settings: keys in URLs are refused",
    "disabled the key Production - Billing",
    `created the key Production - Billing (production, ${key.hint})`,
    "created the project Ledger",
  ]);

  await page.getByLabel("Action").selectOption("key.revoke");
  await page.waitForURL(/\?action=key\.revoke$/);
  await table.getByRole("cell", { name: "created the project" }).waitFor({ state: "detached" });
  await page.reload();
  await table.getByRole("cell", { name: /deleted the key/ }).waitFor();
  assert.equal((await said()).length, 1, "the filter is in the address");

  const csv = await textOf(page, () => page.getByRole("link", { name: "Export as CSV" }).click());
  const lines = csv.trim().split("\n");
  assert.equal(lines.length, 2, "the export follows the filter");
  assert.match(lines[0], /\baction\b/);
  assert.match(lines[1], /key\.revoke/);

  await page.getByLabel("Action").selectOption({ label: "All actions" });
  await table.getByRole("cell", { name: "created the project" }).waitFor();
  const ndjson = await textOf(page, () => page.getByRole("link", { name: "Export as NDJSON" }).click());
  const events = ndjson.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(events.map((event) => event.action).sort(), [
    "key.create", "key.revoke", "key.update", "project.create", "project.update",
  ]);
  assert.ok(!csv.includes(secret) && !ndjson.includes(secret), "no export holds a secret");

  await table.getByRole("button", { name: "Ada" }).first().click();
  await page.waitForURL(/actor=usr_/);
  await page.getByLabel("To").fill("2020-01-01");
  await page.getByRole("heading", { name: "Nothing fits these filters" }).waitFor();
  assert.match(page.url(), /to=2020-01-01/);
  await page.getByRole("button", { name: "Everybody" }).click();
  await page.waitForURL((url) => !url.searchParams.has("actor"));
  assert.deepEqual(faults(), []);
});

test("settings are saved, and errors and other people's changes are said where they belong", async () => {
  const { page, faults } = browser;
  const project = await ada.post("/projects", { name: "Observatory" });
  await page.goto(address(project, "/settings"));
  const origins = page.getByLabel("Allowed web origins");
  const save = page.getByRole("button", { name: "Save settings" });
  await origins.fill("https://claude.ai\nnot an origin");
  await save.click();
  assert.match(await errorBeside(origins), /“not an origin” .*must be an origin/);
  await origins.fill("https://claude.ai/\n\nhttp://localhost:3000");
  await page.getByLabel("Name").fill("Sky Observatory");
  await save.click();
  await page.getByText("Settings saved.").waitFor();
  await page.getByRole("heading", { name: "Sky Observatory" }).waitFor();
  const saved = await ada.get(`/projects/${project.id}`);
  assert.deepEqual(saved.allowed_origins, ["https://claude.ai", "http://localhost:3000"]);

  await ada.patch(`/projects/${project.id}`, { name: "Renamed elsewhere" });
  await page.getByLabel("Name").fill("Mine");
  await save.click();
  const notice = page.getByRole("alert").filter({ hasText: "Somebody changed this in the meantime." });
  await notice.waitFor();
  assert.equal(await page.getByLabel("Name").inputValue(), "Mine", "what was typed stays until one says otherwise");
  await notice.getByRole("button", { name: "Load their version" }).click();
  await page.getByRole("heading", { name: "Renamed elsewhere" }).waitFor();
  assert.equal(await page.getByLabel("Name").inputValue(), "Renamed elsewhere");
  await page.getByLabel("Name").fill("Mine after all");
  await save.click();
  await page.getByRole("heading", { name: "Mine after all" }).waitFor();
  assert.deepEqual(faults({ [`422 ${apiPath(project)}`]: 1, [`412 ${apiPath(project)}`]: 1 }), []);
});

test("where keys in URLs are switched off, no dialog offers that form and the endpoint refuses it", async () => {
  const { page, faults } = browser;
  const project = await ada.post("/projects", { name: "Vault" });
  const { secret } = await ada.post(`/projects/${project.id}/keys`, { description: "Production - Vault" });
  assert.equal(await isTaken(server, project.slug, secret, { via: "url" }), true);
  await page.goto(address(project, "/settings"));
  await page.getByLabel("Take keys in URLs").uncheck();
  await page.getByRole("button", { name: "Save settings" }).click();
  await page.getByText("Settings saved.").waitFor();
  assert.equal(await isTaken(server, project.slug, secret, { via: "url" }), false);
  assert.equal(await isTaken(server, project.slug, secret), true, "headers are always taken");

  await page.getByRole("tab", { name: "MCP Servers" }).click();
  const dialog = await generate(page, "Team Member - Ada");
  await dialog.getByText("This project takes keys in headers only.").waitFor();
  for (const tab of await dialog.getByRole("tab").all()) {
    await tab.click();
    await dialog.getByRole("tabpanel").waitFor();
    assert.ok(!(await dialog.innerText()).includes("apikey="), `${await tab.innerText()} has no URL form`);
  }
  await page.keyboard.press("Escape");
  await closeGate(page).getByRole("button", { name: "Close anyway" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual(faults(), []);
});

test("a project is archived by typing its slug, and then ends everything", async () => {
  const { page, faults } = browser;
  const project = await ada.post("/projects", { name: "Old Attic" });
  await ada.post("/projects", { name: "Cellar" });
  const { secret } = await ada.post(`/projects/${project.id}/keys`, { description: "Production - Attic" });
  await page.goto(address(project, "/settings"));
  await page.getByRole("button", { name: "Archive project" }).click();
  const question = page.getByRole("dialog", { name: "Archive this project?" });
  const typed = question.getByLabel("Slug of the project");
  const archive = question.getByRole("button", { name: "Archive project" });
  await typed.fill("old-atti");
  assert.equal(await archive.getAttribute("aria-disabled"), "true");
  await page.keyboard.press("Enter");
  assert.equal(await isTaken(server, project.slug, secret), true, "nothing has happened yet");
  await typed.fill("old-attic");
  await archive.click();
  await page.getByText("Project archived. Access ended for 1 key.").waitFor();
  await page.getByText("This project is archived:").waitFor();
  assert.equal(await page.getByRole("button", { name: "Save settings" }).count(), 0);
  assert.equal(await isTaken(server, project.slug, secret), false);

  await page.getByRole("tab", { name: "MCP Servers" }).click();
  await page.getByRole("heading", { name: "No keys yet" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Add MCP Server" }).count(), 0);
  await page.getByRole("tab", { name: "Audit log" }).click();
  await page.getByRole("cell", { name: /archived the project and ended the access of 1 key/ }).waitFor();

  await page.getByRole("link", { name: "Projects" }).first().click();
  await page.getByRole("link", { name: "Cellar" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Old Attic" }).count(), 0);
  await page.getByLabel("Which projects").selectOption("true");
  await page.getByRole("link", { name: "Old Attic" }).waitFor();
  assert.match(page.url(), /archived=true/);
  assert.deepEqual(faults(), []);
});
