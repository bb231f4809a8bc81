#!/usr/bin/env python3
"""Runs test/corpus/*.txt as `tree-sitter test` does, and the queries over editors/samples, without tree-sitter's command; reads the
queries and settings of Helix and Zed."""

import re
import tempfile
import tomllib
from pathlib import Path

from tree_sitter import Query, QueryCursor, QueryError

from compiled import HERE, ROOT, parser

CASE = re.compile(r"^=+\n([^\n]+)\n=+\n(.*?)\n---+\n(.*?)(?=^=+\n|\Z)", re.M | re.S)


def cases(read):
    """The number of cases, and what is wrong with them."""
    number, wrong = 0, []
    for path in sorted((HERE / "test" / "corpus").glob("*.txt")):
        for title, source, expected in CASE.findall(path.read_text()):
            number += 1
            found = re.sub(r"\w+: ", "", str(read.parse(source.encode()).root_node))
            expected = re.sub(r"\s+", " ", expected).strip().replace(" )", ")")
            if found != expected:
                wrong.append(f"{path.name}: {title}\n  expected {expected}\n  found    {found}")
    return number, wrong


def leaves(node):
    if not node.children:
        yield node
    for kid in node.children:
        yield from leaves(kid)


def foreign(read):
    """What of the files for Helix and Zed can't be read: they want queries and settings in places of their own."""
    wrong = []
    for folder in ("helix", "zed"):
        for path in sorted((ROOT / "editors" / folder).rglob("*.scm")):
            try:
                Query(read.language, path.read_text())
            except QueryError as error:
                wrong.append(f"{path.relative_to(ROOT)}: {error}")
        for path in sorted((ROOT / "editors" / folder).rglob("*.toml")):
            try:
                tomllib.loads(path.read_text())
            except tomllib.TOMLDecodeError as error:
                wrong.append(f"{path.relative_to(ROOT)}: {error}")
    return wrong


def queries(read):
    """What is wrong with the queries: one that does not compile, finds nothing, or leaves a word without a colour."""
    wrong = []
    for sample in sorted((ROOT / "editors" / "samples").glob("*.mon")):
        tree = read.parse(sample.read_bytes()).root_node
        for path in sorted((HERE / "queries").glob("*.scm")):
            found = QueryCursor(Query(read.language, path.read_text())).captures(tree)
            if not found:
                wrong.append(f"{path.name} finds nothing in {sample.name}")
            if path.name != "highlights.scm":
                continue
            places = [(node.start_byte, node.end_byte) for nodes in found.values() for node in nodes]
            for leaf in leaves(tree):
                held = any(start <= leaf.start_byte and leaf.end_byte <= end for start, end in places)
                if not held and leaf.type != "identifier":
                    wrong.append(f"{path.name} has nothing for `{leaf.type}` in {sample.name}, line {leaf.start_point[0] + 1}")
    return wrong


def main():
    with tempfile.TemporaryDirectory() as folder:
        read = parser(Path(folder))
        number, wrong = cases(read)
        wrong += queries(read) + foreign(read)
    if number < 15:
        wrong.append(f"only {number} cases were found")
    for line in wrong:
        print(line)
    print(f"{number} cases of test/corpus, {len(wrong)} wrong")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
