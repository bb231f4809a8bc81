//! The public suite for tags, handles, cashtags and links in posts. Its indices count code points.

use std::collections::BTreeMap;

use mon_text::{Kind, Token, Tokens};
use serde::Deserialize;
use serde_yaml_ng::Value;

#[derive(Deserialize)]
struct Suite {
    tests: BTreeMap<String, Vec<Case>>,
}

#[derive(Deserialize)]
struct Case {
    description: String,
    text: String,
    #[serde(default)]
    expected: Value,
}

/// Cases where the product differs on purpose, with the reason.
const EXCEPTIONS: [(&str, &str); 0] = [];

fn tokens_of(tokens: &Tokens, kind: Kind) -> impl Iterator<Item = &Token> {
    tokens.iter().filter(move |token| token.kind == kind)
}

/// What the suite would show for a token: the text without its sign, and its range in code points.
fn shown(text: &str, token: &Token, kind: Kind) -> (String, [usize; 2]) {
    let (start, end) = (token.start as usize, token.end as usize);
    let sign = match kind {
        Kind::Url => 0,
        _ => text[start..].chars().next().map_or(0, char::len_utf8),
    };
    let indices = [text[..start].chars().count(), text[..end].chars().count()];
    (text[start + sign..end].to_string(), indices)
}

fn expected(value: &Value) -> Vec<(String, Option<[usize; 2]>)> {
    let names = ["screen_name", "url", "hashtag", "cashtag"];
    let items = value.as_sequence().cloned().unwrap_or_default();
    items
        .iter()
        .map(|item| match item.as_str() {
            Some(text) => (text.to_string(), None),
            None => {
                let name = names.iter().find_map(|name| item.get(name)).and_then(Value::as_str).expect("a name");
                let index = |at| usize::try_from(item["indices"][at].as_u64().expect("an index")).expect("small");
                (name.to_string(), Some([index(0), index(1)]))
            }
        })
        .collect()
}

#[test]
fn extraction_agrees_with_the_public_suite() {
    let Some(yaml) = crate::shared("twitter-text-conformance/extract.yml") else { return };
    let suite: Suite = serde_yaml_ng::from_str(&yaml).expect("the suite");
    let mut tokens = Tokens::default();
    let (mut count, mut failures) = (0, Vec::new());
    for (part, cases) in &suite.tests {
        let kind = match part.as_str() {
            "mentions" | "mentions_with_indices" | "mentions_or_lists_with_indices" => Kind::Handle,
            "urls" | "urls_with_indices" | "urls_with_directional_markers" | "tco_urls_with_params" => Kind::Url,
            "hashtags" | "hashtags_from_astral" | "hashtags_with_indices" => Kind::Tag,
            "cashtags" | "cashtags_with_indices" => Kind::Cash,
            // Replies are mentions at the start, which only the platform can tell.
            "replies" => continue,
            other => panic!("a new part of the suite: {other}"),
        };
        for case in cases {
            count += 1;
            tokens.tokenize(&case.text, 0);
            // Handles of servers (`@a@b.c`) are not the suite's; lists (`@a/b`) are handles with a path to us.
            let found: Vec<(String, [usize; 2])> = tokens_of(&tokens, kind)
                .map(|token| shown(&case.text, token, kind))
                .filter(|(text, _)| kind != Kind::Handle || !text.contains('@'))
                .collect();
            let wanted = expected(&case.expected);
            let is_list = part == "mentions_or_lists_with_indices";
            let same = found.len() == wanted.len()
                && found.iter().zip(&wanted).all(|((text, indices), (name, range))| {
                    text == name
                        && range.is_none_or(|range| if is_list { range[0] == indices[0] } else { range == *indices })
                });
            if !same && !EXCEPTIONS.iter().any(|(name, _)| *name == case.description) {
                failures.push(format!(
                    "{part}: {}\n  {:?}\n  expected {wanted:?}\n  found {found:?}",
                    case.description, case.text
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count}:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(count, 225);
}
