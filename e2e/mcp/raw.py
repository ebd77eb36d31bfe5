"""A client on bare sockets, which knows to the byte what has reached it.

Reads one JSON object from stdin: `origin`, the API's `cookie`, `project` (its path in the API), `endpoint` (a path),
`runs` (a list of `{"kind", "ending"}`), and writes one JSON object a run to stdout.

In each run a key is made and a stream opened with it; then the key's access ends, by the API or by itself. When the
API's answer is there, the kernel is asked how much of the stream waits in its receive queue (FIONREAD). From then on
everything is read, up to the end: `waiting` bytes may come and no more.
"""

import fcntl
import json
import select
import socket
import struct
import sys
import termios
import time
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

LIMIT = 10.0


class Closed(Exception):
    """The other side has ended the connection."""


class Wire:
    """A connection of HTTP/1.1."""

    def __init__(self, address: tuple[str, int], receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            # Before the connection is made: it decides about the window that the other side gets.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(LIMIT)
        self.socket.connect(address)

    def send(self, method: str, path: str, headers: dict[str, str], body: Any = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + content)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """An answer up to its end."""
        head, rest = self.head()
        status, headers = parse(head)
        if headers.get("transfer-encoding") == "chunked":
            return status, headers, self.chunks(rest)
        while len(rest) < int(headers.get("content-length", 0)):
            rest += self.some()
        return status, headers, rest

    def chunks(self, got: bytes) -> bytes:
        """A chunked body, of which `got` is there."""
        body = b""
        while True:
            while b"\r\n" not in got:
                got += self.some()
            size, _, got = got.partition(b"\r\n")
            length = int(size, 16)
            while len(got) < length + 2:
                got += self.some()
            body, got = body + got[:length], got[length + 2 :]
            if length == 0:
                return body

    def head(self) -> tuple[bytes, bytes]:
        """The lines before the body, and what has come of the body with them."""
        got = b""
        while b"\r\n\r\n" not in got:
            got += self.some()
        head, _, rest = got.partition(b"\r\n\r\n")
        return head, rest

    def some(self) -> bytes:
        got = self.socket.recv(65536)
        if not got:
            raise Closed
        return got

    def waiting(self) -> int:
        """The bytes in the kernel's receive queue."""
        return struct.unpack("i", fcntl.ioctl(self.socket, termios.FIONREAD, b"\0\0\0\0"))[0]

    def rest(self) -> tuple[int, str]:
        """Reads to the end; how many bytes came, and how it ended."""
        count = 0
        try:
            while got := self.socket.recv(65536):
                count += len(got)
            return count, "end"
        except ConnectionResetError:
            return count, "reset"
        except TimeoutError:
            return count, "still open"


def parse(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return int(first.split()[1]), headers


class Api:
    """The management API, over one connection."""

    def __init__(self, address: tuple[str, int], cookie: str) -> None:
        self.wire = Wire(address)
        self.cookie = cookie

    def send(self, method: str, path: str, body: Any = None) -> None:
        self.wire.send(method, f"/api/v1{path}", {"Cookie": self.cookie}, body)

    def take(self) -> Any:
        status, _, body = self.wire.answer()
        if not 200 <= status < 300:
            raise RuntimeError(f"the API answered {status} {body.decode()}")
        return json.loads(body) if body else None

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        self.send(method, path, body)
        return self.take()


def open_stream(address: tuple[str, int], endpoint: str, secret: str, kind: str) -> Wire:
    """Opens a stream, as the kind says: `era answer how`."""
    era, answer, how = kind.split()
    # Small, so that the other side's writes soon have nowhere to go.
    wire = Wire(address, 4096 if how == "stalls" else None)
    headers = {"Authorization": f"Bearer {secret}", "Accept": "application/json, text/event-stream"}
    if era == "modern":
        version = "2026-07-28"
        meta = {
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        headers |= {"MCP-Protocol-Version": version, "Mcp-Method": "tools/call", "Mcp-Name": answer}
        params = {"name": answer, "arguments": {}, "_meta": meta}
        wire.send("POST", endpoint, headers, {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    else:
        client = {"name": answer, "version": "1"}
        params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
        wire.send("POST", endpoint, headers, {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})
        status, given, body = wire.answer()
        if status != 200 or "mcp-session-id" not in given:
            raise RuntimeError(f"initialize answered {status} {body.decode()}")
        headers |= {"Mcp-Session-Id": given["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
        headers["Accept"] = "text/event-stream"
        wire.send("GET", endpoint, headers)
    if answer == "nothing":
        # Until it has certainly arrived, which no answer tells.
        time.sleep(0.05)
        return wire
    head, _ = wire.head()
    status, given = parse(head)
    if status != 200 or not given["content-type"].startswith("text/event-stream"):
        raise RuntimeError(f"the stream was answered {status} {given}")
    return wire


def read_while(stream: Wire, done: socket.socket, how: str) -> int:
    """Waits for the API's answer, and reads meanwhile as a client of that kind does. Gives how much it read."""
    count = 0
    while True:
        watched = [done, stream.socket] if how == "reads" else [done]
        readable, _, _ = select.select(watched, [], [], LIMIT)
        if done in readable:
            return count
        if not readable:
            raise TimeoutError("the API had no answer")
        try:
            got = stream.socket.recv(65536)
        except ConnectionResetError:
            got = b""
        if not got:
            # Ended already: nothing can follow.
            how = "waits"
        count += len(got)


def until_stalled(stream: Wire) -> int:
    """Waits until no more comes into the queue that nobody reads."""
    before = -1
    while (now := stream.waiting()) != before or now == 0:
        before = now
        time.sleep(0.02)
    return now


def end_access(api: Api, project: str, made: dict[str, Any], ending: str) -> None:
    """Asks the API to end the key's access; the answer is taken later."""
    key = f"{project}/keys/{made['key']['id']}"
    match ending:
        case "revoke":
            api.send("DELETE", key)
        case "disable":
            api.send("PATCH", key, {"disabled": True})
        case "overlap":
            api.send("DELETE", f"{key}/overlap")
        case "archive":
            api.send("DELETE", project)
        case _:
            raise ValueError(ending)


def run(api: Api, address: tuple[str, int], plan: dict[str, Any], kind: str, ending: str) -> dict[str, Any]:
    project, endpoint = plan["project"], plan["endpoint"]
    how = kind.split()[2]
    fields: dict[str, Any] = {"description": f"{kind}, {ending}", "environment": "development"}
    expires = datetime.now(timezone.utc) + timedelta(seconds=1.5)
    if ending == "expiry":
        fields["expires_at"] = expires.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    made = api.ask("POST", f"{project}/keys", fields)
    stream = open_stream(address, endpoint, made["secret"], kind)
    told: dict[str, Any] = {"kind": kind, "ending": ending}
    if how == "stalls":
        told["stalled_at"] = until_stalled(stream)
    if ending == "expiry":
        count, told["how"] = stream.rest()
        told["late"] = (datetime.now(timezone.utc) - expires).total_seconds()
        return told | {"waiting": count, "came": count}
    if ending == "overlap":
        api.ask("POST", f"{project}/keys/{made['key']['id']}/rotate", {"overlap_seconds": 3600})
    began = time.monotonic()
    end_access(api, project, made, ending)
    told["read_meanwhile"] = read_while(stream, api.wire.socket, how)
    receipt = api.take()
    told["waiting"] = stream.waiting()
    told["seconds"] = time.monotonic() - began
    told["came"], told["how"] = stream.rest()
    told["end_after"] = time.monotonic() - began
    receipts = receipt.get("receipts", [receipt])
    told["closed"] = [each.get("streams_closed") for each in receipts]
    stream.socket.close()
    return told


def main() -> None:
    plan = json.load(sys.stdin)
    parts = urlsplit(plan["origin"])
    address = (parts.hostname or "", parts.port or 80)
    for each in plan["runs"]:
        # One for each run: the server ends a connection that was idle for long.
        api = Api(address, plan["cookie"])
        try:
            told = run(api, address, plan, each["kind"], each["ending"])
        except (Closed, OSError, RuntimeError, ValueError) as error:
            told = {**each, "error": f"{type(error).__name__}: {error}"}
        api.wire.socket.close()
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
