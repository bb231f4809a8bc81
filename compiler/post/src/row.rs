//! The post as a plain struct: every column of `post_event` v1, `None` where nobody told.
//! Mappers fill a [`PostRow`] and append it to a builder; a batch gives its rows back in the same shape.

use std::borrow::Cow;

use crate::group::{Many, One, Tally, group};
use crate::kind::{BigText, Bits, Bytes, Decimal, Extras, Flag, Float, Id, Int, Int32, Sequence, Text, Time, Word};

const fn word(text: &'static str) -> Cow<'static, str> {
    Cow::Borrowed(text)
}

group! {
    /// The account that published a post.
    Author / AuthorColumns named handle {
        /// Stable across renames; may be a keyed hash.
        uid: Id,
        native_id: Id,
        /// Without `@`.
        handle: Text,
        name: Text,
        url: Text,
        avatar: Text,
        bio: Text,
        /// Microseconds since 1970 UTC, as every time here.
        created_at: Time,
        verified: Flag,
        verified_kind: Word,
        is_bot: Flag,
        is_org: Flag,
        protected: Flag,
        followers: Int,
        following: Int,
        posts: Int,
        /// The location as the author wrote it.
        location_text: Text,
        lang: Text,
        /// When the numbers were true.
        as_of: Time,
    }
}

group! {
    /// Another post that this one speaks of.
    Ref / RefColumns {
        /// `reply_to root quote repost_of forward_of crosspost_of edit_of subject`.
        rel: Word [or word("subject")],
        post_uid: Id,
        native_id: Id,
        author_uid: Id,
        url: Text,
    }
}

group! {
    /// Where in the platform the post stands: subreddit, channel, page, group.
    Community / CommunityColumns named name {
        uid: Id,
        name: Text,
        kind: Word,
    }
}

group! {
    /// Counts as the platform told them.
    Engagement / EngagementColumns {
        likes: Int,
        reposts: Int,
        quotes: Int,
        replies: Int,
        views: Int,
        saves: Int,
        shares: Int,
        score: Int,
        upvote_ratio: Float,
        reactions: Tally,
        as_of: Time,
        /// `absolute` or `delta`.
        scope: Word [or word("absolute")],
    }
}

group! {
    /// A place on Earth.
    Geo / GeoColumns {
        /// Degrees.
        lat: Decimal,
        lon: Decimal,
        precision: Word,
        /// ISO 3166-1 alpha-2.
        country: Text,
        admin1: Text,
        place: Text,
        place_id: Id,
        /// `point place account_region author_text partner inferred`.
        basis: Word [or word("partner")],
        confidence: Float,
    }
}

group! {
    /// A picture, film or sound in the post.
    Media / MediaColumns {
        native_id: Id,
        kind: Word [or word("image")],
        url: Text,
        url_expires: Time,
        preview_url: Text,
        alt: Text,
        mime: Text,
        cid: Text,
        width: Int32,
        height: Int32,
        duration_ms: Int,
        bytes: Int,
    }
}

group! {
    /// A link in the post.
    Link / LinkColumns named url {
        url: Text [or word("")],
        expanded: Text,
        title: Text,
        description: Text,
        /// Worked out from `expanded` or `url` where it is not told.
        domain: Text,
        image: Text,
        /// UTF-8 bytes into `text`.
        start: Int32,
        end: Int32,
    }
}

group! {
    /// A tag, mention or the like as the platform marked it; offsets are UTF-8 bytes into `text`.
    Entity / EntityColumns {
        kind: Word [or word("other")],
        text: Text [or word("")],
        uid: Id,
        start: Int32,
        end: Int32,
        score: Float,
    }
}

group! {
    /// One answer of a poll.
    PollOption / PollOptionColumns named text {
        text: Text,
        votes: Int,
    }
}

group! {
    /// A poll in the post.
    Poll / PollColumns {
        closes_at: Time,
        multiple: Flag,
        options: Many<One<PollOption<'static>>>,
    }
}

group! {
    /// A rule at the platform that delivered the post.
    ServerMatch / ServerMatchColumns named rule_id {
        rule_id: Id [or word("")],
        tag: Text,
        score: Float,
    }
}

group! {
    /// How the row came to us.
    Ingest / IngestColumns {
        /// Wire format: `jetstream-v2`, `file`.
        wire: Word [or word("file")],
        /// Version of the mapper.
        mapper: Int32 [or 1],
        partition: Text [or word("")],
        cursor: Text [or word("")],
        seq: Sequence,
        backfill: Flag,
        gap_fill: Flag,
        fallback: Flag,
        env: Word [or word("local")],
    }
}

group! {
    /// What models told about the post.
    Enrichment / EnrichmentColumns {
        /// -1 (bad) to 1 (good).
        sentiment: Decimal,
        /// 0 to 1.
        sentiment_confidence: Decimal,
    }
}

group! {
    /// One event about one post or account. `None` means "not told", never zero. A builder works out what is left
    /// out: `op` created, `platform` other, `kind` post, `source` file, `status` ok; `root_uid` and `native_id` from
    /// `post_uid`; `event_at` from `created_at` or else `received_at`; `received_at` from `event_at`.
    PostRow / PostColumns {
        /// `created updated deleted engaged account`.
        op: Word [or word("created")],
        platform: Word [or word("other")],
        /// The configured connector.
        source: Word [or word("file")],
        /// Host of the server, `mastodon.social`.
        instance: Word,
        /// Canonical identifier: `x:1`, an at-uri, `hn:3`.
        post_uid: Id [filled],
        /// First revision of an edit chain.
        root_uid: Id [filled],
        native_id: Id [filled],
        revision: Id,
        revision_no: Int32,
        created_at: Time,
        edited_at: Time,
        /// Drives windows and watermarks.
        event_at: Time [filled],
        indexed_at: Time,
        received_at: Time [filled],
        /// Whose clock `event_at` is: `platform claimed partner received`, or `none` where no time was told.
        time_quality: Word [or word("platform")],
        kind: Word [or word("post")],
        visibility: Word,
        status: Word [or word("ok")],
        url: Text,
        title: Text,
        text: BigText,
        text_html: Text,
        /// Content warning or summary.
        summary: Text,
        text_source: Word,
        /// Bits of [`crate::completeness`].
        completeness: Bits [or 0],
        /// BCP-47.
        lang: Text,
        lang_quality: Word,
        sensitive: Flag,
        labels: Many<Text>,
        author: One<Author<'static>>,
        refs: Many<One<Ref<'static>>>,
        conversation_uid: Id,
        community: One<Community<'static>>,
        engagement: One<Engagement<'static>>,
        geo: One<Geo<'static>>,
        media: Many<One<Media<'static>>>,
        links: Many<One<Link<'static>>>,
        entities: Many<One<Entity<'static>>>,
        poll: One<Poll<'static>>,
        app: Text,
        matches: Many<One<ServerMatch<'static>>>,
        withheld_in: Many<Text>,
        residency: Word [or word("default")],
        residency_basis: Word [or word("default")],
        ingest: One<Ingest<'static>> [or Ingest::default()],
        /// A JSON object with what the schema has no place for.
        extras: Extras,
        /// The wire's bytes, zstd; never written to JSON or CSV.
        raw: Bytes,
        raw_ref: Text,
        enrichment: One<Enrichment<'static>>,
    }
}
