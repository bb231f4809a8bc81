//! Files and folders that get another place: what rules write to lead to them is written anew, and so is what the moved rules themselves
//! lead to.

use std::path::{Component, Path, PathBuf};

use mon_grammar::Span;
use mon_rules::plain;

use crate::snapshot::Snapshot;
use crate::symbols::Kind;

/// Something that moves: a file, or a folder with all that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub from: PathBuf,
    pub to: PathBuf,
}

/// The texts to write before the files move, by number of the file where it is now. What is between quotes is written alone.
#[must_use]
pub fn edits(snapshot: &Snapshot, moves: &[Move]) -> Vec<(usize, Span, String)> {
    let mut edits = Vec::new();
    for (number, file) in snapshot.files.iter().enumerate() {
        let new_place = moved(&file.path, moves);
        let (own, new_own) = (folder_of(&file.path), folder_of(&new_place));
        for name in file.names().iter().filter(|name| matches!(name.kind, Kind::File | Kind::Data)) {
            let target = plain(&own.join(&name.name));
            let new_target = moved(&target, moves);
            if Path::new(&name.name).is_absolute() || new_place == file.path && new_target == target {
                continue;
            }
            // What moves together still leads there as it is written.
            if plain(&new_own.join(&name.name)) == new_target {
                continue;
            }
            let written = relative(new_own, &new_target).replace('\\', "\\\\").replace('"', "\\\"");
            if written != name.name {
                edits.push((number, inside_quotes(&file.text, name.span), written));
            }
        }
    }
    edits
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

fn moved(path: &Path, moves: &[Move]) -> PathBuf {
    let found = moves.iter().find_map(|one| path.strip_prefix(&one.from).ok().map(|rest| (one, rest)));
    match found {
        Some((one, rest)) if rest.as_os_str().is_empty() => one.to.clone(),
        Some((one, rest)) => one.to.join(rest),
        None => path.to_path_buf(),
    }
}

/// The way from a folder to a file, with `/` between folders.
fn relative(from: &Path, to: &Path) -> String {
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) = (from.components().collect(), to.components().collect());
    let same = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from.iter().skip(same).map(|_| "..".to_owned());
    let down = to.iter().skip(same).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

fn inside_quotes(text: &str, span: Span) -> Span {
    let quoted = span.text(text).trim_end();
    let is_quoted = quoted.len() >= 2 && quoted.starts_with('"') && quoted.ends_with('"');
    if is_quoted { Span::new(span.start + 1, span.start + crate::text::small(quoted.len()) - 1) } else { span }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::fixture::{edited, snapshot};

    fn after(files: &[(&str, &str)], moves: &[(&str, &str)]) -> Vec<String> {
        let snapshot = snapshot(files);
        let one = |(from, to): &(&str, &str)| Move { from: PathBuf::from(from), to: PathBuf::from(to) };
        let edits = edits(&snapshot, &moves.iter().map(one).collect::<Vec<_>>());
        let text = |(number, (_, text)): (usize, &(&str, &str))| {
            let own: Vec<_> =
                edits.iter().filter(|edit| edit.0 == number).map(|edit| (edit.1, edit.2.clone())).collect();
            edited(text, &own)
        };
        files.iter().enumerate().map(text).collect()
    }

    #[test]
    fn what_leads_to_a_file_leads_to_its_new_place() {
        let files = [
            ("/r/a.mon", "use \"b.mon\"\nterms t = \"x\", from \"lists/brand.txt\"\n"),
            ("/r/b.mon", "test m \"a\" {\n  replay \"posts.jsonl\"\n}\n"),
        ];
        let moves = [("/r/b.mon", "/r/deep/c.mon"), ("/r/lists", "/r/words")];
        assert_eq!(
            after(&files, &moves),
            [
                "use \"deep/c.mon\"\nterms t = \"x\", from \"words/brand.txt\"\n",
                "test m \"a\" {\n  replay \"../posts.jsonl\"\n}\n",
            ]
        );
    }

    #[test]
    fn what_moves_together_keeps_its_ways() {
        let files = [("/r/sub/a.mon", "use \"./b.mon\"\nuse \"../c.mon\"\n"), ("/r/sub/b.mon", ""), ("/r/c.mon", "")];
        assert_eq!(after(&files, &[("/r/sub", "/r/deep/er")])[0], "use \"./b.mon\"\nuse \"../../c.mon\"\n");
        assert_eq!(after(&files, &[("/r/other.mon", "/r/new.mon")])[0], files[0].1);
    }
}
