//! The service from outside: over HTTP on every database, and in a browser.
#![allow(clippy::unwrap_used, clippy::panic)] // tests stop at the first surprise

mod http;
mod pages;
mod policies;
mod vault;

/// Makes a test of each function for each database.
macro_rules! on_every_database {
    ($($module:ident: { $($case:ident),* $(,)? })*) => {$($(
        mod $case {
            on_every_database!(@ $module $case sqlite Sqlite);
            on_every_database!(@ $module $case mysql Mysql);
            on_every_database!(@ $module $case mariadb Mariadb);
            on_every_database!(@ $module $case postgres Postgres);
        }
    )*)*};
    (@ $module:ident $case:ident $name:ident $setup:ident) => {
        #[test]
        fn $name() {
            let case: orm_tests::Case = |test| Box::pin(crate::$module::$case(test));
            orm_tests::run::<orm_tests::$setup>(concat!("vault_", stringify!($case)), case);
        }
    };
}

on_every_database! {
    http: {
        a_second_factor_is_added_and_asked_for,
        a_recovery_code_signs_in_once,
        a_payment_takes_two_persons,
        of_two_who_decide_at_once_one_does,
        a_decision_asks_for_a_new_proof,
        notes_are_their_owners,
        a_session_that_was_ended_is_none,
        a_new_password_by_mail_leaves_the_second_factor,
        attempts_are_slowed_down,
        the_audit_is_for_administrators_with_a_second_factor,
        what_other_sites_send_is_refused,
    }
    policies: {
        payments_hold_their_rules_without_the_pages,
        sealed_notes_open_where_they_were_sealed,
    }
}
