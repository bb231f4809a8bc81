//! What the rules before the author would have done over the capture that `mon.toml` names, and what changes against the rules as
//! they are saved.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use mon_compiler::check::CheckOptions;
use mon_compiler::plan::SourceFile;
use mon_grammar::ast::File;
use mon_lens::{Capture, Difference, Lens, LensError, Look, POSTS_MAX, Rules, Seen, difference};

/// Posts that are shown of those that an edit gains or loses.
const SHOWN: usize = 3;

/// What the rules of a folder would have done, and what the saved ones.
#[derive(Debug)]
pub struct Consequences {
    /// The texts that it is about.
    pub files: Vec<(PathBuf, Arc<str>)>,
    pub now: Look,
    /// By monitor of `now`: what differs from the saved one of its name; None where there is none.
    pub changed: Vec<Option<Difference>>,
    /// Whether the saved rules can run at all; otherwise there is nothing to compare with.
    pub saved_runs: bool,
    pub posts: u64,
    /// Lines of the capture that could not be read.
    pub problems: u64,
    /// Event time that the capture is of, in microseconds.
    pub micros: i64,
    pub capture: PathBuf,
}

/// Rules with the trees that they were checked with.
pub struct Texts<'a> {
    pub files: Vec<SourceFile>,
    pub trees: &'a [Arc<File>],
    pub options: &'a CheckOptions,
}

/// The rules as they are saved.
pub enum Saved<'a> {
    /// Nothing is unsaved.
    Same,
    Texts(Texts<'a>),
    /// They cannot be read.
    Unknown,
}

/// A capture that is held in memory, and what was found out over it.
#[derive(Debug)]
pub struct Over {
    path: PathBuf,
    stamp: Option<(SystemTime, u64)>,
    lens: Lens,
}

/// How finding out ended.
#[derive(Debug)]
pub enum Found {
    Consequences(Consequences),
    /// The text has changed meanwhile, or the rules have an error.
    Nothing,
}

impl Over {
    /// Reads a capture. None where `stop` said so.
    ///
    /// # Errors
    /// It cannot be read, or holds more than [`POSTS_MAX`] posts.
    pub fn open(path: &Path, stop: &dyn Fn() -> bool) -> Result<Option<Self>, LensError> {
        let capture = Capture::open(path, None, POSTS_MAX, stop)?;
        Ok(capture.map(|capture| Self {
            path: path.to_path_buf(),
            stamp: stamp(path),
            lens: Lens::new(Arc::new(capture)),
        }))
    }

    /// Whether it is this capture, as it lies on the disk now.
    #[must_use]
    pub fn is(&self, path: &Path) -> bool {
        self.path == path && self.stamp == stamp(path)
    }

    /// Finds out what rules would have done, and what differs from the saved ones. `stop` is asked between batches of posts.
    ///
    /// # Errors
    /// A limit of matcher or engine is met.
    pub fn look(
        &mut self,
        paths: Vec<(PathBuf, Arc<str>)>,
        texts: Texts<'_>,
        saved: Saved<'_>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Found, LensError> {
        let rules = |texts: Texts<'_>| Rules::check(texts.files, texts.trees, texts.options);
        let Some(own) = rules(texts) else { return Ok(Found::Nothing) };
        let Seen::All(now) = self.lens.look(&own, stop)? else { return Ok(Found::Nothing) };
        let saved = match saved {
            Saved::Same => Some(own),
            Saved::Texts(texts) => rules(texts),
            Saved::Unknown => None,
        };
        let saved_runs = saved.is_some();
        let before = match saved {
            Some(saved) => match self.lens.look(&saved, stop)? {
                Seen::All(before) => before.monitors,
                Seen::Cancelled => return Ok(Found::Nothing),
            },
            None => Vec::new(),
        };
        let capture = Arc::clone(self.lens.capture());
        let of = |monitor: &mon_lens::MonitorLook| {
            let before = before.iter().find(|before| before.name == monitor.name)?;
            Some(difference(&capture, before, monitor, SHOWN))
        };
        let changed = now.monitors.iter().map(of).collect();
        let micros = capture.last().zip(capture.first()).map_or(0, |(last, first)| last.saturating_sub(first));
        Ok(Found::Consequences(Consequences {
            files: paths,
            now,
            changed,
            saved_runs,
            posts: capture.posts(),
            problems: capture.problems(),
            micros,
            capture: self.path.clone(),
        }))
    }
}

/// When a file was written, and its length in bytes.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let told = std::fs::metadata(path).ok()?;
    Some((told.modified().ok()?, told.len()))
}
