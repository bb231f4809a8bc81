//! What each word of a rule is, for its colour: the leaves of the text, with names as what they turn out to be.

use mon_compiler::folder::{each, exprs};
use mon_compiler::plan::Severity;
use mon_grammar::Span;
use mon_grammar::ast::{ClauseKind, ExprKind, ItemKind, TermForm, WindowKind};
use mon_grammar::tree::{SyntaxKind, leaves};

use super::exprs::touch;
use crate::snapshot::{FileState, Snapshot, whole};
use crate::symbols::{Kind, Role};
use crate::text::small;

/// What a stretch of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum TokenKind {
    Keyword,
    /// A word or sign that joins: `and`, `near/5`, `>=`.
    Operator,
    String,
    /// `*` and `?` in a term.
    Wildcard,
    /// `\*` and the like in a string.
    Escape,
    Regexp,
    Tag,
    Handle,
    Cashtag,
    Number,
    Time,
    Comment,
    Terms,
    Query,
    Monitor,
    Playbook,
    Dates,
    Measure,
    Param,
    Team,
    Method,
    Field,
    Value,
    Level,
    Function,
    Package,
}

impl TokenKind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 26] = [
        Self::Keyword,
        Self::Operator,
        Self::String,
        Self::Wildcard,
        Self::Escape,
        Self::Regexp,
        Self::Tag,
        Self::Handle,
        Self::Cashtag,
        Self::Number,
        Self::Time,
        Self::Comment,
        Self::Terms,
        Self::Query,
        Self::Monitor,
        Self::Playbook,
        Self::Dates,
        Self::Measure,
        Self::Param,
        Self::Team,
        Self::Method,
        Self::Field,
        Self::Value,
        Self::Level,
        Self::Function,
        Self::Package,
    ];

    /// The place in [`Self::ALL`].
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The name of its own, for editors that know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wildcard => "wildcard",
            Self::Escape => "escape",
            Self::Tag => "tag",
            Self::Handle => "handle",
            Self::Cashtag => "cashtag",
            Self::Time => "time",
            Self::Terms => "terms",
            Self::Query => "query",
            Self::Monitor => "monitor",
            Self::Playbook => "playbook",
            Self::Dates => "dates",
            Self::Measure => "measure",
            Self::Team => "team",
            Self::Level => "level",
            Self::Value => "value",
            _ => self.like(),
        }
    }

    /// The one of the kinds that every editor knows (LSP 3.17, `SemanticTokenTypes`) that is nearest.
    #[must_use]
    pub const fn like(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Operator => "operator",
            Self::String => "string",
            Self::Wildcard | Self::Escape | Self::Regexp => "regexp",
            Self::Tag | Self::Handle | Self::Cashtag => "macro",
            Self::Number | Self::Time => "number",
            Self::Comment => "comment",
            Self::Terms | Self::Dates => "type",
            Self::Query | Self::Function => "function",
            Self::Monitor => "class",
            Self::Playbook => "interface",
            Self::Measure => "variable",
            Self::Param => "parameter",
            Self::Team => "struct",
            Self::Method => "method",
            Self::Field => "property",
            Self::Value | Self::Level => "enumMember",
            Self::Package => "namespace",
        }
    }

    const fn of_name(kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::Terms => Self::Terms,
            Kind::Query => Self::Query,
            Kind::Dates => Self::Dates,
            Kind::Monitor => Self::Monitor,
            Kind::Playbook => Self::Playbook,
            Kind::Measure => Self::Measure,
            Kind::Param => Self::Param,
            Kind::Team => Self::Team,
            Kind::Method => Self::Method,
            Kind::Field => Self::Field,
            Kind::Value | Kind::Code => Self::Value,
            Kind::Level => Self::Level,
            Kind::Function => Self::Function,
            Kind::Package => Self::Package,
            Kind::Word => Self::Keyword,
            // They stand in quotes.
            Kind::File | Kind::Data => return None,
        })
    }
}

/// More about a token: any of the bits below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modifiers(pub u32);

impl Modifiers {
    /// Here the rules say what the name is.
    pub const DEFINITION: Self = Self(1);
    /// Nothing uses it.
    pub const UNUSED: Self = Self(1 << 1);
    /// A field that a model makes.
    pub const MODEL: Self = Self(1 << 2);
    /// A description that alerts show.
    pub const DOCUMENTATION: Self = Self(1 << 3);
    /// Their names, in the order of the bits.
    pub const NAMES: [&str; 4] = ["definition", "unused", "model", "documentation"];

    const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A stretch of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub span: Span,
    pub kind: TokenKind,
    pub modifiers: Modifiers,
}

/// Words that join.
const OPERATORS: [&str; 11] = ["and", "or", "not", "near", "then", "outside", "inside", "is", "in", "has", "within"];

/// Those of them that are taken in capitals too.
const IN_ANY_CASE: [&str; 4] = ["and", "or", "not", "near"];

/// Words of the language. Where one of them is a name, it is coloured as the name.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "use", "terms", "query", "dates", "monitor", "playbook", "test", "match", "window", "tumble", "slide", "session",
    "gap", "calendar", "count", "pattern", "every", "by", "late", "measure", "alert", "when", "for", "clear",
    "severity", "otherwise", "group", "dedupe", "show", "top", "new", "posts", "post", "each", "once", "follow",
    "example", "yes", "no", "allow", "until", "because", "min", "warmup", "cooldown", "owner", "status", "since",
    "route", "first", "also", "to", "team", "notify", "at", "after", "a", "digest", "escalate", "unless",
    "acknowledged", "of", "repeat", "times", "time", "acknowledgement", "lasts", "quiet", "except", "budget",
    "ticket", "replay", "expect", "incidents", "incident", "opened", "cleared", "matched", "where", "messages",
    "message", "exists", "from", "column", "extend", "region", "locked", "under", "load", "sample", "authors",
    "share", "with", "without", "exact", "part", "stem", "loose", "word", "words", "url", "any", "all", "none",
    "least", "same", "sentence", "line", "paragraph", "starts", "ends", "over", "weighted", "number", "duration",
    "text", "field", "tolerate", "mute",
];

/// The tokens of a file, or of a stretch of it, in the order of the text. None is longer than its line, none overlaps another.
#[must_use]
pub fn tokens(snapshot: &Snapshot, file: usize, within: Option<Span>) -> Vec<Token> {
    let Some(state) = snapshot.file(file) else { return Vec::new() };
    let wanted = within.unwrap_or_else(|| Span::new(0, small(state.text.len())));
    let mut painter = Painter {
        text: &state.text,
        names: names(snapshot, file, state, wanted),
        terms: terms(state, wanted),
        out: Vec::new(),
    };
    let asked = |span: &Span| within.is_none_or(|within| touch(*span, within));
    leaves(&state.text).into_iter().filter(|(_, span)| asked(span)).for_each(|(kind, span)| painter.leaf(kind, span));
    painter.out
}

/// Names inside a stretch with what they are, none inside another.
fn names(snapshot: &Snapshot, file: usize, state: &FileState, wanted: Span) -> Vec<Token> {
    let unused = unused(snapshot, file);
    let mut found: Vec<Token> = Vec::new();
    for name in state.names().iter().filter(|name| touch(name.span, wanted)) {
        let symbol = snapshot.resolve(file, name);
        let is_level =
            symbol.kind == Kind::Value && name.role == Role::InWindows && Severity::find(&name.name).is_some();
        let kind = if is_level { Kind::Level } else { symbol.kind };
        let Some(kind) = TokenKind::of_name(kind) else { continue };
        if found.last().is_some_and(|last| name.span.start < last.span.end) {
            continue;
        }
        let mut modifiers = Modifiers::default();
        if name.role == Role::Definition {
            modifiers = modifiers.with(Modifiers::DEFINITION);
        }
        if unused.contains(&name.span) {
            modifiers = modifiers.with(Modifiers::UNUSED);
        }
        let known = mon_post::find(&symbol.name).filter(|_| kind == TokenKind::Field);
        if known.and_then(mon_post::FieldId::get).is_some_and(|known| known.modelled) {
            modifiers = modifiers.with(Modifiers::MODEL);
        }
        found.push(Token { span: name.span, kind, modifiers });
    }
    found.extend(told(state, wanted));
    found.sort_by_key(|token| token.span.start);
    found
}

/// Words that are values of the author's: `status live`, a time zone.
fn told(state: &FileState, wanted: Span) -> Vec<Token> {
    let monitors =
        state.tree.items.iter().filter(|item| touch(whole(item), wanted)).filter_map(|item| match &item.kind {
            ItemKind::Monitor(monitor) => Some(monitor),
            _ => None,
        });
    let of = |kind: &ClauseKind| match kind {
        ClauseKind::Meta { value_span, .. } if !value_span.text(&state.text).starts_with('"') => Some(*value_span),
        ClauseKind::Window(window) => match &window.kind {
            WindowKind::Calendar { zone_span, .. } => *zone_span,
            _ => None,
        },
        _ => None,
    };
    let spans = monitors.flat_map(|monitor| &monitor.clauses).filter_map(|clause| of(&clause.kind));
    // A date is coloured as a date.
    let spans = spans.filter(|span| !span.text(&state.text).starts_with(|c: char| c == '"' || c.is_ascii_digit()));
    spans.map(|span| Token { span, kind: TokenKind::Value, modifiers: Modifiers::default() }).collect()
}

/// Where definitions stand that nothing uses.
fn unused(snapshot: &Snapshot, file: usize) -> Vec<Span> {
    let Some(analysis) = &snapshot.analysis else { return Vec::new() };
    let idle = analysis.diagnostics.iter().filter(|told| matches!(told.code.id, "MON0205" | "MON0206"));
    let places = idle.filter_map(|told| snapshot.now(analysis, told.place));
    places.filter(|place| place.file == file).map(|place| place.span).collect()
}

/// Where the strings of terms begin that can hold wildcards.
fn terms(state: &FileState, wanted: Span) -> Vec<u32> {
    let mut starts = Vec::new();
    for item in state.tree.items.iter().filter(|item| touch(item.span, wanted)) {
        for (_, expr) in exprs(&item.kind) {
            each(expr, &mut |expr| {
                if let ExprKind::Term(term) = &expr.kind
                    && matches!(term.form, TermForm::Plain | TermForm::Tag | TermForm::Handle | TermForm::Cashtag)
                {
                    starts.push(expr.span.start);
                }
            });
        }
    }
    starts.sort_unstable();
    starts
}

struct Painter<'a> {
    text: &'a str,
    names: Vec<Token>,
    terms: Vec<u32>,
    out: Vec<Token>,
}

impl Painter<'_> {
    fn leaf(&mut self, kind: SyntaxKind, span: Span) {
        if kind == SyntaxKind::Space {
            return;
        }
        let plain = self.plain(kind, span);
        let first = self.names.partition_point(|name| name.span.end <= span.start);
        let hidden = matches!(kind, SyntaxKind::Comment | SyntaxKind::Doc);
        let mut at = span.start;
        for index in first..self.names.len() {
            let Some(name) = self.names.get(index).copied().filter(|name| !hidden && name.span.start < span.end) else {
                break;
            };
            let (start, end) = (name.span.start.max(at), name.span.end.min(span.end));
            self.push(plain, Span::new(at, start));
            self.named(name, Span::new(start, end));
            at = end;
        }
        let rest = Span::new(at, span.end);
        match kind {
            SyntaxKind::String if at == span.start => self.string(rest),
            _ => self.push(plain, rest),
        }
    }

    /// A part of a name. Parts that touch are one token.
    fn named(&mut self, name: Token, span: Span) {
        match self.out.last_mut() {
            Some(last) if last.span.end == span.start && last.span.start >= name.span.start => last.span.end = span.end,
            _ => self.push(Some((name.kind, name.modifiers)), span),
        }
    }

    /// What a leaf is that is no name.
    fn plain(&self, kind: SyntaxKind, span: Span) -> Option<(TokenKind, Modifiers)> {
        let kind = match kind {
            SyntaxKind::Doc => return Some((TokenKind::Comment, Modifiers::DOCUMENTATION)),
            SyntaxKind::Comment => TokenKind::Comment,
            SyntaxKind::Number => TokenKind::Number,
            SyntaxKind::Time => TokenKind::Time,
            SyntaxKind::String | SyntaxKind::UnclosedString | SyntaxKind::WrongQuotes => TokenKind::String,
            SyntaxKind::Regex | SyntaxKind::UnclosedRegex => TokenKind::Regexp,
            SyntaxKind::Tag => TokenKind::Tag,
            SyntaxKind::Handle => TokenKind::Handle,
            SyntaxKind::Cashtag => TokenKind::Cashtag,
            SyntaxKind::Operator | SyntaxKind::Distance | SyntaxKind::At => TokenKind::Operator,
            SyntaxKind::Word => {
                let word = span.text(self.text);
                match word {
                    _ if OPERATORS.contains(&word) => TokenKind::Operator,
                    _ if IN_ANY_CASE.iter().any(|known| known.eq_ignore_ascii_case(word)) => TokenKind::Operator,
                    _ if KEYWORDS.contains(&word) => TokenKind::Keyword,
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some((kind, Modifiers::default()))
    }

    /// A string with its wildcards and escapes.
    fn string(&mut self, span: Span) {
        let is_term = self.terms.binary_search(&span.start).is_ok();
        let plain = (TokenKind::String, Modifiers::default());
        let mut at = span.start;
        let mut chars = span.text(self.text).char_indices();
        while let Some((offset, c)) = chars.next() {
            let start = span.start + small(offset);
            let (kind, len) = match c {
                '\\' => (TokenKind::Escape, 1 + chars.next().map_or(0, |(_, hidden)| hidden.len_utf8())),
                '*' | '?' if is_term => (TokenKind::Wildcard, 1),
                _ => continue,
            };
            self.push(Some(plain), Span::new(at, start));
            at = start + small(len);
            self.push(Some((kind, Modifiers::default())), Span::new(start, at));
        }
        self.push(Some(plain), Span::new(at, span.end));
    }

    /// Adds a token, cut at the ends of lines.
    fn push(&mut self, what: Option<(TokenKind, Modifiers)>, span: Span) {
        let Some((kind, modifiers)) = what else { return };
        let mut start = span.start;
        for line in span.text(self.text).split_inclusive(['\n', '\r']) {
            let end = start + small(line.trim_end_matches(['\n', '\r']).len());
            if start < end {
                self.out.push(Token { span: Span::new(start, end), kind, modifiers });
            }
            start += small(line.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::fixture::snapshot;
    use super::*;

    fn drawn(text: &str, within: Option<Span>) -> String {
        let snapshot = snapshot(&[("a.mon", text)]);
        let tokens = tokens(&snapshot, 0, within);
        assert!(tokens.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start), "{tokens:?}");
        let mut out = String::new();
        for (start, line) in text.split_inclusive('\n').scan(0, |at, line| {
            *at += line.len();
            Some((*at - line.len(), line))
        }) {
            let own = tokens.iter().filter(|token| (start..start + line.len()).contains(&(token.span.start as usize)));
            let said = own.map(|token| {
                let bits = Modifiers::NAMES.iter().enumerate().filter(|(bit, _)| token.modifiers.0 & (1 << bit) != 0);
                let bits: String = bits.map(|(_, name)| format!("+{name}")).collect();
                format!("{}={}{bits}", token.span.text(text), token.kind.name())
            });
            out += &(said.collect::<Vec<_>>().join(" | ") + "\n");
        }
        out
    }

    fn says(text: &str, expected: &Expect) {
        expected.assert_eq(&drawn(text, None));
    }

    #[test]
    fn every_word_is_what_it_turns_out_to_be() {
        let text = r##"use "brand.mon"
// A note.
/// Phones that fail.
terms failure = "won't", "crash*", "a\*b?", exact "C*", #acme, @acme, $ACME, /re+call/
terms idle = "x"
dates feasts = 2026-12-24
query bad(brand: terms, gap: number) = brand near/gap failure and sentiment <= -0.3 @ 70% and lang in [en]
monitor window {
  match  bad(failure, 8) AND not title: "x"
  window slide 15m every 1m by author.handle, late 30s
  measure volume = count(kind is repost)
  measure usual = baseline(volume, hour_of_week over 28d in Europe/Berlin without feasts)
  alert when volume >= 3 * usual
  severity { high otherwise }
  for fraud
  status live
  follow playbook match
  allow MON0870 because "it's \"fine\""
}
playbook match {
  route first { when severity >= high to team care  otherwise to team when }
  notify { high by slack at once }
}
"##;
        says(
            text,
            &expect![[r#"
            use=keyword | "brand.mon"=string
            // A note.=comment
            /// Phones that fail.=comment+documentation
            terms=keyword | failure=terms+definition | "won't"=string | "crash=string | *=wildcard | "=string | "a=string | \*=escape | b=string | ?=wildcard | "=string | exact=keyword | "C*"=string | #acme=tag | @acme=handle | $ACME=cashtag | /re+call/=regexp
            terms=keyword | idle=terms+definition+unused | "x"=string
            dates=keyword | feasts=dates+definition | 2026-12-24=time
            query=keyword | bad=query+definition | brand=parameter+definition | terms=keyword | gap=parameter+definition | number=keyword | brand=parameter | near/=operator | gap=parameter | failure=terms | and=operator | sentiment=property+model | <==operator | -=operator | 0.3=number | @=operator | 70%=number | and=operator | lang=property | in=operator | en=value
            monitor=keyword | window=monitor+definition
            match=keyword | bad=query | failure=terms | 8=number | AND=operator | not=operator | title=property | "x"=string
            window=keyword | slide=keyword | 15m=number | every=keyword | 1m=number | by=keyword | author.handle=property | late=keyword | 30s=number
            measure=keyword | volume=measure+definition | count=function | kind=property | is=operator | repost=value
            measure=keyword | usual=measure+definition | baseline=function | volume=measure | hour_of_week=value | over=keyword | 28d=number | in=operator | Europe=value | /=operator | Berlin=value | without=keyword | feasts=dates
            alert=keyword | when=keyword | volume=measure | >==operator | 3=number | *=operator | usual=measure
            severity=keyword | high=level | otherwise=keyword
            for=keyword | fraud=value
            status=keyword | live=value
            follow=keyword | playbook=keyword | match=playbook
            allow=keyword | MON0870=value | because=keyword | "it's =string | \"=escape | fine=string | \"=escape | "=string

            playbook=keyword | match=playbook+definition
            route=keyword | first=keyword | when=keyword | severity=value | >==operator | high=level | to=keyword | team=keyword | care=team | otherwise=keyword | to=keyword | team=keyword | when=team
            notify=keyword | high=level | by=keyword | slack=method | at=keyword | once=keyword

        "#]],
        );
    }

    #[test]
    fn a_range_has_its_own_tokens_only_and_broken_texts_have_some() {
        let text = "terms a = \"x\"\nterms b = \"y\nquery q = and (\nterms c = “z”\n";
        says(
            text,
            &expect![[r#"
            terms=keyword | a=terms+definition+unused | "x"=string
            terms=keyword | b=terms+definition+unused | "y=string
            query=keyword | q=query+definition | and=operator
            terms=keyword | c=terms+definition+unused | “z”=string
        "#]],
        );
        expect![[r#"

            terms=keyword


        "#]]
        .assert_eq(&drawn(text, Some(Span::new(15, 17))));
    }

    #[test]
    fn names_of_a_package_are_known_by_their_full_name_outside_of_it() {
        let rules = "use brand\nmonitor m { match brand.acme or acme }\n";
        let package = "terms acme = \"acme\"\nquery bad = acme\n";
        let mut snapshot = snapshot(&[("a.mon", rules), ("brand.mon", package)]);
        snapshot.packages = vec![None, Some("brand".to_owned())];
        let kinds = |file: usize, text: &str, name: &str| {
            let found = tokens(&snapshot, file, None);
            let found = found.iter().filter(|token| token.span.text(text) == name).map(|token| token.kind);
            found.collect::<Vec<_>>()
        };
        assert_eq!(kinds(0, rules, "brand.acme"), [TokenKind::Terms]);
        assert_eq!(kinds(0, rules, "acme"), [TokenKind::Value]);
        assert_eq!(kinds(1, package, "acme"), [TokenKind::Terms; 2]);
    }

    #[test]
    fn leaves_alone_are_those_of_the_tree() {
        let text = "terms a = \"x\" // é\nmonitor m { match a near/3 /re/ and (\nquery“x\n";
        let tree = mon_grammar::tree::Tree::parse(text);
        let of_tree: Vec<(SyntaxKind, Span)> = tree.leaves().map(|leaf| (leaf.kind, leaf.span)).collect();
        assert_eq!(leaves(text), of_tree);
    }

    #[test]
    fn legends_are_in_the_order_of_their_numbers() {
        for (number, kind) in (0..).zip(TokenKind::ALL) {
            assert_eq!(kind.number(), number, "{kind:?}");
        }
        let mut names = TokenKind::ALL.map(TokenKind::name);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        assert!(Modifiers::DEFINITION.with(Modifiers::MODEL).has(Modifiers::MODEL));
    }

    #[test]
    fn no_token_goes_over_the_end_of_a_line() {
        let text = "// one\rtwo\nquery q = author\n  .followers >= 1\r\n";
        let snapshot = snapshot(&[("a.mon", text)]);
        for token in tokens(&snapshot, 0, None) {
            assert!(!token.span.text(text).contains(['\n', '\r']), "{token:?}");
        }
    }
}
