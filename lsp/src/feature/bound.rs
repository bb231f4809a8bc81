//! Names of the rules that `mon.toml` binds to people and providers: they stand there, too.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use mon_grammar::Span;
use mon_grammar::ast::File;

use super::everywhere::Place;
use super::rename::RenameError;
use crate::snapshot::{FileState, Snapshot, Symbol};
use crate::symbols::Kind;
use crate::text::small;

/// The places in `mon.toml` to write a new name at: none where it binds nothing of the name, or the new one already.
///
/// # Errors
/// It binds the name in a way that cannot be changed exactly.
pub fn places(snapshot: &Snapshot, symbol: &Symbol, new: &str) -> Result<Vec<Place>, RenameError> {
    let project = &snapshot.project;
    let Some((table, bound)) = table(snapshot, symbol).filter(|(_, bound)| !bound.contains(new)) else {
        return Ok(Vec::new());
    };
    if !bound.contains(&symbol.name) {
        return Ok(Vec::new());
    }
    let exact = |text: &str| mon_rules::binding::places(text, table, &symbol.name, new).unwrap_or_default();
    let places: Vec<Place> = project.files.iter().flat_map(|path| in_file(path, exact)).collect();
    let told = || project.files.first().map_or_else(String::new, |path| path.display().to_string());
    if places.is_empty() { Err(RenameError::Bound(symbol.name.clone(), told(), new.to_owned())) } else { Ok(places) }
}

/// Where `mon.toml` says what a team or method is.
#[must_use]
pub fn definition(snapshot: &Snapshot, symbol: &Symbol) -> Vec<Place> {
    let Some((table, _)) = table(snapshot, symbol) else { return Vec::new() };
    let headers = |text: &str| mon_rules::binding::headers(text, table, &symbol.name);
    snapshot.project.files.iter().flat_map(|path| in_file(path, headers)).collect()
}

/// The table of `mon.toml` that binds names of this kind, and those that it binds.
fn table<'s>(snapshot: &'s Snapshot, symbol: &Symbol) -> Option<(&'static str, &'s BTreeSet<String>)> {
    match symbol.kind {
        Kind::Team => Some(("team", &snapshot.project.teams)),
        Kind::Method => Some(("method", &snapshot.project.methods)),
        _ => None,
    }
}

fn in_file(path: &Path, find: impl Fn(&str) -> Vec<Range<usize>>) -> Vec<Place> {
    let Ok(text) = std::fs::read_to_string(path) else { return Vec::new() };
    let found = find(&text);
    let file = Arc::new(FileState::new(path.to_path_buf(), Arc::from(text), Arc::new(File::default()), None));
    let one =
        |range: Range<usize>| Place { file: Arc::clone(&file), span: Span::new(small(range.start), small(range.end)) };
    found.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use mon_rules::Project;

    use super::super::everywhere::rename;
    use super::*;
    use crate::feature::fixture::rules;

    const RULES: &str =
        "playbook p {\n  route first { otherwise to team ca‸re }\n  notify { medium by email at once }\n}\n";

    /// The places of a rename beside a `mon.toml`: the ending of the path, and what stands there.
    fn renamed(settings: &str, new: &str) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mon.toml"), settings).unwrap();
        let path = folder.path().join("a.mon");
        let mut found = rules(&[(path.to_str().unwrap(), RULES)]);
        found.snapshot.project = Arc::new(Project::of(&[folder.path().to_path_buf()]).unwrap());
        let defined = super::super::everywhere::definition(&found.snapshot, found.file, found.at);
        assert_eq!(defined.len(), settings.matches("[team.care]").count());
        let places = rename(&found.snapshot, &[], found.file, found.at, new).map_err(|error| error.to_string())?;
        let one = |place: &Place| {
            let name = place.file.path.file_name().unwrap().to_string_lossy().into_owned();
            format!("{name}:{} {}", place.span.start, place.span.text(&place.file.text))
        };
        Ok(places.iter().map(one).collect())
    }

    #[test]
    fn a_team_is_renamed_where_it_is_bound() {
        let own = "a.mon:47 care".to_owned();
        let both = vec![own.clone(), "mon.toml:6 care".to_owned()];
        assert_eq!(renamed("[team.care]\nslack = \"#care\"\n", "help"), Ok(both));
        assert_eq!(renamed("[team.legal]\n", "help"), Ok(vec![own.clone()]));
        assert_eq!(renamed("[team.care]\n[team.help]\n", "help"), Ok(vec![own]));
        let told = renamed("[team]\ncare = {}\n", "help").unwrap_err();
        assert!(told.starts_with("`care` is bound in `") && told.contains("mon.toml`"), "{told}");
    }
}
