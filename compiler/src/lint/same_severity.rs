//! A severity row right above `otherwise` that gives the same level.
//! Its fix keeps the meaning.

use mon_grammar::Span;

use super::site::{fix, with};
use super::{Lint, Look, Site, Watch};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};
use crate::plan::Place;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0867",
        name: "same-severity",
        level: Level::Advice,
        summary: "a severity row gives what `otherwise` gives",
        why: "Whether it holds or not, the alert has that level. Often another level was meant.",
        bad: monitor!(
            r#"  match  "acme" and "broken"
  window slide 15m every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  alert when voices >= 25       for 2m
        clear when voices < 10  for 10m
  severity {
    high when voices >= 80
    medium when voices >= 40
    medium otherwise
  }
"#
        ),
        good: monitor!(
            r#"  match  "acme" and "broken"
  window slide 15m every 1m, late 30s

  measure volume = count()
  measure voices = distinct(author.uid)

  alert when voices >= 25       for 2m
        clear when voices < 10  for 10m
  severity {
    high when voices >= 80
    medium otherwise
  }
"#
        ),
    },
    fix: Some(Safety::Safe),
    look: Look::Monitor(find),
};

fn find(site: &Site<'_>, watch: &Watch<'_>, found: &mut Vec<Diagnostic>) {
    let [.., row, last] = watch.severity() else { return };
    if last.when.is_none() && row.when.is_some() && row.level.text == last.level.text {
        let place = site.at(row.span);
        let told = LINT
            .told(place, format!("this row gives `{}`, and so does `otherwise`", row.level.text))
            .label(site.at(last.span), "the same")
            .help("take it out, or give it the level that was meant");
        // A comment between the rows would be lost.
        let bare = site.text(Span::new(place.span.end, last.span.start)).trim().is_empty();
        let upto = Place { file: site.file, span: Span::new(row.span.start, last.span.start) };
        found.push(with(told, bare.then(|| fix("take the row out", Safety::Safe, upto, ""))));
    }
}
