//! One key that points at several models, told apart by a column of text: from both ends, and on the join model.

use chrono::{DateTime, Utc};
use orm::prelude::*;

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Article {
    #[orm(primary_key)]
    pub id: i64,
    pub title: String,
    pub deleted_at: Option<DateTime<Utc>>,
    #[orm(key = about_id, when(about_type = "Article"))]
    pub remarks: HasMany<Remark>,
    #[orm(key = of_id, when(of_type = "Article"))]
    pub cover: HasOne<Cover>,
    #[orm(key = labelled_id, when(labelled_type = "Article"))]
    pub labels: BelongsToMany<Label, Labelling>,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Picture {
    #[orm(primary_key)]
    pub id: i64,
    pub file: String,
    #[orm(key = about_id, when(about_type = "Picture"))]
    pub remarks: HasMany<Remark>,
    #[orm(key = labelled_id, when(labelled_type = "Picture"))]
    pub labels: BelongsToMany<Label, Labelling>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Remark {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 20)]
    pub about_type: String,
    pub about_id: i64,
    pub text: String,
    pub deleted_at: Option<DateTime<Utc>>,
    #[orm(key = about_id, when(about_type = "Article"))]
    pub article: BelongsTo<Article>,
    #[orm(key = about_id, when(about_type = "Picture"))]
    pub picture: BelongsTo<Picture>,
}

/// Its key and its text may be NULL; at most one for each row it may belong to.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(unique(of_type, of_id))]
pub struct Cover {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 20)]
    pub of_type: Option<String>,
    pub of_id: Option<i64>,
    pub file: String,
    #[orm(key = of_id, when(of_type = "Article"))]
    pub article: BelongsTo<Article>,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Label {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    #[orm(through = Labelling, other_key = labelled_id, when(labelled_type = "Picture"))]
    pub pictures: BelongsToMany<Picture>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(primary_key(label_id, labelled_type, labelled_id))]
pub struct Labelling {
    pub label_id: i64,
    #[orm(length = 20)]
    pub labelled_type: String,
    pub labelled_id: i64,
    #[orm(default = 1)]
    pub weight: i32,
}

/// All tables.
pub type Remarks = (Article, Picture, Remark, Cover, Label, Labelling);
