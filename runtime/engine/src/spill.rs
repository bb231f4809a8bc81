//! Where state is put aside when memory is short: one file without a name. The system takes it away with the process that
//! opened it, however that ends, so nothing is left over that a next start would have to find.
//!
//! ```text
//! Spill ── file    stretches of bytes, each an [`Extent`] that somebody holds
//!       └─ free    stretches between them, by their start; the next that fits is taken
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::EngineError;

/// A place on disk for the state of one engine.
#[derive(Debug)]
pub(crate) struct Spill {
    folder: PathBuf,
    bytes_max: u64,
    room: Mutex<Room>,
}

#[derive(Debug, Default)]
struct Room {
    /// Opened when something is first put aside.
    file: Option<File>,
    /// Length of the file.
    end: u64,
    free: BTreeMap<u64, u64>,
    used: u64,
}

/// A stretch of the file, which is free again when nobody holds it any more.
#[derive(Debug)]
pub(crate) struct Extent {
    spill: Arc<Spill>,
    start: u64,
    len: usize,
}

impl Spill {
    pub(crate) fn new(folder: PathBuf, bytes_max: u64) -> Self {
        Self { folder, bytes_max, room: Mutex::default() }
    }

    /// Writes bytes to the file.
    ///
    /// # Errors
    /// When the limit is met, or the folder takes no file or is full.
    pub(crate) fn put(self: &Arc<Self>, bytes: &[u8]) -> Result<Arc<Extent>, EngineError> {
        let mut room = self.lock();
        let used = room.used + bytes.len() as u64;
        if used > self.bytes_max {
            return Err(EngineError::SpillLimit { used, limit: self.bytes_max });
        }
        let start = room.take(bytes.len() as u64);
        if let Err(error) = room.write(&self.folder, start, bytes) {
            room.give_back(start, bytes.len() as u64);
            return Err(EngineError::Spill { folder: self.folder.clone(), reason: error.to_string() });
        }
        Ok(Arc::new(Extent { spill: Arc::clone(self), start, len: bytes.len() }))
    }

    /// Bytes that lie in the file.
    pub(crate) fn used(&self) -> u64 {
        self.lock().used
    }

    fn lock(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    /// A stretch of this length.
    fn take(&mut self, len: u64) -> u64 {
        self.used += len;
        let hole = self.free.iter().find(|(_, hole)| **hole >= len).map(|(start, hole)| (*start, *hole));
        let Some((start, hole)) = hole else {
            self.end += len;
            return self.end - len;
        };
        self.free.remove(&start);
        if hole > len {
            self.free.insert(start + len, hole - len);
        }
        start
    }

    fn give_back(&mut self, mut start: u64, mut len: u64) {
        self.used -= len;
        if let Some((before, hole)) = self.free.range(..start).next_back().map(|(at, hole)| (*at, *hole))
            && before + hole == start
        {
            self.free.remove(&before);
            (start, len) = (before, hole + len);
        }
        if let Some(hole) = self.free.remove(&(start + len)) {
            len += hole;
        }
        if start + len < self.end {
            self.free.insert(start, len);
            return;
        }
        self.end = start;
        if let Some(file) = &self.file {
            // A file that is longer than it need be is no error.
            let _ = file.set_len(start);
        }
    }

    fn write(&mut self, folder: &PathBuf, start: u64, bytes: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(folder)?),
        };
        file.seek(SeekFrom::Start(start))?;
        file.write_all(bytes)
    }
}

impl Extent {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        let mut room = self.spill.lock();
        let file = room.file.as_mut().ok_or(io::ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(self.start))?;
        let mut bytes = vec![0; self.len];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl Drop for Extent {
    fn drop(&mut self) {
        self.spill.lock().give_back(self.start, self.len as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spill(bytes_max: u64) -> (tempfile::TempDir, Arc<Spill>) {
        let folder = tempfile::tempdir().unwrap();
        let spill = Arc::new(Spill::new(folder.path().to_owned(), bytes_max));
        (folder, spill)
    }

    #[test]
    fn what_is_given_back_is_used_again_and_the_file_shrinks() {
        let (folder, spill) = spill(1 << 20);
        let mut kept: Vec<Arc<Extent>> = (0..10_u8).map(|fill| spill.put(&[fill; 100]).unwrap()).collect();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file has no name");
        for at in [3, 3, 3] {
            kept.remove(at);
        }
        assert_eq!((spill.used(), spill.lock().end), (700, 1000));
        let between = spill.put(&[77; 250]).unwrap();
        assert_eq!((between.start, spill.lock().end), (300, 1000));
        let told: Vec<u8> = kept.iter().map(|extent| *extent.read().unwrap().last().unwrap()).collect();
        assert_eq!(told, [0, 1, 2, 6, 7, 8, 9]);
        assert_eq!(between.read().unwrap(), [77; 250]);
        kept.truncate(2);
        assert_eq!(spill.lock().end, 550);
        drop((kept, between));
        let room = spill.lock();
        assert_eq!((room.used, room.end, room.free.len()), (0, 0, 0));
        assert_eq!(room.file.as_ref().unwrap().metadata().unwrap().len(), 0);
    }

    #[test]
    fn limits_and_folders_that_cannot_be_written_are_told() {
        let (folder, spill) = spill(150);
        let kept = spill.put(&[1; 100]).unwrap();
        let refused = spill.put(&[2; 51]).unwrap_err();
        assert!(matches!(refused, EngineError::SpillLimit { used: 151, limit: 150 }), "{refused}");
        drop(kept);
        spill.put(&[2; 150]).unwrap();
        let nowhere = Arc::new(Spill::new(folder.path().join("not there"), 1000));
        let refused = nowhere.put(&[1]).unwrap_err().to_string();
        assert!(refused.contains("not there"), "{refused}");
        assert_eq!(nowhere.used(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_and_takes_nothing() {
        let (_folder, spill) = spill(1 << 20);
        spill.lock().file = Some(File::options().write(true).open("/dev/full").unwrap());
        let refused = spill.put(&[1; 100]).unwrap_err().to_string();
        assert!(refused.contains("No space left"), "{refused}");
        assert_eq!((spill.used(), spill.lock().end), (0, 0));
    }
}
