//! What the nearest `mon.toml` says of the rules themselves: the version of the language, where packages lie, and on which posts an
//! editor tries rules. What operations own stands in the same file; of that only the names are read here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use mon_compiler::check::PackageProblem;
use mon_compiler::diagnostic::did_you_mean;
use mon_compiler::edition::Edition;

use crate::LoadError;
use crate::files::{plain, shown};

/// The file's name.
pub const PROJECT_FILE: &str = "mon.toml";

/// The settings of the rules that a command reads together.
#[derive(Clone, Debug, Default)]
pub struct Project {
    pub edition: Edition,
    /// Where a package lies, by the first word of its name.
    packages: BTreeMap<String, PathBuf>,
    /// Folders in which a package is looked for that has no place of its own.
    folders: Vec<PathBuf>,
    /// What an editor is told; of several `mon.toml` the first that says something.
    pub editor: EditorSettings,
    /// Teams that operations have bound, in the order of their names.
    pub teams: BTreeSet<String>,
    /// Ways of telling people that operations have bound.
    pub methods: BTreeSet<String>,
    /// The settings that were read.
    pub files: Vec<PathBuf>,
}

/// `[editor]`: what shows the consequences of rules while they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EditorSettings {
    /// Recorded posts that rules are tried on.
    pub capture: Option<PathBuf>,
}

impl Project {
    /// Reads the `mon.toml` that is nearest to each argument, in its folder or above.
    ///
    /// # Errors
    /// A file cannot be read, names an edition that is not known, or says something else than another one.
    pub fn of(arguments: &[PathBuf]) -> Result<Self, LoadError> {
        let mut project = Self::default();
        for argument in arguments {
            let folder =
                if argument.is_dir() { argument.as_path() } else { argument.parent().unwrap_or(Path::new("")) };
            project.look_in(plain(folder));
            let Some(file) = nearest(folder) else { continue };
            let above = file.parent().unwrap_or(Path::new("")).to_path_buf();
            project.look_in(above.clone());
            if project.files.contains(&file) {
                continue;
            }
            let text = fs::read_to_string(&file).map_err(|error| {
                LoadError::new(format!("cannot read `{}`: {error}", file.display()), "check who may read it")
            })?;
            let own = Settings::parse(&text).map_err(|failure| LoadError {
                message: format!("{}: {}", file.display(), failure.message),
                at: Some((
                    file.clone(),
                    failure.at.map_or_else(|| blamed(&text, &failure.message), |(_, bytes)| bytes),
                )),
                help: failure.help,
            })?;
            project.take(own, &above, &file)?;
            project.files.push(file);
        }
        Ok(project)
    }

    fn look_in(&mut self, folder: PathBuf) {
        if !self.folders.contains(&folder) {
            self.folders.push(folder);
        }
    }

    fn take(&mut self, own: Settings, folder: &Path, file: &Path) -> Result<(), LoadError> {
        self.edition = own.edition;
        if self.editor.capture.is_none() {
            self.editor.capture = own.editor.capture.map(|path| plain(&folder.join(path)));
        }
        self.teams.extend(own.teams);
        self.methods.extend(own.methods);
        for (name, path) in own.packages {
            let path = plain(&folder.join(path));
            let known = self.packages.insert(name.clone(), path.clone());
            if known.is_some_and(|known| known != path) {
                return Err(LoadError::new(
                    format!("{}: `{name}` names another package than the `mon.toml` of other rules", file.display()),
                    "check the two one after the other",
                ));
            }
        }
        Ok(())
    }

    /// Files and folders that `mon.toml` names as packages.
    pub fn named_packages(&self) -> impl Iterator<Item = &PathBuf> {
        self.packages.values()
    }

    /// The packages that `mon.toml` says where to find: the first word of their names, and the place.
    pub fn packages(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.packages.iter().map(|(name, path)| (name.as_str(), path.as_path()))
    }

    /// The file or folder of a package.
    pub fn package(&self, name: &str) -> Result<PathBuf, PackageProblem> {
        let mut parts = name.split('.');
        let first = parts.next().unwrap_or(name);
        let roots: Vec<PathBuf> = match self.packages.get(first) {
            Some(path) => vec![path.clone()],
            None => self.folders.iter().map(|folder| folder.join(first)).collect(),
        };
        let below: PathBuf = parts.collect();
        let (mut found, mut looked): (Vec<PathBuf>, Vec<String>) = (Vec::new(), Vec::new());
        for root in roots {
            let folder = if below.as_os_str().is_empty() { root.clone() } else { root.join(&below) };
            let file = folder.with_extension("mon");
            looked.extend([shown(&file), shown(&folder)]);
            found.extend(file.is_file().then_some(file));
            found.extend(folder.exists().then_some(folder));
        }
        let mut places: Vec<PathBuf> = Vec::new();
        found.retain(|path| {
            let place = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
            let new = !places.contains(&place);
            places.push(place);
            new
        });
        match found.as_slice() {
            [] => Err(PackageProblem::Missing(looked)),
            [one] => Ok(one.clone()),
            several => Err(PackageProblem::Several(several.iter().map(|path| shown(path)).collect())),
        }
    }
}

/// The bytes of the section or key that a message speaks of; the first line where none begins with it.
fn blamed(text: &str, message: &str) -> std::ops::Range<usize> {
    let named = ["editor", "packages", "edition"].into_iter().find(|key| message.contains(key)).unwrap_or("");
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let key = line.trim_start_matches([' ', '\t', '[']);
        if !named.is_empty() && key.starts_with(named) {
            let at = start + line.len() - key.len();
            return at..at + named.len();
        }
        start += line.len();
    }
    0..text.find('\n').unwrap_or(text.len())
}

/// The `mon.toml` of a folder, else of the one above, and so on.
fn nearest(folder: &Path) -> Option<PathBuf> {
    let levels = fs::canonicalize(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).ok()?;
    let mut folder = plain(folder);
    for _ in levels.ancestors() {
        let file = folder.join(PROJECT_FILE);
        if file.is_file() {
            return Some(file);
        }
        folder = plain(&folder.join(".."));
    }
    None
}

/// What one `mon.toml` says of rules.
#[derive(Debug)]
pub struct Settings {
    edition: Edition,
    packages: BTreeMap<String, PathBuf>,
    editor: EditorSettings,
    teams: BTreeSet<String>,
    methods: BTreeSet<String>,
}

impl Settings {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// It is no TOML, or its edition or packages are not as they should be.
    pub fn parse(text: &str) -> Result<Self, LoadError> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| LoadError {
            at: error.span().map(|bytes| (PathBuf::new(), bytes)),
            ..LoadError::new(error, "write it as TOML")
        })?;
        let edition = match table.get("edition") {
            None => Edition::newest(),
            Some(value) => edition(value)?,
        };
        let mut packages = BTreeMap::new();
        if let Some(value) = table.get("packages") {
            let named = value.as_table().ok_or_else(|| wrong_package("`packages` is no table"))?;
            for (name, path) in named {
                let path = path.as_str().ok_or_else(|| wrong_package(&format!("`{name}` has no path in quotes")))?;
                packages.insert(name.clone(), PathBuf::from(path));
            }
        }
        let editor = table.get("editor").map(editor).transpose()?.unwrap_or_default();
        Ok(Self { edition, packages, editor, teams: names(&table, "team"), methods: names(&table, "method") })
    }
}

/// The names of the tables `[of.NAME]`. Whether these are right is for those to say who use them.
fn names(table: &toml::Table, of: &str) -> BTreeSet<String> {
    table.get(of).and_then(toml::Value::as_table).into_iter().flat_map(|named| named.keys().cloned()).collect()
}

fn editor(section: &toml::Value) -> Result<EditorSettings, LoadError> {
    let wrong = |message: String| {
        LoadError::new(format!("[editor]: {message}"), "write `capture = \"captures/launch.jsonl\"` under `[editor]`")
    };
    let table = section.as_table().ok_or_else(|| wrong("`editor` is no table".to_owned()))?;
    if let Some(unknown) = table.keys().find(|key| *key != "capture") {
        return Err(wrong(format!("`{unknown}` is no setting of the editor")));
    }
    let path = |value: &toml::Value| value.as_str().map(PathBuf::from);
    let capture = table
        .get("capture")
        .map(|value| path(value).ok_or_else(|| wrong("`capture` has no path in quotes".to_owned())));
    Ok(EditorSettings { capture: capture.transpose()? })
}

fn wrong_package(message: &str) -> LoadError {
    LoadError::new(format!("[packages]: {message}"), "write `brand = \"../lexicons/brand\"` under `[packages]`")
}

fn edition(value: &toml::Value) -> Result<Edition, LoadError> {
    let known: Vec<String> = Edition::ALL.iter().map(|edition| format!("`\"{}\"`", edition.name())).collect();
    let help = format!("this release reads {}", known.join(", "));
    let Some(name) = value.as_str() else {
        return Err(LoadError::new(format!("`edition` is {value} instead of a year in quotes"), help));
    };
    Edition::find(name).ok_or_else(|| {
        let guess = did_you_mean(name, Edition::ALL.iter().map(|edition| edition.name()));
        let guess = guess.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        LoadError::new(format!("there is no edition `{name}` of the language"), format!("{guess}{help}"))
    })
}

#[cfg(test)]
mod tests {
    use super::Settings;
    use mon_compiler::edition::Edition;

    #[test]
    fn an_edition_is_known_or_told_with_those_that_are() {
        assert_eq!(Settings::parse("edition = \"2026\"").unwrap().edition, Edition::Of2026);
        assert_eq!(Settings::parse("").unwrap().edition, Edition::newest());
        let unknown = Settings::parse("edition = \"2031\"").unwrap_err();
        assert_eq!(unknown.message, "there is no edition `2031` of the language");
        assert_eq!(unknown.help, "this release reads `\"2026\"`");
        let near = Settings::parse("edition = \"2025\"").unwrap_err();
        assert!(near.help.starts_with("did you mean `2026`?"));
        let number = Settings::parse("edition = 2026").unwrap_err();
        assert_eq!(number.message, "`edition` is 2026 instead of a year in quotes");
    }

    #[test]
    fn an_editor_is_told_a_capture_and_nothing_else() {
        let read = Settings::parse("[editor]\ncapture = \"captures/launch.jsonl\"\n[team.care]\n").unwrap();
        assert_eq!(read.editor.capture.as_deref(), Some(std::path::Path::new("captures/launch.jsonl")));
        assert!(read.teams.contains("care") && read.methods.is_empty());
        let unknown = Settings::parse("[editor]\ncaptures = \"a\"\n").unwrap_err();
        assert_eq!(unknown.message, "[editor]: `captures` is no setting of the editor");
        assert_eq!(super::blamed("# editor\n[editor]\ncaptures = 1\n", &unknown.message), 10..16);
        assert_eq!(Settings::parse("[team").unwrap_err().at.unwrap().1, 5..5);
        assert!(Settings::parse("editor = 1").is_err());
        assert!(Settings::parse("[editor]\ncapture = 1\n").is_err());
    }

    #[test]
    fn packages_are_words_with_paths() {
        let read = Settings::parse("[packages]\nbrand = \"../lexicons/brand\"\n").unwrap();
        assert_eq!(read.packages.len(), 1);
        assert!(Settings::parse("packages = 1").is_err());
        assert!(Settings::parse("[packages]\nbrand = 1").is_err());
    }
}
