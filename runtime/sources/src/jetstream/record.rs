//! The record of a Bluesky post, `app.bsky.feed.post`, as its lexicon describes it.
//! Each part is read by itself: a part of tomorrow's shape costs that part, never the post's text.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Post<'a> {
    #[serde(borrow, default)]
    pub(crate) text: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "createdAt")]
    pub(crate) created_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) langs: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) facets: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) reply: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) embed: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) labels: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) tags: Option<&'a RawValue>,
}

/// A string that is copied only where the bytes can't be borrowed.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Str<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

#[derive(Debug, Deserialize)]
pub(crate) struct StrongRef<'a> {
    #[serde(borrow)]
    pub(crate) uri: Cow<'a, str>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Reply<'a> {
    #[serde(borrow)]
    pub(crate) root: StrongRef<'a>,
    #[serde(borrow)]
    pub(crate) parent: StrongRef<'a>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Facet<'a> {
    pub(crate) index: Slice,
    #[serde(borrow, default)]
    pub(crate) features: Vec<Feature<'a>>,
}

/// UTF-8 bytes of the text.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Slice {
    pub(crate) byte_start: i64,
    pub(crate) byte_end: i64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Feature<'a> {
    #[serde(borrow, rename = "$type", default)]
    pub(crate) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) uri: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(crate) tag: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(crate) did: Option<Cow<'a, str>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Labels<'a> {
    #[serde(borrow, default)]
    pub(crate) values: Vec<Label<'a>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Label<'a> {
    #[serde(borrow)]
    pub(crate) val: Cow<'a, str>,
}

/// All embeds in one: images, video, gallery, link card, quoted record, quoted record with media.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Embed<'a> {
    #[serde(borrow, default)]
    pub(crate) images: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) items: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) video: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) alt: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "aspectRatio")]
    pub(crate) aspect: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) external: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) record: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) media: Option<&'a RawValue>,
}

/// A strong reference, or one inside another as `recordWithMedia` has it.
#[derive(Debug, Deserialize)]
pub(crate) struct Quoted<'a> {
    #[serde(borrow, default)]
    pub(crate) uri: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(crate) record: Option<StrongRef<'a>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Card<'a> {
    #[serde(borrow)]
    pub(crate) uri: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) title: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(crate) description: Option<Cow<'a, str>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Image<'a> {
    #[serde(borrow, default)]
    pub(crate) alt: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(crate) image: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "aspectRatio")]
    pub(crate) aspect: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Aspect {
    pub(crate) width: i32,
    pub(crate) height: i32,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Blob<'a> {
    #[serde(borrow, rename = "ref", default)]
    pub(crate) link: Option<BlobLink<'a>>,
    #[serde(borrow, rename = "mimeType", default)]
    pub(crate) mime: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(crate) size: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct BlobLink<'a> {
    #[serde(borrow, rename = "$link")]
    pub(crate) cid: Cow<'a, str>,
}

/// A part of a record: None when it is absent or null, and `bad` is set when it can't be read.
pub(crate) fn part<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>, bad: &mut bool) -> Option<T> {
    let raw = raw?;
    match serde_json::from_str::<Option<T>>(raw.get()) {
        Ok(part) => part,
        Err(_) => {
            *bad = true;
            None
        }
    }
}
