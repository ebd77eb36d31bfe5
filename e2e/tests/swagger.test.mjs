// Swagger UI at /docs works without the internet, under its Content-Security-Policy.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { openBrowser } from "../lib/browser.mjs";
import { setUp, startServer } from "../lib/server.mjs";

const PROJECTS = "/api/v1/projects";

let server, cookie, browser;

before(async () => {
  server = await startServer();
  cookie = await setUp(server);
  browser = await openBrowser(server.origin, cookie);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("a person makes a project with Try it out", async (t) => {
  const { page, faults, shot } = browser;
  // For whoever looks into a failure: nobody looks at what went well.
  t.after(() => t.passed || shot("swagger"));

  const answer = await page.goto(`${server.origin}/docs`);
  assert.equal(answer.status(), 200);
  const policy = answer.headers()["content-security-policy"];
  assert.ok(policy, "/docs has no Content-Security-Policy");
  assert.doesNotMatch(policy, /https?:|\*/, "its policy names no other origin");

  // The operation whose path is the list of projects, and nothing below it.
  const create = page
    .locator(".opblock-post")
    .filter({ has: page.locator(`.opblock-summary-path[data-path="${PROJECTS}"]`) });
  await create.locator(".opblock-summary-control").click();
  await create.locator(".try-out__btn").click();
  await create.locator(".body-param__text").fill('{"name":"Memory Lake"}');

  const [sent] = await Promise.all([
    page.waitForRequest((request) => request.method() === "POST"),
    create.locator(".execute").click(),
  ]);
  assert.equal(new URL(sent.url()).origin, server.origin);
  assert.equal(new URL(sent.url()).pathname, PROJECTS);

  // What the person sees, not only what came over the wire.
  const live = create.locator(".live-responses-table .response").first();
  await live.waitFor();
  assert.equal((await live.locator(".response-col_status").innerText()).trim().split(/\s/)[0], "201");
  assert.match(await live.locator(".response-col_description").innerText(), /Memory Lake/);

  const listed = await fetch(server.origin + PROJECTS, {
    headers: { cookie: `${cookie.name}=${cookie.value}` },
  });
  assert.equal(listed.status, 200);
  const { items } = await listed.json();
  assert.deepEqual(items.map((project) => project.name), ["Memory Lake"]);

  assert.deepEqual(faults(), []);
});
