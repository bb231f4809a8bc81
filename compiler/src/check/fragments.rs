//! Queries that are given values: `query complaint(brand: terms, gap: number) = …`, used as `complaint(acme, 8)`. Each use with
//! other values becomes a query of its own, in the file that says what it means, so names inside are those of that file.

use std::borrow::Cow;

use mon_grammar::Span;
use mon_grammar::ast::{self, BinaryOp, Expr, ExprKind, Item, ItemKind, Name, Param, ParamKind, Path, TermForm};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{Place, SourceFile};

use super::names::{duplicate, is_brought, shadows_field};
use super::packages::exprs_mut;
use super::unread::Unread;
use super::walk;

/// Names that a call in a condition or measure has already.
const CALLS: [&str; 27] = [
    "count",
    "distinct",
    "sum",
    "avg",
    "min",
    "max",
    "median",
    "percentile",
    "rate",
    "ratio",
    "share",
    "stddev",
    "abs",
    "circle",
    "box",
    "polygon",
    "baseline",
    "top",
    "engagement",
    "reach",
    "share_of_voice",
    "top_count",
    "top_share",
    "coordinated",
    "new_values",
    "previous",
    "ewma",
];

/// How often queries may use each other with values, one inside the other.
const DEPTH_MAX: usize = 32;

/// Queries that one folder may make by giving values.
const MADE_MAX: usize = 10_000;

/// A query that is given values.
struct Fragment<'a> {
    file: usize,
    item: &'a ast::Query,
    used: bool,
}

/// What was made of the folder's queries that are given values.
#[derive(Default)]
pub(super) struct Uses {
    /// Where each query that was made is used first.
    first: FxHashMap<String, Place>,
    /// Names of the queries that are given values.
    pub given: Vec<String>,
}

impl Uses {
    pub fn get(&self, name: &str) -> Option<&Place> {
        self.first.get(name)
    }
}

struct Expander<'a> {
    files: &'a [SourceFile],
    fragments: FxHashMap<&'a str, Fragment<'a>>,
    /// Queries that were made, with the file that they belong to.
    made: Vec<(usize, Item)>,
    uses: Uses,
    found: Vec<Diagnostic>,
}

/// The trees without queries that are given values, and with what their uses make of them.
pub(super) fn expanded<'a>(
    files: &[SourceFile],
    mut trees: Vec<Cow<'a, ast::File>>,
    unread: &Unread,
    found: &mut Vec<Diagnostic>,
) -> (Vec<Cow<'a, ast::File>>, Uses) {
    let given = |item: &Item| matches!(&item.kind, ItemKind::Query(query) if !query.params.is_empty());
    if !trees.iter().any(|tree| tree.items.iter().any(given)) {
        return (trees, Uses::default());
    }
    let sources: Vec<ast::File> = trees.iter().map(|tree| tree.clone().into_owned()).collect();
    let mut expander =
        Expander { files, fragments: FxHashMap::default(), made: Vec::new(), uses: Uses::default(), found: Vec::new() };
    expander.collect(&sources);
    for (file, tree) in trees.iter_mut().enumerate() {
        let tree = tree.to_mut();
        tree.items.retain(|item| !given(item));
        for item in &mut tree.items {
            exprs_mut(&mut item.kind).into_iter().for_each(|expr| expander.expand(file, expr, &mut Vec::new()));
        }
    }
    for (file, item) in std::mem::take(&mut expander.made) {
        if let Some(tree) = trees.get_mut(file) {
            tree.to_mut().items.push(item);
        }
    }
    let runs = sources.iter().flat_map(|tree| &tree.items).any(|item| matches!(item.kind, ItemKind::Monitor(_)));
    let mut unused: Vec<&Fragment<'_>> =
        expander.fragments.values().filter(|fragment| !fragment.used && runs).collect();
    unused.sort_by_key(|fragment| (fragment.file, fragment.item.name.span.start));
    for fragment in unused.into_iter().filter(|fragment| !is_brought(&fragment.item.name.text)) {
        if unread.may_use(&fragment.item.name.text) {
            continue;
        }
        let name = &fragment.item.name;
        let message = format!("no monitor uses the query `{}`", name.text);
        let told = Diagnostic::new(&codes::UNUSED_QUERY, at(fragment.file, name.span), message);
        found.push(told.help("use it in a `match`, or remove it"));
    }
    found.append(&mut expander.found);
    expander.uses.given = expander.fragments.keys().map(|name| (*name).to_owned()).collect();
    expander.uses.given.sort_unstable();
    (trees, expander.uses)
}

fn at(file: usize, span: Span) -> Place {
    Place { file: u32::try_from(file).unwrap_or(u32::MAX), span }
}

impl<'a> Expander<'a> {
    /// Finds the queries that are given values; their names and those of their parameters must be free.
    fn collect(&mut self, trees: &'a [ast::File]) {
        let mut taken: FxHashMap<&str, Place> = FxHashMap::default();
        let items =
            || trees.iter().enumerate().flat_map(|(file, tree)| tree.items.iter().map(move |item| (file, item)));
        for (file, item) in items() {
            match &item.kind {
                ItemKind::Terms(terms) => drop(taken.entry(&terms.name.text).or_insert(at(file, terms.name.span))),
                ItemKind::Query(query) if query.params.is_empty() => {
                    taken.entry(&query.name.text).or_insert(at(file, query.name.span));
                }
                _ => {}
            }
        }
        for (file, item) in items() {
            let ItemKind::Query(query) = &item.kind else { continue };
            if query.params.is_empty() {
                continue;
            }
            let (name, place) = (query.name.text.as_str(), at(file, query.name.span));
            let own = name.rsplit('.').next().unwrap_or(name);
            if CALLS.contains(&own) {
                let message = format!("the name `{own}` is taken: it measures posts");
                let told = Diagnostic::new(&codes::DUPLICATE_NAME, place, message);
                self.found.push(told.help("give the query another name"));
            } else if mon_post::find(own).is_some() {
                self.found.push(shadows_field(own, place));
            }
            if let Some(first) = taken.get(name) {
                self.found.push(duplicate(name, *first, place));
                continue;
            }
            self.params(file, query, &taken);
            taken.insert(name, place);
            self.fragments.insert(name, Fragment { file, item: query, used: false });
        }
    }

    fn params(&mut self, file: usize, query: &ast::Query, taken: &FxHashMap<&str, Place>) {
        let mut seen: FxHashMap<&str, Place> = FxHashMap::default();
        let package = query.name.text.rsplit_once('.').map(|(package, _)| package);
        for param in &query.params {
            let (name, place) = (param.name.text.as_str(), at(file, param.name.span));
            let full = package.map_or_else(|| name.to_owned(), |package| format!("{package}.{name}"));
            if mon_post::find(name).is_some() {
                self.found.push(shadows_field(name, place));
            } else if let Some(first) = seen.get(name).or_else(|| taken.get(full.as_str())) {
                self.found.push(duplicate(name, *first, place));
            }
            seen.insert(name, place);
        }
    }

    /// Puts the name of what it makes in the place of each use inside an expression. `open` are the queries being made.
    fn expand(&mut self, file: usize, expr: &mut Expr, open: &mut Vec<String>) {
        match &mut expr.kind {
            ExprKind::Call { name, args } if self.fragments.contains_key(name.text.as_str()) => {
                args.iter_mut().for_each(|arg| self.expand(file, arg, open));
                let (name, args, span) = (name.clone(), std::mem::take(args), expr.span);
                expr.kind = match self.make(file, &name, &args, span, open) {
                    Some(made) => ExprKind::Path(Path { parts: vec![Name { text: made, span }], span }),
                    None => ExprKind::Error,
                };
            }
            ExprKind::Path(path) => {
                let name = path.dotted();
                let Some(fragment) = self.fragments.get_mut(name.as_str()) else { return };
                fragment.used = true;
                let told = wants(&name, fragment, 0, at(file, path.span));
                self.found.push(told);
                expr.kind = ExprKind::Error;
            }
            _ => walk::parts_mut(expr).into_iter().for_each(|part| self.expand(file, part, open)),
        }
    }

    /// The name of the query that a use makes, made now if it is new.
    fn make(&mut self, file: usize, name: &Name, args: &[Expr], span: Span, open: &mut Vec<String>) -> Option<String> {
        let fragment = self.fragments.get_mut(name.text.as_str())?;
        fragment.used = true;
        let (home, query, place) = (fragment.file, fragment.item, at(file, span));
        if args.len() != query.params.len() {
            let told = wants(&name.text, fragment, args.len(), place);
            self.found.push(told);
            return None;
        }
        if open.contains(&name.text) || open.len() >= DEPTH_MAX {
            self.circle(&name.text, query, home, place, open);
            return None;
        }
        let mut values: Vec<(&Param, &Expr)> = Vec::with_capacity(args.len());
        let mut written: Vec<String> = Vec::with_capacity(args.len());
        for (param, arg) in query.params.iter().zip(args) {
            match self.fits(file, param, arg) {
                Some(text) => {
                    values.push((param, arg));
                    written.push(text);
                }
                // What could not be read was told.
                None if matches!(arg.kind, ExprKind::Error) => {}
                None => self.misfit(file, home, param, arg),
            }
        }
        if values.len() < args.len() {
            return None;
        }
        let made = format!("{}({})", name.text, written.join(", "));
        if self.uses.first.contains_key(&made) {
            return Some(made);
        }
        if self.uses.first.len() >= MADE_MAX {
            let told = Diagnostic::new(
                &codes::LIMIT_EXCEEDED,
                place,
                format!("more than {MADE_MAX} queries are made by giving values"),
            );
            self.found.push(told.help("stay within it; the name of this limit is `made_max`"));
            return None;
        }
        self.uses.first.insert(made.clone(), place);
        let mut expr = query.expr.clone();
        replace(&mut expr, &values, &query.gaps);
        open.push(name.text.clone());
        self.expand(home, &mut expr, open);
        open.pop();
        let name = Name { text: made.clone(), span: query.name.span };
        let kind = ItemKind::Query(ast::Query { name, params: Vec::new(), gaps: Vec::new(), expr, allows: Vec::new() });
        self.made.push((home, Item { span: query.name.span, doc: None, kind }));
        Some(made)
    }

    fn circle(&mut self, name: &str, query: &ast::Query, home: usize, place: Place, open: &[String]) {
        let from = open.iter().position(|known| known == name).unwrap_or(0);
        let mut chain: Vec<String> = open.iter().skip(from).map(|known| format!("`{known}`")).collect();
        chain.push(format!("`{name}`"));
        let message = match chain.as_slice() {
            [one, two] if one == two => format!("{one} uses itself"),
            _ => format!("queries use each other in a circle: {}", chain.join(" uses ")),
        };
        let told = Diagnostic::new(&codes::NAME_CYCLE, place, message)
            .label(place, "used here")
            .label(at(home, query.name.span), format!("`{name}` stands here"));
        self.found.push(told.help("let one of them say what it means without the others"));
    }

    /// A value as the name of what is made says it; None where the parameter is of another kind.
    fn fits(&self, file: usize, param: &Param, arg: &Expr) -> Option<String> {
        let text = || self.files.get(file).map_or("", |file| arg.span.text(&file.text)).trim().to_owned();
        match (param.kind, &arg.kind) {
            (ParamKind::Terms, _) => words(arg),
            (ParamKind::Number, ExprKind::Number { .. }) | (ParamKind::Duration, ExprKind::Duration(_)) => Some(text()),
            (ParamKind::Number, ExprKind::Negate(inner)) if matches!(inner.kind, ExprKind::Number { .. }) => {
                Some(text())
            }
            (ParamKind::Text, ExprKind::Term(term)) if term.form == TermForm::Plain => words(arg),
            (ParamKind::Field, ExprKind::Path(path)) => {
                let name = path.dotted();
                mon_post::find(&name).map(|_| name)
            }
            _ => None,
        }
        .filter(|_| !self.between(param, arg))
    }

    /// A number that is a distance is whole and not below 0.
    fn between(&self, param: &Param, arg: &Expr) -> bool {
        let gap = self.fragments.values().any(|fragment| {
            fragment.item.params.iter().any(|own| std::ptr::eq(own, param))
                && fragment.item.gaps.iter().any(|(_, name)| name.text == param.name.text)
        });
        gap && words_between(arg).is_none()
    }

    fn misfit(&mut self, file: usize, home: usize, param: &Param, arg: &Expr) {
        let name = &param.name.text;
        let (message, help) = match param.kind {
            ParamKind::Terms => {
                (format!("`{name}` is words"), "give it the name of a `terms` list, or a term such as `\"acme\"`")
            }
            ParamKind::Number if self.between(param, arg) => {
                (format!("`{name}` is a number of words"), "give it a whole number such as `8`")
            }
            ParamKind::Number => (format!("`{name}` is a number"), "give it a number such as `8`"),
            ParamKind::Duration => (format!("`{name}` is a length of time"), "give it a length such as `2h`"),
            ParamKind::Text => (format!("`{name}` is a text"), "give it a text in quotes"),
            ParamKind::Field => (format!("`{name}` is a field of posts"), "give it a field such as `author.followers`"),
        };
        let place = at(file, arg.span);
        let told = Diagnostic::new(&codes::BAD_CALL, place, format!("{message}, and this is something else"))
            .label(place, "given here")
            .label(at(home, param.name.span), format!("`{name}` is asked for here"));
        self.found.push(told.help(help));
    }
}

/// A use with too few or too many values.
fn wants(name: &str, fragment: &Fragment<'_>, given: usize, place: Place) -> Diagnostic {
    let params: Vec<&str> = fragment.item.params.iter().map(|param| param.name.text.as_str()).collect();
    let values = match given {
        0 => "no value".to_owned(),
        1 => "one value".to_owned(),
        n => format!("{n} values"),
    };
    let message = format!("`{name}` takes {}: {}, and is given {values}", params.len(), params.join(", "));
    Diagnostic::new(&codes::BAD_CALL, place, message)
        .label(place, "used here")
        .label(at(fragment.file, fragment.item.name.span), format!("`{name}` says so here"))
        .help(format!("write `{name}({})` with a value for each", params.join(", ")))
}

/// Words as the name of what is made says them: a list, a term, or several of them.
fn words(arg: &Expr) -> Option<String> {
    match &arg.kind {
        ExprKind::Path(path) => {
            let name = path.dotted();
            mon_post::find(&name).is_none().then_some(name)
        }
        ExprKind::Term(term) => {
            let plain = term.edits.is_none();
            match term.form {
                TermForm::Plain if plain => Some(format!("\"{}\"", term.text)),
                TermForm::Tag | TermForm::Handle | TermForm::Cashtag => Some(term.text.clone()),
                _ => None,
            }
        }
        ExprKind::Group(members) => {
            let members: Option<Vec<String>> = members.iter().map(words).collect();
            Some(format!("({})", members?.join(", ")))
        }
        ExprKind::Binary { op: BinaryOp::Or, left, right, .. } => {
            Some(format!("{} or {}", words(left)?, words(right)?))
        }
        _ => None,
    }
}

fn words_between(arg: &Expr) -> Option<u32> {
    let ExprKind::Number { value, percent: false } = arg.kind else { return None };
    let whole = value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and inside the range")]
    whole.then_some(value as u32)
}

/// Puts the values in the place of the parameters. They stand where the parameter stood, so that every place is one of the
/// file that says what the query means.
fn replace(expr: &mut Expr, values: &[(&Param, &Expr)], gaps: &[(Span, Name)]) {
    if let ExprKind::Binary { op: BinaryOp::Near(gap) | BinaryOp::NearNot(gap) | BinaryOp::Then(gap), op_span, .. } =
        &mut expr.kind
        && let Some((_, name)) = gaps.iter().find(|(place, _)| place == op_span || place.start == op_span.start)
        && let Some((_, value)) = values.iter().find(|(param, _)| param.name.text == name.text)
    {
        *gap = words_between(value).unwrap_or(0);
    }
    if let ExprKind::Path(path) = &expr.kind
        && let [name] = path.parts.as_slice()
        && let Some((_, value)) = values.iter().find(|(param, _)| param.name.text == name.text)
    {
        let span = expr.span;
        *expr = (*value).clone();
        place_at(expr, span);
        return;
    }
    walk::parts_mut(expr).into_iter().for_each(|part| replace(part, values, gaps));
}

fn place_at(expr: &mut Expr, span: Span) {
    expr.span = span;
    match &mut expr.kind {
        ExprKind::Path(path) => {
            path.span = span;
            path.parts.iter_mut().for_each(|part| part.span = span);
        }
        ExprKind::Duration(length) => length.span = span,
        ExprKind::Binary { op_span, .. } => *op_span = span,
        _ => {}
    }
    walk::parts_mut(expr).into_iter().for_each(|part| place_at(part, span));
}

/// The names that stand for values inside a query.
pub(super) fn given_names(query: &ast::Query) -> FxHashSet<String> {
    query.params.iter().map(|param| param.name.text.clone()).collect()
}
