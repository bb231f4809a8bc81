//! `mon init`: a starter folder that runs, so that the first minute is spent on one's own words.

use std::fs;
use std::path::Path;

use crate::cli::Init;
use crate::failure::{Failure, Outcome};

const FILES: [(&str, &str); 4] = [
    ("rules/brand.mon", include_str!("../starter/brand.mon")),
    ("rules/first.mon", include_str!("../starter/first.mon")),
    ("mon.toml", include_str!("../starter/mon.toml")),
    ("posts.jsonl", include_str!("../starter/posts.jsonl")),
];

pub fn run(arguments: &Init) -> Result<Outcome, Failure> {
    let folder = arguments.folder.as_path();
    let occupied = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied || folder.is_file() {
        return Err(Failure::usage(
            format!("`{}` is not empty", folder.display()),
            "name a folder that does not exist yet; nothing was changed",
        ));
    }
    for (name, text) in FILES {
        write(&folder.join(name), text)?;
    }
    let shown = folder.display();
    crate::output::say(&format!(
        "made {shown}: rules, mon.toml and a few posts to try them on

  cd {shown}
  mon check rules                               is it right?
  mon test rules                                do its examples hold?
  mon replay rules --posts posts.jsonl          what would it have raised?
  mon run rules --config mon.toml               live posts, alerts to this terminal
"
    ))?;
    Ok(Outcome::Clean)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::input(format!("cannot write `{}`: {error}", path.display()), "check the path and the space left there")
    };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}
