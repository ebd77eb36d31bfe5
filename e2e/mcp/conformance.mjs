// Runs the official conformance suite against an endpoint and says what each scenario found.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SUITE = fileURLToPath(new URL("../node_modules/@modelcontextprotocol/conformance/dist/index.js", import.meta.url));
const NODE_20 = new URL("node20.mjs", import.meta.url).href;

/** A check that every scenario makes of every message, whatever else it could check. */
const ON_EVERY_MESSAGE = "wire-schema-valid";

/**
 * Runs all that a revision of the specification requires of a server, and what the suite runs beside it.
 *
 * Gives a map from each scenario to what does not hold, a map from each such check to what was wrong; an empty one for a
 * scenario that passes. Where the suite could check nothing at all, that is among them, as `nothing`.
 */
export function conformance(url, revision) {
  return found(["--url", url, "--requirements", revision]);
}

/** The same for one scenario. */
export function conformanceOf(scenario, url, revision) {
  return found(["--url", url, "--scenario", scenario, "--spec-version", revision]);
}

async function found(which) {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-conformance-"));
  try {
    await run(["server", ...which, "-o", folder]);
    const found = new Map();
    for (const run of (await readdir(folder)).sort()) {
      const [, scenario] = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(run);
      found.set(scenario, problems(JSON.parse(await readFile(join(folder, run, "checks.json"), "utf8"))));
    }
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function problems(checks) {
  const failures = checks.filter(({ status }) => status === "FAILURE");
  const hasPassed = checks.some(({ id, status }) => status === "SUCCESS" && id !== ON_EVERY_MESSAGE);
  if (!failures.length && !hasPassed) return new Map([["nothing", "nothing could be checked"]]);
  return new Map(failures.map(({ id, errorMessage, description }) => [id, errorMessage ?? description]));
}

/** Its exit code is of no interest: it is about another list of exceptions than ours. */
async function run(args) {
  const child = spawn(process.execPath, ["--import", NODE_20, SUITE, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  await new Promise((resolve) => child.once("close", resolve));
  process.removeListener("exit", kill);
  if (!/^(=== SUMMARY ===|Test Results:)/m.test(output)) throw new Error(`the suite did not run to its end:\n${output.slice(-4000)}`);
}
