//! Rows marked as deleted at every level: yards with beds, in which plants grow, and helpers who work in yards.

use orm::prelude::*;

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Yard {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub deleted_at: Option<DateTime<Utc>>,
    pub beds: HasMany<Bed>,
    #[orm(through = Bed)]
    pub plants: HasMany<Plant>,
    #[orm(unique = false)]
    pub helpers: BelongsToMany<Helper, Shift>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Bed {
    #[orm(primary_key)]
    pub id: i64,
    pub yard_id: i64,
    pub deleted_at: Option<DateTime<Utc>>,
    pub yard: BelongsTo<Yard>,
    pub plants: HasMany<Plant>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Plant {
    #[orm(primary_key)]
    pub id: i64,
    pub bed_id: i64,
    pub name: String,
    pub deleted_at: Option<DateTime<Utc>>,
    pub bed: BelongsTo<Bed>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Helper {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub deleted_at: Option<DateTime<Utc>>,
    #[orm(through = Shift, unique = false)]
    pub yards: BelongsToMany<Yard>,
}

/// Joins yards and helpers, who may do several things there.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Shift {
    #[orm(primary_key)]
    pub id: i64,
    pub yard_id: i64,
    pub helper_id: i64,
    #[orm(length = 20)]
    pub role: String,
    pub hours: i32,
    pub deleted_at: Option<DateTime<Utc>>,
}

/// All tables.
pub type Yards = (Yard, Bed, Plant, Helper, Shift);

/// Yard 1 has the beds 1 and 2 (deleted), yard 2 (deleted) bed 3, yard 3 none. Each bed has two plants, of which the second
/// is deleted. Helper 1 waters and owns yard 1, helper 2 owns it no longer, helper 3 (deleted) waters it; helper 1 waters
/// yard 3.
pub async fn yards(db: &Database) -> orm::Result<()> {
    Yard::bulk_create(["a", "b", "c"].map(|name| Yard::create().name(name))).count(db).await?;
    Bed::bulk_create([1, 1, 2].map(|yard| Bed::create().yard_id(yard))).count(db).await?;
    let plant = |bed: i64, name: &str| Plant::create().bed_id(bed).name(format!("{name}{bed}"));
    let plants = (1..=3).flat_map(|bed| ["rose", "weed"].map(|name| plant(bed, name)));
    Plant::bulk_create(plants).count(db).await?;
    Helper::bulk_create(["Ann", "Ben", "Cat"].map(|name| Helper::create().name(name))).count(db).await?;
    let shift =
        |yard, helper, role: &str, hours| Shift::create().yard_id(yard).helper_id(helper).role(role).hours(hours);
    let shifts = [
        shift(1, 1, "water", 1),
        shift(1, 1, "own", 5),
        shift(1, 2, "own", 4),
        shift(1, 3, "water", 3),
        shift(3, 1, "water", 2),
    ];
    Shift::bulk_create(shifts).count(db).await?;
    Yard::destroy().filter(Yard::ID.eq(2)).exec(db).await?;
    Bed::destroy().filter(Bed::ID.eq(2)).exec(db).await?;
    Plant::destroy().filter(Plant::NAME.starts_with("weed")).exec(db).await?;
    Helper::destroy().filter(Helper::ID.eq(3)).exec(db).await?;
    Shift::destroy().filter(Shift::ID.eq(3)).exec(db).await?;
    Ok(())
}
