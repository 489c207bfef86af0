//! Cases of `include`: related rows loaded with a query.

use orm::{Refine as _, RefineRows as _, Statements as _};
use serde_json::{Value, json};

use crate::chinook::{Album, Artist, Employee, Genre, MediaType, Playlist, PlaylistTrack, Track};
use crate::data::Backend;
use crate::sakila::{Film, Inventory, Language, Payment, Rental, Staff, Store};
use crate::{Case, DOES_NOT_COMPILE, camel_rows, case, chinook_rows};

/// The cases.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("include-001", |db| {
            let albums = Album::find_all().include(Album::ARTIST).filter(Album::ALBUM_ID.in_([1, 2]));
            albums.order_by(Album::ALBUM_ID.asc()).exec(db).await?
        }),
        case!("include-002", |db| {
            chinook_rows!(GenreRow of Genre { genre_id: i32, name: Option<String>, });
            chinook_rows!(MediaTypeRow of MediaType { media_type_id: i32, name: Option<String>, });
            chinook_rows!(AlbumTitle of Album { title: String, });
            chinook_rows!(TrackRow of Track {
                track_id: i32,
                name: String,
                #[orm(nested = genre)]
                #[serde(rename = "genre")]
                genre: Option<GenreRow>,
                #[orm(nested = media_type)]
                #[serde(rename = "mediaType")]
                media_type: Option<MediaTypeRow>,
                #[orm(nested = album)]
                #[serde(rename = "album")]
                album: Option<AlbumTitle>,
            });
            let tracks = Track::find_all().project::<TrackRow>().filter(Track::TRACK_ID.in_([1, 3402]));
            tracks.order_by(Track::TRACK_ID.asc()).exec(db).await?
        }),
        case!("include-003", |db| {
            chinook_rows!(GenreRow of Genre { genre_id: i32, name: Option<String>, });
            chinook_rows!(TrackRow of Track {
                track_id: i32,
                name: String,
                #[orm(nested = genre)]
                #[serde(rename = "genre")]
                genre: Option<GenreRow>,
            });
            chinook_rows!(AlbumRow of Album {
                album_id: i32,
                title: String,
                artist_id: i32,
                #[orm(nested = Album::TRACKS.filter(Track::MILLISECONDS.gt(330_000)).order_by(Track::TRACK_ID.asc()))]
                #[serde(rename = "tracks")]
                tracks: Vec<TrackRow>,
            });
            chinook_rows!(ArtistRow of Artist {
                artist_id: i32,
                name: Option<String>,
                #[orm(nested = Artist::ALBUMS.order_by(Album::ALBUM_ID.asc()))]
                #[serde(rename = "albums")]
                albums: Vec<AlbumRow>,
            });
            let artists = Artist::find_all().project::<ArtistRow>().filter(Artist::ARTIST_ID.in_([6, 8]));
            artists.order_by(Artist::ARTIST_ID.asc()).exec(db).await?
        }),
        case!("include-004", |db| {
            let artists =
                Artist::find_all().filter(Artist::ARTIST_ID.in_([25, 26, 27])).order_by(Artist::ARTIST_ID.asc());
            let albums = Artist::ALBUMS.order_by(Album::ALBUM_ID.asc());
            json!({
                "left": artists.clone().include(albums.clone()).exec(db).await?,
                "inner": artists.include(albums.required()).exec(db).await?,
            })
        }),
        case!("include-005", |db| {
            chinook_rows!(TrackKey of Track { track_id: i32, });
            chinook_rows!(Required of Genre {
                genre_id: i32,
                name: Option<String>,
                #[orm(nested = Genre::TRACKS.filter(Track::MILLISECONDS.gt(2_650_000)).required())]
                #[serde(rename = "tracks")]
                tracks: Vec<TrackKey>,
            });
            chinook_rows!(Optional of Genre {
                genre_id: i32,
                name: Option<String>,
                #[orm(nested = Genre::TRACKS.filter(Track::MILLISECONDS.gt(2_650_000)))]
                #[serde(rename = "tracks")]
                tracks: Vec<TrackKey>,
            });
            let genres = Genre::find_all().filter(Genre::GENRE_ID.in_([1, 18, 25])).order_by(Genre::GENRE_ID.asc());
            json!({
                "required": genres.clone().project::<Required>().exec(db).await?,
                "optional": genres.project::<Optional>().exec(db).await?,
            })
        }),
        case!("include-006", |db| {
            let rows = Album::find_all()
                .filter(Album::ALBUM_ID.lt(4))
                .join::<Track>(Track::ALBUM_ID.free().eq(Album::ALBUM_ID.free()))
                .filter(Track::MEDIA_TYPE_ID.eq(2))
                .order_by(Album::ALBUM_ID.asc())
                .select((Album::TITLE, Album::ARTIST.col(Artist::NAME)))
                .exec(db)
                .await?;
            let row = |(title, band)| json!({ "Title": title, "artist.band": band });
            rows.into_iter().map(row).collect::<Vec<Value>>()
        }),
        case!("include-007", |db| {
            chinook_rows!(AlbumRow of Album { album_id: i32, artist_id: i32, title: String, });
            chinook_rows!(ArtistRow of Artist {
                artist_id: i32,
                name: Option<String>,
                #[orm(nested = Artist::ALBUMS.order_by(Album::TITLE.desc()).limit(2))]
                #[serde(rename = "albums")]
                albums: Vec<AlbumRow>,
            });
            let artists = Artist::find_all().project::<ArtistRow>().filter(Artist::ARTIST_ID.in_([22, 50, 25]));
            artists.order_by(Artist::ARTIST_ID.asc()).exec(db).await?
        })
        .answers_as(
            Backend::Postgres,
            &[Backend::Sqlite],
            &["/0/albums", "/2/albums"],
            "related rows come in the order asked for; Sequelize loses it on SQLite",
        ),
        case!("include-008", |db| {
            chinook_rows!(Manager of Employee { last_name: String, });
            chinook_rows!(Report of Employee {
                employee_id: i32,
                first_name: String,
                reports_to: Option<i32>,
                #[orm(nested = manager)]
                #[serde(rename = "manager")]
                manager: Option<Manager>,
            });
            chinook_rows!(EmployeeRow of Employee {
                employee_id: i32,
                first_name: String,
                #[orm(nested = Employee::REPORTS.order_by(Employee::EMPLOYEE_ID.asc()))]
                #[serde(rename = "reports")]
                reports: Vec<Report>,
            });
            let employees = Employee::find_all().project::<EmployeeRow>().filter(Employee::EMPLOYEE_ID.in_([1, 2, 6]));
            employees.order_by(Employee::EMPLOYEE_ID.asc()).exec(db).await?
        }),
        case!("include-009", |db| {
            chinook_rows!(Manager of Employee { employee_id: i32, last_name: String, });
            chinook_rows!(Report of Employee { employee_id: i32, });
            chinook_rows!(EmployeeRow of Employee {
                employee_id: i32,
                last_name: String,
                #[orm(nested = manager)]
                #[serde(rename = "manager")]
                manager: Option<Manager>,
                #[orm(nested = Employee::REPORTS.order_by(Employee::EMPLOYEE_ID.asc()))]
                #[serde(rename = "reports")]
                reports: Vec<Report>,
            });
            Employee::find_all().project::<EmployeeRow>().order_by(Employee::EMPLOYEE_ID.asc()).exec(db).await?
        }),
        case!("include-010", |db| {
            chinook_rows!(AlbumTitle of Album { title: String, });
            chinook_rows!(TrackRow of Track {
                track_id: i32,
                name: String,
                #[orm(nested = album)]
                #[serde(rename = "album")]
                album: Option<AlbumTitle>,
            });
            Track::find_all()
                .project::<TrackRow>()
                .filter(Track::ALBUM.expr(Album::ARTIST.col(Artist::NAME)).eq("Accept"))
                .filter(Track::GENRE.col(Genre::NAME).like("Rock%"))
                .order_by(Track::TRACK_ID.asc())
                .exec(db)
                .await?
        }),
        case!("include-011", |db| {
            chinook_rows!(Name of Artist { name: Option<String>, });
            chinook_rows!(Within of Album {
                album_id: i32,
                #[orm(nested = Album::ARTIST.filter(Artist::NAME.eq("U2").or(Artist::NAME.like("Queen%"))).required())]
                #[serde(rename = "artist")]
                artist: Option<Name>,
            });
            chinook_rows!(Top of Album {
                album_id: i32,
                title: String,
                #[orm(nested = artist)]
                #[serde(rename = "artist")]
                artist: Option<Name>,
            });
            let albums = Album::find_all().order_by(Album::ALBUM_ID.asc());
            let top = Album::ARTIST.col(Artist::NAME).eq("Accept").or(Album::TITLE.eq("Big Ones"));
            json!({
                "inc": albums.clone().project::<Within>().limit(4).exec(db).await?,
                "top": albums.project::<Top>().filter(top).exec(db).await?,
            })
        }),
        case!("include-012", |db| {
            chinook_rows!(TrackName of Track { name: String, });
            chinook_rows!(PlaylistRow of Playlist {
                playlist_id: i32,
                name: Option<String>,
                #[orm(nested = tracks)]
                #[serde(rename = "tracks")]
                tracks: Vec<TrackName>,
            });
            let playlists = |ids: [i32; 2]| {
                Playlist::find_all().filter(Playlist::PLAYLIST_ID.in_(ids)).order_by(Playlist::PLAYLIST_ID.asc())
            };
            let mut full = Vec::new();
            for playlist in playlists([9, 18]).include(Playlist::TRACKS).exec(db).await? {
                let pair = |(track, link): (&Track, &PlaylistTrack)| json!({ "TrackId": track.track_id, "Name": track.name, "PlaylistTrack": link });
                let tracks: Vec<Value> = playlist.tracks.pairs()?.map(pair).collect();
                full.push(json!({ "PlaylistId": playlist.playlist_id, "Name": playlist.name, "tracks": tracks }));
            }
            let none = Playlist::find_all().project::<PlaylistRow>().filter(Playlist::PLAYLIST_ID.eq(9));
            // The related rows' query reads the join table, so its columns can be filtered by.
            let some =
                Playlist::TRACKS.filter(PlaylistTrack::TRACK_ID.in_([3, 4]).free()).order_by(Track::TRACK_ID.asc());
            let mut through = Vec::new();
            for playlist in playlists([1, 8]).include(some).exec(db).await? {
                let pair = |(track, link): (&Track, &PlaylistTrack)| json!({ "TrackId": track.track_id, "PlaylistTrack": { "PlaylistId": link.playlist_id } });
                let tracks: Vec<Value> = playlist.tracks.pairs()?.map(pair).collect();
                through.push(json!({ "PlaylistId": playlist.playlist_id, "Name": playlist.name, "tracks": tracks }));
            }
            json!({ "full": full, "none": none.exec(db).await?, "thWhere": through })
        }),
        case!("include-013", |db| {
            camel_rows!(Name of Language { name: String, });
            camel_rows!(FilmRow of Film {
                film_id: i32,
                title: String,
                #[orm(nested = language)]
                language: Option<Name>,
                #[orm(nested = original_language)]
                original_language: Option<Name>,
            });
            let films = Film::find_all().project::<FilmRow>().filter(Film::FILM_ID.in_([1, 2]));
            films.order_by(Film::FILM_ID.asc()).exec(db).await?
        }),
        case!("include-014", |db| {
            use crate::sakila::Address;
            camel_rows!(Street of Address { address: String, });
            camel_rows!(TheirStore of Store {
                store_id: i32,
                #[orm(nested = address)]
                address: Option<Street>,
            });
            camel_rows!(Manager of Staff {
                staff_id: i32,
                first_name: String,
                #[orm(nested = store)]
                store: Option<TheirStore>,
            });
            camel_rows!(StaffKey of Staff { staff_id: i32, });
            camel_rows!(StoreRow of Store {
                store_id: i32,
                #[orm(nested = manager)]
                manager: Option<Manager>,
                #[orm(nested = staff)]
                staff: Vec<StaffKey>,
            });
            Store::find_all().project::<StoreRow>().order_by(Store::STORE_ID.asc()).exec(db).await?
        }),
        case!("include-015", |db| {
            use crate::json::as_text;
            use rust_decimal::Decimal;
            camel_rows!(FilmRow of Film {
                title: String,
                #[serde(serialize_with = "as_text")]
                rental_rate: Decimal,
            });
            camel_rows!(InventoryRow of Inventory {
                store_id: i32,
                #[orm(nested = film)]
                film: Option<FilmRow>,
            });
            camel_rows!(RentalRow of Rental {
                rental_id: i32,
                #[orm(nested = inventory)]
                inventory: Option<InventoryRow>,
            });
            camel_rows!(PaymentRow of Payment {
                payment_id: i32,
                #[serde(serialize_with = "as_text")]
                amount: Decimal,
                #[orm(nested = rental)]
                rental: Option<RentalRow>,
            });
            Payment::find_all()
                .project::<PaymentRow>()
                .filter(Payment::CUSTOMER_ID.eq(148).and(Payment::AMOUNT.ge(Decimal::new(899, 2))))
                .order_by(Payment::PAYMENT_ID.asc())
                .exec(db)
                .await?
        }),
        // A relation is loaded over its keys. Over another condition it is a join, whose rows are put together here.
        case!("include-016", |db| {
            use crate::sakila::{Address, City};
            let on = Address::CITY_ID.free().eq(City::CITY_ID.free()).free_or(Address::DISTRICT.free().eq("QLD"));
            let rows = City::find_all()
                .filter(City::CITY_ID.in_([1, 2, 300]))
                .left_join::<Address>(on)
                .order_by((City::CITY_ID.asc(), Address::ADDRESS_ID.asc()))
                .select((City::CITY_ID, City::CITY, Address::ADDRESS_ID.nullable(), Address::DISTRICT.nullable()))
                .exec(db)
                .await?;
            let mut cities: Vec<(i32, String, Vec<Value>)> = Vec::new();
            for (id, city, address, district) in rows {
                if cities.last().is_none_or(|last| last.0 != id) {
                    cities.push((id, city, Vec::new()));
                }
                if let (Some(id), Some((.., addresses))) = (address, cities.last_mut()) {
                    addresses.push(json!({ "addressId": id, "district": district }));
                }
            }
            let row = |(id, city, addresses)| json!({ "cityId": id, "city": city, "addresses": addresses });
            cities.into_iter().map(row).collect::<Vec<Value>>()
        }),
        // A right join is a left join of the other model.
        case!("include-017", |db| {
            let rows = Language::find_all()
                .left_join::<Film>(Film::LANGUAGE_ID.free().eq(Language::LANGUAGE_ID.free()))
                .filter(Language::NAME.in_(["Italian", "English"]))
                .order_by((Language::LANGUAGE_ID.desc(), Film::FILM_ID.asc()))
                .limit(3)
                .select((Film::FILM_ID.nullable(), Language::NAME))
                .exec(db)
                .await?;
            let row = |(film, language)| json!({ "filmId": film, "language": { "name": language } });
            rows.into_iter().map(row).collect::<Vec<Value>>()
        }),
        case!("include-018", |db| {
            chinook_rows!(TrackName of Track { name: String, });
            chinook_rows!(AlbumRow of Album {
                album_id: i32,
                #[orm(nested = Album::TRACKS.filter(Track::NAME.like("%Love%")).required())]
                #[serde(rename = "tracks")]
                tracks: Vec<TrackName>,
            });
            chinook_rows!(ArtistRow of Artist {
                artist_id: i32,
                name: Option<String>,
                #[orm(nested = Artist::ALBUMS.required())]
                #[serde(rename = "albums")]
                albums: Vec<AlbumRow>,
            });
            chinook_rows!(Key of Artist { artist_id: i32, });
            let artists = Artist::find_all().project::<ArtistRow>().order_by(Artist::ARTIST_ID.asc()).limit(3);
            let none = Artist::find_all().project::<Key>().filter(Artist::ALBUMS.any(Album::TITLE.eq("x"))).limit(2);
            json!({ "ok": artists.exec(db).await?, "sub": none.exec(db).await? })
        })
        .differs(&["/sub"], "a filter on a to-many relation works together with `limit`: it is an EXISTS"),
        case!("include-019", |_db| DOES_NOT_COMPILE).differs(
            &[""],
            "relations are constants of the model: one that does not exist, or of another model, does not compile",
        ),
        case!("include-020", |db| {
            let album = Album::find_one().filter(Album::ALBUM_ID.eq(2));
            album.include((Album::ARTIST, Album::TRACKS)).exec(db).await?
        }),
        case!("include-021", |db| {
            camel_rows!(RentalKey of Rental { rental_id: i32, });
            camel_rows!(InventoryRow of Inventory {
                inventory_id: i32,
                #[orm(nested = Inventory::RENTALS.filter(Rental::RETURN_DATE.is_null()).required())]
                rentals: Vec<RentalKey>,
            });
            camel_rows!(FilmRow of Film {
                film_id: i32,
                title: String,
                #[orm(nested = inventories)]
                inventories: Vec<InventoryRow>,
            });
            let films = Film::find_all().project::<FilmRow>().filter(Film::FILM_ID.in_([1, 2, 3, 4]));
            films.order_by(Film::FILM_ID.asc()).exec(db).await?
        }),
    ]
}
