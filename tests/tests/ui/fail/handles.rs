//! What a handle cannot do: it depends on the kind of the relation.

use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(primary_key)]
    id: i64,
    team_id: i64,
    mentor_id: Option<i64>,
    team: BelongsTo<Team>,
    mentor: BelongsTo<Self>,
    card: HasOne<Card>,
    cards: HasMany<Card>,
    groups: BelongsToMany<Group, Membership>,
}

#[derive(Model)]
struct Team {
    #[orm(primary_key)]
    id: i64,
    #[orm(through = User)]
    cards: HasMany<Card>,
}

#[derive(Model)]
struct Card {
    #[orm(primary_key)]
    id: i64,
    user_id: i64,
    text: String,
    user: BelongsTo<User>,
}

#[derive(Model)]
struct Group {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

#[derive(Model)]
#[orm(primary_key(user_id, group_id))]
struct Membership {
    user_id: i64,
    group_id: i64,
    #[orm(default = 0)]
    level: i32,
}

async fn wrong(db: &Database, user: &User, team: &Team, card: &Card) -> Result<()> {
    let _ = user.team().add(1);
    let _ = user.team().unset();
    let _ = user.mentor().unset();
    let _ = user.team().set([1, 2]);
    let _ = user.card().remove(card);
    let _ = user.card().set([card]);
    let _ = team.cards().add(card);
    let _ = team.cards().create();
    let _ = user.cards().with(Card::TEXT, "x");
    let _ = user.groups().with(Group::NAME, "x");
    let _ = user.groups().add(1).or_destroy();
    user.groups().create().exec(db).await?;
    Ok(())
}

fn main() {}
