//! Workload W1: posts of about 150 bytes and 26 tokens in eight languages, a third of which mention a brand, and
//! monitors that watch brands and topics. Deterministic by seed.

use std::borrow::Cow;
use std::collections::HashSet;
use std::error::Error;

use mon_post::{Author, Engagement, PostBatch, PostBatchBuilder, PostRow};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::vocabulary::{LANGUAGES, Language, Weighted};

const BRANDS: usize = 20_000;
const TOPICS: usize = 2_500;
const BATCH_ROWS: usize = 1_024;
const EMOJI: [&str; 16] =
    ["😂", "❤️", "🔥", "😭", "🙏", "👍", "😍", "🎉", "💯", "😡", "🤔", "👏", "😱", "🚀", "💔", "😢"];

pub struct Brand {
    pub name: String,
    /// Name and a second word.
    pub two_words: Option<String>,
}

/// What posts and monitors speak about.
pub struct World {
    pub languages: Vec<Language>,
    pub brands: Vec<Brand>,
    pub topics: Vec<String>,
    pub topic: Weighted,
    in_posts: Weighted,
    pub in_monitors: Weighted,
}

pub fn chance(rng: &mut SmallRng, share: f64) -> bool {
    rng.random_bool(share)
}

pub fn one_of<'a, T>(rng: &mut SmallRng, from: &'a [T]) -> Option<&'a T> {
    if from.is_empty() { None } else { from.get(rng.random_range(0..from.len())) }
}

fn plain(word: &str) -> bool {
    word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

impl World {
    pub fn new(languages: Vec<Language>, seed: u64) -> Result<Self, Box<dyn Error>> {
        let mut rng = SmallRng::seed_from_u64(seed);
        let english = languages.first().filter(|one| one.words.len() > 30_000).ok_or("too few English words")?;
        let most = english.words.len();
        let (mut brands, mut used) = (Vec::with_capacity(BRANDS), HashSet::new());
        while brands.len() < BRANDS {
            // 15 % of brands are common words, which is what makes real brands hard.
            let common = chance(&mut rng, 0.15);
            let rank = if common { rng.random_range(800..5_800) } else { rng.random_range(15_000..most) };
            let Some(name) = english.words.get(rank).filter(|word| plain(word) && word.len() >= 4) else { continue };
            if !used.insert(name) {
                continue;
            }
            let second = english.words.get(rng.random_range(200..6_200)).filter(|word| plain(word));
            let two_words = second.filter(|_| chance(&mut rng, 0.4)).map(|second| format!("{name} {second}"));
            brands.push(Brand { name: name.clone(), two_words });
        }
        let mut topics: Vec<String> =
            english.words.iter().skip(300).step_by(2).filter(|word| plain(word)).take(TOPICS).cloned().collect();
        for at in (1..topics.len()).rev() {
            topics.swap(at, rng.random_range(0..=at));
        }
        let topic = Weighted::zipf(topics.len(), 0.7);
        let (in_posts, in_monitors) = (Weighted::zipf(BRANDS, 1.0), Weighted::zipf(BRANDS, 0.8));
        Ok(Self { languages, brands, topics, topic, in_posts, in_monitors })
    }

    pub fn topic(&self, rng: &mut SmallRng) -> &str {
        self.topics.get(self.topic.pick(rng)).map_or("", String::as_str)
    }

    /// A word of middling frequency.
    pub fn middling(&self, rng: &mut SmallRng) -> &str {
        let english = self.languages.first().map_or(&[][..], |language| &language.words);
        loop {
            if let Some(word) = english.get(rng.random_range(500..20_500)).filter(|word| plain(word)) {
                return word;
            }
        }
    }

    /// Inserts a brand and one to three topic words.
    fn mention(&self, rng: &mut SmallRng, tokens: &mut Vec<String>) {
        let Some(brand) = self.brands.get(self.in_posts.pick(rng)) else { return };
        let written = match rng.random_range(0..100) {
            0..25 => brand.two_words.clone().unwrap_or_else(|| brand.name.clone()),
            25..60 => brand.name.clone(),
            60..80 => format!("#{}", brand.name),
            _ => format!("@{}", brand.name),
        };
        let at = rng.random_range(0..=tokens.len());
        tokens.insert(at, if chance(rng, 0.5) { capital(&written) } else { written });
        for _ in 0..rng.random_range(1..4) {
            let at = rng.random_range(0..=tokens.len());
            tokens.insert(at, self.topic(rng).to_owned());
        }
    }

    fn extras(&self, rng: &mut SmallRng, language: &Language, tokens: &mut Vec<String>) {
        if chance(rng, 0.3) {
            for _ in 0..rng.random_range(1..4) {
                let word = language.words.get(rng.random_range(300..6_300)).map_or("", String::as_str);
                tokens.push(format!("#{word}"));
            }
        }
        if chance(rng, 0.35) {
            let name = self.middling(rng).to_owned();
            tokens.insert(0, format!("@{name}{}", rng.random_range(0..1_000)));
        }
        if chance(rng, 0.3) {
            for _ in 0..rng.random_range(1..4) {
                let at = tokens.len() - rng.random_range(0..tokens.len().min(4));
                tokens.insert(at, one_of(rng, &EMOJI).map_or(String::new(), |emoji| (*emoji).to_owned()));
            }
        }
        if chance(rng, 0.25) {
            let slug: String = (0..10).map(|_| char::from(rng.random_range(b'a'..=b'z'))).collect();
            tokens.push(format!("https://t.co/{slug}"));
        }
    }

    fn text(&self, rng: &mut SmallRng, at: usize, language: &Language) -> String {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small count")]
        let count = (3.1 + 0.45 * normal(rng)).exp().clamp(4.0, 60.0) as usize;
        let word = |rng: &mut SmallRng| language.words.get(language.frequency.pick(rng)).cloned().unwrap_or_default();
        let mut tokens: Vec<String> = (0..count).map(|_| word(rng)).collect();
        if chance(rng, 0.35) {
            self.mention(rng, &mut tokens);
        }
        self.extras(rng, language, &mut tokens);
        let without_spaces = LANGUAGES.get(at).is_some_and(|(code, _, _)| *code == "ja");
        let mut text = String::new();
        for (number, token) in tokens.iter().enumerate() {
            if number > 0 && (!without_spaces || token.starts_with(['#', '@', 'h'])) {
                text.push(' ');
            }
            match number == 0 || chance(rng, 0.01) {
                true => text.push_str(&capital(token)),
                false => text.push_str(token),
            }
            text.push_str(match rng.random_range(0..100) {
                0..5 => ",",
                5..8 => ".",
                8 => "!",
                _ => "",
            });
        }
        text
    }

    /// Batches of posts with language, followers and likes.
    pub fn posts(&self, count: usize, seed: u64) -> Result<Vec<PostBatch>, Box<dyn Error>> {
        let mut rng = SmallRng::seed_from_u64(seed);
        let by_share = Weighted::new(LANGUAGES.iter().map(|(_, share, _)| *share));
        let (mut builder, mut batches) = (PostBatchBuilder::new(), Vec::new());
        for number in 0..count {
            let at = by_share.pick(&mut rng);
            let language = self.languages.get(at).ok_or("a language without words")?;
            let text = self.text(&mut rng, at, language);
            let (followers, likes) = (large(&mut rng, 5.5), large(&mut rng, 1.0));
            builder.append(&PostRow {
                post_uid: Some(Cow::Owned(number.to_string())),
                text: Some(Cow::Owned(text)),
                lang: LANGUAGES.get(at).map(|(code, _, _)| Cow::Borrowed(*code)),
                author: Some(Author { followers: Some(followers), ..Author::default() }),
                engagement: Some(Engagement { likes: Some(likes), ..Engagement::default() }),
                ..PostRow::default()
            })?;
            if builder.len() == BATCH_ROWS || number + 1 == count {
                batches.push(builder.finish()?);
            }
        }
        Ok(batches)
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn normal(rng: &mut SmallRng) -> f64 {
    let (radius, angle) = (rng.random::<f64>().max(1e-12), rng.random::<f64>());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// A log-normal count.
fn large(rng: &mut SmallRng, middle: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to a count of people")]
    let count = (middle + 2.0 * normal(rng)).exp().min(4e8) as i64;
    count
}
