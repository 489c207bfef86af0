//! SQL text per dialect, as inline snapshots: what a statement becomes, without any database. That the text does what it
//! says is the suite's work.

use expect_test::{Expect, expect};
use orm::SqlType;
use orm::dialect::{Dialect, Rendered};
use orm::mysql::{MysqlDialect, Server};
use orm::postgres::PostgresDialect;
use orm::prelude::*;
use orm::sqlite::SqliteDialect;

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

fn all(render: impl Fn(&dyn Dialect) -> Result<Rendered>, expected: Expect) {
    let dialects: [(&str, Box<dyn Dialect>); 4] = [
        ("sqlite", Box::new(SqliteDialect::linked())),
        ("postgres", Box::new(PostgresDialect::new((15, 0, 0)))),
        ("mariadb", Box::new(MysqlDialect::new(Server::from_version("10.11.19-MariaDB")))),
        ("mysql", Box::new(MysqlDialect::new(Server::from_version("9.7.4")))),
    ];
    let mut text = String::new();
    for (name, dialect) in &dialects {
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
        sqlite: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE ("age" >= ?1 AND "email" LIKE ?2 ESCAPE '!' OR "name" IS NULL)
        postgres: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE ("age" >= $1 AND "email" LIKE $2 ESCAPE '!' OR "name" IS NULL)
        mariadb: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE (`age` >= ? AND `email` LIKE ? ESCAPE '!' OR `name` IS NULL)
        mysql: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE (`age` >= ? AND `email` LIKE ? ESCAPE '!' OR `name` IS NULL)
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
        sqlite: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE "email" LIKE ?1 ESCAPE '!' AND "name" LIKE ?2 ESCAPE '\' AND LOWER("name") LIKE LOWER(?3) ESCAPE '\'
        postgres: SELECT "id", "email", "name", "age", "active", "manager_id" FROM "users" WHERE "email" LIKE $1 ESCAPE '!' AND "name" LIKE $2 ESCAPE E'\\' AND "name" ILIKE $3 ESCAPE E'\\'
        mariadb: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE `email` LIKE ? ESCAPE '!' AND `name` LIKE ? ESCAPE '\\' AND LOWER(`name`) LIKE LOWER(?) ESCAPE '\\'
        mysql: SELECT `id`, `email`, `name`, `age`, `active`, `manager_id` FROM `users` WHERE `email` LIKE ? ESCAPE '!' AND `name` LIKE ? ESCAPE '\\' AND LOWER(`name`) LIKE LOWER(?) ESCAPE '\\'
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
    "#]],
    );
    all(
        |d| User::bulk_create([row()]).on_conflict(User::EMAIL).do_nothing().to_sql(d),
        expect![[r#"
        sqlite: INSERT INTO "users" ("email", "age", "active") VALUES (?1, ?2, ?3) ON CONFLICT ("email") DO NOTHING
        postgres: INSERT INTO "users" ("email", "age", "active") VALUES ($1, $2, $3) ON CONFLICT ("email") DO NOTHING
        mariadb: INSERT INTO `users` (`email`, `age`, `active`) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE `id` = `users`.`id`
        mysql: INSERT INTO `users` (`email`, `age`, `active`) VALUES (?, ?, ?) AS `_new` ON DUPLICATE KEY UPDATE `id` = `users`.`id`
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
    "#]],
    );
}
