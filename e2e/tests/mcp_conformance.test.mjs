// The official conformance suite, against the memory server and against a server behind the proxy. Each scenario passes,
// or is in `mcp/not_applicable.json` with the reason why it says nothing about the endpoint. What is listed there and
// passes, or is not run any more, fails as well: the list is then stale.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { wayIn } from "../mcp/clients.mjs";
import { conformance } from "../mcp/conformance.mjs";
import { startFixture } from "../mcp/servers/fixture.mjs";
import { openSite } from "../mcp/site.mjs";

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

for (const backend of ["memory", "upstream"]) {
  for (const revision of REVISIONS) {
    test(`${backend}, ${revision}: every scenario that applies passes`, LIMIT, async () => {
      const project = await site.newProject(backend === "upstream" ? { upstream: fixture.url } : {});
      const { secret } = await site.newKey(project);
      // The suite can send no header of ours.
      const found = await conformance(wayIn(project.endpoint, secret, "url").url, revision);
      assertAsListed(found, LIST[backend][revision]);
    });
  }
}

function assertAsListed(found, listed) {
  assert.ok(found.size > 25, `only ${found.size} scenarios ran`);
  const wrong = [...found]
    .filter(([scenario, problems]) => problems.length && !(scenario in listed))
    .map(([scenario, problems]) => `${scenario} fails: ${problems.join("; ")}`);
  const stale = Object.keys(listed)
    .filter((scenario) => !found.get(scenario)?.length)
    .map((scenario) => `${scenario} is listed, but ${found.has(scenario) ? "passes" : "is not run"}`);
  for (const [scenario, reason] of Object.entries(listed)) {
    assert.ok(LIST.reasons[reason], `${scenario} is listed for a reason, “${reason}”, that is not explained`);
  }
  assert.deepEqual([...wrong, ...stale], []);
}

test("each reason of the list is used", () => {
  const used = new Set(["memory", "upstream"].flatMap((backend) => REVISIONS.flatMap((revision) => Object.values(LIST[backend][revision]))));
  assert.deepEqual(Object.keys(LIST.reasons).filter((reason) => !used.has(reason)), []);
});
