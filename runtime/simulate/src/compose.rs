//! What a post says: sentences put together from the word stocks.

use crate::random::Random;
use crate::words::Stock;

const BRANDS: [&str; 6] = ["Acme", "Acme", "Acme", "Globex", "Initech", "Umbrette"];
const EMOJI: [&str; 12] = ["😂", "🙌", "☕", "🌧️", "⚽", "🔥", "🎉", "😅", "💪🏽", "🐶", "📚", "🌅"];
const UPSET: [&str; 6] = ["😡", "🤬", "😤", "💔", "🙃", ""];
const SITES: [&str; 6] =
    ["news.example", "blog.example", "www.photos.example", "video.example", "shop.example", "paper.example"];

/// Words of a post, and the address of a link in it.
pub(crate) struct Words {
    pub text: String,
    pub link: Option<String>,
}

fn join(text: &mut String, part: &str) {
    if !text.is_empty() && !part.is_empty() {
        text.push(' ');
    }
    text.push_str(part);
}

fn link(random: &mut Random) -> String {
    format!("https://{}/{:x}", random.pick(&SITES), random.below(1 << 28))
}

/// Chatter about this and that.
pub(crate) fn chatter(stock: &Stock, random: &mut Random) -> Words {
    let mut text = String::with_capacity(120);
    if random.mille(450) {
        text.push_str(random.pick(&stock.open));
        text.push(',');
    }
    join(&mut text, &random.pick(&stock.chat).replace("{}", random.pick(&stock.thing)));
    if random.mille(500) {
        text.push('.');
        join(&mut text, random.pick(&stock.close));
    }
    decorate(&mut text, stock, random, 250)
}

/// An innocent mention of a company.
pub(crate) fn mention(stock: &Stock, random: &mut Random) -> Words {
    let mut text = random.pick(&stock.mention).replace("{brand}", random.pick(&BRANDS));
    decorate(&mut text, stock, random, 150)
}

pub(crate) fn spam(stock: &Stock, random: &mut Random) -> Words {
    let mut text = random.pick(&stock.spam).to_owned();
    for _ in 0..2 {
        join(&mut text, random.pick(&stock.tag));
    }
    let link = link(random);
    join(&mut text, &link);
    Words { text, link: Some(link) }
}

/// A planted line, worn a little by each who writes it.
pub(crate) fn planted(lines: &[&str], stock: &Stock, upset: bool, random: &mut Random) -> Words {
    let mut text = String::new();
    if random.mille(250) {
        text.push_str(random.pick(&stock.open));
        text.push(',');
    }
    join(&mut text, random.pick(lines));
    if upset {
        join(&mut text, random.pick(&UPSET));
        if random.mille(80) {
            text = text.to_uppercase();
        }
    }
    decorate(&mut text, stock, random, 60)
}

fn decorate(text: &mut String, stock: &Stock, random: &mut Random, tags: u64) -> Words {
    let mut text = std::mem::take(text);
    if random.mille(tags) {
        join(&mut text, random.pick(&stock.tag));
    }
    if random.mille(200) {
        join(&mut text, random.pick(&EMOJI));
    }
    let link = random.mille(80).then(|| link(random));
    if let Some(link) = &link {
        join(&mut text, link);
    }
    Words { text, link }
}

/// The same again with a small change.
pub(crate) fn nearly(text: &str, random: &mut Random) -> String {
    match random.below(3) {
        0 => format!("{text} {}", random.pick(&EMOJI)),
        1 => format!("{text}!!"),
        _ => text.replacen("the ", "", 1),
    }
}
