"""What each ability that a server names asks of a client that claims to have used it."""

# By path in the answer to `initialize`. Of a list every member must have been used; `{}` stands for it.
USED_BY = {
    "positionEncoding": "textDocument/didChange",
    "textDocumentSync.openClose": "textDocument/didOpen textDocument/didClose",
    "textDocumentSync.change": "textDocument/didChange",
    "textDocumentSync.save": "textDocument/didSave",
    "hoverProvider": "textDocument/hover",
    "completionProvider.triggerCharacters": "completion behind {!r}",
    "signatureHelpProvider.triggerCharacters": "signature behind {!r}",
    "signatureHelpProvider.retriggerCharacters": "signature behind {!r}",
    "definitionProvider": "textDocument/definition",
    "referencesProvider": "textDocument/references",
    "documentHighlightProvider": "textDocument/documentHighlight",
    "documentSymbolProvider": "textDocument/documentSymbol",
    "workspaceSymbolProvider": "workspace/symbol",
    "codeActionProvider.codeActionKinds": "actions of {}",
    "codeLensProvider.resolveProvider": "textDocument/codeLens",
    "documentFormattingProvider": "textDocument/formatting",
    "documentRangeFormattingProvider": "textDocument/rangeFormatting",
    "documentOnTypeFormattingProvider.firstTriggerCharacter": "formatting behind {!r}",
    "documentOnTypeFormattingProvider.moreTriggerCharacter": "formatting behind {!r}",
    "renameProvider.prepareProvider": "textDocument/prepareRename textDocument/rename",
    "documentLinkProvider.resolveProvider": "textDocument/documentLink",
    "foldingRangeProvider": "textDocument/foldingRange",
    "selectionRangeProvider": "textDocument/selectionRange",
    "semanticTokensProvider.legend.tokenTypes": "textDocument/semanticTokens/full",
    "semanticTokensProvider.legend.tokenModifiers": "textDocument/semanticTokens/full",
    "semanticTokensProvider.range": "textDocument/semanticTokens/range",
    "semanticTokensProvider.full.delta": "textDocument/semanticTokens/full/delta",
    "executeCommandProvider.commands": "{} workspace/executeCommand",
    "inlayHintProvider": "textDocument/inlayHint",
    "callHierarchyProvider": "textDocument/prepareCallHierarchy callHierarchy/incomingCalls callHierarchy/outgoingCalls",
    "diagnosticProvider.identifier": "textDocument/diagnostic",
    "diagnosticProvider.interFileDependencies": "textDocument/diagnostic",
    "diagnosticProvider.workspaceDiagnostics": "workspace/diagnostic",
    "workspace.fileOperations.willRename.filters": "workspace/willRenameFiles",
    "workspace.workspaceFolders.supported": "workspace/didChangeWorkspaceFolders",
    "workspace.workspaceFolders.changeNotifications": "workspace/didChangeWorkspaceFolders",
}


def leaves(value, path=""):
    """Paths to what is no object, with their values."""
    if isinstance(value, dict):
        for key, held in value.items():
            yield from leaves(held, f"{path}.{key}" if path else key)
    else:
        yield path, value


def asked(use, member):
    """The uses that one member of an ability asks for. Signs may be spaces, so only methods are told apart by them."""
    if "behind" in use or "actions of" in use:
        return [use.format(member)]
    return use.format(member).split()


def unused(capabilities, used):
    """The abilities that were named and not used; one that is not in the table has not been used either."""
    for path, value in leaves(capabilities):
        if path not in USED_BY:
            yield path
            continue
        members = value if isinstance(value, list) else [value]
        wanted = {one for member in members for one in asked(USED_BY[path], member)}
        for one in sorted(wanted - used):
            yield f"{path}: {one}"
