//! The world's countries, their subdivisions and currencies as ISO 3166 and ISO 4217 list them: thousands of rows of real
//! data, and ten questions about them. `cargo run --example world`; `DATABASE_URL` names another database than SQLite.

use examples::{database, show};
use iso_currency::{Currency as Iso4217, IntoEnumIterator};
use orm::prelude::*;

/// A country of ISO 3166-1.
#[derive(Debug, Clone, Model)]
struct Country {
    #[orm(primary_key, length = 2)]
    code: String,
    #[orm(unique, length = 3)]
    alpha3: String,
    #[orm(length = 60)]
    name: String,
    #[orm(key = country_code)]
    subdivisions: HasMany<Subdivision>,
    #[orm(through = Tender, key = country_code, other_key = currency_code)]
    currencies: BelongsToMany<Currency>,
}

/// A province, state, district or the like of ISO 3166-2.
#[derive(Debug, Clone, Model)]
#[orm(index(country_code, kind))]
struct Subdivision {
    #[orm(primary_key, length = 6)]
    code: String,
    #[orm(length = 2)]
    country_code: String,
    #[orm(length = 80)]
    name: String,
    #[orm(length = 60)]
    kind: String,
    #[orm(key = country_code)]
    country: BelongsTo<Country>,
}

/// A currency of ISO 4217.
#[derive(Debug, Clone, Model)]
struct Currency {
    #[orm(primary_key, length = 3)]
    code: String,
    #[orm(length = 60)]
    name: String,
    /// Digits after the point; gold has none.
    digits: Option<i32>,
    #[orm(length = 3)]
    successor_code: Option<String>,
    #[orm(key = successor_code)]
    successor: BelongsTo<Currency>,
    #[orm(through = Tender, key = currency_code, other_key = country_code)]
    countries: BelongsToMany<Country>,
}

/// What is legal tender where.
#[derive(Debug, Clone, Model)]
#[orm(primary_key(country_code, currency_code))]
struct Tender {
    #[orm(length = 2)]
    country_code: String,
    #[orm(length = 3)]
    currency_code: String,
    #[orm(key = country_code)]
    country: BelongsTo<Country>,
    #[orm(key = currency_code)]
    currency: BelongsTo<Currency>,
}

/// What a list of countries shows: the shape of the struct is the shape of the query.
#[derive(Debug, Projection)]
#[orm(model = Country)]
struct Card {
    code: String,
    name: String,
    #[orm(count = subdivisions)]
    subdivisions: i64,
    #[orm(count = currencies)]
    currencies: i64,
}

type Tables = (Country, Subdivision, Currency, Tender);

#[tokio::main]
async fn main() -> Result<()> {
    let db = database().await?;
    db.drop_tables::<Tables>().await?;
    db.create_tables::<Tables>().await?;
    load(&db).await?;
    countries_and_subdivisions(&db).await?;
    currencies(&db).await?;
    db.drop_tables::<Tables>().await
}

/// Everything in one transaction, a few statements per table.
async fn load(db: &Database) -> Result<()> {
    let countries = rust_iso3166::ALL.iter();
    let countries =
        countries.map(|country| Country::create().code(country.alpha2).alpha3(country.alpha3).name(country.name));

    let subdivisions = rust_iso3166::ALL.iter().flat_map(|country| country.subdivisions().unwrap_or_default().to_vec());
    let subdivisions = subdivisions.map(|part| {
        let create = Subdivision::create().code(part.code).country_code(part.country_code);
        create.name(part.name).kind(part.subdivision_type)
    });

    // Currencies that others succeeded come last: those that they point at must be there.
    let (replaced, current): (Vec<_>, Vec<_>) =
        Iso4217::iter().partition(|currency| currency.is_superseded().is_some());
    let currencies = current.iter().chain(&replaced).map(|currency| {
        let create = Currency::create().code(currency.code()).name(currency.name());
        let successor = currency.is_superseded().map(|successor| successor.code().to_owned());
        create.digits(currency.exponent().map(i32::from)).successor_code(successor)
    });

    let tender = Iso4217::iter().flat_map(|currency| {
        let countries = currency.used_by().into_iter();
        countries.map(move |country| Tender::create().country_code(country.to_string()).currency_code(currency.code()))
    });

    let rows = db
        .transaction(async |tx| {
            Ok([
                ("countries", Country::bulk_create(countries).count(tx).await?),
                ("subdivisions", Subdivision::bulk_create(subdivisions).count(tx).await?),
                ("currencies", Currency::bulk_create(currencies).count(tx).await?),
                ("pairs of country and currency", Tender::bulk_create(tender).count(tx).await?),
            ])
        })
        .await?;
    show("Loaded", ["Table", "Rows"], &rows.map(|(table, rows)| (table, rows)));
    Ok(())
}

async fn countries_and_subdivisions(db: &Database) -> Result<()> {
    let cards = Country::find_all().project::<Card>();
    let cards = cards.order_by((Country::SUBDIVISIONS.count().desc(), Country::CODE.asc())).limit(5).exec(db).await?;
    let cards: Vec<_> =
        cards.into_iter().map(|card| (card.code, card.name, card.subdivisions, card.currencies)).collect();
    show("1. Which countries have the most subdivisions?", ["", "Country", "Subdivisions", "Currencies"], &cards);

    let kinds = Subdivision::find_all()
        .select((Subdivision::KIND, Subdivision::COUNTRY_CODE.count_distinct(), count_all()))
        .group_by(Subdivision::KIND)
        .having(Subdivision::COUNTRY_CODE.count_distinct().ge(20))
        .order_by((Subdivision::COUNTRY_CODE.count_distinct().desc(), Subdivision::KIND.asc()))
        .exec(db)
        .await?;
    show("2. Which kinds of subdivision do 20 countries or more have?", ["Kind", "Countries", "Subdivisions"], &kinds);

    let whole = Country::find_and_count_all()
        .filter(Country::SUBDIVISIONS.is_empty())
        .order_by(Country::CODE.desc())
        .limit(5)
        .select((Country::CODE, Country::NAME))
        .exec(db)
        .await?;
    let question = format!("3. Which countries have no subdivisions? The last of {}:", whole.count);
    show(&question, ["", "Country"], &whole.rows);

    let uniform = Country::find_all()
        .filter(Country::SUBDIVISIONS.exists() & Country::SUBDIVISIONS.all(Subdivision::KIND.eq("State")))
        .select((Country::NAME, Country::SUBDIVISIONS.count()))
        .order_by((Country::SUBDIVISIONS.count().desc(), Country::CODE.asc()))
        .exec(db)
        .await?;
    show("4. Which countries consist of states and nothing else?", ["Country", "States"], &uniform);

    let north = Subdivision::find_all()
        .filter(Subdivision::NAME.starts_with("Nord-").or(Subdivision::NAME.starts_with("North ")))
        .select((Subdivision::COUNTRY.col(Country::NAME), Subdivision::NAME, Subdivision::KIND))
        .order_by((Subdivision::COUNTRY.col(Country::CODE).asc(), Subdivision::CODE.asc()))
        .limit(8)
        .exec(db)
        .await?;
    show("5. What lies in the north?", ["Country", "Name", "Kind"], &north);

    let largest = Subdivision::NAME.length();
    let longest = Subdivision::find_all()
        .select((Subdivision::NAME, largest.clone(), Subdivision::COUNTRY.col(Country::NAME)))
        .order_by((largest.desc(), Subdivision::CODE.asc()))
        .limit(5)
        .exec(db)
        .await?;
    show("6. Which names are the longest?", ["Name", "Characters", "Country"], &longest);
    Ok(())
}

async fn currencies(db: &Database) -> Result<()> {
    let common = Currency::find_all()
        .select((Currency::CODE, Currency::NAME, Currency::COUNTRIES.count()))
        .filter(Currency::COUNTRIES.count().gt(4))
        .order_by((Currency::COUNTRIES.count().desc(), Currency::CODE.asc()))
        .exec(db)
        .await?;
    show("7. Which currencies are used by five countries or more?", ["", "Currency", "Countries"], &common);

    let several = Country::find_all()
        .include(Country::CURRENCIES.order_by(Currency::CODE.asc()))
        .filter(Country::CURRENCIES.count().gt(2))
        .order_by(Country::CODE.asc())
        .exec(db)
        .await?;
    let several = several.iter().map(|country| {
        let currencies = country.currencies.get()?.iter().map(|currency| currency.code.as_str());
        Ok((country.name.as_str(), currencies.collect::<Vec<_>>().join(", ")))
    });
    show("8. Which countries use more than two?", ["Country", "Currencies"], &several.collect::<Result<Vec<_>>>()?);

    let replaced = Currency::find_all()
        .include((Currency::SUCCESSOR.required(), Currency::COUNTRIES.order_by(Country::CODE.asc())))
        .order_by(Currency::CODE.asc())
        .exec(db)
        .await?;
    let replaced = replaced.iter().map(|currency| {
        let countries = currency.countries.get()?.iter().map(|country| country.name.as_str()).collect::<Vec<_>>();
        let successor = currency.successor.get()?.map(|successor| successor.name.as_str());
        Ok((currency.name.as_str(), successor, countries.join(", ")))
    });
    let replaced = replaced.collect::<Result<Vec<_>>>()?;
    show("9. Which currencies were replaced?", ["Currency", "By", "Used in"], &replaced);

    let parts = Tender::find_all()
        .join::<Currency>(Currency::CODE.free().eq(Tender::CURRENCY_CODE))
        .join::<Subdivision>(Subdivision::COUNTRY_CODE.free().eq(Tender::COUNTRY_CODE))
        .select((Currency::DIGITS, Tender::CURRENCY_CODE.count_distinct(), Subdivision::CODE.count()))
        .group_by(Currency::DIGITS)
        .order_by(Currency::DIGITS.asc().nulls_last())
        .exec(db)
        .await?;
    let question = "10. How many subdivisions pay with currencies of so many digits?";
    show(question, ["Digits", "Currencies", "Subdivisions"], &parts);
    Ok(())
}
