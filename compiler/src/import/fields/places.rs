//! Names that other tools have for countries and platforms.

use crate::check::vocab;

/// Countries by the codes of three letters that queries are written with.
const THREE_LETTERS: &str = "arg AR aus AU aut AT bel BE bgr BG bra BR can CA che CH chl CL chn CN col CO cze CZ deu DE dnk DK \
    egy EG esp ES est EE fin FI fra FR gbr GB grc GR hkg HK hrv HR hun HU idn ID ind IN irl IE isl IS isr IL ita IT jpn JP kor KR \
    ltu LT lux LU lva LV mex MX mys MY nga NG nld NL nor NO nzl NZ per PE phl PH pol PL prt PT rou RO rus RU sau SA sgp SG svk SK \
    svn SI swe SE tha TH tur TR twn TW ukr UA usa US vnm VN zaf ZA are AE";

const PLATFORMS: &[(&str, &str)] = &[
    ("twitter.com", "x"),
    ("x.com", "x"),
    ("facebook.com", "facebook"),
    ("instagram.com", "instagram"),
    ("tiktok.com", "tiktok"),
    ("youtube.com", "youtube"),
    ("reddit.com", "reddit"),
    ("bsky.app", "bluesky"),
    ("threads.net", "threads"),
    ("threads.com", "threads"),
    ("t.me", "telegram"),
    ("news.ycombinator.com", "hackernews"),
];

/// The code of a country by its code of two or three letters, or its name; in small letters.
pub(super) fn country(text: &str) -> Option<String> {
    let code = text.to_uppercase();
    if vocab::is_country(&code) {
        return Some(code);
    }
    let mut words = THREE_LETTERS.split_whitespace();
    while let (Some(known), Some(code)) = (words.next(), words.next()) {
        if known == text {
            return Some(code.to_owned());
        }
    }
    vocab::code_for(text).filter(|code| vocab::is_country(code)).map(str::to_owned)
}

/// The platform that a site is.
pub(super) fn platform(host: &str) -> Option<&'static str> {
    PLATFORMS.iter().find(|(known, _)| *known == host).map(|(_, platform)| *platform)
}
