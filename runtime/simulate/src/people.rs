//! The accounts that write: each is worked out from its number alone, so that none has to be remembered.

use mon_post::time::SECOND;

use crate::random::Random;
use crate::words::Stock;

/// Where accounts live, with running sums of their shares in thousandths.
pub(crate) const PLATFORMS: [&str; 7] = ["x", "bluesky", "reddit", "mastodon", "instagram", "threads", "tiktok"];
const PLATFORM_SUMS: [u64; 7] = [440, 640, 740, 830, 890, 950, 1_000];

/// Accounts a language has at most.
const MAX_ACCOUNTS: u64 = 40_000;
/// Accounts of one language stand this far from the next's.
const LANGUAGE_STEP: u64 = 1_000_000;
/// Spam comes from few accounts, numbered from here.
const BOTS: u64 = 900_000;

const SYLLABLES: [&str; 24] = [
    "ka", "lo", "mi", "ra", "to", "nu", "sa", "vi", "el", "on", "be", "da", "fi", "go", "ha", "ju", "le", "mo", "ne",
    "pa", "ri", "su", "ta", "zo",
];

/// The accounts of all languages; some write far more than others (Zipf).
pub(crate) struct People {
    sums: Vec<u64>,
    seed: u64,
}

/// One account.
pub(crate) struct Person {
    pub number: u64,
    pub handle: String,
    pub name: String,
    pub platform: &'static str,
    pub followers: i64,
    pub following: i64,
    pub posts: i64,
    pub country: Option<&'static str>,
    pub created_at: i64,
    pub is_bot: bool,
}

impl People {
    pub fn new(seed: u64, posts: u64) -> Self {
        let accounts = (posts / 8).clamp(2_000, MAX_ACCOUNTS);
        let mut sum = 0;
        let sums = (0..accounts).map(|rank| {
            sum += 1_000_000_000 / (rank + 20);
            sum
        });
        Self { sums: sums.collect(), seed }
    }

    /// Somebody of a language, the busy ones more often.
    pub fn busy(&self, lang: usize, random: &mut Random) -> u64 {
        lang as u64 * LANGUAGE_STEP + random.weighted(&self.sums) as u64
    }

    /// Anybody of a language.
    pub fn anybody(&self, lang: usize, random: &mut Random) -> u64 {
        lang as u64 * LANGUAGE_STEP + random.below(self.sums.len() as u64)
    }

    pub fn bot(&self, lang: usize, random: &mut Random) -> u64 {
        lang as u64 * LANGUAGE_STEP + BOTS + random.below(60)
    }

    pub fn platform(&self, number: u64) -> &'static str {
        self.start(number).1
    }

    pub fn handle(&self, number: u64) -> String {
        handle(&mut self.start(number).0)
    }

    fn start(&self, number: u64) -> (Random, &'static str) {
        let mut random = Random::new(self.seed, number.wrapping_add(1 << 40));
        let platform = PLATFORMS.get(random.weighted(&PLATFORM_SUMS)).copied().unwrap_or("x");
        (random, platform)
    }

    pub fn person(&self, number: u64, stock: &Stock) -> Person {
        let (mut random, platform) = self.start(number);
        let handle = handle(&mut random);
        let mut name = handle.clone();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let is_bot = number % LANGUAGE_STEP >= BOTS;
        let country_told = random.mille(400);
        // The smaller of two throws: the first country of the list is the likeliest.
        let places = stock.countries.len() as u64;
        let at = random.below(places).min(random.below(places));
        let country = usize::try_from(at).ok().and_then(|at| stock.countries.get(at)).copied();
        Person {
            number,
            handle,
            name,
            platform,
            followers: if is_bot { random.heavy(4) } else { random.heavy(8) },
            following: random.heavy(8),
            posts: random.heavy(11),
            country: country.filter(|_| country_told),
            created_at: (1_262_304_000 + random.span(490_000_000)) * SECOND,
            is_bot: is_bot && random.mille(300),
        }
    }
}

fn handle(random: &mut Random) -> String {
    let mut handle = String::with_capacity(12);
    for _ in 0..2 + random.below(3) {
        handle.push_str(random.pick(&SYLLABLES));
    }
    let number = random.below(1_000);
    if number < 600 {
        handle.push_str(&number.to_string());
    }
    handle
}
