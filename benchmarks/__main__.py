"""Run every benchmark of this folder, one after the other: `make bench`."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Run each benchmark as its own process; return 1 if one failed."""
    failed = []
    for script in sorted(HERE.glob("*.py")):
        if script.name.startswith("_"):
            continue
        load = os.getloadavg()[0]
        print(f"\n== {script.stem} (load {load:.2f} on {os.cpu_count()} cores)", flush=True)
        run = subprocess.run([sys.executable, "-m", f"benchmarks.{script.stem}"], check=False)
        if run.returncode:
            failed.append(script.stem)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
