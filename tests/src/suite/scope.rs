//! Default scopes: where they hold, and where not. Named scopes.

use orm::prelude::*;
use orm::{Result, Scope};

use crate::Test;
use crate::cases::cases;
use crate::models::shop::{Item, Shop, Shops};

/// Two open shops with two items each, of which the second is hidden, and a closed one.
async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Shops>().await?;
    for (name, open) in [("a", true), ("b", true), ("closed", false)] {
        let shop = Shop::create().name(name).open(open).exec(&db).await?;
        let row =
            |item: &str, price, hidden| shop.items().create().name(format!("{name}{item}")).price(price).hidden(hidden);
        Item::bulk_create([row("1", 10, false), row("2", 20, true), row("3", 30, false)]).exec(&db).await?;
    }
    Ok(db)
}

async fn names(find: orm::Find<Shop>, db: &Database) -> Result<String> {
    let shops = find.order_by(Shop::ID).exec(db).await?;
    Ok(shops.into_iter().map(|shop| shop.name).collect::<Vec<_>>().join(" "))
}

async fn finders_and_counts_are_inside_of_the_default_scope(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    for _ in 0..2 {
        assert_eq!(names(Shop::find_all(), &db).await?, "a b");
        assert_eq!(names(Shop::find_all().filter(Shop::NAME.ne("a")), &db).await?, "b");
        assert_eq!(names(Shop::find_all().unscoped(), &db).await?, "a b closed");
        assert_eq!((Shop::count().exec(&db).await?, Shop::count().unscoped().exec(&db).await?), (2, 3));
    }
    let closed = Shop::find_one().filter(Shop::NAME.eq("closed")).unscoped().required(&db).await?;
    assert_eq!(Shop::find_by_pk(closed.id).exec(&db).await?, None);
    assert_eq!(Shop::find_by_pk(closed.id).unscoped().exec(&db).await?.as_ref(), Some(&closed));
    assert!(!Shop::exists().filter(Shop::ID.eq(closed.id)).exec(&db).await?);
    let page = Shop::find_and_count_all().order_by(Shop::ID).limit(1).exec(&db).await?;
    assert_eq!((page.rows.len(), page.count), (1, 2));
    let mut rows = Shop::find_all().order_by(Shop::ID).stream(&db);
    assert_eq!(rows.next().await.unwrap()?.name, "a");
    Ok(())
}

async fn relations_are_inside_of_the_default_scope(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let shops = Shop::find_all().include(Shop::ITEMS).order_by(Shop::ID).exec(&db).await?;
    assert_eq!(shops.iter().map(|shop| shop.items.get().unwrap().len()).collect::<Vec<_>>(), [2, 2]);
    let shops = Shop::find_all().include(Shop::ITEMS.unscoped()).unscoped().order_by(Shop::ID).exec(&db).await?;
    assert_eq!(shops.iter().map(|shop| shop.items.get().unwrap().len()).collect::<Vec<_>>(), [3, 3, 3]);
    let items = Item::find_all().include(Item::SHOP).order_by(Item::ID).exec(&db).await?;
    let open = items.iter().map(|item| item.shop.get().unwrap().is_some()).collect::<Vec<_>>();
    assert_eq!(open, [true, true, true, true, false, false]);
    let items = Item::find_all().include(Item::SHOP.unscoped()).exec(&db).await?;
    assert!(items.iter().all(|item| item.shop.get().unwrap().is_some()));
    assert_eq!(shops[0].items().count(&db).await?, 2);
    let with = Shop::ITEMS.any(Item::NAME.ends_with("2"));
    assert_eq!(Shop::count().filter(with).exec(&db).await?, 0);
    let of_open = Item::count().filter(Item::SHOP.col(Shop::OPEN).eq(true)).exec(&db).await?;
    let of_closed = Item::count().filter(Item::SHOP.col(Shop::OPEN).is_null()).exec(&db).await?;
    assert_eq!((of_open, of_closed), (4, 2));
    let counted = Shop::find_all().select(Shop::ITEMS.count()).order_by(Shop::ID).exec(&db).await?;
    assert_eq!(counted, [2, 2]);
    let inside = Item::count().filter(Item::SHOP_ID.in_(Shop::find_all().select(Shop::ID))).exec(&db).await?;
    assert_eq!(inside, 4);
    Ok(())
}

async fn changes_by_a_filter_are_inside_of_the_default_scope(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    assert_eq!(Shop::update().stars(1).all_rows().exec(&db).await?, 2);
    assert_eq!(Shop::update().stars(2).all_rows().unscoped().exec(&db).await?, 3);
    // The model has hooks, so rows are changed one by one.
    assert_eq!(Item::update().price(Item::PRICE + 1).all_rows().exec(&db).await?, 6);
    assert_eq!(Shop::update().stars(3).limit(1).order_by(Shop::ID.desc()).all_rows().exec(&db).await?, 1);
    let stars = Shop::find_all().unscoped().order_by(Shop::ID).select(Shop::STARS).exec(&db).await?;
    assert_eq!(stars, [2, 3, 2]);
    assert_eq!(Item::destroy().filter(Item::PRICE.gt(15)).exec(&db).await?, 3);
    assert_eq!(Item::destroy().all_rows().unscoped().exec(&db).await?, 6);
    assert_eq!(Shop::destroy().all_rows().exec(&db).await?, 2);
    assert_eq!(Shop::restore().all_rows().exec(&db).await?, 2);
    Ok(())
}

async fn a_row_at_hand_is_written_whatever_its_scope(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let mut closed = Shop::find_one().filter(Shop::NAME.eq("closed")).unscoped().required(&db).await?;
    closed.update().stars(4).exec(&db).await?;
    closed.stars = 5;
    closed.save(&db).await?;
    closed.increment(Shop::STARS, 1, &db).await?;
    closed.reload(&db).await?;
    assert_eq!((closed.stars, closed.version), (6, 3));
    closed.destroy().exec(&db).await?;
    closed.restore(&db).await?;
    let mut open = Shop::find_one().filter(Shop::NAME.eq("a")).required(&db).await?;
    open.update().open(false).exec(&db).await?;
    open.update().open(true).exec(&db).await?;
    let created = Shop::create().name("new").open(false).exec(&db).await?;
    assert!(!created.open);
    let (found, new) = Shop::find_or_create()
        .filter(Shop::NAME.eq("new"))
        .defaults(Shop::create().name("new").open(false))
        .exec(&db)
        .await?;
    assert_eq!((found.id, new), (created.id, false));
    let (found, new) = Shop::upsert(Shop::create().name("new").stars(9)).on_conflict(Shop::NAME).exec(&db).await?;
    assert_eq!((found.id, found.stars, new), (created.id, 9, false));
    closed.destroy().force().exec(&db).await.unwrap_err(); // items point at it
    Ok(())
}

async fn named_scopes_add_up(test: Test) -> Result<()> {
    fn named(name: &str) -> Condition<Item> {
        Item::NAME.starts_with(name)
    }
    let db = filled(&test).await?;
    let items = Item::find_all().scope(Item::cheaper_than(25)).exec(&db).await?;
    assert_eq!(items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), ["a1", "b1", "closed1"]);
    assert_eq!(items[0].shop.get()?.map(|shop| shop.name.as_str()), Some("a"));
    let both = Item::find_all().scope(Item::cheaper_than(25)).scope(named("b")).unscoped().exec(&db).await?;
    assert_eq!(both.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), ["b1", "b2"]);
    assert_eq!(Item::count().scope(Item::cheaper_than(25)).exec(&db).await?, 3);
    let few = || Scope::new().limit(1).offset(1);
    let last = Item::find_all().scope(Scope::new().limit(5)).scope(few()).order_by(Item::ID).exec(&db).await?;
    assert_eq!(last.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), ["a3"]);
    let one = Item::find_one().scope(Scope::new().limit(5).order_by(Item::PRICE.desc())).required(&db).await?;
    assert_eq!(one.price, 30);
    Ok(())
}

async fn an_include_of_the_finder_goes_before_that_of_a_scope(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let with_all = || Scope::<Shop>::new().include(Shop::ITEMS);
    let dear = || Shop::ITEMS.filter(Item::PRICE.gt(25));
    let one = |find: orm::Find<Shop>| find.filter(Shop::NAME.eq("a")).exec(&db);
    for find in [Shop::find_all().scope(with_all()).include(dear()), Shop::find_all().include(dear()).scope(with_all())]
    {
        let shops = one(find).await?;
        assert_eq!(shops[0].items.get()?.iter().map(|item| item.price).collect::<Vec<_>>(), [30]);
    }
    let shops = one(Shop::find_all().scope(with_all()).scope(with_all())).await?;
    assert_eq!(shops[0].items.get()?.len(), 2);
    Ok(())
}

cases! {$ scope:
    finders_and_counts_are_inside_of_the_default_scope, relations_are_inside_of_the_default_scope,
    changes_by_a_filter_are_inside_of_the_default_scope, a_row_at_hand_is_written_whatever_its_scope,
    named_scopes_add_up, an_include_of_the_finder_goes_before_that_of_a_scope,
}
