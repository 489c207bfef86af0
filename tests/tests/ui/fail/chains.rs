//! Chains whose relations do not follow each other.

use orm::prelude::*;

#[derive(Model)]
struct Country {
    #[orm(primary_key)]
    id: i64,
    cities: HasMany<City>,
    #[orm(through(Country::CITIES, Street::HOUSES))]
    gap: HasMany<House>,
    #[orm(through(City::STREETS, Street::HOUSES))]
    start: HasMany<House>,
    #[orm(through(Country::CITIES, City::STREETS))]
    end: HasMany<House>,
}

#[derive(Model)]
struct City {
    #[orm(primary_key)]
    id: i64,
    country_id: i64,
    streets: HasMany<Street>,
}

#[derive(Model)]
struct Street {
    #[orm(primary_key)]
    id: i64,
    city_id: i64,
    houses: HasMany<House>,
    #[orm(through(Street::HOUSES, House::FLATS))]
    flats: HasMany<Street>,
}

#[derive(Model)]
struct House {
    #[orm(primary_key)]
    id: i64,
    street_id: i64,
}

async fn wrong(db: &Database, country: &Country) -> Result<()> {
    let _ = country.end().create();
    Ok(())
}

fn main() {}
