//! What `orm pull` makes of `sakila`. Written by the test.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
#[orm(table = "language")]
pub struct Language {
    #[orm(primary_key)]
    pub language_id: i64,
    #[orm(length = 20)]
    pub name: String,
    #[orm(type = "DATETIME")]
    pub last_update: DateTime<Utc>,
    pub language_films: HasMany<Film>,
    #[orm(key = original_language_id)]
    pub original_language_films: HasMany<Film>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "country")]
pub struct Country {
    #[orm(primary_key)]
    pub country_id: i64,
    #[orm(length = 50)]
    pub country: String,
    #[orm(type = "DATETIME")]
    pub last_update: DateTime<Utc>,
    pub cities: HasMany<City>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "city")]
pub struct City {
    #[orm(primary_key)]
    pub city_id: i64,
    #[orm(length = 50)]
    pub city: String,
    #[orm(type = "INTEGER")]
    pub country_id: i64,
    #[orm(type = "DATETIME")]
    pub last_update: DateTime<Utc>,
    #[orm(index = false)]
    pub country: BelongsTo<Country>,
    pub addresses: HasMany<Address>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "address")]
pub struct Address {
    #[orm(primary_key)]
    pub address_id: i64,
    #[orm(length = 50)]
    pub address: String,
    #[orm(length = 50)]
    pub address2: Option<String>,
    #[orm(length = 20)]
    pub district: String,
    #[orm(type = "INTEGER")]
    pub city_id: i64,
    #[orm(length = 10)]
    pub postal_code: Option<String>,
    #[orm(length = 20)]
    pub phone: String,
    #[orm(type = "DATETIME")]
    pub last_update: DateTime<Utc>,
    #[orm(index = false)]
    pub city: BelongsTo<City>,
    pub stores: HasMany<Store>,
    pub staff: HasMany<Staff>,
    pub customers: HasMany<Customer>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "category")]
pub struct Category {
    #[orm(primary_key)]
    pub category_id: i64,
    #[orm(length = 25)]
    pub name: String,
    #[orm(type = "DATETIME")]
    pub last_update: DateTime<Utc>,
    pub film_categories: HasMany<FilmCategory>,
    pub films: BelongsToMany<Film, FilmCategory>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "actor")]
pub struct Actor {
    #[orm(primary_key)]
    pub actor_id: i64,
    #[orm(length = 45)]
    pub first_name: String,
    #[orm(length = 45)]
    pub last_name: String,
    #[orm(type = "DATETIME")]
    pub last_update: DateTime<Utc>,
    pub film_actors: HasMany<FilmActor>,
    pub films: BelongsToMany<Film, FilmActor>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "film")]
pub struct Film {
    #[orm(primary_key)]
    pub film_id: i64,
    #[orm(length = 255)]
    pub title: String,
    pub description: Option<String>,
    #[orm(type = "INTEGER")]
    pub release_year: Option<i64>,
    #[orm(type = "INTEGER")]
    pub language_id: i64,
    #[orm(type = "INTEGER")]
    pub original_language_id: Option<i64>,
    #[orm(type = "SMALLINT", default = 3)]
    pub rental_duration: i16,
    #[orm(precision(4, 2), default_sql = "4.99")]
    pub rental_rate: orm::rust_decimal::Decimal,
    #[orm(type = "SMALLINT")]
    pub length: Option<i16>,
    #[orm(precision(5, 2), default_sql = "19.99")]
    pub replacement_cost: orm::rust_decimal::Decimal,
    #[orm(default = "G")]
    pub rating: Option<String>,
    #[orm(length = 100)]
    pub special_features: Option<String>,
    #[orm(type = "DATETIME")]
    pub last_update: DateTime<Utc>,
    #[orm(index = false)]
    pub language: BelongsTo<Language>,
    #[orm(index = false)]
    pub original_language: BelongsTo<Language>,
    pub film_actors: HasMany<FilmActor>,
    pub film_categories: HasMany<FilmCategory>,
    pub inventories: HasMany<Inventory>,
    pub actors: BelongsToMany<Actor, FilmActor>,
    pub categories: BelongsToMany<Category, FilmCategory>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "film_actor", primary_key(actor_id, film_id))]
pub struct FilmActor {
    #[orm(type = "INTEGER")]
    pub actor_id: i64,
    #[orm(type = "INTEGER")]
    pub film_id: i64,
    #[orm(type = "DATETIME")]
    pub last_update: DateTime<Utc>,
    pub actor: BelongsTo<Actor>,
    #[orm(index = false)]
    pub film: BelongsTo<Film>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "film_category", primary_key(film_id, category_id))]
pub struct FilmCategory {
    #[orm(type = "INTEGER")]
    pub film_id: i64,
    #[orm(type = "INTEGER")]
    pub category_id: i64,
    #[orm(type = "DATETIME")]
    pub last_update: DateTime<Utc>,
    pub film: BelongsTo<Film>,
    #[orm(index = false)]
    pub category: BelongsTo<Category>,
}

// not in the model: the foreign key (manager_staff_id) to staff is deferrable
#[derive(Debug, Clone, Model)]
#[orm(table = "store")]
pub struct Store {
    #[orm(primary_key)]
    pub store_id: i64,
    #[orm(type = "INTEGER")]
    pub manager_staff_id: i64,
    #[orm(type = "INTEGER")]
    pub address_id: i64,
    #[orm(type = "DATETIME")]
    pub last_update: DateTime<Utc>,
    #[orm(index = false)]
    pub manager_staff: BelongsTo<Staff>,
    #[orm(index = false)]
    pub address: BelongsTo<Address>,
    pub staff: HasMany<Staff>,
    pub customers: HasMany<Customer>,
    pub inventories: HasMany<Inventory>,
}

#[derive(Debug, Clone, Model)]
pub struct Staff {
    #[orm(primary_key)]
    pub staff_id: i64,
    #[orm(length = 45)]
    pub first_name: String,
    #[orm(length = 45)]
    pub last_name: String,
    #[orm(type = "INTEGER")]
    pub address_id: i64,
    #[orm(length = 50)]
    pub email: Option<String>,
    #[orm(type = "INTEGER")]
    pub store_id: i64,
    #[orm(type = "TINYINT(1)", default = 1)]
    pub active: i64,
    #[orm(length = 16)]
    pub username: String,
    #[orm(length = 40)]
    pub password: Option<String>,
    #[orm(type = "DATETIME")]
    pub last_update: DateTime<Utc>,
    #[orm(index = false)]
    pub address: BelongsTo<Address>,
    #[orm(index = false)]
    pub store: BelongsTo<Store>,
    #[orm(key = manager_staff_id)]
    pub stores: HasMany<Store>,
    pub rentals: HasMany<Rental>,
    pub payments: HasMany<Payment>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "customer")]
pub struct Customer {
    #[orm(primary_key)]
    pub customer_id: i64,
    #[orm(type = "INTEGER")]
    pub store_id: i64,
    #[orm(length = 45)]
    pub first_name: String,
    #[orm(length = 45)]
    pub last_name: String,
    #[orm(length = 50)]
    pub email: Option<String>,
    #[orm(type = "INTEGER")]
    pub address_id: i64,
    #[orm(type = "TINYINT(1)", default = 1)]
    pub active: i64,
    #[orm(type = "DATE")]
    pub create_date: orm::chrono::NaiveDate,
    #[orm(type = "DATETIME")]
    pub last_update: DateTime<Utc>,
    #[orm(index = false)]
    pub store: BelongsTo<Store>,
    #[orm(index = false)]
    pub address: BelongsTo<Address>,
    pub rentals: HasMany<Rental>,
    pub payments: HasMany<Payment>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "inventory")]
pub struct Inventory {
    #[orm(primary_key)]
    pub inventory_id: i64,
    #[orm(type = "INTEGER")]
    pub film_id: i64,
    #[orm(type = "INTEGER")]
    pub store_id: i64,
    #[orm(type = "DATETIME")]
    pub last_update: DateTime<Utc>,
    #[orm(index = false)]
    pub film: BelongsTo<Film>,
    #[orm(index = false)]
    pub store: BelongsTo<Store>,
    pub rentals: HasMany<Rental>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "rental")]
pub struct Rental {
    #[orm(primary_key)]
    pub rental_id: i64,
    #[orm(type = "DATETIME")]
    pub rental_date: DateTime<Utc>,
    #[orm(type = "INTEGER")]
    pub inventory_id: i64,
    #[orm(type = "INTEGER")]
    pub customer_id: i64,
    #[orm(type = "DATETIME")]
    pub return_date: Option<DateTime<Utc>>,
    #[orm(type = "INTEGER")]
    pub staff_id: i64,
    #[orm(type = "DATETIME")]
    pub last_update: DateTime<Utc>,
    #[orm(index = false)]
    pub inventory: BelongsTo<Inventory>,
    #[orm(index = false)]
    pub customer: BelongsTo<Customer>,
    #[orm(index = false)]
    pub staff: BelongsTo<Staff>,
    pub payments: HasMany<Payment>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "payment")]
pub struct Payment {
    #[orm(primary_key)]
    pub payment_id: i64,
    #[orm(type = "INTEGER")]
    pub customer_id: i64,
    #[orm(type = "INTEGER")]
    pub staff_id: i64,
    #[orm(type = "INTEGER")]
    pub rental_id: Option<i64>,
    #[orm(precision(5, 2))]
    pub amount: orm::rust_decimal::Decimal,
    #[orm(type = "DATETIME")]
    pub payment_date: DateTime<Utc>,
    #[orm(index = false)]
    pub customer: BelongsTo<Customer>,
    #[orm(index = false)]
    pub staff: BelongsTo<Staff>,
    #[orm(index = false)]
    pub rental: BelongsTo<Rental>,
}
