//! Operators of X's rules and of PowerTrack that have a name.

use super::{Becomes, Row, none, row};
use crate::import::Verdict::{Exact, Narrower, Wider};

const IS: &[(&str, &str, &str)] = &[
    ("retweet", "kind is repost", "kind"),
    ("reply", "kind is reply", "kind"),
    ("quote", "kind is quote", "kind"),
    ("verified", "author.verified", "author.verified"),
];

const HAS: &[(&str, &str, &str)] = &[("links", "exists link.domain", "link.domain"), ("geo", "exists geo", "geo")];

const NOT_CARRIED: &str = "posts do not carry it";
const MODEL: &str = "a model of X decides it";

pub(super) const ROWS: &[Row] = &[
    row(&["from"], Becomes::Account, Narrower, "the handle as written or in small letters"),
    row(&["to"], Becomes::ReplyTo, Wider, "replies that name the account"),
    row(&["retweets_of"], Becomes::Fixed("kind is repost", "kind"), Wider, "every repost: whose it is is not told"),
    row(
        &["retweets_of_tweet_id"],
        Becomes::Fixed("kind is repost", "kind"),
        Wider,
        "every repost: of which post is not told",
    ),
    row(&["in_reply_to_tweet_id"], Becomes::Fixed("kind is reply", "kind"), Wider, "every reply: to which is not told"),
    row(&["quotes_of_tweet_id"], Becomes::Fixed("kind is quote", "kind"), Wider, "every quote: of which is not told"),
    none(&["from_affiliate_of", "to_affiliate_of"], NOT_CARRIED),
    row(&["conversation_id"], Becomes::Identifier("conversation_uid"), Exact, "the same conversation"),
    row(&["bio"], Becomes::Words("bio"), Exact, "in the biography"),
    row(&["bio_name"], Becomes::Words("name"), Exact, "in the display name"),
    none(&["profile_locality", "profile_region", "profile_subregion"], NOT_CARRIED),
    row(&["bio_location"], Becomes::Whole("author.location"), Narrower, "the whole location must be the same"),
    row(&["followers_count", "min_followers"], Becomes::Number("author.followers"), Exact, "the same range"),
    row(&["tweets_count", "statuses_count"], Becomes::Number("author.posts"), Exact, "the same range"),
    row(&["following_count", "friends_count"], Becomes::Number("author.following"), Exact, "the same range"),
    none(&["listed_count"], NOT_CARRIED),
    row(&["url"], Becomes::Link, Narrower, "the host and the beginning of the path; X finds each part of a link"),
    row(&["url_title"], Becomes::Words("link.title"), Exact, "in the title of the linked page"),
    none(&["url_description", "url_contains"], "only the title, host and path of a link are kept"),
    row(&["source"], Becomes::Whole("app"), Narrower, "the name as written or in small letters"),
    row(&["lang"], Becomes::Language, Exact, "the language that X told"),
    row(&["place"], Becomes::Whole("geo.place"), Narrower, "the name of the place must be the same"),
    row(&["place_country", "country_code"], Becomes::Country, Wider, "also the country of the author's profile"),
    row(&["profile_country"], Becomes::Country, Wider, "also the country of the post"),
    row(&["point_radius"], Becomes::Circle, Exact, "the same circle"),
    row(&["bounding_box"], Becomes::Box, Exact, "the same box"),
    none(&["profile_point_radius", "profile_bounding_box"], "the place of a profile is not on the map"),
    row(&["is"], Becomes::Values(IS), Exact, "the same kind"),
    row(&["has"], Becomes::Values(HAS), Exact, "the same"),
    none(&["context", "entity", "embedding", "embedding_threshold"], MODEL),
    none(&["sample"], "a share of all posts is taken by X, before the rule"),
];
