//! Input that tries to become SQL, against a table that must stay as it is.

use orm::prelude::*;
use orm::{JsonPath, Result, call};

use crate::Test;
use crate::cases::cases;
use crate::models::kinds::Colour;
use crate::models::kinds::Kind;
use crate::models::people::{Person, people};
use crate::models::schema::{Canary, Quoted, Sign};

const TEXTS: &[&str] = &[
    "'; DROP TABLE canary; --",
    "\"; DROP TABLE canary; --",
    "`; DROP TABLE canary; --",
    "]; DROP TABLE canary; --",
    "\\'; DROP TABLE canary; --",
    "\\\\'; DROP TABLE canary; --",
    "' OR 1=1 --",
    "' OR '1'='1",
    "1; DELETE FROM canary",
    "/* */ UNION SELECT 1",
    "$1",
    "$$; DELETE FROM canary; $$",
    "?",
    ":name",
    "E'\\''",
    "\u{2019} OR 1=1",
    "\u{1a}",
    "SELECT tbl_name FROM sqlite_master",
    "RETURNING *",
    "%' OR 1=1 --",
    "{\"$gt\": \"\"}",
    "\u{bf27}' OR 1=1 --",
];

async fn guarded(test: &Test) -> Result<Database> {
    let db = test.with::<(Canary, Person, Kind)>().await?;
    Canary::bulk_create(["one", "two", "three"].map(|text| Canary::create().text(text))).exec(&db).await?;
    people(&db).await?;
    Ok(db)
}

async fn alive(db: &Database) -> Result<()> {
    let texts: Vec<String> = Canary::find_all().select(Canary::TEXT).order_by(Canary::ID.asc()).exec(db).await?;
    assert_eq!(texts, ["one", "two", "three"]);
    Ok(())
}

async fn values_stay_values(test: Test) -> Result<()> {
    let db = guarded(&test).await?;
    for text in TEXTS {
        let mut made = Person::create().name(*text).nick(*text).age(1).height(1.0).exec(&db).await?;
        assert_eq!(Person::find_by_pk(made.id).required(&db).await?.name, *text);
        assert_eq!(Person::count().filter(Person::NAME.eq(*text)).exec(&db).await?, 1, "{text}");
        assert_eq!(Person::count().filter(Person::NAME.in_([*text])).exec(&db).await?, 1, "{text}");
        assert_eq!(Person::count().filter(Person::NAME.contains(*text)).exec(&db).await?, 1, "{text}");
        assert_eq!(Person::count().filter(Person::NAME.eq(*text).and(Person::AGE.gt(1))).exec(&db).await?, 0, "{text}");
        made.update().nick(format!("{text}{text}")).exec(&db).await?;
        assert_eq!(Person::find_by_pk(made.id).required(&db).await?.nick, Some(format!("{text}{text}")));
        Person::update().set(Person::NICK, *text).filter(Person::NAME.eq(*text)).exec(&db).await?;
        assert_eq!(Person::destroy().filter(Person::NICK.eq(*text)).exec(&db).await?, 1);
    }
    assert_eq!(Person::count().exec(&db).await?, 5);
    alive(&db).await
}

async fn values_of_bulk_writes_stay_values(test: Test) -> Result<()> {
    let db = guarded(&test).await?;
    let rows = TEXTS.iter().map(|text| Person::create().name(*text).nick(*text).age(1).height(1.0));
    let made = Person::bulk_create(rows).exec(&db).await?;
    for (person, text) in made.iter().zip(TEXTS) {
        assert_eq!((person.name.as_str(), person.nick.as_deref()), (*text, Some(*text)));
    }
    assert_eq!(Person::count().filter(Person::NAME.in_(TEXTS.iter().copied())).exec(&db).await?, TEXTS.len() as u64);
    alive(&db).await
}

async fn patterns_stay_patterns(test: Test) -> Result<()> {
    let db = guarded(&test).await?;
    for text in TEXTS {
        for condition in [Person::NAME.like(*text), Person::NAME.ilike(*text), Person::NAME.starts_with(*text)] {
            match Person::count().filter(condition).exec(&db).await {
                Ok(found) => assert!(found <= 5),
                // A pattern that ends in its escape character.
                Err(error) => assert_eq!(error.kind(), ErrorKind::InvalidValue, "{text}: {error:?}"),
            }
        }
    }
    alive(&db).await
}

async fn json_keys_stay_keys(test: Test) -> Result<()> {
    let db = guarded(&test).await?;
    let more = [
        "a')) OR 1=1 --",
        "a'",
        "a\"",
        "a\\",
        "a.b",
        "a[0]",
        "$",
        "*",
        "**",
        "?",
        "@",
        "{x}",
        "{a,b}",
        "::text); drop",
        "",
        "💥",
        "0",
        "-1",
        "-",
        " ",
        "a b",
    ];
    let keys: Vec<&str> = TEXTS.iter().chain(&more).copied().collect();
    for key in keys {
        let path = || JsonPath::new().key(key);
        match Person::find_one().select(orm::val(serde_json::json!({key: "found"})).json_text(path())).exec(&db).await {
            Ok(found) => assert_eq!(found, Some(Some("found".to_owned())), "{key:?}"),
            Err(error) => {
                assert!(matches!(error.kind(), ErrorKind::Encode | ErrorKind::Unsupported), "{key:?}: {error:?}");
            }
        }
        // Another document has no such key.
        let other = serde_json::json!({"other": 1});
        let found = Person::find_one().select(orm::val(other).json_text(path())).exec(&db).await;
        assert!(matches!(found, Ok(Some(None)) | Err(_)), "{key:?}: {found:?}");
    }
    alive(&db).await
}

async fn names_of_functions_stay_names(test: Test) -> Result<()> {
    let db = guarded(&test).await?;
    for name in ["lower)--", "lower(name) --", "a; drop table canary", "", "a b", "a'b", "1a"] {
        let called = call::<String>(name, Person::NAME);
        let error = Person::find_all().select(called).exec(&db).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::InvalidStatement | ErrorKind::Encode), "{name}: {error:?}");
    }
    let called = call::<String>("lower", Person::NAME);
    assert_eq!(Person::find_all().filter(Person::ID.eq(1)).select(called).exec(&db).await?, ["ada"]);
    alive(&db).await
}

async fn limits_stay_numbers(test: Test) -> Result<()> {
    let db = guarded(&test).await?;
    assert_eq!(Person::find_all().limit(0).exec(&db).await?.len(), 0);
    for huge in [1_000_000_000, i64::MAX as u64, u64::MAX] {
        match Person::find_all().limit(huge).offset(1).exec(&db).await {
            Ok(found) => assert_eq!(found.len(), 4),
            Err(error) => {
                assert!(
                    matches!(error.kind(), ErrorKind::Encode | ErrorKind::OutOfRange | ErrorKind::InvalidStatement),
                    "{error:?}"
                );
            }
        }
    }
    alive(&db).await
}

async fn raw_values_are_not_scanned_again(test: Test) -> Result<()> {
    let db = guarded(&test).await?;
    let mark = if test.backend == "postgres" { ["$1", "$2"] } else { ["?", "?"] };
    let sql = format!("SELECT id FROM canary WHERE text = {} OR text = {}", mark[0], mark[1]);
    for text in TEXTS {
        assert_eq!(db.query::<i64>(&sql, (*text, "two")).await?, [2], "{text}");
    }
    assert!(db.query::<i64>(&sql, ("one",)).await.is_err());
    alive(&db).await
}

async fn like_helpers_match_literally(test: Test) -> Result<()> {
    let db = guarded(&test).await?;
    for text in ["%", "_", "\\", "[a]", "!", "|", "^", "^$", "*"] {
        assert_eq!(Person::count().filter(Person::NAME.contains(text)).exec(&db).await?, 0, "{text}");
    }
    alive(&db).await
}

/// What the URL says for sessions that read constants in another way, and a question that tells whether they do.
fn modes(test: &Test) -> Vec<(&'static str, &'static str)> {
    let mysql = [
        ("", r#"SELECT '\\' = CHAR(92) AND "a" = 'a'"#),
        (
            "init=SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')",
            r#"SELECT '\\' = CHAR(92) AND "a" FROM (SELECT 1 AS a) t"#,
        ),
    ];
    let mariadb = [
        ("init=SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')", r#"SELECT '\\' <> CHAR(92) AND "a" = 'a'"#),
        (
            "init=SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES,NO_BACKSLASH_ESCAPES')",
            r#"SELECT '\\' <> CHAR(92) AND "a" FROM (SELECT 1 AS a) t"#,
        ),
    ];
    match test.backend {
        "sqlite" => vec![("", "SELECT 1")],
        "postgres" => vec![
            ("options[standard_conforming_strings]=on", r"SELECT ('\\' <> E'\\')::int::int8"),
            ("options[standard_conforming_strings]=off", r"SELECT ('\\' = E'\\')::int::int8"),
        ],
        "mysql" => mysql.to_vec(),
        _ => [mysql, mariadb].concat(),
    }
}

/// The test's URL with one more parameter.
pub(super) fn with_parameter(test: &Test, parameter: &str) -> String {
    let join = if test.url().contains('?') { '&' } else { '?' };
    if parameter.is_empty() { test.url().to_owned() } else { format!("{}{join}{parameter}", test.url()) }
}

async fn a_mode_under_which_tables_cannot_be_read_is_refused(test: Test) -> Result<()> {
    if test.backend == "mysql" {
        let url = with_parameter(&test, "init=SET sql_mode = 'NO_BACKSLASH_ESCAPES'");
        let error = orm::connect(&url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("NO_BACKSLASH_ESCAPES"), "{error}");
    }
    Ok(())
}

async fn constants_stay_constants_in_every_mode(test: Test) -> Result<()> {
    const TEXT: &str = "\\'; DROP TABLE canary; -- \\\\ \"x\" it's \\";
    const COMMENT: &str = "\\'; DROP TABLE canary; -- \\\\ \"x\" it's";
    let guard = guarded(&test).await?;
    for (mode, in_force) in modes(&test) {
        let url = with_parameter(&test, mode);
        let db = orm::connect_with(&url, orm::PoolOptions::new().max_connections(1)).await?;
        assert_eq!(db.query::<i64>(in_force, ()).await?, [1], "{mode}");
        db.create_tables::<Quoted>().await?;
        db.execute("INSERT INTO quoted (note) VALUES ('n')", ()).await?;
        Quoted::create().note("n").exec(&db).await?;
        for quoted in Quoted::find_all().exec(&db).await? {
            assert_eq!((&*quoted.text, quoted.sign, quoted.colour), (TEXT, Sign::Odd, Colour::Blue), "{mode}");
        }
        let refused = db.execute("INSERT INTO quoted (colour) VALUES ('it''s')", ()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::CheckViolation, "{mode}");
        let comment = match test.backend {
            "postgres" => Some("SELECT col_description('quoted'::regclass, 2)"),
            "sqlite" => None,
            _ => Some(
                "SELECT column_comment FROM information_schema.columns \
                 WHERE table_schema = DATABASE() AND table_name = 'quoted' AND column_name = 'text'",
            ),
        };
        if let Some(comment) = comment {
            assert_eq!(db.query::<String>(comment, ()).await?, [COMMENT], "{mode}");
        }
        for pattern in ["%\\\\%", "\\\\'%", "%\\\\"] {
            assert_eq!(Quoted::count().filter(Quoted::TEXT.like(pattern)).exec(&db).await?, 2, "{mode}: {pattern}");
        }
        for text in TEXTS.iter().chain(&["\\", "\\\\ \"x\" it's \\"]) {
            Quoted::update().set(Quoted::NOTE, *text).filter(Quoted::ID.eq(1)).exec(&db).await?;
            assert_eq!(Quoted::count().filter(Quoted::NOTE.contains(*text)).exec(&db).await?, 1, "{mode}: {text}");
        }
        let key = "a\\b'c";
        let inside = orm::val(serde_json::json!({key: "found"})).json_text(JsonPath::new().key(key));
        assert_eq!(Quoted::find_all().limit(1).select(inside).exec(&db).await?, [Some("found".to_owned())], "{mode}");
        db.drop_tables::<Quoted>().await?;
        alive(&guard).await?;
        db.close().await?;
    }
    Ok(())
}

cases! { $ injection:
    values_stay_values,
    values_of_bulk_writes_stay_values,
    patterns_stay_patterns,
    json_keys_stay_keys,
    names_of_functions_stay_names,
    limits_stay_numbers,
    raw_values_are_not_scanned_again,
    like_helpers_match_literally,
    constants_stay_constants_in_every_mode,
    a_mode_under_which_tables_cannot_be_read_is_refused,
}
