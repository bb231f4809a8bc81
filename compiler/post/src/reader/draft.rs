//! Makes a complete post of what one line told: identity, time, categories, extras; or says why it cannot.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::builder::PostBatchBuilder;
use crate::error::{LineProblem, PostError};
use crate::field::{KINDS, OPS, PLATFORMS};
use crate::kind::{put, write_json_text};
use crate::reader::ReadOptions;
use crate::row::{Link, PostRow};
use crate::schema::completeness::MISSING_TIME;
use crate::time;

/// Bytes of `extras` that a post keeps; what is over is counted in its member `extras_dropped`.
pub const MAX_EXTRAS_BYTES: usize = 16 << 10;

/// Different unknown keys that are counted by name in one batch; further ones are counted together.
pub const MAX_UNKNOWN_KEYS: usize = 256;

const DROPPED: &str = "extras_dropped";

/// Why a line is no post.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub message: String,
    pub help: String,
}

impl Fault {
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }

    pub fn at(self, line: u64) -> LineProblem {
        LineProblem { line, message: self.message, help: self.help }
    }
}

/// A batch in the making with what is noted beside it.
#[derive(Default)]
pub struct Draft {
    pub builder: PostBatchBuilder,
    pub problems: Vec<LineProblem>,
    pub unknown: BTreeMap<String, u64>,
}

/// A key that the schema does not know, as a dotted path, and its value as JSON.
pub type Unknown<'a> = (String, Cow<'a, str>);

impl Draft {
    /// Nothing was read into it.
    pub fn is_empty(&self) -> bool {
        self.builder.is_empty() && self.problems.is_empty()
    }

    /// Adds the post of line `number`, or notes why it is none. Errors only where the batch is full.
    pub fn add<'a>(
        &mut self,
        number: u64,
        parsed: Result<(PostRow<'a>, Vec<Unknown<'a>>), Fault>,
        options: &ReadOptions,
    ) -> Result<(), PostError> {
        let added = parsed.and_then(|(mut row, mut unknown)| {
            complete(&mut row, &mut unknown, number, options)?;
            Ok((row, unknown))
        });
        match added {
            Ok((row, unknown)) => {
                self.count(unknown.iter().map(|(key, _)| key.as_str()));
                self.builder.append(&row)
            }
            Err(fault) => {
                self.problems.push(fault.at(number));
                Ok(())
            }
        }
    }

    fn count<'k>(&mut self, keys: impl Iterator<Item = &'k str>) {
        for key in keys {
            let plain = if key.contains('.') { without_numbers(key) } else { Cow::Borrowed(key) };
            if let Some(count) = self.unknown.get_mut(plain.as_ref()) {
                *count += 1;
            } else if self.unknown.len() < MAX_UNKNOWN_KEYS {
                self.unknown.insert(plain.into_owned(), 1);
            } else {
                *self.unknown.entry("(other keys)".to_owned()).or_default() += 1;
            }
        }
    }
}

fn without_numbers(key: &str) -> Cow<'_, str> {
    let parts = key.split('.').filter(|part| !part.bytes().all(|byte| byte.is_ascii_digit()));
    Cow::Owned(parts.collect::<Vec<_>>().join("."))
}

/// The schema's path for a key: registry aliases and the short form of a post.
pub fn canonical(key: &str) -> &str {
    match key {
        "id" => "native_id",
        "language" => "lang",
        "created" => "created_at",
        "received" => "received_at",
        "conversation" => "conversation_uid",
        "label" => "labels",
        "followers" => "author.followers",
        "likes" => "engagement.likes",
        "reposts" => "engagement.reposts",
        "quotes" => "engagement.quotes",
        "replies" => "engagement.replies",
        "views" => "engagement.views",
        "country" => "geo.country",
        "place" => "geo.place",
        "sentiment" => "enrichment.sentiment",
        "sentiment_confidence" | "sentiment.confidence" => "enrichment.sentiment_confidence",
        "links.domain" => LINK_DOMAIN,
        other => other,
    }
}

/// The field that stands for the hosts of all links.
pub const LINK_DOMAIN: &str = "link.domain";

/// Links of which only the hosts are known.
pub fn links_of<'a>(hosts: Vec<Cow<'a, str>>) -> Vec<Link<'a>> {
    hosts.into_iter().map(|host| Link { url: Some(host.clone()), domain: Some(host), ..Link::default() }).collect()
}

fn complete<'a>(
    row: &mut PostRow<'a>,
    unknown: &mut Vec<Unknown<'a>>,
    number: u64,
    options: &ReadOptions,
) -> Result<(), Fault> {
    categories(row, unknown)?;
    let silent = row.text.is_none() && row.title.is_none() && row.media.is_none();
    let speaks = matches!(row.op.as_deref(), None | Some("created" | "updated"));
    if silent && speaks && row.kind.as_deref() != Some("repost") {
        return Err(Fault::new("the post has neither `text` nor `title`", "give the post's words as `text`"));
    }
    // An id without a letter names nothing: taken as one, it would make all such posts the same post.
    for id in [&mut row.post_uid, &mut row.native_id] {
        if id.as_deref().is_some_and(|id| id.trim().is_empty()) {
            *id = None;
        }
    }
    if row.post_uid.is_none() {
        row.post_uid = Some(row.native_id.clone().unwrap_or_else(|| Cow::Owned(format!("line:{number}"))));
    }
    let told = row.event_at.or(row.created_at).or(row.received_at);
    if let Some(at) = told.filter(|at| options.need_time && !time::PLAUSIBLE.contains(at)) {
        let timeless = row.time_quality.as_deref() == Some("none");
        if !timeless {
            return Err(Fault::new(
                format!("the post's time would be {}", time::format(at)),
                "posts lie between 1990 and 2200: check the digits, and whether seconds or milliseconds are meant",
            ));
        }
    }
    if told.is_none() {
        if options.need_time {
            return Err(Fault::new(
                "the post has no time",
                "give `created_at`, such as `2026-11-02T10:00:00Z`, or seconds since 1970",
            ));
        }
        row.time_quality = Some(Cow::Borrowed("none"));
        row.completeness = Some(row.completeness.unwrap_or_default() | MISSING_TIME);
    } else if row.time_quality.is_none() && row.event_at.or(row.created_at).is_none() {
        row.time_quality = Some(Cow::Borrowed("received"));
    }
    if row.source.is_none() {
        row.source = Some(Cow::Owned(options.source.clone()));
    }
    ranges(row)?;
    if let Some(handle) = row.author.as_mut().and_then(|author| author.handle.as_mut())
        && handle.starts_with('@')
    {
        *handle = Cow::Owned(handle.trim_start_matches('@').to_owned());
    }
    if !unknown.is_empty() || row.extras.as_ref().is_some_and(|extras| extras.len() > MAX_EXTRAS_BYTES) {
        row.extras = Some(Cow::Owned(extras(row.extras.as_deref(), unknown)));
    }
    Ok(())
}

fn categories<'a>(row: &mut PostRow<'a>, unknown: &mut Vec<Unknown<'a>>) -> Result<(), Fault> {
    if let Some(op) = &mut row.op
        && !OPS.contains(&op.as_ref())
    {
        let lower = op.to_ascii_lowercase();
        let Some(known) = OPS.iter().find(|known| **known == lower) else {
            return Err(Fault::new(format!("`op` is `{op}`"), format!("it is one of {}", OPS.join(", "))));
        };
        *op = Cow::Borrowed(known);
    }
    closed(&mut row.platform, "platform", PLATFORMS, &[("twitter", "x")], "other", unknown);
    closed(
        &mut row.kind,
        "kind",
        KINDS,
        &[("tweet", "post"), ("retweet", "repost"), ("status", "post")],
        "post",
        unknown,
    );
    Ok(())
}

/// Puts a category into its closed set; a word outside of it becomes `otherwise` and stays readable in the extras.
fn closed<'a>(
    value: &mut Option<Cow<'a, str>>,
    name: &str,
    words: &[&'static str],
    also: &[(&str, &'static str)],
    otherwise: &'static str,
    unknown: &mut Vec<Unknown<'a>>,
) {
    let Some(told) = value else { return };
    if words.contains(&told.as_ref()) {
        return;
    }
    let lower = told.trim().to_ascii_lowercase();
    let known = words.iter().copied().find(|word| *word == lower);
    let known = known.or_else(|| also.iter().find(|(other, _)| *other == lower).map(|(_, word)| *word));
    if known.is_none() {
        let mut json = Vec::new();
        write_json_text(told, &mut json);
        unknown.push((name.to_owned(), Cow::Owned(String::from_utf8_lossy(&json).into_owned())));
    }
    *told = Cow::Borrowed(known.unwrap_or(otherwise));
}

fn ranges(row: &PostRow<'_>) -> Result<(), Fault> {
    let geo = row.geo.as_ref();
    let mood = row.enrichment.as_ref();
    let limits = [
        ("geo.lat", geo.and_then(|geo| geo.lat), -90.0, 90.0),
        ("geo.lon", geo.and_then(|geo| geo.lon), -180.0, 180.0),
        ("sentiment", mood.and_then(|mood| mood.sentiment), -1.0, 1.0),
        ("sentiment_confidence", mood.and_then(|mood| mood.sentiment_confidence), 0.0, 1.0),
    ];
    for (name, value, min, max) in limits {
        if let Some(value) = value
            && !(min..=max).contains(&value)
        {
            return Err(Fault::new(format!("`{name}` is {value}"), format!("it lies between {min} and {max}")));
        }
    }
    let author = row.author.as_ref();
    let counts = [
        ("author.followers", author.and_then(|author| author.followers)),
        ("author.following", author.and_then(|author| author.following)),
        ("author.posts", author.and_then(|author| author.posts)),
    ];
    match counts.into_iter().find_map(|(name, count)| count.filter(|count| *count < 0).map(|count| (name, count))) {
        Some((name, count)) => {
            Err(Fault::new(format!("`{name}` is {count}"), "a count is 0 or more; leave it out where it is not known"))
        }
        None => Ok(()),
    }
}

/// One JSON object of what was in `extras` already and of the unknown keys, cut at [`MAX_EXTRAS_BYTES`].
fn extras(told: Option<&str>, unknown: &[Unknown<'_>]) -> String {
    let told: BTreeMap<Cow<'_, str>, &RawValue> =
        told.and_then(|told| serde_json::from_str(told).ok()).unwrap_or_default();
    let mut dropped: u64 = told.get(DROPPED).and_then(|count| count.get().parse().ok()).unwrap_or_default();
    let mut out = vec![b'{'];
    let mut add = |key: &str, value: &str| {
        if out.len() + key.len() + value.len() + 64 > MAX_EXTRAS_BYTES {
            dropped += 1;
            return;
        }
        if out.len() > 1 {
            out.push(b',');
        }
        write_json_text(key, &mut out);
        out.push(b':');
        out.extend_from_slice(value.as_bytes());
    };
    for (key, value) in told.iter().filter(|(key, _)| key.as_ref() != DROPPED) {
        add(key, value.get());
    }
    for (key, value) in unknown.iter().filter(|(key, _)| !told.contains_key(key.as_str())) {
        add(key, value);
    }
    if dropped > 0 {
        let comma = if out.len() > 1 { "," } else { "" };
        put(&mut out, format_args!("{comma}\"{DROPPED}\":{dropped}"));
    }
    out.push(b'}');
    String::from_utf8_lossy(&out).into_owned()
}
