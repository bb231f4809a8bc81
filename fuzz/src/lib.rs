//! What must hold for any bytes at all: one function a target, which panics where it does not. A fuzzer calls them with what
//! it finds, and the project's own tests with mutated seeds, so that they are compiled and run on every change.

use std::io::Cursor as Bytes;
use std::time::UNIX_EPOCH;

use mon_compiler::check::{CheckOptions, check as check_files};
use mon_compiler::diagnostic::machine;
use mon_compiler::diagnostic::render::{TextStyle, text};
use mon_grammar::tree::Tree;
use mon_post::reader::{Format, ReadBatch, ReadOptions, read_from};
use mon_post::writer::write_jsonl;
use mon_post::{PostBatch, PostBatchBuilder};
use mon_sources::jetstream::{JetstreamMapper, WIRE_V1, WIRE_V2};
use mon_sources::{Cursor, Envelope, Mapper, Op};
use mon_text::Tokens;
use mon_text::term::{Form, alternatives};

/// A target: any bytes.
pub type Target = fn(&[u8]);

/// Every target by the name of its binary.
pub const TARGETS: [(&str, Target); 8] = [
    ("parse", parse),
    ("format", format),
    ("check", check),
    ("jsonl", jsonl),
    ("csv", csv),
    ("jetstream_v1", jetstream_v1),
    ("jetstream_v2", jetstream_v2),
    ("tokens", tokens),
];

/// The tree holds every byte, and each error has a place in the text and a help.
pub fn parse(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    let file = mon_grammar::parse(&source);
    for error in &file.errors {
        assert!(source.get(error.span.start as usize..error.span.end as usize).is_some(), "{error:?} lies outside");
        assert!(error.help.is_some(), "no help: {error:?}");
    }
    assert_eq!(Tree::parse(&source).text(), source, "the tree lost something");
}

/// Formatting settles, and a file without errors means the same afterwards.
pub fn format(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    let once = mon_grammar::format(&source).text;
    assert_eq!(mon_grammar::format(&once).text, once, "twice is not once");
    let before = mon_grammar::parse(&source);
    if before.errors.is_empty() {
        let after = mon_grammar::parse(&once);
        assert!(after.errors.is_empty(), "formatting broke it: {:?}", after.errors);
        assert_eq!(shape(&format!("{:?}", after.items)), shape(&format!("{:?}", before.items)), "another meaning");
    }
}

/// A tree as text, without its places.
fn shape(shown: &str) -> String {
    let mut parts = shown.split("Span { start: ");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        out.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    out
}

/// Checking ends with a plan or an error, and each finding can be shown and says what to do.
pub fn check(data: &[u8]) {
    let source = String::from_utf8_lossy(data).into_owned();
    let checked = check_files(vec![("rules.mon".to_owned(), source.clone())], &CheckOptions::default());
    let failed = checked.diagnostics.iter().any(mon_compiler::diagnostic::Diagnostic::is_error);
    assert_eq!(checked.plan.is_none(), failed, "a plan, or an error that says why there is none");
    for told in &checked.diagnostics {
        let span = told.place.span;
        assert!(source.get(span.start as usize..span.end as usize).is_some(), "{told:?} lies outside");
        assert!(told.help.is_some(), "no help: {told:?}");
        let capital = told.message.chars().next().is_some_and(char::is_uppercase);
        assert!(!capital && !told.message.ends_with('.'), "not in the style of messages: {}", told.message);
    }
    let shown = text(&checked.diagnostics, &checked.files, TextStyle::default());
    assert!(checked.diagnostics.iter().all(|told| shown.contains(told.code.id)), "a finding is not shown");
    assert!(machine::json(&checked.diagnostics, &checked.files)["diagnostics"].is_array());
    assert!(machine::sarif(&checked.diagnostics, &checked.files)["runs"].is_array());
    assert!(machine::junit(&checked.diagnostics, &checked.files).ends_with("</testsuites>\n"));
    assert_eq!(machine::github(&checked.diagnostics, &checked.files).lines().count(), checked.diagnostics.len());
}

/// JSON lines: a post that was read is written and read again.
pub fn jsonl(data: &[u8]) {
    posts(data, Format::JsonLines);
}

/// CSV, as for JSON lines.
pub fn csv(data: &[u8]) {
    posts(data, Format::Csv);
}

fn read(data: &[u8], format: Format) -> Vec<ReadBatch> {
    let options = ReadOptions { need_time: false, ..ReadOptions::default() };
    match read_from(Bytes::new(data.to_vec()), "posts", format, &options) {
        Ok(reader) => reader.map_while(Result::ok).collect(),
        Err(_) => Vec::new(),
    }
}

fn posts(data: &[u8], format: Format) {
    for one in read(data, format) {
        let mut written = Vec::new();
        assert!(write_jsonl(&one.batch, &mut written).is_ok(), "a post that was read can be written");
        let again = read(&written, Format::JsonLines);
        let rows: usize = again.iter().map(|batch| batch.batch.len()).sum();
        assert_eq!(rows, one.batch.len(), "posts were lost: {}", String::from_utf8_lossy(&written));
        assert!(again.iter().all(|batch| batch.problems.is_empty()), "what was written is no good line");
    }
}

/// A frame of the first wire is a post, no post, or an error.
pub fn jetstream_v1(data: &[u8]) {
    frame(data, WIRE_V1);
}

/// A frame of the second wire.
pub fn jetstream_v2(data: &[u8]) {
    frame(data, WIRE_V2);
}

fn frame(data: &[u8], wire: &'static str) {
    let envelope = Envelope {
        op: Op::Created,
        native_id: String::new(),
        cursor: Cursor::default(),
        occurred: None,
        received: UNIX_EPOCH,
        media_type: "application/json",
        wire,
        payload: data.to_vec().into(),
        tags: Vec::new(),
    };
    let mut builder = PostBatchBuilder::new();
    if JetstreamMapper::new("bsky").map(&envelope, &mut builder).is_err() {
        return;
    }
    let Ok(batch) = builder.finish() else { return };
    assert!(batch.len() <= 1, "one frame gave {} posts", batch.len());
    (0..batch.len()).for_each(|row| placed(&batch, row));
}

/// Entities that say where they stand, stand in the text.
fn placed(batch: &PostBatch, row: usize) {
    let row = batch.row(row);
    let text = row.text.as_deref().unwrap_or("");
    for entity in row.entities.iter().flatten() {
        if let (Some(start), Some(end)) = (entity.start, entity.end) {
            let inside = usize::try_from(start).ok().zip(usize::try_from(end).ok());
            assert!(inside.is_some_and(|(start, end)| text.get(start..end).is_some()), "{entity:?} outside {text:?}");
        }
    }
}

const FORMS: [Form; 13] = [
    Form::Plain,
    Form::Tag,
    Form::Handle,
    Form::Cashtag,
    Form::Exact,
    Form::Part,
    Form::Stem,
    Form::Loose,
    Form::Word,
    Form::Regex,
    Form::Url,
    Form::Fuzzy(1),
    Form::Fuzzy(2),
];

/// Tokens lie in the text in their order and have keys; reading again gives the same; a term is read or refused with a help.
pub fn tokens(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut tokens = Tokens::default();
    tokens.tokenize(&text, 0);
    let mut start = 0;
    for token in tokens.iter() {
        let written = text.get(token.start as usize..token.end as usize);
        assert!(written.is_some_and(|written| !written.is_empty()), "{token:?} outside {text:?}");
        assert!(token.start >= start, "{token:?} stands before the one before it");
        assert!(tokens.keys(token).all(|key| !key.text.is_empty()), "{token:?} has an empty key");
        start = token.start;
    }
    let mut again = Tokens::default();
    again.tokenize("something else first", 0);
    again.tokenize(&text, 0);
    assert_eq!(again.as_slice(), tokens.as_slice(), "what was read before changes what is read");
    for form in FORMS {
        match alternatives(form, &text) {
            Ok(rows) => assert!(!rows.is_empty() && rows.iter().all(|row| !row.is_empty()), "a term of nothing"),
            Err(error) => assert!(!error.help().is_empty()),
        }
    }
}
