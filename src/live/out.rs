//! What a run found, as lines in files: the same four that a replay writes, with the same bytes. Each commit says how
//! long they are with it, so what a crash left behind that length is cut off, and no line is there twice.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use mon_alerts::{Message, to_line};
use mon_compiler::plan::Plan;
use mon_engine::Epoch;
use mon_engine::json::{mention_line, transition_line, window_line};
use mon_store::{Checkpoint, Store, StoreError};

use super::record::{count, tie};
use super::told;
use crate::failure::Failure;
use crate::output::cannot_write;
use crate::report::grouped;
use crate::tape;

/// Counters of the store: whose lengths the others are, and whether commits came whose lines stand nowhere.
const FOLDER: &str = "out";
const UNWRITTEN: &str = "out.unwritten";
const NAMES: [&str; 4] = ["mentions", "windows", "incidents", "messages"];

/// The four files.
pub struct Out {
    folder: PathBuf,
    files: [Written; 4],
}

struct Written {
    name: &'static str,
    file: File,
    length: u64,
    /// Lines that no commit counts yet.
    lines: String,
}

/// The counter that a commit without files leaves.
pub fn without() -> (String, u64) {
    (UNWRITTEN.to_owned(), 1)
}

impl Out {
    /// Opens the files where the last commit left them. Refused where they would have a hole, or are not ours.
    pub fn open(folder: &Path, store: &Store, checkpoint: &mut Option<Checkpoint>) -> Result<Self, Failure> {
        fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        let whole = folder.canonicalize().map_err(|error| cannot_write(folder, &error))?;
        let id = tape::number(&[whole.display().to_string().as_bytes()]);
        let ours = count(checkpoint.as_ref(), FOLDER) == id;
        let hole = count(checkpoint.as_ref(), UNWRITTEN) != 0;
        if !ours || hole {
            if let Some(name) = NAMES.into_iter().find(|name| length(&path(folder, name)) > 0) {
                return Err(stranger(&path(folder, name), ours && hole));
            }
            let mut counts = vec![(FOLDER.to_owned(), id), (UNWRITTEN.to_owned(), 0)];
            counts.extend(NAMES.map(|name| (counter(name), 0)));
            tie(store, checkpoint, counts).map_err(told)?;
        }
        let committed = |name| count(checkpoint.as_ref(), &counter(name));
        if let Some(name) = NAMES.into_iter().find(|name| length(&path(folder, name)) < committed(name)) {
            return Err(shorter(&path(folder, name), committed(name)));
        }
        let open = |name: &'static str| {
            let path = path(folder, name);
            let length = committed(name);
            let open = || {
                let mut file = File::options().create(true).truncate(false).write(true).open(&path)?;
                file.set_len(length)?;
                file.seek(SeekFrom::Start(length))?;
                Ok(file)
            };
            let file = open().map_err(|error: std::io::Error| cannot_write(&path, &error))?;
            Ok::<_, Failure>(Written { name, file, length, lines: String::new() })
        };
        let [mentions, windows, incidents, messages] = NAMES;
        let files = [open(mentions)?, open(windows)?, open(incidents)?, open(messages)?];
        // A commit is not to outlive the names of the files that it counts.
        for folder in whole.ancestors().take(2) {
            let synced = File::open(folder).and_then(|opened| opened.sync_all());
            synced.map_err(|error| cannot_write(folder, &error))?;
        }
        Ok(Self { folder: folder.to_owned(), files })
    }

    pub fn epoch(&mut self, epoch: &Epoch, plan: &Plan) {
        let [mentions, windows, incidents, _] = &mut self.files;
        epoch.mentions.iter().for_each(|mention| mentions.line(&mention_line(mention, plan)));
        epoch.windows.iter().for_each(|window| windows.line(&window_line(window, plan)));
        epoch.transitions.iter().for_each(|transition| incidents.line(&transition_line(transition)));
    }

    pub fn message(&mut self, message: &Message) {
        let [.., messages] = &mut self.files;
        messages.line(&to_line(message));
    }

    /// Puts all lines on disk; the counters that the commit is to leave.
    pub fn sync(&mut self) -> Result<Vec<(String, u64)>, StoreError> {
        for one in self.files.iter_mut().filter(|one| !one.lines.is_empty()) {
            let written = one.file.write_all(one.lines.as_bytes()).and_then(|()| one.file.sync_data());
            written.map_err(|error| StoreError::from_io(&path(&self.folder, one.name), &error))?;
            one.length += one.lines.len() as u64;
            one.lines.clear();
        }
        Ok(self.files.iter().map(|one| (counter(one.name), one.length)).collect())
    }
}

impl Written {
    fn line(&mut self, line: &str) {
        self.lines.push_str(line.trim_end_matches('\n'));
        self.lines.push('\n');
    }
}

/// Lines are there that the next ones do not join on.
fn stranger(path: &Path, hole: bool) -> Failure {
    if hole {
        return Failure::input(
            format!("`{}` lacks the lines of a run without `--out` that came between", path.display()),
            "give `--out` another folder, or move the files of this one away: they begin anew then",
        );
    }
    Failure::input(
        format!("`{}` was written by something else, or before a run that wrote elsewhere", path.display()),
        "give `--out` a folder of its own: a run goes on with its files where it left them",
    )
}

fn shorter(path: &Path, committed: u64) -> Failure {
    Failure::input(
        format!(
            "`{}` has {} bytes where the last run left {}: a part of it is gone",
            path.display(),
            grouped(length(path)),
            grouped(committed)
        ),
        "put the file back, or give `--out` another folder",
    )
}

fn path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.jsonl"))
}

fn counter(name: &str) -> String {
    format!("{FOLDER}.{name}")
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |meta| meta.len())
}

#[cfg(test)]
mod tests {
    use mon_engine::Mention;
    use mon_store::EpochCommit;

    use super::*;

    #[test]
    fn what_no_commit_counts_is_cut_off_and_files_of_others_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (data, out) = (folder.path().join("data"), folder.path().join("out"));
        let store = Store::open(&data).unwrap();
        let mut checkpoint = None;
        let mut files = Out::open(&out, &store, &mut checkpoint).unwrap();
        let mention = Mention { post: "p".to_owned(), monitor: 0, at: 0, key: Vec::new(), details: None };
        let epoch = Epoch { mentions: vec![mention], ..Epoch::default() };
        files.epoch(&epoch, &Plan::default());
        let counts = files.sync().unwrap();
        let number = checkpoint.as_ref().unwrap().epoch + 1;
        store.commit(&EpochCommit { epoch: number, counts, ..EpochCommit::default() }).unwrap();
        let committed = fs::read(out.join("mentions.jsonl")).unwrap();
        files.epoch(&epoch, &Plan::default());
        files.sync().unwrap();
        drop(files);
        assert_eq!(fs::read(out.join("mentions.jsonl")).unwrap().len(), committed.len() * 2);
        let mut checkpoint = store.load_checkpoint().unwrap();
        let mut files = Out::open(&out, &store, &mut checkpoint).unwrap();
        assert_eq!(fs::read(out.join("mentions.jsonl")).unwrap(), committed);
        files.epoch(&epoch, &Plan::default());
        files.sync().unwrap();
        assert_eq!(fs::read(out.join("mentions.jsonl")).unwrap(), [&committed[..], &committed[..]].concat());

        drop(files);
        let mentions = out.join("mentions.jsonl");
        fs::write(&mentions, &committed[1..]).unwrap();
        let refused = Out::open(&out, &store, &mut checkpoint).err().unwrap();
        let left = format!("has {} bytes where the last run left {}", committed.len() - 1, committed.len());
        assert!(refused.message.contains(&left), "{refused}");
        fs::write(&mentions, &committed).unwrap();
        assert!(Out::open(&out, &store, &mut checkpoint).is_ok());

        let other = folder.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("windows.jsonl"), "mine\n").unwrap();
        let refused = Out::open(&other, &store, &mut checkpoint).err().unwrap();
        assert!(refused.message.contains("was written by something else"), "{refused}");
        assert_eq!(fs::read(other.join("windows.jsonl")).unwrap(), b"mine\n");
    }

    #[test]
    fn a_run_without_files_between_two_with_them_is_no_silent_hole() {
        let folder = tempfile::tempdir().unwrap();
        let (data, out) = (folder.path().join("data"), folder.path().join("out"));
        let store = Store::open(&data).unwrap();
        let mut checkpoint = None;
        let commit = |checkpoint: &mut Option<Checkpoint>, counts| {
            let epoch = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.epoch) + 1;
            store.commit(&EpochCommit { epoch, counts, ..EpochCommit::default() }).unwrap();
            *checkpoint = store.load_checkpoint().unwrap();
        };
        let mention = Mention { post: "p".to_owned(), monitor: 0, at: 0, key: Vec::new(), details: None };
        let epoch = Epoch { mentions: vec![mention], ..Epoch::default() };
        let mut files = Out::open(&out, &store, &mut checkpoint).unwrap();
        files.epoch(&epoch, &Plan::default());
        commit(&mut checkpoint, files.sync().unwrap());
        drop(files);
        commit(&mut checkpoint, vec![without()]);
        let before = fs::read(out.join("mentions.jsonl")).unwrap();
        let refused = Out::open(&out, &store, &mut checkpoint).err().unwrap();
        assert!(refused.message.contains("lacks the lines of a run without `--out`"), "{refused}");
        assert_eq!(fs::read(out.join("mentions.jsonl")).unwrap(), before);

        // Moved away, they begin anew, and go on then.
        NAMES.iter().for_each(|name| fs::remove_file(path(&out, name)).unwrap());
        let mut files = Out::open(&out, &store, &mut checkpoint).unwrap();
        files.epoch(&epoch, &Plan::default());
        commit(&mut checkpoint, files.sync().unwrap());
        drop(files);
        assert!(Out::open(&out, &store, &mut checkpoint).is_ok());
        assert_eq!(fs::read(out.join("mentions.jsonl")).unwrap(), before);
    }
}
