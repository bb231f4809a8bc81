//! `mon fix`: mends what the checker finds and knows how to mend. Round by round, since one mend may show the next; a round
//! after which the rules would have more errors is not written.

use std::fs;

use mon_compiler::check::{CheckOptions, check_trees};
use mon_compiler::diagnostic::{Diagnostic, Fix as Mend, Safety};
use mon_compiler::plan::{Place, SourceFile};

use crate::cli::Fix;
use crate::compiled::{self, Compiled, LIST};
use crate::failure::{Failure, Outcome};
use crate::output::{cannot_write, note, say};

/// More rounds than any file needs: a mend that calls for itself again would go on for ever.
const ROUNDS_MAX: usize = 20;

/// A fix that goes into a file, with the finding that asked for it.
struct Chosen<'a> {
    found: &'a Diagnostic,
    mend: &'a Mend,
}

pub fn run(arguments: &Fix) -> Result<Outcome, Failure> {
    let mut mended = 0;
    for _ in 0..ROUNDS_MAX {
        let compiled = compiled::load(&arguments.rules, true)?;
        let chosen = choose(&compiled, arguments.changing_meaning);
        if chosen.is_empty() {
            return finish(&compiled, mended, arguments);
        }
        let texts = applied(&compiled, &chosen);
        if errors(&compiled, &texts) > compiled.checked.diagnostics.iter().filter(|found| found.is_error()).count() {
            note("the fixes would break other things, so nothing more is written");
            return finish(&compiled, mended, arguments);
        }
        tell(&compiled, &chosen, arguments.dry_run)?;
        if arguments.dry_run {
            return Ok(Outcome::Findings);
        }
        mended += chosen.len();
        for (file, text) in compiled.files.iter().zip(&texts).filter(|(file, text)| file.text != **text) {
            fs::write(&file.path, text).map_err(|error| cannot_write(&file.path, &error))?;
        }
    }
    finish(&compiled::load(&arguments.rules, true)?, mended, arguments)
}

/// The first fix of each finding that may be made, those that meet no earlier one.
fn choose(compiled: &Compiled, changing_meaning: bool) -> Vec<Chosen<'_>> {
    let mut chosen: Vec<Chosen<'_>> = Vec::new();
    for found in &compiled.checked.diagnostics {
        let allowed = |mend: &&Mend| {
            let own = mend.edits.iter().all(|(place, _)| is_mendable(compiled, *place));
            own && !mend.edits.is_empty() && (mend.safety == Safety::Safe || changing_meaning)
        };
        let Some(mend) = found.fixes.iter().find(allowed) else { continue };
        let taken = || chosen.iter().flat_map(|other| &other.mend.edits);
        if mend.edits.iter().all(|(place, _)| taken().all(|(other, _)| !overlap(*place, *other))) {
            chosen.push(Chosen { found, mend });
        }
    }
    chosen
}

/// Only files that the user named are changed, and of these not lists of terms, which are read as other text.
fn is_mendable(compiled: &Compiled, place: Place) -> bool {
    let file = compiled.files.get(..compiled.named).and_then(|named| named.get(place.file as usize));
    file.is_some_and(|file| file.path.extension().is_none_or(|ending| ending != LIST))
}

const fn overlap(one: Place, other: Place) -> bool {
    one.file == other.file && one.span.start <= other.span.end && other.span.start <= one.span.end
}

/// The texts of all files with the fixes in them.
fn applied(compiled: &Compiled, chosen: &[Chosen<'_>]) -> Vec<String> {
    let mut texts: Vec<String> = compiled.files.iter().map(|file| file.text.clone()).collect();
    let mut edits: Vec<&(Place, String)> = chosen.iter().flat_map(|chosen| &chosen.mend.edits).collect();
    // From the end, so that places before stay where they are.
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.span.start));
    for (place, new) in edits {
        if let Some(text) = texts.get_mut(place.file as usize)
            && text.get(place.span.start as usize..place.span.end as usize).is_some()
        {
            text.replace_range(place.span.start as usize..place.span.end as usize, new);
        }
    }
    texts
}

/// How many errors the rules would have.
fn errors(compiled: &Compiled, texts: &[String]) -> usize {
    let trees: Vec<_> = texts.iter().map(|text| mon_grammar::parse(text)).collect();
    let named = compiled.files.iter().zip(texts);
    let sources =
        named.map(|(file, text)| SourceFile { name: file.name.clone(), text: text.as_str().into() }).collect();
    let options = CheckOptions { examples: true, also_known: compiled.also.clone(), ..CheckOptions::default() };
    check_trees(sources, &trees, &options).diagnostics.iter().filter(|found| found.is_error()).count()
}

fn tell(compiled: &Compiled, chosen: &[Chosen<'_>], dry_run: bool) -> Result<(), Failure> {
    for Chosen { found, mend } in chosen {
        let Some(file) = compiled.files.get(found.place.file as usize) else { continue };
        let before = file.text.as_bytes().iter().take(found.place.span.start as usize);
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        let (would, code) = (if dry_run { "would " } else { "" }, found.code);
        say(&format!("{}:{line}: {would}{} [{} {}]\n", file.name, mend.description, code.id, code.name))?;
    }
    Ok(())
}

/// What is left is told as `mon check` tells it.
fn finish(compiled: &Compiled, mended: usize, arguments: &Fix) -> Result<Outcome, Failure> {
    compiled::print(compiled)?;
    let left = choose(compiled, true).len();
    if left > 0 && !arguments.changing_meaning {
        note(format_args!("{left} more can be mended by `--changing-meaning`; read the rules again afterwards"));
    }
    if mended > 0 {
        note(format_args!("mended {mended}"));
    }
    Ok(if compiled.checked.diagnostics.is_empty() { Outcome::Clean } else { Outcome::Findings })
}
