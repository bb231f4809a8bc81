//! The shape of a file: what stands in it, what can be folded, what a growing selection takes in.

use mon_grammar::Span;
use mon_grammar::ast::{ClauseKind, Item, ItemKind};
use mon_grammar::tree::{SyntaxKind, Tree};

use crate::snapshot::{FileState, Location, Snapshot, item_name, whole};
use crate::symbols::Kind;

/// Something that has a name, and what stands inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    pub name: String,
    pub kind: Kind,
    /// The first line of its description, or what a test is called.
    pub detail: Option<String>,
    /// Description included.
    pub whole: Span,
    pub named: Span,
    pub inside: Vec<Symbol>,
}

/// All that is said in a file, in the order of the text.
#[must_use]
pub fn symbols(file: &FileState) -> Vec<Symbol> {
    file.tree.items.iter().filter_map(symbol).collect()
}

fn symbol(item: &Item) -> Option<Symbol> {
    let (kind, detail) = match &item.kind {
        ItemKind::Terms(_) => (Kind::Terms, None),
        ItemKind::Query(_) => (Kind::Query, None),
        ItemKind::Dates(_) => (Kind::Dates, None),
        ItemKind::Monitor(_) => (Kind::Monitor, None),
        ItemKind::Playbook(_) => (Kind::Playbook, None),
        ItemKind::Test(test) => (Kind::Word, Some(test.title.clone())),
        ItemKind::Use(_) | ItemKind::Broken => return None,
    };
    let name = item_name(item)?;
    let said = item.doc.as_ref().and_then(|doc| doc.text.lines().next().map(str::to_owned));
    let inside = match &item.kind {
        ItemKind::Monitor(monitor) => monitor.clauses.iter().filter_map(measure).collect(),
        _ => Vec::new(),
    };
    let title = match kind {
        Kind::Word => format!("test {}", name.text),
        _ => name.text.clone(),
    };
    Some(Symbol { name: title, kind, detail: detail.or(said), whole: whole(item), named: name.span, inside })
}

fn measure(clause: &mon_grammar::ast::Clause) -> Option<Symbol> {
    let ClauseKind::Measure { name, .. } = &clause.kind else { return None };
    Some(Symbol {
        name: name.text.clone(),
        kind: Kind::Measure,
        detail: None,
        whole: clause.span,
        named: name.span,
        inside: Vec::new(),
    })
}

/// Names of the folder that hold the letters of `wanted` in their order, whatever their case; the nearest first.
#[must_use]
pub fn search(snapshot: &Snapshot, wanted: &str) -> Vec<(Symbol, Location)> {
    let mut found: Vec<(usize, Symbol, Location)> = Vec::new();
    for (at, file) in snapshot.files.iter().enumerate() {
        for symbol in symbols(file) {
            if let Some(rank) = rank(&symbol.name, wanted) {
                let place = Location { file: at, span: symbol.named };
                found.push((rank, symbol, place));
            }
        }
    }
    found.sort_by(|(one, a, _), (other, b, _)| (one, &a.name).cmp(&(other, &b.name)));
    found.into_iter().map(|(_, symbol, place)| (symbol, place)).collect()
}

/// How far a name is from what is looked for: 0 is the same, 1 begins so, 2 holds it, 3 holds its letters. None: not at all.
fn rank(name: &str, wanted: &str) -> Option<usize> {
    let (name, wanted) = (name.to_lowercase(), wanted.to_lowercase());
    if name == wanted {
        return Some(0);
    }
    if name.starts_with(&wanted) {
        return Some(1);
    }
    if name.contains(&wanted) {
        return Some(2);
    }
    let mut letters = name.chars();
    wanted.chars().all(|c| letters.any(|letter| letter == c)).then_some(3)
}

/// Something that can be folded away, from the end of its first line on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    pub span: Span,
    /// A description or other comments.
    pub is_comment: bool,
}

/// Items, blocks in braces, long lists, and comments of several lines.
#[must_use]
pub fn folds(file: &FileState) -> Vec<Fold> {
    let tree = Tree::parse(&file.text);
    let (mut found, mut open, mut comment): (Vec<Fold>, Vec<u32>, Option<Span>) = (Vec::new(), Vec::new(), None);
    for entry in tree.entries() {
        match entry.kind {
            SyntaxKind::Comment | SyntaxKind::Doc => {
                comment = Some(comment.map_or(entry.span, |before| before.to(entry.span)));
                continue;
            }
            SyntaxKind::Space if !blank_line(entry.span.text(&file.text)) => {}
            kind if kind.is_leaf() => {
                found.extend(comment.take().map(|span| Fold { span, is_comment: true }));
            }
            _ => {}
        }
        match entry.kind {
            SyntaxKind::BraceOpen => open.push(entry.span.start),
            SyntaxKind::BraceClose => {
                let start = open.pop();
                found.extend(start.map(|start| Fold { span: Span::new(start, entry.span.end), is_comment: false }));
            }
            SyntaxKind::Use | SyntaxKind::Terms | SyntaxKind::Query | SyntaxKind::Dates => {
                found.push(Fold { span: undescribed(trimmed(entry.span, &file.text), &file.text), is_comment: false });
            }
            _ => {}
        }
    }
    found.extend(comment.map(|span| Fold { span, is_comment: true }));
    let lines = file.lines();
    let line = |offset| lines.position(&file.text, offset, crate::text::Encoding::Utf8).line;
    found.retain(|fold| line(fold.span.start) < line(fold.span.end));
    found.sort_by_key(|fold| (fold.span.start, std::cmp::Reverse(fold.span.end)));
    found
}

fn blank_line(space: &str) -> bool {
    space.matches('\n').count() > 1
}

fn trimmed(span: Span, text: &str) -> Span {
    let own = span.text(text).trim_end();
    Span::new(span.start, span.start + crate::text::small(own.len()))
}

/// An item from its first line on that is no description: what is folded away must leave its name.
fn undescribed(span: Span, text: &str) -> Span {
    let lines = span.text(text).split_inclusive('\n');
    let before = lines.take_while(|line| line.trim().is_empty() || line.trim_start().starts_with("//"));
    Span::new(span.start + crate::text::small(before.map(str::len).sum()), span.end)
}

/// What a selection grows to, from the smallest around a byte to the whole file.
#[must_use]
pub fn selections(file: &FileState, offset: u32) -> Vec<Span> {
    let tree = Tree::parse(&file.text);
    let mut spans: Vec<Span> = Vec::new();
    for entry in tree.path_at(offset).iter().rev().filter(|entry| entry.kind != SyntaxKind::Space) {
        let span = if entry.kind == SyntaxKind::File { entry.span } else { trimmed(entry.span, &file.text) };
        // Inside quotes the words are taken first.
        let inner = Span::new(span.start + 1, span.end.saturating_sub(1));
        let quoted = entry.kind == SyntaxKind::String && inner.start <= offset && offset <= inner.end;
        spans.extend(quoted.then_some(inner));
        spans.push(span);
    }
    spans.dedup();
    spans
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::feature::fixture::rules;

    const TEXT: &str = "// Two\n// lines.\n\n/// Phones.\nmonitor outage {\n  match \"won't ‸turn on\" and lang is en\n  measure volume = count()\n  severity {\n    high otherwise\n  }\n}\n\n/// Described.\nterms a = \"x\",\n  \"y\"\ntest outage \"one\" {\n  expect no incidents\n}\n";

    fn drawn(symbols: &[Symbol], depth: usize) -> String {
        let one = |s: &Symbol| {
            let detail = s.detail.as_ref().map_or(String::new(), |detail| format!(" ({detail})"));
            format!("{}{:?} {}{detail}\n{}", "  ".repeat(depth), s.kind, s.name, drawn(&s.inside, depth + 1))
        };
        symbols.iter().map(one).collect()
    }

    #[test]
    fn the_outline_shows_what_is_said() {
        let found = rules(&[("m.mon", TEXT)]);
        expect![[r#"
            Monitor outage (Phones.)
              Measure volume
            Terms a (Described.)
            Word test outage (one)
        "#]]
        .assert_eq(&drawn(&symbols(found.snapshot.file(0).unwrap()), 0));
    }

    #[test]
    fn names_are_found_by_some_of_their_letters() {
        let text = "terms acme_brand = \"a\"\nterms brand = \"b\"\nterms bread = \"c\"\nquery other = brand\n";
        let found = rules(&[("m.mon", text)]);
        let named =
            |wanted| search(&found.snapshot, wanted).into_iter().map(|(s, _)| s.name).collect::<Vec<_>>().join(" ");
        assert_eq!(named("brand"), "brand acme_brand");
        assert_eq!(named("BRD"), "acme_brand brand bread");
        assert_eq!(named(""), "acme_brand brand bread other");
        assert_eq!(named("zz"), "");
    }

    #[test]
    fn blocks_comments_and_long_lists_fold() {
        let found = rules(&[("m.mon", TEXT)]);
        let file = found.snapshot.file(0).unwrap();
        let shown: Vec<String> = folds(file)
            .iter()
            .map(|fold| {
                let lines = fold.span.text(&file.text).lines().count();
                format!(
                    "{} {lines} lines: {}",
                    if fold.is_comment { "comment" } else { "code" },
                    fold.span.text(&file.text).lines().next().unwrap()
                )
            })
            .collect();
        expect![[r#"
            comment 2 lines: // Two
            code 7 lines: {
            code 3 lines: {
            code 2 lines: terms a = "x",
            code 3 lines: {"#]]
        .assert_eq(&shown.join("\n"));
    }

    #[test]
    fn a_selection_grows_from_the_words_to_the_file() {
        let found = rules(&[("m.mon", TEXT)]);
        let file = found.snapshot.file(0).unwrap();
        let grown: Vec<String> = selections(file, found.at)
            .iter()
            .map(|span| format!("{:?}", span.text(&file.text).chars().take(40).collect::<String>()))
            .collect();
        expect![[r#"
            "won't turn on"
            "\"won't turn on\""
            "\"won't turn on\" and lang is en"
            "match \"won't turn on\" and lang is en"
            "/// Phones.\nmonitor outage {\n  match \"wo"
            "// Two\n// lines.\n\n/// Phones.\nmonitor ou""#]]
        .assert_eq(&grown.join("\n"));
    }
}
