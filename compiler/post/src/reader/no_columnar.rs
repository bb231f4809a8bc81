//! What stands in the place of Parquet and Arrow files where they are not read: opening one is an error.

use crate::batch::PostBatch;
use crate::error::ReadError;
use crate::reader::draft::Draft;
use crate::reader::source::Source;
use crate::reader::{Progress, ReadOptions};

/// An opened table, of which there is none here.
pub enum Columnar {}

impl Columnar {
    pub fn open(source: Source, _: &ReadOptions) -> Result<Self, ReadError> {
        let (name, format) = (source.name, source.format.name());
        Err(ReadError::NotThatFormat { name, format, detail: "this build reads lines and no tables".to_owned() })
    }

    pub const fn bytes_read(&self, _: &Progress) -> u64 {
        match *self {}
    }

    pub const fn next(&mut self, _: &mut Draft, _: &ReadOptions) -> Result<Option<PostBatch>, ReadError> {
        match *self {}
    }
}
