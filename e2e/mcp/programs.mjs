// Clients that are programs of their own, run as a person runs them.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MODULES = new URL("../node_modules/", import.meta.url);
const INSPECTOR = fileURLToPath(new URL("@modelcontextprotocol/inspector/clients/launcher/build/index.js", MODULES));
const MCP_REMOTE = fileURLToPath(new URL("mcp-remote/dist/proxy.js", MODULES));

/** How long a program may take, in milliseconds. */
const LIMIT = 20_000;

/** Runs the inspector without its window: `words` such as `--method tools/list`. Gives `{ code, stdout, stderr }`. */
export function inspector({ url, headers = {}, era = "legacy" }, ...words) {
  const header = Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]);
  return program([INSPECTOR, "--cli", url, "--transport", "http", "--protocol-era", era, ...header, ...words]);
}

/**
 * Runs mcp-remote, which turns an endpoint into a server on stdin and stdout, with those arguments and variables, and
 * sends it `messages`, each after the answer to the one before. Gives `{ code, answers, stderr }`; `code` is null where
 * it went on until it was told to end.
 */
export async function mcpRemote(args, env, messages) {
  return program([MCP_REMOTE, ...args], { env, messages });
}

async function program(args, { env = {}, messages } = {}) {
  // What a program keeps for next time is not kept.
  const home = await mkdtemp(join(tmpdir(), "latchkey-home-"));
  const child = spawn(process.execPath, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env.PATH, HOME: home, ...env },
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const timer = setTimeout(kill, LIMIT);
  let [stdout, stderr] = ["", ""];
  const left = [...(messages ?? [])];
  const answers = [];
  child.stdin.on("error", () => {});
  const next = () => {
    // A notification has no answer.
    while (left.length) {
      const message = left.shift();
      child.stdin.write(`${JSON.stringify(message)}\n`);
      if (message.id !== undefined) return;
    }
    child.kill("SIGTERM");
  };
  let unread = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
    if (!messages) return;
    const lines = (unread + text).split("\n");
    unread = lines.pop();
    for (const line of lines.filter((line) => line.startsWith("{"))) {
      const answer = JSON.parse(line);
      if (answer.id === undefined) continue;
      answers.push(answer);
      next();
    }
  });
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  if (messages) next();
  else child.stdin.end();
  const [code, signal] = await new Promise((resolve) => child.once("close", (...how) => resolve(how)));
  clearTimeout(timer);
  process.removeListener("exit", kill);
  await rm(home, { recursive: true, force: true });
  return { code, signal, stdout, stderr, answers };
}
