//! The stories of the posts of a batch, worked out for the rows that a measure asks for, once for all monitors.

use mon_compiler::story;
use mon_post::{PostBatch, Zone, ZoneColumn};
use rustc_hash::FxHashMap;

/// Zones whose words tell the story.
const ZONES: [Zone; 2] = [Zone::Title, Zone::Text];

/// Signatures by row; none where a post has no words.
#[derive(Debug, Default)]
pub(crate) struct Stories {
    known: FxHashMap<u32, Option<[u8; story::BYTES]>>,
    reader: story::Reader,
}

impl Stories {
    pub(crate) fn read(&mut self, posts: &PostBatch, rows: impl Iterator<Item = u32>) {
        let zones: Vec<&ZoneColumn> = ZONES.iter().map(|zone| posts.zone(*zone)).collect();
        for row in rows {
            let reader = &mut self.reader;
            self.known
                .entry(row)
                .or_insert_with(|| reader.signature(zones.iter().flat_map(|zone| zone.texts(row as usize))));
        }
    }

    pub(crate) fn of(&self, row: u32) -> Option<&[u8]> {
        self.known.get(&row).and_then(Option::as_ref).map(<[u8; story::BYTES]>::as_slice)
    }
}
