//! Posts through every format and back, and every way in which a file can be broken.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect should panic")]

mod broken;
mod columns;
mod formats;
mod real;

use std::io::Cursor;

use mon_post::reader::{Format, ReadBatch, ReadOptions, read_from};
use mon_post::writer::write_jsonl;
use mon_post::{PostBatch, ReadError};

pub fn read_all(bytes: &[u8], format: Format, options: &ReadOptions) -> Vec<Result<ReadBatch, ReadError>> {
    match read_from(Cursor::new(bytes.to_vec()), "posts", format, options) {
        Ok(reader) => reader.collect(),
        Err(error) => vec![Err(error)],
    }
}

/// The posts of a file and, in one line each, its problems.
pub fn read(bytes: &[u8], format: Format, options: &ReadOptions) -> (PostBatch, Vec<String>) {
    let batches: Vec<ReadBatch> = read_all(bytes, format, options).into_iter().map(|batch| batch.unwrap()).collect();
    let problems = batches.iter().flat_map(|batch| &batch.problems);
    let problems =
        problems.map(|problem| format!("{}: {} | {}", problem.line, problem.message, problem.help)).collect();
    (PostBatch::concat(batches.iter().map(|batch| &batch.batch)).unwrap(), problems)
}

pub fn lines(text: &str) -> (PostBatch, Vec<String>) {
    read(text.as_bytes(), Format::JsonLines, &ReadOptions { need_time: false, ..ReadOptions::default() })
}

pub fn jsonl(batch: &PostBatch) -> String {
    let mut out = Vec::new();
    write_jsonl(batch, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
