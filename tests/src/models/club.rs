//! Relations with a scope, to-one relations over keys that are not unique, and rows as JSON.

use orm::prelude::*;
use serde::{Deserialize, Serialize};

/// A club, with several members of which one leads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub struct Club {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    /// Any member: the first.
    #[serde(default, skip_serializing_if = "HasOne::not_loaded")]
    pub founder: HasOne<Member>,
    #[orm(filter = Member::LEADS.eq(true))]
    #[serde(default, skip_serializing_if = "HasOne::not_loaded")]
    pub leader: HasOne<Member>,
    #[orm(filter = Badge::VALID.eq(true))]
    #[serde(default, skip_serializing_if = "HasOne::not_loaded")]
    pub badge: HasOne<Badge>,
    #[serde(default, skip_serializing_if = "HasMany::not_loaded")]
    pub members: HasMany<Member>,
    #[serde(default, skip_serializing_if = "BelongsToMany::not_loaded")]
    pub sponsors: BelongsToMany<Sponsor, Sponsorship>,
}

/// A member of a club.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub struct Member {
    #[orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub club_id: i64,
    pub name: String,
    pub leads: bool,
    pub points: i32,
    #[serde(default, skip_serializing_if = "BelongsTo::not_loaded")]
    pub club: BelongsTo<Club>,
    #[orm(key = club_id, constraints = false, filter = Club::NAME.eq("A"))]
    #[serde(default, skip_serializing_if = "BelongsTo::not_loaded")]
    pub first_club: BelongsTo<Club>,
}

/// What a club has one of at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub struct Badge {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique)]
    pub club_id: i64,
    pub colour: String,
    pub valid: bool,
    #[serde(default, skip_serializing_if = "BelongsTo::not_loaded")]
    pub club: BelongsTo<Club>,
}

/// Pays for clubs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub struct Sponsor {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    #[orm(through = Sponsorship)]
    #[serde(default, skip_serializing_if = "BelongsToMany::not_loaded")]
    pub clubs: BelongsToMany<Club>,
}

/// A club's sponsor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[orm(primary_key(club_id, sponsor_id))]
pub struct Sponsorship {
    pub club_id: i64,
    pub sponsor_id: i64,
}

/// All of them.
pub type Clubs = (Club, Member, Badge, Sponsor, Sponsorship);

/// Club A is led by its second member, B by its first, C by none; the badge of B is not valid, C has none. One
/// sponsor pays for A.
pub async fn clubs(db: &Database) -> orm::Result<()> {
    let club = |id, name: &str| Club {
        id,
        name: name.into(),
        founder: HasOne::default(),
        leader: HasOne::default(),
        badge: HasOne::default(),
        members: HasMany::default(),
        sponsors: BelongsToMany::default(),
    };
    Club::bulk_create([club(1, "A"), club(2, "B"), club(3, "C")]).exec(db).await?;
    let member = |id, club_id, name: &str, leads, points| Member {
        id,
        club_id,
        name: name.into(),
        leads,
        points,
        club: BelongsTo::default(),
        first_club: BelongsTo::default(),
    };
    // Not in the order of their keys.
    let members = [
        member(5, 2, "Dan", false, 50),
        member(4, 2, "Cleo", true, 40),
        member(2, 1, "Bea", true, 20),
        member(1, 1, "Ali", false, 10),
        member(7, 3, "Eve", false, 5),
    ];
    Member::bulk_create(members).exec(db).await?;
    for (club_id, colour, valid) in [(1, "red", true), (2, "blue", false)] {
        Badge::create().club_id(club_id).colour(colour).valid(valid).exec(db).await?;
    }
    let sponsor = Sponsor::create().name("Bank").exec(db).await?;
    Sponsorship::create().club_id(1).sponsor_id(sponsor.id).exec(db).await?;
    Ok(())
}
