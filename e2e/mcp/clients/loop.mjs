// What both programs of the TypeScript SDK share: they read one JSON object a line, do what it asks of the SDK, and
// write one line with what came of it. Requests run side by side, so that one may wait while others go on.

import { createInterface } from "node:readline";

/** How long one request of the SDK may take, in milliseconds. */
export const CALL_LIMIT = 60_000;

/** What the clients offer to servers, and what they answer when a server asks. */
export const CAPABILITIES = { sampling: {}, elicitation: {}, roots: { listChanged: false } };
export const ANSWERS = {
  "sampling/createMessage": ({ messages }) => ({
    role: "assistant",
    model: "test-model",
    stopReason: "endTurn",
    content: { type: "text", text: `An answer to: ${messages.at(-1).content.text}` },
  }),
  "elicitation/create": () => ({ action: "accept", content: { name: "Ada", check: true } }),
  "roots/list": () => ({ roots: [{ uri: "file:///srv/ada", name: "Ada's notes" }] }),
};

const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** Tells the test something that it did not ask for. */
export const tell = (event, detail = {}) => write({ event, ...detail });

/**
 * Runs the program. `connect(how)` gives `{ client, about, request(op, what), close() }` of one connection; a program
 * has one at a time.
 */
export function run(connect) {
  let connection;
  const perform = async ({ op, ...what }) => {
    if (op === "connect") {
      connection = await connect(what);
      return connection.about();
    }
    if (!connection) throw new Error("not connected");
    if (op === "close") {
      const { close } = connection;
      connection = undefined;
      return close();
    }
    return connection.request(op, what);
  };
  createInterface({ input: process.stdin }).on("line", async (line) => {
    const { id, ...what } = JSON.parse(line);
    try {
      write({ id, ok: (await perform(what)) ?? null });
    } catch (error) {
      write({ id, error: shown(error) });
    }
  });
  process.stdin.on("end", () => process.exit(0));
}

/** An error as a program that uses the SDK can show it. */
function shown(error) {
  const { name, message, code, data } = error;
  const cause = error.cause instanceof Error ? shown(error.cause) : undefined;
  return { name, message, code, data: data === undefined ? undefined : plain(data), cause };
}

function plain(data) {
  try {
    return JSON.parse(JSON.stringify(data));
  } catch {
    return String(data);
  }
}

/** What the SDK is asked by each request of a test, the same in both major versions but for `call`. */
export function requests(client, call) {
  const page = { timeout: CALL_LIMIT };
  return {
    list_tools: ({ cursor }) => client.listTools(cursor && { cursor }, page),
    call_tool: ({ name, arguments: given = {}, progress }) =>
      call(
        { name, arguments: given },
        { ...page, ...(progress && { onprogress: (at) => tell("progress", { name, at }) }) },
      ),
    list_resources: ({ cursor }) => client.listResources(cursor && { cursor }, page),
    list_templates: () => client.listResourceTemplates(undefined, page),
    read_resource: ({ uri }) => client.readResource({ uri }, page),
    list_prompts: () => client.listPrompts(undefined, page),
    get_prompt: ({ name, arguments: given }) => client.getPrompt({ name, arguments: given }, page),
    complete: ({ ref, argument, context }) => client.complete({ ref, argument, context }, page),
    ping: () => client.ping(page),
    set_level: ({ level }) => client.setLoggingLevel(level, page),
    subscribe: ({ uri }) => client.subscribeResource({ uri }, page),
    unsubscribe: ({ uri }) => client.unsubscribeResource({ uri }, page),
  };
}
