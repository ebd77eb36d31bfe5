// The official TypeScript SDK, major version 2, which speaks both eras.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

import { ANSWERS, CAPABILITIES, requests, run, tell } from "./loop.mjs";

const MODES = { legacy: "legacy", auto: "auto", modern: { pin: "2026-07-28" } };

run(async ({ url, headers, era = "auto" }) => {
  const client = new Client(
    { name: "ts-sdk-2", version: "2.0.0" },
    { capabilities: CAPABILITIES, versionNegotiation: { mode: MODES[era] } },
  );
  for (const [method, answer] of Object.entries(ANSWERS)) {
    client.setRequestHandler(method, (request) => {
      tell("asked", { method });
      return answer(request.params);
    });
  }
  for (const method of ["notifications/message", "notifications/resources/updated"]) {
    client.setNotificationHandler(method, ({ params }) => tell("notified", { method, params }));
  }
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  client.onerror = (error) => tell("error", { message: error.message });
  client.onclose = () => tell("closed");
  await client.connect(transport);
  const known = requests(client, (params, options) => client.callTool(params, options));
  return {
    about: () => ({
      server: client.getServerVersion(),
      protocol: client.getNegotiatedProtocolVersion(),
      capabilities: client.getServerCapabilities(),
      instructions: client.getInstructions(),
      session: transport.sessionId,
    }),
    request: (op, what) => known[op](what),
    async close() {
      if (transport.sessionId) await transport.terminateSession();
      await client.close();
    },
  };
});
