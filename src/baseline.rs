//! A baseline: the findings that a folder had when somebody began to look at them. They are told no more, new ones are;
//! errors are never in it. A finding is known again by what it is about, not by its line, so that other edits leave it known.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use mon_compiler::diagnostic::{Code, Diagnostic, find_code};
use mon_compiler::lint::Lints;
use mon_compiler::plan::{Place, SourceFile};
use mon_grammar::ast::{self, Item, ItemKind};
use serde_json::{Map, Value, json};

use crate::compiled::{Compiled, LIST};
use crate::failure::Failure;
use crate::output::Sink;

/// What this release writes and reads.
const VERSION: u64 = 1;
/// Hexadecimal digits of a digest.
const DIGITS: usize = 16;

/// What a finding is known by. Entries are sorted by these, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Entry {
    /// Seen from the baseline's folder, with `/`.
    file: String,
    code: String,
    /// `query shop`; empty where the finding stands in no item.
    item: String,
    /// A digest of the text that it is about.
    about: String,
}

/// A baseline that was read.
pub struct Baseline {
    folder: PathBuf,
    /// How often each is known.
    known: BTreeMap<Entry, u64>,
}

/// What a baseline did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Findings that are not told.
    pub hidden: usize,
    /// Entries that were looked for and not found as often as they say.
    pub gone: usize,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// Bad input, with the line, where the file is not there or is none.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let text = fs::read_to_string(path).map_err(|error| {
            let help = format!("check the path; `--write-baseline {shown}` writes a baseline");
            Failure::input(format!("cannot read the baseline `{shown}`: {error}"), help)
        })?;
        let mut known: BTreeMap<Entry, u64> = BTreeMap::new();
        let mut version = false;
        for (line, number) in text.trim_start_matches('\u{feff}').lines().map(str::trim).zip(1_usize..) {
            if line.is_empty() {
                continue;
            }
            match Line::read(line).map_err(|wrong| wrong.at(path, number))? {
                Line::Version => version = true,
                Line::Entry(..) if !version => return Err(Wrong::entry("no version stands above it").at(path, number)),
                // Two branches that knew the same thing know it once when they are merged.
                Line::Entry(entry, count) => {
                    let times = known.entry(entry).or_default();
                    *times = count.max(*times);
                }
            }
        }
        if !version {
            return Err(Wrong::entry("it holds no version").at(path, 1));
        }
        Ok(Self { folder: folder_of(path)?, known })
    }

    /// Takes away the findings that are known. What is known is looked for where it could have been found: in files that
    /// were checked or are no more, by `lints` that ran.
    pub fn take_from(mut self, compiled: &mut Compiled, lints: Lints) -> Known {
        let names = names(&self.folder, &compiled.checked.files);
        let mut entries = entries(&names, compiled).into_iter();
        let found = &mut compiled.checked.diagnostics;
        let before = found.len();
        found.retain(|finding| {
            let left = entries.next().and_then(|entry| self.known.get_mut(&entry));
            match left.filter(|left| **left > 0 && !finding.is_error()) {
                Some(left) => {
                    *left -= 1;
                    false
                }
                None => true,
            }
        });
        let hidden = before - found.len();
        // Lints wait for rules without errors, so nothing is known of what they would have found.
        if found.iter().any(Diagnostic::is_error) {
            return Known { hidden, gone: 0 };
        }
        let looked_for = |entry: &Entry| {
            let in_file = names.contains(&entry.file) || !self.folder.join(&entry.file).exists();
            in_file && find_code(&entry.code).is_none_or(|code| lints.runs(code))
        };
        let gone = self.known.iter().filter(|(entry, left)| **left > 0 && looked_for(entry)).count();
        Known { hidden, gone }
    }
}

/// Writes what was found as a baseline and gives how many findings it holds.
///
/// # Errors
/// Bad input where there are errors, which no baseline holds, or the file cannot be written.
pub fn write(path: &Path, compiled: &Compiled) -> Result<usize, Failure> {
    if compiled.checked.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(Failure::input(
            "no baseline is written: the rules have errors, which no baseline hides",
            "mend them first; lints look only at rules without errors",
        ));
    }
    let mut sink = Sink::create(path)?;
    let mut sorted: BTreeMap<Entry, u64> = BTreeMap::new();
    for entry in entries(&names(&folder_of(path)?, &compiled.checked.files), compiled) {
        *sorted.entry(entry).or_default() += 1;
    }
    let mut text = format!("{{\"version\":{VERSION}}}\n");
    for (entry, count) in &sorted {
        entry.line(*count, &mut text);
    }
    sink.write_all(text.as_bytes()).map_err(|error| sink.failed(&error))?;
    sink.finish()?;
    Ok(compiled.checked.diagnostics.len())
}

/// What each finding is known by among all, as a text that stays when other lines change.
pub fn fingerprints(compiled: &Compiled) -> Vec<String> {
    let names: Vec<String> = compiled.checked.files.iter().map(|file| file.name.clone()).collect();
    let mut times: HashMap<Entry, u64> = HashMap::new();
    let fingerprint = |entry: Entry| {
        let time = times.entry(entry.clone()).and_modify(|time| *time += 1).or_default();
        digest(&format!("{}\n{}\n{}\n{}\n{time}", entry.file, entry.code, entry.item, entry.about))
    };
    entries(&names, compiled).into_iter().map(fingerprint).collect()
}

/// The entry of each finding, in their order; `names` are those of the files.
fn entries(names: &[String], compiled: &Compiled) -> Vec<Entry> {
    let files = &compiled.checked.files;
    let mut trees: HashMap<u32, Vec<Item>> = HashMap::new();
    let entry = |found: &Diagnostic| {
        let place = found.place;
        let Some((file, name)) = files.get(place.file as usize).zip(names.get(place.file as usize)) else {
            return Entry { file: String::new(), code: code(found.code), item: String::new(), about: String::new() };
        };
        let is_rules =
            (place.file as usize) < compiled.files.len() && Path::new(&file.name).extension() != Some(LIST.as_ref());
        let items = trees.entry(place.file).or_insert_with(|| match is_rules {
            true => mon_grammar::parse(&file.text).items,
            false => Vec::new(),
        });
        let item = items.iter().find(|item| holds(item, place)).map(|item| item_name(&item.kind)).unwrap_or_default();
        Entry { file: name.clone(), code: code(found.code), item, about: digest(&about(&file.text, place)) }
    };
    compiled.checked.diagnostics.iter().map(entry).collect()
}

/// Findings of a deployment share one number, and have names.
fn code(code: &Code) -> String {
    if find_code(code.id).is_some() { code.id.to_owned() } else { format!("{}/{}", code.id, code.name) }
}

fn holds(item: &Item, place: Place) -> bool {
    let start = item.doc.as_ref().map_or(item.span.start, |doc| doc.span.start);
    (start..item.span.end).contains(&place.span.start)
}

fn item_name(kind: &ItemKind) -> String {
    match kind {
        ItemKind::Use(used) => format!("use {}", used.target),
        ItemKind::Terms(terms) => format!("terms {}", terms.name.text),
        ItemKind::Query(query) => format!("query {}", query.name.text),
        ItemKind::Dates(dates) => format!("dates {}", dates.name.text),
        ItemKind::Monitor(monitor) => format!("monitor {}", monitor.name.text),
        ItemKind::Playbook(playbook) => format!("playbook {}", playbook.name.text),
        ItemKind::Test(ast::Test { monitor, title, .. }) => format!("test {} {title}", monitor.text),
        ItemKind::Broken => String::new(),
    }
}

/// The text that a finding is about: its own, the first line of it, or the line that it stands in. Spaces are as the
/// formatter could write them.
fn about(text: &str, place: Place) -> String {
    let own = place.span.text(text).trim().lines().next().unwrap_or("");
    let line = || {
        let start = text.floor_char_boundary(place.span.start as usize);
        let (before, behind) = text.split_at_checked(start).unwrap_or((text, ""));
        let end = behind.lines().next().unwrap_or("");
        format!("{}{end}", before.rsplit('\n').next().unwrap_or(""))
    };
    let about = if own.is_empty() { line() } else { own.to_owned() };
    about.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().chars().take(DIGITS).collect()
}

/// The folder that a baseline stands in, without links.
fn folder_of(path: &Path) -> Result<PathBuf, Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::canonicalize(folder).map_err(|error| {
        Failure::input(format!("cannot read the folder `{}`: {error}", folder.display()), "check who may read it")
    })
}

/// The files' names, seen from a folder.
fn names(folder: &Path, files: &[SourceFile]) -> Vec<String> {
    let seen = |file: &SourceFile| {
        let path = fs::canonicalize(&file.name).unwrap_or_else(|_| PathBuf::from(&file.name));
        let shared = folder.components().zip(path.components()).take_while(|(own, its)| own == its).count();
        let up = folder.components().skip(shared).map(|_| "..".to_owned());
        let down = path.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
        up.chain(down).collect::<Vec<String>>().join("/")
    };
    files.iter().map(seen).collect()
}

impl Entry {
    /// As it stands in the file: keys always in the same order, a count only where it is more than one.
    fn line(&self, count: u64, text: &mut String) {
        let _ = write!(text, "{{\"file\":{},\"code\":{}", json!(self.file), json!(self.code));
        if !self.item.is_empty() {
            let _ = write!(text, ",\"item\":{}", json!(self.item));
        }
        let _ = write!(text, ",\"about\":{}", json!(self.about));
        if count > 1 {
            let _ = write!(text, ",\"count\":{count}");
        }
        text.push_str("}\n");
    }
}

/// What a line of a baseline says.
enum Line {
    Version,
    Entry(Entry, u64),
}

/// Why a line cannot be read.
struct Wrong {
    column: Option<usize>,
    reason: String,
    help: &'static str,
}

impl Wrong {
    fn entry(reason: impl Into<String>) -> Self {
        let help = "each line is as `--write-baseline` writes it, the version first; write the baseline again";
        Self { column: None, reason: reason.into(), help }
    }

    fn at(self, path: &Path, line: usize) -> Failure {
        let column = self.column.map_or_else(String::new, |column| format!(":{column}"));
        Failure::input(format!("the baseline `{}`:{line}{column}: {}", path.display(), self.reason), self.help)
    }
}

impl Line {
    fn read(line: &str) -> Result<Self, Wrong> {
        if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark)) {
            let help = "keep the entries of both sides and take the marks of git out";
            return Err(Wrong { column: None, reason: "a merge is not done here".to_owned(), help });
        }
        let object = match serde_json::from_str(line) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return Err(Wrong::entry("this is no entry")),
            Err(error) => return Err(Wrong { column: Some(error.column()), ..Wrong::entry("this is no JSON") }),
        };
        if let Some(version) = object.get("version") {
            let help = "use the `mon` that wrote it, or write the baseline again";
            return match version.as_u64() {
                Some(VERSION) => Ok(Self::Version),
                _ => {
                    let reason = format!("its version is `{version}`, and this `mon` reads version {VERSION}");
                    Err(Wrong { column: None, reason, help })
                }
            };
        }
        if let Some(key) = object.keys().find(|key| !["file", "code", "item", "about", "count"].contains(&key.as_str()))
        {
            return Err(Wrong::entry(format!("an entry has no `{key}`")));
        }
        let count = match object.get("count") {
            None => 1,
            Some(count) => count
                .as_u64()
                .filter(|count| *count > 0)
                .ok_or_else(|| Wrong::entry(format!("`count` is a whole number from 1, not `{count}`")))?,
        };
        let item = if object.contains_key("item") { text(&object, "item")? } else { String::new() };
        let entry =
            Entry { file: text(&object, "file")?, code: text(&object, "code")?, item, about: text(&object, "about")? };
        Ok(Self::Entry(entry, count))
    }
}

fn text(object: &Map<String, Value>, key: &str) -> Result<String, Wrong> {
    match object.get(key) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(Wrong::entry(format!("`{key}` is a text in quotes, not `{other}`"))),
        None => Err(Wrong::entry(format!("`{key}` is missing"))),
    }
}
