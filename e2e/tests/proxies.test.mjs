// The proxies' configurations of docs/guides/proxies, as they stand there: nginx and Caddy run them in front of an
// application and of Latchkey itself. Only addresses and the place of logs are replaced.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { Agent, createServer as createHttpServer, request } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { parse } from "yaml";

import { apiAs } from "../lib/api.mjs";
import { ADA, freePort, setUp, startServer } from "../lib/server.mjs";

const CONFIGURATIONS = new URL("../../docs/guides/proxies/", import.meta.url);

const LIMIT = { timeout: 30_000 };

/** How long a proxy or an event may take before the test gives up, in milliseconds. */
const PATIENCE = 10_000;

/** What Latchkey says of a key. */
const CLAIMS = ["x-latchkey-key-id", "x-latchkey-project-id", "x-latchkey-project-slug", "x-latchkey-environment"];

/** How each proxy is started in a folder of its own, and the status that it has for a Latchkey that is away. */
const PROXIES = {
  nginx: { start: startNginx, away: 503 },
  Caddy: { start: startCaddy, away: 502 },
};

let server, api, project, other;

before(async () => {
  server = await startServer({ env: { LATCHKEY_TRUSTED_PROXIES: "127.0.0.1" } });
  api = apiAs(server, await setUp(server));
  // The configurations name it by its slug.
  project = await api.post("/projects", { name: "Memory Lake" });
  assert.equal(project.slug, "memory-lake");
  other = await api.post("/projects", { name: "Other" });
});

after(() => server?.stop());

for (const [name, { start, away }] of Object.entries(PROXIES)) {
  describe(name, LIMIT, () => {
    let application, door, proxy;

    before(async () => {
      [application, door] = await Promise.all([startApplication(), openDoor(new URL(server.origin).port)]);
      proxy = await start({ latchkey: door.port, application: application.port });
    });

    after(() => Promise.all([proxy, application, door].map((each) => each?.stop())));

    const ask = (path, options) => send(proxy.application, path, options);
    /** Asks, and gives what the application saw of it; `undefined` if it wasn't asked. */
    const seenOf = async (path, options) => {
      const already = application.seen.length;
      const answer = await ask(path, options);
      assert.ok(application.seen.length <= already + 1, "the application is asked once");
      return { answer, seen: application.seen[already] };
    };
    const assertRefused = async (status, path, options) => {
      const { answer, seen } = await seenOf(path, options);
      assert.equal(answer.status, status, answer.body);
      assert.equal(seen, undefined, "nothing reaches the application");
      return answer;
    };

    test("a live key opens the application, which learns whose it is and not what it is", async () => {
      const { key, secret } = await newKey();
      const ways = [
        ["/tools?a=b&c=%2F", { authorization: `Bearer ${secret}` }, "/tools?a=b&c=%2F"],
        ["/tools", { authorization: `bearer ${secret}` }, "/tools"],
        ["/tools", { "X-API-KEY": secret }, "/tools"],
        [`/tools?apikey=${secret}`, {}, "/tools?"],
        [`/tools?apikey=${secret}&a=b`, {}, "/tools?a=b"],
        [`/tools?a=b&apikey=${secret}&c=%2F&monkeyapikey=x`, {}, "/tools?a=b&c=%2F&monkeyapikey=x"],
        [`/to%2Fols/%C3%A9?a=b&ApiKey=${secret}`, {}, "/to%2Fols/%C3%A9?a=b&"],
        [`/tools?%61pi%4bey=${secret.replace("_", "%5F")}&a=b`, {}, "/tools?a=b"],
      ];
      for (const [path, headers, wanted] of ways) {
        const { answer, seen } = await seenOf(path, { headers: { ...headers, cookie: "a=b", "x-other": "kept" } });
        assert.equal(answer.status, 200, `${path}: ${answer.body}`);
        assert.equal(answer.body, "the application's answer");
        assert.equal(seen.url.replace(/[?&]+$/, ""), wanted.replace(/[?&]+$/, ""));
        const claims = [key.id, project.id, "memory-lake", "production"];
        assert.deepEqual(CLAIMS.map((claim) => all(seen, claim)), claims.map((value) => [value]));
        assert.deepEqual([all(seen, "x-other"), all(seen, "cookie")], [["kept"], ["a=b"]]);
        assert.deepEqual([all(seen, "authorization"), all(seen, "x-api-key")], [[], []]);
        assertWithout(JSON.stringify(seen), secret, "what the application saw");
      }
    });

    test("no key, and one that is none of ours, are 401 and say what to send", async () => {
      const none = await assertRefused(401, "/tools");
      assert.equal(none.headers["www-authenticate"], "Bearer");
      const { secret } = await newKey();
      const dead = [
        ["/tools", { authorization: "Bearer lk_junk" }],
        ["/tools", { authorization: "Basic YWRhOng=" }],
        ["/tools?apikey=lk_junk", {}],
        // Two keys are one too many, wherever they are.
        [`/tools?apikey=${secret}`, { authorization: `Bearer ${secret}` }],
        [`/tools?apikey=${secret}&apikey=${secret}`, {}],
      ];
      for (const [path, headers] of dead) {
        const answer = await assertRefused(401, path, { headers });
        assert.match(answer.headers["www-authenticate"], /^Bearer error="/);
      }
    });

    test("a key of another project is 403", async () => {
      const { secret } = await newKey(other);
      await assertRefused(403, "/tools", { headers: { authorization: `Bearer ${secret}` } });
      await assertRefused(403, `/tools?apikey=${secret}`);
    });

    test("what a caller says in Latchkey's name does not reach the application", async () => {
      const { key, secret } = await newKey();
      const authorization = `Bearer ${secret}`;
      const forgeries = [
        Object.fromEntries(CLAIMS.map((claim) => [claim, "forged"])),
        Object.fromEntries(CLAIMS.map((claim) => [claim.toUpperCase(), "forged"])),
        Object.fromEntries(CLAIMS.map((claim) => [claim.replaceAll("-", "_"), "forged"])),
        Object.fromEntries(CLAIMS.map((claim) => [claim.replace("key-id", "Key_Id"), "forged"])),
        { "x-latchkey-key-id": ["forged", "forged"] },
      ];
      for (const forged of forgeries) {
        const { answer, seen } = await seenOf("/tools", { headers: { ...forged, authorization } });
        assert.equal(answer.status, 200, answer.body);
        assertWithout(JSON.stringify(seen), "forged", "what the application saw");
        assert.deepEqual(all(seen, "x-latchkey-key-id"), [key.id]);
      }
      // And no claim opens anything by itself.
      for (const forged of forgeries) await assertRefused(401, "/tools", { headers: forged });
    });

    test("a caller can't have Latchkey's headers taken out by naming them in Connection", async () => {
      const { key, secret } = await newKey();
      const headers = { authorization: `Bearer ${secret}`, connection: `close, ${CLAIMS.join(", ")}` };
      const { answer, seen } = await seenOf("/tools", { headers });
      assert.equal(answer.status, 200, answer.body);
      assert.deepEqual(all(seen, "x-latchkey-key-id"), [key.id]);
      assert.deepEqual(all(seen, "x-latchkey-environment"), ["production"]);
    });

    test("a key in a forwarding header of the caller's own counts for nothing", async () => {
      const { secret } = await newKey();
      for (const name of ["x-original-uri", "x-forwarded-uri"]) {
        await assertRefused(401, "/tools", { headers: { [name]: `/tools?apikey=${secret}` } });
      }
    });

    test("Latchkey is asked with headers alone; the body goes to the application, whole", async () => {
      const { secret } = await newKey();
      const body = "a rather long body ".repeat(20_000);
      const headers = { authorization: `Bearer ${secret}`, cookie: "theirs=1" };
      for (const length of [{ "content-length": body.length }, { "transfer-encoding": "chunked" }]) {
        const before = door.heard().length;
        const { answer, seen } = await seenOf("/tools", { method: "POST", headers: { ...headers, ...length }, body });
        assert.equal(answer.status, 200, answer.body);
        assert.equal(seen.method, "POST");
        assert.ok(seen.body === body, "the application got another body");
        const question = door.heard().slice(before);
        assert.match(question, /^GET \/api\/v1\/forward-auth\?project=memory-lake HTTP\/1\.1\r\n/);
        assert.ok(question.endsWith("\r\n\r\n"), "nothing comes after the headers");
        assert.doesNotMatch(question, /theirs|^(content-length|transfer-encoding):/im);
      }
      const { seen } = await seenOf("/tools", { method: "HEAD", headers });
      assert.equal(seen.method, "HEAD");
    });

    test("a revoke is felt by the very next request, on the same connection", async () => {
      const made = await newKey();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      try {
        const options = { agent, headers: { authorization: `Bearer ${made.secret}` } };
        for (let n = 0; n < 3; n++) assert.equal((await ask("/tools", options)).status, 200);
        await api.remove(made.path);
        const refused = await assertRefused(401, "/tools", options);
        assert.match(refused.headers["www-authenticate"], /revoked/);
        assert.ok(refused.isReused, "it came on the connection that was open");
      } finally {
        agent.destroy();
      }
    });

    test("its connections to Latchkey are used again", async () => {
      const { secret } = await newKey();
      const before = door.opened();
      for (let n = 0; n < 20; n++) {
        assert.equal((await ask("/tools", { headers: { authorization: `Bearer ${secret}` } })).status, 200);
      }
      assert.ok(door.opened() - before <= 1, `${door.opened() - before} connections for 20 requests`);
    });

    test("whatever Latchkey answers but 2xx, nothing passes", async () => {
      const { secret } = await newKey();
      const headers = { authorization: `Bearer ${secret}` };
      for (const status of ["302 Found", "404 Not Found", "429 Too Many Requests", "500 Oh", "503 Service Unavailable"]) {
        door.pretend(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nX-Latchkey-Key-Id: x\r\n\r\n`);
        try {
          const { answer, seen } = await seenOf("/tools", { headers });
          assert.notEqual(answer.status, 200);
          if (status.startsWith("503")) assert.equal(answer.status, 503);
          assert.equal(seen, undefined, status);
        } finally {
          door.pretend();
        }
      }
      assert.equal((await ask("/tools", { headers })).status, 200, "the same key, asked of Latchkey itself");
    });

    test("while Latchkey is stopped nothing passes, and then it goes on", async () => {
      const { secret } = await newKey();
      const headers = { authorization: `Bearer ${secret}` };
      assert.equal((await ask("/tools", { headers })).status, 200);
      await server.halt();
      try {
        // Once through the door, where a connection ends without an answer, and once where nobody listens.
        await assertRefused(away, "/tools", { headers });
        await door.close();
        await assertRefused(away, "/tools", { headers });
        await assertRefused(away, `/tools?apikey=${secret}`);
      } finally {
        await door.open();
        await server.resume();
      }
      assert.equal((await ask("/tools", { headers })).status, 200);
    });

    test("no log has a key, whatever goes wrong", async (t) => {
      // Proxies of its own, because their logs are whole after their end.
      const nobody = await freePort();
      const started = async (behind) => {
        const one = await start(behind);
        t.after(one.stop);
        return one;
      };
      const own = await started({ latchkey: door.port, application: application.port });
      const broken = await started({ latchkey: nobody, application: nobody });
      const alone = await started({ latchkey: door.port, application: nobody });
      const { secret } = await newKey();
      const dead = await newKey();
      await api.remove(dead.path);
      const paths = (each) => [
        ["/first", { authorization: `Bearer ${each}` }],
        ["/second", { "x-api-key": each }],
        [`/third?apikey=${each}`, {}],
        [`/fourth?a=b&APIKEY=${each}#top`, { referer: `http://app.example.com/?apikey=${each}` }],
      ];
      const statuses = [];
      for (const [some, each] of [[own, secret], [own, dead.secret], [broken, secret], [alone, secret]]) {
        for (const [path, headers] of paths(each)) {
          const { status } = await send(some.application, path, { headers });
          statuses.push(status);
        }
        await send(some.latchkey, `/memory-lake/mcp/v1?apikey=${each}`, { headers: { "x-api-key": "x" } });
      }
      assert.deepEqual([...new Set(statuses)], [...new Set([200, 401, away, 502])]);
      for (const some of [own, broken, alone]) {
        const logs = await some.stop();
        for (const word of ["/first", "/fourth", "/memory-lake/mcp/v1"]) assert.ok(logs.includes(word), `${word} is logged`);
        for (const each of [secret, dead.secret]) assertWithout(logs, each.slice(3), "a log");
      }
    });

    test("in front of Latchkey itself, an event stream passes as it comes and ends with the key", async () => {
      const made = await newKey();
      const cookie = await signedIn(proxy.latchkey);
      const stream = await listen(proxy.latchkey, `/api/v1${made.path}/events`, { cookie });
      await stream.until(/\n\n/);
      assert.equal((await ask("/tools", { headers: { authorization: `Bearer ${made.secret}` } })).status, 200);
      await stream.until(/event: first_call/);
      await api.remove(made.path);
      await stream.until(/event: revoked/);
      await stream.ended;
    });

    test("in front of Latchkey itself, a caller's word for their address is not believed", async () => {
      const cookie = await signedIn(proxy.latchkey);
      const { body, status } = await send(proxy.latchkey, `/api/v1/projects/${project.id}/keys`, {
        method: "POST",
        headers: { cookie, "content-type": "application/json", "x-forwarded-for": "203.0.113.7" },
        body: JSON.stringify({ description: "Made through a proxy" }),
      });
      assert.equal(status, 201, body);
      const { items } = await api.get(`/projects/${project.id}/audit?limit=5`);
      const made = items.find((entry) => JSON.stringify(entry).includes(JSON.parse(body).key.id));
      assert.equal(made.ip, "127.0.0.1");
    });
  });
}

test("Traefik's files can be read, and ask the same", async () => {
  const { http } = parse(await readFile(new URL("traefik.yml", CONFIGURATIONS), "utf8"));
  const { application, latchkey } = http.routers;
  assert.deepEqual(application.middlewares, ["without-claims", "latchkey", "without-key"]);
  const middlewares = application.middlewares.map((name) => http.middlewares[name]);
  const [first, { forwardAuth }, last] = middlewares;
  const asked = /127\.0\.0\.1:8080\/api\/v1\/forward-auth\?project=memory-lake/;
  assert.match(forwardAuth.address, asked);
  for (const name of ["nginx.conf", "Caddyfile"]) {
    const text = await readFile(new URL(name, CONFIGURATIONS), "utf8");
    assert.ok(text.includes("/api/v1/forward-auth?project=memory-lake"));
  }
  const removed = (middleware) => Object.entries(middleware.headers.customRequestHeaders);
  assert.deepEqual(removed(first).map(([name]) => name.toLowerCase()), [...CLAIMS, "x-original-uri"]);
  assert.deepEqual(removed(last), [["Authorization", ""], ["X-API-Key", ""]]);
  for (const [name, value] of removed(first)) assert.equal(value, "", name);
  // Go's syntax for "in any case of letters" is not JavaScript's.
  const pattern = new RegExp(forwardAuth.authResponseHeadersRegex.replace("(?i)", ""), "i");
  for (const claim of CLAIMS) assert.ok(pattern.test(claim) && pattern.test(claim.replaceAll("-", "_")), claim);
  assert.equal(forwardAuth.trustForwardHeader, false);
  for (const router of [application, latchkey]) assert.ok(http.services[router.service].loadBalancer.servers[0].url);

  const { entryPoints, accessLog } = parse(await readFile(new URL("traefik-static.yml", CONFIGURATIONS), "utf8"));
  for (const entryPoint of [...application.entryPoints, ...latchkey.entryPoints]) assert.ok(entryPoints[entryPoint]);
  assert.deepEqual(accessLog.fields.names, { RequestPath: "drop", RequestLine: "drop" });
  assert.equal(accessLog.fields.headers.defaultMode, "drop");
});

test("the guide links each file, and names each header", async () => {
  const guide = await readFile(new URL("../reverse-proxies.md", CONFIGURATIONS), "utf8");
  for (const name of await readdir(CONFIGURATIONS)) assert.ok(guide.includes(`(proxies/${name})`), `${name} has no link`);
  for (const claim of CLAIMS) assert.ok(guide.toLowerCase().includes(claim), claim);
});

async function newKey(of = project) {
  const path = `/projects/${of.id}/keys`;
  const made = await api.post(path, { description: "Claude AI Integration", environment: "production" });
  return { ...made, path: `${path}/${made.key.id}` };
}

/** Ada's cookie header, from a sign-in at this port. */
async function signedIn(port) {
  const { status, headers, body } = await send(port, "/api/v1/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: ADA.email, password: ADA.password }),
  });
  assert.ok(status < 300, body);
  return headers["set-cookie"][0].split(";")[0];
}

/** All values of a header, as the application got them. */
function all({ rawHeaders }, wanted) {
  return rawHeaders.filter((_, place) => place % 2 && rawHeaders[place - 1].toLowerCase() === wanted);
}

/** Says where a text was found without repeating it. */
function assertWithout(text, hidden, where) {
  assert.ok(!text.toLowerCase().includes(hidden.toLowerCase()), `${where} has it`);
}

/** One request as it is, without what `fetch` would add or refuse. */
async function send(port, path, { method = "GET", headers = {}, body, agent = false } = {}) {
  const call = request({ host: "127.0.0.1", port, path, method, headers, agent });
  call.end(body);
  const [response] = await once(call, "response");
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: text, isReused: call.reusedSocket };
}

/** A stream: `until(pattern)` waits for something in it, `ended` for its end. */
async function listen(port, path, headers) {
  const call = request({ host: "127.0.0.1", port, path, headers, agent: false, signal: AbortSignal.timeout(PATIENCE) });
  call.end();
  const [response] = await once(call, "response");
  assert.equal(response.statusCode, 200);
  let text = "";
  response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  return {
    ended: once(response, "end"),
    async until(pattern) {
      while (!pattern.test(text)) await once(response, "data");
    },
  };
}

/** An application that keeps all that it gets. */
async function startApplication() {
  const seen = [];
  const application = createHttpServer(async (incoming, outgoing) => {
    const { method, url, rawHeaders } = incoming;
    const one = { method, url, rawHeaders, body: "" };
    seen.push(one);
    for await (const chunk of incoming.setEncoding("utf8")) one.body += chunk;
    outgoing.end("the application's answer");
  });
  application.listen(0, "127.0.0.1");
  await once(application, "listening");
  return {
    port: application.address().port,
    seen,
    stop() {
      application.close();
      application.closeAllConnections();
    },
  };
}

/**
 * A way to a port of this machine that is watched: `opened()` counts its connections, `heard()` is all that was sent
 * through. `pretend(answer)` answers in place of whoever is behind it, until `pretend()`; `close()` refuses connections.
 */
async function openDoor(target) {
  let opened = 0;
  let heard = "";
  let pretended;
  const open = new Set();
  const keep = (socket) => {
    open.add(socket.on("error", () => socket.destroy()));
    socket.once("close", () => open.delete(socket));
  };
  const hangUp = () => {
    for (const socket of open) socket.destroy();
  };
  const door = createServer({ noDelay: true }, (outside) => {
    opened += 1;
    keep(outside);
    const inside = connect({ port: target, host: "127.0.0.1", noDelay: true });
    keep(inside);
    outside.on("close", () => inside.destroy());
    inside.on("close", () => outside.destroy());
    inside.pipe(outside);
    outside.on("data", (chunk) => {
      heard += chunk;
      if (pretended) outside.write(pretended);
      else inside.write(chunk);
    });
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  const { port } = door.address();
  const close = async () => {
    if (!door.listening) return;
    door.close();
    hangUp();
    await once(door, "close");
  };
  return {
    port,
    opened: () => opened,
    heard: () => heard,
    pretend: (answer) => (pretended = answer),
    close,
    async open() {
      if (door.listening) return;
      door.listen(port, "127.0.0.1");
      await once(door, "listening");
    },
    stop: close,
  };
}

/** nginx with its own files in a folder of its own, and the guide's as it would be included. */
function startNginx(behind) {
  return startProxy("nginx", "nginx.conf", behind, async (folder, text) => {
    const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    await writeFile(join(folder, "guide.conf"), text.replaceAll("/var/log/nginx/", `${folder}/`));
    // One process, so that ending it by its id ends all of it, and so that it needs no user of its own.
    await writeFile(
      join(folder, "nginx.conf"),
      `daemon off;
       master_process off;
       pid ${folder}/nginx.pid;
       error_log ${folder}/error.log crit;
       events {}
       http {
         access_log off;
         ${places.map((place) => `${place}_temp_path ${folder}/${place};`).join("\n")}
         include ${folder}/guide.conf;
       }`,
    );
    return ["-e", join(folder, "error.log"), "-p", folder, "-c", join(folder, "nginx.conf")];
  });
}

/** Caddy with the guide's file. It logs to its standard error. */
function startCaddy(behind) {
  return startProxy("caddy", "Caddyfile", behind, async (folder, text) => {
    await writeFile(join(folder, "Caddyfile"), text);
    return ["run", "--adapter", "caddyfile", "--config", join(folder, "Caddyfile")];
  });
}

/**
 * Starts a proxy in a folder of its own. The result has the ports at which it serves the `application` and `latchkey`, and
 * `stop()`, which ends it and gives all that it has logged.
 */
async function startProxy(program, configuration, behind, prepare) {
  const folder = await mkdtemp(join(tmpdir(), `latchkey-${program}-`));
  const [application, latchkey] = [await freePort(), await freePort()];
  const text = replaceAll(await readFile(new URL(configuration, CONFIGURATIONS), "utf8"), {
    "127.0.0.1:8080": `127.0.0.1:${behind.latchkey}`,
    "127.0.0.1:3000": `127.0.0.1:${behind.application}`,
    ":8088": `:${application}`,
    ":8089": `:${latchkey}`,
  });
  const child = spawn(findProgram(program), await prepare(folder, text), {
    cwd: folder,
    // Where Caddy would keep certificates and its last configuration.
    env: { PATH: process.env.PATH, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk) => (output += chunk));
  const closed = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(`ended with ${signal ?? code}`));
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let stopped;
  const stop = () => {
    stopped ??= (async () => {
      child.kill("SIGTERM");
      await closed;
      process.removeListener("exit", kill);
      const files = (await readdir(folder)).filter((file) => file.endsWith(".log"));
      const logs = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
      await rm(folder, { recursive: true, force: true });
      return [output, ...logs].join("\n");
    })();
    return stopped;
  };
  const serves = Promise.all([application, latchkey].map(untilListening));
  const failure = closed.then((how) => Promise.reject(new Error(`${program} ${how}`)));
  try {
    await Promise.race([serves, failure]);
  } catch (error) {
    throw new Error(`${error.message}\n${await stop()}`);
  }
  failure.catch(() => {});
  return { application, latchkey, stop };
}

/** Replaces every text by its value; each must be there. */
function replaceAll(text, replacements) {
  return Object.entries(replacements).reduce((changed, [from, to]) => {
    assert.ok(changed.includes(from), `the configuration has no ${from}`);
    return changed.replaceAll(from, to);
  }, text);
}

/** A program's path. On Debian those of the system stand where a user's PATH doesn't look. */
function findProgram(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"].filter(Boolean);
  const found = folders.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) throw new Error(`${name} is not installed; these tests need Debian's packages nginx and caddy`);
  return found;
}

async function untilListening(port) {
  const limit = Date.now() + PATIENCE;
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    if (Date.now() > limit) throw new Error(`nobody listens after ${PATIENCE} ms`);
    // Between two questions, so that asking takes nothing from the start itself.
    await pause(10);
  }
}
