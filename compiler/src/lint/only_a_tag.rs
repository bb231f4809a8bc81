//! A phrase beside one of its words: all that it adds is the tag of the whole phrase.
//! Its fix keeps the meaning where the row stands; what uses the row under a distance or counts it may see a difference.

use mon_grammar::ast::{Term, TermForm};

use super::row::{Cover, read};
use super::site::{fix, with};
use super::{Lint, Look, Row, Site};
use crate::diagnostic::{Code, Diagnostic, Level, Safety};
use crate::plan::TokenPattern;

pub(super) static LINT: Lint = Lint {
    code: Code {
        id: "MON0822",
        name: "only-a-tag",
        level: Level::Advice,
        summary: "a phrase adds only its tag",
        why: "Whoever writes \"acme corp\" writes \"acme\", so the phrase brings nothing new but posts with the tag `#acmecorp`. Written as that tag, the row says what it does.",
        bad: "query talk = \"acme\" or \"acme corp\"\n",
        good: "query talk = \"acme\" or #acmecorp\n",
    },
    fix: Some(Safety::ChangesMeaning),
    look: Look::Row(find),
};

fn find(site: &Site<'_>, row: &Row<'_>, found: &mut Vec<Diagnostic>) {
    for member in &row.members {
        let Some(Cover::AllButTag(by, tag)) = &member.cover else { continue };
        let Some(wide) = row.members.get(*by) else { continue };
        let (place, own, other) = (site.at(member.expr.span), site.text(member.expr.span), site.text(wide.expr.span));
        let told = LINT
            .told(place, format!("beside `{other}`, all that `{own}` adds is the tag `{tag}`"))
            .label(site.at(wide.expr.span), "this is found wherever the phrase is")
            .help("write the tag, or take the wider one out");
        let bare = Term { form: TermForm::Tag, text: tag.clone(), edits: None };
        let simple = tag.chars().skip(1).all(|c| c.is_alphanumeric());
        let same = simple && read(&bare) == [vec![TokenPattern::Key(tag.clone())]];
        found
            .push(with(told, same.then(|| fix(format!("write `{tag}`"), Safety::ChangesMeaning, place, tag.as_str()))));
    }
}
