//! Parameters of URLs: the same names, unit and messages on every database. What each sets is tested in its driver.

use std::fmt::Debug;
use std::time::Duration;

use orm::ErrorKind;

/// A URL of each database that is compiled in, up to its parameters.
fn databases() -> Vec<&'static str> {
    let all = [
        ("sqlite::memory:", cfg!(feature = "sqlite")),
        ("mysql://u:s3cret@127.0.0.1:1/db", cfg!(feature = "mysql")),
        ("mariadb://u:s3cret@127.0.0.1:1/db", cfg!(feature = "mysql")),
        ("postgres://u:s3cret@127.0.0.1:1/db", cfg!(feature = "postgres")),
    ];
    all.into_iter().filter(|(_, on)| *on).map(|(url, _)| url).collect()
}

fn is_server(url: &str) -> bool {
    url.contains("//")
}

/// The message of a URL that is refused before anything is connected.
async fn refused(url: &str) -> String {
    let error = orm::connect(url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{url}: {error:?}");
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    error.message().to_owned()
}

#[tokio::test]
async fn a_wrong_value_names_its_parameter_its_form_and_an_example() {
    const LIMIT: &str = "is a number of seconds, such as `NAME=2.5`; `0` and `none` are no limit";
    const SECONDS: &str = "is a number of seconds, such as `NAME=2.5`";
    const COUNT: &str = "is a whole number, such as `NAME=20`";
    for (name, form, servers_only) in [
        ("max_connections", COUNT, false),
        ("min_connections", COUNT, false),
        ("acquire_timeout", SECONDS, false),
        ("check_after", SECONDS, false),
        ("close_timeout", SECONDS, false),
        ("idle_timeout", LIMIT, false),
        ("max_lifetime", LIMIT, false),
        ("statement_cache_capacity", COUNT, false),
        ("port", COUNT, true),
        ("connect_timeout", LIMIT, true),
        ("statement_timeout", LIMIT, true),
        ("lock_timeout", LIMIT, true),
        ("sslmode", "is one of `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`", true),
    ] {
        for url in databases().into_iter().filter(|url| !servers_only || is_server(url)) {
            for (key, value) in [(name.to_owned(), "s3cret"), (name.replace('_', "-"), "-1"), (name.to_uppercase(), "")]
            {
                let message = refused(&format!("{url}?{key}={value}")).await;
                let expected = format!("`{name}` {}", form.replace("NAME", name));
                assert!(message.contains(&expected), "{url}: {message}");
            }
        }
    }
    for value in ["1s", "250ms", "NaN", "inf"] {
        for url in databases() {
            let message = refused(&format!("{url}?acquire_timeout={value}")).await;
            assert!(message.contains("`acquire_timeout=2.5`"), "{message}");
        }
    }
}

#[tokio::test]
async fn an_unknown_name_is_told_with_the_nearest_one() {
    for (key, near, servers_only) in [
        ("max_conections", "max_connections", false),
        ("aquire-timeout", "acquire_timeout", false),
        ("statement_cache", "statement_cache_capacity", false),
        ("sslmod", "sslmode", true),
        ("conect_timeout", "connect_timeout", true),
        ("statment_timeout", "statement_timeout", true),
        ("sslrootcerts", "sslrootcert", true),
    ] {
        for url in databases().into_iter().filter(|url| !servers_only || is_server(url)) {
            let message = refused(&format!("{url}?{key}=s3cret")).await;
            assert!(message.contains(&format!("`{near}`")), "{url}: {message}");
        }
    }
}

#[tokio::test]
async fn a_password_in_the_wrong_place_is_never_shown() {
    for url in databases().into_iter().filter(|url| is_server(url)) {
        let scheme = &url[..url.find("://").unwrap()];
        for rest in
            ["u:12?s3cret=1@h/db", "u:12/s3cret@h/db", "u:12/s3cret@h", "u:1#s3cret@h/db", "u:s3cret@h/db?a@b=1"]
        {
            refused(&format!("{scheme}://{rest}")).await;
        }
    }
}

/// The parameters that the drivers take are those of the table in the documentation of `connect`.
#[tokio::test]
async fn every_parameter_is_in_the_table() {
    let table = include_str!("../../src/connect.rs");
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with("/// | `")).collect();
    for url in databases() {
        let message = refused(&format!("{url}?zzzzzzzzzzzzzzzz=1")).await;
        let names: Vec<_> = message.split('`').skip(3).step_by(2).collect();
        assert!(names.len() > 5, "{message}");
        for name in names {
            assert!(rows.iter().any(|row| row.contains(&format!("`{name}`"))), "{name} is not in the table");
        }
    }
}

#[track_caller]
fn same(left: &impl Debug, right: &impl Debug) {
    assert_eq!(format!("{left:?}"), format!("{right:?}"));
}

/// The servers' options have the same methods, and mean by them what the parameters of that name do.
macro_rules! servers {
    ($($test:ident, $feature:literal, $options:path, $url:literal;)+) => {$(
        #[cfg(feature = $feature)]
        #[test]
        fn $test() {
            use $options as Options;
            use orm::$test::SslMode;
            let read = |parameters: &str| Options::from_url(&format!("{}?{parameters}", $url)).unwrap();
            let start = || Options::new().host("h").database("db");
            let seconds = |seconds| Duration::from_secs_f64(seconds);
            for spelling in ["connect_timeout", "connect-timeout", "ConnectTimeout"] {
                same(&read(&format!("{spelling}=2.5")), &start().connect_timeout(seconds(2.5)));
            }
            same(&read("connect_timeout=none"), &start().connect_timeout(None));
            same(&read("connect_timeout=0"), &start().connect_timeout(None));
            same(&read("statement_timeout=0.25"), &start().statement_timeout(seconds(0.25)));
            same(&read("statement_timeout=none"), &start().statement_timeout(None));
            same(&read("lock_timeout=30"), &start().lock_timeout(seconds(30.0)));
            same(&read("statement_cache_capacity=7"), &start().statement_cache_capacity(7));
            for (words, mode) in [
                (&["disable", "disabled", "DISABLED"][..], SslMode::Disable),
                (&["allow"], SslMode::Allow),
                (&["prefer", "preferred"], SslMode::Prefer),
                (&["require", "required"], SslMode::Require),
                (&["verify-ca", "verify_ca"], SslMode::VerifyCa),
                (&["verify-full", "verify_identity", "VERIFY_IDENTITY"], SslMode::VerifyFull),
            ] {
                for word in words {
                    same(&read(&format!("sslmode={word}")), &start().ssl_mode(mode));
                    same(&read(&format!("ssl-mode={word}")), &start().ssl_mode(mode));
                }
            }
            for key in ["sslrootcert", "ssl-ca", "ssl_ca", "ssl-root-cert"] {
                same(&read(&format!("{key}=/ca.pem")), &start().ssl_root_cert("/ca.pem"));
            }
            same(&read("ssl-cert=/c.pem&sslkey=/k.pem"), &start().ssl_client_cert("/c.pem", "/k.pem"));
            same(&read("socket=/run/s&port=7&user=u&dbname=x"), &start().socket("/run/s").port(7).user("u").database("x"));
            same(&read("init=SELECT%201"), &start().init("SELECT 1"));
        }
    )+};
}

servers! {
    mysql, "mysql", orm::mysql::MysqlOptions, "mariadb://h/db";
    postgres, "postgres", orm::postgres::PostgresOptions, "postgres://h/db";
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite_has_the_same_words() {
    use orm::sqlite::SqliteOptions;
    let read = |parameters: &str| SqliteOptions::from_url(&format!("sqlite:a.db?{parameters}")).unwrap();
    let start = || SqliteOptions::file("a.db");
    for key in ["busy_timeout", "busy-timeout", "lock_timeout"] {
        assert_eq!(read(&format!("{key}=2.5")), start().busy_timeout(Duration::from_millis(2500)));
    }
    assert_eq!(read("busy_timeout=0"), start().busy_timeout(Duration::ZERO));
    assert_eq!(read("Statement-Cache-Capacity=7"), start().statement_cache_capacity(7));
    assert_eq!(read("foreign-keys=false"), start().foreign_keys(false));
}

/// Values that abort the process or panic where nobody looks at them.
#[tokio::test]
async fn values_out_of_range_are_refused_by_name() {
    for (name, servers_only, values) in [
        ("max_connections", false, &["0", "10001", "1000000000", "2305843009213693952"][..]),
        ("min_connections", false, &["11", "2305843009213693952"]),
        ("statement_cache_capacity", false, &["65537", "2305843009213693952"]),
        ("port", true, &["0", "65536"]),
        ("connect_timeout", true, &["2073601", "1e18"]),
        ("statement_timeout", true, &["2073601", "1e18"]),
        ("lock_timeout", false, &["2073601", "1e18"]),
    ] {
        for url in databases().into_iter().filter(|url| !servers_only || is_server(url)) {
            for value in values {
                let message = refused(&format!("{url}?{name}={value}")).await;
                let named = message.contains(&format!("`{name}`"));
                assert!(named || name == "lock_timeout" && message.contains("`busy_timeout`"), "{url}: {message}");
            }
        }
    }
}

#[tokio::test]
async fn options_of_the_code_have_the_same_ranges() {
    for pool in [
        orm::PoolOptions::new().max_connections(usize::MAX),
        orm::PoolOptions::new().max_connections(1 << 61),
        orm::PoolOptions::new().max_connections(0),
        orm::PoolOptions::new().min_connections(usize::MAX),
    ] {
        for url in databases() {
            let error = orm::connect_with(url, pool.clone()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
        }
    }
}

#[tokio::test]
async fn malformed_urls_show_nothing_before_their_last_at_sign() {
    for url in databases().into_iter().filter(|url| is_server(url)) {
        let scheme = url.split("//").next().unwrap_or_default();
        for rest in [
            "app:12/s3cret@db.internal/shop",
            "app:12/s3cret@db.internal",
            "app@corp:12/s3cret@db.internal",
            "app:12?s3cret@db.internal/shop",
            "app:12?s3cret=1@db.internal/shop",
            "app:12/x?s3cret=1@db.internal/shop",
            "app@corp:12?s3cret=1@db.internal/shop",
            "app@corp:12/x?s3cret@db.internal/shop",
            "app:12?options[s3cret@db.internal/shop]",
            "app:12#s3cret@db.internal/shop",
            "app:s3cret@db.internal:port/shop",
            "s3cret:12/x@db.internal/shop",
        ] {
            refused(&format!("{scheme}//{rest}")).await;
        }
    }
    if cfg!(feature = "sqlite") {
        refused("sqlite://app:s3cret@db.internal/shop").await;
    }
}
