//! The day itself: minute after minute of chatter with the planted posts among it, given out in the order of arrival.

use std::collections::VecDeque;
use std::sync::OnceLock;

use mon_post::time::{self, SECOND};
use mon_post::{Author, Engagement, Enrichment, Geo, Link, PostBatch, PostBatchBuilder, PostError, PostRow, Ref};

use crate::compose::{self, Words};
use crate::people::People;
use crate::random::Random;
use crate::scenario::{Burst, MINUTE, Plant, Schedule};
use crate::truth::{Event, Truth};
use crate::words::{Stock, stocks};
use crate::{BATCH_ROWS, Spec, rhythm};

/// The platform that falls silent.
const SILENT: &str = "bluesky";
/// Posts that can still be reposted.
const RECENT: usize = 96;
const FIRST_ID: u64 = 4_000_000;
/// The first of the stocks.
const ENGLISH: usize = 0;

/// A post before it has a row.
#[derive(Clone, Debug)]
struct Post {
    number: u64,
    author: u64,
    lang: usize,
    kind: &'static str,
    text: String,
    link: Option<String>,
    refers: Option<(&'static str, u64)>,
    /// Hundredths of mood and of confidence.
    mood: Option<(i32, i32)>,
    event_at: i64,
    received_at: i64,
}

/// A post that others can repost or quote.
#[derive(Clone)]
struct Seen {
    number: u64,
    author: u64,
    lang: usize,
    text: String,
}

/// A day of posts: an iterator of batches in the order of arrival.
pub struct Simulation {
    start: i64,
    first: usize,
    minutes: usize,
    minute: usize,
    chatter: Schedule,
    bursts: Vec<(Burst, Schedule)>,
    people: People,
    random: Random,
    number: u64,
    recent: VecDeque<Seen>,
    viral: Option<Seen>,
    /// Posts that have not arrived yet, or not been given out.
    pending: Vec<Post>,
    ready: VecDeque<Post>,
    truth: Truth,
}

impl Simulation {
    pub(crate) fn new(spec: &Spec) -> Self {
        let posts = spec.posts.unwrap_or(spec.scenario.default_posts());
        let (first, minutes) = spec.scenario.minutes();
        let bursts: Vec<(Burst, Schedule)> = spec
            .scenario
            .bursts()
            .iter()
            .map(|burst| (*burst, Schedule::of_burst(burst, posts, first, minutes)))
            .collect();
        let planted: u64 = bursts.iter().map(|(_, schedule)| schedule.posts()).sum();
        let at = |minute: usize| spec.start + i64::try_from(minute).unwrap_or_default() * MINUTE;
        let events =
            bursts.iter().map(|(burst, _)| Event::new(burst.kind, burst.monitor, at(burst.from), at(burst.to)));
        Self {
            start: spec.start,
            first,
            minutes,
            minute: 0,
            chatter: Schedule::of_rhythm(posts.saturating_sub(planted), first, minutes),
            truth: Truth::new(spec, events.collect()),
            bursts,
            people: People::new(spec.seed, posts),
            random: Random::new(spec.seed, 0),
            number: FIRST_ID,
            recent: VecDeque::with_capacity(RECENT),
            viral: None,
            pending: Vec::new(),
            ready: VecDeque::new(),
        }
    }

    /// What was planted in the posts given out so far; whole when the iterator has ended.
    #[must_use]
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// Writes one minute's posts and moves those that have arrived by its end to `ready`.
    fn live(&mut self) {
        let minute = self.first + self.minute;
        let from = self.start + i64::try_from(minute).unwrap_or_default() * MINUTE;
        let (languages, _) = rhythm::activity(minute);
        for _ in 0..self.chatter.count(self.minute) {
            let lang = self.random.weighted(&languages);
            let post = self.background(lang, from);
            self.send(post, None, minute);
        }
        for at in 0..self.bursts.len() {
            let Some((burst, schedule)) = self.bursts.get(at) else { continue };
            let (burst, count) = (*burst, schedule.count(self.minute));
            for _ in 0..count {
                let lang = self.random.weighted(&languages);
                let post = self.plant(burst.plant, lang, from);
                self.send(post, Some(at), minute);
            }
        }
        self.minute += 1;
        self.pending.sort_unstable_by_key(|post| (post.received_at, post.number));
        let all_in = self.minute >= self.minutes;
        let arrived = if all_in {
            self.pending.len()
        } else {
            self.pending.partition_point(|post| post.received_at < from + MINUTE)
        };
        self.ready.extend(self.pending.drain(..arrived));
    }

    /// Puts a post on its way: a little disorder, a few late, a few twice.
    fn send(&mut self, mut post: Post, event: Option<usize>, minute: usize) {
        let silent = self
            .bursts
            .iter()
            .any(|(burst, _)| burst.plant == Plant::Silence && (burst.from..burst.to).contains(&minute));
        if silent && self.people.platform(post.author) == SILENT {
            return;
        }
        post.received_at = post.event_at + 150_000 + self.random.span(2 * SECOND);
        if self.random.mille(2) {
            post.received_at += 2 * MINUTE + self.random.span(18 * MINUTE);
        }
        if let Some(event) = event {
            let platform = self.people.platform(post.author);
            self.truth.planted(event, uid(platform, post.number));
        }
        if self.random.mille(3) {
            let again = SECOND + self.random.span(30 * SECOND);
            self.pending.push(Post { received_at: post.received_at + again, ..post.clone() });
        }
        self.pending.push(post);
    }

    fn post(&mut self, author: u64, lang: usize, kind: &'static str, words: Words, from: i64) -> Post {
        self.number += 1;
        let event_at = from + self.random.span(MINUTE / 1_000) * 1_000;
        let Words { text, link } = words;
        Post {
            number: self.number,
            author,
            lang,
            kind,
            text,
            link,
            refers: None,
            mood: None,
            event_at,
            received_at: event_at,
        }
    }

    fn background(&mut self, lang: usize, from: i64) -> Post {
        let stock = stock(lang);
        let chance = self.random.below(1_000);
        if chance < 20 {
            let author = self.people.bot(lang, &mut self.random);
            let words = compose::spam(stock, &mut self.random);
            return self.post(author, lang, "post", words, from);
        }
        let author = self.people.busy(lang, &mut self.random);
        let seen = if chance < 190 { self.seen() } else { None };
        let mut post = match (chance, seen) {
            (20..100, Some(seen)) => self.share(author, "repost", &seen, from),
            (100..125, Some(seen)) => self.share(author, "quote", &seen, from),
            (125..170, Some(seen)) => self.share(author, "reply", &seen, from),
            (170..190, Some(seen)) => {
                let text = compose::nearly(&seen.text, &mut self.random);
                self.post(author, seen.lang, "post", Words { text, link: None }, from)
            }
            (190..200, _) => {
                let words = compose::mention(stock, &mut self.random);
                self.post(author, lang, "post", words, from)
            }
            _ => {
                let words = compose::chatter(stock, &mut self.random);
                self.post(author, lang, "post", words, from)
            }
        };
        if self.random.mille(300) {
            let mood = i32::try_from(self.random.below(151)).unwrap_or_default() - 60;
            post.mood = Some((mood, self.confidence(40)));
        }
        if post.kind == "post" && self.random.mille(60) {
            self.remember(&post);
        }
        post
    }

    fn confidence(&mut self, least: u64) -> i32 {
        i32::try_from(least + self.random.below(99 - least)).unwrap_or_default()
    }

    fn seen(&mut self) -> Option<Seen> {
        let at = self.random.below(self.recent.len() as u64);
        self.recent.get(usize::try_from(at).ok()?).cloned()
    }

    fn remember(&mut self, post: &Post) {
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(seen(post));
    }

    /// A repost, quote or reply.
    fn share(&mut self, author: u64, kind: &'static str, seen: &Seen, from: i64) -> Post {
        let words = match kind {
            "quote" => compose::chatter(stock(seen.lang), &mut self.random),
            "reply" => {
                let Words { text, link } = compose::chatter(stock(seen.lang), &mut self.random);
                Words { text: format!("@{} {text}", self.people.handle(seen.author)), link }
            }
            _ => Words { text: seen.text.clone(), link: None },
        };
        let mut post = self.post(author, seen.lang, kind, words, from);
        post.refers = Some((self.people.platform(seen.author), seen.number));
        post
    }

    fn plant(&mut self, plant: Plant, lang: usize, from: i64) -> Post {
        let stock = stock(lang);
        let author = self.people.anybody(lang, &mut self.random);
        let (lines, upset) = match plant {
            Plant::Failure => (&stock.failure, true),
            Plant::Charge => (&stock.charge, true),
            Plant::Giveaway => (&stock.giveaway, false),
            Plant::Viral | Plant::Silence => return self.viral(author, from),
        };
        let words = compose::planted(lines, stock, upset, &mut self.random);
        let mut post = self.post(author, lang, "post", words, from);
        if self.random.mille(700) {
            let strength = i32::try_from(40 + self.random.below(56)).unwrap_or_default();
            post.mood = Some((if upset { -strength } else { strength }, self.confidence(65)));
        }
        post
    }

    fn viral(&mut self, author: u64, from: i64) -> Post {
        if let Some(seen) = self.viral.clone() {
            let kind = if self.random.mille(850) { "repost" } else { "quote" };
            return self.share(author, kind, &seen, from);
        }
        let text =
            "two strangers just sat down at the station piano and played together. I missed my train. 🎹".to_owned();
        let author = self.people.anybody(ENGLISH, &mut self.random);
        let mut post = self.post(author, ENGLISH, "post", Words { text, link: None }, from);
        post.event_at = from;
        self.viral = Some(seen(&post));
        post
    }

    fn append(&self, builder: &mut PostBatchBuilder, post: &Post) -> Result<(), PostError> {
        let stock = stock(post.lang);
        let person = self.people.person(post.author, self::stock(language_of(post.author)));
        let (platform, native_id) = (person.platform, post.number.to_string());
        let rel = match post.kind {
            "repost" => "repost_of",
            "quote" => "quote",
            _ => "reply_to",
        };
        let refs = post.refers.map(|(platform, number)| {
            vec![Ref { rel: Some(rel.into()), post_uid: Some(uid(platform, number).into()), ..Ref::default() }]
        });
        let links =
            post.link.as_deref().map_or_else(Vec::new, |url| vec![Link { url: Some(url.into()), ..Link::default() }]);
        let row = PostRow {
            platform: Some(platform.into()),
            source: Some("simulated".into()),
            post_uid: Some(uid(platform, post.number).into()),
            native_id: Some(native_id.into()),
            created_at: Some(post.event_at),
            received_at: Some(post.received_at),
            kind: Some(post.kind.into()),
            visibility: Some("public".into()),
            text: Some(post.text.as_str().into()),
            // One in twenty platforms' posts comes without a language.
            lang: (post.number % 20 != 7).then_some(stock.lang.into()),
            author: Some(Author {
                uid: Some(format!("{platform}:u{}", person.number).into()),
                handle: Some(person.handle.into()),
                name: Some(person.name.into()),
                created_at: Some(person.created_at),
                verified: Some(person.followers > 50_000),
                is_bot: Some(person.is_bot),
                followers: Some(person.followers),
                following: Some(person.following),
                posts: Some(person.posts),
                ..Author::default()
            }),
            refs,
            engagement: Some(Engagement {
                likes: Some(0),
                reposts: Some(0),
                replies: Some(0),
                ..Engagement::default()
            }),
            geo: person.country.map(|country| Geo {
                country: Some(country.into()),
                basis: Some("account_region".into()),
                ..Geo::default()
            }),
            links: Some(links),
            enrichment: post.mood.map(|(mood, sure)| Enrichment {
                sentiment: Some(f64::from(mood) / 100.0),
                sentiment_confidence: Some(f64::from(sure) / 100.0),
            }),
            ..PostRow::default()
        };
        builder.append(&row)
    }
}

impl Iterator for Simulation {
    type Item = Result<PostBatch, PostError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.len() < BATCH_ROWS && self.minute < self.minutes {
            self.live();
        }
        let mut builder = PostBatchBuilder::new();
        while builder.len() < BATCH_ROWS {
            let Some(post) = self.ready.pop_front() else { break };
            if let Err(error) = self.append(&mut builder, &post) {
                return Some(Err(error));
            }
        }
        self.truth.deliveries += builder.len() as u64;
        (!builder.is_empty()).then(|| builder.finish())
    }
}

fn stock(lang: usize) -> &'static Stock {
    static NONE: OnceLock<Stock> = OnceLock::new();
    stocks().get(lang).unwrap_or_else(|| NONE.get_or_init(Stock::default))
}

fn language_of(author: u64) -> usize {
    usize::try_from(author / 1_000_000).unwrap_or_default()
}

fn seen(post: &Post) -> Seen {
    Seen { number: post.number, author: post.author, lang: post.lang, text: post.text.clone() }
}

fn uid(platform: &str, number: u64) -> String {
    format!("{platform}:{number}")
}

/// As truth files write a moment.
pub(crate) fn moment(micros: i64) -> String {
    time::format(micros)
}
