"""The expressions of GitHub's workflows, as far as ours use them; whatever else stands in one is an error."""

import re

TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>\d+)|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>==|!=|&&|\|\||[!().,*\[\]]))")


def tokens(source):
    at = 0
    source = source.strip()
    while at < len(source):
        found = TOKEN.match(source, at)
        if not found:
            raise ValueError(f"not understood at {source[at:]!r} in {source!r}")
        at = found.end()
        yield found.lastgroup, found.group(found.lastgroup)
    yield "end", ""


class Expression:
    """One expression, evaluated while it is read. Names are looked up in `contexts`, calls in `functions`."""

    def __init__(self, source, contexts, functions):
        self.source, self.contexts, self.functions = source, contexts, functions
        self.tokens = list(tokens(source))

    def value(self):
        value = self.either()
        if self.tokens[0][0] != "end":
            raise ValueError(f"{self.tokens[0][1]!r} is not expected in {self.source!r}")
        return value

    def take(self, sign):
        if self.tokens[0] == ("sign", sign):
            self.tokens.pop(0)
            return True
        return False

    def need(self, sign):
        if not self.take(sign):
            raise ValueError(f"expected {sign} in {self.source!r}")

    def either(self):
        value = self.both()
        while self.take("||"):
            other = self.both()
            value = value if truth(value) else other
        return value

    def both(self):
        value = self.equal()
        while self.take("&&"):
            other = self.equal()
            value = other if truth(value) else value
        return value

    def equal(self):
        value = self.one()
        for sign, wanted in (("==", True), ("!=", False)):
            if self.take(sign):
                return (fold(value) == fold(self.one())) is wanted
        return value

    def one(self):
        if self.take("!"):
            return not truth(self.one())
        if self.take("("):
            value = self.either()
            self.need(")")
            return value
        kind, text = self.tokens.pop(0)
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return int(text)
        if kind != "name":
            raise ValueError(f"{text!r} is not expected in {self.source!r}")
        if text in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text]
        if self.take("("):
            self.need(")")
            return self.functions[text]()
        value = self.contexts[text]
        while self.take("."):
            key = self.tokens.pop(0)[1]
            value = value.get(key) if isinstance(value, dict) else None
        return value


def fold(value):
    """GitHub compares texts without regard to case."""
    return value.lower() if isinstance(value, str) else value


def truth(value):
    return value not in (None, False, 0, "")


def text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def fill(template, contexts, functions):
    """A text with its `${{ … }}` filled in; what is not a text stays as it is."""
    if not isinstance(template, str):
        return text(template)
    return re.sub(
        r"\$\{\{(.*?)\}\}", lambda found: text(Expression(found.group(1), contexts, functions).value()), template, flags=re.S
    )


def holds(condition, contexts, functions):
    """Whether a step or a job runs. A condition without a status function holds only if nothing failed before."""
    source = text(condition)
    if source.strip().startswith("${{"):
        source = source.strip()[3:-2]
    asks = re.search(r"\b(success|failure|always|cancelled)\s*\(", source)
    value = truth(Expression(source, contexts, functions).value())
    return value if asks else value and functions["success"]()
