//! Default scopes.

use orm::prelude::*;
use orm::{Draft, Scope, Tx};

/// The default scope and soft deletion.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "shops", paranoid, default_scope = Shop::OPEN.eq(true))]
pub struct Shop {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 40)]
    pub name: String,
    #[orm(default = true)]
    pub open: bool,
    #[orm(default = 0)]
    pub stars: i32,
    #[orm(version)]
    pub version: i32,
    pub deleted_at: Option<DateTime<Utc>>,
    pub items: HasMany<Item>,
}

/// A scope that asks about another model, which has one too, and about its own.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(
    table = "items_of_shops",
    default_scope = Item::PRICE.gt(0).and(Item::HIDDEN.eq(false)),
    hooks(before_update = Item::keep)
)]
pub struct Item {
    #[orm(primary_key)]
    pub id: i64,
    pub shop_id: i64,
    pub name: String,
    pub price: i32,
    #[orm(default = false)]
    pub hidden: bool,
    pub shop: BelongsTo<Shop>,
}

impl Item {
    async fn keep(_row: &mut Draft<'_, Item>, _tx: &Tx<'_>) -> Result<()> {
        Ok(())
    }

    /// Items of a price, the cheapest first, with their shops.
    pub fn cheaper_than(price: i32) -> Scope<Item> {
        Scope::new().filter(Item::PRICE.lt(price)).order_by(Item::PRICE).include(Item::SHOP)
    }
}

/// Both.
pub type Shops = (Shop, Item);
