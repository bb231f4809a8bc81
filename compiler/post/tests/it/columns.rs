//! Leaf columns: what rules see of a batch, nulls of parents merged.

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use mon_post::{
    Author, FIELDS, FieldId, Link, Media, PostBatch, PostBatchBuilder, PostError, PostRow, Zone, arrow_type, event_id,
    find, host, schema,
};

use crate::{jsonl, lines};

fn text(batch: &PostBatch, name: &str) -> Vec<Option<String>> {
    let column = batch.column(find(name).unwrap());
    let texts = cast(column, &DataType::Utf8).unwrap();
    texts.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

#[test]
fn each_field_has_the_array_that_its_type_promises() {
    let (full, problems) = lines(
        "{\"id\":1,\"text\":\"a\"}\n{\"id\":2,\"text\":\"b\",\"author\":{\"followers\":0},\"country\":\"de\",\"lang\":\"pt_BR\",\"links\":[],\"sentiment\":0.5,\"sentiment_confidence\":0.8}",
    );
    assert_eq!(problems, Vec::<String>::new());
    for batch in [full.clone(), full.slice(1, 1), PostBatch::concat([&full, &full.slice(0, 1)]).unwrap()] {
        for (at, field) in FIELDS.iter().enumerate() {
            let column = batch.column(FieldId(u16::try_from(at).unwrap()));
            assert_eq!(*column.data_type(), arrow_type(field.ty), "{}", field.name);
            assert_eq!(column.len(), batch.len(), "{}", field.name);
        }
        assert_eq!(batch.confidence(find("sentiment").unwrap()).unwrap().len(), batch.len());
    }
    assert_eq!(text(&full, "country"), [None, Some("DE".to_owned())]);
    assert_eq!(text(&full, "lang"), [None, Some("pt".to_owned())]);
    assert_eq!(text(&full, "platform"), [Some("other".to_owned()), Some("other".to_owned())]);
    let followers = full.column(find("author.followers").unwrap()).as_primitive::<Int64Type>();
    assert_eq!(followers.iter().collect::<Vec<_>>(), [None, Some(0)]);
    let domains = full.column(find("link.domain").unwrap()).as_list::<i32>();
    assert!(domains.is_null(0) && domains.is_valid(1) && domains.value(1).is_empty());
    assert_eq!(full.confidence(find("lang").unwrap()), None);
    assert!(full.column(FieldId(9_999)).is_null(0));
}

#[test]
fn aliases_dotted_keys_and_short_forms() {
    let (posts, problems) = lines(
        r#"{"id":"7","text":"a","author.bot":true,"followers":9,"author.location":"Wien","likes":3,"place":"Ulm","community":"r/x","label":"l","link.domain":["WWW.A.example"],"platform":"Twitter","kind":"thought"}
           {"text":"b","author":"@ann","author.followers":4,"language":"de"}
           {"country":"DE","text":"d","geo":{"lat":1.5},"geo.lon":2,"geo.nowhere":1,"ghost.x":[2]}
           {"post_uid":"x:1","id":"1","text":"c","author":{"handle":"@bob","bot":false},"created":1793613600123}"#,
    );
    assert_eq!(problems, Vec::<String>::new());
    expect_test::expect![[r#"
        {"platform":"x","post_uid":"7","event_at":"1970-01-01T00:00:00Z","time_quality":"none","text":"a","completeness":16,"labels":["l"],"author":{"is_bot":true,"followers":9,"location_text":"Wien"},"community":{"name":"r/x"},"engagement":{"likes":3,"scope":"absolute"},"geo":{"place":"Ulm","basis":"partner"},"links":[{"url":"WWW.A.example","domain":"WWW.A.example"}],"extras":{"kind":"thought"}}
        {"post_uid":"line:2","event_at":"1970-01-01T00:00:00Z","time_quality":"none","text":"b","completeness":16,"lang":"de","author":{"handle":"ann","followers":4}}
        {"post_uid":"line:3","event_at":"1970-01-01T00:00:00Z","time_quality":"none","text":"d","completeness":16,"geo":{"lat":1.5,"lon":2,"country":"DE","basis":"partner"},"extras":{"geo.nowhere":1,"ghost.x":[2]}}
        {"post_uid":"x:1","native_id":"1","created_at":"2026-11-02T10:00:00.123Z","text":"c","author":{"handle":"bob","is_bot":false}}
    "#]].assert_eq(&jsonl(&posts));
    assert_eq!(text(&posts, "community"), [Some("r/x".to_owned()), None, None, None]);
    let domains = posts.column(find("link.domain").unwrap()).as_list::<i32>().value(0);
    assert_eq!(domains.as_string::<i32>().value(0), "a.example");
}

#[test]
fn zones_give_their_texts() {
    let mut builder = PostBatchBuilder::new();
    let media = |alts: &[Option<&'static str>]| {
        Some(alts.iter().map(|alt| Media { alt: alt.map(Into::into), ..Media::default() }).collect())
    };
    let rows = [
        PostRow { text: Some("t0".into()), media: media(&[Some("a"), None, Some("b")]), ..PostRow::default() },
        PostRow { title: Some("".into()), media: media(&[None]), ..PostRow::default() },
        PostRow {
            author: Some(Author { bio: Some("nurse".into()), name: Some("Ann".into()), ..Author::default() }),
            links: Some(vec![Link { title: Some("Recall".into()), ..Link::default() }]),
            ..PostRow::default()
        },
    ];
    rows.iter().for_each(|row| builder.append(row).unwrap());
    let batch = builder.finish().unwrap();
    let all = |batch: &PostBatch, zone: Zone| -> Vec<Vec<String>> {
        let zone = batch.zone(zone);
        (0..batch.len())
            .map(|row| {
                let texts: Vec<String> = zone.texts(row).map(str::to_owned).collect();
                assert_eq!(zone.is_present(row), !texts.is_empty());
                texts
            })
            .collect()
    };
    let none = Vec::<String>::new;
    assert_eq!(all(&batch, Zone::Text), [vec!["t0".to_owned()], none(), none()]);
    assert_eq!(all(&batch, Zone::Title), [none(), vec![String::new()], none()]);
    assert_eq!(all(&batch, Zone::Alt), [vec!["a".to_owned(), "b".to_owned()], none(), none()]);
    assert_eq!(all(&batch.slice(2, 1), Zone::Bio), [["nurse"]]);
    assert_eq!(all(&batch.slice(2, 1), Zone::Name), [["Ann"]]);
    assert_eq!(all(&batch.slice(1, 2), Zone::LinkTitle), [none(), vec!["Recall".to_owned()]]);
    assert!(batch.zone(Zone::Summary).is_empty() && !batch.zone(Zone::Alt).is_empty());
    assert_eq!(batch.zone(Zone::Text).texts(99).next(), None);
}

#[test]
fn a_table_without_the_schema_is_refused() {
    let whole = lines("{\"id\":1,\"text\":\"a\"}").0;
    let record = whole.record().project(&[0, 1, 2]).unwrap();
    assert!(matches!(PostBatch::try_new(record), Err(PostError::MissingColumn { column }) if column == "source"));
    assert_eq!(schema().metadata().get("post_event.version").map(String::as_str), Some("1"));
    // The order of the columns and further ones do not matter.
    let mut order: Vec<usize> = (0..whole.record().num_columns()).collect();
    order.reverse();
    assert_eq!(PostBatch::try_new(whole.record().project(&order).unwrap()).unwrap().row(0), whole.row(0));
}

#[test]
fn events_differ_by_post_op_revision_and_instance() {
    let row =
        |uid: &'static str, op: &'static str, revision: Option<&'static str>, instance: Option<&'static str>| PostRow {
            post_uid: Some(uid.into()),
            op: Some(op.into()),
            revision: revision.map(Into::into),
            instance: instance.map(Into::into),
            ..PostRow::default()
        };
    let rows = [
        row("a", "created", None, None),
        row("ab", "created", None, None),
        row("a", "updated", None, None),
        row("a", "updated", Some("1"), None),
        row("a", "updated", None, Some("1")),
    ];
    let ids: std::collections::BTreeSet<_> = rows.iter().map(event_id).collect();
    assert_eq!(ids.len(), rows.len());
    let long = "x".repeat(1_000);
    let long = PostRow { post_uid: Some(long.as_str().into()), ..PostRow::default() };
    assert_eq!(event_id(&long), event_id(&long.clone()));
    expect_test::expect!["2b57cc5539933fdc0740f178de5ccbba"]
        .assert_eq(&event_id(&rows[0]).iter().map(|byte| format!("{byte:02x}")).collect::<String>());
}

#[test]
fn hosts_of_addresses() {
    for (url, wanted) in [
        ("https://www.Example.com/a?b", Some("example.com")),
        ("HTTP://user:pw@EXAMPLE.com:80", Some("example.com")),
        ("example.org/x", Some("example.org")),
        ("//cdn.example.", Some("cdn.example")),
        ("https://[::1]:80/", Some("[::1]:80")),
        ("https:///x", Some("x")),
        ("", None),
        ("two words", None),
    ] {
        assert_eq!(host(url).as_deref(), wanted, "{url}");
    }
}
