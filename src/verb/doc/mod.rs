//! `mon doc`: a site about a folder of rules, for people who write none. The pages are plain functions of the checked rules;
//! only `folder` touches files.

mod code;
mod diagram;
mod facts;
mod folder;
mod glossary;
mod html;
mod index;
mod lanes;
mod monitor;
mod names;
mod parts;
mod playbook;
mod reads;
mod related;
mod site;
mod words;

use mon_compiler::check::CheckOptions;

use crate::cli::Doc;
use crate::compiled::{self, Compiled, check_again};
use crate::failure::{Failure, Outcome};
use crate::output::{colour, note, note_text, say};

use facts::Site;
use names::Names;

pub fn run(arguments: &Doc) -> Result<Outcome, Failure> {
    let mut compiled = compiled::load(&arguments.rules, false)?;
    // Without a clock: an `allow` that has ended is the business of `mon check`, and pages are those of the rules alone.
    let options = CheckOptions { now: None, ..compiled.options.clone() };
    compiled.checked = check_again(&compiled.files, &options);
    let pages = pages(&mut compiled)?;
    folder::write(&arguments.out, &pages)?;
    let out = arguments.out.display();
    say(&format!("wrote {} to {out}; open {out}/index.html\n", parts::many(pages.len(), "page")))?;
    Ok(Outcome::Clean)
}

/// The pages, or the errors on standard error.
fn pages(compiled: &mut Compiled) -> Result<Vec<(String, String)>, Failure> {
    let Some(plan) = compiled.checked.plan.take() else {
        compiled.checked.diagnostics.retain(|found| found.is_error());
        compiled.quote_lists();
        note_text(&compiled.text(colour()));
        note(compiled.summary());
        return Err(Failure::reported());
    };
    let files = compiled.checked.files.iter().take(compiled.files.len()).cloned().collect();
    let names = Names::read(files, &compiled.trees, &compiled.options);
    Ok(site::pages(&Site::new(&plan, names, compiled.named, &compiled.checked.diagnostics)))
}
