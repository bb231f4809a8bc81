//! A new name for something, everywhere at once, and why a name cannot be taken.

use std::sync::Arc;

use mon_compiler::vocabulary;
use mon_grammar::Span;
use mon_grammar::ast::{ClauseKind, ItemKind};

use crate::snapshot::{FileState, Location, Snapshot, Symbol, item_name};
use crate::symbols::{Kind, Occurrence, Role};

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
    #[error("`{0}` is taken by another one in `{1}`, which uses the same package")]
    TakenIn(String, String),
    #[error("`{0}` is bound in `{1}`, where it cannot be changed to `{2}` exactly; bind `{2}` there first")]
    Bound(String, String, String),
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

/// The places in rules to write a new name at.
///
/// # Errors
/// The name cannot be changed, or not to this one.
pub fn rename(snapshot: &Snapshot, file: usize, offset: u32, new: &str) -> Result<Vec<Location>, RenameError> {
    prepare(snapshot, file, offset)?;
    let (symbol, _) = snapshot.symbol_at(file, offset).ok_or(RenameError::NoName)?;
    check(snapshot, &symbol, new)?;
    let together = together(snapshot, &symbol);
    let own = |(place, _): (Location, _)| {
        let text = snapshot.file(place.file).map_or("", |file| place.span.text(&file.text));
        Location { span: last_part(place.span, text.trim_end()).0, ..place }
    };
    let mut places: Vec<Location> = together.iter().flat_map(|symbol| snapshot.places_of(symbol)).map(own).collect();
    places.sort();
    if means_the_same(snapshot, &symbol, &together, &places, new) {
        Ok(places)
    } else {
        Err(RenameError::Taken(new.to_owned()))
    }
}

/// What has one name for one reason: a measure with those that it overrides, and those that override it.
fn together(snapshot: &Snapshot, symbol: &Symbol) -> Vec<Symbol> {
    let Some(owner) = symbol.within.as_deref().filter(|_| symbol.kind == Kind::Measure) else {
        return vec![symbol.clone()];
    };
    let is_said =
        |found: &Occurrence| found.kind == Kind::Measure && found.role == Role::Definition && found.name == symbol.name;
    let owners: Vec<String> = snapshot
        .names()
        .filter(|(_, found)| is_said(found))
        .filter_map(|(file, found)| snapshot.item_name(file, found.item))
        .collect();
    let first = extended(snapshot, owner).into_iter().rev().find(|monitor| owners.contains(monitor));
    let mut all: Vec<Symbol> = Vec::new();
    for monitor in owners {
        let of = Symbol { within: Some(monitor), ..symbol.clone() };
        let is_of =
            |first: &String| of.within.as_deref().is_some_and(|monitor| extended(snapshot, monitor).contains(first));
        if first.as_ref().is_some_and(is_of) && !all.contains(&of) {
            all.push(of);
        }
    }
    if all.is_empty() { vec![symbol.clone()] } else { all }
}

/// A monitor and those that it extends, up to the first.
fn extended(snapshot: &Snapshot, monitor: &str) -> Vec<String> {
    let mut chain = vec![monitor.to_owned()];
    while let Some(base) = chain.last().and_then(|last| base_of(snapshot, last)) {
        // A circle is an error that is told elsewhere.
        if chain.contains(&base) {
            break;
        }
        chain.push(base);
    }
    chain
}

fn base_of(snapshot: &Snapshot, name: &str) -> Option<String> {
    snapshot.items().find_map(|(_, _, item)| match &item.kind {
        ItemKind::Monitor(monitor) if monitor.name.text == name => {
            monitor.clauses.iter().find_map(|clause| match &clause.kind {
                ClauseKind::Extend { base, .. } => Some(base.text.clone()),
                _ => None,
            })
        }
        _ => None,
    })
}

/// Whether every name of the folder means what it meant before, once the new name stands at its places.
fn means_the_same(snapshot: &Snapshot, symbol: &Symbol, together: &[Symbol], places: &[Location], new: &str) -> bool {
    let files = snapshot.files.iter().enumerate().map(|(at, file)| written(file, at, places, new)).collect();
    let after = Snapshot::of(files, snapshot.packages.clone());
    let old = symbol.name.rsplit('.').next().unwrap_or(&symbol.name);
    let renamed = |mut name: String| {
        let own = name.rfind('.').map_or(0, |dot| dot + 1);
        name.replace_range(own.., new);
        name
    };
    let is_same = |before: Symbol, now: &Symbol| {
        let moves = matches!(symbol.kind, Kind::Monitor | Kind::Query) && before.within.as_deref() == Some(old);
        let within = before.within == now.within || moves && now.within.as_deref() == Some(new);
        let name = if together.contains(&before) { renamed(before.name) } else { before.name };
        before.kind == now.kind && name == now.name && within
    };
    snapshot.files.iter().zip(&after.files).enumerate().all(|(at, (before, now))| {
        let (names, new_names) = (before.names(), now.names());
        let pairs = names.iter().zip(new_names).filter(|(name, _)| can_change(before, name, old, new));
        names.len() == new_names.len()
            && pairs.into_iter().all(|(before, now)| is_same(snapshot.resolve(at, before), &after.resolve(at, now)))
    })
}

/// Whether a name can come to mean something else: one of the old or the new name, and what stands in an item of the old name or in one that
/// takes over what another says.
fn can_change(file: &FileState, name: &Occurrence, old: &str, new: &str) -> bool {
    let last = name.name.rsplit('.').next().unwrap_or(&name.name);
    if last == old || last == new {
        return true;
    }
    let Some(item) = file.item(name.item) else { return true };
    let takes_over = match &item.kind {
        ItemKind::Monitor(monitor) => {
            monitor.clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::Extend { .. }))
        }
        _ => false,
    };
    takes_over || item_name(item).is_some_and(|own| own.text == old)
}

/// A file with a new name at some places, which are in order.
fn written(file: &Arc<FileState>, at: usize, places: &[Location], new: &str) -> Arc<FileState> {
    let mut text = file.text.to_string();
    let mut is_changed = false;
    for place in places.iter().rev().filter(|place| place.file == at) {
        let (start, end) = (place.span.start as usize, place.span.end as usize);
        if text.get(start..end).is_some() {
            text.replace_range(start..end, new);
            is_changed = true;
        }
    }
    if !is_changed {
        return Arc::clone(file);
    }
    let tree = Arc::new(mon_grammar::parse(&text));
    Arc::new(FileState::new(file.path.clone(), Arc::from(text), tree, file.version))
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
    if symbol.kind == Kind::Query && is_call(snapshot, symbol, new) {
        return Err(RenameError::Reserved(new.to_owned()));
    }
    if meets_param(snapshot, symbol, new) {
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

/// Whether a query of this name would be called where a function of the language is.
fn is_call(snapshot: &Snapshot, symbol: &Symbol, new: &str) -> bool {
    let is_given = snapshot.item_of(symbol).is_some_and(|(_, item)| match &item.kind {
        ItemKind::Query(query) => !query.params.is_empty(),
        _ => false,
    });
    let is_called = |word: &vocabulary::Word| match word.kind {
        vocabulary::Kind::Function => true,
        vocabulary::Kind::Measure | vocabulary::Kind::Detector | vocabulary::Kind::Reference => is_given,
        _ => false,
    };
    is_given && new == "abs" || vocabulary::all().any(|word| word.name == new && is_called(word))
}

/// Whether a list or query and a parameter, which share their names, would have one.
fn meets_param(snapshot: &Snapshot, symbol: &Symbol, new: &str) -> bool {
    let rivals: &[Kind] = match symbol.kind {
        Kind::Param => &[Kind::Terms, Kind::Query],
        Kind::Terms | Kind::Query => &[Kind::Param],
        _ => return false,
    };
    let package = |file: usize| snapshot.packages.get(file).and_then(Option::as_ref);
    let Some(said) = snapshot.definition(symbol) else { return false };
    let meets = |(file, found): (usize, &Occurrence)| {
        found.role == Role::Definition
            && found.name == new
            && rivals.contains(&found.kind)
            && package(file) == package(said.file)
    };
    snapshot.names().any(meets)
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

    /// The places that a rename changes.
    fn renamed(text: &str, new: &str) -> Result<String, RenameError> {
        let found = rules(&[("a.mon", text)]);
        rename(&found.snapshot, found.file, found.at, new).map(|places| found.shown(places))
    }

    #[test]
    fn a_monitor_is_renamed_in_the_rows_of_playbooks() {
        let text = "monitor ‸m { match \"a\" }\nmonitor n { match \"b\" }\nplaybook p {\n  route first {\n    when monitor is m and severity is high to team a\n    when monitor in [n, m] to team b\n    otherwise to team c\n  }\n  notify { medium by email at once }\n}\n";
        expect![[r#"
            a.mon:1:9 m
            a.mon:5:21 m
            a.mon:6:25 m
        "#]]
        .assert_eq(&renamed(text, "other").unwrap());
    }

    #[test]
    fn what_a_measure_counts_are_posts_and_what_it_compares_are_measures() {
        let text = |list: &str, measure: &str| {
            format!(
                "terms {list}acme = \"acme\"\nterms zeta = \"zeta\"\nmonitor m {{\n  match acme or zeta\n  window tumble 5m\n  measure {measure}acme = count(acme)\n  measure fast = rate(acme)\n  measure voice = share_of_voice(acme of [acme, zeta])\n  measure part = share(acme of fast)\n  measure usual = baseline(acme, any_hour over 7d)\n  measure more = zscore(count(acme), any_hour over 7d)\n  alert when acme > 3\n}}\n"
            )
        };
        expect![[r#"
            a.mon:1:7 acme
            a.mon:4:9 acme
            a.mon:6:24 acme
            a.mon:7:23 acme
            a.mon:8:34 acme
            a.mon:8:43 acme
            a.mon:11:31 acme
        "#]]
        .assert_eq(&renamed(&text("‸", ""), "other").unwrap());
        expect![[r#"
            a.mon:6:11 acme
            a.mon:9:24 acme
            a.mon:10:28 acme
            a.mon:12:14 acme
        "#]]
        .assert_eq(&renamed(&text("", "‸"), "other").unwrap());
    }

    #[test]
    fn a_name_that_would_change_what_another_place_means_is_taken() {
        let taken = [
            // A parameter that would hide a list, and lists that a parameter or measure would hide.
            ("terms acme = \"acme\"\nquery q(‸brand: terms) = brand near/3 acme\n", "acme"),
            ("terms ‸acme = \"acme\"\nquery q(brand: terms) = brand near/3 acme\n", "brand"),
            // A list that would give a meaning to a name that has none.
            ("terms ‸acme = \"acme\"\nquery q = acme and unknown\n", "unknown"),
            // A measure of an extension that would override that of its base.
            (
                "monitor base {\n  match \"a\"\n  window tumble 5m\n  measure volume = count()\n  alert when volume > 1\n}\nmonitor more {\n  extend base\n  measure ‸all = count()\n  alert when volume > 2 and all > 1\n}\n",
                "volume",
            ),
        ];
        for (text, new) in taken {
            assert_eq!(renamed(text, new), Err(RenameError::Taken(new.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_list_and_dates_of_one_name_are_two() {
        let text = |list: &str, dates: &str| {
            format!(
                "terms {list}feasts = \"feast\"\ndates {dates}feasts = 2026-12-24\nmonitor m {{\n  match feasts\n  window tumble 5m\n  measure volume = count(feasts)\n  measure usual = baseline(volume, any_hour over 7d in UTC without feasts)\n}}\n"
            )
        };
        expect![[r#"
            a.mon:1:7 feasts
            a.mon:4:9 feasts
            a.mon:6:26 feasts
        "#]]
        .assert_eq(&renamed(&text("‸", ""), "days").unwrap());
        expect![[r#"
            a.mon:2:7 feasts
            a.mon:7:68 feasts
        "#]]
        .assert_eq(&renamed(&text("", "‸"), "days").unwrap());
    }

    #[test]
    fn a_measure_is_renamed_with_those_that_override_it() {
        let text = |base: &str, own: &str| {
            format!(
                "monitor base {{\n  match \"a\"\n  window tumble 5m\n  measure {base}volume = count()\n  alert when volume > 1\n}}\nmonitor more {{\n  extend base\n  measure {own}volume = rate()\n}}\nmonitor most {{\n  extend more\n  alert when volume > 3\n}}\nmonitor apart {{\n  match \"a\"\n  window tumble 5m\n  measure volume = count()\n}}\n"
            )
        };
        let all = renamed(&text("‸", ""), "posts").unwrap();
        expect![[r#"
            a.mon:4:11 volume
            a.mon:5:14 volume
            a.mon:9:11 volume
            a.mon:13:14 volume
        "#]]
        .assert_eq(&all);
        assert_eq!(renamed(&text("", "‸"), "posts").unwrap(), all);
    }

    #[test]
    fn a_query_gets_no_name_of_a_function() {
        let given = "terms t = \"a\"\nquery ‸about(brand: terms) = brand\nquery q = about(t)\n";
        let plain = "query ‸loud = author.followers >= 10k\nmonitor m { match loud }\n";
        for new in ["box", "circle", "polygon", "count", "distinct", "hours", "days"] {
            assert_eq!(renamed(given, new), Err(RenameError::Reserved(new.to_owned())));
            assert_eq!(renamed(plain, new), Err(RenameError::Reserved(new.to_owned())));
        }
        for new in ["rate", "share_of_voice", "baseline", "previous", "top", "abs"] {
            assert_eq!(renamed(given, new), Err(RenameError::Reserved(new.to_owned())));
            assert!(renamed(plain, new).is_ok(), "{new}");
        }
    }

    #[test]
    fn lists_and_queries_share_their_names_with_parameters() {
        let rules = |list: &str, query: &str, param: &str| {
            format!(
                "terms {list}acme = \"acme\"\nquery {query}plain = acme\nquery about({param}brand: terms) = brand near/3 \"x\"\nquery q = about(acme) or plain\n"
            )
        };
        let taken = |new: &str| Err(RenameError::Taken(new.to_owned()));
        assert_eq!(renamed(&rules("", "", "‸"), "acme"), taken("acme"));
        assert_eq!(renamed(&rules("", "", "‸"), "plain"), taken("plain"));
        assert_eq!(renamed(&rules("‸", "", ""), "brand"), taken("brand"));
        assert_eq!(renamed(&rules("", "‸", ""), "brand"), taken("brand"));
        assert!(renamed(&rules("", "", "‸"), "other").is_ok());
        // A list of a package and a parameter outside of it meet nowhere.
        let found = crate::feature::fixture::rules(&[
            ("lex.mon", "terms acme = \"acme\"\n"),
            ("m.mon", "query about(‸brand: terms) = brand\n"),
        ]);
        let packages = vec![Some("lex".to_owned()), None];
        let snapshot = Snapshot::of(found.snapshot.files.clone(), packages);
        assert_eq!(rename(&snapshot, found.file, found.at, "acme").map(|places| places.len()), Ok(2));
    }
}
