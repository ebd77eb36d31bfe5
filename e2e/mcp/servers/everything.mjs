// The reference server that shows everything of the protocol, `@modelcontextprotocol/server-everything`, on a free port.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { within } from "../clients.mjs";

const PROGRAM = fileURLToPath(
  new URL("../../node_modules/@modelcontextprotocol/server-everything/dist/index.js", import.meta.url),
);

/** Starts it and gives its `url`, `logs()` and `stop()`. */
export function startEverything() {
  // It prints its environment when a tool asks for it: two variables are enough to compare.
  return startUpstream((port) => ({
    command: process.execPath,
    args: [PROGRAM, "streamableHttp"],
    env: { PATH: process.env.PATH, PORT: String(port) },
    ready: /listening on port/,
  }));
}

/** Starts a server of Streamable HTTP under `/mcp`; `how(port)` says what to start, and what it writes when it is ready. */
export async function startUpstream(how) {
  const port = await freePort();
  const { command, args, env, ready } = how(port);
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const killAtExit = () => child.kill("SIGKILL");
  process.once("exit", killAtExit);
  const ended = new Promise((resolve) => {
    child.once("close", resolve);
    child.once("error", resolve);
  });
  let output = "";
  const isReady = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
        if (ready.test(output)) resolve();
      });
    }
    ended.then(() => reject(new Error(`the upstream ended\n${output}`)));
  });
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
    process.removeListener("exit", killAtExit);
  };
  try {
    await within(isReady, () => `the upstream was not ready\n${output}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}/mcp`, logs: () => output, stop };
}

async function freePort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  await once(listener, "close");
  return port;
}
