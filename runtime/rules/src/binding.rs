//! Where a `mon.toml` binds the teams and methods of the rules, so that a name can be changed on both sides.

use std::ops::Range;

/// The places of a name in the headers of its tables, `[team.care]`, each without its quotes, in a text that means the same with
/// the new name there. None where that cannot be done by changing headers alone.
#[must_use]
pub fn places(text: &str, table: &str, name: &str, new: &str) -> Option<Vec<Range<usize>>> {
    let mut wanted: toml::Table = text.parse().ok()?;
    let bound = wanted.get_mut(table)?.as_table_mut()?;
    let own = bound.remove(name)?;
    if bound.insert(new.to_owned(), own).is_some() {
        return None;
    }
    let found = headers(text, table, name);
    let mut written = text.to_owned();
    for place in found.iter().rev() {
        written.replace_range(place.clone(), new);
    }
    // A line inside of a text can look like a header, and a name can be bound without one.
    (written.parse().ok() == Some(wanted)).then_some(found)
}

/// The places of a name in what looks like headers of its table, each without its quotes.
#[must_use]
pub fn headers(text: &str, table: &str, name: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let place = header(line, table, name);
        found.extend(place.map(|place| start + place.start..start + place.end));
        start += line.len();
    }
    found
}

/// The place of a name in a line that is a header of its table.
fn header(line: &str, table: &str, name: &str) -> Option<Range<usize>> {
    let inner = line.trim_start().strip_prefix('[')?;
    let (first, rest) = key(inner.trim_start())?;
    let (second, rest) = key(rest.trim_start().strip_prefix('.')?.trim_start())?;
    let ends = rest.trim_start().starts_with([']', '.']);
    let start = second.as_ptr() as usize - line.as_ptr() as usize;
    (first == table && second == name && ends).then(|| start..start + second.len())
}

/// The key that a text begins with, without its quotes, and what comes behind it.
fn key(text: &str) -> Option<(&str, &str)> {
    if let Some(quote) = text.chars().next().filter(|sign| matches!(sign, '"' | '\'')) {
        return text.get(1..)?.split_once(quote);
    }
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let end = text.find(|c| !bare(c)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::places;

    fn renamed(text: &str, new: &str) -> Option<String> {
        let mut written = text.to_owned();
        for place in places(text, "team", "care", new)?.into_iter().rev() {
            written.replace_range(place, new);
        }
        Some(written)
    }

    #[test]
    fn a_name_is_found_in_its_headers_and_nowhere_else() {
        let text = "[method.care]\nkind = \"terminal\"\n[team.care] # care\nslack = \"#care\"\n\n[ team . \"care\" . more ]\n[team.careful]\n";
        let expected = "[method.care]\nkind = \"terminal\"\n[team.help] # care\nslack = \"#care\"\n\n[ team . \"help\" . more ]\n[team.careful]\n";
        assert_eq!(renamed(text, "help").as_deref(), Some(expected));
        assert_eq!(renamed("[team.'care']\r\n", "hilfe_für").as_deref(), Some("[team.'hilfe_für']\r\n"));
    }

    #[test]
    fn what_headers_alone_do_not_change_is_left() {
        for text in [
            "[team.legal]\n",
            "[team]\ncare = { slack = \"#a\" }\n",
            "team.care.slack = \"#a\"\n",
            "[team]\ncare.slack = \"#a\"\n",
            "[team.care]\n[team.help]\n",
            "[team.care]\ntext = '''\n[team.care]\n'''\n",
            "[team.care\n",
        ] {
            assert_eq!(renamed(text, "help"), None, "{text}");
        }
        assert_eq!(renamed("[team.care]\n", "hilfe_für"), None, "a bare key has letters of ASCII alone");
    }
}
