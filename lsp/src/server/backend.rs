//! The requests of the protocol, each handed to what answers it.

use std::collections::BTreeMap;
use std::sync::Arc;

use tower_lsp::LanguageServer;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::*;

use super::convert;
use super::looking::look;
use super::state::{Backend, Shared, View, beside, lock};
use super::telling::speakers;
use super::watch::watch;
use super::{capabilities, pulling, reading, writing};
use crate::feature::moved::Move;
use crate::feature::paths::LIST_ENDINGS;
use crate::feature::{outline, rename};
use crate::workspace::Change;

/// Names that one search gives at most.
const SYMBOLS_MAX: usize = 500;

/// What the editor is told of an answer that cannot be given.
fn refused(error: &rename::RenameError) -> Error {
    Error { code: ErrorCode::ServerError(-32803), message: error.to_string().into(), data: None }
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let abilities = capabilities::abilities(&params.capabilities);
        self.shared.set_abilities(abilities);
        #[expect(deprecated, reason = "editors that know no workspace folders still say where they are")]
        let root = params.root_uri.as_ref().and_then(convert::path).or(params.root_path.map(Into::into));
        let folders = params.workspace_folders.unwrap_or_default();
        let folders: Vec<_> = folders.iter().filter_map(|folder| convert::path(&folder.uri)).collect();
        let roots = if folders.is_empty() { root.into_iter().collect() } else { folders };
        self.shared.workspace().set_roots(roots);
        let version = Some(env!("CARGO_PKG_VERSION").to_owned());
        Ok(InitializeResult {
            capabilities: capabilities::server(abilities),
            server_info: Some(ServerInfo { name: "mon lsp".to_owned(), version }),
            ..InitializeResult::default()
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        if let Some(events) = lock(&self.events).take() {
            let (checked, seen) = tokio::sync::watch::channel(BTreeMap::new());
            tokio::spawn(watch(Arc::clone(&self.shared), self.client.clone(), events, checked));
            tokio::spawn(look(Arc::clone(&self.shared), self.client.clone(), seen));
        }
        self.check_all().await;
        if self.shared.abilities().registers_watchers {
            let lists = format!("**/*{{{}}}", LIST_ENDINGS.join(","));
            let watchers = ["**/*.mon", "**/mon.toml", lists.as_str(), "**/*.{jsonl,parquet,arrow,gz,zst}"];
            let watchers = watchers.iter().map(|glob| serde_json::json!({ "globPattern": glob }));
            // Of a folder that is gone no file is named, so whatever goes is told of.
            let gone = serde_json::json!({ "globPattern": "**/*", "kind": WatchKind::Delete });
            let watchers: Vec<_> = watchers.chain([gone]).collect();
            let watched = Registration {
                id: "files".to_owned(),
                method: "workspace/didChangeWatchedFiles".to_owned(),
                register_options: Some(serde_json::json!({ "watchers": watchers })),
            };
            // Without it a change on the disk is seen at the next save.
            let _ = self.client.register_capability(vec![watched]).await;
        }
    }

    async fn shutdown(&self) -> Result<()> {
        self.left.store(true, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let path = convert::path(&document.uri).or_else(|| {
            let name = convert::unsaved(&document.uri)?;
            Some(self.shared.workspace().place_unsaved(document.uri.as_str(), &name))
        });
        let Some(path) = path else { return };
        let is_new = !self.shared.workspace().is_known(&path);
        self.shared.workspace().open(&path, document.uri.as_str(), &document.text, document.version);
        self.check_new(&path, is_new).await;
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let Some(path) = self.shared.path(&params.text_document.uri) else { return };
        let one = |change: TextDocumentContentChangeEvent| Change {
            range: change.range.map(|range| (convert::position(range.start), convert::position(range.end))),
            text: change.text,
        };
        let changes: Vec<Change> = params.content_changes.into_iter().map(one).collect();
        let encoding = self.shared.abilities().encoding;
        self.shared.workspace().change(&path, params.text_document.version, &changes, encoding);
        self.check(&path);
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        if let Some(path) = self.shared.path(&params.text_document.uri) {
            let is_new = !self.shared.workspace().is_known(&path);
            self.check_new(&path, is_new).await;
        }
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        let Some(path) = self.shared.path(&params.text_document.uri) else { return };
        let around = self.around(&path);
        self.shared.workspace().close(&path);
        lock(&self.sent).remove(&path);
        if self.shared.workspace().shows(&path) {
            around.into_iter().for_each(|folder| self.changed(folder));
        } else {
            // Nothing but the open file was a reason to look there.
            self.check_all().await;
        }
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        match self.touched(&params.changes) {
            Some(folders) => folders.into_iter().for_each(|folder| self.changed(folder)),
            None => self.check_all().await,
        }
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let removed: Vec<_> = params.event.removed.iter().filter_map(|folder| convert::path(&folder.uri)).collect();
        let added: Vec<_> = params.event.added.iter().filter_map(|folder| convert::path(&folder.uri)).collect();
        self.shared.workspace().change_roots(&removed, added);
        self.check_all().await;
    }

    async fn did_change_configuration(&self, _: DidChangeConfigurationParams) {
        self.check_all().await;
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        self.ask_at(&params.text_document_position_params, reading::hover).await
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        self.ask_at(&params.text_document_position, writing::completion).await
    }

    async fn signature_help(&self, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
        self.ask_at(&params.text_document_position_params, reading::signature).await
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        self.ask_at(&params.text_document_position_params, reading::definition).await
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        let with_definition = params.context.include_declaration;
        let shared = Arc::clone(&self.shared);
        self.ask_at(&params.text_document_position, move |view, at| {
            Some(reading::references(view, &shared.snapshots(), at, with_definition))
        })
        .await
    }

    async fn document_highlight(&self, params: DocumentHighlightParams) -> Result<Option<Vec<DocumentHighlight>>> {
        self.ask_at(&params.text_document_position_params, reading::highlights).await
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        self.ask(&params.text_document.uri, reading::symbols).await
    }

    async fn symbol(&self, params: WorkspaceSymbolParams) -> Result<Option<WorkspaceSymbolResponse>> {
        let shared = Arc::clone(&self.shared);
        beside(move || Some(WorkspaceSymbolResponse::Nested(search(&shared, &params.query)))).await
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        self.ask(&params.text_document.uri, reading::folds).await
    }

    async fn selection_range(&self, params: SelectionRangeParams) -> Result<Option<Vec<SelectionRange>>> {
        self.ask(&params.text_document.uri, move |view| reading::selections(view, &params.positions)).await
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        self.ask(&params.text_document.uri, reading::links).await
    }

    async fn prepare_call_hierarchy(
        &self,
        params: CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<CallHierarchyItem>>> {
        self.ask_at(&params.text_document_position_params, reading::prepare_calls).await
    }

    async fn incoming_calls(
        &self,
        params: CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        let uri = params.item.uri.clone();
        self.ask(&uri, move |view| reading::incoming(view, &params.item)).await
    }

    async fn outgoing_calls(
        &self,
        params: CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        let uri = params.item.uri.clone();
        self.ask(&uri, move |view| reading::outgoing(view, &params.item)).await
    }

    async fn formatting(&self, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        self.ask(&params.text_document.uri, writing::format).await
    }

    async fn range_formatting(&self, params: DocumentRangeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        self.ask(&params.text_document.uri, move |view| writing::format_range(view, params.range)).await
    }

    async fn on_type_formatting(&self, params: DocumentOnTypeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        self.ask_at(&params.text_document_position, move |view, at| writing::format_typed(view, at, &params.ch)).await
    }

    async fn prepare_rename(&self, params: TextDocumentPositionParams) -> Result<Option<PrepareRenameResponse>> {
        let found = self
            .ask_at(&params, |view, at| {
                let page = view.page()?;
                Some(rename::prepare(&view.snapshot, view.file, at).map(|(place, placeholder)| {
                    PrepareRenameResponse::RangeWithPlaceholder { range: page.range(place.span), placeholder }
                }))
            })
            .await?;
        found.transpose().map_err(|error| refused(&error))
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let shared = Arc::clone(&self.shared);
        let made = self
            .ask_at(&params.text_document_position, move |view, at| {
                Some(writing::rename(view, &shared.snapshots(), at, &params.new_name))
            })
            .await?;
        made.transpose().map_err(|error| refused(&error))
    }

    async fn will_rename_files(&self, params: RenameFilesParams) -> Result<Option<WorkspaceEdit>> {
        let path = |uri: &str| convert::path(&uri.parse().ok()?);
        let one = |file: &FileRename| Some(Move { from: path(&file.old_uri)?, to: path(&file.new_uri)? });
        let moves: Vec<Move> = params.files.iter().filter_map(one).collect();
        let shared = Arc::clone(&self.shared);
        beside(move || writing::moves(&shared.snapshots(), shared.abilities(), &moves)).await
    }

    async fn semantic_tokens_full(&self, params: SemanticTokensParams) -> Result<Option<SemanticTokensResult>> {
        let data = self.ask(&params.text_document.uri, |view| writing::tokens(view, None)).await?;
        Ok(data.map(|data| SemanticTokensResult::Tokens(self.remember(&params.text_document.uri, data))))
    }

    async fn semantic_tokens_full_delta(
        &self,
        params: SemanticTokensDeltaParams,
    ) -> Result<Option<SemanticTokensFullDeltaResult>> {
        let uri = &params.text_document.uri;
        let Some(data) = self.ask(uri, |view| writing::tokens(view, None)).await? else { return Ok(None) };
        let before = self.shared.path(uri).and_then(|path| lock(&self.sent).get(&path).cloned());
        let before = before.filter(|(number, _)| number.to_string() == params.previous_result_id);
        let edits = before.map(|(_, before)| writing::delta(&before, &data));
        let whole = self.remember(uri, data);
        Ok(Some(match edits {
            Some(edits) => SemanticTokensDelta { result_id: whole.result_id, edits }.into(),
            None => SemanticTokensFullDeltaResult::Tokens(whole),
        }))
    }

    async fn semantic_tokens_range(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        let data = self.ask(&params.text_document.uri, move |view| writing::tokens(view, Some(params.range))).await?;
        Ok(data.map(|data| SemanticTokensRangeResult::Tokens(SemanticTokens { result_id: None, data })))
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.ask(&params.text_document.uri, move |view| {
            writing::actions(view, params.range, params.context.only.as_deref())
        })
        .await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.ask(&params.text_document.uri, reading::lenses).await
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        self.ask(&params.text_document.uri, move |view| reading::hints(view, params.range)).await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<LSPAny>> {
        if params.command != capabilities::EXPLAIN {
            let message = format!("there is no command `{}`", params.command);
            return Err(Error { code: ErrorCode::InvalidParams, message: message.into(), data: None });
        }
        if let Some(text) = params.arguments.first().and_then(|text| text.as_str()) {
            // Messages are shown as they come, without the signs of Markdown.
            self.client.show_message(MessageType::INFO, text.replace("**", "").replace('`', "")).await;
        }
        Ok(None)
    }

    async fn diagnostic(&self, params: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
        let (held, shared) = (params.previous_result_id, Arc::clone(&self.shared));
        let of_file = move |view: &View| Some(pulling::of_file(&shared, view, held.as_deref()));
        let report = self.ask(&params.text_document.uri, of_file).await?;
        Ok(DocumentDiagnosticReportResult::Report(report.unwrap_or_else(pulling::nothing)))
    }

    async fn workspace_diagnostic(&self, params: WorkspaceDiagnosticParams) -> Result<WorkspaceDiagnosticReportResult> {
        let items = beside({
            let shared = Arc::clone(&self.shared);
            move || Some(pulling::of_all(&shared, params.previous_result_ids))
        })
        .await?
        .unwrap_or_default();
        Ok(WorkspaceDiagnosticReportResult::Report(WorkspaceDiagnosticReport { items }))
    }
}

impl Backend {
    /// Has the folders of an open file checked soon.
    fn check(&self, path: &std::path::Path) {
        self.around(path).into_iter().for_each(|folder| self.changed(folder));
    }

    /// The folder of an open file, and others that hold it.
    fn around(&self, path: &std::path::Path) -> std::collections::BTreeSet<std::path::PathBuf> {
        let workspace = self.shared.workspace();
        let own = workspace.folder_of_open(path).map(std::path::Path::to_path_buf);
        own.into_iter().chain(workspace.readers_of(path)).collect()
    }

    /// The folders that hold or read files which changed on the disk; None where other files may belong together now.
    fn touched(&self, changes: &[FileEvent]) -> Option<std::collections::BTreeSet<std::path::PathBuf>> {
        let workspace = self.shared.workspace();
        let mut folders = std::collections::BTreeSet::new();
        for change in changes {
            let Some(path) = convert::path(&change.uri) else { continue };
            let is_rules = path.extension().is_some_and(|ending| ending == "mon");
            let is_there = change.typ != FileChangeType::DELETED;
            // A folder that is gone is told of as one, not by its files.
            let moves = if is_there { is_rules && !workspace.is_known(&path) } else { workspace.holds_below(&path) };
            if moves || path.file_name().is_some_and(|name| name == mon_rules::PROJECT_FILE) {
                return None;
            }
            if is_rules && is_there {
                folders.insert(workspace.folder_of(&path));
            }
            folders.extend(workspace.readers_of(&path));
        }
        Some(folders)
    }

    /// The same of a file that is opened or saved. One that nobody knew may change which folders belong together.
    async fn check_new(&self, path: &std::path::Path, is_new: bool) {
        if is_new { self.check_all().await } else { self.check(path) }
    }

    /// Has all folders checked soon, as they are now. The disk is looked through beside the requests.
    async fn check_all(&self) {
        // One behind the other, so that what an older search saw never comes last.
        let _turn = self.searching.lock().await;
        let search = self.shared.workspace().search();
        let Ok(Some(layout)) = beside(move || Some(search.run())).await else { return };
        let (gone, folders) = self.shared.workspace().lay_out(layout);
        gone.into_iter().for_each(|folder| self.gone(folder));
        folders.into_iter().for_each(|folder| self.changed(folder));
    }

    /// Keeps colours for the next question of what has changed.
    fn remember(&self, uri: &Uri, data: Vec<SemanticToken>) -> SemanticTokens {
        let Some(path) = self.shared.path(uri) else { return SemanticTokens { result_id: None, data } };
        let mut sent = lock(&self.sent);
        let number = sent.get(&path).map_or(1, |(number, _)| number + 1);
        sent.insert(path, (number, data.clone()));
        SemanticTokens { result_id: Some(number.to_string()), data }
    }
}

/// Names of all folders.
fn search(shared: &Shared, wanted: &str) -> Vec<WorkspaceSymbol> {
    let encoding = shared.abilities().encoding;
    let mut found = Vec::new();
    let snapshots = shared.snapshots();
    let speakers = speakers(&snapshots);
    for snapshot in &snapshots {
        let speaks = |file: usize| {
            let spoken = snapshot.file(file).and_then(|file| speakers.get(file.path.as_path()));
            spoken.is_some_and(|spoken| spoken.snapshot.folder == snapshot.folder)
        };
        let own = outline::search(snapshot, wanted).into_iter().filter(|(_, place)| speaks(place.file));
        let symbols = own.filter_map(|(symbol, place)| {
            Some(WorkspaceSymbol {
                name: symbol.name,
                kind: convert::symbol_kind(symbol.kind),
                tags: None,
                container_name: symbol.detail,
                location: OneOf::Left(convert::location(snapshot, place, encoding)?),
                data: None,
            })
        });
        found.extend(symbols);
    }
    found.truncate(SYMBOLS_MAX);
    found
}
