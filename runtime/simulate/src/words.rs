//! The word stocks: what people say in each language, taken from the files in `data/`.

use std::sync::OnceLock;

/// A language's stock. `{}` in a line stands for a thing, `{brand}` for a company.
#[derive(Debug, Default)]
pub struct Stock {
    pub lang: &'static str,
    /// Its share of all posts, in thousandths.
    pub share: u64,
    /// Hours before UTC of where most of its speakers live.
    pub hours_east: i64,
    /// Countries, most likely first.
    pub countries: &'static [&'static str],
    pub open: Vec<&'static str>,
    pub chat: Vec<&'static str>,
    pub thing: Vec<&'static str>,
    pub close: Vec<&'static str>,
    pub tag: Vec<&'static str>,
    /// Innocent mentions of a brand.
    pub mention: Vec<&'static str>,
    /// The Acme phone fails.
    pub failure: Vec<&'static str>,
    /// Acme Pay charges twice.
    pub charge: Vec<&'static str>,
    /// Decoys: prize draws with the phone.
    pub giveaway: Vec<&'static str>,
    pub spam: Vec<&'static str>,
}

const FILES: &[(&str, u64, i64, &[&str], &str)] = &[
    ("en", 400, -3, &["US", "GB", "CA", "IN", "AU", "IE"], include_str!("../data/en.txt")),
    ("es", 140, -3, &["ES", "MX", "AR", "CO", "CL"], include_str!("../data/es.txt")),
    ("ja", 110, 9, &["JP"], include_str!("../data/ja.txt")),
    ("pt", 90, -3, &["BR", "PT"], include_str!("../data/pt.txt")),
    ("de", 80, 1, &["DE", "AT", "CH"], include_str!("../data/de.txt")),
    ("fr", 80, 1, &["FR", "BE", "CA", "CH"], include_str!("../data/fr.txt")),
    ("ar", 50, 3, &["SA", "EG", "AE"], include_str!("../data/ar.txt")),
    ("ru", 50, 3, &["KZ", "RU", "AM"], include_str!("../data/ru.txt")),
];

/// All stocks, the language with the largest share first.
#[must_use]
pub fn stocks() -> &'static [Stock] {
    static STOCKS: OnceLock<Vec<Stock>> = OnceLock::new();
    STOCKS.get_or_init(|| {
        FILES
            .iter()
            .map(|(lang, share, hours_east, countries, text)| {
                let mut stock = Stock { lang, share: *share, hours_east: *hours_east, countries, ..Stock::default() };
                fill(&mut stock, text);
                stock
            })
            .collect()
    })
}

fn fill(stock: &mut Stock, text: &'static str) {
    let mut section = "";
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
            continue;
        }
        match section {
            "open" => stock.open.push(line),
            "chat" => stock.chat.push(line),
            "thing" => stock.thing.push(line),
            "close" => stock.close.push(line),
            "tag" => stock.tag.push(line),
            "mention" => stock.mention.push(line),
            "failure" => stock.failure.push(line),
            "charge" => stock.charge.push(line),
            "giveaway" => stock.giveaway.push(line),
            _ => stock.spam.push(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_something_to_say_on_everything() {
        assert_eq!(stocks().iter().map(|stock| stock.share).sum::<u64>(), 1_000);
        for stock in stocks() {
            let Stock { open, chat, thing, close, tag, mention, failure, charge, giveaway, spam, .. } = stock;
            for (at, lines) in
                [open, chat, thing, close, tag, mention, failure, charge, giveaway, spam].iter().enumerate()
            {
                assert!(lines.len() >= 2, "{} section {at}", stock.lang);
            }
        }
    }

    /// A quiet day must stay quiet: background lines never speak of the invented company's trouble.
    #[test]
    fn background_never_complains() {
        for stock in stocks() {
            for line in stock.open.iter().chain(&stock.chat).chain(&stock.close).chain(&stock.thing).chain(&stock.spam)
            {
                assert!(!line.to_lowercase().contains("acme"), "{}: {line}", stock.lang);
            }
        }
    }
}
