//! How values of JSON become values of a post: visitors that borrow from the line, and the notes that they take of
//! unknown keys and of the place where a value was refused.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::group::Group;
use crate::kind::{Leaf, Scalar};

/// Notes taken while one line is read.
#[derive(Default)]
pub struct Notes<'de> {
    /// Keys that the schema does not know, as dotted paths, with their values.
    pub unknown: Vec<(String, &'de RawValue)>,
    /// The path of the value that was refused, innermost first told.
    pub refused: Option<String>,
    path: Vec<Step>,
}

enum Step {
    Name(&'static str),
    Item(usize),
}

impl<'de> Notes<'de> {
    /// The dotted path of a key below the place that is being read.
    #[must_use]
    pub fn path_of(&self, key: &str) -> String {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Name(name) => path.push_str(name),
                Step::Item(at) => path.push_str(&at.to_string()),
            }
            path.push('.');
        }
        path.push_str(key);
        path
    }

    pub fn add_unknown(&mut self, key: &str, value: &'de RawValue) {
        let path = self.path_of(key);
        self.unknown.push((path, value));
    }

    /// Runs `read` one step deeper.
    pub fn within<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(Step::Name(name));
        let result = read(self);
        self.path.pop();
        result
    }

    fn refuse<T, E>(&mut self, name: &str, result: Result<T, E>) -> Result<T, E> {
        if result.is_err() && self.refused.is_none() {
            self.refused = Some(self.path_of(name).trim_end_matches('.').to_owned());
        }
        result
    }
}

/// A key, borrowed from the line where it has no escapes.
pub struct Key<'de>(pub Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }
            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// How a value of one kind is read, with the notes at hand.
pub trait Seed<'de>: Sized {
    type Value;
    fn read<D: Deserializer<'de>>(self, deserializer: D, notes: &mut Notes<'de>) -> Result<Self::Value, D::Error>;
}

struct WithNotes<'n, 'de, S> {
    seed: S,
    notes: &'n mut Notes<'de>,
}

impl<'de, S: Seed<'de>> DeserializeSeed<'de> for WithNotes<'_, 'de, S> {
    type Value = S::Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.seed.read(deserializer, self.notes)
    }
}

/// Reads the value of a map's entry, noting the key where the value is refused (an empty `name`: the place itself).
pub fn entry<'de, A, S>(map: &mut A, name: &'static str, notes: &mut Notes<'de>, seed: S) -> Result<S::Value, A::Error>
where
    A: MapAccess<'de>,
    S: Seed<'de>,
{
    let result = map.next_value_seed(WithNotes { seed, notes: &mut *notes });
    notes.refuse(name, result)
}

/// Reads a leaf; `null` is not told.
pub struct LeafSeed<L>(pub PhantomData<L>);

impl<'de, L: Leaf> Seed<'de> for LeafSeed<L> {
    type Value = Option<L::Value<'de>>;
    fn read<D: Deserializer<'de>>(self, deserializer: D, _: &mut Notes<'de>) -> Result<Self::Value, D::Error> {
        L::from_json(deserializer)
    }
}

/// Reads a scalar for a leaf, or refuses with what the leaf expects.
pub struct ScalarVisitor<L>(pub PhantomData<L>);

impl<L: Leaf> ScalarVisitor<L> {
    fn take<'de, E: serde::de::Error>(scalar: Scalar<'de>) -> Result<Option<L::Value<'de>>, E> {
        L::from_scalar(scalar)
            .map(Some)
            .map_err(|refused| E::custom(format!("holds {refused} where {} is expected", L::WHAT)))
    }
}

impl<'de, L: Leaf> Visitor<'de> for ScalarVisitor<L> {
    type Value = Option<L::Value<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(L::WHAT)
    }
    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Self::take(Scalar::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Self::take(Scalar::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Self::take(Scalar::Flag(value))
    }
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Self::take(Scalar::Integer(value))
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Self::take(i64::try_from(value).map_or(Scalar::Large(value), Scalar::Integer))
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Self::take(Scalar::Decimal(value))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(A::Error::custom(format!("holds an object where {} is expected", L::WHAT)))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(A::Error::custom(format!("holds a list where {} is expected", L::WHAT)))
    }
}

/// Reads a nested object on top of what is told already; `null` is not told.
pub struct OneSeed<'de, G: Group>(pub Option<G::Row<'de>>);

impl<'de, G: Group> Seed<'de> for OneSeed<'de, G> {
    type Value = Option<G::Row<'de>>;
    fn read<D: Deserializer<'de>>(self, deserializer: D, notes: &mut Notes<'de>) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(OneVisitor::<G> { notes, told: self.0 })
    }
}

struct OneVisitor<'n, 'de, G: Group> {
    notes: &'n mut Notes<'de>,
    told: Option<G::Row<'de>>,
}

impl<'de, G: Group> Visitor<'de> for OneVisitor<'_, 'de, G> {
    type Value = Option<G::Row<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(self.told)
    }
    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        G::named(Cow::Borrowed(text)).map(Some).ok_or_else(|| E::custom("holds a text where an object is expected"))
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let text = Cow::Owned(text.to_owned());
        G::named(text).map(Some).ok_or_else(|| E::custom("holds a text where an object is expected"))
    }
    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Self::Value, E> {
        Err(E::custom("holds a flag where an object is expected"))
    }
    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Err(E::custom("holds a number where an object is expected"))
    }
    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Self::Value, E> {
        Err(E::custom("holds a number where an object is expected"))
    }
    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Err(E::custom("holds a number where an object is expected"))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(A::Error::custom("holds a list where an object is expected"))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut row = self.told.unwrap_or_default();
        while let Some(Key(key)) = map.next_key()? {
            if !G::read_key(&mut row, &key, &mut map, self.notes)? {
                let value = map.next_value()?;
                self.notes.add_unknown(&key, value);
            }
        }
        Ok(Some(row))
    }
}

/// Reads a list, each item with its own seed; `null` is not told, one bare item is a list of it.
pub struct ListSeed<K>(pub PhantomData<K>);

/// What a list is made of.
pub trait Item<'de> {
    type Value;
    fn item<D: Deserializer<'de>>(deserializer: D, notes: &mut Notes<'de>) -> Result<Option<Self::Value>, D::Error>;
    fn bare(text: Cow<'de, str>) -> Option<Self::Value>;
}

impl<'de, I: Item<'de>> Seed<'de> for ListSeed<I> {
    type Value = Option<Vec<I::Value>>;
    fn read<D: Deserializer<'de>>(self, deserializer: D, notes: &mut Notes<'de>) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(ListVisitor::<I> { notes, item: PhantomData })
    }
}

struct ListVisitor<'n, 'de, I> {
    notes: &'n mut Notes<'de>,
    item: PhantomData<I>,
}

struct ItemSeed<I>(PhantomData<I>);

impl<'de, I: Item<'de>> Seed<'de> for ItemSeed<I> {
    type Value = Option<I::Value>;
    fn read<D: Deserializer<'de>>(self, deserializer: D, notes: &mut Notes<'de>) -> Result<Self::Value, D::Error> {
        I::item(deserializer, notes)
    }
}

impl<'de, I: Item<'de>> Visitor<'de> for ListVisitor<'_, 'de, I> {
    type Value = Option<Vec<I::Value>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        let item = I::bare(Cow::Borrowed(text));
        item.map(|item| Some(vec![item])).ok_or_else(|| E::custom("holds a text where a list is expected"))
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let item = I::bare(Cow::Owned(text.to_owned()));
        item.map(|item| Some(vec![item])).ok_or_else(|| E::custom("holds a text where a list is expected"))
    }
    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Self::Value, E> {
        Err(E::custom("holds a flag where a list is expected"))
    }
    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Err(E::custom("holds a number where a list is expected"))
    }
    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Self::Value, E> {
        Err(E::custom("holds a number where a list is expected"))
    }
    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Err(E::custom("holds a number where a list is expected"))
    }
    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(A::Error::custom("holds an object where a list is expected"))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        let notes = self.notes;
        loop {
            notes.path.push(Step::Item(items.len()));
            let item = seq.next_element_seed(WithNotes { seed: ItemSeed::<I>(PhantomData), notes: &mut *notes });
            let item = notes.refuse("", item);
            notes.path.pop();
            match item? {
                Some(Some(item)) => items.push(item),
                Some(None) => {}
                None => return Ok(Some(items)),
            }
        }
    }
}

/// Reads an object of whole numbers, such as reactions by name.
pub struct TallySeed;

impl<'de> Seed<'de> for TallySeed {
    type Value = Option<Vec<(Cow<'de, str>, i64)>>;
    fn read<D: Deserializer<'de>>(self, deserializer: D, _: &mut Notes<'de>) -> Result<Self::Value, D::Error> {
        let told: Option<std::collections::BTreeMap<Cow<'de, str>, i64>> =
            serde::Deserialize::deserialize(deserializer)?;
        Ok(told.map(|told| told.into_iter().collect()))
    }
}
