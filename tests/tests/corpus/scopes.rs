//! Cases of `scopes`. A scope is a function: of a finder, or one that gives a condition, an order or an include.

use orm::prelude::*;
use orm::{Find, Include};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::chinook::{Album, Artist, Genre, Track};
use crate::extras::Owner;
use crate::json::as_text;
use crate::{Case, DOES_NOT_COMPILE, case, chinook_rows};

fn first_three() -> Find<Genre> {
    Genre::find_all().filter(Genre::GENRE_ID.le(3)).order_by(Genre::GENRE_ID.desc())
}

fn rock(tracks: Find<Track>) -> Find<Track> {
    tracks.filter(Track::GENRE_ID.eq(1))
}

fn long(tracks: Find<Track>) -> Find<Track> {
    tracks.filter(Track::MILLISECONDS.gt(900_000)).limit(9)
}

fn two(tracks: Find<Track>) -> Find<Track> {
    tracks.limit(2).order_by(Track::TRACK_ID.desc())
}

fn costs(price: Decimal, min: i32) -> Condition<Track> {
    Track::UNIT_PRICE.eq(price).and(Track::MILLISECONDS.gt(min))
}

fn live() -> Include<Artist, Album> {
    Artist::ALBUMS.filter(Album::TITLE.like("%Live%")).order_by(Album::ALBUM_ID.asc())
}

fn low() -> Condition<Owner> {
    Owner::RANK.lt(3)
}

/// The cases.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("scopes-001", |db| {
            json!({
                "def": first_three().exec(db).await?,
                "unscoped": Genre::count().exec(db).await?,
                "nul": Genre::count().exec(db).await?,
            })
        }),
        case!("scopes-002", |db| {
            chinook_rows!(TrackRow of Track { track_id: i32, genre_id: Option<i32>, milliseconds: i32, });
            two(long(rock(Track::find_all()))).project::<TrackRow>().exec(db).await?
        }),
        case!("scopes-003", |db| {
            let of = |artist| Album::find_all().filter(Album::ARTIST_ID.eq(artist)).order_by(Album::ALBUM_ID.asc());
            let both = of(1).filter(Album::ARTIST_ID.eq(2)).exec(db).await?;
            assert_eq!(both.len(), 0);
            Value::Null
        })
        .differs(&[""], "filters are joined by AND: none silently replaces another"),
        case!("scopes-004", |db| {
            chinook_rows!(TrackRow of Track {
                track_id: i32,
                #[serde(serialize_with = "as_text")]
                unit_price: Decimal,
            });
            let one = Track::find_all().project::<TrackRow>().filter(costs(Decimal::new(199, 2), 5_000_000));
            json!({ "one": one.order_by(Track::TRACK_ID.asc()).exec(db).await?, "unknown": DOES_NOT_COMPILE })
        })
        .differs(&["/unknown"], "a scope is a function: one that does not exist does not compile"),
        case!("scopes-005", |db| {
            chinook_rows!(Title of Album { title: String, });
            chinook_rows!(WithAlbums of Artist {
                artist_id: i32,
                name: Option<String>,
                #[orm(nested = Artist::ALBUMS.order_by(Album::ALBUM_ID.asc()).required())]
                #[serde(rename = "albums")]
                albums: Vec<Title>,
            });
            chinook_rows!(WithLive of Artist {
                artist_id: i32,
                name: Option<String>,
                #[orm(nested = live().required())]
                #[serde(rename = "albums")]
                albums: Vec<Title>,
            });
            let some = Artist::find_all().project::<WithLive>().filter(Artist::ARTIST_ID.in_([90, 1, 11]));
            json!({
                "a": Artist::find_all().project::<WithAlbums>().filter(Artist::ARTIST_ID.eq(1)).exec(db).await?,
                "b": some.order_by(Artist::ARTIST_ID.asc()).exec(db).await?,
            })
        }),
        case!("scopes-006", |db| {
            let changed = Owner::update().set(Owner::RANK, 0).filter(low()).exec(db).await?;
            let count = Owner::count().filter(low()).exec(db).await?;
            let destroyed = Owner::destroy().filter(low().and(Owner::NAME.eq("Dee"))).exec(db).await?;
            let rows = Owner::find_all().order_by(Owner::ID.asc()).exec(db).await?;
            json!({ "u": [changed], "n": count, "d": destroyed, "rows": rows })
        }),
        case!("scopes-007", |db| {
            let owners = Owner::find_all().filter(low()).filter(Owner::RANK.gt(1));
            owners.order_by(Owner::ID.asc()).exec(db).await?
        }),
    ]
}
