//! What the caller reads for the checker beside the rule files: lists of terms and packages. The checker opens nothing
//! itself, so what could not be read comes as a reason, and is told at the place that asks for it.

use std::sync::Arc;

/// A file that `terms … = from` names.
#[derive(Clone, Debug)]
pub struct ListFile {
    /// The path from the same place as those of the rule files, with `/`.
    pub name: String,
    pub text: Result<Arc<str>, ListProblem>,
}

/// Why a list was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListProblem {
    Missing,
    /// It lies outside of the folders that rules may read lists from.
    Outside,
    /// The first byte that is no UTF-8.
    NotText(usize),
    /// It has more bytes than this.
    TooLarge(usize),
    /// What the machine says.
    Unreadable(String),
}

impl ListProblem {
    /// Message and help.
    pub(super) fn told(&self, path: &str, wanted: &str) -> (String, String) {
        match self {
            Self::Missing => (
                format!("there is no list `{path}`"),
                format!("`{wanted}` was looked for: a path is relative to the file that says it"),
            ),
            Self::Outside => (
                format!("the list `{path}` lies outside of the rules"),
                "put it beside or below the file that names it, or give the folder that holds both to the command: rules \
                 of others must not read what is not meant for them"
                    .to_owned(),
            ),
            Self::NotText(at) => (
                format!("the list `{path}` is not UTF-8 text: byte {at} cannot be read"),
                "save the file as UTF-8 in your editor".to_owned(),
            ),
            Self::TooLarge(limit) => {
                (format!("the list `{path}` has more than {limit} bytes"), "split it into several files".to_owned())
            }
            Self::Unreadable(why) => {
                (format!("the list `{path}` cannot be read: {why}"), "check the path and who may read it".to_owned())
            }
        }
    }
}

/// A package that `use` names.
#[derive(Clone, Debug)]
pub struct Package {
    /// `brand.terms`
    pub name: String,
    /// The names of its files among the rule files.
    pub files: Result<Vec<String>, PackageProblem>,
}

/// Why a package was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageProblem {
    /// The places looked at.
    Missing(Vec<String>),
    /// A file and a folder of its name, or the same package in two folders.
    Several(Vec<String>),
    /// A folder without a rule file.
    Empty(String),
}

impl PackageProblem {
    /// Message and help.
    pub(super) fn told(&self, name: &str) -> (String, String) {
        let listed = |places: &[String]| {
            let shown: Vec<String> = places.iter().map(|place| format!("`{place}`")).collect();
            shown.join(", ")
        };
        match self {
            Self::Missing(places) => {
                let first = name.split('.').next().unwrap_or(name);
                let root = format!("`mon.toml` may name its folder: `[packages]` with `{first} = \"../{first}\"`");
                let help = match places.as_slice() {
                    [] => root,
                    places => format!("looked for {}; {root}", listed(places)),
                };
                (format!("there is no package `{name}`"), help)
            }
            Self::Several(places) => (
                format!("`{name}` may mean several packages"),
                format!("there are {}; rename all but one", listed(places)),
            ),
            Self::Empty(place) => (
                format!("the package `{name}` holds no rule file"),
                format!("add a file that ends in `.mon` to `{place}`"),
            ),
        }
    }
}
