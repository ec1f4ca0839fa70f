"""Holds documents against a JSON Schema by an implementation that is not ours, and says what is wrong with them.

usage: valid.py SCHEMA DOCUMENT...
"""

import json
import sys

import jsonschema


def main(schema, *documents):
    with open(schema, encoding="utf-8") as file:
        schema = json.load(file)
    validator = jsonschema.validators.validator_for(schema, default=None)
    if validator is None:
        sys.exit("the schema does not say which draft it is of")
    validator.check_schema(schema)
    for name in documents:
        with open(name, encoding="utf-8") as file:
            document = json.load(file)
        for error in validator(schema).iter_errors(document):
            print(f"{error.json_path}: {error.message[:200]}")


main(*sys.argv[1:])
