"""An editor that can nearly nothing: no folders of a workspace, no snippets, folds of whole lines, columns that count letters."""

import asyncio
import shutil

from lsprotocol import types as lsp

from session import CONVERTER, WAIT, Session
from texts import Text


async def drive(mon, folder, rules):
    root = folder / "rules"
    shutil.copytree(rules, root)
    session = Session(mon, root, False)
    await session.client.start_io(mon, "lsp", "--stdio")
    try:
        return await answers(session)
    finally:
        await session.stop()


async def answers(session):
    said = {"general": {"positionEncodings": ["utf-32"]}, "textDocument": {"foldingRange": {"lineFoldingOnly": True}}}
    params = lsp.InitializeParams(capabilities=CONVERTER.structure(said, lsp.ClientCapabilities), root_uri=session.root.as_uri())
    greeting = CONVERTER.unstructure(await asyncio.wait_for(session.client.initialize_async(params), WAIT))
    session.encoding = greeting["capabilities"]["positionEncoding"]
    session.client.initialized(lsp.InitializedParams())
    out = {"encoding": session.encoding, "is asked for findings": "diagnosticProvider" in greeting["capabilities"]}
    name = "battery_fire.mon"
    session.opens(name)
    session.changes(name, ('example yes "Acme phone 🔥 literally"', 'example yes "Acme phone 🔥 literally" exampel'))
    found = await session.findings(name, ["MON0100"])
    out["a finding behind an emoji"] = session.show(found, name)
    session.changes(name, (" exampel", ""))
    await session.findings(name, [])
    session.changes(name, ("  owner  \"product safety\"\n", "  own\n"))
    answer = await session.ask_at(lsp.TEXT_DOCUMENT_COMPLETION, name, "  own‸\n")
    out["what is offered is plain text, without the marks of a snippet"] = all("${" not in item["textEdit"]["newText"] and item["insertTextFormat"] == 1 for item in answer)
    session.changes(name, ("  own\n", "  owner  \"product safety\"\n"))
    folds = await session.ask_of(lsp.TEXT_DOCUMENT_FOLDING_RANGE, name)
    out["folds"] = folds
    untouched = session.root / "nowhere.mon"
    session.open[untouched.as_uri()] = Text("monitor m {", session.encoding, 1)
    out["a file that is not open"] = await session.ask_of(lsp.TEXT_DOCUMENT_HOVER, "nowhere.mon", position={"line": 0, "character": 1})
    del session.open[untouched.as_uri()]
    out["ends with"] = await session.end()
    return out
