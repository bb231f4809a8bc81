//! Broken files and lines: each is told with its place and reason, and its neighbours are kept.

use std::fmt::Write as _;

use mon_post::ReadError;
use mon_post::reader::{Format, MAX_LINE_BYTES, ReadOptions, open};
use mon_post::writer::ParquetWriter;
use proptest::prelude::*;

use crate::{jsonl, lines, read, read_all};

#[test]
fn a_time_that_cannot_be_real_is_a_bad_line_where_time_counts() {
    let posts = b"{\"text\":\"a\",\"created_at\":99999999999999999999}
{\"text\":\"b\",\"created_at\":1767225}
{\"text\":\"c\",\"created_at\":\"2206-03-01\"}
{\"text\":\"d\",\"created_at\":\"1999-12-31\"}";
    let (kept, problems) = read(posts, Format::JsonLines, &ReadOptions::default());
    assert_eq!(kept.len(), 1);
    expect_test::expect![[r#"
        1: the post's time would be 2262-04-11T23:47:16.854775Z | posts lie between 1990 and 2200: check the digits, and whether seconds or milliseconds are meant
        2: the post's time would be 1970-01-21T10:53:45Z | posts lie between 1990 and 2200: check the digits, and whether seconds or milliseconds are meant
        3: the post's time would be 2206-03-01T00:00:00Z | posts lie between 1990 and 2200: check the digits, and whether seconds or milliseconds are meant
    "#]]
    .assert_eq(&(problems.join("\n") + "\n"));
    let (kept, _) = read(posts, Format::JsonLines, &ReadOptions { need_time: false, ..ReadOptions::default() });
    assert_eq!(kept.len(), 4, "matching needs no time");
}

#[test]
fn each_bad_line_says_what_is_wrong_and_costs_only_itself() {
    let good = "{\"id\":\"g\",\"text\":\"fine\"}";
    let bad: &[&[u8]] = &[
        b"{\"id\":1,\"text\":\"no quote}",
        b"nonsense",
        b"{\"text\":\"a\" \"b\"}",
        b"{\"text\":\"a\"} trailing",
        b"[1,2]",
        b"5",
        b"{\"id\":\"7\"}",
        b"{\"text\":42}",
        b"{\"text\":\"a\",\"author\":{\"followers\":\"lots\"}}",
        b"{\"text\":\"a\",\"author.followers\":-5}",
        b"{\"text\":\"a\",\"author.followers\":1.5}",
        b"{\"text\":\"a\",\"author\":[1]}",
        b"{\"text\":\"a\",\"media\":[{\"alt\":\"b\"},{\"alt\":true}]}",
        b"{\"text\":\"a\",\"created_at\":\"yesterday\"}",
        b"{\"text\":\"a\",\"sentiment\":7}",
        b"{\"text\":\"a\",\"lat\":1,\"geo\":{\"lat\":91}}",
        b"{\"text\":\"a\",\"op\":\"exploded\"}",
        b"{\"text\":\"a\",\"labels\":{}}",
        b"{\"text\":\"\xff\"}",
        b"{\"text\":\"\\ud83d\"}",
        b"{\"text\":\"a\",\"extras\":[]}",
        b"{\"text\":\"cut in the mid",
    ];
    let mut file = Vec::new();
    for line in bad {
        file.extend_from_slice(good.as_bytes());
        file.push(b'\n');
        file.extend_from_slice(line);
        file.push(b'\n');
    }
    file.pop();
    let options = ReadOptions { need_time: false, batch_rows: 7, ..ReadOptions::default() };
    let (posts, problems) = read(&file, Format::JsonLines, &options);
    assert_eq!(posts.len(), bad.len());
    expect_test::expect![[r#"
        2: the line ends in the middle of a post | each line must hold one whole post, from `{` to `}`
        4: the line is no JSON object | a line holds one post: `{"id": "1", "text": "…"}`
        6: the line is not JSON: expected `,` or `}` at column 13 | a line holds one post: `{"id": "1", "text": "…"}`
        8: the line is not JSON: trailing characters at column 14 | a line holds one post: `{"id": "1", "text": "…"}`
        10: the line is no JSON object | a line holds one post: `{"id": "1", "text": "…"}`
        12: the line is no JSON object | a line holds one post: `{"id": "1", "text": "…"}`
        14: the post has neither `text` nor `title` | give the post's words as `text`
        16: `text` holds the number `42` where a text is expected | correct the value, or leave it out where it is not known
        18: `author.followers` holds the text `lots` where a whole number is expected | correct the value, or leave it out where it is not known
        20: `author.followers` is -5 | a count is 0 or more; leave it out where it is not known
        22: `author.followers` holds the number `1.5` where a whole number is expected | correct the value, or leave it out where it is not known
        24: `author` holds a list where an object is expected | correct the value, or leave it out where it is not known
        26: `media.1.alt` holds `true` where a text is expected | correct the value, or leave it out where it is not known
        28: `created_at` holds the text `yesterday` where a time, such as `2026-11-02T10:00:00Z` is expected | correct the value, or leave it out where it is not known
        30: `sentiment` is 7 | it lies between -1 and 1
        32: `geo.lat` is 91 | it lies between -90 and 90
        34: `op` is `exploded` | it is one of created, updated, deleted, engaged, account
        36: `labels` holds an object where a list is expected | correct the value, or leave it out where it is not known
        38: the line is not UTF-8 from its byte 10 | save the file as UTF-8; only this line was skipped
        40: the line is not JSON: unexpected end of hex escape at column 16 | a line holds one post: `{"id": "1", "text": "…"}`
        42: `extras` holds something else where a JSON object is expected | correct the value, or leave it out where it is not known
        44: the line ends in the middle of a post | the file ends in the middle of this line: it was cut, or is still being written"#]].assert_eq(&problems.join("\n"));
}

#[test]
fn a_post_needs_a_time_unless_told_otherwise() {
    let file = b"{\"id\":1,\"text\":\"a\"}\n{\"id\":2,\"text\":\"b\",\"received_at\":1793613600}";
    let (posts, problems) = read(file, Format::JsonLines, &ReadOptions::default());
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(posts.event_at(0), 1_793_613_600_000_000);
    assert_eq!(posts.row(0).time_quality.as_deref(), Some("received"));
    let (posts, problems) = lines(std::str::from_utf8(file).unwrap());
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!((posts.event_at(0), posts.row(0).time_quality.as_deref()), (0, Some("none")));
}

#[test]
fn strict_gives_the_posts_before_the_bad_line_and_stops() {
    let file = b"{\"id\":1,\"text\":\"a\"}\noops\n{\"id\":3,\"text\":\"c\"}\n";
    let options = ReadOptions { need_time: false, strict: true, ..ReadOptions::default() };
    let read = read_all(file, Format::JsonLines, &options);
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].as_ref().unwrap().batch.len(), 1);
    let Err(ReadError::BadLine { line: 2, message, .. }) = &read[1] else { panic!("{:?}", read[1]) };
    assert_eq!(message, "the line is no JSON object");
}

#[test]
fn long_posts_are_read_and_longer_lines_are_refused() {
    let mut file = format!("{{\"id\":1,\"text\":\"{}\"}}\n", "å".repeat(1 << 19));
    writeln!(file, "{{\"id\":2,\"text\":\"{}\"}}", "x".repeat(MAX_LINE_BYTES)).unwrap();
    file.push_str("{\"id\":3,\"text\":\"c\"}\n");
    let (posts, problems) = lines(&file);
    assert_eq!(posts.len(), 2);
    assert_eq!(posts.row(0).text.unwrap().len(), 1 << 20);
    assert_eq!(
        problems,
        ["2: the line is longer than 8388608 bytes | a line holds one post; the limit is `MAX_LINE_BYTES`"]
    );
}

#[test]
fn csv_rows_with_faults() {
    let file = "id;created_at;text;author.followers;mood\n\
                1;2026-11-02;plain;5;glad\n\
                2;2026-11-02;\"with \"\"quotes\"\"; and\nlines\";;\n\
                3;2026-11-02;5\" screen;many;\n\
                4;2026-11-02\n\
                \n\
                5;2026-11-02;\"never closed;1;\n\
                6;2026-11-02;after it;7;\n";
    let (posts, problems) = read(file.as_bytes(), Format::Csv, &ReadOptions::default());
    let texts: Vec<_> = (0..posts.len()).map(|row| posts.row(row).text.unwrap().into_owned()).collect();
    assert_eq!(texts, ["plain", "with \"quotes\"; and\nlines", "after it"]);
    assert_eq!(posts.row(0).extras.as_deref(), Some("{\"mood\":\"glad\"}"));
    assert_eq!(posts.row(1).author, None);
    expect_test::expect![[r#"
        5: `author.followers` holds the text `many` where a whole number is expected | correct the value, or leave the cell empty where it is not known
        6: the row has 2 cells, the first line names 5 | quote cells that hold the separator or a quote
        8: a quoted cell of the row is never closed | write `""` for a quote inside a quoted cell; the file may also be cut here"#]].assert_eq(&problems.join("\n"));
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let mut writer = ParquetWriter::new(Vec::new()).unwrap();
    writer.write(&lines("{\"id\":1,\"text\":\"a\"}").0).unwrap();
    let parquet = writer.finish().unwrap();
    let cases = [
        folder.path().join("missing.jsonl"),
        folder.path().to_owned(),
        file("text.parquet", b"hello"),
        file("cut.parquet", &parquet[..parquet.len() / 2]),
        file("wide.jsonl", &[0xFF, 0xFE, b'{', 0]),
        file("list.json", b" [{\"id\":1}]"),
        file("nothing.csv", b"a,b\n1,2\n"),
        file("bad.arrow", b"ARROW1\0\0rubbish"),
        file("bad.jsonl.gz", &[0x1F, 0x8B, 8, 0, 1]),
    ];
    let mut told = String::new();
    for path in cases {
        let error = match open(&path, None, &ReadOptions::default()) {
            Ok(reader) => reader.filter_map(Result::err).next().expect("an error"),
            Err(error) => error,
        };
        let help = miette::Diagnostic::help(&error).expect("a help").to_string();
        let line = format!("{error} | {help}\n");
        told.push_str(&line.replace(&folder.path().display().to_string(), "FOLDER"));
    }
    expect_test::expect![[r#"
        there is no file `FOLDER/missing.jsonl` | check the spelling and the folder; `-` reads from standard input
        `FOLDER` is a folder, not a file of posts | name one file in it
        `FOLDER/text.parquet` is no whole Parquet file: its end is missing, or it is of another format | copy or download it again; where the ending misleads, `--posts-format` names the format (the decoder's own words: EOF: Parquet file too small. Size is 5 but need 8)
        `FOLDER/cut.parquet` is no whole Parquet file: its end is missing, or it is of another format | copy or download it again; where the ending misleads, `--posts-format` names the format (the decoder's own words: Parquet error: Invalid Parquet file. Corrupt footer)
        `FOLDER/wide.jsonl` is written in UTF-16 | save it as UTF-8; many editors offer this under "save with encoding"
        `FOLDER/list.json` is one JSON list, not JSON lines | write one post a line, without the brackets and commas around them: `jq -c '.[]' posts.json > posts.jsonl`
        `FOLDER/nothing.csv`, line 1: the first line names no column `text` or `title` | the first line of a CSV file names its columns: `id,created_at,text`
        `FOLDER/bad.arrow` is no whole Arrow file: its end is missing, or it is of another format | copy or download it again; where the ending misleads, `--posts-format` names the format (the decoder's own words: Parser error: Arrow file does not contain correct footer)
        `FOLDER/bad.jsonl.gz` cannot be read: unexpected end of file | check that the file is whole and that you may read it
    "#]].assert_eq(&told);
}

/// The posts and the error of a file that is cut in the middle.
fn cut(name: &str, packed: &[u8]) -> (usize, ReadError) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, packed.split_at(packed.len() / 2).0).unwrap();
    let (mut posts, mut failed) = (0, None);
    for read in open(&path, None, &ReadOptions { need_time: false, ..ReadOptions::default() }).unwrap() {
        match read {
            Ok(read) => {
                assert!(read.problems.is_empty() && failed.is_none(), "{:?}", read.problems);
                posts += read.batch.len();
            }
            Err(error) => failed = Some(error),
        }
    }
    (posts, failed.unwrap())
}

#[test]
fn a_packed_file_that_is_cut_gives_the_posts_before_the_cut_and_says_so() {
    let noise = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let (mut lines, mut rows) = (String::new(), "id,text\n".to_owned());
    for n in 0..20_000 {
        writeln!(lines, "{{\"id\":{n},\"text\":\"post {:x}\"}}", noise(n)).unwrap();
        writeln!(rows, "{n},post {:x}", noise(n)).unwrap();
    }
    let gzip = |text: &str| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
        packed.finish().unwrap()
    };
    let cases = [
        ("posts.jsonl.gz", gzip(&lines)),
        ("posts.csv.gz", gzip(&rows)),
        ("posts.jsonl.zst", zstd::encode_all(lines.as_bytes(), 3).unwrap()),
    ];
    for (name, packed) in cases {
        let (posts, error) = cut(name, &packed);
        assert!(posts > 5_000, "{name}: {posts}");
        assert!(matches!(error, ReadError::Cut { .. }), "{name}: {error}");
    }
}

#[test]
fn extras_are_cut_at_their_limit_and_counted() {
    let big = "x".repeat(9_000);
    let line = format!("{{\"id\":1,\"text\":\"a\",\"p\":\"{big}\",\"q\":\"{big}\",\"r\":1,\"media\":[{{\"s\":2}}]}}");
    let (posts, _) = lines(&line);
    let row = posts.row(0);
    let extras = row.extras.as_deref().unwrap();
    assert!(extras.len() < 16 << 10);
    assert!(extras.ends_with("\",\"r\":1,\"media.0.s\":2,\"extras_dropped\":1}"), "{}", &extras[9_000..]);
    let (again, problems) = lines(&jsonl(&posts));
    assert_eq!((again.row(0).extras, problems.len()), (row.extras.clone(), 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), kind in 0..2) {
        let format = if kind == 0 { Format::JsonLines } else { Format::Csv };
        let mut file = if kind == 0 { b"{\"text\":\"".to_vec() } else { b"text,id\n".to_vec() };
        file.extend(&bytes);
        file.extend(b"\n\n");
        file.extend(&bytes);
        for batch in read_all(&file, format, &ReadOptions { need_time: false, ..ReadOptions::default() }).into_iter().flatten() {
            prop_assert!(jsonl(&batch.batch).lines().count() == batch.batch.len());
        }
    }

    #[test]
    fn damaged_lines_never_panic(at in 0..600_usize, byte in any::<u8>(), cut in 0..600_usize) {
        let line = "{\"id\":\"1\",\"created_at\":\"2026-11-02T10:00:00Z\",\"text\":\"héllo \\ud83d\\ude00\",\"author\":{\"followers\":5,\"name\":\"Ann\"},\
            \"media\":[{\"alt\":\"x\"}],\"links\":[{\"url\":\"https://a.example\"}],\"engagement\":{\"reactions\":{\"a\":1}},\"extras\":{\"a\":{}},\"labels\":[\"a\"],\"x\":[{}]}";
        let mut bytes = line.as_bytes().to_vec();
        if let Some(place) = bytes.get_mut(at) { *place = byte; }
        bytes.truncate(cut.max(1));
        bytes.extend(b"\n{\"id\":\"2\",\"created_at\":1793613600,\"text\":\"b\"}\n");
        let read = read_all(&bytes, Format::JsonLines, &ReadOptions::default());
        let posts: usize = read.iter().flatten().map(|batch| batch.batch.len()).sum();
        let problems: usize = read.iter().flatten().map(|batch| batch.problems.len()).sum();
        prop_assert!(read.iter().all(Result::is_ok) || bytes[0] == b'[');
        prop_assert!(posts >= 1 && posts + problems <= 3, "{posts} posts, {problems} problems");
    }
}
