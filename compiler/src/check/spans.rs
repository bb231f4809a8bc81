//! Lowers what stands in a text: terms, lists of them, and distances. `and` and `or` under a distance are spread out, so
//! that `(a and b) near/5 c` is `a near/5 c and b near/5 c`.

use mon_grammar::Span;
use mon_grammar::ast::{self, BinaryOp, Expr, ExprKind, Quantifier, TermForm};
use mon_text::term::{Form, TermError, alternatives};
use rustc_hash::FxHashSet;

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{Cond, CondKind, SpanExpr, TermId, TermPattern};

use super::lower_match::{Where, operands, scope_construct};
use super::names::Word;
use super::state::Checker;
use super::unsupported::Construct;

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
            ExprKind::Binary { op: BinaryOp::Near(gap), op_span, left, right } => {
                self.distance(expr, *op_span, *gap, false, left, right)
            }
            ExprKind::Binary { op: BinaryOp::Then(gap), op_span, left, right } => {
                self.distance(expr, *op_span, *gap, true, left, right)
            }
            ExprKind::Binary { op: BinaryOp::NearNot(_), op_span, .. } => self.refuse(Construct::NearNot, *op_span),
            ExprKind::Binary { op: BinaryOp::Outside, op_span, .. } => self.refuse(Construct::Outside, *op_span),
            ExprKind::Binary { op: BinaryOp::Inside, op_span, .. } => self.refuse(Construct::Inside, *op_span),
            ExprKind::Scope { scope, .. } => self.refuse(scope_construct(*scope), expr.span),
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

    fn not_words<T>(&mut self, expr: &Expr, label: &str) -> Option<T> {
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

    fn distance(
        &mut self,
        whole: &Expr,
        op: Span,
        gap: u32,
        ordered: bool,
        left: &Expr,
        right: &Expr,
    ) -> Option<Spans> {
        let (left, right) = (self.spans(left), self.spans(right));
        let (left, right) = (left?, right?);
        if gap > self.options.limits.gap_max {
            let message = format!("a distance is at most {} words", self.options.limits.gap_max);
            self.exceed(op, message, "gap_max");
            return None;
        }
        if size(&left).saturating_mul(size(&right)) > SPREAD_MAX {
            let message = format!("this distance compares more than {SPREAD_MAX} pairs of words");
            self.exceed(whole.span, message, "spread_max");
            return None;
        }
        Some(spread(gap, ordered, left, right))
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
                && !seen.insert(*id)
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
        let form = match (term.form, term.edits) {
            (_, Some(_)) => return self.refuse(Construct::Fuzzy, span),
            (TermForm::Plain, None) => Form::Plain,
            (TermForm::Tag, None) => Form::Tag,
            (TermForm::Handle, None) => Form::Handle,
            (TermForm::Cashtag, None) => Form::Cashtag,
            (TermForm::Regex, None) => return self.refuse(Construct::Regex, span),
            (TermForm::Exact, None) => return self.refuse(Construct::Exact, span),
            (TermForm::Part, None) => return self.refuse(Construct::Part, span),
            (TermForm::Stem, None) => return self.refuse(Construct::Stem, span),
            (TermForm::Loose, None) => return self.refuse(Construct::Loose, span),
            (TermForm::Word, None) => return self.refuse(Construct::WordTerm, span),
            (TermForm::Url, None) => return self.refuse(Construct::Url, span),
        };
        let key = (term.form, term.text.clone());
        if !self.term_ids.contains_key(&key) {
            let read = match alternatives(form, &term.text) {
                Ok(alternatives) => {
                    let id = TermId(u32::try_from(self.plan.terms.len()).unwrap_or(u32::MAX));
                    self.plan.terms.push(TermPattern { written: written(term), alternatives });
                    Ok(id)
                }
                Err(TermError::WildcardNotAtEnd { .. }) => Err(None),
                Err(error) => Err(Some((error.to_string(), error.help()))),
            };
            self.term_ids.insert(key.clone(), read);
        }
        match self.term_ids.get(&key).cloned()? {
            Ok(id) => Some(id),
            Err(None) => self.refuse(Construct::Wildcard, span),
            Err(Some((message, help))) => {
                self.tell(Diagnostic::new(&codes::BAD_TERM, self.at(span), message).help(help));
                None
            }
        }
    }
}

fn written(term: &ast::Term) -> String {
    match term.form {
        TermForm::Plain => format!("\"{}\"", term.text.replace('"', "\\\"")),
        _ => term.text.clone(),
    }
}

fn union(mut members: Vec<SpanExpr>) -> SpanExpr {
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

/// Takes both sides, so that a distance in a distance costs no copy of what is inside.
fn spread(gap: u32, ordered: bool, left: Spans, right: Spans) -> Spans {
    match (left, right) {
        (Spans::One(left), Spans::One(right)) => {
            let (left, right) = (Box::new(left), Box::new(right));
            Spans::One(if ordered { SpanExpr::Then { gap, left, right } } else { SpanExpr::Near { gap, left, right } })
        }
        (Spans::All(members), right) => {
            Spans::All(members.into_iter().map(|member| spread(gap, ordered, member, right.clone())).collect())
        }
        (Spans::Any(members), right) => {
            Spans::Any(members.into_iter().map(|member| spread(gap, ordered, member, right.clone())).collect())
        }
        (left, Spans::All(members)) => {
            Spans::All(members.into_iter().map(|member| spread(gap, ordered, left.clone(), member)).collect())
        }
        (left, Spans::Any(members)) => {
            Spans::Any(members.into_iter().map(|member| spread(gap, ordered, left.clone(), member)).collect())
        }
    }
}
