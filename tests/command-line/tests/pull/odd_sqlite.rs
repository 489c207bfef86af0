//! What `orm pull` makes of `odd`. Written by the test.

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
#[orm(table = "Order")]
pub struct Order2 {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(default = "it's")]
    pub r#type: String,
    #[orm(column = "self")]
    pub self_: Option<String>,
    #[orm(column = "2nd", type = "INTEGER")]
    pub n2nd: Option<i64>,
    #[orm(column = "first name")]
    pub first_name: Option<String>,
}

#[derive(Debug, Clone, Model)]
pub struct Order {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(column = "exec")]
    pub exec_: Option<String>,
    #[orm(column = "A")]
    pub a: Option<String>,
    #[orm(column = "a_")]
    pub a_2: Option<String>,
    #[orm(precision(10, 2), default_sql = "9.90")]
    pub total: orm::rust_decimal::Decimal,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "options")]
pub struct OptionRow {
    #[orm(primary_key, length = 10)]
    pub code: String,
    #[orm(default = true)]
    pub flag: bool,
    #[orm(default = 0.5)]
    pub ratio: Option<f64>,
}

#[derive(Debug, Clone, Model)]
pub struct Node {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(type = "INTEGER")]
    pub parent_id: Option<i64>,
    pub path: String,
    #[orm(on_delete = cascade)]
    pub parent: BelongsTo<Node>,
    #[orm(key = parent_id)]
    pub children: HasMany<Node>,
}

// not in the model: the collation NOCASE of name
#[derive(Debug, Clone, Model)]
#[orm(unique(expression = "lower(email)"), index(desc(name), id, where = "name IS NOT NULL"))]
pub struct Person {
    #[orm(primary_key)]
    pub id: i64,
    pub email: String,
    pub name: Option<String>,
    #[orm(column = "boss", type = "INTEGER")]
    pub boss_id: Option<i64>,
    #[orm(index = false)]
    pub boss: BelongsTo<Person>,
    #[orm(key = boss_id)]
    pub boss_people: HasMany<Person>,
    pub person_friendships: HasMany<Friendship>,
    #[orm(key = friend_id)]
    pub friend_friendships: HasMany<Friendship>,
    pub member: HasOne<Member>,
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
#[orm(primary_key(person_id, friend_id))]
pub struct Friendship {
    #[orm(type = "INTEGER")]
    pub person_id: i64,
    #[orm(type = "INTEGER")]
    pub friend_id: i64,
    #[orm(type = "DATE")]
    pub since: Option<orm::chrono::NaiveDate>,
    pub person: BelongsTo<Person>,
    #[orm(index = false)]
    pub friend: BelongsTo<Person>,
}

#[derive(Debug, Clone, Model)]
#[orm(primary_key(region, number))]
pub struct Org {
    pub region: String,
    #[orm(type = "INTEGER")]
    pub number: i64,
    #[orm(unique)]
    pub name: String,
    #[orm(key(org_region, org_number), references(region, number))]
    pub members: HasMany<Member>,
}

#[derive(Debug, Clone, Model)]
#[orm(check("age >= 0"))]
pub struct Member {
    #[orm(primary_key)]
    pub id: i64,
    pub org_region: String,
    #[orm(type = "INTEGER")]
    pub org_number: i64,
    #[orm(type = "INTEGER", unique)]
    pub person_id: i64,
    #[orm(type = "INTEGER")]
    pub age: i64,
    pub person: BelongsTo<Person>,
    #[orm(key(org_region, org_number), references(region, number), index = false)]
    pub org: BelongsTo<Org>,
}

#[derive(Debug, Clone, Model)]
pub struct Sale {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(column = "seller", type = "INTEGER")]
    pub seller_id: i64,
    #[orm(column = "buyer", type = "INTEGER")]
    pub buyer_id: Option<i64>,
    pub net: f64,
    pub tax: f64,
    #[orm(generated = "net + tax")]
    pub gross: Option<f64>,
    #[orm(type = "DATETIME", default_sql = "(CURRENT_TIMESTAMP)")]
    pub made: orm::chrono::NaiveDateTime,
    #[orm(index = false)]
    pub seller: BelongsTo<Person>,
    #[orm(on_delete = set_null, index = false)]
    pub buyer: BelongsTo<Person>,
}

#[derive(Debug, Clone, Model)]
#[orm(no_primary_key)]
pub struct LogLine {
    pub line: String,
    pub data: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Model)]
pub struct 顧客 {
    #[orm(primary_key)]
    pub id: i64,
    pub 名前: Option<String>,
}
