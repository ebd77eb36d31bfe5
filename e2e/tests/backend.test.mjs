// What answers behind a project's endpoint: set, tested and changed in Settings, with header values that never come back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiAs } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { placesWith } from "../lib/memory.mjs";
import { errorBeside } from "../lib/people.mjs";
import { setUp, startServer } from "../lib/server.mjs";
import { startUpstream } from "../lib/upstream.mjs";

/** In the form of a secret, so that the search for pieces of it works. */
const CREDENTIAL = "Bearer up_EXAMPLEexampleEXAMPLEexample0000a1B2";

let server, ada, browser, upstream, projects = 0;

before(async () => {
  server = await startServer({ env: { LATCHKEY_UPSTREAM_ALLOW: "127.0.0.0/8" } });
  upstream = await startUpstream({ credential: CREDENTIAL });
  const cookie = await setUp(server);
  ada = apiAs(server, cookie);
  browser = await openBrowser(server.origin, cookie);
});

after(async () => {
  await browser?.close();
  upstream?.stop();
  await server?.stop();
});

const path = (project) => `/projects/${project.id}`;
const newProject = () => ada.post("/projects", { name: `Weather ${++projects}` });
const headers = [{ name: "Authorization", value: CREDENTIAL }];

/** A project with the upstream behind it. */
async function proxied() {
  const project = await newProject();
  return ada.patch(path(project), { backend: { kind: "upstream", url: upstream.url, headers } });
}

/** The panel on a project's Settings. */
async function open(page, project) {
  await page.goto(`${server.origin}${path(project)}/settings`);
  await page.getByRole("heading", { name: "What answers behind the endpoint" }).waitFor();
  return {
    kind: page.getByLabel("Backend"),
    url: page.getByLabel("URL of the MCP server"),
    header: (number) => page.getByRole("group", { name: `Header ${number}`, exact: true }),
    add: () => page.getByRole("button", { name: "Add header" }).click(),
    save: () => page.getByRole("button", { name: "Save backend" }).click(),
    test: () => page.getByRole("button", { name: "Test connection" }).click(),
    saved: () => page.getByText("Backend saved.").first().waitFor(),
  };
}

test("an own server is set with its headers, answers a test, and its tools take the place of memories", async () => {
  const { page, context, faults } = browser;
  const project = await newProject();
  const form = await open(page, project);
  assert.equal(await form.kind.inputValue(), "memory");
  assert.equal(await page.getByRole("button", { name: "Test connection" }).count(), 0);
  await page.getByRole("tab", { name: "Memory" }).waitFor();

  await form.kind.selectOption("upstream");
  await form.url.fill(upstream.url);
  await form.add();
  const first = form.header(1);
  const name = first.getByLabel("Header", { exact: true });
  await name.and(page.locator(":focus")).waitFor();
  await name.fill("Authorization");
  const value = first.getByLabel("Value");
  assert.equal(await value.getAttribute("type"), "password");
  await value.fill(CREDENTIAL);
  await form.save();
  await form.saved();
  await first.getByText("Set").waitFor();
  assert.equal(await page.locator("input[type=password]").count(), 0);
  await page.getByRole("tab", { name: "Memory" }).waitFor({ state: "detached" });

  const { backend } = await ada.get(path(project));
  assert.deepEqual(backend, { kind: "upstream", url: upstream.url, headers: [{ name: "Authorization", is_set: true }] });
  await form.test();
  await page.getByText(/^Weather Station 1\.4\.0 answered in \d+ ms\. Protocol 2026-07-28, 2 tools\.$/).waitFor();
  const { places, wasm } = await placesWith(context, page, CREDENTIAL.replace("Bearer ", ""));
  assert.deepEqual({ places, wasm }, { places: [], wasm: 0 }, "nothing on the page keeps the value");

  await page.getByRole("tab", { name: "Audit log" }).click();
  await page.getByRole("cell", { name: /an own MCP server answers.*Authorization/ }).waitFor();
  await page.getByRole("tab", { name: "Overview" }).click();
  await page.getByText("Your own MCP server answers behind it.").waitFor();
  assert.deepEqual(faults(), []);
});

test("a stored value stays until it is replaced, and a header until it is removed", async () => {
  const { page, faults } = browser;
  const project = await proxied();
  const form = await open(page, project);
  await form.url.fill(`${upstream.url}?station=2`);
  await form.save();
  await form.saved();
  await form.test();
  await page.getByText("Weather Station 1.4.0 answered").waitFor();

  const first = form.header(1);
  await first.getByRole("button", { name: "Replace" }).click();
  const value = page.getByLabel("New value of Authorization");
  await value.and(page.locator(":focus")).waitFor();
  await value.fill("Bearer another one");
  await form.save();
  await first.getByText("Set").waitFor();
  await form.test();
  await page.getByRole("alert").filter({ hasText: "The server refuses the credential (401)." }).waitFor();

  await page.getByRole("button", { name: "Remove header Authorization" }).click();
  await first.waitFor({ state: "detached" });
  await form.save();
  await page.getByRole("alert").filter({ hasText: "refuses the credential" }).waitFor({ state: "detached" });
  const { backend } = await ada.get(path(project));
  assert.deepEqual(backend.headers, []);

  await form.kind.selectOption("memory");
  await form.save();
  await page.getByRole("tab", { name: "Memory" }).waitFor();
  assert.deepEqual((await ada.get(path(project))).backend, { kind: "memory" });
  assert.deepEqual(faults(), []);
});

test("another host gets no stored value: the form asks for it", async () => {
  const { page, faults } = browser;
  const project = await proxied();
  const form = await open(page, project);
  await form.url.fill("https://mcp.example.com/mcp");
  await form.save();
  const value = page.getByLabel("New value of Authorization");
  assert.match(await errorBeside(value), /no value of this header is stored for this server/);
  await value.fill(CREDENTIAL);
  await form.save();
  await form.saved();
  assert.equal((await ada.get(path(project))).backend.url, "https://mcp.example.com/mcp");
  assert.deepEqual(faults({ [`422 /api/v1${path(project)}`]: 1 }), []);
});

test("what is wrong is said beside the field of each header", async () => {
  const { page, faults } = browser;
  const project = await proxied();
  const form = await open(page, project);
  await form.add();
  const second = form.header(2);
  const name = second.getByLabel("Header", { exact: true });
  await name.fill("not a name");
  await second.getByLabel("Value").fill("something");
  await form.save();
  assert.match(await errorBeside(name), /^Header /);
  await name.fill("X-Station");
  await form.save();
  await form.saved();
  await form.header(2).getByText("X-Station").waitFor();
  assert.deepEqual(
    (await ada.get(path(project))).backend.headers.map(({ name }) => name),
    ["Authorization", "X-Station"],
  );
  assert.deepEqual(faults({ [`422 /api/v1${path(project)}`]: 1 }), []);
});

test("both forms of the page go on from the version that either saved, and see what others changed", async () => {
  const { page, faults } = browser;
  const project = await proxied();
  const form = await open(page, project);
  const name = page.getByLabel("Name", { exact: true });
  await form.url.fill(`${upstream.url}?station=3`);
  await name.fill("Weather Office");
  await page.getByRole("button", { name: "Save settings" }).click();
  await page.getByText("Settings saved.").waitFor();
  assert.equal(await form.url.inputValue(), `${upstream.url}?station=3`, "what was typed in the other form stays");
  await form.save();
  await form.saved();
  await name.fill("Weather Bureau");
  await page.getByRole("button", { name: "Save settings" }).click();
  await page.getByRole("heading", { name: "Weather Bureau" }).waitFor();

  await ada.patch(path(project), { name: "Renamed elsewhere" });
  await form.header(1).getByRole("button", { name: "Replace" }).click();
  await page.getByLabel("New value of Authorization").fill("Bearer mine");
  await form.save();
  const notice = page.getByRole("alert").filter({ hasText: "Somebody changed this in the meantime." });
  await notice.getByRole("button", { name: "Load their version" }).click();
  await page.getByRole("heading", { name: "Renamed elsewhere" }).waitFor();
  assert.equal(await name.inputValue(), "Renamed elsewhere", "the other form shows their version, too");
  await form.header(1).getByText("Set").waitFor();
  const isSaving = (response) => response.request().method() === "PATCH";
  const [answer] = await Promise.all([page.waitForResponse(isSaving), form.save()]);
  assert.equal(answer.status(), 200, "their version is the base of what comes next");
  assert.deepEqual(faults({ [`412 /api/v1${path(project)}`]: 1 }), []);
});

test("a server that does not answer is explained, not just refused", async () => {
  const { page, faults } = browser;
  const project = await newProject();
  await ada.patch(path(project), { backend: { kind: "upstream", url: "http://127.0.0.1:1/mcp", headers: [] } });
  const form = await open(page, project);
  await form.test();
  await page.getByRole("alert").filter({ hasText: "No connection to the server came about" }).waitFor();
  assert.deepEqual(faults(), []);
});

test("an address inside the network is refused, and the sentence names the setting", async () => {
  const { page, faults } = browser;
  const project = await newProject();
  await ada.patch(path(project), { backend: { kind: "upstream", url: "http://169.254.169.254/mcp", headers: [] } });
  const form = await open(page, project);
  await form.test();
  await page.getByRole("alert").filter({ hasText: "upstream_allow" }).waitFor();
  assert.deepEqual(faults(), []);
});
