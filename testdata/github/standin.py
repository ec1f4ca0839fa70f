"""A small GitHub on this machine, and a place for webhooks, for tests.

    python standin.py [--port 0] [--base /api/v3] [--description FILE] [--tls FOLDER]

It prints its URL and serves until it is killed. With --tls it prints a second one, of HTTPS; who signed that is in
FOLDER/ca.pem. Each request is checked against GitHub's published description, and so is each
answer; what does not fit is a breach: the request is answered by 500, and the breach is kept for the test to look at.

Tokens say what they are: `ghs_job` is that of a job (github-actions[bot], no `GET /user`), `ghs_app_NAME` that of an app
(NAME[bot]), `ghp_LOGIN` a person's. A part `-readonly` at the end takes the right to write, `-triageless` that to set labels,
`-labelless` that to set one that does not exist yet.

`GET /_standin/state` tells everything; `POST /_standin/control` takes a JSON object with any of
  reset              true: as at the beginning, but that breaches are remembered
  forgive            true: the breaches so far were meant
  issues, comments   objects to add, as in the state; `pull_request: true` makes an issue a pull request
  faults             what goes wrong with the next requests, in order: {"method", "path": REGEX, "times": 1} and one of
                     {"status", "headers", "body"}, {"drop": true}; "after": true lets the request take effect first
  remaining, reset_in  how many requests are left, and in how many seconds there are more
  renamed            an old OWNER/NAME that redirects here
  graphql            false: there is none
  crlf               true: texts come back with the line ends of the web
Webhooks go to /hook and below; whatever is posted there is kept.
"""

import argparse
import json
import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from description import Description
import objects

ROOT = Path(__file__).resolve().parents[2]
MODULES = Path(os.environ.get("PRIVLINK_TEST_NODE_MODULES") or ROOT / "target/node/node_modules")
PUBLISHED = MODULES / "@octokit/openapi/generated/api.github.com.json"
LONGEST = 65_536
REPOSITORY = "acme/infra"


class Refused(Exception):
    """An answer other than what was asked for."""

    def __init__(self, status, message, headers=None, errors=None):
        super().__init__(message)
        self.status, self.headers = status, headers or {}
        self.body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
        if errors:
            self.body["errors"] = errors


class World:
    """What there is on it."""

    def __init__(self):
        self.lock, self.breaches = threading.RLock(), []
        self.begin()

    def begin(self):
        self.issues, self.comments, self.labels = {}, {}, set()
        self.requests, self.hooks, self.faults = [], [], []
        self.remaining, self.reset = 5000, None
        self.renamed, self.graphql, self.crlf = None, True, False
        self.ticks, self.ids = 0, 1000
        self.add_issue("Route orders", "", "ana", pull_request=True)

    def now(self):
        """Times are a count of changes, so that tests see the same ones each time."""
        self.ticks += 1
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_790_000_000 + self.ticks))

    def next_id(self):
        self.ids += 1
        return self.ids

    def add_issue(self, title, body, login, labels=(), pull_request=False, state="open", number=None, **more):
        at = self.now()
        number = number or max(self.issues, default=0) + 1
        self.labels |= set(labels)
        self.issues[number] = {
            "number": number, "title": title, "body": body, "login": login, "labels": list(labels), "state": state,
            "state_reason": more.get("state_reason"), "pull_request": pull_request, "locked": more.get("locked", False),
            "created_at": at, "updated_at": at, "closed_at": at if state == "closed" else None,
        }
        return self.issues[number]

    def add_comment(self, issue, body, login):
        at, number = self.now(), self.next_id()
        comment = {"id": number, "issue": issue, "body": body, "login": login, "created_at": at, "updated_at": at}
        self.comments[number] = comment
        return comment

    def control(self, wish):
        if wish.pop("reset", False):
            self.begin()
        if wish.pop("forgive", False):
            self.breaches.clear()
        self.faults += wish.pop("faults", [])
        for issue in wish.pop("issues", []):
            self.add_issue(**{"title": "a title", "body": "", "login": "ana"} | issue)
        for comment in wish.pop("comments", []):
            self.add_comment(comment["issue"], comment["body"], comment.get("login", "ana"))
        if "reset_in" in wish:
            self.reset = int(time.time()) + wish.pop("reset_in")
        for name in ("remaining", "renamed", "graphql", "crlf"):
            if name in wish:
                setattr(self, name, wish.pop(name))
        if wish:
            raise ValueError(f"no such wish: {', '.join(wish)}")

    def state(self):
        listed = {"issues": list(self.issues.values()), "comments": list(self.comments.values())}
        kept = {name: getattr(self, name) for name in ("requests", "breaches", "hooks", "faults")}
        return listed | {"labels": sorted(self.labels)} | kept

    def fault(self, method, path):
        """The fault that a request meets, used up by it."""
        for fault in self.faults:
            if fault.get("method", method) == method and re.search(fault.get("path", ""), path):
                fault["times"] = fault.get("times", 1) - 1
                if fault["times"] <= 0:
                    self.faults.remove(fault)
                return fault
        return None


class Caller:
    """Who asks, by the token."""

    def __init__(self, token):
        token, *rights = (token or "").split("-")
        self.writes, self.labels = "readonly" not in rights, "triageless" not in rights
        self.makes_labels = "labelless" not in rights
        self.person = token.startswith("ghp_")
        if token == "ghs_job":
            self.login = "github-actions[bot]"
        elif token.startswith("ghs_app_"):
            self.login = token.removeprefix("ghs_app_") + "[bot]"
        elif self.person:
            self.login = token.removeprefix("ghp_")
        else:
            raise Refused(401, "Bad credentials")

    def must_write(self):
        if not self.writes:
            kind = "personal access token" if self.person else "integration"
            raise Refused(403, f"Resource not accessible by {kind}")


class Api:
    """The operations, by GitHub's names for them."""

    def __init__(self, world, show):
        self.world, self.show = world, show

    def issue(self, number):
        if int(number) not in self.world.issues:
            raise Refused(404, "Not Found")
        return self.world.issues[int(number)]

    @staticmethod
    def fitting(body):
        if len(body.get("body") or "") > LONGEST:
            long = {"resource": "IssueComment", "code": "custom", "field": "body", "message": f"body is too long (maximum is {LONGEST} characters)"}
            raise Refused(422, "Validation Failed", errors=[long])

    def users_get_authenticated(self, caller, **_):
        if not caller.person:
            raise Refused(403, "Resource not accessible by integration")
        return 200, objects.me(caller.login)

    def issues_list_comments(self, issue_number, query, **_):
        self.issue(issue_number)
        found = [each for each in self.world.comments.values() if each["issue"] == int(issue_number)]
        return 200, self.show.page([self.show.comment(each) for each in found], query)

    def issues_create_comment(self, caller, issue_number, body, **_):
        issue = self.issue(issue_number)
        caller.must_write()
        if issue["locked"]:
            raise Refused(403, "Unable to create comment because issue is locked.")
        self.fitting(body)
        return 201, self.show.comment(self.world.add_comment(issue["number"], body["body"], caller.login))

    def issues_update_comment(self, caller, comment_id, body, **_):
        if int(comment_id) not in self.world.comments:
            raise Refused(404, "Not Found")
        caller.must_write()
        self.fitting(body)
        comment = self.world.comments[int(comment_id)]
        comment |= {"body": body["body"], "updated_at": self.world.now()}
        return 200, self.show.comment(comment)

    def issues_list_for_repo(self, query, **_):
        state = query.get("state", "open")
        labels = {label.lower() for label in query.get("labels", "").split(",") if label}
        found = [
            issue
            for issue in self.world.issues.values()
            if state in ("all", issue["state"])
            and labels <= {label.lower() for label in issue["labels"]}
            and query.get("creator", issue["login"]) == issue["login"]
        ]
        found.sort(key=lambda issue: issue["number"], reverse=query.get("direction", "desc") == "desc")
        return 200, self.show.page([self.show.issue(issue) for issue in found], query)

    def issues_create(self, caller, body, **_):
        caller.must_write()
        self.fitting(body)
        # Who may not set labels is not told that they are left out.
        labels = body.get("labels", []) if caller.labels else []
        return 201, self.show.issue(self.world.add_issue(body["title"], body.get("body"), caller.login, labels))

    def issues_get(self, issue_number, **_):
        return 200, self.show.issue(self.issue(issue_number))

    def issues_update(self, caller, issue_number, body, **_):
        issue = self.issue(issue_number)
        caller.must_write()
        self.fitting(body)
        issue |= {name: body[name] for name in ("title", "body") if name in body}
        if "state" in body and body["state"] != issue["state"]:
            closed = body["state"] == "closed"
            reason = body.get("state_reason") or ("completed" if closed else "reopened")
            issue |= {"state": body["state"], "state_reason": reason, "closed_at": self.world.now() if closed else None}
        issue["updated_at"] = self.world.now()
        return 200, self.show.issue(issue)

    def issues_list_labels_on_issue(self, issue_number, query, **_):
        return 200, self.show.page([self.show.label(name) for name in self.issue(issue_number)["labels"]], query)

    def issues_add_labels(self, caller, issue_number, body, **_):
        issue = self.issue(issue_number)
        caller.must_write()
        if not caller.labels:
            raise Refused(403, "Must have triage rights to the repository.")
        names = body["labels"] if isinstance(body, dict) else body
        if not caller.makes_labels and not {name.lower() for name in names} <= {name.lower() for name in self.world.labels}:
            lacks = {"resource": "Repository", "field": "label", "code": "unauthorized"}
            raise Refused(403, "You do not have permission to create labels on this repository.", errors=[lacks])
        there = {name.lower() for name in issue["labels"]}
        issue["labels"] += [name for name in names if name.lower() not in there]
        self.world.labels |= set(names)
        return 200, [self.show.label(name) for name in issue["labels"]]

    def issues_remove_label(self, caller, issue_number, name, **_):
        issue = self.issue(issue_number)
        caller.must_write()
        left = [label for label in issue["labels"] if label.lower() != name.lower()]
        if len(left) == len(issue["labels"]):
            raise Refused(404, "Label does not exist")
        issue["labels"] = left
        return 200, [self.show.label(label) for label in left]


class Handler(BaseHTTPRequestHandler):
    """Requests: checked, carried out, answered."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *_):
        pass

    def do(self):
        length = int(self.headers.get("content-length") or 0)
        text = self.rfile.read(length) if length else b""
        with self.server.world.lock:
            self.carry_out(text)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = do

    def carry_out(self, text):
        world = self.server.world
        path, _, query = self.path.partition("?")
        body = json.loads(text) if text else None
        if path == "/_standin/state":
            return self.reply(200, world.state())
        if path == "/_standin/control":
            try:
                return self.reply(200, world.control(body) or {})
            except (ValueError, KeyError, TypeError) as error:
                return self.reply(400, {"message": f"{error!r}"})
        record = {"method": self.command, "path": self.path, "body": body, "authorization": self.headers.get("authorization")}
        world.requests.append(record)
        fault = world.fault(self.command, self.path)
        if fault and not fault.get("after"):
            return self.fail(record, fault)
        status, answer, headers = self.answer(path, query, body)
        if fault:
            return self.fail(record, fault)
        record["status"] = status
        return self.reply(status, answer, headers)

    def answer(self, path, query, body):
        world = self.server.world
        if path == "/hook" or path.startswith("/hook/"):
            if self.command != "POST" or not isinstance(body, dict):
                return self.breach(["a webhook takes a POST of a JSON object"])
            world.hooks.append({"path": path, "body": body, "content-type": self.headers.get("content-type")})
            return 200, "ok", {}
        try:
            self.within_limits()
            if path == self.server.graphql:
                return self.viewer(body)
            return self.operate(path, query, body)
        except Refused as refused:
            return refused.status, refused.body, refused.headers

    def operate(self, path, query, body):
        world, known = self.server.world, self.server.description
        path = path.removeprefix(self.server.base)
        if world.renamed and path.startswith(f"/repos/{world.renamed}/"):
            rest = path.removeprefix(f"/repos/{world.renamed}/") + (f"?{query}" if query else "")
            where = f"{self.server.url}/repositories/1/{rest}"
            raise Refused(301, "Moved Permanently", {"location": where})
        if path.startswith("/repositories/1/"):
            path = path.replace("/repositories/1/", f"/repos/{REPOSITORY}/", 1)
        found = known.operation(self.command, path)
        if found is None:
            return self.breach([f"no operation {self.command} {path}"])
        operation, variables = found
        name = operation["operationId"].replace("/", "_").replace("-", "_")
        carry_out = getattr(self.server.api, name, None)
        wrong = known.request(operation, variables, query, self.headers, body)
        if carry_out is None:
            wrong.append("this stand-in cannot do it")
        if wrong:
            return self.breach([f"{operation['operationId']}: {each}" for each in wrong])
        caller = Caller((self.headers.get("authorization") or "").split(" ")[-1])
        if "owner" in variables and f"{variables['owner']}/{variables['repo']}" != REPOSITORY:
            raise Refused(404, "Not Found")
        asked = {key: values[-1] for key, values in parse_qs(query).items()}
        self.server.show.asked = path
        status, answer = carry_out(caller=caller, query=asked, body=body, **variables)
        headers = {}
        if isinstance(answer, objects.Page):
            headers, answer = answer.headers, answer.items
        wrong = known.answer(operation, status, answer)
        return self.breach([f"{operation['operationId']}: {each}" for each in wrong]) if wrong else (status, answer, headers)

    def viewer(self, body):
        if not self.server.world.graphql:
            raise Refused(404, "Not Found")
        query = "".join((body or {}).get("query", "").split())
        if self.command != "POST" or query not in ("query{viewer{login}}", "{viewer{login}}"):
            return self.breach([f"GraphQL: {body!r}"])
        caller = Caller((self.headers.get("authorization") or "").split(" ")[-1])
        return 200, {"data": {"viewer": {"login": caller.login}}}, {}

    def within_limits(self):
        world = self.server.world
        if world.reset is not None and time.time() >= world.reset:
            world.remaining, world.reset = 5000, None
        if world.remaining <= 0:
            raise Refused(403, "API rate limit exceeded for installation ID 1.")
        world.remaining -= 1

    def breach(self, wrong):
        self.server.world.breaches += [f"{self.command} {self.path}: {each}" for each in wrong]
        return 500, {"message": "; ".join(wrong)}, {}

    def fail(self, record, fault):
        if fault.get("drop"):
            record["status"] = "dropped"
            self.close_connection = True
            return self.connection.close()
        record["status"] = fault["status"]
        return self.reply(fault["status"], fault.get("body", {"message": "a fault"}), fault.get("headers"))

    def reply(self, status, answer, headers=None):
        world = self.server.world
        plain = isinstance(answer, str)
        text = answer.encode() if plain else json.dumps(answer).encode()
        self.send_response(status)
        sent = {
            "content-type": "text/plain" if plain else "application/json; charset=utf-8",
            "content-length": str(len(text)),
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": str(max(world.remaining, 0)),
            "x-ratelimit-reset": str(world.reset or int(time.time()) + 3600),
        }
        for name, value in (sent | (headers or {})).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(text)


class Server(ThreadingHTTPServer):
    """One way into a world."""

    daemon_threads = True

    def __init__(self, port, world, description, base):
        super().__init__(("127.0.0.1", port), Handler)
        self.world, self.description, self.base = world, description, base
        self.url = f"http://127.0.0.1:{self.server_port}{base}"
        self.graphql = re.sub(r"/v3$", "", base) + "/graphql"
        self.show = objects.Show(world, self.url, REPOSITORY)
        self.api = Api(world, self.show)

    def handle_error(self, request, address):
        # Clients that go away, or do not trust the certificate, are part of the tests.
        pass


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--base", default="", help="/api/v3 makes it an Enterprise Server")
    options.add_argument("--description", default=PUBLISHED, type=Path)
    options.add_argument("--tls", type=Path, help="a folder for the certificates")
    options = options.parse_args()
    if not options.description.exists():
        sys.exit(f"no description of GitHub's API at {options.description}; run `cargo xtask test`")
    server = Server(options.port, World(), Description(options.description), options.base)
    print(server.url, flush=True)
    if options.tls:
        import certificates

        sealed = Server(0, server.world, server.description, options.base)
        sealed.socket = certificates.sealing(options.tls).wrap_socket(sealed.socket, server_side=True)
        print(sealed.url.replace("http://127.0.0.1", "https://localhost"), flush=True)
        threading.Thread(target=sealed.serve_forever, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
