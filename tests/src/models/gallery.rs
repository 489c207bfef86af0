//! Relations with a filter, of every kind.

use orm::prelude::*;

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "galleries")]
pub struct Gallery {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub photos: HasMany<Photo>,
    #[orm(filter = Photo::KIND.eq("cover").and(Photo::HIDDEN.eq(false)))]
    pub covers: HasMany<Photo>,
    #[orm(filter = Photo::LIKES.gt(10))]
    pub popular: HasMany<Photo>,
    #[orm(filter = Photo::KIND.eq("main"))]
    pub main: HasOne<Photo>,
    pub words: BelongsToMany<Word, Mark>,
    #[orm(filter = Word::LANG.eq("en"))]
    pub english: BelongsToMany<Word, Mark>,
    #[orm(filter = Mark::WEIGHT.free().eq(5))]
    pub heavy: BelongsToMany<Word, Mark>,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Photo {
    #[orm(primary_key)]
    pub id: i64,
    pub gallery_id: Option<i64>,
    #[orm(default = "plain")]
    pub kind: String,
    #[orm(default = true)]
    pub hidden: bool,
    #[orm(default = 0)]
    pub likes: i32,
    pub gallery: BelongsTo<Gallery>,
    #[orm(key = gallery_id, constraints = false, filter = Gallery::NAME.eq("home"))]
    pub home: BelongsTo<Gallery>,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Word {
    #[orm(primary_key)]
    pub id: i64,
    pub text: String,
    #[orm(default = "de")]
    pub lang: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(primary_key(gallery_id, word_id))]
pub struct Mark {
    pub gallery_id: i64,
    pub word_id: i64,
    #[orm(default = 1)]
    pub weight: i32,
}

/// All tables.
pub type Galleries = (Gallery, Photo, Word, Mark);
