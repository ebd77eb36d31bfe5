// Clients that other people's generators make of the API's description live a key's whole life.
//
// openapi.yaml becomes TypeScript and openapi-3.0.json becomes Rust. What they do is in `clients/`.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { apiAs } from "../lib/api.mjs";
import { ADA, setUp, startServer } from "../lib/server.mjs";

const CLIENTS = fileURLToPath(new URL("../clients/", import.meta.url));
const DOCUMENT = fileURLToPath(new URL("../../openapi.yaml", import.meta.url));
const TSC = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));

/** The generator ends before the work of Java's optimising compiler and of its parallel collector could pay off. */
const SHORT_RUN = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

/** How long a generator, a compiler or a client may run, in milliseconds. */
const LIMIT = 120_000;

let server, token;

before(async () => {
  server = await startServer();
  const api = apiAs(server, await setUp(server));
  ({ secret: token } = await api.post("/me/tokens", { name: "Clients", permissions: ["manage", "verify"] }));
});

after(() => server?.stop());

test("a TypeScript client generated from openapi.yaml lives the life of a key", async (t) => {
  const jar = path("OPENAPI_GENERATOR_JAR", "openapi-generator.jar of the package openapi-generator-cli");
  const folder = await mkdtemp(join(tmpdir(), "latchkey-client-"));
  t.after(() => rm(folder, { recursive: true, force: true }));

  const generate = ["generate", "--generator-name", "typescript-fetch", "--input-spec", DOCUMENT];
  const options = ["--global-property", "apiDocs=false,modelDocs=false"];
  options.push("--additional-properties", "importFileExtension=.js");
  await run("java", [...SHORT_RUN, "-jar", jar, ...generate, ...options, "--output", join(folder, "client")]);

  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  for (const file of ["life.ts", "tsconfig.json"]) {
    await copyFile(join(CLIENTS, "typescript", file), join(folder, file));
  }
  await run(process.execPath, [TSC, "--project", folder]);

  const { live } = await import(pathToFileURL(join(folder, "out/life.js")));
  await live({ origin: server.origin, token, email: ADA.email, password: ADA.password });
});

test("a Rust client generated from openapi-3.0.json lives the life of a key", async () => {
  const client = path("LATCHKEY_RUST_CLIENT", "the binary that clients/rust builds");
  await run(client, [], {
    LATCHKEY_ORIGIN: server.origin,
    LATCHKEY_TOKEN: token,
    LATCHKEY_EMAIL: ADA.email,
    LATCHKEY_PASSWORD: ADA.password,
  });
});

/** What a variable names; `cargo xtask browser` sets it. */
function path(variable, what) {
  const value = process.env[variable];
  assert.ok(value, `${variable} must name ${what}; \`cargo xtask browser\` sets it`);
  return value;
}

/** Runs a program to its end. What it has written is the error where it fails. */
function run(program, args, env = {}) {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env }, timeout: LIMIT, killSignal: "SIGKILL" };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ended with ${error.signal ?? error.code}\n${stdout}${stderr}`));
      else resolve();
    });
  });
}
