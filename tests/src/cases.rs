//! The lists of tests: each module of the suite ends with one, [`suite!`](crate::suite) makes a `#[test]` of each entry.

/// Lists the tests of a module, and makes a macro of the module's name that instantiates them for a backend. A test that
/// is not in the list is dead code, which the compiler reports.
macro_rules! cases {
    ($d:tt $module:ident: $($case:ident),* $(,)?) => {
        #[doc(hidden)]
        pub mod cases {
            $(
                pub fn $case<S: $crate::Setup>() {
                    // Not a closure: it would be generic like the function around it, and the whole test be compiled again
                    // for each backend.
                    fn boxed(test: $crate::Test) -> $crate::Running {
                        Box::pin(super::$case(test))
                    }
                    $crate::run::<S>(concat!(stringify!($module), "_", stringify!($case)), boxed);
                }
            )*
        }

        #[doc(hidden)]
        #[macro_export]
        macro_rules! $module {
            ($d setup:ty) => {
                mod $module {
                    $(
                        #[test]
                        fn $case() {
                            $crate::suite::$module::cases::$case::<$d setup>();
                        }
                    )*
                }
            };
        }
    };
}
pub(crate) use cases;

/// The whole suite for a backend: `orm_tests::suite!(Sqlite);`.
#[macro_export]
macro_rules! suite {
    ($setup:ident) => {
        use $crate::$setup as Backend;

        $crate::crud!(super::Backend);
        $crate::exact!(super::Backend);
        $crate::change!(super::Backend);
        $crate::check!(super::Backend);
        $crate::migrate!(super::Backend);
        $crate::plan!(super::Backend);
        $crate::random_schemas!(super::Backend);
        $crate::compound!(super::Backend);
        $crate::compute!(super::Backend);
        $crate::expr!(super::Backend);
        $crate::filter!(super::Backend);
        $crate::order!(super::Backend);
        $crate::pages!(super::Backend);
        $crate::inputs!(super::Backend);
        $crate::listing!(super::Backend);
        $crate::batches!(super::Backend);
        $crate::refine!(super::Backend);
        $crate::types!(super::Backend);
        $crate::json!(super::Backend);
        $crate::written!(super::Backend);
        $crate::validation!(super::Backend);
        $crate::mutability!(super::Backend);
        $crate::policy!(super::Backend);
        $crate::tenancy!(super::Backend);
        $crate::tracked!(super::Backend);
        $crate::random_policies!(super::Backend);
        $crate::hooks!(super::Backend);
        $crate::includes!(super::Backend);
        $crate::loading!(super::Backend);
        $crate::nested!(super::Backend);
        $crate::beside!(super::Backend);
        $crate::trees!(super::Backend);
        $crate::relation!(super::Backend);
        $crate::generic!(super::Backend);
        $crate::handles!(super::Backend);
        $crate::owner!(super::Backend);
        $crate::prepared!(super::Backend);
        $crate::graph!(super::Backend);
        $crate::scope!(super::Backend);
        $crate::scoped!(super::Backend);
        $crate::sealed!(super::Backend);
        $crate::silence!(super::Backend);
        $crate::chain!(super::Backend);
        $crate::stale!(super::Backend);
        $crate::upsert!(super::Backend);
        $crate::answers!(super::Backend);
        $crate::kept!(super::Backend);
        $crate::tagged!(super::Backend);
        $crate::one_of!(super::Backend);
        $crate::transaction!(super::Backend);
        $crate::context!(super::Backend);
        $crate::raw!(super::Backend);
        $crate::raw_rows!(super::Backend);
        $crate::raw_state!(super::Backend);
        $crate::ddl!(super::Backend);
        $crate::alter!(super::Backend);
        $crate::random_schema!(super::Backend);
        $crate::error!(super::Backend);
        $crate::inherited!(super::Backend);
        $crate::injection!(super::Backend);
        $crate::stream!(super::Backend);
        $crate::cancel!(super::Backend);
        $crate::random!(super::Backend);
        $crate::random_trees!(super::Backend);
        $crate::random_writes!(super::Backend);
    };
}
