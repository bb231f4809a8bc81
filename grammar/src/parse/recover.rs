//! Reading what pest refused as a whole: the head by hand, then clause by clause, so that each error is reported and a
//! sound clause keeps its form. Slow paths only; still linear, since each stretch is read at most three times.

use std::ops::Range;

use pest::Parser as _;

use super::build::{Build, hole, nothing};
use super::explain::{Failure, reserved, short};
use super::signs;
use super::suggest::nearest;
use super::{Found, MAX_DEPTH, Rule, peg};
use crate::ast::{
    Alert, Clause, ClauseKind, Expr, ItemKind, Monitor, Name, Param, Playbook, PlaybookClause, PlaybookClauseKind,
    Query, SyntaxError, Terms, TermsSource, Test, TestStep, TestStepKind,
};
use crate::code;
use crate::mend::Mend;
use crate::nesting::Nesting;
use crate::span::Span;
use crate::splitter::{ITEM_WORDS, Piece, PieceKind, Text};
use crate::tree::SyntaxKind as K;

/// Those that are executed first; so in the other lists.
const MONITOR_WORDS: &[&str] = &[
    "match", "window", "measure", "alert", "severity", "group", "show", "follow", "example", "allow", "owner",
    "status", "since", "for", "warmup", "cooldown", "min", "extend", "locked", "under", "dedupe", "tolerate", "update",
    "mute", "expire", "flapping", "record", "reply", "detect", "join",
];
const PLAYBOOK_WORDS: &[&str] = &[
    "route",
    "notify",
    "share",
    "escalate",
    "acknowledgement",
    "quiet",
    "budget",
    "ticket",
    "allow",
    "count",
    "record",
    "reply",
    "update",
    "mute",
    "expire",
];
const TEST_WORDS: &[&str] = &["replay", "expect", "at"];

/// How the inside of one kind of item is read: its clauses' words, and the rules for a clause that must fill its
/// stretch and for one that may stop early.
struct Inside {
    words: &'static [&'static str],
    /// How many of the words are executed.
    executed: usize,
    whole: Rule,
    some: Rule,
}

impl Inside {
    fn of(kind: PieceKind) -> Self {
        match kind {
            PieceKind::Playbook => {
                let (whole, some) = (Rule::one_playbook_clause, Rule::some_playbook_clause);
                Self { words: PLAYBOOK_WORDS, executed: 9, whole, some }
            }
            PieceKind::Test => {
                let (whole, some) = (Rule::one_test_step, Rule::some_test_step);
                Self { words: TEST_WORDS, executed: 2, whole, some }
            }
            _ => {
                let (whole, some) = (Rule::one_monitor_clause, Rule::some_monitor_clause);
                Self { words: MONITOR_WORDS, executed: 20, whole, some }
            }
        }
    }
}

pub(super) fn item(text: &Text<'_>, piece: &Piece, build: &Build) -> ItemKind {
    let reader = Reader { text, build };
    match piece.kind {
        PieceKind::Unknown => reader.unknown(piece),
        PieceKind::Use | PieceKind::Dates => {
            let rule = if piece.kind == PieceKind::Use { Rule::use_item } else { Rule::dates_item };
            if !reader.unsound(piece.solid.clone()) {
                reader.explain(piece.solid.clone(), rule, &[]);
            }
            ItemKind::Broken
        }
        PieceKind::Terms | PieceKind::Query => reader.definition(piece),
        PieceKind::Monitor | PieceKind::Playbook | PieceKind::Test => reader.braced(piece),
    }
}

struct Reader<'t, 's> {
    text: &'t Text<'s>,
    build: &'t Build,
}

impl<'s> Reader<'_, 's> {
    fn span(&self, range: &Range<usize>) -> Span {
        let first = self.text.at(range.start).map(|t| t.span).unwrap_or_default();
        self.text.at(range.end.saturating_sub(1)).map_or(first, |t| first.to(t.span))
    }

    fn read(&self, at: usize) -> &'s str {
        self.text.at(at).map_or("", |t| t.span.text(self.text.source))
    }

    fn name(&self, at: usize) -> Name {
        let token = self.text.at(at).map(|t| t.span).unwrap_or_default();
        Name { text: token.text(self.text.source).to_owned(), span: token }
    }

    fn unknown(&self, piece: &Piece) -> ItemKind {
        let first = piece.solid.start;
        let span = self.text.at(first).map(|t| t.span).unwrap_or_default();
        let found = self.read(first);
        let message = format!(
            "expected `use`, `terms`, `query`, `dates`, `monitor`, `playbook` or `test`, found `{}`",
            short(found)
        );
        if matches!(self.text.kind(first), Some(K::BraceClose | K::ParenClose | K::BracketClose)) {
            let message = format!("this `{found}` closes nothing");
            self.build.error(span, code::STRAY_CLOSING, message, "take it out, or look for one too many above");
        } else if let Some(near) = nearest(found, ITEM_WORDS.iter().copied()) {
            let error = SyntaxError::new(span, code::UNKNOWN_ITEM, message, format!("did you mean `{}`?", near.word));
            self.build.tell(error.mend(Mend::write(span, near.word, near.alone)));
            return self.meant(piece, near.word);
        } else if MONITOR_WORDS.contains(&found) || PLAYBOOK_WORDS.contains(&found) {
            let help = format!("`{found}` belongs between `{{` and `}}`; is there one `}}` too many above?");
            self.build.error(span, code::UNKNOWN_ITEM, message, help);
        } else if !self.lexical(first) {
            let help = "a file is made of these items; a comment starts with `//`";
            self.build.error(span, code::UNKNOWN_ITEM, message, help);
        }
        ItemKind::Broken
    }

    /// An item whose word is misspelt, read as the one that is meant where it has the shape of it.
    fn meant(&self, piece: &Piece, word: &str) -> ItemKind {
        let start = piece.solid.start;
        let kind = PieceKind::of(word).filter(|kind| self.text.has_head(start, *kind));
        let piece = |kind| Piece { kind, ..piece.clone() };
        match kind {
            Some(kind @ (PieceKind::Terms | PieceKind::Query)) => self.definition(&piece(kind)),
            Some(kind @ (PieceKind::Monitor | PieceKind::Playbook | PieceKind::Test)) => self.braced(&piece(kind)),
            _ => ItemKind::Broken,
        }
    }

    /// `terms name = …` and `query name = …`.
    fn definition(&self, piece: &Piece) -> ItemKind {
        let Range { start, end } = piece.solid;
        let named = self.text.kind(start + 1) == Some(K::Word) && !reserved(self.read(start + 1));
        let params = self.params(piece);
        let equals = params.as_ref().map_or(start + 2, |(end, _)| *end);
        if !named || self.text.kind(equals) != Some(K::Equals) || end <= equals + 1 {
            let rule = if piece.kind == PieceKind::Terms { Rule::terms_item } else { Rule::query_item };
            if !self.unsound(start..end) {
                self.explain(start..end, rule, &[]);
            }
            return ItemKind::Broken;
        }
        let name = self.name(start + 1);
        let (allows, end) = self.allows(equals + 1..end);
        if piece.kind == PieceKind::Query {
            let params = params.map(|(_, params)| params).unwrap_or_default();
            let expr = self.member(equals + 1..end, end);
            return ItemKind::Query(Query { name, params, gaps: Vec::new(), expr, allows });
        }
        let (mut members, mut sources) = (Vec::new(), Vec::new());
        let mut read = |range: Range<usize>, edge: usize| match self.source(&range) {
            Some(source) => sources.extend(source),
            None => members.push(self.member(range, edge)),
        };
        let (mut from, mut depth) = (start + 3, 0_usize);
        for at in start + 3..end {
            match self.text.kind(at) {
                Some(K::ParenOpen | K::BracketOpen) => depth += 1,
                Some(K::ParenClose | K::BracketClose) => depth = depth.saturating_sub(1),
                Some(K::Comma) if depth == 0 => {
                    read(from..at, at + 1);
                    from = at + 1;
                }
                _ => {}
            }
        }
        read(from..end, end);
        ItemKind::Terms(Terms { name, members, sources, allows })
    }

    /// The parameters of a query and where they end, if they can be read.
    fn params(&self, piece: &Piece) -> Option<(usize, Vec<Param>)> {
        let start = piece.solid.start + 2;
        if piece.kind != PieceKind::Query || self.text.kind(start) != Some(K::ParenOpen) {
            return None;
        }
        let close = (start..piece.solid.end).find(|&at| self.text.kind(at) == Some(K::ParenClose))?;
        let found = self.build.pack(self.text, start..close + 1);
        let found = self.try_read(&found, Rule::one_params).ok()?;
        let params = found.into_inner().find(|k| k.as_rule() == Rule::params)?;
        Some((close + 1, self.build.params(params)))
    }

    /// A stretch that begins with `from "…"`: the file that it names, nothing of it where it cannot be read.
    fn source(&self, range: &Range<usize>) -> Option<Option<TermsSource>> {
        if range.len() < 2 || self.text.word(range.start) != Some("from") {
            return None;
        }
        match self.text.at(range.start + 1).map(|token| (token.kind, token.span)) {
            Some((K::String, _)) => {}
            Some((K::Word, span)) if !reserved(self.read(range.start + 1)) => {
                let file = self.span(&(range.start + 1..range.end)).text(self.text.source);
                let help = format!("write `from \"{}\"`", short(file));
                let whole = self.span(&(range.start + 1..range.end));
                let mend =
                    (!file.contains(['"', '\\', '\n', ' '])).then(|| Mend::write(whole, format!("\"{file}\""), true));
                let message = "the name of a file stands in quotes";
                self.build.tell(SyntaxError::new(span, code::UNEXPECTED, message, help).mend(mend));
                return Some(None);
            }
            _ => return None,
        }
        if self.unsound(range.clone()) {
            return Some(None);
        }
        let packed = self.build.pack(self.text, range.clone());
        match self.try_read(&packed, Rule::one_source) {
            Ok(found) => Some(found.into_inner().find(|k| k.as_rule() == Rule::source).map(|k| self.build.source(k))),
            Err(error) => {
                Failure::new(self.text, range.clone(), self.build, &error).report(self.build, ITEM_WORDS);
                Some(None)
            }
        }
    }

    /// Sound `allow` clauses at the end of a definition, and where they begin.
    fn allows(&self, range: Range<usize>) -> (Vec<Clause>, usize) {
        let none = (Vec::new(), range.end);
        let Some(from) = range.clone().find(|&at| self.read(at) == "allow") else { return none };
        // What is wrong with a sign of it is told, and what stands before it is read all the same.
        if self.unsound(from..range.end) {
            return (Vec::new(), from);
        }
        let packed = self.build.pack(self.text, from..range.end);
        match self.try_read(&packed, Rule::all_allows) {
            Ok(found) => (found.into_inner().filter_map(|kid| self.build.monitor_clause(kid)).collect(), from),
            Err(_) => none,
        }
    }

    /// One expression that fills its stretch; `edge` is where the text goes on.
    fn member(&self, range: Range<usize>, edge: usize) -> Expr {
        if range.is_empty() {
            let at = if edge > range.end { edge - 1 } else { edge.saturating_sub(1) };
            let span = self.text.at(at).map(|t| t.span).unwrap_or_default();
            let message = "a quoted phrase or a name is missing next to this comma".to_owned();
            self.build.error(span, code::UNEXPECTED, message, "take the comma out, or add what is missing");
            return hole(span);
        }
        let span = self.span(&range);
        if self.unsound(range.clone()) {
            return hole(span);
        }
        match self.try_read(&self.build.pack(self.text, range.clone()), Rule::one_member) {
            Ok(found) => self.build.first_expr(found),
            Err(error) => {
                Failure::new(self.text, range, self.build, &error).report(self.build, ITEM_WORDS);
                hole(span)
            }
        }
    }

    /// Reads the stretch that was packed last with a rule.
    fn try_read<'b>(&self, packed: &'b str, rule: Rule) -> Result<Found<'b>, Box<pest::error::Error<Rule>>> {
        let mut pairs = peg::Mon::parse(rule, packed).map_err(Box::new)?;
        pairs.next().ok_or_else(|| {
            let start = pest::Position::from_start("");
            Box::new(pest::error::Error::new_from_pos(
                pest::error::ErrorVariant::ParsingError { positives: vec![rule], negatives: Vec::new() },
                start,
            ))
        })
    }

    /// Reports why `rule` does not fit a stretch.
    fn explain(&self, range: Range<usize>, rule: Rule, clauses: &[&str]) {
        if let Err(error) = self.try_read(&self.build.pack(self.text, range.clone()), rule) {
            Failure::new(self.text, range, self.build, &error).report(self.build, clauses);
        }
    }

    fn braced(&self, piece: &Piece) -> ItemKind {
        let Range { start, end } = piece.solid;
        let open = (start..end).find(|&at| self.text.kind(at) == Some(K::BraceOpen));
        let name = self.head(piece, open.unwrap_or(end), open.is_some());
        let inner = open.map_or(end, |at| at + 1)..if piece.closed { end - 1 } else { end };
        let inside = Inside::of(piece.kind);
        let cut = piece.solid.clone().any(|at| self.text.kind(at) == Some(K::UnclosedString));
        if let Some(open) = open.filter(|_| !piece.closed && !cut) {
            self.unclosed(piece, open, &inside);
        }
        let chunks = if inner.start < inner.end { self.chunks(inner, &inside) } else { Vec::new() };
        let title = (start..open.unwrap_or(start)).find(|&at| self.text.kind(at) == Some(K::String));
        let title = title.map(|at| self.read(at).trim_matches('"').to_owned()).unwrap_or_default();
        match piece.kind {
            PieceKind::Monitor => {
                let clauses = self.clauses(chunks, &inside, |r, found| match found {
                    Some(found) => self.build.monitor_clause(found),
                    None => Some(self.broken_clause(r)),
                });
                name.map_or(ItemKind::Broken, |name| ItemKind::Monitor(Monitor { name, clauses }))
            }
            PieceKind::Playbook => {
                let clauses = self.clauses(chunks, &inside, |r, found| match found {
                    Some(found) => self.build.playbook_clause(found),
                    None => {
                        let kind = PlaybookClauseKind::Broken { keyword: self.name(r.start) };
                        Some(PlaybookClause { span: self.span(r), kind })
                    }
                });
                name.map_or(ItemKind::Broken, |name| ItemKind::Playbook(Playbook { name, clauses }))
            }
            _ => {
                let steps = self.clauses(chunks, &inside, |r, found| match found {
                    Some(found) => self.build.test_step(found),
                    None => {
                        let kind = TestStepKind::Broken { keyword: self.name(r.start) };
                        Some(TestStep { span: self.span(r), kind })
                    }
                });
                name.map_or(ItemKind::Broken, |monitor| ItemKind::Test(Test { monitor, title, steps }))
            }
        }
    }

    /// Reports an item whose braces do not pair, with the place where one is missing.
    fn unclosed(&self, piece: &Piece, open: usize, inside: &Inside) {
        let Range { start, end } = piece.solid;
        let head = self.span(&(start..open + 1));
        let what = format!("{} {}", self.read(start), self.read(start + 1));
        let message = format!("`{}` has no closing `}}`", short(&what));
        let error = |help| SyntaxError::new(head, code::UNCLOSED_BRACE, message, help);
        // A clause's word inside a block says that the block should have ended.
        let (mut depth, mut inner) = (0_usize, None);
        for at in open..end {
            match self.text.kind(at) {
                Some(K::BraceOpen) => depth += 1,
                Some(K::BraceClose) => depth = depth.saturating_sub(1),
                Some(K::Word) if depth > 1 && inner.is_none() && self.text.first_on_line(at) => {
                    let known = inside.words.contains(&self.read(at));
                    inner = (known && self.starts_clause(at, 0, inside)).then_some(at);
                }
                _ => {}
            }
        }
        let next = inner.unwrap_or(end);
        let Some(before) = next.checked_sub(1).and_then(|at| self.text.at(at)) else { return };
        let behind = Span::new(before.span.end, before.span.end);
        let lined = inner.is_some() || (open + 1..next).any(|at| self.text.first_on_line(at));
        let indent = inner.map_or("", |at| self.text.indent(at));
        let brace = if lined { format!("\n{indent}}}") } else { " }".to_owned() };
        let mend = (depth == 1).then(|| Mend::write(behind, brace, true).described("add the missing `}`"));
        let error = error("add `}` on a line of its own at its end").mend(mend);
        self.build.tell(match self.text.at(next) {
            Some(token) => error.label(token.span, "`}` belongs before this"),
            None => error.label(before.span, "`}` belongs behind this"),
        });
    }

    /// The head of a braced item: keyword, name, for a test its title. `open` is the place of `{`.
    fn head(&self, piece: &Piece, open: usize, opened: bool) -> Option<Name> {
        let start = piece.solid.start;
        let keyword = self.read(start);
        let named = self.text.kind(start + 1) == Some(K::Word) && start + 1 < open && !reserved(self.read(start + 1));
        if !named {
            if self.unsound(start..open) {
                return None;
            }
            let span = self.text.at(start).map(|t| t.span).unwrap_or_default();
            let found = self.read(start + 1);
            let (message, help) = if reserved(found) {
                let help = format!("`{found}` is a word of the language; choose another name");
                (format!("`{keyword}` needs a name, and `{found}` cannot be one"), help)
            } else {
                (format!("`{keyword}` needs a name"), format!("write for example `{keyword} acme_outage {{ … }}`"))
            };
            self.build.error(span, code::UNEXPECTED, message, help);
            return None;
        }
        let name = self.name(start + 1);
        let test = piece.kind == PieceKind::Test;
        let titled = test && self.text.kind(start + 2) == Some(K::String);
        let wanted = start + 2 + usize::from(titled);
        if self.unsound_tokens(start..open) || (open == wanted && opened && titled == test) {
            return Some(name);
        }
        let span = self.text.at(wanted).filter(|_| wanted < piece.solid.end).map_or(name.span, |t| t.span);
        let message = match (test && !titled, opened) {
            (true, _) => "a test needs a title in quotes behind its monitor's name".to_owned(),
            (false, false) => format!("expected `{{` behind `{keyword} {}`", name.text),
            (false, true) => format!("expected `{{` here, found `{}`", short(span.text(self.text.source))),
        };
        let title = if test { " \"what it shows\"" } else { "" };
        let help = format!("write `{keyword} {}{title} {{ … }}`", name.text);
        self.build.error(span, code::UNEXPECTED, message, help);
        Some(name)
    }

    /// Cuts a body where a clause's word stands outside braces.
    fn chunks(&self, body: Range<usize>, inside: &Inside) -> Vec<Range<usize>> {
        let mut out = Vec::new();
        let (mut from, mut braces, mut others) = (body.start, 0_usize, 0_usize);
        for at in body.clone() {
            match self.text.kind(at) {
                Some(K::BraceOpen) => braces += 1,
                Some(K::BraceClose) => braces = braces.saturating_sub(1),
                Some(K::ParenOpen | K::BracketOpen) => others += 1,
                Some(K::ParenClose | K::BracketClose) => others = others.saturating_sub(1),
                Some(K::Word) if at > from && braces == 0 && self.starts_clause(at, others, inside) => {
                    out.push(from..at);
                    (from, others) = (at, 0);
                }
                _ => {}
            }
        }
        out.push(from..body.end);
        out
    }

    fn starts_clause(&self, at: usize, brackets: usize, inside: &Inside) -> bool {
        let word = self.read(at);
        let first = self.text.first_on_line(at);
        let known = inside.words.contains(&word);
        // A misspelt word begins a clause where nothing is open before its line.
        let meant =
            || first && brackets == 0 && !reserved(word) && nearest(word, inside.words.iter().copied()).is_some();
        if (!known && !meant()) || (!first && brackets > 0) {
            return false;
        }
        let next = self.text.kind(at + 1);
        let used_as_name = matches!(next, Some(K::Dot | K::Colon | K::Operator | K::Equals | K::Comma));
        if used_as_name || (next == Some(K::ParenOpen) && word != "match") {
            return false;
        }
        match word {
            "for" if !first || next == Some(K::Number) => return false,
            "min" if ![next, self.text.kind(at + 2)].contains(&Some(K::Number)) => return false,
            "at" if next != Some(K::Time) || !first => return false,
            _ => {}
        }
        let Some(before) = at.checked_sub(1).and_then(|b| self.text.at(b)) else { return true };
        let joined = matches!(before.kind, K::Comma | K::Equals | K::Operator | K::Dot | K::Distance | K::Colon);
        let joins = ["and", "or", "not", "is", "in", "has", "within", "of", "by", "when", "to", "expect", "where"];
        !joined && ((first && known) || !joins.contains(&before.span.text(self.text.source)))
    }

    /// What each stretch becomes: `made` gets the pair of a sound one, `None` for a broken one.
    fn clauses<T>(
        &self,
        chunks: Vec<Range<usize>>,
        inside: &Inside,
        made: impl Fn(&Range<usize>, Option<Found<'_>>) -> Option<T>,
    ) -> Vec<T> {
        let mut out = Vec::new();
        for range in chunks {
            if self.unsound(range.clone()) {
                out.extend(made(&range, None));
                continue;
            }
            let packed = self.build.pack(self.text, range.clone());
            let error = match self.try_read(&packed, inside.whole) {
                Ok(found) => {
                    out.extend(found.into_inner().next().and_then(|clause| made(&range, Some(clause))));
                    continue;
                }
                Err(error) => error,
            };
            if !inside.words.contains(&self.read(range.start)) {
                self.unknown_clause(range.start, inside);
                out.extend(made(&range, None));
                continue;
            }
            // A clause may be sound and followed by a line that no clause starts like.
            match self.rest(&range, &packed, inside) {
                Some((found, rest)) => {
                    out.extend(found.into_inner().next().and_then(|clause| made(&range, Some(clause))));
                    self.unknown_clause(rest, inside);
                    out.extend(made(&(rest..range.end), None));
                }
                None => {
                    Failure::new(self.text, range.clone(), self.build, &error).report(self.build, inside.words);
                    out.extend(made(&range, None));
                }
            }
        }
        out
    }

    /// A sound clause at the start of a stretch, and the word on a line of its own that follows it.
    fn rest<'b>(&self, range: &Range<usize>, packed: &'b str, inside: &Inside) -> Option<(Found<'b>, usize)> {
        let found = self.try_read(packed, inside.some).ok()?;
        let clause = found.clone().into_inner().next()?;
        let end = self.build.span(&clause).end;
        let solid = self.text.solid.get(range.clone())?;
        let read = solid.partition_point(|&i| self.text.tokens.get(i as usize).is_some_and(|t| t.span.end <= end));
        let rest = range.start + read;
        let next_line = rest < range.end && self.text.first_on_line(rest) && self.text.word(rest).is_some();
        (next_line && !reserved(&self.read(rest).to_ascii_lowercase())).then_some((found, rest))
    }

    fn unknown_clause(&self, at: usize, inside: &Inside) {
        let span = self.text.at(at).map(|t| t.span).unwrap_or_default();
        let found = self.read(at);
        let message = format!("`{}` starts no clause here", short(found));
        let elsewhere = MONITOR_WORDS.contains(&found).then_some("a monitor");
        let elsewhere = elsewhere.or_else(|| PLAYBOOK_WORDS.contains(&found).then_some("a playbook"));
        let (help, mend) = match (nearest(found, inside.words.iter().copied()), elsewhere) {
            (_, Some(place)) => (format!("`{found}` belongs in {place}"), None),
            (Some(near), None) => {
                (format!("did you mean `{}`?", near.word), Some(Mend::write(span, near.word, near.alone)))
            }
            (None, None) => {
                let executed = inside.words.get(..inside.executed).unwrap_or(inside.words);
                (format!("a clause starts with one of: {}", executed.join(", ")), None)
            }
        };
        self.build.tell(SyntaxError::new(span, code::UNKNOWN_CLAUSE, message, help).mend(mend));
    }

    /// The form that a broken clause keeps, so that names it gives are still known and nobody misses what is misspelt.
    fn broken_clause(&self, range: &Range<usize>) -> Clause {
        let span = self.span(range);
        let word = self.read(range.start);
        let known = MONITOR_WORDS.contains(&word);
        let near = nearest(word, MONITOR_WORDS.iter().copied()).filter(|_| !known);
        let kind = match near.map_or(word, |near| near.word) {
            "match" => ClauseKind::Match(hole(span)),
            "alert" => ClauseKind::Alert(Alert { when: hole(span), hold: None, clear: None, clear_hold: None }),
            "severity" => ClauseKind::Severity(Vec::new()),
            "measure" => {
                let named = self.text.kind(range.start + 1) == Some(K::Word) && range.len() > 1;
                let name = if named { self.name(range.start + 1) } else { nothing(span) };
                ClauseKind::Measure { name, expr: hole(span) }
            }
            _ => ClauseKind::Broken { keyword: self.name(range.start) },
        };
        Clause { span, kind }
    }

    /// Reports broken tokens, brackets that do not pair and nesting past the limit; whether there were any.
    fn unsound(&self, range: Range<usize>) -> bool {
        self.unsound_tokens(range.clone()) || self.too_deep(range.clone()) || self.unpaired(range)
    }

    fn unsound_tokens(&self, range: Range<usize>) -> bool {
        let mut any = false;
        for at in range {
            any |= self.lexical(at);
        }
        any
    }

    /// Reports the token at `at` if it is broken in itself.
    fn lexical(&self, at: usize) -> bool {
        let broken = self.text.kind(at).is_some_and(signs::is_broken);
        if broken && let Some(error) = signs::told(self.text, at) {
            self.build.tell(error);
        }
        broken
    }

    fn too_deep(&self, range: Range<usize>) -> bool {
        let mut nesting = Nesting::default();
        for at in range {
            let Some(token) = self.text.at(at) else { continue };
            if nesting.step(token.kind, token.text(self.text.source)) > MAX_DEPTH {
                let span = token.span;
                let message = format!("this is nested deeper than the limit of {MAX_DEPTH}");
                let help = "give parts of it a name of their own with `query … =`";
                self.build.error(span, code::TOO_DEEP, message, help);
                return true;
            }
        }
        false
    }

    fn unpaired(&self, range: Range<usize>) -> bool {
        let mut open: Vec<(K, Span)> = Vec::new();
        for at in range {
            let Some(token) = self.text.at(at) else { continue };
            let wanted = match token.kind {
                K::ParenOpen | K::BracketOpen | K::BraceOpen => {
                    open.push((token.kind, token.span));
                    continue;
                }
                K::ParenClose => K::ParenOpen,
                K::BracketClose => K::BracketOpen,
                K::BraceClose => K::BraceOpen,
                _ => continue,
            };
            let opened = open.pop();
            if opened.is_none_or(|(kind, _)| kind != wanted) {
                let found = token.span.text(self.text.source);
                let (message, help) = match opened {
                    Some((kind, span)) => {
                        let sign = closing(kind);
                        let message = format!("`{}` is not closed by `{found}`", span.text(self.text.source));
                        (message, format!("write `{sign}`, or add `{sign}` before it"))
                    }
                    None => (
                        format!("this `{found}` closes nothing"),
                        "take it out, or add the opening one before it".to_owned(),
                    ),
                };
                self.build.error(token.span, code::STRAY_CLOSING, message, help);
                return true;
            }
        }
        let Some((kind, span)) = open.pop() else { return false };
        let code = if kind == K::BraceOpen { code::UNCLOSED_BRACE } else { code::UNCLOSED_BRACKET };
        let message = format!("this `{}` is never closed", span.text(self.text.source));
        self.build.error(span, code, message, format!("add `{}` where it ends", closing(kind)));
        true
    }
}

/// The sign that closes what this one opens.
fn closing(open: K) -> &'static str {
    match open {
        K::ParenOpen => ")",
        K::BracketOpen => "]",
        _ => "}",
    }
}
