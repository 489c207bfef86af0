//! What `orm pull` makes of `sakila`. Written by the test.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
#[orm(table = "actor")]
pub struct Actor {
    #[orm(primary_key)]
    pub actor_id: i32,
    #[orm(length = 45)]
    pub first_name: String,
    #[orm(length = 45)]
    pub last_name: String,
    #[orm(type = "datetime")]
    pub last_update: orm::chrono::NaiveDateTime,
    pub film_actors: HasMany<FilmActor>,
    pub films: BelongsToMany<Film, FilmActor>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "address")]
pub struct Address {
    #[orm(primary_key)]
    pub address_id: i32,
    #[orm(length = 50)]
    pub address: String,
    #[orm(length = 50)]
    pub address2: Option<String>,
    #[orm(length = 20)]
    pub district: String,
    pub city_id: i32,
    #[orm(length = 10)]
    pub postal_code: Option<String>,
    #[orm(length = 20)]
    pub phone: String,
    #[orm(type = "datetime")]
    pub last_update: orm::chrono::NaiveDateTime,
    pub city: BelongsTo<City>,
    pub customers: HasMany<Customer>,
    pub staff: HasMany<Staff>,
    pub stores: HasMany<Store>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "category")]
pub struct Category {
    #[orm(primary_key)]
    pub category_id: i32,
    #[orm(length = 25)]
    pub name: String,
    #[orm(type = "datetime")]
    pub last_update: orm::chrono::NaiveDateTime,
    pub film_categories: HasMany<FilmCategory>,
    pub films: BelongsToMany<Film, FilmCategory>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "city")]
pub struct City {
    #[orm(primary_key)]
    pub city_id: i32,
    #[orm(length = 50)]
    pub city: String,
    pub country_id: i32,
    #[orm(type = "datetime")]
    pub last_update: orm::chrono::NaiveDateTime,
    pub country: BelongsTo<Country>,
    pub addresses: HasMany<Address>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "country")]
pub struct Country {
    #[orm(primary_key)]
    pub country_id: i32,
    #[orm(length = 50)]
    pub country: String,
    #[orm(type = "datetime")]
    pub last_update: orm::chrono::NaiveDateTime,
    pub cities: HasMany<City>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "customer")]
pub struct Customer {
    #[orm(primary_key)]
    pub customer_id: i32,
    pub store_id: i32,
    #[orm(length = 45)]
    pub first_name: String,
    #[orm(length = 45)]
    pub last_name: String,
    #[orm(length = 50)]
    pub email: Option<String>,
    pub address_id: i32,
    #[orm(default = true)]
    pub active: bool,
    pub create_date: orm::chrono::NaiveDate,
    #[orm(type = "datetime")]
    pub last_update: orm::chrono::NaiveDateTime,
    pub address: BelongsTo<Address>,
    pub store: BelongsTo<Store>,
    pub payments: HasMany<Payment>,
    pub rentals: HasMany<Rental>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "film")]
pub struct Film {
    #[orm(primary_key)]
    pub film_id: i32,
    #[orm(length = 255)]
    pub title: String,
    #[orm(type = "text")]
    pub description: Option<String>,
    pub release_year: Option<i32>,
    pub language_id: i32,
    pub original_language_id: Option<i32>,
    #[orm(default = 3)]
    pub rental_duration: i16,
    #[orm(precision(4, 2), default_sql = "4.99")]
    pub rental_rate: orm::rust_decimal::Decimal,
    pub length: Option<i16>,
    #[orm(precision(5, 2), default_sql = "19.99")]
    pub replacement_cost: orm::rust_decimal::Decimal,
    #[orm(default = FilmRating::G)]
    pub rating: Option<FilmRating>,
    #[orm(length = 100)]
    pub special_features: Option<String>,
    #[orm(type = "datetime")]
    pub last_update: orm::chrono::NaiveDateTime,
    pub language: BelongsTo<Language>,
    pub original_language: BelongsTo<Language>,
    pub film_actors: HasMany<FilmActor>,
    pub film_categories: HasMany<FilmCategory>,
    pub inventories: HasMany<Inventory>,
    pub actors: BelongsToMany<Actor, FilmActor>,
    pub categories: BelongsToMany<Category, FilmCategory>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[orm(storage = "native")]
pub enum FilmRating {
    #[orm(rename = "G")]
    G,
    #[orm(rename = "PG")]
    Pg,
    #[orm(rename = "PG-13")]
    Pg13,
    #[orm(rename = "R")]
    R,
    #[orm(rename = "NC-17")]
    Nc17,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "film_actor", primary_key(actor_id, film_id))]
pub struct FilmActor {
    pub actor_id: i32,
    pub film_id: i32,
    #[orm(type = "datetime")]
    pub last_update: orm::chrono::NaiveDateTime,
    pub actor: BelongsTo<Actor>,
    pub film: BelongsTo<Film>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "film_category", primary_key(film_id, category_id))]
pub struct FilmCategory {
    pub film_id: i32,
    pub category_id: i32,
    #[orm(type = "datetime")]
    pub last_update: orm::chrono::NaiveDateTime,
    pub category: BelongsTo<Category>,
    pub film: BelongsTo<Film>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "inventory")]
pub struct Inventory {
    #[orm(primary_key)]
    pub inventory_id: i32,
    pub film_id: i32,
    pub store_id: i32,
    #[orm(type = "datetime")]
    pub last_update: orm::chrono::NaiveDateTime,
    pub film: BelongsTo<Film>,
    pub store: BelongsTo<Store>,
    pub rentals: HasMany<Rental>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "language")]
pub struct Language {
    #[orm(primary_key)]
    pub language_id: i32,
    #[orm(length = 20)]
    pub name: String,
    #[orm(type = "datetime")]
    pub last_update: orm::chrono::NaiveDateTime,
    pub language_films: HasMany<Film>,
    #[orm(key = original_language_id)]
    pub original_language_films: HasMany<Film>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "payment")]
pub struct Payment {
    #[orm(primary_key)]
    pub payment_id: i32,
    pub customer_id: i32,
    pub staff_id: i32,
    pub rental_id: Option<i32>,
    #[orm(precision(5, 2))]
    pub amount: orm::rust_decimal::Decimal,
    #[orm(type = "datetime")]
    pub payment_date: orm::chrono::NaiveDateTime,
    pub customer: BelongsTo<Customer>,
    pub rental: BelongsTo<Rental>,
    pub staff: BelongsTo<Staff>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "rental")]
pub struct Rental {
    #[orm(primary_key)]
    pub rental_id: i32,
    #[orm(type = "datetime")]
    pub rental_date: orm::chrono::NaiveDateTime,
    pub inventory_id: i32,
    pub customer_id: i32,
    #[orm(type = "datetime")]
    pub return_date: Option<orm::chrono::NaiveDateTime>,
    pub staff_id: i32,
    #[orm(type = "datetime")]
    pub last_update: orm::chrono::NaiveDateTime,
    pub customer: BelongsTo<Customer>,
    pub inventory: BelongsTo<Inventory>,
    pub staff: BelongsTo<Staff>,
    pub payments: HasMany<Payment>,
}

#[derive(Debug, Clone, Model)]
pub struct Staff {
    #[orm(primary_key)]
    pub staff_id: i32,
    #[orm(length = 45)]
    pub first_name: String,
    #[orm(length = 45)]
    pub last_name: String,
    pub address_id: i32,
    #[orm(length = 50)]
    pub email: Option<String>,
    pub store_id: i32,
    #[orm(default = true)]
    pub active: bool,
    #[orm(length = 16)]
    pub username: String,
    #[orm(length = 40)]
    pub password: Option<String>,
    #[orm(type = "datetime")]
    pub last_update: orm::chrono::NaiveDateTime,
    pub address: BelongsTo<Address>,
    pub store: BelongsTo<Store>,
    pub payments: HasMany<Payment>,
    pub rentals: HasMany<Rental>,
    #[orm(key = manager_staff_id)]
    pub stores: HasMany<Store>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "store")]
pub struct Store {
    #[orm(primary_key)]
    pub store_id: i32,
    pub manager_staff_id: i32,
    pub address_id: i32,
    #[orm(type = "datetime")]
    pub last_update: orm::chrono::NaiveDateTime,
    pub address: BelongsTo<Address>,
    pub manager_staff: BelongsTo<Staff>,
    pub customers: HasMany<Customer>,
    pub inventories: HasMany<Inventory>,
    pub staff: HasMany<Staff>,
}
