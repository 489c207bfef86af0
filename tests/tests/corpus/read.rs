//! Cases of `attributes`, `findAndCountAll`, `finders`, `aggregate` and `group`.

use orm::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::chinook::{Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist, Track};
use crate::data::Backend;
use crate::extras::Owner;
use crate::json::{AsText, as_text, attempt};
use crate::sakila::{Category, Film, Payment, Rental, Staff, Store};
use crate::{Case, DOES_NOT_COMPILE, camel_rows, case, chinook_rows};

/// A decimal where Sequelize gives a number.
fn number(decimal: impl Into<Option<Decimal>>) -> Option<f64> {
    decimal.into().map(|decimal| decimal.to_string().parse().expect("decimals are numbers"))
}

fn page<T: serde::Serialize>(page: Page<T>) -> Value {
    json!({ "count": page.count, "rows": page.rows })
}

/// The cases.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = attributes();
    cases.extend(pages());
    cases.extend(finders());
    cases.extend(aggregates());
    cases.extend(groups());
    cases
}

fn attributes() -> Vec<Case> {
    vec![
        case!("attributes-001", |db| {
            chinook_rows!(Heading of Album {
                album_id: i32,
                #[orm(column = title)]
                #[serde(rename = "heading")]
                heading: String,
            });
            Album::find_all().project::<Heading>().order_by(Album::ALBUM_ID.asc()).limit(3).exec(db).await?
        }),
        case!("attributes-002", |db| {
            chinook_rows!(Short of Employee {
                employee_id: i32,
                last_name: String,
                first_name: String,
                title: Option<String>,
                reports_to: Option<i32>,
                #[serde(serialize_with = "as_text")]
                birth_date: Option<DateTime<Utc>>,
                #[serde(serialize_with = "as_text")]
                hire_date: Option<DateTime<Utc>>,
            });
            Employee::find_all().project::<Short>().order_by(Employee::EMPLOYEE_ID.asc()).limit(3).exec(db).await?
        }),
        case!("attributes-003", |db| {
            chinook_rows!(Loud of Genre {
                genre_id: i32,
                name: Option<String>,
                #[orm(expr = Genre::NAME.upper())]
                #[serde(rename = "loud")]
                loud: Option<String>,
                #[orm(expr = Genre::NAME.length())]
                #[serde(rename = "len")]
                len: Option<i64>,
            });
            Genre::find_all().project::<Loud>().order_by(Genre::GENRE_ID.asc()).limit(4).exec(db).await?
        }),
        case!("attributes-004", |db| {
            camel_rows!(Days of Film {
                film_id: i32,
                #[orm(column = rental_duration)]
                days: i16,
                #[orm(expr = Film::LENGTH.cast::<String>())]
                length_text: Option<String>,
                #[orm(expr = orm::val(1) + 1)]
                two: i32,
            });
            Film::find_all().project::<Days>().order_by(Film::FILM_ID.asc()).limit(3).exec(db).await?
        })
        .differs_on(
            &[Backend::Postgres],
            &["/0/lengthText", "/1/lengthText", "/2/lengthText"],
            "a cast names a Rust type: `String` is text of any length, not padded CHAR(10)",
        ),
        case!("attributes-005", |db| {
            let items = (Film::FILM_ID.count(), Film::LENGTH.min(), Film::LENGTH.max());
            let rows = Film::find_all().select(items).exec(db).await?;
            let row = |(n, shortest, longest)| json!({ "n": n, "shortest": shortest, "longest": longest });
            rows.into_iter().map(row).collect::<Vec<Value>>()
        }),
        case!("attributes-006", |db| {
            camel_rows!(StaffRow of Staff {
                staff_id: i32,
                first_name: String,
                last_name: String,
                address_id: i32,
                store_id: i32,
                active: bool,
                username: String,
                #[orm(expr = Staff::USERNAME.length())]
                name_length: i64,
            });
            Staff::find_all().project::<StaffRow>().order_by(Staff::STAFF_ID.asc()).exec(db).await?
        }),
        case!("attributes-007", |db| {
            let rows = Payment::find_all().select((Payment::STAFF_ID, count_all())).group_by(Payment::STAFF_ID);
            let rows = rows.order_by(Payment::STAFF_ID.asc()).exec(db).await?;
            rows.into_iter().map(|(id, n)| json!({ "staffId": id, "n": n })).collect::<Vec<Value>>()
        }),
    ]
}

fn pages() -> Vec<Case> {
    vec![
        case!("findAndCountAll-001", |db| {
            chinook_rows!(TrackName of Track { track_id: i32, name: String, });
            let tracks = Track::find_and_count_all().project::<TrackName>().filter(Track::GENRE_ID.eq(2));
            page(tracks.order_by(Track::TRACK_ID.asc()).limit(3).offset(5).exec(db).await?)
        }),
        case!("findAndCountAll-002", |db| {
            chinook_rows!(TrackKey of Track { track_id: i32, });
            chinook_rows!(AlbumRow of Album {
                album_id: i32,
                #[orm(nested = Album::TRACKS.filter(Track::GENRE_ID.eq(3)).order_by(Track::TRACK_ID.asc()).required())]
                #[serde(rename = "tracks")]
                tracks: Vec<TrackKey>,
            });
            let albums = Album::find_and_count_all().project::<AlbumRow>().order_by(Album::ALBUM_ID.asc()).limit(1);
            let albums = albums.exec(db).await?;
            json!({ "count": Value::Null, "distinct": albums.count, "rows": albums.rows })
        })
        .differs(&["/count"], "the count is of rows of the model, never of joined rows"),
        case!("findAndCountAll-003", |db| {
            chinook_rows!(Name of Artist { name: Option<String>, });
            chinook_rows!(AlbumRow of Album {
                album_id: i32,
                title: String,
                artist_id: i32,
                #[orm(nested = artist)]
                #[serde(rename = "artist")]
                artist: Option<Name>,
            });
            let albums = Album::find_and_count_all().project::<AlbumRow>().filter(Album::ARTIST_ID.eq(1));
            page(albums.order_by(Album::ALBUM_ID.asc()).exec(db).await?)
        }),
        case!("findAndCountAll-004", |db| {
            let groups = Customer::find_all()
                .filter(Customer::COUNTRY.in_(["Brazil", "Canada"]))
                .select((Customer::COUNTRY, count_all()))
                .group_by(Customer::COUNTRY)
                .order_by(Customer::COUNTRY.asc())
                .exec(db)
                .await?;
            json!({
                "count": groups.iter().map(|(country, n)| json!({ "Country": country, "count": n })).collect::<Vec<_>>(),
                "rows": groups.iter().map(|(country, _)| json!({ "Country": country })).collect::<Vec<_>>(),
            })
        }),
        case!("findAndCountAll-005", |db| {
            camel_rows!(FilmKey of Film { film_id: i32, });
            camel_rows!(CategoryRow of Category {
                category_id: i32,
                name: String,
                #[orm(nested = Category::FILMS.filter(Film::LENGTH.gt(184)).order_by(Film::FILM_ID.asc()).required())]
                films: Vec<FilmKey>,
            });
            let categories = Category::find_and_count_all().project::<CategoryRow>();
            page(categories.order_by(Category::CATEGORY_ID.asc()).exec(db).await?)
        }),
    ]
}

fn finders() -> Vec<Case> {
    vec![
        case!("finders-001", |db| {
            let named = |name| Genre::find_one().filter(Genre::NAME.eq(name));
            json!({
                "hit": named("Jazz").exec(db).await?,
                "miss": named("nope").exec(db).await?,
                "reject": attempt(named("nope").required(db).await),
            })
        }),
        case!("finders-002", |db| {
            chinook_rows!(Name of Artist { name: Option<String>, });
            json!({
                "hit": Artist::find_by_pk(22).exec(db).await?,
                "miss": Artist::find_by_pk(999_999).exec(db).await?,
                "nul": DOES_NOT_COMPILE,
                "undef": DOES_NOT_COMPILE,
                "str": Artist::find_one().filter(Artist::ARTIST_ID.eq(22)).project::<Name>().exec(db).await?,
            })
        })
        .differs(&["/nul", "/undef"], "a key has the type of its column: NULL and text for a number do not compile"),
        case!("finders-003", |db| {
            camel_rows!(StoreKey of Store { store_id: i32, });
            camel_rows!(StaffRow of Staff {
                staff_id: i32,
                username: String,
                #[orm(nested = store)]
                store: Option<StoreKey>,
                #[orm(nested = managed_store)]
                managed_store: Option<StoreKey>,
            });
            Staff::find_one().filter(Staff::STAFF_ID.eq(1)).project::<StaffRow>().exec(db).await?
        }),
        case!("finders-004", |db| {
            let named = |name: &'static str| Genre::find_or_create().filter(Genre::NAME.eq(name));
            let found = named("Jazz").defaults(Genre::create().genre_id(99).name("Jazz")).exec(db).await?;
            let made = named("Polka").defaults(Genre::create().name("Polka")).exec(db).await?;
            let rows = Genre::find_all().filter(Genre::GENRE_ID.gt(24)).order_by(Genre::GENRE_ID.asc());
            json!({ "found": found, "made": made, "rows": rows.exec(db).await? })
        }),
        case!("finders-005", |db| {
            let find = Owner::find_or_create().filter(Owner::NAME.eq("Eve"));
            let refused = find.defaults(Owner::create().name("ignored?").rank(7)).exec(db).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidStatement);
            json!({})
        })
        .differs(&[""], "the row would not be found the next time, and be created again and again: it is refused"),
        // A row that is not written is a struct.
        case!("finders-006", |db| {
            let find = async |name: &'static str| {
                let found = MediaType::find_one().filter(MediaType::NAME.eq(name)).exec(db).await?;
                let built = found.is_none();
                let name = Some(name.to_owned());
                let row = found.unwrap_or(MediaType { media_type_id: 77, name, tracks: HasMany::default() });
                Ok::<_, Error>(json!([row, built, built]))
            };
            json!({
                "found": find("AAC audio file").await?,
                "built": find("Wax cylinder").await?,
                "count": MediaType::count().exec(db).await?,
            })
        }),
        case!("finders-007", |db| {
            let create = async |name: &'static str, rank| {
                let new = Owner::create().name(name).rank(rank);
                Owner::find_or_create().filter(Owner::NAME.eq(name)).defaults(new).exec(db).await
            };
            let (row, created) = create("Zed", 51).await?;
            json!({ "a": create("Ada", 50).await?, "b": [json!(row.name), json!(row.rank), json!(created)] })
        }),
        case!("finders-008", |db| {
            let album = Album::find_one().filter(Album::ALBUM_ID.eq(5));
            let artist = (Album::ARTIST.col(Artist::ARTIST_ID), Album::ARTIST.col(Artist::NAME));
            let raw = album.clone().select((Album::ALBUM_ID, Album::TITLE, Album::ARTIST_ID, artist)).exec(db).await?;
            let raw = raw.map(|(id, title, artist_id, (artist, name))| {
                json!({
                    "AlbumId": id, "Title": title, "ArtistId": artist_id, "artist.ArtistId": artist, "artist.Name": name,
                })
            });
            json!({ "raw": raw, "nest": album.include(Album::ARTIST).exec(db).await? })
        }),
        case!("finders-009", |db| {
            json!({
                "none": Playlist::find_all().filter(Playlist::PLAYLIST_ID.eq(-1)).exec(db).await?,
                "last": Playlist::find_one().order_by(Playlist::PLAYLIST_ID.desc()).exec(db).await?,
            })
        }),
    ]
}

fn aggregates() -> Vec<Case> {
    vec![
        case!("aggregate-001", |db| {
            json!({
                "all": Track::count().exec(db).await?,
                "where": Track::count().filter(Track::GENRE_ID.eq(1)).exec(db).await?,
                "distinct": Track::count().distinct(Track::ALBUM_ID).exec(db).await?,
                "col": Track::aggregate(Track::COMPOSER.count()).exec(db).await?,
                "none": Track::count().filter(Track::TRACK_ID.eq(-1)).exec(db).await?,
            })
        }),
        case!("aggregate-002", |db| {
            json!({
                "maxInt": Track::aggregate(Track::MILLISECONDS.max()).exec(db).await?,
                "minInt": Track::aggregate(Track::MILLISECONDS.min()).exec(db).await?,
                "sumDec": number(Invoice::aggregate(Invoice::TOTAL.sum()).exec(db).await?),
                "maxStr": Genre::aggregate(Genre::NAME.max()).exec(db).await?,
                "minStr": Genre::aggregate(Genre::NAME.min()).exec(db).await?,
                "maxDate": Invoice::aggregate(Invoice::INVOICE_DATE.max()).exec(db).await?.text(),
            })
        }),
        case!("aggregate-003", |db| {
            let sum = Invoice::aggregate(Invoice::TOTAL.sum()).filter(Invoice::INVOICE_ID.eq(-1));
            json!({
                "max": Track::aggregate(Track::MILLISECONDS.max()).filter(Track::TRACK_ID.eq(-1)).exec(db).await?,
                "sum": number(sum.exec(db).await?),
                "min": Genre::aggregate(Genre::NAME.min()).filter(Genre::GENRE_ID.eq(-1)).exec(db).await?,
            })
        }),
        case!("aggregate-004", |db| {
            let mut rows =
                Employee::find_all().select((Employee::TITLE, count_all())).group_by(Employee::TITLE).exec(db).await?;
            rows.sort();
            rows.into_iter().map(|(title, n)| json!({ "Title": title, "count": n })).collect::<Vec<Value>>()
        }),
        case!("aggregate-005", |db| {
            let on = Album::ARTIST_ID.free().eq(Artist::ARTIST_ID.free());
            json!({
                "joined": Artist::find_all().join::<Album>(on).count(db).await?,
                "distinct": Artist::count().filter(Artist::ALBUMS.exists()).exec(db).await?,
                "withWhere": Artist::count().filter(Artist::ALBUMS.any(Album::TITLE.like("%Live%"))).exec(db).await?,
            })
        }),
        case!("aggregate-006", |db| {
            let rows = InvoiceLine::find_all()
                .select((InvoiceLine::UNIT_PRICE, InvoiceLine::QUANTITY.sum()))
                .group_by(InvoiceLine::UNIT_PRICE)
                .order_by(InvoiceLine::UNIT_PRICE.asc())
                .exec(db)
                .await?;
            let row = |(price, sum)| json!({ "UnitPrice": number(Some(price)), "sum": sum });
            json!({ "sum": rows.into_iter().map(row).collect::<Vec<Value>>() })
        }),
        case!("aggregate-007", |db| {
            let returned = Rental::count().filter(Rental::RETURN_DATE.is_not_null()).distinct(Rental::CUSTOMER_ID);
            json!({
                "max": number(Film::aggregate(Film::REPLACEMENT_COST.max()).exec(db).await?),
                "min": Film::aggregate(Film::RENTAL_DURATION.min()).exec(db).await?,
                "sum": number(Payment::aggregate(Payment::AMOUNT.sum()).filter(Payment::CUSTOMER_ID.eq(1)).exec(db).await?),
                "first": Rental::aggregate(Rental::RENTAL_DATE.min()).exec(db).await?.text(),
                "count": returned.exec(db).await?,
            })
        }),
    ]
}

fn groups() -> Vec<Case> {
    vec![
        case!("group-001", |db| {
            let rows = Track::find_all()
                .select((Track::GENRE_ID, Track::TRACK_ID.count()))
                .group_by(Track::GENRE_ID)
                .order_by((Track::TRACK_ID.count().desc(), Track::GENRE_ID.asc()))
                .limit(5)
                .exec(db)
                .await?;
            rows.into_iter().map(|(genre, n)| json!({ "GenreId": genre, "n": n })).collect::<Vec<Value>>()
        }),
        case!("group-002", |db| {
            let rows = Invoice::find_all()
                .select((Invoice::BILLING_COUNTRY, Invoice::INVOICE_ID.count()))
                .group_by(Invoice::BILLING_COUNTRY)
                .having(Invoice::INVOICE_ID.count().gt(20))
                .order_by(Invoice::BILLING_COUNTRY.asc())
                .exec(db)
                .await?;
            rows.into_iter().map(|(country, n)| json!({ "BillingCountry": country, "n": n })).collect::<Vec<Value>>()
        }),
        case!("group-003", |db| {
            let name = Album::ARTIST.col(Artist::NAME);
            let rows = Album::find_all()
                .filter(Album::ARTIST.col(Artist::ARTIST_ID).lt(12))
                .select((Album::ALBUM_ID.count(), name.clone()))
                .group_by((Album::ARTIST.col(Artist::ARTIST_ID), name.clone()))
                .order_by(name.asc())
                .exec(db)
                .await?;
            rows.into_iter().map(|(n, name)| json!({ "n": n, "artist.Name": name })).collect::<Vec<Value>>()
        }),
        case!("group-004", |db| {
            let rows = Customer::find_all()
                .filter(Customer::SUPPORT_REP_ID.in_([3, 4]))
                .select((Customer::COUNTRY, count_all(), Customer::CUSTOMER_ID.min()))
                .group_by(Customer::COUNTRY)
                .having(count_all().ge(3))
                .order_by(Customer::COUNTRY.asc())
                .exec(db)
                .await?;
            let row = |(country, n, first)| json!({ "Country": country, "n": n, "first": first });
            rows.into_iter().map(row).collect::<Vec<Value>>()
        }),
        case!("group-005", |db| {
            let rows = Film::find_all()
                .select((Film::RATING, Film::RENTAL_DURATION, Film::FILM_ID.count()))
                .group_by((Film::RATING, Film::RENTAL_DURATION))
                .having(Film::FILM_ID.count().gt(44))
                .order_by((Film::RATING.asc(), Film::RENTAL_DURATION.asc()))
                .exec(db)
                .await?;
            let row = |(rating, days, n)| json!({ "rating": rating, "rentalDuration": days, "n": n });
            rows.into_iter().map(row).collect::<Vec<Value>>()
        }),
    ]
}
