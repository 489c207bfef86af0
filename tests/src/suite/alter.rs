//! Changing tables that are there: operations on tables, columns, indexes, constraints and comments. That databases
//! refuse what they cannot do without rebuilding a table is tested here as well.

use orm::Result;
use orm::dialect::ddl;
use orm::prelude::*;
use orm::query::apply_operations;
use orm::schema::{
    Check, CheckCondition, Column, ColumnDefault, ColumnType, Deferrable, EnumType, ForeignKey, Generated, Index,
    IndexKey, Operation, PrimaryKey, QualifiedName, Schema, Table,
};
use orm::{Executor, PoolOptions, SqlType, Value};

use super::injection::with_parameter;
use crate::Test;
use crate::cases::cases;
use crate::models::kinds::Kind;
use crate::test::quoted;

/// A table with a key, a name and a price.
fn items() -> Table {
    let id = Column { auto_increment: true, indexed: true, ..Column::new("id", SqlType::I64) };
    let name = Column { length: Some(40), ..Column::new("name", SqlType::Text) };
    let deleted_at = Column { nullable: true, ..Column::new("deleted_at", SqlType::Timestamp) };
    Table {
        columns: vec![id, name, Column::new("price", SqlType::I64), deleted_at],
        primary_key: Some(PrimaryKey::new(["id"])),
        ..Table::new("items")
    }
}

fn table() -> QualifiedName {
    "items".into()
}

async fn apply(db: &Database, operation: Operation) -> Result<()> {
    apply_operations(Executor::session(&db), &[operation]).await
}

/// The table with one row.
async fn with_items(test: &Test) -> Result<Database> {
    let db = test.connect().await?;
    apply(&db, Operation::CreateTable(items())).await?;
    db.execute("INSERT INTO items (name, price) VALUES ('a', 1)", ()).await?;
    Ok(db)
}

async fn columns_are_added_renamed_and_dropped(test: Test) -> Result<()> {
    let db = with_items(&test).await?;
    let comment = "it's \\ a note".to_owned();
    let note = Column { nullable: true, length: Some(20), comment, ..Column::new("note", SqlType::Text) };
    apply(&db, Operation::AddColumn { table: table(), column: note }).await?;
    let default = Some(ColumnDefault::Value(Value::I32(-7)));
    let stock = Column { default, ..Column::new("stock", SqlType::I32) };
    apply(&db, Operation::AddColumn { table: table(), column: stock }).await?;
    let found: Vec<(Option<String>, i32)> = db.query("SELECT note, stock FROM items", ()).await?;
    assert_eq!(found, [(None, -7)]);
    apply(&db, Operation::RenameColumn { table: table(), column: "price".into(), to: "co\"s`t".into() }).await?;
    apply(&db, Operation::RenameColumn { table: table(), column: "co\"s`t".into(), to: "cost".into() }).await?;
    assert_eq!(db.query::<i64>("SELECT cost FROM items", ()).await?, [1]);
    apply(&db, Operation::DropColumn { table: table(), column: "note".into() }).await?;
    let error = db.query::<String>("SELECT note FROM items", ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownColumn);
    Ok(())
}

async fn columns_that_need_a_rebuild_are_refused_whatever_rows_there_are(test: Test) -> Result<()> {
    let db = test.connect().await?;
    apply(&db, Operation::CreateTable(items())).await?;
    let sum = Some(ColumnDefault::Sql("1 + 1".into()));
    let computed = |stored| Some(Generated { sql: "price * 2".into(), stored });
    let columns = [
        (Column { default: sum, ..Column::new("sum", SqlType::I64) }, test.backend != "sqlite"),
        (Column::new("bare", SqlType::I64), test.backend != "sqlite"),
        (Column { generated: computed(true), ..Column::new("kept", SqlType::I64) }, test.backend != "sqlite"),
        (Column { generated: computed(false), ..Column::new("fresh", SqlType::I64) }, test.backend != "postgres"),
    ];
    for (column, added) in columns {
        let name = column.name.clone();
        let done = apply(&db, Operation::AddColumn { table: table(), column }).await;
        if added {
            done?;
        } else {
            let error = done.unwrap_err();
            assert_eq!((error.kind(), error.table()), (ErrorKind::Unsupported, Some("items")), "{name}: {error:?}");
        }
    }
    let (names, sums) = match test.backend {
        "sqlite" => ("name, price", "2 * price, 2, fresh"),
        "postgres" => ("name, price, bare", "kept, sum, 2 * price"),
        _ => ("name, price, bare", "kept, sum, fresh"),
    };
    let bare = if names.ends_with("bare") { ", 0" } else { "" };
    db.execute(&format!("INSERT INTO items ({names}) VALUES ('a', 4{bare})"), ()).await?;
    let found: Vec<(i64, i64, i64)> = db.query(&format!("SELECT {sums} FROM items"), ()).await?;
    assert_eq!(found, [(8, 2, 8)]);
    Ok(())
}

async fn tables_are_renamed_inside_of_their_schema(test: Test) -> Result<()> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    let schema = test.add_schema(&db).await?;
    let other = Table { name: QualifiedName::of(schema, "items"), ..items() };
    for table in [items(), other] {
        let name = table.name.clone();
        apply(&db, Operation::CreateTable(table)).await?;
        apply(&db, Operation::RenameTable { table: name, to: "things".into() }).await?;
    }
    for things in ["things".to_owned(), format!("{}.things", quoted(&db, schema))] {
        db.execute(&format!("INSERT INTO {things} (name, price) VALUES ('a', 1)"), ()).await?;
    }
    for name in [QualifiedName::of(schema, "things"), "things".into()] {
        apply(&db, Operation::DropTable { table: name, cascade: false }).await?;
    }
    test.remove_schema(&db, schema).await
}

async fn add(db: &Database, name: &str, price: i64, deleted: bool) -> Result<u64> {
    let deleted_at = if deleted { "'2026-11-28 10:00:00'" } else { "NULL" };
    let sql = format!("INSERT INTO items (name, price, deleted_at) VALUES ('{name}', {price}, {deleted_at})");
    Ok(db.execute(&sql, ()).await?.rows_affected)
}

async fn indexes_are_created_and_dropped(test: Test) -> Result<()> {
    let db = with_items(&test).await?;
    let long = "a_name_that_is_longer_than_any_database_allows_for_an_index_and_then_some_more";
    for name in ["by name", long] {
        let descending = IndexKey::Column { name: "price".into(), descending: true, prefix: None };
        let index = Index { unique: true, ..Index::new(name, vec![IndexKey::column("name"), descending]) };
        apply(&db, Operation::CreateIndex { table: table(), index: index.clone() }).await?;
        assert_eq!(add(&db, "a", 1, false).await.unwrap_err().kind(), ErrorKind::UniqueViolation);
        apply(&db, Operation::DropIndex { table: table(), index }).await?;
    }
    assert_eq!(add(&db, "a", 1, false).await?, 1);
    Ok(())
}

async fn unique_indexes_of_rows_that_are_not_deleted_leave_nothing_behind(test: Test) -> Result<()> {
    let db = with_items(&test).await?;
    // Not even where a computed column stands in for partial indexes, whose name may be too long.
    for name in ["live", "a_name_of_sixty_bytes_to_which_a_suffix_does_not_fit_any_more"] {
        let soft_delete = Some("deleted_at".to_owned());
        let index = Index { unique: true, soft_delete, ..Index::new(name, vec![IndexKey::column("name")]) };
        apply(&db, Operation::CreateIndex { table: table(), index: index.clone() }).await?;
        assert_eq!(add(&db, "a", 1, false).await.unwrap_err().kind(), ErrorKind::UniqueViolation);
        add(&db, "a", 2, true).await?;
        add(&db, "a", 3, true).await?;
        apply(&db, Operation::DropIndex { table: table(), index }).await?;
    }
    if test.backend != "sqlite" {
        let own = if test.backend == "postgres" { "current_schema()" } else { "DATABASE()" };
        let sql = format!(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = {own} AND table_name = 'items' \
             ORDER BY ordinal_position"
        );
        assert_eq!(db.query::<String>(&sql, ()).await?, ["id", "name", "price", "deleted_at"]);
    }
    Ok(())
}

async fn unique_constraints_are_created_and_dropped_or_refused(test: Test) -> Result<()> {
    let db = with_items(&test).await?;
    let by_name = Index { unique: true, constraint: true, ..Index::new("by_name", vec![IndexKey::column("name")]) };
    let created = apply(&db, Operation::CreateIndex { table: table(), index: by_name.clone() }).await;
    let dropped = if test.backend == "sqlite" {
        assert_eq!(created.unwrap_err().kind(), ErrorKind::Unsupported);
        // It can be declared with the table.
        apply(&db, Operation::DropTable { table: table(), cascade: false }).await?;
        apply(&db, Operation::CreateTable(Table { indexes: vec![by_name.clone()], ..items() })).await?;
        add(&db, "a", 1, false).await?;
        assert_eq!(add(&db, "a", 2, false).await.unwrap_err().kind(), ErrorKind::UniqueViolation);
        apply(&db, Operation::DropIndex { table: table(), index: by_name.clone() }).await.unwrap_err().kind()
    } else {
        created?;
        assert_eq!(add(&db, "a", 2, false).await.unwrap_err().kind(), ErrorKind::UniqueViolation);
        apply(&db, Operation::DropIndex { table: table(), index: by_name.clone() }).await?;
        add(&db, "a", 2, false).await?;
        let partial = Index { filter: Some("price > 0".into()), ..by_name };
        apply(&db, Operation::CreateIndex { table: table(), index: partial }).await.unwrap_err().kind()
    };
    let expected = if test.backend == "sqlite" { ErrorKind::Unsupported } else { ErrorKind::InvalidStatement };
    assert_eq!(dropped, expected);
    Ok(())
}

async fn prefixes_and_included_columns_of_indexes_are_made_or_refused(test: Test) -> Result<()> {
    let db = with_items(&test).await?;
    let start = IndexKey::Column { name: "name".into(), descending: false, prefix: Some(1) };
    let prefix = Index { unique: true, ..Index::new("start", vec![start]) };
    let include = Index { include: vec!["price".into()], ..Index::new("more", vec![IndexKey::column("name")]) };
    for (index, there) in [(prefix, matches!(test.backend, "mysql" | "mariadb")), (include, test.backend == "postgres")]
    {
        let created = apply(&db, Operation::CreateIndex { table: table(), index }).await;
        if there {
            created?;
        } else {
            assert_eq!(created.unwrap_err().kind(), ErrorKind::Unsupported);
        }
    }
    let again = add(&db, "ab", 2, false).await;
    assert_eq!(again.is_err(), matches!(test.backend, "mysql" | "mariadb"));
    Ok(())
}

async fn foreign_keys_are_added_and_dropped_or_refused(test: Test) -> Result<()> {
    let db = with_items(&test).await?;
    let key = ForeignKey::new("to_itself", "price", "items", "id");
    let added = apply(&db, Operation::AddForeignKey { table: table(), key }).await;
    let drop = Operation::DropForeignKey { table: table(), key: "to_itself".into() };
    if test.backend == "sqlite" {
        assert_eq!(added.unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(apply(&db, drop).await.unwrap_err().kind(), ErrorKind::Unsupported);
        return Ok(());
    }
    added?;
    let error = add(&db, "b", 99, false).await.unwrap_err();
    assert_eq!((error.kind(), error.constraint()), (ErrorKind::ForeignKeyViolation, Some("to_itself")));
    apply(&db, drop).await?;
    add(&db, "b", 99, false).await?;
    Ok(())
}

async fn deferred_foreign_keys_wait_for_the_commit_or_are_refused(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let key = ForeignKey { deferrable: Deferrable::Deferred, ..ForeignKey::new("to_itself", "price", "items", "id") };
    let created = apply(&db, Operation::CreateTable(Table { foreign_keys: vec![key], ..items() })).await;
    if matches!(test.backend, "mysql" | "mariadb") {
        assert_eq!(created.unwrap_err().kind(), ErrorKind::Unsupported);
        return Ok(());
    }
    created?;
    let tx = db.begin().await?;
    tx.execute("INSERT INTO items (id, name, price) VALUES (1, 'a', 2)", ()).await?;
    tx.execute("INSERT INTO items (id, name, price) VALUES (2, 'b', 1)", ()).await?;
    tx.commit().await?;
    let tx = db.begin().await?;
    tx.execute("INSERT INTO items (id, name, price) VALUES (3, 'c', 9)", ()).await?;
    assert_eq!(tx.commit().await.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
    Ok(())
}

async fn checks_are_added_and_dropped_or_refused(test: Test) -> Result<()> {
    let db = with_items(&test).await?;
    let labels = CheckCondition::Labels { column: "name".into(), labels: vec!["a".into(), "it's".into()] };
    for (condition, refused) in [(CheckCondition::Sql("price < 10".into()), 10), (labels, 5)] {
        let check = Check { name: "small".into(), condition };
        let added = apply(&db, Operation::AddCheck { table: table(), check }).await;
        let drop = Operation::DropCheck { table: table(), check: "small".into() };
        if test.backend == "sqlite" {
            assert_eq!(added.unwrap_err().kind(), ErrorKind::Unsupported);
            assert_eq!(apply(&db, drop).await.unwrap_err().kind(), ErrorKind::Unsupported);
            continue;
        }
        added?;
        let name = if refused == 10 { "a" } else { "b" };
        let error = add(&db, name, refused, false).await.unwrap_err();
        assert_eq!((error.kind(), error.constraint()), (ErrorKind::CheckViolation, Some("small")));
        apply(&db, drop).await?;
        add(&db, "a", refused, false).await?;
    }
    Ok(())
}

async fn comments_are_set_and_change_nothing_else(test: Test) -> Result<()> {
    let db = with_items(&test).await?;
    let comment = "it's \\ \"new\"";
    let name = Column { comment: comment.into(), ..items().columns[1].clone() };
    apply(&db, Operation::CommentOnTable { table: table(), comment: comment.into() }).await?;
    apply(&db, Operation::CommentOnColumn { table: table(), column: name }).await?;
    let sql = match test.backend {
        "sqlite" => return Ok(()),
        "postgres" => "SELECT obj_description('items'::regclass), col_description('items'::regclass, 2)",
        _ => {
            "SELECT t.table_comment, c.column_comment FROM information_schema.tables t \
             JOIN information_schema.columns c ON c.table_schema = t.table_schema AND c.table_name = t.table_name \
             WHERE t.table_schema = DATABASE() AND t.table_name = 'items' AND c.column_name = 'name'"
        }
    };
    assert_eq!(db.query::<(String, String)>(sql, ()).await?, [(comment.to_owned(), comment.to_owned())]);
    let null = db.execute("INSERT INTO items (name, price) VALUES (NULL, 1)", ()).await.unwrap_err();
    assert_eq!(null.kind(), ErrorKind::NotNullViolation);
    Ok(())
}

async fn nothing_is_sent_when_one_of_several_operations_cannot_be_written(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let nameless = Operation::RenameTable { table: table(), to: String::new() };
    let error =
        apply_operations(Executor::session(&db), &[Operation::CreateTable(items()), nameless]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    apply(&db, Operation::CreateTable(items())).await
}

async fn operations_are_undone_together_where_ddl_is_transactional(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let missing = Operation::DropColumn { table: table(), column: "nothing".into() };
    apply_operations(Executor::session(&db), &[Operation::CreateTable(items()), missing]).await.unwrap_err();
    let again = apply(&db, Operation::CreateTable(items())).await;
    assert_eq!(again.is_ok(), test.shape.transactional_ddl);
    Ok(())
}

async fn native_enums_need_no_check_of_their_labels(test: Test) -> Result<()> {
    let db = test.with::<Kind>().await?;
    if test.backend != "sqlite" {
        let own = if test.backend == "postgres" { "current_schema()" } else { "DATABASE()" };
        let sql = format!(
            "SELECT constraint_name FROM information_schema.table_constraints WHERE table_schema = {own} \
             AND table_name = 'kinds' AND constraint_name LIKE '%labels' ORDER BY 1"
        );
        assert_eq!(db.query::<String>(&sql, ()).await?, ["kinds_colour_labels"]);
    }
    Kind::insert(super::types::plain()).exec(&db).await?;
    for wrong in ["'purple'", "''", "'1'"] {
        let stray = db.execute(&format!("UPDATE kinds SET mood = {wrong}"), ()).await;
        match (test.backend, wrong, stray) {
            // A number in quotes is the position of a label.
            ("mysql" | "mariadb", "'1'", done) => assert_eq!(done?.rows_affected, 1),
            (_, _, stray) => {
                let kind = stray.unwrap_err().kind();
                assert!(matches!(kind, ErrorKind::CheckViolation | ErrorKind::InvalidValue), "{wrong}: {kind:?}");
            }
        }
    }
    Ok(())
}

/// A column of a type with a constant as its default.
fn with_default(name: &str, ty: SqlType, length: Option<u32>, value: Value) -> Column {
    Column { length, default: Some(ColumnDefault::Value(value)), ..Column::new(name, ty) }
}

async fn constant_defaults_are_constants_to_the_database(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let text = || Value::Text("it's \"q\" \\ back".into());
    let mut table = items();
    table.columns.truncate(1);
    table.columns.extend([
        with_default("short", SqlType::Text, Some(50), text()),
        with_default("long", SqlType::Text, None, text()),
        with_default("int", SqlType::I64, None, Value::I64(-7)),
        with_default("flag", SqlType::Bool, None, Value::Bool(true)),
        with_default("ratio", SqlType::F64, None, Value::F64(1.5)),
        with_default("price", SqlType::Decimal, None, Value::Decimal("12.50".into())),
        with_default("bytes", SqlType::Bytes, None, Value::Bytes(vec![0, 255])),
        with_default("doc", SqlType::Json, None, Value::Json("{\"a\": [1]}".into())),
    ]);
    let q = |name: &str| quoted(&db, name);
    apply(&db, Operation::CreateTable(table)).await?;
    db.execute(&format!("INSERT INTO items ({}) VALUES (9)", q("id")), ()).await?;
    let columns = ["short", "long", "int", "flag", "ratio", "price", "bytes", "doc"].map(q).join(", ");
    type Row = (String, String, i64, bool, f64, orm::rust_decimal::Decimal, Vec<u8>, serde_json::Value);
    let found: Vec<Row> = db.query(&format!("SELECT {columns} FROM items"), ()).await?;
    let text = "it's \"q\" \\ back".to_owned();
    let price = "12.50".parse().unwrap();
    assert_eq!(found, [(text.clone(), text, -7, true, 1.5, price, vec![0, 255], serde_json::json!({"a": [1]}))]);
    match test.backend {
        "postgres" => {
            let sql = "SELECT column_default FROM information_schema.columns WHERE table_schema = current_schema() \
                       AND table_name = 'items' AND column_name IN ('flag', 'ratio') ORDER BY 1";
            assert_eq!(db.query::<String>(sql, ()).await?, ["1.5", "true"]);
        }
        "mysql" => {
            // Only of these types are constants expressions.
            let sql = "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() \
                       AND table_name = 'items' AND extra LIKE '%DEFAULT_GENERATED%' ORDER BY 1";
            assert_eq!(db.query::<String>(sql, ()).await?, ["bytes", "doc", "long"]);
        }
        "mariadb" => {
            let sql = "SELECT column_default FROM information_schema.columns WHERE table_schema = DATABASE() \
                       AND table_name = 'items' AND column_name IN ('int', 'short') ORDER BY 1";
            assert_eq!(db.query::<String>(sql, ()).await?, ["'it''s \"q\" \\\\ back'", "-7"]);
        }
        _ => {
            let sql = "SELECT dflt_value FROM pragma_table_info('items') WHERE name IN ('int', 'ratio') ORDER BY 1";
            assert_eq!(db.query::<String>(sql, ()).await?, ["-7", "1.5"]);
        }
    }
    Ok(())
}

async fn two_pipes_join_text_or_are_refused(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let joined = |sql: &str| {
        let generated = Some(Generated { sql: sql.into(), stored: true });
        let full = Column { generated, nullable: true, length: Some(80), ..Column::new("full", SqlType::Text) };
        let mut table = items();
        table.columns.push(full);
        Operation::CreateTable(table)
    };
    let pipes = "name || ' || x'";
    let (db, sql) = if matches!(test.backend, "mysql" | "mariadb") {
        let error = apply(&db, joined(pipes)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
        assert!(error.message().contains("CONCAT"), "{error}");
        let check = Check { name: "c".into(), condition: CheckCondition::Sql("name || price > 0".into()) };
        let checked = Operation::CreateTable(Table { checks: vec![check], ..items() });
        assert_eq!(apply(&db, checked).await.unwrap_err().kind(), ErrorKind::InvalidStatement);
        apply(&db, joined("CONCAT(name, ' || x')")).await?;
        add(&db, "a", 1, false).await?;
        assert_eq!(db.query::<String>("SELECT full FROM items", ()).await?, ["a || x"]);
        apply(&db, Operation::DropTable { table: table(), cascade: false }).await?;
        // A session may say that they join text.
        let url = with_parameter(&test, "init=SET sql_mode = 'STRICT_ALL_TABLES,PIPES_AS_CONCAT'");
        let session = orm::connect(&url).await?;
        apply(&session, joined(pipes)).await?;
        (db, "SELECT full FROM items")
    } else {
        apply(&db, joined(pipes)).await?;
        (db, "SELECT \"full\" FROM items")
    };
    add(&db, "a", 1, false).await?;
    assert_eq!(db.query::<String>(sql, ()).await?, ["a || x"]);
    Ok(())
}

async fn enum_types_in_a_schema_are_created_and_dropped(test: Test) -> Result<()> {
    let db = test.connect_with(PoolOptions::new().max_connections(1)).await?;
    let schema = test.add_schema(&db).await?;
    let mood = EnumType { name: QualifiedName::of(schema, "mood"), labels: vec!["ok".into(), "it's \\".into()] };
    let mut moody = items();
    moody.columns.push(Column { nullable: true, ..Column::new("mood", ColumnType::Enum(mood.clone())) });
    let schemas = Schema { tables: vec![moody], enums: vec![mood], ..Schema::default() };
    let dialect = db.dialect();
    for _ in 0..2 {
        apply_operations(Executor::session(&db), &ddl::create(&schemas, &[], dialect)).await?;
        db.execute("INSERT INTO items (name, price, mood) VALUES ('a', 1, 'ok')", ()).await?;
        apply_operations(Executor::session(&db), &ddl::drop(&schemas, &[table()], false, dialect)).await?;
        if test.shape.enum_types {
            let left = "SELECT count(*) FROM pg_type WHERE typname = 'mood'";
            assert_eq!(db.query::<i64>(left, ()).await?, [0]);
        }
    }
    test.remove_schema(&db, schema).await
}

cases! { $ alter:
    columns_are_added_renamed_and_dropped,
    columns_that_need_a_rebuild_are_refused_whatever_rows_there_are,
    tables_are_renamed_inside_of_their_schema,
    indexes_are_created_and_dropped,
    unique_indexes_of_rows_that_are_not_deleted_leave_nothing_behind,
    unique_constraints_are_created_and_dropped_or_refused,
    prefixes_and_included_columns_of_indexes_are_made_or_refused,
    foreign_keys_are_added_and_dropped_or_refused,
    deferred_foreign_keys_wait_for_the_commit_or_are_refused,
    checks_are_added_and_dropped_or_refused,
    comments_are_set_and_change_nothing_else,
    nothing_is_sent_when_one_of_several_operations_cannot_be_written,
    operations_are_undone_together_where_ddl_is_transactional,
    native_enums_need_no_check_of_their_labels,
    constant_defaults_are_constants_to_the_database,
    two_pipes_join_text_or_are_refused,
    enum_types_in_a_schema_are_created_and_dropped,
}
