//! JSON lines: one post a line, parsed straight into a row that borrows from the line.

use std::borrow::Cow;
use std::fmt;
use std::io::{ErrorKind, Read};
use std::marker::PhantomData;
use std::time::Instant;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{PostError, ReadError};
use crate::group::{Group, Many};
use crate::json::{Key, ListSeed, Notes, entry};
use crate::kind::Text;
use crate::reader::draft::{Draft, Fault, LINK_DOMAIN, Unknown, canonical, links_of};
use crate::reader::lines::{Line, Lines, MAX_LINE_BYTES};
use crate::reader::pipe::LINGER;
use crate::reader::{Progress, ReadOptions};
use crate::row::PostRow;

/// Text of one batch at most, in bytes of the file: a batch ends early when its posts are large.
const BATCH_BYTES: usize = 64 << 20;

pub struct JsonLines<R> {
    lines: Lines<R>,
    name: String,
    /// The stream may pause.
    live: bool,
}

impl<R: Read> JsonLines<R> {
    pub fn new(reader: R, name: String, live: bool) -> Self {
        Self { lines: Lines::new(reader), name, live }
    }

    /// Reads on until the batch is full, or has waited long enough for a stream that pauses; false at the end of the
    /// file.
    pub fn fill(&mut self, draft: &mut Draft, options: &ReadOptions, progress: &Progress) -> Result<bool, ReadError> {
        let mut bytes = 0;
        let mut wait = Wait::new(self.live);
        while draft.builder.len() < options.batch_rows && bytes < BATCH_BYTES && !wait.is_over(draft) {
            let line = match self.lines.next_line() {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(false),
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => return Err(progress.failed(&self.name, &error)),
            };
            bytes += line.bytes.len();
            if !line.too_long && line.bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            add(draft, line, options)?;
            if options.strict && !draft.problems.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// How long what was read of a stream that pauses waits for more.
pub struct Wait {
    live: bool,
    since: Option<Instant>,
}

impl Wait {
    pub const fn new(live: bool) -> Self {
        Self { live, since: None }
    }

    /// Asked before each line: true when the first of the draft has waited long enough.
    pub fn is_over(&mut self, draft: &Draft) -> bool {
        self.live && !draft.is_empty() && self.since.get_or_insert_with(Instant::now).elapsed() >= LINGER
    }
}

fn add(draft: &mut Draft, line: Line<'_>, options: &ReadOptions) -> Result<(), PostError> {
    draft.add(line.number, parse(line), options)
}

/// The text of a line.
pub fn text_of(line: Line<'_>) -> Result<&str, Fault> {
    if line.too_long {
        return Err(Fault::new(
            format!("the line is longer than {MAX_LINE_BYTES} bytes"),
            "a line holds one post; the limit is `MAX_LINE_BYTES`",
        ));
    }
    std::str::from_utf8(line.bytes).map_err(|error| {
        Fault::new(
            format!("the line is not UTF-8 from its byte {}", error.valid_up_to() + 1),
            "save the file as UTF-8; only this line was skipped",
        )
    })
}

type Parsed<'a> = (PostRow<'a>, Vec<Unknown<'a>>);

fn parse(line: Line<'_>) -> Result<Parsed<'_>, Fault> {
    let text = text_of(line)?;
    let mut notes = Notes::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = PostSeed(&mut notes).deserialize(&mut deserializer).and_then(|row| deserializer.end().map(|()| row));
    match read {
        Ok(row) => Ok((row, notes.unknown.into_iter().map(|(key, value)| (key, Cow::Borrowed(value.get()))).collect())),
        Err(error) => Err(fault(&error, notes.refused.as_deref(), text, line.unfinished)),
    }
}

fn fault(error: &serde_json::Error, refused: Option<&str>, text: &str, unfinished: bool) -> Fault {
    let told = error.to_string();
    let reason = told.split_once(" at line ").map_or(told.as_str(), |(reason, _)| reason);
    if error.is_eof() {
        let help = if unfinished {
            "the file ends in the middle of this line: it was cut, or is still being written"
        } else {
            "each line must hold one whole post, from `{` to `}`"
        };
        return Fault::new("the line ends in the middle of a post", help);
    }
    let object = text.trim_start().starts_with('{');
    if error.is_data() || !object {
        return match refused {
            Some(path) => {
                Fault::new(format!("`{path}` {reason}"), "correct the value, or leave it out where it is not known")
            }
            None if !object => {
                Fault::new("the line is no JSON object", "a line holds one post: `{\"id\": \"1\", \"text\": \"…\"}`")
            }
            None => Fault::new(format!("the post cannot be read: {reason}"), "compare it with the posts around it"),
        };
    }
    Fault::new(
        format!("the line is not JSON: {reason} at column {}", error.column()),
        "a line holds one post: `{\"id\": \"1\", \"text\": \"…\"}`",
    )
}

struct PostSeed<'n, 'de>(&'n mut Notes<'de>);

impl<'de> DeserializeSeed<'de> for PostSeed<'_, 'de> {
    type Value = PostRow<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<PostRow<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PostSeed<'_, 'de> {
    type Value = PostRow<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a post as a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PostRow<'de>, A::Error> {
        let mut row = PostRow::default();
        let notes = self.0;
        while let Some(Key(key)) = map.next_key()? {
            match canonical(&key) {
                LINK_DOMAIN => {
                    let hosts = entry(&mut map, LINK_DOMAIN, notes, ListSeed::<Many<Text>>(PhantomData))?;
                    if row.links.is_none() {
                        row.links = hosts.map(links_of);
                    }
                }
                // Worked out anew, so that it always agrees with the post.
                "event_id" => {
                    map.next_value::<IgnoredAny>()?;
                }
                path => {
                    if !PostRow::read_key(&mut row, path, &mut map, notes)? {
                        let value: &'de RawValue = map.next_value()?;
                        notes.add_unknown(&key, value);
                    }
                }
            }
        }
        Ok(row)
    }
}
