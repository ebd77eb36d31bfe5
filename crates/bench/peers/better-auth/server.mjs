// better-auth's API keys behind a plain node:http server:
//
//     node server.mjs --port 8090 --keys keys.txt --folder /tmp/better-auth
//
// `GET /` with X-API-Key answers 200 if better-auth accepts the key, else 401. keys.txt has a key a line, all of which are
// accepted; the database is made anew in the folder. The socket opens when all keys are in it.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { apiKey, defaultKeyHasher } from "@better-auth/api-key";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import Database from "better-sqlite3";

const { values } = parseArgs({
  options: { port: { type: "string" }, keys: { type: "string" }, folder: { type: "string" } },
});

const database = new Database(join(values.folder, "better-auth.db"));
// Durable enough for what it writes at each check, and the faster of the two usual ways.
database.pragma("journal_mode = WAL");
database.pragma("synchronous = NORMAL");

const auth = betterAuth({
  database,
  // Signs sessions, of which there are none.
  secret: "only for a benchmark on this machine, signs nothing",
  baseURL: `http://127.0.0.1:${values.port}`,
  telemetry: { enabled: false },
  logger: { disabled: true },
  // By default a key may be used ten times a day.
  plugins: [apiKey({ rateLimit: { enabled: false } })],
});

const { runMigrations } = await getMigrations(auth.options);
await runMigrations();
await addKeys((await readFile(values.keys, "utf8")).split("\n").filter(Boolean));

createServer(async (request, response) => {
  const key = request.headers["x-api-key"] ?? "";
  let isValid = false;
  let status = 401;
  try {
    isValid = (await auth.api.verifyApiKey({ body: { key } })).valid;
  } catch {
    // Not a refusal: the caller must see that nothing was measured here.
    status = 500;
  }
  response.writeHead(isValid ? 200 : status, { "content-type": "text/plain" }).end(isValid ? "ok" : "no");
}).listen(Number(values.port), "127.0.0.1");

/**
 * One key is made by better-auth itself, and the others are copies of its row with digests of their own: a hundred
 * thousand calls of its API would take minutes, and give the same rows.
 */
async function addKeys(keys) {
  const { adapter } = await auth.$context;
  const now = new Date();
  const user = await adapter.create({
    model: "user",
    data: { name: "Ada", email: "ada@example.com", emailVerified: true, createdAt: now, updatedAt: now },
  });
  const { id } = await auth.api.createApiKey({ body: { userId: user.id } });
  const row = database.prepare("SELECT * FROM apikey WHERE id = ?").get(id);
  const columns = Object.keys(row);
  const insert = database.prepare(
    `INSERT INTO apikey (${columns.map((name) => `"${name}"`)}) VALUES (${columns.map((name) => `@${name}`)})`,
  );
  const digests = await Promise.all(keys.map(defaultKeyHasher));
  database.transaction(() => {
    digests.forEach((key, at) => insert.run({ ...row, id: `${id}-${at}`, key, start: keys[at].slice(0, 6) }));
  })();
}
