//! What the cursor is in: which words, names and values may stand there. It reads the tokens before the cursor, since a text is
//! broken at the cursor more often than not.

use mon_compiler::vocabulary::{Context, field};
use mon_grammar::Span;
use mon_grammar::ast::{Item, ItemKind};
use mon_grammar::tree::{SyntaxKind as K, Tree};
use mon_post::FieldType;

use crate::snapshot::{FileState, item_name, whole};
use crate::symbols::Kind;

/// Which fields of posts may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fields {
    All,
    /// Those that posts are grouped by: they hold a single word.
    Keys,
    /// Those that posts are shown by: they hold whole numbers.
    Counts,
    /// Those whose values are shown: they hold words, and tell of no author.
    Shown,
}

/// A word of the language where not all of its context may be written, or not all of the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    pub context: Context,
    pub word: &'static str,
    /// What is written, as a snippet of the Language Server Protocol, where that is not what the word itself inserts.
    pub insert: Option<&'static str>,
}

/// What may be written at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of words of the language; the nearest first.
    pub contexts: Vec<Context>,
    /// Single words of other contexts.
    pub pieces: Vec<Piece>,
    /// What stands there already and may not stand there again.
    pub taken: Vec<String>,
    /// Of names that rules give.
    pub names: Vec<Kind>,
    /// What stands before each of those names and is still to be written, such as `playbook `.
    pub before_names: &'static str,
    pub fields: Option<Fields>,
    /// The field whose values are.
    pub values_of: Option<String>,
}

/// A place in a text, and what is written there so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    /// What is being written: the letters before the cursor that belong to one name.
    pub prefix: Span,
    /// All of the name that is being written, what stands behind the cursor too.
    pub name: Span,
    /// Number of the item around it.
    pub item: Option<u32>,
    pub wanted: Wanted,
}

/// A token before the cursor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub kind: K,
    pub text: &'t str,
    pub span: Span,
}

/// The tokens of an item up to the cursor, with what is being written taken off.
pub(super) struct Before<'t> {
    pub tokens: Vec<Token<'t>>,
    pub prefix: Span,
    /// The prefix with the rest of its name.
    pub name: Span,
    /// Whether the line before the prefix is empty.
    pub fresh_line: bool,
    /// What the cursor is inside of, where no word of the rules can stand: a phrase, a comment.
    pub inside: Option<Token<'t>>,
}

/// The item that the cursor continues: the one around it, or one that is not closed before it.
pub(super) fn item_before(file: &FileState, offset: u32) -> Option<(u32, &Item)> {
    let before = (0..).zip(&file.tree.items).take_while(|(_, item)| whole(item).start < offset);
    let (number, item) = before.last()?;
    let over = whole(item).end < offset || whole(item).end == offset && is_closed(item, file);
    (!over || !is_closed(item, file)).then_some((number, item))
}

/// Whether an item has come to its end by itself: those in braces have.
fn is_closed(item: &Item, file: &FileState) -> bool {
    let text = item.span.text(&file.text).trim_end();
    match item.kind {
        ItemKind::Monitor(_) | ItemKind::Playbook(_) | ItemKind::Test(_) => {
            text.ends_with('}') && text.matches('{').count() <= text.matches('}').count()
        }
        _ => false,
    }
}

/// The tokens before the cursor in its item; all of the text where it is in none.
pub(super) fn before<'t>(text: &'t str, start: u32, offset: u32) -> Before<'t> {
    let own = text.get(start as usize..).unwrap_or("");
    // What stands behind the line of the cursor says nothing about it.
    let end = own
        .get((offset - start) as usize..)
        .and_then(|rest| rest.find('\n'))
        .map_or(own.len(), |at| at + (offset - start) as usize);
    let tree = Tree::parse(own.get(..end).unwrap_or(own));
    let (mut tokens, mut behind, mut inside) = (Vec::new(), Vec::new(), None);
    for leaf in tree.leaves() {
        let span = Span::new(leaf.span.start + start, leaf.span.end + start);
        if span.end > offset {
            behind.push(Token { kind: leaf.kind, text: span.text(text), span });
        }
        if span.start >= offset {
            continue;
        }
        let cut = Span::new(span.start, span.end.min(offset));
        let own = Token { kind: leaf.kind, text: cut.text(text), span };
        let holds = offset < span.end || offset == span.end && !matches!(leaf.kind, K::String | K::Regex);
        match leaf.kind {
            K::Space => {}
            K::Comment | K::Doc => inside = holds.then_some(own),
            K::String | K::Regex | K::UnclosedString | K::UnclosedRegex | K::WrongQuotes if holds => inside = Some(own),
            _ => tokens.push(Token { span: cut, ..own }),
        }
    }
    let mut prefix = Span::new(offset, offset);
    while let Some(last) = tokens.last().filter(|last| last.span.end == prefix.start && is_part(last.kind)) {
        prefix.start = last.span.start;
        tokens.pop();
    }
    let line = text.get(..prefix.start as usize).and_then(|before| before.rsplit('\n').next()).unwrap_or("");
    // At the beginning of a name nothing of it is being written: what is chosen there stands in front of it.
    let end = if prefix.start == offset { offset } else { end_of_name(offset, &behind) };
    Before { tokens, prefix, name: Span::new(prefix.start, end), fresh_line: line.trim().is_empty(), inside }
}

/// Where the name ends that the cursor is in, from the tokens that end behind it.
fn end_of_name(offset: u32, behind: &[Token<'_>]) -> u32 {
    let mut end = offset;
    for (at, token) in behind.iter().enumerate() {
        let goes_on = match token.kind {
            K::Dot => behind.get(at + 1).is_some_and(|next| next.kind == K::Word),
            K::Word => true,
            kind => at == 0 && token.span.start < offset && is_part(kind),
        };
        if token.span.start > end || !goes_on {
            break;
        }
        end = token.span.end;
    }
    end
}

const fn is_part(kind: K) -> bool {
    matches!(kind, K::Word | K::Dot | K::Number | K::Distance | K::Tag | K::Handle | K::Cashtag)
}

/// What may be written at a byte; None inside a phrase or a comment.
#[must_use]
pub fn here(file: &FileState, offset: u32) -> Option<Here> {
    let found = item_before(file, offset);
    // A description before its item is no place to write rules in, but no part of it that comes before the cursor either.
    let start = found.map_or(0, |(_, item)| if offset < item.span.start { whole(item).start } else { item.span.start });
    let before = before(&file.text, start, offset);
    if before.inside.is_some() {
        return None;
    }
    let (item, kind) = (found.map(|(number, _)| number), found.map(|(_, item)| item));
    let mut wanted = Wanted::default();
    match kind {
        None => wanted.word(Context::TopLevel),
        Some(item) => inside(item, &before, &mut wanted),
    }
    Some(Here { prefix: before.prefix, name: before.name, item, wanted })
}

fn inside(item: &Item, before: &Before<'_>, wanted: &mut Wanted) {
    let Some((first, rest)) = before.tokens.split_first() else { return wanted.word(Context::TopLevel) };
    let named = item_name(item).is_some();
    let depth = rest.iter().filter(|token| token.kind == K::BraceOpen).count();
    match first.text {
        "use" => wanted.names.push(Kind::Package),
        "terms" => super::place_clauses::list(rest, before.fresh_line, wanted),
        "query" => super::place_clauses::query(rest, before.fresh_line, wanted),
        "dates" if rest.len() > 2 => {
            wanted.word(Context::DatesJoin);
            fresh(before, wanted);
        }
        "monitor" | "playbook" | "test" if depth > 0 => super::place_clauses::braced(first.text, rest, before, wanted),
        "test" if rest.is_empty() => wanted.names.push(Kind::Monitor),
        "monitor" | "playbook" | "test" | "dates" => {}
        _ if !named => wanted.word(Context::TopLevel),
        _ => {}
    }
}

/// On a line of its own another item may begin.
pub(super) fn fresh(before: &Before<'_>, wanted: &mut Wanted) {
    if before.fresh_line {
        wanted.word(Context::TopLevel);
    }
}

impl Wanted {
    pub(super) fn word(&mut self, context: Context) {
        if !self.contexts.contains(&context) {
            self.contexts.push(context);
        }
    }

    /// Words of a context, and no others of it.
    pub(super) fn only(&mut self, context: Context, words: &'static [&'static str]) {
        self.pieces.extend(words.iter().map(|word| Piece { context, word, insert: None }));
    }

    /// The same without what they insert behind themselves.
    pub(super) fn bare(&mut self, context: Context, words: &'static [&'static str]) {
        self.pieces.extend(words.iter().map(|word| Piece { context, word, insert: Some(word) }));
    }

    /// What is left to write of a word.
    pub(super) fn piece(&mut self, context: Context, word: &'static str, insert: &'static str) {
        self.pieces.push(Piece { context, word, insert: Some(insert) });
    }

    /// Levels of severity.
    pub(super) fn levels(&mut self) {
        self.bare(Context::SeverityRow, &LEVELS);
    }

    /// A condition on one post, of which these tokens stand already.
    pub(super) fn posts(&mut self, tokens: &[Token<'_>]) {
        match tokens.last() {
            Some(last) if last.text == "within" => {
                let is_place =
                    tokens.split_last().and_then(|(_, before)| name_before(before)).is_some_and(|it| it == "geo");
                self.only(Context::Within, if is_place { &["circle", "box", "polygon"] } else { &["hours", "days"] });
            }
            Some(last) if last.text == "exists" => self.fields = Some(Fields::All),
            _ if self.value(tokens) => {}
            Some(last) if is_operand(last) => match name_before(tokens) {
                Some(_) if asks_existence(tokens) => self.only(Context::PostsJoin, &["and", "or"]),
                Some(name) if field(&name).is_some() || name == "geo" => self.test(&name),
                _ => self.word(Context::PostsJoin),
            },
            _ => {
                self.word(Context::Posts);
                self.names.extend([Kind::Terms, Kind::Query, Kind::Param]);
                self.fields = Some(Fields::All);
            }
        }
    }

    /// Behind the name of a field or zone stand the operators that fit it.
    fn test(&mut self, name: &str) {
        if name == "geo" {
            return self.piece(Context::FieldJoin, "within", "within ${1:circle(52.52, 13.40, 25km)}");
        }
        if mon_post::Zone::find(name).is_some() {
            self.only(Context::FieldJoin, &["has"]);
        }
        let Some(doc) = field(name) else { return };
        self.only(Context::FieldJoin, doc.operators);
        // A field that is true or false is a condition by itself.
        if doc.field.ty == FieldType::Flag {
            self.only(Context::PostsJoin, &["and", "or"]);
        }
    }

    /// Behind a field and an operator, and among the values of a list, stand the field's values.
    fn value(&mut self, tokens: &[Token<'_>]) -> bool {
        let mut rest = tokens;
        if let Some(open) = rest.iter().rposition(|token| token.kind == K::BracketOpen)
            && rest.iter().skip(open).all(|token| token.kind != K::BracketClose)
        {
            // Two values in a list have a comma between them.
            if rest.last().is_some_and(|last| !matches!(last.kind, K::Comma | K::BracketOpen)) {
                return true;
            }
            rest = rest.get(..open).unwrap_or(&[]);
        }
        let Some((last, fields)) = rest.split_last() else { return false };
        let compares = last.kind == K::Operator || matches!(last.text, "is" | "in" | "has");
        let name = name_before(fields).filter(|name| compares && field(name).is_some());
        self.values_of = name;
        self.values_of.is_some()
    }
}

const LEVELS: [&str; 4] = ["critical", "high", "medium", "low"];

pub(super) fn is_level(word: &str) -> bool {
    LEVELS.contains(&word)
}

/// Whether the name at the end is one that `exists` asks for.
fn asks_existence(tokens: &[Token<'_>]) -> bool {
    let name = tokens.iter().rev().take_while(|token| matches!(token.kind, K::Word | K::Dot));
    name.into_iter().any(|token| token.text == "exists")
}

/// Whether something could be whole behind a token.
pub(super) fn is_operand(token: &Token<'_>) -> bool {
    match token.kind {
        K::Word => !matches!(
            token.text,
            "and"
                | "or"
                | "not"
                | "in"
                | "is"
                | "has"
                | "within"
                | "outside"
                | "inside"
                | "when"
                | "where"
                | "of"
                | "near"
                | "then"
                | "by"
                | "match"
                | "exists"
                | "exact"
                | "part"
                | "stem"
                | "loose"
                | "word"
                | "url"
                | "any"
                | "all"
                | "none"
                | "over"
                | "without"
                | "AND"
                | "OR"
                | "NOT"
        ),
        K::Number
        | K::Time
        | K::String
        | K::Regex
        | K::Tag
        | K::Handle
        | K::Cashtag
        | K::ParenClose
        | K::BracketClose => true,
        _ => false,
    }
}

/// The dotted name that the tokens end with.
pub(super) fn name_before(tokens: &[Token<'_>]) -> Option<String> {
    let parts = tokens.iter().rev().take_while(|token| matches!(token.kind, K::Word | K::Dot)).count();
    let own = tokens.get(tokens.len() - parts..)?;
    let mut from = own.len();
    // Of words in a row only the last is the name: they are joined by dots alone.
    for (at, token) in own.iter().enumerate().rev() {
        let joined = own.get(at + 1).is_none_or(|next| next.span.start == token.span.end);
        if !joined {
            break;
        }
        from = at;
    }
    let name: String = own.get(from..)?.iter().map(|token| token.text).collect();
    (!name.is_empty()).then_some(name)
}

/// The name of the innermost call that is open at the end of the tokens, and what stands in it.
pub(super) fn open_call<'a, 't>(tokens: &'a [Token<'t>]) -> Option<(String, &'a [Token<'t>])> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().rev() {
        match token.kind {
            K::ParenClose => depth += 1,
            K::ParenOpen if depth > 0 => depth -= 1,
            K::ParenOpen => {
                let before = tokens.get(..at)?;
                let touches = before.last()?.span.end == token.span.start;
                return name_before(before).filter(|_| touches).map(|name| (name, tokens.get(at + 1..).unwrap_or(&[])));
            }
            _ => {}
        }
    }
    None
}
