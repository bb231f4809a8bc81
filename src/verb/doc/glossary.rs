//! The words of the language that occur in the rules, each in a sentence for somebody who writes none, and the fields of
//! posts that they name.

use std::collections::{BTreeMap, BTreeSet};

use mon_compiler::vocabulary::{self, Word};
use mon_grammar::tree::SyntaxKind;
use mon_post::{FIELDS, FieldId, Privacy};

use super::code::mention_at;
use super::facts::Site;
use super::html::Html;
use super::names::Meaning;

const SIGNS: &[(SyntaxKind, &str, &str)] = &[
    (SyntaxKind::Tag, "#tag", "the hashtag"),
    (SyntaxKind::Handle, "@name", "the handle of an account"),
    (SyntaxKind::Cashtag, "$NAME", "the cashtag of a share"),
    (SyntaxKind::Regex, "/…/", "a pattern of signs, for what no word says"),
    (SyntaxKind::Tilde, "\"…\"~1", "the word with so many typing mistakes"),
    (
        SyntaxKind::String,
        "\"…\"",
        "a word or a phrase, in any case, with or without accents; a * in it is any run of letters",
    ),
];

/// Whether a word belongs to the language.
pub fn is_word(word: &str) -> bool {
    vocabulary::anywhere(&word.to_ascii_lowercase()).is_some()
}

/// What a written word can be: each word of that very name, else the one that it is a part of.
fn words_called(written: &str) -> Vec<&'static Word> {
    let exact: Vec<_> = vocabulary::all().filter(|word| word.executed && word.name == written).collect();
    if exact.is_empty() { vocabulary::anywhere(written).into_iter().collect() } else { exact }
}

/// What occurs in the rules.
#[derive(Default)]
struct Occurring {
    words: BTreeSet<String>,
    signs: Vec<SyntaxKind>,
    fields: BTreeSet<FieldId>,
}

fn occurring(site: &Site<'_>) -> Occurring {
    let mut found = Occurring::default();
    for (file, leaves) in (0..).zip(&site.leaves) {
        let mentions = site.mentions_in(file);
        for leaf in leaves {
            let text = site.text(file, leaf.span);
            match leaf.kind {
                SyntaxKind::Word if mention_at(&mentions, leaf.span).is_none() => {
                    found.words.insert(text.to_ascii_lowercase());
                }
                SyntaxKind::Distance => {
                    found.words.extend(text.split('/').next().map(str::to_ascii_lowercase));
                }
                kind if !found.signs.contains(&kind) => found.signs.push(kind),
                _ => {}
            }
        }
        let fields = mentions.iter().filter(|mention| mention.meaning == Meaning::Field);
        found.fields.extend(fields.filter_map(|mention| mon_post::find(site.text(file, mention.span))));
    }
    found
}

/// The page.
pub fn page(html: &mut Html, site: &Site<'_>) {
    let found = occurring(site);
    html.element("h1", &[], "Glossary");
    html.inside("p", &[("class", "lead")], |html| {
        html.text("The words of the language that these rules use. The reference of the language, docs/language.md, says precisely what each means.");
    });
    html.inside("section", &[], |html| {
        html.element("h2", &[], "Words");
        html.inside("dl", &[("class", "glossary")], |html| {
            for (sign, meaning) in
                SIGNS.iter().filter(|sign| found.signs.contains(&sign.0)).map(|sign| (sign.1, sign.2))
            {
                entry(html, sign, meaning);
            }
            let words: BTreeMap<_, _> = found
                .words
                .iter()
                .flat_map(|written| words_called(written))
                .map(|word| ((word.name, word.says), word))
                .collect();
            for word in words.into_values() {
                entry(html, word.name, word.says);
            }
        });
    });
    if found.fields.is_empty() {
        return;
    }
    html.inside("section", &[], |html| {
        html.element("h2", &[], "Fields of posts");
        html.inside("dl", &[("class", "glossary")], |html| {
            for field in found.fields.iter().filter_map(|id| FIELDS.get(id.0 as usize)) {
                let label = if field.privacy == Privacy::Open { "" } else { field.privacy.name() };
                let label = if label.is_empty() { String::new() } else { format!(", {label}") };
                entry(html, field.name, &format!("{}{label}", field.doc));
            }
        });
    });
}

fn entry(html: &mut Html, word: &str, meaning: &str) {
    html.inside("div", &[], |html| {
        html.inside("dt", &[], |html| html.element("code", &[], word));
        html.element("dd", &[], meaning);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_explained_in_each_of_its_senses_and_a_part_by_its_whole() {
        let named = |written: &str| words_called(written).iter().map(|word| word.name).collect::<Vec<_>>();
        assert!(named("count").len() > 1, "{:?}", named("count"));
        assert_eq!(named("clear"), ["clear when"]);
        assert_eq!(named("quokka"), [""; 0]);
        assert!(is_word("AND") && is_word("sample") && !is_word("quokka"));
    }
}
