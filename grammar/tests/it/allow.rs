//! `allow …` behind lists and queries, and among the clauses of monitors and playbooks.

use mon_grammar::ast::{Allow, Clause, ClauseKind, ItemKind, PlaybookClauseKind};
use mon_grammar::{format, parse};

fn read(clauses: &[Clause]) -> Vec<(&str, Option<&str>, Option<&str>)> {
    clauses
        .iter()
        .filter_map(|clause| match &clause.kind {
            ClauseKind::Allow(Allow { code, until, because }) => {
                Some((code.text.as_str(), until.as_ref().map(|day| day.text.as_str()), because.as_deref()))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn it_ends_a_list_and_a_query() {
    let file = parse(
        "terms a = \"x\", allow allow MON0820 because \"old\" allow MON0821\nquery allow = a or \"b\" allow MON0831 until 2026-12-31\n",
    );
    assert!(file.errors.is_empty(), "{:?}", file.errors);
    let [terms, query] = file.items.as_slice() else { panic!("{file:?}") };
    let ItemKind::Terms(terms) = &terms.kind else { panic!("{terms:?}") };
    assert_eq!(terms.members.len(), 2);
    assert_eq!(read(&terms.allows), [("MON0820", None, Some("old")), ("MON0821", None, None)]);
    let ItemKind::Query(query) = &query.kind else { panic!("{query:?}") };
    assert_eq!(read(&query.allows), [("MON0831", Some("2026-12-31"), None)]);
}

#[test]
fn it_is_a_clause_of_a_playbook() {
    let file = parse("playbook p {\n  allow MON0880 because \"known\"\n  notify { high by slack at once }\n}\n");
    assert!(file.errors.is_empty(), "{:?}", file.errors);
    let Some(ItemKind::Playbook(playbook)) = file.items.first().map(|item| &item.kind) else { panic!("{file:?}") };
    let kinds: Vec<bool> =
        playbook.clauses.iter().map(|clause| matches!(clause.kind, PlaybookClauseKind::Allow(_))).collect();
    assert_eq!(kinds, [true, false]);
}

#[test]
fn each_has_a_line_of_its_own() {
    let source = "terms a = \"x\",\"y\" allow MON0820 because \"old\"   allow MON0821\n// one\nquery b = a or \"c\" allow MON0831\n";
    let once = format(source);
    assert_eq!(
        once.text,
        "terms a = \"x\", \"y\"\n  allow MON0820 because \"old\"\n  allow MON0821\n\n// one\nquery b = a or \"c\"\n  allow MON0831\n"
    );
    assert_eq!(format(&once.text).text, once.text);
}

#[test]
fn it_survives_a_mistake_in_its_item_and_its_own_mistake_is_told() {
    let broken = parse(
        "terms a = \"x\", , \"y\"\n  allow MON0820 because \"old\"\nquery b = \"c\" and\n  allow MON0831 because \"old\"\n",
    );
    assert_eq!(broken.errors.len(), 2, "{:?}", broken.errors);
    let allows: Vec<usize> = broken
        .items
        .iter()
        .map(|item| match &item.kind {
            ItemKind::Terms(terms) => terms.allows.len(),
            ItemKind::Query(query) => query.allows.len(),
            _ => 0,
        })
        .collect();
    assert_eq!(allows, [1, 1]);
    for wrong in
        ["allow", "allow \"x\"", "allow MON0820 until tomorrow", "allow MON0820 because", "allow MON0820 \"x\""]
    {
        let file = parse(&format!("query b = \"c\"\n  {wrong}\n"));
        assert!(!file.errors.is_empty(), "{wrong} is taken");
    }
}
