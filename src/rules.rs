//! Finds and reads rule files: a file, or every `.mon` file below a folder, in the order of their names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// One rule file as the user named it, with `/` between folders.
#[derive(Clone, Debug)]
pub struct RuleFile {
    pub name: String,
    pub path: PathBuf,
    pub text: String,
}

/// Reads all rule files that the arguments name.
///
/// # Errors
/// Bad input when a path does not exist, cannot be read, is not UTF-8, or when no rule file was found at all.
pub fn load(arguments: &[PathBuf], endings: &[&str]) -> Result<Vec<RuleFile>, Failure> {
    let mut files = Vec::new();
    for argument in arguments {
        let mut paths = Vec::new();
        if argument.is_dir() {
            collect(argument, endings, &mut paths)?;
            paths.sort();
            if paths.is_empty() {
                return Err(Failure::input(
                    format!("the folder `{}` holds no rule file", argument.display()),
                    "rule files end in `.mon`; `mon init FOLDER` makes a folder with a first one",
                ));
            }
        } else {
            paths.push(argument.clone());
        }
        for path in paths {
            files.push(read(&path)?);
        }
    }
    Ok(files)
}

fn read(path: &Path) -> Result<RuleFile, Failure> {
    let bytes = fs::read(path).map_err(|error| {
        Failure::input(format!("cannot read `{}`: {error}", path.display()), "check the path and who may read it")
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        Failure::input(
            format!("`{}` is not UTF-8 text: byte {} cannot be read", path.display(), error.utf8_error().valid_up_to()),
            "save the file as UTF-8 in your editor",
        )
    })?;
    Ok(RuleFile { name: path.display().to_string().replace('\\', "/"), path: path.to_path_buf(), text })
}

fn collect(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::input(
            format!("cannot read the folder `{}`: {error}", folder.display()),
            "check the path and who may read it",
        )
    };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            collect(&path, endings, found)?;
        } else if path.extension().is_some_and(|ending| endings.iter().any(|e| ending == *e)) {
            found.push(path);
        }
    }
    Ok(())
}
