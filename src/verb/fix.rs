//! `mon fix`: mends what the checker finds and knows how to mend. Round by round in memory, since one mend may show the
//! next; a mend that would break something else is left out and named. Files are written at the end, each whole.

use mon_compiler::check::{CheckOptions, Checked};
use mon_compiler::diagnostic::{Diagnostic, Fix as Mend, Level, Safety, codes};
use mon_compiler::lint::Lints;
use mon_compiler::plan::Place;

use crate::cli::Fix;
use crate::compiled::{self, Compiled, LIST, check_again};
use crate::failure::{Failure, Outcome};
use crate::output::{note, replace_file, say};
use mon_rules::{RuleFile, line_of};

/// More rounds than any file needs: a mend that calls for itself again would go on for ever.
const ROUNDS_MAX: usize = 1_000;

/// The files as they would be.
struct Draft {
    files: Vec<RuleFile>,
    checked: Checked,
    /// By file: what was done, a line each.
    done: Vec<Vec<String>>,
    /// What was left out, a line each.
    refused: Vec<String>,
}

pub fn run(arguments: &Fix) -> Result<Outcome, Failure> {
    let compiled = compiled::load_with(&arguments.rules, true, Lints::All)?;
    let (files, checked) = (compiled.files.clone(), compiled.checked.clone());
    let mut draft = Draft { done: vec![Vec::new(); files.len()], files, checked, refused: Vec::new() };
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
    if draft.take(&chosen, before, &compiled.options) {
        return true;
    }
    // Some mend breaks something: the first that does not is taken alone, and the others wait for the next round.
    chosen.iter().any(|one| {
        let taken = draft.take(std::slice::from_ref(one), before, &compiled.options);
        if !taken {
            let refused = draft.described(*one);
            draft.refused.push(refused);
        }
        taken
    })
}

impl Draft {
    /// Makes the mends unless there would be more errors than `before`.
    fn take(&mut self, chosen: &[Chosen<'_>], before: usize, options: &CheckOptions) -> bool {
        let files = applied(&self.files, chosen);
        let checked = check_again(&files, options);
        if errors(&checked) > before {
            return false;
        }
        for one in chosen {
            let line = self.described(*one);
            if let Some(done) = self.done.get_mut(one.0.place.file as usize) {
                done.push(line);
            }
        }
        (self.files, self.checked) = (files, checked);
        true
    }

    /// `rules.mon:3: write "acme" [MON0201 unknown-name]`.
    fn described(&self, (found, mend): Chosen<'_>) -> String {
        let place = self
            .files
            .get(found.place.file as usize)
            .map_or_else(String::new, |file| format!("{}:{}", file.name, line_of(&file.text, found.place.span.start)));
        format!("{place}: {} [{} {}]", mend.description, found.code.id, found.code.name)
    }
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
            let made = match mend.safety {
                Safety::Safe => true,
                Safety::ChangesMeaning => changing_meaning,
                Safety::ShowOnly => false,
            };
            own && !mend.edits.is_empty() && made
        };
        let Some(mend) = found.fixes.iter().find(allowed) else { continue };
        if draft.refused.contains(&draft.described((found, mend))) {
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

/// All files with the fixes in them.
fn applied(files: &[RuleFile], chosen: &[Chosen<'_>]) -> Vec<RuleFile> {
    let mut files = files.to_vec();
    let mut edits: Vec<&(Place, String)> = chosen.iter().flat_map(|(_, mend)| &mend.edits).collect();
    // From the end, so that places before stay where they are.
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.span.start));
    for (place, new) in edits {
        let range = place.span.start as usize..place.span.end as usize;
        if let Some(file) = files.get_mut(place.file as usize).filter(|file| file.text.get(range.clone()).is_some()) {
            file.text.replace_range(range, new);
        }
    }
    files
}

/// How many errors there are. Examples are left out: they are tried only where the rest is right.
fn errors(checked: &Checked) -> usize {
    let hard = |found: &&Diagnostic| found.is_error() && found.code.id != codes::EXAMPLE_FAILS.id;
    checked.diagnostics.iter().filter(hard).count()
}

/// Writes the files that changed, and says of each what was done once it is.
fn write(compiled: &Compiled, draft: &Draft, dry_run: bool) -> Result<(), Failure> {
    for ((before, file), done) in compiled.files.iter().zip(&draft.files).zip(&draft.done) {
        if !dry_run && before.text != file.text {
            replace_file(&file.path, &file.text)?;
        }
        for line in done {
            say(&if dry_run { format!("would mend {line}\n") } else { format!("mended {line}\n") })?;
        }
    }
    Ok(())
}

/// What is left is told as `mon check` tells it, with the advice that has a fix.
fn finish(compiled: Compiled, mut draft: Draft, arguments: &Fix) -> Result<Outcome, Failure> {
    for line in &draft.refused {
        note(format_args!("left as it is, since it would break something else: {line}"));
    }
    draft.checked.diagnostics.retain(|found| found.severity() > Level::Advice || !found.fixes.is_empty());
    let findings = draft.checked.diagnostics.clone();
    let more = choose(&compiled, &draft, &findings, true).len();
    let clean = findings.is_empty() && !(arguments.dry_run && draft.done.iter().any(|done| !done.is_empty()));
    for found in &findings {
        for mend in found.fixes.iter().filter(|mend| mend.safety == Safety::ShowOnly) {
            say(&format!("perhaps {}\n", draft.described((found, mend))))?;
        }
    }
    let mut mended = Compiled { checked: draft.checked, ..compiled };
    mended.quote_lists();
    compiled::print(&mended)?;
    if more > 0 && !arguments.changing_meaning {
        note(format_args!("{more} more can be mended by `--changing-meaning`; read the rules again afterwards"));
    }
    Ok(if clean { Outcome::Clean } else { Outcome::Findings })
}
