//! What the services of `orm-auth` do, on every database. Here: the list of the tests, and what they share. The tests are in files
//! by subject; backends and how a test runs come from `orm-tests`.

// Tests stop at the first surprise, and this whole crate is tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(missing_docs, missing_debug_implementations)]

mod by_mail;
mod passwords;
mod second_factor;
mod sessions;
mod setup;
mod tables;
mod throttling;

pub use orm_tests::{Mariadb, Mysql, Postgres, Running, Setup, Sqlite, Test, run};

macro_rules! cases {
    ($($module:ident: { $($case:ident),* $(,)? })*) => {
        #[doc(hidden)]
        pub mod cases {
            $(pub mod $module {$(
                pub fn $case<S: $crate::Setup>() {
                    fn boxed(test: $crate::Test) -> $crate::Running {
                        Box::pin(async { Ok($crate::$module::$case(test).await.unwrap()) })
                    }
                    $crate::run::<S>(concat!("auth_", stringify!($module), "_", stringify!($case)), boxed);
                }
            )*})*
        }

        /// All tests for a backend: `orm_auth_tests::suite!(Sqlite);`.
        #[macro_export]
        macro_rules! suite {
            ($setup:ident) => {$(
                mod $module {$(
                    #[test]
                    fn $case() {
                        $crate::cases::$module::$case::<$crate::$setup>();
                    }
                )*}
            )*};
        }
    };
}

cases! {
    passwords: {
        a_right_password_signs_in_and_nothing_else_does,
        a_hash_becomes_one_of_the_present_cost_at_a_sign_in_and_not_at_a_failure,
        a_password_that_is_changed_during_a_sign_in_stays_the_new_one,
        a_changed_password_ends_what_was_open,
        passwords_that_cannot_be_used_are_refused,
        hashes_of_other_systems_are_imported,
    }
    sessions: {
        a_session_lasts_as_long_as_it_should,
        sessions_are_listed_and_revoked,
        an_account_that_may_not_sign_in_has_no_session,
        a_proof_grows_old_and_is_given_again,
        futures_may_go_to_other_threads,
    }
    second_factor: {
        a_second_factor_is_added_by_a_code,
        a_code_is_good_once,
        fifty_uses_of_one_code_at_once_are_one,
        what_is_pending_is_no_session_and_ends,
        recovery_codes_are_good_once,
        fifty_uses_of_one_recovery_code_at_once_are_one,
        a_factor_is_removed_by_who_has_it,
        a_stronger_proof_is_asked_for_where_there_is_a_second_factor,
        secrets_are_sealed_for_their_row,
    }
    by_mail: {
        an_address_is_verified_by_its_link,
        links_expire_to_the_second,
        a_reset_ends_sessions_and_keeps_the_second_factor,
        twenty_resets_by_one_link_at_once_are_one,
        requests_for_a_reset_tell_nothing,
    }
    throttling: {
        attempts_are_slowed_down_and_forgotten,
        attempts_at_once_are_counted_one_by_one,
        addresses_are_counted_over_all_accounts,
        unknown_accounts_are_throttled_as_others_are,
        limits_without_end_are_kept,
    }
    tables: {
        tables_are_as_the_models_say,
        tables_as_data_are_those_of_the_models,
        nothing_in_the_tables_is_good_for_anybody,
        rows_go_with_their_account_and_events_stay,
        keys_of_accounts_are_of_any_type,
        what_has_expired_is_purged,
        events_are_recorded,
    }
}
