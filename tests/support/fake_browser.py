"""A browser without a window: opens the address it is given and goes wherever that leads."""

from __future__ import annotations

import sys
import urllib.request

if __name__ == "__main__":
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(sys.argv[1], timeout=30) as page:
        print(page.read().decode())
