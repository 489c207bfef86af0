//! Many-to-many relations over models in between that have a key of their own, that point at keys of two columns, or at
//! another key than the primary key; versions on both sides of relations.

use orm::prelude::*;

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Member {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    #[orm(other_key(club_city, club_number), other_references(city, number))]
    pub clubs: BelongsToMany<Club, Joining>,
    #[orm(other_key = topic_name, other_references = name)]
    pub topics: BelongsToMany<Topic, Subscription>,
    #[orm(key = owner_id)]
    pub tasks: HasMany<Task>,
}

/// Has a key of two columns.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Club {
    #[orm(primary_key, length = 40)]
    pub city: String,
    #[orm(primary_key)]
    pub number: i32,
}

/// Has a key of its own, and nothing that keeps a member from joining a club twice.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Joining {
    #[orm(primary_key)]
    pub id: i64,
    pub member_id: i64,
    #[orm(length = 40)]
    pub club_city: String,
    #[orm(check = "club_number < 100")]
    pub club_number: i32,
    #[orm(default = "guest")]
    pub role: String,
    #[orm(version)]
    pub version: i32,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Topic {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 40)]
    pub name: String,
}

/// Points at topics by their names.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(primary_key(member_id, topic_name))]
pub struct Subscription {
    pub member_id: i64,
    #[orm(length = 40)]
    pub topic_name: String,
    #[orm(default = 1)]
    pub weight: i32,
    #[orm(version)]
    pub version: i32,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Task {
    #[orm(primary_key)]
    pub id: i64,
    pub owner_id: Option<i64>,
    #[orm(unique, length = 40)]
    pub title: String,
    #[orm(version)]
    pub version: i64,
    pub deleted_at: Option<DateTime<Utc>>,
    pub owner: BelongsTo<Member>,
}

/// All tables.
pub type Links = (Member, Club, Joining, Topic, Subscription, Task);
