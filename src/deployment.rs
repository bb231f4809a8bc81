//! What can be said of a deployment without running it, as findings like those of the rules: names that are bound on one
//! side only, sources and methods that can't be used, secrets that are not here.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use mon_compiler::diagnostic::{Code, Diagnostic, Level};
use mon_compiler::plan::{Place, Plan, SourceFile};
use mon_delivery::{BindingProblem, Bindings, ProblemKind, try_methods};
use mon_grammar::Span;
use mon_sources::{SourceConfig, build};

use crate::config::Config;
use crate::failure::Failure;

/// A kind of finding; its page is `docs/configuration.md`.
const fn code(name: &'static str, level: Level) -> Code {
    Code { id: "deploy", name, level, summary: "", why: "", bad: "", good: "" }
}

static UNREADABLE: Code = code("unreadable", Level::Error);
static UNBOUND: Code = code("unbound-name", Level::Error);
static NO_ADDRESS: Code = code("no-address", Level::Error);
static UNUSED: Code = code("unused-name", Level::Warning);
static UNUSABLE_SOURCE: Code = code("unusable-source", Level::Error);
static MISSING_FILE: Code = code("missing-file", Level::Warning);
static UNUSABLE_METHOD: Code = code("unusable-method", Level::Error);
static MISSING_SECRET: Code = code("missing-secret", Level::Warning);

/// The deployment's file, which is number `number` of the files, and what was found. `plan` is None where the rules have
/// errors: then nothing can be said of names.
///
/// # Errors
/// There is no such file.
pub fn check(path: &Path, number: u32, plan: Option<&Plan>) -> Result<(SourceFile, Vec<Diagnostic>), Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::input(format!("cannot read `{}`: {error}", path.display()), "check the path given to the command")
    })?;
    let page = Page { number, text: &text };
    let found = match Config::parse(&text) {
        Ok(config) => page.findings(&config, plan),
        Err(failure) => {
            let finding = page.finding(&UNREADABLE, page.named_in(&failure.message), failure.message);
            vec![finding.help(failure.help.unwrap_or_default())]
        }
    };
    let name = mon_rules::shown(path);
    Ok((SourceFile { name, text: Arc::from(text.as_str()) }, found))
}

struct Page<'a> {
    number: u32,
    text: &'a str,
}

impl Page<'_> {
    fn findings(&self, config: &Config, plan: Option<&Plan>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        if let Some(plan) = plan {
            let problems = match Bindings::resolve(&config.delivery, plan) {
                Ok(bindings) => bindings.warnings,
                Err(problems) => problems,
            };
            found.extend(problems.into_iter().map(|problem| self.binding(problem)));
        }
        for (name, source) in &config.sources {
            found.extend(self.source(name, source));
        }
        for (name, error) in try_methods(&config.delivery) {
            let code = if error.is_missing_secret() { &MISSING_SECRET } else { &UNUSABLE_METHOD };
            let help = miette::Diagnostic::help(&error).map_or_else(String::new, |help| help.to_string());
            let message = format!("method `{name}`: {error}");
            found.push(self.finding(code, self.header("method", &name), message).help(help));
        }
        found
    }

    fn binding(&self, problem: BindingProblem) -> Diagnostic {
        let (code, table) = match problem.kind {
            ProblemKind::UnboundTeam => (&UNBOUND, "team"),
            ProblemKind::UnboundMethod => (&UNBOUND, "method"),
            ProblemKind::NoAddress => (&NO_ADDRESS, "team"),
            ProblemKind::UnusedTeam => (&UNUSED, "team"),
            ProblemKind::UnusedMethod => (&UNUSED, "method"),
        };
        let place = problem.place.unwrap_or_else(|| self.header(table, &problem.name));
        self.finding(code, place, problem.message).help(problem.help)
    }

    fn source(&self, name: &str, source: &SourceConfig) -> Option<Diagnostic> {
        let place = self.header("source", name);
        if let Err(error) = build(name, source) {
            let help = format!("correct `[source.{name}]`");
            return Some(self.finding(&UNUSABLE_SOURCE, place, error.to_string()).help(help));
        }
        let SourceConfig::File(file) = source else { return None };
        let message = match fs::metadata(&file.path) {
            Ok(metadata) if metadata.is_dir() => format!("source `{name}`: `{}` is a folder", file.path.display()),
            Ok(_) => return None,
            Err(_) => format!("source `{name}`: there is no file `{}` here", file.path.display()),
        };
        let help = "a relative path stands in the folder in which `mon run` is started";
        Some(self.finding(&MISSING_FILE, place, message).help(help))
    }

    fn finding(&self, code: &'static Code, place: Place, message: String) -> Diagnostic {
        Diagnostic::new(code, place, message)
    }

    /// The head of a table; the file's beginning where it is written in another way.
    fn header(&self, table: &str, name: &str) -> Place {
        let forms = [format!("[{table}.{name}]"), format!("[{table}.\"{name}\"]")];
        let found = forms.iter().find_map(|form| Some((self.text.find(form.as_str())?, form.len())));
        let (start, length) = found.unwrap_or_default();
        let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Place { file: self.number, span: Span::new(at(start), at(start + length)) }
    }

    /// The head of the table that a message begins with.
    fn named_in(&self, message: &str) -> Place {
        let head = message.strip_prefix('[').and_then(|rest| rest.split_once(']')?.0.split_once('.'));
        let (table, name) = head.unwrap_or_default();
        self.header(table, name)
    }
}
