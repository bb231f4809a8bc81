//! What a reader calls the things that the grammar expects. No rule's name reaches a message: what has no saying here
//! is left out.

use super::Rule;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Something that an expression is made of.
    Value,
    /// Something that joins two values.
    Operator,
    /// A word of the language, written as it stands.
    Word(&'static str),
    /// A thing with a name of its own in a reader's words.
    Thing(&'static str),
    /// A clause's start.
    Clause,
    End,
    Nothing,
}

/// The words that begin with `kw_` in the grammar.
macro_rules! words {
    ($rule:expr, $($name:ident $word:literal),* $(,)?) => {
        match $rule {
            $(Rule::$name => Some($word),)*
            _ => None,
        }
    };
}

fn word(rule: Rule) -> Option<&'static str> {
    words!(
        rule, kw_use "use", kw_terms "terms", kw_query "query", kw_dates "dates", kw_monitor "monitor", kw_playbook "playbook",
        kw_test "test", kw_tumble "tumble", kw_slide "slide", kw_session "session", kw_gap "gap",
        kw_calendar "calendar", kw_count "count", kw_pattern "pattern", kw_every "every", kw_by "by", kw_late "late", kw_when "when",
        kw_for "for", kw_clear "clear", kw_otherwise "otherwise", kw_within "within", kw_posts "posts",
        kw_each "each", kw_once "once", kw_until "until", kw_because "because", kw_to "to", kw_team "team",
        kw_at "at", kw_after "after", kw_in "in", kw_a "a", kw_digest "digest", kw_unless "unless",
        kw_acknowledged "acknowledged", kw_of "of", kw_repeat "repeat", kw_times "times", kw_lasts "lasts",
        kw_time "time", kw_except "except", kw_then "then", kw_incidents "incidents", kw_opened "opened",
        kw_cleared "cleared", kw_matched "matched", kw_where "where", kw_messages "messages", kw_no "no",
        kw_least "least", kw_same "same", kw_first "first", kw_words "words", kw_with "with",
        kw_expect "expect", kw_replay "replay", kw_from "from", kw_column "column", kw_region "region",
        kw_without "without",
        kw_load "load", kw_sample "sample", kw_authors "authors",
        brace_open "{", brace_close "}", paren_open "(", paren_close ")", bracket_open "[", bracket_close "]", comma ",", equals "=", hold "for", without "without", clear "clear", late "late", repeat "repeat", except "except", held_then "then", in_time "within",
    )
}

fn thing(rule: Rule) -> Option<&'static str> {
    match rule {
        Rule::path | Rule::fresh => Some("a name"),
        Rule::string => Some("a quoted phrase"),
        Rule::integer => Some("a whole number"),
        Rule::duration => Some("a length of time (`15m`)"),
        Rule::time => Some("a time (`10:03`, `2026-11-01`)"),
        Rule::percent => Some("a percentage (`70%`)"),
        Rule::zone_name => Some("a time zone (`Europe/Berlin`)"),
        Rule::scope_unit => Some("`sentence`, `line` or `paragraph`"),
        Rule::answer => Some("`yes` or `no`"),
        Rule::route_mode => Some("`first` or `also`"),
        Rule::window_kind => Some("`tumble`, `slide`, `session`, `calendar`, `count` or `pattern`"),
        Rule::timing => Some("`at once`, `after 2m` or `in a digest`"),
        Rule::severity_row => Some("a level with its condition (`high when …`)"),
        Rule::route_row => Some("`when … to team …` or `otherwise to team …`"),
        Rule::notify_row => Some("a level with its methods (`high by slack at once`)"),
        Rule::step => Some("a step (`after 15m to oncall of team by sms`)"),
        Rule::ticket_row | Rule::ticket_word => Some("`open`, `resolve`, `title`, `read` or `customer`"),
        Rule::param_type => Some("`terms`, `number`, `duration`, `text` or `field`"),
        Rule::country => Some("a country (`de`)"),
        Rule::labels => Some("`personal` or `sensitive`"),
        Rule::purposes => Some("a purpose (`crisis_response`)"),
        Rule::methods => Some("a method (`slack`, `email`)"),
        _ => None,
    }
}

/// What a clause starts with.
fn clause(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::monitor_clause
            | Rule::playbook_clause
            | Rule::test_step
            | Rule::kw_extend
            | Rule::kw_locked
            | Rule::kw_match
            | Rule::kw_window
            | Rule::kw_measure
            | Rule::kw_alert
            | Rule::kw_severity
            | Rule::kw_group
            | Rule::kw_dedupe
            | Rule::kw_show
            | Rule::kw_follow
            | Rule::kw_example
            | Rule::kw_allow
            | Rule::kw_min
            | Rule::kw_under
            | Rule::kw_route
            | Rule::kw_notify
            | Rule::kw_share
            | Rule::kw_escalate
            | Rule::kw_acknowledgement
            | Rule::kw_quiet
            | Rule::kw_budget
            | Rule::kw_ticket
            | Rule::guard_word
            | Rule::meta_word
            | Rule::other_word
            | Rule::playbook_word
    )
}

pub(super) fn said(rule: Rule) -> Said {
    if let Some(word) = word(rule) {
        return Said::Word(word);
    }
    if let Some(thing) = thing(rule) {
        return Said::Thing(thing);
    }
    match rule {
        Rule::expr
        | Rule::primary
        | Rule::operand
        | Rule::term
        | Rule::spelled
        | Rule::group
        | Rule::list
        | Rule::set
        | Rule::scope
        | Rule::exists
        | Rule::absence
        | Rule::pattern_step
        | Rule::named
        | Rule::regex
        | Rule::tag
        | Rule::handle
        | Rule::cashtag
        | Rule::form
        | Rule::quantifier
        | Rule::scope_head
        | Rule::neg_op
        | Rule::argument
        | Rule::kw_any
        | Rule::kw_all
        | Rule::kw_none
        | Rule::kw_same
        | Rule::kw_starts
        | Rule::kw_ends
        | Rule::kw_exists
        | Rule::number
        | Rule::special => Said::Value,
        Rule::and_op
        | Rule::or_op
        | Rule::compare_op
        | Rule::word_op
        | Rule::span_op
        | Rule::near_op
        | Rule::then_op
        | Rule::then_event
        | Rule::outside_op
        | Rule::inside_op
        | Rule::add_op
        | Rule::mul_op
        | Rule::confidence => Said::Operator,
        rule if clause(rule) => Said::Clause,
        Rule::EOI => Said::End,
        _ => Said::Nothing,
    }
}
