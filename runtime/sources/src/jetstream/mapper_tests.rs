//! The mapper on records of its own, on every real frame that is at hand, and on anything at all.

use std::path::Path;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use expect_test::expect;
use mon_post::{PostBatch, PostBatchBuilder};
use proptest::prelude::*;

use super::*;
use crate::contract::{Cursor, Op};

fn envelope(wire: &'static str, payload: impl Into<Bytes>) -> Envelope {
    Envelope {
        op: Op::Created,
        native_id: String::new(),
        cursor: Cursor::default(),
        occurred: None,
        received: UNIX_EPOCH,
        media_type: "application/json",
        wire,
        payload: payload.into(),
        tags: Vec::new(),
    }
}

fn map(wire: &'static str, payload: impl Into<Bytes>) -> Result<PostBatch, MapError> {
    let mut builder = PostBatchBuilder::new();
    JetstreamMapper::new("bsky").map(&envelope(wire, payload), &mut builder)?;
    Ok(builder.finish().unwrap())
}

fn v1(operation: &str, record: &str) -> String {
    let record = if record.is_empty() { String::new() } else { format!(r#","cid":"bafy","record":{record}"#) };
    format!(
        r#"{{"did":"did:plc:a","time_us":1783175888090631,"kind":"commit","commit":{{"rev":"3rev","operation":"{operation}","collection":"app.bsky.feed.post","rkey":"3k"{record}}}}}"#
    )
}

const RICH: &str = r##"{
  "$type": "app.bsky.feed.post", "createdAt": "2026-07-04T14:38:06.240Z", "langs": ["pt-BR", "en"],
  "text": "é #acme @ann.example acme.example/reca…",
  "facets": [
    {"index": {"byteStart": 3, "byteEnd": 8}, "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "acme"}]},
    {"index": {"byteStart": 9, "byteEnd": 21}, "features": [{"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:ann"}]},
    {"index": {"byteStart": 22, "byteEnd": 42}, "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://www.acme.example/recall"}]},
    {"index": {"byteStart": 1, "byteEnd": 900}, "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "lost"}]}
  ],
  "tags": ["extra"],
  "labels": {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "graphic-media"}]},
  "reply": {"root": {"cid": "c", "uri": "at://did:plc:r/app.bsky.feed.post/1"}, "parent": {"cid": "c", "uri": "at://did:plc:p/app.bsky.feed.post/2"}},
  "embed": {"$type": "app.bsky.embed.recordWithMedia",
    "record": {"record": {"cid": "c", "uri": "at://did:plc:q/app.bsky.feed.post/3"}},
    "media": {"$type": "app.bsky.embed.images", "images": [
      {"alt": "a black screen", "image": {"$type": "blob", "ref": {"$link": "bafkpic"}, "mimeType": "image/jpeg", "size": 7}, "aspectRatio": {"width": 4, "height": 3}}]}}
}"##;

#[test]
fn every_part_of_a_rich_post_arrives() {
    let batch = map(WIRE_V1, v1("create", RICH)).unwrap();
    let row = batch.row(0);
    let words = |list: &Option<Vec<Entity<'_>>>| {
        let entities = list.iter().flatten();
        entities
            .map(|e| {
                format!(
                    "{} {:?} {:?} {:?}..{:?}",
                    e.kind.as_deref().unwrap_or(""),
                    e.text.as_deref(),
                    e.uid.as_deref(),
                    e.start,
                    e.end
                )
            })
            .collect::<Vec<_>>()
            .join("\n")
    };
    expect![[r#"
        tag Some("acme") None Some(3)..Some(8)
        mention Some("ann.example") Some("did:plc:ann") Some(9)..Some(21)
        link Some("https://www.acme.example/recall") None Some(22)..Some(42)
        tag Some("lost") None None..None
        tag Some("extra") None None..None"#]]
    .assert_eq(&words(&row.entities));
    assert_eq!(row.post_uid.as_deref(), Some("at://did:plc:a/app.bsky.feed.post/3k"));
    assert_eq!(row.kind.as_deref(), Some("reply"));
    assert_eq!(row.lang.as_deref(), Some("pt"));
    assert_eq!(row.sensitive, Some(true));
    assert_eq!(row.event_at, Some(1_783_175_888_090_631));
    assert_eq!(row.created_at, Some(1_783_175_886_240_000));
    assert_eq!(row.conversation_uid.as_deref(), Some("at://did:plc:r/app.bsky.feed.post/1"));
    let rels: Vec<_> =
        row.refs.iter().flatten().map(|r| (r.rel.as_deref().unwrap(), r.author_uid.as_deref().unwrap())).collect();
    assert_eq!(rels, [("reply_to", "did:plc:p"), ("root", "did:plc:r"), ("quote", "did:plc:q")]);
    let media = row.media.unwrap();
    assert_eq!(
        (media[0].alt.as_deref(), media[0].cid.as_deref(), media[0].width),
        (Some("a black screen"), Some("bafkpic"), Some(4))
    );
    assert_eq!(row.links.unwrap()[0].url.as_deref(), Some("https://www.acme.example/recall"));
    assert_eq!(row.author.unwrap().uid.as_deref(), Some("did:plc:a"));
}

#[test]
fn both_wires_give_the_same_event() {
    let v2 = format!(
        r#"{{"$type":"message","payload":{{"$type":"network.bsky.jetstream.subscribeEvents#commit","seq":9,"did":"did:plc:a","time":"2026-07-04T14:38:08.090631Z","rev":"3rev","operation":"create","collection":"app.bsky.feed.post","rkey":"3k","cid":"bafy","record":{RICH}}}}}"#
    );
    let (one, two) = (map(WIRE_V1, v1("create", RICH)).unwrap(), map(WIRE_V2, v2).unwrap());
    assert_eq!(one.event_id(0), two.event_id(0), "a post is the same on every wire and host");
    assert_eq!(one.row(0).event_at, two.row(0).event_at);
}

#[test]
fn a_deletion_names_the_post_and_nothing_of_it() {
    let batch = map(WIRE_V1, v1("delete", "")).unwrap();
    let row = batch.row(0);
    assert_eq!((row.op.as_deref(), row.status.as_deref()), (Some("deleted"), Some("author_deleted")));
    assert_eq!(row.text, None);
    assert_ne!(batch.event_id(0), map(WIRE_V1, v1("create", RICH)).unwrap().event_id(0));
}

#[test]
fn a_part_of_an_unknown_shape_costs_only_that_part() {
    let record = r#"{"text":"hello","createdAt":7,"langs":"en","facets":{"a":1},"embed":[1,2],"reply":"x","labels":[],"tags":[3]}"#;
    let batch = map(WIRE_V1, v1("create", record)).unwrap();
    let row = batch.row(0);
    assert_eq!(row.text.as_deref(), Some("hello"));
    let bits = row.completeness.unwrap();
    for bit in
        [completeness::MISSING_REF, completeness::STRIPPED, completeness::MISSING_TIME, completeness::MISSING_METRICS]
    {
        assert_ne!(bits & bit, 0, "{bits:b}");
    }
}

#[test]
fn what_is_no_post_gives_no_row_and_no_error() {
    for frame in [
        r#"{"did":"d","time_us":5,"kind":"identity","identity":{"did":"d"}}"#,
        r#"{"did":"d","time_us":5,"kind":"tomorrow"}"#,
        r#"{"did":"d","time_us":5,"kind":"commit","commit":{"rev":"r","operation":"create","collection":"app.bsky.feed.like","rkey":"k","record":{}}}"#,
    ] {
        assert_eq!(map(WIRE_V1, frame).unwrap().len(), 0, "{frame}");
    }
}

#[test]
fn a_post_without_its_record_is_an_error_that_says_so() {
    let error = map(WIRE_V1, v1("create", "")).unwrap_err();
    assert_eq!(error.to_string(), "jetstream-v1: `record` is missing");
}

/// The lines of a file of real payloads, None where they are not at hand.
fn real(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/api-samples/bluesky").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("skipped: {name} is not at hand");
    }
    text
}

#[test]
fn every_real_frame_is_read() {
    for (name, frames, posts) in [("golden_v1.jsonl", 10, 1), ("corpus_expected_v1.jsonl", 152, 0)] {
        let Some(text) = real(name) else { continue };
        let (mut seen, mut rows, mut expected) = (0, 0, 0);
        for line in text.lines() {
            let batch = map(WIRE_V1, line.to_owned()).unwrap_or_else(|error| panic!("{error}: {line}"));
            seen += 1;
            rows += batch.len();
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            if value["commit"]["collection"] != POST {
                continue;
            }
            expected += 1;
            let row = batch.row(0);
            let record = &value["commit"]["record"];
            assert_eq!(row.text.as_deref(), record["text"].as_str(), "{line}");
            assert_eq!(row.event_at, value["time_us"].as_i64());
            let known = completeness::MISSING_METRICS;
            assert_eq!(row.completeness.unwrap() & !known, 0, "no part was of an unknown shape: {line}");
            let facets = record["facets"].as_array().map_or(0, Vec::len);
            let placed = row.entities.iter().flatten().filter(|entity| entity.start.is_some()).count();
            assert!(placed >= facets, "{facets} facets, {placed} entities: {line}");
        }
        assert_eq!((seen, rows), (frames, expected), "{name}");
        assert!(rows >= posts, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_post_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = map(WIRE_V1, bytes.clone());
        let _ = map(WIRE_V2, bytes);
    }

    #[test]
    fn a_frame_cut_or_changed_anywhere_is_a_post_or_an_error(at in 0_usize..2_000, byte in any::<u8>(), cut in any::<bool>()) {
        let mut frame = v1("create", RICH).into_bytes();
        let at = at % frame.len();
        if cut { frame.truncate(at) } else { frame[at] = byte }
        let _ = map(WIRE_V1, frame);
    }

    #[test]
    fn facets_anywhere_never_leave_the_text(text in ".{0,40}", start in -5_i64..60, end in -5_i64..60) {
        let text = serde_json::to_string(&text).unwrap();
        let record = format!(
            r#"{{"text":{text},"facets":[{{"index":{{"byteStart":{start},"byteEnd":{end}}},"features":[{{"$type":"x#tag","tag":"t"}}]}}]}}"#
        );
        let batch = map(WIRE_V1, v1("create", &record)).unwrap();
        let row = batch.row(0);
        let text = row.text.unwrap();
        for entity in row.entities.unwrap() {
            if let (Some(start), Some(end)) = (entity.start, entity.end) {
                prop_assert!(text.get(start as usize..end as usize).is_some());
            }
        }
    }
}
