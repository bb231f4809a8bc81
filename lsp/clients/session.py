"""One editor and its server: starts `mon lsp`, speaks through pygls, keeps the texts that it has open, and remembers what it has used."""

import asyncio
import re
import time
from os.path import normpath
from pathlib import Path

from lsprotocol import types as lsp
from lsprotocol.converters import get_converter
from pygls.lsp.client import LanguageClient

from texts import Text, path_of, readable

WAIT = 20
CONVERTER = get_converter()


class Late(Exception):
    """The server did not come to what was waited for."""


def capabilities(encodings, pulls):
    """What a large editor says that it can do; findings are asked for, or waited for."""
    refresh = {"refreshSupport": True}
    document = {
        "completion": {"completionItem": {"snippetSupport": True}},
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "rename": {"prepareSupport": True},
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor", "source"]}}},
        "publishDiagnostics": {"relatedInformation": True},
    }
    if pulls:
        document["diagnostic"] = {}
    said = {
        "general": {"positionEncodings": encodings},
        "workspace": {"codeLens": refresh, "inlayHint": refresh, "diagnostics": refresh, "workspaceFolders": True,
                      "fileOperations": {"willRename": True},
                      "didChangeWatchedFiles": {"dynamicRegistration": True}},
        "textDocument": document,
    }
    return CONVERTER.structure(said, lsp.ClientCapabilities)


class Session:
    """A client that has been greeted by its server."""

    def __init__(self, mon, root, pulls):
        self.mon, self.root, self.pulls, self.encoding = mon, root, pulls, "utf-16"
        self.client = LanguageClient("client-of-the-tests", "1")
        self.open, self.pushed, self.told = {}, {}, []
        self.used, self.registered, self.refreshed = set(), [], set()
        self.listener = None
        self.listen()

    def listen(self):
        feature = self.client.feature

        @feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params):
            self.pushed[params.uri] = params

        @feature(lsp.WINDOW_SHOW_MESSAGE)
        def told(params):
            self.told.append(f"{params.type.name}: {params.message}")

        @feature(lsp.WINDOW_LOG_MESSAGE)
        def logged(params):
            self.told.append(f"log: {params.message}")

        @feature(lsp.CLIENT_REGISTER_CAPABILITY)
        def registers(params):
            self.registered.extend(CONVERTER.unstructure(params.registrations))

        for method in (lsp.WORKSPACE_CODE_LENS_REFRESH, lsp.WORKSPACE_INLAY_HINT_REFRESH, lsp.WORKSPACE_DIAGNOSTIC_REFRESH):
            feature(method)(lambda params, method=method: self.refreshed.add(method))

    @classmethod
    async def start(cls, mon, root, socket, encodings, pulls):
        """Over standard input and output, or over a socket that the server chooses and prints."""
        self = cls(mon, root, pulls)
        if socket:
            self.listener = await asyncio.create_subprocess_exec(mon, "lsp", "--listen", "127.0.0.1:0", stderr=asyncio.subprocess.PIPE)
            line = (await asyncio.wait_for(self.listener.stderr.readline(), WAIT)).decode()
            host, port = re.search(r"listening at ([\d.]+):(\d+)", line).groups()
            await self.client.start_tcp(host, int(port))
        else:
            await self.client.start_io(mon, "lsp")
        folder = lsp.WorkspaceFolder(uri=root.as_uri(), name="rules")
        params = lsp.InitializeParams(capabilities=capabilities(encodings, pulls), workspace_folders=[folder], root_uri=root.as_uri())
        self.greeting = CONVERTER.unstructure(await asyncio.wait_for(self.client.initialize_async(params), WAIT))
        self.encoding = self.greeting["capabilities"]["positionEncoding"]
        self.client.initialized(lsp.InitializedParams())
        return self

    async def end(self):
        """Leaves as an editor does, and gives the exit code of the server; one that listens goes on and is stopped."""
        await asyncio.wait_for(self.client.shutdown_async(None), WAIT)
        self.client.exit(None)
        if self.listener:
            return 0
        await asyncio.wait_for(self.client._server.wait(), WAIT)
        return self.client._server.returncode

    async def stop(self):
        """Leaves no process behind, whatever has happened."""
        server = self.listener or self.client._server
        self.client._stop_event.set()
        if server.returncode is None:
            server.terminate()
            await server.wait()
        # What was still being read ends with the connection, one way or the other.
        await asyncio.gather(*self.client._async_tasks, return_exceptions=True)

    def uri(self, name):
        return Path(normpath(self.root / name)).as_uri()

    def text(self, uri):
        """An open text, else the one on the disk."""
        known = self.open.get(uri)
        if known:
            return known
        with open(path_of(uri), encoding="utf-8", newline="") as file:
            return Text(file.read(), self.encoding)

    def of(self, name):
        return self.text(self.uri(name))

    async def ask(self, method, params):
        """Sends a request and gives the answer as plain data. The parameters are checked against the protocol, the answer too."""
        self.used.add(method)
        kind = lsp.METHOD_TO_TYPES[method][2]
        answer = await asyncio.wait_for(self.client.protocol.send_request_async(method, CONVERTER.structure(params, kind)), WAIT)
        return CONVERTER.unstructure(answer)

    async def ask_at(self, method, name, marked, **more):
        place = {"textDocument": {"uri": self.uri(name)}, "position": self.of(name).at(marked)}
        return await self.ask(method, {**place, **more})

    async def ask_of(self, method, name, **more):
        return await self.ask(method, {"textDocument": {"uri": self.uri(name)}, **more})

    def show(self, answer, name):
        return readable(answer, self.text, self.uri(name), self.root)

    def opens(self, name, text=None):
        self.used.add(lsp.TEXT_DOCUMENT_DID_OPEN)
        uri = self.uri(name)
        known = Text(self.text(uri).text if text is None else text, self.encoding, 1)
        self.open[uri] = known
        item = lsp.TextDocumentItem(uri=uri, language_id="mon", version=1, text=known.text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(text_document=item))

    def changes(self, name, *changes):
        """Sends changes in one notification: each a stretch of the text, as those before it left it, and what takes its place; a change
        without a stretch takes the whole text's place."""
        self.used.add(lsp.TEXT_DOCUMENT_DID_CHANGE)
        uri = self.uri(name)
        known, sent = self.open[uri], []
        for old, new in changes:
            if old is None:
                sent.append({"text": new})
                known.text = new
                continue
            span = known.range(old)
            sent.append({"range": span, "text": new})
            known.text = known.edited([{"range": span, "newText": new}])
        known.version += 1
        params = {"textDocument": {"uri": uri, "version": known.version}, "contentChanges": sent}
        self.client.text_document_did_change(CONVERTER.structure(params, lsp.DidChangeTextDocumentParams))

    def saves(self, name):
        self.used.add(lsp.TEXT_DOCUMENT_DID_SAVE)
        with open(self.root / name, "w", encoding="utf-8", newline="") as file:
            file.write(self.of(name).text)
        document = lsp.TextDocumentIdentifier(uri=self.uri(name))
        self.client.text_document_did_save(lsp.DidSaveTextDocumentParams(text_document=document))

    def closes(self, name):
        self.used.add(lsp.TEXT_DOCUMENT_DID_CLOSE)
        del self.open[self.uri(name)]
        document = lsp.TextDocumentIdentifier(uri=self.uri(name))
        self.client.text_document_did_close(lsp.DidCloseTextDocumentParams(text_document=document))

    async def until(self, ask, holds):
        """Asks again and again until the answer is so. What is worked out beside the requests takes a moment."""
        last, end = await ask(), time.monotonic() + WAIT
        while not holds(last):
            if time.monotonic() > end:
                raise Late(f"this was the last answer: {last}")
            await asyncio.sleep(0.05)
            last = await ask()
        return last

    async def findings(self, name, codes):
        """The findings of a file, once they are those of these codes and of the text as it is."""
        uri = self.uri(name)

        async def ask():
            if self.pulls:
                return (await self.ask_of(lsp.TEXT_DOCUMENT_DIAGNOSTIC, name))["items"]
            known = self.pushed.get(uri)
            version = self.open[uri].version if uri in self.open else None
            is_old = known is None or (version is not None and known.version != version)
            return [{"code": "none yet"}] if is_old else CONVERTER.unstructure(known.diagnostics)

        if not self.pulls:
            self.used.add(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        return await self.until(ask, lambda found: sorted(one["code"] for one in found) == sorted(codes))

    def folders(self, added=(), removed=()):
        self.used.add(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
        params = {"event": {"added": list(added), "removed": list(removed)}}
        self.client.workspace_did_change_workspace_folders(CONVERTER.structure(params, lsp.DidChangeWorkspaceFoldersParams))

    def watched(self, name):
        """A file of the disk has changed."""
        self.used.add(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
        params = {"changes": [{"uri": self.uri(name), "type": 2}]}
        self.client.workspace_did_change_watched_files(CONVERTER.structure(params, lsp.DidChangeWatchedFilesParams))

    def changed_settings(self):
        self.client.workspace_did_change_configuration(lsp.DidChangeConfigurationParams(settings={}))

    async def heard(self):
        """What the server has said to the people before it."""
        return self.told
