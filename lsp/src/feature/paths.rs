//! Files of the disk that may stand between the quotes of `use`, `from` and `replay`, and packages that `mon.toml` says where to find.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mon_grammar::Span;
use mon_grammar::tree::SyntaxKind as K;
use mon_rules::{Project, plain};

use super::completion::{Offer, Offers, Source, escaped};
use super::place::{self, Before};
use crate::snapshot::{FileState, Snapshot};
use crate::text::small;

/// More are no help to anybody.
const SHOWN_MAX: usize = 200;
/// Entries of a folder that are looked at.
const ENTRIES_MAX: usize = 20_000;

/// How names of files with terms end as a rule; rules may read others.
pub const LIST_ENDINGS: [&str; 4] = [".txt", ".csv", ".tsv", ".lst"];

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Rules,
    List,
    Recording,
}

impl Wanted {
    const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Rules => &[".mon"],
            Self::List => &LIST_ENDINGS,
            Self::Recording => &[".jsonl", ".jsonl.gz", ".parquet", ".arrow", ".csv"],
        }
    }

    const fn says(self) -> &'static str {
        match self {
            Self::Rules => "rule file",
            Self::List => "file of terms",
            Self::Recording => "recorded posts",
        }
    }
}

/// The files that fit at a byte, by their paths from the file that says it; None where no path stands.
#[must_use]
pub fn paths(snapshot: &Snapshot, file: usize, offset: u32) -> Option<Offers> {
    let state = snapshot.file(file)?;
    let start = place::item_before(state, offset)?.1.span.start;
    let before = place::before(&state.text, start.min(offset), offset);
    let wanted = wanted(&before)?;
    let replaces = between_quotes(state, &before, offset)?;
    let own = state.path.parent().filter(|own| own.is_absolute())?;
    let typed = Span::new(replaces.start, offset).text(&state.text);
    let folder = typed.rfind('/').map_or("", |end| typed.get(..=end).unwrap_or(""));
    let place = plain(&own.join(folder));
    // What lies elsewhere is not read as a list.
    let roots = [own, &snapshot.folder].into_iter().chain(snapshot.project.packages().map(|(_, path)| path));
    let may_be_read = || roots.into_iter().any(|root| root.is_absolute() && place.starts_with(root));
    let found = if wanted == Wanted::List && !may_be_read() { Vec::new() } else { entries(&place, wanted) };
    let offers = found.into_iter().filter(|(_, path)| *path != state.path).map(|(name, _)| {
        let is_folder = name.ends_with('/');
        let label = format!("{folder}{}", name.replace('\\', "\\\\").replace('"', "\\\""));
        let (source, detail) = if is_folder { (Source::Folder, "folder") } else { (Source::File, wanted.says()) };
        Offer { insert: escaped(&label), label, source, detail: detail.to_owned(), docs: String::new() }
    });
    Some(Offers { replaces, offers: offers.take(SHOWN_MAX).collect() })
}

fn wanted(before: &Before<'_>) -> Option<Wanted> {
    let (last, rest) = before.tokens.split_last()?;
    match (last.text, rest.first().map(|first| first.text)) {
        ("use", None) => Some(Wanted::Rules),
        ("from", Some("terms")) => Some(Wanted::List),
        ("replay", Some("test")) => Some(Wanted::Recording),
        _ => None,
    }
}

/// What stands between the quotes around a byte. Where they are not closed, it ends with the word.
fn between_quotes(state: &FileState, before: &Before<'_>, offset: u32) -> Option<Span> {
    let quoted = before.inside?;
    let start = quoted.span.start + 1;
    let end = match quoted.kind {
        K::String => quoted.span.end - 1,
        K::UnclosedString => {
            let rest = state.text.get(offset as usize..)?;
            offset + small(rest.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(rest.len()))
        }
        _ => return None,
    };
    let own = Span::new(start, end);
    (start <= offset && offset <= end && !own.text(&state.text).contains('\n')).then_some(own)
}

/// The entries of a folder that fit, folders with a `/` behind them, in the order of their names.
fn entries(folder: &Path, wanted: Wanted) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten().take(ENTRIES_MAX) {
        let path = entry.path();
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') || name.contains(char::is_control) {
            continue;
        }
        if path.is_dir() {
            found.push((format!("{name}/"), path));
        } else if wanted.endings().iter().any(|ending| name.ends_with(ending)) {
            found.push((name, path));
        }
    }
    found.sort();
    found
}

/// Packages by their names, as far as `mon.toml` says where they lie: each itself, and those one step below it.
#[must_use]
pub fn packages(project: &Project) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (name, path) in project.packages() {
        let below = entries(path, Wanted::Rules);
        let has_rules = below.iter().any(|(entry, _)| entry.ends_with(".mon"));
        if has_rules || path.with_extension("mon").is_file() {
            names.insert(name.to_owned());
        }
        let one = |(entry, path): (String, PathBuf)| {
            let is_package = !path.is_dir() || !entries(&path, Wanted::Rules).is_empty();
            let word = entry.trim_end_matches('/').trim_end_matches(".mon");
            let is_word = word.starts_with(|c: char| c.is_alphabetic() || c == '_')
                && word.chars().all(|c| c.is_alphanumeric() || c == '_');
            (is_package && is_word).then(|| format!("{name}.{word}"))
        };
        names.extend(below.into_iter().filter_map(one));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::completion::completion;
    use super::*;
    use crate::feature::fixture::rules;

    /// A folder of some files, and what is offered in one that lies in it: what is replaced, and the labels.
    fn offered(text: &str) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        let all = [
            "a.mon",
            "b.mon",
            ".hidden.mon",
            "list.txt",
            "brands.csv",
            "notes.md",
            "day.jsonl",
            "day.jsonl.gz",
            "sub/c.mon",
            "sub/more.lst",
            "sub/old.parquet",
        ];
        for file in all {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let own = folder.path().join("a.mon");
        let found = rules(&[(own.to_str().unwrap(), text)]);
        let Some(offers) = completion(&found.snapshot, found.file, found.at) else {
            return (String::new(), "nothing".to_owned());
        };
        let labels: Vec<&str> = offers.offers.iter().map(|offer| offer.label.as_str()).collect();
        let replaced = offers.replaces.text(&found.snapshot.file(found.file).unwrap().text);
        (replaced.to_owned(), labels.join(" "))
    }

    #[test]
    fn paths_are_offered_between_quotes() {
        let cases = [
            ("use \"‸\"\n", "", "b.mon sub/"),
            ("use \"su‸b/x.mon\"\n", "sub/x.mon", "b.mon sub/"),
            ("use \"sub/‸\"\n", "sub/", "sub/c.mon"),
            ("use \"‸\nterms t = \"x\"\n", "", "b.mon sub/"),
            ("use \"b‸.mon\nterms t = \"x\"\n", "b.mon", "b.mon sub/"),
            ("terms t = \"x\", from \"‸\"\n", "", "brands.csv list.txt sub/"),
            ("terms t = from \"sub/‸\" column name\n", "sub/", "sub/more.lst"),
            ("terms t = from \"../‸\"\n", "../", ""),
            ("test m \"t\" {\n  replay \"‸\"\n}\n", "", "brands.csv day.jsonl day.jsonl.gz sub/"),
            (
                "test m \"t\" {\n  replay \"sub/../da‸\"\n  expect 1 incident\n}\n",
                "sub/../da",
                "sub/../brands.csv sub/../day.jsonl sub/../day.jsonl.gz sub/../sub/",
            ),
        ];
        for (text, replaced, labels) in cases {
            assert_eq!(offered(text), (replaced.to_owned(), labels.to_owned()), "{text}");
        }
        for text in ["terms t = \"‸\"\n", "test m \"‸\" {\n}\n", "query q = \"from ‸\"\n", "use \"b.mon\"‸\n"] {
            assert!(!offered(text).1.contains("b.mon"), "{text}");
        }
    }

    #[test]
    fn a_long_folder_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..250 {
            fs::write(folder.path().join(format!("{number:03}.mon")), "").unwrap();
        }
        let own = folder.path().join("a.mon");
        let found = rules(&[(own.to_str().unwrap(), "use \"‸\"\n")]);
        let offers = completion(&found.snapshot, found.file, found.at).unwrap().offers;
        assert_eq!((offers.len(), offers[0].label.as_str(), offers[199].label.as_str()), (200, "000.mon", "199.mon"));
    }

    #[test]
    fn packages_of_the_project_are_offered() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["lex/brand/terms.mon", "lex/brand/no terms.mon", "lex/brand/deep/x.mon", "lex/brand/empty/x.txt"] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        fs::write(folder.path().join("mon.toml"), "[packages]\nbrand = \"lex/brand\"\n").unwrap();
        let own = folder.path().join("a.mon");
        let mut found = rules(&[(own.to_str().unwrap(), "use br‸\n")]);
        found.snapshot.project = std::sync::Arc::new(Project::of(&[folder.path().to_path_buf()]).unwrap());
        let offers = completion(&found.snapshot, found.file, found.at).unwrap().offers;
        let labels: Vec<&str> = offers.iter().map(|offer| offer.label.as_str()).collect();
        assert_eq!(labels, ["brand", "brand.deep", "brand.terms"]);
    }
}
