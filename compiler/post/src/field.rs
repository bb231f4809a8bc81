//! The fields of a post that a rule can name: their types, units, ranges and how sensitive they are.
//! A field is a leaf of the Arrow schema of `post_event` v1; the registry is the one place that lists them.

/// Index into [`FIELDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(pub u16);

impl FieldId {
    #[must_use]
    pub fn get(self) -> Option<&'static Field> {
        FIELDS.get(self.0 as usize)
    }
}

/// What values a field holds. It fixes the Arrow type of the column that [`crate::PostBatch::column`] gives:
/// `Text`/`Enum`/`Language`/`Country` are `StringArray` (dictionaries unpacked), `TextList` is
/// `ListArray<Utf8>`, `Integer` is `Int64Array`, `Decimal` is `Float64Array`, `Flag` is `BooleanArray`, `Time` is
/// `TimestampMicrosecondArray` (UTC).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FieldType {
    Text,
    TextList,
    /// One of a closed set of words.
    Enum(&'static [&'static str]),
    /// BCP-47 primary subtag, lower case.
    Language,
    /// ISO 3166-1 alpha-2, upper case.
    Country,
    Integer {
        min: i64,
        max: i64,
    },
    Decimal {
        min: f64,
        max: f64,
    },
    Flag,
    /// Microseconds since 1970 UTC.
    Time,
}

/// How careful one must be with a field: a value with a label leaves only where the rules clear it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    Open,
    /// It tells who somebody is.
    Personal,
    /// It tells where somebody is.
    Sensitive,
}

impl Privacy {
    /// As a rule writes the label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Personal => "personal",
            Self::Sensitive => "sensitive",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// As a rule writes it: `author.followers`.
    pub name: &'static str,
    /// Other spellings that mean the same: `created` for `created_at`.
    pub aliases: &'static [&'static str],
    pub ty: FieldType,
    pub privacy: Privacy,
    /// Made by a model, with a confidence column beside it (`@ 70%` is allowed).
    pub modelled: bool,
    pub doc: &'static str,
}

pub const PLATFORMS: &[&str] = &[
    "x",
    "facebook",
    "instagram",
    "tiktok",
    "youtube",
    "reddit",
    "mastodon",
    "bluesky",
    "threads",
    "telegram",
    "hackernews",
    "feed",
    "partner",
    "other",
];
pub const KINDS: &[&str] =
    &["post", "reply", "quote", "repost", "comment", "video", "story", "live", "article", "message", "review", "poll"];
pub const OPS: &[&str] = &["created", "updated", "deleted", "engaged", "account"];
pub const VISIBILITIES: &[&str] = &["public", "unlisted", "followers", "direct"];

const COUNT: FieldType = FieldType::Integer { min: 0, max: i64::MAX };

const fn field(name: &'static str, ty: FieldType, privacy: Privacy, doc: &'static str) -> Field {
    Field { name, aliases: &[], ty, privacy, modelled: false, doc }
}

const fn alias(name: &'static str, aliases: &'static [&'static str], ty: FieldType, doc: &'static str) -> Field {
    Field { name, aliases, ty, privacy: Privacy::Open, modelled: false, doc }
}

/// Every field that a rule can name, in a fixed order: a [`FieldId`] is an index into it.
pub const FIELDS: &[Field] = &[
    alias("platform", &[], FieldType::Enum(PLATFORMS), "where the post was published"),
    alias("source", &[], FieldType::Text, "the configured connector that delivered it"),
    alias("kind", &[], FieldType::Enum(KINDS), "what sort of post it is"),
    alias("op", &[], FieldType::Enum(OPS), "what happened to the post"),
    alias("visibility", &[], FieldType::Enum(VISIBILITIES), "who may see it"),
    alias("lang", &["language"], FieldType::Language, "the post's language"),
    alias("created_at", &["created"], FieldType::Time, "when the author published it, as the platform says"),
    alias("event_at", &[], FieldType::Time, "the time that drives windows"),
    alias("received_at", &["received"], FieldType::Time, "when we received it"),
    alias("post_uid", &[], FieldType::Text, "the post's own identifier"),
    alias("root_uid", &[], FieldType::Text, "the first revision of the post"),
    alias("conversation_uid", &["conversation"], FieldType::Text, "the thread that it belongs to"),
    alias("url", &[], FieldType::Text, "where it can be read"),
    alias("sensitive", &[], FieldType::Flag, "marked as sensitive by the platform"),
    alias("labels", &["label"], FieldType::TextList, "labels that the platform gave it"),
    field("author.uid", FieldType::Text, Privacy::Personal, "the author's identifier"),
    field("author.handle", FieldType::Text, Privacy::Personal, "the author's handle, without @"),
    field("author.name", FieldType::Text, Privacy::Personal, "the author's display name"),
    field("author.created_at", FieldType::Time, Privacy::Personal, "when the account was made"),
    alias("author.verified", &[], FieldType::Flag, "the platform verified the account"),
    alias("author.is_bot", &["author.bot"], FieldType::Flag, "the account says that it is automated"),
    alias("author.followers", &["followers"], COUNT, "how many accounts follow the author"),
    alias("author.following", &[], COUNT, "how many accounts the author follows"),
    alias("author.posts", &[], COUNT, "how many posts the author has made"),
    alias("author.lang", &[], FieldType::Language, "the language of the account"),
    field("author.location", FieldType::Text, Privacy::Personal, "the location that the author wrote"),
    alias("community", &["community.name"], FieldType::Text, "subreddit, channel, page or group"),
    alias("engagement.likes", &["likes"], COUNT, "likes when last told"),
    alias("engagement.reposts", &["reposts"], COUNT, "reposts when last told"),
    alias("engagement.quotes", &["quotes"], COUNT, "quotes when last told"),
    alias("engagement.replies", &["replies"], COUNT, "replies when last told"),
    alias("engagement.views", &["views"], COUNT, "views when last told"),
    alias("country", &["geo.country"], FieldType::Country, "the country of the post or of its author's profile"),
    alias("geo.place", &["place"], FieldType::Text, "the place's name"),
    field("geo.lat", FieldType::Decimal { min: -90.0, max: 90.0 }, Privacy::Sensitive, "latitude in degrees"),
    field("geo.lon", FieldType::Decimal { min: -180.0, max: 180.0 }, Privacy::Sensitive, "longitude in degrees"),
    alias("link.domain", &["links.domain"], FieldType::TextList, "hosts of the links, lower case, without `www.`"),
    alias("app", &[], FieldType::Text, "the application that it was posted with"),
    Field {
        name: "sentiment",
        aliases: &[],
        ty: FieldType::Decimal { min: -1.0, max: 1.0 },
        privacy: Privacy::Open,
        modelled: true,
        doc: "the mood of the text, -1 (bad) to 1 (good), as a model or a partner told it",
    },
    alias("text", &[], FieldType::Text, "the post's text"),
    alias("title", &[], FieldType::Text, "the post's title"),
];

/// Finds a field by its name or one of its aliases.
#[must_use]
pub fn find(name: &str) -> Option<FieldId> {
    FIELDS
        .iter()
        .position(|f| f.name == name || f.aliases.contains(&name))
        .and_then(|at| u16::try_from(at).ok())
        .map(FieldId)
}

/// A place in a post where words can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Zone {
    Title,
    Text,
    /// Content warning or summary.
    Summary,
    /// Descriptions of the post's pictures, one text each.
    Alt,
    /// The author's biography.
    Bio,
    /// The author's display name.
    Name,
    /// Titles of linked pages, one text each.
    LinkTitle,
    /// Addresses of the links, expanded where that is told, one text each.
    LinkUrl,
}

impl Zone {
    pub const ALL: &'static [Self] =
        &[Self::Title, Self::Text, Self::Summary, Self::Alt, Self::Bio, Self::Name, Self::LinkTitle, Self::LinkUrl];
    /// Where a term without a zone is looked for.
    pub const DEFAULT: &'static [Self] = &[Self::Title, Self::Text, Self::Alt];

    /// As a rule writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Text => "text",
            Self::Summary => "summary",
            Self::Alt => "alt",
            Self::Bio => "bio",
            Self::Name => "name",
            Self::LinkTitle => "link.title",
            Self::LinkUrl => "link.url",
        }
    }

    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|zone| zone.name() == name)
    }
}
