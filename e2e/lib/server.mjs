// Starts the real server on a free port of this machine, with a data directory of its own.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Ada, the person that the tests sign in as. */
export const ADA = {
  name: "Ada",
  email: "ada@example.com",
  password: "engines weave algebraic patterns",
};

/** How long a start may take before the test gives up, in milliseconds. */
const START_LIMIT = 30_000;

/**
 * Starts a server and waits until it is ready.
 *
 * `env` adds settings (`LATCHKEY_…`). `publicHost` is a name under which browsers open it over plain http (see
 * `resolve` of `openBrowser`); without it, browsers use the loopback address too.
 *
 * The result has
 * - `origin`, where this machine reaches it, and `publicOrigin`, where browsers do;
 * - its `setupToken` and `logs()`, all that it has written so far;
 * - `halt()`, which ends it by its process id and keeps its data and its port; `resume()`, which starts it again on
 *   them, with `moreEnv` added; `restart(moreEnv)`, which does both;
 * - `stop()`, which ends it for good and removes its data.
 */
export async function startServer({ env = {}, publicHost } = {}) {
  const binary = process.env.LATCHKEY_BIN;
  if (!binary) throw new Error("LATCHKEY_BIN must name the server's binary; `cargo xtask browser` sets it");
  const dataDir = await mkdtemp(join(tmpdir(), "latchkey-e2e-"));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const publicOrigin = publicHost ? `http://${publicHost}:${port}` : origin;
  const setupToken = randomBytes(32).toString("base64url");
  let settings = {
    LATCHKEY_LISTEN: `127.0.0.1:${port}`,
    LATCHKEY_DATABASE_URL: `sqlite://${join(dataDir, "latchkey.db")}`,
    LATCHKEY_SETUP_TOKEN: setupToken,
    // One person does in a minute here what takes people a day.
    LATCHKEY_CHANGES_PER_MINUTE: "0",
    LATCHKEY_EXPORTS_PER_MINUTE: "0",
    ...(publicHost && { LATCHKEY_PUBLIC_URL: publicOrigin, LATCHKEY_INSECURE_HTTP: "true" }),
    ...env,
  };
  let output = "";
  let running;

  const halt = async () => {
    await running?.end();
    running = undefined;
  };
  const resume = async (moreEnv = {}) => {
    if (running) throw new Error("the server runs already");
    settings = { ...settings, ...moreEnv };
    running = spawnServer(binary, dataDir, settings, (text) => (output += text));
    await Promise.race([
      untilReady(origin),
      running.ended.then((how) => Promise.reject(new Error(`the server ${how}`))),
    ]);
  };
  const restart = async (moreEnv) => {
    await halt();
    await resume(moreEnv);
  };
  const stop = async () => {
    await halt();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await resume();
  } catch (error) {
    await stop();
    throw new Error(`${error.message}\n${output}`);
  }
  return { origin, publicOrigin, setupToken, logs: () => output, halt, resume, restart, stop };
}

/** One run of the server: `end()` asks it to end and waits for it, `ended` says how it ended. */
function spawnServer(binary, dataDir, settings, write) {
  const child = spawn(binary, ["serve"], {
    cwd: dataDir,
    env: { ...withoutSettings(process.env), ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", write);
  }
  // Asked for now: an exit that happens before anybody waits for it must not be missed.
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(`did not start: ${error.message}`));
    child.once("close", (code, signal) => resolve(`ended with ${signal ?? code}`));
  });
  // A test file that is cancelled leaves no server behind.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const end = async () => {
    child.kill("SIGTERM");
    await ended;
    process.removeListener("exit", kill);
  };
  return { ended, end };
}

/**
 * Sets the instance up with Ada as its administrator and gives her session's cookie as `{name, value}`.
 *
 * Sent as a script sends it: without Origin and Sec-Fetch-Site.
 */
export async function setUp(server) {
  const response = await fetch(`${server.origin}/api/v1/setup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ setup_token: server.setupToken, ...ADA }),
  });
  if (response.status !== 201) {
    throw new Error(`setup answered ${response.status}: ${await response.text()}`);
  }
  return sessionCookie(response);
}

/** The session's cookie that an answer sets, as `{name, value}`. */
export function sessionCookie(response) {
  const [pair] = response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
  if (!pair) throw new Error("the answer set no session cookie");
  const equals = pair.indexOf("=");
  return { name: pair.slice(0, equals), value: pair.slice(equals + 1) };
}

async function untilReady(origin) {
  const limit = AbortSignal.timeout(START_LIMIT);
  for (;;) {
    const ready = await fetch(`${origin}/readyz`, { signal: limit }).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    if (limit.aborted) throw new Error(`the server was not ready after ${START_LIMIT} ms`);
    // Between two questions, so that asking takes nothing from the start itself.
    await pause(25);
  }
}

export async function freePort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  await once(listener, "close");
  return port;
}

/** The caller's own settings must not steer a test's server. */
function withoutSettings(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("LATCHKEY_")));
}
