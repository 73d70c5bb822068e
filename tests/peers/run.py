#!/usr/bin/env python3
"""Every comparison with LiteRT: runs check_*.py beside this file on one binary and adds up what they say.

    run.py build/mote [REGEX]

REGEX picks scripts by name. Each prints a last line "N passed, N failed[, ...]". Exit 1 if one failed or could not run.
"""

import os
import re
import subprocess
import sys


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    here = os.path.dirname(os.path.abspath(__file__))
    wanted = re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    passed = failed = 0
    for name in sorted(os.listdir(here)):
        if not re.fullmatch(r"check_\w+\.py", name) or not wanted.search(name):
            continue
        print(f"--- {name}", flush=True)
        done = subprocess.run([sys.executable, os.path.join(here, name), sys.argv[1]], stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL)
        print(done.stdout, end="", flush=True)
        counts = re.findall(r"^(\d+) passed, (\d+) failed", done.stdout, re.MULTILINE)
        if not counts:
            print(f"{name}: ended with exit code {done.returncode} and no result")
            failed += 1
            continue
        passed += int(counts[-1][0])
        failed += int(counts[-1][1])
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
