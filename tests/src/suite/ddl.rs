//! Creating and dropping tables: order, constraints, names.

use orm::dialect::ddl;
use orm::model::{ColumnDef, IndexDef, IndexPart, ModelDef, OnDelete, TableName};
use orm::prelude::*;
use orm::query::{apply_operations, create_tables, drop_tables, table_exists};
use orm::schema::{Column, ForeignKey, PrimaryKey, Schema, Table};
use orm::{Executor, PoolOptions, Result, SqlType};

use crate::Test;
use crate::cases::cases;
use crate::models::blog::{Author, Blog, Comment, Country, Post, PostTag, Profile, Tag, blog};
use crate::models::schema::{
    Canary, Hashed, Kid, Lowered, Methods, Odd, Parent, Partial, Place, Player, Product, Region, Sorted, Team, Worded,
};
use crate::test::quoted;

async fn tables_are_created_in_the_order_of_their_keys(test: Test) -> Result<()> {
    let db = test.connect().await?;
    db.create_tables::<(PostTag, Comment, Tag, Post, Profile, Author, Country)>().await?;
    blog(&db).await?;
    assert!(db.table_exists::<Post>().await?);
    Ok(())
}

async fn tables_that_point_at_each_other_are_created(test: Test) -> Result<()> {
    let db = test.with::<(Team, Player)>().await?;
    let mut team = Team::create().name("t").captain_id(None).exec(&db).await?;
    let player = Player::create().name("p").team_id(team.id).exec(&db).await?;
    team.update().captain_id(player.id).exec(&db).await?;
    let error = team.update().captain_id(99).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    let error = Player::create().name("p").team_id(99).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    Ok(())
}

async fn a_table_that_a_new_key_points_at_must_be_there(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let error = db.create_tables::<(Player,)>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownTable, "{error}");
    assert_eq!((error.model(), error.columns()), (Some("Player"), vec!["team_id"]));
    assert!(error.to_string().contains("`Team`"), "{error}");
    assert!(!db.table_exists::<Player>().await?);
    // What is there already counts, and so does a key of a table to itself.
    db.create_tables::<(Region,)>().await?;
    db.create_tables::<(Team, Player)>().await?;
    db.create_tables::<(Player,)>().await?;
    Ok(())
}

/// The same table in another schema.
fn in_schema(schema: &'static str, def: &'static ModelDef) -> &'static ModelDef {
    let table: &'static TableName = Box::leak(Box::new(TableName::of(schema, def.table.name)));
    let columns: Vec<ColumnDef> = def
        .columns
        .iter()
        .map(|c| ColumnDef { auto_increment: c.auto_increment, ..ColumnDef::new(table, c.index, c.name, c.ty) })
        .collect();
    let index = IndexDef::new(false, &const { [IndexPart::column(1)] });
    let other = ModelDef {
        indexes: Box::leak(Box::new([index])),
        ..ModelDef::new("Other", table, columns.leak(), def.primary_key)
    };
    Box::leak(Box::new(other))
}

async fn tables_of_one_name_in_two_schemas_are_told_apart(test: Test) -> Result<()> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    let schema = test.add_schema(&db).await?;
    let own = <Canary as Model>::DEF;
    let other = in_schema(schema, own);
    create_tables(Executor::session(&db), &[own]).await?;
    assert!(!table_exists(Executor::session(&db), other).await?);
    create_tables(Executor::session(&db), &[own, other]).await?;
    assert!(table_exists(Executor::session(&db), other).await?);
    Canary::create().text("own").exec(&db).await?;
    let rows = format!("SELECT COUNT(*) FROM {}.canary", quoted(&db, schema));
    assert_eq!(db.query::<i64>(&rows, ()).await?, [0]);
    drop_tables(Executor::session(&db), &[other], false).await?;
    assert!(db.table_exists::<Canary>().await? && !table_exists(Executor::session(&db), other).await?);
    test.remove_schema(&db, schema).await
}

async fn creating_again_leaves_tables_alone(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    db.create_tables::<Blog>().await?;
    assert_eq!(Post::count().exec(&db).await?, 4);
    Ok(())
}

async fn tables_are_dropped_in_the_order_of_their_keys(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    db.drop_tables::<Blog>().await?;
    assert!(!db.table_exists::<Post>().await?);
    assert!(!db.table_exists::<Country>().await?);
    db.drop_tables::<Blog>().await?;
    db.create_tables::<Blog>().await?;
    assert_eq!(Post::count().exec(&db).await?, 0);
    Ok(())
}

async fn tables_that_point_at_each_other_are_dropped(test: Test) -> Result<()> {
    let db = test.with::<(Team, Player)>().await?;
    let mut team = Team::create().name("t").captain_id(None).exec(&db).await?;
    let player = Player::create().name("p").team_id(team.id).exec(&db).await?;
    team.update().captain_id(player.id).exec(&db).await?;
    db.drop_tables::<(Team, Player)>().await?;
    assert!(!db.table_exists::<Team>().await? && !db.table_exists::<Player>().await?);
    Ok(())
}

async fn tables_of_a_cycle_are_dropped_whatever_their_keys_do(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let table = |name: &str, targets: &[&str]| {
        let id = Column { auto_increment: true, indexed: true, ..Column::new("id", SqlType::I64) };
        let mut table = Table { columns: vec![id], primary_key: Some(PrimaryKey::new(["id"])), ..Table::new(name) };
        for target in targets {
            let column = format!("{target}_id");
            table.columns.push(Column { nullable: true, indexed: true, ..Column::new(&*column, SqlType::I64) });
            let key = ForeignKey::new(format!("{name}_{target}"), column, *target, "id");
            table.foreign_keys.push(ForeignKey { on_delete: OnDelete::Cascade, ..key });
        }
        table
    };
    // Each one is pointed at by a table that also points at the one dropped before.
    let tables = vec![table("hens", &["eggs", "hens"]), table("eggs", &["hens", "eggs"])];
    let there: Vec<_> = tables.iter().map(|table| table.name.clone()).collect();
    let schema = Schema { tables, ..Schema::default() };
    for _ in 0..2 {
        apply_operations(Executor::session(&db), &ddl::create(&schema, &[], db.dialect())).await?;
        db.execute("INSERT INTO hens (id, hens_id) VALUES (1, 1)", ()).await?;
        db.execute("INSERT INTO eggs (id, hens_id, eggs_id) VALUES (1, 1, 1)", ()).await?;
        db.execute("UPDATE hens SET eggs_id = 1", ()).await?;
        apply_operations(Executor::session(&db), &ddl::drop(&schema, &there, false, db.dialect())).await?;
        for gone in ["hens", "eggs"] {
            let error = db.query::<i64>(&format!("SELECT id FROM {gone}"), ()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnknownTable);
        }
    }
    Ok(())
}

async fn ddl_in_a_transaction_is_undone_where_it_can_be(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let tx = db.begin().await?;
    let created = tx.create_tables::<Parent>().await;
    if test.shape.transactional_ddl {
        created?;
    } else {
        // It would commit what was written before.
        assert_eq!(created.unwrap_err().kind(), ErrorKind::Unsupported);
    }
    tx.rollback().await?;
    assert!(!db.table_exists::<Parent>().await?);
    Ok(())
}

async fn tables_that_others_depend_on_are_not_dropped(test: Test) -> Result<()> {
    let db = test.with::<Blog>().await?;
    blog(&db).await?;
    let error = db.drop_tables::<Author>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::HasDependents, "{error:?}");
    assert!(error.message().contains("posts") || error.message().contains("other table"), "{error}");
    assert!(db.table_exists::<Author>().await? && Author::count().exec(&db).await? > 0);
    let cascaded = db.drop_tables::<Author>().cascade().await;
    if test.shape.truncate_cascade {
        cascaded?;
        assert!(!db.table_exists::<Author>().await? && db.table_exists::<Post>().await?);
    } else {
        assert_eq!(cascaded.unwrap_err().kind(), ErrorKind::Unsupported);
    }
    Ok(())
}

async fn views_are_not_dropped_with_the_tables_they_read(test: Test) -> Result<()> {
    let db = test.with::<Parent>().await?;
    let table = quoted(&db, Parent::DEF.table.name);
    db.execute(&format!("CREATE VIEW overview AS SELECT * FROM {table}"), ()).await?;
    let dropped = db.drop_tables::<Parent>().await;
    if test.shape.truncate_cascade {
        let error = dropped.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::HasDependents, "{error:?}");
        assert!(error.message().contains("overview"), "{error}");
        db.drop_tables::<Parent>().cascade().await?;
    } else {
        dropped?;
        db.execute("DROP VIEW overview", ()).await?;
    }
    assert!(!db.table_exists::<Parent>().await?);
    Ok(())
}

async fn foreign_keys_point_at_unique_keys_of_soft_deleting_tables(test: Test) -> Result<()> {
    let db = test.with::<(Place, Region)>().await?;
    let inner = Region::create().code("a").exec(&db).await?;
    Region::create().code("b").within_code("a").label("free").exec(&db).await?.destroy().exec(&db).await?;
    let error = Region::create().code("c").within_code("x").exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    let place = inner.places().create().exec(&db).await?;
    assert_eq!(place.region_code, "a");
    let error = Place::create().region_code("x").exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    // A key that is pointed at covers deleted rows, another one does not.
    Region::create().code("d").label("free").exec(&db).await?;
    let error = Region::create().code("b").exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::UniqueViolation, vec!["code"]));
    Ok(())
}

async fn unique_keys_of_several_columns_hold(test: Test) -> Result<()> {
    let db = test.with::<Product>().await?;
    Product::create().shop(1).number(1).exec(&db).await?;
    Product::create().shop(1).number(2).exec(&db).await?;
    let error = Product::create().shop(1).number(1).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::UniqueViolation, Some("Product")));
    assert_eq!(error.columns(), ["shop", "number"]);
    Ok(())
}

async fn checks_hold(test: Test) -> Result<()> {
    let db = test.with::<Product>().await?;
    let error = Product::create().shop(1).number(1).price(-1).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::CheckViolation, vec!["price"]), "{error:?}");
    let error = Product::create().shop(1).number(1).price(1000).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.constraint()), (ErrorKind::CheckViolation, Some("cheap")), "{error:?}");
    Ok(())
}

async fn defaults_are_in_the_table_and_in_new_rows(test: Test) -> Result<()> {
    let db = test.with::<Product>().await?;
    let made = Product::create().shop(1).number(1).exec(&db).await?;
    db.execute("INSERT INTO products (shop, number) VALUES (1, 2)", ()).await?;
    let stored = Product::find_by_pk(2).required(&db).await?;
    for product in [made, stored] {
        assert_eq!((product.name.as_str(), product.price), ("it's \\ a; -- \"thing\"", 1));
        assert_eq!((product.stock, product.active), (2, true));
    }
    Ok(())
}

async fn partial_indexes_hold_or_are_refused(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let created = db.create_tables::<Partial>().await;
    if !test.shape.partial_indexes {
        assert_eq!(created.unwrap_err().kind(), ErrorKind::Unsupported);
        assert!(!db.table_exists::<Partial>().await?);
        return Ok(());
    }
    created?;
    for active in [0, 0, 1] {
        Partial::create().email("a").active(active).exec(&db).await?;
    }
    let error = Partial::create().email("a").active(1).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    Ok(())
}

async fn expression_indexes_hold_or_are_refused(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let created = db.create_tables::<Lowered>().await;
    if !test.shape.expression_indexes {
        assert_eq!(created.unwrap_err().kind(), ErrorKind::Unsupported);
        assert!(!db.table_exists::<Lowered>().await?);
        return Ok(());
    }
    created?;
    Lowered::create().email("A@b").exec(&db).await?;
    let error = Lowered::create().email("a@B").exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.constraint()), (ErrorKind::UniqueViolation, Some("lowered_key")), "{error:?}");
    Ok(())
}

async fn actions_of_foreign_keys_act(test: Test) -> Result<()> {
    let db = test.with::<(Parent, Kid)>().await?;
    let parents = Parent::bulk_create((0..4).map(|i| Parent::create().name(format!("{i}")))).exec(&db).await?;
    let kid = Kid::create().cascade_id(1).null_id(2).restrict_id(3).plain_id(4).exec(&db).await?;
    for parent in &parents[2..] {
        assert_eq!(parent.destroy().exec(&db).await.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
    }
    parents[1].destroy().exec(&db).await?;
    assert_eq!(Kid::find_by_pk(kid.id).required(&db).await?.null_id, None);
    Parent::update().set(Parent::ID, 11).filter(Parent::ID.eq(1)).exec(&db).await?;
    assert_eq!(Kid::find_by_pk(kid.id).required(&db).await?.cascade_id, Some(11));
    Parent::destroy().filter(Parent::ID.eq(11)).exec(&db).await?;
    assert_eq!(Kid::find_by_pk(kid.id).exec(&db).await?, None);
    Ok(())
}

async fn names_that_need_quotes_work_everywhere(test: Test) -> Result<()> {
    let db = test.with::<Odd>().await?;
    let row = |text: &str| Odd::create().double(text).tick(1).bracket(2).space(3).unicode(4);
    let first = row("x").exec(&db).await?;
    let made = Odd::bulk_create([row("y").parent(first.id), row("z").parent(first.id)]).exec(&db).await?;
    assert_eq!(made.iter().map(|odd| (odd.id, odd.group)).collect::<Vec<_>>(), [(2, 5), (3, 5)]);
    let found = Odd::find_all()
        .filter(Odd::DOUBLE.in_(["x", "y"]).and(Odd::UNICODE.eq(4)).and(Odd::SPACE.gt(Odd::TICK)))
        .include((Odd::ABOVE, Odd::BELOW.order_by(Odd::BRACKET.asc()).limit(1)))
        .order_by((Odd::GROUP.asc(), Odd::DOUBLE.desc()))
        .exec(&db)
        .await?;
    assert_eq!(found.iter().map(|odd| odd.id).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(found[0].above.get()?.map(|odd| odd.id), Some(1));
    assert_eq!(found[1].below.get()?.len(), 1);
    assert_eq!(Odd::count().filter(Odd::ABOVE.col(Odd::DOUBLE).eq("x")).exec(&db).await?, 2);
    assert_eq!(Odd::update().set(Odd::SPACE, Odd::UNICODE + 1).filter(Odd::BELOW.is_empty()).exec(&db).await?, 2);
    Odd::bulk_create([row("x").tick(9)]).on_conflict(Odd::DOUBLE).update(Odd::TICK).exec(&db).await?;
    assert_eq!(Odd::find_by_pk(1).required(&db).await?.tick, 9);
    let error = row("x").exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::UniqueViolation, vec!["a\"b"]), "{error:?}");
    let groups: Vec<(i32, i64)> =
        Odd::find_all().select((Odd::GROUP, count_all())).group_by(Odd::GROUP).exec(&db).await?;
    assert_eq!(groups, [(5, 3)]);
    assert_eq!(Odd::destroy().filter(Odd::ID.gt(1)).exec(&db).await?, 2);
    Ok(())
}

/// The methods of the indexes of a table.
async fn methods(test: &Test, db: &Database, table: &str) -> Result<Vec<String>> {
    let sql = match test.backend {
        "postgres" => {
            "SELECT am.amname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
             JOIN pg_am am ON am.oid = c.relam WHERE i.indrelid = $1::text::regclass AND NOT i.indisprimary ORDER BY 1"
        }
        _ => {
            "SELECT index_type FROM information_schema.statistics \
             WHERE table_schema = DATABASE() AND table_name = ? AND index_name <> 'PRIMARY' ORDER BY 1"
        }
    };
    db.query(sql, (table,)).await
}

async fn indexes_of_a_method_are_made_or_refused(test: Test) -> Result<()> {
    let db = test.with::<Sorted>().await?;
    let hashed = db.create_tables::<Hashed>().await;
    let (worded, others) = (db.create_tables::<Worded>().await, db.create_tables::<Methods>().await);
    match test.backend {
        "sqlite" => {
            for refused in [hashed, worded, others] {
                assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unsupported);
            }
        }
        "postgres" => {
            hashed?;
            others?;
            assert!(worded.is_err());
            assert_eq!(methods(&test, &db, "sorted").await?, ["btree"]);
            assert_eq!(methods(&test, &db, "hashed").await?, ["hash"]);
            assert_eq!(methods(&test, &db, "methods").await?, ["brin", "gin", "gist", "spgist"]);
        }
        _ => {
            hashed?;
            worded?;
            assert_eq!(others.unwrap_err().kind(), ErrorKind::Unsupported);
            assert_eq!(methods(&test, &db, "sorted").await?, ["BTREE"]);
            // InnoDB makes a B-tree of it.
            assert_eq!(methods(&test, &db, "hashed").await?, ["BTREE"]);
            assert_eq!(methods(&test, &db, "worded").await?, ["FULLTEXT", "SPATIAL"]);
            let words = "an engine of differences ".repeat(50);
            db.execute("INSERT INTO worded (words, place) VALUES (?, POINT(1, 2))", (words.as_str(),)).await?;
            let found = "SELECT id FROM worded WHERE MATCH (words) AGAINST ('engine' IN BOOLEAN MODE)";
            assert_eq!(db.query::<i64>(found, ()).await?, [1]);
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Model)]
#[orm(table = "indexed_owners")]
struct Owner {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "indexed_things", index(second_id, id))]
struct Thing {
    #[orm(primary_key)]
    id: i64,
    first_id: i64,
    first: BelongsTo<Owner>,
    second_id: i64,
    second: BelongsTo<Owner>,
    #[orm(unique)]
    third_id: i64,
    third: BelongsTo<Owner>,
}

async fn each_foreign_key_is_indexed_once(test: Test) -> Result<()> {
    let db = test.with::<(Owner, Thing)>().await?;
    let mut columns: Vec<String> = match db.dialect().name() {
        "sqlite" => {
            let names = "SELECT i.name FROM pragma_index_list('indexed_things') l, pragma_index_info(l.name) i WHERE i.seqno = 0";
            db.query(names, ()).await?
        }
        "postgresql" => {
            let names = "SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid \
                         AND a.attnum = i.indkey[0] WHERE i.indrelid = 'indexed_things'::regclass AND NOT i.indisprimary";
            db.query(names, ()).await?
        }
        _ => {
            let names = "SELECT column_name FROM information_schema.statistics WHERE table_schema = DATABASE() \
                         AND table_name = 'indexed_things' AND seq_in_index = 1 AND index_name <> 'PRIMARY'";
            db.query(names, ()).await?
        }
    };
    columns.sort();
    assert_eq!(columns, ["first_id", "second_id", "third_id"]);
    Ok(())
}

cases! { $ ddl:
    each_foreign_key_is_indexed_once,
    tables_of_one_name_in_two_schemas_are_told_apart,
    tables_are_created_in_the_order_of_their_keys,
    tables_that_point_at_each_other_are_created,
    a_table_that_a_new_key_points_at_must_be_there,
    creating_again_leaves_tables_alone,
    tables_are_dropped_in_the_order_of_their_keys,
    tables_that_point_at_each_other_are_dropped,
    tables_of_a_cycle_are_dropped_whatever_their_keys_do,
    ddl_in_a_transaction_is_undone_where_it_can_be,
    tables_that_others_depend_on_are_not_dropped,
    views_are_not_dropped_with_the_tables_they_read,
    foreign_keys_point_at_unique_keys_of_soft_deleting_tables,
    unique_keys_of_several_columns_hold,
    checks_hold,
    defaults_are_in_the_table_and_in_new_rows,
    partial_indexes_hold_or_are_refused,
    expression_indexes_hold_or_are_refused,
    actions_of_foreign_keys_act,
    names_that_need_quotes_work_everywhere,
    indexes_of_a_method_are_made_or_refused,
}
