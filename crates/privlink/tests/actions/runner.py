"""A runner for the workflows we ship: their steps as they stand in the files, run for real on this machine.

    python runner.py JOB.json      prints what came of it as JSON

JOB.json says: workflow (a file), event (its name), payload, repository, subject (how GitHub's tokens begin to name it), sha, ref,
run (its id), attempt, token, api, checkout (a folder that actions/checkout brings), action (the folder of our action), state (a folder for artifacts, tools and homes), inputs (what
our action is given beside what the workflow gives it: a mirror of the releases), env, secrets, trust (roles by name: the file
with their trust policy), keys (what the roles are assumed with).

Of others' actions only the effect is played: `checkout`, `configure-aws-credentials`, `upload-artifact`, `download-artifact`
and `cache`. They fail as the real ones do without the permission they need.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

from expressions import fill, holds

OURS = "privlink/privlink@"


class Failed(Exception):
    """A step that fails, and why."""


class Job:
    def __init__(self, spec):
        self.spec = spec
        self.state = pathlib.Path(spec["state"])
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.state))
        self.workspace = self.folder / "workspace"
        self.temporary = self.folder / "temporary"
        self.home = self.folder / "home"
        for folder in (self.workspace, self.temporary, self.home):
            folder.mkdir()
        # Nobody waits here.
        self.impatient = self.folder / "impatient"
        self.impatient.mkdir()
        (self.impatient / "sleep").symlink_to(shutil.which("true"))
        self.path, self.env, self.log, self.summary = [], {}, [], ""
        self.failed = False
        workflow = yaml.safe_load(pathlib.Path(spec["workflow"]).read_text())
        # YAML 1.1 takes the key `on` for true.
        if spec["event"] not in workflow[True]:
            raise SystemExit(f"{spec['workflow']} does not run on {spec['event']}")
        ((self.name, self.job),) = workflow["jobs"].items()
        self.permissions = self.job.get("permissions", workflow.get("permissions"))
        # What the job tells people by: a comment on its pull request, or an issue.
        tells = "pull-requests" if spec["event"] == "pull_request" else "issues"
        writes = (self.permissions or {}).get(tells) == "write"
        self.token = spec["token"] if writes else spec["token"] + "-readonly"
        if (self.permissions or {}).get("issues") != "write":
            self.token += "-labelless"
        self.shell = self.job.get("defaults", workflow.get("defaults", {})).get("run", {}).get("shell")
        self.contexts = {
            "github": {
                "event_name": spec["event"],
                "event": spec["payload"],
                "repository": spec["repository"],
                "sha": spec["sha"],
                "token": self.token,
            },
            "runner": {"temp": str(self.temporary)},
            "secrets": spec.get("secrets", {}),
            "steps": {},
        }
        self.functions = {
            "success": lambda: not self.failed,
            "failure": lambda: self.failed,
            "always": lambda: True,
        }

    def run(self):
        if not holds(self.job.get("if", True), self.contexts, self.functions):
            return {"result": "skipped", "steps": []}
        steps = [self.step(step) for step in self.job["steps"]]
        return {"result": "failure" if self.failed else "success", "steps": steps, "summary": self.summary}

    def step(self, step):
        """A step of the workflow: what came of it."""
        before = len(self.log)
        told = {"name": step.get("name") or step.get("uses") or step["run"].split("\n")[0], "outcome": "skipped"}
        if not holds(step.get("if", True), self.contexts, self.functions):
            return told
        env = {name: fill(value, self.contexts, self.functions) for name, value in step.get("env", {}).items()}
        outputs, told["outcome"] = {}, "success"
        try:
            if "uses" in step:
                given = {name: fill(value, self.contexts, self.functions) for name, value in step.get("with", {}).items()}
                self.uses(step["uses"], given, env, outputs)
            else:
                self.script(step, self.contexts, env, outputs)
        except Failed as failure:
            self.log.append(str(failure))
            self.failed, told["outcome"] = True, "failure"
        if "id" in step:
            self.contexts["steps"][step["id"]] = {"outputs": outputs, "outcome": told["outcome"]}
        return told | {"outputs": outputs, "log": "\n".join(self.log[before:])}

    def uses(self, action, given, env, outputs):
        if action.startswith(OURS):
            return self.composite(given, env, outputs)
        name, _, pin = action.partition("@")
        if not re.fullmatch(r"[0-9a-f]{40}", pin):
            raise Failed(f"{action} is not pinned to a commit")
        return getattr(self, re.sub(r"\W", "_", name))(given)

    def composite(self, given, env, outputs):
        """Our action: its inputs with their defaults, its steps, its outputs."""
        action = yaml.safe_load((pathlib.Path(self.spec["action"]) / "action.yml").read_text())
        given = given | self.spec.get("inputs", {})
        unknown = given.keys() - action["inputs"].keys()
        if unknown:
            raise Failed(f"the action has no input {unknown}")
        contexts = self.contexts | {"steps": {}}
        contexts["inputs"] = {
            name: given.get(name, fill(told.get("default", ""), self.contexts, self.functions))
            for name, told in action["inputs"].items()
        }
        failure = None
        for step in action["runs"]["steps"]:
            if failure or not holds(step.get("if", True), contexts, self.functions):
                continue
            inner = {}
            try:
                if "uses" in step:
                    self.uses(step["uses"], {}, env, inner)
                else:
                    own = {name: fill(value, contexts, self.functions) for name, value in step.get("env", {}).items()}
                    self.script(step, contexts, env | own, inner)
            except Failed as failed:
                failure = failed
            if "id" in step:
                contexts["steps"][step["id"]] = {"outputs": inner}
        for name, output in action["outputs"].items():
            outputs[name] = fill(output["value"], contexts, self.functions)
        if failure:
            raise failure

    def script(self, step, contexts, env, outputs):
        """A script, as the runner runs it: from a file, by the shell's whole name."""
        file = self.temporary / "script.sh"
        file.write_text(fill(step["run"], contexts, self.functions))
        if step.get("shell", self.shell) == "bash":
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(file)]
        else:
            command = ["bash", "-e", str(file)]
        files = {name: self.temporary / name for name in ("OUTPUT", "ENV", "PATH", "STEP_SUMMARY")}
        for path in files.values():
            path.write_text("")
        payload = self.temporary / "event.json"
        payload.write_text(json.dumps(self.spec["payload"]))
        environment = {
            "PATH": os.pathsep.join([*reversed(self.path), str(self.impatient), os.environ["PATH"]]),
            "HOME": str(self.home),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": self.spec["action"],
            "GITHUB_API_URL": self.spec["api"],
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_EVENT_NAME": self.spec["event"],
            "GITHUB_EVENT_PATH": str(payload),
            "GITHUB_REF": self.spec["ref"],
            "GITHUB_REF_NAME": self.spec["ref"].removeprefix("refs/heads/"),
            "GITHUB_REPOSITORY": self.spec["repository"],
            "GITHUB_RUN_ATTEMPT": str(self.spec["attempt"]),
            "GITHUB_RUN_ID": str(self.spec["run"]),
            "GITHUB_SHA": self.spec["sha"],
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temporary),
            "RUNNER_TOOL_CACHE": str(self.state / "tools"),
            **{f"GITHUB_{name}": str(path) for name, path in files.items()},
            **self.spec.get("env", {}),
            **self.env,
            **env,
        }
        folder = self.workspace / fill(step.get("working-directory", "."), contexts, self.functions)
        ended = subprocess.run(
            command, cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        self.log.append(ended.stdout)
        if self.token in ended.stdout:
            raise SystemExit(f"the token is in the log: {ended.stdout}")
        outputs.update(pairs(files["OUTPUT"].read_text()))
        self.env.update(pairs(files["ENV"].read_text()))
        self.path.extend(files["PATH"].read_text().splitlines())
        page = files["STEP_SUMMARY"].read_text()
        if len(page.encode()) > 1024 * 1024:
            raise SystemExit("the summary of a step is larger than GitHub takes")
        self.summary += page
        if ended.returncode != 0:
            raise Failed(f"exit code {ended.returncode}")

    # What others' actions do, by their names.

    def needs(self, permission, level):
        if (self.permissions or {}).get(permission) not in (level, "write"):
            raise Failed(f"the job lacks the permission {permission}: {level}")

    def actions_checkout(self, given):
        self.needs("contents", "read")
        if given.get("persist-credentials") != "false":
            raise Failed("the token stays in the checkout")
        shutil.copytree(self.spec["checkout"], self.workspace, dirs_exist_ok=True)

    def actions_cache(self, _given):
        pass

    def actions_upload_artifact(self, given):
        source = pathlib.Path(given["path"])
        if not given["path"] or not (self.workspace / source).is_file():
            raise Failed(f"no files were found at {given['path']!r}")
        target = self.artifact(self.spec["run"], given["name"])
        target.mkdir(parents=True)
        shutil.copy(self.workspace / source, target)

    def actions_download_artifact(self, given):
        self.needs("actions", "read")
        if given["github-token"] != self.token:
            raise Failed("an artifact of another run is not to be had without a token")
        source = self.artifact(given["run-id"], given["name"])
        if not source.is_dir():
            raise Failed(f"artifact {given['name']} of run {given['run-id']} not found")
        shutil.copytree(source, self.workspace / given["path"])

    def artifact(self, run, name):
        return self.state / "artifacts" / str(run) / name

    def aws_actions_configure_aws_credentials(self, given):
        """AWS trusts this job if the role's trust policy names what GitHub says of it."""
        self.needs("id-token", "write")
        role = given["role-to-assume"]
        trust = json.loads(pathlib.Path(self.spec["trust"][role.split("/")[-1]]).read_text().replace("SUBJECT", self.spec["subject"]))
        (statement,) = trust["Statement"]
        wanted = statement["Condition"]["StringEquals"]
        claims = {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": f"{self.spec['subject']}:{self.subject()}",
        }
        if wanted != claims:
            raise Failed(f"Not authorized to perform sts:AssumeRoleWithWebIdentity: {claims}, and {role} trusts {wanted}")
        folder = self.home / ".aws"
        folder.mkdir(exist_ok=True)
        key, secret = self.spec["keys"]
        (folder / "credentials").write_text(f"[ambient]\naws_access_key_id={key}\naws_secret_access_key={secret}\n")
        with open(folder / "config", "a") as config:
            config.write(
                f"[profile {given['aws-profile']}]\nregion = {given['aws-region']}\nrole_arn = {role}\nsource_profile = ambient\n"
            )

    def subject(self):
        """What GitHub's token says of this job, but for the repository."""
        if "environment" in self.job:
            return f"environment:{self.job['environment']}"
        return "pull_request" if self.spec["event"] == "pull_request" else f"ref:{self.spec['ref']}"


def pairs(text):
    """Lines of NAME=VALUE."""
    return dict(line.split("=", 1) for line in text.splitlines() if line)


def main():
    job = Job(json.loads(pathlib.Path(sys.argv[1]).read_text()))
    json.dump(job.run(), sys.stdout)


main()
