//! Posts from standard input, once: what was read can't be read again.

use std::path::PathBuf;

use async_trait::async_trait;
use futures::stream::BoxStream;
use mon_post::reader::{Format, ReadOptions};

use crate::contract::{Health, Item, Mapper, Partition, Resume, Source};
use crate::error::SourceError;
use crate::file::{ReadyMade, read};
use crate::spec::{STDIN, Spec};

pub struct StdinSource {
    format: Option<Format>,
    options: ReadOptions,
}

impl StdinSource {
    /// `source` is the configured name.
    #[must_use]
    pub fn new(source: &str, format: Option<Format>) -> Self {
        Self { format, options: ReadOptions { source: source.to_owned(), ..ReadOptions::default() } }
    }
}

#[async_trait]
impl Source for StdinSource {
    fn spec(&self) -> &'static Spec {
        &STDIN
    }

    fn mapper(&self) -> &dyn Mapper {
        &ReadyMade
    }

    async fn check(&self) -> Result<Health, SourceError> {
        Ok(Health { detail: "standard input".to_owned(), cost: 0 })
    }

    /// A cursor of an earlier run is ignored: it is another input, and counting starts anew.
    async fn open(
        &self,
        _partition: &Partition,
        _from: Resume,
    ) -> Result<BoxStream<'static, Result<Item, SourceError>>, SourceError> {
        read(PathBuf::from("-"), self.format, self.options.clone(), "-".to_owned(), 0, u64::MAX)
    }
}
