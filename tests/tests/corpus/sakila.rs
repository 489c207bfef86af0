//! The models of sakila, as models.json of the corpus has them. Nothing else.

use chrono::{DateTime, NaiveDate, Utc};
use orm::prelude::*;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::json::as_text;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[orm(storage = "native", name = "enum_film_rating")]
pub(crate) enum Rating {
    #[orm(rename = "G")]
    #[serde(rename = "G")]
    G,
    #[orm(rename = "PG")]
    #[serde(rename = "PG")]
    Pg,
    #[orm(rename = "PG-13")]
    #[serde(rename = "PG-13")]
    Pg13,
    #[orm(rename = "R")]
    #[serde(rename = "R")]
    R,
    #[orm(rename = "NC-17")]
    #[serde(rename = "NC-17")]
    Nc17,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "language", timestamps(created_at = false, updated_at = last_update))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Language {
    #[orm(primary_key)]
    pub(crate) language_id: i32,
    #[orm(length = 20)]
    pub(crate) name: String,
    #[serde(serialize_with = "as_text")]
    pub(crate) last_update: DateTime<Utc>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) films: HasMany<Film>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "country", timestamps(created_at = false, updated_at = last_update))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Country {
    #[orm(primary_key)]
    pub(crate) country_id: i32,
    #[orm(length = 50)]
    pub(crate) country: String,
    #[serde(serialize_with = "as_text")]
    pub(crate) last_update: DateTime<Utc>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) cities: HasMany<City>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "city", timestamps(created_at = false, updated_at = last_update))]
#[serde(rename_all = "camelCase")]
pub(crate) struct City {
    #[orm(primary_key)]
    pub(crate) city_id: i32,
    #[orm(length = 50)]
    pub(crate) city: String,
    pub(crate) country_id: i32,
    #[serde(serialize_with = "as_text")]
    pub(crate) last_update: DateTime<Utc>,
    #[orm(belongs_to(key = country_id, references = country_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) country_ref: BelongsTo<Country>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) addresses: HasMany<Address>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "address", timestamps(created_at = false, updated_at = last_update))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Address {
    #[orm(primary_key)]
    pub(crate) address_id: i32,
    #[orm(length = 50)]
    pub(crate) address: String,
    #[orm(length = 50)]
    pub(crate) address2: Option<String>,
    #[orm(length = 20)]
    pub(crate) district: String,
    pub(crate) city_id: i32,
    #[orm(length = 10)]
    pub(crate) postal_code: Option<String>,
    #[orm(length = 20)]
    pub(crate) phone: String,
    #[serde(serialize_with = "as_text")]
    pub(crate) last_update: DateTime<Utc>,
    #[orm(belongs_to(references = city_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) city: BelongsTo<City>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) customers: HasMany<Customer>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "category", timestamps(created_at = false, updated_at = last_update))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Category {
    #[orm(primary_key)]
    pub(crate) category_id: i32,
    #[orm(length = 25)]
    pub(crate) name: String,
    #[serde(serialize_with = "as_text")]
    pub(crate) last_update: DateTime<Utc>,
    #[orm(belongs_to_many(key = category_id, other_key = film_id, other_references = film_id))]
    #[serde(skip_serializing_if = "BelongsToMany::not_loaded")]
    pub(crate) films: BelongsToMany<Film, FilmCategory>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "actor", timestamps(created_at = false, updated_at = last_update))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Actor {
    #[orm(primary_key)]
    pub(crate) actor_id: i32,
    #[orm(length = 45)]
    pub(crate) first_name: String,
    #[orm(length = 45)]
    pub(crate) last_name: String,
    #[serde(serialize_with = "as_text")]
    pub(crate) last_update: DateTime<Utc>,
    #[orm(belongs_to_many(key = actor_id, other_key = film_id, other_references = film_id))]
    #[serde(skip_serializing_if = "BelongsToMany::not_loaded")]
    pub(crate) films: BelongsToMany<Film, FilmActor>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "film", timestamps(created_at = false, updated_at = last_update))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Film {
    #[orm(primary_key)]
    pub(crate) film_id: i32,
    #[orm(length = 255)]
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) release_year: Option<i32>,
    pub(crate) language_id: i32,
    pub(crate) original_language_id: Option<i32>,
    #[orm(default = 3)]
    pub(crate) rental_duration: i16,
    #[orm(precision(4, 2), default = Decimal::new(499, 2))]
    #[serde(serialize_with = "as_text")]
    pub(crate) rental_rate: Decimal,
    pub(crate) length: Option<i16>,
    #[orm(precision(5, 2), default = Decimal::new(1999, 2))]
    #[serde(serialize_with = "as_text")]
    pub(crate) replacement_cost: Decimal,
    #[orm(default = Rating::G)]
    pub(crate) rating: Option<Rating>,
    #[orm(length = 100)]
    pub(crate) special_features: Option<String>,
    #[serde(serialize_with = "as_text")]
    pub(crate) last_update: DateTime<Utc>,
    #[orm(belongs_to(references = language_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) language: BelongsTo<Language>,
    #[orm(belongs_to(references = language_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) original_language: BelongsTo<Language>,
    #[orm(belongs_to_many(key = film_id, other_key = actor_id, other_references = actor_id))]
    #[serde(skip_serializing_if = "BelongsToMany::not_loaded")]
    pub(crate) actors: BelongsToMany<Actor, FilmActor>,
    #[orm(belongs_to_many(key = film_id, other_key = category_id, other_references = category_id))]
    #[serde(skip_serializing_if = "BelongsToMany::not_loaded")]
    pub(crate) categories: BelongsToMany<Category, FilmCategory>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) inventories: HasMany<Inventory>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "film_actor", timestamps(created_at = false, updated_at = last_update))]
#[serde(rename_all = "camelCase")]
pub(crate) struct FilmActor {
    #[orm(primary_key)]
    pub(crate) actor_id: i32,
    #[orm(primary_key)]
    pub(crate) film_id: i32,
    #[serde(serialize_with = "as_text")]
    pub(crate) last_update: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "film_category", timestamps(created_at = false, updated_at = last_update))]
#[serde(rename_all = "camelCase")]
pub(crate) struct FilmCategory {
    #[orm(primary_key)]
    pub(crate) film_id: i32,
    #[orm(primary_key)]
    pub(crate) category_id: i32,
    #[serde(serialize_with = "as_text")]
    pub(crate) last_update: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "store", timestamps(created_at = false, updated_at = last_update))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Store {
    #[orm(primary_key)]
    pub(crate) store_id: i32,
    pub(crate) manager_staff_id: i32,
    pub(crate) address_id: i32,
    #[serde(serialize_with = "as_text")]
    pub(crate) last_update: DateTime<Utc>,
    #[orm(belongs_to(key = manager_staff_id, references = staff_id, constraints = false))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) manager: BelongsTo<Staff>,
    #[orm(belongs_to(references = address_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) address: BelongsTo<Address>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) staff: HasMany<Staff>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) customers: HasMany<Customer>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) inventories: HasMany<Inventory>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "staff", timestamps(created_at = false, updated_at = last_update))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Staff {
    #[orm(primary_key)]
    pub(crate) staff_id: i32,
    #[orm(length = 45)]
    pub(crate) first_name: String,
    #[orm(length = 45)]
    pub(crate) last_name: String,
    pub(crate) address_id: i32,
    #[orm(length = 50)]
    pub(crate) email: Option<String>,
    pub(crate) store_id: i32,
    #[orm(default = true)]
    pub(crate) active: bool,
    #[orm(length = 16)]
    pub(crate) username: String,
    #[orm(length = 40)]
    pub(crate) password: Option<String>,
    #[serde(serialize_with = "as_text")]
    pub(crate) last_update: DateTime<Utc>,
    #[orm(has_one(key = manager_staff_id))]
    #[serde(skip_serializing_if = "HasOne::not_loaded")]
    pub(crate) managed_store: HasOne<Store>,
    #[orm(belongs_to(references = store_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) store: BelongsTo<Store>,
    #[orm(belongs_to(references = address_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) address: BelongsTo<Address>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) payments: HasMany<Payment>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "customer", timestamps(created_at = false, updated_at = last_update))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Customer {
    #[orm(primary_key)]
    pub(crate) customer_id: i32,
    pub(crate) store_id: i32,
    #[orm(length = 45)]
    pub(crate) first_name: String,
    #[orm(length = 45)]
    pub(crate) last_name: String,
    #[orm(length = 50)]
    pub(crate) email: Option<String>,
    pub(crate) address_id: i32,
    #[orm(default = true)]
    pub(crate) active: bool,
    #[serde(serialize_with = "as_text")]
    pub(crate) create_date: NaiveDate,
    #[serde(serialize_with = "as_text")]
    pub(crate) last_update: DateTime<Utc>,
    #[orm(belongs_to(references = store_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) store: BelongsTo<Store>,
    #[orm(belongs_to(references = address_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) address: BelongsTo<Address>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) rentals: HasMany<Rental>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) payments: HasMany<Payment>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "inventory", timestamps(created_at = false, updated_at = last_update))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Inventory {
    #[orm(primary_key)]
    pub(crate) inventory_id: i32,
    pub(crate) film_id: i32,
    pub(crate) store_id: i32,
    #[serde(serialize_with = "as_text")]
    pub(crate) last_update: DateTime<Utc>,
    #[orm(belongs_to(references = film_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) film: BelongsTo<Film>,
    #[orm(belongs_to(references = store_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) store: BelongsTo<Store>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) rentals: HasMany<Rental>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "rental", timestamps(created_at = false, updated_at = last_update))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rental {
    #[orm(primary_key)]
    pub(crate) rental_id: i32,
    #[serde(serialize_with = "as_text")]
    pub(crate) rental_date: DateTime<Utc>,
    pub(crate) inventory_id: i32,
    pub(crate) customer_id: i32,
    #[serde(serialize_with = "as_text")]
    pub(crate) return_date: Option<DateTime<Utc>>,
    pub(crate) staff_id: i32,
    #[serde(serialize_with = "as_text")]
    pub(crate) last_update: DateTime<Utc>,
    #[orm(belongs_to(references = customer_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) customer: BelongsTo<Customer>,
    #[orm(belongs_to(references = inventory_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) inventory: BelongsTo<Inventory>,
    #[orm(belongs_to(references = staff_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) staff: BelongsTo<Staff>,
    #[orm(has_many)]
    #[serde(skip_serializing_if = "HasMany::not_loaded")]
    pub(crate) payments: HasMany<Payment>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Model)]
#[orm(table = "payment")]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payment {
    #[orm(primary_key)]
    pub(crate) payment_id: i32,
    pub(crate) customer_id: i32,
    pub(crate) staff_id: i32,
    pub(crate) rental_id: Option<i32>,
    #[orm(precision(5, 2))]
    #[serde(serialize_with = "as_text")]
    pub(crate) amount: Decimal,
    #[serde(serialize_with = "as_text")]
    pub(crate) payment_date: DateTime<Utc>,
    #[orm(belongs_to(references = rental_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) rental: BelongsTo<Rental>,
    #[orm(belongs_to(references = customer_id))]
    #[serde(skip_serializing_if = "BelongsTo::not_loaded")]
    pub(crate) customer: BelongsTo<Customer>,
}
