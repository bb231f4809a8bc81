//! Where to go on after a start: the last committed epoch with its cursors, state and counters.

use crate::audit::meta;
use crate::store::Fault;
use crate::{CursorRow, Store, StoreError};

/// All that one commit left for the engine and the sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    pub epoch: u64,
    /// By source, then partition.
    pub cursors: Vec<CursorRow>,
    /// Name and bytes, by name: names say where parts belong.
    pub snapshot: Vec<(String, Vec<u8>)>,
    /// Counter and value, by name.
    pub counts: Vec<(String, u64)>,
}

impl Store {
    /// The last commit; None in a new folder.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn load_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.read(|db| {
            let Some(epoch) = last_epoch(db)? else { return Ok(None) };
            let mut select = db.prepare("SELECT source, partition, cursor FROM cursor ORDER BY source, partition")?;
            let cursors = select
                .query_map((), |row| {
                    Ok(CursorRow { source: row.get(0)?, partition: row.get(1)?, cursor: row.get(2)? })
                })?
                .collect::<Result<_, _>>()?;
            let mut select = db.prepare("SELECT name, bytes FROM snapshot_part ORDER BY name")?;
            let snapshot = select.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            let mut select = db.prepare("SELECT name, value FROM count ORDER BY name")?;
            let counts = select.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            Ok(Some(Checkpoint { epoch, cursors, snapshot, counts }))
        })
    }
}

pub(crate) fn last_epoch(db: &rusqlite::Connection) -> Result<Option<u64>, Fault> {
    Ok(meta(db, "epoch")?.and_then(|epoch| epoch.parse().ok()))
}
