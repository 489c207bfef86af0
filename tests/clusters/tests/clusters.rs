//! Servers that follow each other. See `orm_cluster_tests`.

orm_cluster_tests::clusters! {
    pg_replica = "pg-replica",
    mariadb_replica = "mariadb-replica",
}

#[test]
fn mysql_group_a_transaction_that_the_group_has_undone_is_over_at_its_savepoint() {
    orm_cluster_tests::a_transaction_that_the_group_has_undone_is_over_at_its_savepoint();
}
