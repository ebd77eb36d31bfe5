// The official SDKs as programs of their own: each is started once, told what to do, and says what came of it.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Each SDK, and the eras that it speaks. */
export const SDKS = {
  "TypeScript SDK 1": { program: "ts_v1.mjs", eras: ["legacy"] },
  "TypeScript SDK 2": { program: "ts_v2.mjs", eras: ["legacy", "modern"] },
  "Python SDK": { program: "python.py", eras: ["legacy", "modern"] },
};

/** Every SDK in every era that it speaks, as `[sdk, era]`. */
export const DIALECTS = Object.entries(SDKS).flatMap(([sdk, { eras }]) => eras.map((era) => [sdk, era]));

/** The protocol version that each era means today. */
export const VERSIONS = { legacy: "2025-11-25", modern: "2026-07-28" };

/** How long a test waits for a client's answer or for something that it tells, in milliseconds. */
const LIMIT = 30_000;

/** The Python that has the SDK. */
export function python() {
  const path = process.env.MCP_PYTHON;
  if (!path) throw new Error("MCP_PYTHON must name the Python with the SDK; `cargo xtask browser` sets it");
  return path;
}

/** Where a client comes in: `{ url, headers }` for this project's endpoint and secret. */
export function wayIn(endpoint, secret, form) {
  if (form === "header") return { url: endpoint, headers: { Authorization: `Bearer ${secret}` } };
  const url = new URL(endpoint);
  url.searchParams.set("apikey", secret);
  return { url: url.href };
}

/** What an SDK answers with when the server refuses, as it says it. */
export class ClientError extends Error {
  constructor({ name, message, code, data, cause }) {
    super(message);
    Object.assign(this, { kind: name, code, data, shownCause: cause });
  }
}

/**
 * Starts an SDK's program.
 *
 * The result has
 * - `connect({ url, headers, era })`, which gives what the server said of itself; `close()`, which ends that connection;
 * - `ask(op, what)`, one request of the SDK, whose refusal is a `ClientError`;
 * - `told(event)`, all that the program has told under that name, and `until(event, fits)`, which waits for one;
 * - `stderr()`, what it wrote there; `kill()`, which ends it without a goodbye, and `stop()`.
 */
export function startClient(sdk) {
  const program = fileURLToPath(new URL(`clients/${SDKS[sdk].program}`, import.meta.url));
  const runner = program.endsWith(".py") ? python() : process.execPath;
  const child = spawn(runner, [program], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const killAtExit = () => child.kill("SIGKILL");
  process.once("exit", killAtExit);
  const asked = new Map();
  const events = [];
  const watchers = new Set();
  let numbers = 0;
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  child.stdin.on("error", () => {});
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line);
    if (message.event) {
      events.push({ ...message, at: message.at, when: Date.now() });
      for (const watch of watchers) watch();
      return;
    }
    const { resolve, reject } = asked.get(message.id);
    asked.delete(message.id);
    if (message.error) reject(new ClientError(message.error));
    else resolve(message.ok);
  });
  ended.then(() => {
    for (const { reject } of asked.values()) reject(new Error(`the ${sdk}'s program ended\n${stderr}`));
    asked.clear();
  });

  const ask = (op, what = {}) => {
    const id = ++numbers;
    const answer = new Promise((resolve, reject) => asked.set(id, { resolve, reject }));
    child.stdin.write(`${JSON.stringify({ id, op, ...what })}\n`);
    return within(answer, () => `the ${sdk} had no answer to ${op} within ${LIMIT} ms\n${stderr}`);
  };
  const told = (event) => events.filter((each) => each.event === event);
  const until = (event, fits = () => true) => {
    let watch;
    const found = new Promise((resolve) => {
      watch = () => {
        const hit = told(event).find(fits);
        if (hit) resolve(hit);
      };
      watchers.add(watch);
      watch();
    });
    const late = () => `the ${sdk} told no ${event} within ${LIMIT} ms, but ${JSON.stringify(events)}\n${stderr}`;
    return within(found, late).finally(() => watchers.delete(watch));
  };
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
    process.removeListener("exit", killAtExit);
  };
  return {
    connect: (how) => ask("connect", how),
    close: () => ask("close"),
    ask,
    told,
    until,
    stderr: () => stderr,
    kill,
    stop: kill,
  };
}

/** A promise that fails with that sentence when it takes too long. */
export async function within(promise, late, limit = LIMIT) {
  let timer;
  const tooLong = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(typeof late === "function" ? late() : late)), limit);
  });
  try {
    return await Promise.race([promise, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
