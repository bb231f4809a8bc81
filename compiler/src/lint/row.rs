//! Rows of members that `or`, `and`, commas or a set join, and which of them another one makes useless. A member is taken
//! for useless only where no post can tell the difference.

use std::rc::Rc;

use mon_grammar::ast::{self, Expr, ExprKind, TermForm};
use mon_text::term::{Form, alternatives};

use super::cover::Wide;
use super::site::{Site, apart};
use crate::diagnostic::{Fix, Safety};
use crate::plan::TokenPattern;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// One member is enough.
    Any,
    /// All must be there.
    All,
}

/// Why a member changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cover {
    /// Another member looks for exactly the same, written in another way.
    Same(usize),
    /// A tag, whose word is a member too: a word finds its tag.
    Tag(usize),
    /// Another member is found wherever this one is.
    Part(usize),
    /// The same, but for a tag that only this one finds.
    AllButTag(usize, String),
}

pub(super) struct Member<'a> {
    pub expr: &'a Expr,
    pub term: Option<&'a ast::Term>,
    /// What it looks for, where it is one term.
    pub rows: Vec<Vec<TokenPattern>>,
    pub cover: Option<Cover>,
}

pub(super) struct Row<'a> {
    pub join: Join,
    /// The whole row as one expression; None for the members of a list.
    pub whole: Option<&'a Expr>,
    pub members: Vec<Member<'a>>,
}

impl<'a> Row<'a> {
    pub fn new(site: &Site<'a>, join: Join, whole: Option<&'a Expr>, members: &[&'a Expr]) -> Self {
        let members = members.iter().map(|expr| member(expr)).collect();
        let mut row = Self { join, whole, members };
        if join == Join::Any && row.members.len() > 1 {
            row.compare(site);
        }
        row
    }

    /// Finds members that others make useless, the narrowest first; what is useless makes nothing else so, and all that
    /// are found can be taken out together.
    fn compare(&mut self, site: &Site<'a>) {
        let mut known = Known::default();
        for (at, member) in self.members.iter().enumerate() {
            member.rows.iter().for_each(|row| known.own.add(at, row));
            if let ExprKind::Path(path) = &member.expr.kind {
                let lists = site.rules.lists_in(&path.dotted());
                known.lists.extend(lists.into_iter().map(|list| (at, site.rules.wide(list))));
            }
        }
        let mut order: Vec<usize> = (0..self.members.len()).collect();
        order.sort_by_key(|at| (self.members.get(*at).map_or(0, |m| m.rows.len()), usize::MAX - at));
        let mut alive = vec![true; self.members.len()];
        for at in order {
            let cover = self.covered(site, &known, at, &alive);
            if let (Some(alive), Some(member)) = (alive.get_mut(at), self.members.get_mut(at)) {
                *alive = cover.is_none();
                member.cover = cover;
            }
        }
    }

    fn covered(&self, site: &Site<'a>, known: &Known, at: usize, alive: &[bool]) -> Option<Cover> {
        let member = self.members.get(at)?;
        let is_alive = |other: usize| other != at && alive.get(other).copied().unwrap_or(false);
        let same = |other: &usize| {
            is_alive(*other)
                && self.members.get(*other).is_some_and(|other| !other.rows.is_empty() && other.rows == member.rows)
        };
        let first = member.rows.first()?;
        if let Some(other) = known.own.equal(first).find(same) {
            return Some(Cover::Same(other));
        }
        if member.term.is_some_and(|term| term.form == TermForm::Tag)
            && let [row] = member.rows.as_slice()
            && let Some(other) = known.equal(row, &is_alive)
        {
            return Some(Cover::Tag(other));
        }
        if site.positional {
            return None;
        }
        let covers: Vec<Option<usize>> = member.rows.iter().map(|row| known.cover(row, &is_alive)).collect();
        let by = covers.iter().flatten().copied().next()?;
        let mut left = member.rows.iter().zip(&covers).filter(|(_, cover)| cover.is_none()).map(|(row, _)| row);
        match (left.next(), left.next()) {
            (None, _) => Some(Cover::Part(by)),
            (Some(row), None) => match row.as_slice() {
                [TokenPattern::Key(tag)] if tag.starts_with('#') => Some(Cover::AllButTag(by, tag.clone())),
                _ => None,
            },
            _ => None,
        }
    }

    /// Takes a member out, with what joins it to its neighbour; None where brackets or comments stand between the two.
    pub fn without(&self, site: &Site<'_>, at: usize) -> Option<Fix> {
        let own = self.members.get(at)?.expr.span;
        let own_end = site.at(own).span.end;
        let joins = |from: u32, to: u32| {
            let between = site.text(mon_grammar::Span::new(from, to)).trim();
            between == "," || between.eq_ignore_ascii_case("or") || between.eq_ignore_ascii_case("and")
        };
        let before = at.checked_sub(1).and_then(|before| self.members.get(before));
        let before = before.map(|member| site.at(member.expr.span).span.end).filter(|end| joins(*end, own.start));
        let span = match before {
            Some(end) => mon_grammar::Span::new(end, own_end),
            None => {
                let after = self.members.get(at + 1).map(|member| member.expr.span.start);
                mon_grammar::Span::new(own.start, after.filter(|start| joins(own_end, *start))?)
            }
        };
        let place = crate::plan::Place { file: site.file, span };
        let description = format!("take `{}` out", site.text(own));
        Some(Fix { description, safety: Safety::ChangesMeaning, edits: vec![(place, apart(site, place, ""))] })
    }
}

fn member(expr: &Expr) -> Member<'_> {
    let term = match &expr.kind {
        ExprKind::Term(term) => Some(term),
        _ => None,
    };
    Member { expr, term, rows: term.map(read).unwrap_or_default(), cover: None }
}

/// What a term looks for; nothing for forms that are read in another way.
pub(super) fn read(term: &ast::Term) -> Vec<Vec<TokenPattern>> {
    let form = match (term.form, term.edits) {
        (TermForm::Plain, None) => Form::Plain,
        (TermForm::Tag, None) => Form::Tag,
        (TermForm::Handle, None) => Form::Handle,
        (TermForm::Cashtag, None) => Form::Cashtag,
        _ => return Vec::new(),
    };
    alternatives(form, &term.text).unwrap_or_default()
}

/// What the members of a row look for, and the lists among them with the member that names each.
#[derive(Default)]
struct Known {
    own: Wide,
    lists: Vec<(usize, Rc<Wide>)>,
}

impl Known {
    fn equal(&self, row: &[TokenPattern], is_alive: &dyn Fn(usize) -> bool) -> Option<usize> {
        let listed = || self.lists.iter().find(|(at, list)| is_alive(*at) && list.equal(row).next().is_some());
        self.own.equal(row).find(|at| is_alive(*at)).or_else(|| listed().map(|(at, _)| *at))
    }

    fn cover(&self, row: &[TokenPattern], is_alive: &dyn Fn(usize) -> bool) -> Option<usize> {
        let listed = || self.lists.iter().find(|(at, list)| is_alive(*at) && list.cover(row, &|_| true).is_some());
        self.own.cover(row, is_alive).or_else(|| listed().map(|(at, _)| *at))
    }
}
