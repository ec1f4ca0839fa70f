"""GitHub's own description of its API, and whether a request or an answer fits it.

Owns: reading the description (npm: @octokit/openapi) and judging by it. Refuses to know: what anything means (see standin.py).
"""

import json
import re
from urllib.parse import parse_qsl, unquote

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

METHODS = ("get", "put", "post", "delete", "patch")
# What a client may ask to be answered by; https://docs.github.com/rest/about-the-rest-api/api-versions
VERSIONS = ("2022-11-28", "2026-03-10")
# Requests without a body may say so, and JSON is the only other thing they say.
JSON_TYPES = ("application/json", "application/vnd.github+json", "application/vnd.github.v3+json")


class Description:
    """The description, loaded once."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = json.load(file)
        self.registry = Registry().with_resource("api:", Resource(contents=self.document, specification=DRAFT4))
        self.routes = []
        for template, item in self.document["paths"].items():
            pattern = re.compile("/".join(self._segment(part) for part in template.split("/")))
            # A literal part beats one that stands for anything.
            rank = sum(part.startswith("{") for part in template.split("/"))
            for method in METHODS:
                if method in item:
                    self.routes.append((rank, method, pattern, item[method]))
        self.routes.sort(key=lambda route: route[0])

    @staticmethod
    def _segment(part):
        named = re.fullmatch(r"\{(\w+)\}", part)
        return f"(?P<{named[1]}>[^/]+)" if named else re.escape(part)

    def operation(self, method, path):
        """The operation that a path is of, with what stands for its variables; None where there is none."""
        for _, verb, pattern, operation in self.routes:
            if verb == method.lower() and (found := pattern.fullmatch(path)):
                return operation, {name: unquote(value) for name, value in found.groupdict().items()}
        return None

    def request(self, operation, variables, query, headers, body):
        """What is wrong with a request: a list of messages."""
        wrong = list(self._headers(headers, body))
        parameters = [self._resolved(parameter) for parameter in operation.get("parameters", [])]
        given = {("path", name): value for name, value in variables.items()}
        given |= {("query", name): value for name, value in parse_qsl(query, keep_blank_values=True)}
        described = {(parameter["in"], parameter["name"]): parameter for parameter in parameters}
        for place, value in given.items():
            if place not in described:
                wrong.append(f"the {place[0]} has no parameter {place[1]!r}")
            else:
                wrong += self._errors(described[place]["schema"], self._read(described[place]["schema"], value), f"{place[1]}: ")
        wrong += [f"{place[1]} is missing" for place, parameter in described.items() if parameter.get("required") and place not in given]
        return wrong + self._body(operation, body)

    def answer(self, operation, status, body):
        """What is wrong with an answer: a list of messages."""
        described = operation["responses"].get(str(status))
        if described is None:
            # Limits and outages are described once for all operations, in prose.
            return [] if status in (401, 403, 404, 429) or status >= 500 else [f"{status} is no answer of it"]
        content = self._resolved(described).get("content", {}).get("application/json")
        if content is None:
            return [] if body is None else [f"{status} has no body"]
        return self._errors(content["schema"], body, "answer: ")

    def _headers(self, headers, body):
        if not headers.get("user-agent"):
            yield "no user-agent"
        if headers.get("accept") not in JSON_TYPES:
            yield f"accept is {headers.get('accept')!r}"
        if not re.fullmatch(r"(Bearer|token) \S+", headers.get("authorization") or ""):
            yield "no authorization"
        if headers.get("x-github-api-version", VERSIONS[0]) not in VERSIONS:
            yield f"x-github-api-version is {headers['x-github-api-version']!r}"
        if body is not None and headers.get("content-type", "").split(";")[0] != "application/json":
            yield f"content-type is {headers.get('content-type')!r}"

    def _body(self, operation, body):
        described = operation.get("requestBody")
        if described is None:
            return [] if body is None else ["it takes no body"]
        if body is None:
            return ["its body is missing"] if self._resolved(described).get("required") else []
        schema = self._resolved(self._resolved(described)["content"]["application/json"]["schema"])
        # GitHub ignores what it does not know, which hides a misspelled member: here it is wrong.
        choices = [self._resolved(choice) for choice in schema.get("oneOf", schema.get("anyOf", [schema]))]
        told = [self._errors(self._closed(choice), body, "body: ") for choice in choices]
        return [] if [] in told else min(told, key=len)

    @staticmethod
    def _closed(schema):
        return {**schema, "additionalProperties": False} if "properties" in schema else schema

    def _resolved(self, node):
        while "$ref" in node:
            found = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def _read(self, schema, text):
        kind = self._resolved(schema).get("type")
        if kind == "integer" and re.fullmatch(r"-?\d+", text):
            return int(text)
        if kind == "boolean" and text in ("true", "false"):
            return text == "true"
        return text

    def _errors(self, schema, value, about):
        schema = json.loads(json.dumps(schema).replace('"#/components/', '"api:#/components/'))
        validator = OAS30Validator(schema, registry=self.registry, format_checker=OAS30Validator.FORMAT_CHECKER)
        return [f"{about}{'/'.join(map(str, error.absolute_path))} {error.message[-200:]}" for error in validator.iter_errors(value) if not self._null(error)]

    @staticmethod
    def _null(error):
        # The description says nullable beside lists of values that leave null out, and GitHub sends null.
        return error.validator == "enum" and error.instance is None and error.schema.get("nullable")
