//! The text of a rule as a page shows it: its tokens in colours, and names that lead to what they mean.

use mon_compiler::folder::ItemAt;
use mon_grammar::Span;
use mon_grammar::tree::{Entry, SyntaxKind};

use super::facts::Site;
use super::glossary;
use super::html::Html;
use super::names::{Meaning, Mention, whole};

/// Writes an item with its description.
pub fn item(html: &mut Html, site: &Site<'_>, at: ItemAt) {
    let Some(span) = site.names.folder.item(at).map(whole) else { return };
    let mentions = site.names.mentions(at);
    let leaves = leaves_in(site, at.file, span);
    html.inside("pre", &[], |html| {
        html.inside("code", &[], |html| {
            let mut done = span.start;
            for leaf in leaves {
                // What a link took already.
                if leaf.span.start < done {
                    continue;
                }
                let mention = mention_at(&mentions, leaf.span);
                done = one(html, site, at.file, *leaf, mention);
            }
        });
    });
}

/// The leaves of a stretch of a file.
pub fn leaves_in<'s>(site: &'s Site<'_>, file: u32, span: Span) -> &'s [Entry] {
    let all = site.leaves.get(file as usize).map_or(&[][..], Vec::as_slice);
    let from = all.partition_point(|leaf| leaf.span.start < span.start);
    let to = all.partition_point(|leaf| leaf.span.start < span.end);
    all.get(from..to).unwrap_or_default()
}

/// The name that a leaf is a part of. Mentions stand in the order of the text and do not overlap.
pub fn mention_at(mentions: &[Mention], leaf: Span) -> Option<&Mention> {
    let behind = mentions.partition_point(|mention| mention.span.start <= leaf.start);
    let mention = mentions.get(behind.checked_sub(1)?)?;
    (leaf.end <= mention.span.end).then_some(mention)
}

/// Writes a leaf, or the whole name that begins with it, and gives the end of what was written.
fn one(html: &mut Html, site: &Site<'_>, file: u32, leaf: Entry, mention: Option<&Mention>) -> u32 {
    if let Some(mention) = mention
        && let Meaning::Item(at) = mention.meaning
        && let Some(named) = site.names.all.get(at)
    {
        html.link(&named.href, site.text(file, mention.span));
        return mention.span.end;
    }
    let text = site.text(file, leaf.span);
    match class(leaf.kind, text, mention) {
        Some(class) => html.element("span", &[("class", class)], text),
        None => html.text(text),
    }
    leaf.span.end
}

fn class(kind: SyntaxKind, text: &str, mention: Option<&Mention>) -> Option<&'static str> {
    match kind {
        SyntaxKind::Comment | SyntaxKind::Doc => Some("c"),
        SyntaxKind::String | SyntaxKind::Regex | SyntaxKind::Tag | SyntaxKind::Handle | SyntaxKind::Cashtag => {
            Some("s")
        }
        SyntaxKind::Number | SyntaxKind::Time => Some("n"),
        SyntaxKind::Distance => Some("k"),
        SyntaxKind::Word => match mention.map(|mention| &mention.meaning) {
            Some(Meaning::Given) => Some("d"),
            Some(Meaning::Field) => Some("f"),
            Some(_) => None,
            None => glossary::is_word(text).then_some("k"),
        },
        _ => None,
    }
}
