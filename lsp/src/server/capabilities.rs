//! What the editor says it can do, and what the server says it does.

use tower_lsp::ls_types as lsp;

use super::state::Abilities;
use super::writing::legend;
use crate::feature::format::TYPED;
use crate::text::Encoding;

/// Shows what stands behind a lens.
pub const EXPLAIN: &str = "mon.explain";
/// Signs behind which offers are made without being asked for.
const OFFERED_BEHIND: [&str; 7] = [".", " ", "(", "[", ",", "\"", "/"];

pub fn abilities(client: &lsp::ClientCapabilities) -> Abilities {
    let workspace = client.workspace.as_ref();
    let document = client.text_document.as_ref();
    let encodings = client.general.as_ref().and_then(|general| general.position_encodings.as_ref());
    let counts = |kind: &lsp::PositionEncodingKind| encodings.is_some_and(|all| all.contains(kind));
    let encoding = if counts(&lsp::PositionEncodingKind::UTF8) {
        Encoding::Utf8
    } else if counts(&lsp::PositionEncodingKind::UTF32) && !counts(&lsp::PositionEncodingKind::UTF16) {
        Encoding::Utf32
    } else {
        Encoding::Utf16
    };
    let snippets = document.and_then(|d| d.completion.as_ref()?.completion_item.as_ref()?.snippet_support);
    let watchers = workspace.and_then(|w| w.did_change_watched_files.as_ref()?.dynamic_registration);
    let lenses = workspace.and_then(|w| w.code_lens.as_ref()?.refresh_support);
    let hints = workspace.and_then(|w| w.inlay_hint.as_ref()?.refresh_support);
    let findings = workspace.and_then(|w| w.diagnostics.as_ref()?.refresh_support);
    let versions = workspace.and_then(|w| w.workspace_edit.as_ref()?.document_changes);
    let lines_only = document.and_then(|d| d.folding_range.as_ref()?.line_folding_only);
    let shown = document.and_then(|d| d.hover.as_ref()?.content_format.as_ref());
    let nested = document.and_then(|d| d.document_symbol.as_ref()?.hierarchical_document_symbol_support);
    let actions = document.and_then(|d| d.code_action.as_ref()?.code_action_literal_support.as_ref());
    let prepared = document.and_then(|d| d.rename.as_ref()?.prepare_support);
    Abilities {
        encoding,
        // Who asks right behind an edit gets the findings of the text before. One that can't be told to ask again is sent them.
        pulls: document.is_some_and(|document| document.diagnostic.is_some()) && findings == Some(true),
        refreshes_lenses: lenses == Some(true),
        refreshes_hints: hints == Some(true),
        registers_watchers: watchers == Some(true),
        takes_snippets: snippets == Some(true),
        takes_versions: versions == Some(true),
        folds_lines_only: lines_only == Some(true),
        reads_markdown: shown.is_some_and(|formats| formats.contains(&lsp::MarkupKind::Markdown)),
        nests_symbols: nested == Some(true),
        takes_actions: actions.is_some(),
        prepares_renames: prepared == Some(true),
    }
}

pub fn server(abilities: Abilities) -> lsp::ServerCapabilities {
    let encoding = match abilities.encoding {
        Encoding::Utf8 => lsp::PositionEncodingKind::UTF8,
        Encoding::Utf16 => lsp::PositionEncodingKind::UTF16,
        Encoding::Utf32 => lsp::PositionEncodingKind::UTF32,
    };
    lsp::ServerCapabilities {
        position_encoding: Some(encoding),
        text_document_sync: Some(sync()),
        hover_provider: Some(lsp::HoverProviderCapability::Simple(true)),
        completion_provider: Some(lsp::CompletionOptions {
            trigger_characters: Some(OFFERED_BEHIND.map(str::to_owned).to_vec()),
            ..lsp::CompletionOptions::default()
        }),
        signature_help_provider: Some(lsp::SignatureHelpOptions {
            trigger_characters: Some(vec!["(".to_owned(), ",".to_owned()]),
            retrigger_characters: Some(vec![" ".to_owned()]),
            ..lsp::SignatureHelpOptions::default()
        }),
        definition_provider: Some(lsp::OneOf::Left(true)),
        references_provider: Some(lsp::OneOf::Left(true)),
        document_highlight_provider: Some(lsp::OneOf::Left(true)),
        document_symbol_provider: Some(lsp::OneOf::Left(true)),
        workspace_symbol_provider: Some(lsp::OneOf::Left(true)),
        code_action_provider: abilities.takes_actions.then(|| lsp::CodeActionProviderCapability::Options(actions())),
        code_lens_provider: Some(lsp::CodeLensOptions { resolve_provider: Some(false) }),
        document_formatting_provider: Some(lsp::OneOf::Left(true)),
        document_range_formatting_provider: Some(lsp::OneOf::Left(true)),
        document_on_type_formatting_provider: typed(),
        rename_provider: Some(match abilities.prepares_renames {
            true => lsp::OneOf::Right(lsp::RenameOptions {
                prepare_provider: Some(true),
                work_done_progress_options: lsp::WorkDoneProgressOptions::default(),
            }),
            false => lsp::OneOf::Left(true),
        }),
        document_link_provider: Some(lsp::DocumentLinkOptions {
            resolve_provider: Some(false),
            work_done_progress_options: lsp::WorkDoneProgressOptions::default(),
        }),
        folding_range_provider: Some(lsp::FoldingRangeProviderCapability::Simple(true)),
        selection_range_provider: Some(lsp::SelectionRangeProviderCapability::Simple(true)),
        semantic_tokens_provider: Some(tokens().into()),
        execute_command_provider: Some(lsp::ExecuteCommandOptions {
            commands: vec![EXPLAIN.to_owned()],
            ..lsp::ExecuteCommandOptions::default()
        }),
        inlay_hint_provider: Some(lsp::OneOf::Left(true)),
        call_hierarchy_provider: Some(lsp::CallHierarchyServerCapability::Simple(true)),
        diagnostic_provider: abilities.pulls.then(findings),
        workspace: Some(workspace()),
        ..lsp::ServerCapabilities::default()
    }
}

fn sync() -> lsp::TextDocumentSyncCapability {
    lsp::TextDocumentSyncCapability::Options(lsp::TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(lsp::TextDocumentSyncKind::INCREMENTAL),
        save: Some(lsp::TextDocumentSyncSaveOptions::Supported(true)),
        ..lsp::TextDocumentSyncOptions::default()
    })
}

fn actions() -> lsp::CodeActionOptions {
    let kinds = [lsp::CodeActionKind::QUICKFIX, lsp::CodeActionKind::REFACTOR, lsp::CodeActionKind::SOURCE_FIX_ALL];
    lsp::CodeActionOptions { code_action_kinds: Some(kinds.to_vec()), ..lsp::CodeActionOptions::default() }
}

fn typed() -> Option<lsp::DocumentOnTypeFormattingOptions> {
    let (first, more) = TYPED.split_first()?;
    Some(lsp::DocumentOnTypeFormattingOptions {
        first_trigger_character: first.to_string(),
        more_trigger_character: Some(more.iter().map(ToString::to_string).collect()),
    })
}

fn tokens() -> lsp::SemanticTokensOptions {
    lsp::SemanticTokensOptions {
        legend: legend(),
        range: Some(true),
        full: Some(lsp::SemanticTokensFullOptions::Delta { delta: Some(true) }),
        ..lsp::SemanticTokensOptions::default()
    }
}

fn findings() -> lsp::DiagnosticServerCapabilities {
    lsp::DiagnosticServerCapabilities::Options(lsp::DiagnosticOptions {
        identifier: Some("mon".to_owned()),
        inter_file_dependencies: true,
        workspace_diagnostics: true,
        ..lsp::DiagnosticOptions::default()
    })
}

/// Rules lead to files of many kinds, so of all that moves is asked.
fn moves() -> lsp::WorkspaceFileOperationsServerCapabilities {
    let all = lsp::FileOperationFilter {
        scheme: Some("file".to_owned()),
        pattern: lsp::FileOperationPattern { glob: "**/*".to_owned(), matches: None, options: None },
    };
    lsp::WorkspaceFileOperationsServerCapabilities {
        will_rename: Some(lsp::FileOperationRegistrationOptions { filters: vec![all] }),
        ..lsp::WorkspaceFileOperationsServerCapabilities::default()
    }
}

fn workspace() -> lsp::WorkspaceServerCapabilities {
    lsp::WorkspaceServerCapabilities {
        file_operations: Some(moves()),
        workspace_folders: Some(lsp::WorkspaceFoldersServerCapabilities {
            supported: Some(true),
            change_notifications: Some(lsp::OneOf::Left(true)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulls(said: serde_json::Value) -> bool {
        abilities(&serde_json::from_value(said).unwrap()).pulls
    }

    #[test]
    fn findings_are_sent_to_an_editor_that_cannot_be_told_to_ask_again() {
        let asks = serde_json::json!({ "diagnostic": {} });
        let again = serde_json::json!({ "diagnostics": { "refreshSupport": true } });
        assert!(pulls(serde_json::json!({ "textDocument": asks.clone(), "workspace": again.clone() })));
        assert!(!pulls(serde_json::json!({ "textDocument": asks })));
        assert!(!pulls(serde_json::json!({ "workspace": again })));
    }
}
