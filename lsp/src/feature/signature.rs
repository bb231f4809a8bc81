//! The shape of what is being written: of a measure or query between its brackets, else of the clause.

use mon_compiler::vocabulary::{self, Word};
use mon_grammar::Span;
use mon_grammar::ast::ItemKind;
use mon_grammar::tree::SyntaxKind;

use super::hover;
use super::place::{self, Token};
use crate::snapshot::Snapshot;
use crate::symbols::{Kind, Occurrence, Role};

/// One way to write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub label: String,
    pub docs: String,
    /// What is filled in: as it stands in the label, and what it is.
    pub params: Vec<(String, String)>,
}

/// The ways to write it, and which place is being filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signatures {
    pub all: Vec<Signature>,
    pub active: usize,
    pub param: Option<usize>,
}

/// What is being written at a byte.
#[must_use]
pub fn signature(snapshot: &Snapshot, file: usize, offset: u32) -> Option<Signatures> {
    let state = snapshot.file(file)?;
    let (number, item) = place::item_before(state, offset)?;
    let start = item.span.start;
    let before = place::before(&state.text, start.min(offset), offset);
    // What is being written counts: `count(` has it in front of the cursor.
    let (call, inner) = place::open_call(&before.tokens)?;
    let commas = commas(inner);
    if let Some(own) = query(snapshot, file, number, &call) {
        let param = (commas < own.params.len()).then_some(commas);
        return Some(Signatures { all: vec![own], active: 0, param });
    }
    let all = shapes(hover::function(&call)?);
    let active = all.iter().position(|shape| shape.params.len() > commas).unwrap_or(0);
    let count = all.get(active).map_or(0, |shape| shape.params.len());
    (!all.is_empty()).then_some(Signatures { all, active, param: (commas < count).then_some(commas) })
}

fn commas(inner: &[Token<'_>]) -> usize {
    let mut depth = 0_i32;
    let mut count = 0;
    for token in inner {
        match token.kind {
            SyntaxKind::ParenOpen | SyntaxKind::BracketOpen => depth += 1,
            SyntaxKind::ParenClose | SyntaxKind::BracketClose => depth -= 1,
            SyntaxKind::Comma if depth == 0 => count += 1,
            _ => {}
        }
    }
    count
}

fn shapes(word: &Word) -> Vec<Signature> {
    let one = |shape: &vocabulary::Shape| Signature {
        label: shape.written.to_owned(),
        docs: word.says.to_owned(),
        params: shape.params.iter().map(|param| (param.label.to_owned(), param.says.to_owned())).collect(),
    };
    word.shapes.iter().map(one).collect()
}

/// A query of the rules that is given values. Its name is looked up as if it stood in the item, which has no names while the call
/// is open.
fn query(snapshot: &Snapshot, file: usize, item: u32, name: &str) -> Option<Signature> {
    let span = Span::default();
    let written = Occurrence { span, name: name.to_owned(), kind: Kind::Function, role: Role::InPosts, item };
    let (file, item) = snapshot.item_of(&snapshot.resolve(file, &written))?;
    let ItemKind::Query(query) = &item.kind else { return None };
    if query.params.is_empty() {
        return None;
    }
    let text = &snapshot.file(file)?.text;
    let params: Vec<(String, String)> =
        query.params.iter().map(|param| (param.name.text.clone(), format!("A {}.", param.kind.name()))).collect();
    let label: Vec<String> =
        query.params.iter().map(|param| format!("{}: {}", param.name.text, param.kind.name())).collect();
    let docs = item.doc.as_ref().map_or_else(|| query.expr.span.text(text).trim().to_owned(), |doc| doc.text.clone());
    Some(Signature { label: format!("{name}({})", label.join(", ")), docs, params })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::fixture::rules;

    fn shown(text: &str) -> String {
        let found = rules(&[("m.mon", text)]);
        let Some(told) = signature(&found.snapshot, found.file, found.at) else { return "none".to_owned() };
        let own = &told.all[told.active];
        let param = told.param.and_then(|at| own.params.get(at)).map_or("", |(label, _)| label);
        format!("{} [{param}]", own.label)
    }

    #[test]
    fn the_place_that_is_filled_is_marked() {
        let measure = |text: &str| {
            shown(&format!(
                "monitor m {{\n  match \"x\"\n  window tumble 5m\n  measure a = count()\n  measure b = {text}\n}}\n"
            ))
        };
        assert_eq!(measure("percentile(author.followers, ‸"), "percentile(field, P) [P]");
        assert_eq!(measure("percentile(‸"), "percentile(field, P) [field]");
        assert_eq!(measure("a + ‸"), "none");
        let query = "query q(brand: terms, gap: number) = brand near/gap \"x\"\nterms t = \"y\"\nquery r = q(t, ‸3)\n";
        assert_eq!(shown(query), "q(brand: terms, gap: number) [gap]");
    }

    #[test]
    fn a_query_tells_what_it_takes_while_its_call_is_open() {
        const RULES: &str = "terms acme = \"acme\"\nquery about(brand: terms, gap: number) = brand near/gap \"x\"\n";
        let call = |text: &str| shown(&format!("{RULES}{text}"));
        let about = |param: &str| format!("about(brand: terms, gap: number) [{param}]");
        assert_eq!(call("query q = about(‸"), about("brand"));
        assert_eq!(call("query q = about(acme, ‸"), about("gap"));
        assert_eq!(call("query q = about(acme, ‸\n\nmonitor m { match q }\n"), about("gap"));
        assert_eq!(call("query q = not about((acme or \"b\"), 3‸"), about("gap"));
        assert_eq!(call("monitor m {\n  match about(‸\n"), about("brand"));
        assert_eq!(call("query q = about(acme, 3)‸"), "none");
        assert_eq!(call("query plain = acme\nquery q = plain(‸"), "none");
    }

    #[test]
    fn a_query_of_a_package_is_found_by_its_whole_name() {
        let text = "use lex\nquery q = lex.about(‸";
        let found = rules(&[("lex.mon", "query about(brand: terms) = brand\n"), ("m.mon", text)]);
        let packages = vec![Some("lex".to_owned()), None];
        let snapshot = Snapshot::of(found.snapshot.files.clone(), packages);
        let told = signature(&snapshot, found.file, found.at).unwrap();
        assert_eq!((told.all[0].label.as_str(), told.param), ("lex.about(brand: terms)", Some(0)));
    }
}
