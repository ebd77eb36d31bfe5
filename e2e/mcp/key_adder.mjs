// A proxy for a client that can send no header of ours: it puts the key into each request, as Authorization, and leaves
// every other byte as it is, for the sake of tests of what servers make of odd headers.

import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Starts it in front of an origin; gives its own `origin` and `stop()`. */
export async function startKeyAdder(target, secret) {
  const { hostname, port } = new URL(target);
  const sockets = new Set();
  const server = createServer((client) => {
    const onwards = connect({ host: hostname, port });
    for (const socket of [client, onwards]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        sockets.delete(socket);
        client.destroy();
        onwards.destroy();
      });
    }
    onwards.pipe(client);
    const next = requests(secret, (bytes) => onwards.write(bytes));
    client.on("data", (chunk) => {
      try {
        next(chunk);
      } catch (error) {
        client.destroy(error);
      }
    });
    client.on("end", () => onwards.end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Takes the bytes of a connection's requests, one after the other, and writes them with the key in each head. */
function requests(secret, write) {
  let head = Buffer.alloc(0);
  let bodyLeft = 0;
  const take = (chunk) => {
    if (bodyLeft > 0) {
      const part = chunk.subarray(0, bodyLeft);
      bodyLeft -= part.length;
      write(part);
      if (part.length < chunk.length) take(chunk.subarray(part.length));
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    const lines = head.subarray(0, end).toString("latin1").split("\r\n");
    const rest = head.subarray(end + 4);
    head = Buffer.alloc(0);
    const value = (name) => lines.find((line) => line.toLowerCase().startsWith(`${name}:`))?.split(":")[1].trim();
    if (value("transfer-encoding")) throw new Error("a chunked request is not read here");
    bodyLeft = Number(value("content-length") ?? 0);
    const [first, ...others] = lines;
    write(Buffer.from([first, `Authorization: Bearer ${secret}`, ...others, "", ""].join("\r\n"), "latin1"));
    if (rest.length) take(rest);
  };
  return take;
}
