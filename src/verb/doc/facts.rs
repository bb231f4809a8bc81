//! What the pages say of a folder of rules, worked out once: for each monitor its owner, words, teams, tests and findings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mon_compiler::diagnostic::{Diagnostic, Level};
use mon_compiler::folder::ItemAt;
use mon_compiler::plan::{MonitorPlan, Place, Plan, SourceFile, TestPlan};
use mon_grammar::Span;
use mon_grammar::ast::{ClauseKind, ItemKind};
use mon_grammar::tree::{Entry, Tree};

use super::lanes::{self, Lane};
use super::names::{Kind, Mention, Named, Names, base, whole};
use mon_rules::plain;

/// A folder of rules that has no errors.
pub struct Site<'a> {
    pub plan: &'a Plan,
    pub names: Names,
    /// By file, in the order of the text.
    pub leaves: Vec<Vec<Entry>>,
    pub edition: &'static str,
    /// Names of the files as pages show them.
    files: Vec<String>,
    /// By file of the plan: where each line ends.
    line_ends: Vec<Vec<usize>>,
    /// By the item that they are about, or None.
    findings: BTreeMap<Option<usize>, Vec<&'a Diagnostic>>,
}

/// What is known of a monitor.
pub struct Facts<'s> {
    pub plan: &'s MonitorPlan,
    pub named: &'s Named,
    pub doc: Option<&'s str>,
    pub status: Option<&'s str>,
    pub since: Option<&'s str>,
    pub purpose: Option<&'s str>,
    /// The monitor that it extends.
    pub base: Option<&'s Named>,
    /// Lists, queries and dates that it names, and those behind them too.
    pub words: BTreeSet<usize>,
    pub all_words: BTreeSet<usize>,
    pub lanes: Vec<Lane>,
    pub tests: Vec<&'s TestPlan>,
}

impl<'a> Site<'a> {
    /// `named` of the files were named by the user; the others are used by these.
    pub fn new(plan: &'a Plan, names: Names, named: usize, found: &'a [Diagnostic]) -> Self {
        let texts = names.folder.files();
        let leaves = texts.iter().map(|file| Tree::parse(&file.text).leaves().collect()).collect();
        let paths: Vec<&str> = texts.iter().map(|file| file.name.as_str()).collect();
        let files = shown(&paths, named);
        let ends = |file: &SourceFile| file.text.match_indices('\n').map(|(at, _)| at).collect();
        let line_ends = plan.files.iter().map(ends).collect();
        let (edition, findings) = (plan.edition.name(), BTreeMap::new());
        let mut site = Self { plan, names, leaves, edition, files, line_ends, findings };
        for one in found {
            site.findings.entry(site.subject(one.place)).or_default().push(one);
        }
        site
    }

    pub fn text(&self, file: u32, span: Span) -> &str {
        self.names.folder.files().get(file as usize).map_or("", |file| span.text(&file.text))
    }

    /// `acme.mon`, seen from the folder that holds all rules.
    pub fn file(&self, file: u32) -> &str {
        self.files.get(file as usize).map_or("", String::as_str)
    }

    /// How many rule files there are.
    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// `acme.mon, line 12`
    pub fn place(&self, place: Place) -> String {
        let ends = self.line_ends.get(place.file as usize).map_or(&[][..], Vec::as_slice);
        let line = ends.partition_point(|end| *end < place.span.start as usize) + 1;
        let name = match self.files.get(place.file as usize) {
            Some(name) => name.as_str(),
            // A list of terms stands behind the rule files.
            None => self.plan.files.get(place.file as usize).map_or("", |file| last_part(&file.name)),
        };
        format!("{name}, line {line}")
    }

    pub fn place_of(&self, named: &Named) -> String {
        let span = self.names.item(named).map_or_else(Span::default, |item| item.span);
        self.place(Place { file: named.at.file, span })
    }

    pub fn doc(&self, named: &Named) -> Option<&str> {
        Some(self.names.item(named)?.doc.as_ref()?.text.as_str())
    }

    /// Every name in the items of a file.
    pub fn mentions_in(&self, file: u32) -> Vec<Mention> {
        let items = (0..).map(|item| ItemAt { file, item });
        let items = items.take_while(|at| self.names.folder.item(*at).is_some());
        items.flat_map(|at| self.names.mentions(at)).collect()
    }

    /// Findings about an item; about none of them with None.
    pub fn findings(&self, item: Option<usize>) -> &[&'a Diagnostic] {
        self.findings.get(&item).map_or(&[], Vec::as_slice)
    }

    pub fn worst(&self, item: Option<usize>) -> Option<Level> {
        self.findings(item).iter().map(|found| found.severity()).max()
    }

    pub fn worst_of_all(&self) -> Option<Level> {
        self.findings.values().flatten().map(|found| found.severity()).max()
    }

    /// The item that a finding is about; that of a test is about the monitor that is tested.
    fn subject(&self, place: Place) -> Option<usize> {
        if let Some(at) = self.names.item_at(place) {
            return Some(at);
        }
        let items = (0..).map_while(|item| self.names.folder.item(ItemAt { file: place.file, item }));
        let holding = |item: &&mon_grammar::ast::Item| place.lies_in(Place { file: place.file, span: whole(item) });
        match &items.into_iter().find(holding)?.kind {
            ItemKind::Test(test) => Some(self.names.get(Kind::Monitor, &test.monitor.text)?.0),
            _ => None,
        }
    }

    /// All monitors, in the order of their names.
    pub fn monitors(&self) -> Vec<Facts<'_>> {
        let mut all: Vec<Facts<'_>> = self.plan.monitors.iter().filter_map(|plan| self.monitor(plan)).collect();
        all.sort_by(|one, other| one.plan.name.cmp(&other.plan.name));
        all
    }

    fn monitor<'s>(&'s self, plan: &'s MonitorPlan) -> Option<Facts<'s>> {
        let (_, named) = self.names.get(Kind::Monitor, &plan.name)?;
        let ItemKind::Monitor(item) = &self.names.item(named)?.kind else { return None };
        let own = |wanted: &str| {
            item.clauses.iter().find_map(|clause| match &clause.kind {
                ClauseKind::Meta { key, value, .. } if key.text == wanted => Some(value.as_str()),
                _ => None,
            })
        };
        let purpose = self.names.clauses(named).into_iter().find_map(|(_, clause)| match &clause.kind {
            ClauseKind::Meta { key, value, .. } if key.text == "for" => Some(value.as_str()),
            _ => None,
        });
        let words = self.names.words_of_monitor(named);
        let tested = |test: &&TestPlan| {
            let of = self.plan.monitors.get(test.monitor.0 as usize);
            of.is_some_and(|of| of.name == plan.name) || mentions(test, &plan.name)
        };
        Some(Facts {
            plan,
            named,
            doc: plan.doc.as_deref(),
            status: own("status"),
            since: own("since"),
            purpose,
            base: base(item).and_then(|name| self.names.get(Kind::Monitor, &name.text)).map(|(_, named)| named),
            all_words: self.names.closure(words.clone()),
            words,
            lanes: lanes::of_monitor(self.plan, plan),
            tests: self.plan.tests.iter().filter(tested).collect(),
        })
    }
}

fn mentions(test: &TestPlan, monitor: &str) -> bool {
    use mon_grammar::ast::TestStepKind::Incidents;
    test.steps.iter().any(|(_, step)| matches!(step, Incidents { monitor: Some(name), .. } if name.text == monitor))
}

/// Names of files as seen from the deepest folder that holds all those that were named; of others the last parts.
fn shown(paths: &[&str], named: usize) -> Vec<String> {
    let plain: Vec<String> =
        paths.iter().map(|path| plain(Path::new(path)).to_string_lossy().replace('\\', "/")).collect();
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let mut folders = plain.iter().take(named).map(|path| folder(path));
    let mut root = folders.next().unwrap_or_default();
    for other in folders {
        while !other.starts_with(&root) {
            root = root.trim_end_matches('/').rsplit_once('/').map_or(String::new(), |(above, _)| format!("{above}/"));
        }
    }
    let name = |path: &String| match path.strip_prefix(&root) {
        Some(below) => below.to_owned(),
        None => {
            let parts: Vec<&str> = path.rsplit('/').take(2).collect();
            parts.into_iter().rev().collect::<Vec<_>>().join("/")
        }
    };
    plain.iter().map(name).collect()
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn files_are_named_from_the_folder_that_holds_all_rules() {
        let paths = ["/a/rules/de/x.mon", "/a/rules/dealers/y.mon", "/a/lexicons/brand/terms.mon"];
        assert_eq!(shown(&paths, 2), ["de/x.mon", "dealers/y.mon", "brand/terms.mon"]);
        assert_eq!(shown(&["./x.mon"], 1), ["x.mon"]);
        assert_eq!(shown(&["a.mon", "b/c.mon"], 2), ["a.mon", "b/c.mon"]);
    }
}
