//! Posts go through every format and come back the same.

use std::io::Write as _;

use mon_post::reader::{Format, ReadOptions, open};
use mon_post::writer::{ArrowFileWriter, ArrowStreamWriter, ParquetWriter, write_csv, write_csv_header};
use mon_post::{
    Author, Community, Engagement, Enrichment, Entity, Geo, Ingest, Link, Media, Poll, PollOption, PostBatch,
    PostBatchBuilder, PostRow, Ref, ServerMatch,
};

use crate::{jsonl, read};

/// A post that tells every column, one that tells hardly anything, and one with hostile text.
fn posts() -> PostBatch {
    let mut builder = PostBatchBuilder::new();
    builder.append(&full()).unwrap();
    let short = PostRow {
        post_uid: Some("2".into()),
        text: Some("".into()),
        created_at: Some(1_700_000_000_000_005),
        ..PostRow::default()
    };
    builder.append(&short).unwrap();
    let hostile = PostRow {
        post_uid: Some("a,\"b\"\n".into()),
        title: Some("\u{1}\u{7f}\\ \u{2028} 🔥, \"quoted\"\r\n\tend".into()),
        text: Some("|[{,;".into()),
        received_at: Some(1_700_000_007_000_001),
        links: Some(vec![]),
        labels: Some(vec!["a|b".into(), "".into()]),
        ..PostRow::default()
    };
    builder.append(&hostile).unwrap();
    builder.finish().unwrap()
}

fn full() -> PostRow<'static> {
    PostRow {
        op: Some("updated".into()),
        platform: Some("mastodon".into()),
        source: Some("masto".into()),
        instance: Some("m.example".into()),
        post_uid: Some("https://m.example/1".into()),
        root_uid: Some("https://m.example/0".into()),
        native_id: Some("1".into()),
        revision: Some("r2".into()),
        revision_no: Some(2),
        created_at: Some(1_700_000_000_000_000),
        edited_at: Some(1_700_000_001_000_000),
        event_at: Some(1_700_000_001_000_000),
        indexed_at: Some(1_700_000_001_500_000),
        received_at: Some(1_700_000_002_000_001),
        time_quality: Some("claimed".into()),
        kind: Some("reply".into()),
        visibility: Some("public".into()),
        status: Some("ok".into()),
        url: Some("https://m.example/@a/1".into()),
        title: Some("Title".into()),
        text: Some("Mein Händy brennt 🔥".into()),
        text_html: Some("<p>Mein</p>".into()),
        summary: Some("cw".into()),
        text_source: Some("full".into()),
        completeness: Some(64),
        lang: Some("de-AT".into()),
        lang_quality: Some("claimed".into()),
        sensitive: Some(true),
        labels: Some(vec!["news".into(), "x".into()]),
        author: Some(author()),
        refs: Some(vec![Ref { rel: Some("reply_to".into()), post_uid: Some("p0".into()), ..Ref::default() }]),
        conversation_uid: Some("c".into()),
        community: Some(Community {
            uid: Some("t5_1".into()),
            name: Some("r/acme".into()),
            kind: Some("subreddit".into()),
        }),
        geo: Some(Geo {
            lat: Some(48.2),
            lon: Some(16.37),
            country: Some("at".into()),
            basis: Some("point".into()),
            ..Geo::default()
        }),
        poll: Some(Poll {
            multiple: Some(false),
            options: Some(vec![PollOption { text: Some("yes".into()), votes: Some(3) }]),
            ..Poll::default()
        }),
        app: Some("Web".into()),
        matches: Some(vec![ServerMatch { rule_id: Some("7".into()), tag: Some("t".into()), score: Some(0.5) }]),
        withheld_in: Some(vec!["FR".into()]),
        residency: Some("eu".into()),
        residency_basis: Some("author".into()),
        ingest: Some(ingest()),
        extras: Some("{\"k\":[1,2]}".into()),
        raw: None,
        raw_ref: Some("file#1".into()),
        enrichment: Some(Enrichment { sentiment: Some(-0.75), sentiment_confidence: Some(0.9) }),
        ..nested()
    }
}

/// What hangs on a post.
fn nested() -> PostRow<'static> {
    PostRow {
        engagement: Some(Engagement {
            likes: Some(0),
            upvote_ratio: Some(0.97),
            reactions: Some(vec![("haha".into(), 2), ("wow".into(), 1)]),
            as_of: Some(1_700_000_002_000_000),
            scope: Some("absolute".into()),
            ..Engagement::default()
        }),
        media: Some(vec![Media {
            kind: Some("image".into()),
            alt: Some("a phone".into()),
            width: Some(640),
            ..Media::default()
        }]),
        links: Some(vec![Link {
            url: Some("https://sho.rt/1".into()),
            expanded: Some("https://WWW.Example.com:8080/x".into()),
            title: Some("Recall".into()),
            start: Some(3),
            ..Link::default()
        }]),
        entities: Some(vec![Entity { kind: Some("hashtag".into()), text: Some("acme".into()), ..Entity::default() }]),
        ..PostRow::default()
    }
}

fn author() -> Author<'static> {
    Author {
        uid: Some("https://m.example/a".into()),
        handle: Some("a".into()),
        name: Some("Ann".into()),
        bio: Some("nurse".into()),
        created_at: Some(1_600_000_000_000_000),
        verified: Some(false),
        verified_kind: Some("none".into()),
        followers: Some(10_400),
        lang: Some("DE".into()),
        location_text: Some("Wien".into()),
        ..Author::default()
    }
}

fn ingest() -> Ingest<'static> {
    Ingest {
        wire: Some("mastodon-sse".into()),
        mapper: Some(3),
        partition: Some("p".into()),
        cursor: Some("c9".into()),
        seq: Some(u64::MAX),
        backfill: Some(false),
        gap_fill: Some(true),
        fallback: None,
        env: Some("prod".into()),
    }
}

fn write(format: Format, batches: &[PostBatch]) -> Vec<u8> {
    let mut out = Vec::new();
    match format {
        Format::JsonLines => batches.iter().for_each(|batch| out.extend(jsonl(batch).into_bytes())),
        Format::Csv => {
            write_csv_header(&mut out).unwrap();
            batches.iter().for_each(|batch| write_csv(batch, &mut out).unwrap());
        }
        Format::Parquet => {
            let mut writer = ParquetWriter::new(Vec::new()).unwrap();
            batches.iter().for_each(|batch| writer.write(batch).unwrap());
            out = writer.finish().unwrap();
        }
        Format::ArrowFile => {
            let mut writer = ArrowFileWriter::new(Vec::new()).unwrap();
            batches.iter().for_each(|batch| writer.write(batch).unwrap());
            out = writer.finish().unwrap();
        }
        Format::ArrowStream => {
            let mut writer = ArrowStreamWriter::new(Vec::new()).unwrap();
            batches.iter().for_each(|batch| writer.write(batch).unwrap());
            out = writer.finish().unwrap();
        }
    }
    out
}

const ALL: [Format; 5] = [Format::JsonLines, Format::Csv, Format::Parquet, Format::ArrowFile, Format::ArrowStream];

#[test]
fn every_format_gives_the_same_posts_back() {
    let whole = posts();
    // Two batches with different dictionaries, and a slice that does not begin at 0.
    let parts = [whole.slice(0, 1), whole.slice(1, 2)];
    for format in ALL {
        let (back, problems) = read(&write(format, &parts), format, &ReadOptions::default());
        assert_eq!(problems, Vec::<String>::new(), "{format:?}");
        assert_eq!(back.len(), 3, "{format:?}");
        for row in 0..3 {
            assert_eq!(back.row(row), whole.row(row), "{format:?}, row {row}");
            assert_eq!(back.event_id(row), whole.event_id(row), "{format:?}, row {row}");
        }
        assert_eq!(jsonl(&back), jsonl(&whole), "{format:?}");
    }
}

#[test]
fn the_written_line_is_stable() {
    expect_test::expect![[r#"
        {"op":"updated","platform":"mastodon","source":"masto","instance":"m.example","post_uid":"https://m.example/1","root_uid":"https://m.example/0","native_id":"1","revision":"r2","revision_no":2,"created_at":"2023-11-14T22:13:20Z","edited_at":"2023-11-14T22:13:21Z","event_at":"2023-11-14T22:13:21Z","indexed_at":"2023-11-14T22:13:21.500Z","received_at":"2023-11-14T22:13:22.000001Z","time_quality":"claimed","kind":"reply","visibility":"public","url":"https://m.example/@a/1","title":"Title","text":"Mein Händy brennt 🔥","text_html":"<p>Mein</p>","summary":"cw","text_source":"full","completeness":64,"lang":"de-AT","lang_quality":"claimed","sensitive":true,"labels":["news","x"],"author":{"uid":"https://m.example/a","handle":"a","name":"Ann","bio":"nurse","created_at":"2020-09-13T12:26:40Z","verified":false,"verified_kind":"none","followers":10400,"location_text":"Wien","lang":"DE"},"refs":[{"rel":"reply_to","post_uid":"p0"}],"conversation_uid":"c","community":{"uid":"t5_1","name":"r/acme","kind":"subreddit"},"engagement":{"likes":0,"upvote_ratio":0.97,"reactions":{"haha":2,"wow":1},"as_of":"2023-11-14T22:13:22Z","scope":"absolute"},"geo":{"lat":48.2,"lon":16.37,"country":"at","basis":"point"},"media":[{"kind":"image","alt":"a phone","width":640}],"links":[{"url":"https://sho.rt/1","expanded":"https://WWW.Example.com:8080/x","title":"Recall","start":3}],"entities":[{"kind":"hashtag","text":"acme"}],"poll":{"multiple":false,"options":[{"text":"yes","votes":3}]},"app":"Web","matches":[{"rule_id":"7","tag":"t","score":0.5}],"withheld_in":["FR"],"residency":"eu","residency_basis":"author","ingest":{"wire":"mastodon-sse","mapper":3,"partition":"p","cursor":"c9","seq":18446744073709551615,"backfill":false,"gap_fill":true,"env":"prod"},"extras":{"k":[1,2]},"raw_ref":"file#1","enrichment":{"sentiment":-0.75,"sentiment_confidence":0.9}}
    "#]]
    .assert_eq(&jsonl(&posts().slice(0, 1)));
}

#[test]
fn files_are_known_by_their_bytes_and_their_endings() {
    let folder = tempfile::tempdir().unwrap();
    let whole = [posts()];
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&write(Format::JsonLines, &whole)).unwrap();
    let zst = zstd::encode_all(write(Format::Parquet, &whole).as_slice(), 1).unwrap();
    let files = [
        ("a.jsonl", write(Format::JsonLines, &whole)),
        ("a.csv", write(Format::Csv, &whole)),
        ("noending", write(Format::Csv, &whole)),
        ("b.parquet", write(Format::Parquet, &whole)),
        ("misnamed.json", write(Format::ArrowFile, &whole)),
        ("b.arrows", write(Format::ArrowStream, &whole)),
        ("c.jsonl.gz", gz.finish().unwrap()),
        ("c.parquet.zst", zst),
    ];
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        let reader = open(&path, None, &ReadOptions::default()).unwrap();
        assert_eq!(reader.bytes_total(), Some(bytes.len() as u64), "{name}");
        let batches: Vec<_> = reader.map(|batch| batch.unwrap()).collect();
        assert_eq!(batches.iter().map(|batch| batch.batch.len()).sum::<usize>(), 3, "{name}");
        // A stream's mark of its end is read after the last batch.
        let read = batches.last().unwrap().bytes_read;
        assert!((bytes.len() as u64 - 8..=bytes.len() as u64).contains(&read), "{name}: {read} of {}", bytes.len());
    }
}

#[test]
fn foreign_tables_are_read_by_column_names() {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray};

    let table = RecordBatch::try_from_iter([
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef),
        (
            "created_at",
            Arc::new(TimestampMillisecondArray::from(vec![Some(1_793_613_600_000), Some(2_000), None])) as ArrayRef,
        ),
        ("text", Arc::new(StringArray::from(vec![Some("one"), None, Some("three")])) as ArrayRef),
        ("mood", Arc::new(StringArray::from(vec!["x", "y", "z"])) as ArrayRef),
    ])
    .unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), table.schema(), None).unwrap();
    writer.write(&table).unwrap();
    let (back, problems) = read(&writer.into_inner().unwrap(), Format::Parquet, &ReadOptions::default());
    assert_eq!(
        jsonl(&back),
        "{\"post_uid\":\"1\",\"created_at\":\"2026-11-02T10:00:00Z\",\"text\":\"one\",\"extras\":{\"mood\":\"x\"}}\n"
    );
    expect_test::expect![[r#"
        [
            "2: the post has neither `text` nor `title` | give the post's words as `text`",
            "3: the post has no time | give `created_at`, such as `2026-11-02T10:00:00Z`, or seconds since 1970",
        ]
    "#]]
    .assert_debug_eq(&problems);
}
