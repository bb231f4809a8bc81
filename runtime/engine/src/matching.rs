//! The match operator: one pass of all monitors over a batch. It adds a list column with the queries that match each
//! row instead of copying the row once for each match; posts that nothing matches cost one list offset.

use std::borrow::Cow;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, StringArray, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion_common::Result;
use datafusion_execution::TaskContext;
use mon_compiler::matching::{Match, Matcher, Scratch};
use mon_compiler::plan::Plan;
use mon_post::{FieldId, PostBatch};
use rustc_hash::FxHashMap;

use crate::control::{Control, with_fields};
use crate::layout::Layout;
use crate::output::{Counts, Mention, MentionDetails};
use crate::posts;
use crate::sampler::{Sampler, Vital};
use crate::shared::Shared;
use crate::stage::{Stage, StageSpec};

/// Name of the column with the numbers of the matching queries, ascending.
pub(crate) const QUERIES: &str = "__queries";

pub(crate) struct MatchSpec {
    pub(crate) plan: Arc<Plan>,
    pub(crate) layout: Arc<Layout>,
    pub(crate) matcher: Arc<Matcher>,
    /// None where no monitor may be sampled.
    pub(crate) vital: Option<Vital>,
    pub(crate) shared: Shared,
    /// Whether mentions carry what a store keeps of the post.
    pub(crate) details: bool,
}

impl Debug for MatchSpec {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatchSpec").finish_non_exhaustive()
    }
}

impl StageSpec for MatchSpec {
    const NAME: &'static str = "MatchExec";

    fn describe(&self) -> String {
        let filters = self.layout.queries.len().saturating_sub(self.plan.queries.len());
        format!("monitors={}, filters={filters}", self.plan.monitors.len())
    }

    fn schema(&self, input: &SchemaRef) -> SchemaRef {
        let item = Field::new_list_field(DataType::UInt32, false);
        with_fields(input, [Field::new_list(QUERIES, item, true)])
    }

    fn start(&self, _: &TaskContext) -> Result<Box<dyn Stage>> {
        Ok(Box::new(Matching {
            plan: Arc::clone(&self.plan),
            layout: Arc::clone(&self.layout),
            scratch: self.matcher.scratch(),
            matcher: Arc::clone(&self.matcher),
            sampler: self.vital.as_ref().map(Vital::sampler),
            step: 0,
            shared: self.shared.clone(),
            schema: None,
            matches: Vec::new(),
            details: self.details,
        }))
    }
}

struct Matching {
    plan: Arc<Plan>,
    layout: Arc<Layout>,
    matcher: Arc<Matcher>,
    scratch: Scratch,
    sampler: Option<Sampler>,
    /// The step of the ladders at which posts are heard now.
    step: u8,
    shared: Shared,
    /// Known from the first batch on.
    schema: Option<SchemaRef>,
    matches: Vec<Match>,
    details: bool,
}

/// Group key columns by field, worked out when a mention first needs them.
type Texts = FxHashMap<FieldId, Arc<StringArray>>;

impl Matching {
    /// Tells the mentions of the batch, and counts them.
    fn mention(&self, posts: &PostBatch, unheard: &Counts) -> Result<()> {
        let mut texts = Texts::default();
        let mut mentions = Vec::new();
        let mut matched = 0_u64;
        let mut last = None;
        for found in &self.matches {
            for monitor in self.layout.listeners(found.query) {
                let key = self.key(posts, *monitor, found.row as usize, &mut texts)?;
                if last != Some(found.row) {
                    last = Some(found.row);
                    matched += 1;
                }
                let row = found.row as usize;
                let post = posts.post_uid(row).to_owned();
                let details = self.details.then(|| Box::new(details(posts, row)));
                let mention = Mention { post, monitor: *monitor, at: posts.event_at(row), key, details };
                mentions.push((found.row, mention));
            }
        }
        // Monitors may listen to each other's queries: by row, then by monitor, whatever the queries' numbers are.
        mentions.sort_by_key(|(row, mention)| (*row, mention.monitor));
        let mut open = self.shared.lock();
        let counts = &mut open.epoch.counts;
        counts.matched += matched;
        counts.unmatched += posts.len() as u64 - matched - unheard.shed;
        *counts += unheard;
        counts.mentions += mentions.len() as u64;
        open.epoch.mentions.extend(mentions.into_iter().map(|(_, mention)| mention));
        Ok(())
    }

    fn key(&self, posts: &PostBatch, monitor: u32, row: usize, texts: &mut Texts) -> Result<Vec<Option<String>>> {
        let by = self.plan.monitors.get(monitor as usize).map_or(&[][..], |monitor| &monitor.by);
        let mut key = Vec::with_capacity(by.len());
        for field in by {
            if !texts.contains_key(field) {
                texts.insert(*field, Arc::new(posts::key_texts(posts, *field)?));
            }
            key.push(texts.get(field).and_then(|column| posts::text_at(column, row)));
        }
        Ok(key)
    }

    /// The matches as a list column.
    fn lists(&self, rows: usize) -> Result<ArrayRef> {
        let mut lengths = vec![0_usize; rows];
        for found in &self.matches {
            if let Some(length) = lengths.get_mut(found.row as usize) {
                *length += 1;
            }
        }
        let values: UInt32Array = self.matches.iter().map(|found| found.query.0).collect::<Vec<_>>().into();
        let item = Arc::new(Field::new_list_field(DataType::UInt32, false));
        Ok(Arc::new(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), Arc::new(values), None)?))
    }
}

impl Stage for Matching {
    fn data(&mut self, batch: RecordBatch, out: &mut Vec<RecordBatch>) -> Result<()> {
        let posts = posts::open(&batch)?;
        self.matches.clear();
        let unheard = match &mut self.sampler {
            Some(sampler) if self.step > 0 => {
                let all = (&*self.matcher, &mut self.scratch);
                sampler.matches(&batch, &posts, (&self.layout, self.step), all, &mut self.matches)?
            }
            _ => {
                self.matcher.match_batch(&posts, &mut self.scratch, &mut self.matches);
                Counts::default()
            }
        };
        self.mention(&posts, &unheard)?;
        let lists = self.lists(batch.num_rows())?;
        let schema = self.schema.get_or_insert_with(|| {
            let item = Field::new_list_field(DataType::UInt32, false);
            with_fields(batch.schema_ref(), [Field::new_list(QUERIES, item, true)])
        });
        let columns = batch.columns().iter().cloned().chain([lists]).collect();
        out.push(RecordBatch::try_new(Arc::clone(schema), columns)?);
        Ok(())
    }

    fn control(&mut self, marker: Control, _: &mut Vec<RecordBatch>) -> Result<()> {
        if let Control::Load(step) = marker {
            self.step = step;
        }
        Ok(())
    }
}

fn details(posts: &PostBatch, row: usize) -> MentionDetails {
    let post = posts.row(row);
    let told = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
    MentionDetails {
        platform: told(post.platform),
        lang: told(post.lang),
        author: told(post.author.and_then(|author| author.uid)),
        url: told(post.url),
        text: told(post.text),
    }
}
