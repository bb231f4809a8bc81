//! What the thing under the cursor means, in sentences: names of the rules by what they were checked to mean, words of the
//! language by the vocabulary.

use std::fmt::Write as _;

use mon_compiler::analysis::cost::cost;
use mon_compiler::plan::{MonitorPlan, Plan, QueryId};
use mon_compiler::vocabulary::{self, Context, Word};
use mon_compiler::{describe, diagnostic};
use mon_grammar::Span;
use mon_grammar::ast::{ClauseKind, Item, ItemKind};
use mon_grammar::tree::{SyntaxKind, Tree};

use super::findings::findings;
use super::place;
use crate::snapshot::{FileState, Snapshot, Symbol, whole};
use crate::symbols::{Kind, Role};

/// Members of a list that are shown.
const MEMBERS_SHOWN_MAX: usize = 12;
/// Words that call a query up that are shown.
const WORDS_SHOWN_MAX: usize = 4;

/// Text about a place, as Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    pub span: Span,
    pub markdown: String,
}

/// What can be said of the thing at a byte.
#[must_use]
pub fn hover(snapshot: &Snapshot, file: usize, offset: u32) -> Option<Hover> {
    let state = snapshot.file(file)?;
    if let Some((symbol, found)) = snapshot.symbol_at(file, offset) {
        let said = match symbol.kind {
            Kind::Word | Kind::Level => None,
            _ => named(snapshot, file, &symbol, found.item),
        };
        if let Some(markdown) = said {
            return Some(Hover { span: found.span, markdown });
        }
    }
    let (kind, span) = token_at(state, offset)?;
    let text = span.text(&state.text);
    let markdown = match kind {
        SyntaxKind::String | SyntaxKind::Tag | SyntaxKind::Handle | SyntaxKind::Cashtag | SyntaxKind::Regex => {
            term(snapshot, text)?
        }
        SyntaxKind::Word | SyntaxKind::Distance | SyntaxKind::Operator => word(&word_at(state, span, text)?),
        _ => return None,
    };
    Some(Hover { span, markdown })
}

/// What is said of the codes of the findings at a byte: what they are about and why they matter.
#[must_use]
pub fn codes(snapshot: &Snapshot, file: usize, offset: u32) -> Vec<String> {
    let all = findings(snapshot, file);
    let here = all.iter().filter(|found| found.span.start <= offset && offset <= found.span.end);
    here.filter_map(|found| code(found.code)).collect()
}

/// The token at a byte that something can be said of, else the one that ends there, in the tree of its item alone.
fn token_at(file: &FileState, offset: u32) -> Option<(SyntaxKind, Span)> {
    let start = file.item_at(offset).map_or(0, |(_, item)| whole(item).start);
    let end = file.item_at(offset).map_or(file.text.len(), |(_, item)| whole(item).end as usize);
    let tree = Tree::parse(file.text.get(start as usize..end)?);
    let says = |kind: SyntaxKind| {
        matches!(
            kind,
            SyntaxKind::Word
                | SyntaxKind::Distance
                | SyntaxKind::Operator
                | SyntaxKind::String
                | SyntaxKind::Regex
                | SyntaxKind::Tag
                | SyntaxKind::Handle
                | SyntaxKind::Cashtag
        )
    };
    let leaves = tree.leaves().filter(|leaf| says(leaf.kind));
    let at = leaves.map(|leaf| (leaf.kind, Span::new(leaf.span.start + start, leaf.span.end + start)));
    at.filter(|(_, span)| span.start <= offset && offset <= span.end).last()
}

/// The word of the language that stands at a place: that of the place, else one of its name anywhere.
fn word_at(file: &FileState, span: Span, text: &str) -> Option<Word> {
    let wanted = place::here(file, span.start).map(|here| here.wanted).unwrap_or_default();
    let contexts = wanted.contexts.iter().copied().chain(wanted.pieces.iter().map(|piece| piece.context));
    let here = contexts.into_iter().find_map(|context| vocabulary::word(text, context));
    here.or_else(|| vocabulary::anywhere(&text.to_lowercase())).copied()
}

/// A word of the language.
#[must_use]
pub fn word(word: &Word) -> String {
    let mut out = String::new();
    for shape in word.shapes {
        let _ = writeln!(out, "```mon\n{}\n```", shape.written);
    }
    if word.shapes.is_empty() {
        let _ = writeln!(out, "**{}**\n", word.name);
    }
    let _ = write!(out, "{}", word.says);
    if let Some(more) = word.more {
        let _ = write!(out, "\n\n{more}");
    }
    if !word.executed {
        out.push_str("\n\nThis release does not execute it.");
    }
    let _ = write!(out, "\n\nFor example\n```mon\n{}\n```", word.example);
    out
}

fn term(snapshot: &Snapshot, written: &str) -> Option<String> {
    let plan = snapshot.analysis.as_ref()?.plan.as_ref()?;
    let found =
        plan.terms.iter().find(|term| term.written == written || term.written.ends_with(&format!(" {written}")))?;
    Some(describe::term(found))
}

fn named(snapshot: &Snapshot, file: usize, symbol: &Symbol, item: u32) -> Option<String> {
    match symbol.kind {
        Kind::Field => field(&symbol.name),
        Kind::Value => value(snapshot, file, symbol, item),
        Kind::Function => function(&symbol.name).map(word),
        Kind::Code => code(&symbol.name),
        Kind::Team => Some(team(snapshot, symbol, "Team", &snapshot.project.teams)),
        Kind::Method => Some(team(snapshot, symbol, "A way of telling people", &snapshot.project.methods)),
        Kind::Param | Kind::Dates | Kind::Playbook | Kind::Terms | Kind::Query | Kind::Monitor | Kind::Measure => {
            defined(snapshot, symbol)
        }
        Kind::File | Kind::Package | Kind::Data | Kind::Word | Kind::Level => None,
    }
}

/// What is called by a name with brackets behind it.
#[must_use]
pub fn function(name: &str) -> Option<&'static Word> {
    let contexts = [Context::Measure, Context::Posts, Context::Within, Context::Argument, Context::Figures];
    let exact = |word: &&Word| word.name == name;
    let found = contexts.iter().find_map(|context| vocabulary::word(name, *context).filter(exact));
    found.or_else(|| vocabulary::anywhere(name).filter(exact))
}

/// A field of posts.
#[must_use]
pub fn field(name: &str) -> Option<String> {
    let doc = vocabulary::field(name)?;
    let mut out = format!("**{}** (field of posts)\n\n{} {}", doc.field.name, doc.says, doc.holds);
    if doc.field.modelled {
        out.push_str("\n\nA model made it: `@ 70%` says how sure it must have been.");
    }
    let operators: Vec<String> = doc.operators.iter().map(|operator| format!("`{operator}`")).collect();
    let _ = write!(out, "\n\nCompared by {}.\n```mon\n{}\n```", operators.join(", "), doc.example);
    Some(out)
}

fn value(snapshot: &Snapshot, file: usize, symbol: &Symbol, item: u32) -> Option<String> {
    let state = snapshot.file(file)?;
    // The field is the nearest one before the value.
    let names = state.names().iter().filter(|found| found.item == item);
    let value = names.clone().find(|found| found.name == symbol.name)?;
    let mut before = names.filter(|found| found.span.start < value.span.start);
    let field = before.rfind(|found| vocabulary::field(&found.name).is_some())?;
    let (written, says) =
        vocabulary::values_of(&field.name).into_iter().find(|(written, _)| *written == symbol.name)?;
    let says = if says.is_empty() { "One of its values.".to_owned() } else { says };
    Some(format!("**{written}** (value of `{}`)\n\n{says}", field.name))
}

fn code(id: &str) -> Option<String> {
    let code = diagnostic::find_code(id)?;
    Some(format!("**{} {}**\n\n{}\n\n{}", code.id, code.name, code.summary, code.why))
}

fn team(snapshot: &Snapshot, symbol: &Symbol, what: &str, bound: &std::collections::BTreeSet<String>) -> String {
    let places = snapshot.places_of(symbol).len();
    let is_bound = if snapshot.project.files.is_empty() {
        "No `mon.toml` is near these rules, so nothing is known of who that is."
    } else if bound.is_empty() {
        "`mon.toml` binds none of them, so nothing is known of who that is."
    } else if bound.contains(&symbol.name) {
        "`mon.toml` says who that is."
    } else {
        "`mon.toml` does not say who that is: nobody would be told."
    };
    format!("**{}** ({what})\n\nNamed {places} times in these rules. {is_bound}", symbol.name)
}

fn defined(snapshot: &Snapshot, symbol: &Symbol) -> Option<String> {
    let (file, item) = snapshot.item_of(symbol)?;
    let state = snapshot.file(file)?;
    let mut out = format!("```mon\n{}\n```\n", head(state, symbol, item));
    if let Some(doc) = item.doc.as_ref().filter(|_| symbol.within.is_none()) {
        let _ = writeln!(out, "{}\n", doc.text);
    }
    let plan = snapshot.analysis.as_ref().and_then(|analysis| analysis.plan.as_deref());
    match (&item.kind, plan) {
        (ItemKind::Terms(terms), _) if symbol.kind == Kind::Terms => {
            let members: Vec<&str> = terms
                .members
                .iter()
                .take(MEMBERS_SHOWN_MAX)
                .map(|member| member.span.text(&state.text).trim())
                .collect();
            let more = terms.members.len().saturating_sub(MEMBERS_SHOWN_MAX);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            let _ = writeln!(out, "Any of {}{more}.", members.join(", "));
        }
        (ItemKind::Query(_), Some(plan)) if symbol.kind == Kind::Query => out.push_str(&query(plan, &symbol.name)),
        (ItemKind::Monitor(_), Some(plan)) if symbol.kind == Kind::Monitor => {
            let monitor = plan.monitors.iter().find(|monitor| monitor.name == symbol.name);
            out.push_str(&monitor.map_or_else(String::new, |monitor| self::monitor(plan, monitor)));
        }
        _ => {}
    }
    out.truncate(out.trim_end().len());
    let uses = snapshot.places_of(symbol).iter().filter(|(_, role)| *role != Role::Definition).count();
    let _ = match uses {
        0 => Ok(()),
        1 => write!(out, "\n\nUsed once."),
        times => write!(out, "\n\nUsed {times} times."),
    };
    Some(out)
}

/// The line that says what it is.
fn head(file: &FileState, symbol: &Symbol, item: &Item) -> String {
    let clause = match &item.kind {
        ItemKind::Monitor(monitor) if symbol.kind == Kind::Measure => monitor
            .clauses
            .iter()
            .find(|clause| matches!(&clause.kind, ClauseKind::Measure { name, .. } if name.text == symbol.name)),
        _ => None,
    };
    let text = clause.map_or(item.span, |clause| clause.span).text(&file.text);
    let line = text.lines().next().unwrap_or("").trim_end();
    let cut = if symbol.kind == Kind::Terms { line.split('=').next().unwrap_or(line).trim_end() } else { line };
    cut.trim_end_matches('{').trim_end().to_owned()
}

fn query(plan: &Plan, name: &str) -> String {
    let found = (0..).map(QueryId).zip(&plan.queries).find(|(_, query)| query.named && query.name == name);
    found.map_or_else(String::new, |(id, query)| {
        format!("Takes posts where {}.{}", describe::condition(plan, &query.cond), costs(plan, id))
    })
}

fn monitor(plan: &Plan, monitor: &MonitorPlan) -> String {
    // Lines of their own, which Markdown would join.
    let sentences = describe::monitor(plan, monitor).trim_end().replace('\n', "\n\n");
    format!("{sentences}{}", costs(plan, monitor.query))
}

/// What looking for it costs.
fn costs(plan: &Plan, query: QueryId) -> String {
    match cost(plan, query).map(|cost| cost.anchors) {
        None => String::new(),
        Some(None) => "\n\nIt is asked of every post: no word of it must be there.".to_owned(),
        Some(Some((words, share))) => {
            let words: Vec<String> = words.iter().take(WORDS_SHOWN_MAX).map(|word| format!("`{word}`")).collect();
            let share = f64::from(share) * 100.0;
            format!("\n\nIt is asked of about {share:.1}% of the posts: those with {}.", words.join(" or "))
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::feature::fixture::rules;

    const RULES: &str = "/// Our brand.\nterms acme = \"acme\", @acme\nquery bad = acme near/3 \"brok*\" and lang in [en]\n/// Fails.\nmonitor m {\n  match bad\n  window tumble 5m\n  measure volume = count()\n  alert when volume > 3\n  severity { high otherwise }\n}\n";

    fn said(find: &str) -> String {
        let at = RULES.rfind(find).unwrap();
        let text = format!("{}{}{}", &RULES[..at], crate::feature::fixture::CURSOR, &RULES[at..]);
        let found = rules(&[("m.mon", &text)]);
        hover(&found.snapshot, found.file, found.at).map_or_else(String::new, |hover| hover.markdown)
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "what is said of each")]
    fn names_words_fields_values_and_phrases_are_explained() {
        let all: Vec<String> = [
            "acme near",
            "bad\n",
            "m {",
            "volume >",
            "lang",
            "en]",
            "near/3",
            "\"brok",
            "tumble",
            " 5m\n",
            "count",
            "5m",
        ]
        .into_iter()
        .map(|find| format!("== {}\n{}\n", find.trim_end(), said(find)))
        .collect();
        expect![[r#"
            == acme near
            ```mon
            terms acme
            ```
            Our brand.

            Any of "acme", @acme.

            Used once.
            == bad
            ```mon
            query bad = acme near/3 "brok*" and lang in [en]
            ```
            Takes posts where ("acme" or @acme) with at most 3 words to "brok*" stands and `lang` is en.

            It is asked of about 1.1% of the posts: those with `acme` or `#acme` or `@acme`.

            Used once.
            == m {
            ```mon
            monitor m
            ```
            Fails.

            `m` takes posts where `bad` holds.

            It looks at them in stretches of 5m.

            `volume` is the number of posts.

            An incident opens when volume > 3, and is cleared when that holds no longer.

            Its severity is high.

            It follows no playbook: team `default` is told.

            It is asked of about 1.1% of the posts: those with `acme` or `#acme` or `@acme`.
            == volume >
            ```mon
            measure volume = count()
            ```

            Used once.
            == lang
            **lang** (field of posts)

            The post's language. The code of a language, such as `en`.

            Compared by `is`, `in`, `==`, `!=`.
            ```mon
            lang in [en]
            ```
            == en]
            **en** (value of `lang`)

            English.
            == near/3
            ```mon
            a near/N b
            ```
            ```mon
            a near/N not b
            ```
            Both stand near each other: at most so many words between them, in either order.

            Emoji and punctuation are no words; `a near/5 not b` finds `a` with no `b` around it.

            For example
            ```mon
            "acme" near/5 ("recall" or "refund")
            ```
            == "brok
            Finds words that begin with `brok`.
            == tumble
            ```mon
            tumble size
            ```
            Cuts time into pieces of one length, one after the other.

            For example
            ```mon
            window tumble 5m
            ```
            ==  5m
            ```mon
            tumble size
            ```
            Cuts time into pieces of one length, one after the other.

            For example
            ```mon
            window tumble 5m
            ```
            == count
            ```mon
            count()
            ```
            ```mon
            count(condition)
            ```
            ```mon
            count(field)
            ```
            The number of posts of the window, and of edits of posts.

            `count(op is created)` leaves edits out.

            For example
            ```mon
            count(sentiment <= -0.3 @ 70%)
            ```
            == 5m

        "#]]
        .assert_eq(&all.concat());
    }

    #[test]
    fn a_word_is_explained_from_its_first_byte_to_behind_its_last() {
        const TEXT: &str = "/// Our brand.\nterms acme = \"acme\", #fail\nquery loud(least: number) = author.followers >= least\nquery q = not(acme)and(loud(10k)or acme near/3 exact \"x\")\n\
            monitor m {\n  match q\n  window tumble 5m\n  measure volume = count(lang is en)\n  alert when(volume > 3)\n  severity{high otherwise}\n  follow playbook desk\n}\n\
            playbook desk {\n  route first{otherwise to team care}\n  notify{high by email at once}\n}\n";
        let found = rules(&[("m.mon", TEXT)]);
        let said = |at: u32| hover(&found.snapshot, found.file, at).map(|hover| (hover.span, hover.markdown));
        let mut seen = 0;
        for (kind, span) in mon_grammar::tree::leaves(TEXT) {
            if matches!(kind, SyntaxKind::Word | SyntaxKind::Tag | SyntaxKind::Distance) {
                let told = said(span.start);
                assert_eq!(said(span.end), told, "{}", span.text(TEXT));
                assert_eq!(said(span.start + 1), told, "{}", span.text(TEXT));
                seen += usize::from(told.is_some());
            }
        }
        assert!(seen > 40, "{seen} words");
    }
}
