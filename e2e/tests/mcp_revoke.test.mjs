// What the official SDKs have open ends when their key does: a long call and the idle stream beside it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { DIALECTS, startClient, wayIn, within } from "../mcp/clients.mjs";
import { startRecorder } from "../mcp/recorder.mjs";
import { startEverything } from "../mcp/servers/everything.mjs";
import { startFixture } from "../mcp/servers/fixture.mjs";
import { openSite } from "../mcp/site.mjs";

const LIMIT = { timeout: 60_000 };

/** Most of the time these tests wait to see that nothing happens. */
const SIDE_BY_SIDE = { concurrency: 4 };

/** How late a client may see the end of what was open, in milliseconds. That nothing came is checked to the byte. */
const LATE = 1_000;

/** A call that outlasts every test, and says at once that it runs. */
const LONG = {
  fixture: { name: "hold", arguments: { seconds: 120, steps: 1200 }, progress: true },
  "server-everything": { name: "trigger-long-running-operation", arguments: { duration: 120, steps: 1200 }, progress: true },
};

/** How long after the end a client may still come back, in milliseconds, and how many requests it may make then. */
const QUIET_AFTER = 4_000;
const RETRIES = 4;

let site;
const upstreams = {};

before(async () => {
  [site, upstreams.fixture, upstreams["server-everything"]] = await Promise.all([
    openSite(),
    startFixture(),
    startEverything(),
  ]);
});

after(async () => {
  await Promise.all([site, ...Object.values(upstreams)].map((each) => each?.stop()));
});

/** A client in the middle of a long call, watched from both sides. */
async function inACall(sdk, era, upstream, form = "header") {
  const { origin } = new URL(upstreams[upstream].url);
  const behind = await startRecorder(origin);
  const before = await startRecorder(site.server.origin);
  const project = await site.newProject({ upstream: `${behind.origin}/mcp` });
  const made = await site.newKey(project);
  const client = startClient(sdk);
  const stop = () => Promise.all([client.stop(), before.stop(), behind.stop()]);
  try {
    const endpoint = `${before.origin}${new URL(project.endpoint).pathname}`;
    await client.connect({ ...wayIn(endpoint, made.secret, form), era });
    const call = client.ask("call_tool", LONG[upstream]).then(
      (result) => ({ result }),
      (error) => ({ error }),
    );
    await client.until("progress");
    const isIdle = ({ request, response }) => request.method === "GET" && response?.status === 200;
    while (era === "legacy" && !before.seen.some(isIdle)) await pause(10);
    return { client, call, project, made, before, behind, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const CASES = DIALECTS.flatMap(([sdk, era]) =>
  Object.keys(LONG)
    .filter((upstream) => era === "legacy" || upstream === "fixture")
    .map((upstream) => [sdk, era, upstream]),
);

describe("a revoke", SIDE_BY_SIDE, () => {
  for (const [sdk, era, upstream] of CASES) {
    const streams = era === "legacy" ? 2 : 1;
    const what = streams === 2 ? "a long call and the idle stream end" : "a long call ends";
    test(`${sdk}, ${era}, ${upstream}: ${what} with the key`, LIMIT, async () => {
      const { client, call, made, before, behind, stop } = await inACall(sdk, era, upstream);
      try {
        const openNow = () => before.seen.filter(({ ended }) => !ended);
        // The end of what came before is seen a moment after its client has gone on.
        while (openNow().length > streams) await pause(10);
        const open = openNow();
        assert.equal(open.length, streams, "what is open before");
        const bytes = () => before.seen.map(({ response }) => response?.body.length ?? 0);

        const { streams_closed: closed } = await site.revoke(made);
        const revoked = Date.now();
        const came = bytes();
        assert.equal(closed, streams, "the receipt counts them");

        await pause(LATE);
        assert.deepEqual(bytes().slice(0, came.length), came, "nothing came after the answer");
        for (const { request, ended, endedAt } of open) {
          assert.ok(ended, `${request.method} is still open`);
          assert.ok(endedAt - revoked < LATE, `${request.method} ended ${endedAt - revoked} ms after the answer`);
        }
        assert.deepEqual(behind.seen.filter(({ ended }) => !ended), [], "the upstream's calls are over");

        const { error, result } = await within(call, "the client still waits for an answer to its call", QUIET_AFTER);
        assert.ok(error, `a call that was cut has no result: ${JSON.stringify(result)}`);
        await pause(QUIET_AFTER - (Date.now() - revoked));
        const later = () => before.seen.filter(({ request }) => request.at > revoked);
        assert.ok(later().length <= RETRIES, `${later().length} requests came after the end`);
        const after = later().length;
        await pause(1_000);
        assert.equal(later().length, after, "it has given up");
        assert.ok(later().every(({ response }) => response.status === 401), "each was refused");
        assert.equal(behind.seen.filter(({ request }) => request.at > revoked).length, 0, "none was passed on");

        await assert.rejects(client.ask("list_tools"), "the next request is refused");
        assert.equal(later().length, after + 1, "and sent once");
      } finally {
        await stop();
      }
    });
  }
});

/** Other ways in which access ends. Each gives how many streams it says it has closed, where it says that. */
const ENDINGS = {
  "is disabled": async ({ made }) => {
    await site.api.patch(made.path, { disabled: true });
  },
  "has a new secret at once": async ({ made }) => {
    await site.api.post(`${made.path}/rotate`, { overlap_seconds: 0 });
  },
  "has an overlap that is ended": async ({ made }) => {
    await site.api.post(`${made.path}/rotate`, { overlap_seconds: 3600 });
    return (await site.api.remove(`${made.path}/overlap`)).streams_closed;
  },
  "is in a project that is archived": async ({ project }) => {
    const { receipts } = await site.api.remove(project.path);
    return receipts.reduce((sum, { streams_closed: closed }) => sum + closed, 0);
  },
};

describe("another end", SIDE_BY_SIDE, () => {
  for (const [what, end] of Object.entries(ENDINGS)) {
    for (const [sdk, era] of [["TypeScript SDK 1", "legacy"], ["Python SDK", "modern"]]) {
      test(`${sdk}, ${era}: what is open ends when the key ${what}`, LIMIT, async () => {
        const run = await inACall(sdk, era, "fixture", "url");
        try {
          const open = run.before.seen.filter(({ ended }) => !ended);
          const closed = await end(run);
          const ended = Date.now();
          if (closed !== undefined) assert.equal(closed, open.length, "the receipt counts them");
          await pause(300);
          assert.deepEqual(open.filter(({ endedAt }) => !(endedAt - ended < LATE)).map(({ request }) => request.method), []);
          assert.deepEqual(run.behind.seen.filter(({ ended }) => !ended), [], "the upstream's calls are over");
          await assert.rejects(run.client.ask("list_tools"), "the next request is refused");
        } finally {
          await run.stop();
        }
      });
    }
  }
});

for (const [sdk, era] of DIALECTS) {
  test(`${sdk}, ${era}: a program that is killed leaves nothing open`, LIMIT, async () => {
    const { client, made, behind, stop } = await inACall(sdk, era, "fixture");
    try {
      await client.kill();
      const isOver = async () => {
        while (behind.seen.some(({ ended }) => !ended)) await pause(20);
      };
      await within(isOver(), "the upstream still has its calls", 5_000);
      assert.equal((await site.revoke(made)).streams_closed, 0);
    } finally {
      await stop();
    }
  });
}
