//! Lints: rules that run, and seldom do what their author thinks. One file a lint, which holds its page, its examples and
//! what finds it; a lint reads the tree and the plan, and says nothing where it is not sure.

use mon_grammar::ast;

use crate::diagnostic::{Code, Diagnostic, Level, Safety};
use crate::plan::{Place, Plan};

pub(crate) mod allow;
mod cover;
mod row;
mod site;
#[cfg(test)]
mod tests;
mod visit;

use row::Row;
use site::{Rules, Site, Watch, Written};

/// Which lints run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lints {
    #[default]
    Off,
    /// Those that weigh a warning: what they find is nearly always a slip.
    Warnings,
    /// Advice too.
    All,
}

impl Lints {
    pub(crate) fn takes(self, level: Level) -> bool {
        match self {
            Self::Off => false,
            Self::Warnings => level >= Level::Warning,
            Self::All => true,
        }
    }

    /// Whether findings of this code can turn up at all. Those of the checker always can.
    #[must_use]
    pub fn runs(self, code: &Code) -> bool {
        self.takes(code.level) || find(code.id).is_none() && code.level != Level::Advice
    }
}

/// One lint.
pub struct Lint {
    pub code: Code,
    /// What its fix may do to the rule; None where only the author can mend it.
    pub fix: Option<Safety>,
    look: Look,
}

/// What a lint looks at.
enum Look {
    /// Every written term.
    Term(fn(&Site<'_>, &Written<'_>) -> Option<Diagnostic>),
    /// Every expression.
    Expr(fn(&Site<'_>, &ast::Expr) -> Option<Diagnostic>),
    /// Every row of members, of a list, of `or`, of `and`, of a set.
    Row(fn(&Site<'_>, &Row<'_>, &mut Vec<Diagnostic>)),
    Monitor(fn(&Site<'_>, &Watch<'_>, &mut Vec<Diagnostic>)),
    Playbook(fn(&Site<'_>, &ast::Playbook, &mut Vec<Diagnostic>)),
    Folder(fn(&Rules<'_>, &mut Vec<Diagnostic>)),
}

impl Lint {
    fn told(&'static self, place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(&self.code, place, message)
    }
}

/// A whole folder around some lines of one monitor, for the examples of pages.
macro_rules! monitor {
    ($lines:literal) => {
        concat!(
            "/// Phones that fail.\nmonitor outage {\n",
            $lines,
            r#"  follow playbook desk
  owner  "press desk"

  example yes "my acme is broken"
  example no  "acme opens a shop"
}

playbook desk {
  route first { otherwise to team care }
  notify {
    high   by slack at once
    medium by email at once
  }
}
"#
        )
    };
}

mod apostrophe_apart;
mod both_orders;
mod clear_above_alert;
mod covered;
mod double_negation;
mod dropped_sign;
mod edge_of_range;
mod far_apart;
mod fewer_ways_when_worse;
mod fine_steps;
mod flapping;
mod hold_between_steps;
mod idle_brackets;
mod idle_floor;
mod idle_route;
mod invisible;
mod late_window;
mod later_when_worse;
mod link_as_words;
mod list_in_line;
mod long_exclusion;
mod mixed_scripts;
mod names_alike;
mod near_itself;
mod no_confidence_floor;
mod no_counterexample;
mod no_doc;
mod no_example;
mod no_owner;
mod no_severity;
mod one_letter;
mod one_sign_run;
mod one_value_list;
mod one_voice;
mod only_a_tag;
mod only_tags;
mod operator_in_quotes;
mod or_of_values;
mod phrase_as_distance;
mod plain_count;
mod quoted_sign;
mod quotes_inside;
mod repeated_member;
mod repeated_route;
mod repeated_value;
mod same_example;
mod same_severity;
mod same_title;
mod same_when_folded;
mod set_of_one;
mod share_of_few;
mod space_at_edge;
mod stop_word;
mod tag_of_word;
mod told_already;
mod unfinished;
mod weak_severity;
/// Every lint, by number.
static ALL: &[&Lint] = &[
    &invisible::LINT,
    &quotes_inside::LINT,
    &operator_in_quotes::LINT,
    &space_at_edge::LINT,
    &dropped_sign::LINT,
    &apostrophe_apart::LINT,
    &one_letter::LINT,
    &stop_word::LINT,
    &one_sign_run::LINT,
    &mixed_scripts::LINT,
    &link_as_words::LINT,
    &quoted_sign::LINT,
    &covered::LINT,
    &tag_of_word::LINT,
    &only_a_tag::LINT,
    &repeated_member::LINT,
    &same_when_folded::LINT,
    &list_in_line::LINT,
    &only_tags::LINT,
    &double_negation::LINT,
    &idle_brackets::LINT,
    &plain_count::LINT,
    &set_of_one::LINT,
    &long_exclusion::LINT,
    &edge_of_range::LINT,
    &no_confidence_floor::LINT,
    &idle_floor::LINT,
    &one_value_list::LINT,
    &repeated_value::LINT,
    &or_of_values::LINT,
    &far_apart::LINT,
    &near_itself::LINT,
    &phrase_as_distance::LINT,
    &both_orders::LINT,
    &late_window::LINT,
    &fine_steps::LINT,
    &share_of_few::LINT,
    &flapping::LINT,
    &hold_between_steps::LINT,
    &clear_above_alert::LINT,
    &weak_severity::LINT,
    &same_severity::LINT,
    &one_voice::LINT,
    &no_severity::LINT,
    &no_owner::LINT,
    &no_doc::LINT,
    &no_example::LINT,
    &no_counterexample::LINT,
    &same_example::LINT,
    &unfinished::LINT,
    &names_alike::LINT,
    &same_title::LINT,
    &later_when_worse::LINT,
    &fewer_ways_when_worse::LINT,
    &idle_route::LINT,
    &told_already::LINT,
    &repeated_route::LINT,
];

/// Every lint, by number.
#[must_use]
pub fn all() -> &'static [&'static Lint] {
    ALL
}

/// The lint with this number (`MON0801`).
#[must_use]
pub fn find(id: &str) -> Option<&'static Lint> {
    ALL.iter().copied().find(|lint| lint.code.id == id)
}

/// What the lints say of rules without an error.
pub(crate) fn run(trees: &[&ast::File], plan: &Plan, lints: Lints) -> Vec<Diagnostic> {
    if lints == Lints::Off {
        return Vec::new();
    }
    let rules = Rules::new(trees, plan);
    let mut visitor = visit::Visitor::new(ALL.iter().copied().filter(|lint| lints.takes(lint.code.level)));
    visitor.folder(&rules);
    visitor.found
}
