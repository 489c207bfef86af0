//! Models with parameters: one table each, whose rows hold values of the type that the program says.

use std::marker::PhantomData;

use orm::prelude::*;
use orm::{Json, Scalar};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Something that happened, with data of any type.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(timestamps(updated_at = false), index(topic))]
pub struct Happening<T>
where
    T: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static,
{
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 40)]
    pub topic: String,
    pub data: Json<T>,
    pub before: Option<Json<T>>,
    #[orm(default = 1)]
    pub weight: i32,
    pub source_id: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub source: BelongsTo<Source>,
    pub marks: HasMany<Mark>,
    #[orm(computed = Self::label)]
    pub label: String,
}

impl<T> Happening<T>
where
    T: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static,
{
    fn label(&self) -> String {
        format!("{} {}", self.id, self.topic)
    }
}

/// Where texts come from.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Source {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    #[orm(key = source_id)]
    pub happenings: HasMany<Happening<Vec<String>>>,
}

/// Happenings whose data is words.
pub type Words = Happening<Vec<String>>;

/// See [`Happening`].
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Mark {
    #[orm(primary_key)]
    pub id: i64,
    pub happening_id: i64,
    pub text: String,
    pub happening: BelongsTo<Words>,
}

/// A tree whose keys are of any type, and whose rows remember a number of the program.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "twigs")]
pub struct Twig<K: Scalar + PartialEq = i64, const DEPTH: usize = 1> {
    #[orm(primary_key, auto_increment = false, length = 20)]
    pub id: K,
    #[orm(length = 20)]
    pub parent_id: Option<K>,
    pub parent: BelongsTo<Twig<K, DEPTH>>,
    #[orm(key = parent_id)]
    pub twigs: HasMany<Self>,
    #[orm(skip)]
    pub depths: PhantomData<[(); DEPTH]>,
}

impl<K: Scalar + PartialEq, const DEPTH: usize> Twig<K, DEPTH> {
    pub fn depth(&self) -> usize {
        DEPTH
    }
}
