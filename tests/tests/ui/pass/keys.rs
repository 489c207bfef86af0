//! Relations find keys of any name; a key may be of a type that is more private than its model.
#![deny(warnings)]

mod shop {
    use orm::prelude::*;

    #[derive(Debug, Clone, PartialEq, orm::Value)]
    struct Number(i64);

    impl Customer {
        pub(crate) fn find() {
            let _ = (Self::find_by_pk(Number(1)), Bought::find_by_pk((Number(1), "x")));
        }
    }

    #[derive(Debug, Clone, Model)]
    pub struct Customer {
        #[orm(primary_key)]
        number: Number,
        orders: HasMany<Order>,
        #[orm(through = Bought)]
        articles: BelongsToMany<Article>,
    }

    #[derive(Debug, Clone, Model)]
    pub struct Article {
        #[orm(primary_key)]
        code: String,
    }

    #[derive(Debug, Clone, Model)]
    #[orm(primary_key(customer_id, article_id))]
    pub struct Bought {
        customer_id: Number,
        article_id: String,
        customer: BelongsTo<Customer>,
        article: BelongsTo<Article>,
    }

    #[derive(Debug, Clone, Model)]
    pub struct Order {
        #[orm(primary_key)]
        uuid: uuid::Uuid,
        customer_id: Option<Number>,
        pub(crate) customer: BelongsTo<Customer>,
    }
}

fn main() {
    use orm::Model;

    let target = |def: &'static orm::model::ModelDef, relation| {
        let relation = def.relation(relation).unwrap();
        let keys = relation.last().keys;
        keys[0].to.name
    };
    assert_eq!(target(shop::Order::DEF, "customer"), "number");
    assert_eq!(target(shop::Bought::DEF, "article"), "code");
    assert_eq!(target(shop::Customer::DEF, "articles"), "code");
    shop::Customer::find();
}
