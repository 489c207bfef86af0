//! Many-to-many relations over join models that have a key of their own, that point at keys of two columns, or at
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
    #[orm(unique = false)]
    pub places: BelongsToMany<Place, Visit>,
    #[orm(unique = false, filter = Visit::AGAIN.free().eq(true))]
    pub again: BelongsToMany<Place, Visit>,
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
    #[orm(key(club_city, club_number), other_key = member_id)]
    pub members: BelongsToMany<Member, Joining>,
}

/// Has a key of its own; its table has a unique key as well, that keeps a member from joining a club twice.
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
pub struct Place {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique = false)]
    pub visitors: BelongsToMany<Member, Visit>,
}

/// A member may have been at a place several times.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Visit {
    #[orm(primary_key)]
    pub id: i64,
    pub member_id: i64,
    pub place_id: i64,
    #[orm(default = false)]
    pub again: bool,
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
pub type Links = (Member, Club, Joining, Place, Visit, Topic, Subscription, Task);
