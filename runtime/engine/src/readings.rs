//! What the texts of a batch's posts tell: their stories, tags and the pages that they link to, worked out for the rows that a
//! measure asks for, once for all monitors.

use arrow::array::{ArrayRef, BinaryArray, ListBuilder, StringBuilder};
use mon_compiler::{story, tags, url};
use mon_post::{PostBatch, Zone, ZoneColumn};
use rustc_hash::FxHashMap;
use std::sync::Arc;

use crate::aggregate::Argument;

/// Zones whose words tell the story, and in which tags stand.
const ZONES: [Zone; 2] = [Zone::Title, Zone::Text];

/// By row.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    /// None where a post has no words.
    stories: FxHashMap<u32, Option<[u8; story::BYTES]>>,
    tags: FxHashMap<u32, Vec<String>>,
    links: FxHashMap<u32, Vec<String>>,
    story_reader: story::Reader,
    tag_reader: tags::Reader,
}

impl Readings {
    /// Works out what an argument wants to know of these rows, where it wants to know anything.
    pub(crate) fn read(&mut self, argument: &Argument, posts: &PostBatch, rows: impl Iterator<Item = u32>) {
        let zones: Vec<&ZoneColumn> = ZONES.iter().map(|zone| posts.zone(*zone)).collect();
        let texts = |row: u32| zones.iter().flat_map(move |zone| zone.texts(row as usize));
        match argument {
            Argument::Story => rows.for_each(|row| {
                self.stories.entry(row).or_insert_with(|| self.story_reader.signature(texts(row)));
            }),
            Argument::Tags => rows.for_each(|row| {
                self.tags.entry(row).or_insert_with(|| self.tag_reader.tags(texts(row)));
            }),
            Argument::Links => {
                let links = posts.zone(Zone::LinkUrl);
                rows.for_each(|row| {
                    self.links.entry(row).or_insert_with(|| links.texts(row as usize).map(url::page_of).collect());
                });
            }
            Argument::Field(..)
            | Argument::Constant(_)
            | Argument::Confidence(_)
            | Argument::Query(_)
            | Argument::Weight(_) => {}
        }
    }

    /// Stories of rows that were read.
    pub(crate) fn stories(&self, rows: &[u32]) -> ArrayRef {
        let story = |row: &u32| self.stories.get(row)?.as_ref().map(<[u8; story::BYTES]>::as_slice);
        Arc::new(rows.iter().map(story).collect::<BinaryArray>())
    }

    /// Tags of rows that were read.
    pub(crate) fn tags(&self, rows: &[u32]) -> ArrayRef {
        lists(&self.tags, rows)
    }

    /// Pages of rows that were read.
    pub(crate) fn links(&self, rows: &[u32]) -> ArrayRef {
        lists(&self.links, rows)
    }
}

/// None where a post has no texts.
fn lists(known: &FxHashMap<u32, Vec<String>>, rows: &[u32]) -> ArrayRef {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in rows {
        match known.get(row).filter(|texts| !texts.is_empty()) {
            Some(texts) => lists.append_value(texts.iter().map(Some)),
            None => lists.append_null(),
        }
    }
    Arc::new(lists.finish())
}
