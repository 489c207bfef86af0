//! A crate that re-exports the ORM under another path.
#![deny(warnings)]

mod framework {
    pub use orm as database;
}

// What `::orm` would be, were it looked up.
#[allow(unused)]
mod orm_is_elsewhere {}

#[derive(Debug, Clone, framework::database::Model)]
#[orm(crate = "crate::framework::database")]
struct Thing {
    #[orm(primary_key)]
    id: i64,
    kind: Kind,
    code: Code,
}

#[derive(Debug, Clone, framework::database::Enum)]
#[orm(crate = crate::framework::database, storage = "integer")]
enum Kind {
    A = -1,
    B,
}

#[derive(Debug, Clone, framework::database::Value)]
#[orm(crate = "crate::framework::database")]
struct Code(i32);

#[derive(framework::database::Projection)]
#[orm(crate = "crate::framework::database", model = Thing)]
struct Short {
    id: i64,
}

fn main() {
    use framework::database::{Scalar, Statements, ValueRef};
    assert!(matches!(Kind::decode(ValueRef::I64(-1)), Ok(Kind::A)));
    assert!(matches!(Kind::decode(ValueRef::I64(0)), Ok(Kind::B)));
    assert_eq!(
        Kind::decode(ValueRef::I64(7)).unwrap_err().to_string().contains("one of -1, 0"),
        true
    );
    let _ = Thing::create().kind(Kind::A).code(Code(1));
    let short = Short { id: 1 };
    assert_eq!(short.id, 1);
    let thing = Thing { id: 1, kind: Kind::B, code: Code(2) };
    assert_eq!((thing.id, thing.code.0, thing.kind.as_str()), (1, 2, "b"));
}
