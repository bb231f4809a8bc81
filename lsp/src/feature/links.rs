//! Places in a text that lead to a file.

use std::path::PathBuf;

use mon_grammar::Span;
use mon_rules::plain;

use crate::snapshot::Snapshot;
use crate::symbols::Kind;

/// A link, with what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub span: Span,
    /// The file that it leads to.
    pub path: PathBuf,
    pub says: String,
}

/// The links of a file. Files that are not there are left to the checker.
#[must_use]
pub fn links(snapshot: &Snapshot, file: usize) -> Vec<Link> {
    let Some(state) = snapshot.file(file) else { return Vec::new() };
    let own = state.path.parent().unwrap_or(std::path::Path::new(""));
    let mut found = Vec::new();
    for name in state.names() {
        let (path, says) = match name.kind {
            Kind::File | Kind::Data => {
                let path = plain(&own.join(&name.name));
                if !path.is_file() {
                    continue;
                }
                (path, format!("open `{}`", name.name))
            }
            Kind::Package => {
                let first = snapshot.packages.iter().position(|package| package.as_deref() == Some(&name.name));
                let Some(path) = first.and_then(|at| snapshot.file(at)).map(|file| file.path.clone()) else { continue };
                (path, format!("open the package `{}`", name.name))
            }
            _ => continue,
        };
        found.push(Link { span: name.span, path, says });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::fixture::rules;

    #[test]
    fn files_that_are_there_are_links() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a.mon"), folder.path().join("list.txt"));
        std::fs::write(&b, "x\n").unwrap();
        let text = "use \"none.mon\"\nterms t = \"x\", from \"list.txt\" allow MON0205 because \"later\"\n";
        let found = rules(&[(a.to_str().unwrap(), text)]);
        let said: Vec<String> = links(&found.snapshot, 0).iter().map(|link| link.says.clone()).collect();
        assert_eq!(said, ["open `list.txt`"]);
    }
}
