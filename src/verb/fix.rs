//! `mon fix`: mends what the checker finds and knows how to mend. Round by round in memory, since one mend may show the
//! next; a mend that would break something else is left out and named. Files are written at the end, each whole.

use mon_compiler::check::{CheckOptions, Checked, check_trees};
use mon_compiler::diagnostic::{Diagnostic, Fix as Mend, Safety, codes};
use mon_compiler::plan::{Place, SourceFile};

use crate::cli::Fix;
use crate::compiled::{self, Compiled, LIST};
use crate::failure::{Failure, Outcome};
use crate::output::{note, replace_file, say};

/// More rounds than any file needs: a mend that calls for itself again would go on for ever.
const ROUNDS_MAX: usize = 1_000;

/// The files as they would be.
struct Draft {
    texts: Vec<String>,
    checked: Checked,
    /// By file: what was done, a line each.
    done: Vec<Vec<String>>,
    /// What was left out, a line each.
    refused: Vec<String>,
}

pub fn run(arguments: &Fix) -> Result<Outcome, Failure> {
    let compiled = compiled::load(&arguments.rules, true)?;
    let texts: Vec<String> = compiled.files.iter().map(|file| file.text.clone()).collect();
    let (done, checked) = (vec![Vec::new(); texts.len()], compiled.checked.clone());
    let mut draft = Draft { texts, checked, done, refused: Vec::new() };
    for _ in 0..ROUNDS_MAX {
        if !round(&compiled, &mut draft, arguments) {
            break;
        }
    }
    write(&compiled, &draft, arguments.dry_run)?;
    finish(compiled, draft, arguments)
}

/// Whether something was mended.
fn round(compiled: &Compiled, draft: &mut Draft, arguments: &Fix) -> bool {
    let findings = draft.checked.diagnostics.clone();
    let chosen = choose(compiled, draft, &findings, arguments.changing_meaning);
    if chosen.is_empty() {
        return false;
    }
    let before = errors(&draft.checked);
    let texts = applied(&draft.texts, &chosen);
    let checked = check(compiled, &texts);
    if errors(&checked) <= before {
        chosen.iter().for_each(|(found, mend)| tell(compiled, draft, found, mend));
        draft.texts = texts;
        draft.checked = checked;
        return true;
    }
    // Some mend breaks something: the first that does not is taken alone, and the others wait for the next round.
    for one in &chosen {
        let texts = applied(&draft.texts, std::slice::from_ref(one));
        let checked = check(compiled, &texts);
        if errors(&checked) <= before {
            tell(compiled, draft, one.0, one.1);
            draft.texts = texts;
            draft.checked = checked;
            return true;
        }
        let refused = described(compiled, draft, one.0, one.1);
        if !draft.refused.contains(&refused) {
            draft.refused.push(refused);
        }
    }
    false
}

type Chosen<'a> = (&'a Diagnostic, &'a Mend);

/// The first fix of each finding that may be made, those that meet no earlier one.
fn choose<'a>(
    compiled: &Compiled,
    draft: &Draft,
    findings: &'a [Diagnostic],
    changing_meaning: bool,
) -> Vec<Chosen<'a>> {
    let mut chosen: Vec<Chosen<'a>> = Vec::new();
    for found in findings {
        let allowed = |mend: &&Mend| {
            let own = mend.edits.iter().all(|(place, _)| is_mendable(compiled, *place));
            own && !mend.edits.is_empty() && (mend.safety == Safety::Safe || changing_meaning)
        };
        let Some(mend) = found.fixes.iter().find(allowed) else { continue };
        if draft.refused.contains(&described(compiled, draft, found, mend)) {
            continue;
        }
        let taken = || chosen.iter().flat_map(|(_, other)| &other.edits);
        if mend.edits.iter().all(|(place, _)| taken().all(|(other, _)| !overlap(*place, *other))) {
            chosen.push((found, mend));
        }
    }
    chosen
}

/// Only regular files that the user named are changed, and of these not lists of terms, which are read as other text.
fn is_mendable(compiled: &Compiled, place: Place) -> bool {
    let file = compiled.files.get(..compiled.named).and_then(|named| named.get(place.file as usize));
    file.is_some_and(|file| file.path.is_file() && file.path.extension().is_none_or(|ending| ending != LIST))
}

const fn overlap(one: Place, other: Place) -> bool {
    one.file == other.file && one.span.start <= other.span.end && other.span.start <= one.span.end
}

/// The texts of all files with the fixes in them.
fn applied(texts: &[String], chosen: &[Chosen<'_>]) -> Vec<String> {
    let mut texts = texts.to_vec();
    let mut edits: Vec<&(Place, String)> = chosen.iter().flat_map(|(_, mend)| &mend.edits).collect();
    // From the end, so that places before stay where they are.
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.span.start));
    for (place, new) in edits {
        let range = place.span.start as usize..place.span.end as usize;
        if let Some(text) = texts.get_mut(place.file as usize).filter(|text| text.get(range.clone()).is_some()) {
            text.replace_range(range, new);
        }
    }
    texts
}

fn check(compiled: &Compiled, texts: &[String]) -> Checked {
    let trees: Vec<_> = texts.iter().map(|text| mon_grammar::parse(text)).collect();
    let named = compiled.files.iter().zip(texts);
    let sources =
        named.map(|(file, text)| SourceFile { name: file.name.clone(), text: text.as_str().into() }).collect();
    let options = CheckOptions { examples: true, also_known: compiled.also.clone(), ..CheckOptions::default() };
    check_trees(sources, &trees, &options)
}

/// How many errors there are. Examples are left out: they are tried only where the rest is right.
fn errors(checked: &Checked) -> usize {
    let hard = |found: &&Diagnostic| found.is_error() && found.code.id != codes::EXAMPLE_FAILS.id;
    checked.diagnostics.iter().filter(hard).count()
}

/// `rules.mon:3: write "acme" [MON0201 unknown-name]`.
fn described(compiled: &Compiled, draft: &Draft, found: &Diagnostic, mend: &Mend) -> String {
    let at = found.place.file as usize;
    let name = compiled.files.get(at).map_or("", |file| &file.name);
    let before =
        draft.texts.get(at).map_or(&[][..], |text| text.as_bytes()).iter().take(found.place.span.start as usize);
    let line = before.filter(|byte| **byte == b'\n').count() + 1;
    format!("{name}:{line}: {} [{} {}]", mend.description, found.code.id, found.code.name)
}

fn tell(compiled: &Compiled, draft: &mut Draft, found: &Diagnostic, mend: &Mend) {
    let line = described(compiled, draft, found, mend);
    if let Some(done) = draft.done.get_mut(found.place.file as usize) {
        done.push(line);
    }
}

/// Writes the files that changed, and says of each what was done once it is.
fn write(compiled: &Compiled, draft: &Draft, dry_run: bool) -> Result<(), Failure> {
    for ((file, text), done) in compiled.files.iter().zip(&draft.texts).zip(&draft.done) {
        if !dry_run && file.text != *text {
            replace_file(&file.path, text)?;
        }
        for line in done {
            say(&if dry_run { format!("would mend {line}\n") } else { format!("mended {line}\n") })?;
        }
    }
    Ok(())
}

/// What is left is told as `mon check` tells it.
fn finish(compiled: Compiled, draft: Draft, arguments: &Fix) -> Result<Outcome, Failure> {
    for line in &draft.refused {
        note(format_args!("left as it is, since it would break something else: {line}"));
    }
    let findings = draft.checked.diagnostics.clone();
    let more = choose(&compiled, &draft, &findings, true).len();
    let clean = findings.is_empty() && !(arguments.dry_run && draft.done.iter().any(|done| !done.is_empty()));
    compiled::print(&Compiled { checked: draft.checked, ..compiled })?;
    if more > 0 && !arguments.changing_meaning {
        note(format_args!("{more} more can be mended by `--changing-meaning`; read the rules again afterwards"));
    }
    Ok(if clean { Outcome::Clean } else { Outcome::Findings })
}
