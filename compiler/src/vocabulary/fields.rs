//! The fields of a post as an author needs them: what they hold, which operators fit, which values there are. All of it is read
//! from the registry of fields.

use mon_post::{FIELDS, Field, FieldId, FieldType};

use super::codes;
use crate::check::{holds, vocab};

/// Codes of languages that are operators, too: as values they stand in quotes.
const OPERATORS: [&str; 3] = ["in", "is", "or"];

/// A field of a post, explained.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDoc {
    /// Name, other names, type and label.
    pub field: &'static Field,
    /// What it is, in one sentence.
    pub says: String,
    /// What it holds: "A whole number, 0 and up."
    pub holds: String,
    /// The operators that fit, the usual ones first; `exists` and `not` fit every field.
    pub operators: &'static [&'static str],
    /// A test of it, as a rule writes it.
    pub example: String,
    /// The same as a snippet of the Language Server Protocol.
    pub insert: String,
}

/// The field of this name, or of which this is another name.
#[must_use]
pub fn field(name: &str) -> Option<FieldDoc> {
    mon_post::find(name).and_then(FieldId::get).map(explained)
}

/// All fields, in the order of the registry.
pub fn fields() -> impl Iterator<Item = FieldDoc> {
    FIELDS.iter().map(explained)
}

/// The values that a field can have, where they are a closed set, each as a rule writes it and with a sentence; none of any
/// other field.
#[must_use]
pub fn values_of(name: &str) -> Vec<(String, String)> {
    let Some(field) = mon_post::find(name).and_then(FieldId::get) else { return Vec::new() };
    let named = |code: &str, name: Option<&str>| {
        let written = if OPERATORS.contains(&code) { format!("\"{code}\"") } else { code.to_owned() };
        (written, name.map(sentence).unwrap_or_default())
    };
    match field.ty {
        FieldType::Enum(words) => words.iter().map(|word| named(word, codes::value(field.name, word))).collect(),
        FieldType::Language => vocab::languages().map(|code| named(code, codes::language(code))).collect(),
        FieldType::Country => vocab::countries().map(|code| named(code, codes::country(code))).collect(),
        FieldType::Flag => vec![named("true", Some("it is so")), named("false", Some("it is not so"))],
        FieldType::Text
        | FieldType::TextList
        | FieldType::Integer { .. }
        | FieldType::Decimal { .. }
        | FieldType::Time => Vec::new(),
    }
}

fn explained(field: &'static Field) -> FieldDoc {
    let value = value(field);
    let (operator, value) = match field.ty {
        FieldType::Integer { .. } => (">=", value),
        FieldType::Decimal { .. } => ("<=", value),
        FieldType::Time => ("within", value),
        FieldType::Language | FieldType::Country => ("in", value),
        FieldType::Text | FieldType::TextList | FieldType::Enum(_) | FieldType::Flag => ("is", value),
    };
    let listed = |value: &str| if operator == "in" { format!("[{value}]") } else { value.to_owned() };
    FieldDoc {
        field,
        says: sentence(field.doc),
        holds: sentence(&holds(field)),
        operators: operators(field.ty),
        example: format!("{} {operator} {}", field.name, listed(&value)),
        insert: format!("{} {operator} {}", field.name, listed(&format!("${{1:{value}}}"))),
    }
}

const fn operators(ty: FieldType) -> &'static [&'static str] {
    match ty {
        FieldType::Text | FieldType::TextList | FieldType::Enum(_) | FieldType::Language | FieldType::Country => {
            &["is", "in", "==", "!="]
        }
        FieldType::Integer { .. } | FieldType::Decimal { .. } => &[">=", "<=", ">", "<", "==", "!=", "is", "in"],
        FieldType::Flag => &["is", "==", "!=", "in"],
        FieldType::Time => &["within", ">=", "<=", ">", "<", "==", "!="],
    }
}

/// A value that the field can have, as a rule writes it.
fn value(field: &Field) -> String {
    match field.ty {
        FieldType::Text | FieldType::TextList if field.name == "link.domain" => "\"acme.example\"".to_owned(),
        FieldType::Text | FieldType::TextList => "\"acme\"".to_owned(),
        FieldType::Enum(words) => words.first().copied().unwrap_or_default().to_owned(),
        FieldType::Language => "en".to_owned(),
        FieldType::Country => "DE".to_owned(),
        FieldType::Integer { .. } => "10k".to_owned(),
        FieldType::Decimal { min, .. } => (min * 0.3).to_string(),
        FieldType::Flag => "true".to_owned(),
        FieldType::Time => "2h".to_owned(),
    }
}

/// A registry's words as a sentence: with a capital letter and a full stop.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}
