//! Places in a text that lead somewhere else: files that are named, and the pages of findings.

use std::path::PathBuf;

use mon_grammar::Span;
use mon_rules::plain;

use crate::snapshot::Snapshot;
use crate::symbols::Kind;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    File(PathBuf),
    /// The page of a code.
    Code(String),
}

/// A link, with what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub span: Span,
    pub target: Target,
    pub says: String,
}

/// The links of a file. Files that are not there are left to the checker.
#[must_use]
pub fn links(snapshot: &Snapshot, file: usize) -> Vec<Link> {
    let Some(state) = snapshot.file(file) else { return Vec::new() };
    let own = state.path.parent().unwrap_or(std::path::Path::new(""));
    let mut found = Vec::new();
    for name in state.names() {
        let (target, says) = match name.kind {
            Kind::File | Kind::Data => {
                let path = plain(&own.join(&name.name));
                if !path.is_file() {
                    continue;
                }
                (Target::File(path), format!("open `{}`", name.name))
            }
            Kind::Package => {
                let first = snapshot.packages.iter().position(|package| package.as_deref() == Some(&name.name));
                let Some(path) = first.and_then(|at| snapshot.file(at)).map(|file| file.path.clone()) else { continue };
                (Target::File(path), format!("open the package `{}`", name.name))
            }
            Kind::Code if mon_compiler::diagnostic::codes::find_code(&name.name).is_some() => {
                (Target::Code(name.name.clone()), format!("what {} means", name.name))
            }
            _ => continue,
        };
        found.push(Link { span: name.span, target, says });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::fixture::rules;

    #[test]
    fn files_that_are_there_and_codes_are_links() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a.mon"), folder.path().join("list.txt"));
        std::fs::write(&b, "x\n").unwrap();
        let text = "use \"none.mon\"\nterms t = \"x\", from \"list.txt\" allow MON0205 because \"later\"\n";
        let found = rules(&[(a.to_str().unwrap(), text)]);
        let said: Vec<String> = links(&found.snapshot, 0).iter().map(|link| link.says.clone()).collect();
        assert_eq!(said, ["open `list.txt`", "what MON0205 means"]);
    }
}
