//! Pages by cursor: joined, they are the ordered rows, whatever the order is and whatever happens between them.

use orm::prelude::*;
use orm::{Cursor, CursorKey, CursorPage, Order, Result};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::Test;
use crate::cases::cases;
use crate::models::entries::{Entry, EntryNote, entry};
use crate::test::trees;

/// One key of an order: which column, in which direction, and where its NULLs are.
type Key = (usize, bool, Option<bool>);

const COLUMNS: usize = 16;

fn order(&(column, descending, nulls_first): &Key) -> Order<Entry> {
    fn directed<T: orm::Type>(column: Column<Entry, T>, descending: bool) -> Order<Entry> {
        if descending { column.desc() } else { column.asc() }
    }
    let order = match column {
        0 => directed(Entry::GRADE, descending),
        1 => directed(Entry::NAME, descending),
        2 => directed(Entry::NICK, descending),
        3 => directed(Entry::SCORE, descending),
        4 => directed(Entry::RATIO, descending),
        5 => directed(Entry::WEIGHT, descending),
        6 => directed(Entry::ACTIVE, descending),
        7 => directed(Entry::PRICE, descending),
        8 => directed(Entry::DAY, descending),
        9 => directed(Entry::AT, descending),
        10 => directed(Entry::TOKEN, descending),
        11 => directed(Entry::COLOUR, descending),
        12 => directed(Entry::LEVEL, descending),
        13 => directed(Entry::MOOD, descending),
        14 => directed(Entry::ID, descending),
        _ if descending => Entry::NICK.lower().desc(),
        _ => Entry::NICK.lower().asc(),
    };
    match nulls_first {
        None => order,
        Some(true) => order.nulls_first(),
        Some(false) => order.nulls_last(),
    }
}

async fn entries(test: &Test, count: u32) -> Result<Database> {
    let db = test.with::<(Entry, EntryNote)>().await?;
    Entry::bulk_create((0..count).map(entry)).exec(&db).await?;
    Ok(db)
}

fn ids(page: &CursorPage<Entry>) -> Vec<i64> {
    page.nodes().map(|entry| entry.id).collect()
}

/// Pages of one order, a size and a filter.
#[derive(Debug, Clone)]
struct Ask {
    order: Vec<Key>,
    size: u32,
    filtered: bool,
    backward: bool,
    /// Rows that are removed and created after the pages, by number.
    changes: Vec<(bool, u32)>,
}

fn asks() -> impl Strategy<Value = Ask> {
    let key = (0..COLUMNS, any::<bool>(), prop::option::of(any::<bool>()));
    let changes = prop::collection::vec((any::<bool>(), 0..60_u32), 0..6);
    (prop::collection::vec(key, 0..4), 1..9_u32, any::<bool>(), any::<bool>(), changes)
        .prop_map(|(order, size, filtered, backward, changes)| Ask { order, size, filtered, backward, changes })
}

impl Ask {
    fn find(&self) -> orm::Find<Entry> {
        let keys: Vec<Order<Entry>> = self.order.iter().map(order).collect();
        Entry::find_all().filter(self.filtered.then(|| Entry::GRADE.lt(2))).order_by(keys)
    }

    async fn page(&self, db: &(impl Executor + ?Sized), from: Option<Cursor>) -> Result<CursorPage<Entry>> {
        match self.backward {
            false => self.find().first(self.size).after(from).exec(db).await,
            true => self.find().last(self.size).before(from).exec(db).await,
        }
    }

    /// All rows in the order that the pages have.
    async fn whole(&self, db: &(impl Executor + ?Sized)) -> Result<Vec<i64>> {
        let id = if self.order.last().is_some_and(|last| last.1) { Entry::ID.desc() } else { Entry::ID.asc() };
        Ok(self.find().order_by(id).exec(db).await?.iter().map(|entry| entry.id).collect())
    }

    /// Reads all pages, with changes between them; gives the rows in order.
    async fn pages(&self, db: &(impl Executor + ?Sized), changes: &[(bool, u32)]) -> Result<Vec<i64>> {
        let (mut found, mut from, mut changes) = (Vec::new(), None, changes.iter());
        loop {
            let page = self.page(db, from).await?;
            let (info, mut rows) = (&page.page_info, ids(&page));
            assert!(rows.len() <= self.size as usize);
            assert_eq!(info.start_cursor.as_ref(), page.edges.first().map(|edge| &edge.cursor));
            let (further, behind) = match self.backward {
                false => (info.has_next_page, info.has_previous_page),
                true => (info.has_previous_page, info.has_next_page),
            };
            assert!(!further || rows.len() == self.size as usize);
            if self.changes.is_empty() {
                assert_eq!(behind, !found.is_empty(), "{self:?}");
            }
            from = if self.backward { info.start_cursor.clone() } else { info.end_cursor.clone() };
            if self.backward {
                rows.extend(&found);
                found = rows;
            } else {
                found.extend(&rows);
            }
            if !further {
                return Ok(found);
            }
            if let Some((created, number)) = changes.next() {
                match created {
                    true => drop(Entry::bulk_create([entry(*number)]).exec(db).await?),
                    false => drop(Entry::destroy().filter(Entry::ID.eq(i64::from(*number))).exec(db).await?),
                }
            }
        }
    }
}

async fn pages_joined_are_the_ordered_rows(test: Test) -> Result<()> {
    let db = entries(&test, 60).await?;
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    for _ in 0..trees(60) {
        let ask = asks().new_tree(&mut runner).map_err(|why| Error::new(ErrorKind::Io, why.to_string()))?.current();
        let still = Ask { changes: Vec::new(), ..ask.clone() };
        assert_eq!(still.pages(&db, &[]).await?, still.whole(&db).await?, "{still:?}");
        // What is there all the time comes once, at its place.
        let tx = db.begin().await?;
        let before = ask.whole(&tx).await?;
        let found = ask.pages(&tx, &ask.changes).await?;
        let after = ask.whole(&tx).await?;
        tx.rollback().await?;
        let stayed: Vec<i64> = before.into_iter().filter(|id| after.contains(id)).collect();
        let of_them: Vec<i64> = found.iter().copied().filter(|id| stayed.contains(id)).collect();
        assert_eq!(of_them, stayed, "{ask:?}");
        let mut once = found.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), found.len(), "{ask:?}: {found:?}");
    }
    Ok(())
}

async fn every_type_has_places(test: Test) -> Result<()> {
    let db = entries(&test, 40).await?;
    for column in 0..COLUMNS {
        for (descending, nulls_first) in [(false, None), (true, None), (false, Some(true)), (true, Some(true))] {
            for backward in [false, true] {
                let order = vec![(column, descending, nulls_first)];
                let ask = Ask { order, size: 7, filtered: false, backward, changes: Vec::new() };
                assert_eq!(ask.pages(&db, &[]).await?, ask.whole(&db).await?, "{ask:?}");
            }
        }
    }
    Ok(())
}

async fn a_page_says_what_is_around_it(test: Test) -> Result<()> {
    let db = entries(&test, 5).await?;
    let find = || Entry::find_all().order_by(Entry::ID);
    let around = |page: &CursorPage<Entry>| (page.page_info.has_previous_page, page.page_info.has_next_page);

    let all = find().first(5).with_total().exec(&db).await?;
    assert_eq!((ids(&all), around(&all), all.total), (vec![1, 2, 3, 4, 5], (false, false), Some(5)));
    let cursor = |id: usize| all.edges[id - 1].cursor.clone();
    let middle = find().first(2).after(cursor(1)).exec(&db).await?;
    assert_eq!((ids(&middle), around(&middle), middle.total), (vec![2, 3], (true, true), None));
    let end = find().first(2).after(cursor(3)).exec(&db).await?;
    assert_eq!((ids(&end), around(&end)), (vec![4, 5], (true, false)));
    let behind = find().first(2).after(cursor(5)).exec(&db).await?;
    assert_eq!((ids(&behind), around(&behind)), (vec![], (true, false)));
    assert_eq!((behind.page_info.start_cursor, behind.page_info.end_cursor), (None, None));
    let none = find().first(0).exec(&db).await?;
    assert_eq!((ids(&none), around(&none)), (vec![], (false, true)));
    let last = find().last(2).exec(&db).await?;
    assert_eq!((ids(&last), around(&last)), (vec![4, 5], (true, false)));
    let before = find().last(2).before(cursor(3)).exec(&db).await?;
    assert_eq!((ids(&before), around(&before)), (vec![1, 2], (false, true)));
    let within = find().first(2).after(cursor(1)).before(cursor(5)).exec(&db).await?;
    assert_eq!((ids(&within), around(&within)), (vec![2, 3], (true, true)));
    let within = find().last(9).after(cursor(1)).before(cursor(5)).exec(&db).await?;
    assert_eq!((ids(&within), around(&within)), (vec![2, 3, 4], (true, true)));

    // The place is there when the row is not.
    Entry::destroy().filter(Entry::ID.in_([1, 3])).exec(&db).await?;
    let page = find().first(2).after(cursor(3)).exec(&db).await?;
    assert_eq!((ids(&page), around(&page)), (vec![4, 5], (true, false)));
    let page = find().first(2).after(cursor(1)).exec(&db).await?;
    assert_eq!((ids(&page), around(&page)), (vec![2, 4], (false, true)));
    let page = find().first(2).after(cursor(1)).with_deleted().exec(&db).await?;
    assert_eq!((ids(&page), around(&page)), (vec![2, 3], (true, true)));
    let nothing = find().filter(Entry::ID.gt(99)).first(2).with_total().exec(&db).await?;
    assert_eq!((ids(&nothing), around(&nothing), nothing.total), (vec![], (false, false), Some(0)));
    let tx = db.begin().await?;
    assert_eq!(find().first(1).with_total().exec(&tx).await?.total, Some(3));
    tx.rollback().await
}

async fn pages_have_relations_projections_and_selections(test: Test) -> Result<()> {
    let db = entries(&test, 6).await?;
    for (entry, text) in [(2, "b"), (3, "c"), (3, "cc"), (4, "d"), (5, "e")] {
        EntryNote::create().entry_id(entry).text(text).exec(&db).await?;
    }
    let find = || Entry::find_all().include(Entry::NOTES.order_by(EntryNote::ID)).order_by(Entry::ID);
    let first = find().first(2).exec(&db).await?;
    let page = find().first(2).after(first.page_info.end_cursor).exec(&db).await?;
    assert_eq!(ids(&page), [3, 4]);
    let texts = |entry: &Entry| Ok(entry.notes.get()?.iter().map(|note| note.text.clone()).collect::<Vec<_>>());
    let notes: Vec<Vec<String>> = page.nodes().map(texts).collect::<Result<_>>()?;
    assert_eq!(notes, [vec!["c", "cc"], vec!["d"]]);
    let page = find().last(2).before(page.page_info.start_cursor).exec(&db).await?;
    assert_eq!(page.nodes().map(texts).collect::<Result<Vec<_>>>()?, [vec![], vec!["b"]]);

    // To-one relations come with the rows; the order goes by one of their columns.
    let notes = || EntryNote::find_all().include(EntryNote::ENTRY).order_by(EntryNote::ENTRY.col(Entry::ID).desc());
    let page = notes().first(2).exec(&db).await?;
    let next = notes().first(3).after(page.page_info.end_cursor).exec(&db).await?;
    assert_eq!(next.nodes().map(|note| (note.id, note.entry_id)).collect::<Vec<_>>(), [(3, 3), (2, 3), (1, 2)]);
    assert_eq!(next.nodes().next().and_then(|note| note.entry.get().ok()?).map(|entry| entry.id), Some(3));

    let pairs = || Entry::find_all().select((Entry::NAME, Entry::ID)).order_by(Entry::GRADE.desc());
    let page = pairs().first(4).exec(&db).await?;
    let rest = pairs().first(4).after(page.page_info.end_cursor.as_ref()).exec(&db).await?;
    let mut found: Vec<i64> = page.into_nodes().into_iter().chain(rest.into_nodes()).map(|row| row.1).collect();
    found.sort_unstable();
    assert_eq!(found, [1, 2, 3, 4, 5, 6]);

    #[derive(Debug, Clone, Projection)]
    #[orm(model = Entry)]
    struct Named {
        id: i64,
        #[orm(nested = notes)]
        notes: Vec<Note>,
    }
    #[derive(Debug, Clone, Projection)]
    #[orm(model = EntryNote)]
    struct Note {
        text: String,
    }
    let page = Entry::find_all().project::<Named>().order_by(Entry::NAME.desc()).first(6).exec(&db).await?;
    let three = page.nodes().find(|named| named.id == 3).unwrap();
    assert_eq!(three.notes.iter().map(|note| &*note.text).collect::<Vec<_>>(), ["c", "cc"]);
    let rest = Entry::find_all().project::<Named>().order_by(Entry::NAME.desc()).first(9);
    let rest = rest.after(&page.edges[3].cursor).exec(&db).await?;
    assert_eq!(
        rest.nodes().map(|row| row.id).collect::<Vec<_>>(),
        page.nodes().skip(4).map(|row| row.id).collect::<Vec<_>>()
    );
    Ok(())
}

async fn cursors_of_others_are_refused(test: Test) -> Result<()> {
    let db = entries(&test, 4).await?;
    let by_name = || Entry::find_all().order_by(Entry::NAME);
    let cursor = by_name().first(2).exec(&db).await?.page_info.end_cursor.unwrap();
    assert!(cursor.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    // Another filter has the same order.
    by_name().filter(Entry::GRADE.gt(0)).first(2).after(&cursor).exec(&db).await?;
    let others = [
        Entry::find_all().order_by(Entry::NAME.desc()).first(2).after(&cursor).exec(&db).await,
        Entry::find_all().order_by((Entry::NAME, Entry::GRADE)).first(2).after(&cursor).exec(&db).await,
        Entry::find_all().order_by(Entry::NICK).last(2).before(&cursor).exec(&db).await,
    ];
    for other in others {
        let error = other.unwrap_err();
        assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidCursor, Some("Entry")));
        assert!(
            error.message().starts_with("it is of another model or order than this query's, which is by n"),
            "{error}"
        );
    }
    let error = EntryNote::find_all().first(2).after(&cursor).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidCursor, Some("EntryNote")));
    let text = cursor.as_str();
    for broken in ["", "x", "?", "AA", &text[..text.len() - 3], &text[2..], &format!("{text}AAAA"), "💥"] {
        let error = by_name().first(2).after(broken).exec(&db).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidCursor, "{broken}: {error}");
    }
    // No byte that is changed makes anything else than a page or that error.
    for at in 0..text.len() {
        for other in ["A", "z", "_"] {
            let mut changed = text.to_owned();
            changed.replace_range(at..=at, other);
            if let Err(error) = by_name().first(2).after(changed).exec(&db).await {
                assert!(matches!(error.kind(), ErrorKind::InvalidCursor | ErrorKind::Encode), "{error}");
            }
        }
    }
    Ok(())
}

async fn signed_cursors_are_nobody_elses(test: Test) -> Result<()> {
    let db = entries(&test, 4).await?;
    let key = CursorKey::new([1; 32])?;
    let page = || Entry::find_all().order_by(Entry::NAME).first(2);
    let signed = page().signed(&key).exec(&db).await?.page_info.end_cursor.unwrap();
    let plain = page().exec(&db).await?.page_info.end_cursor.unwrap();
    assert_eq!(page().after(&signed).signed(&key).exec(&db).await?.edges.len(), 2);
    let newer = CursorKey::new([2; 32])?;
    let refused = |result: Result<CursorPage<Entry>>, why: &str| {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidCursor);
        assert!(error.message().starts_with(why), "{error}");
    };
    refused(page().after(&signed).signed(&newer).exec(&db).await, "its signature is not that of this program's key");
    page().after(&signed).signed(&newer.also_accept([1; 32])?).exec(&db).await?;
    refused(page().after(&plain).signed(&key).exec(&db).await, "it is not signed");
    refused(page().after(&signed).exec(&db).await, "it is signed");
    for at in 1..signed.as_str().len() - 1 {
        let mut forged = signed.to_string();
        let other = if &forged[at..=at] == "A" { "B" } else { "A" };
        forged.replace_range(at..=at, other);
        let error = page().after(forged).signed(&key).exec(&db).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidCursor);
    }
    assert_eq!(CursorKey::new("short").unwrap_err().kind(), ErrorKind::Config);
    Ok(())
}

async fn queries_without_places_are_refused(test: Test) -> Result<()> {
    let db = entries(&test, 2).await?;
    let refused = [
        Entry::find_all().distinct().first(1).exec(&db).await.map(drop),
        Entry::find_all().group_by(Entry::ID).first(1).exec(&db).await.map(drop),
        Entry::find_all().join(Entry::NOTES).first(1).exec(&db).await.map(drop),
        Entry::find_all().limit(3).first(1).exec(&db).await.map(drop),
        Entry::find_all().offset(3).last(1).exec(&db).await.map(drop),
    ];
    for result in refused {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.model()), (ErrorKind::InvalidStatement, Some("Entry")), "{error}");
    }
    Ok(())
}

async fn pages_are_ranges_of_an_index(test: Test) -> Result<()> {
    let db = test.with::<(Entry, EntryNote)>().await?;
    for chunk in 0..6 {
        Entry::bulk_create((0..500).map(|n| entry(chunk * 500 + n))).count(&db).await?;
    }
    let analyze = match test.backend {
        "mysql" | "mariadb" => "ANALYZE TABLE entries",
        "postgres" => "ANALYZE entries",
        _ => "ANALYZE",
    };
    db.batch(analyze).await?;
    let find = |descending: bool| {
        let order = if descending { Entry::GRADE.desc() } else { Entry::GRADE.asc() };
        Entry::find_all().with_deleted().order_by(order)
    };
    for descending in [false, true] {
        // From the middle: near the beginning, to read all of the index takes as little.
        let first = find(descending).first(1500).exec(&db).await?;
        let next = find(descending).first(5).after(&first.edges[1400].cursor);
        let plan = next.clone().explain(&db).await?.join("\n");
        let uses = match test.backend {
            "sqlite" => plan.contains("SEARCH entries USING INDEX") && !plan.contains("TEMP B-TREE"),
            "postgres" => plan.contains("Index Cond: (ROW(grade, id)") && !plan.contains("Sort"),
            _ => plan.contains("range") && !plan.contains("filesort"),
        };
        assert!(uses, "{plan}\n{}", next.to_sql(db.dialect())?.sql);
    }
    // Directions that differ: the leading bound is a range, and the text does not depend on the values.
    let mixed = || Entry::find_all().with_deleted().order_by((Entry::GRADE, Entry::NAME.desc()));
    let page = mixed().first(5).exec(&db).await?;
    let texts: Vec<String> = page
        .edges
        .iter()
        .map(|edge| Ok(mixed().first(5).after(&edge.cursor).to_sql(db.dialect())?.sql))
        .collect::<Result<_>>()?;
    assert!(texts.iter().all(|text| *text == texts[0]));
    assert!(texts[0].contains(">= "), "{}", texts[0]);
    Ok(())
}

async fn pages_are_json_of_relays_shape(test: Test) -> Result<()> {
    let db = entries(&test, 2).await?;
    let page = Entry::find_all().select(Entry::ID).order_by(Entry::ID).first(1).with_total().exec(&db).await?;
    let cursor = page.edges[0].cursor.to_string();
    let json = serde_json::to_value(&page).unwrap();
    let expected = serde_json::json!({
        "edges": [{ "cursor": cursor, "node": 1 }],
        "pageInfo": { "hasNextPage": true, "hasPreviousPage": false, "startCursor": cursor, "endCursor": cursor },
        "totalCount": 2,
    });
    assert_eq!(json, expected);
    assert_eq!(serde_json::from_value::<CursorPage<i64>>(json).unwrap(), page);
    Ok(())
}

cases! { $ pages:
    pages_joined_are_the_ordered_rows,
    every_type_has_places,
    a_page_says_what_is_around_it,
    pages_have_relations_projections_and_selections,
    cursors_of_others_are_refused,
    signed_cursors_are_nobody_elses,
    queries_without_places_are_refused,
    pages_are_ranges_of_an_index,
    pages_are_json_of_relays_shape,
}
