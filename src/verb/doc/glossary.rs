//! The words of the language that occur in the rules, each in a sentence for somebody who writes none, and the fields of
//! posts that they name.

use std::collections::BTreeSet;

use mon_grammar::tree::SyntaxKind;
use mon_post::{FIELDS, FieldId, Privacy};

use super::code::mention_at;
use super::facts::Site;
use super::html::Html;
use super::names::Meaning;

/// A word or sign, what it means, and the section of the reference that says it precisely.
type Entry = (&'static str, &'static str, u8);

const WORDS: &[Entry] = &[
    ("alert", "when the figures of a window open an incident", 5),
    ("all", "every member of a set", 4),
    ("allow", "takes a finding of the checker back, with a reason", 7),
    ("also", "rows of a route that add teams beside the first", 6),
    ("and", "both hold", 4),
    ("any", "one member of a set at least", 4),
    ("avg", "the average of a field over the posts of a window", 5),
    ("baseline", "what is usual for a measure, from its own past", 5),
    ("burst", "how many levels a measure is in a burst", 5),
    ("by", "for each value of these fields alone; in a playbook, the method", 5),
    ("calendar", "windows are days, weeks, months, quarters or years of a time zone", 5),
    ("change", "how much more a measure is than what is usual", 5),
    ("clear", "when an incident is over", 5),
    ("cooldown", "after an incident, no other opens for this long", 5),
    ("coordinated", "authors who share the same things at nearly the same time, again and again", 5),
    ("count", "the number of posts, or how often a term stands in a post", 5),
    ("critical", "the worst of the four severities", 5),
    ("cusum", "what a measure has summed up to above what is usual", 5),
    ("dates", "days of a calendar under one name", 5),
    ("distinct", "the number of different values", 5),
    ("ends", "a term stands at the end of the text", 4),
    ("engagement", "likes, replies, reposts and quotes together", 5),
    ("every", "how often a sliding window is looked at", 5),
    ("ewma_chart", "how far a smoothed measure has drifted above what is usual", 5),
    ("exact", "the same spelling: capitals, accents and signs count", 3),
    ("example", "a post that the monitor promises to take (yes) or to leave (no)", 7),
    ("exists", "the post tells this field", 4),
    ("extend", "a monitor takes over the clauses of another one", 10),
    ("first", "the first row that is true decides; or: within the first words of a text", 6),
    ("flatline", "how probable so low a measure is by chance", 5),
    ("follow", "names the playbook of a monitor", 6),
    ("for", "for this long without a break; alone in a monitor, what it is for", 5),
    ("from", "members of a list that stand in a file of their own", 10),
    ("group", "windows of each value of these fields alone", 5),
    ("high", "the second of the four severities", 5),
    ("in", "the value is one of these", 4),
    ("inside", "a term as part of another one", 4),
    ("is", "the value is this one", 4),
    ("late", "how long a window waits for posts that come late", 5),
    ("locked", "clauses that an extension takes as they are", 10),
    ("loose", "the word behind look-alike letters and other disguises", 3),
    ("low", "the mildest of the four severities", 5),
    ("match", "which posts a monitor takes", 4),
    ("max", "the largest value of a field in a window", 5),
    ("measure", "a figure of each window", 5),
    ("median", "the middle value of a field in a window", 5),
    ("medium", "the third of the four severities", 5),
    ("min", "the smallest value of a field; or: the fewest posts for an alert", 5),
    ("monitor", "which posts matter, what is measured, when that is an alert, and who hears of it", 1),
    ("near", "at most so many words between two terms, in either order", 4),
    ("negative_binomial", "how probable so high a measure is, given how much it varies", 5),
    ("new_values", "values that no earlier window had", 5),
    ("none", "no member of a set", 4),
    ("not", "does not hold", 4),
    ("notify", "by which methods and how soon each severity is told", 6),
    ("or", "one of the two holds at least", 4),
    ("otherwise", "where no row above holds", 6),
    ("outside", "a term that is not part of another one", 4),
    ("owner", "who answers for the monitor", 10),
    ("part", "the letters anywhere, also inside words", 3),
    ("pattern", "one post, then another; or one, and then none", 5),
    ("percentile", "the value that so many percent of the posts do not exceed", 5),
    ("playbook", "who hears of an incident, by what and how soon", 6),
    ("poisson", "how probable so high a measure is by chance", 5),
    ("posts", "posts and their edits", 2),
    ("q_value", "the share of false alarms to expect among all groups that are asked at once", 5),
    ("query", "a condition on posts under one name", 4),
    ("rate", "posts a minute", 5),
    ("reach", "followers of all different authors together", 5),
    ("replay", "the recorded posts that a test runs over", 7),
    ("robust_z", "how far a measure is above its median, in units of how much it varies", 5),
    ("route", "which teams are told of an incident", 6),
    ("same", "all terms stand in one sentence, line or paragraph", 4),
    ("sample", "how many authors are heard when a run cannot keep up", 5),
    ("seasonal_esd", "how far out a measure lies without what is usual for its hour", 5),
    ("session", "posts of a group that come without a pause", 5),
    ("severity", "how bad an incident is, by rows that are asked from the top", 5),
    ("share", "a part of the posts of a window; in a playbook, which personal data a team may see", 5),
    ("share_of_voice", "the part of a brand in the posts of its market", 5),
    ("show", "which posts and values an alert brings", 5),
    ("since", "the day from which the monitor is in use", 10),
    ("slide", "a window that looks back over the last minutes, again and again", 5),
    ("starts", "a term stands at the beginning of the text", 4),
    ("status", "draft, trial or live", 10),
    ("stem", "every form of a word", 3),
    ("sum", "the sum of a field over the posts of a window", 5),
    ("team", "people who are told; operations bind the name to receivers", 6),
    ("terms", "a list of words, phrases, tags and handles under one name", 3),
    ("test", "a recorded day and what the monitor must make of it", 7),
    ("then", "at most so many words between two terms, in this order; or: one post after another", 4),
    ("top_count", "the posts with the value that most posts have", 5),
    ("top_share", "the same as a part of the posts that have a value", 5),
    ("tumble", "windows one after the other, without overlap", 5),
    ("under", "what is heard when a run cannot keep up", 5),
    ("url", "a link to this host, or to this page of it", 3),
    ("use", "names a file or package that this one needs", 10),
    ("warmup", "no incident opens before the monitor has run for this long", 5),
    ("when", "the condition of a row or an alert", 5),
    ("where", "only posts of which this is true", 7),
    ("window", "the stretch of time over which posts are measured together", 5),
    ("within", "at most this far away in time or space", 4),
    ("without", "these days are left out of what is usual", 5),
    ("word", "only between the borders of words", 3),
    ("z", "how many standard deviations a measure is above its mean", 5),
];

/// Words that stand beside those of the table and need no line of their own.
const BESIDE: &[&str] = &[
    "after",
    "at",
    "because",
    "column",
    "day",
    "days",
    "each",
    "expect",
    "gap",
    "has",
    "hours",
    "incident",
    "incidents",
    "least",
    "line",
    "load",
    "messages",
    "month",
    "no",
    "of",
    "once",
    "opened",
    "over",
    "paragraph",
    "quarter",
    "region",
    "sentence",
    "to",
    "top",
    "until",
    "week",
    "with",
    "words",
    "year",
    "yes",
    "cleared",
    "matched",
    "new",
    "weighted",
    "authors",
    "count",
    "purpose",
    "value",
    "unless",
    "personal",
    "sensitive",
];

const SIGNS: &[(SyntaxKind, &str, &str)] = &[
    (SyntaxKind::Tag, "#tag", "the hashtag"),
    (SyntaxKind::Handle, "@name", "the handle of an account"),
    (SyntaxKind::Cashtag, "$NAME", "the cashtag of a share"),
    (SyntaxKind::Regex, "/…/", "a pattern of signs, for what no word says"),
    (SyntaxKind::Tilde, "\"…\"~1", "the word with so many typing mistakes"),
    (
        SyntaxKind::String,
        "\"…\"",
        "a word or a phrase, in any case, with or without accents; a * in it is any run of letters",
    ),
];

/// Whether a word belongs to the language.
pub fn is_word(word: &str) -> bool {
    let small = word.to_ascii_lowercase();
    WORDS.binary_search_by_key(&small.as_str(), |entry| entry.0).is_ok() || BESIDE.contains(&small.as_str())
}

/// What occurs in the rules.
#[derive(Default)]
struct Occurring {
    words: BTreeSet<String>,
    signs: Vec<SyntaxKind>,
    fields: BTreeSet<FieldId>,
}

fn occurring(site: &Site<'_>) -> Occurring {
    let mut found = Occurring::default();
    for (file, leaves) in (0..).zip(&site.leaves) {
        let mentions = site.mentions_in(file);
        for leaf in leaves {
            let text = site.text(file, leaf.span);
            match leaf.kind {
                SyntaxKind::Word if mention_at(&mentions, leaf.span).is_none() => {
                    found.words.insert(text.to_ascii_lowercase());
                }
                SyntaxKind::Distance => {
                    found.words.extend(text.split('/').next().map(str::to_ascii_lowercase));
                }
                kind if !found.signs.contains(&kind) => found.signs.push(kind),
                _ => {}
            }
        }
        let fields = mentions.iter().filter(|mention| mention.meaning == Meaning::Field);
        found.fields.extend(fields.filter_map(|mention| mon_post::find(site.text(file, mention.span))));
    }
    found
}

/// The page.
pub fn page(html: &mut Html, site: &Site<'_>) {
    let found = occurring(site);
    html.element("h1", &[], "Glossary");
    html.inside("p", &[("class", "lead")], |html| {
        html.text("The words of the language that these rules use. The reference of the language, docs/language.md, says precisely what each means; the number is its section.");
    });
    html.inside("section", &[], |html| {
        html.element("h2", &[], "Words");
        html.inside("dl", &[("class", "glossary")], |html| {
            for (sign, meaning) in
                SIGNS.iter().filter(|sign| found.signs.contains(&sign.0)).map(|sign| (sign.1, sign.2))
            {
                entry(html, sign, &format!("{meaning} (section 3)"));
            }
            for (word, meaning, section) in WORDS.iter().filter(|entry| found.words.contains(entry.0)) {
                entry(html, word, &format!("{meaning} (section {section})"));
            }
        });
    });
    if found.fields.is_empty() {
        return;
    }
    html.inside("section", &[], |html| {
        html.element("h2", &[], "Fields of posts");
        html.inside("dl", &[("class", "glossary")], |html| {
            for field in found.fields.iter().filter_map(|id| FIELDS.get(id.0 as usize)) {
                let label = if field.privacy == Privacy::Open { "" } else { field.privacy.name() };
                let label = if label.is_empty() { String::new() } else { format!(", {label}") };
                entry(html, field.name, &format!("{}{label} (section 12)", field.doc));
            }
        });
    });
}

fn entry(html: &mut Html, word: &str, meaning: &str) {
    html.inside("div", &[], |html| {
        html.inside("dt", &[], |html| html.element("code", &[], word));
        html.element("dd", &[], meaning);
    });
}

#[cfg(test)]
mod tests {
    use super::{WORDS, is_word};

    #[test]
    fn the_words_stand_in_order_so_that_each_is_found() {
        assert!(
            WORDS.windows(2).all(|pair| pair[0].0 < pair[1].0),
            "{:?}",
            WORDS.windows(2).find(|pair| pair[0].0 >= pair[1].0)
        );
        assert!(WORDS.iter().all(|entry| is_word(entry.0)));
        assert!(is_word("AND") && !is_word("acme"));
    }
}
