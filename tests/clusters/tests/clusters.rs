//! Servers that follow each other. See `orm_cluster_tests`.

orm_cluster_tests::clusters! {
    pg_replica = "pg-replica",
    mariadb_replica = "mariadb-replica",
}
