//! From a Jetstream frame to a post: pure, and the same for both wires.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use mon_post::{Author, Entity, Ingest, Link, Media, PostRow, Ref, completeness, time};
use serde_json::value::RawValue;

use super::frame::{Commit, Event, Frame, read};
use super::record::{Aspect, Blob, Card, Embed, Facet, Image, Labels, Post, Quoted, Reply, Slice, Str, part};
use super::{POST, WIRE_V1, WIRE_V2};
use crate::contract::{Completeness, Envelope, MapError, Mapper, PostSink};

/// Self-labels that mean: not for every eye.
const SENSITIVE: &[&str] = &["porn", "sexual", "nudity", "graphic-media"];

pub struct JetstreamMapper {
    source: String,
}

impl JetstreamMapper {
    /// Raised when the same bytes give other posts.
    pub const VERSION: i32 = 1;

    /// `source` is the configured name.
    #[must_use]
    pub fn new(source: &str) -> Self {
        Self { source: source.to_owned() }
    }
}

impl Mapper for JetstreamMapper {
    fn wires(&self) -> &'static [&'static str] {
        &[WIRE_V1, WIRE_V2]
    }

    fn version(&self) -> i32 {
        Self::VERSION
    }

    fn map(&self, envelope: &Envelope, out: &mut dyn PostSink) -> Result<Completeness, MapError> {
        let wire = if envelope.wire == WIRE_V2 { WIRE_V2 } else { WIRE_V1 };
        let error = |path: &str, reason: String| MapError { wire, path: path.to_owned(), reason };
        let frame = read(&envelope.payload, wire == WIRE_V2).map_err(|why| error("frame", why))?;
        let Frame::Event(event) = frame else { return Ok(Completeness::default()) };
        let Some(commit) = &event.commit else { return Ok(Completeness::default()) };
        if commit.collection != POST {
            return Ok(Completeness::default());
        }
        let mut row = self.frame_row(envelope, &event, commit, wire);
        match &*commit.operation {
            "create" | "update" => {
                let raw = commit.record.ok_or_else(|| error("record", "is missing".to_owned()))?;
                let post: Post<'_> =
                    serde_json::from_str(raw.get()).map_err(|why| error("record", format!("can't be read: {why}")))?;
                row.op = Some(Cow::Borrowed(if commit.operation == "create" { "created" } else { "updated" }));
                fill(&mut row, &post);
            }
            "delete" => {
                row.op = Some(Cow::Borrowed("deleted"));
                row.status = Some(Cow::Borrowed("author_deleted"));
                // A deletion has no content id; the repository's revision tells two deletions apart.
                row.revision = Some(commit.rev.clone());
            }
            other => return Err(error("operation", format!("is `{other}`, not create, update or delete"))),
        }
        let bits = row.completeness.unwrap_or_default();
        out.push(&row).map_err(|why| error("post", why))?;
        Ok(Completeness(bits))
    }
}

impl JetstreamMapper {
    /// What the frame alone tells.
    fn frame_row<'e>(
        &'e self,
        envelope: &'e Envelope,
        event: &'e Event<'e>,
        commit: &'e Commit<'e>,
        wire: &'static str,
    ) -> PostRow<'e> {
        let uri = format!("at://{}/{}/{}", event.did, commit.collection, commit.rkey);
        PostRow {
            platform: Some(Cow::Borrowed("bluesky")),
            source: Some(Cow::Borrowed(&self.source)),
            url: Some(Cow::Owned(format!("https://bsky.app/profile/{}/post/{}", event.did, commit.rkey))),
            conversation_uid: Some(Cow::Owned(uri.clone())),
            post_uid: Some(Cow::Owned(uri)),
            revision: commit.cid.clone(),
            event_at: i64::try_from(event.time_us).ok(),
            received_at: Some(micros(envelope.received)),
            time_quality: Some(Cow::Borrowed("platform")),
            visibility: Some(Cow::Borrowed("public")),
            completeness: Some(completeness::MISSING_METRICS),
            author: Some(Author {
                uid: Some(event.did.clone()),
                native_id: Some(event.did.clone()),
                ..Author::default()
            }),
            ingest: Some(Ingest {
                wire: Some(Cow::Borrowed(wire)),
                mapper: Some(Self::VERSION),
                partition: Some(Cow::Borrowed("all")),
                cursor: Some(Cow::Borrowed(&envelope.cursor.token)),
                seq: event.seq,
                ..Ingest::default()
            }),
            ..PostRow::default()
        }
    }
}

fn micros(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_micros()).ok()).unwrap_or_default()
}

fn fill<'a>(row: &mut PostRow<'a>, post: &Post<'a>) {
    let mut bits = row.completeness.unwrap_or_default();
    let (mut bad, mut bad_ref) = (false, false);
    row.text = post.text.clone();
    row.text_source = Some(Cow::Borrowed("full"));
    row.created_at = part::<Str<'a>>(post.created_at, &mut bad).and_then(|text| time::parse(&text.0));
    if row.created_at.is_none() {
        bits |= completeness::MISSING_TIME;
    }
    let langs: Vec<Str<'a>> = part(post.langs, &mut bad).unwrap_or_default();
    row.lang = langs.first().and_then(|lang| primary(&lang.0));
    row.lang_quality = row.lang.is_some().then_some(Cow::Borrowed("claimed"));
    let text = post.text.as_deref().unwrap_or_default();
    let facets: Vec<Facet<'a>> = part(post.facets, &mut bad).unwrap_or_default();
    let mut parts = Parts::default();
    for facet in facets {
        parts.add_facet(facet, text);
    }
    for tag in part::<Vec<Str<'a>>>(post.tags, &mut bad).unwrap_or_default() {
        parts.entities.push(Entity { kind: Some(Cow::Borrowed("tag")), text: Some(tag.0), ..Entity::default() });
    }
    let labels = part::<Labels<'a>>(post.labels, &mut bad).map(|labels| labels.values).unwrap_or_default();
    if labels.iter().any(|label| SENSITIVE.contains(&&*label.val)) {
        row.sensitive = Some(true);
    }
    row.labels = some(labels.into_iter().map(|label| label.val).collect());
    if let Some(reply) = part::<Reply<'a>>(post.reply, &mut bad_ref) {
        row.kind = Some(Cow::Borrowed("reply"));
        row.conversation_uid = Some(reply.root.uri.clone());
        parts.refs.push(reference("reply_to", reply.parent.uri));
        parts.refs.push(reference("root", reply.root.uri));
    }
    parts.add_embed(part(post.embed, &mut bad_ref), &mut bad_ref, true);
    if row.kind.is_none() && parts.quotes {
        row.kind = Some(Cow::Borrowed("quote"));
    }
    if bad_ref {
        bits |= completeness::MISSING_REF;
    }
    if bad {
        bits |= completeness::STRIPPED;
    }
    row.completeness = Some(bits);
    row.refs = some(parts.refs);
    row.entities = some(parts.entities);
    row.links = some(parts.links);
    row.media = some(parts.media);
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// The primary subtag in lower case; what is no language tag is not told.
fn primary<'a>(tag: &str) -> Option<Cow<'a, str>> {
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    let fits = (2..=3).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
    fits.then(|| Cow::Owned(primary.to_ascii_lowercase()))
}

/// The repository in an at-uri.
fn author_of(uri: &str) -> Option<&str> {
    uri.strip_prefix("at://")?.split('/').next().filter(|did| !did.is_empty())
}

fn reference<'a>(rel: &'static str, uri: Cow<'a, str>) -> Ref<'a> {
    let author_uid = author_of(&uri).map(|did| Cow::Owned(did.to_owned()));
    Ref { rel: Some(Cow::Borrowed(rel)), post_uid: Some(uri), author_uid, ..Ref::default() }
}

#[derive(Default)]
struct Parts<'a> {
    refs: Vec<Ref<'a>>,
    entities: Vec<Entity<'a>>,
    links: Vec<Link<'a>>,
    media: Vec<Media<'a>>,
    quotes: bool,
}

impl<'a> Parts<'a> {
    fn add_facet(&mut self, facet: Facet<'a>, text: &str) {
        let place = place(facet.index, text);
        let (start, end) = place.map_or((None, None), |(start, end, _)| (Some(start), Some(end)));
        for feature in facet.features {
            let entity = |kind: &'static str, text: Cow<'a, str>, uid: Option<Cow<'a, str>>| Entity {
                kind: Some(Cow::Borrowed(kind)),
                text: Some(text),
                uid,
                start,
                end,
                score: None,
            };
            match feature.kind.rsplit('#').next().unwrap_or_default() {
                "tag" => self.entities.extend(feature.tag.map(|tag| entity("tag", tag, None))),
                "mention" => {
                    let shown = place.map(|(_, _, shown)| Cow::Owned(shown.trim_start_matches('@').to_owned()));
                    let entity = feature.did.map(|did| entity("mention", shown.unwrap_or_default(), Some(did)));
                    self.entities.extend(entity);
                }
                "link" => {
                    let Some(uri) = feature.uri else { continue };
                    self.entities.push(entity("link", uri.clone(), None));
                    self.links.push(Link { url: Some(uri), start, end, ..Link::default() });
                }
                _ => {}
            }
        }
    }

    /// `outer` is false inside a quoted record's media, which holds no further embeds.
    fn add_embed(&mut self, embed: Option<Embed<'a>>, bad: &mut bool, outer: bool) {
        let Some(embed) = embed else { return };
        for images in [embed.images, embed.items] {
            for image in part::<Vec<Image<'a>>>(images, bad).unwrap_or_default() {
                let media = media("image", image.alt, image.image, image.aspect, bad);
                self.media.push(media);
            }
        }
        if embed.video.is_some() {
            let media = media("video", embed.alt, embed.video, embed.aspect, bad);
            self.media.push(media);
        }
        if let Some(card) = part::<Card<'a>>(embed.external, bad) {
            self.add_card(card);
        }
        if let Some(quoted) = part::<Quoted<'a>>(embed.record, bad)
            && let Some(uri) = quoted.uri.or(quoted.record.map(|record| record.uri))
        {
            // Lists, feeds and starter packs are embedded in the same way as posts.
            let is_post = uri.contains(POST);
            self.quotes |= is_post;
            self.refs.push(reference(if is_post { "quote" } else { "subject" }, uri));
        }
        if outer {
            self.add_embed(part(embed.media, bad), bad, false);
        }
    }

    /// A card is the preview of a link, which the text often holds as well.
    fn add_card(&mut self, card: Card<'a>) {
        let known = self.links.iter_mut().find(|link| link.url.as_deref() == Some(&*card.uri));
        if let Some(link) = known {
            link.title = card.title;
            link.description = card.description;
        } else {
            let (title, description) = (card.title, card.description);
            self.links.push(Link { url: Some(card.uri), title, description, ..Link::default() });
        }
    }
}

/// Start, end and text of a facet, None when it does not lie on letters of the text.
fn place(slice: Slice, text: &str) -> Option<(i32, i32, &str)> {
    let range = usize::try_from(slice.byte_start).ok()?..usize::try_from(slice.byte_end).ok()?;
    let shown = text.get(range)?;
    Some((i32::try_from(slice.byte_start).ok()?, i32::try_from(slice.byte_end).ok()?, shown))
}

fn media<'a>(
    kind: &'static str,
    alt: Option<Cow<'a, str>>,
    blob: Option<&'a RawValue>,
    aspect: Option<&'a RawValue>,
    bad: &mut bool,
) -> Media<'a> {
    let blob: Option<Blob<'a>> = part(blob, bad);
    let aspect: Option<Aspect> = part(aspect, bad);
    let (width, height) = aspect.map_or((None, None), |aspect| (Some(aspect.width), Some(aspect.height)));
    let (cid, mime, bytes) =
        blob.map_or((None, None, None), |blob| (blob.link.map(|link| link.cid), blob.mime, blob.size));
    let alt = alt.filter(|alt| !alt.is_empty());
    Media { kind: Some(Cow::Borrowed(kind)), alt, cid, mime, bytes, width, height, ..Media::default() }
}

#[cfg(test)]
#[path = "mapper_tests.rs"]
mod tests;
