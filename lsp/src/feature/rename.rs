//! A new name for something, everywhere at once, and why a name cannot be taken.

use mon_grammar::Span;

use crate::snapshot::{Location, Snapshot, Symbol};
use crate::symbols::Kind;

/// Why a name stays as it is; lower case, with what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    #[error(
        "there is no name here that rules give; put the cursor on the name of a list, query, monitor, playbook, measure, team or method"
    )]
    NoName,
    #[error("`{0}` belongs to the language or to posts, so it keeps its name")]
    NotOurs(String),
    #[error("`{0}` is no name: write letters, digits and `_`, with a letter first")]
    NoIdentifier(String),
    #[error("`{0}` is a word of the language; choose another name, for example `my_{0}`")]
    Reserved(String),
    #[error("`{0}` is taken by another one; two things of one name would be an error")]
    Taken(String),
    #[error("`{0}` is not said in these rules, so it cannot be renamed here")]
    Elsewhere(String),
}

/// The name at a byte that can be changed, without its package.
///
/// # Errors
/// There is none, or it is not one that rules give.
pub fn prepare(snapshot: &Snapshot, file: usize, offset: u32) -> Result<(Location, String), RenameError> {
    let (symbol, found) = snapshot.symbol_at(file, offset).ok_or(RenameError::NoName)?;
    if !symbol.kind.is_renamed() {
        return Err(RenameError::NotOurs(found.name.clone()));
    }
    if symbol.kind.is_defined_in_rules() && snapshot.definition(&symbol).is_none() {
        return Err(RenameError::Elsewhere(found.name.clone()));
    }
    let own = last_part(found.span, &found.name);
    Ok((Location { file, span: own.0 }, own.1.to_owned()))
}

/// The places to write a new name at. Names of teams and methods stand in `mon.toml` too, which stays as it is.
///
/// # Errors
/// The name cannot be changed, or not to this one.
pub fn rename(snapshot: &Snapshot, file: usize, offset: u32, new: &str) -> Result<Vec<Location>, RenameError> {
    prepare(snapshot, file, offset)?;
    let (symbol, _) = snapshot.symbol_at(file, offset).ok_or(RenameError::NoName)?;
    check(snapshot, &symbol, new)?;
    let own = |(place, _): (Location, _)| {
        let text = snapshot.file(place.file).map_or("", |file| place.span.text(&file.text));
        Location { span: last_part(place.span, text.trim_end()).0, ..place }
    };
    Ok(snapshot.places_of(&symbol).into_iter().map(own).collect())
}

/// `brand.acme` is renamed behind its dot.
fn last_part(span: Span, name: &str) -> (Span, &str) {
    let last = name.rsplit('.').next().unwrap_or(name);
    let before = crate::text::small(name.len() - last.len());
    let start = span.start + before;
    (Span::new(start, start + crate::text::small(last.len())), last)
}

fn check(snapshot: &Snapshot, symbol: &Symbol, new: &str) -> Result<(), RenameError> {
    if !is_name(new) {
        let shape = new.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && new.chars().all(|c| c.is_alphanumeric() || c == '_');
        let error = if shape { RenameError::Reserved } else { RenameError::NoIdentifier };
        return Err(error(new.to_owned()));
    }
    let taken = || RenameError::Taken(new.to_owned());
    let is_word = matches!(symbol.kind, Kind::Terms | Kind::Query | Kind::Monitor | Kind::Measure | Kind::Param);
    if is_word && mon_post::find(new).is_some() {
        return Err(taken());
    }
    let full = match symbol.name.rsplit_once('.') {
        Some((package, _)) => format!("{package}.{new}"),
        None => new.to_owned(),
    };
    let rivals: &[Kind] = match symbol.kind {
        Kind::Terms | Kind::Query | Kind::Monitor => &[Kind::Terms, Kind::Query, Kind::Monitor],
        ref kind => std::slice::from_ref(kind),
    };
    // A team's new name may be that of another team: both are then one.
    if matches!(symbol.kind, Kind::Team | Kind::Method) || full == symbol.name {
        return Ok(());
    }
    let other = |kind: &Kind| Symbol { kind: *kind, name: full.clone(), within: symbol.within.clone() };
    if rivals.iter().any(|kind| snapshot.definition(&other(kind)).is_some()) {
        return Err(taken());
    }
    Ok(())
}

/// Whether the grammar takes it as a name.
fn is_name(text: &str) -> bool {
    let tree = mon_grammar::parse(&format!("monitor {text} {{ match \"a\" measure {text} = count() }}"));
    let named = tree.items.first().and_then(crate::snapshot::item_name).is_some_and(|name| name.text == text);
    tree.errors.is_empty() && named && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::feature::fixture::rules;

    #[test]
    fn a_list_gets_its_new_name_in_every_file() {
        let found = rules(&[("a.mon", "terms ac‸me = \"acme\"\n"), ("b.mon", "query q = acme near/3 \"x\"\n")]);
        let places = rename(&found.snapshot, found.file, found.at, "brand").unwrap();
        expect![[r#"
            a.mon:1:7 acme
            b.mon:1:11 acme
        "#]]
        .assert_eq(&found.shown(places));
    }

    #[test]
    fn what_cannot_be_renamed_is_told_why() {
        let text = "terms a‸cme = \"acme\"\nquery q = acme and lang is en\nmonitor m { match q }\n";
        let found = rules(&[("a.mon", text)]);
        let tried = |new: &str| rename(&found.snapshot, found.file, found.at, new).unwrap_err().to_string();
        let said: Vec<String> = ["q", "m", "and", "a b", "9", "lang", ""].into_iter().map(tried).collect();
        expect![[r#"
            `q` is taken by another one; two things of one name would be an error
            `m` is taken by another one; two things of one name would be an error
            `and` is a word of the language; choose another name, for example `my_and`
            `a b` is no name: write letters, digits and `_`, with a letter first
            `9` is no name: write letters, digits and `_`, with a letter first
            `lang` is taken by another one; two things of one name would be an error
            `` is no name: write letters, digits and `_`, with a letter first"#]]
        .assert_eq(&said.join("\n"));
        let field = found.snapshot.file(0).unwrap().text.find("lang").unwrap();
        let told = prepare(&found.snapshot, 0, u32::try_from(field).unwrap()).unwrap_err();
        assert_eq!(told, RenameError::NotOurs("lang".to_owned()));
    }
}
