//! Fields of Brandwatch.

use super::{Becomes, Row, none, row};
use crate::import::Verdict::{Exact, Narrower, Wider};

const ENGAGEMENTS: &[(&str, &str, &str)] = &[
    ("comment", "kind is comment", "kind"),
    ("reply", "kind is reply", "kind"),
    ("retweet", "kind is repost", "kind"),
    ("quote", "kind is quote", "kind"),
];

const NOT_CARRIED: &str = "posts do not carry it";
const OWN_DATA: &str = "it is data that Brandwatch adds to a mention";

pub(super) const ROWS: &[Row] = &[
    row(&["title"], Becomes::Words("title"), Exact, "in the title"),
    row(&["site"], Becomes::Site, Exact, "the platform of that site"),
    none(&["url"], "the address of a post can only be compared whole"),
    row(&["links"], Becomes::Link, Exact, "the host and the beginning of the path of a link"),
    row(&["author"], Becomes::Author, Narrower, "the handle as written or in small letters, or words of the name"),
    none(&["channelid"], "identifiers of accounts are written otherwise"),
    row(&["language"], Becomes::Language, Exact, "the language that the source told"),
    none(&["continent"], "posts tell their country; write `country:` for each"),
    row(&["country"], Becomes::Country, Exact, "the country of the post or of its author"),
    none(&["region"], "posts tell a country and the name of a place, no region"),
    row(&["city"], Becomes::Whole("geo.place"), Narrower, "the name of the place must be the same"),
    row(&["latitude"], Becomes::Number("geo.lat"), Exact, "the same range"),
    row(&["longitude"], Becomes::Number("geo.lon"), Exact, "the same range"),
    none(&["authorgender"], OWN_DATA),
    row(&["authorverified"], Becomes::Flag("author.verified"), Exact, "as the platform tells"),
    row(
        &["authorverifiedtype"],
        Becomes::Fixed("author.verified", "author.verified"),
        Wider,
        "verified in any way: the kind is not told",
    ),
    row(&["authorfollowers"], Becomes::Number("author.followers"), Exact, "the same range"),
    row(&["engagementtype"], Becomes::Values(ENGAGEMENTS), Exact, "the kind of the post"),
    row(&["sensitivecontent"], Becomes::Flag("sensitive"), Exact, "as the platform marks it"),
    row(&["subreddit"], Becomes::Community, Narrower, "the name as written or in small letters"),
    none(&["blogname", "parentblogname", "rootblogname", "weblogtitle", "publication"], NOT_CARRIED),
    none(&["parentpostid", "rootpostid", "guid", "engagingwithguid"], "identifiers of posts are written otherwise"),
    none(&["engagingwith"], "whose post is answered is not told; write `@name` for posts that name the account"),
    none(&["tags", "brandids", "objects", "imagetype", "entityid", "subreddittopics"], OWN_DATA),
    none(
        &["itemreview", "rating", "redditauthorflair", "redditpostflair", "redditspoiler", "subredditnsfw"],
        NOT_CARRIED,
    ),
    none(
        &["pubtype", "publishersubtype"],
        "posts tell their platform and kind; write `platform is …` behind the import",
    ),
    none(&["topleveldomain"], NOT_CARRIED),
    none(&["minuteofday"], "a match looks at a post, not at the clock"),
];
