"""A program that watches privlink, and knows nothing of it but the schema of its events.

Usage: events.py check SCHEMA FILE..., which validates every line of the files and says how many there were;
events.py draw, which reads events from its standard input and draws how far they have come, a line at each change:
the way, the steps done, all of them, and the share. Its last line is the outcome.
"""

import json
import sys


def check(schema, *files):
    from jsonschema import Draft202012Validator

    with open(schema) as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    lines = 0
    for name in files:
        with open(name) as file:
            for number, line in enumerate(file, 1):
                lines += 1
                errors = list(validator.iter_errors(json.loads(line)))
                for error in errors:
                    # What is wrong by the one of the sorts that is meant.
                    nearest = min(error.context or [error], key=lambda one: one.relative_schema_path[0] != "properties")
                    print(f"{name}:{number}: {line.strip()[:200]}\n  {nearest.message[:300]}", file=sys.stderr)
                if errors:
                    sys.exit(1)
    print(f"{lines} lines")


def draw():
    way, done, total = "forward", set(), 0

    def show():
        share = 100 * len(done) // total if total else 100
        print(f"{way} {len(done)}/{total} {share}%", flush=True)

    for line in sys.stdin:
        event = json.loads(line)
        match event["type"]:
            case "plan":
                total = len(event["steps"])
            case "run":
                done = set(event["done"])
                show()
            case "unwinding":
                way, done, total = "back", set(event["done"]), len(event["steps"])
                show()
            case "step" if event["event"] == "done":
                assert event["way"] == way, event
                done.add(event["step"])
                show()
            case "outcome":
                print(f"{event['outcome']} {event['exit_code']}", flush=True)


verb, *rest = sys.argv[1:]
{"check": check, "draw": draw}[verb](*rest)
