"""What GitHub's objects look like on the wire. Owns: their members. Refuses to know: when they are shown (see standin.py)."""

from urllib.parse import urlencode

MOST = 100


class Page:
    """One page of a list, with its links."""

    def __init__(self, items, headers):
        self.items, self.headers = items, headers


def user(login):
    """A person, or an app where the name says so."""
    home = f"https://api.github.com/users/{login.replace('[', '%5B').replace(']', '%5D')}"
    parts = ("followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events", "received_events")
    names = {"organizations": "orgs"}
    return {
        "login": login, "id": 1 + sum(map(ord, login)), "node_id": "U_1", "avatar_url": "https://avatars.githubusercontent.com/u/1",
        "gravatar_id": "", "url": home, "html_url": f"https://github.com/{login.removesuffix('[bot]')}",
        "type": "Bot" if login.endswith("[bot]") else "User", "site_admin": False,
    } | {f"{part}_url": f"{home}/{names.get(part, part)}" for part in parts}


def me(login):
    """The person whose token it is, as that person sees it."""
    counts = ("collaborators", "disk_usage", "owned_private_repos", "private_gists", "total_private_repos")
    return user(login) | dict.fromkeys(counts, 0) | {
        "user_view_type": "private", "two_factor_authentication": True,
        "name": None, "company": None, "blog": None, "location": None, "email": None, "hireable": None, "bio": None,
        "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
        "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z",
    }


class Show:
    """Objects of a world, as they are answered."""

    def __init__(self, world, url, repository):
        self.world, self.url, self.repository = world, url, repository
        self.asked = ""

    def text(self, text):
        return text.replace("\n", "\r\n") if self.world.crlf and text else text

    def page(self, items, query):
        size = min(int(query.get("per_page", 30)), MOST)
        number = int(query.get("page", 1))
        last = max((len(items) + size - 1) // size, 1)
        link = lambda page, rel: f'<{self.url}{self.asked}?{urlencode(query | {"page": page})}>; rel="{rel}"'
        links = [link(number + 1, "next"), link(last, "last")] if number < last else []
        links += [link(1, "first"), link(number - 1, "prev")] if number > 1 else []
        headers = {"link": ", ".join(links)} if links else {}
        return Page(items[(number - 1) * size : number * size], headers)

    def comment(self, comment):
        home = f"{self.url}/repos/{self.repository}/issues"
        kind = "pull" if self.world.issues[comment["issue"]]["pull_request"] else "issues"
        return {
            "id": comment["id"], "node_id": f"IC_{comment['id']}", "url": f"{home}/comments/{comment['id']}",
            "html_url": f"https://github.com/{self.repository}/{kind}/{comment['issue']}#issuecomment-{comment['id']}",
            "issue_url": f"{home}/{comment['issue']}", "body": self.text(comment["body"]),
            # The account of who wrote it may be gone.
            "user": comment["login"] and user(comment["login"]), "author_association": "CONTRIBUTOR",
            "created_at": comment["created_at"], "updated_at": comment["updated_at"],
        }

    def label(self, name):
        return {
            "id": 1 + sum(map(ord, name)), "node_id": "LA_1", "url": f"{self.url}/repos/{self.repository}/labels/{name.replace(' ', '%20')}",
            "name": name, "description": None, "color": "ededed", "default": False,
        }

    def issue(self, issue):
        number = issue["number"]
        home = f"{self.url}/repos/{self.repository}"
        kind = "pull" if issue["pull_request"] else "issues"
        shown = {
            "id": 5000 + number, "node_id": f"I_{number}", "number": number, "url": f"{home}/issues/{number}",
            "repository_url": home, "labels_url": f"{home}/issues/{number}/labels{{/name}}",
            "comments_url": f"{home}/issues/{number}/comments", "events_url": f"{home}/issues/{number}/events",
            "html_url": f"https://github.com/{self.repository}/{kind}/{number}",
            "title": issue["title"], "body": self.text(issue["body"]), "user": issue["login"] and user(issue["login"]),
            "labels": [self.label(name) for name in issue["labels"]], "state": issue["state"], "state_reason": issue["state_reason"],
            "locked": issue["locked"], "assignee": None, "assignees": [], "milestone": None,
            "comments": sum(comment["issue"] == number for comment in self.world.comments.values()),
            "created_at": issue["created_at"], "updated_at": issue["updated_at"], "closed_at": issue["closed_at"],
            "author_association": "CONTRIBUTOR",
        }
        if issue["pull_request"]:
            page = f"https://github.com/{self.repository}/pull/{number}"
            shown["pull_request"] = {"url": f"{home}/pulls/{number}", "html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch"}
        return shown
