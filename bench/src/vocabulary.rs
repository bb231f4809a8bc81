//! Words of eight languages with their frequencies: made up by a seeded generator with lengths and scripts like real
//! ones, or read from a list.

use std::collections::HashSet;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Languages with their share of posts and how many words the made-up vocabulary has.
pub const LANGUAGES: [(&str, f64, usize); 8] = [
    ("en", 0.62, 120_000),
    ("es", 0.12, 40_000),
    ("pt", 0.08, 30_000),
    ("fr", 0.04, 30_000),
    ("de", 0.04, 30_000),
    ("ja", 0.04, 20_000),
    ("ar", 0.03, 20_000),
    ("ru", 0.03, 20_000),
];

/// Picks by cumulated weight.
pub struct Weighted(Vec<f64>);

impl Weighted {
    pub fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        let mut cumulated: Vec<f64> = weights
            .into_iter()
            .map(|weight| {
                sum += weight;
                sum
            })
            .collect();
        cumulated.iter_mut().for_each(|value| *value /= sum);
        Self(cumulated)
    }

    /// Weight `1 / (rank + 1.7) ^ exponent`.
    #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
    pub fn zipf(count: usize, exponent: f64) -> Self {
        Self::new((1..=count).map(|rank| 1.0 / (rank as f64 + 1.7).powf(exponent)))
    }

    pub fn pick(&self, rng: &mut SmallRng) -> usize {
        let at = rng.random::<f64>();
        self.0.partition_point(|share| *share < at).min(self.0.len().saturating_sub(1))
    }
}

pub struct Language {
    pub words: Vec<String>,
    pub frequency: Weighted,
}

/// A list as `vocabulary.py` writes it.
pub fn read(list: &str) -> Vec<Language> {
    let mut found: Vec<(Vec<String>, Vec<f64>)> = LANGUAGES.iter().map(|_| (Vec::new(), Vec::new())).collect();
    for line in list.lines() {
        let mut parts = line.split('\t');
        let (Some(code), Some(word), Some(share)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let at = LANGUAGES.iter().position(|(known, _, _)| *known == code);
        if let (Some((words, shares)), Ok(share)) = (at.and_then(|at| found.get_mut(at)), share.parse()) {
            words.push(word.to_owned());
            shares.push(share);
        }
    }
    found.into_iter().map(|(words, shares)| Language { words, frequency: Weighted::new(shares) }).collect()
}

pub fn make(seed: u64) -> Vec<Language> {
    LANGUAGES
        .iter()
        .zip(0..)
        .map(|((code, _, count), at)| {
            let mut rng = SmallRng::seed_from_u64(seed.wrapping_add(at));
            Language { words: words(code, *count, &mut rng), frequency: Weighted::zipf(*count, 1.07) }
        })
        .collect()
}

/// Different words, the first ones short as frequent words are.
fn words(code: &str, count: usize, rng: &mut SmallRng) -> Vec<String> {
    let syllables = syllables(code);
    let shortest: Vec<String> = syllables.iter().filter(|one| one.chars().count() <= 3).cloned().collect();
    let mut seen = HashSet::new();
    let mut out = Vec::with_capacity(count);
    while out.len() < count {
        let (from, parts) = match out.len() {
            0..100 => (&shortest, 1),
            100..300 => (&syllables, if rng.random_bool(0.8) { 1 } else { 2 }),
            300..1_500 => (&shortest, rng.random_range(1..3)),
            1_500..5_000 => (&syllables, rng.random_range(1..3)),
            _ => (&syllables, if rng.random_bool(0.2) { 3 } else { 2 }),
        };
        let word: String = (0..parts).filter_map(|_| from.get(rng.random_range(0..from.len()))).cloned().collect();
        if seen.insert(word.clone()) {
            out.push(word);
        }
    }
    out
}

fn syllables(code: &str) -> Vec<String> {
    let split = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (onsets, vowels, codas) = match code {
        "ja" => return ('\u{4e00}'..'\u{4f80}').chain('\u{3042}'..'\u{3090}').map(String::from).collect(),
        "ar" => ("ب ت ج ح خ د ر س ش ص ط ع ف ق ك ل م ن ه", "ا و ي", "_ _ ن ر ل"),
        "ru" => ("б в г д ж з к л м н п р с т ф х ц ч ш", "а е и о у я ы", "_ _ н р л с т"),
        "es" => ("b c d f g l m n p r s t v ch ll tr pr", "a e i o u a e i o u a e o á í ó", "_ _ n r s l"),
        "pt" => ("b c d f g l m n p r s t v lh nh qu ç", "a e i o u a e i o u a e o ã é ô", "_ _ m r s l"),
        "fr" => ("b c d f g j l m n p r s t v ch qu", "a e i o u a e i o u a e é è ê eau ou", "_ _ n r s t"),
        "de" => ("b d f g h k l m n p r s t w sch st", "a e i o u a e i o u a e ä ö ü ei ie", "_ _ n r s t ch"),
        _ => ("b c d f g h k l m n p r s t w th sh st pr", "a e i o u ea oo", "_ _ n r s t ng"),
    };
    let mut out = Vec::new();
    for onset in split(onsets) {
        for vowel in split(vowels) {
            for coda in split(codas) {
                out.push(format!("{onset}{vowel}{}", coda.trim_matches('_')));
            }
        }
    }
    out
}
