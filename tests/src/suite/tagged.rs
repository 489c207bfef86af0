//! Relations over one key that points at several models, told apart by a column beside it: articles and pictures have
//! the same keys, so that every question that forgets the column finds rows of the other.

use orm::Result;
use orm::prelude::*;

use crate::Test;
use crate::cases::cases;
use crate::models::remarks::{Article, Cover, Label, Labelling, Picture, Remark, Remarks};

/// Article 1 has the remarks `a1` and `a2`, picture 1 has `p1`; article 2 and picture 2 have none.
async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Remarks>().await?;
    for title in ["one", "two"] {
        Article::create().title(title).exec(&db).await?;
        Picture::create().file(title).exec(&db).await?;
    }
    let (article, picture) = both(&db).await?;
    for text in ["a1", "a2"] {
        article.remarks().create().text(text).exec(&db).await?;
    }
    picture.remarks().create().text("p1").exec(&db).await?;
    for name in ["x", "y", "z"] {
        Label::create().name(name).exec(&db).await?;
    }
    Ok(db)
}

async fn both(db: &Database) -> Result<(Article, Picture)> {
    Ok((Article::find_by_pk(1).required(db).await?, Picture::find_by_pk(1).required(db).await?))
}

fn texts(remarks: &[Remark]) -> Vec<&str> {
    remarks.iter().map(|remark| remark.text.as_str()).collect()
}

async fn rows_created_through_a_handle_carry_the_text(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let found: Vec<(String, i64, String)> = Remark::find_all()
        .select((Remark::ABOUT_TYPE, Remark::ABOUT_ID, Remark::TEXT))
        .order_by(Remark::ID.asc())
        .exec(&db)
        .await?;
    let row = |kind: &str, text: &str| (kind.to_owned(), 1, text.to_owned());
    assert_eq!(found, [row("Article", "a1"), row("Article", "a2"), row("Picture", "p1")]);
    let (article, _) = both(&db).await?;
    let cover = article.cover().create().file("c").exec(&db).await?;
    assert_eq!((cover.of_type.as_deref(), cover.of_id), (Some("Article"), Some(1)));
    Ok(())
}

async fn rows_created_together_carry_the_text(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let article = Article::create()
        .title("new")
        .with_remarks(|remark| [remark.create().text("r")])
        .with_labels(|new| [new.create().name("l")])
        .exec(&db)
        .await?;
    assert_eq!(texts(&article.remarks().exec(&db).await?), ["r"]);
    assert_eq!(article.labels().count(&db).await?, 1);
    let remark = Remark::create().text("s").with_picture(Picture::create().file("new")).exec(&db).await?;
    assert_eq!((remark.about_type.as_str(), remark.about_id), ("Picture", 3));
    Ok(())
}

async fn include_loads_rows_of_the_right_model(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let articles = Article::find_all()
        .include((Article::REMARKS.order_by(Remark::ID.asc()), Article::COVER))
        .order_by(Article::ID.asc())
        .exec(&db)
        .await?;
    assert_eq!(texts(articles[0].remarks.get()?), ["a1", "a2"]);
    assert!(articles[1].remarks.get()?.is_empty());
    assert_eq!(articles[0].cover.get()?, None);
    let pictures = Picture::find_all().include(Picture::REMARKS.limit(1)).order_by(Picture::ID.asc()).exec(&db).await?;
    assert_eq!(texts(pictures[0].remarks.get()?), ["p1"]);
    for separate in [false, true] {
        let (mut article, mut picture) = (Remark::ARTICLE.with_deleted(), Remark::PICTURE.filter(Picture::ID.gt(0)));
        if separate {
            (article, picture) = (article.separate(), picture.separate());
        }
        let remarks = Remark::find_all().include((article, picture)).order_by(Remark::ID.asc()).exec(&db).await?;
        let about: Vec<_> = remarks
            .iter()
            .map(|r| (r.article.get().unwrap().is_some(), r.picture.get().unwrap().map(|p| p.file.as_str())))
            .collect();
        assert_eq!(about, [(true, None), (true, None), (false, Some("one"))]);
    }
    Ok(())
}

async fn questions_ask_about_rows_of_the_right_model(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let about = |text: &'static str| Remark::TEXT.eq(text);
    assert_eq!(Article::count().filter(Article::REMARKS.any(about("p1"))).exec(&db).await?, 0);
    assert_eq!(Picture::count().filter(Picture::REMARKS.any(about("p1"))).exec(&db).await?, 1);
    assert_eq!(Picture::count().filter(Picture::REMARKS.none(about("a1"))).exec(&db).await?, 2);
    assert_eq!(Picture::count().filter(Picture::REMARKS.all(about("p1"))).exec(&db).await?, 2);
    assert_eq!(Article::count().filter(Article::COVER.exists()).exec(&db).await?, 0);
    let counts: Vec<(i64, i64)> = Picture::find_all()
        .select((Picture::REMARKS.count(), Picture::REMARKS.count_where(about("a1"))))
        .order_by(Picture::ID.asc())
        .exec(&db)
        .await?;
    assert_eq!(counts, [(1, 0), (0, 0)]);
    let titled = Remark::ARTICLE.col(Article::TITLE).eq("one");
    assert_eq!(Remark::count().filter(titled).exec(&db).await?, 2);
    assert_eq!(Remark::count().filter(Remark::PICTURE.any(Picture::FILE.eq("one"))).exec(&db).await?, 1);
    Ok(())
}

async fn a_path_over_has_one_leads_to_the_right_row(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    Cover::create().of_type("Picture").of_id(2).file("wrong").exec(&db).await?;
    Cover::create().of_type("Article").of_id(1).file("right").exec(&db).await?;
    let files: Vec<Option<String>> = Article::find_all()
        .select(Article::COVER.col(Cover::FILE).nullable())
        .order_by(Article::ID.asc())
        .exec(&db)
        .await?;
    assert_eq!(files, [Some("right".into()), None]);
    let articles = Article::find_all().include(Article::COVER).order_by(Article::ID.asc()).exec(&db).await?;
    let files: Vec<_> = articles.iter().map(|a| a.cover.get().unwrap().map(|cover| cover.file.as_str())).collect();
    assert_eq!(files, [Some("right"), None]);
    Ok(())
}

async fn handles_find_rows_of_the_right_model(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let (article, picture) = both(&db).await?;
    assert_eq!(article.remarks().count(&db).await?, 2);
    assert_eq!(texts(&picture.remarks().exec(&db).await?), ["p1"]);
    let remarks = Remark::find_all().order_by(Remark::ID.asc()).exec(&db).await?;
    assert!(article.remarks().has(&remarks[..2], &db).await?);
    assert!(!picture.remarks().has(&remarks[0], &db).await?);
    assert_eq!(remarks[2].picture().find_one().required(&db).await?.id, 1);
    assert_eq!(remarks[2].article().find_one().exec(&db).await?, None);
    Ok(())
}

async fn moving_rows_moves_the_text_too(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let (article, picture) = both(&db).await?;
    let remarks = Remark::find_all().order_by(Remark::ID.asc()).exec(&db).await?;
    picture.remarks().add(&remarks[0]).exec(&db).await?;
    assert_eq!(texts(&article.remarks().exec(&db).await?), ["a2"]);
    assert_eq!(texts(&picture.remarks().order_by(Remark::ID.asc()).exec(&db).await?), ["a1", "p1"]);
    let other = Article::find_by_pk(2).required(&db).await?;
    let cover = article.cover().create().file("c").exec(&db).await?;
    let foreign = Cover::create().of_type("Picture").of_id(1).file("p").exec(&db).await?;
    other.cover().set(&cover).exec(&db).await?;
    assert_eq!((article.cover().count(&db).await?, other.cover().count(&db).await?), (0, 1));
    assert_eq!(article.cover().unset().exec(&db).await?, 0);
    assert_eq!(other.cover().unset().exec(&db).await?, 1);
    let free = Cover::find_by_pk(cover.id).required(&db).await?;
    assert_eq!((free.of_type, free.of_id), (None, None));
    assert_eq!(Cover::find_by_pk(foreign.id).required(&db).await?.of_id, Some(1));
    Ok(())
}

async fn the_row_it_belongs_to_is_set_and_unset_with_its_text(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let (article, picture) = both(&db).await?;
    let remark = Remark::find_by_pk(3).required(&db).await?;
    let moved = remark.article().set(&article).exec(&db).await?;
    assert_eq!((moved.about_type.as_str(), moved.about_id), ("Article", article.id));
    let created = moved.picture().create().file("new").exec(&db).await?;
    let moved = Remark::find_by_pk(3).required(&db).await?;
    assert_eq!((moved.about_type.as_str(), moved.about_id), ("Picture", created.id));
    let cover = Cover::create().of_type("Picture").of_id(picture.id).file("p").exec(&db).await?;
    // It belongs to no article, but to a picture.
    assert_eq!(cover.article().unset().exec(&db).await?.of_id, Some(picture.id));
    let cover = cover.article().set(2).exec(&db).await?;
    assert_eq!((cover.of_type.as_deref(), cover.of_id), (Some("Article"), Some(2)));
    let cover = cover.article().unset().exec(&db).await?;
    assert_eq!((cover.of_type.as_deref(), cover.of_id), (None, None));
    Ok(())
}

async fn many_to_many_keeps_links_of_the_models_apart(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let (article, picture) = both(&db).await?;
    let labels = Label::find_all().order_by(Label::ID.asc()).exec(&db).await?;
    article.labels().add(&labels[..2]).exec(&db).await?;
    picture.labels().add(&labels[1..]).with(Labelling::WEIGHT, 7).exec(&db).await?;
    assert_eq!(Labelling::count().exec(&db).await?, 4);
    assert!(!picture.labels().has(&labels[0], &db).await?);
    let loaded = Picture::find_by_pk(1).include(Picture::LABELS.order_by(Label::ID.asc())).required(&db).await?;
    let pairs: Vec<_> = loaded.labels.pairs()?.map(|(label, between)| (label.name.as_str(), between.weight)).collect();
    assert_eq!(pairs, [("y", 7), ("z", 7)]);
    assert_eq!(Article::count().filter(Article::LABELS.any(Label::NAME.eq("z"))).exec(&db).await?, 0);
    let back = Label::find_all().include(Label::PICTURES).order_by(Label::ID.asc()).exec(&db).await?;
    assert_eq!(back.iter().map(|label| label.pictures.get().unwrap().len()).collect::<Vec<_>>(), [0, 1, 1]);
    assert_eq!(article.labels().remove(&labels[2]).exec(&db).await?, 0);
    article.labels().set([]).exec(&db).await?;
    assert_eq!((article.labels().count(&db).await?, picture.labels().count(&db).await?), (0, 2));
    labels[0].pictures().add(&picture).exec(&db).await?;
    assert_eq!(picture.labels().count(&db).await?, 3);
    Ok(())
}

async fn soft_deletion_stays_within_the_model(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let (mut article, picture) = both(&db).await?;
    let remarks = Remark::find_all().include(Remark::ARTICLE).order_by(Remark::ID.asc()).exec(&db).await?;
    assert!(remarks[0].article.get()?.is_some());
    article.destroy().cascade(Article::REMARKS).exec(&db).await?;
    assert_eq!((article.remarks().count(&db).await?, picture.remarks().count(&db).await?), (0, 1));
    article.restore_with(Article::REMARKS, &db).await?;
    assert_eq!((article.remarks().count(&db).await?, picture.remarks().count(&db).await?), (2, 1));
    Ok(())
}

cases! { $ tagged:
    rows_created_through_a_handle_carry_the_text,
    rows_created_together_carry_the_text,
    include_loads_rows_of_the_right_model,
    questions_ask_about_rows_of_the_right_model,
    a_path_over_has_one_leads_to_the_right_row,
    handles_find_rows_of_the_right_model,
    moving_rows_moves_the_text_too,
    the_row_it_belongs_to_is_set_and_unset_with_its_text,
    many_to_many_keeps_links_of_the_models_apart,
    soft_deletion_stays_within_the_model,
}
