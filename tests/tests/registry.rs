//! The models of a program without a list of them: which are found, in what order, and what creating all of them does. Others
//! are in a library that this program names.

#![allow(clippy::unwrap_used)] // tests stop at the first surprise
#![allow(dead_code)] // fields that nobody reads

use orm::prelude::*;
use orm::{Json, Models};
use orm_tests as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[derive(Debug, Clone, Model)]
struct Outer {
    #[orm(primary_key)]
    id: i64,
    inners: HasMany<inside::Inner>,
}

mod inside {
    use orm::prelude::*;

    #[derive(Debug, Clone, Model)]
    pub(super) struct Inner {
        #[orm(primary_key)]
        pub(super) id: i64,
        pub(super) outer_id: i64,
        outer: BelongsTo<super::Outer>,
    }

    pub(super) mod deeper {
        use orm::prelude::*;

        #[derive(Debug, Clone, Model)]
        struct Deep {
            #[orm(primary_key)]
            id: i64,
        }
    }
}

/// A module whose name begins as another's.
mod inside_out {
    use orm::prelude::*;

    #[derive(Debug, Clone, Model)]
    struct Apart {
        #[orm(primary_key)]
        id: i64,
    }
}

mod generic {
    use super::{DeserializeOwned, Json, Serialize};
    use orm::prelude::*;

    #[derive(Debug, Clone, Model)]
    pub(super) struct Event<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> {
        #[orm(primary_key)]
        id: i64,
        data: Json<T>,
    }
}

orm::register!(generic::Event<String>, generic::Event<i64>);

fn names(models: &Models) -> Vec<&'static str> {
    models.iter().map(|model| model.def.name).collect()
}

#[test]
fn a_module_has_its_models_and_those_of_modules_in_it() {
    let inside = orm::models().within(concat!(module_path!(), "::inside"));
    assert_eq!(names(&inside), ["Inner", "Deep"]);
    assert_eq!(names(&orm::models().within("registry::inside_out")), ["Apart"]);
    assert!(orm::models().within("registry::nowhere").is_empty());
}

#[test]
fn a_model_in_a_function_is_found() {
    #[derive(Debug, Clone, Model)]
    struct Hidden {
        #[orm(primary_key)]
        id: i64,
    }
    assert!(orm::models().iter().any(|model| model.def.is(Hidden::DEF)));
}

#[test]
fn models_of_a_library_that_is_named_are_found() {
    let blog = orm::models().within("orm_tests::models::blog");
    assert!(names(&blog).contains(&"Author"));
    assert!(blog.iter().all(|model| model.package == "orm-tests"));
}

#[test]
fn models_with_parameters_are_those_that_were_registered() {
    // The same columns in the same table: one model.
    let here = names(&orm::models().within("registry"));
    assert_eq!(here.iter().filter(|name| **name == "Event").count(), 1);
}

#[tokio::test]
async fn tables_of_a_module_are_created_checked_and_dropped() {
    let db = connect("sqlite::memory:").await.unwrap();
    let here = || orm::models().within("registry");
    here().create_tables(&db).await.unwrap();
    assert!(db.table_exists::<inside::Inner>().await.unwrap());
    assert!(db.table_exists::<generic::Event<String>>().await.unwrap());
    assert!(here().check(&db).await.unwrap().is_empty());
    here().drop_tables(&db).await.unwrap();
    assert!(!db.table_exists::<Outer>().await.unwrap());
}

#[tokio::test]
async fn creating_the_tables_of_no_model_is_refused() {
    let db = connect("sqlite::memory:").await.unwrap();
    let error = orm::models().within("nowhere").create_tables(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("use my_library as _;"), "{error}");
}

#[tokio::test]
async fn two_models_of_one_table_are_refused_by_create_all() {
    // The suite has several models for a table, each for tests of its own.
    let db = connect("sqlite::memory:").await.unwrap();
    let error = db.create_all().await.unwrap_err();
    assert!(error.message().contains("declare the same table"), "{error}");
}
