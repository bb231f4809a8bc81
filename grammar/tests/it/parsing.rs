//! Sound text becomes the tree it means.

use crate::samples;
use mon_grammar::ast::{ClauseKind, ExprKind, ItemKind};
use mon_grammar::parse;

#[test]
fn every_sample_parses_without_an_error() {
    for source in samples::ALL {
        let file = parse(source);
        for e in &file.errors {
            println!("{:?} {:?}", e, e.span.text(source));
        }
        assert!(file.errors.is_empty());
    }
}

#[test]
fn dates_have_days_and_a_baseline_can_be_without_them() {
    let source = "dates feasts = 2026-12-24 to 2026-12-26, 2027-01-01\nmonitor m {\n measure u = baseline(v, any_hour over 7d in UTC without feasts)\n}";
    let file = parse(source);
    assert!(file.errors.is_empty(), "{:?}", file.errors);
    let ItemKind::Dates(dates) = &file.items[0].kind else { panic!("{file:?}") };
    let days: Vec<_> = dates
        .days
        .iter()
        .map(|days| (days.first.text.as_str(), days.last.as_ref().map(|last| last.text.as_str())))
        .collect();
    assert_eq!(days, [("2026-12-24", Some("2026-12-26")), ("2027-01-01", None)]);
    let ItemKind::Monitor(monitor) = &file.items[1].kind else { panic!("{file:?}") };
    let ClauseKind::Measure { expr, .. } = &monitor.clauses[0].kind else { panic!("{monitor:?}") };
    let ExprKind::Call { args, .. } = &expr.kind else { panic!("{expr:?}") };
    let ExprKind::Infix { word, left, right } = &args[1].kind else { panic!("{args:?}") };
    assert_eq!((word.text.as_str(), right.span.text(source)), ("without", "feasts"));
    assert!(matches!(&left.kind, ExprKind::Infix { word, .. } if word.text == "over"), "{left:?}");
}
