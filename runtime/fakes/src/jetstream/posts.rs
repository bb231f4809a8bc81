//! Where events come from: a small seeded generator, or a file of posts as `mon simulate` writes it.
//! Both give the same events for the same seed and file, whatever the rate.

use std::io;
use std::path::Path;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::event::{Kind, POST, cid, rfc3339, tid};

/// An event before it has a place in the log.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) did: String,
    pub(crate) kind: Kind,
    pub(crate) text_kind: &'static str,
    /// The time that the file tells, microseconds since 1970 UTC.
    pub(crate) time_us: Option<i64>,
}

const PEOPLE: u32 = 400;
const EN: &[&str] = &[
    "my acme phone won't turn on since the update",
    "new acme phone is broken, third time this year",
    "lovely evening by the river",
    "does anyone else have a crash when opening the camera?",
    "win a new acme phone! giveaway ends tonight",
    "reading about sourdough again",
];
const DE: &[&str] = &["mein acme Handy ist kaputt, geht nicht an", "schöner Abend am Fluss", "Grüße aus Köln"];
const ES: &[&str] = &["mi teléfono acme no funciona", "¡qué día tan bonito!"];
const JA: &[&str] = &["新しい電話が壊れた", "今日はいい天気💦"];
const TAGS: &[&str] = &["acme", "Fehler", "sunset", "電話"];

/// The generator of posts and what stands around them.
#[derive(Debug)]
pub(crate) struct Generator {
    rng: SmallRng,
    number: u64,
    /// Recent posts, so that deletions, updates and replies name something that was there.
    recent: Vec<(String, String)>,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rng: SmallRng::seed_from_u64(seed), number: 0, recent: Vec::new() }
    }

    fn person(&mut self) -> String {
        person(self.rng.random_range(0..PEOPLE))
    }

    /// The next event, as if it happened at `now_us`.
    pub(crate) fn next(&mut self, now_us: i64) -> Draft {
        self.number += 1;
        let dice: f64 = self.rng.random();
        match dice {
            d if d < 0.85 => self.post(now_us),
            d if d < 0.88 => self.change("delete", now_us),
            d if d < 0.89 => self.change("update", now_us),
            d if d < 0.94 => self.other("app.bsky.feed.like", now_us),
            d if d < 0.95 => self.other("app.bsky.feed.repost", now_us),
            d if d < 0.96 => self.other("place.example.broadcast", now_us),
            d if d < 0.98 => {
                let did = self.person();
                let handle = format!("{}.example", did.rsplit(':').next().unwrap_or("someone"));
                draft(did, Kind::Identity { handle })
            }
            d if d < 0.99 => {
                let active = self.rng.random_bool(0.5);
                let status = if active { None } else { ["deleted", "takendown", "deactivated"].choose(&mut self.rng) };
                let status = status.copied();
                draft(self.person(), Kind::Account { active, status })
            }
            _ => draft(self.person(), Kind::Sync),
        }
    }

    fn other(&mut self, collection: &str, now_us: i64) -> Draft {
        let subject = self.recent.choose(&mut self.rng).cloned().unwrap_or_default();
        let record = json!({
            "$type": collection, "createdAt": rfc3339(now_us),
            "subject": { "cid": cid(self.number), "uri": uri(&subject) },
        });
        self.commit("create", collection, tid(now_us, self.number), Some(record))
    }

    fn commit(&mut self, operation: &'static str, collection: &str, rkey: String, record: Option<Value>) -> Draft {
        draft(self.person(), Kind::Commit { operation, collection: collection.to_owned(), rkey, record })
    }

    fn post(&mut self, now_us: i64) -> Draft {
        let (record, text_kind) = self.record(now_us);
        let mut draft = self.commit("create", POST, tid(now_us, self.number), Some(record));
        draft.text_kind = text_kind;
        if let Kind::Commit { rkey, .. } = &draft.kind {
            self.recent.push((draft.did.clone(), rkey.clone()));
        }
        if self.recent.len() > 1_000 {
            self.recent.drain(..500);
        }
        draft
    }

    fn change(&mut self, operation: &'static str, now_us: i64) -> Draft {
        if self.recent.is_empty() {
            return self.post(now_us);
        }
        let at = self.rng.random_range(0..self.recent.len());
        let (did, rkey) = self.recent.swap_remove(at);
        let (record, text_kind) = match operation {
            "update" => {
                let (record, kind) = self.record(now_us);
                (Some(record), kind)
            }
            _ => (None, ""),
        };
        let kind = Kind::Commit { operation, collection: POST.to_owned(), rkey, record };
        Draft { did, kind, text_kind, time_us: None }
    }

    fn record(&mut self, now_us: i64) -> (Value, &'static str) {
        let (lang, texts) =
            *[("en", EN), ("en", EN), ("de", DE), ("es", ES), ("ja", JA)].choose(&mut self.rng).unwrap_or(&("en", EN));
        let text = *texts.choose(&mut self.rng).unwrap_or(&"");
        // What people claim is often a little wrong and sometimes very.
        let claimed = now_us - self.rng.random_range(0..2_000_000);
        let mut record = json!({
            "$type": POST, "createdAt": rfc3339(claimed), "langs": [lang], "text": text,
        });
        let kinds = ["plain", "plain", "plain", "tagged", "mention", "link", "reply", "quote", "picture", "empty"];
        let kind = *kinds.choose(&mut self.rng).unwrap_or(&"plain");
        let extra = self.extra(kind, text);
        if let (Some(record), Value::Object(extra)) = (record.as_object_mut(), extra) {
            record.extend(extra);
        }
        (record, kind)
    }

    fn extra(&mut self, kind: &str, text: &str) -> Value {
        let subject = self.recent.choose(&mut self.rng).cloned().unwrap_or_default();
        let strong = json!({ "cid": cid(self.number), "uri": uri(&subject) });
        let facet = |word: &str, feature: Value| {
            let text = format!("{text} {word}");
            let start = text.len() - word.len();
            json!({ "text": text, "facets": [{ "index": { "byteStart": start, "byteEnd": text.len() }, "features": [feature] }] })
        };
        match kind {
            "tagged" => {
                let tag = *TAGS.choose(&mut self.rng).unwrap_or(&"acme");
                facet(&format!("#{tag}"), json!({ "$type": "app.bsky.richtext.facet#tag", "tag": tag }))
            }
            "mention" => {
                facet("@acme.example", json!({ "$type": "app.bsky.richtext.facet#mention", "did": person(0) }))
            }
            "link" => {
                let uri = "https://www.example.com/recall?id=7";
                let mut extra =
                    facet("example.com/reca…", json!({ "$type": "app.bsky.richtext.facet#link", "uri": uri }));
                if let Some(extra) = extra.as_object_mut() {
                    let card = json!({ "uri": uri, "title": "Acme recalls phones", "description": "What to do" });
                    let embed = json!({ "$type": "app.bsky.embed.external", "external": card });
                    extra.insert("embed".to_owned(), embed);
                }
                extra
            }
            "reply" => json!({ "reply": { "root": strong, "parent": strong } }),
            "quote" => json!({ "embed": { "$type": "app.bsky.embed.record", "record": strong } }),
            "picture" => {
                let image = json!({
                    "alt": "a phone with a black screen",
                    "image": { "$type": "blob", "ref": { "$link": cid(self.number) }, "mimeType": "image/jpeg", "size": 9 },
                });
                json!({
                    "embed": { "$type": "app.bsky.embed.images", "images": [image] },
                    "labels": { "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "graphic-media" }] },
                })
            }
            "empty" => json!({ "text": "" }),
            _ => Value::Null,
        }
    }
}

fn draft(did: String, kind: Kind) -> Draft {
    Draft { did, kind, text_kind: "", time_us: None }
}

fn person(number: u32) -> String {
    format!("did:plc:person{number:05}")
}

fn uri((did, rkey): &(String, String)) -> String {
    format!("at://{did}/{POST}/{rkey}")
}

/// Reads posts from JSON lines with the schema's field names; a line without a post in it is an error that names it.
pub(crate) fn read_file(path: &Path) -> io::Result<Vec<Draft>> {
    let text = std::fs::read_to_string(path)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let value: Value = serde_json::from_str(line).map_err(|error| bad_line(number, &error.to_string()))?;
            from_post(&value).ok_or_else(|| bad_line(number, "`post_uid` and a time are needed"))
        })
        .collect()
}

fn bad_line(number: usize, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("line {}: {why}", number + 1))
}

fn from_post(post: &Value) -> Option<Draft> {
    let word = |name: &str| look_up(post, name).and_then(Value::as_str);
    let uid = word("post_uid")?;
    let time_us = look_up(post, "event_at").or_else(|| look_up(post, "created_at")).and_then(time)?;
    let created = look_up(post, "created_at").and_then(time).unwrap_or(time_us);
    let parts: Vec<&str> = uid.strip_prefix("at://").map(|rest| rest.splitn(3, '/').collect()).unwrap_or_default();
    let (did, collection, rkey) = match parts.as_slice() {
        [did, collection, rkey] => ((*did).to_owned(), *collection, (*rkey).to_owned()),
        _ => (did(word("author.uid").unwrap_or("nobody")), POST, clean(uid)),
    };
    let operation = match word("op") {
        Some("deleted") => "delete",
        Some("updated") => "update",
        _ => "create",
    };
    let record = (operation != "delete").then(|| {
        let mut record = json!({ "$type": POST, "text": word("text").unwrap_or(""), "createdAt": rfc3339(created) });
        if let (Some(lang), Some(record)) = (word("lang"), record.as_object_mut()) {
            record.insert("langs".to_owned(), json!([lang]));
        }
        record
    });
    let kind = Kind::Commit { operation, collection: collection.to_owned(), rkey, record };
    Some(Draft { did, kind, text_kind: "file", time_us: Some(time_us) })
}

/// `author.uid` is a key of the object or a key of an object in it.
fn look_up<'a>(post: &'a Value, name: &str) -> Option<&'a Value> {
    post.get(name).or_else(|| name.split('.').try_fold(post, |value, part| value.get(part)))
}

fn time(value: &Value) -> Option<i64> {
    match value {
        Value::Number(us) => us.as_i64(),
        Value::String(text) => chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_micros()),
        _ => None,
    }
}

fn did(uid: &str) -> String {
    if uid.starts_with("did:") { uid.to_owned() } else { format!("did:plc:{}", clean(uid)) }
}

/// Only what a record key may hold.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || "._~-".contains(c) { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_events() {
        let events = |seed| {
            let mut generator = Generator::new(seed);
            (0..200).map(|n| format!("{:?}", generator.next(n * 1000))).collect::<Vec<_>>()
        };
        assert_eq!(events(7), events(7));
        assert_ne!(events(7), events(8));
    }

    #[test]
    fn a_simulated_post_becomes_a_record() {
        let post = json!({
            "post_uid": "sim:1/2", "author": { "uid": "p7" }, "text": "hello", "lang": "en",
            "created_at": "2026-03-01T10:00:00Z", "event_at": 1_772_359_200_000_000_i64,
        });
        let draft = from_post(&post).unwrap();
        assert_eq!(draft.did, "did:plc:p7");
        assert_eq!(draft.time_us, Some(1_772_359_200_000_000));
        let Kind::Commit { rkey, record, .. } = draft.kind else { panic!("a post is a commit") };
        assert_eq!(rkey, "sim-1-2");
        assert_eq!(record.unwrap()["createdAt"], "2026-03-01T10:00:00.000000Z");
    }

    #[test]
    fn facets_stand_where_they_say() {
        let mut generator = Generator::new(3);
        let mut seen = 0;
        for n in 0..500 {
            let Kind::Commit { record: Some(record), .. } = generator.next(n).kind else { continue };
            let Some(index) = record.pointer("/facets/0/index") else { continue };
            let (start, end) = (index["byteStart"].as_u64().unwrap(), index["byteEnd"].as_u64().unwrap());
            let text = record["text"].as_str().unwrap();
            assert!(text.get(start as usize..end as usize).is_some_and(|word| !word.is_empty()), "{text}");
            seen += 1;
        }
        assert!(seen > 50, "{seen} posts had a facet");
    }
}
