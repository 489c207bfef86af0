//! What `orm pull` makes of `odd`. Written by the test.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
#[orm(table = "Purchase")]
pub struct Purchase2 {
    #[orm(primary_key)]
    pub id: i32,
    #[orm(length = 20, default = "it's")]
    pub r#type: String,
    #[orm(column = "self", type = "text")]
    pub self_: Option<String>,
    #[orm(column = "2nd")]
    pub n2nd: Option<i32>,
    #[orm(column = "first name", length = 50)]
    pub first_name: Option<String>,
}

#[derive(Debug, Clone, Model)]
#[orm(primary_key(person_id, friend_id))]
pub struct Friendship {
    pub person_id: orm::uuid::Uuid,
    pub friend_id: orm::uuid::Uuid,
    pub since: Option<orm::chrono::NaiveDate>,
    pub person: BelongsTo<Person>,
    pub friend: BelongsTo<Person>,
}

#[derive(Debug, Clone, Model)]
#[orm(no_primary_key)]
pub struct LogLine {
    #[orm(type = "text")]
    pub line: String,
    #[orm(type = "blob")]
    pub data: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Model)]
#[orm(index(org_region, org_number), check(name = "members_age", "`age` >= 0"))]
pub struct Member {
    #[orm(primary_key)]
    pub id: i32,
    #[orm(length = 20)]
    pub org_region: String,
    pub org_number: i32,
    #[orm(unique)]
    pub person_id: orm::uuid::Uuid,
    pub age: i32,
    #[orm(key(org_region, org_number), references(region, number))]
    pub org: BelongsTo<Org>,
    pub person: BelongsTo<Person>,
}

#[derive(Debug, Clone, Model)]
pub struct Node {
    #[orm(primary_key)]
    pub id: i64,
    pub parent_id: Option<i64>,
    #[orm(length = 200)]
    pub path: String,
    #[orm(on_delete = cascade)]
    pub parent: BelongsTo<Node>,
    #[orm(key = parent_id)]
    pub children: HasMany<Node>,
}

/// What can be chosen.
#[derive(Debug, Clone, Model)]
#[orm(table = "options")]
pub struct OptionRow {
    /// It says "which".
    #[orm(primary_key, length = 10)]
    pub code: String,
    #[orm(default = true)]
    pub flag: bool,
    #[orm(default = 0.5)]
    pub ratio: Option<f64>,
    pub small: Option<i16>,
    pub tiny: Option<u8>,
    #[orm(type = "char(3)")]
    pub letter: Option<String>,
    pub doc: Option<orm::serde_json::Value>,
    #[orm(type = "mediumtext")]
    pub long_text: Option<String>,
    #[orm(type = "set('s','m')")]
    pub size: Option<String>,
    #[orm(type = "timestamp")]
    pub made: Option<DateTime<Utc>>,
    #[orm(type = "datetime")]
    pub at: Option<orm::chrono::NaiveDateTime>,
    pub exact: Option<orm::chrono::NaiveDateTime>,
    #[orm(type = "time")]
    pub clock: Option<orm::chrono::NaiveTime>,
    #[orm(type = "year")]
    pub y: Option<u16>,
    #[orm(type = "blob")]
    pub photo: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Model)]
#[orm(primary_key(region, number))]
pub struct Org {
    #[orm(length = 20)]
    pub region: String,
    pub number: i32,
    #[orm(length = 80, unique)]
    pub name: String,
    #[orm(key(org_region, org_number), references(region, number))]
    pub members: HasMany<Member>,
}

#[derive(Debug, Clone, Model)]
#[orm(index(desc(name), id))]
pub struct Person {
    #[orm(primary_key)]
    pub id: orm::uuid::Uuid,
    #[orm(length = 120, unique)]
    pub email: String,
    #[orm(length = 80)]
    pub name: Option<String>,
    #[orm(column = "boss")]
    pub boss_id: Option<orm::uuid::Uuid>,
    pub boss: BelongsTo<Person>,
    pub person_friendships: HasMany<Friendship>,
    #[orm(key = friend_id)]
    pub friend_friendships: HasMany<Friendship>,
    pub member: HasOne<Member>,
    #[orm(key = boss_id)]
    pub boss_people: HasMany<Person>,
    #[orm(key = seller_id)]
    pub seller_sales: HasMany<Sale>,
    #[orm(key = buyer_id)]
    pub buyer_sales: HasMany<Sale>,
    #[orm(other_key = friend_id)]
    pub friends: BelongsToMany<Person, Friendship>,
    #[orm(key = friend_id, other_key = person_id)]
    pub people: BelongsToMany<Person, Friendship>,
}

#[derive(Debug, Clone, Model)]
pub struct Purchase {
    #[orm(primary_key)]
    pub id: u64,
    #[orm(column = "exec", length = 10)]
    pub exec_: Option<String>,
    #[orm(type = "text")]
    pub b: Option<String>,
    #[orm(column = "b_", type = "text")]
    pub b_2: Option<String>,
    #[orm(precision(10, 2), default_sql = "9.90")]
    pub total: orm::rust_decimal::Decimal,
    #[orm(type = "enum('open','so-so','')", default = "open")]
    pub status: String,
}

#[derive(Debug, Clone, Model)]
pub struct Sale {
    #[orm(primary_key)]
    pub id: i32,
    #[orm(column = "seller")]
    pub seller_id: orm::uuid::Uuid,
    #[orm(column = "buyer")]
    pub buyer_id: Option<orm::uuid::Uuid>,
    #[orm(precision(10, 2))]
    pub net: orm::rust_decimal::Decimal,
    #[orm(precision(10, 2))]
    pub tax: orm::rust_decimal::Decimal,
    #[orm(precision(10, 2), generated = "`net` + `tax`")]
    pub gross: Option<orm::rust_decimal::Decimal>,
    pub seller: BelongsTo<Person>,
    #[orm(on_delete = set_null)]
    pub buyer: BelongsTo<Person>,
}
