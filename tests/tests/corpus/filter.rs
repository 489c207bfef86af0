//! Cases of `where`.

use orm::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

use crate::chinook::{Album, Artist, Customer, Employee, Genre, Invoice, MediaType, Track};
use crate::data::Backend;
use crate::json::{as_text, attempt};
use crate::sakila::{Category, Film, Rating, Rental};
use crate::{Case, DOES_NOT_COMPILE, camel_rows, case, chinook_rows, sakila};

chinook_rows!(TrackName of Track { track_id: i32, name: String, });

fn cents(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

/// The cases.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = operators();
    cases.extend(values());
    cases
}

fn operators() -> Vec<Case> {
    vec![
        case!("where-001", |db| {
            let tracks = Track::find_all().filter(Track::ALBUM_ID.eq(1).and(Track::MEDIA_TYPE_ID.eq(1)));
            tracks.project::<TrackName>().order_by(Track::TRACK_ID.asc()).limit(5).exec(db).await?
        }),
        case!("where-002", |db| {
            json!({
                "eq": Artist::find_all().filter(Artist::NAME.eq("AC/DC")).exec(db).await?,
                "ne": Track::count().filter(Track::COMPOSER.ne("U2")).exec(db).await?,
            })
        }),
        case!("where-003", |db| {
            chinook_rows!(Length of Track { track_id: i32, milliseconds: i32, });
            Track::find_all()
                .project::<Length>()
                .filter(Track::MILLISECONDS.gt(100_000).and(Track::MILLISECONDS.le(110_000)))
                .filter(Track::TRACK_ID.ge(100).and(Track::TRACK_ID.lt(1000)))
                .order_by(Track::TRACK_ID.asc())
                .exec(db)
                .await?
        }),
        case!("where-004", |db| {
            chinook_rows!(Sum of Invoice {
                invoice_id: i32,
                #[serde(serialize_with = "as_text")]
                total: Decimal,
            });
            let between = Invoice::find_all().filter(Invoice::TOTAL.between(cents(1700), cents(2200)));
            json!({
                "between": between.project::<Sum>().order_by(Invoice::INVOICE_ID.asc()).exec(db).await?,
                "notBetween": Invoice::count().filter(Invoice::TOTAL.not_between(cents(100), cents(2000))).exec(db).await?,
            })
        }),
        case!("where-005", |db| {
            let genres = Genre::find_all().order_by(Genre::GENRE_ID.asc());
            let none: [i32; 0] = [];
            json!({
                "shorthand": genres.clone().filter(Genre::GENRE_ID.in_([1, 3, 5])).exec(db).await?,
                "explicit": genres.clone().filter(Genre::NAME.in_(["Rock", "Jazz"])).exec(db).await?,
                "empty": genres.clone().filter(Genre::GENRE_ID.in_(none)).exec(db).await?,
                "emptyIn": genres.filter(Genre::GENRE_ID.in_(Vec::<i32>::new())).exec(db).await?,
            })
        }),
        case!("where-006", |db| {
            let some = MediaType::find_all().filter(MediaType::MEDIA_TYPE_ID.not_in([1, 2, 3]));
            let none: [i32; 0] = [];
            json!({
                "some": some.order_by(MediaType::MEDIA_TYPE_ID.asc()).exec(db).await?,
                "empty": MediaType::count().filter(MediaType::MEDIA_TYPE_ID.not_in(none)).exec(db).await?,
            })
        }),
        case!("where-007", |db| {
            let like = Artist::find_all().filter(Artist::NAME.like("Black%")).order_by(Artist::ARTIST_ID.asc());
            let not_like = Genre::find_all().filter(Genre::NAME.not_like("%o%")).order_by(Genre::GENRE_ID.asc());
            json!({ "like": like.exec(db).await?, "notLike": not_like.exec(db).await? })
        }),
        case!("where-008", |db| {
            let albums = Album::find_all().order_by(Album::ALBUM_ID.asc());
            json!({
                "starts": albums.clone().filter(Album::TITLE.starts_with("The B")).exec(db).await?,
                "ends": albums.clone().filter(Album::TITLE.ends_with("Hits")).exec(db).await?,
                "sub": albums.filter(Album::TITLE.contains("Live")).limit(5).exec(db).await?,
            })
        })
        .differs_on(
            &[Backend::Sqlite],
            &["/ends"],
            "`ends_with` minds letter case where `=` does; `iends_with` ignores it",
        ),
        case!("where-009", |db| {
            let artists = Artist::find_all().filter(Artist::NAME.lower().like("%metal%"));
            artists.order_by(Artist::ARTIST_ID.asc()).exec(db).await?
        }),
        case!("where-010", |db| attempt(Artist::find_all().filter(Artist::NAME.ilike("u2")).exec(db).await))
            .answers_as(
                Backend::Postgres,
                &[Backend::Sqlite, Backend::Mariadb, Backend::Mysql],
                &[""],
                "`ilike` works on every database",
            ),
        case!("where-011", |db| {
            chinook_rows!(Line of Employee { employee_id: i32, reports_to: Option<i32>, });
            let top = Employee::find_all().filter(Employee::REPORTS_TO.is_null());
            json!({
                "shorthand": top.project::<Line>().exec(db).await?,
                "is": Customer::count().filter(Customer::COMPANY.is_null()).exec(db).await?,
                "not": Customer::count().filter(Customer::COMPANY.is_not_null()).exec(db).await?,
                "ne": Customer::count().filter(Customer::STATE.is_not_null()).exec(db).await?,
            })
        }),
        case!("where-012", |db| {
            json!({
                "value": Genre::count().filter(Genre::NAME.ne("Rock")).exec(db).await?,
                "array": Genre::count().filter(Genre::GENRE_ID.not_in([1, 2, 3])).exec(db).await?,
                "nested": Genre::find_all().filter(!Genre::NAME.like("%a%")).order_by(Genre::GENRE_ID.asc()).exec(db).await?,
            })
        }),
        case!("where-013", |db| {
            chinook_rows!(Home of Customer { customer_id: i32, country: Option<String>, });
            let country = Customer::COUNTRY;
            Customer::find_all()
                .project::<Home>()
                .filter(country.eq("Norway").or(country.like("Ire%")).or(country.eq("Chile")))
                .order_by(Customer::CUSTOMER_ID.asc())
                .exec(db)
                .await?
        }),
        case!("where-014", |db| {
            chinook_rows!(TrackRow of Track {
                track_id: i32,
                name: String,
                genre_id: Option<i32>,
                #[serde(serialize_with = "as_text")]
                unit_price: Decimal,
            });
            let long_rock = Track::GENRE_ID.eq(1).and(Track::MILLISECONDS.gt(900_000));
            Track::find_all()
                .project::<TrackRow>()
                .filter(long_rock.or(Track::GENRE_ID.eq(25)).or(Track::NAME.eq("Koyaanisqatsi")))
                .order_by(Track::TRACK_ID.asc())
                .exec(db)
                .await?
        }),
        case!("where-015", |db| {
            json!({
                "opCol": Invoice::count().filter(Invoice::BILLING_CITY.eq(Invoice::BILLING_STATE)).exec(db).await?,
                "colFn": Track::count().filter(Track::MILLISECONDS.gt(Track::BYTES)).exec(db).await?,
            })
        }),
        case!("where-016", |db| {
            let artists = Artist::find_all().order_by(Artist::ARTIST_ID.asc());
            let both = Artist::NAME.length().eq(3).and(Artist::ARTIST_ID.lt(200));
            json!({
                "fnLeft": artists.clone().filter(Artist::NAME.length().le(2)).exec(db).await?,
                "literal": Artist::count().filter(orm::raw("1 = 0", ())).exec(db).await?,
                "and": artists.filter(both).exec(db).await?,
            })
        }),
        case!("where-024", |db| {
            let artists = Artist::find_all().filter(Artist::NAME.regexp("^(U2|R\\.E\\.M)"));
            let genres = Genre::find_all().filter(Genre::NAME.not_regexp("[aeo]"));
            json!({
                "re": artists.order_by(Artist::ARTIST_ID.asc()).exec(db).await?,
                "not": genres.order_by(Genre::GENRE_ID.asc()).exec(db).await?,
            })
        }),
        case!("where-025", |db| {
            let genres = Genre::find_all().order_by(Genre::GENRE_ID.asc());
            json!({
                "iRegexp": genres.clone().filter(Genre::NAME.iregexp("^r")).exec(db).await?,
                "iLike": genres.filter(Genre::NAME.ilike("%POP%")).exec(db).await?,
                "notILike": Genre::count().filter(Genre::NAME.not_ilike("%r%")).exec(db).await?,
            })
        }),
        case!("where-026", |db| {
            let genres = Genre::find_all().order_by(Genre::GENRE_ID.asc());
            let greatest = Genre::find_all().filter(Genre::GENRE_ID.lt(24)).select(Genre::GENRE_ID.max());
            let any = any_of(["R%", "J%"].map(|pattern| Genre::NAME.like(pattern)));
            let all = all_of(["%r%", "%k%"].map(|pattern| Genre::NAME.ilike(pattern)));
            json!({
                "anyArray": DOES_NOT_COMPILE,
                "anyValues": genres.clone().filter(Genre::GENRE_ID.in_([2, 4])).exec(db).await?,
                "anyLiteral": Genre::count().filter(Genre::GENRE_ID.in_([2, 4])).exec(db).await?,
                "gtAll": genres.clone().filter(Genre::GENRE_ID.gt(greatest)).exec(db).await?,
                "likeAny": genres.clone().filter(any).exec(db).await?,
                "iLikeAll": genres.filter(all).exec(db).await?,
            })
        })
        .differs(&["/anyArray"], "Sequelize's error: a list is `in_`, always"),
        case!("where-027", |db| {
            chinook_rows!(EmployeeRow of Employee { employee_id: i32, title: Option<String>, city: Option<String>, });
            let late = Employee::TITLE.like("IT%").and(Employee::EMPLOYEE_ID.gt(6));
            let employees = Employee::find_all().filter(Employee::CITY.eq("Edmonton").or(late));
            employees.project::<EmployeeRow>().order_by(Employee::EMPLOYEE_ID.asc()).exec(db).await?
        }),
    ]
}

fn values() -> Vec<Case> {
    vec![
        case!("where-017", |db| {
            let quote = Track::find_all().project::<TrackName>().filter(Track::NAME.starts_with("Don't"));
            json!({
                "quote": quote.order_by(Track::TRACK_ID.asc()).limit(4).exec(db).await?,
                "underscore": Track::count().filter(Track::NAME.contains("_")).exec(db).await?,
                "percent": Track::count().filter(Track::NAME.contains("%")).exec(db).await?,
                "backslash": Track::count().filter(Track::NAME.eq("a\\b")).exec(db).await?,
                "slash": Artist::find_one().filter(Artist::NAME.eq("AC/DC")).exec(db).await?,
            })
        })
        .differs(&["/underscore", "/percent"], "`contains` looks for the text: `%` and `_` in it are escaped"),
        case!("where-018", |db| {
            use chrono::{DateTime, NaiveDate, Utc};
            use sakila::Customer;
            camel_rows!(RentalRow of Rental {
                rental_id: i32,
                #[serde(serialize_with = "as_text")]
                rental_date: DateTime<Utc>,
                #[serde(serialize_with = "as_text")]
                return_date: Option<DateTime<Utc>>,
            });
            let day: NaiveDate = "2006-02-14".parse().unwrap();
            let time: DateTime<Utc> = "2005-05-24T23:00:00Z".parse().unwrap();
            let early = Rental::find_all().project::<RentalRow>().filter(Rental::RENTAL_DATE.lt(time));
            json!({
                "bool": Customer::count().filter(Customer::ACTIVE.eq(false)).exec(db).await?,
                "dateonly": Customer::count().filter(Customer::CREATE_DATE.eq(day)).exec(db).await?,
                "date": early.order_by(Rental::RENTAL_ID.asc()).exec(db).await?,
                "isNull": Rental::count().filter(Rental::RETURN_DATE.is_null()).exec(db).await?,
            })
        }),
        case!("where-019", |db| {
            camel_rows!(FilmRow of Film {
                film_id: i32,
                title: String,
                rating: Option<Rating>,
                #[serde(serialize_with = "as_text")]
                rental_rate: Decimal,
                #[serde(serialize_with = "as_text")]
                replacement_cost: Decimal,
            });
            let both = Film::RATING.in_([Rating::G, Rating::Nc17]).and(Film::RENTAL_RATE.ge(Decimal::from(4)));
            let both = Film::find_all().project::<FilmRow>().filter(both.and(Film::LENGTH.gt(183)));
            json!({
                "enums": Film::count().filter(Film::RATING.eq(Rating::Pg13)).exec(db).await?,
                "dec": Film::count().filter(Film::RENTAL_RATE.eq(cents(99))).exec(db).await?,
                "decIn": Film::count().filter(Film::REPLACEMENT_COST.in_([cents(999), cents(1099)])).exec(db).await?,
                "both": both.order_by(Film::FILM_ID.asc()).exec(db).await?,
            })
        }),
        case!("where-020", |db| {
            let none: [Condition<Category>; 0] = [];
            json!({
                "or": Category::count().filter(any_of(none.clone())).exec(db).await?,
                "and": Category::count().filter(all_of(none.clone())).exec(db).await?,
                "empty": Category::count().exec(db).await?,
                "orObj": Category::count().filter(any_of(none.clone())).exec(db).await?,
                "not": Category::count().filter(!all_of(none)).exec(db).await?,
            })
        }),
        case!("where-021", |_db| DOES_NOT_COMPILE)
            .differs(&[""], "a filter without a value does not compile; one that may be missing is `filter_if`"),
        case!("where-022", |_db| DOES_NOT_COMPILE)
            .differs(&[""], "a column that the model does not have does not compile"),
        case!("where-023", |db| {
            let many = Album::find_all().select(Album::ARTIST_ID).group_by(Album::ARTIST_ID).having(count_all().gt(9));
            Artist::find_all().filter(Artist::ARTIST_ID.in_(many)).order_by(Artist::ARTIST_ID.asc()).exec(db).await?
        }),
    ]
}
