// What a client does at an upstream, the same directly and through Latchkey, and how the two recordings are compared.

import assert from "node:assert/strict";

import { events, messages } from "./recorder.mjs";

const NOTE = `data:text/plain;base64,${Buffer.from("a note of Ada's").toString("base64")}`;

/** Every tool of server-everything but the one whose messages are random, `toggle-simulated-logging`. */
const EVERYTHING_TOOLS = {
  echo: { message: "Ünïcödé 👩🏽‍💻 \u2028 \" \\ </script>" },
  "get-annotated-message": { messageType: "error", includeImage: true },
  "get-env": {},
  "get-resource-links": { count: 3 },
  "get-resource-reference": { resourceType: "Text", resourceId: 1 },
  "get-structured-content": { location: "Chicago" },
  "get-sum": { a: 2, b: 40 },
  "get-tiny-image": {},
  "gzip-file-as-resource": { name: "note.gz", data: NOTE, outputType: "resource" },
  "trigger-long-running-operation": { duration: 0.4, steps: 4 },
  "get-roots-list": {},
  "trigger-elicitation-request": {},
  "trigger-sampling-request": { prompt: "What is a loom?", maxTokens: 20 },
  // A task, which none of the clients asks for: refused alike.
  "simulate-research-query": { topic: "looms" },
};

/** Everything that server-everything has for a client of sessions. Gives what the client was told. */
export async function visitEverything(client, how) {
  const about = await client.connect({ ...how, era: "legacy" });
  // Asked on the idle stream a moment after the start. Its place among the other messages must not be left to chance.
  await client.until("asked", ({ method }) => method === "roots/list");
  const results = { about: { ...about, session: undefined } };
  const ask = async (name, op, what) => {
    results[name] = await client.ask(op, what).catch(({ kind, code, message }) => ({ kind, code, message }));
  };
  await ask("ping", "ping");
  await ask("tools", "list_tools");
  for (const [name, given] of Object.entries(EVERYTHING_TOOLS)) {
    await ask(name, "call_tool", { name, arguments: given, progress: name.includes("long-running") });
  }
  await ask("wrong arguments", "call_tool", { name: "get-sum", arguments: { a: "two" } });
  await ask("no such tool", "call_tool", { name: "no-such-tool" });
  await ask("resources", "list_resources");
  await ask("templates", "list_templates");
  await ask("dynamic text", "read_resource", { uri: "demo://resource/dynamic/text/7" });
  await ask("dynamic blob", "read_resource", { uri: "demo://resource/dynamic/blob/8" });
  await ask("static file", "read_resource", { uri: "demo://resource/static/document/features.md" });
  await ask("no such resource", "read_resource", { uri: "demo://resource/nowhere" });
  await ask("prompts", "list_prompts");
  await ask("simple prompt", "get_prompt", { name: "simple-prompt" });
  await ask("prompt with arguments", "get_prompt", { name: "args-prompt", arguments: { city: "Turin", state: "Piedmont" } });
  await ask("completion", "complete", {
    ref: { type: "ref/prompt", name: "completable-prompt" },
    argument: { name: "department", value: "E" },
  });
  const uri = "demo://resource/dynamic/text/1";
  await ask("subscribe", "subscribe", { uri });
  await client.until("notified", ({ params }) => /Received Subscribe/.test(params.data));
  await ask("updates", "call_tool", { name: "toggle-subscriber-updates" });
  await client.until("notified", ({ params }) => params.uri === uri);
  await ask("no updates", "call_tool", { name: "toggle-subscriber-updates" });
  await ask("unsubscribe", "unsubscribe", { uri });
  await client.until("notified", ({ params }) => /Received Unsubscribe/.test(params.data));
  await ask("level", "set_level", { level: "warning" });
  await client.close();
  return told(client, results);
}

/** Everything that our server on the Python SDK has for a client, in the era of requests that stand alone. */
export async function visitFixture(client, how) {
  const { session, ...about } = await client.connect({ ...how, era: "modern" });
  assert.equal(session, undefined, "there are no sessions");
  const results = { about };
  const ask = async (name, op, what) => {
    results[name] = await client.ask(op, what).catch(({ kind, code, message }) => ({ kind, code, message }));
  };
  await ask("tools", "list_tools");
  for (const { name } of results.tools.tools.filter(({ name }) => /^test_(?!(elicitation|sampling))/.test(name))) {
    await ask(name, "call_tool", { name, progress: true });
  }
  await ask("hold", "call_tool", { name: "hold", arguments: { seconds: 0.3, steps: 3 }, progress: true });
  await ask("wrong arguments", "call_tool", { name: "hold", arguments: { seconds: "long" } });
  await ask("no such tool", "call_tool", { name: "no_such_tool" });
  await ask("resources", "list_resources");
  await ask("templates", "list_templates");
  await ask("text", "read_resource", { uri: "test://static-text" });
  await ask("binary", "read_resource", { uri: "test://static-binary" });
  await ask("template", "read_resource", { uri: "test://template/7/data" });
  await ask("no such resource", "read_resource", { uri: "test://nowhere" });
  await ask("prompts", "list_prompts");
  await ask("simple prompt", "get_prompt", { name: "test_simple_prompt" });
  await ask("prompt with arguments", "get_prompt", {
    name: "test_prompt_with_arguments",
    arguments: { arg1: "Ünïcödé", arg2: "two" },
  });
  await client.close();
  return told(client, results);
}

function told(client, results) {
  const events = ["progress", "asked", "notified", "error"].flatMap((event) => client.told(event));
  return settled({ results, events: events.map(({ when: _, ...event }) => event) });
}

/** Fails unless both recordings have the same messages, one by one. */
export function assertSameMessages(through, direct) {
  const [ours, theirs] = [parts(through), parts(direct)];
  assert.deepEqual(ours.map(({ what }) => what), theirs.map(({ what }) => what), "the same exchanges");
  for (const [place, exchange] of ours.entries()) assert.deepEqual(exchange, theirs[place], exchange.what);
}

/** The exchanges of a recording, without what two runs never share, in an order that chance has no part in. */
function parts(seen) {
  const all = seen.map(({ request, response, ended }) => {
    const asked = request.body ? JSON.parse(request.body) : undefined;
    return {
      what: [request.method, asked?.method ?? (asked && "answer"), asked?.id].filter((word) => word !== undefined).join(" "),
      asked: settled(asked),
      session: "mcp-session-id" in request.headers,
      version: request.headers["mcp-protocol-version"],
      status: response.status,
      type: response.headers["content-type"],
      opens: "mcp-session-id" in response.headers,
      stream: shape(response),
      messages: settled(messages(response).filter(byDesign)),
      // A client may leave before the last byte of an answer that it has understood: chance decides.
      cut: ended === "cut",
    };
  });
  // The idle stream and the answers to the server's own questions run beside the requests.
  const aside = ({ what }) => what.startsWith("GET") || what.startsWith("POST answer");
  return [...all.filter((part) => !aside(part)), ...all.filter(aside).sort((a, b) => (a.what < b.what ? -1 : 1))];
}

/** The fields of each event of a stream, but for comments, which keep a connection open and say nothing. */
function shape({ headers, body }) {
  if (!/^text\/event-stream/.test(headers["content-type"] ?? "")) return undefined;
  return events(body)
    .filter(({ data }) => !data || byDesign(JSON.parse(data)))
    .map((event) => Object.keys(event).filter((field) => field !== "comment"))
    .filter((fields) => fields.length);
}

/** server-everything adds tools while the idle stream is being opened: chance decides whether that is heard there. */
function byDesign({ method }) {
  return method !== "notifications/tools/list_changed";
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const SEALED = /^v1\.[\w-]{40,}$/;
const CLOCK = /\b\d{1,2}:\d{2}:\d{2}( [AP]M)?/g;

/** A value without the ids and the times that differ between any two runs. */
function settled(value) {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value), (_, part) => {
    if (typeof part !== "string") return part;
    const decoded = /^[A-Za-z0-9+/]{40,}=*$/.test(part) ? Buffer.from(part, "base64").toString() : "";
    return (decoded.includes("created at") ? decoded : part).replace(UUID, "<uuid>").replace(SEALED, "<sealed>").replace(CLOCK, "<time>");
  });
}
