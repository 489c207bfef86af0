//! Models with parameters.

use orm::prelude::*;
use orm::{ErrorKind, Json, Result};

use crate::Test;
use crate::cases::cases;
use crate::models::generic::{Happening, Mark, Source, Twig};

type Text = Happening<Vec<String>>;

fn texts(texts: &[&str]) -> Json<Vec<String>> {
    Json(texts.iter().map(|text| (*text).to_owned()).collect())
}

async fn rows_of_a_model_with_parameters_come_and_go(test: Test) -> Result<()> {
    let db = test.with::<(Source, Text, Mark)>().await?;
    let mut made = Text::create().topic("a").data(texts(&["x", "y"])).exec(&db).await?;
    assert_eq!((made.data.clone(), made.before.clone(), made.weight), (texts(&["x", "y"]), None, 1));
    assert_eq!(made.label, "1 a");
    made.update().before(texts(&["z"])).weight(3).exec(&db).await?;
    let found = Text::find_by_pk(made.id).required(&db).await?;
    assert_eq!((found.before, found.weight), (Some(texts(&["z"])), 3));
    Text::bulk_create([Text::create().topic("b").data(texts(&[])), Text::create().topic("c").data(texts(&["q"]))])
        .exec(&db)
        .await?;
    let topics: Vec<String> = Text::find_all()
        .filter(Text::WEIGHT.eq(1).and(Text::BEFORE.is_null()))
        .select(Text::TOPIC)
        .order_by(Text::ID.asc())
        .exec(&db)
        .await?;
    assert_eq!(topics, ["b", "c"]);
    made.destroy().exec(&db).await?;
    assert_eq!(Text::count().exec(&db).await?, 2);
    Ok(())
}

async fn one_table_is_read_as_models_with_different_arguments(test: Test) -> Result<()> {
    let db = test.with::<(Source, Text, Mark)>().await?;
    Text::create().topic("a").data(texts(&["x"])).exec(&db).await?;
    let any = Happening::<serde_json::Value>::find_all().exec(&db).await?;
    assert_eq!(any[0].data, Json(serde_json::json!(["x"])));
    let error = Happening::<i64>::find_by_pk(1).required(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Decode, vec!["data"]));
    let text = Text::find_by_pk(1).required(&db).await?;
    assert_eq!(text.data, texts(&["x"]));
    Ok(())
}

async fn relations_lead_to_and_from_models_with_parameters(test: Test) -> Result<()> {
    let db = test.with::<(Source, Text, Mark)>().await?;
    let source = Source::create().name("s").exec(&db).await?;
    let first = source.happenings().create().topic("a").data(texts(&["x"])).exec(&db).await?;
    Text::create().source(&source).topic("b").data(texts(&[])).exec(&db).await?;
    first.marks().create().text("m").exec(&db).await?;
    let found = Source::find_one().include(Source::HAPPENINGS.include(Text::MARKS)).required(&db).await?;
    let happenings = found.happenings.get()?;
    assert_eq!(happenings.len(), 2);
    assert_eq!(happenings[0].marks.get()?[0].text, "m");
    let mark = Mark::find_one().include(Mark::HAPPENING.include(Text::SOURCE)).required(&db).await?;
    let happening = mark.happening.get()?;
    assert_eq!(happening.and_then(|of| of.source.get().ok().flatten()).map(|of| of.name.as_str()), Some("s"));
    let marked = Text::find_all().filter(Text::MARKS.any(Mark::TEXT.eq("m"))).exec(&db).await?;
    assert_eq!(marked.len(), 1);
    Ok(())
}

async fn keys_are_of_the_type_of_a_parameter(test: Test) -> Result<()> {
    let db = test.with::<Twig<String, 2>>().await?;
    let root = Twig::<String, 2>::create().id("root").exec(&db).await?;
    root.twigs().create().id("leaf").exec(&db).await?;
    let leaf = Twig::<String, 2>::find_by_pk("leaf").include(Twig::<String, 2>::PARENT).required(&db).await?;
    assert_eq!((leaf.parent_id.as_deref(), leaf.depth()), (Some("root"), 2));
    assert_eq!(leaf.parent.get()?.map(|parent| parent.id.as_str()), Some("root"));
    Ok(())
}

async fn two_columns_for_one_table_are_refused(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let error = db.create_tables::<(Twig<String, 1>, Twig<i64, 1>)>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    db.create_tables::<(Source, Text, Mark, Text)>().await?;
    assert!(db.table_exists::<Happening<i64>>().await?);
    Ok(())
}

cases! { $ generic:
    rows_of_a_model_with_parameters_come_and_go,
    one_table_is_read_as_models_with_different_arguments,
    relations_lead_to_and_from_models_with_parameters,
    keys_are_of_the_type_of_a_parameter,
    two_columns_for_one_table_are_refused,
}
