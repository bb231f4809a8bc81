//! What can be written at the cursor: words of the language where they may stand, names that the rules give, fields of posts and
//! their values. Nothing is offered that would be an error there.

use std::collections::BTreeMap;

use mon_compiler::vocabulary::{self, Word};
use mon_grammar::Span;
use mon_grammar::ast::ItemKind;

use super::{hover, place};
use crate::snapshot::Snapshot;
use crate::symbols::{Kind, Role};

/// Where an offer comes from, which decides its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Value,
    Name(Kind),
    Word,
    Field,
}

/// Something that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub label: String,
    pub source: Source,
    /// What it is, in a few words.
    pub detail: String,
    /// What it means, as Markdown.
    pub docs: String,
    /// As a snippet of the Language Server Protocol.
    pub insert: String,
}

/// The offers at a byte, and what they take the place of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offers {
    pub replaces: Span,
    pub offers: Vec<Offer>,
}

/// What can be written at a byte; None inside a phrase or a comment.
#[must_use]
pub fn completion(snapshot: &Snapshot, file: usize, offset: u32) -> Option<Offers> {
    let state = snapshot.file(file)?;
    let here = place::here(state, offset)?;
    let mut offers = Vec::new();
    if let Some(field) = &here.wanted.values_of {
        offers.extend(vocabulary::values_of(field).into_iter().map(|(value, says)| Offer {
            insert: escaped(&value),
            detail: if says.is_empty() { format!("value of {field}") } else { says.trim_end_matches('.').to_owned() },
            label: value,
            source: Source::Value,
            docs: says,
        }));
    }
    let kinds: &[Kind] = &here.wanted.names;
    offers.extend(names(snapshot, file, here.item, kinds));
    let words = here.wanted.contexts.iter().flat_map(|context| vocabulary::in_context(*context));
    offers.extend(words.map(word));
    if here.wanted.fields {
        offers.extend(vocabulary::fields().map(|doc| Offer {
            label: doc.field.name.to_owned(),
            source: Source::Field,
            detail: doc.holds.trim_end_matches('.').to_owned(),
            docs: hover::field(doc.field.name).unwrap_or_default(),
            insert: escaped(doc.field.name),
        }));
    }
    offers.sort_by(|one, other| order(one).cmp(&order(other)));
    offers.dedup_by(|one, other| one.label == other.label && one.source == other.source);
    Some(Offers { replaces: here.prefix, offers })
}

/// Words stand before signs, and quotes count for nothing.
fn order(offer: &Offer) -> (Source, bool, &str) {
    let name = offer.label.trim_matches('"');
    (offer.source, !name.starts_with(char::is_alphanumeric), name)
}

fn word(word: &Word) -> Offer {
    Offer {
        label: word.name.to_owned(),
        source: Source::Word,
        detail: word.says.trim_end_matches('.').to_owned(),
        docs: hover::word(word),
        insert: word.insert.to_owned(),
    }
}

/// Signs that mean something in a snippet (LSP 3.17, snippet syntax).
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}")
}

/// Names of these kinds that are known in an item of a file.
fn names(snapshot: &Snapshot, file: usize, item: Option<u32>, kinds: &[Kind]) -> Vec<Offer> {
    if kinds.is_empty() {
        return Vec::new();
    }
    let own = item.and_then(|item| snapshot.item_name(file, item));
    let mut found: BTreeMap<(Kind, String), (usize, u32)> = BTreeMap::new();
    for (at, name) in snapshot.names().filter(|(_, name)| kinds.contains(&name.kind)) {
        let is_named = name.role == Role::Definition || matches!(name.kind, Kind::Team | Kind::Method);
        let is_known = match name.kind {
            Kind::Measure | Kind::Param => own.as_ref().is_some_and(|own| is_inside(snapshot, at, name.item, own)),
            _ => true,
        };
        if !is_named || !is_known || at == file && Some(name.item) == item && is_itself(name.kind) {
            continue;
        }
        let package = snapshot.packages.get(at).cloned().flatten();
        let foreign =
            package.filter(|package| snapshot.packages.get(file).cloned().flatten().as_ref() != Some(package));
        let full = foreign.map_or_else(|| name.name.clone(), |package| format!("{package}.{}", name.name));
        found.entry((name.kind, full)).or_insert((at, name.item));
    }
    let bound = |kind, names: &std::collections::BTreeSet<String>| {
        let names = if kinds.contains(&kind) { names.iter().cloned().collect() } else { Vec::new() };
        names.into_iter().map(move |name| ((kind, name), (usize::MAX, 0)))
    };
    for (key, place) in bound(Kind::Team, &snapshot.project.teams).chain(bound(Kind::Method, &snapshot.project.methods))
    {
        found.entry(key).or_insert(place);
    }
    let mut offers: Vec<Offer> =
        found.into_iter().map(|((kind, name), at)| name_offer(snapshot, kind, name, at)).collect();
    if kinds.contains(&Kind::Code) {
        let codes = mon_compiler::diagnostic::codes::all().iter();
        offers.extend(codes.map(|code| Offer {
            label: code.id.to_owned(),
            source: Source::Name(Kind::Code),
            detail: code.name.to_owned(),
            docs: code.summary.to_owned(),
            insert: format!("{} because \"${{1:why}}\"", code.id),
        }));
    }
    offers
}

/// What an item gives a name to it does not itself use.
const fn is_itself(kind: Kind) -> bool {
    matches!(kind, Kind::Terms | Kind::Query | Kind::Monitor | Kind::Playbook | Kind::Dates)
}

/// Whether a measure or parameter of an item is known in the item of this name: in itself, or in a monitor that extends it.
fn is_inside(snapshot: &Snapshot, file: usize, item: u32, own: &str) -> bool {
    let Some(owner) = snapshot.item_name(file, item) else { return false };
    let mut name = own.to_owned();
    for _ in 0..32 {
        if name == owner {
            return true;
        }
        let base = snapshot.items().find_map(|(_, _, item)| match &item.kind {
            ItemKind::Monitor(monitor) if monitor.name.text == name => {
                monitor.clauses.iter().find_map(|clause| match &clause.kind {
                    mon_grammar::ast::ClauseKind::Extend { base, .. } => Some(base.text.clone()),
                    _ => None,
                })
            }
            _ => None,
        });
        let Some(base) = base else { return false };
        name = base;
    }
    false
}

fn name_offer(snapshot: &Snapshot, kind: Kind, name: String, (file, item): (usize, u32)) -> Offer {
    let what = match kind {
        Kind::Terms => "list of terms",
        Kind::Query => "query",
        Kind::Dates => "dates",
        Kind::Monitor => "monitor",
        Kind::Playbook => "playbook",
        Kind::Measure => "measure",
        Kind::Param => "given to this query",
        Kind::Team => "team",
        Kind::Method => "way of telling people",
        _ => "name",
    };
    let item = snapshot.file(file).and_then(|file| file.item(item));
    let doc = item
        .and_then(|item| item.doc.as_ref())
        .filter(|_| !matches!(kind, Kind::Measure | Kind::Param | Kind::Team | Kind::Method));
    let docs = doc.map_or_else(String::new, |doc| doc.text.clone());
    // A query that must be given values is written with its brackets.
    let given: Vec<String> = match item.map(|item| &item.kind) {
        Some(ItemKind::Query(query)) if kind == Kind::Query => {
            (1..).zip(&query.params).map(|(number, param)| format!("${{{number}:{}}}", param.name.text)).collect()
        }
        _ => Vec::new(),
    };
    let insert = if given.is_empty() { escaped(&name) } else { format!("{}({})", escaped(&name), given.join(", ")) };
    Offer { label: name, source: Source::Name(kind), detail: what.to_owned(), docs, insert }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::feature::fixture::rules;

    const BEFORE: &str = "terms acme = \"acme\"\nquery about(brand: terms) = brand\nplaybook desk {\n  route first { otherwise to team care }\n  notify { high by email at once }\n}\n";

    const PLACES: [&str; 28] = [
        "‸",
        "mon‸",
        "query q = ‸",
        "query q = acme ‸",
        "query q = acme and lang ‸",
        "query q = acme and platform is ‸",
        "query q = acme and lang in [en, ‸",
        "query q = acme and created within ‸",
        "query q = \"in a ‸phrase\"",
        "terms t = acme, ‸",
        "monitor m {\n  ‸\n}",
        "monitor m {\n  match acme\n  win‸\n}",
        "monitor m {\n  match acme\n  window ‸\n}",
        "monitor m {\n  match acme\n  window tumble 5m by ‸\n}",
        "monitor m {\n  match acme\n  window tumble 5m by country, ‸\n}",
        "monitor m {\n  match acme\n  window tumble 5m\n  measure volume = ‸\n}",
        "monitor m {\n  match acme\n  window tumble 5m\n  measure mood = avg(‸\n}",
        "monitor m {\n  match acme\n  window tumble 5m\n  measure some = count(‸\n}",
        "monitor m {\n  match acme\n  window tumble 5m\n  measure volume = count()\n  measure usual = baseline(volume, ‸\n}",
        "monitor m {\n  match acme\n  window tumble 5m\n  measure volume = count()\n  alert when ‸\n}",
        "monitor m {\n  match acme\n  window tumble 5m\n  measure volume = count()\n  alert when volume > 3 ‸\n}",
        "monitor m {\n  match acme\n  follow playbook ‸\n}",
        "monitor m {\n  match acme\n  severity {\n    ‸\n  }\n}",
        "playbook p {\n  ‸\n}",
        "playbook p {\n  route first {\n    otherwise to team ‸\n",
        "playbook p {\n  notify {\n    high by ‸\n",
        "test ‸",
        "monitor m { match acme }\ntest m \"t\" {\n  expect ‸\n}",
    ];

    /// The first offers at the mark.
    fn offered(text: &str) -> String {
        let text = format!("{BEFORE}{text}");
        let found = rules(&[("m.mon", &text)]);
        let Some(offers) = completion(&found.snapshot, found.file, found.at) else { return "nothing".to_owned() };
        let labels: Vec<&str> = offers.offers.iter().map(|offer| offer.label.as_str()).collect();
        if labels.is_empty() {
            return "no offers".to_owned();
        }
        let more = if labels.len() > 9 { format!(" … {}", labels.len()) } else { String::new() };
        format!("{}{more}", labels.iter().take(9).copied().collect::<Vec<_>>().join(" | "))
    }

    #[test]
    fn each_place_has_its_own_offers() {
        let all: Vec<String> =
            PLACES.iter().map(|place| format!("{}\n    {}\n", place.replace('\n', " "), offered(place))).collect();
        expect![[r#"
            ‸
                dates | monitor | playbook | query | terms | test | use
            mon‸
                dates | monitor | playbook | query | terms | test | use
            query q = ‸
                acme | about | all | alt | any | at least N of | bio | count | distinct … 74
            query q = acme ‸
                allow | and | inside | near/N | or | outside | then/N | @ | ~
            query q = acme and lang ‸
                has | in | is | within | != | < | <= | == | > … 10
            query q = acme and platform is ‸
                bluesky | facebook | feed | hackernews | instagram | mastodon | other | partner | reddit … 14
            query q = acme and lang in [en, ‸
                aa | ab | ace | ae | af | ak | am | an | ar … 242
            query q = acme and created within ‸
                box | circle | days | hours | polygon
            query q = "in a ‸phrase"
                nothing
            terms t = acme, ‸
                acme | any | ends with | exact | first N words | from | loose | part | same line … 15
            monitor m {   ‸ }
                alert when | allow | cooldown | example | extend | follow playbook | for | group by | locked … 20
            monitor m {   match acme   win‸ }
                alert when | allow | and | cooldown | example | extend | follow playbook | for | group by … 28
            monitor m {   match acme   window ‸ }
                calendar | count | pattern | session gap | slide | tumble
            monitor m {   match acme   window tumble 5m by ‸ }
                app | author.created_at | author.followers | author.following | author.handle | author.is_bot | author.lang | author.location | author.name … 41
            monitor m {   match acme   window tumble 5m by country, ‸ }
                by | late | app | author.created_at | author.followers | author.following | author.handle | author.is_bot | author.lang … 43
            monitor m {   match acme   window tumble 5m   measure volume = ‸ }
                volume | approx_distinct | approx_median | approx_percentile_cont | avg | baseline | bit_and | bit_or | bit_xor … 44
            monitor m {   match acme   window tumble 5m   measure mood = avg(‸ }
                app | author.created_at | author.followers | author.following | author.handle | author.is_bot | author.lang | author.location | author.name … 41
            monitor m {   match acme   window tumble 5m   measure some = count(‸ }
                acme | about | some | all | alt | any | at least N of | bio | count … 78
            monitor m {   match acme   window tumble 5m   measure volume = count()   measure usual = baseline(volume, ‸ }
                any_hour | ewma | hour_of_day | hour_of_week | previous
            monitor m {   match acme   window tumble 5m   measure volume = count()   alert when ‸ }
                volume | all | any | approx_distinct | approx_median | approx_percentile_cont | avg | baseline | bit_and … 50
            monitor m {   match acme   window tumble 5m   measure volume = count()   alert when volume > 3 ‸ }
                and | clear when | for | or | != | * | + | - | / … 14
            monitor m {   match acme   follow playbook ‸ }
                desk
            monitor m {   match acme   severity {     ‸   } }
                critical | high | low | medium
            playbook p {   ‸ }
                allow | notify | route | share
            playbook p {   route first {     otherwise to team ‸ 
                care
            playbook p {   notify {     high by ‸ 
                email
            test ‸
                no offers
            monitor m { match acme } test m "t" {   expect ‸ }
                cleared by | incidents | messages | no incidents | no posts matched | opened at | posts matched | severity
        "#]].assert_eq(&all.concat());
    }
}
