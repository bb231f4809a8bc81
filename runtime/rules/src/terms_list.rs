//! A plain list of terms as rules: each line is a query, and all its words must be in the post, in any order.

use std::collections::BTreeSet;

use mon_grammar::Span;

/// The `.mon` text that says the same as a list of terms, a line each, so that findings name the list's own lines. Of empty
/// lines and lines after `#` nothing is left.
pub fn to_rules(list: &str) -> String {
    let mut taken = BTreeSet::new();
    let mut rules = String::new();
    for line in list.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            rules.push('\n');
            continue;
        }
        let words: Vec<String> = line.split_whitespace().map(quoted).collect();
        let name = unique(&name_of(line), &mut taken);
        rules.push_str(&format!("query {name} = {}\n", words.join(" and ")));
    }
    rules
}

/// The line of a list that a place in its rules came from, without the space around it.
pub fn line_of(rules: &str, place: Span, list: &str) -> Span {
    let before = rules.get(..place.start as usize).unwrap_or("").matches('\n').count();
    let start: usize = list.split_inclusive('\n').take(before).map(str::len).sum();
    let line = list.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("");
    let lead = line.len() - line.trim_start().len();
    let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Span::new(at(start + lead), at(start + lead + line.trim().len()))
}

fn quoted(word: &str) -> String {
    let mut text = String::from("\"");
    for c in word.chars() {
        if matches!(c, '"' | '\\' | '*' | '?') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text
}

/// A name that the language takes: `flood crisis` is `list_flood_crisis`, so that no keyword is ever hit.
fn name_of(line: &str) -> String {
    let mut name = String::from("list");
    for word in line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        name.push('_');
        name.push_str(&word.to_ascii_lowercase());
    }
    name
}

fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{name}_{number}");
        number += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use mon_grammar::Span;

    use super::{line_of, to_rules};

    #[test]
    fn a_place_in_the_rules_is_a_line_of_the_list() {
        let list = "# phones\r\n  flood crisis \n???";
        let rules = to_rules(list);
        for (wanted, line) in [("crisis\"", "flood crisis"), ("\\?", "???")] {
            let at = u32::try_from(rules.find(wanted).unwrap()).unwrap();
            assert_eq!(line_of(&rules, Span::new(at, at + 1), list).text(list), line);
        }
    }

    #[test]
    fn each_line_is_a_query_of_all_its_words() {
        let rules = to_rules("flood crisis\n\n# a comment\nflood-crisis\nc*\n");
        assert_eq!(
            rules,
            "query list_flood_crisis = \"flood\" and \"crisis\"\n\n\nquery list_flood_crisis_2 = \"flood-crisis\"\nquery list_c = \"c\\*\"\n"
        );
    }
}
