"""Gives the ids in a saved plan names that are the same at every run: the sandbox draws ids in the order of the calls, and
calls that run together come in any order.

usage: steady.py PLAN STEADY
"""

import hashlib
import json
import re
import sys

# What is drawn or digested: hexadecimal digits in these lengths, and nothing else has them.
DRAWN = re.compile(r"(?<![0-9a-zA-Z])(?:[0-9a-f]{64}|[0-9a-f]{17}|[0-9a-f]{16}|[0-9a-f]{8})(?![0-9a-zA-Z])")
# The last part of an endpoint's name, and of its addresses.
LABEL = re.compile(r"(vpce-[0-9a-f]{17})-[0-9a-z]{8}(?=[.-])")
ADDRESS = re.compile(r"(?<![0-9.])(10\.0\.[0-9]+)\.[0-9]+(?![0-9./_])")
# An id that is nothing but drawn, as API Gateway has them.
BARE = re.compile(r"(?<![0-9a-z])[0-9a-z]{6,10}$")


def strings(value):
    """All texts in a value, in the order of its keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from strings(value[key])


def main(source, target):
    text = open(source, encoding="utf-8").read()
    plan = json.loads(text)
    there = [change["before"] for change in plan["changes"] if change["before"]]
    names = {}

    def name(old):
        if old not in names:
            digest = hashlib.sha256(str(len(names)).encode()).hexdigest()
            names[old] = (digest * 2)[: len(old)]

    # An object's own id is the same object's at every run; what else is in it may stand in any order.
    for before in there:
        if before["kind"] in ("rest-api", "vpc-link", "deployment"):
            for old in BARE.findall(before["id"]):
                name(old)
        for old in DRAWN.findall(before["id"]):
            name(old)
    for old in DRAWN.findall("\n".join(text for before in there for text in strings(before["attrs"]))):
        name(old)
    for change in plan["changes"]:
        for old in DRAWN.findall("\n".join(strings([change["after"], change["attributes"]]))):
            name(old)
    plan["id"] = "0" * 64
    for step in plan["steps"]:
        step["token"] = ""
    plan["objects"] = {}
    text = json.dumps(plan, ensure_ascii=False)
    word = re.compile(r"(?<![0-9a-zA-Z])[0-9a-z]{6,64}(?![0-9a-zA-Z])")
    text = word.sub(lambda found: names.get(found.group(), found.group()), text)
    text = ADDRESS.sub(r"\1.9", LABEL.sub(r"\1-label000", text))
    with open(target, "w", encoding="utf-8") as file:
        file.write(text)


main(*sys.argv[1:])
