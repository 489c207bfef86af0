//! Loaded relations of rows whose keys change.

use orm::prelude::*;
use orm::{Result, Tracked};

use crate::Test;
use crate::cases::cases;
use crate::models::links::{Club, Links, Member};
use crate::models::nodes::Node;
use crate::models::remarks::{Article, Picture, Remark};
use crate::models::reviews::{Film, Review, Reviews, Subject};

/// Nodes 1 and 2; 3 is below 1.
async fn filled(test: &Test) -> Result<(Database, Node)> {
    let db = test.with::<Node>().await?;
    for label in ["a", "b"] {
        Node::create().label(label).exec(&db).await?;
    }
    let node = Node::create().label("c").parent_id(1).exec(&db).await?;
    let node = Node::find_by_pk(node.id).include((Node::PARENT, Node::CHILDREN)).required(&db).await?;
    assert_eq!(node.parent.get()?.map(|parent| parent.id), Some(1));
    Ok((db, node))
}

async fn an_update_of_the_key_forgets_the_row_it_led_to(test: Test) -> Result<()> {
    let (db, mut node) = filled(&test).await?;
    node.update().parent_id(2).exec(&db).await?;
    let error = node.parent.get().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotLoaded);
    assert!(error.message().contains("its key has changed"), "{error}");
    assert!(node.children.is_loaded());
    node.load(Node::PARENT, &db).await?;
    assert_eq!(node.parent.get()?.map(|parent| parent.id), Some(2));
    node.update().parent_id(None).exec(&db).await?;
    assert!(!node.parent.is_loaded());
    Ok(())
}

async fn saving_another_key_forgets_the_row_it_led_to(test: Test) -> Result<()> {
    let (db, mut node) = filled(&test).await?;
    node.parent_id = Some(2);
    node.save(&db).await?;
    assert!(!node.parent.is_loaded() && node.children.is_loaded());
    let mut tracked = Tracked::new(Node::find_by_pk(node.id).include(Node::PARENT).required(&db).await?);
    tracked.parent_id = Some(1);
    tracked.save(&db).await?;
    assert!(!tracked.parent.is_loaded());
    Ok(())
}

async fn a_key_set_by_a_row_forgets_the_row_it_led_to(test: Test) -> Result<()> {
    let (db, mut node) = filled(&test).await?;
    let other = Node::find_by_pk(2).required(&db).await?;
    node.update().parent(&other).exec(&db).await?;
    assert_eq!((node.parent_id, node.parent.is_loaded()), (Some(2), false));
    Ok(())
}

async fn other_changes_keep_loaded_relations(test: Test) -> Result<()> {
    let (db, mut node) = filled(&test).await?;
    node.update().note("x").parent_id(1).exec(&db).await?;
    node.visits = 3;
    node.save(&db).await?;
    node.reload(&db).await?;
    assert!(node.parent.is_loaded() && node.children.is_loaded());
    Ok(())
}

async fn a_reload_forgets_rows_of_keys_that_others_changed(test: Test) -> Result<()> {
    let (db, mut node) = filled(&test).await?;
    Node::find_by_pk(node.id).required(&db).await?.update().parent_id(2).exec(&db).await?;
    node.reload(&db).await?;
    assert!(!node.parent.is_loaded());
    Ok(())
}

async fn a_row_of_one_of_several_models_is_forgotten_with_its_key(test: Test) -> Result<()> {
    let db = test.with::<Reviews>().await?;
    let film = Film::create().title("Alien").year(1979).exec(&db).await?;
    let other = Film::create().title("Heat").year(1995).exec(&db).await?;
    let made = Review::create().subject(&film).stars(2).exec(&db).await?;
    let loaded = async || Review::find_by_pk(made.id).include(Review::SUBJECT).required(&db).await;
    let mut review = loaded().await?;
    assert!(matches!(review.subject.get()?, Some(Subject::Film(_))));
    review.stars = 3;
    review.save(&db).await?;
    assert!(review.subject.is_loaded());
    (review.film_title, review.film_year) = (Some("Heat".to_owned()), Some(1995));
    review.save(&db).await?;
    assert!(!review.subject.is_loaded());
    let mut review = loaded().await?;
    review.update().subject(&other).exec(&db).await?;
    assert!(review.subject.is_loaded());
    review.update().subject(&film).exec(&db).await?;
    assert!(!review.subject.is_loaded());
    Ok(())
}

async fn a_row_told_apart_by_a_text_is_forgotten_with_it(test: Test) -> Result<()> {
    let db = test.with::<(Article, Picture, Remark)>().await?;
    let article = Article::create().title("a").exec(&db).await?;
    let picture = Picture::create().file("p").exec(&db).await?;
    assert_eq!(article.id, picture.id);
    let remark = article.remarks().create().text("t").exec(&db).await?;
    let mut remark = Remark::find_by_pk(remark.id).include(Remark::ARTICLE).required(&db).await?;
    remark.update().about_type("Picture").exec(&db).await?;
    assert!(!remark.article.is_loaded());
    Ok(())
}

async fn a_relation_that_led_nowhere_is_forgotten_with_its_key(test: Test) -> Result<()> {
    let db = test.with::<Node>().await?;
    Node::create().label("a").exec(&db).await?;
    let node = Node::create().label("b").exec(&db).await?;
    let mut node = Node::find_by_pk(node.id).include(Node::PARENT).required(&db).await?;
    assert!(node.parent.get()?.is_none());
    node.update().parent_id(1).exec(&db).await?;
    assert!(!node.parent.is_loaded());
    node.load(Node::PARENT, &db).await?;
    node.parent_id = None;
    node.save(&db).await?;
    assert!(!node.parent.is_loaded());
    node.load(Node::PARENT, &db).await?;
    node.parent_id = Some(1);
    node.save(&db).await?;
    assert!(!node.parent.is_loaded());
    Ok(())
}

async fn rows_through_a_join_model_are_forgotten_with_the_primary_key(test: Test) -> Result<()> {
    let db = test.with::<Links>().await?;
    Club::create().city("a").number(1).exec(&db).await?;
    for name in ["ann", "bob"] {
        Member::create().name(name).exec(&db).await?.clubs().add(("a", 1)).exec(&db).await?;
    }
    let ann = || Member::find_by_pk(1).include((Member::CLUBS, Member::TASKS)).required(&db);
    let mut member = ann().await?;
    member.name = "eve".to_owned();
    member.save(&db).await?;
    assert!(member.clubs.is_loaded());
    // The row becomes another one, which is written.
    member.id = 2;
    member.save(&db).await?;
    assert!(!member.clubs.is_loaded());
    member.load(Member::CLUBS, &db).await?;
    assert_eq!(member.clubs.get()?.len(), 1);
    Ok(())
}

cases! { $ stale:
    rows_through_a_join_model_are_forgotten_with_the_primary_key,
    an_update_of_the_key_forgets_the_row_it_led_to,
    saving_another_key_forgets_the_row_it_led_to,
    a_key_set_by_a_row_forgets_the_row_it_led_to,
    other_changes_keep_loaded_relations,
    a_reload_forgets_rows_of_keys_that_others_changed,
    a_row_of_one_of_several_models_is_forgotten_with_its_key,
    a_row_told_apart_by_a_text_is_forgotten_with_it,
    a_relation_that_led_nowhere_is_forgotten_with_its_key,
}
