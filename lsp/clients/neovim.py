#!/usr/bin/env python3
"""Drives `mon lsp` through a Neovim without a screen, and compares what it writes down with `golden/neovim-VERSION.txt`.

    python lsp/clients/neovim.py NVIM MON [--update]

Neovim says its version; there is an answer for each of those that are tried. Of another one only is asked that nothing breaks.
"""

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TIMEOUT = 120


def transcript(nvim, mon):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder).resolve()
        rules, written = folder / "rules", folder / "transcript"
        shutil.copytree(ROOT / "examples" / "rules", rules)
        # Neovim's own files and settings of the person who runs this stay outside.
        own = {name: str(folder / name.lower()) for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")}
        names = {"MON": str(Path(mon).resolve()), "RULES": str(rules), "EDITORS": str(ROOT / "editors"), "TRANSCRIPT": str(written)}
        command = [nvim, "--headless", "-u", "NONE", "-i", "NONE", "-n", "-c", f"luafile {HERE / 'neovim.lua'}"]
        done = subprocess.run(command, env=os.environ | own | names, capture_output=True, text=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
        told = written.read_text() if written.exists() else ""
        return done.returncode, told, done.stdout + done.stderr


def main():
    nvim, mon, *update = sys.argv[1:]
    version = re.search(r"v(\d+\.\d+)", subprocess.run([nvim, "--version"], capture_output=True, text=True, check=True).stdout).group(1)
    code, told, printed = transcript(nvim, mon)
    if code != 0 or not told:
        sys.exit(f"Neovim {version} ended with {code}\n{told}\n{printed}")
    golden = HERE / "golden" / f"neovim-{version}.txt"
    if update == ["--update"]:
        golden.write_text(told)
        return
    if not golden.exists():
        print(f"Neovim {version}: nothing breaks; there is no answer of this version to compare with")
        return
    if golden.read_text() != told:
        sys.exit("\n".join(difflib.unified_diff(golden.read_text().split("\n"), told.split("\n"), str(golden), f"Neovim {version}", "", "", 2, "")))
    print(f"Neovim {version}: all is as it should be")


main()
