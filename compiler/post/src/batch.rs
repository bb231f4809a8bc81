//! A batch of posts: one Arrow record batch of the schema, with cheap access to what rules read.
//! The columns that rules name are worked out once, when first asked for: dictionaries unpacked, parents' nulls merged.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryArray, ListArray, RecordBatch, StringArray, StringBuilder, StructArray,
    TimestampMicrosecondArray, make_array, new_null_array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Int16Type, SchemaRef, TimestampMicrosecondType};

use mon_text::url::without_www;

use crate::error::PostError;
use crate::field::{FIELDS, Field as PostField, FieldId, FieldType, Zone};
use crate::group::Group;
use crate::row::PostRow;
use crate::schema::schema;
use crate::zone::ZoneColumn;

/// A batch of posts. Cloning shares everything.
#[derive(Clone, Debug)]
pub struct PostBatch(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    record: RecordBatch,
    uids: StringArray,
    ids: FixedSizeBinaryArray,
    times: TimestampMicrosecondArray,
    fields: Vec<OnceLock<ArrayRef>>,
    confidence: OnceLock<ArrayRef>,
    zones: [OnceLock<ZoneColumn>; Zone::ALL.len()],
    absent: ArrayRef,
}

impl PostBatch {
    /// Takes a record batch that has the schema of `post_event` v1: the same columns by name and type. Columns of a
    /// later minor version are left out.
    pub fn try_new(record: RecordBatch) -> Result<Self, PostError> {
        let record = conform(record)?;
        let column = |name: &str| {
            record.column_by_name(name).ok_or_else(|| PostError::MissingColumn { column: name.to_owned() })
        };
        let wrong = |name: &str| PostError::WrongType {
            column: name.to_owned(),
            expected: "the schema's type".to_owned(),
            found: "another type".to_owned(),
        };
        let uids = column("post_uid")?.as_string_opt::<i32>().ok_or_else(|| wrong("post_uid"))?.clone();
        let ids = column("event_id")?.as_fixed_size_binary_opt().ok_or_else(|| wrong("event_id"))?.clone();
        let times = column("event_at")?
            .as_primitive_opt::<TimestampMicrosecondType>()
            .ok_or_else(|| wrong("event_at"))?
            .clone();
        let absent = new_null_array(&DataType::Utf8, record.num_rows());
        Ok(Self(Arc::new(Inner {
            uids,
            ids,
            times,
            fields: FIELDS.iter().map(|_| OnceLock::new()).collect(),
            confidence: OnceLock::new(),
            zones: Default::default(),
            absent,
            record,
        })))
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.record.num_rows()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The whole table.
    #[must_use]
    pub fn record(&self) -> &RecordBatch {
        &self.0.record
    }

    /// A field's values, one a row, null where not told. [`FieldType`] says which array it is. A field that is not in
    /// the registry gives nulls.
    #[must_use]
    pub fn column(&self, field: FieldId) -> &ArrayRef {
        match (self.0.fields.get(usize::from(field.0)), field.get()) {
            (Some(cell), Some(known)) => cell.get_or_init(|| self.compute(known)),
            _ => &self.0.absent,
        }
    }

    /// How sure the model is of a field's values (`Float64`, 0 to 1, null where not told); `None` for a field that no
    /// model makes.
    #[must_use]
    pub fn confidence(&self, field: FieldId) -> Option<&ArrayRef> {
        let known = field.get().filter(|known| known.modelled)?;
        let path = format!("enrichment.{}_confidence", known.name);
        Some(self.0.confidence.get_or_init(|| self.leaf(&path).unwrap_or_else(|| self.nulls(&DataType::Float64))))
    }

    /// The texts of a zone.
    #[must_use]
    pub fn zone(&self, zone: Zone) -> &ZoneColumn {
        static EMPTY: OnceLock<ZoneColumn> = OnceLock::new();
        let absent = || EMPTY.get_or_init(|| ZoneColumn::of_texts(None));
        self.0.zones.get(zone as usize).map_or_else(absent, |cell| cell.get_or_init(|| self.compute_zone(zone)))
    }

    /// The post's own identifier; empty where the row is out of range.
    #[must_use]
    pub fn post_uid(&self, row: usize) -> &str {
        if row < self.len() { self.0.uids.value(row) } else { "" }
    }

    /// The post's language, as it was told.
    #[must_use]
    pub fn language(&self, row: usize) -> Option<&str> {
        let column = self.column(crate::find("lang")?).as_string_opt::<i32>()?;
        (row < column.len() && column.is_valid(row)).then(|| column.value(row))
    }

    /// What happened to the post: `created`, `updated` and so on.
    #[must_use]
    pub fn op(&self, row: usize) -> &str {
        let told = || {
            let column = self.0.record.column_by_name("op")?.as_dictionary_opt::<Int16Type>()?;
            let words = column.values().as_string_opt::<i32>()?;
            let key = if row < column.len() { column.key(row)? } else { return None };
            (key < words.len()).then(|| words.value(key))
        };
        told().unwrap_or("created")
    }

    /// The identity of the event.
    #[must_use]
    pub fn event_id(&self, row: usize) -> [u8; 16] {
        let told = if row < self.len() { self.0.ids.value(row) } else { &[] };
        told.try_into().unwrap_or_default()
    }

    /// Microseconds since 1970 UTC.
    #[must_use]
    pub fn event_at(&self, row: usize) -> i64 {
        if row < self.len() { self.0.times.value(row) } else { 0 }
    }

    /// The row with all that is told of it.
    #[must_use]
    pub fn row(&self, row: usize) -> PostRow<'_> {
        <PostRow<'static> as Group>::get(self.0.record.columns().get(1..).unwrap_or_default(), row)
    }

    /// Rows `from .. from + len`, cut at the end of the batch, without copying.
    #[must_use]
    pub fn slice(&self, from: usize, len: usize) -> Self {
        let from = from.min(self.len());
        let record = self.0.record.slice(from, len.min(self.len() - from));
        Self::try_new(record).unwrap_or_else(|_| self.clone())
    }

    /// Batches one after another as one.
    pub fn concat<'b>(batches: impl IntoIterator<Item = &'b Self>) -> Result<Self, PostError> {
        let records = batches.into_iter().map(Self::record);
        Self::try_new(concat_batches(&schema(), records)?)
    }

    // -------------------------------------------------------------------------------------------- leaves

    fn nulls(&self, data_type: &DataType) -> ArrayRef {
        new_null_array(data_type, self.len())
    }

    /// A column below structs, by dotted path, with the nulls of its parents.
    fn leaf(&self, path: &str) -> Option<ArrayRef> {
        let mut names = path.split('.');
        let mut array = Arc::clone(self.0.record.column_by_name(names.next()?)?);
        for name in names {
            let parent: &StructArray = array.as_struct_opt()?;
            let child = Arc::clone(parent.column_by_name(name)?);
            array = with_nulls(child, parent.nulls());
        }
        Some(array)
    }

    fn compute(&self, field: &PostField) -> ArrayRef {
        let found = match field.name {
            "country" => self.texts("geo.country").map(|texts| map_texts(&texts, country)),
            "lang" => self.texts("lang").map(|texts| map_texts(&texts, language)),
            "author.lang" => self.texts("author.lang").map(|texts| map_texts(&texts, language)),
            "author.location" => self.leaf("author.location_text"),
            "community" => self.community(),
            "sentiment" => self.leaf("enrichment.sentiment"),
            "link.domain" => self.domains(),
            path => self.leaf(path),
        };
        let wanted = arrow_type(field.ty);
        match found {
            Some(array) if *array.data_type() == wanted => array,
            Some(array) => cast(&array, &wanted).unwrap_or_else(|_| self.nulls(&wanted)),
            None => self.nulls(&wanted),
        }
    }

    fn texts(&self, path: &str) -> Option<StringArray> {
        let array = self.leaf(path)?;
        array.as_string_opt::<i32>().cloned()
    }

    fn community(&self) -> Option<ArrayRef> {
        let (names, uids) = (self.texts("community.name")?, self.texts("community.uid")?);
        if uids.null_count() == uids.len() {
            return Some(Arc::new(names));
        }
        Some(Arc::new(names.iter().zip(&uids).map(|(name, uid)| name.or(uid)).collect::<StringArray>()))
    }

    fn domains(&self) -> Option<ArrayRef> {
        let lists = self.0.record.column_by_name("links")?.as_list_opt::<i32>()?;
        let links = lists.values().as_struct_opt()?;
        let part = |name: &str| links.column_by_name(name)?.as_string_opt::<i32>();
        let (domains, expanded, urls) = (part("domain")?, part("expanded")?, part("url")?);
        let mut out = StringBuilder::with_capacity(links.len(), links.len() * 16);
        for ((domain, expanded), url) in domains.iter().zip(expanded).zip(urls) {
            let host = domain.and_then(host).or_else(|| expanded.and_then(host)).or_else(|| url.and_then(host));
            out.append_option(host);
        }
        let item = Arc::new(Field::new("item", DataType::Utf8, true));
        let list = ListArray::try_new(item, lists.offsets().clone(), Arc::new(out.finish()), lists.nulls().cloned());
        Some(Arc::new(list.ok()?))
    }

    /// The addresses of the links, expanded where that is told.
    fn link_urls(&self) -> Option<ZoneColumn> {
        let lists = self.0.record.column_by_name("links")?.as_list_opt::<i32>()?;
        let links = lists.values().as_struct_opt()?;
        let part = |name: &str| links.column_by_name(name)?.as_string_opt::<i32>();
        let (expanded, urls) = (part("expanded")?, part("url")?);
        let texts: StringArray = expanded.iter().zip(urls).map(|(expanded, url)| expanded.or(url)).collect();
        Some(ZoneColumn::of_members(lists.clone(), texts))
    }

    fn compute_zone(&self, zone: Zone) -> ZoneColumn {
        let list = |name: &str, part: &str| {
            let lists = self.0.record.column_by_name(name).and_then(|array| array.as_list_opt::<i32>());
            let items = lists.and_then(|lists| lists.values().as_struct_opt());
            let at = items.and_then(|items| items.fields().iter().position(|field| field.name() == part));
            ZoneColumn::of_list(lists, at.unwrap_or(usize::MAX))
        };
        match zone {
            Zone::Title => ZoneColumn::of_texts(self.leaf("title").as_ref()),
            Zone::Text => ZoneColumn::of_texts(self.leaf("text").as_ref()),
            Zone::Summary => ZoneColumn::of_texts(self.leaf("summary").as_ref()),
            Zone::Bio => ZoneColumn::of_texts(self.leaf("author.bio").as_ref()),
            Zone::Name => ZoneColumn::of_texts(self.leaf("author.name").as_ref()),
            Zone::Alt => list("media", "alt"),
            Zone::LinkTitle => list("links", "title"),
            Zone::LinkUrl => self.link_urls().unwrap_or_else(|| ZoneColumn::of_texts(None)),
        }
    }
}

/// The Arrow type of a field's column.
#[must_use]
pub fn arrow_type(ty: FieldType) -> DataType {
    match ty {
        FieldType::Text | FieldType::Enum(_) | FieldType::Language | FieldType::Country => DataType::Utf8,
        FieldType::TextList => DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))),
        FieldType::Integer { .. } => DataType::Int64,
        FieldType::Decimal { .. } => DataType::Float64,
        FieldType::Flag => DataType::Boolean,
        FieldType::Time => DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// Checks the columns against the schema and puts them into its order.
fn conform(record: RecordBatch) -> Result<RecordBatch, PostError> {
    let wanted: SchemaRef = schema();
    let same = record.schema_ref().fields() == wanted.fields();
    if same && record.schema_ref().metadata() == wanted.metadata() {
        return Ok(record);
    }
    let mut columns = Vec::with_capacity(wanted.fields().len());
    for field in wanted.fields() {
        let column = record
            .column_by_name(field.name())
            .ok_or_else(|| PostError::MissingColumn { column: field.name().clone() })?;
        if column.data_type() != field.data_type() {
            return Err(PostError::WrongType {
                column: field.name().clone(),
                expected: field.data_type().to_string(),
                found: column.data_type().to_string(),
            });
        }
        columns.push(Arc::clone(column));
    }
    Ok(RecordBatch::try_new(wanted, columns)?)
}

/// An array with its parent's nulls added to its own.
pub fn with_nulls(array: ArrayRef, parent: Option<&NullBuffer>) -> ArrayRef {
    let Some(parent) = parent.filter(|parent| parent.null_count() > 0) else { return array };
    if array.nulls().is_some_and(|own| own.contains(parent)) || array.data_type() == &DataType::Null {
        return array;
    }
    let nulls = NullBuffer::union(array.nulls(), Some(parent));
    let built = array.to_data().into_builder().nulls(nulls).build();
    built.map_or(array, make_array)
}

/// Changes the texts that need it, and gives the array back as it is where none does.
fn map_texts(texts: &StringArray, change: fn(&str) -> Cow<'_, str>) -> ArrayRef {
    if texts.iter().flatten().all(|text| matches!(change(text), Cow::Borrowed(same) if same.len() == text.len())) {
        return Arc::new(texts.clone());
    }
    Arc::new(texts.iter().map(|text| text.map(change)).collect::<StringArray>())
}

/// `pt_BR` is `pt`.
fn language(tag: &str) -> Cow<'_, str> {
    let primary = tag.split(['-', '_']).next().unwrap_or(tag);
    if primary.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(primary.to_ascii_lowercase());
    }
    Cow::Borrowed(primary)
}

/// `de` is `DE`.
fn country(code: &str) -> Cow<'_, str> {
    if code.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Cow::Owned(code.to_ascii_uppercase());
    }
    Cow::Borrowed(code)
}

/// The host of an address, lower case, without `www.`; `None` where there is none.
#[must_use]
pub fn host(url: &str) -> Option<Cow<'_, str>> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest).trim_start_matches('/');
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = if host.starts_with('[') { host } else { host.split(':').next()? };
    let bare = without_www(host.trim_end_matches('.'));
    if bare.is_empty() || bare.contains(char::is_whitespace) {
        return None;
    }
    if bare.chars().any(char::is_uppercase) { Some(Cow::Owned(bare.to_lowercase())) } else { Some(Cow::Borrowed(bare)) }
}
