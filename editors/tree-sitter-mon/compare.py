#!/usr/bin/env python3
"""Compares the trees of tree-sitter with those of `mon debug tree`.

    python3 editors/tree-sitter-mon/compare.py MON

MON is the built command. Read are all `.mon` files of `examples/`, `tests/` and `editors/samples/`, and every `mon` block of the Markdown
pages in `docs/`, `tests/` and the README. Of a text without syntax errors both trees must have the same items, clauses,
rows and expressions, in the same order and with the same places in bytes; of a text with syntax errors tree-sitter must
find one too. What is not compared:

- leaves (words, numbers, brackets), and where the file itself begins and ends;
- how a chain of more than eight `and` or `or` is halved: there the operands are compared;
- descriptions (`///`) that a comment parts from their item: tree-sitter takes them to the item, `mon` does not.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from compiled import ROOT, parser

# From tree-sitter's kinds to ours. A `path` in an expression is called `reference`.
ITEMS = {"use": "Use", "terms": "Terms", "query": "Query", "dates": "Dates", "monitor": "Monitor", "playbook": "Playbook", "test": "Test"}
CLAUSES = """match measure window alert severity group_by dedupe show follow extend locked example allow guard under_load
    meta other route notify share escalate acknowledgement quiet budget ticket replay expect_incidents expect_opened
    expect_cleared expect_severity expect_matched expect_messages""".split()
ROWS = "severity_row route_row notify_row escalation_row ticket_row".split()
VALUES = "number percentage duration quantity time tag handle cashtag regex term".split()
EXPRESSIONS = """negated both either confidence comparison span sum product negation group held list set scope exists
    no_posts reference call phrase zone""".split()
KINDS = ITEMS | dict.fromkeys(CLAUSES, "Clause") | dict.fromkeys(ROWS, "Row") | dict.fromkeys(EXPRESSIONS, "Expr")
NODES = set(KINDS.values()) | {"Broken"}

# Where a number, a tag and the like is an operand, not a part of a clause.
AROUND_OPERANDS = set(EXPRESSIONS) | {"arguments", "pattern_step", "terms", "query", "match", "measure", "alert", "clear",
                                      "severity_row", "route_row", "ticket_row", "expect_matched"}
# Errors that are none of shape, so that tree-sitter need not see them: an unknown escape, too large a number, round brackets
# behind `any` (a call, by its shape), `not` behind an operator, a region without a country (a purpose, by its shape).
NOT_OF_SHAPE = ("MON0113", "MON0116", "MON0117", "MON0120", "expected a country", "`for` does not belong here")
CHAIN_MAX = 8


class Node:
    """A node of either tree: kind, start, end, the operator if it joins two, and what is inside."""

    def __init__(self, kind, start, end):
        self.kind, self.start, self.end, self.operator, self.kids = kind, start, end, None, []


def texts():
    """Each text with a name that says where it stands."""
    for folder in ("examples", "tests", "editors/samples"):
        for path in sorted((ROOT / folder).rglob("*.mon")):
            yield str(path.relative_to(ROOT)), path.read_bytes()
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "tests").rglob("*.md"))]
    for page in pages:
        text = page.read_bytes()
        for found in re.finditer(rb"^```mon\n(.*?)^```", text, re.M | re.S):
            line = text.count(b"\n", 0, found.start(1)) + 1
            yield f"{page.relative_to(ROOT)}:{line}", found.group(1)


def ours(mon, path):
    """The tree of `mon debug tree`."""
    told = subprocess.run([mon, "debug", "tree", path], check=True, capture_output=True, text=True).stdout
    root = Node("File", 0, 0)
    open_nodes = [(-1, root)]
    for line in told.splitlines():
        found = re.match(r"( *)(\w+) (\d+)\.\.(\d+)(?: (.*))?$", line)
        if found is None:
            raise SystemExit(f"a line of `mon debug tree` can't be read: {line!r}")
        depth, kind = len(found[1]) // 2, found[2]
        while open_nodes[-1][0] >= depth:
            open_nodes.pop()
        parent = open_nodes[-1][1]
        if kind in NODES:
            node = Node(kind, int(found[3]), int(found[4]))
            parent.kids.append(node)
            open_nodes.append((depth, node))
        elif kind == "Word" and parent.kind == "Expr" and found[5].lower() in ('"and"', '"or"'):
            parent.operator = found[5].lower()
    return root.kids


def theirs(node, into, inside_zone=False):
    """The nodes of tree-sitter's tree that ours has too."""
    for kid in node.named_children:
        parent, kind = node.type, KINDS.get(kid.type)
        if kid.type in VALUES and parent in AROUND_OPERANDS and not is_detail(node, kid):
            kind = "Expr"
        # `same sentence (a, b)`: the brackets belong to the scope. `-5` is one number.
        if parent == "scope" and kid.type == "group" or parent == "negation" and is_plain_number(kid):
            kind = None
        target = into
        if kind is not None:
            target = Node(kind, kid.start_byte, kid.end_byte)
            target.operator = {"both": '"and"', "either": '"or"'}.get(kid.type)
            into.kids.append(target)
        if kid.type not in ("term", "string"):
            theirs(kid, target)


def is_plain_number(node):
    return node.type == "percentage" or node.type == "number"


def is_detail(parent, kid):
    """A number or a length of time that says something of its parent: `for 2m`, `@ 70%`, `at least 2 of`."""
    before = kid.prev_sibling
    if parent.type == "confidence":
        return kid.type == "percentage" and before is not None and before.type == "@"
    if parent.type in ("alert", "clear", "pattern_step"):
        return kid.type == "duration" and before is not None and before.type in ("for", "within")
    if parent.type == "expect_matched":
        return before is None or before.type != "where"
    return False


def flattened(nodes):
    """Chains of one `and` or `or` as one node with all operands, where they are long; the rest as it is."""
    for node in nodes:
        node.kids = list(flattened(node.kids))
        operands = list(chain(node, node.operator)) if node.operator else []
        if len(operands) > CHAIN_MAX:
            node.kids = operands
        yield node


def chain(node, operator):
    for kid in node.kids:
        if kid.operator == operator:
            yield from chain(kid, operator)
        else:
            yield kid


def rows(nodes):
    for node in nodes:
        yield node.kind, node.start, node.end
        yield from rows(node.kids)


def syntax_errors(mon, folder):
    """For each file of a folder what is said of its syntax errors, MON01…"""
    told = subprocess.run([mon, "check", folder, "--format", "json"], capture_output=True, text=True).stdout
    found = {}
    for line in told.splitlines():
        for problem in problems(json.loads(line)):
            if problem["code"].startswith("MON01"):
                told = f"{problem['code']} {problem['message']} {problem.get('help')}"
                found.setdefault(Path(problem["file"]).name, []).append(told)
    return found


def problems(told):
    if isinstance(told, list):
        return [inner for each in told for inner in problems(each)]
    if "diagnostics" in told:
        return told["diagnostics"]
    return [told] if "code" in told else []


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    mon, counts, wrong = Path(sys.argv[1]).resolve(), Counter(), []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        read = parser(folder)
        rules = folder / "rules"
        rules.mkdir()
        named = {f"{number:04}.mon": found for number, found in enumerate(texts())}
        for name, (_, text) in named.items():
            (rules / name).write_bytes(text)
        broken = syntax_errors(mon, rules)
        for name, (place, text) in named.items():
            tree = read.parse(text).root_node
            if name in broken:
                counts["with syntax errors"] += 1
                of_shape = [told for told in broken[name] if not any(mark in told for mark in NOT_OF_SHAPE)]
                if of_shape and not tree.has_error:
                    wrong.append(f"{place}: tree-sitter finds no error, but {of_shape[0]}")
                continue
            if tree.has_error:
                wrong.append(f"{place}: tree-sitter finds an error: {first_error(tree)}")
                continue
            compare(mon, rules / name, place, text, tree, counts, wrong)
    if counts["compared"] < 200 or counts["Expr"] < 1000:
        wrong.append(f"too little was compared: {dict(counts)}")
    for line in wrong:
        print(line)
    print(", ".join(f"{number} {what}" for what, number in counts.items()))
    raise SystemExit(1 if wrong else 0)


def compare(mon, path, place, text, tree, counts, wrong):
    root = Node("File", 0, 0)
    theirs(tree, root)
    left = list(rows(flattened(ours(mon, path))))
    right = list(rows(flattened(root.kids)))
    counts["compared"] += 1
    counts.update(kind for kind, _, _ in left)
    if left == right:
        return
    for our_row, their_row in zip(left + [None], right + [None]):
        if our_row != their_row:
            shown = [f"{row[0]} {text[row[1]:row[2]].decode()!r}" if row else "nothing" for row in (our_row, their_row)]
            wrong.append(f"{place}: mon has {shown[0]}, tree-sitter has {shown[1]}")
            return


def first_error(node):
    for kid in node.children:
        if kid.type == "ERROR" or kid.is_missing:
            return f"{kid.type} {kid.start_point} {kid.text[:60]!r}"
        if kid.has_error:
            return first_error(kid)
    return f"{node.type} {node.start_point}"


if __name__ == "__main__":
    main()
