//! What is asked about rules: findings, meaning, offers, style. Rules that were checked are kept until others are asked about.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use mon_compiler::check::{CheckOptions, check_trees};
use mon_compiler::diagnostic::{Diagnostic, find_code, page as code_page};
use mon_compiler::lint::Lints;
use mon_compiler::plan::{Place, SourceFile};
use mon_grammar::Span;
use mon_lsp::feature;
use mon_lsp::snapshot::{Analysis, FileState, Snapshot};
use mon_lsp::text::{Encoding, Position};
use serde_json::{Value, json};

use crate::ask::{Question, RuleText};
use crate::colour;
use crate::units::Units;

/// Checked rules.
#[derive(Debug)]
pub struct Rules {
    written: Vec<RuleText>,
    now: Option<i64>,
    pub snapshot: Snapshot,
    units: Vec<Units>,
}

thread_local! {
    static KEPT: RefCell<Option<Rc<Rules>>> = const { RefCell::new(None) };
}

/// Frees what is kept.
pub fn forget() {
    KEPT.take();
}

/// The rules of a question, checked if they are others than the last ones.
pub fn of(question: &Question) -> Rc<Rules> {
    let kept = KEPT.with_borrow(Clone::clone);
    if let Some(kept) = kept.filter(|kept| kept.written == question.files && kept.now == question.now) {
        return kept;
    }
    let rules = Rc::new(Rules::new(question));
    KEPT.set(Some(Rc::clone(&rules)));
    rules
}

impl Rules {
    fn new(question: &Question) -> Self {
        let sources: Vec<SourceFile> = question
            .files
            .iter()
            .map(|file| SourceFile { name: file.name.clone(), text: Arc::from(file.text.as_str()) })
            .collect();
        let trees: Vec<_> = sources.iter().map(|file| Arc::new(mon_grammar::parse(&file.text))).collect();
        let options = CheckOptions { lints: Lints::Warnings, now: question.now, ..CheckOptions::default() };
        let checked = check_trees(sources.clone(), &trees, &options);
        let state = |(source, tree): (&SourceFile, &Arc<_>)| {
            let path = PathBuf::from(&source.name);
            Arc::new(FileState::new(path, Arc::clone(&source.text), Arc::clone(tree), None))
        };
        let files: Vec<Arc<FileState>> = sources.iter().zip(&trees).map(state).collect();
        let analysis = Analysis {
            files: files.iter().map(|file| (file.path.clone(), Arc::clone(&file.text))).collect(),
            plan: checked.plan.map(Arc::new),
            diagnostics: checked.diagnostics,
            options,
            trees,
        };
        let packages = vec![None; files.len()];
        let snapshot = Snapshot { analysis: Some(Arc::new(analysis)), ..Snapshot::of(files, packages) };
        let units = sources.iter().map(|file| Units::new(&file.text)).collect();
        Self { written: question.files.clone(), now: question.now, snapshot, units }
    }

    fn units(&self, file: usize) -> Option<&Units> {
        self.units.get(file)
    }

    /// A stretch of a file in both units, with its first line and column, from 1.
    pub fn place(&self, place: Place) -> Value {
        let number = place.file as usize;
        let (Some(file), Some(units)) = (self.snapshot.file(number), self.units(number)) else { return Value::Null };
        let Span { start, end } = place.span;
        let Position { line, column } = file.lines().position(&file.text, start, Encoding::Utf16);
        json!({
            "file": file.path.display().to_string(),
            "start": start, "end": end,
            "from": units.of(start), "to": units.of(end),
            "line": line + 1, "column": column + 1,
        })
    }

    fn finding(&self, found: &Diagnostic) -> Value {
        let edit = |(place, text): &(Place, String)| json!({"place": self.place(*place), "text": text});
        let fixes: Vec<Value> = found
            .fixes
            .iter()
            .map(|fix| {
                let edits: Vec<Value> = fix.edits.iter().map(edit).collect();
                json!({"description": fix.description, "safety": fix.safety.name(), "edits": edits})
            })
            .collect();
        let labels = found.labels.iter().filter(|(at, _)| *at != found.place);
        let related: Vec<Value> = labels.map(|(at, says)| json!({"place": self.place(*at), "message": says})).collect();
        json!({
            "code": found.code.id, "name": found.code.name, "severity": found.severity().name(),
            "place": self.place(found.place), "message": found.message, "help": found.help,
            "related": related, "fixes": fixes,
        })
    }
}

pub fn check(question: &Question) -> Value {
    let rules = of(question);
    let found = rules.snapshot.analysis.iter().flat_map(|analysis| &analysis.diagnostics);
    let findings: Vec<Value> = found.map(|found| rules.finding(found)).collect();
    let colours: Vec<Vec<Value>> =
        rules.units.iter().enumerate().map(|(file, units)| colour::of(&rules.snapshot, file, units)).collect();
    json!({"findings": findings, "colours": colours})
}

pub fn hover(question: &Question) -> Value {
    let rules = of(question);
    let Some(units) = rules.units(question.file) else { return Value::Null };
    let found = feature::hover::hover(&rules.snapshot, question.file, units.byte(question.at));
    found.map_or(
        Value::Null,
        |found| json!({"from": units.of(found.span.start), "to": units.of(found.span.end), "markdown": found.markdown}),
    )
}

pub fn completion(question: &Question) -> Value {
    let rules = of(question);
    let Some(units) = rules.units(question.file) else { return Value::Null };
    let found = feature::completion::completion(&rules.snapshot, question.file, units.byte(question.at));
    found.map_or(Value::Null, |found| {
        let offers: Vec<Value> = found
            .offers
            .iter()
            .map(|offer| {
                json!({"label": offer.label, "detail": offer.detail, "docs": offer.docs, "insert": offer.insert})
            })
            .collect();
        json!({"from": units.of(found.replaces.start), "to": units.of(found.replaces.end), "offers": offers})
    })
}

pub fn format(question: &Question) -> Value {
    let rules = of(question);
    let Some(units) = rules.units(question.file) else { return json!([]) };
    let edits = feature::format::document(&rules.snapshot, question.file);
    let one =
        |(span, text): &(Span, String)| json!({"from": units.of(span.start), "to": units.of(span.end), "text": text});
    edits.iter().map(one).collect()
}

pub fn page(question: &Question) -> Value {
    find_code(&question.code).map_or(Value::Null, |code| Value::from(code_page::page(code)))
}
