//! The one style, as the few edits that a text is away from it: only what stands between words moves, so a cursor stays
//! with its word.

use mon_grammar::Span;
use mon_grammar::ast::{Item, ItemKind};
use mon_grammar::tree::{SyntaxKind, leaves};

use super::exprs::{holds, touch};
use crate::snapshot::{FileState, Snapshot, whole};
use crate::text::{Encoding, small};

/// A stretch of the text, and what takes its place.
pub type Edit = (Span, String);

/// Signs behind which [`typed`] has something to say.
pub const TYPED: [char; 2] = ['}', '\n'];

const INDENT: usize = 2;

/// The edits that a whole file is away from the one style. Items with errors in them stay as they are.
#[must_use]
pub fn document(snapshot: &Snapshot, file: usize) -> Vec<Edit> {
    snapshot.file(file).map_or_else(Vec::new, |state| edits(&state.text))
}

/// The same of the items that a range touches, each whole.
#[must_use]
pub fn range(snapshot: &Snapshot, file: usize, range: Span) -> Vec<Edit> {
    let Some(state) = snapshot.file(file) else { return Vec::new() };
    let items: Vec<Span> = state.tree.items.iter().map(whole).filter(|item| touch(*item, range)).collect();
    inside(state, &items)
}

/// What follows from a sign that was just typed, which ends at `offset`: behind a `}` the item or clause that it closes gets its
/// style, a new line gets the indentation of its place, and goes on with a description.
#[must_use]
pub fn typed(snapshot: &Snapshot, file: usize, offset: u32, sign: char) -> Vec<Edit> {
    let Some(state) = snapshot.file(file) else { return Vec::new() };
    match sign {
        '}' => closed(state, offset).map_or_else(Vec::new, |span| inside(state, &[span])),
        '\n' => new_line(state, offset).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn inside(state: &FileState, spans: &[Span]) -> Vec<Edit> {
    if spans.is_empty() {
        return Vec::new();
    }
    let mut edits = edits(&state.text);
    edits.retain(|(edit, _)| spans.iter().any(|span| holds(*span, *edit)));
    edits
}

/// The item or clause that a brace closes.
fn closed(state: &FileState, offset: u32) -> Option<Span> {
    let ends = |span: &Span| span.end == offset;
    let item = state.tree.items.iter().find(|item| item.span.start < offset && offset <= item.span.end)?;
    let spans: Vec<Span> = match &item.kind {
        ItemKind::Monitor(monitor) => monitor.clauses.iter().map(|clause| clause.span).collect(),
        ItemKind::Playbook(playbook) => playbook.clauses.iter().map(|clause| clause.span).collect(),
        _ => Vec::new(),
    };
    Some(item.span).filter(ends).or_else(|| spans.into_iter().find(ends))
}

/// What stands between the words of a text and of the same text in the one style, where it is not the same.
fn edits(text: &str) -> Vec<Edit> {
    let new = mon_grammar::format(text).text;
    if new == text { Vec::new() } else { by_words(text, &new).unwrap_or_else(|| vec![middle(text, &new)]) }
}

/// None where the words are not the same ones.
fn by_words(old: &str, new: &str) -> Option<Vec<Edit>> {
    let solid = |text: &str| {
        let all = leaves(text).into_iter().filter(|(kind, _)| *kind != SyntaxKind::Space);
        all.collect::<Vec<_>>()
    };
    let (before, after) = (solid(old), solid(new));
    if before.len() != after.len() {
        return None;
    }
    let mut edits: Vec<Edit> = Vec::new();
    let mut change = |at: Span, to: Span| {
        let text = to.text(new);
        if at.text(old) == text {
            return;
        }
        match edits.last_mut() {
            Some((last, so_far)) if last.end == at.start => {
                last.end = at.end;
                so_far.push_str(text);
            }
            _ => edits.push((at, text.to_owned())),
        }
    };
    let (mut old_at, mut new_at) = (0, 0);
    for ((kind, was), (new_kind, is)) in before.into_iter().zip(after) {
        if kind != new_kind {
            return None;
        }
        change(Span::new(old_at, was.start), Span::new(new_at, is.start));
        change(was, is);
        (old_at, new_at) = (was.end, is.end);
    }
    change(Span::new(old_at, small(old.len())), Span::new(new_at, small(new.len())));
    Some(edits)
}

/// One edit, without what both texts begin and end with.
fn middle(old: &str, new: &str) -> Edit {
    let same = |(one, other): &(char, char)| one == other;
    let front: usize = old.chars().zip(new.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    let (old_rest, new_rest) = (old.get(front..).unwrap_or(""), new.get(front..).unwrap_or(""));
    let back: usize =
        old_rest.chars().rev().zip(new_rest.chars().rev()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    let text = new_rest.get(..new_rest.len() - back).unwrap_or("");
    (Span::new(small(front), small(old.len() - back)), text.to_owned())
}

/// The beginning of a line that was just made.
fn new_line(state: &FileState, offset: u32) -> Option<Edit> {
    let (text, lines) = (&*state.text, state.lines());
    let line = lines.position(text, offset, Encoding::Utf8).line;
    let (start, end) = lines.line(text, line)?;
    let (before, before_end) = lines.line(text, line.checked_sub(1)?)?;
    let before = Span::new(before, before_end).text(text);
    let own = Span::new(start, end).text(text);
    let rest = own.trim_start();
    let at = Span::new(start, end - small(rest.len()));
    let wanted = match description(before) {
        Some(indent) if !rest.starts_with("///") => format!("{indent}/// "),
        Some(indent) => indent.to_owned(),
        None => " ".repeat(indent(state, start, rest)),
    };
    (at.text(text) != wanted).then_some((at, wanted))
}

/// The indentation of a line of a description that says something.
fn description(line: &str) -> Option<&str> {
    let said = line.trim_start().strip_prefix("///")?;
    let goes_on = !said.starts_with('/') && !said.trim().is_empty();
    goes_on.then(|| line.get(..line.len() - line.trim_start().len()).unwrap_or(""))
}

/// How far in a line stands that begins at `start`, as the one style has it.
fn indent(state: &FileState, start: u32, rest: &str) -> usize {
    let begins = |item: &Item| whole(item).start;
    // What an earlier item left open does not reach into the next one.
    let from = state.tree.items.iter().map(begins).take_while(|begins| *begins < start).last().unwrap_or(0);
    let above = Above::read(Span::new(from, start).text(&state.text));
    // Behind a line that is still empty, what comes next says whether the line before goes on.
    let ahead = state.text.get(start as usize..).unwrap_or("").trim_start();
    let next = if rest.is_empty() && begins_with(ahead, JOINTS) { ahead } else { rest };
    above.indent(next)
}

/// Words that go on with a condition at the beginning of a line.
const JOINTS: &[&str] = &["and", "or", "AND", "OR"];

fn begins_with(text: &str, words: &[&str]) -> bool {
    let word = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("");
    words.contains(&word)
}

/// What stands above a line in its item.
#[derive(Default)]
struct Above<'t> {
    /// Brackets and braces that are open, each with how far in its line stands.
    open: Vec<(SyntaxKind, usize)>,
    /// The word that began the clause.
    clause: &'t str,
    /// Whether the last word asks for more.
    goes_on: bool,
    /// Whether there is anything.
    is_begun: bool,
    /// Whether the clause has a condition of its own behind `where`.
    asks: bool,
}

impl<'t> Above<'t> {
    fn read(text: &'t str) -> Self {
        let mut above = Self::default();
        for (kind, span) in leaves(text) {
            let word = span.text(text);
            match kind {
                SyntaxKind::Space | SyntaxKind::Comment | SyntaxKind::Doc => continue,
                // No bracket reaches over a brace.
                SyntaxKind::BraceOpen | SyntaxKind::BraceClose => {
                    above.open.retain(|(kind, _)| *kind == SyntaxKind::BraceOpen);
                    if kind == SyntaxKind::BraceOpen {
                        above.open.push((kind, column(text, span.start)));
                    } else {
                        above.open.pop();
                    }
                }
                SyntaxKind::ParenOpen | SyntaxKind::BracketOpen => {
                    above.open.push((kind, column(text, span.start)));
                }
                SyntaxKind::ParenClose | SyntaxKind::BracketClose => {
                    above.open.pop_if(|(kind, _)| *kind != SyntaxKind::BraceOpen);
                }
                SyntaxKind::Word if matches!(above.open.as_slice(), [(SyntaxKind::BraceOpen, _)]) => {
                    if CLAUSES.contains(&word) {
                        (above.clause, above.asks) = (word, false);
                    }
                    above.asks |= word == "where";
                }
                _ => {}
            }
            above.is_begun = true;
            above.goes_on = match kind {
                SyntaxKind::Equals | SyntaxKind::Comma | SyntaxKind::Operator | SyntaxKind::Distance => true,
                SyntaxKind::Word => UNFINISHED.contains(&word),
                _ => false,
            };
        }
        above
    }

    fn indent(&self, next: &str) -> usize {
        let more = self.goes_on || begins_with(next, JOINTS);
        match self.open.last() {
            Some((_, own)) if next.starts_with(['}', ')', ']']) => *own,
            // Members and operands inside of brackets all stand below each other.
            Some((SyntaxKind::ParenOpen | SyntaxKind::BracketOpen, own)) => own + INDENT,
            Some((_, own)) if self.open.len() > 1 => own + INDENT,
            Some((_, own)) => own + INDENT + self.hang(next, more),
            None if self.is_begun && (more || begins_with(next, &["allow"])) => INDENT,
            None => 0,
        }
    }

    /// How far further in a line of a clause stands than its first one.
    fn hang(&self, next: &str, more: bool) -> usize {
        let is_hold =
            next.strip_prefix("for ").is_some_and(|time| time.trim_start().starts_with(|c: char| c.is_ascii_digit()));
        let own = if self.clause == "clear" { CLEAR } else { 0 };
        match self.clause {
            "alert" if begins_with(next, &["clear"]) => CLEAR,
            "alert" | "clear" if is_hold => own + INDENT,
            "expect" if begins_with(next, &["where"]) => INDENT,
            "expect" if self.asks && more => 2 * INDENT,
            _ if more => own + INDENT,
            _ => 0,
        }
    }
}

/// How far `clear` stands behind the beginning of its `alert`.
const CLEAR: usize = "alert ".len();

/// Words that begin clauses and steps whose conditions can be too long for one line, and those that end such a clause.
const CLAUSES: &[&str] = &[
    "match", "window", "measure", "alert", "clear", "severity", "group", "show", "follow", "example", "allow",
    "extend", "locked", "owner", "status", "since", "warmup", "cooldown", "under", "expect", "replay", "route",
    "notify", "share",
];

/// Words behind which a condition is not whole.
const UNFINISHED: &[&str] = &[
    "and", "or", "not", "AND", "OR", "NOT", "inside", "outside", "when", "where", "match", "is", "in", "has", "within",
];

/// How far in the line of a byte stands.
fn column(text: &str, offset: u32) -> usize {
    let before = text.get(..offset as usize).unwrap_or("");
    let line = before.rsplit(['\n', '\r']).next().unwrap_or("");
    line.chars().take_while(|c| c.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{edited, marked, snapshot};
    use super::*;

    const LOOSE: &str = "terms a=\"x\" ,  \"y\" // one\nterms longer = \"z\"\n\n\n\n/// M.\nmonitor m{match a AND longer\n\
        severity{high otherwise}   follow playbook p}\nplaybook p { route first { otherwise to team care } }\n";

    #[test]
    fn the_edits_of_a_file_make_its_style_and_touch_no_word_that_stays() {
        let snapshot = snapshot(&[("a.mon", LOOSE)]);
        let edits = document(&snapshot, 0);
        assert_eq!(edited(LOOSE, &edits), mon_grammar::format(LOOSE).text);
        let solid = |text: &str| text.chars().any(|c| !c.is_whitespace());
        let touched: Vec<&str> = edits.iter().map(|(at, _)| at.text(LOOSE)).filter(|was| solid(was)).collect();
        assert_eq!(touched, ["AND"]);
    }

    #[test]
    fn what_is_in_its_style_needs_no_edit_and_broken_items_stay() {
        let good = mon_grammar::format(LOOSE).text;
        assert_eq!(document(&snapshot(&[("a.mon", &good)]), 0), []);
        let broken = "terms a   = \n\nterms   b = \"x\"\nquery   q = (\n";
        let edits = document(&snapshot(&[("a.mon", broken)]), 0);
        assert_eq!(edited(broken, &edits), mon_grammar::format(broken).text);
        assert!(edited(broken, &edits).starts_with("terms a   = \n"), "{edits:?}");
    }

    #[test]
    fn texts_of_other_words_meet_in_the_middle() {
        assert_eq!(by_words("a b", "a"), None);
        assert_eq!(middle("aé c", "aè c"), (Span::new(1, 3), "è".to_owned()));
        assert_eq!(middle("aa", "aaa"), (Span::new(2, 2), "a".to_owned()));
    }

    #[test]
    fn a_range_changes_whole_items_and_no_others() {
        let snapshot = snapshot(&[("a.mon", LOOSE)]);
        let at = small(LOOSE.find("severity").unwrap());
        let said = edited(LOOSE, &range(&snapshot, 0, Span::new(at, at)));
        let (before, after) = said.split_once("/// M.\n").unwrap();
        assert!(LOOSE.starts_with(before), "{before}");
        assert!(after.starts_with("monitor m {\n  match a and longer\n  severity"), "{after}");
        assert!(after.ends_with("playbook p { route first { otherwise to team care } }\n"), "{after}");
        assert_eq!(range(&snapshot, 0, Span::new(small(LOOSE.len()), small(LOOSE.len()))), []);
    }

    fn after(text: &str, sign: char) -> String {
        let (text, at) = marked(text);
        let snapshot = snapshot(&[("a.mon", &text)]);
        edited(&text, &typed(&snapshot, 0, at.end, sign))
    }

    #[test]
    fn a_brace_gives_style_to_what_it_closes() {
        let item = after("terms a   = \"x\"\nmonitor m {match a}«\n", '}');
        assert_eq!(item, "terms a   = \"x\"\nmonitor m {\n  match a\n}\n");
        let clause = after("monitor m {\nmatch   \"a\"\n  severity {high otherwise}«\n}\n", '}');
        assert_eq!(clause, "monitor m {\nmatch   \"a\"\n  severity { high otherwise }\n}\n");
        let open = "monitor m {\nmatch   \"a\"\n  severity {high otherwise}\n";
        assert_eq!(after("monitor m {\nmatch   \"a\"\n  severity {high otherwise}«\n", '}'), open);
    }

    #[test]
    fn a_new_line_stands_where_it_belongs() {
        let cases = [
            ("monitor m {\n«", "monitor m {\n  "),
            ("monitor m {\n      «match \"a\"\n}", "monitor m {\n  match \"a\"\n}"),
            ("monitor m {\n  severity {\n  «", "monitor m {\n  severity {\n    "),
            ("monitor m {\n  severity {\n    «}\n}", "monitor m {\n  severity {\n  }\n}"),
            ("terms a =\n«", "terms a =\n  "),
            ("terms a = \"x\",\n«", "terms a = \"x\",\n  "),
            ("terms a = \"x\"\n  «", "terms a = \"x\"\n"),
            ("monitor open {\nquery q = \"a\" and\n«", "monitor open {\nquery q = \"a\" and\n  "),
            ("query q = (\n«", "query q = (\n  "),
            ("terms a = \"{\"\n«", "terms a = \"{\"\n"),
            ("/// Phones\n«", "/// Phones\n/// "),
            ("/// Phones\n«that fail\nquery q = \"a\"", "/// Phones\n/// that fail\nquery q = \"a\""),
            ("///\n«", "///\n"),
            ("// note\n«", "// note\n"),
            ("//// rule\n«", "//// rule\n"),
            (
                "query q =\n  acme near/8 failure\n«  and not giveaway",
                "query q =\n  acme near/8 failure\n  and not giveaway",
            ),
            ("query q =\n  acme\n«\n  and b", "query q =\n  acme\n  \n  and b"),
            ("monitor m {\n  match a\n«or b\n}", "monitor m {\n  match a\n    or b\n}"),
            (
                "monitor m {\n  alert when a > 1\n«clear when a < 1\n}",
                "monitor m {\n  alert when a > 1\n        clear when a < 1\n}",
            ),
            ("monitor m {\n  match any [\n    \"a\",\n«", "monitor m {\n  match any [\n    \"a\",\n    "),
            ("monitor m {\n  match any [\n    \"a\"\n«]", "monitor m {\n  match any [\n    \"a\"\n  ]"),
        ];
        for (text, expected) in cases {
            assert_eq!(after(text, '\n'), expected, "{text}");
        }
        assert_eq!(after("«x", '\n'), "x");
        assert_eq!(after("terms a   = \"x\"«", '"'), "terms a   = \"x\"");
    }

    /// Each line of a text in the one style stands where a new line in front of it puts it.
    fn stands(text: &str) {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for (at, line) in lines.iter().enumerate().skip(1) {
            let said = line.trim_start();
            let described = lines[at - 1].trim_start().starts_with("///") && !said.starts_with("///");
            if said.is_empty() || described {
                continue;
            }
            let (above, below) = (lines[..at].concat(), lines[at + 1..].concat());
            let typed = after(&format!("{above}«{said}{below}"), '\n');
            let expected = format!("{above}{line}");
            assert_eq!(typed.get(..expected.len()), Some(expected.as_str()), "line {}", at + 1);
        }
    }

    #[test]
    fn new_lines_of_real_rules_stand_as_they_are_written() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/rules");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "mon") {
                let text = std::fs::read_to_string(&path).unwrap();
                assert_eq!(mon_grammar::format(&text).text, text, "{}", path.display());
                stands(&text);
                seen += text.lines().count();
            }
        }
        assert!(seen > 300, "{seen} lines");
    }

    #[test]
    fn new_lines_of_long_rules_stand_where_the_style_has_them() {
        let condition = "acme near/8 failure and not giveaway and lang in [en, es, de] and author.followers >= 10k and exists country";
        let members = ["a", "b", "c", "d"].map(|letter| format!("\"{}\"", letter.repeat(40))).join(", ");
        let figures = ["volume >= 30"; 7].join(" and ");
        let text = format!(
            "query q = {condition} and kind is post allow MON0205 because \"x\"\nquery r = any [{members}]\nquery s = ({condition}) or \
             ({condition} and not any [{members}])\nterms t = {members}\nmonitor m {{ match {condition} or (lang is en and kind is post) \
             window tumble 5m measure v = count({condition}) measure w = {} alert when {figures} for 2m clear when {figures} for 10m \
             severity {{ high when {figures} medium otherwise }} }}\nmonitor n {{ match any [{members}] }}\nplaybook p {{ route first {{ when {} \
             to team a otherwise to team b }} }}\ntest m \"t\" {{ replay \"x\" expect 2 posts matched where {condition} and kind is post }}\n",
            ["volume * 2"; 12].join(" + "),
            ["country in [DE, AT, CH]"; 6].join(" and "),
        );
        let formatted = mon_grammar::format(&text);
        assert_eq!(formatted.errors, []);
        stands(&formatted.text);
    }
}
