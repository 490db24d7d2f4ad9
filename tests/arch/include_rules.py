#!/usr/bin/env python3
"""Refuses includes that go against the tree's arrows (docs/architecture.md), and files that grow too long.

Who may include whom is the table below: a folder may include itself and what stands beside its name. Unit tests
(*_test.cpp) may also include tests/support; tests/ may include anything. Run from anywhere; exits with 1 and one line for
each fault: file:line: what is wrong.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LONGEST_FILE_LINES = 700
SOURCE_SUFFIXES = {".h", ".cpp", ".c"}

# nodeservice's modules from the lowest: each may include those of the lines above its own.
NODE_LEVELS = [
    ["jobs/schedule"],
    ["jobs/definition", "endpoints/definition"],
    ["endpoints/model"],
    ["postgres", "store"],
    ["identity"],
    ["audit", "catalog", "query", "jobs", "endpoints", "mesh"],
    ["gateway"],
    ["rest", "server"],
    ["daemon"],
]


def node_rules():
    rules, lower = {}, ["common", "plugins/sdk"]
    for level in NODE_LEVELS:
        for module in level:
            rules[f"nodeservice/{module}"] = list(lower)
        lower += [f"nodeservice/{module}" for module in level]
    # Errors become gRPC statuses, and statuses errors, in one file, which is the client's.
    rules["nodeservice/server"].append("nodeservice/client")
    return rules


JOB_FILES = ["nodeservice/jobs/definition", "nodeservice/jobs/schedule"]
ENDPOINT_FILES = ["nodeservice/endpoints/definition", "nodeservice/endpoints/model"]

MAY_INCLUDE = {
    "common": [],
    "plugins/sdk": ["common"],
    "plugins": ["common", "plugins/sdk"],  # each connector, for itself
    "plugins/store": ["common", "plugins/sdk", "plugins/sqlite"],  # what it reads is a SQLite file
    "plugins/node": ["common", "plugins/sdk", "plugins/postgres"],  # a node is reached as a PostgreSQL is
    "fdw/core": ["common", "plugins/sdk"],
    "fdw/pg": ["fdw/core"],
    "nodeservice/client": ["common"],
    **node_rules(),
    # Its local ports speak the PostgreSQL protocol and SCRAM as the gateway does.
    "agent": ["common", "nodeservice/client", "nodeservice/gateway", "nodeservice/identity"],
    # What a job is and when it runs is read by the node's own code (docs/decisions/0031), and so is what an endpoint is
    # (0043).
    "app/core": ["common", "nodeservice/client", *JOB_FILES, *ENDPOINT_FILES],
    "app/cli": ["common", "nodeservice/client", "app/core"],
    "app/workbench": ["common", "nodeservice/client", *JOB_FILES, *ENDPOINT_FILES, "app/core", "plugins/workbench"],
}

# Library headers that only some folders may see: pattern, folders, why. (store_services.h is the fixture of two tests of
# nodeservice/server, which speak to real services.)
LIBRARY_RULES = [
    (r"postgres\.h", r"fdw/pg/.*\.[ch]$", "postgres.h is for fdw/pg only"),
    (r".*\.pb\.h", r"((nodeservice/(client|server)|agent)/.*\.cpp|tests/support/store_services\.h)$",
     "generated headers stay in .cpp files of nodeservice/client, nodeservice/server and agent"),
    (r"grpc(pp)?/.*", r"((nodeservice/(client|server|daemon)|agent)/|tests/support/(raw_(call|stream)\.cpp|store_services\.h)$)",
     "gRPC is for nodeservice/client, server and daemon, and for the agent; tests have tests/support/raw_call.h and raw_stream.h"),
    (r"Qsci/.*", r"app/workbench/", "QScintilla is GPL: only app/workbench uses it"),
    (r"Q(t\w+/)?[A-Z]\w*", r"(app|agent|plugins/workbench|tests/gui)/",
     "Qt is for app, agent and the workbench's plugins"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def module_of(path):
    """The longest folder of the table that holds the path; a connector's folder is a module of its own."""
    parts = path.split("/")
    if parts[0] == "plugins" and len(parts) > 2:
        return "/".join(parts[:2])
    for name in ("/".join(parts[:3]), "/".join(parts[:2]), parts[0]):
        if name in MAY_INCLUDE:
            return name
    return None


def may_include(path, target):
    own, other = module_of(path), module_of(target)
    if path.startswith("tests/") or own == other:
        return True
    if target.startswith("tests/support/"):
        return path.endswith("_test.cpp")
    rules = MAY_INCLUDE.get(own) or MAY_INCLUDE.get(own.split("/")[0] if own else "", [])
    return other in rules


def is_ours(target):
    return target.split("/")[0] in {"common", "plugins", "fdw", "nodeservice", "agent", "app", "tests"}


def faults_of(path, text):
    """All faults of one file, as (line, message)."""
    faults = []
    lines = text.splitlines()
    if len(lines) > LONGEST_FILE_LINES:
        faults.append((len(lines), f"{len(lines)} lines, at most {LONGEST_FILE_LINES}: split the file by purpose"))
    # Headers that C reads too, some of them by an interface's own rules, may have the classic guard.
    if path.endswith(".h") and not re.search(r"^#(pragma once|ifndef \w+_H)$", text, re.MULTILINE):
        faults.append((1, "a header begins with '#pragma once'"))
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*using namespace\b", line):
            faults.append((number, "'using namespace' hides where names come from"))
        found = INCLUDE.match(line)
        if not found:
            continue
        target = found.group(2)
        for pattern, allowed, why in LIBRARY_RULES:
            if re.fullmatch(pattern, target) or (pattern.endswith(r"\.pb\.h") and target.endswith(".pb.h")):
                if not re.match(allowed, path):
                    faults.append((number, f"may not include {target}: {why}"))
        if found.group(1) == '"' and is_ours(target) and not target.endswith(".pb.h"):
            if not may_include(path, target):
                faults.append((number, f"may not include {target}: {module_of(path)} stands below it or beside it"))
            elif not (ROOT / target).exists():
                faults.append((number, f"includes {target}, which does not exist"))
        elif found.group(1) == '"' and "/" not in target and not target.endswith((".moc", "postgres.h")):
            if (ROOT / path).parent.joinpath(target).exists():
                faults.append((number, f"includes {target} by its bare name: write its path from the source root"))
    return faults


def tracked_sources():
    listing = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                             capture_output=True, text=True).stdout.split("\n")
    return [name for name in listing if pathlib.Path(name).suffix in SOURCE_SUFFIXES and (ROOT / name).exists()]


def main():
    count = 0
    for path in tracked_sources():
        for line, message in faults_of(path, (ROOT / path).read_text(encoding="utf-8")):
            print(f"{path}:{line}: {message}", file=sys.stderr)
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
