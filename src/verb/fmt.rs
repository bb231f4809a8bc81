//! `mon fmt`: one way to write a rule. Items with errors stay as they are.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use mon_grammar::ast::SyntaxError;

use crate::cli::Fmt;
use crate::failure::{Failure, Outcome};
use crate::output::{replace_file, say};
use mon_rules::Project;
use mon_rules::{Disk, RuleFiles, line_of};

pub fn run(arguments: &Fmt) -> Result<Outcome, Failure> {
    if arguments.rules == [PathBuf::from("-")] {
        return filter(arguments.check);
    }
    // A folder of another edition is not written in this one's style.
    Project::of(&arguments.rules)?;
    let mut changed = 0_u32;
    let mut broken = 0;
    for file in RuleFiles::load(&arguments.rules, &["mon"], &mut Disk)?.list {
        let formatted = mon_grammar::format(&file.text);
        broken += formatted.errors.len();
        tell(&file.name, &file.text, &formatted.errors);
        if formatted.text == file.text {
            continue;
        }
        changed += 1;
        if arguments.check {
            say(&format!("{} would change\n", file.name))?;
        } else {
            replace_file(&file.path, &formatted.text)?;
            say(&format!("formatted {}\n", file.name))?;
        }
    }
    let findings = broken > 0 || (arguments.check && changed > 0);
    Ok(if findings { Outcome::Findings } else { Outcome::Clean })
}

fn filter(check: bool) -> Result<Outcome, Failure> {
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        crate::output::note(format_args!("reading rules from standard input; end with Ctrl-D"));
    }
    let mut text = String::new();
    stdin
        .read_to_string(&mut text)
        .map_err(|error| Failure::input(format!("cannot read standard input: {error}"), "give rules as UTF-8 text"))?;
    let formatted = mon_grammar::format(&text);
    tell("standard input", &text, &formatted.errors);
    let changed = formatted.text != text;
    if !check {
        say(&formatted.text)?;
    }
    Ok(if (check && changed) || !formatted.errors.is_empty() { Outcome::Findings } else { Outcome::Clean })
}

/// Tells what could not be read, and so stays as it is.
fn tell(name: &str, text: &str, errors: &[SyntaxError]) {
    for error in errors {
        crate::output::note(format_args!("{name}:{}: {}", line_of(text, error.span.start), error.message));
        if let Some(help) = &error.help {
            crate::output::note(format_args!("  help: {help}"));
        }
    }
}
