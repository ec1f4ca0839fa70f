"""Usage: python -m hand URL EXAMPLE CHANGE...  Prints a line of JSON for each change: what a drift check has to show of it."""

import json
import sys

from . import api, balancing, network
from .site import Site


def change(site, name):
    spelled = name.replace("-", "_")
    for service in (balancing, network, api):
        if hasattr(service, spelled):
            return getattr(service, spelled)(site)
    raise SystemExit(f"no such change: {name}")


def main():
    url, example, *names = sys.argv[1:]
    site = Site(url, example)
    for name in names:
        address, found, expected = change(site, name)
        print(json.dumps({"change": name, "address": address, "found": found, "expected": expected}))


if __name__ == "__main__":
    main()
