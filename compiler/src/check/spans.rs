//! Lowers what stands in a text: terms, lists of them, distances and scopes. `and` and `or` under a distance are spread
//! out, so that `(a and b) near/5 c` is `a near/5 c and b near/5 c`.

use mon_grammar::Span;
use mon_grammar::ast::{self, BinaryOp, Expr, ExprKind, Quantifier, Scope, TermForm};
use mon_text::term::{Form, alternatives};
use rustc_hash::FxHashSet;

use crate::diagnostic::{Diagnostic, codes};
use crate::matching::regex;
use crate::plan::{Cond, CondKind, Edge, Place, SpanExpr, TermId, TermPattern, Unit};

use super::lower_match::Where;
use super::names::Word;
use super::state::{Checker, ReadTerm};
use super::unsupported::Construct;
use super::walk::operands;

/// Spans, or several of which all or any must be there.
#[derive(Clone, Debug)]
pub(super) enum Spans {
    One(SpanExpr),
    All(Vec<Spans>),
    Any(Vec<Spans>),
}

/// Pairs that one distance may be spread out to.
const SPREAD_MAX: usize = 4_096;

impl Checker<'_> {
    /// An expression that must be words; None where an error was told.
    pub fn spans(&mut self, expr: &Expr) -> Option<Spans> {
        match &expr.kind {
            ExprKind::Term(term) => self.term(term, expr.span).map(|id| Spans::One(SpanExpr::Term(id))),
            ExprKind::Group(members) => match members.as_slice() {
                [one] => self.spans(one),
                _ => self.all_spans(members.iter()).map(any),
            },
            ExprKind::Path(path) => match self.names.word(&path.dotted()) {
                Some(Word::Terms(at)) => self.terms_use(at),
                Some(Word::Query(at)) => self.query_words(expr, at),
                None if mon_post::find(&path.dotted()).is_some() => self.not_words(expr, "this is a field of posts"),
                None => {
                    self.unknown_name(path, &[]);
                    None
                }
            },
            ExprKind::Binary { op: op @ BinaryOp::Or, .. } => {
                let members = operands(expr, *op);
                self.all_spans(members.into_iter()).map(any)
            }
            ExprKind::Binary { op: op @ BinaryOp::And, .. } => {
                let members = operands(expr, *op);
                self.all_spans(members.into_iter()).map(Spans::All)
            }
            ExprKind::Binary { op, op_span, left, right } => match joint(*op) {
                Some(joint) => self.join(expr, *op_span, joint, left, right),
                None => self.not_words(expr, "this is no place in the text"),
            },
            ExprKind::Scope { scope, members } => self.scope(expr, *scope, members),
            ExprKind::Set { quantifier: Quantifier::Any, members } => self.all_spans(members.iter()).map(any),
            ExprKind::Set { quantifier: Quantifier::All, members } => self.all_spans(members.iter()).map(Spans::All),
            ExprKind::Set { .. } => self.not_words(expr, "this counts members, it is no place in the text"),
            ExprKind::Not(_) => self.not_words(expr, "what is absent has no place in the text"),
            ExprKind::Zone { .. } => {
                let told = Diagnostic::new(&codes::NOT_WORDS, self.at(expr.span), "a zone stands inside a distance")
                    .help("put the zone around the whole: `title: (a near/5 b)`");
                self.tell(told);
                None
            }
            ExprKind::Error => None,
            ExprKind::NoPosts => self.refuse(Construct::NoPosts, expr.span),
            _ => self.not_words(expr, "this is no place in the text"),
        }
    }

    pub fn not_words<T>(&mut self, expr: &Expr, label: &str) -> Option<T> {
        let told = Diagnostic::new(
            &codes::NOT_WORDS,
            self.at(expr.span),
            "words must stand here, and this is something else",
        )
        .label(self.at(expr.span), label)
        .help("a distance joins words, phrases, tags, handles and lists of them; put other conditions behind `and`");
        self.tell(told);
        None
    }

    fn all_spans<'e>(&mut self, members: impl Iterator<Item = &'e Expr>) -> Option<Vec<Spans>> {
        let lowered: Vec<Option<Spans>> = members.map(|member| self.spans(member)).collect();
        lowered.into_iter().collect()
    }

    fn terms_use(&mut self, at: usize) -> Option<Spans> {
        let members = self.terms.get(at).cloned().flatten()?;
        Some(Spans::One(union(members.to_vec())))
    }

    /// A query under a distance: its words, if it has nothing else.
    fn query_words(&mut self, expr: &Expr, at: usize) -> Option<Spans> {
        let query = *self.names.queries.get(at)?;
        self.queries.get(at)?.as_ref()?;
        match self.quietly(query.file, |own| own.spans(&query.item.expr)) {
            Some(spans) => Some(spans),
            None => self.not_words(expr, "this query tests more than words"),
        }
    }

    fn join(&mut self, whole: &Expr, op: Span, joint: Joint, left: &Expr, right: &Expr) -> Option<Spans> {
        let (lefts, rights) = (self.spans(left), self.spans(right));
        let (lefts, rights) = (lefts?, rights?);
        if joint.gap().is_some_and(|gap| gap > self.options.limits.gap_max) {
            let message = format!("a distance is at most {} words", self.options.limits.gap_max);
            self.exceed(op, message, "gap_max");
            return None;
        }
        if matches!(joint, Joint::NearNot(_) | Joint::Outside) && !matches!(rights, Spans::One(_)) {
            return self.not_words(right, "which of these must be absent is not said: join them with `or`");
        }
        if size(&lefts).saturating_mul(size(&rights)) > SPREAD_MAX {
            return self.spread_too_far(whole);
        }
        Some(spread(joint, lefts, rights))
    }

    fn spread_too_far<T>(&mut self, whole: &Expr) -> Option<T> {
        let message = format!("this compares more than {SPREAD_MAX} pairs of words");
        self.exceed(whole.span, message, "spread_max");
        None
    }

    /// `same sentence (a, b)` asks for all its members, `first 10 words (a, b)` for one of them.
    fn scope(&mut self, whole: &Expr, scope: Scope, members: &[Expr]) -> Option<Spans> {
        let members = self.all_spans(members.iter())?;
        let edge = match scope {
            Scope::SameSentence => return self.same(whole, Unit::Sentence, members),
            Scope::SameLine => return self.same(whole, Unit::Line, members),
            Scope::SameParagraph => return self.same(whole, Unit::Paragraph, members),
            Scope::FirstWords(0) if self.unread(whole.span) => return None,
            Scope::FirstWords(0) => {
                let told =
                    Diagnostic::new(&codes::NEVER_MATCHES, self.at(whole.span), "the first 0 words hold nothing")
                        .help("ask for one word at least: `first 10 words (…)`");
                self.tell(told);
                return None;
            }
            Scope::FirstWords(words) => Edge::First(words),
            Scope::StartsWith => Edge::Start,
            Scope::EndsWith => Edge::End,
        };
        Some(each_one(any(members), &|one| SpanExpr::Edge { edge, inner: Box::new(one) }))
    }

    /// All members in one unit; an `or` among them is spread out, so that each way to say it is a row of spans.
    fn same(&mut self, whole: &Expr, unit: Unit, members: Vec<Spans>) -> Option<Spans> {
        let Some(rows) = ways(&Spans::All(members)) else { return self.spread_too_far(whole) };
        Some(any(rows.into_iter().map(|members| Spans::One(SpanExpr::Same { unit, members })).collect()))
    }

    /// Spans as a condition in the zones of a place.
    pub fn placed(&self, span: Span, spans: Spans, place: &Where) -> Cond {
        match spans {
            Spans::One(one) => self.text(span, one, place),
            Spans::All(members) => {
                let members = members.into_iter().map(|member| self.placed(span, member, place)).collect();
                self.cond(span, CondKind::And(members))
            }
            Spans::Any(members) => {
                let members = members.into_iter().map(|member| self.placed(span, member, place)).collect();
                self.cond(span, CondKind::Or(members))
            }
        }
    }

    /// One `terms` item.
    pub fn terms_item(&mut self, at: usize) {
        let Some(item) = self.names.terms.get(at).copied() else { return };
        self.file = item.file;
        let before = self.count();
        let mut seen: FxHashSet<TermId> = FxHashSet::default();
        let mut members = Vec::new();
        for member in &item.item.members {
            let Some(spans) = self.term_member(member) else { continue };
            if let SpanExpr::Term(id) = &spans
                && !seen.insert(self.first_of(*id))
            {
                let message = format!("`{}` stands in this list twice", self.written(member));
                let told = Diagnostic::new(&codes::REPEATED_TERM, self.at(member.span), message)
                    .help("remove one, or write the word that was meant");
                self.tell(told);
                continue;
            }
            members.push(spans);
        }
        for source in &item.item.sources {
            self.listed(source, &mut seen, &mut members);
        }
        if members.is_empty() || self.failed_since(before) {
            return;
        }
        if let Some(slot) = self.terms.get_mut(at) {
            *slot = Some(members.into());
        }
    }

    fn term_member(&mut self, member: &Expr) -> Option<SpanExpr> {
        let is_words = match &member.kind {
            ExprKind::Term(_) => true,
            ExprKind::Path(path) => {
                let name = path.dotted();
                !matches!(self.names.word(&name), Some(Word::Query(_))) && mon_post::find(&name).is_none()
            }
            ExprKind::Group(members) => !members.is_empty(),
            ExprKind::Binary { op, .. } => {
                !matches!(op, BinaryOp::And | BinaryOp::Compare(_) | BinaryOp::Is | BinaryOp::In | BinaryOp::Within)
            }
            ExprKind::Set { quantifier: Quantifier::Any, .. } | ExprKind::Scope { .. } | ExprKind::Error => true,
            _ => false,
        };
        if is_words {
            match self.spans(member)? {
                Spans::One(one) => return Some(one),
                Spans::All(_) | Spans::Any(_) => {}
            }
        }
        let told = Diagnostic::new(
            &codes::NOT_A_TERM,
            self.at(member.span),
            "a `terms` list holds words, and this is a condition",
        )
        .help("move it to a `query`: `query name = … and …`");
        self.tell(told);
        None
    }

    /// A written term: read once, however often it is used.
    pub fn term(&mut self, term: &ast::Term, span: Span) -> Option<TermId> {
        let key = (term.form, term.text.clone(), term.edits);
        if !self.term_ids.contains_key(&key) {
            let read = self.read_term(term, span);
            self.term_ids.insert(key.clone(), read);
        }
        match self.term_ids.get(&key).cloned()? {
            Ok(id) if self.options.apart => Some(self.apart(id, span)),
            Ok(id) => Some(id),
            Err((message, help)) => {
                self.tell(Diagnostic::new(&codes::BAD_TERM, self.at(span), message).help(help));
                None
            }
        }
    }

    /// The same term as one of its own at this place.
    fn apart(&mut self, first: TermId, span: Span) -> TermId {
        let place = self.at(span);
        let known = self.plan.written_at.get(first.0 as usize) == Some(&place);
        if let Some(id) = self.terms_apart.get(&(first, place)).copied().or(known.then_some(first)) {
            return id;
        }
        let Some(pattern) = self.plan.terms.get(first.0 as usize).cloned() else { return first };
        let id = self.push_term(pattern, place);
        self.terms_apart.insert((first, place), id);
        self.twins.insert(id, first);
        id
    }

    /// Which term it is, wherever it is written.
    pub fn first_of(&self, id: TermId) -> TermId {
        self.twins.get(&id).copied().unwrap_or(id)
    }

    fn push_term(&mut self, pattern: TermPattern, place: Place) -> TermId {
        let id = TermId(u32::try_from(self.plan.terms.len()).unwrap_or(u32::MAX));
        self.plan.terms.push(pattern);
        self.plan.written_at.push(place);
        id
    }

    fn read_term(&mut self, term: &ast::Term, span: Span) -> ReadTerm {
        let form = match (term.form, term.edits) {
            (TermForm::Plain, Some(edits)) => Form::Fuzzy(u8::try_from(edits).unwrap_or(u8::MAX)),
            (_, Some(_)) => {
                let message =
                    format!("`~` stands behind {}, which is found as it is written or not at all", written(term));
                return Err((message, "a word in quotes alone takes `~1`: `\"acme\"~1`"));
            }
            (TermForm::Plain, None) => Form::Plain,
            (TermForm::Tag, None) => Form::Tag,
            (TermForm::Handle, None) => Form::Handle,
            (TermForm::Cashtag, None) => Form::Cashtag,
            (TermForm::Regex, None) => Form::Regex,
            (TermForm::Exact, None) => Form::Exact,
            (TermForm::Part, None) => Form::Part,
            (TermForm::Stem, None) => Form::Stem,
            (TermForm::Loose, None) => Form::Loose,
            (TermForm::Word, None) => Form::Word,
            (TermForm::Url, None) => Form::Url,
        };
        if form == Form::Regex {
            usable(&term.text)?;
        }
        let alternatives = alternatives(form, &term.text).map_err(|error| (error.to_string(), error.help()))?;
        let place = self.at(span);
        Ok(self.push_term(TermPattern { written: written(term), alternatives }, place))
    }
}

/// Whether a regular expression can be run, in time linear in the text, and finds more than nothing.
fn usable(source: &str) -> Result<(), (String, &'static str)> {
    let found = regex(source).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => (
            format!("the regular expression `{source}` would take too much memory"),
            "lower the counts in `{…}`, or list the words",
        ),
        _ if ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|sign| source.contains(sign)) => (
            format!("the regular expression `{source}` looks ahead or behind, which can take endless time"),
            "say the context with `near`, `then`, `outside` or `and not`",
        ),
        _ => (
            format!("the regular expression `{source}` cannot be read"),
            "look for an open bracket or a lone sign; put `\\` before a sign that means itself, and name no group again \
             with `\\1`, which can take endless time",
        ),
    })?;
    if found.is_match("") {
        return Err((
            format!("the regular expression `{source}` also finds nothing, which stands everywhere"),
            "let it ask for one sign at least: `+` instead of `*`",
        ));
    }
    Ok(())
}

/// What joins two places in a text.
#[derive(Clone, Copy)]
enum Joint {
    Near(u32),
    Then(u32),
    NearNot(u32),
    Inside,
    Outside,
}

const fn joint(op: BinaryOp) -> Option<Joint> {
    Some(match op {
        BinaryOp::Near(gap) => Joint::Near(gap),
        BinaryOp::Then(gap) => Joint::Then(gap),
        BinaryOp::NearNot(gap) => Joint::NearNot(gap),
        BinaryOp::Inside => Joint::Inside,
        BinaryOp::Outside => Joint::Outside,
        _ => return None,
    })
}

impl Joint {
    const fn gap(self) -> Option<u32> {
        match self {
            Self::Near(gap) | Self::Then(gap) | Self::NearNot(gap) => Some(gap),
            Self::Inside | Self::Outside => None,
        }
    }

    fn of(self, left: SpanExpr, right: SpanExpr) -> SpanExpr {
        let (left, right) = (Box::new(left), Box::new(right));
        match self {
            Self::Near(gap) => SpanExpr::Near { gap, left, right },
            Self::Then(gap) => SpanExpr::Then { gap, left, right },
            Self::NearNot(gap) => SpanExpr::NearNot { gap, left, right },
            Self::Inside => SpanExpr::Inside { left, right },
            Self::Outside => SpanExpr::Outside { left, right },
        }
    }
}

fn written(term: &ast::Term) -> String {
    let quoted = || format!("\"{}\"", term.text.replace('"', "\\\""));
    match term.form {
        TermForm::Plain => match term.edits {
            Some(edits) => format!("{}~{edits}", quoted()),
            None => quoted(),
        },
        TermForm::Tag | TermForm::Handle | TermForm::Cashtag => term.text.clone(),
        TermForm::Regex => format!("/{}/", term.text.replace('/', "\\/")),
        TermForm::Exact => format!("exact {}", quoted()),
        TermForm::Part => format!("part {}", quoted()),
        TermForm::Stem => format!("stem {}", quoted()),
        TermForm::Loose => format!("loose {}", quoted()),
        TermForm::Word => format!("word {}", quoted()),
        TermForm::Url => format!("url {}", quoted()),
    }
}

pub(super) fn union(mut members: Vec<SpanExpr>) -> SpanExpr {
    match members.pop() {
        Some(only) if members.is_empty() => only,
        Some(last) => {
            members.push(last);
            SpanExpr::AnyOf(members)
        }
        None => SpanExpr::AnyOf(members),
    }
}

/// The union where all members are spans, else any of them.
fn any(members: Vec<Spans>) -> Spans {
    if members.iter().any(|member| !matches!(member, Spans::One(_))) {
        return Spans::Any(members);
    }
    let mut plain = Vec::with_capacity(members.len());
    for member in members {
        match member {
            Spans::One(SpanExpr::AnyOf(inner)) => plain.extend(inner),
            Spans::One(one) => plain.push(one),
            Spans::All(_) | Spans::Any(_) => {}
        }
    }
    Spans::One(union(plain))
}

fn size(spans: &Spans) -> usize {
    match spans {
        Spans::One(_) => 1,
        Spans::All(members) | Spans::Any(members) => members.iter().map(size).sum(),
    }
}

/// The same done to each span expression.
fn each_one(spans: Spans, change: &impl Fn(SpanExpr) -> SpanExpr) -> Spans {
    match spans {
        Spans::One(one) => Spans::One(change(one)),
        Spans::All(members) => Spans::All(members.into_iter().map(|member| each_one(member, change)).collect()),
        Spans::Any(members) => Spans::Any(members.into_iter().map(|member| each_one(member, change)).collect()),
    }
}

/// Every way to meet the spans, each a row that must all be there; none where there are more than [`SPREAD_MAX`].
fn ways(spans: &Spans) -> Option<Vec<Vec<SpanExpr>>> {
    match spans {
        Spans::One(one) => Some(vec![vec![one.clone()]]),
        Spans::Any(members) => {
            let all: Vec<_> = members.iter().map(ways).collect::<Option<_>>()?;
            let all: Vec<Vec<SpanExpr>> = all.into_iter().flatten().collect();
            (all.len() <= SPREAD_MAX).then_some(all)
        }
        Spans::All(members) => members.iter().try_fold(vec![Vec::new()], |rows, member| {
            let more = ways(member)?;
            if rows.len().saturating_mul(more.len()) > SPREAD_MAX {
                return None;
            }
            let with = |row: &Vec<SpanExpr>, one: &Vec<SpanExpr>| row.iter().chain(one).cloned().collect();
            Some(rows.iter().flat_map(|row| more.iter().map(move |one| with(row, one))).collect())
        }),
    }
}

/// Takes both sides, so that a distance in a distance costs no copy of what is inside.
fn spread(joint: Joint, left: Spans, right: Spans) -> Spans {
    match (left, right) {
        (Spans::One(left), Spans::One(right)) => Spans::One(joint.of(left, right)),
        (Spans::All(members), right) => {
            Spans::All(members.into_iter().map(|member| spread(joint, member, right.clone())).collect())
        }
        (Spans::Any(members), right) => {
            Spans::Any(members.into_iter().map(|member| spread(joint, member, right.clone())).collect())
        }
        (left, Spans::All(members)) => {
            Spans::All(members.into_iter().map(|member| spread(joint, left.clone(), member)).collect())
        }
        (left, Spans::Any(members)) => {
            Spans::Any(members.into_iter().map(|member| spread(joint, left.clone(), member)).collect())
        }
    }
}
