//! Cases of `order` and `limit`.

use orm::{Refine as _, RefineRows as _, Statements as _};
use serde_json::{Value, json};

use crate::chinook::{Album, Artist, Customer, Employee, Genre, Track};
use crate::json::as_text;
use crate::sakila::{Actor, Film};
use crate::{Case, DOES_NOT_COMPILE, camel_rows, case, chinook_rows};

chinook_rows!(AlbumCard of Album { album_id: i32, title: String, });
chinook_rows!(Line of Employee { employee_id: i32, reports_to: Option<i32>, });

/// The cases.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("order-001", |db| {
            chinook_rows!(CustomerRow of Customer { customer_id: i32, country: Option<String>, last_name: String, });
            let two = (Customer::COUNTRY.desc(), Customer::LAST_NAME.asc());
            json!({
                "plain": Genre::find_all().order_by(Genre::NAME.asc()).limit(3).exec(db).await?,
                "desc": Genre::find_all().order_by(Genre::NAME.desc()).limit(3).exec(db).await?,
                "two": Customer::find_all().project::<CustomerRow>().order_by(two).limit(5).exec(db).await?,
            })
        }),
        case!("order-002", |db| {
            let by_length = (Genre::NAME.length().desc(), Genre::GENRE_ID.asc());
            let lower = Artist::find_all().filter(Artist::ARTIST_ID.lt(20)).order_by(Artist::NAME.lower().asc());
            json!({
                "fn": Genre::find_all().order_by(by_length).limit(4).exec(db).await?,
                "col": Artist::find_all().order_by(Artist::NAME.desc()).limit(2).exec(db).await?,
                "upper": lower.limit(4).exec(db).await?,
            })
        }),
        case!("order-003", |db| {
            let order = (Album::ARTIST.col(Artist::NAME).desc(), Album::ALBUM_ID.asc());
            Album::find_all().include(Album::ARTIST).order_by(order).limit(4).exec(db).await?
        }),
        case!("order-004", |db| {
            chinook_rows!(Name of Artist { name: Option<String>, });
            chinook_rows!(AlbumRow of Album {
                title: String,
                #[orm(nested = artist)]
                #[serde(rename = "artist")]
                artist: Option<Name>,
            });
            chinook_rows!(TrackRow of Track {
                track_id: i32,
                name: String,
                #[orm(nested = album)]
                #[serde(rename = "album")]
                album: Option<AlbumRow>,
            });
            let order = (
                Track::ALBUM.expr(Album::ARTIST.col(Artist::NAME)).asc(),
                Track::ALBUM.col(Album::TITLE).desc(),
                Track::TRACK_ID.asc(),
            );
            Track::find_all().project::<TrackRow>().order_by(order).limit(4).exec(db).await?
        }),
        case!("order-005", |db| {
            Artist::find_all()
                .filter(Artist::ARTIST_ID.in_([50, 90]))
                .include(Artist::ALBUMS.order_by(Album::TITLE.asc()))
                .order_by(Artist::ARTIST_ID.desc())
                .exec(db)
                .await?
        }),
        case!("order-006", |db| {
            let lines = Employee::find_all().project::<Line>();
            let asc = lines.clone().order_by((Employee::REPORTS_TO.asc(), Employee::EMPLOYEE_ID.asc())).limit(3);
            let desc = lines.order_by((Employee::REPORTS_TO.desc(), Employee::EMPLOYEE_ID.asc()));
            json!({ "asc": asc.exec(db).await?, "desc": desc.exec(db).await? })
        }),
        case!("order-007", |db| {
            let lines = Employee::find_all().project::<Line>();
            let by_id = Employee::EMPLOYEE_ID.asc();
            let last = lines.clone().order_by((Employee::REPORTS_TO.asc().nulls_last(), by_id.clone()));
            let first = lines.order_by((Employee::REPORTS_TO.desc().nulls_first(), by_id)).limit(3);
            json!({ "last": last.exec(db).await?, "first": first.exec(db).await? })
        }),
        case!("order-008", |db| {
            chinook_rows!(TrackRow of Track { track_id: i32, milliseconds: i32, });
            let literal = Track::find_all()
                .project::<TrackRow>()
                .filter(Track::ALBUM_ID.eq(1))
                .order_by(((Track::MILLISECONDS % 7).desc(), Track::TRACK_ID.asc()))
                .limit(3);
            json!({ "literal": literal.exec(db).await?, "bad": DOES_NOT_COMPILE })
        })
        .differs(&["/bad"], "the direction of an order is a method: another one does not compile"),
        case!("order-009", |db| {
            camel_rows!(FilmRow of Film {
                film_id: i32,
                title: String,
                #[serde(serialize_with = "as_text")]
                replacement_cost: rust_decimal::Decimal,
            });
            let order = (Film::REPLACEMENT_COST.desc(), Film::TITLE.asc());
            Film::find_all().project::<FilmRow>().order_by(order).limit(4).exec(db).await?
        }),
        case!("limit-001", |db| {
            let artists = Artist::find_all().order_by(Artist::ARTIST_ID.asc());
            json!({
                "p1": artists.clone().limit(3).exec(db).await?,
                "p2": artists.clone().limit(3).offset(3).exec(db).await?,
                "past": artists.clone().limit(3).offset(100_000).exec(db).await?,
                "zero": artists.limit(0).exec(db).await?,
            })
        }),
        case!("limit-002", |db| {
            let genres = Genre::find_all().order_by(Genre::GENRE_ID.asc());
            genres.offset(22).exec(db).await?
        }),
        case!("limit-003", |db| {
            chinook_rows!(ArtistRow of Artist {
                artist_id: i32,
                name: Option<String>,
                #[orm(nested = Artist::ALBUMS.order_by(Album::ALBUM_ID.asc()))]
                #[serde(rename = "albums")]
                albums: Vec<AlbumCard>,
            });
            let artists = Artist::find_all().project::<ArtistRow>().order_by(Artist::ARTIST_ID.asc());
            artists.limit(3).offset(1).exec(db).await?
        }),
        case!("limit-004", |db| {
            chinook_rows!(ArtistRow of Artist {
                artist_id: i32,
                name: Option<String>,
                #[orm(nested = Artist::ALBUMS.filter(Album::TITLE.like("%Live%")).required())]
                #[serde(rename = "albums")]
                albums: Vec<AlbumCard>,
            });
            Artist::find_all().project::<ArtistRow>().order_by(Artist::ARTIST_ID.asc()).limit(3).exec(db).await?
        }),
        // A limit with `include` counts rows of the model; joined rows are what a join gives.
        case!("limit-005", |db| {
            let rows = Artist::find_all()
                .join::<Album>(Album::ARTIST_ID.free().eq(Artist::ARTIST_ID.free()))
                .order_by((Artist::ARTIST_ID.asc(), Album::ALBUM_ID.asc()))
                .limit(3)
                .select((Artist::ARTIST_ID, Artist::NAME, Album::ALBUM_ID, Album::TITLE))
                .exec(db)
                .await?;
            let mut artists: Vec<(i32, Option<String>, Vec<Value>)> = Vec::new();
            for (id, name, album, title) in rows {
                if artists.last().is_none_or(|last| last.0 != id) {
                    artists.push((id, name, Vec::new()));
                }
                if let Some((.., albums)) = artists.last_mut() {
                    albums.push(json!({ "AlbumId": album, "Title": title }));
                }
            }
            let row = |(id, name, albums)| json!({ "ArtistId": id, "Name": name, "albums": albums });
            artists.into_iter().map(row).collect::<Vec<Value>>()
        }),
        case!("limit-006", |db| {
            camel_rows!(ActorRow of Actor { actor_id: i32, last_name: String, });
            camel_rows!(FilmRow of Film {
                film_id: i32,
                title: String,
                #[orm(nested = Film::ACTORS.order_by(Actor::ACTOR_ID.asc()))]
                actors: Vec<ActorRow>,
            });
            Film::find_all().project::<FilmRow>().order_by(Film::FILM_ID.asc()).limit(2).exec(db).await?
        }),
    ]
}
