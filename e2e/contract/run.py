"""Sends examples of everything that openapi.yaml describes to the real server, and checks each answer against it.

LATCHKEY_BIN names the server's binary. See README.md.
"""

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import requests

# Nothing is left beside the sources.
sys.dont_write_bytecode = True

from server import Server, fill, neighbours  # noqa: E402

HERE = Path(__file__).parent

# Besides the fuzzing, which is so many examples an operation, each round has about so many of fixed choice.
FIXED = 2300
OPERATIONS = 50
# More in one round than this only makes Schemathesis hold more of it in memory.
MOST_EACH = 500

# One of them makes things, and the other one must not see them: what the check object_level_authorization looks at. It
# needs few examples, as it asks again for each thing.
NEIGHBOURS = """
[auth.wfc]
path = "neighbours.json"
user = "one"
peers = ["one", "other"]
"""
LEAST_OF_NEIGHBOURS = 10

# Operations that no example can succeed at.
NEVER_ACCEPTED = {
    "setUp": "it is set up already",
    "signIn": "the passwords are unknown",
    "claimSession": "the links are unknown",
    "confirmSession": "the present password is unknown",
    "changePassword": "the present password is unknown",
    "confirmSecondFactor": "no app has the secret",
    "endSecondFactor": "no second factor is on",
    "resetSecondFactor": "no second factor is on",
}

# Schemathesis shows the bodies of answers as they came, cut where they are long: keys, tokens, sign-in links, secrets of
# second factors.
SECRETS = re.compile(r"\blkm?_[0-9A-Za-z]{5,}|(?<=__Host-latchkey=)[^;\s'\"]+|(?<=#token=)[\w-]+|\b[A-Z2-7]{32}\b|(?<=\"path\":\")M[^\"]+")


def main():
    # Ended from outside, it still ends its server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options = arguments()
    binary = os.environ.get("LATCHKEY_BIN")
    if not binary:
        sys.exit("LATCHKEY_BIN must name the server's binary; `cargo xtask test` sets it")
    by_name = {"sent": Counter(), "accepted": Counter(), "checks": Counter(), "excluded": Counter()}
    each = options.each or min(MOST_EACH, max(1, (options.examples * 21 // 20 - FIXED) // OPERATIONS))
    seed = options.seed
    is_good = True
    started = time.monotonic()
    while is_good and sum(by_name["sent"].values()) < options.examples:
        print(f"contract: round with --seed {seed} --each {each}", flush=True)
        is_good, counts = one_round(binary, seed, each, options.document)
        for name, counter in by_name.items():
            for part in counts:
                counter.update(part[name])
        if not is_good:
            print(f"contract: to repeat it: run.py --seed {seed} --each {each} --examples 1")
        seed += 1
    is_good = summary(by_name, options, is_good, time.monotonic() - started)
    sys.exit(0 if is_good else 1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--examples", type=int, default=5000, help="how many to send at least")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31), help="of the first round")
    parser.add_argument("--each", type=int, help="how many an operation and round, to repeat a failure")
    parser.add_argument("--document", type=Path, help="hold the server against this instead of its own document")
    return parser.parse_args()


def one_round(binary, seed, each, document):
    """A fresh server and two runs of Schemathesis: whether all was well, and what was counted in each."""
    with tempfile.TemporaryDirectory(prefix="latchkey-contract-") as folder:
        folder = Path(folder)
        server = Server(binary)
        try:
            world = fill(server) | {"seed": seed}
            # Of a document that it fetches itself, Schemathesis leaves out the operation that gave it.
            text = document.read_bytes() if document else requests.get(f"{server.origin}/openapi.json", timeout=30).content
            (folder / "openapi.json").write_bytes(text)
            config = (HERE / "schemathesis.toml").read_text().replace("seed = 1\n", f"seed = {seed}\n", 1)
            counts = []
            is_good = schemathesis(folder, config, each, world | {"neighbours": False}, [], counts)
            (folder / "neighbours.json").write_text(json.dumps(neighbours(server.origin)))
            few, phases = max(LEAST_OF_NEIGHBOURS, each // 10), ["--phases", "fuzzing,stateful"]
            is_good &= schemathesis(folder, config + NEIGHBOURS, few, world | {"neighbours": True}, phases, counts)
            if not server.is_running() or " panicked at " in server.log():
                print(SECRETS.sub("…", server.log()))
                is_good = False
            return is_good, counts
        finally:
            server.close()


def schemathesis(folder, config, each, world, arguments, counts):
    """One run of Schemathesis in this folder: whether all was well. What was counted is added to `counts`."""
    # The folder is also where Schemathesis finds its settings and leaves its files.
    (folder / "schemathesis.toml").write_text(config.replace("max-examples = 100\n", f"max-examples = {each}\n", 1))
    counted = folder / "counts.json"
    counted.unlink(missing_ok=True)
    command = [sys.executable, "-m", "schemathesis.cli", "--no-color"]
    command += ["run", "openapi.json", "--url", world["origin"], *arguments]
    env = os.environ | {
        "CONTRACT_WORLD": json.dumps(world),
        "CONTRACT_COUNTS": str(counted),
        "PYTHONPATH": str(HERE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SCHEMATHESIS_HOOKS": "hooks",
    }
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    child = subprocess.Popen(command, cwd=folder, env=env, **pipes)
    try:
        for line in child.stdout:
            # It can replay failures of its own files, which don't outlive the run.
            if not line.startswith("    st replay "):
                print(SECRETS.sub("…", line), end="", flush=True)
    finally:
        child.terminate()
    is_good = child.wait() == 0
    if counted.exists():
        counts.append(json.loads(counted.read_text()))
        return is_good
    return False


def summary(by_name, options, is_good, seconds):
    """Prints what was done, and whether it is enough."""
    sent, accepted = by_name["sent"], by_name["accepted"]
    count = sum(sent.values())
    print("contract: operation, examples, of which accepted")
    for name in sorted(sent):
        print(f"  {name:<20} {sent[name]:>7} {accepted[name]:>7}")
    print("contract: check, how often it passed, failed")
    checks = by_name["checks"]
    for name in sorted({check.split()[0] for check in checks}):
        print(f"  {name:<30} {checks[f'{name} success']:>7} {checks[f'{name} failure']:>7}")
    print("contract: excluded by exclusions.toml, how often")
    for name, times in by_name["excluded"].most_common():
        print(f"  {name:<36} {times:>7}")
    failures = sum(times for name, times in checks.items() if name.endswith(" failure"))
    if options.examples >= 5000:
        for name in sorted(set(sent) - set(accepted) - set(NEVER_ACCEPTED)):
            print(f"contract: {name} was never accepted: its answers were not looked at")
            is_good = False
    if count < options.examples:
        print(f"contract: {options.examples} examples were asked for")
        is_good = False
    rate = count / seconds if seconds else 0
    print(f"contract: first seed {options.seed}, {seconds:.0f} s, {rate:.0f} examples a second")
    print(f"contract: {count} cases, {failures} failures" + ("" if is_good or failures else ", but see above"))
    return is_good and not failures


if __name__ == "__main__":
    main()
