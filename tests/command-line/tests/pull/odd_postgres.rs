//! What `orm pull` makes of `odd`. Written by the test.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
#[orm(table = "Order")]
pub struct Order2 {
    #[orm(primary_key)]
    pub id: i32,
    #[orm(default = "it's")]
    pub r#type: String,
    #[orm(column = "self")]
    pub self_: Option<String>,
    #[orm(column = "2nd")]
    pub n2nd: Option<i32>,
    #[orm(column = "first name")]
    pub first_name: Option<String>,
}

#[derive(Debug, Clone, Model)]
#[orm(primary_key(id, day))]
pub struct Event {
    pub id: i64,
    pub day: orm::chrono::NaiveDate,
}

#[derive(Debug, Clone, Model)]
#[orm(primary_key(person_id, friend_id))]
pub struct Friendship {
    pub person_id: orm::uuid::Uuid,
    pub friend_id: orm::uuid::Uuid,
    pub since: Option<orm::chrono::NaiveDate>,
    #[orm(index = false)]
    pub friend: BelongsTo<Person>,
    pub person: BelongsTo<Person>,
}

#[derive(Debug, Clone, Model)]
#[orm(no_primary_key)]
pub struct LogLine {
    pub line: String,
    pub data: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Model)]
pub struct Member {
    #[orm(primary_key)]
    pub id: i64,
    pub org_region: String,
    pub org_number: i32,
    #[orm(unique)]
    pub person_id: orm::uuid::Uuid,
    #[orm(check = "age >= 0")]
    pub age: i32,
    #[orm(key(org_region, org_number), references(region, number), index = false)]
    pub org: BelongsTo<Org>,
    pub person: BelongsTo<Person>,
}

#[derive(Debug, Clone, Model)]
pub struct Node {
    #[orm(primary_key)]
    pub id: i64,
    pub parent_id: Option<i64>,
    pub path: String,
    #[orm(on_delete = cascade)]
    pub parent: BelongsTo<Node>,
    #[orm(key = parent_id)]
    pub children: HasMany<Node>,
    pub sales: HasMany<Sale>,
}

/// What can be chosen.
#[derive(Debug, Clone, Model)]
#[orm(table = "options", index(tags, method = "gin"))]
pub struct OptionRow {
    /// It says "which".
    #[orm(primary_key, length = 10)]
    pub code: String,
    #[orm(default = true)]
    pub flag: bool,
    #[orm(default = 0.5)]
    pub ratio: Option<f64>,
    pub small: Option<i16>,
    #[orm(type = "character(3)")]
    pub letter: Option<String>,
    #[orm(default_sql = "'{}'")]
    pub doc: Option<orm::serde_json::Value>,
    #[orm(type = "json")]
    pub raw: Option<String>,
    #[orm(type = "inet")]
    pub address: Option<String>,
    #[orm(default_sql = "'{}'")]
    pub tags: Vec<Option<String>>,
    #[orm(type = "mood[]")]
    pub moods: Option<Vec<Option<String>>>,
    #[orm(type = "tsvector")]
    pub words: Option<String>,
    #[orm(type = "interval")]
    pub span: Option<String>,
    #[orm(type = "zip")]
    pub place: Option<String>,
}

#[derive(Debug, Clone, Model)]
pub struct Order {
    #[orm(primary_key)]
    pub id: i32,
    #[orm(column = "exec")]
    pub exec_: Option<String>,
    #[orm(column = "A")]
    pub a: Option<String>,
    #[orm(column = "a_")]
    pub a_2: Option<String>,
    #[orm(precision(10, 2), default_sql = "9.90")]
    pub total: orm::rust_decimal::Decimal,
    #[orm(default = OrdersStatus::Open)]
    pub status: OrdersStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[orm(storage = "native", name = "enum_orders_status")]
pub enum OrdersStatus {
    Open,
    Closed,
}

#[derive(Debug, Clone, Model)]
#[orm(primary_key(region, number))]
pub struct Org {
    pub region: String,
    pub number: i32,
    #[orm(unique)]
    pub name: String,
    #[orm(key(org_region, org_number), references(region, number))]
    pub members: HasMany<Member>,
}

// not in the model: the collation C of name
#[derive(Debug, Clone, Model)]
#[orm(unique(expression = "lower(email)"), index(desc(name), id, where = "name IS NOT NULL"))]
pub struct Person {
    #[orm(primary_key, default_sql = "gen_random_uuid()")]
    pub id: orm::uuid::Uuid,
    pub email: String,
    pub name: Option<String>,
    #[orm(type = "mood", default = "so-so")]
    pub mood: String,
    #[orm(column = "boss")]
    pub boss_id: Option<orm::uuid::Uuid>,
    pub born: Option<orm::chrono::NaiveDate>,
    #[orm(default_sql = "CURRENT_TIMESTAMP")]
    pub seen: DateTime<Utc>,
    pub at: Option<orm::chrono::NaiveTime>,
    pub made: Option<orm::chrono::NaiveDateTime>,
    #[orm(index = false)]
    pub boss: BelongsTo<Person>,
    #[orm(key = friend_id)]
    pub friend_friendships: HasMany<Friendship>,
    pub person_friendships: HasMany<Friendship>,
    pub member: HasOne<Member>,
    #[orm(key = boss_id)]
    pub boss_people: HasMany<Person>,
    #[orm(key = buyer_id)]
    pub buyer_sales: HasMany<Sale>,
    #[orm(key = seller_id)]
    pub seller_sales: HasMany<Sale>,
    #[orm(key = friend_id, other_key = person_id)]
    pub people: BelongsToMany<Person, Friendship>,
    #[orm(other_key = friend_id)]
    pub friends: BelongsToMany<Person, Friendship>,
}

#[derive(Debug, Clone, Model)]
pub struct Sale {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(column = "seller")]
    pub seller_id: orm::uuid::Uuid,
    #[orm(column = "buyer")]
    pub buyer_id: Option<orm::uuid::Uuid>,
    #[orm(column = "node", type = "integer")]
    pub node_id: Option<i64>,
    pub net: orm::rust_decimal::Decimal,
    pub tax: orm::rust_decimal::Decimal,
    #[orm(generated = "net + tax")]
    pub gross: Option<orm::rust_decimal::Decimal>,
    #[orm(on_delete = set_null, index = false)]
    pub buyer: BelongsTo<Person>,
    #[orm(index = false)]
    pub node: BelongsTo<Node>,
    #[orm(index = false)]
    pub seller: BelongsTo<Person>,
}

#[derive(Debug, Clone, Model)]
pub struct 顧客 {
    #[orm(primary_key)]
    pub id: i64,
    pub 名前: Option<String>,
}
