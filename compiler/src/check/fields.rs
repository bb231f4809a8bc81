//! Tests of typed fields: does the value fit the field in kind, unit and range, and can the test hold at all.

use mon_grammar::Span;
use mon_grammar::ast::{BinaryOp, CompareOp, Expr, ExprKind, Path, TermForm};
use mon_post::{FIELDS, Field, FieldId, FieldType};
use mon_text::url::without_www;

use crate::diagnostic::{Diagnostic, Safety, codes};
use crate::plan::{Cond, CondKind, FieldOp, FieldTest, Glob, Value};

use super::state::Checker;
use super::unsupported::{self, Construct};
use super::{times, vocab};

impl Checker<'_> {
    /// The field of a path; an unknown one is reported.
    pub fn field(&mut self, path: &Path) -> Option<(FieldId, &'static Field)> {
        let name = path.dotted();
        if let Some(id) = mon_post::find(&name) {
            return id.get().map(|field| (id, field));
        }
        self.unknown_name(path, &[]);
        None
    }

    /// Reports a name that nothing has, with the nearest of all fields, terms, queries and `more`.
    pub fn unknown_name(&mut self, path: &Path, more: &[&str]) {
        let name = path.dotted();
        if let Some(construct) = unsupported::value(&name) {
            self.refuse::<()>(construct, path.span);
            return;
        }
        let place = self.at(path.span);
        let searched = self.searched();
        let fields = FIELDS.iter().flat_map(|field| std::iter::once(&field.name).chain(field.aliases)).copied();
        let all = fields.chain(self.names.word_names().take(searched)).chain(more.iter().copied());
        let mut told =
            Diagnostic::new(&codes::UNKNOWN_NAME, place, format!("`{name}` is not known")).suggest(&name, all);
        let packaged = |full: &&str| full.strip_suffix(&name).is_some_and(|package| package.ends_with('.'));
        if let Some(full) = self.names.word_names().take(searched).find(packaged) {
            told = told.help(format!("a name of a package is written in full: `{full}`"));
        } else if told.help.is_none()
            && let Some(help) = fields_under(&name)
        {
            told = told.help(help);
        } else if told.help.is_none() {
            told = told.help(format!(
                "if posts shall be searched for the word, write it in quotes: `\"{name}\"`; a name without quotes is a field of \
                 posts, a `terms` list or a `query`"
            ));
        }
        self.tell(told);
    }

    /// `field op value`, either way round.
    pub fn compare(
        &mut self,
        whole: Span,
        op: CompareOp,
        left: &Expr,
        right: &Expr,
        floor: Option<f64>,
    ) -> Option<Cond> {
        if !is_field(left) && is_field(right) {
            return self.compare(whole, op.turned(), right, left, floor);
        }
        let (id, field) = self.tested(left)?;
        if is_field(right) && !takes_words(field.ty) {
            return self.refuse(Construct::FieldToField, right.span);
        }
        let ordered = !matches!(op, CompareOp::Eq | CompareOp::Ne);
        if ordered && (takes_words(field.ty) || field.ty == FieldType::Flag) {
            let told = Diagnostic::new(&codes::NO_ORDER, self.at(left.span), format!("`{}` has no order", field.name))
                .label(self.at(left.span), format!("this is {}", holds(field)))
                .help(format!("write for example {}", sample(field)));
            self.tell(told);
            return None;
        }
        let value = match field.ty {
            FieldType::Integer { .. } | FieldType::Decimal { .. } => self.number_value(field, right, Some(op))?,
            _ => self.value(field, right)?,
        };
        if op == CompareOp::Ne && field.ty == FieldType::TextList {
            let equal = self.test(whole, id, FieldOp::Compare(CompareOp::Eq, value), floor);
            return Some(Cond { place: self.at(whole), kind: CondKind::Not(Box::new(equal)) });
        }
        Some(self.test(whole, id, FieldOp::Compare(op, value), floor))
    }

    /// `field in [..]`.
    pub fn within_list(&mut self, whole: Span, left: &Expr, right: &Expr, floor: Option<f64>) -> Option<Cond> {
        let (id, field) = self.tested(left)?;
        let members: &[Expr] = match &right.kind {
            ExprKind::List(members) | ExprKind::Group(members) => members,
            _ => std::slice::from_ref(right),
        };
        let values: Vec<Option<Value>> = members.iter().map(|member| self.value(field, member)).collect();
        let values: Vec<Value> = values.into_iter().collect::<Option<_>>()?;
        if values.is_empty() {
            let told = Diagnostic::new(&codes::NEVER_MATCHES, self.at(right.span), "an empty list holds nothing")
                .help(format!("name at least one value, such as `{} in [..]`", field.name));
            self.tell(told);
            return None;
        }
        Some(self.test(whole, id, FieldOp::In(values), floor))
    }

    /// `created within 2h`.
    pub fn within_last(&mut self, whole: &Expr, left: &Expr, right: &Expr, floor: Option<f64>) -> Option<Cond> {
        if let ExprKind::Path(path) = &left.kind
            && path.dotted() == "geo"
        {
            return self.within_area(whole, right);
        }
        let (id, field) = self.tested(left)?;
        if field.ty != FieldType::Time {
            let place = matches!(field.name, "geo.lat" | "geo.lon");
            let why =
                if place { "a place is asked as a whole: `geo within …`" } else { "`within` asks when a time is" };
            return self.wrong_type(field, left, why);
        }
        if let ExprKind::Call { name, args } = &right.kind
            && matches!(name.text.as_str(), "hours" | "days")
        {
            let clock = self.clock_part(right, &name.text, args)?;
            return Some(self.test(whole.span, id, FieldOp::Clock(clock), floor));
        }
        let ExprKind::Duration(length) = right.kind else {
            if matches!(right.kind, ExprKind::Number { percent: false, .. }) {
                return self.unit_missing(right);
            }
            return self.wrong_type(field, right, "`within` takes a length of time, such as `2h`");
        };
        if length.micros <= 0 {
            let told = Diagnostic::new(&codes::NEVER_MATCHES, self.at(right.span), "nothing lies within no time")
                .help("write a length such as `2h`");
            self.tell(told);
            return None;
        }
        Some(self.test(whole.span, id, FieldOp::WithinLast { micros: length.micros }, floor))
    }

    /// `created within 2`: the grammar says the same where a length of time alone can stand.
    fn unit_missing<T>(&mut self, expr: &Expr) -> Option<T> {
        let written = self.written(expr).to_owned();
        let place = self.at(expr.span);
        let told = Diagnostic::new(codes::syntax_code("MON0109"), place, format!("`{written}` needs a unit of time"))
            .help(format!("write for example `{written}h`; the units are `ms`, `s`, `m`, `h`, `d` and `w`"))
            .replace_with(format!("{written}h"), Safety::ChangesMeaning);
        self.tell(told);
        None
    }

    /// `exists geo`: the field, or any of those under the name.
    pub fn exists(&mut self, whole: Span, path: &Path) -> Option<Cond> {
        let name = path.dotted();
        if let Some(id) = mon_post::find(&name) {
            return Some(self.test(whole, id, FieldOp::Exists, None));
        }
        let under: Vec<Cond> = FIELDS
            .iter()
            .enumerate()
            .filter(|(_, field)| field.name.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.')))
            .filter_map(|(at, _)| u16::try_from(at).ok().map(FieldId))
            .map(|id| self.test(whole, id, FieldOp::Exists, None))
            .collect();
        if under.is_empty() {
            self.unknown_name(path, &[]);
            return None;
        }
        Some(Cond { place: self.at(whole), kind: CondKind::Or(under) })
    }

    /// A flag alone: `author.verified`.
    pub fn flag(&mut self, path: &Path, floor: Option<f64>) -> Option<Cond> {
        let (id, field) = self.field(path)?;
        if field.ty == FieldType::Flag {
            return Some(self.test(path.span, id, FieldOp::Compare(CompareOp::Eq, Value::Flag(true)), floor));
        }
        let told = Diagnostic::new(
            &codes::NOT_A_CONDITION,
            self.at(path.span),
            format!("`{}` alone is neither true nor false", field.name),
        )
        .label(self.at(path.span), format!("this is {}", holds(field)))
        .help(format!("compare it, for example {}", sample(field)));
        self.tell(told);
        None
    }

    pub fn test(&self, span: Span, field: FieldId, op: FieldOp, floor: Option<f64>) -> Cond {
        Cond { place: self.at(span), kind: CondKind::Field(FieldTest { field, op, floor }) }
    }

    /// The field that a comparison tests; anything else on its left is reported.
    fn tested(&mut self, left: &Expr) -> Option<(FieldId, &'static Field)> {
        match &left.kind {
            ExprKind::Group(members) if members.len() == 1 => self.tested(members.first()?),
            ExprKind::Path(path) => {
                let name = path.dotted();
                if self.names.word(&name).is_some() {
                    let told = Diagnostic::new(
                        &codes::WRONG_TYPE,
                        self.at(left.span),
                        format!("`{name}` is words to look for, not a field"),
                    )
                    .help(format!("write `{name}` alone: it holds where one of its words stands in the post"));
                    self.tell(told);
                    return None;
                }
                self.field(path)
            }
            ExprKind::Call { name, .. } => {
                self.call_in_match(left, &name.text);
                None
            }
            ExprKind::Binary {
                op: BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide, ..
            } => self.refuse(Construct::FieldArithmetic, left.span),
            ExprKind::Error => None,
            ExprKind::Term(_) | ExprKind::Binary { op: BinaryOp::Near(_) | BinaryOp::Then(_), .. } => {
                let told = Diagnostic::new(
                    &codes::WRONG_TYPE,
                    self.at(left.span),
                    "words to look for cannot be compared with a value",
                )
                .label(self.at(left.span), "the comparison takes all this as its left side")
                .help("join words and the test of a field with `and`: `\"acme\" and lang is en`");
                self.tell(told);
                None
            }
            _ => {
                let told = Diagnostic::new(
                    &codes::WRONG_TYPE,
                    self.at(left.span),
                    "only a field of a post can be compared here",
                )
                .help("write a field such as `author.followers` before the comparison");
                self.tell(told);
                None
            }
        }
    }

    fn wrong_type<T>(&mut self, field: &Field, value: &Expr, why: &str) -> Option<T> {
        let numeric = matches!(field.ty, FieldType::Integer { .. } | FieldType::Decimal { .. });
        if numeric && let Some(told) = self.misspelt_figure(value) {
            self.tell(told.label(self.at(value.span), format!("`{}` holds {}", field.name, holds(field))));
            return None;
        }
        let told = Diagnostic::new(&codes::WRONG_TYPE, self.at(value.span), why.to_owned())
            .label(self.at(value.span), format!("`{}` holds {}", field.name, holds(field)))
            .help(format!("write for example {}", sample(field)));
        self.tell(told);
        None
    }

    /// A number that is plainly meant: `"10k"`, `10K`.
    pub fn misspelt_figure(&self, expr: &Expr) -> Option<Diagnostic> {
        let (text, quoted) = match &expr.kind {
            ExprKind::Term(term) if term.form == TermForm::Plain && term.edits.is_none() => (term.text.as_str(), true),
            ExprKind::Quantity { .. } => (self.written(expr), false),
            _ => return None,
        };
        let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (digits, letter) = text.split_at(at);
        let letter = match letter {
            "" => "",
            "k" | "K" => "k",
            "M" => "M",
            _ => return None,
        };
        digits.parse::<f64>().ok().filter(|_| digits.starts_with(|c: char| c.is_ascii_digit()))?;
        let figure = format!("{digits}{letter}");
        let how = if quoted { "write the number without quotes:" } else { "write" };
        let told = Diagnostic::new(&codes::WRONG_TYPE, self.at(expr.span), "this is not a number");
        Some(told.help(format!("{how} `{figure}`")).replace_with(figure, Safety::Safe))
    }

    /// The value that an expression is for a field; what does not fit is reported.
    pub fn value(&mut self, field: &'static Field, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Group(members) if members.len() == 1 => return self.value(field, members.first()?),
            ExprKind::Error => return None,
            _ => {}
        }
        match field.ty {
            FieldType::Text | FieldType::TextList => self.text_value(field, expr),
            FieldType::Enum(words) => self.closed(field, expr, |word| {
                let word = word.to_lowercase();
                words.contains(&word.as_str()).then_some(word)
            }),
            FieldType::Language => self.closed(field, expr, |word| {
                let word = word.to_lowercase();
                vocab::is_language(&word).then_some(word)
            }),
            FieldType::Country => self.closed(field, expr, |word| {
                let word = word.to_uppercase();
                vocab::is_country(&word).then_some(word)
            }),
            FieldType::Integer { .. } | FieldType::Decimal { .. } => self.number_value(field, expr, None),
            FieldType::Flag => match &expr.kind {
                ExprKind::Path(path) if path.dotted() == "true" => Some(Value::Flag(true)),
                ExprKind::Path(path) if path.dotted() == "false" => Some(Value::Flag(false)),
                _ => self.wrong_type(field, expr, "this is neither `true` nor `false`"),
            },
            FieldType::Time => self.time_value(field, expr),
        }
    }

    fn text_value(&mut self, field: &'static Field, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Term(term) if term.form == TermForm::Plain && term.edits.is_none() => {
                let is_host = field.name == "link.domain";
                let Some(text) = plain_text(&term.text) else {
                    let small = if is_host { term.text.to_lowercase() } else { term.text.clone() };
                    return Some(Value::Like(Glob::new(&small)));
                };
                if is_host {
                    let host = text.to_lowercase();
                    return Some(Value::Text(without_www(&host).to_owned()));
                }
                Some(Value::Text(text))
            }
            ExprKind::Term(term) if term.form == TermForm::Handle && field.name == "author.handle" => {
                Some(Value::Text(term.text.trim_start_matches('@').to_owned()))
            }
            ExprKind::Path(path) => {
                let name = path.dotted();
                let told = Diagnostic::new(
                    &codes::WRONG_TYPE,
                    self.at(expr.span),
                    format!("`{}` is compared with a name, not with text", field.name),
                )
                .help(format!("write the text in quotes: `\"{name}\"`"))
                .replace_with(format!("\"{name}\""), Safety::Safe);
                self.tell(told);
                None
            }
            _ => self.wrong_type(field, expr, "this is not text in quotes"),
        }
    }

    /// A word of a closed set, with or without quotes.
    fn closed(&mut self, field: &'static Field, expr: &Expr, known: impl Fn(&str) -> Option<String>) -> Option<Value> {
        let word = match &expr.kind {
            ExprKind::Path(path) => path.dotted(),
            ExprKind::Term(term) if term.form == TermForm::Plain => term.text.clone(),
            _ => return self.wrong_type(field, expr, "this is not one of the words that the field holds"),
        };
        if let Some(value) = known(&word) {
            return Some(Value::Text(value));
        }
        let what = match field.ty {
            FieldType::Language => "the code of a language",
            FieldType::Country => "the code of a country",
            _ => "a value",
        };
        let message = match field.ty {
            FieldType::Enum(_) => format!("`{word}` is not {what} of `{}`", field.name),
            _ => format!("`{word}` is not {what}"),
        };
        let mut told = Diagnostic::new(&codes::UNKNOWN_VALUE, self.at(expr.span), message);
        told = match (field.ty, vocab::code_for(&word).filter(|code| known(code).is_some())) {
            (FieldType::Enum(words), None) => told.suggest(&word, words.iter().copied()),
            (_, Some(code)) => told.help(format!("did you mean `{code}`?")).replace_with(code, Safety::ChangesMeaning),
            _ => told,
        };
        if told.help.is_none() {
            told = told.help(match field.ty {
                FieldType::Enum(words) => format!("there are: {}", words.join(", ")),
                FieldType::Language => "languages have codes of ISO 639, such as `en`, `de`, `ja`".to_owned(),
                _ => "countries have codes of ISO 3166, such as `US`, `DE`, `JP`".to_owned(),
            });
        }
        self.tell(told);
        None
    }

    /// A number for a field; `op` is what compares it, if that is known.
    fn number_value(&mut self, field: &'static Field, expr: &Expr, op: Option<CompareOp>) -> Option<Value> {
        let number = match &expr.kind {
            ExprKind::Group(members) if members.len() == 1 => return self.number_value(field, members.first()?, op),
            ExprKind::Error => return None,
            ExprKind::Number { value, percent: false } => *value,
            ExprKind::Negate(inner) => match inner.kind {
                ExprKind::Number { value, percent: false } => -value,
                _ => return self.wrong_type(field, expr, "this is not a number"),
            },
            ExprKind::Number { .. } => return self.wrong_type(field, expr, "this field is not counted in percent"),
            _ => return self.wrong_type(field, expr, "this is not a number"),
        };
        let (min, max) = match field.ty {
            #[expect(clippy::cast_precision_loss, reason = "a limit of the range may be off by its last digit")]
            FieldType::Integer { min, max } => (min as f64, max as f64),
            FieldType::Decimal { min, max } => (min, max),
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        };
        if number < min || number > max {
            let message = format!("`{number}` is outside what `{}` holds, {}", field.name, range(field.ty));
            let holds = match op {
                Some(CompareOp::Ne) => true,
                Some(CompareOp::Lt | CompareOp::Le) => number > max,
                Some(CompareOp::Gt | CompareOp::Ge) => number < min,
                Some(CompareOp::Eq) | None => false,
            };
            let label = if holds { "every post that tells it meets this" } else { "no post meets this" };
            let told = Diagnostic::new(&codes::OUT_OF_RANGE, self.at(expr.span), message)
                .label(self.at(expr.span), label)
                .help(format!("`{}` is {}", field.name, field.doc));
            self.tell(told);
            return None;
        }
        if !matches!(field.ty, FieldType::Integer { .. }) {
            return Some(Value::Decimal(number));
        }
        if number.fract() != 0.0 {
            return self.wrong_type(field, expr, "this field holds whole numbers");
        }
        #[expect(clippy::cast_possible_truncation, reason = "whole and inside the range of the field")]
        Some(Value::Integer(number as i64))
    }

    fn time_value(&mut self, field: &'static Field, expr: &Expr) -> Option<Value> {
        let text = match &expr.kind {
            ExprKind::Time(text) => text,
            ExprKind::Duration(_) => {
                let why = format!("a length of time is compared with `within`: `{} within 2h`", field.name);
                return self.wrong_type(field, expr, &why);
            }
            _ => return self.wrong_type(field, expr, "this is not a date or time"),
        };
        let Some(micros) = times::instant(text) else {
            let told = Diagnostic::new(
                &codes::BAD_TIME,
                self.at(expr.span),
                format!("`{text}` is not a date of the calendar"),
            )
            .help("write a date as `2026-11-01`, or a time as `2026-11-01T10:00:00Z`");
            self.tell(told);
            return None;
        };
        Some(Value::Time(micros))
    }
}

/// What fields there are with the beginning of a name, where there are some.
fn fields_under(name: &str) -> Option<String> {
    const SHOWN_MAX: usize = 8;
    let (owner, _) = name.split_once('.')?;
    let under = |field: &&Field| field.name.strip_prefix(owner).is_some_and(|rest| rest.starts_with('.'));
    let fields: Vec<String> = FIELDS.iter().filter(under).map(|field| format!("`{}`", field.name)).collect();
    if fields.is_empty() {
        return None;
    }
    let more = if fields.len() > SHOWN_MAX { " and others: see docs/language.md" } else { "" };
    let shown = fields.get(..SHOWN_MAX).unwrap_or(&fields);
    Some(format!("a name with a dot is a field of posts; with `{owner}` there are {}{more}", shown.join(", ")))
}

fn is_field(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Path(path) if mon_post::find(&path.dotted()).is_some())
}

/// Whether the field's values are words, so that a name on its right is a value.
fn takes_words(ty: FieldType) -> bool {
    matches!(ty, FieldType::Text | FieldType::TextList | FieldType::Enum(_) | FieldType::Language | FieldType::Country)
}

/// The text without its escapes; None where it has a wildcard.
fn plain_text(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.extend(letters.next()),
            '*' | '?' => return None,
            letter => plain.push(letter),
        }
    }
    Some(plain)
}

/// What a field holds, in a reader's words.
pub(crate) fn holds(field: &Field) -> String {
    match field.ty {
        FieldType::Text => "text".to_owned(),
        FieldType::TextList => "a list of texts".to_owned(),
        FieldType::Enum(words) => format!("one of {}", words.join(", ")),
        FieldType::Language => "the code of a language, such as `en`".to_owned(),
        FieldType::Country => "the code of a country, such as `DE`".to_owned(),
        FieldType::Integer { .. } => format!("a whole number, {}", range(field.ty)),
        FieldType::Decimal { .. } => format!("a number, {}", range(field.ty)),
        FieldType::Flag => "`true` or `false`".to_owned(),
        FieldType::Time => "a time".to_owned(),
    }
}

fn sample(field: &Field) -> String {
    let name = field.name;
    match field.ty {
        FieldType::Text | FieldType::TextList if name == "link.domain" => format!("`{name} is \"example.com\"`"),
        FieldType::Text | FieldType::TextList => format!("`{name} is \"…\"`"),
        FieldType::Enum(words) => format!("`{name} is {}`", words.first().copied().unwrap_or("…")),
        FieldType::Language => format!("`{name} in [en, de]`"),
        FieldType::Country => format!("`{name} in [DE, AT]`"),
        FieldType::Integer { .. } => format!("`{name} >= 50`"),
        FieldType::Decimal { min, .. } => format!("`{name} <= {}`", min / 2.0),
        FieldType::Flag => format!("`{name}` or `not {name}`"),
        FieldType::Time => format!("`{name} within 2h` or `{name} >= 2026-11-01`"),
    }
}

fn range(ty: FieldType) -> String {
    match ty {
        FieldType::Integer { min, max: i64::MAX } => format!("{min} and up"),
        FieldType::Integer { min, max } => format!("{min} to {max}"),
        FieldType::Decimal { min, max } => format!("{min} to {max}"),
        _ => String::new(),
    }
}
