//! The state to start again from: named parts whose bytes lie in memory, or on disk where memory is short.

use std::io;
use std::sync::Arc;

use arrow::buffer::Buffer;
use serde::de::DeserializeOwned;

use crate::error::EngineError;
use crate::spill::Extent;

/// The whole state of an engine. Names are different from each other and say where a part belongs: a store
/// may give the parts back in any order. A part whose content did not change keeps its name, so a store writes only names
/// that it does not hold yet, and forgets names that no kept snapshot lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    pub parts: Vec<Part>,
}

/// A named, immutable piece of a snapshot.
#[derive(Clone, Debug)]
pub struct Part {
    /// `operator/…/hash of the bytes`; the middle tells apart parts whose bytes may be the same.
    pub name: String,
    content: Content,
}

/// Where bytes lie.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Held(Buffer),
    PutAside(Arc<Extent>),
}

impl Content {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Held(bytes) => bytes.len(),
            Self::PutAside(extent) => extent.len(),
        }
    }

    /// Bytes of memory.
    pub(crate) fn held(&self) -> usize {
        if let Self::Held(bytes) = self { bytes.len() } else { 0 }
    }

    pub(crate) fn read(&self) -> io::Result<Buffer> {
        match self {
            Self::Held(bytes) => Ok(bytes.clone()),
            Self::PutAside(extent) => extent.read().map(Buffer::from_vec),
        }
    }
}

/// What the name of a part ends with.
pub(crate) fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().chars().take(32).collect()
}

impl Part {
    /// A part as a store gives it back.
    #[must_use]
    pub fn stored(name: String, bytes: Vec<u8>) -> Self {
        Self { name, content: Content::Held(Buffer::from_vec(bytes)) }
    }

    pub(crate) fn new(prefix: &str, bytes: Vec<u8>) -> Self {
        Self { name: format!("{prefix}/{}", hash(&bytes)), content: Content::Held(Buffer::from_vec(bytes)) }
    }

    /// A part of this content, whose hash is known.
    pub(crate) fn of(prefix: &str, hash: &str, content: Content) -> Self {
        Self { name: format!("{prefix}/{hash}"), content }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.content.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its bytes.
    ///
    /// # Errors
    /// Where it lies on disk and cannot be read.
    pub fn bytes(&self) -> io::Result<Buffer> {
        self.content.read()
    }

    pub(crate) const fn content(&self) -> &Content {
        &self.content
    }

    /// Its bytes, with an error that names it.
    pub(crate) fn read(&self) -> Result<Buffer, EngineError> {
        self.bytes().map_err(|error| self.bad(error))
    }

    /// The value that its JSON tells.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, EngineError> {
        serde_json::from_slice(&self.read()?).map_err(|error| self.bad(error))
    }

    /// The error of a part that is not what it should be.
    pub(crate) fn bad(&self, reason: impl ToString) -> EngineError {
        EngineError::Snapshot { part: self.name.clone(), reason: reason.to_string() }
    }
}

/// Names end with a hash of the bytes.
impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.len() == other.len()
    }
}

impl Snapshot {
    /// Parts whose names start with `prefix/`, with the rest of their names.
    pub(crate) fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Part)> {
        self.parts.iter().filter_map(move |part| Some((part.name.strip_prefix(prefix)?.strip_prefix('/')?, part)))
    }
}
