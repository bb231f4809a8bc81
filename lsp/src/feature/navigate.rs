//! From a name to where it is said, and to everywhere it is used.

use crate::snapshot::{Location, Snapshot};
use crate::symbols::{Kind, Role};

/// A place of a name in the file before the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Highlight {
    pub place: Location,
    /// Whether the rules say here what it is.
    pub defines: bool,
}

/// Where the rules say what the name at a byte is; for a file or package that `use` names, its beginning.
#[must_use]
pub fn definition(snapshot: &Snapshot, file: usize, offset: u32) -> Vec<Location> {
    let Some((symbol, found)) = snapshot.symbol_at(file, offset) else { return Vec::new() };
    match symbol.kind {
        Kind::File | Kind::Package => files(snapshot, file, &found.name, symbol.kind),
        kind if kind.is_defined_in_rules() => snapshot.definition(&symbol).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The files that `use` names, each from its first byte.
fn files(snapshot: &Snapshot, from: usize, target: &str, kind: Kind) -> Vec<Location> {
    let start = |file| Location { file, span: mon_grammar::Span::default() };
    if kind == Kind::Package {
        let of = snapshot.packages.iter().enumerate().filter(|(_, package)| package.as_deref() == Some(target));
        return of.map(|(file, _)| start(file)).collect();
    }
    let own = snapshot.file(from).and_then(|file| file.path.parent()).unwrap_or(std::path::Path::new(""));
    snapshot.file_of(&mon_rules::plain(&own.join(target))).map(start).into_iter().collect()
}

/// Every place of the name at a byte; where it is said, if `with_definition`.
#[must_use]
pub fn references(snapshot: &Snapshot, file: usize, offset: u32, with_definition: bool) -> Vec<Location> {
    let Some((symbol, _)) = snapshot.symbol_at(file, offset) else { return Vec::new() };
    let places = snapshot.places_of(&symbol).into_iter();
    places.filter(|(_, role)| with_definition || *role != Role::Definition).map(|(place, _)| place).collect()
}

/// The places of the name at a byte in this file.
#[must_use]
pub fn highlights(snapshot: &Snapshot, file: usize, offset: u32) -> Vec<Highlight> {
    let Some((symbol, _)) = snapshot.symbol_at(file, offset) else { return Vec::new() };
    let places = snapshot.places_of(&symbol).into_iter().filter(|(place, _)| place.file == file);
    places.map(|(place, role)| Highlight { place, defines: role == Role::Definition }).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::feature::fixture::rules;

    const BASE: (&str, &str) = (
        "base.mon",
        "terms acme = \"acme\"\nquery about(brand: terms, gap: number) = brand near/gap \"broken\" and lang in [en]\n",
    );

    #[test]
    fn a_list_is_found_in_another_file_with_all_its_uses() {
        let monitor = "monitor m {\n  match ac‸me or about(acme, 3)\n  measure volume = count(where acme)\n  alert when volume > 3\n}\n";
        let monitor = monitor.replace("count(where acme)", "count()");
        let found = rules(&[BASE, ("m.mon", &monitor)]);
        let shown = found.shown(definition(&found.snapshot, found.file, found.at));
        expect![[r#"
            base.mon:1:7 acme
        "#]]
        .assert_eq(&shown);
        expect![[r#"
            base.mon:1:7 acme
            m.mon:2:9 acme
            m.mon:2:23 acme
        "#]]
        .assert_eq(&found.shown(references(&found.snapshot, found.file, found.at, true)));
        assert_eq!(highlights(&found.snapshot, found.file, found.at).len(), 2);
    }

    #[test]
    fn a_measure_is_known_in_its_monitor_and_in_those_that_extend_it() {
        let text = "monitor a {\n  match \"x\"\n  window tumble 5m\n  measure vol‸ume = count()\n  alert when volume > 3\n}\nmonitor b {\n  extend a\n  severity { high when volume > 9 medium otherwise }\n}\nmonitor c {\n  match \"y\"\n  window tumble 5m\n  measure volume = count()\n  alert when volume > 3\n}\n";
        let found = rules(&[("m.mon", text)]);
        expect![[r#"
            m.mon:4:11 volume
            m.mon:5:14 volume
            m.mon:9:24 volume
        "#]]
        .assert_eq(&found.shown(references(&found.snapshot, found.file, found.at, true)));
    }

    #[test]
    fn a_parameter_stays_in_its_query_and_hides_a_list_of_its_name() {
        let text = "terms brand = \"b\"\nquery q(brand: terms) = br‸and near/2 \"x\"\nquery r = brand\n";
        let found = rules(&[("m.mon", text)]);
        expect![[r#"
            m.mon:2:9 brand
            m.mon:2:25 brand
        "#]]
        .assert_eq(&found.shown(references(&found.snapshot, found.file, found.at, true)));
        expect![[r#"
            m.mon:2:9 brand
        "#]]
        .assert_eq(&found.shown(definition(&found.snapshot, found.file, found.at)));
    }

    #[test]
    fn use_leads_to_the_file_and_a_field_to_its_other_places() {
        let found = rules(&[BASE, ("m.mon", "use \"ba‸se.mon\"\nquery q = acme and lang in [de]\n")]);
        assert_eq!(definition(&found.snapshot, found.file, found.at).len(), 1);
        let found = rules(&[BASE, ("m.mon", "query q = acme and la‸ng in [de]\n")]);
        expect![[r#"
            base.mon:2:70 lang
            m.mon:1:20 lang
        "#]]
        .assert_eq(&found.shown(references(&found.snapshot, found.file, found.at, true)));
        assert!(definition(&found.snapshot, found.file, found.at).is_empty());
    }
}
