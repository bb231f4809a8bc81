//! Rules from disk to a plan: reads the files that the user named, checks them together, prints what was found.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;

use mon_compiler::check::{CheckOptions, Checked, Package, PackageProblem, check_trees};
use mon_compiler::diagnostic::{Level, render};
use mon_compiler::lint::Lints;
use mon_compiler::plan::{Place, Plan, SourceFile};
use mon_grammar::ast::{File, ItemKind};

use crate::failure::Failure;
use crate::lists;
use crate::output::{colour, say};
use crate::project::Project;
use crate::rules::{RuleFile, RuleFiles};
use crate::terms_list;

/// Ending of a plain list of terms.
pub const LIST: &str = "txt";

/// Rules that were read and checked.
pub struct Compiled {
    pub files: Vec<RuleFile>,
    /// How many of them the user named; the others stand behind, used by these.
    pub named: usize,
    /// How they were checked, with what was read beside them.
    pub options: CheckOptions,
    pub checked: Checked,
    /// Lists of terms as they were written, by their number among the files: what is checked are the rules made of them.
    pub lists: Vec<(u32, Arc<str>)>,
}

impl Compiled {
    /// Puts the lists in the place of the rules made of them, so that findings quote the line that their author wrote.
    pub fn quote_lists(&mut self) {
        for (number, list) in std::mem::take(&mut self.lists) {
            let Some(file) = self.checked.files.get_mut(number as usize) else { continue };
            let rules = std::mem::replace(&mut file.text, Arc::clone(&list));
            let line = |place: &mut Place| {
                if place.file == number {
                    place.span = terms_list::line_of(&rules, place.span, &list);
                }
            };
            for told in &mut self.checked.diagnostics {
                line(&mut told.place);
                told.labels.iter_mut().for_each(|(place, _)| line(place));
                told.fixes.retain(|fix| fix.edits.iter().all(|(place, _)| place.file != number));
            }
        }
    }

    pub fn count(&self, level: Level) -> usize {
        self.checked.diagnostics.iter().filter(|found| found.severity() == level).count()
    }

    /// All findings as text with their lines of source, and a line that sums them up.
    pub fn text(&self, colour: bool) -> String {
        let style = render::TextStyle { colour, ..render::TextStyle::default() };
        render::text(&self.checked.diagnostics, &self.checked.files, style)
    }

    /// `checked 10 files: 2 errors, 1 warning`.
    pub fn summary(&self) -> String {
        let counted = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Advice, "piece of advice")];
        let mut parts: Vec<String> = Vec::new();
        for (level, noun) in counted {
            let many = if noun == "piece of advice" { "pieces of advice".to_owned() } else { format!("{noun}s") };
            match self.count(level) {
                0 => {}
                1 => parts.push(format!("1 {noun}")),
                n => parts.push(format!("{n} {many}")),
            }
        }
        let files = match self.files.len() {
            1 => "1 file".to_owned(),
            n => format!("{n} files"),
        };
        let found = if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") };
        let allowed = match self.checked.allowed {
            0 => String::new(),
            n => format!("; {n} allowed"),
        };
        format!("checked {files}: {found}{allowed}")
    }
}

/// Reads and checks; findings are kept, not printed.
pub fn load(arguments: &[PathBuf], examples: bool) -> Result<Compiled, Failure> {
    load_with(arguments, examples, Lints::Off)
}

/// The same, with what lints say.
pub fn load_with(arguments: &[PathBuf], examples: bool, lints: Lints) -> Result<Compiled, Failure> {
    let project = Project::of(arguments)?;
    let mut files = RuleFiles::load(arguments, &["mon"])?;
    let mut packages: Vec<Package> = Vec::new();
    let named = files.list.len();
    let mut trees: Vec<File> = Vec::new();
    let mut written = Vec::new();
    // The list grows while it is read: files that are used stand behind those that use them.
    while trees.len() < files.list.len() {
        let first = trees.len();
        let new = files.list.get_mut(first..).unwrap_or_default();
        for (number, file) in (first..).zip(new.iter_mut()) {
            if file.path.extension().is_some_and(|ending| ending == LIST) {
                let rules = terms_list::to_rules(&file.text);
                let list = std::mem::replace(&mut file.text, rules);
                written.push((u32::try_from(number).unwrap_or(u32::MAX), Arc::from(list)));
            }
        }
        trees.extend(parse_all(new));
        let used = (first..).zip(trees.get(first..).unwrap_or_default()).flat_map(|(by, tree)| {
            tree.items.iter().filter_map(move |item| match &item.kind {
                ItemKind::Use(used) => Some((by, used)),
                _ => None,
            })
        });
        for (by, used) in used {
            if used.is_file() {
                files.add_used(by, &used.target)?;
            } else if packages.iter().all(|package| package.name != used.target) {
                packages.push(package(&project, &mut files, &used.target)?);
            }
        }
    }
    let options = CheckOptions {
        examples,
        lists: lists::read(&files.list, &trees, arguments.iter().chain(project.named_packages())),
        packages,
        edition: project.edition,
        also_known: files.also,
        lints,
        now: Some(chrono::Utc::now().timestamp_micros()),
        ..CheckOptions::default()
    };
    let checked = check(&files.list, &trees, &options);
    Ok(Compiled { checked, files: files.list, named, options, lists: written })
}

/// Finds a package and adds its files.
fn package(project: &Project, files: &mut RuleFiles, name: &str) -> Result<Package, Failure> {
    let members = match project.package(name) {
        Ok(place) => {
            let shown = place.display().to_string().replace('\\', "/");
            let names = files.add_package(place)?;
            if names.is_empty() { Err(PackageProblem::Empty(shown)) } else { Ok(names) }
        }
        Err(problem) => Err(problem),
    };
    Ok(Package { name: name.to_owned(), files: members })
}

/// Checks files again whose texts have changed, as they were checked before, examples and all lints included.
pub fn check_again(files: &[RuleFile], options: &CheckOptions) -> Checked {
    check(files, &parse_all(files), &CheckOptions { examples: true, lints: Lints::All, ..options.clone() })
}

fn check(files: &[RuleFile], trees: &[File], options: &CheckOptions) -> Checked {
    let source = |file: &RuleFile| SourceFile { name: file.name.clone(), text: Arc::from(file.text.as_str()) };
    check_trees(files.iter().map(source).collect(), trees, options)
}

/// Parses the files side by side, as many at a time as the machine has processors.
fn parse_all(files: &[RuleFile]) -> Vec<File> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let parse = |part: &[RuleFile]| part.iter().map(|file| mon_grammar::parse(&file.text)).collect::<Vec<File>>();
    if threads == 1 || files.len() == 1 {
        return parse(files);
    }
    std::thread::scope(|scope| {
        let parts = files.chunks(files.len().div_ceil(threads).max(1));
        let workers: Vec<_> = parts.map(|part| (part, scope.spawn(move || parse(part)))).collect();
        // A parser that panicked is asked again here, so that the panic is told as any other.
        workers.into_iter().flat_map(|(part, worker)| worker.join().unwrap_or_else(|_| parse(part))).collect()
    })
}

/// The plan of the rules, or their errors on standard error and exit code 2. Warnings are told there too, and hold nothing up.
pub fn plan(arguments: &[PathBuf]) -> Result<(Arc<Plan>, Compiled), Failure> {
    plan_of(arguments, "")
}

/// The same for one of several sets of rules: what is told of them says whose it is.
pub fn plan_of(arguments: &[PathBuf], whose: &str) -> Result<(Arc<Plan>, Compiled), Failure> {
    let mut compiled = load(arguments, false)?;
    if !whose.is_empty() && !compiled.checked.diagnostics.is_empty() {
        crate::output::note(format_args!("in {whose}:"));
    }
    compiled.quote_lists();
    match compiled.checked.plan.take() {
        Some(plan) => {
            warn(&compiled);
            Ok((Arc::new(plan), compiled))
        }
        None => {
            compiled.checked.diagnostics.retain(|found| found.is_error());
            crate::output::note_text(&compiled.text(colour()));
            crate::output::note(format_args!("{}", compiled.summary()));
            Err(Failure::reported())
        }
    }
}

/// Tells on standard error what is found in rules that run all the same.
pub fn warn(compiled: &Compiled) {
    if !compiled.checked.diagnostics.is_empty() {
        crate::output::note_text(&compiled.text(colour()));
        crate::output::note(format_args!("{}", compiled.summary()));
    }
}

/// Prints the findings of a check as text on standard output.
pub fn print(compiled: &Compiled) -> Result<(), Failure> {
    say(&format!("{}{}\n", compiled.text(colour()), compiled.summary()))
}
