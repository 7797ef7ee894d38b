"""Engines forked from a process that has imported everything: a restart costs no imports.

    python -m tests.crash.nursery CONFIG

Each line on standard input brings forth an engine; `born PID` says that it lives, its own
`ready` that it takes calls, `died STATUS` that it is gone. What is forked is the product as
`securityline serve` runs it, in a process of its own, and dies of a real SIGKILL.
"""

import os
import sys
from pathlib import Path

from securityline.app import run
from securityline.config import load_config
from securityline.structured_log import configure


def main() -> None:
    """Bring forth one engine after the other until standard input ends."""
    while sys.stdin.readline():
        child = os.fork()
        if child == 0:
            settings = load_config(Path(sys.argv[1]), os.environ)
            configure("error")
            sys.exit(run(settings))
        print(f"born {child}", flush=True)
        _, status = os.waitpid(child, 0)
        print(f"died {status}", flush=True)


if __name__ == "__main__":
    main()
