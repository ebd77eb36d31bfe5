"""Starts the real server on a free port of this machine, with a data directory of its own, and fills it."""

import os
import secrets
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests

# Not the address of the description's examples: they would all meet one that is taken, and chance alone makes few users.
ADA = {"name": "Ada", "email": "ada@contract.example.com", "password": "engines weave algebraic patterns"}

# How long a start may take before the run gives up, in seconds.
START_LIMIT = 30

# The document names the session's cookie as it is called over https. A server whose public address begins so calls it
# that on plain http too: there, a proxy is in front of it. Here, the examples are.
PUBLIC_URL = "https://keys.example.com"
COOKIE = "__Host-latchkey"

MCP_VERSION = "2026-07-28"


class Server:
    """A server of ours. `origin` is where it is reached; `close()` ends it and removes its data."""

    def __init__(self, binary):
        self._data = tempfile.TemporaryDirectory(prefix="latchkey-contract-")
        folder = Path(self._data.name)
        port = free_port()
        self.origin = f"http://127.0.0.1:{port}"
        self.setup_token = secrets.token_urlsafe(32)
        self._log_path = folder / "server.log"
        self._log = self._log_path.open("wb")
        # The caller's own settings must not steer a test's server.
        env = {name: value for name, value in os.environ.items() if not name.startswith("LATCHKEY_")}
        env |= {
            "LATCHKEY_LISTEN": f"127.0.0.1:{port}",
            "LATCHKEY_PUBLIC_URL": PUBLIC_URL,
            "LATCHKEY_DATABASE_URL": f"sqlite://{folder / 'latchkey.db'}",
            "LATCHKEY_SETUP_TOKEN": self.setup_token,
            "LATCHKEY_LOG": "warn",
            # What is counted here is examples; the throttle has tests of its own.
            "LATCHKEY_SIGN_IN_ATTEMPTS": "100000",
            "LATCHKEY_CHANGES_PER_MINUTE": "0",
            "LATCHKEY_EXPORTS_PER_MINUTE": "0",
            # No upstream is there: who asks for one shall be told so soon.
            "LATCHKEY_UPSTREAM_CONNECT_SECONDS": "1",
            "LATCHKEY_UPSTREAM_ANSWER_SECONDS": "1",
        }
        self._process = subprocess.Popen(
            [binary, "serve"], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        try:
            self._until_ready()
        except BaseException:
            self.close()
            raise

    def is_running(self):
        return self._process.poll() is None

    def log(self):
        """All that it has written so far."""
        return self._log_path.read_text(errors="replace")

    def close(self):
        self._process.terminate()
        try:
            self._process.wait(START_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._data.cleanup()

    def _until_ready(self):
        limit = time.monotonic() + START_LIMIT
        while True:
            if not self.is_running():
                raise RuntimeError(f"the server ended with {self._process.returncode}\n{self.log()}")
            try:
                if requests.get(f"{self.origin}/readyz", timeout=5).ok:
                    return
            except requests.ConnectionError:
                pass
            if time.monotonic() > limit:
                raise RuntimeError(f"the server was not ready after {START_LIMIT} s\n{self.log()}")
            time.sleep(0.025)


class Person:
    """The API as a person uses it, signed in: Ada, unless told otherwise. Where an example ends the session, or it is
    too old for what is asked, they sign in again."""

    def __init__(self, origin, email=ADA["email"]):
        self._origin = origin
        self._email = email
        self._http = requests.Session()
        self._session = None

    def sign_in(self):
        """A fresh session's token."""
        answer = self._send("POST", "/session", {"email": self._email, "password": ADA["password"]})
        return cookie_of(checked(answer))

    def ask(self, method, path, body=None):
        """What the answer says; an error for a refusal, which repeats nothing of what was sent."""
        self._session = self._session or self.sign_in()
        answer = self._send(method, path, body, self._session)
        is_old = answer.status_code == 403 and answer.json().get("code") == "confirmation_required"
        if answer.status_code == 401 or is_old:
            self._session = self.sign_in()
            answer = self._send(method, path, body, self._session)
        checked(answer)
        return answer.json() if answer.content else None

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body=None):
        return self.ask("POST", path, body or {})

    def set_up(self, setup_token):
        """Sets the server up, and gives Ada's id."""
        body = {"setup_token": setup_token, "project_name": "Memory Lake", **ADA}
        answer = checked(self._send("POST", "/setup", body))
        self._session = cookie_of(answer)
        return answer.json()["user"]["id"]

    def new_token(self):
        """A management token and its secret."""
        return self.post("/me/tokens", {"name": "Contract", "permissions": ["manage", "verify"]})

    def new_key(self, project):
        """A key and its secret."""
        return self.post(f"/projects/{project['id']}/keys", {"description": "CI - Contract", "environment": "staging"})

    def new_project(self):
        return self.post("/projects", {"name": "Sandbox"})

    def new_user(self, password=None):
        email = f"{secrets.token_hex(8)}@example.com"
        wanted = {"name": "Newcomer", "email": email, "role": "member", "password": password}
        return self.post("/users", wanted)["user"]

    def _send(self, method, path, body=None, session=None):
        # The jar stays empty: who is signed in is said with each request.
        self._http.cookies.clear()
        headers = {"Cookie": f"{COOKIE}={session}"} if session else {}
        return self._http.request(method, f"{self._origin}/api/v1{path}", json=body, headers=headers, timeout=30)


class Refused(Exception):
    """The server refused what the run itself asked for."""


def checked(answer):
    if not answer.ok:
        path = urlsplit(answer.request.url).path
        raise Refused(f"{answer.request.method} {path} answered {answer.status_code} {answer.json().get('code')}")
    return answer


def cookie_of(answer):
    return answer.cookies[COOKIE]


def fill(server):
    """Sets the server up and makes a little of everything; gives what the examples need to know of it."""
    ada = Person(server.origin)
    ada_id = ada.set_up(server.setup_token)
    project = ada.get("/projects")["items"][0]
    keys = f"/projects/{project['id']}/keys"
    for role in ["viewer", "editor"]:
        ada.post(f"/projects/{project['id']}/members", {"email": ada.new_user()["email"], "role": role})
    used, rotated, revoked = (ada.new_key(project) for _ in range(3))
    for text in ["Ada prefers release notes in plain words.", "The nightly import takes ten minutes."]:
        remember(server.origin, project, used["secret"], text)
    ada.post(f"{keys}/{rotated['key']['id']}/rotate", {"overlap_seconds": 86400})
    ada.ask("DELETE", f"{keys}/{revoked['key']['id']}?reason=unused")
    return {"origin": server.origin, "ada": ada_id}


def neighbours(origin):
    """Two people who share nothing, each with a management token, as a file of the Web Fuzzing Commons has them."""
    ada = Person(origin)

    def entry(name):
        person = Person(origin, ada.new_user(ADA["password"])["email"])
        token = person.new_token()["secret"]
        return {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {token}"}]}

    return {"auth": [entry("one"), entry("other")]}


def remember(origin, project, secret, text):
    """Lets the project's memory server remember a text. It is a use of the key, too."""
    answer = requests.post(
        f"{origin}/{project['slug']}/mcp/v1",
        headers={
            "Authorization": f"Bearer {secret}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": MCP_VERSION,
            "Mcp-Method": "tools/call",
            "Mcp-Name": "remember",
        },
        json={
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {
                "name": "remember",
                "arguments": {"text": text},
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": MCP_VERSION,
                    "io.modelcontextprotocol/clientInfo": {"name": "contract", "version": "1"},
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            },
        },
        timeout=30,
    )
    if answer.status_code != 200:
        raise Refused(f"remembering answered {answer.status_code}")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
