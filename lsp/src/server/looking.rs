//! Finds out what rules would have done, beside the requests and behind the checks: when typing pauses, and never for a text that
//! has changed since.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mon_compiler::plan::SourceFile;
use tokio::sync::watch::Receiver;
use tower_lsp::Client;
use tower_lsp::ls_types as lsp;

use super::state::Shared;
use crate::consequences::{Consequences, Found, Over, Saved, Texts};
use crate::workspace::Sources;

/// A pause behind a check before posts are looked at.
const PAUSE: Duration = Duration::from_millis(120);

/// The captures that are held, and what was said of those that can't be.
#[derive(Default)]
struct Held {
    /// By the path of the capture.
    over: BTreeMap<PathBuf, Over>,
    failed: BTreeMap<PathBuf, String>,
}

/// Runs until the server ends. `checked` names the folders that were checked last, with the number of edits then.
pub async fn look(shared: Arc<Shared>, client: Client, mut checked: Receiver<BTreeMap<PathBuf, u64>>) {
    let mut held = Held::default();
    let mut done: BTreeMap<PathBuf, u64> = BTreeMap::new();
    while checked.changed().await.is_ok() {
        loop {
            let due = checked
                .borrow_and_update()
                .iter()
                .find(|(folder, edits)| done.get(*folder) != Some(edits))
                .map(|(folder, edits)| (folder.clone(), *edits));
            let Some((folder, edits)) = due else { break };
            tokio::time::sleep(PAUSE).await;
            done.insert(folder.clone(), edits);
            if shared.edits_of(&folder) != edits {
                // It is checked again, and then it is this one's turn.
                continue;
            }
            held = one(&shared, &client, folder, edits, held).await;
        }
    }
}

async fn one(shared: &Arc<Shared>, client: &Client, folder: PathBuf, edits: u64, held: Held) -> Held {
    let (own, shared) = (folder.clone(), Arc::clone(shared));
    let work = {
        let shared = Arc::clone(&shared);
        tokio::task::spawn_blocking(move || {
            let mut held = held;
            let result = find(&shared, &own, edits, &mut held);
            (held, result)
        })
    };
    let Ok((mut held, result)) = work.await else { return Held::default() };
    match result {
        Ok(Seen::Found(found)) => {
            let said = unread(&found);
            shared.workspace().see(&folder, Some(Arc::new(*found)));
            super::watch::refresh(&shared, client, true);
            tell(client, &mut held, folder, said).await;
        }
        Ok(Seen::NoCapture) => {
            shared.workspace().see(&folder, None);
            super::watch::refresh(&shared, client, true);
        }
        Ok(Seen::Later) => {}
        Err(said) => {
            // What was found over another capture says nothing of this one.
            shared.workspace().see(&folder, None);
            super::watch::refresh(&shared, client, true);
            tell(client, &mut held, folder, Some(said)).await;
        }
    }
    held
}

/// Says what is wrong with the capture of a folder, unless that was said last.
async fn tell(client: &Client, held: &mut Held, folder: PathBuf, said: Option<String>) {
    let Some(said) = said else {
        held.failed.remove(&folder);
        return;
    };
    if held.failed.insert(folder, said.clone()).as_ref() != Some(&said) {
        client.show_message(lsp::MessageType::WARNING, said).await;
    }
}

fn unread(found: &Consequences) -> Option<String> {
    let (path, lines) = (found.capture.display(), mon_alerts::many(found.problems, "line"));
    (found.problems > 0)
        .then(|| format!("the capture `{path}`: {lines} could not be read (`mon replay --posts` says which and why)"))
}

/// How a look at a folder ended.
enum Seen {
    Found(Box<Consequences>),
    /// No capture is named.
    NoCapture,
    /// The rules have an error, or the text has changed meanwhile.
    Later,
}

/// What the rules of a folder would have done.
fn find(shared: &Shared, folder: &Path, edits: u64, held: &mut Held) -> Result<Seen, String> {
    let (snapshot, sources, captures) = {
        let mut workspace = shared.workspace();
        (workspace.snapshot(folder), workspace.sources(folder), workspace.captures())
    };
    held.over.retain(|path, _| captures.contains(path));
    let Some(path) = &snapshot.project.editor.capture else { return Ok(Seen::NoCapture) };
    let Some(analysis) = snapshot.analysis.as_ref().filter(|analysis| analysis.plan.is_some()) else {
        return Ok(Seen::Later);
    };
    let stop = || shared.edits_of(folder) != edits;
    let told = |error: &mon_lens::LensError| {
        let help = miette::Diagnostic::help(error).map_or_else(String::new, |help| format!(" ({help})"));
        format!("the capture `{}`: {error}{help}", path.display())
    };
    if !held.over.get(path).is_some_and(|over| over.is(path)) {
        match Over::open(path, &|| false).map_err(|error| told(&error))? {
            Some(over) => held.over.insert(path.clone(), over),
            None => return Ok(Seen::Later),
        };
    }
    let Some(over) = held.over.get_mut(path) else { return Ok(Seen::Later) };
    let source =
        |(path, text): &(PathBuf, Arc<str>)| SourceFile { name: mon_rules::shown(path), text: Arc::clone(text) };
    let files: Vec<SourceFile> = analysis.files.iter().map(source).collect();
    let texts = Texts { files, trees: &analysis.trees, options: &analysis.options };
    let is_saved = sources.is_saved();
    let written = if is_saved { None } else { saved(sources) };
    let saved = match &written {
        _ if is_saved => Saved::Same,
        Some((files, compiled)) => {
            Saved::Texts(Texts { files: files.clone(), trees: &compiled.trees, options: &compiled.options })
        }
        None => Saved::Unknown,
    };
    match over.look(analysis.files.clone(), texts, saved, &stop).map_err(|error| told(&error))? {
        Found::Consequences(found) => Ok(Seen::Found(Box::new(found))),
        Found::Nothing => Ok(Seen::Later),
    }
}

/// The rules as they lie on the disk; None where they cannot be read.
fn saved(sources: Sources) -> Option<(Vec<SourceFile>, mon_rules::Compiled)> {
    let compiled = sources.saved().ok()?;
    let source =
        |file: &mon_rules::RuleFile| SourceFile { name: file.name.clone(), text: Arc::from(file.text.as_str()) };
    Some((compiled.files.iter().map(source).collect(), compiled))
}
