"""Files full of mistakes: every action of every finding is done, alone, and the rules are looked at again. Then the actions that a place
has without a finding, the folders of a workspace, and the files beside the open ones."""

import json
import subprocess
from pathlib import Path

from lsprotocol import types as lsp

import reading
from reading import BOOKS, OUTAGE
from texts import difference

MISTAKES = Path(__file__).parent / "mistakes"


def checked(session, folder):
    """The codes that `mon lint` finds in a folder, as it lies on the disk."""
    done = subprocess.run([session.mon, "lint", "--format", "json", str(folder)], capture_output=True, text=True)
    return [one["code"] for one in json.loads(done.stdout)["diagnostics"]]


async def actions_at(session, name, span, only=None):
    context = {"diagnostics": [], "only": only} if only else {"diagnostics": []}
    return await session.ask_of(lsp.TEXT_DOCUMENT_CODE_ACTION, name, range=span, context=context)


async def done(session, name, action, copy):
    """What an action makes of the text, and what it leaves to find: said by the server, held against `mon lint`."""
    whole = session.of(name).text
    uris = list(action["edit"]["changes"])
    assert uris == [session.uri(name)], f"{action['title']} changes {uris}"
    new = session.of(name).edited(action["edit"]["changes"][uris[0]])
    copy.write_text(new)
    left = checked(session, copy.parent)
    session.changes(name, (None, new))
    await session.findings(name, left)
    session.changes(name, (None, whole))
    return {"changes": difference(whole, new), "findings left": " ".join(left)}


async def mended(session, kind):
    """All actions of all findings of one of the files of mistakes."""
    source = MISTAKES / kind / f"{kind}.mon"
    copy = session.root.parent / f"copy of {kind}" / source.name
    copy.parent.mkdir()
    copy.write_text(source.read_text())
    name = f"../mistakes/{kind}/{source.name}"
    session.opens(name)
    codes = checked(session, copy.parent)
    found = await session.findings(name, codes)
    out, tried = [], set()
    for finding in sorted(found, key=lambda finding: (finding["range"]["start"]["line"], finding["range"]["start"]["character"])):
        entry = {"finding": f"{finding['code']} {session.of(name).shown(finding['range'])}", "says": finding["message"].split("\n"), "actions": []}
        for action in await actions_at(session, name, finding["range"]):
            kinds = f"{action['kind']}{' preferred' if action.get('isPreferred') else ''}"
            answers = " ".join(one["code"] for one in action.get("diagnostics") or [])
            said = {"title": action["title"], "kind": kinds, "answers": answers}
            key = json.dumps(action["edit"], sort_keys=True)
            if key not in tried:
                tried.add(key)
                said |= await done(session, name, action, copy)
                await session.findings(name, codes)
            entry["actions"].append(said)
        out.append(entry)
    for wanted in ("quickfix", "refactor", "source.fixAll"):
        session.used.add(f"actions of {wanted}")
        span = found[0]["range"]
        out.append({"only": wanted, "titles": [action["title"] for action in await actions_at(session, name, span, [wanted])]})
    session.closes(name)
    return out


async def code_actions(session):
    """The folder of mistakes joins the workspace, and leaves it again."""
    folder = {"uri": (session.root.parent / "mistakes").as_uri(), "name": "mistakes"}
    session.folders(added=[folder])
    out = {kind: await mended(session, kind) for kind in ("errors", "smells")}
    session.folders(removed=[folder])
    return out


async def refactorings(session):
    """What can be done at a place where nothing is wrong."""
    out, copy = [], session.root.parent / "shaped" / OUTAGE
    subprocess.run(["cp", "-r", str(session.root), str(copy.parent)], check=True)
    for stretch in ("acme near/8 failure\n  and not giveaway", "acme near/8", "acme_failure\n  window", "monitor acme_outage"):
        span = session.of(OUTAGE).range(stretch)
        if "near/8" == stretch[-6:] or "window" in stretch:
            span["end"] = span["start"]
        entry = {"at": session.of(OUTAGE).shown(span), "line": session.of(OUTAGE).lines()[span["start"]["line"]], "actions": []}
        for action in await actions_at(session, OUTAGE, span):
            said = {"title": action["title"], "kind": action["kind"]}
            entry["actions"].append(said | await done(session, OUTAGE, action, copy))
            await session.findings(OUTAGE, [])
        out.append(entry)
    return out


async def workspace(session):
    """Findings of files that nobody has open: pulled for the whole workspace, or sent. A file changes beside the editor."""
    path = session.root / "brand.mon"
    whole, out = path.read_text(), {}
    session.closes("brand.mon")
    path.write_text(whole.replace("terms acmepay", "terms wallet"))
    session.watched("brand.mon")
    found = await session.findings("double_charge.mon", ["MON0201"])
    out["a list got another name on the disk"] = {"double_charge.mon": session.show(found, "double_charge.mon")}
    found = await session.findings("brand.mon", ["MON0205"])
    out["a list got another name on the disk"]["brand.mon"] = session.show(found, "brand.mon")
    path.write_text(whole)
    session.watched("brand.mon")
    out["and its own back"] = await session.findings("double_charge.mon", [])
    session.opens("brand.mon")
    teams = session.root / "mon.toml"
    before = teams.read_text()
    teams.write_text('[editor]\ncapture = "captures/nowhere.jsonl.gz"\n')
    session.told.clear()
    session.watched("mon.toml")
    session.changed_settings()
    told = await session.until(session.heard, bool)
    out["a capture that is not there"] = [line.replace(str(session.root), "ROOT") for line in told]
    teams.write_text(before)
    session.watched("mon.toml")
    await session.findings("double_charge.mon", [])
    return out


async def pulled(session):
    """The findings of the whole workspace at once, for clients that ask."""
    report = await session.ask(lsp.WORKSPACE_DIAGNOSTIC, {"previousResultIds": []})
    shown = {session.show(one["uri"], OUTAGE): len(one["items"]) for one in report["items"]}
    whole = session.of(BOOKS).text
    session.changes(BOOKS, ("playbook launch {", "playbook lunch {"))

    async def ask():
        return (await session.ask(lsp.WORKSPACE_DIAGNOSTIC, {"previousResultIds": []}))["items"]

    report = await session.until(ask, lambda items: any(one["items"] for one in items))
    broken = {session.show(one["uri"], OUTAGE): [session.show(item, one["uri"].rsplit("/", 1)[1]) for item in one["items"]] for one in report if one["items"]}
    session.changes(BOOKS, (None, whole))
    await session.until(ask, lambda items: not any(one["items"] for one in items))
    return {"clean": shown, "a playbook with another name": broken}


FEATURES = {"code_actions": code_actions, "refactorings": refactorings, "workspace": workspace}
