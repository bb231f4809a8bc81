//! Messages as JSON lines in a file, each on disk before it counts as sent. The ids at the file's end are read when it
//! is opened, so that a message which was written just before a crash is not written again.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use mon_alerts::to_line;
use serde::Deserialize;

use crate::channel::{Channel, Delivery, Outcome};

/// How far back ids are read, in bytes: far more than can be in flight at a crash.
const TAIL_BYTES: u64 = 1 << 20;

/// A file that lines are added to.
pub struct JsonLines {
    shared: Arc<Mutex<Lines>>,
}

struct Lines {
    path: PathBuf,
    file: File,
    /// Where the next line begins.
    end: u64,
    written: HashSet<String>,
}

impl JsonLines {
    /// Opens or makes the file. A last line that was cut by a crash is taken away: its message comes again.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
        let size = file.metadata()?.len();
        let start = size.saturating_sub(TAIL_BYTES);
        file.seek(SeekFrom::Start(start))?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail)?;
        let whole = tail.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let end = if start > 0 && whole == 0 { size } else { start + whole as u64 };
        tail.truncate(whole);
        file.set_len(end)?;
        let written = tail.split(|&byte| byte == b'\n').filter_map(id).collect();
        let lines = Lines { path: path.to_owned(), file, end, written };
        Ok(Self { shared: Arc::new(Mutex::new(lines)) })
    }
}

fn id(line: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Line {
        id: String,
    }
    serde_json::from_slice::<Line>(line).ok().map(|line| line.id)
}

impl Lines {
    fn add(&mut self, id: &str, line: &str) -> Outcome {
        if self.written.contains(id) {
            return Outcome::Sent { remote: None };
        }
        let mut write = || {
            self.file.seek(SeekFrom::Start(self.end))?;
            self.file.write_all(format!("{line}\n").as_bytes())?;
            self.file.sync_data()
        };
        if let Err(error) = write() {
            // What was written in part must not stand before the next line.
            let _ = self.file.set_len(self.end);
            return Outcome::later(format!("cannot write to `{}`: {error}", self.path.display()));
        }
        self.end += line.len() as u64 + 1;
        self.written.insert(id.to_owned());
        Outcome::Sent { remote: None }
    }
}

#[async_trait]
impl Channel for JsonLines {
    fn idempotent(&self) -> bool {
        true
    }

    async fn send(&self, delivery: &Delivery) -> Outcome {
        let shared = Arc::clone(&self.shared);
        let (id, line) = (delivery.message.id.0.clone(), to_line(&delivery.message));
        let work = move || shared.lock().unwrap_or_else(PoisonError::into_inner).add(&id, &line);
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Outcome::later(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use mon_compiler::plan::Severity;

    use super::*;
    use crate::dispatch::tests::delivery;

    #[tokio::test]
    async fn a_message_stands_once_whatever_happened_in_between() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out/alerts.jsonl");
        let delivery = delivery("incident.opened", Severity::Low);
        let lines = JsonLines::open(&path).unwrap();
        assert_eq!(lines.send(&delivery).await, Outcome::Sent { remote: None });
        assert_eq!(lines.send(&delivery).await, Outcome::Sent { remote: None });
        drop(lines);
        let mut torn = std::fs::read_to_string(&path).unwrap();
        torn.push_str("{\"id\":\"half");
        std::fs::write(&path, &torn).unwrap();
        let lines = JsonLines::open(&path).unwrap();
        lines.send(&delivery).await;
        let mut other = delivery.clone();
        other.message.id.0 = "other".to_owned();
        lines.send(&other).await;
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, format!("{}\n{}\n", to_line(&delivery.message), to_line(&other.message)));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_full_disk_is_for_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.jsonl");
        let lines = JsonLines::open(&path).unwrap();
        // Whatever is written to this device meets a full disk.
        lines.shared.lock().unwrap().file = File::options().read(true).write(true).open("/dev/full").unwrap();
        let outcome = lines.send(&delivery("incident.opened", Severity::Low)).await;
        assert!(matches!(&outcome, Outcome::Later { error, .. } if error.contains("alerts.jsonl")), "{outcome:?}");
    }
}
