// Once the API has answered that a key's access has ended, not one more byte reaches its streams. Seen from bare
// sockets, with the kernel's word for what has arrived.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { python, within } from "../mcp/clients.mjs";
import { startStreams } from "../mcp/servers/streams.mjs";
import { openSite } from "../mcp/site.mjs";

const PROGRAM = fileURLToPath(new URL("../mcp/raw.py", import.meta.url));
const LIMIT = { timeout: 90_000 };

/** How often the revoke is tried. */
const RUNS = 200;

/** Era, what the upstream answers, and what the client does with it. */
const KINDS = [
  "modern flood reads",
  "modern flood waits",
  "modern flood stalls",
  "modern silence waits",
  "modern nothing waits",
  "legacy flood reads",
  "legacy flood waits",
  "legacy flood stalls",
  "legacy silence waits",
];

/** In seconds: how long an answer may take with a stalled reader, and how long after it a connection may stay. */
const ANSWER = 1.5;
const END = 2;

let site, upstream;

before(async () => {
  [site, upstream] = await Promise.all([openSite(), startStreams()]);
});

after(async () => {
  await site?.stop();
  await upstream?.stop();
});

async function runs(project, plan) {
  const child = spawn(python(), [PROGRAM], { stdio: ["pipe", "pipe", "inherit"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const { cookie, server } = site;
  child.stdin.end(
    JSON.stringify({
      origin: server.origin,
      cookie: `${cookie.name}=${cookie.value}`,
      project: project.path,
      endpoint: new URL(project.endpoint).pathname,
      runs: plan,
    }),
  );
  const output = await text(child.stdout);
  process.removeListener("exit", kill);
  const told = output.trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(told.length, plan.length, "every run has said how it went");
  return told;
}

/** What is wrong with a run, or nothing. */
function fault({ kind, error, waiting, came, how, seconds, end_after, closed, stalled_at }, counted) {
  if (error) return error;
  if (came > waiting) return `${came - waiting} bytes came after the answer (${waiting} were there)`;
  if (came < waiting) return `${waiting - came} bytes of the queue were lost`;
  if (how === "still open") return "the connection stayed open";
  if (kind.endsWith("stalls") && !(stalled_at > 1000)) return `the reader did not stall: ${stalled_at}`;
  if (seconds > ANSWER) return `the answer took ${seconds} s`;
  if (end_after > seconds + END) return `the end came ${end_after - seconds} s after the answer`;
  if (counted && JSON.stringify(closed) !== "[1]") return `the receipt counts ${JSON.stringify(closed)}`;
}

function assertFlawless(told, { counted = true } = {}) {
  const faults = told.map((run) => [run, fault(run, counted)]).filter(([, what]) => what);
  const shown = faults.slice(0, 5).map(([{ kind, ending, how }, what]) => `${kind}, ${ending}, ${how}: ${what}`);
  assert.equal(faults.length, 0, `${faults.length} of ${told.length} runs:\n${shown.join("\n")}`);
}

/** So many runs, with each kind of stream in turn. */
function inTurn(count, ending, kinds = KINDS) {
  return Array.from({ length: count }, (_, place) => ({ kind: kinds[place % kinds.length], ending }));
}

test(`${RUNS} revokes, with readers that read, wait and stall: what had come is all that comes`, LIMIT, async () => {
  const project = await site.newProject({ upstream: upstream.url });
  const told = await runs(project, inTurn(RUNS, "revoke"));
  assertFlawless(told);
  const read = told.reduce((sum, { read_meanwhile = 0 }) => sum + read_meanwhile, 0);
  assert.ok(read > 0, "streams flowed while the keys were revoked");
  await within(Promise.all([...upstream.open].map(({ closed }) => closed)), "the upstream still has calls", 5_000);
});

for (const [ending, counted] of [["disable", false], ["overlap", true]]) {
  test(`the same when a key's access ends by ${ending}`, LIMIT, async () => {
    const project = await site.newProject({ upstream: upstream.url });
    assertFlawless(await runs(project, inTurn(2 * KINDS.length, ending)), { counted });
  });
}

test("the same when the project is archived", LIMIT, async () => {
  for (const kind of ["modern flood reads", "modern flood stalls", "legacy silence waits"]) {
    const project = await site.newProject({ upstream: upstream.url });
    assertFlawless(await runs(project, inTurn(1, "archive", [kind])));
  }
});

test("a key that expires takes its streams with it, in its second and without any request", LIMIT, async () => {
  const project = await site.newProject({ upstream: upstream.url });
  const kinds = ["modern flood reads", "modern silence waits", "modern flood stalls", "legacy silence waits"];
  const told = await Promise.all(kinds.map((kind) => runs(project, inTurn(1, "expiry", [kind]))));
  for (const { kind, error, how, late } of told.flat()) {
    assert.equal(error, undefined, kind);
    assert.notEqual(how, "still open", kind);
    assert.ok(late > -0.05 && late < 1.2, `${kind}: ended ${late} s after the expiry`);
  }
});

test("the end of an overlap spares what the new secret has open", LIMIT, async () => {
  const project = await site.newProject({ upstream: upstream.url });
  const old = await site.newKey(project);
  const { secret } = await site.api.post(`${old.path}/rotate`, { overlap_seconds: 3600 });
  const [before, now] = [await openRaw(project, old.secret, "silence"), await openRaw(project, secret, "silence")];
  const receipt = await site.api.remove(`${old.path}/overlap`);
  assert.equal(receipt.streams_closed, 1);
  await within(before.ended, "the old secret's stream stays open", 2_000);
  assert.equal(await Promise.race([now.ended, Promise.resolve("open")]), "open");
  const rest = await site.revoke(old);
  assert.equal(rest.streams_closed, 1);
  await within(now.ended, "the new secret's stream stays open", 2_000);
});

const LEAVING = {
  "closes its connection": (socket) => socket.destroy(),
  "ends its side of the connection": (socket) => socket.end(),
  "resets its connection": (socket) => socket.resetAndDestroy(),
};

for (const [what, leave] of Object.entries(LEAVING)) {
  for (const kind of ["silence", "flood", "nothing"]) {
    test(`a client that ${what} ends its call at the upstream (${kind})`, LIMIT, async () => {
      const project = await site.newProject({ upstream: upstream.url });
      const made = await site.newKey(project);
      const { socket, call } = await openRaw(project, made.secret, kind);
      leave(socket);
      await within(call.closed, "the upstream still has the call", 3_000);
      socket.destroy();
      assert.equal((await site.revoke(made)).streams_closed, 0, "nothing was left to close");
    });
  }
}

/** Opens a stream with a socket of Node's, and gives it with the upstream's side of the call. */
async function openRaw(project, secret, name) {
  const { hostname, port, pathname } = new URL(project.endpoint);
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: {
      name,
      arguments: {},
      _meta: {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
      },
    },
  });
  const known = new Set(upstream.seen);
  const socket = connect({ host: hostname, port, allowHalfOpen: true });
  socket.on("error", () => {});
  const ended = once(socket, "close");
  socket.once("end", () => socket.end());
  socket.write(
    `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${secret}\r\n` +
      "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n" +
      `MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: ${name}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const arrived = async () => {
    for (;;) {
      const call = upstream.seen.find((each) => !known.has(each) && each.kind === name);
      if (call) return call;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const call = await within(arrived(), "the call did not reach the upstream", 5_000);
  if (name !== "nothing") await once(socket, "data");
  // A flood is read, or its end is never seen.
  socket.resume();
  return { socket, call, ended };
}
