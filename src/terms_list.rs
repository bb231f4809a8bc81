//! A plain list of terms as rules: each line is a query, and all its words must be in the post, in any order.

use std::collections::BTreeSet;

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
    use super::to_rules;

    #[test]
    fn each_line_is_a_query_of_all_its_words() {
        let rules = to_rules("flood crisis\n\n# a comment\nflood-crisis\nc*\n");
        assert_eq!(
            rules,
            "query list_flood_crisis = \"flood\" and \"crisis\"\n\n\nquery list_flood_crisis_2 = \"flood-crisis\"\nquery list_c = \"c\\*\"\n"
        );
    }
}
