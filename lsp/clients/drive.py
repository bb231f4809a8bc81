#!/usr/bin/env python3
"""Drives every feature of `mon lsp` over the examples, as an editor does, and compares the answers with those in `golden/`.

    python lsp/clients/drive.py MON [--update] [FEATURE …]

MON is the built command. All is done twice: over standard input and output, with columns that count UTF-16 and findings that are sent;
and over a socket, with columns that count bytes and findings that are asked for. The answers must be the same. In the end every ability
that the server named must have been used. `--update` writes the answers of the first time down, to be read before they are kept.
"""

import argparse
import asyncio
import difflib
import shutil
import sys
import tempfile
from pathlib import Path

import bare
import mending
import reading
import writing
from abilities import unused
from session import Late, Session
from texts import written

HERE = Path(__file__).parent
RULES = HERE.parent.parent / "examples" / "rules"
GOLDEN = HERE / "golden"
FEATURES = reading.FEATURES | writing.FEATURES | mending.FEATURES


class Goldens:
    """The answers that are kept, and what differs from them."""

    def __init__(self, update):
        self.update, self.written, self.failed, self.compared = update, set(), [], 0

    def hold(self, feature, answer, way):
        path, new = GOLDEN / f"{feature}.json", written(answer)
        if self.update and feature not in self.written:
            self.written.add(feature)
            path.write_text(new)
            return
        self.compared += 1
        old = path.read_text() if path.exists() else ""
        if old != new:
            self.failed.append(f"{feature} ({way})")
            print("\n".join(difflib.unified_diff(old.split("\n"), new.split("\n"), str(path), way, "", "", 2, "")))


async def features(session, way, wanted, goldens):
    """Uses each feature that is wanted, and in the end all that the server named."""
    all_features = FEATURES | ({"workspace_diagnostics": mending.pulled} if session.pulls else {})
    for feature, ask in all_features.items():
        if wanted and feature not in wanted:
            continue
        try:
            goldens.hold(feature, await ask(session), way)
        except (AssertionError, Late, ValueError) as error:
            sys.exit(f"{feature} ({way}): {error}")
    if not wanted:
        said = {"answer": session.greeting, "registered later": session.registered, "asked to ask again": sorted(session.refreshed)}
        goldens.hold(f"initialize_{way}", said, way)
        for ability in unused(session.greeting["capabilities"], session.used):
            goldens.failed.append(f"{ability} was named and not used ({way})")


async def drive(mon, folder, way, socket, encodings, pulls, wanted, goldens):
    root = folder / way / "rules"
    shutil.copytree(RULES, root)
    shutil.copytree(mending.MISTAKES, root.parent / "mistakes")
    session = await Session.start(mon, root, socket, encodings, pulls)
    try:
        for name in reading.FILES + ("double_charge.mon", "impersonation.mon", "viral_complaint.mon"):
            session.opens(name)
        # Answers say more once the rules are checked and tried on posts.
        await reading.seen(session)
        await features(session, way, wanted, goldens)
        code = await session.end()
    finally:
        await session.stop()
    if code != 0:
        goldens.failed.append(f"the server ended with {code} ({way})")


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mon")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("features", nargs="*")
    said = parser.parse_intermixed_args()
    mon, goldens = str(Path(said.mon).resolve()), Goldens(said.update)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder).resolve()
        await drive(mon, folder, "stdio", False, ["utf-16"], False, said.features, goldens)
        await drive(mon, folder, "socket", True, ["utf-8", "utf-16"], True, said.features, goldens)
        if not said.features:
            goldens.hold("bare_client", await bare.drive(mon, folder / "bare", RULES), "bare")
    if goldens.failed:
        sys.exit("not as they should be: " + ", ".join(goldens.failed))
    print(f"{goldens.compared} answers are as they should be" + (f", {len(goldens.written)} were written" if said.update else ""))


asyncio.run(main())
