// Lighthouse's figures for the sign-in page and the MCP Servers tab, as a phone and as a desktop:
//
//     LATCHKEY_BIN=path/to/latchkey CHROMIUM=/usr/bin/chromium node lighthouse.mjs
//
// Lighthouse is six times as big as all else here together, so npx gets it into npm's cache when it is asked for. Its
// figures depend on the machine: take them from a release build, with nothing else running. Fails below 95.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { openWorld } from "./lib/world.mjs";

const LIGHTHOUSE = "lighthouse@13.5.0";
const CATEGORIES = ["performance", "accessibility", "best-practices"];
const LEAST = 95;
const TRIES = 4;

/** Lighthouse is a phone unless it is told otherwise. */
const PRESETS = { mobile: [], desktop: ["--preset=desktop"] };

const run = promisify(execFile);

const folder = await mkdtemp(join(tmpdir(), "latchkey-lighthouse-"));
const world = await openWorld();
let isGood = true;
try {
  const { name, value } = world.people.ada;
  const pages = [
    ["sign-in", "/sign-in", {}],
    ["MCP Servers", `/projects/${world.lake.id}/mcp-servers`, { Cookie: `${name}=${value}` }],
  ];
  for (const [title, path, headers] of pages) {
    for (const [preset, flags] of Object.entries(PRESETS)) {
      const report = await measureAgain(world.server.origin + path, headers, flags);
      const scores = CATEGORIES.map((id) => [id, Math.round(report.categories[id].score * 100)]);
      isGood &&= scores.every(([, score]) => score >= LEAST);
      console.log(`${title}, ${preset}: ${scores.map((score) => score.join(" ")).join(", ")} (${timings(report)})`);
      for (const fault of faults(report)) console.log(`  ${fault}`);
    }
  }
} finally {
  await world.stop();
  await rm(folder, { recursive: true, force: true });
}
if (!isGood) {
  console.error(`Some figures are below ${LEAST}.`);
  process.exitCode = 1;
}

/** Lighthouse sometimes misses the page's beginning (NO_NAVSTART), and then asks to be run again. */
async function measureAgain(...what) {
  for (let left = TRIES - 1; ; left--) {
    try {
      return await measure(...what);
    } catch (error) {
      if (left === 0 || !error.stderr?.includes("NO_NAVSTART")) throw error;
    }
  }
}

async function measure(url, headers, flags) {
  // A file, so that other users of the machine don't see the cookie among the arguments.
  const headersFile = join(folder, "headers.json");
  const reportFile = join(folder, "report.json");
  await writeFile(headersFile, JSON.stringify(headers), { mode: 0o600 });
  await run(
    "npx",
    [
      "--yes",
      LIGHTHOUSE,
      url,
      "--quiet",
      "--output=json",
      `--output-path=${reportFile}`,
      `--only-categories=${CATEGORIES}`,
      `--extra-headers=${headersFile}`,
      "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking",
      ...flags,
    ],
    { cwd: folder, env: { ...process.env, CHROME_PATH: process.env.CHROMIUM ?? "/usr/bin/chromium" } },
  );
  const report = JSON.parse(await readFile(reportFile, "utf8"));
  if (report.finalDisplayedUrl !== url) throw new Error(`${url} led to ${report.finalDisplayedUrl}`);
  return report;
}

function timings({ audits }) {
  return ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"]
    .map((id) => `${id.replaceAll(/(\w)\w*-?/g, "$1").toUpperCase()} ${audits[id].displayValue}`)
    .join(", ");
}

/** What cost points, the dearest first. */
function faults({ audits, categories }) {
  return CATEGORIES.flatMap((id) => categories[id].auditRefs)
    .filter(({ id, weight }) => weight > 0 && audits[id].score !== null && audits[id].score < 0.9)
    .map(({ id }) => `${audits[id].title}: ${audits[id].displayValue ?? "no"}`);
}
