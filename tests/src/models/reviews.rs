//! Rows that belong to a row of one of several models, with a foreign key for each.

use chrono::{DateTime, Utc};
use orm::prelude::*;

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Artist {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Song {
    #[orm(primary_key)]
    pub id: i64,
    pub artist_id: i64,
    pub title: String,
    pub artist: BelongsTo<Artist>,
    pub reviews: HasMany<Review>,
}

/// Has a key of two columns, and soft deletion.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Film {
    #[orm(primary_key, length = 40)]
    pub title: String,
    #[orm(primary_key)]
    pub year: i32,
    pub deleted_at: Option<DateTime<Utc>>,
    #[orm(key(film_title, film_year))]
    pub reviews: HasMany<Review>,
}

#[derive(Debug, Clone, PartialEq, OneOf)]
pub enum Subject {
    Song(Song),
    Film(Film),
}

/// Is about a song or a film.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Review {
    #[orm(primary_key)]
    pub id: i64,
    pub stars: i32,
    pub song_id: Option<i64>,
    #[orm(length = 40)]
    pub film_title: Option<String>,
    pub film_year: Option<i32>,
    #[orm(one_of(Song(on_delete = cascade), Film(key(film_title, film_year), references(title, year))))]
    pub subject: BelongsTo<Subject>,
}

/// May be at an artist or a song, or nowhere.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Bookmark {
    #[orm(primary_key)]
    pub id: i64,
    pub singer_id: Option<i64>,
    #[orm(column = "songId")]
    pub song_id: Option<i64>,
    #[orm(at_most_one_of(Artist(key = singer_id), Song))]
    pub place: BelongsTo<Place>,
}

#[derive(Debug, Clone, PartialEq, OneOf)]
pub enum Place {
    Singer(Artist),
    Song(Song),
}

/// All tables.
pub type Reviews = (Artist, Song, Film, Review, Bookmark);
