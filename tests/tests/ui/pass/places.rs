//! Models in functions, in modules with less visibility, under names of the standard library's, with raw identifiers.
#![deny(warnings)]

mod inner {
    use orm::prelude::*;

    #[derive(Debug, Clone, Model)]
    #[orm(table = "v")]
    pub(crate) struct Vec {
        #[orm(primary_key)]
        pub(crate) id: i64,
        pub(super) r#type: String,
        r#match: Option<std::string::String>,
        pub(crate) option: BelongsTo<self::deep::Option>,
        pub(crate) option_id: std::option::Option<i64>,
    }

    impl Vec {
        pub(crate) fn matching() -> VecCreate {
            Vec::create().r#match("x")
        }
    }

    pub(crate) mod deep {
        use orm::prelude::*;

        #[derive(Debug, Clone, Model)]
        pub(crate) struct Option {
            #[orm(primary_key)]
            pub(crate) id: i64,
            pub(in crate::inner) vecs: HasMany<super::Vec>,
        }

        impl Option {
            pub(crate) fn count_vecs(&self) -> orm::Result<usize> {
                Ok(self.vecs.get()?.len())
            }
        }
    }
}

use inner::Vec;

fn main() -> Result<(), orm::Error> {
    use orm::prelude::*;

    // A type parameter of the builder must not hide a type of this name, nor a static the default's.
    const __DEF: i64 = 3;
    type E = i64;

    #[derive(Debug, Clone, Model)]
    #[orm(rename_all = "camelCase", table = "local things", schema = "app")]
    struct Local {
        #[orm(primary_key)]
        id: uuid::Uuid,
        uuid: E,
        #[orm(default = 1 + 2)]
        made_up: E,
        #[orm(skip)]
        cache: std::vec::Vec<u8>,
    }

    #[derive(Debug, Clone, Model)]
    #[orm(no_primary_key)]
    struct Log {
        line: String,
    }

    assert_eq!(Local::DEF.table.schema, Some("app"));
    assert_eq!(Local::DEF.columns[2].name, "madeUp");
    assert_eq!((Vec::DEF.columns[1].name, Vec::DEF.columns[2].field), ("type", "match"));
    assert_eq!(Log::DEF.primary_key, [0; 0]);
    let _ = (Local::create().uuid(__DEF), Vec::matching().r#type("a"), Log::create().line("b"));
    let option = inner::deep::Option::DEF;
    assert_eq!(option.relations[0].target().name, "Vec");
    let local = Local { id: uuid::Uuid::nil(), uuid: 1, made_up: 2, cache: vec![] };
    assert!(local.cache.is_empty() && local.id.is_nil() && local.uuid < local.made_up);
    let _ = inner::deep::Option::count_vecs;
    Ok(())
}
