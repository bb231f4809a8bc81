//! Standard output and files that may be full or closed: one place turns that into a failure that says so.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;

static PLAIN: AtomicBool = AtomicBool::new(false);

/// Called once when the user asked for no colours.
pub fn without_colour() {
    PLAIN.store(true, Ordering::Relaxed);
}

/// Whether text for people may be coloured.
pub fn colour() -> bool {
    !PLAIN.load(Ordering::Relaxed) && std::env::var_os("NO_COLOR").is_none() && io::stdout().is_terminal()
}

/// Writes text to standard output. A reader that closed its end (`| head`) is no failure.
pub fn say(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    closed_is_fine(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
        .map_err(|error| cannot_write(Path::new("standard output"), &error))
}

/// Writes a line to standard error. Nobody need listen there: a run goes on when the reader of its log is gone.
pub fn note(line: impl std::fmt::Display) {
    note_text(&format!("{line}\n"));
}

/// Writes text to standard error as it is, likewise.
pub fn note_text(text: &str) {
    if crate::log::is_json() {
        line(&crate::log::note(text));
    } else {
        line(text);
    }
}

/// Writes to standard error what is a whole line already.
pub fn line(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// A buffered standard output for many lines.
pub struct Lines {
    out: BufWriter<io::StdoutLock<'static>>,
    closed: bool,
}

impl Lines {
    pub fn new() -> Self {
        Self { out: BufWriter::with_capacity(1 << 16, io::stdout().lock()), closed: false }
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if !self.closed {
            self.closed = self.out.write_all(bytes).map_or_else(broken, |()| Ok(false))?;
        }
        Ok(())
    }

    pub fn flush(&mut self) -> Result<(), Failure> {
        if !self.closed {
            self.closed = self.out.flush().map_or_else(broken, |()| Ok(false))?;
        }
        Ok(())
    }
}

fn broken(error: io::Error) -> Result<bool, Failure> {
    if error.kind() == ErrorKind::BrokenPipe {
        Ok(true)
    } else {
        Err(cannot_write(Path::new("standard output"), &error))
    }
}

fn closed_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// A file that is being written; it appears whole or says why not.
pub struct Sink {
    path: PathBuf,
    out: BufWriter<File>,
}

impl Sink {
    pub fn create(path: &Path) -> Result<Self, Failure> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| cannot_write(parent, &error))?;
        }
        let file = File::create(path).map_err(|error| cannot_write(path, &error))?;
        Ok(Self { path: path.to_path_buf(), out: BufWriter::with_capacity(1 << 18, file) })
    }

    pub fn finish(mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|error| cannot_write(&self.path, &error))
    }

    /// What a failed write to this file is called.
    pub fn failed(&self, error: &impl std::fmt::Display) -> Failure {
        cannot_write(&self.path, error)
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A place that cannot be written to.
/// Writes a file anew, whole or not at all: into a file beside it that then takes its place. A link stays a link, and who
/// may read the file stays as it was.
///
/// # Errors
/// Bad input that names the file; what stood there before stands there still.
pub fn replace_file(path: &Path, text: &str) -> Result<(), Failure> {
    let replace = || {
        let target = fs::canonicalize(path)?;
        let permissions = fs::metadata(&target)?.permissions();
        if permissions.readonly() {
            return Err(io::Error::new(ErrorKind::PermissionDenied, "it is read-only"));
        }
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let beside = target.with_file_name(format!(".{name}.{}.new", std::process::id()));
        let write = || {
            let mut file = File::create(&beside)?;
            file.write_all(text.as_bytes())?;
            file.set_permissions(permissions)?;
            file.sync_all()?;
            fs::rename(&beside, &target)
        };
        write().inspect_err(|_| {
            let _ = fs::remove_file(&beside);
        })
    };
    replace().map_err(|error| cannot_write(path, &error))
}

pub fn cannot_write(path: &Path, error: &impl std::fmt::Display) -> Failure {
    Failure::input(
        format!("cannot write `{}`: {error}", path.display()),
        "check the path, who may write there, and the space left on the disk",
    )
}
