"""What an analyst does to rules: completion, edits, mistakes and their mends, new names, the one style. Each function leaves the
folder as it found it, and gives the answers of one feature for people to read."""

import subprocess

from lsprotocol import types as lsp

import reading
from reading import BOOKS, BRAND, CARE, OUTAGE
from texts import MARK, Text, difference

SHOWN_MAX = 10

# Where something is being written: what stands there, what the author makes of it, the sign behind which offers come by themselves.
DRAFTS = [
    (OUTAGE, "use \"brand.mon\"\n", "‸use \"brand.mon\"\n", None),
    (OUTAGE, "use \"brand.mon\"\n", "use \"‸\"\n", "\""),
    (OUTAGE, "  replay \"captures/crisis.jsonl.gz\"\n", "  replay \"captures/‸\"\n", "/"),
    (OUTAGE, "  and lang in [en, es, de]", "  and ‸", " "),
    (OUTAGE, "  and lang in [en, es, de]", "  and author.‸", "."),
    (OUTAGE, "  and lang in [en, es, de]", "  and lang in [en, ‸", " "),
    (OUTAGE, "  and lang in [en, es, de]", "  and kind is ‸", " "),
    (OUTAGE, "  and lang in [en, es, de]", "  and platform in [‸]", "["),
    (OUTAGE, "  match  acme_failure", "  match  acme_‸", None),
    (OUTAGE, "  match  acme_failure", "  match  acme_failure\n  ‸", None),
    (OUTAGE, "  window slide 15m every 1m, late 30s", "  window ‸", " "),
    (OUTAGE, "  window slide 15m every 1m, late 30s", "  window slide 15m every 1m by ‸", " "),
    (OUTAGE, "  measure mood   = avg(sentiment)", "  measure mood   = avg(‸)", "("),
    (OUTAGE, "  measure mood   = avg(sentiment)", "  measure mood   = baseline(volume,‸)", ","),
    (OUTAGE, "  alert when volume >= 30 and voices >= 25  for 2m", "  alert when vo‸", None),
    (OUTAGE, "    medium   otherwise", "    ‸", None),
    (OUTAGE, "  follow playbook launch", "  follow playbook ‸", " "),
    (OUTAGE, "  follow playbook launch", "  follow ‸", " "),
    (OUTAGE, "  owner  \"press desk\"", "  ow‸", None),
    (OUTAGE, "  expect severity medium by 10:30", "  expect ‸", " "),
    (OUTAGE, "  expect 2 messages to team care\n", "  expect 2 messages to team ‸\n", " "),
    (BOOKS, "    when lang is ja  to team care_tokyo", "    when ‸", " "),
    (BOOKS, "    high     by slack        at once", "    high by ‸", " "),
    (BRAND, "\"sorteo\", ", "\"sor‸teo\", ", None),
]


def offer(item):
    """One offer on a line; what it writes where that is not its name."""
    new = item["textEdit"]["newText"]
    wrote = "" if new == item["label"] else f" ⇒ {new!r}"
    return f"{item['label']} [{lsp.CompletionItemKind(item['kind']).name.lower()}] {item['detail']}{wrote}"


async def completion(session):
    out = []
    for name, old, draft, sign in DRAFTS:
        whole = session.of(name).text
        session.changes(name, (old, draft.replace(MARK, "")))
        more = {}
        if sign:
            session.used.add(f"completion behind {sign!r}")
            more = {"context": {"triggerKind": 2, "triggerCharacter": sign}}
        # The draft stands once, with what is around it.
        at = session.of(name).text.index(draft.replace(MARK, ""), whole.index(old)) + draft.index(MARK)
        place = {"textDocument": {"uri": session.uri(name)}, "position": session.of(name).position(at)}
        answer = await session.ask(lsp.TEXT_DOCUMENT_COMPLETION, {**place, **more})
        items = sorted(answer or [], key=lambda item: item["sortText"])
        entry = {"at": f"{name}: {draft}", "offers": len(items)}
        if items:
            entry["replaces"] = session.show(items[0]["textEdit"]["range"], name)
            entry["first"] = [offer(item) for item in items[:SHOWN_MAX]]
            entry["then"] = " | ".join(item["label"] for item in items[SHOWN_MAX:])
            entry["says of the first"] = items[0].get("documentation", {}).get("value", "").split("\n")
        out.append(entry)
        session.changes(name, (None, whole))
    return out


async def signs_of_calls(session):
    """Signature help while a call is written: behind each sign that calls it up."""
    out = []
    for written, sign in (("avg(", "("), ("percentile(author.followers,", ","), ("percentile(author.followers, ", " ")):
        whole = session.of(OUTAGE).text
        session.changes(OUTAGE, ("avg(sentiment)", written))
        session.used.add(f"signature behind {sign!r}")
        context = {"triggerKind": 2, "triggerCharacter": sign, "isRetrigger": sign == " "}
        answer = await session.ask_at(lsp.TEXT_DOCUMENT_SIGNATURE_HELP, OUTAGE, f"mood   = {written}‸", context=context)
        out.append({"at": f"{OUTAGE}: measure mood   = {written}‸", "answer": answer})
        session.changes(OUTAGE, (None, whole))
    return out


async def broken_rule(session):
    """A rule that breaks off: its mistake is shown where it is, and all others keep working."""
    whole, out = session.of(OUTAGE).text, {}
    out["before"] = await session.findings(OUTAGE, [])
    session.changes(OUTAGE, ("  and not giveaway\n", "  and not giveawey\n"), ("  window slide 15m every 1m, late 30s", "  window slide 15m evry 1m, late 30s"))
    found = await session.findings(OUTAGE, ["MON0100", "MON0201"])
    out["two mistakes"] = session.show(found, OUTAGE)
    out["hover beside them"] = await reading.places(session, lsp.TEXT_DOCUMENT_HOVER, [(OUTAGE, "terms fail‸ure")], reading.hovered)
    out["definition beside them"] = await reading.places(session, lsp.TEXT_DOCUMENT_DEFINITION, [(OUTAGE, "near/8 fail‸ure"), (OUTAGE, "playbook lau‸nch")])
    out["symbols beside them"] = list(reading.tree(session.show(await session.ask_of(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, OUTAGE), OUTAGE)))
    out["other files"] = {CARE: await reading.places(session, lsp.TEXT_DOCUMENT_HOVER, [(CARE, "match  @acme and help_‸words")], reading.hovered)}
    session.changes(OUTAGE, (None, whole))
    out["after"] = await session.findings(OUTAGE, [])
    return out


async def red_example(session):
    """An example that says the wrong thing turns red, and back."""
    whole, out = session.of(OUTAGE).text, {}
    session.changes(OUTAGE, ('example no  "my phone is broken, thinking', 'example yes "my phone is broken, thinking'))
    out["red"] = session.show(await session.findings(OUTAGE, ["MON0701"]), OUTAGE)
    session.changes(OUTAGE, ('example yes "my phone is broken, thinking', 'example no  "my phone is broken, thinking'))
    out["back"] = await session.findings(OUTAGE, [])
    assert session.of(OUTAGE).text == whole
    return out


async def unicode(session):
    """Several changes in one notification, behind signs that take two units: every place is still exact."""
    whole, out = session.of(OUTAGE).text, {}
    session.changes(
        OUTAGE,
        ('"My Acme phone won\'t turn on 😡"', '"😡😡 My Acme phone 🔥 won\'t turn on 😡" // 🧯 ünï'),
        ("😡😡 My", "😡 My"),
        ("🔥 won't", "won't"),
        ("  and lang in [en, es, de]", "  and not \"😀😀\" and kind is post and langg in [en, es, de]"),
        ("example yes \"The #acme", "example yes \"💥 The #acme"),
    )
    out["text"] = difference(whole, session.of(OUTAGE).text)
    found = await session.findings(OUTAGE, ["MON0201"])
    out["finding behind the emoji"] = session.show(found, OUTAGE)
    out["hover behind the emoji"] = await reading.places(session, lsp.TEXT_DOCUMENT_HOVER, [(OUTAGE, "\"😀😀\" and ki‸nd is"), (OUTAGE, "kind is po‸st and langg")], reading.hovered)
    session.changes(OUTAGE, (None, whole))
    out["after"] = await session.findings(OUTAGE, [])
    return out


async def tokens_delta(session):
    """The colours after an edit come as what changed; put together they are those of the whole text."""
    whole = session.of(OUTAGE).text
    first = await session.ask_of(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, OUTAGE)
    session.changes(OUTAGE, ("near/8 failure", "near/8 (failure or \"💥 gone\")"), ("voices >= 80", "volume >= 80"))
    delta = await session.ask_of(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL_DELTA, OUTAGE, previousResultId=first["resultId"])
    data = list(first["data"])
    for edit in sorted(delta["edits"], key=lambda edit: -edit["start"]):
        data[edit["start"] : edit["start"] + edit["deleteCount"]] = edit.get("data", [])
    now = await session.ask_of(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, OUTAGE)
    assert data == now["data"], "the changes of colours are not those between the two texts"
    lost = await session.ask_of(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL_DELTA, OUTAGE, previousResultId="never given")
    assert lost["data"] == now["data"], "after an unknown answer all colours must come"
    shown = reading.decoded(session, OUTAGE, data)
    out = {line: words for line, words in shown.items() if "gone" in words or "80" in words}
    session.changes(OUTAGE, (None, whole))
    return {"edits": len(delta["edits"]), "numbers sent": sum(len(edit.get("data", [])) for edit in delta["edits"]), "of": len(data), "lines": out}


async def consequences(session):
    """Lenses and hints follow an edit, and say what it changes against the saved version."""
    await reading.seen(session)
    whole, out = session.of(OUTAGE).text, {}

    def titles(found):
        return [one["command"]["title"] for one in found]

    ask = lambda: session.ask_of(lsp.TEXT_DOCUMENT_CODE_LENS, OUTAGE)
    now = lambda found: found and not any(title.startswith("before the last edits") for title in titles(found))
    before = titles(await session.until(ask, now))
    session.changes(OUTAGE, ('"crash*", ', ""), ("volume >= 30 and voices >= 25", "volume >= 150 and voices >= 25"))
    await session.until(ask, lambda found: any("against the saved version" in title for title in titles(found)))
    await session.until(ask, now)
    out["after an edit"] = await reading.lenses_of(session, OUTAGE)
    out["hints after it"] = [line for line in (await reading.hints_of(session, OUTAGE))["shown"] if "«" in line and "→" not in line]
    out["hover on the number"] = await reading.places(session, lsp.TEXT_DOCUMENT_HOVER, [(OUTAGE, "when volume >= 15‸0 and")], reading.hovered)
    session.changes(OUTAGE, (None, whole))
    after = await session.until(ask, lambda found: titles(found) == before)
    out["taken back"] = titles(after)
    return out


async def formatting(session):
    """A mess in the one style: whole, in part, and behind what was typed."""
    whole, out = session.of(OUTAGE).text, {}
    mess = [("  measure volume = count()\n  measure voices = distinct(author.uid)", "  measure volume=count( )\n      measure voices =   distinct(author.uid) // who"),
            ("terms failure =\n  \"broken\",", "terms   failure =\n  \"broken\"  ,"), ("    critical when voices >= 250\n", "  critical when voices>=250\n")]
    session.changes(OUTAGE, *mess)
    messy = session.of(OUTAGE)
    options = {"options": {"tabSize": 2, "insertSpaces": True}}
    edits = await session.ask_of(lsp.TEXT_DOCUMENT_FORMATTING, OUTAGE, **options)
    styled = messy.edited(edits)
    out["whole"] = {"edits": session.show(edits, OUTAGE), "away from the saved text": difference(whole, styled)}
    path = session.root / "styled.txt"
    path.write_text(messy.text)
    subprocess.run([session.mon, "fmt", str(path)], check=True, capture_output=True)
    assert path.read_text() == styled, "the edits do not give what `mon fmt` writes"
    path.unlink()
    part = messy.range("  measure volume=count( )")
    edits = await session.ask_of(lsp.TEXT_DOCUMENT_RANGE_FORMATTING, OUTAGE, range=part, **options)
    out["the monitor alone"] = difference(messy.text, messy.edited(edits))
    typed = [("    medium   otherwise\n  }\n", "    medium   otherwise\n  }‸\n", "}"), ("  owner  \"press desk\"\n", "  owner  \"press desk\"\n‸\n", "\n"),
             ("/// Phones that fail, as people tell it.\n", "/// Phones that fail, as people tell it.\n‸\n", "\n"), ("  severity {\n", "  severity {\n‸\n", "\n")]
    for old, new, sign in typed:
        session.used.add(f"formatting behind {sign!r}")
        session.changes(OUTAGE, (None, messy.text if sign == "}" else whole))
        session.changes(OUTAGE, (old, new.replace(MARK, "")))
        now = session.of(OUTAGE)
        edits = await session.ask_at(lsp.TEXT_DOCUMENT_ON_TYPE_FORMATTING, OUTAGE, new, ch=sign, **options)
        out[f"typed {new!r}"] = difference(now.text, now.edited(edits or []))
        messy = Text(messy.text, session.encoding)
    session.changes(OUTAGE, (None, whole))
    return out


async def refusal(session, method, name, marked, **more):
    try:
        answer = await session.ask_at(method, name, marked, **more)
    except Exception as error:  # pygls has a class of its own for each code.
        return f"refused: {error}"
    return session.show(answer, name)


async def rename(session):
    """A name of several files: what is changed, what is refused; applied and saved, the rules are still clean."""
    out = {"can it be renamed": {}}
    for name, marked in ((BRAND, "terms give‸away"), (OUTAGE, "measure vol‸ume"), (OUTAGE, "author.fol‸lowers"), (OUTAGE, "mat‸ch  acme_failure"), (OUTAGE, "6 messages to team le‸gal"), (OUTAGE, 'exam‸ple yes "My')):
        out["can it be renamed"][f"{name}:{session.of(name).spot(marked)}"] = await refusal(session, lsp.TEXT_DOCUMENT_PREPARE_RENAME, name, marked)
    for new in ("acme", "2nd", "match", "text"):
        out[f"giveaway to {new}"] = await refusal(session, lsp.TEXT_DOCUMENT_RENAME, BRAND, "terms give‸away", newName=new)
    edit = await session.ask_at(lsp.TEXT_DOCUMENT_RENAME, BRAND, "terms give‸away", newName="promotion")
    before, out["changes"] = {}, {}
    for uri, edits in sorted(edit["changes"].items()):
        name = uri.rsplit("/", 1)[1]
        before[name] = session.text(uri).text
        if uri not in session.open:
            session.opens(name)
        session.changes(name, (None, session.text(uri).edited(edits)))
        out["changes"][name] = difference(before[name], session.of(name).text)
        session.saves(name)
    checked = subprocess.run([session.mon, "check", "--no-color", str(session.root)], capture_output=True, text=True)
    out["mon check then"] = {"code": checked.returncode, "says": (checked.stdout + checked.stderr).strip().split("\n")}
    for name, text in before.items():
        session.changes(name, (None, text))
        session.saves(name)
    for name in before:
        await session.findings(name, [])
        if name not in reading.FILES:
            session.closes(name)
    return out


async def moved_files(session):
    """Files and folders get another place: what leads to them, and what they lead to, is written anew."""
    out = {}
    for old, new in ((BRAND, "brands/acme.mon"), (OUTAGE, "outage/acme.mon"), ("captures", "recorded")):
        files = [{"oldUri": session.uri(old), "newUri": session.uri(new)}]
        edit = await session.ask(lsp.WORKSPACE_WILL_RENAME_FILES, {"files": files})
        changed = sorted((edit or {"changes": {}})["changes"].items())
        out[f"{old} to {new}"] = {uri.rsplit("/", 1)[1]: difference(session.text(uri).text, session.text(uri).edited(edits)) for uri, edits in changed}
    return out


FEATURES = {
    "completion": completion, "signature_help_typed": signs_of_calls, "broken_rule": broken_rule, "red_example": red_example, "unicode": unicode,
    "semantic_tokens_delta": tokens_delta, "consequences": consequences, "formatting": formatting, "rename": rename, "moved_files": moved_files,
}
