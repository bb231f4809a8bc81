"""Texts as an editor holds them: places in the units of the protocol, edits, and answers in a form that people can read."""

import json
from difflib import SequenceMatcher
from urllib.parse import unquote, urlparse

MARK = "‸"
SHOWN_MAX = 60


def width(text, encoding):
    """How many units a text takes in an encoding of positions."""
    if encoding == "utf-8":
        return len(text.encode("utf-8"))
    if encoding == "utf-16":
        return len(text.encode("utf-16-le")) // 2
    return len(text)


def path_of(uri):
    return unquote(urlparse(uri).path)


class Text:
    """One text, with the version that an editor counts."""

    def __init__(self, text, encoding, version=None):
        self.text, self.encoding, self.version = text, encoding, version

    def lines(self):
        return self.text.split("\n")

    def offset(self, position):
        """The letter before which a position of the protocol stands; it must be a place between letters."""
        lines = self.lines()
        line = lines[position["line"]] if position["line"] < len(lines) else ""
        column = next((n for n in range(len(line) + 1) if width(line[:n], self.encoding) == position["character"]), None)
        if column is None:
            raise ValueError(f"{position} is no place in {line!r}")
        return sum(len(before) + 1 for before in lines[: position["line"]]) + column

    def position(self, offset):
        before = self.text[:offset].split("\n")
        return {"line": len(before) - 1, "character": width(before[-1], self.encoding)}

    def find(self, marked):
        """The letter at the mark of a stretch that stands in the text once."""
        stretch = marked.replace(MARK, "")
        if self.text.count(stretch) != 1 or marked.count(MARK) != 1:
            raise ValueError(f"{marked!r} stands {self.text.count(stretch)} times in the text")
        return self.text.index(stretch) + marked.index(MARK)

    def at(self, marked):
        return self.position(self.find(marked))

    def range(self, stretch):
        """The range of a stretch that stands in the text once."""
        start = self.find(MARK + stretch)
        return {"start": self.position(start), "end": self.position(start + len(stretch))}

    def spot(self, marked):
        """A place for people: line number and line, with the mark in it."""
        offset = self.find(marked)
        line = self.position(offset)["line"]
        start = sum(len(before) + 1 for before in self.lines()[:line])
        text = self.lines()[line]
        return f"{line + 1}: {text[: offset - start].lstrip()}{MARK}{text[offset - start :]}"

    def shown(self, span):
        """A range for people: lines and columns from 1, letters counted, and what stands there."""
        start, end = self.offset(span["start"]), self.offset(span["end"])
        if end < start:
            raise ValueError(f"{span} ends before it starts")
        said = self.text[start:end]
        if len(said) > SHOWN_MAX:
            said = said[: SHOWN_MAX // 2] + "…" + said[-SHOWN_MAX // 2 :]
        return f"{self.place(start)}-{self.place(end)} ‹{said}›"

    def place(self, offset):
        before = self.text[:offset].split("\n")
        return f"{len(before)}:{len(before[-1]) + 1}"

    def edited(self, edits):
        """The text after edits that all count for the text as it is; two that overlap are a mistake of the server."""
        spans = sorted(((self.offset(e["range"]["start"]), self.offset(e["range"]["end"]), e["newText"]) for e in edits), key=lambda e: e[:2])
        for (_, end, _), (start, _, _) in zip(spans, spans[1:]):
            if start < end:
                raise ValueError(f"edits overlap: {spans}")
        text = self.text
        for start, end, new in reversed(spans):
            text = text[:start] + new + text[end:]
        return text


def difference(before, after):
    """What changed between two texts: the lines that went and those that came."""
    old, new = before.split("\n"), after.split("\n")
    said = []
    for what, start, end, from_, to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what != "equal":
            said += [f"- {line}" for line in old[start:end]] + [f"+ {line}" for line in new[from_:to]]
    return said


def is_range(value):
    return isinstance(value, dict) and set(value) == {"start", "end"} and isinstance(value["start"], dict)


def readable(value, texts, own, root):
    """An answer for people: ranges with what stands there, no temporary folder. `texts` gives the text of an address."""
    if is_range(value):
        return texts(own).shown(value)
    if isinstance(value, dict):
        inner = value.get("uri", own)
        out = {}
        for key, held in value.items():
            if key == "changes":
                out[key] = {plain(uri, root): readable(edits, texts, uri, root) for uri, edits in sorted(held.items())}
            else:
                out[plain(key, root)] = readable(held, texts, inner, root)
        return out
    if isinstance(value, list):
        return [readable(held, texts, own, root) for held in value]
    return plain(value, root) if isinstance(value, str) else value


def plain(text, root):
    return text.replace(f"file://{root}", "ROOT").replace(str(root), "ROOT")


def written(value):
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
