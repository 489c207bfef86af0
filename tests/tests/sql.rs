//! SQL text per dialect, as inline snapshots: what a statement becomes, without any database. That the text does what it
//! says is the suite's work.

use expect_test::{Expect, expect};
use orm::ast::{self, Conflict, ConflictAction, Expr, Insert, PerParent, Returning, Statement};
use orm::dialect::{self, Dialect, Rendered, ddl};
use orm::mysql::{MysqlDialect, Server};
use orm::postgres::PostgresDialect;
use orm::prelude::*;
use orm::schema::{
    Column, ColumnDefault, ColumnType, Generated, Index, IndexKey, Operation, PrimaryKey, QualifiedName, Table,
    from_models,
};
use orm::sqlite::SqliteDialect;
use orm::{Json, JsonPath, SqlType, Value, case, concat, now, random, row_number};
use orm_mssql::MssqlDialect;

/// A user.
#[derive(Debug, Clone, Model)]
pub struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique)]
    email: String,
    name: Option<String>,
    age: i32,
    active: bool,
    manager_id: Option<i64>,
    #[orm(key = manager_id)]
    manager: BelongsTo<User>,
    posts: HasMany<Post>,
    #[orm(through(User::MANAGER, User::POSTS))]
    managers_posts: HasMany<Post>,
    #[orm(through(User::POSTS, Post::USER, User::MANAGER), filter = User::ACTIVE.eq(true))]
    bosses: HasMany<User>,
}

/// A post, which can be soft-deleted.
#[derive(Debug, Clone, Model)]
#[orm(paranoid)]
pub struct Post {
    #[orm(primary_key)]
    id: i64,
    user_id: i64,
    title: String,
    deleted_at: Option<chrono::DateTime<chrono::Utc>>,
    user: BelongsTo<User>,
}

/// A table with hostile names.
#[derive(Debug, Clone, Model)]
#[orm(table = "or`der\"s")]
pub struct Odd {
    #[orm(primary_key, column = "a]b")]
    id: i64,
    #[orm(column = "sel\"ect")]
    select_: String,
}

/// A document, in a schema.
#[derive(Debug, Clone, Model)]
#[orm(schema = "files")]
pub struct Doc {
    #[orm(primary_key)]
    id: i64,
    body: Json<Vec<i32>>,
    price: f64,
    written: chrono::DateTime<chrono::Utc>,
}

fn dialects() -> [(&'static str, Box<dyn Dialect>); 5] {
    [
        ("sqlite", Box::new(SqliteDialect::linked())),
        ("postgres", Box::new(PostgresDialect::new((15, 0, 0)))),
        ("mariadb", Box::new(MysqlDialect::new(Server::from_version("10.11.19-MariaDB")))),
        ("mysql", Box::new(MysqlDialect::new(Server::from_version("9.7.4")))),
        ("mssql", Box::new(MssqlDialect::new((15, 0, 0)))),
    ]
}

fn all(render: impl Fn(&dyn Dialect) -> Result<Rendered>, expected: Expect) {
    let mut text = String::new();
    for (name, dialect) in &dialects() {
        let line = match render(&**dialect) {
            Ok(rendered) => rendered.sql,
            Err(error) => format!("({error})"),
        };
        text.push_str(&format!("{name}: {line}\n"));
    }
    expected.assert_eq(&text);
}

#[test]
fn a_filter_becomes_a_where_clause_with_binds() {
    let find = User::find_all().filter(User::AGE.ge(18).and(User::EMAIL.ends_with("@x")).or(User::NAME.is_null()));
    all(
        |d| find.to_sql(d),
        expect![[r#"
            sqlite: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE ("age" >= ?1 AND "email" GLOB ?2 OR "name" IS NULL)
            postgres: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE ("age" >= $1 AND "email" LIKE $2 ESCAPE '!' OR "name" IS NULL)
            mariadb: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE (`age` >= ? AND `email` LIKE ? ESCAPE '!' OR `name` IS NULL)
            mysql: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE (`age` >= ? AND `email` LIKE ? ESCAPE '!' OR `name` IS NULL)
            mssql: SELECT [id], [email], [name], [age], [active], [manager_id] FROM [users] WHERE ([age] >= @P1 AND [email] LIKE @P2 ESCAPE N'!' OR [name] IS NULL)
        "#]],
    );
}

#[test]
fn lists_are_one_bind_where_the_database_can() {
    let find = User::find_all().filter(User::ID.in_(1..=20)).filter(User::EMAIL.not_in(["a", "b", "c"]));
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE "id" IN (SELECT value FROM json_each(?1)) AND "email" NOT IN (?2, ?3, ?4, ?5)
        postgres: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE "id" = ANY($1) AND "email" <> ALL($2)
        mariadb: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE `id` IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AND `email` NOT IN (?, ?, ?, ?)
        mysql: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE `id` IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AND `email` NOT IN (?, ?, ?, ?)
        mssql: SELECT [id], [email], [name], [age], [active], [manager_id] FROM [users] WHERE [id] IN (SELECT [_v] FROM OPENJSON(@P1) WITH ([_v] BIGINT '$')) AND [email] NOT IN (@P2, @P3, @P4, @P5)
    "#]],
    );
}

#[test]
fn empty_lists_and_groups_are_true_or_false_never_absent() {
    let find = User::find_all()
        .filter(User::ID.in_(Vec::<i64>::new()))
        .filter(User::ID.not_in(Vec::<i64>::new()))
        .filter(any_of([] as [Condition<User>; 0]))
        .filter(!all_of([] as [Condition<User>; 0]));
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE FALSE AND TRUE AND FALSE AND NOT TRUE
        postgres: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE FALSE AND TRUE AND FALSE AND NOT TRUE
        mariadb: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE FALSE AND TRUE AND FALSE AND NOT TRUE
        mysql: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE FALSE AND TRUE AND FALSE AND NOT TRUE
        mssql: SELECT [id], [email], [name], [age], [active], [manager_id] FROM [users] WHERE 1 = 0 AND 1 = 1 AND 1 = 0 AND NOT 1 = 1
    "#]],
    );
}

#[test]
fn literal_text_is_escaped_and_patterns_are_not() {
    let find = User::find_all()
        .filter(User::EMAIL.contains("50%_!"))
        .filter(User::NAME.like("a%"))
        .filter(User::NAME.ilike("A_"));
    all(
        |d| find.to_sql(d),
        expect![[r#"
            sqlite: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE "email" GLOB ?1 AND "name" LIKE ?2 ESCAPE '\' AND LOWER("name") LIKE LOWER(?3) ESCAPE '\'
            postgres: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE "email" LIKE $1 ESCAPE '!' AND "name" LIKE $2 ESCAPE E'\\' AND "name" ILIKE $3 ESCAPE E'\\'
            mariadb: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE `email` LIKE ? ESCAPE '!' AND `name` LIKE ? ESCAPE '\\' AND LOWER(`name`) LIKE LOWER(?) ESCAPE '\\'
            mysql: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE `email` LIKE ? ESCAPE '!' AND `name` LIKE ? ESCAPE '\\' AND LOWER(`name`) LIKE LOWER(?) ESCAPE '\\'
            mssql: SELECT [id], [email], [name], [age], [active], [manager_id] FROM [users] WHERE [email] LIKE @P1 ESCAPE N'!' AND [name] LIKE @P2 ESCAPE N'\' AND LOWER([name]) LIKE LOWER(@P3) ESCAPE N'\'
        "#]],
    );
}

#[test]
fn regular_expressions_say_what_letter_case_means() {
    let find = User::find_all().filter(User::EMAIL.regexp("^a")).filter(User::EMAIL.not_iregexp("b$"));
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE "email" REGEXP ?1 AND "email" NOT REGEXP ?2
        postgres: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE "email" ~ $1 AND "email" !~* $2
        mariadb: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE `email` REGEXP ? AND `email` NOT REGEXP ?
        mysql: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE REGEXP_LIKE(`email`, ?, 'c') AND NOT REGEXP_LIKE(`email`, ?, 'i')
        mssql: (not supported: microsoft.sql_server has no regular expressions)
    "#]],
    );
}

#[test]
fn nulls_go_where_asked_on_databases_without_words_for_it() {
    let find = User::find_all()
        .order_by((User::NAME.asc().nulls_last(), User::AGE.desc(), User::NAME.desc().nulls_last()))
        .offset(5);
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" ORDER BY "name" NULLS LAST, "age" DESC, "name" DESC LIMIT -1 OFFSET ?1
        postgres: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" ORDER BY "name", "age" DESC, "name" DESC NULLS LAST OFFSET $1
        mariadb: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` ORDER BY `name` IS NULL, `name`, `age` DESC, `name` DESC LIMIT 18446744073709551615 OFFSET ?
        mysql: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` ORDER BY `name` IS NULL, `name`, `age` DESC, `name` DESC LIMIT 18446744073709551615 OFFSET ?
        mssql: SELECT [id], [email], [name], [age], [active], [manager_id] FROM [users] ORDER BY CASE WHEN [name] IS NULL THEN 1 ELSE 0 END, [name], [age] DESC, [name] DESC OFFSET @P1 ROWS
    "#]],
    );
}

#[test]
fn relation_filters_are_exists_and_hide_deleted_rows() {
    let find = User::find_all().filter(User::POSTS.any(Post::TITLE.eq("x"))).filter(User::POSTS.all(Post::ID.gt(1)));
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE EXISTS (SELECT 1 FROM "posts" AS "_t1" WHERE "_t1"."user_id" = "users"."id" AND "_t1"."deleted_at" IS NULL AND "_t1"."title" = ?1) AND NOT EXISTS (SELECT 1 FROM "posts" AS "_t2" WHERE "_t2"."user_id" = "users"."id" AND "_t2"."deleted_at" IS NULL AND ("_t2"."id" > ?2) IS NOT TRUE)
        postgres: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE EXISTS (SELECT 1 FROM "posts" AS "_t1" WHERE "_t1"."user_id" = "users"."id" AND "_t1"."deleted_at" IS NULL AND "_t1"."title" = $1) AND NOT EXISTS (SELECT 1 FROM "posts" AS "_t2" WHERE "_t2"."user_id" = "users"."id" AND "_t2"."deleted_at" IS NULL AND ("_t2"."id" > $2) IS NOT TRUE)
        mariadb: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE EXISTS (SELECT 1 FROM `posts` AS `_t1` WHERE `_t1`.`user_id` = `users`.`id` AND `_t1`.`deleted_at` IS NULL AND `_t1`.`title` = ?) AND NOT EXISTS (SELECT 1 FROM `posts` AS `_t2` WHERE `_t2`.`user_id` = `users`.`id` AND `_t2`.`deleted_at` IS NULL AND (`_t2`.`id` > ?) IS NOT TRUE)
        mysql: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE EXISTS (SELECT 1 FROM `posts` AS `_t1` WHERE `_t1`.`user_id` = `users`.`id` AND `_t1`.`deleted_at` IS NULL AND `_t1`.`title` = ?) AND NOT EXISTS (SELECT 1 FROM `posts` AS `_t2` WHERE `_t2`.`user_id` = `users`.`id` AND `_t2`.`deleted_at` IS NULL AND (`_t2`.`id` > ?) IS NOT TRUE)
        mssql: SELECT [id], [email], [name], [age], [active], [manager_id] FROM [users] WHERE EXISTS (SELECT 1 FROM [posts] AS [_t1] WHERE [_t1].[user_id] = [users].[id] AND [_t1].[deleted_at] IS NULL AND [_t1].[title] = @P1) AND NOT EXISTS (SELECT 1 FROM [posts] AS [_t2] WHERE [_t2].[user_id] = [users].[id] AND [_t2].[deleted_at] IS NULL AND CASE WHEN [_t2].[id] > @P2 THEN 1 ELSE 0 END = 0)
    "#]],
    );
}

#[test]
fn chains_of_relations_ask_for_each_row_once() {
    let find = User::find_all().filter(User::BOSSES.any(User::AGE.gt(60))).select(User::MANAGERS_POSTS.count());
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT (SELECT COUNT(*) FROM "posts" AS "_t1" WHERE EXISTS (SELECT 1 FROM "users" AS "_t2" WHERE "_t2"."id" = "users"."manager_id" AND "_t1"."user_id" = "_t2"."id") AND "_t1"."deleted_at" IS NULL) FROM "users" WHERE EXISTS (SELECT 1 FROM "users" AS "_t3" WHERE EXISTS (SELECT 1 FROM "users" AS "_t4" INNER JOIN "posts" AS "_t5" ON "_t4"."id" = "_t5"."user_id" WHERE "_t5"."user_id" = "users"."id" AND "_t3"."id" = "_t4"."manager_id" AND "_t5"."deleted_at" IS NULL) AND "_t3"."active" = ?1 AND "_t3"."age" > ?2)
        postgres: SELECT (SELECT COUNT(*) FROM "posts" AS "_t1" WHERE EXISTS (SELECT 1 FROM "users" AS "_t2" WHERE "_t2"."id" = "users"."manager_id" AND "_t1"."user_id" = "_t2"."id") AND "_t1"."deleted_at" IS NULL) FROM "users" WHERE EXISTS (SELECT 1 FROM "users" AS "_t3" WHERE EXISTS (SELECT 1 FROM "users" AS "_t4" INNER JOIN "posts" AS "_t5" ON "_t4"."id" = "_t5"."user_id" WHERE "_t5"."user_id" = "users"."id" AND "_t3"."id" = "_t4"."manager_id" AND "_t5"."deleted_at" IS NULL) AND "_t3"."active" = $1 AND "_t3"."age" > $2)
        mariadb: SELECT (SELECT COUNT(*) FROM `posts` AS `_t1` WHERE EXISTS (SELECT 1 FROM `users` AS `_t2` WHERE `_t2`.`id` = `users`.`manager_id` AND `_t1`.`user_id` = `_t2`.`id`) AND `_t1`.`deleted_at` IS NULL) FROM `users` WHERE EXISTS (SELECT 1 FROM `users` AS `_t3` WHERE EXISTS (SELECT 1 FROM `users` AS `_t4` INNER JOIN `posts` AS `_t5` ON `_t4`.`id` = `_t5`.`user_id` WHERE `_t5`.`user_id` = `users`.`id` AND `_t3`.`id` = `_t4`.`manager_id` AND `_t5`.`deleted_at` IS NULL) AND `_t3`.`active` = ? AND `_t3`.`age` > ?)
        mysql: SELECT (SELECT COUNT(*) FROM `posts` AS `_t1` WHERE EXISTS (SELECT 1 FROM `users` AS `_t2` WHERE `_t2`.`id` = `users`.`manager_id` AND `_t1`.`user_id` = `_t2`.`id`) AND `_t1`.`deleted_at` IS NULL) FROM `users` WHERE EXISTS (SELECT 1 FROM `users` AS `_t3` WHERE EXISTS (SELECT 1 FROM `users` AS `_t4` INNER JOIN `posts` AS `_t5` ON `_t4`.`id` = `_t5`.`user_id` WHERE `_t5`.`user_id` = `users`.`id` AND `_t3`.`id` = `_t4`.`manager_id` AND `_t5`.`deleted_at` IS NULL) AND `_t3`.`active` = ? AND `_t3`.`age` > ?)
        mssql: SELECT (SELECT COUNT_BIG(*) FROM [posts] AS [_t1] WHERE EXISTS (SELECT 1 FROM [users] AS [_t2] WHERE [_t2].[id] = [users].[manager_id] AND [_t1].[user_id] = [_t2].[id]) AND [_t1].[deleted_at] IS NULL) FROM [users] WHERE EXISTS (SELECT 1 FROM [users] AS [_t3] WHERE EXISTS (SELECT 1 FROM [users] AS [_t4] INNER JOIN [posts] AS [_t5] ON [_t4].[id] = [_t5].[user_id] WHERE [_t5].[user_id] = [users].[id] AND [_t3].[id] = [_t4].[manager_id] AND [_t5].[deleted_at] IS NULL) AND [_t3].[active] = @P1 AND [_t3].[age] > @P2)
    "#]],
    );
    let mut included = ast::Select::new(Post::DEF);
    let from = Expr::binary(ast::BinaryOp::Eq, (&User::DEF.columns[0]).into(), Expr::Value(Value::I64(1)));
    included.reached = Some(Box::new(ast::Reached { relation: User::MANAGERS_POSTS.erase(), from }));
    included.list = ast::SelectList::ModelAnd(vec![Expr::ParentKey(0)]);
    all(
        ast(Statement::Select(Box::new(included))),
        expect![[r#"
        sqlite: SELECT "id", "user_id", "title", "deleted_at", "_r"."_k0" FROM "posts" INNER JOIN (SELECT DISTINCT "_t1"."id" AS "_k0", "_t1"."id" AS "_f0" FROM "users" AS "_t1" WHERE "_t1"."id" = ?1) AS "_r" ON "posts"."user_id" = "_r"."_f0" WHERE "deleted_at" IS NULL
        postgres: SELECT "id", "user_id", "title", "deleted_at", "_r"."_k0" FROM "posts" INNER JOIN (SELECT DISTINCT "_t1"."id" AS "_k0", "_t1"."id" AS "_f0" FROM "users" AS "_t1" WHERE "_t1"."id" = $1) AS "_r" ON "posts"."user_id" = "_r"."_f0" WHERE "deleted_at" IS NULL
        mariadb: SELECT `id`, `user_id`, `title`, `deleted_at`, `_r`.`_k0` FROM `posts` INNER JOIN (SELECT DISTINCT `_t1`.`id` AS `_k0`, `_t1`.`id` AS `_f0` FROM `users` AS `_t1` WHERE `_t1`.`id` = ?) AS `_r` ON `posts`.`user_id` = `_r`.`_f0` WHERE `deleted_at` IS NULL
        mysql: SELECT `id`, `user_id`, `title`, `deleted_at`, `_r`.`_k0` FROM `posts` INNER JOIN (SELECT DISTINCT `_t1`.`id` AS `_k0`, `_t1`.`id` AS `_f0` FROM `users` AS `_t1` WHERE `_t1`.`id` = ?) AS `_r` ON `posts`.`user_id` = `_r`.`_f0` WHERE `deleted_at` IS NULL
        mssql: SELECT [id], [user_id], [title], [deleted_at], [_r].[_k0] FROM [posts] INNER JOIN (SELECT DISTINCT [_t1].[id] AS [_k0], [_t1].[id] AS [_f0] FROM [users] AS [_t1] WHERE [_t1].[id] = @P1) AS [_r] ON [posts].[user_id] = [_r].[_f0] WHERE [deleted_at] IS NULL
    "#]],
    );
}

#[test]
fn a_relation_to_the_same_table_tells_inner_and_outer_rows_apart() {
    let find = User::find_all().filter(User::MANAGER.any(User::AGE.gt(User::AGE.outer() + 1)));
    all(
        |d| find.to_sql(d),
        expect![[r#"
            sqlite: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE EXISTS (SELECT 1 FROM "users" AS "_t1" WHERE "_t1"."id" = "users"."manager_id" AND "_t1"."age" > "users"."age" + ?1)
            postgres: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE EXISTS (SELECT 1 FROM "users" AS "_t1" WHERE "_t1"."id" = "users"."manager_id" AND "_t1"."age" > "users"."age" + $1)
            mariadb: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE EXISTS (SELECT 1 FROM `users` AS `_t1` WHERE `_t1`.`id` = `users`.`manager_id` AND `_t1`.`age` > `users`.`age` + ?)
            mysql: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE EXISTS (SELECT 1 FROM `users` AS `_t1` WHERE `_t1`.`id` = `users`.`manager_id` AND `_t1`.`age` > `users`.`age` + ?)
            mssql: SELECT [id], [email], [name], [age], [active], [manager_id] FROM [users] WHERE EXISTS (SELECT 1 FROM [users] AS [_t1] WHERE [_t1].[id] = [users].[manager_id] AND [_t1].[age] > [users].[age] + @P1)
        "#]],
    );
}

#[test]
fn paths_over_to_one_relations_are_left_joins() {
    let find = Post::find_all()
        .filter(Post::USER.col(User::ACTIVE))
        .order_by(Post::USER.expr(User::MANAGER.col(User::NAME)).asc());
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT "posts"."id", "posts"."user_id", "posts"."title", "posts"."deleted_at" FROM "posts" LEFT JOIN "users" AS "_t1" ON "_t1"."id" = "posts"."user_id" LEFT JOIN "users" AS "_t2" ON "_t2"."id" = "_t1"."manager_id" WHERE "posts"."deleted_at" IS NULL AND "_t1"."active" ORDER BY "_t2"."name"
        postgres: SELECT "posts"."id", "posts"."user_id", "posts"."title", "posts"."deleted_at" FROM "posts" LEFT JOIN "users" AS "_t1" ON "_t1"."id" = "posts"."user_id" LEFT JOIN "users" AS "_t2" ON "_t2"."id" = "_t1"."manager_id" WHERE "posts"."deleted_at" IS NULL AND "_t1"."active" ORDER BY "_t2"."name"
        mariadb: SELECT `posts`.`id`, `posts`.`user_id`, `posts`.`title`, `posts`.`deleted_at` FROM `posts` LEFT JOIN `users` AS `_t1` ON `_t1`.`id` = `posts`.`user_id` LEFT JOIN `users` AS `_t2` ON `_t2`.`id` = `_t1`.`manager_id` WHERE `posts`.`deleted_at` IS NULL AND `_t1`.`active` ORDER BY `_t2`.`name`
        mysql: SELECT `posts`.`id`, `posts`.`user_id`, `posts`.`title`, `posts`.`deleted_at` FROM `posts` LEFT JOIN `users` AS `_t1` ON `_t1`.`id` = `posts`.`user_id` LEFT JOIN `users` AS `_t2` ON `_t2`.`id` = `_t1`.`manager_id` WHERE `posts`.`deleted_at` IS NULL AND `_t1`.`active` ORDER BY `_t2`.`name`
        mssql: SELECT [posts].[id], [posts].[user_id], [posts].[title], [posts].[deleted_at] FROM [posts] LEFT JOIN [users] AS [_t1] ON [_t1].[id] = [posts].[user_id] LEFT JOIN [users] AS [_t2] ON [_t2].[id] = [_t1].[manager_id] WHERE [posts].[deleted_at] IS NULL AND [_t1].[active] = 1 ORDER BY [_t2].[name]
    "#]],
    );
}

#[test]
fn upserts_name_the_new_values_in_each_databases_way() {
    let row = || User::create().email("a").age(1).active(true);
    all(
        |d| User::bulk_create([row()]).on_conflict(User::EMAIL).update(User::AGE).to_sql(d),
        expect![[r#"
        sqlite: INSERT INTO "users" ("email", "age", "active") VALUES (?1, ?2, ?3) ON CONFLICT ("email") DO UPDATE SET "age" = excluded."age"
        postgres: INSERT INTO "users" ("email", "age", "active") VALUES ($1, $2, $3) ON CONFLICT ("email") DO UPDATE SET "age" = excluded."age"
        mariadb: INSERT INTO `users` (`email`, `age`, `active`) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE `age` = VALUES(`age`)
        mysql: INSERT INTO `users` (`email`, `age`, `active`) VALUES (?, ?, ?) AS `_new` ON DUPLICATE KEY UPDATE `age` = `_new`.`age`
        mssql: MERGE INTO [users] WITH (HOLDLOCK) USING (VALUES (@P1, @P2, @P3)) AS [_new] ([email], [age], [active]) ON [users].[email] = [_new].[email] WHEN MATCHED THEN UPDATE SET [age] = [_new].[age] WHEN NOT MATCHED THEN INSERT ([email], [age], [active]) VALUES ([_new].[email], [_new].[age], [_new].[active]);
    "#]],
    );
    all(
        |d| User::bulk_create([row()]).on_conflict(User::EMAIL).do_nothing().to_sql(d),
        expect![[r#"
        sqlite: INSERT INTO "users" ("email", "age", "active") VALUES (?1, ?2, ?3) ON CONFLICT ("email") DO NOTHING
        postgres: INSERT INTO "users" ("email", "age", "active") VALUES ($1, $2, $3) ON CONFLICT ("email") DO NOTHING
        mariadb: INSERT INTO `users` (`email`, `age`, `active`) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE `id` = `users`.`id`
        mysql: INSERT INTO `users` (`email`, `age`, `active`) VALUES (?, ?, ?) AS `_new` ON DUPLICATE KEY UPDATE `id` = `users`.`id`
        mssql: MERGE INTO [users] WITH (HOLDLOCK) USING (VALUES (@P1, @P2, @P3)) AS [_new] ([email], [age], [active]) ON [users].[email] = [_new].[email] WHEN NOT MATCHED THEN INSERT ([email], [age], [active]) VALUES ([_new].[email], [_new].[age], [_new].[active]);
    "#]],
    );
}

#[test]
fn many_rows_are_arrays_where_unnest_takes_them_apart() {
    let row = |name: &str| User::create().email(name).age(1).active(true);
    all(
        |d| User::bulk_create([row("a"), row("b")]).on_conflict(User::EMAIL).do_nothing().to_sql(d),
        expect![[r#"
        sqlite: INSERT INTO "users" ("email", "age", "active") VALUES (?1, ?2, ?3), (?4, ?5, ?6) ON CONFLICT ("email") DO NOTHING
        postgres: INSERT INTO "users" ("email", "age", "active") SELECT "_1", "_2", "_3" FROM UNNEST($1, $2, $3) WITH ORDINALITY AS "_new" ("_1", "_2", "_3", "_4") ORDER BY "_4" ON CONFLICT ("email") DO NOTHING
        mariadb: INSERT INTO `users` (`email`, `age`, `active`) VALUES (?, ?, ?), (?, ?, ?) ON DUPLICATE KEY UPDATE `id` = `users`.`id`
        mysql: INSERT INTO `users` (`email`, `age`, `active`) VALUES (?, ?, ?), (?, ?, ?) AS `_new` ON DUPLICATE KEY UPDATE `id` = `users`.`id`
        mssql: MERGE INTO [users] WITH (HOLDLOCK) USING (VALUES (@P1, @P2, @P3), (@P4, @P5, @P6)) AS [_new] ([email], [age], [active]) ON [users].[email] = [_new].[email] WHEN NOT MATCHED THEN INSERT ([email], [age], [active]) VALUES ([_new].[email], [_new].[age], [_new].[active]);
    "#]],
    );
    let text = |rows: i32| {
        let rows = (0..rows).map(|n| row(&n.to_string()));
        User::bulk_create(rows).on_conflict(User::EMAIL).do_nothing().to_sql(&PostgresDialect::new((15, 0, 0)))
    };
    assert_eq!(text(2).unwrap().sql, text(3).unwrap().sql);
}

#[test]
fn lists_and_what_may_be_one_are_not_unnested() {
    let dialect = PostgresDialect::new((15, 0, 0));
    let native = ["int4[]", "_int4"].map(SqlType::Native);
    for ty in native.into_iter().chain([SqlType::Array(&SqlType::I32)]) {
        assert!(!dialect.unnests(ty), "{ty}");
    }
    assert!([SqlType::Native("inet"), SqlType::Json, SqlType::Text].iter().all(|ty| dialect.unnests(*ty)));
}

#[test]
fn locks_are_refused_where_there_are_none() {
    // In any order.
    let find = User::find_all().skip_locked().for_update();
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: (not supported: sqlite has no row locks (begin an immediate transaction instead))
        postgres: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" FOR UPDATE SKIP LOCKED
        mariadb: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` FOR UPDATE SKIP LOCKED
        mysql: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` FOR UPDATE SKIP LOCKED
        mssql: SELECT [id], [email], [name], [age], [active], [manager_id] FROM [users] WITH (UPDLOCK, ROWLOCK, READPAST)
    "#]],
    );
    let find = User::find_all().for_share();
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: (not supported: sqlite has no row locks (begin an immediate transaction instead))
        postgres: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" FOR SHARE
        mariadb: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` LOCK IN SHARE MODE
        mysql: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` FOR SHARE
        mssql: SELECT [id], [email], [name], [age], [active], [manager_id] FROM [users] WITH (REPEATABLEREAD, ROWLOCK)
    "#]],
    );
}

#[test]
fn quotes_in_names_are_doubled() {
    let find = Odd::find_all().filter(Odd::SELECT_.eq("x"));
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT "a]b", "sel""ect" FROM "or`der""s" WHERE "sel""ect" = ?1
        postgres: SELECT "a]b", "sel""ect" FROM "or`der""s" WHERE "sel""ect" = $1
        mariadb: SELECT `a]b`, `sel"ect` FROM `or``der"s` WHERE `sel"ect` = ?
        mysql: SELECT `a]b`, `sel"ect` FROM `or``der"s` WHERE `sel"ect` = ?
        mssql: SELECT [a]]b], [sel"ect] FROM [or`der"s] WHERE [sel"ect] = @P1
    "#]],
    );
}

#[test]
fn aggregates_of_some_rows_use_filter_or_case() {
    let find =
        User::find_all().select((User::ACTIVE, count_all().only_where(User::AGE.gt(18).free()))).group_by(User::ACTIVE);
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT "active", COUNT(*) FILTER (WHERE "age" > ?1) FROM "users" GROUP BY "active"
        postgres: SELECT "active", COUNT(*) FILTER (WHERE "age" > $1) FROM "users" GROUP BY "active"
        mariadb: SELECT `active`, COUNT(CASE WHEN `age` > ? THEN 1 END) FROM `users` GROUP BY `active`
        mysql: SELECT `active`, COUNT(CASE WHEN `age` > ? THEN 1 END) FROM `users` GROUP BY `active`
        mssql: SELECT [active], COUNT_BIG(CASE WHEN [age] > @P1 THEN 1 END) FROM [users] GROUP BY [active]
    "#]],
    );
}

#[test]
fn a_column_of_a_table_that_is_not_read_is_an_error() {
    let find = User::find_all().join::<Post>(Post::USER_ID.free().eq(User::ID)).filter(Odd::SELECT_.eq("x"));
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: (invalid statement in table `or`der"s`, column `sel"ect`: the query reads `users`, `posts`, not `or`der"s`; join it or reach it through a relation)
        postgres: (invalid statement in table `or`der"s`, column `sel"ect`: the query reads `users`, `posts`, not `or`der"s`; join it or reach it through a relation)
        mariadb: (invalid statement in table `or`der"s`, column `sel"ect`: the query reads `users`, `posts`, not `or`der"s`; join it or reach it through a relation)
        mysql: (invalid statement in table `or`der"s`, column `sel"ect`: the query reads `users`, `posts`, not `or`der"s`; join it or reach it through a relation)
        mssql: (invalid statement in table `or`der"s`, column `sel"ect`: the query reads `users`, `posts`, not `or`der"s`; join it or reach it through a relation)
    "#]],
    );
}

#[test]
fn a_bare_none_is_null_in_a_setter() {
    let row = || User::create().email("a").age(1).active(true).name(None);
    all(
        |d| User::bulk_create([row()]).on_conflict(User::EMAIL).update(User::NAME).to_sql(d),
        expect![[r#"
        sqlite: INSERT INTO "users" ("email", "name", "age", "active") VALUES (?1, ?2, ?3, ?4) ON CONFLICT ("email") DO UPDATE SET "name" = excluded."name"
        postgres: INSERT INTO "users" ("email", "name", "age", "active") VALUES ($1, $2, $3, $4) ON CONFLICT ("email") DO UPDATE SET "name" = excluded."name"
        mariadb: INSERT INTO `users` (`email`, `name`, `age`, `active`) VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE `name` = VALUES(`name`)
        mysql: INSERT INTO `users` (`email`, `name`, `age`, `active`) VALUES (?, ?, ?, ?) AS `_new` ON DUPLICATE KEY UPDATE `name` = `_new`.`name`
        mssql: MERGE INTO [users] WITH (HOLDLOCK) USING (VALUES (@P1, @P2, @P3, @P4)) AS [_new] ([email], [name], [age], [active]) ON [users].[email] = [_new].[email] WHEN MATCHED THEN UPDATE SET [name] = [_new].[name] WHEN NOT MATCHED THEN INSERT ([email], [name], [age], [active]) VALUES ([_new].[email], [_new].[name], [_new].[age], [_new].[active]);
    "#]],
    );
}

fn ast(statement: Statement) -> impl Fn(&dyn Dialect) -> Result<Rendered> {
    move |d| dialect::render(&statement, d)
}

/// An insert of so many people, of whom an e-mail address is given.
fn inserted(rows: usize, conflict: Option<Conflict>) -> Insert {
    Insert {
        model: User::DEF,
        columns: vec![&User::DEF.columns[1]],
        values: vec![Value::Text("a".into()); rows],
        rows,
        conflict,
        returning: Returning::Columns(vec![&User::DEF.columns[0]]),
    }
}

#[test]
fn inserted_rows_come_back() {
    all(
        ast(Statement::Insert(Box::new(inserted(1, None)))),
        expect![[r#"
        sqlite: INSERT INTO "users" ("email") VALUES (?1) RETURNING "id"
        postgres: INSERT INTO "users" ("email") VALUES ($1) RETURNING "id"
        mariadb: INSERT INTO `users` (`email`) VALUES (?) RETURNING `id`
        mysql: (not supported: mysql has no INSERT .. RETURNING)
        mssql: INSERT INTO [users] ([email]) OUTPUT INSERTED.[id] VALUES (@P1)
    "#]],
    );
    all(
        ast(Statement::Insert(Box::new(inserted(2, None)))),
        expect![[r#"
        sqlite: INSERT INTO "users" ("email") VALUES (?1), (?2) RETURNING "id"
        postgres: INSERT INTO "users" ("email") SELECT "_1" FROM UNNEST($1) WITH ORDINALITY AS "_new" ("_1", "_2") ORDER BY "_2" RETURNING "id"
        mariadb: INSERT INTO `users` (`email`) VALUES (?), (?) RETURNING `id`
        mysql: (not supported: mysql has no INSERT .. RETURNING)
        mssql: INSERT INTO [users] ([email]) OUTPUT INSERTED.[id] SELECT [_1] FROM (VALUES (@P1, 1), (@P2, 2)) AS [_new] ([_1], [_2]) ORDER BY [_2]
    "#]],
    );
    let none = Insert { columns: vec![], values: vec![], ..inserted(1, None) };
    all(
        ast(Statement::Insert(Box::new(none))),
        expect![[r#"
        sqlite: INSERT INTO "users" DEFAULT VALUES RETURNING "id"
        postgres: INSERT INTO "users" DEFAULT VALUES RETURNING "id"
        mariadb: INSERT INTO `users` () VALUES () RETURNING `id`
        mysql: (not supported: mysql has no INSERT .. RETURNING)
        mssql: INSERT INTO [users] OUTPUT INSERTED.[id] DEFAULT VALUES
    "#]],
    );
    let action = ConflictAction::Update(vec![(&User::DEF.columns[3], Expr::Excluded(&User::DEF.columns[3]))]);
    let conflict = Conflict { target: vec![&User::DEF.columns[1]], target_filter: None, action };
    all(
        ast(Statement::Insert(Box::new(inserted(1, Some(conflict))))),
        expect![[r#"
        sqlite: INSERT INTO "users" ("email") VALUES (?1) ON CONFLICT ("email") DO UPDATE SET "age" = excluded."age" RETURNING "id"
        postgres: INSERT INTO "users" ("email") VALUES ($1) ON CONFLICT ("email") DO UPDATE SET "age" = excluded."age" RETURNING "id"
        mariadb: INSERT INTO `users` (`email`) VALUES (?) ON DUPLICATE KEY UPDATE `age` = VALUES(`age`) RETURNING `id`
        mysql: (not supported: mysql has no INSERT .. RETURNING)
        mssql: MERGE INTO [users] WITH (HOLDLOCK) USING (VALUES (@P1)) AS [_new] ([email]) ON [users].[email] = [_new].[email] WHEN MATCHED THEN UPDATE SET [age] = [_new].[age] WHEN NOT MATCHED THEN INSERT ([email]) VALUES ([_new].[email]) OUTPUT INSERTED.[id];
    "#]],
    );
    let conflict = Conflict { target: vec![], target_filter: None, action: ConflictAction::Nothing };
    all(
        ast(Statement::Insert(Box::new(inserted(1, Some(conflict))))),
        expect![[r#"
        sqlite: INSERT INTO "users" ("email") VALUES (?1) ON CONFLICT DO NOTHING RETURNING "id"
        postgres: INSERT INTO "users" ("email") VALUES ($1) ON CONFLICT DO NOTHING RETURNING "id"
        mariadb: INSERT INTO `users` (`email`) VALUES (?) ON DUPLICATE KEY UPDATE `id` = `users`.`id` RETURNING `id`
        mysql: (not supported: mysql has no INSERT .. RETURNING)
        mssql: MERGE INTO [users] WITH (HOLDLOCK) USING (VALUES (@P1)) AS [_new] ([email]) ON [users].[email] = [_new].[email] WHEN NOT MATCHED THEN INSERT ([email]) VALUES ([_new].[email]) OUTPUT INSERTED.[id];
    "#]],
    );
}

#[test]
fn a_given_key_is_inserted_where_the_database_counts_it() {
    let insert = Insert {
        columns: vec![&User::DEF.columns[0]],
        values: vec![Value::I64(7)],
        returning: Returning::Nothing,
        ..inserted(1, None)
    };
    all(
        ast(Statement::Insert(Box::new(insert))),
        expect![[r#"
        sqlite: INSERT INTO "users" ("id") VALUES (?1)
        postgres: INSERT INTO "users" ("id") VALUES ($1)
        mariadb: INSERT INTO `users` (`id`) VALUES (?)
        mysql: INSERT INTO `users` (`id`) VALUES (?)
        mssql: SET IDENTITY_INSERT [users] ON; INSERT INTO [users] ([id]) VALUES (@P1); SET IDENTITY_INSERT [users] OFF
    "#]],
    );
}

#[test]
fn updates_and_deletes_give_rows_back() {
    let update =
        User::update().set(User::AGE, User::AGE + 1).set(User::ACTIVE, User::AGE.gt(18)).filter(User::ID.eq(1));
    all(
        |d| update.to_sql(d),
        expect![[r#"
        sqlite: UPDATE "users" SET "age" = "age" + ?1, "active" = "age" > ?2 WHERE "id" = ?3
        postgres: UPDATE "users" SET "age" = "age" + $1, "active" = "age" > $2 WHERE "id" = $3
        mariadb: UPDATE `users` SET `active` = `age` > ?, `age` = `age` + ? WHERE `id` = ?
        mysql: UPDATE `users` SET `active` = `age` > ?, `age` = `age` + ? WHERE `id` = ?
        mssql: UPDATE [users] SET [age] = [age] + @P1, [active] = CAST(CASE WHEN [age] > @P2 THEN 1 ELSE 0 END AS BIT) WHERE [id] = @P3
    "#]],
    );
    let update = ast::Update {
        model: Post::DEF,
        set: vec![(&Post::DEF.columns[2], Expr::Value(Value::Text("x".into())))],
        filter: vec![],
        visibility: ast::Visibility::DEFAULT,
        returning: Returning::Model,
    };
    all(
        ast(Statement::Update(Box::new(update))),
        expect![[r#"
        sqlite: UPDATE "posts" SET "title" = ?1 WHERE "deleted_at" IS NULL RETURNING "id", "user_id", "title", "deleted_at"
        postgres: UPDATE "posts" SET "title" = $1 WHERE "deleted_at" IS NULL RETURNING "id", "user_id", "title", "deleted_at"
        mariadb: (not supported: mariadb has no UPDATE .. RETURNING)
        mysql: (not supported: mysql has no UPDATE .. RETURNING)
        mssql: UPDATE [posts] SET [title] = @P1 OUTPUT INSERTED.[id], INSERTED.[user_id], INSERTED.[title], INSERTED.[deleted_at] WHERE [deleted_at] IS NULL
    "#]],
    );
    let delete = ast::Delete {
        model: Post::DEF,
        filter: vec![],
        visibility: ast::Visibility { deleted: ast::Deleted::Only, ..ast::Visibility::DEFAULT },
        returning: Returning::Columns(vec![&Post::DEF.columns[0]]),
    };
    all(
        ast(Statement::Delete(Box::new(delete))),
        expect![[r#"
        sqlite: DELETE FROM "posts" WHERE "deleted_at" IS NOT NULL RETURNING "id"
        postgres: DELETE FROM "posts" WHERE "deleted_at" IS NOT NULL RETURNING "id"
        mariadb: DELETE FROM `posts` WHERE `deleted_at` IS NOT NULL RETURNING `id`
        mysql: (not supported: mysql has no DELETE .. RETURNING)
        mssql: DELETE FROM [posts] OUTPUT DELETED.[id] WHERE [deleted_at] IS NOT NULL
    "#]],
    );
    let destroy = User::destroy().filter(User::AGE.lt(18)).order_by(User::ID.asc()).limit(5);
    all(
        |d| destroy.to_sql(d),
        expect![[r#"
        sqlite: DELETE FROM "users" WHERE "id" IN (SELECT "_t1"."id" FROM "users" AS "_t1" WHERE "_t1"."age" < ?1 ORDER BY "_t1"."id" LIMIT 5)
        postgres: DELETE FROM "users" WHERE "id" IN (SELECT "_t1"."id" FROM "users" AS "_t1" WHERE "_t1"."age" < $1 ORDER BY "_t1"."id" LIMIT 5)
        mariadb: DELETE FROM `users` WHERE `id` IN (SELECT * FROM (SELECT `_t1`.`id` FROM `users` AS `_t1` WHERE `_t1`.`age` < ? ORDER BY `_t1`.`id` LIMIT 5) AS `_d`)
        mysql: DELETE FROM `users` WHERE `id` IN (SELECT * FROM (SELECT `_t1`.`id` FROM `users` AS `_t1` WHERE `_t1`.`age` < ? ORDER BY `_t1`.`id` LIMIT 5) AS `_d`)
        mssql: DELETE FROM [users] WHERE [id] IN (SELECT TOP (5) [_t1].[id] FROM [users] AS [_t1] WHERE [_t1].[age] < @P1 ORDER BY [_t1].[id])
    "#]],
    );
    all(
        |d| Post::truncate().to_sql(d),
        expect![[r#"
        sqlite: DELETE FROM "posts"
        postgres: TRUNCATE TABLE "posts"
        mariadb: TRUNCATE TABLE `posts`
        mysql: TRUNCATE TABLE `posts`
        mssql: TRUNCATE TABLE [posts]
    "#]],
    );
}

#[test]
fn pages_are_ordered_where_the_database_needs_it() {
    let ids = || User::find_all().select(User::ID);
    all(
        |d| ids().limit(10).to_sql(d),
        expect![[r#"
        sqlite: SELECT "id" FROM "users" LIMIT 10
        postgres: SELECT "id" FROM "users" LIMIT 10
        mariadb: SELECT `id` FROM `users` LIMIT 10
        mysql: SELECT `id` FROM `users` LIMIT 10
        mssql: SELECT TOP (10) [id] FROM [users]
    "#]],
    );
    all(
        |d| ids().limit(10).offset(20).to_sql(d),
        expect![[r#"
        sqlite: SELECT "id" FROM "users" LIMIT 10 OFFSET ?1
        postgres: SELECT "id" FROM "users" LIMIT 10 OFFSET $1
        mariadb: SELECT `id` FROM `users` LIMIT 10 OFFSET ?
        mysql: SELECT `id` FROM `users` LIMIT 10 OFFSET ?
        mssql: SELECT [id] FROM [users] ORDER BY (SELECT NULL) OFFSET @P1 ROWS FETCH NEXT 10 ROWS ONLY
    "#]],
    );
    all(
        |d| ids().order_by(User::AGE.desc()).limit(10).offset(20).to_sql(d),
        expect![[r#"
        sqlite: SELECT "id" FROM "users" ORDER BY "age" DESC LIMIT 10 OFFSET ?1
        postgres: SELECT "id" FROM "users" ORDER BY "age" DESC LIMIT 10 OFFSET $1
        mariadb: SELECT `id` FROM `users` ORDER BY `age` DESC LIMIT 10 OFFSET ?
        mysql: SELECT `id` FROM `users` ORDER BY `age` DESC LIMIT 10 OFFSET ?
        mssql: SELECT [id] FROM [users] ORDER BY [age] DESC OFFSET @P1 ROWS FETCH NEXT 10 ROWS ONLY
    "#]],
    );
    all(
        |d| ids().distinct().offset(20).to_sql(d),
        expect![[r#"
        sqlite: SELECT DISTINCT "id" FROM "users" LIMIT -1 OFFSET ?1
        postgres: SELECT DISTINCT "id" FROM "users" OFFSET $1
        mariadb: SELECT DISTINCT `id` FROM `users` LIMIT 18446744073709551615 OFFSET ?
        mysql: SELECT DISTINCT `id` FROM `users` LIMIT 18446744073709551615 OFFSET ?
        mssql: SELECT DISTINCT [id] FROM [users] ORDER BY 1 OFFSET @P1 ROWS
    "#]],
    );
    all(
        |d| ids().offset(20).limit(0).to_sql(d),
        expect![[r#"
        sqlite: SELECT "id" FROM "users" LIMIT 0 OFFSET ?1
        postgres: SELECT "id" FROM "users" LIMIT 0 OFFSET $1
        mariadb: SELECT `id` FROM `users` LIMIT 0 OFFSET ?
        mysql: SELECT `id` FROM `users` LIMIT 0 OFFSET ?
        mssql: SELECT TOP (0) [id] FROM [users]
    "#]],
    );
}

#[test]
fn conditions_are_values_and_values_conditions() {
    let find = User::find_all()
        .select((User::AGE.gt(18), User::NAME.eq("x"), User::NAME.is_null(), User::ACTIVE))
        .filter(User::ACTIVE)
        .filter(!User::ACTIVE)
        .filter(User::ACTIVE.or(User::AGE.gt(18)))
        .filter(User::ACTIVE.eq(User::AGE.gt(18)))
        .order_by(User::AGE.gt(18).desc());
    all(
        |d| find.to_sql(d),
        expect![[r#"
            sqlite: SELECT "age" > ?1, ("name" = ?2) IS ?3, "name" IS NULL, "active" FROM "users" WHERE "active" AND NOT "active" AND ("active" OR "age" > ?4) AND "active" = ("age" > ?5) ORDER BY "users"."age" > ?6 DESC
            postgres: SELECT "age" > $1, ("name" = $2) IS NOT DISTINCT FROM $3, "name" IS NULL, "active" FROM "users" WHERE "active" AND NOT "active" AND ("active" OR "age" > $4) AND "active" = ("age" > $5) ORDER BY "users"."age" > $6 DESC
            mariadb: SELECT `age` > ?, (`name` = ?) <=> ?, `name` IS NULL, `active` FROM `users` WHERE `active` AND NOT `active` AND (`active` OR `age` > ?) AND `active` = (`age` > ?) ORDER BY `users`.`age` > ? DESC
            mysql: SELECT `age` > ?, (`name` = ?) <=> ?, `name` IS NULL, `active` FROM `users` WHERE `active` AND NOT `active` AND (`active` OR `age` > ?) AND `active` = (`age` > ?) ORDER BY `users`.`age` > ? DESC
            mssql: SELECT CAST(CASE WHEN [age] > @P1 THEN 1 ELSE 0 END AS BIT), CAST(CASE WHEN [name] = @P2 THEN 1 ELSE 0 END AS BIT), CAST(CASE WHEN [name] IS NULL THEN 1 ELSE 0 END AS BIT), [active] FROM [users] WHERE [active] = 1 AND NOT ([active] = 1) AND ([active] = 1 OR [age] > @P3) AND [active] = CAST(CASE WHEN [age] > @P4 THEN 1 ELSE 0 END AS BIT) ORDER BY CAST(CASE WHEN [users].[age] > @P5 THEN 1 ELSE 0 END AS BIT) DESC
        "#]],
    );
    let find = Post::find_all()
        .select(Post::USER.expr(User::AGE.gt(18)))
        .filter(Post::USER.expr(User::AGE.gt(18)))
        .filter(Post::USER.expr(User::NAME.is_null()));
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT "_t1"."age" > ?1 FROM "posts" LEFT JOIN "users" AS "_t1" ON "_t1"."id" = "posts"."user_id" WHERE "posts"."deleted_at" IS NULL AND "_t1"."age" > ?2 AND CASE WHEN "_t1"."id" IS NOT NULL THEN "_t1"."name" IS NULL END
        postgres: SELECT "_t1"."age" > $1 FROM "posts" LEFT JOIN "users" AS "_t1" ON "_t1"."id" = "posts"."user_id" WHERE "posts"."deleted_at" IS NULL AND "_t1"."age" > $2 AND CASE WHEN "_t1"."id" IS NOT NULL THEN "_t1"."name" IS NULL END
        mariadb: SELECT `_t1`.`age` > ? FROM `posts` LEFT JOIN `users` AS `_t1` ON `_t1`.`id` = `posts`.`user_id` WHERE `posts`.`deleted_at` IS NULL AND `_t1`.`age` > ? AND CASE WHEN `_t1`.`id` IS NOT NULL THEN `_t1`.`name` IS NULL END
        mysql: SELECT `_t1`.`age` > ? FROM `posts` LEFT JOIN `users` AS `_t1` ON `_t1`.`id` = `posts`.`user_id` WHERE `posts`.`deleted_at` IS NULL AND `_t1`.`age` > ? AND CASE WHEN `_t1`.`id` IS NOT NULL THEN `_t1`.`name` IS NULL END
        mssql: SELECT CAST(CASE WHEN [_t1].[age] > @P1 THEN 1 ELSE 0 END AS BIT) FROM [posts] LEFT JOIN [users] AS [_t1] ON [_t1].[id] = [posts].[user_id] WHERE [posts].[deleted_at] IS NULL AND [_t1].[age] > @P2 AND (CASE WHEN [_t1].[id] IS NOT NULL THEN CAST(CASE WHEN [_t1].[name] IS NULL THEN 1 ELSE 0 END AS BIT) END) = 1
    "#]],
    );
}

#[test]
fn groups_go_by_expressions_and_values_in_them() {
    let find = User::find_all()
        .select((User::AGE + 1, count_all(), User::AGE.sum(), User::ACTIVE.max()))
        .group_by(User::AGE + 1)
        .having(count_all().gt(2))
        .order_by((User::AGE + 1).desc());
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT "age" + ?1, COUNT(*), SUM("age"), MAX("active") FROM "users" GROUP BY 1 HAVING COUNT(*) > ?2 ORDER BY 1 DESC
        postgres: SELECT "age" + $1, COUNT(*), SUM("age"), CAST(MAX(CAST("active" AS INTEGER)) AS BOOLEAN) FROM "users" GROUP BY 1 HAVING COUNT(*) > $2 ORDER BY 1 DESC
        mariadb: SELECT `age` + ?, COUNT(*), SUM(`age`), MAX(`active`) FROM `users` GROUP BY 1 HAVING COUNT(*) > ? ORDER BY 1 DESC
        mysql: SELECT `age` + ?, COUNT(*), SUM(`age`), MAX(`active`) FROM `users` GROUP BY 1 HAVING COUNT(*) > ? ORDER BY 1 DESC
        mssql: SELECT [age] + @P1, COUNT_BIG(*), SUM(CAST([age] AS BIGINT)), CAST(MAX(CAST([active] AS INT)) AS BIT) FROM [users] GROUP BY [age] + @P1 HAVING COUNT_BIG(*) > @P2 ORDER BY 1 DESC
    "#]],
    );
}

#[test]
fn nulls_are_equal_where_it_is_asked() {
    let find =
        User::find_all().filter(User::NAME.is_not_distinct_from("x")).filter(User::NAME.is_distinct_from(User::EMAIL));
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE "name" IS ?1 AND NOT ("name" IS "email")
        postgres: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE "name" IS NOT DISTINCT FROM $1 AND NOT ("name" IS NOT DISTINCT FROM "email")
        mariadb: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE `name` <=> ? AND NOT (`name` <=> `email`)
        mysql: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE `name` <=> ? AND NOT (`name` <=> `email`)
        mssql: SELECT [id], [email], [name], [age], [active], [manager_id] FROM [users] WHERE EXISTS (SELECT [name] INTERSECT SELECT @P1) AND NOT EXISTS (SELECT [name] INTERSECT SELECT [email])
    "#]],
    );
}

#[test]
fn functions_have_each_databases_form() {
    let find = User::find_all().select((
        User::EMAIL.concat(User::NAME.unwrap_or("-")),
        concat([User::EMAIL, User::EMAIL]),
        User::EMAIL.length(),
        User::EMAIL.substring(1, 2),
        User::EMAIL.contains(User::EMAIL.lower()),
        User::AGE.cast::<i64>(),
        User::AGE.avg(),
        case().when(User::AGE.gt(18), "old").otherwise("young"),
    ));
    all(
        |d| find.to_sql(d),
        expect![[r#"
            sqlite: SELECT "email" || COALESCE("name", ?1), (("email") || ("email")), LENGTH("email"), SUBSTR("email", ?2, ?3), "email" GLOB ('*' || REPLACE(REPLACE(REPLACE(LOWER("email"), '[', '[[]'), '*', '[*]'), '?', '[?]') || '*'), CAST("age" AS INTEGER), AVG(CAST("age" AS REAL)), CASE WHEN "age" > ?4 THEN ?5 ELSE ?6 END FROM "users"
            postgres: SELECT "email" || COALESCE("name", $1), (("email") || ("email")), char_length("email"), SUBSTR("email", $2, $3), "email" LIKE ('%' || REPLACE(REPLACE(REPLACE(LOWER("email"), '!', '!!'), '%', '!%'), '_', '!_') || '%') ESCAPE '!', CAST("age" AS BIGINT), AVG(CAST("age" AS DOUBLE PRECISION)), CASE WHEN "age" > $4 THEN $5 ELSE $6 END FROM "users"
            mariadb: SELECT CONCAT(`email`, COALESCE(`name`, ?)), CONCAT(`email`, `email`), CHAR_LENGTH(`email`), SUBSTRING(`email`, ?, ?), `email` LIKE CONCAT('%', REPLACE(REPLACE(REPLACE(LOWER(`email`), '!', '!!'), '%', '!%'), '_', '!_'), '%') ESCAPE '!', CAST(`age` AS SIGNED), AVG(CAST(`age` AS DOUBLE)), CASE WHEN `age` > ? THEN ? ELSE ? END FROM `users`
            mysql: SELECT CONCAT(`email`, COALESCE(`name`, ?)), CONCAT(`email`, `email`), CHAR_LENGTH(`email`), SUBSTRING(`email`, ?, ?), `email` LIKE CONCAT('%', REPLACE(REPLACE(REPLACE(LOWER(`email`), '!', '!!'), '%', '!%'), '_', '!_'), '%') ESCAPE '!', CAST(`age` AS SIGNED), AVG(CAST(`age` AS DOUBLE)), CASE WHEN `age` > ? THEN ? ELSE ? END FROM `users`
            mssql: SELECT CAST([email] AS NVARCHAR(MAX)) + COALESCE([name], @P1), (CAST([email] AS NVARCHAR(MAX)) + [email]), (LEN(([email]) + N'.') - 1), SUBSTRING([email], @P2, @P3), CAST(CASE WHEN [email] LIKE (N'%' + REPLACE(REPLACE(REPLACE(REPLACE(LOWER([email]), '!', '!!'), '%', '!%'), '_', '!_'), '[', '![') + N'%') ESCAPE N'!' THEN 1 ELSE 0 END AS BIT), CAST([age] AS BIGINT), AVG(CAST([age] AS FLOAT(53))), CASE WHEN [age] > @P4 THEN @P5 ELSE @P6 END FROM [users]
        "#]],
    );
    let find = Doc::find_all()
        .select((Doc::PRICE.round(2), Doc::PRICE.ceil(), now()))
        .filter(Doc::WRITTEN.year().eq(2026))
        .order_by(random().asc());
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT ROUND("price", ?1), CEIL("price"), strftime('%Y-%m-%d %H:%M:%f +00:00', 'now') FROM "files"."docs" WHERE CAST(strftime('%Y', "written") AS INTEGER) = ?2 ORDER BY RANDOM()
        postgres: SELECT ROUND(("price")::numeric, ($1)), CEIL("price"), now() FROM "files"."docs" WHERE CAST(EXTRACT(YEAR FROM "written") AS INTEGER) = $2 ORDER BY random()
        mariadb: SELECT ROUND(`price`, ?), CEILING(`price`), UTC_TIMESTAMP(6) FROM `files`.`docs` WHERE YEAR(`written`) = ? ORDER BY RAND()
        mysql: SELECT ROUND(`price`, ?), CEILING(`price`), UTC_TIMESTAMP(6) FROM `files`.`docs` WHERE YEAR(`written`) = ? ORDER BY RAND()
        mssql: SELECT ROUND([price], @P1), CEILING([price]), SYSUTCDATETIME() FROM [files].[docs] WHERE YEAR([written]) = @P2 ORDER BY (CAST(CHECKSUM(NEWID()) & 2147483647 AS FLOAT(53)) / 2147483648)
    "#]],
    );
}

#[test]
fn windows_number_rows_in_some_order() {
    let number = row_number().over(User::AGE, User::ID.asc());
    let find = User::find_all().select((User::ID, number, User::AGE.sum().over(User::ACTIVE, ())));
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT "id", ROW_NUMBER() OVER (PARTITION BY "age" ORDER BY "id"), SUM("age") OVER (PARTITION BY "active") FROM "users"
        postgres: SELECT "id", ROW_NUMBER() OVER (PARTITION BY "age" ORDER BY "id"), SUM("age") OVER (PARTITION BY "active") FROM "users"
        mariadb: SELECT `id`, ROW_NUMBER() OVER (PARTITION BY `age` ORDER BY `id`), SUM(`age`) OVER (PARTITION BY `active`) FROM `users`
        mysql: SELECT `id`, ROW_NUMBER() OVER (PARTITION BY `age` ORDER BY `id`), SUM(`age`) OVER (PARTITION BY `active`) FROM `users`
        mssql: SELECT [id], ROW_NUMBER() OVER (PARTITION BY [age] ORDER BY [id]), SUM(CAST([age] AS BIGINT)) OVER (PARTITION BY [active]) FROM [users]
    "#]],
    );
    let mut select = ast::Select::new(Post::DEF);
    let partition_by = vec![Expr::Column(&Post::DEF.columns[1])];
    select.per_parent = Some(PerParent { partition_by, limit: Some(3), offset: 1 });
    all(
        ast(Statement::Select(Box::new(select))),
        expect![[r#"
        sqlite: SELECT * FROM (SELECT "id", "user_id", "title", "deleted_at", ROW_NUMBER() OVER (PARTITION BY "user_id") AS "_n" FROM "posts" WHERE "deleted_at" IS NULL) AS "_p" WHERE "_n" > 1 AND "_n" <= 4 ORDER BY "_n"
        postgres: SELECT * FROM (SELECT "id", "user_id", "title", "deleted_at", ROW_NUMBER() OVER (PARTITION BY "user_id") AS "_n" FROM "posts" WHERE "deleted_at" IS NULL) AS "_p" WHERE "_n" > 1 AND "_n" <= 4 ORDER BY "_n"
        mariadb: SELECT * FROM (SELECT `id`, `user_id`, `title`, `deleted_at`, ROW_NUMBER() OVER (PARTITION BY `user_id`) AS `_n` FROM `posts` WHERE `deleted_at` IS NULL) AS `_p` WHERE `_n` > 1 AND `_n` <= 4 ORDER BY `_n`
        mysql: SELECT * FROM (SELECT `id`, `user_id`, `title`, `deleted_at`, ROW_NUMBER() OVER (PARTITION BY `user_id`) AS `_n` FROM `posts` WHERE `deleted_at` IS NULL) AS `_p` WHERE `_n` > 1 AND `_n` <= 4 ORDER BY `_n`
        mssql: SELECT * FROM (SELECT [id], [user_id], [title], [deleted_at], ROW_NUMBER() OVER (PARTITION BY [user_id] ORDER BY (SELECT NULL)) AS [_n] FROM [posts] WHERE [deleted_at] IS NULL) AS [_p] WHERE [_n] > 1 AND [_n] <= 4 ORDER BY [_n]
    "#]],
    );
}

#[test]
fn values_inside_of_documents_are_reached() {
    let find = Doc::find_all()
        .select((Doc::BODY.json_text("a"), Doc::BODY.json_text(JsonPath::new().key("a").index(1))))
        .filter(Doc::BODY.json_text("it's").eq("x"))
        .filter(Doc::BODY.json_text("n").cast::<i64>().gt(1));
    all(
        |d| find.to_sql(d),
        expect![[r#"
            sqlite: SELECT CASE JSON_TYPE("body", ?1) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST("body" ->> ?2 AS TEXT) END, CASE JSON_TYPE("body", ?3) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST("body" ->> ?4 AS TEXT) END FROM "files"."docs" WHERE CASE JSON_TYPE("body", ?5) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST("body" ->> ?6 AS TEXT) END = ?7 AND CAST("body" ->> ?8 AS INTEGER) > ?9
            postgres: SELECT "body" #>> $1, "body" #>> $2 FROM "files"."docs" WHERE "body" #>> $3 = $4 AND CAST("body" #>> $5 AS BIGINT) > $6
            mariadb: SELECT JSON_UNQUOTE(NULLIF(CONCAT(JSON_EXTRACT(`body`, ?)), 'null')), JSON_UNQUOTE(NULLIF(CONCAT(JSON_EXTRACT(`body`, ?)), 'null')) FROM `files`.`docs` WHERE JSON_UNQUOTE(NULLIF(CONCAT(JSON_EXTRACT(`body`, ?)), 'null')) = ? AND CAST(JSON_UNQUOTE(NULLIF(CONCAT(JSON_EXTRACT(`body`, ?)), 'null')) AS SIGNED) > ?
            mysql: SELECT JSON_UNQUOTE(NULLIF(JSON_EXTRACT(`body`, ?), CAST(? AS JSON))), JSON_UNQUOTE(NULLIF(JSON_EXTRACT(`body`, ?), CAST(? AS JSON))) FROM `files`.`docs` WHERE JSON_UNQUOTE(NULLIF(JSON_EXTRACT(`body`, ?), CAST(? AS JSON))) = ? AND CAST(JSON_UNQUOTE(NULLIF(JSON_EXTRACT(`body`, ?), CAST(? AS JSON))) AS SIGNED) > ?
            mssql: SELECT (SELECT TOP (1) [value] FROM OPENJSON([body]) WHERE [key] = @P1), (SELECT TOP (1) [value] FROM OPENJSON((SELECT TOP (1) [value] FROM OPENJSON([body]) WHERE [key] = @P2 AND [type] > 3)) WHERE [key] = @P3) FROM [files].[docs] WHERE (SELECT TOP (1) [value] FROM OPENJSON([body]) WHERE [key] = @P4) = @P5 AND CAST((SELECT TOP (1) [value] FROM OPENJSON([body]) WHERE [key] = @P6) AS BIGINT) > @P7
        "#]],
    );
    let part =
        |path| Expr::Json { expr: Box::new(Expr::Column(&Doc::DEF.columns[1])), path, form: ast::JsonForm::Document };
    let mut select = ast::Select::new(Doc::DEF);
    let (key, index) = (ast::JsonStep::Key("a\"b".into()), ast::JsonStep::Index(0));
    select.list = ast::SelectList::Exprs(vec![part(vec![index.clone()]), part(vec![index, key])]);
    all(
        ast(Statement::Select(Box::new(select))),
        expect![[r#"
            sqlite: (not supported: sqlite has no JSON paths through keys with a double quote)
            postgres: SELECT "body" #> $1, "body" #> $2 FROM "files"."docs"
            mariadb: SELECT JSON_EXTRACT(`body`, ?), JSON_EXTRACT(`body`, ?) FROM `files`.`docs`
            mysql: SELECT JSON_EXTRACT(`body`, ?), JSON_EXTRACT(`body`, ?) FROM `files`.`docs`
            mssql: SELECT (SELECT TOP (1) CASE [type] WHEN 0 THEN N'null' WHEN 1 THEN N'"' + STRING_ESCAPE([value], N'json') + N'"' ELSE [value] END FROM OPENJSON([body]) WHERE [key] = @P1), (SELECT TOP (1) CASE [type] WHEN 0 THEN N'null' WHEN 1 THEN N'"' + STRING_ESCAPE([value], N'json') + N'"' ELSE [value] END FROM OPENJSON((SELECT TOP (1) [value] FROM OPENJSON([body]) WHERE [key] = @P2 AND [type] > 3)) WHERE [key] = @P3) FROM [files].[docs]
        "#]],
    );
    let find = Doc::find_all()
        .select((Doc::BODY.json_value::<i32>("n"), Doc::BODY.json_value::<String>("t")))
        .filter(Doc::BODY.json_value::<f64>("f").gt(0.5))
        .filter(Doc::BODY.json_value::<bool>("b").eq(true));
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: SELECT CASE WHEN JSON_TYPE("body", ?1) IN ('integer', 'real') AND ("body" ->> ?2) BETWEEN -2147483648 AND 2147483647 AND ("body" ->> ?3) = CAST("body" ->> ?4 AS INTEGER) THEN CAST("body" ->> ?5 AS INTEGER) END, CASE WHEN JSON_TYPE("body", ?6) = 'text' THEN "body" ->> ?7 END FROM "files"."docs" WHERE CASE WHEN JSON_TYPE("body", ?8) IN ('integer', 'real') AND (("body" ->> ?9) = 0 OR ABS(CAST("body" ->> ?10 AS REAL)) BETWEEN 5e-324 AND 1.7976931348623157e308) THEN CAST("body" ->> ?11 AS REAL) END > ?12 AND CASE WHEN JSON_TYPE("body", ?13) IN ('true', 'false') THEN "body" ->> ?14 END = ?15
        postgres: SELECT CASE WHEN jsonb_typeof(("body" #> $1)::jsonb) = 'number' THEN CASE WHEN ("body" #>> $2)::numeric BETWEEN -2147483648 AND 2147483647 AND ("body" #>> $3)::numeric % 1 = 0 THEN ("body" #>> $4)::numeric::INTEGER END END, CASE WHEN jsonb_typeof(("body" #> $5)::jsonb) = 'string' THEN "body" #>> $6 END FROM "files"."docs" WHERE CASE WHEN jsonb_typeof(("body" #> $7)::jsonb) = 'number' THEN CASE WHEN ("body" #>> $8)::numeric = 0 OR abs(("body" #>> $9)::numeric) BETWEEN 5e-324 AND 1.7976931348623157e308 THEN ("body" #>> $10)::DOUBLE PRECISION END END > $11 AND CASE WHEN jsonb_typeof(("body" #> $12)::jsonb) = 'boolean' THEN ("body" #>> $13)::BOOLEAN END = $14
        mariadb: SELECT CASE WHEN JSON_TYPE(JSON_EXTRACT(`body`, ?)) IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') THEN CASE WHEN ABS(JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) + 0e0) < 1e20 AND JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) + 0e0 = FLOOR(JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) + 0e0) THEN CASE WHEN CAST(JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) AS DECIMAL(65,30)) BETWEEN -2147483648 AND 2147483647 AND CAST(JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) AS DECIMAL(65,30)) = FLOOR(CAST(JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) AS DECIMAL(65,30))) THEN CAST(CAST(JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) AS DECIMAL(65,30)) AS SIGNED) END END END, CASE WHEN JSON_TYPE(JSON_EXTRACT(`body`, ?)) = 'STRING' THEN JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) END FROM `files`.`docs` WHERE CASE WHEN JSON_TYPE(JSON_EXTRACT(`body`, ?)) IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') THEN CASE WHEN JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) + 0e0 = 0 OR ABS(JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) + 0e0) BETWEEN 5e-324 AND 1.7976931348623157e308 THEN JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) + 0e0 END END > ? AND CASE WHEN JSON_TYPE(JSON_EXTRACT(`body`, ?)) = 'BOOLEAN' THEN JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) = 'true' END = ?
        mysql: SELECT CASE WHEN JSON_TYPE(JSON_EXTRACT(`body`, ?)) IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') THEN CASE WHEN ABS(JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) + 0e0) < 1e20 AND JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) + 0e0 = FLOOR(JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) + 0e0) THEN CASE WHEN CAST(JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) AS DECIMAL(65,30)) BETWEEN -2147483648 AND 2147483647 AND CAST(JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) AS DECIMAL(65,30)) = FLOOR(CAST(JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) AS DECIMAL(65,30))) THEN CAST(CAST(JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) AS DECIMAL(65,30)) AS SIGNED) END END END, CASE WHEN JSON_TYPE(JSON_EXTRACT(`body`, ?)) = 'STRING' THEN JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) END FROM `files`.`docs` WHERE CASE WHEN JSON_TYPE(JSON_EXTRACT(`body`, ?)) IN ('INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL') THEN CASE WHEN JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) + 0e0 = 0 OR ABS(JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) + 0e0) BETWEEN 5e-324 AND 1.7976931348623157e308 THEN JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) + 0e0 END END > ? AND CASE WHEN JSON_TYPE(JSON_EXTRACT(`body`, ?)) = 'BOOLEAN' THEN JSON_UNQUOTE(JSON_EXTRACT(`body`, ?)) = 'true' END = ?
        mssql: SELECT (SELECT TOP (1) CASE WHEN [type] = 2 THEN TRY_CAST([value] AS INT) END FROM OPENJSON([body]) WHERE [key] = @P1), (SELECT TOP (1) CASE WHEN [type] = 1 THEN [value] END FROM OPENJSON([body]) WHERE [key] = @P2) FROM [files].[docs] WHERE (SELECT TOP (1) CASE WHEN [type] = 2 THEN TRY_CAST([value] AS FLOAT(53)) END FROM OPENJSON([body]) WHERE [key] = @P3) > @P4 AND (SELECT TOP (1) CASE WHEN [type] = 3 THEN TRY_CAST([value] AS BIT) END FROM OPENJSON([body]) WHERE [key] = @P5) = @P6
    "#]],
    );
}

#[test]
fn sub_queries_and_keys_of_several_columns() {
    let authors = Post::find_all().select(Post::USER_ID).order_by(Post::ID.desc()).limit(3);
    all(
        |d| User::find_all().select(User::ID).filter(User::ID.in_(authors.clone())).to_sql(d),
        expect![[r#"
        sqlite: SELECT "id" FROM "users" WHERE "id" IN (SELECT "_t1"."user_id" FROM "posts" AS "_t1" WHERE "_t1"."deleted_at" IS NULL ORDER BY "_t1"."id" DESC LIMIT 3)
        postgres: SELECT "id" FROM "users" WHERE "id" IN (SELECT "_t1"."user_id" FROM "posts" AS "_t1" WHERE "_t1"."deleted_at" IS NULL ORDER BY "_t1"."id" DESC LIMIT 3)
        mariadb: SELECT `id` FROM `users` WHERE `id` IN (SELECT * FROM (SELECT `_t1`.`user_id` FROM `posts` AS `_t1` WHERE `_t1`.`deleted_at` IS NULL ORDER BY `_t1`.`id` DESC LIMIT 3) AS `_d`)
        mysql: SELECT `id` FROM `users` WHERE `id` IN (SELECT * FROM (SELECT `_t1`.`user_id` FROM `posts` AS `_t1` WHERE `_t1`.`deleted_at` IS NULL ORDER BY `_t1`.`id` DESC LIMIT 3) AS `_d`)
        mssql: SELECT [id] FROM [users] WHERE [id] IN (SELECT TOP (3) [_t1].[user_id] FROM [posts] AS [_t1] WHERE [_t1].[deleted_at] IS NULL ORDER BY [_t1].[id] DESC)
    "#]],
    );
    all(
        |d| User::find_all().select((User::ID, User::POSTS.count())).to_sql(d),
        expect![[r#"
        sqlite: SELECT "id", (SELECT COUNT(*) FROM "posts" AS "_t1" WHERE "_t1"."user_id" = "users"."id" AND "_t1"."deleted_at" IS NULL) FROM "users"
        postgres: SELECT "id", (SELECT COUNT(*) FROM "posts" AS "_t1" WHERE "_t1"."user_id" = "users"."id" AND "_t1"."deleted_at" IS NULL) FROM "users"
        mariadb: SELECT `id`, (SELECT COUNT(*) FROM `posts` AS `_t1` WHERE `_t1`.`user_id` = `users`.`id` AND `_t1`.`deleted_at` IS NULL) FROM `users`
        mysql: SELECT `id`, (SELECT COUNT(*) FROM `posts` AS `_t1` WHERE `_t1`.`user_id` = `users`.`id` AND `_t1`.`deleted_at` IS NULL) FROM `users`
        mssql: SELECT [id], (SELECT COUNT_BIG(*) FROM [posts] AS [_t1] WHERE [_t1].[user_id] = [users].[id] AND [_t1].[deleted_at] IS NULL) FROM [users]
    "#]],
    );
    let column = |i: usize| Expr::Column(&User::DEF.columns[i]);
    let value = |i| Expr::Value(Value::I64(i));
    let rows = vec![Expr::Row(vec![value(1), value(2)]), Expr::Row(vec![value(3), value(4)])];
    for negated in [false, true] {
        let list = ast::InList {
            expr: Expr::Row(vec![column(0), column(5)]),
            items: ast::ListItems::Exprs(rows.clone()),
            negated,
        };
        let mut select = ast::Select::new(User::DEF);
        select.list = ast::SelectList::One;
        select.filter = vec![Expr::In(Box::new(list))];
        all(
            ast(Statement::Select(Box::new(select))),
            if negated {
                expect![[r#"
            sqlite: SELECT 1 FROM "users" WHERE ("id", "manager_id") NOT IN ((?1, ?2), (?3, ?4))
            postgres: SELECT 1 FROM "users" WHERE ("id", "manager_id") NOT IN (($1, $2), ($3, $4))
            mariadb: SELECT 1 FROM `users` WHERE (`id`, `manager_id`) NOT IN ((?, ?), (?, ?))
            mysql: SELECT 1 FROM `users` WHERE (`id`, `manager_id`) NOT IN ((?, ?), (?, ?))
            mssql: SELECT 1 FROM [users] WHERE NOT (([id] = @P1 AND [manager_id] = @P2) OR ([id] = @P3 AND [manager_id] = @P4))
        "#]]
            } else {
                expect![[r#"
            sqlite: SELECT 1 FROM "users" WHERE ("id", "manager_id") IN ((?1, ?2), (?3, ?4))
            postgres: SELECT 1 FROM "users" WHERE ("id", "manager_id") IN (($1, $2), ($3, $4))
            mariadb: SELECT 1 FROM `users` WHERE (`id`, `manager_id`) IN ((?, ?), (?, ?))
            mysql: SELECT 1 FROM `users` WHERE (`id`, `manager_id`) IN ((?, ?), (?, ?))
            mssql: SELECT 1 FROM [users] WHERE (([id] = @P1 AND [manager_id] = @P2) OR ([id] = @P3 AND [manager_id] = @P4))
        "#]]
            },
        );
    }
    let mut inner = ast::Select::new(User::DEF);
    inner.list = ast::SelectList::Exprs(vec![column(0), column(5)]);
    let list = ast::InList {
        expr: Expr::Row(vec![column(0), column(5)]),
        items: ast::ListItems::Select(Box::new(inner)),
        negated: false,
    };
    let mut select = ast::Select::new(User::DEF);
    select.list = ast::SelectList::One;
    select.filter = vec![Expr::In(Box::new(list))];
    all(
        ast(Statement::Select(Box::new(select))),
        expect![[r#"
        sqlite: SELECT 1 FROM "users" WHERE ("id", "manager_id") IN (SELECT "_t1"."id", "_t1"."manager_id" FROM "users" AS "_t1")
        postgres: SELECT 1 FROM "users" WHERE ("id", "manager_id") IN (SELECT "_t1"."id", "_t1"."manager_id" FROM "users" AS "_t1")
        mariadb: SELECT 1 FROM `users` WHERE (`id`, `manager_id`) IN (SELECT `_t1`.`id`, `_t1`.`manager_id` FROM `users` AS `_t1`)
        mysql: SELECT 1 FROM `users` WHERE (`id`, `manager_id`) IN (SELECT `_t1`.`id`, `_t1`.`manager_id` FROM `users` AS `_t1`)
        mssql: SELECT 1 FROM [users] WHERE EXISTS (SELECT 1 FROM (SELECT [_t1].[id], [_t1].[manager_id] FROM [users] AS [_t1]) AS [_r] ([_1], [_2]) WHERE [_r].[_1] = [id] AND [_r].[_2] = [manager_id])
    "#]],
    );
}

#[test]
fn joined_rows_are_locked_without_those_of_outer_joins() {
    let find = User::find_all()
        .join::<Post>(Post::USER_ID.free().eq(User::ID))
        .filter(User::MANAGER.col(User::ACTIVE).is_true().free())
        .for_share()
        .nowait();
    all(
        |d| find.to_sql(d),
        expect![[r#"
        sqlite: (not supported: sqlite has no row locks (begin an immediate transaction instead))
        postgres: SELECT "users"."id", "users"."email", "users"."name", "users"."age", "users"."active", "users"."manager_id" FROM "users" INNER JOIN "posts" AS "_t1" ON "_t1"."user_id" = "users"."id" AND "_t1"."deleted_at" IS NULL LEFT JOIN "users" AS "_t2" ON "_t2"."id" = "users"."manager_id" WHERE "_t2"."active" = $1 FOR SHARE OF "users", "_t1" NOWAIT
        mariadb: SELECT `users`.`id`, `users`.`email`, `users`.`name`, `users`.`age`, `users`.`active`, `users`.`manager_id` FROM `users` INNER JOIN `posts` AS `_t1` ON `_t1`.`user_id` = `users`.`id` AND `_t1`.`deleted_at` IS NULL LEFT JOIN `users` AS `_t2` ON `_t2`.`id` = `users`.`manager_id` WHERE `_t2`.`active` = ? LOCK IN SHARE MODE NOWAIT
        mysql: SELECT `users`.`id`, `users`.`email`, `users`.`name`, `users`.`age`, `users`.`active`, `users`.`manager_id` FROM `users` INNER JOIN `posts` AS `_t1` ON `_t1`.`user_id` = `users`.`id` AND `_t1`.`deleted_at` IS NULL LEFT JOIN `users` AS `_t2` ON `_t2`.`id` = `users`.`manager_id` WHERE `_t2`.`active` = ? FOR SHARE OF `users`, `_t1` NOWAIT
        mssql: SELECT [users].[id], [users].[email], [users].[name], [users].[age], [users].[active], [users].[manager_id] FROM [users] WITH (REPEATABLEREAD, ROWLOCK, NOWAIT) INNER JOIN [posts] AS [_t1] WITH (REPEATABLEREAD, ROWLOCK, NOWAIT) ON [_t1].[user_id] = [users].[id] AND [_t1].[deleted_at] IS NULL LEFT JOIN [users] AS [_t2] ON [_t2].[id] = [users].[manager_id] WHERE [_t2].[active] = @P1
    "#]],
    );
}

#[test]
fn tables_are_named_with_their_schema() {
    all(
        |d| Doc::count().to_sql(d),
        expect![[r#"
        sqlite: SELECT COUNT(*) FROM "files"."docs"
        postgres: SELECT COUNT(*) FROM "files"."docs"
        mariadb: SELECT COUNT(*) FROM `files`.`docs`
        mysql: SELECT COUNT(*) FROM `files`.`docs`
        mssql: SELECT COUNT_BIG(*) FROM [files].[docs]
    "#]],
    );
    all(
        |d| Doc::update().set(Doc::PRICE, 1.0).filter(Doc::ID.eq(1)).to_sql(d),
        expect![[r#"
        sqlite: UPDATE "files"."docs" SET "price" = ?1 WHERE "id" = ?2
        postgres: UPDATE "files"."docs" SET "price" = $1 WHERE "id" = $2
        mariadb: UPDATE `files`.`docs` SET `price` = ? WHERE `id` = ?
        mysql: UPDATE `files`.`docs` SET `price` = ? WHERE `id` = ?
        mssql: UPDATE [files].[docs] SET [price] = @P1 WHERE [id] = @P2
    "#]],
    );
}

/// What creates, changes and drops tables, each statement on a line.
fn operations(change: impl Fn(&dyn Dialect) -> Vec<Operation>, expected: Expect) {
    let mut text = String::new();
    for (name, dialect) in &dialects() {
        match change(&**dialect).iter().map(|operation| ddl::render(operation, &**dialect)).collect::<Result<Vec<_>>>()
        {
            Ok(statements) => {
                statements.concat().iter().for_each(|sql| text.push_str(&format!("{name}: {sql}\n")));
            }
            Err(error) => text.push_str(&format!("{name}: ({error})\n")),
        }
    }
    expected.assert_eq(&text);
}

#[test]
fn tables_are_created_and_dropped() -> Result<()> {
    let schema = from_models(&[User::DEF, Post::DEF, Doc::DEF])?;
    operations(
        |d| ddl::create(&schema, &[], d),
        expect![[r#"
            sqlite: CREATE TABLE "users" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "email" TEXT NOT NULL, "name" TEXT, "age" INTEGER NOT NULL, "active" BOOLEAN NOT NULL, "manager_id" INTEGER, CONSTRAINT "users_age_range" CHECK ("age" BETWEEN -2147483648 AND 2147483647), CONSTRAINT "users_manager_id_range" CHECK ("manager_id" BETWEEN -9223372036854775808 AND 9223372036854775807), CONSTRAINT "users_manager_id_fkey" FOREIGN KEY ("manager_id") REFERENCES "users" ("id"))
            sqlite: CREATE UNIQUE INDEX "users_email_key" ON "users" ("email")
            sqlite: CREATE INDEX "users_manager_id_idx" ON "users" ("manager_id")
            sqlite: CREATE TABLE "posts" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "user_id" INTEGER NOT NULL, "title" TEXT NOT NULL, "deleted_at" TEXT, CONSTRAINT "posts_user_id_range" CHECK ("user_id" BETWEEN -9223372036854775808 AND 9223372036854775807), CONSTRAINT "posts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id"))
            sqlite: CREATE INDEX "posts_user_id_idx" ON "posts" ("user_id")
            sqlite: CREATE TABLE "files"."docs" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "body" TEXT NOT NULL, "price" REAL NOT NULL, "written" TEXT NOT NULL)
            postgres: CREATE TABLE "users" ("id" BIGINT NOT NULL GENERATED BY DEFAULT AS IDENTITY, "email" TEXT NOT NULL, "name" TEXT, "age" INTEGER NOT NULL, "active" BOOLEAN NOT NULL, "manager_id" BIGINT, PRIMARY KEY ("id"), CONSTRAINT "users_manager_id_fkey" FOREIGN KEY ("manager_id") REFERENCES "users" ("id"))
            postgres: CREATE UNIQUE INDEX "users_email_key" ON "users" ("email")
            postgres: CREATE INDEX "users_manager_id_idx" ON "users" ("manager_id")
            postgres: COMMENT ON TABLE "users" IS 'A user.'
            postgres: CREATE TABLE "posts" ("id" BIGINT NOT NULL GENERATED BY DEFAULT AS IDENTITY, "user_id" BIGINT NOT NULL, "title" TEXT NOT NULL, "deleted_at" TIMESTAMPTZ, PRIMARY KEY ("id"), CONSTRAINT "posts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id"))
            postgres: CREATE INDEX "posts_user_id_idx" ON "posts" ("user_id")
            postgres: COMMENT ON TABLE "posts" IS 'A post, which can be soft-deleted.'
            postgres: CREATE TABLE "files"."docs" ("id" BIGINT NOT NULL GENERATED BY DEFAULT AS IDENTITY, "body" JSONB NOT NULL, "price" DOUBLE PRECISION NOT NULL, "written" TIMESTAMPTZ NOT NULL, PRIMARY KEY ("id"))
            postgres: COMMENT ON TABLE "files"."docs" IS 'A document, in a schema.'
            mariadb: CREATE TABLE `users` (`id` BIGINT NOT NULL AUTO_INCREMENT, `email` VARCHAR(255) NOT NULL, `name` LONGTEXT, `age` INT NOT NULL, `active` TINYINT(1) NOT NULL, `manager_id` BIGINT, PRIMARY KEY (`id`), UNIQUE KEY `users_email_key` (`email`), KEY `users_manager_id_idx` (`manager_id`), CONSTRAINT `users_manager_id_fkey` FOREIGN KEY (`manager_id`) REFERENCES `users` (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT = 'A user.'
            mariadb: CREATE TABLE `posts` (`id` BIGINT NOT NULL AUTO_INCREMENT, `user_id` BIGINT NOT NULL, `title` LONGTEXT NOT NULL, `deleted_at` DATETIME(6), PRIMARY KEY (`id`), KEY `posts_user_id_idx` (`user_id`), CONSTRAINT `posts_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT = 'A post, which can be soft-deleted.'
            mariadb: CREATE TABLE `files`.`docs` (`id` BIGINT NOT NULL AUTO_INCREMENT, `body` JSON NOT NULL, `price` DOUBLE NOT NULL, `written` DATETIME(6) NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT = 'A document, in a schema.'
            mysql: CREATE TABLE `users` (`id` BIGINT NOT NULL AUTO_INCREMENT, `email` VARCHAR(255) NOT NULL, `name` LONGTEXT, `age` INT NOT NULL, `active` TINYINT(1) NOT NULL, `manager_id` BIGINT, PRIMARY KEY (`id`), UNIQUE KEY `users_email_key` (`email`), KEY `users_manager_id_idx` (`manager_id`), CONSTRAINT `users_manager_id_fkey` FOREIGN KEY (`manager_id`) REFERENCES `users` (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT = 'A user.'
            mysql: CREATE TABLE `posts` (`id` BIGINT NOT NULL AUTO_INCREMENT, `user_id` BIGINT NOT NULL, `title` LONGTEXT NOT NULL, `deleted_at` DATETIME(6), PRIMARY KEY (`id`), KEY `posts_user_id_idx` (`user_id`), CONSTRAINT `posts_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT = 'A post, which can be soft-deleted.'
            mysql: CREATE TABLE `files`.`docs` (`id` BIGINT NOT NULL AUTO_INCREMENT, `body` JSON NOT NULL, `price` DOUBLE NOT NULL, `written` DATETIME(6) NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT = 'A document, in a schema.'
            mssql: CREATE TABLE [users] ([id] BIGINT NOT NULL IDENTITY(1, 1), [email] NVARCHAR(255) NOT NULL, [name] NVARCHAR(MAX), [age] INT NOT NULL, [active] BIT NOT NULL, [manager_id] BIGINT, PRIMARY KEY ([id]), CONSTRAINT [users_manager_id_fkey] FOREIGN KEY ([manager_id]) REFERENCES [users] ([id]))
            mssql: CREATE UNIQUE INDEX [users_email_key] ON [users] ([email])
            mssql: CREATE INDEX [users_manager_id_idx] ON [users] ([manager_id])
            mssql: CREATE TABLE [posts] ([id] BIGINT NOT NULL IDENTITY(1, 1), [user_id] BIGINT NOT NULL, [title] NVARCHAR(MAX) NOT NULL, [deleted_at] DATETIMEOFFSET(7), PRIMARY KEY ([id]), CONSTRAINT [posts_user_id_fkey] FOREIGN KEY ([user_id]) REFERENCES [users] ([id]))
            mssql: CREATE INDEX [posts_user_id_idx] ON [posts] ([user_id])
            mssql: CREATE TABLE [files].[docs] ([id] BIGINT NOT NULL IDENTITY(1, 1), [body] NVARCHAR(MAX) NOT NULL, [price] FLOAT(53) NOT NULL, [written] DATETIMEOFFSET(7) NOT NULL, PRIMARY KEY ([id]))
        "#]],
    );
    operations(
        |d| ddl::drop(&schema, &[], false, d),
        expect![[r#"
        sqlite: DROP TABLE IF EXISTS "files"."docs"
        sqlite: DROP TABLE IF EXISTS "posts"
        sqlite: DROP TABLE IF EXISTS "users"
        postgres: DROP TABLE IF EXISTS "files"."docs"
        postgres: DROP TABLE IF EXISTS "posts"
        postgres: DROP TABLE IF EXISTS "users"
        mariadb: DROP TABLE IF EXISTS `files`.`docs`
        mariadb: DROP TABLE IF EXISTS `posts`
        mariadb: DROP TABLE IF EXISTS `users`
        mysql: DROP TABLE IF EXISTS `files`.`docs`
        mysql: DROP TABLE IF EXISTS `posts`
        mysql: DROP TABLE IF EXISTS `users`
        mssql: DROP TABLE IF EXISTS [files].[docs]
        mssql: DROP TABLE IF EXISTS [posts]
        mssql: DROP TABLE IF EXISTS [users]
    "#]],
    );
    Ok(())
}

#[test]
fn columns_are_computed_and_enums_are_text() {
    let moods = || ColumnType::EnumText(vec!["ok".into(), "it's".into()]);
    let table = || Table {
        columns: vec![
            Column { auto_increment: true, ..Column::new("id", SqlType::I64) },
            Column { length: Some(40), nullable: true, ..Column::new("code", SqlType::Text) },
            Column { precision: Some((12, 2)), ..Column::new("price", SqlType::Decimal) },
            Column { default: Some(ColumnDefault::Value(Value::Bool(true))), ..Column::new("sold", SqlType::Bool) },
            Column { default: Some(ColumnDefault::Now), ..Column::new("at", SqlType::Timestamp) },
            Column {
                generated: Some(Generated { sql: "1 + 1".into(), stored: true }),
                ..Column::new("two", SqlType::I32)
            },
            Column::new("mood", moods()),
            Column::new("key", SqlType::Uuid),
            Column::new("photo", SqlType::Bytes),
        ],
        primary_key: Some(PrimaryKey::new(["id"])),
        indexes: vec![
            Index { unique: true, ..Index::new("things_code_key", vec![IndexKey::column("code")]) },
            Index {
                filter: Some("price > 0".into()),
                ..Index::new("things_price_idx", vec![IndexKey::column("price")])
            },
        ],
        ..Table::new("things")
    };
    operations(
        |_| vec![Operation::CreateTable(table())],
        expect![[r#"
        sqlite: CREATE TABLE "things" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "code" VARCHAR(40), "price" DECIMAL(12,2) NOT NULL, "sold" BOOLEAN NOT NULL DEFAULT 1, "at" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f +00:00', 'now')), "two" INTEGER GENERATED ALWAYS AS (1 + 1) STORED, "mood" TEXT NOT NULL, "key" BLOB NOT NULL, "photo" BLOB NOT NULL)
        sqlite: CREATE UNIQUE INDEX "things_code_key" ON "things" ("code")
        sqlite: CREATE INDEX "things_price_idx" ON "things" ("price") WHERE (price > 0)
        postgres: CREATE TABLE "things" ("id" BIGINT NOT NULL GENERATED BY DEFAULT AS IDENTITY, "code" VARCHAR(40), "price" NUMERIC(12,2) NOT NULL, "sold" BOOLEAN NOT NULL DEFAULT TRUE, "at" TIMESTAMPTZ NOT NULL DEFAULT (now()), "two" INTEGER GENERATED ALWAYS AS (1 + 1) STORED, "mood" TEXT NOT NULL, "key" UUID NOT NULL, "photo" BYTEA NOT NULL, PRIMARY KEY ("id"))
        postgres: CREATE UNIQUE INDEX "things_code_key" ON "things" ("code")
        postgres: CREATE INDEX "things_price_idx" ON "things" ("price") WHERE (price > 0)
        mariadb: (not supported in table `things`: mariadb has no indexes on some rows only)
        mysql: (not supported in table `things`: mysql has no indexes on some rows only)
        mssql: CREATE TABLE [things] ([id] BIGINT NOT NULL IDENTITY(1, 1), [code] NVARCHAR(40), [price] DECIMAL(12, 2) NOT NULL, [sold] BIT NOT NULL DEFAULT 1, [at] DATETIMEOFFSET(7) NOT NULL DEFAULT (SYSUTCDATETIME()), [two] AS (1 + 1) PERSISTED, [mood] NVARCHAR(255) NOT NULL, [key] UNIQUEIDENTIFIER NOT NULL, [photo] VARBINARY(MAX) NOT NULL, PRIMARY KEY ([id]))
        mssql: CREATE UNIQUE INDEX [things_code_key] ON [things] ([code]) WHERE ([code] IS NOT NULL)
        mssql: CREATE INDEX [things_price_idx] ON [things] ([price]) WHERE (price > 0)
    "#]],
    );
}

#[test]
fn tables_change_step_by_step() {
    let table = || QualifiedName::of("app", "it's");
    let index = || Index::new("by_a", vec![IndexKey::column("a")]);
    let each = [
        Operation::RenameTable { table: table(), to: "b".into() },
        Operation::AddColumn { table: table(), column: Column::new("a", SqlType::I32) },
        Operation::DropColumn { table: table(), column: "a".into() },
        Operation::RenameColumn { table: table(), column: "a".into(), to: "b".into() },
        Operation::CreateIndex { table: table(), index: index() },
        Operation::DropIndex { table: table(), index: index() },
        Operation::DropForeignKey { table: table(), key: "k".into() },
        Operation::DeleteRows(table()),
    ];
    let [rename, add, drop, rename_column, create_index, drop_index, drop_key, delete] = each;
    operations(
        |_| vec![rename.clone()],
        expect![[r#"
        sqlite: ALTER TABLE "app"."it's" RENAME TO "b"
        postgres: ALTER TABLE "app"."it's" RENAME TO "b"
        mariadb: ALTER TABLE `app`.`it's` RENAME TO `app`.`b`
        mysql: ALTER TABLE `app`.`it's` RENAME TO `app`.`b`
        mssql: EXEC sp_rename N'[app].[it''s]', N'b'
    "#]],
    );
    operations(
        |_| vec![add.clone()],
        expect![[r#"
            sqlite: (not supported in table `it's`: sqlite has no ADD COLUMN of a NOT NULL column without a default: it takes a rebuild of the table)
            postgres: ALTER TABLE "app"."it's" ADD COLUMN "a" INTEGER NOT NULL
            mariadb: ALTER TABLE `app`.`it's` ADD COLUMN `a` INT NOT NULL
            mysql: ALTER TABLE `app`.`it's` ADD COLUMN `a` INT NOT NULL
            mssql: ALTER TABLE [app].[it's] ADD [a] INT NOT NULL
        "#]],
    );
    operations(
        |_| vec![drop.clone()],
        expect![[r#"
        sqlite: ALTER TABLE "app"."it's" DROP COLUMN "a"
        postgres: ALTER TABLE "app"."it's" DROP COLUMN "a"
        mariadb: ALTER TABLE `app`.`it's` DROP COLUMN `a`
        mysql: ALTER TABLE `app`.`it's` DROP COLUMN `a`
        mssql: DECLARE @sql NVARCHAR(MAX) = (SELECT N'ALTER TABLE [app].[it''s] DROP CONSTRAINT ' + QUOTENAME([name]) FROM sys.default_constraints WHERE [parent_object_id] = OBJECT_ID(N'[app].[it''s]') AND [parent_column_id] = COLUMNPROPERTY([parent_object_id], N'a', N'ColumnId')); EXEC (@sql); ALTER TABLE [app].[it's] DROP COLUMN [a]
    "#]],
    );
    operations(
        |_| vec![rename_column.clone()],
        expect![[r#"
        sqlite: ALTER TABLE "app"."it's" RENAME COLUMN "a" TO "b"
        postgres: ALTER TABLE "app"."it's" RENAME COLUMN "a" TO "b"
        mariadb: ALTER TABLE `app`.`it's` RENAME COLUMN `a` TO `b`
        mysql: ALTER TABLE `app`.`it's` RENAME COLUMN `a` TO `b`
        mssql: EXEC sp_rename N'[app].[it''s].[a]', N'b', N'COLUMN'
    "#]],
    );
    operations(
        |_| vec![create_index.clone(), drop_index.clone()],
        expect![[r#"
        sqlite: CREATE INDEX "app"."by_a" ON "it's" ("a")
        sqlite: DROP INDEX "app"."by_a"
        postgres: CREATE INDEX "by_a" ON "app"."it's" ("a")
        postgres: DROP INDEX "app"."by_a"
        mariadb: CREATE INDEX `by_a` ON `app`.`it's` (`a`)
        mariadb: ALTER TABLE `app`.`it's` DROP INDEX `by_a`
        mysql: CREATE INDEX `by_a` ON `app`.`it's` (`a`)
        mysql: ALTER TABLE `app`.`it's` DROP INDEX `by_a`
        mssql: CREATE INDEX [by_a] ON [app].[it's] ([a])
        mssql: DROP INDEX [by_a] ON [app].[it's]
    "#]],
    );
    operations(
        |_| vec![drop_key.clone()],
        expect![[r#"
            sqlite: (not supported in table `it's`: sqlite has no ALTER TABLE .. DROP CONSTRAINT: it takes a rebuild of the table)
            postgres: ALTER TABLE "app"."it's" DROP CONSTRAINT "k"
            mariadb: ALTER TABLE `app`.`it's` DROP CONSTRAINT `k`
            mysql: ALTER TABLE `app`.`it's` DROP CONSTRAINT `k`
            mssql: ALTER TABLE [app].[it's] DROP CONSTRAINT [k]
        "#]],
    );
    operations(
        |_| vec![delete.clone()],
        expect![[r#"
        sqlite: DELETE FROM "app"."it's"
        postgres: DELETE FROM "app"."it's"
        mariadb: DELETE FROM `app`.`it's`
        mysql: DELETE FROM `app`.`it's`
        mssql: DELETE FROM [app].[it's]
    "#]],
    );
}

#[test]
fn expressions_that_are_nested_too_deep_are_refused() {
    let nested = |levels| {
        let start = User::AGE.eq(1);
        (0..levels).fold(start, |inner, _| !inner.or(User::ACTIVE))
    };
    for (_, dialect) in dialects() {
        assert!(User::find_all().filter(nested(100)).to_sql(&*dialect).is_ok());
        for levels in [300, 1_000, 2_000] {
            let error = User::find_all().filter(nested(levels)).to_sql(&*dialect).unwrap_err();
            assert_eq!(error.kind(), orm::ErrorKind::InvalidStatement);
            assert!(error.to_string().contains("any_of"), "{error}");
        }
    }
}

#[test]
fn conditions_in_a_row_are_not_nested_in_whichever_order_they_are_joined() {
    let conditions = || (0..2_000).map(|age| User::AGE.ne(age));
    let left = conditions().reduce(|all, one| all.and(one)).unwrap();
    let right = conditions().reduce(|all, one| one.and(all)).unwrap();
    for (_, dialect) in dialects() {
        assert!(User::find_all().filter(left.clone()).to_sql(&*dialect).is_ok());
        assert!(User::find_all().filter(right.clone()).to_sql(&*dialect).is_ok());
    }
}
