// After the one-time dialog is closed, nothing reachable in the page holds the secret.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { apiAs } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { choose, done, generate, keyRow, oneTimeDialog, SECRET, serversUrl } from "../lib/keys.mjs";
import { placesWith } from "../lib/memory.mjs";
import { setUp, startServer } from "../lib/server.mjs";

let server, project, browser, page;
const written = [];

before(async () => {
  server = await startServer();
  const cookie = await setUp(server);
  project = await apiAs(server, cookie).post("/projects", { name: "Memory Lake" });
  browser = await openBrowser(server.origin, cookie, { permissions: ["clipboard-write"] });
  page = browser.page;
  page.on("console", (message) => written.push(message.text()));
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Downloads the .env file and gives the secret in it: the one way that leads past the page's own memory. */
async function downloadedSecret(dialog) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("button", { name: "Download .env" }).click(),
  ]);
  const secret = /^MEMORY_LAKE_KEY=(.+)$/m.exec(await readFile(await download.path(), "utf8"))[1];
  assert.ok(SECRET.test(secret));
  return secret;
}

/** Uses everything in the dialog that touches the secret. */
async function useAll(dialog) {
  const secret = await downloadedSecret(dialog);
  await showAll(dialog);
  await copyAll(dialog);
  for (const tab of await dialog.getByRole("tab").all()) {
    await tab.click();
    await dialog.getByRole("tabpanel", { name: await tab.innerText(), exact: true }).waitFor();
    await showAll(dialog.getByRole("tabpanel"));
    await copyAll(dialog.getByRole("tabpanel"));
  }
  return secret;
}

async function showAll(part) {
  const hidden = part.getByRole("button", { name: /^Show /, pressed: false });
  while ((await hidden.count()) > 0) await hidden.first().click();
}

async function copyAll(part) {
  for (const copy of await part.getByRole("button", { name: /^Cop(y|ied) / }).all()) await copy.click();
}

const find = (secret) => placesWith(browser.context, page, secret);

/** Asserts that the page holds the secret nowhere, WebAssembly's memory included. */
async function assertGone(secret) {
  assert.deepEqual(await find(secret), { places: [], wasm: 0 });
  assert.ok(!written.some((text) => text.includes(secret)), "nothing was written to the console");
}

test("looking for a secret finds it where it is", async () => {
  await page.goto(serversUrl(server, project));
  const dialog = await generate(page, "Control");
  const secret = await downloadedSecret(dialog);
  assert.deepEqual(await find(secret), { places: [], wasm: 1 }, "hidden, only the app's own memory has it");

  await showAll(dialog);
  assert.deepEqual((await find(secret)).places, ["DOM"]);
  // What a script that kept it would do.
  await dialog.getByRole("textbox", { name: "Secret" }).evaluate((field) => {
    window.kept = { deep: [`kept: ${field.textContent}`] };
    history.replaceState({ kept: field.textContent }, "");
    console.log(field.textContent);
  });
  assert.deepEqual((await find(secret)).places, ["DOM", "history.state", "JavaScript heap"]);
  assert.ok(written.some((text) => text.includes(secret)));
  await done(dialog);
});

test("after the dialog of a new key, the page holds the secret nowhere", async () => {
  await page.goto(serversUrl(server, project));
  const dialog = await generate(page, "Claude AI Integration");
  const secret = await useAll(dialog);
  await done(dialog);
  await keyRow(page, "Claude AI Integration").waitFor();
  await assertGone(secret);
  assert.deepEqual(browser.faults(), []);
});

test("after the dialog of a rotation, the page holds neither secret", async () => {
  await page.goto(serversUrl(server, project));
  const first = await generate(page, "Deploy script");
  const oldSecret = await useAll(first);
  await done(first);
  await choose(page, "Deploy script", "Rotate");
  await page.getByRole("button", { name: "Make a new secret" }).click();
  const second = oneTimeDialog(page);
  await second.waitFor();
  const newSecret = await useAll(second);
  assert.ok(newSecret !== oldSecret);
  await done(second);
  await page.getByText("Put the new secret where the old one is.").waitFor();
  await assertGone(newSecret);
  await assertGone(oldSecret);
  assert.deepEqual(browser.faults(), []);
});
