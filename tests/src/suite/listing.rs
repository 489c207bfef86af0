//! Lists as requests ask for them: what is allowed, what it finds, and what is said of everything else.

use orm::prelude::*;
use orm::query::{Limits, ListError, Op, Problem};
use orm::{ListQuery, Listing, Result};
use serde_json::json;

use crate::Test;
use crate::cases::cases;
use crate::models::entries::{Entry, EntryNote, entry};

async fn entries(test: &Test, count: u32) -> Result<Database> {
    let db = test.with::<(Entry, EntryNote)>().await?;
    Entry::bulk_create((0..count).map(entry)).exec(&db).await?;
    Ok(db)
}

fn everything() -> Listing<Entry> {
    let first = (Entry::ID, Entry::GRADE, Entry::NAME, Entry::NICK, Entry::SCORE, Entry::RATIO, Entry::WEIGHT);
    let second = (Entry::ACTIVE, Entry::PRICE, Entry::DAY, Entry::AT, Entry::TOKEN, Entry::COLOUR, Entry::MOOD);
    Listing::new()
        .filter(first)
        .filter(second)
        .filter(Entry::LEVEL)
        .filter_as("lower_nick", Entry::NICK.lower())
        .sort((Entry::ID, Entry::GRADE, Entry::NAME))
        .page_size(100, 1000)
}

fn of(json: serde_json::Value) -> ListQuery {
    serde_json::from_value(json).unwrap()
}

async fn found(db: &Database, query: &ListQuery) -> Result<Vec<i64>> {
    let page = Entry::find_all().order_by(Entry::ID).list(&everything(), query)?.exec(db).await?;
    Ok(page.nodes().map(|entry| entry.id).collect())
}

async fn the_same(db: &Database, filter: serde_json::Value, condition: Condition<Entry>) -> Result<()> {
    let expected: Vec<i64> = Entry::find_all().filter(condition).order_by(Entry::ID).select(Entry::ID).exec(db).await?;
    assert_eq!(found(db, &of(json!({ "filter": filter }))).await?, expected, "{filter}");
    // The same with the names of Sequelize.
    let text = serde_json::to_string(&filter).unwrap();
    let dollars = text.replace("\"or\"", "\"$or\"").replace("\"gte\"", "\"$gte\"").replace("\"in\"", "\"$in\"");
    let query = ListQuery::parse(&format!("filter={}", dollars.replace('%', "%25").replace('+', "%2B")))?;
    assert_eq!(found(db, &query).await?, expected, "{dollars}");
    Ok(())
}

async fn filters_are_those_of_the_typed_conditions(test: Test) -> Result<()> {
    let db = entries(&test, 40).await?;
    let one = Entry::find_by_pk(7).required(&db).await?;
    the_same(&db, json!({}), all_of([])).await?;
    the_same(&db, json!({ "grade": 1 }), Entry::GRADE.eq(1)).await?;
    the_same(&db, json!({ "grade": { "gte": 0, "lt": 2 } }), Entry::GRADE.ge(0).and(Entry::GRADE.lt(2))).await?;
    the_same(&db, json!({ "grade": { "ne": 0 }, "id": { "gt": 3 } }), Entry::GRADE.ne(0).and(Entry::ID.gt(3))).await?;
    the_same(&db, json!({ "grade": { "between": [0, 1] } }), Entry::GRADE.between(0, 1)).await?;
    the_same(&db, json!({ "grade": { "notBetween": [0, 1] } }), Entry::GRADE.not_between(0, 1)).await?;
    the_same(&db, json!({ "id": [1, 5, 99] }), Entry::ID.in_([1, 5, 99])).await?;
    the_same(&db, json!({ "id": { "in": [] } }), any_of([])).await?;
    the_same(&db, json!({ "id": { "notIn": [1, 5] } }), Entry::ID.not_in([1, 5])).await?;
    the_same(&db, json!({ "nick": null }), Entry::NICK.is_null()).await?;
    the_same(&db, json!({ "nick": { "ne": null } }), Entry::NICK.is_not_null()).await?;
    the_same(&db, json!({ "score": { "is": null } }), Entry::SCORE.is_null()).await?;
    the_same(&db, json!({ "active": { "is": true } }), Entry::ACTIVE.eq(true)).await?;
    the_same(&db, json!({ "name": { "startsWith": "ä" } }), Entry::NAME.starts_with("ä")).await?;
    the_same(&db, json!({ "name": { "endsWith": "z" } }), Entry::NAME.ends_with("z")).await?;
    the_same(&db, json!({ "name": { "substring": "%" } }), Entry::NAME.contains("%")).await?;
    the_same(&db, json!({ "lower_nick": "b" }), Entry::NICK.lower().eq("b")).await?;
    the_same(&db, json!({ "weight": { "gt": 0.5 } }), Entry::WEIGHT.gt(0.5)).await?;
    the_same(&db, json!({ "price": { "gte": "2.002" } }), Entry::PRICE.ge("2.002")).await?;
    the_same(&db, json!({ "price": 1.001 }), Entry::PRICE.eq("1.001")).await?;
    the_same(&db, json!({ "day": { "gte": "2024-02-29" } }), Entry::DAY.ge("2024-02-29")).await?;
    the_same(&db, json!({ "at": one.at.to_rfc3339() }), Entry::AT.eq(one.at)).await?;
    the_same(&db, json!({ "token": one.token.to_string() }), Entry::TOKEN.eq(one.token)).await?;
    the_same(&db, json!({ "colour": ["red", "dark_green"] }), {
        use crate::models::kinds::Colour;
        Entry::COLOUR.in_([Colour::Red, Colour::DarkGreen])
    })
    .await?;
    the_same(&db, json!({ "mood": { "ne": "so so" } }), Entry::MOOD.ne(crate::models::kinds::Mood::SoSo)).await?;
    the_same(&db, json!({ "level": -5 }), Entry::LEVEL.eq(crate::models::kinds::Level::Low)).await?;
    let or = Entry::ID.lt(3).or(Entry::GRADE.eq(2).and(!Entry::NICK.is_null()));
    the_same(&db, json!({ "or": [{ "id": { "lt": 3 } }, { "grade": 2, "not": { "nick": null } }] }), or.clone())
        .await?;
    the_same(&db, json!({ "or": [] }), any_of([])).await?;
    the_same(&db, json!({ "or": { "id": { "lt": 3 }, "grade": 2 } }), Entry::ID.lt(3).or(Entry::GRADE.eq(2))).await?;
    the_same(&db, json!({ "id": { "or": [{ "lt": 3 }, { "gt": 30 }, 9] } }), {
        any_of([Entry::ID.lt(3), Entry::ID.gt(30), Entry::ID.eq(9)])
    })
    .await?;
    // As parameters of a query string.
    let query = ListQuery::parse("filter[grade][gte]=0&filter[id][in]=1,2,3,4&filter[active]=true&sort=-id")?;
    let condition = all_of([Entry::GRADE.ge(0), Entry::ID.le(4), Entry::ACTIVE.eq(true)]);
    let expected: Vec<i64> =
        Entry::find_all().filter(condition).order_by(Entry::ID.desc()).select(Entry::ID).exec(&db).await?;
    assert_eq!(found(&db, &query).await?, expected);
    Ok(())
}

async fn parameters_without_a_value_say_nothing(test: Test) -> Result<()> {
    let db = entries(&test, 5).await?;
    let all = found(&db, &ListQuery::new()).await?;
    assert_eq!(found(&db, &ListQuery::parse("filter[name][startsWith]=&filter=&sort=&limit=&after=")?).await?, all);
    let error = ListQuery::parse("filter[name=").unwrap_err();
    assert!(error.message().starts_with("`filter[name` is not a parameter"), "{error}");
    Ok(())
}

async fn requests_have_orders_and_pages(test: Test) -> Result<()> {
    let db = entries(&test, 12).await?;
    let listing = everything().page_size(5, 7);
    let page = Entry::find_all().list(&listing, &ListQuery::parse("sort=grade,-id")?)?.exec(&db).await?;
    let order = (Entry::GRADE, Entry::ID.desc());
    let whole: Vec<i64> = Entry::find_all().order_by(order).select(Entry::ID).exec(&db).await?;
    let ids = |page: &orm::CursorPage<Entry>| page.nodes().map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!(ids(&page), whole[..5]);
    let cursor = page.page_info.end_cursor.unwrap();
    let after = of(json!({ "sort": ["grade", "-id"], "limit": 7, "after": cursor }));
    let next = Entry::find_all().list(&listing, &after)?.with_total().exec(&db).await?;
    assert_eq!((ids(&next), next.total), (whole[5..].to_vec(), Some(12)));
    let before = ListQuery::parse(&format!("sort=grade,-id&limit=2&before={cursor}"))?;
    assert_eq!(ids(&Entry::find_all().list(&listing, &before)?.exec(&db).await?), whole[2..4]);
    // What the finder says holds as well.
    Entry::destroy().filter(Entry::ID.eq(1)).exec(&db).await?;
    let some = Entry::find_all().filter(Entry::ID.le(3)).include(Entry::NOTES).order_by(Entry::ID.desc());
    let page = some.list(&listing, &of(json!({ "filter": { "or": [{ "id": { "gt": 0 } }] } })))?.exec(&db).await?;
    assert_eq!(ids(&page), [3, 2]);
    assert!(page.edges[0].node.notes.get()?.is_empty());
    Ok(())
}

async fn requests_choose_fields(test: Test) -> Result<()> {
    let db = entries(&test, 3).await?;
    let all = (Entry::ID, Entry::NAME, Entry::PRICE, Entry::DAY, Entry::AT, Entry::TOKEN, Entry::COLOUR, Entry::RATIO);
    let listing = everything().fields(all).fields((Entry::ACTIVE, Entry::LEVEL, Entry::MOOD));
    let page = Entry::find_all().list_fields(&listing, &ListQuery::parse("fields=name,id&sort=grade")?)?;
    let page = page.with_total().exec(&db).await?;
    assert_eq!(page.total, Some(3));
    let entry = Entry::find_by_pk(
        page.edges[0]
            .node
            .iter()
            .nth(1)
            .map(|(_, id)| match id {
                orm::Value::I64(id) => *id,
                _ => 0,
            })
            .unwrap(),
    )
    .required(&db)
    .await?;
    let node = serde_json::to_value(&page.edges[0].node).unwrap();
    assert_eq!(node, json!({ "name": entry.name, "id": entry.id }));
    // Without a choice, all that are allowed, as the model's own JSON has them.
    let page =
        Entry::find_all().filter(Entry::ID.eq(entry.id)).list_fields(&listing, &ListQuery::new())?.exec(&db).await?;
    let node = serde_json::to_value(&page.edges[0].node).unwrap();
    let price = entry.price.map(|price| price.normalize().to_string());
    let shown =
        node["price"].as_str().map(|price| price.parse::<rust_decimal::Decimal>().unwrap().normalize().to_string());
    assert_eq!(shown, price);
    assert_eq!((&node["day"], &node["at"]), (&json!(entry.day), &json!(entry.at)));
    assert_eq!((&node["token"], &node["active"]), (&json!(entry.token.to_string()), &json!(entry.active)));
    assert_eq!(node["ratio"], json!(entry.ratio));
    assert_eq!(node.as_object().unwrap().len(), 11);
    Ok(())
}

async fn what_is_not_allowed_is_said_with_its_place(test: Test) -> Result<()> {
    let db = entries(&test, 1).await?;
    let listing = Listing::<Entry>::new()
        .filter((Entry::GRADE, Entry::NAME, Entry::COLOUR, Entry::DAY, Entry::ACTIVE, Entry::PRICE))
        .filter_by(Entry::ID, [Op::Eq])
        .sort(Entry::GRADE)
        .fields(Entry::ID)
        .limits(Limits::new(2, 3, 2));
    let place = |result: Result<()>| {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        let wrong = ListError::of(&error).unwrap();
        assert_eq!(error.message(), wrong.to_string());
        (wrong.place().to_owned(), wrong.problem().clone())
    };
    let filter =
        |filter: serde_json::Value| place(Entry::find_all().list(&listing, &of(json!({ "filter": filter }))).map(drop));
    let known = Problem::UnknownField {
        known: ["grade", "name", "colour", "day", "active", "price", "id"].map(str::to_owned).to_vec(),
    };
    assert_eq!(filter(json!({ "nick": "x" })), ("filter.nick".into(), known.clone()));
    assert_eq!(filter(json!({ "deleted_at": null })).1, known);
    assert_eq!(filter(json!({ "name; DROP TABLE entries": 1 })).1, known);
    assert_eq!(
        filter(json!({ "id": { "gt": 1 } })),
        ("filter.id.gt".into(), Problem::UnknownOperator { known: vec!["eq".into()] })
    );
    assert_eq!(filter(json!({ "id": [1] })).1, Problem::UnknownOperator { known: vec!["eq".into()] });
    for (wrong, at) in [
        (json!({ "grade": "1" }), "filter.grade"),
        (json!({ "grade": { "gte": 1.5 } }), "filter.grade.gte"),
        (json!({ "grade": 3_000_000_000_u64 }), "filter.grade"),
        (json!({ "grade": { "in": [1, "x"] } }), "filter.grade.in[1]"),
        (json!({ "grade": { "gt": null } }), "filter.grade.gt"),
        (json!({ "grade": { "between": [1] } }), "filter.grade.between"),
        (json!({ "name": 1 }), "filter.name"),
        (json!({ "name": { "startsWith": true } }), "filter.name.startsWith"),
        (json!({ "colour": "Pink" }), "filter.colour"),
        (json!({ "active": "true" }), "filter.active"),
        (json!({ "or": [{ "grade": 1 }, 5] }), "filter.or[1]"),
        (json!([1]), "filter"),
    ] {
        let (place, problem) = filter(wrong.clone());
        assert_eq!(place, at, "{wrong}");
        assert!(matches!(problem, Problem::WrongType { .. }), "{wrong}: {problem:?}");
    }
    for (wrong, at) in [
        (json!({ "day": "2024-02-30" }), "filter.day"),
        (json!({ "price": "1e5" }), "filter.price"),
        (json!({ "grade": {} }), "filter.grade"),
        (json!({ "name": { "startsWith": "\0" } }), "filter.name.startsWith"),
    ] {
        let (place, problem) = filter(wrong.clone());
        assert_eq!(place, at, "{wrong}");
        assert!(matches!(problem, Problem::Malformed(_)), "{wrong}: {problem:?}");
    }
    let much = |of, most| Problem::TooMuch { of, most };
    assert_eq!(
        filter(json!({ "not": { "not": { "not": { "grade": 1 } } } })),
        ("filter.not.not.not".into(), much("levels", 2))
    );
    assert_eq!(filter(json!({ "grade": { "gt": 1, "lt": 2, "ne": 3, "eq": 4 } })).1, much("conditions", 3));
    assert_eq!(filter(json!({ "grade": [1, 2, 3] })), ("filter.grade".into(), much("items", 2)));

    let query =
        |text: &str| place(ListQuery::parse(text).and_then(|query| Entry::find_all().list(&listing, &query).map(drop)));
    assert_eq!(query("sort=name").0, "sort.name");
    assert_eq!(query("sort=grade,-grade").0, "sort");
    assert_eq!(query("limit=101"), ("limit".into(), much("rows", 100)));
    assert_eq!(query("limit=-1").0, "limit");
    assert_eq!(query("limit=99999999999999999999").0, "limit");
    assert_eq!(query("order=grade").0, "order");
    assert_eq!(query("filter={").0, "filter");
    assert_eq!(query("filter[grade]=1&filter[grade]=2").0, "filter[grade]");
    assert_eq!(query("filter[grade][gt]=x").0, "filter.grade.gt");
    assert_eq!(query(&format!("filter{}=1", "[not]".repeat(10_000))), ("filter".into(), much("levels", 32)));
    assert_eq!(query("fields=id").0, "fields");
    let fields = ListQuery::parse("fields=id,name")?;
    assert_eq!(place(Entry::find_all().list_fields(&listing, &fields).map(drop)).0, "fields.name");
    let error = Entry::find_all().list(&listing, &ListQuery::parse("after=x")?)?.exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCursor);
    // Deserialized, the same is said.
    let error = serde_json::from_value::<ListQuery>(json!({ "offset": 5 })).unwrap_err().to_string();
    assert_eq!(error, "`offset` is not a parameter; there are filter, sort, fields, limit, after, before");
    Ok(())
}

cases! { $ listing:
    filters_are_those_of_the_typed_conditions,
    parameters_without_a_value_say_nothing,
    requests_have_orders_and_pages,
    requests_choose_fields,
    what_is_not_allowed_is_said_with_its_place,
}
