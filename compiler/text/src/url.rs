//! Patterns of links: a host with all below it, the beginning of a path, parameters. What is not written may be anything.

use std::borrow::Cow;

use crate::term::TermError;

/// A pattern of links, read.
///
/// ```
/// use mon_text::url::UrlPattern;
///
/// let pattern = UrlPattern::parse("acme.example/recall").unwrap();
/// assert!(pattern.matches("https://www.acme.example/recall/2026?ref=x#top"));
/// assert!(!pattern.matches("https://acme.example/recalls"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlPattern {
    /// In small letters, IDNA as ASCII.
    host: Option<String>,
    /// Decoded, without a last `/`; empty for any path.
    path: String,
    /// Whether the path may end inside a segment.
    open: bool,
    /// Decoded names and values, in the order written.
    parameters: Vec<(String, Option<String>)>,
}

/// The pieces of a link, as written.
struct Pieces<'a> {
    host: &'a str,
    path: &'a str,
    query: &'a str,
}

impl UrlPattern {
    /// Reads what an author wrote: `acme.example`, `acme.example/recall`, `https://www.acme.example/recall?id=5`,
    /// `/recall`, `?utm_campaign=launch`.
    pub fn parse(text: &str) -> Result<Self, TermError> {
        let bad = |reason, help| Err(TermError::BadUrl { written: text.to_string(), reason, help });
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(TermError::Empty);
        }
        if trimmed.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return bad("it has a space in it", "write the host or path in one piece; a space in a path is `%20`");
        }
        let pieces = Pieces::of(trimmed);
        let host = if pieces.host.is_empty() { None } else { Some(host_of(pieces.host.trim_start_matches("*."))) };
        if host.as_deref().is_some_and(|host| !is_host(host)) {
            return bad(
                "its host is not a name like `acme.example`",
                "write the host with its ending, as in url \"acme.example\"; hosts below it are found too",
            );
        }
        let open = pieces.path.ends_with('*');
        let path = pieces.path.strip_suffix('*').unwrap_or(pieces.path);
        if path.contains('*') || pieces.query.contains('*') {
            return bad(
                "`*` stands before its end",
                "`*` may stand at the end of the path only; the sign itself is `%2A`",
            );
        }
        let path = decode(path, false);
        let mut path = if open { path.into_owned() } else { path.trim_end_matches('/').to_string() };
        if host.is_none() && path.starts_with("//") {
            // Two would begin a host.
            path = format!("/{}", path.trim_start_matches('/'));
        }
        let parameters = parameters(pieces.query).map(|(name, value)| (name.into_owned(), value.map(Cow::into_owned)));
        let parameters: Vec<_> = parameters.collect();
        if host.is_none() && matches!(path.as_str(), "" | "/") && parameters.is_empty() {
            return bad("nothing is in it that a link could lack", "write a host, a path or a parameter");
        }
        Ok(Self { host, path, open, parameters })
    }

    /// The pattern in one spelling; it reads back as itself.
    pub fn canonical(&self) -> String {
        let mut out = self.host.clone().unwrap_or_default();
        encode(&self.path, &mut out);
        if self.host.is_none() && self.path.is_empty() && self.open {
            out.push('/');
        }
        if self.open {
            out.push('*');
        }
        encode_query(self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_deref())), &mut out);
        out
    }

    /// Whether a link, with or without its scheme, is of this pattern.
    pub fn matches(&self, link: &str) -> bool {
        let pieces = Pieces::of(link.trim());
        if let Some(wanted) = &self.host {
            let host = host_of(pieces.host);
            let below = host.strip_suffix(wanted.as_str());
            if !below.is_some_and(|below| below.is_empty() || below.ends_with('.')) {
                return false;
            }
        }
        if !self.path.is_empty() {
            let path = decode(pieces.path, false);
            let Some(rest) = path.strip_prefix(self.path.as_str()) else { return false };
            if !self.open && !rest.is_empty() && !rest.starts_with('/') {
                return false;
            }
        }
        self.parameters.iter().all(|(name, value)| {
            parameters(pieces.query)
                .any(|(found, other)| found == *name && (value.is_none() || value.as_deref() == other.as_deref()))
        })
    }
}

impl<'a> Pieces<'a> {
    fn of(link: &'a str) -> Self {
        let link = link.split('#').next().unwrap_or_default();
        let link = match link.find("://") {
            Some(at) if link.bytes().take(at).all(|b| b.is_ascii_alphanumeric()) => {
                link.get(at + 3..).unwrap_or_default()
            }
            _ => link.strip_prefix("//").unwrap_or(link),
        };
        let (place, query) = link.split_once('?').unwrap_or((link, ""));
        let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
        // A name before `@` is no host, however much it looks like one.
        let host = host.rsplit('@').next().unwrap_or_default();
        let host = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        Self { host, path, query }
    }
}

/// A host in one spelling: small letters, IDNA as ASCII, no `www.` before it and no dot behind it.
fn host_of(host: &str) -> String {
    let ascii = if host.is_ascii() { None } else { idna::domain_to_ascii(host).ok().filter(|ascii| !ascii.is_empty()) };
    let host = ascii.unwrap_or_else(|| host.to_lowercase());
    without_www(host.trim_end_matches('.')).to_string()
}

/// A host without `www.` before it. `www.test` is a host of its own: what is left of it would be none.
///
/// ```
/// assert_eq!(mon_text::url::without_www("WWW.acme.example"), "acme.example");
/// assert_eq!(mon_text::url::without_www("www.test"), "www.test");
/// ```
#[must_use]
pub fn without_www(host: &str) -> &str {
    let mut host = host;
    while let Some((head, rest)) = host.split_at_checked(4)
        && head.eq_ignore_ascii_case("www.")
        && rest.contains('.')
    {
        host = rest;
    }
    host
}

/// Parameters that say by which way somebody came to a page, and not which page it is; all that begin with `utm_` too.
const WAYS: [&str; 5] = ["fbclid", "gclid", "igshid", "mc_cid", "mc_eid"];

/// The page that a link leads to, in one spelling: without its scheme, `www.`, what follows `#`, a last `/`, and the parameters
/// by which campaigns count who came. Links with the same answer lead to the same page.
///
/// ```
/// use mon_text::url::page_of;
///
/// assert_eq!(page_of("https://www.Acme.example/Recall/?id=5&utm_source=x#top"), "acme.example/Recall?id=5");
/// assert_eq!(page_of("http://acme.example/"), page_of("acme.example"));
/// ```
#[must_use]
pub fn page_of(link: &str) -> String {
    let pieces = Pieces::of(link.trim());
    let mut page = host_of(pieces.host);
    encode(decode(pieces.path, false).trim_end_matches('/'), &mut page);
    let told = |name: &str| !name.starts_with("utm_") && !WAYS.contains(&name);
    let kept: Vec<_> = parameters(pieces.query).filter(|(name, _)| told(name)).collect();
    encode_query(kept.iter().map(|(name, value)| (name.as_ref(), value.as_deref())), &mut page);
    page
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii())
    };
    host.contains('.') && host.split('.').all(is_label)
}

fn parameters(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Option<Cow<'_, str>>)> {
    query.split('&').filter(|part| !part.is_empty()).map(|part| match part.split_once('=') {
        Some((name, value)) => (decode(name, true), Some(decode(value, true))),
        None => (decode(part, true), None),
    })
}

/// Takes percent signs out, and in parameters `+` for a space. What is no UTF-8 stays as it is written.
fn decode(text: &str, plus: bool) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte != b'%' && !(plus && byte == b'+');
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let Some((&byte, rest)) = bytes.split_first() {
        bytes = rest;
        let digit =
            |at: usize| rest.get(at).and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                bytes = rest.get(2..).unwrap_or_default();
            }
            (b'+', ..) if plus => out.push(b' '),
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Writes a decoded text so that it reads back as itself.
fn encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for c in text.chars() {
        if !matches!(c, '%' | '?' | '#' | '&' | '=' | '*' | '+') && !c.is_whitespace() && !c.is_control() {
            out.push(c);
            continue;
        }
        let mut bytes = [0; 4];
        for byte in c.encode_utf8(&mut bytes).bytes() {
            let digit = |nibble: u8| HEX.get(usize::from(nibble)).map_or('0', |b| char::from(*b));
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

fn encode_query<'a>(parameters: impl Iterator<Item = (&'a str, Option<&'a str>)>, out: &mut String) {
    for (at, (name, value)) in parameters.enumerate() {
        out.push(if at == 0 { '?' } else { '&' });
        encode(name, out);
        if let Some(value) = value {
            out.push('=');
            encode(value, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{UrlPattern, page_of};
    use crate::term::TermError;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_must_be_in_the_link() {
        let cases: [(&str, &[&str], &[&str]); 14] = [
            ("www.test", &["https://www.test/a"], &["https://www.acme.test"]),
            (
                "acme.example",
                &[
                    "https://acme.example",
                    "HTTP://WWW.ACME.EXAMPLE/x",
                    "https://shop.acme.example/",
                    "acme.example/path",
                    "https://acme.example:8080/?a#b",
                    "https://user:pw@acme.example/",
                    "https://acme.example./",
                ],
                &[
                    "https://notacme.example",
                    "https://acme.example.evil.test/",
                    "https://acme.example@evil.test/",
                    "https://evil.test/acme.example",
                    "https://evil.test/?u=https://acme.example",
                ],
            ),
            ("www.acme.example", &["https://acme.example", "https://de.acme.example"], &["https://acme.test"]),
            ("*.acme.example", &["https://de.acme.example"], &["https://acme.test"]),
            (
                "acme.example/recall",
                &["https://acme.example/recall", "https://acme.example/recall/", "http://acme.example/recall/5?x=1"],
                &["https://acme.example/recalls", "https://acme.example/", "https://acme.example/a/recall"],
            ),
            ("acme.example/recall*", &["https://acme.example/recalls"], &["https://acme.example/rec"]),
            ("acme.example/recall/*", &["https://acme.example/recall/5"], &["https://acme.example/recall"]),
            (
                "https://www.acme.example/recall?id=5",
                &["http://acme.example/recall?id=5", "https://acme.example/recall/x?ref=a&id=5#top"],
                &[
                    "https://acme.example/recall?id=55",
                    "https://acme.example/recall?ID=5",
                    "https://acme.example/recall",
                ],
            ),
            (
                "?utm_campaign=launch",
                &["https://a.test/?x=1&utm_campaign=launch"],
                &["https://a.test/?utm_campaign=other"],
            ),
            (
                "?utm_campaign",
                &["https://a.test/b?utm_campaign", "https://a.test/?utm_campaign=x"],
                &["https://a.test/"],
            ),
            ("/recall", &["https://a.test/recall/5", "b.test/recall"], &["https://a.test/x/recall", "recall"]),
            ("a.test/caf%C3%A9", &["https://a.test/café", "https://a.test/caf%c3%a9/menu"], &["https://a.test/cafe"]),
            (
                "?q=two+words",
                &["https://a.test/?q=two%20words", "https://a.test/?q=two+words"],
                &["https://a.test/?q=two"],
            ),
            ("münchen.test", &["https://xn--mnchen-3ya.test/", "https://MÜNCHEN.test"], &["https://munchen.test"]),
        ];
        for (written, hits, misses) in cases {
            let pattern = UrlPattern::parse(written).unwrap_or_else(|error| panic!("{written}: {error}"));
            for hit in hits {
                assert!(pattern.matches(hit), "{written} is in {hit}");
            }
            for miss in misses {
                assert!(!pattern.matches(miss), "{written} is not in {miss}");
            }
        }
    }

    #[test]
    fn patterns_have_one_spelling() {
        let cases = [
            ("https://WWW.Acme.Example/", "acme.example"),
            ("acme.example/Recall/", "acme.example/Recall"),
            ("//acme.example/a%20b?x=%26&y", "acme.example/a%20b?x=%26&y"),
            ("acme.example/a*", "acme.example/a*"),
            ("xn--mnchen-3ya.test", "xn--mnchen-3ya.test"),
            ("münchen.test", "xn--mnchen-3ya.test"),
            ("?a=b", "?a=b"),
            ("/x#y", "/x"),
        ];
        for (written, canonical) in cases {
            assert_eq!(
                UrlPattern::parse(written).map(|pattern| pattern.canonical()).as_deref(),
                Ok(canonical),
                "{written}"
            );
        }
    }

    #[test]
    fn mistakes_have_a_reason() {
        let cases = [
            ("acme", "`acme` is not a link, host, path or parameter: its host is not a name like `acme.example`"),
            ("a b.test", "`a b.test` is not a link, host, path or parameter: it has a space in it"),
            (
                "ac*me.test",
                "`ac*me.test` is not a link, host, path or parameter: its host is not a name like `acme.example`",
            ),
            ("a.test/*/x", "`a.test/*/x` is not a link, host, path or parameter: `*` stands before its end"),
            ("/", "`/` is not a link, host, path or parameter: nothing is in it that a link could lack"),
            ("https://", "`https://` is not a link, host, path or parameter: nothing is in it that a link could lack"),
            ("?", "`?` is not a link, host, path or parameter: nothing is in it that a link could lack"),
            ("a..test", "`a..test` is not a link, host, path or parameter: its host is not a name like `acme.example`"),
        ];
        for (written, message) in cases {
            let error = UrlPattern::parse(written).expect_err(written);
            assert_eq!(error.to_string(), message);
            assert!(!error.help().is_empty());
        }
        assert_eq!(UrlPattern::parse("  "), Err(TermError::Empty));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_pattern_reads_back_as_itself(written in prop_oneof![
            any::<String>(),
            "(https?://)?(www\\.)?([a-zü]{1,4}\\.){0,3}[a-z]{0,3}(/[a-z%*=é20]{0,4}){0,3}(\\?([a-z%+&=]|%26){0,8})?(#a)?",
        ]) {
            if let Ok(pattern) = UrlPattern::parse(&written) {
                let canonical = pattern.canonical();
                prop_assert_eq!(UrlPattern::parse(&canonical), Ok(pattern.clone()), "{}", canonical);
            }
        }

        #[test]
        fn a_page_leads_to_itself(
            link in "(https?://)?(www\\.)?[a-z]{1,4}\\.test(/[a-z%=é20]{0,4}){0,3}(\\?([a-z%+&=_]|utm_|%26){0,8})?(#a)?",
        ) {
            let page = page_of(&link);
            prop_assert_eq!(page_of(&page), page);
        }

        #[test]
        fn any_link_is_read(link in any::<String>()) {
            UrlPattern::parse("a.test/b?c=d").map(|pattern| pattern.matches(&link)).ok();
        }

        #[test]
        fn a_link_is_of_its_own_pattern(link in "https://(www\\.)?[a-z]{1,5}\\.test(/[a-z0-9]{1,3}){0,3}(\\?[a-z]=[a-z0-9]{0,3})?") {
            prop_assert!(UrlPattern::parse(&link).is_ok_and(|pattern| pattern.matches(&link)), "{}", link);
        }
    }
}
