// The official conformance suite, against the memory server and against a server behind the proxy. Everything that it
// checks holds, or is in `mcp/not_applicable.json`, as a scenario or as `scenario:check`, with the reason why it says
// nothing about the endpoint. What is listed there and holds, or is not checked any more, fails as well: the list is
// then stale.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { wayIn } from "../mcp/clients.mjs";
import { conformance, conformanceOf } from "../mcp/conformance.mjs";
import { startKeyAdder } from "../mcp/key_adder.mjs";
import { startFixture } from "../mcp/servers/fixture.mjs";
import { openSite } from "../mcp/site.mjs";

const BACKENDS = ["memory", "upstream"];
const REVISIONS = ["2025-11-25", "2026-07-28"];
const LIST = JSON.parse(await readFile(new URL("../mcp/not_applicable.json", import.meta.url), "utf8"));
const LIMIT = { timeout: 120_000 };

let site, fixture;

before(async () => {
  [site, fixture] = await Promise.all([openSite(), startFixture()]);
});

after(async () => {
  await site?.stop();
  await fixture?.stop();
});

for (const backend of BACKENDS) {
  for (const revision of REVISIONS) {
    test(`${backend}, ${revision}: every scenario that applies passes`, LIMIT, async () => {
      const project = await site.newProject(backend === "upstream" ? { upstream: fixture.url } : {});
      const { secret } = await site.newKey(project);
      assertAsListed(await findings(project.endpoint, secret, revision), LIST[backend][revision]);
    });
  }
}

/** What the suite finds. It can send no header of ours, and some of its scenarios leave the URL's query out. */
async function findings(endpoint, secret, revision) {
  const { origin, pathname } = new URL(endpoint);
  const adder = await startKeyAdder(origin, secret);
  try {
    const found = await conformance(`${adder.origin}${pathname}`, revision);
    // This one is about the origin that the server itself has, so nothing may stand in between.
    const { url } = wayIn(endpoint, secret, "url");
    const about = "dns-rebinding-protection";
    return new Map([...found, ...(await conformanceOf(about, url, revision))]);
  } finally {
    await adder.stop();
  }
}

function assertAsListed(found, listed) {
  assert.ok(found.size > 25, `only ${found.size} scenarios ran`);
  const faults = [];
  for (const [scenario, problems] of found) {
    for (const [check, what] of problems) {
      if (!(scenario in listed) && !(`${scenario}:${check}` in listed)) faults.push(`${scenario}:${check} fails: ${what}`);
    }
  }
  for (const [entry, reason] of Object.entries(listed)) {
    const [scenario, check] = entry.split(":");
    const problems = found.get(scenario) ?? new Map();
    if (check ? !problems.has(check) : problems.size === 0) faults.push(`${entry} is listed, yet fails no more`);
    if (!LIST.reasons[reason]) faults.push(`${entry} is listed for “${reason}”, which is not explained`);
  }
  assert.deepEqual(faults, []);
}

test("each reason of the list is used", () => {
  const lists = BACKENDS.flatMap((backend) => REVISIONS.map((revision) => LIST[backend][revision]));
  const used = new Set(lists.flatMap((list) => Object.values(list)));
  assert.deepEqual(Object.keys(LIST.reasons).filter((reason) => !used.has(reason)), []);
});
