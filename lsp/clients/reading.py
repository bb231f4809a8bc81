"""What an analyst asks of rules that stand: meaning, places, shape, colours, what they would have done. Each function gives the answers
of one feature for people to read."""

from lsprotocol import types as lsp

OUTAGE, CARE, BOOKS, BRAND = "acme_outage.mon", "care_mentions.mon", "playbooks.mon", "brand.mon"
FILES = (OUTAGE, CARE, BOOKS, BRAND, "battery_fire.mon", "unanswered.mon", "market_rumour.mon")


async def seen(session):
    """Waits until the posts of the capture have been looked at."""
    fresh = lambda found: found and not any(one["command"]["title"].startswith("before the last edits") for one in found)
    await session.until(lambda: session.ask_of(lsp.TEXT_DOCUMENT_CODE_LENS, OUTAGE), fresh)


async def places(session, method, spots, shape=lambda answer: answer, **more):
    out = []
    for name, marked in spots:
        answer = await session.ask_at(method, name, marked, **more)
        out.append({"at": f"{name}:{session.of(name).spot(marked)}", "answer": shape(session.show(answer, name))})
    return out


def hovered(answer):
    return answer and {"range": answer.get("range"), "says": answer["contents"]["value"].split("\n")}


async def hover(session):
    spots = [
        (OUTAGE, "acme_‸failure =\n"), (OUTAGE, "  ac‸me near/8"), (OUTAGE, "acme near‸/8"), (OUTAGE, "near/8 fail‸ure"), (OUTAGE, "and not give‸away"),
        (OUTAGE, "and la‸ng in"), (OUTAGE, "[en, e‸s, de]"), (OUTAGE, '"won\'t turn‸ on",'), (OUTAGE, '"cra‸sh*"'), (OUTAGE, "monitor acme_ou‸tage {"),
        (OUTAGE, "  mat‸ch  acme_failure"), (OUTAGE, "win‸dow slide"), (OUTAGE, "la‸te 30s"), (OUTAGE, "late 30‸s"), (OUTAGE, "measure voi‸ces"), (OUTAGE, "disti‸nct(author"),
        (OUTAGE, "distinct(author.u‸id"), (OUTAGE, "avg(senti‸ment"), (OUTAGE, "when volume >= 3‸0"), (OUTAGE, "volume >= 30 and voices >= 2‸5"), (OUTAGE, "voices >= 25  fo‸r 2m"), (OUTAGE, "cou‸nt()"),
        (OUTAGE, "criti‸cal when"), (OUTAGE, "voices >= 2‸50"), (OUTAGE, "playbook lau‸nch"), (OUTAGE, "own‸er "), (OUTAGE, "status li‸ve"), (OUTAGE, 'exam‸ple yes "My Acme'),
        (OUTAGE, "expect 1 inci‸dent of"), (OUTAGE, 'rep‸lay "captures/crisis'), (OUTAGE, "to team ca‸re\n}"), (OUTAGE, "/// Many people‸ at once"), (OUTAGE, "severity {‸\n"),
        (CARE, "match  @ac‸me and"), (CARE, "kind is repo‸st\n  window"), (CARE, "by la‸ng,"), (BOOKS, "by slack, ema‸il at once\n    high     by slack, email at once\n    medium   by slack        after 2m\n    low      by email        after 15m\n  }\n}\n\n/// A product"),
        (BOOKS, "country in [D‸E, AT, CH]"), ("unanswered.mon", "window pat‸tern"), ("market_rumour.mon", "sum‸(author.followers)"), ("market_rumour.mon", "match  ($AC‸ME"),
    ]
    return await places(session, lsp.TEXT_DOCUMENT_HOVER, spots, hovered)


async def signature(session):
    spots = [(OUTAGE, "distinct(‸author.uid"), (OUTAGE, "count(‸)"), (OUTAGE, "avg(sentiment‸)"), ("viral_complaint.mon", "count(kind in [repost,‸ quote])"), (OUTAGE, "match ‸ acme_failure")]
    return await places(session, lsp.TEXT_DOCUMENT_SIGNATURE_HELP, spots)


async def definition(session):
    spots = [(OUTAGE, 'use "bra‸nd.mon"'), (OUTAGE, "  ac‸me near/8"), (OUTAGE, "match  acme_fail‸ure"), (OUTAGE, "when volume‸ >= 30"), (OUTAGE, "playbook lau‸nch"),
             (OUTAGE, "test acme_‸outage \"a failing"), (OUTAGE, 'replay "captures/out‸age'), (OUTAGE, "incident of acme_‸outage"), (OUTAGE, "author.fol‸lowers"), ("unanswered.mon", "then not ans‸wer for"), ("impersonation.mon", '"prize", ba‸it]')]
    return await places(session, lsp.TEXT_DOCUMENT_DEFINITION, spots)


async def references(session):
    spots = [(BRAND, "terms ac‸me    ="), (OUTAGE, "measure voi‸ces"), (BOOKS, "playbook cri‸sis"), (OUTAGE, "6 messages to team le‸gal")]
    own = await places(session, lsp.TEXT_DOCUMENT_REFERENCES, spots, context={"includeDeclaration": True})
    return own + await places(session, lsp.TEXT_DOCUMENT_REFERENCES, [(OUTAGE, "terms fail‸ure")], context={"includeDeclaration": False})


async def highlight(session):
    spots = [(OUTAGE, "measure vol‸ume"), (OUTAGE, "terms fail‸ure"), (BRAND, "terms give‸away"), (OUTAGE, "mat‸ch  acme_failure")]
    return await places(session, lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, spots)


def tree(symbols, depth=0):
    for one in symbols:
        detail = f" — {one['detail']}" if one.get("detail") else ""
        kind = lsp.SymbolKind(one["kind"]).name
        yield f"{'  ' * depth}{kind} {one['name']}{detail} | {one['range']} | {one['selectionRange']}"
        yield from tree(one.get("children") or [], depth + 1)


async def document_symbols(session):
    out = {}
    for name in (OUTAGE, "unanswered.mon", BOOKS, BRAND):
        out[name] = list(tree(session.show(await session.ask_of(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, name), name)))
    return out


async def workspace_symbols(session):
    out = {}
    for query in ("", "acme", "outage", "OUT", "crs", "nothing like this"):
        found = session.show(await session.ask(lsp.WORKSPACE_SYMBOL, {"query": query}), OUTAGE)
        lines = [f"{lsp.SymbolKind(one['kind']).name} {one['name']} ({one.get('containerName')}) {one['location']['uri']} {one['location']['range']}" for one in found]
        out[query] = lines if query else [f"{len(lines)} symbols", *lines[:5]]
    return out


async def folding(session):
    out = {}
    for name in (OUTAGE, "double_charge.mon", BRAND):
        lines = session.of(name).lines()
        shown = []
        for fold in await session.ask_of(lsp.TEXT_DOCUMENT_FOLDING_RANGE, name):
            start, end = fold["startLine"], fold["endLine"]
            columns = f" ({fold.get('startCharacter')}, {fold.get('endCharacter')})"
            shown.append(f"{start + 1}-{end + 1}{columns} {fold.get('kind', '')}: {lines[start]} … {lines[end].strip()}")
        out[name] = shown
    return out


async def selection(session):
    out = []
    for name, marked in ((OUTAGE, "disti‸nct(author"), (OUTAGE, "[en, e‸s, de]"), (OUTAGE, "/// Many people‸ at once"), (BOOKS, "country in [D‸E, AT, CH]")):
        answer = await session.ask_of(lsp.TEXT_DOCUMENT_SELECTION_RANGE, name, positions=[session.of(name).at(marked)])
        ranges, around = [], answer[0]
        while around:
            ranges.append(session.show(around["range"], name))
            around = around.get("parent")
        out.append({"at": f"{name}:{session.of(name).spot(marked)}", "grows": ranges})
    return out


def decoded(session, name, data):
    """The colours by line: what is coloured, as what."""
    legend = session.greeting["capabilities"]["semanticTokensProvider"]["legend"]
    text, line, column, out = session.of(name), 0, 0, {}
    for at in range(0, len(data), 5):
        lines, start, length, kind, bits = data[at : at + 5]
        line, column = line + lines, start if lines else column + start
        span = {"start": {"line": line, "character": column}, "end": {"line": line, "character": column + length}}
        names = [legend["tokenTypes"][kind], *(name for bit, name in enumerate(legend["tokenModifiers"]) if bits >> bit & 1)]
        word = text.text[text.offset(span["start"]) : text.offset(span["end"])]
        out.setdefault(f"{line + 1}", []).append(f"{word} {'.'.join(names)}")
    return {line: " | ".join(words) for line, words in out.items()}


async def semantic_tokens(session):
    out = {}
    for name in (OUTAGE, CARE, BOOKS):
        whole = await session.ask_of(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, name)
        out[name] = decoded(session, name, whole["data"])
    part = session.of(OUTAGE).range("  measure volume = count()\n  measure voices = distinct(author.uid)")
    ranged = await session.ask_of(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, OUTAGE, range=part)
    out["range of acme_outage.mon"] = decoded(session, OUTAGE, ranged["data"])
    return out


def everything(session, name):
    text = session.of(name)
    return {"start": {"line": 0, "character": 0}, "end": text.position(len(text.text))}


async def hints_of(session, name):
    """The lines that have hints, with these in them as an editor shows them; and what each says when the mouse is on it."""
    answer = await session.ask_of(lsp.TEXT_DOCUMENT_INLAY_HINT, name, range=everything(session, name))
    text, by_line, says = session.of(name), {}, []
    for hint in sorted(answer, key=lambda hint: (hint["position"]["line"], -hint["position"]["character"])):
        offset = text.offset(hint["position"])
        line = hint["position"]["line"]
        shown = by_line.get(line, text.lines()[line])
        column = int(text.place(offset).split(":")[1]) - 1
        pad = (" " if hint.get("paddingLeft") else "", " " if hint.get("paddingRight") else "")
        by_line[line] = f"{shown[:column]}{pad[0]}«{hint['label']}»{pad[1]}{shown[column:]}"
        says.append(f"{text.place(offset)} «{hint['label']}»: {hint['tooltip']['value']}")
    return {"shown": [f"{line + 1}: {shown}" for line, shown in sorted(by_line.items())], "says": says}


async def inlay_hints(session):
    await seen(session)
    return {name: await hints_of(session, name) for name in (OUTAGE, BRAND, "impersonation.mon", "unanswered.mon")}


def lens(one):
    command = one["command"]
    return {"above": one["range"], "title": command["title"], "command": command["command"], "says": [line for said in command["arguments"] for line in said.split("\n")]}


async def lenses_of(session, name):
    return [lens(one) for one in session.show(await session.ask_of(lsp.TEXT_DOCUMENT_CODE_LENS, name), name)]


async def code_lens(session):
    await seen(session)
    return {name: await lenses_of(session, name) for name in (OUTAGE, "battery_fire.mon", CARE, "unanswered.mon", BRAND)}


async def links(session):
    out = {}
    for name in (OUTAGE, BRAND):
        out[name] = session.show(await session.ask_of(lsp.TEXT_DOCUMENT_DOCUMENT_LINK, name), name)
    return out


def called(calls, side):
    return [f"{one[side]['name']} in {one[side]['detail']} {one[side]['selectionRange']}" for one in calls]


async def calls(session):
    out = []
    for name, marked in ((OUTAGE, "query acme_‸failure"), (BRAND, "terms ac‸me    ="), (OUTAGE, "monitor acme_‸outage"), (BOOKS, "playbook lau‸nch"), (OUTAGE, "mat‸ch  acme_failure")):
        items = await session.ask_at(lsp.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY, name, marked)
        entry = {"at": f"{name}:{session.of(name).spot(marked)}", "items": session.show(items, name)}
        for item in items or []:
            # The ranges of a call stand in the file that calls: the other one for calls that come in.
            incoming = await session.ask(lsp.CALL_HIERARCHY_INCOMING_CALLS, {"item": item})
            outgoing = await session.ask(lsp.CALL_HIERARCHY_OUTGOING_CALLS, {"item": item})
            entry["incoming"] = called([session.show({**one, "uri": one["from"]["uri"]}, name) for one in incoming], "from")
            entry["at places"] = [session.text(one["from"]["uri"]).shown(span) for one in incoming for span in one["fromRanges"]]
            entry["outgoing"] = called(session.show(outgoing, name), "to")
            entry["from places"] = [session.of(name).shown(span) for one in outgoing for span in one["fromRanges"]]
        out.append(entry)
    return out


async def command(session):
    """What stands behind a lens is shown when it is clicked."""
    await seen(session)
    session.used.add("mon.explain")
    own = (await session.ask_of(lsp.TEXT_DOCUMENT_CODE_LENS, OUTAGE))[0]["command"]
    session.told.clear()
    answer = await session.ask(lsp.WORKSPACE_EXECUTE_COMMAND, {"command": own["command"], "arguments": own["arguments"]})
    told = await session.until(session.heard, bool)
    out = {"answer": answer, "told": [line for said in told for line in said.split("\n")]}
    try:
        await session.ask(lsp.WORKSPACE_EXECUTE_COMMAND, {"command": "mon.nothing", "arguments": []})
    except Exception as error:  # pygls has a class of its own for each code.
        out["unknown command"] = str(error)
    return out


FEATURES = {
    "hover": hover, "signature_help": signature, "definition": definition, "references": references, "highlight": highlight,
    "document_symbols": document_symbols, "workspace_symbols": workspace_symbols, "folding": folding, "selection_range": selection,
    "semantic_tokens": semantic_tokens, "inlay_hints": inlay_hints, "code_lens": code_lens, "document_links": links, "call_hierarchy": calls,
    "execute_command": command,
}
