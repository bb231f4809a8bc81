//! Fields of an index: every index has its own, so common names are known, and those of Mon.

use mon_post::{FIELDS, FieldType, Zone};

use super::{Becomes, Row, row};
use crate::import::Verdict::{Exact, Narrower, Wider};

pub(super) const ROWS: &[Row] = &[
    row(&["text", "body", "content", "message", "full_text", "tweet"], Becomes::Words("text"), Exact, "in the text"),
    row(&["title", "headline", "subject"], Becomes::Words("title"), Exact, "in the title"),
    row(&["bio", "description", "user.description"], Becomes::Words("bio"), Exact, "in the biography"),
    row(&["user.name", "author_name"], Becomes::Words("name"), Exact, "in the display name"),
    row(&["lang", "language"], Becomes::Language, Exact, "the language that the source told"),
    row(&["country", "country_code"], Becomes::Country, Exact, "the country of the post or of its author"),
    row(
        &["author", "user", "username", "screen_name", "user.screen_name"],
        Becomes::Account,
        Narrower,
        "the handle as written or in small letters",
    ),
    row(
        &["followers", "followers_count", "user.followers_count"],
        Becomes::Number("author.followers"),
        Exact,
        "the same range",
    ),
    row(&["likes", "favorite_count", "like_count"], Becomes::Number("engagement.likes"), Exact, "the same range"),
    row(&["retweets", "retweet_count", "shares"], Becomes::Number("engagement.reposts"), Exact, "the same range"),
    row(
        &["created_at", "@timestamp", "date", "timestamp", "published"],
        Becomes::Time("created_at"),
        Exact,
        "the same range",
    ),
    row(&["verified", "user.verified"], Becomes::Flag("author.verified"), Exact, "as the platform tells"),
    row(&["url", "link", "links", "urls"], Becomes::Link, Wider, "the host and the beginning of the path of a link"),
    row(&["subreddit"], Becomes::Community, Narrower, "the name as written or in small letters"),
    row(&["_exists_"], Becomes::Exists, Exact, "the same"),
];

/// A field of Mon by its own name.
pub(super) fn own(name: &str) -> Option<Row> {
    if let Some(row) = ROWS.iter().find(|row| row.names.contains(&name)) {
        return Some(Row { names: row.names, becomes: row.becomes, verdict: row.verdict, why: row.why });
    }
    let field = FIELDS.iter().find(|field| field.name == name || field.aliases.contains(&name))?;
    let becomes = match field.ty {
        _ if Zone::find(field.name).is_some() => Becomes::Words(field.name),
        FieldType::Text | FieldType::TextList => Becomes::Whole(field.name),
        FieldType::Enum(words) => Becomes::OneOf(field.name, words),
        FieldType::Language => Becomes::Language,
        FieldType::Country => Becomes::Country,
        FieldType::Integer { .. } | FieldType::Decimal { .. } => Becomes::Number(field.name),
        FieldType::Flag => Becomes::Flag(field.name),
        FieldType::Time => Becomes::Time(field.name),
    };
    Some(row(&[], becomes, Exact, "the field of this name"))
}

/// The field that `exists` is asked of.
pub(super) fn field_of(becomes: Becomes) -> Option<&'static str> {
    match becomes {
        Becomes::Words(zone @ ("text" | "title")) => Some(zone),
        Becomes::Words("name") => Some("author.name"),
        Becomes::Whole(field)
        | Becomes::Number(field)
        | Becomes::Time(field)
        | Becomes::Flag(field)
        | Becomes::OneOf(field, _) => Some(field),
        Becomes::Language => Some("lang"),
        Becomes::Country => Some("country"),
        Becomes::Account => Some("author.handle"),
        Becomes::Link => Some("link.domain"),
        _ => None,
    }
}
