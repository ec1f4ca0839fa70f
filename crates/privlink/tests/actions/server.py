"""What a job reaches on the network: the releases, what GitHub knows of merges and runs, and all else by the stand-in.

    python server.py FOLDER STANDIN        prints its URL and serves until it is killed

FOLDER/releases/VERSION/NAME is the file of a release. FOLDER/merges.json tells of merges and runs, and may change meanwhile:
  merges   {commit on main: {"head", "from", "number"}}, `from` the repository that the pull request comes from; with
           "late": 2 it is not known to the first two who ask
  main     the last commit of main
  runs     [{"id", "head", "from", "event", "conclusion"}] of plan.yml
Look-ups are checked against GitHub's published description of them.
"""

import json
import pathlib
import re
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[4] / "testdata/github"))

from description import Description  # noqa: E402
from standin import PUBLISHED  # noqa: E402


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = urlsplit(self.path).path
        if path.startswith("/releases/"):
            file = self.server.folder / path.lstrip("/")
            return self.reply(200, file.read_bytes()) if file.is_file() else self.reply(404, b"Not Found")
        for pattern, answer in (
            (r"/repos/(.+)/commits/(\w+)/pulls", self.pulls),
            (r"/repos/(.+)/commits/main", self.main),
            (r"/repos/(.+)/actions/workflows/plan.yml/runs", self.runs),
        ):
            found = re.fullmatch(pattern, path)
            if found:
                return self.checked(path, answer(*found.groups()))
        return self.forward()

    def do_POST(self):
        self.forward()

    do_PATCH = do_DELETE = do_PUT = do_POST

    def checked(self, path, answer):
        # Large, and not every test asks.
        description = self.server.description = self.server.description or Description(PUBLISHED)
        operation, variables = description.operation("GET", path)
        wrong = description.request(operation, variables, urlsplit(self.path).query, self.headers, None)
        if wrong:
            return self.reply(400, json.dumps({"message": "; ".join(wrong)}).encode())
        return self.reply(200, json.dumps(answer).encode())

    def known(self):
        return json.loads((self.server.folder / "merges.json").read_text())

    def pulls(self, repository, commit):
        """Besides the one that was merged as this commit: two that only have it among theirs."""
        merge = self.known()["merges"].get(commit)
        if not merge:
            return []
        self.server.asked += 1
        if self.server.asked <= merge.get("late", 0):
            return []
        source = {"sha": merge["head"], "repo": {"full_name": merge["from"]}}
        other = {"sha": "3" * 40, "repo": {"full_name": repository}}
        found = [
            {"number": 7, "merged_at": None, "merge_commit_sha": commit, "head": other},
            {"number": 8, "merged_at": "2026-11-21T10:00:00Z", "merge_commit_sha": "4" * 40, "head": other},
            {"number": merge["number"], "merged_at": "2026-11-20T10:00:00Z", "merge_commit_sha": commit, "head": source},
        ]
        # Left out by https://docs.github.com/rest/about-the-rest-api/breaking-changes, and one day by default.
        if self.headers.get("x-github-api-version") != "2022-11-28":
            found = [{name: value for name, value in each.items() if name != "merge_commit_sha"} for each in found]
        return found

    def main(self, _repository):
        return {"sha": self.known()["main"]}

    def runs(self, _repository):
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        fits = [
            {"id": run["id"], "head_sha": run["head"], "head_repository": {"full_name": run["from"]}}
            for run in self.known()["runs"]
            if (run["head"], run["event"], run["conclusion"]) == (asked["head_sha"], asked["event"], asked["status"])
        ]
        return {"total_count": len(fits), "workflow_runs": fits}

    def forward(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)) or None
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection", "content-length")}
        request = urllib.request.Request(self.server.standin + self.path, body, headers, method=self.command)
        try:
            with urllib.request.urlopen(request) as answer:
                self.reply(answer.status, answer.read(), answer.headers)
        except urllib.error.HTTPError as error:
            self.reply(error.code, error.read(), error.headers)

    def reply(self, status, body, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            if name.lower() not in ("content-length", "connection", "server", "date", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.folder, server.standin = pathlib.Path(sys.argv[1]), sys.argv[2]
    server.description, server.asked = None, 0
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


main()
