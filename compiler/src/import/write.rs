//! Writes what an import means as the text of a `.mon` file: lists of words as `terms`, parts with comments as queries of their own,
//! everything else in one query.

use mon_grammar::format;

use super::meaning::Mon;

/// Words of one list that get a `terms` item of their own.
const LIST_MIN: usize = 8;

/// How tightly a text holds together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tight {
    Or,
    And,
    Not,
    Joined,
    Whole,
}

struct Writer<'n> {
    name: &'n str,
    /// The item that is being written.
    within: String,
    items: Vec<String>,
    /// Lists that are written already: their members and their names.
    lists: Vec<(Vec<String>, String)>,
    names: Vec<String>,
    /// Items are made of long lists and commented parts.
    split: bool,
}

/// The whole file. `head` is its description.
pub(super) fn write(name: &str, head: &str, mon: &Mon, comments: &[String]) -> String {
    let mut writer = Writer {
        name,
        within: name.to_owned(),
        items: Vec::new(),
        lists: Vec::new(),
        names: vec![name.to_owned()],
        split: true,
    };
    let (first, mon) = match mon {
        Mon::Part { comments, inner } => (comments.as_slice(), inner.as_ref()),
        mon => (&[][..], mon),
    };
    let (text, _) = writer.expression(mon);
    let mut file = String::new();
    for item in &writer.items {
        file.push_str(item);
        file.push('\n');
    }
    file.push_str(&said(first.iter().chain(comments)));
    file.push_str(&format!("/// {head}\nquery {name} =\n{text}\n"));
    format(&file).text
}

/// An expression on one line, for the report.
pub(super) fn shown(mon: &Mon) -> String {
    let mut writer = Writer {
        name: "",
        within: String::new(),
        items: Vec::new(),
        lists: Vec::new(),
        names: Vec::new(),
        split: false,
    };
    writer.expression(mon).0.replace('\n', " ")
}

impl Writer<'_> {
    fn expression(&mut self, mon: &Mon) -> (String, Tight) {
        match mon {
            Mon::Const(value) => (value.to_string(), Tight::Whole),
            // Nothing is written of what is left out.
            Mon::Hole { .. } => ("true".to_owned(), Tight::Whole),
            Mon::Term(text) => (text.clone(), Tight::Whole),
            Mon::Row(members) => {
                let parts: Vec<String> = members.iter().map(|member| self.within(member, Tight::Whole)).collect();
                (parts.join(" then/0 "), Tight::Joined)
            }
            Mon::Near { gap, ordered, left, right } => {
                let word = if *ordered { "then" } else { "near" };
                let (left, right) = (self.within(left, Tight::Whole), self.within(right, Tight::Whole));
                (format!("{left} {word}/{gap} {right}"), Tight::Joined)
            }
            Mon::Is { field, values, told } => match values.as_slice() {
                [one] => tested(format!("{field} is {one}"), told.then_some(*field)),
                many => tested(format!("{field} in [{}]", many.join(", ")), told.then_some(*field)),
            },
            Mon::Test { text, told } => tested(text.clone(), *told),
            Mon::Zone { zone, inner, told } => {
                let inner = self.within(inner, Tight::Whole);
                tested(format!("{zone}: {inner}"), *told)
            }
            Mon::Not(inner) => (format!("not {}", self.within(inner, Tight::Joined)), Tight::Not),
            Mon::All(members) => {
                let parts: Vec<String> = members.iter().map(|member| self.within(member, Tight::Not)).collect();
                (parts.join("\nand "), Tight::And)
            }
            Mon::Any(members) => self.any(members),
            Mon::Part { comments, inner } if self.split => (self.part(comments, inner), Tight::Whole),
            Mon::Part { inner, .. } => self.expression(inner),
        }
    }

    /// An expression in brackets, unless it holds together as tightly as its place needs.
    fn within(&mut self, mon: &Mon, least: Tight) -> String {
        let (text, tight) = self.expression(mon);
        if tight >= least { text } else { format!("({text})") }
    }

    fn any(&mut self, members: &[Mon]) -> (String, Tight) {
        let words = words_of(members);
        let mut parts: Vec<String> = Vec::new();
        let listed = self.split && words.len() >= LIST_MIN;
        if listed {
            parts.push(self.list(words));
        }
        for member in members {
            if listed && matches!(member, Mon::Term(_)) {
                continue;
            }
            let part = self.within(member, Tight::Not);
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        match parts.len() {
            1 => (parts.swap_remove(0), Tight::Whole),
            _ => (parts.join(" or "), Tight::Or),
        }
    }

    /// The name of the `terms` item that holds these words.
    fn list(&mut self, words: Vec<String>) -> String {
        if let Some((_, name)) = self.lists.iter().find(|(known, _)| *known == words) {
            return name.clone();
        }
        let name = self.fresh(&format!("{}_words", self.within));
        self.items.push(format!("terms {name} = {}\n", words.join(", ")));
        self.lists.push((words, name.clone()));
        name
    }

    /// The name of the item that holds a part.
    fn part(&mut self, comments: &[String], inner: &Mon) -> String {
        let name = self.fresh(&format!("{}_{}", self.name, slug(comments.first().map_or("", String::as_str))));
        let comments = said(comments.iter());
        if let Mon::Any(members) = inner
            && members.iter().all(|member| matches!(member, Mon::Term(_)))
        {
            let words = words_of(members);
            self.items.push(format!("{comments}terms {name} = {}\n", words.join(", ")));
            self.lists.push((words, name.clone()));
            return name;
        }
        let outer = std::mem::replace(&mut self.within, name.clone());
        let (text, _) = self.expression(inner);
        self.within = outer;
        self.items.push(format!("{comments}query {name} =\n{text}\n"));
        name
    }

    /// A name that no item has.
    fn fresh(&mut self, wanted: &str) -> String {
        let wanted = wanted.to_owned();
        let mut name = wanted.clone();
        let mut number = 2;
        while self.names.contains(&name) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        self.names.push(name.clone());
        name
    }
}

fn tested(text: String, told: Option<&str>) -> (String, Tight) {
    match told {
        Some(field) => (format!("(exists {field} and {text})"), Tight::Whole),
        None => (text, Tight::Joined),
    }
}

fn words_of(members: &[Mon]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for member in members {
        if let Mon::Term(word) = member
            && !words.contains(word)
        {
            words.push(word.clone());
        }
    }
    words
}

/// Comments as lines of their own.
fn said<'c>(comments: impl Iterator<Item = &'c String>) -> String {
    comments.flat_map(|comment| comment.lines()).map(|line| format!("// {}\n", line.trim())).collect()
}

/// The first words of a comment as a part of a name.
fn slug(comment: &str) -> String {
    const WORDS: usize = 4;
    let words = comment.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let joined = words.take(WORDS).collect::<Vec<_>>().join("_").to_ascii_lowercase();
    if joined.is_empty() { "part".to_owned() } else { joined }
}
