//! What holds of every word: it compiles where it is said to stand, the grammar and the checker know no other, and its sentences
//! are sentences.

use std::collections::BTreeSet;

use mon_post::{FIELDS, FieldType};

use super::*;
use crate::check::{AGGREGATES, measures, vocab};

mod frames;

use frames::{Frame, Place, compiles, example_frame, insert_frames, refused};

const PEST: &str = include_str!("../../../grammar/src/mon.pest");
const CALLS: &str = include_str!("../check/calls.rs");
const UNSUPPORTED: &str = include_str!("../check/unsupported.rs");

fn executed() -> impl Iterator<Item = &'static Word> {
    all().filter(|word| word.executed)
}

/// A snippet with the defaults of its placeholders, the first of several choices among them.
fn filled(snippet: &str) -> String {
    let mut text = String::new();
    let mut rest = snippet;
    let mut open = 0_usize;
    while let Some(sign) = rest.chars().next() {
        let after = &rest[sign.len_utf8()..];
        let digits = after.trim_start_matches('{').trim_start_matches(|c: char| c.is_ascii_digit());
        if sign == '$' && after.starts_with('{') {
            if let Some(choices) = digits.strip_prefix('|') {
                let (choices, behind) = choices.split_once("|}").expect("a choice is closed");
                text += choices.split(',').next().unwrap_or_default();
                rest = behind;
            } else {
                rest = digits.strip_prefix(':').expect("a placeholder has a default");
                open += 1;
            }
        } else if sign == '$' {
            assert!(after.starts_with(|c: char| c.is_ascii_digit()), "`{snippet}` has a sign that is no placeholder");
            rest = digits;
        } else if sign == '}' && open > 0 && !text.ends_with('{') {
            open -= 1;
            rest = after;
        } else {
            text.push(sign);
            rest = after;
        }
    }
    assert_eq!(open, 0, "a placeholder of `{snippet}` is not closed");
    text
}

#[test]
fn every_example_compiles_in_its_frame() {
    let mut wrong = Vec::new();
    for word in executed() {
        let frame = Frame::whole(example_frame(word.contexts[0]));
        if let Err(why) = compiles(&frame, word.example) {
            wrong.push(format!("`{}` {:?}: {}\n{why}", word.name, word.contexts, word.example));
        }
    }
    assert!(wrong.is_empty(), "{} examples do not compile:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_example_shows_its_word() {
    for word in all() {
        let parts = word.name.split(' ').filter(|part| *part != "N").map(|part| part.trim_end_matches('N'));
        for part in parts {
            let one = part
                .strip_suffix('s')
                .filter(|_| word.joints.iter().any(|joint| Some(*joint) == part.strip_suffix('s')));
            let shown = word.example.contains(part) || one.is_some_and(|one| word.example.contains(one));
            assert!(shown, "the example of `{}` does not show `{part}`: {}", word.name, word.example);
        }
    }
}

#[test]
fn every_snippet_compiles_in_each_place_where_it_is_offered() {
    let mut wrong = Vec::new();
    for word in executed() {
        assert!(!word.insert.is_empty(), "`{}` inserts nothing", word.name);
        let text = filled(word.insert);
        for context in word.contexts {
            let tried: Vec<Result<(), String>> =
                insert_frames(*context).iter().map(|frame| compiles(frame, &text)).collect();
            if tried.iter().all(Result::is_err) {
                let why = tried.into_iter().filter_map(Result::err).collect::<Vec<_>>().join("\n");
                wrong.push(format!("`{}` in {context:?}: {text}\n{why}", word.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} snippets do not compile:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_no_release_executes_is_refused_by_the_checker_and_offered_by_nobody() {
    let later: Vec<_> = all().filter(|word| !word.executed).collect();
    assert!(later.len() > 40);
    let mut wrong = Vec::new();
    for word in later {
        assert!(word.insert.is_empty(), "`{}` is inserted", word.name);
        for context in word.contexts {
            assert!(in_context(*context).all(|offered| offered != word), "`{}` is offered", word.name);
        }
        if let Err(why) = refused(&Frame::whole(example_frame(word.contexts[0])), word.example) {
            wrong.push(format!("`{}`: {}\n{why}", word.name, word.example));
        }
    }
    assert!(wrong.is_empty(), "{} are not refused as not executed:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every quoted text of letters. One letter alone is a look-ahead or a part of a time, but for that of a keyword; what stands
/// behind `//` is a comment.
fn quoted_words(source: &str) -> BTreeSet<&str> {
    let lines = source
        .lines()
        .map(|line| line.split_once("//").filter(|(code, _)| !code.contains('"')).map_or(line, |(code, _)| code));
    let mut words = BTreeSet::new();
    for line in lines {
        for text in line.split('"').skip(1).step_by(2) {
            let text = text.trim().trim_end_matches('/');
            if (text.len() > 1 || line.starts_with("kw_")) && text.bytes().all(|sign| sign.is_ascii_alphabetic()) {
                words.insert(text);
            }
        }
    }
    words
}

#[test]
fn every_word_of_the_grammar_is_in_the_vocabulary() {
    let words = quoted_words(PEST);
    assert!(words.len() > 120, "the grammar has {} words", words.len());
    let missing: Vec<_> = words.iter().filter(|name| anywhere(name).is_none()).collect();
    assert!(missing.is_empty(), "the vocabulary lacks {missing:?}");
}

#[test]
fn the_vocabulary_has_exactly_the_measures_that_the_checker_knows() {
    let known: BTreeSet<&str> = measures().chain(AGGREGATES.iter().copied()).collect();
    let explained: BTreeSet<&str> = in_context(Context::Measure)
        .filter(|word| matches!(word.kind, Kind::Measure | Kind::Detector))
        .map(|word| word.name)
        .collect();
    assert_eq!(explained, known);
    let in_alerts: BTreeSet<&str> = in_context(Context::Figures)
        .filter(|word| matches!(word.kind, Kind::Measure | Kind::Detector))
        .map(|word| word.name)
        .collect();
    assert_eq!(in_alerts, known);
}

/// The quoted words of a function's body.
fn arms<'s>(source: &'s str, function: &str) -> BTreeSet<&'s str> {
    let (_, body) = source.split_once(&format!("fn {function}(")).expect("the function is there");
    let (body, _) = body.split_once("_ => return None").expect("it ends so");
    let mut names = BTreeSet::new();
    let mut before = "";
    for arm in body.split("=>") {
        let left =
            arm.rsplit_once('\n').filter(|(head, _)| !head.trim_end().ends_with('|')).map_or(arm, |(_, last)| last);
        let left = if before.is_empty() { arm } else { left };
        names.extend(left.split('"').skip(1).step_by(2));
        before = arm;
    }
    names
}

#[test]
fn the_vocabulary_has_exactly_the_functions_of_conditions() {
    let known = arms(CALLS, "stands_alone");
    let known: BTreeSet<&str> =
        known.into_iter().filter(|name| name.bytes().all(|sign| sign.is_ascii_lowercase())).collect();
    let explained: BTreeSet<&str> =
        executed().filter(|word| word.kind == Kind::Function).map(|word| word.name).collect();
    assert_eq!(explained, known);
}

#[test]
fn figures_and_values_of_later_are_those_that_the_checker_refuses_by_name() {
    let (_, table) = UNSUPPORTED.split_once("pub(super) fn measure(").expect("the table of measures");
    let known: BTreeSet<&str> =
        table.split('"').skip(1).step_by(2).filter(|name| !name.contains(['`', ' ', '.'])).collect();
    let later = all().filter(|word| !word.executed && matches!(word.kind, Kind::Detector | Kind::Value));
    assert_eq!(later.map(|word| word.name).collect::<BTreeSet<_>>(), known);
}

fn sentences() -> impl Iterator<Item = (&'static str, &'static str)> {
    all().flat_map(|word| {
        let params = word.shapes.iter().flat_map(|shape| shape.params).map(|param| param.says);
        [word.says].into_iter().chain(word.more).chain(params).map(|says| (word.name, says))
    })
}

fn is_sentence(says: &str) -> bool {
    let begins = says.trim_start_matches('`').starts_with(|c: char| c.is_uppercase()) || says.starts_with('`');
    begins && says.ends_with('.') && !says.ends_with("..") && says.chars().count() < 160
}

#[test]
fn every_sentence_is_one() {
    let values = FIELDS.iter().flat_map(|field| values_of(field.name));
    let docs: Vec<(String, String)> = fields().map(|doc| (doc.field.name.to_owned(), doc.says)).chain(values).collect();
    let own = sentences().map(|(name, says)| (name.to_owned(), says.to_owned()));
    let wrong: Vec<_> = own.chain(docs).filter(|(_, says)| !is_sentence(says)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_name_stands_once_in_a_place() {
    let mut seen = BTreeSet::new();
    for word in all() {
        assert!(!word.contexts.is_empty(), "`{}` stands nowhere", word.name);
        for context in word.contexts {
            let place = format!("{context:?}");
            assert!(seen.insert((word.executed, word.name, place)), "`{}` stands twice in {context:?}", word.name);
        }
    }
}

#[test]
fn parameters_and_joints_stand_in_what_is_written() {
    for word in all() {
        for shape in word.shapes {
            for param in shape.params {
                assert!(shape.written.contains(param.label), "`{}` is not in `{}`", param.label, shape.written);
            }
        }
        for joint in word.joints {
            let written = word.shapes.iter().map(|shape| shape.written).chain([word.name, word.example]);
            let mut parts = written.flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
            let plural = format!("{joint}s");
            assert!(parts.any(|part| part == *joint || part == plural), "`{joint}` is no part of `{}`", word.name);
        }
    }
}

#[test]
fn what_takes_arguments_says_how_it_is_called() {
    for word in
        executed().filter(|word| matches!(word.kind, Kind::Measure | Kind::Detector | Kind::Function | Kind::Reference))
    {
        assert!(!word.shapes.is_empty(), "`{}` has no shape", word.name);
        for shape in word.shapes {
            assert!(shape.written.starts_with(word.name), "`{}` is not how `{}` is written", shape.written, word.name);
        }
    }
}

#[test]
fn every_field_can_be_tested_as_it_says() {
    for doc in fields() {
        assert!(compiles(&Frame::whole(Place::Query), &doc.example).is_ok(), "{}", doc.example);
        assert!(compiles(&Frame::whole(Place::Query), &filled(&doc.insert)).is_ok(), "{}", doc.insert);
        let (_, value) = doc.example.rsplit_once(' ').expect("a test has three parts");
        let value = value.trim_matches(['[', ']']);
        for operator in doc.operators {
            let value = match (*operator, doc.field.ty) {
                ("in", _) => format!("[{value}]"),
                ("within", _) => value.to_owned(),
                (_, FieldType::Time) => "2026-11-01".to_owned(),
                _ => value.to_owned(),
            };
            let test = format!("{} {operator} {value}", doc.field.name);
            let told = compiles(&Frame::whole(Place::Query), &test);
            assert!(told.is_ok(), "{test}: {told:?}");
            assert!(in_context(Context::FieldJoin).any(|word| word.name == *operator), "`{operator}` is no word");
        }
    }
}

#[test]
fn every_operator_that_a_field_does_not_name_is_an_error_on_it() {
    let all = ["is", "in", "==", "!=", ">=", "<=", ">", "<", "within"];
    for doc in fields() {
        for operator in all.iter().filter(|operator| !doc.operators.contains(operator)) {
            let (_, value) = doc.example.rsplit_once(' ').expect("a test has three parts");
            let test = format!("{} {operator} {value}", doc.field.name);
            assert!(compiles(&Frame::whole(Place::Query), &test).is_err(), "{test} compiles");
        }
    }
}

#[test]
fn every_value_of_a_closed_set_has_a_meaning_and_compiles() {
    for field in
        FIELDS.iter().filter(|field| matches!(field.ty, FieldType::Enum(_) | FieldType::Language | FieldType::Country))
    {
        let values = values_of(field.name);
        assert!(!values.is_empty() && values.iter().all(|(_, says)| says.len() > 2), "{}: {values:?}", field.name);
        let all = values.iter().map(|(value, _)| value.as_str()).collect::<Vec<_>>().join(", ");
        let told = compiles(&Frame::whole(Place::Query), &format!("{} in [{all}]", field.name));
        assert!(told.is_ok(), "{told:?}");
    }
    let odia = values_of("lang").into_iter().find(|(_, says)| says == "Odia.");
    assert_eq!(
        odia.map(|(value, _)| value).as_deref(),
        Some("\"or\""),
        "a code that is a word of the language is quoted"
    );
    assert!(values_of("author.followers").is_empty() && values_of("nothing").is_empty());
}

#[test]
fn no_code_is_named_that_the_checker_does_not_know() {
    let codes = |list: &'static str| list.split(';').filter_map(|entry| entry.split_once(' ')).map(|(code, _)| code);
    let languages: Vec<_> = codes(codes::LANGUAGES).collect();
    assert_eq!(languages.iter().copied().collect::<BTreeSet<_>>(), vocab::languages().collect());
    assert_eq!(languages.len(), vocab::languages().count());
    assert_eq!(codes(codes::COUNTRIES).collect::<Vec<_>>(), vocab::countries().collect::<Vec<_>>());
}

#[test]
fn a_word_is_found_by_its_name_in_its_place() {
    let says = |name: &str, context| word(name, context).map(|word| (word.name, word.kind));
    assert_eq!(says("count", Context::Measure), Some(("count", Kind::Measure)));
    assert_eq!(says("count", Context::WindowKind), Some(("count", Kind::WindowKind)));
    assert_eq!(says("count", Context::Posts), Some(("count", Kind::Function)));
    assert_eq!(says("count", Context::SeverityRow), None);
    assert_eq!(says("alert", Context::Monitor), Some(("alert when", Kind::MonitorClause)));
    assert_eq!(says("near/5", Context::PostsJoin), Some(("near/N", Kind::Operator)));
    assert_eq!(says("near", Context::PostsJoin), Some(("near/N", Kind::Operator)));
    assert_eq!(says("near/x", Context::PostsJoin), None);
    assert_eq!(says("N", Context::PostsJoin), None);
    assert_eq!(says("sample", Context::Monitor), Some(("under load", Kind::MonitorClause)));
    assert_eq!(says("mute", Context::Monitor), Some(("mute", Kind::MonitorClause)));
    assert_eq!(says("nothing_such", Context::Monitor), None);
    assert_eq!(anywhere("followers"), None);
    assert_eq!(field("followers").map(|doc| doc.field.name), Some("author.followers"));
    assert_eq!(field("followers").map(|doc| doc.holds).as_deref(), Some("A whole number, 0 and up."));
    assert_eq!(units().map(|unit| unit.name).collect::<Vec<_>>(), ["ms", "s", "m", "h", "d", "w"]);
}
