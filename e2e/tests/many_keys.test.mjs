// A long list is read page by page, and two tabs on one list agree.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiAs, isTaken } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { choose, keyRow, serversUrl } from "../lib/keys.mjs";
import { comeBack } from "../lib/people.mjs";
import { setUp, startServer } from "../lib/server.mjs";

const COUNT = 300;

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

test(`${COUNT} keys are read by cursor, and filtered by the server`, async () => {
  const { page, faults } = browser;
  const project = await ada.post("/projects", { name: "Memory Lake" });
  const path = `/projects/${project.id}/keys`;
  // Ten at a time: the server writes one after the other anyhow.
  for (let made = 0; made < COUNT; made += 10) {
    const batch = Array.from({ length: 10 }, (_, place) => made + place);
    await Promise.all(batch.map((number) => ada.post(path, {
      description: `Integration ${String(number).padStart(3, "0")}`,
      environment: number % 3 === 0 ? "production" : "staging",
    })));
  }

  const reads = [];
  page.on("response", async (response) => {
    const url = new URL(response.url());
    if (url.pathname !== `/api/v1${path}`) return;
    reads.push({ query: url.searchParams, count: response.json().then(({ items }) => items.length) });
  });
  const rows = page.getByRole("table", { name: "Keys" }).getByRole("row").filter({ has: page.getByRole("cell") });
  const untilRows = (count) => page.waitForFunction(
    (count) => document.querySelectorAll("table[aria-label=Keys] tbody tr").length === count, count,
  );
  await page.goto(serversUrl(server, project));
  await untilRows(50);
  assert.equal(reads.length, 1);
  assert.equal(reads[0].query.get("cursor"), null);

  const more = page.getByRole("button", { name: "Show more" });
  for (const count of [100, 150, 200, 250, 300]) {
    await more.click();
    await untilRows(count);
  }
  assert.equal(await more.count(), 0, "there are no more");
  assert.equal(reads.length, 6);
  for (const { query } of reads.slice(1)) assert.ok(query.get("cursor"), "every further page is asked for by cursor");
  for (const { count } of reads) assert.equal(await count, 50, "no answer holds the whole list");
  const names = await rows.locator("td:first-child strong").allInnerTexts();
  assert.equal(new Set(names).size, COUNT, "each key is there, and once");

  // Filters ask the server, and begin with a first page again.
  await page.getByRole("searchbox", { name: "Search keys" }).fill("integration 29");
  await untilRows(10);
  assert.equal(reads.at(-1).query.get("q"), "integration 29");
  assert.equal(reads.at(-1).query.get("cursor"), null);
  await page.getByLabel("Environment").selectOption("production");
  await untilRows(3);
  await page.getByRole("searchbox", { name: "Search keys" }).fill("");
  await untilRows(50);
  await more.click();
  await untilRows(100);
  assert.equal(await more.count(), 0);
  await page.getByRole("searchbox", { name: "Search keys" }).fill("nothing like it");
  await page.getByRole("button", { name: "Show all keys" }).click();
  await untilRows(50);
  assert.deepEqual(faults(), []);
});

test("two tabs on the same keys agree once the person comes back to them", async (t) => {
  const { page, context, faults } = browser;
  const project = await ada.post("/projects", { name: "Research Notes" });
  const path = `/projects/${project.id}/keys`;
  const { key, secret } = await ada.post(path, { description: "Production - Notes" });
  await ada.post(path, { description: "Development - Notes" });
  const other = await context.newPage();
  t.after(() => other.close());
  for (const tab of [page, other]) {
    await tab.goto(serversUrl(server, project));
    await keyRow(tab, "Production - Notes").getByText("Active").waitFor();
  }

  // A tab in the background is drawn seldom.
  await page.bringToFront();
  await choose(page, "Production - Notes", "Disable");
  await page.getByRole("button", { name: "Disable key" }).click();
  await keyRow(page, "Production - Notes").getByText("Disabled").waitFor();
  assert.equal(await isTaken(server, project.slug, secret), false);
  await other.bringToFront();
  await comeBack(other);
  await keyRow(other, "Production - Notes").getByText("Disabled").waitFor();

  // What one tab changed under an open form of the other is not overwritten.
  await choose(other, "Production - Notes", "Edit");
  const form = other.getByRole("dialog");
  await form.getByLabel("Description").fill("Mine");
  await page.bringToFront();
  await choose(page, "Production - Notes", "Enable");
  await keyRow(page, "Production - Notes").getByText("Active").waitFor();
  await other.bringToFront();
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByText("Somebody changed this").waitFor();
  assert.equal(await form.getByLabel("Description").inputValue(), "Mine");
  assert.equal((await ada.get(`${path}/${key.id}`)).description, "Production - Notes");
  await form.getByRole("button", { name: "Cancel" }).click();

  await page.bringToFront();
  await page.getByRole("button", { name: "Delete Development - Notes" }).click();
  await page.getByRole("button", { name: "Delete key" }).click();
  await page.getByText(/Access ended\./).waitFor();
  await other.bringToFront();
  await comeBack(other);
  await keyRow(other, "Development - Notes").waitFor({ state: "detached" });
  await keyRow(other, "Production - Notes").getByText("Active").waitFor();
  assert.deepEqual(faults({ [`412 /api/v1${path}/${key.id}`]: 1 }), []);
});
