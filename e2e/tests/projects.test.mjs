// Projects: making and finding them, their overview, and what stands at addresses of every kind.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiAs, isTaken } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { clipboard } from "../lib/keys.mjs";
import { errorBeside } from "../lib/people.mjs";
import { setUp, startServer } from "../lib/server.mjs";

let server, ada, browser;

before(async () => {
  server = await startServer();
  const cookie = await setUp(server);
  ada = apiAs(server, cookie);
  browser = await openBrowser(server.origin, cookie, { permissions: ["clipboard-read", "clipboard-write"] });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const address = (project, rest = "") => `${server.origin}/projects/${project.id}${rest}`;

test("a project is made, with a slug of its own, and a taken slug is said beside the field", async () => {
  const { page, faults } = browser;
  await page.goto(server.origin);
  await page.getByRole("heading", { name: "Projects", exact: true }).waitFor();
  await page.getByRole("button", { name: "New project" }).first().click();
  const form = page.getByRole("dialog", { name: "New project" });
  await form.getByLabel("Name").fill("Weather Station");
  await form.getByText("The endpoint will be /weather-station/mcp/v1.").waitFor();
  await form.getByLabel("Description").fill("Readings of the roof");
  await form.getByRole("button", { name: "Create project" }).click();
  await page.getByRole("heading", { name: "Weather Station" }).waitFor();
  await page.waitForURL(/\/projects\/proj_\w+\/mcp-servers$/);

  await page.getByRole("link", { name: "Projects" }).first().click();
  await page.getByRole("button", { name: "New project" }).click();
  await form.getByLabel("Name").fill("Another station");
  const slug = form.getByLabel("Slug");
  await slug.fill("Not A Slug");
  assert.match(await errorBeside(slug), /\.$/, "said as one types, before anything is sent");
  await slug.fill("weather-station");
  await form.getByRole("button", { name: "Create project" }).click();
  assert.match(await errorBeside(slug), /^Slug is taken; choose another\.$/);
  assert.equal(await form.getByLabel("Name").inputValue(), "Another station");
  await slug.fill("roof");
  await form.getByRole("button", { name: "Create project" }).click();
  await page.getByRole("heading", { name: "Another station" }).waitFor();
  const { items } = await ada.get("/projects?q=station");
  assert.deepEqual(items.map((project) => project.slug).sort(), ["roof", "weather-station"]);
  assert.deepEqual(faults({ "409 /api/v1/projects": 1 }), []);
});

test("a search stands in the address, and Back leads from a project to what was found", async () => {
  const { page, faults } = browser;
  for (const name of ["Recipes", "Reading list"]) await ada.post("/projects", { name });
  await page.goto(`${server.origin}/projects`);
  const search = page.getByRole("searchbox", { name: "Search projects" });
  await page.getByRole("link", { name: "Recipes" }).waitFor();
  await search.fill("reading");
  await page.getByRole("link", { name: "Recipes" }).waitFor({ state: "detached" });
  await page.waitForURL(/\?q=reading$/);
  await page.getByRole("link", { name: "Reading list" }).click();
  await page.getByRole("heading", { name: "Reading list" }).waitFor();
  await page.getByRole("tab", { name: "Members" }).click();
  await page.getByRole("cell", { name: "ada@example.com" }).waitFor();
  assert.match(page.url(), /\/members$/);

  await page.goBack();
  await page.getByRole("heading", { name: "Where to connect" }).waitFor();
  await page.goBack();
  await page.getByRole("link", { name: "Reading list" }).waitFor();
  assert.equal(await search.inputValue(), "reading");
  assert.equal(await page.getByRole("link", { name: "Recipes" }).count(), 0);
  await page.goForward();
  await page.getByRole("heading", { name: "Reading list" }).waitFor();

  // A link to the search is as good as typing it.
  await page.goto(`${server.origin}/projects?q=nothing-like-it`);
  await page.getByRole("heading", { name: "No project has this in its name" }).waitFor();
  assert.deepEqual(faults(), []);
});

test("the overview has the endpoint to copy, the calls as numbers, and the keys that need care", async () => {
  const { page, faults } = browser;
  const project = await ada.post("/projects", { name: "Memory Lake", description: "Notes that assistants share" });
  const keys = `/projects/${project.id}/keys`;
  const good = await ada.post(keys, { description: "Production - Claude Integration" });
  await ada.post(keys, { description: "Key 1" });
  const leaky = await ada.post(keys, { description: "Analytics Dashboard - Read Only" });
  const soon = new Date(Date.now() + 3 * 24 * 3600 * 1000).toISOString();
  await ada.post(keys, { description: "Team Member - Ada", expires_at: soon });
  for (let call = 0; call < 2; call++) await isTaken(server, project.slug, good.secret);
  await isTaken(server, project.slug, leaky.secret, { via: "url" });
  const ended = await ada.post(keys, { description: "CI runner - Billing" });
  await ada.remove(`${keys}/${ended.key.id}`);
  await isTaken(server, project.slug, ended.secret);

  await page.goto(address(project));
  await page.getByText("Notes that assistants share").waitFor();
  await page.getByRole("button", { name: "Copy endpoint URL" }).click();
  await page.getByText("Endpoint URL copied.").waitFor();
  assert.equal(await clipboard(page), `${server.origin}/${project.slug}/mcp/v1`);

  const calls = page.getByRole("region", { name: "Calls", exact: true });
  await calls.getByRole("img", { name: /^Calls per hour: 3 accepted, 1 refused\./ }).waitFor();
  const numbers = calls.getByText("Numbers as a table");
  await numbers.focus();
  await page.keyboard.press("Enter");
  const rows = calls.getByRole("table").getByRole("row");
  // Two rows if the hour turned in between.
  const counted = await rows.evaluateAll((all) =>
    all.slice(1).map((row) => [...row.cells].slice(1).map((cell) => Number(cell.textContent))),
  );
  const sum = (place) => counted.reduce((total, row) => total + row[place], 0);
  assert.deepEqual([sum(0), sum(1)], [3, 1]);
  await calls.getByLabel("Span of the chart").selectOption("week");
  await page.waitForURL(/\?span=week$/);
  await calls.getByRole("img", { name: /3 accepted, 1 refused/ }).waitFor();

  const care = page.getByRole("region", { name: "Keys that need care" });
  const item = (name) => care.getByRole("listitem").filter({ has: page.getByText(name, { exact: true }) });
  await item("Key 1").getByRole("link", { name: "Edit" }).waitFor();
  await item("Team Member - Ada").getByRole("link", { name: "Edit" }).waitFor();
  assert.equal(await item("Production - Claude Integration").count(), 0);
  await item("Analytics Dashboard - Read Only").getByRole("link", { name: "Rotate" }).click();
  await page.getByRole("button", { name: "Make a new secret" }).waitFor();
  await page.goBack();
  await item("Key 1").getByRole("link", { name: "Edit" }).click();
  const edit = page.getByRole("dialog");
  await edit.getByLabel("Description").fill("Development - Testing");
  await edit.getByRole("button", { name: "Save" }).click();
  await page.getByText("Key changed.").waitFor();
  await page.getByRole("tab", { name: "Overview" }).click();
  await item("Team Member - Ada").waitFor();
  assert.equal(await item("Key 1").count(), 0);
  assert.deepEqual(faults(), []);
});

test("an address that leads nowhere says so, and shows the way back", async () => {
  const { page, faults } = browser;
  for (const path of ["/nowhere", "/users/usr_1", "/account/more"]) {
    await page.goto(server.origin + path);
    await page.getByRole("heading", { name: "Nothing here" }).waitFor();
  }
  await page.getByRole("link", { name: "Go to the projects" }).click();
  await page.getByRole("heading", { name: "Projects", exact: true }).waitFor();
  const project = await ada.post("/projects", { name: "Workshop" });
  await page.goto(address(project, "/no-such-tab"));
  await page.getByRole("heading", { name: "There is nothing at this address" }).waitFor();
  assert.deepEqual(faults(), []);
});

test("the app is at every deep link, never cached; its files are for ever, and a missing one is a 404", async () => {
  const accept = { accept: "text/html,application/xhtml+xml" };
  const home = await fetch(`${server.origin}/`, { headers: accept });
  const html = await home.text();
  for (const path of ["/projects", "/projects/proj_1/mcp-servers?q=a", "/account", "/sign-in", "/nowhere"]) {
    const answer = await fetch(server.origin + path, { headers: accept });
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers.get("cache-control"), /no-cache|no-store/, path);
    assert.equal(await answer.text(), html, path);
    const policy = answer.headers.get("content-security-policy");
    assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'/, path);
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|https?:|\*/, path);
  }

  const assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  assert.ok(assets.length >= 2, "the page names its files");
  for (const path of assets) {
    const answer = await fetch(server.origin + path);
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers.get("cache-control"), /\bimmutable\b/, path);
  }
  const missing = ["/assets/app-0000.js", assets[0].replace(/\.(\w+)$/, "x.$1"), "/favicon.gif", "/projects/a.js"];
  for (const path of missing) {
    const answer = await fetch(server.origin + path, { headers: accept });
    assert.equal(answer.status, 404, path);
    assert.doesNotMatch(answer.headers.get("cache-control") ?? "", /immutable/, path);
  }
});
