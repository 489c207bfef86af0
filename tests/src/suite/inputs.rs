//! Structs for what requests say of a row, and columns that nothing shows.

use orm::prelude::*;
use orm::{ListQuery, Listing, Result};
use serde_json::json;

use crate::Test;
use crate::cases::cases;

/// People who sign up.
#[orm::serde]
#[derive(Clone, PartialEq, Model, serde::Serialize, serde::Deserialize)]
#[orm(table = "members", timestamps)]
#[orm(input(
    SignUp(email, name, password, points, nick, motto),
    rename_all = "camelCase",
    doc = "To sign up.",
    derive(PartialEq)
))]
#[orm(input(Invitation(owner_id)), patch(Profile(name, motto, points, nick), rename_all = "camelCase"))]
#[orm(patch(NewPassword(password)))]
pub struct Member {
    #[orm(primary_key)]
    pub id: i64,
    /// Where letters go.
    #[orm(length = 40, normalize(lowercase), validate(email))]
    pub email: String,
    #[orm(length = 40)]
    pub name: Option<String>,
    #[orm(hidden, length = 40)]
    pub password: String,
    #[orm(default = 5)]
    pub points: i32,
    #[orm(length = 40, default = Some("new".to_owned()))]
    pub nick: Option<String>,
    #[orm(length = 40)]
    pub motto: Option<String>,
    pub owner_id: i64,
    #[orm(version)]
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

fn sign_up(json: serde_json::Value) -> std::result::Result<SignUp, serde_json::Error> {
    serde_json::from_value(json)
}

async fn inputs_create_rows(test: Test) -> Result<()> {
    let db = test.with::<Member>().await?;
    let input = sign_up(json!({ "email": "ADA@example.com", "password": "secret" })).unwrap();
    let ada = input.create().owner_id(1).exec(&db).await?;
    let found = Member::find_by_pk(ada.id).required(&db).await?;
    assert_eq!(found, ada);
    assert_eq!((&*ada.email, &ada.name, ada.points, ada.nick.as_deref()), ("ada@example.com", &None, 5, Some("new")));
    let all =
        json!({ "email": "b@example.com", "name": "Bob", "password": "p", "points": 9, "nick": null, "motto": "m" });
    let input = sign_up(all).unwrap();
    assert_eq!(input.clone(), input);
    let bob = input.create().owner_id(ada.id).exec(&db).await?;
    assert_eq!((bob.name.as_deref(), bob.points, bob.nick, bob.motto.as_deref()), (Some("Bob"), 9, None, Some("m")));
    // Rules hold as in any write.
    let input = sign_up(json!({ "email": "nobody", "password": "p" })).unwrap();
    assert_eq!(input.create().owner_id(1).exec(&db).await.unwrap_err().kind(), ErrorKind::Validation);
    let input: Invitation = serde_json::from_value(json!({ "owner_id": 7 })).unwrap();
    let cy = input.create().email("cy@example.com").password("p").exec(&db).await?;
    assert_eq!(cy.owner_id, 7);
    Ok(())
}

async fn inputs_refuse_what_they_do_not_have(_test: Test) -> Result<()> {
    let whole = json!({ "email": "a@example.com", "password": "p" });
    let with = |name: &str, value: serde_json::Value| {
        let mut changed = whole.clone();
        changed[name] = value;
        sign_up(changed).map(drop).unwrap_err().to_string()
    };
    assert!(with("role", json!("admin")).starts_with("unknown field `role`, expected one of `email`, `name`"));
    assert!(with("owner_id", json!(1)).starts_with("unknown field `owner_id`"));
    assert!(with("points", json!(null)).starts_with("invalid type: null"));
    assert!(with("points", json!("5")).starts_with("invalid type: string"));
    assert!(with("email", json!(null)).starts_with("invalid type: null"));
    assert_eq!(sign_up(json!({ "email": "a@example.com" })).unwrap_err().to_string(), "missing field `password`");
    Ok(())
}

async fn patches_change_what_is_there(test: Test) -> Result<()> {
    let db = test.with::<Member>().await?;
    let input = sign_up(json!({ "email": "a@example.com", "name": "Ada", "password": "p", "motto": "m" })).unwrap();
    let mut ada = input.create().owner_id(1).exec(&db).await?;
    let patch: Profile = serde_json::from_value(json!({ "motto": null, "points": 6 })).unwrap();
    assert_eq!((&patch.name, &patch.motto, patch.points), (&None, &Some(None), Some(6)));
    patch.clone().apply(&mut ada).exec(&db).await?;
    assert_eq!((ada.name.as_deref(), &ada.motto, ada.points), (Some("Ada"), &None, 6));
    assert_eq!(Member::find_by_pk(ada.id).required(&db).await?, ada);
    let stale = ada.version - 1;
    let again = serde_json::from_value::<Profile>(json!({ "name": "A" })).unwrap();
    let error = again.apply(&mut ada).expect_version(stale).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    // Nothing is changed by nothing.
    serde_json::from_value::<Profile>(json!({})).unwrap().apply(&mut ada).exec(&db).await?;
    // The same for many rows.
    let many = serde_json::from_value::<Profile>(json!({ "nick": "n" })).unwrap();
    assert_eq!(many.update().filter(Member::ID.eq(ada.id)).exec(&db).await?, 1);
    assert_eq!(Member::find_by_pk(ada.id).required(&db).await?.nick.as_deref(), Some("n"));
    let error = serde_json::from_value::<Profile>(json!({ "points": null })).unwrap_err().to_string();
    assert!(error.starts_with("invalid type: null"), "{error}");
    let error = serde_json::from_value::<Profile>(json!({ "email": "x" })).unwrap_err().to_string();
    assert!(error.starts_with("unknown field `email`"), "{error}");
    Ok(())
}

async fn hidden_columns_are_in_nothing_that_is_shown(test: Test) -> Result<()> {
    let db = test.with::<Member>().await?;
    let input = sign_up(json!({ "email": "a@example.com", "password": "hunter2" })).unwrap();
    assert_eq!(
        format!("{input:?}"),
        "SignUp { email: \"a@example.com\", name: None, points: None, nick: None, motto: None, .. }"
    );
    let ada = input.create().owner_id(1).exec(&db).await?;
    assert_eq!(ada.password, "hunter2");
    let shown = format!("{ada:?}");
    assert!(shown.starts_with("Member { id: 1, email: \"a@example.com\", name: None, points: 5"), "{shown}");
    let json = serde_json::to_string(&ada).unwrap();
    for shown in [shown, json, format!("{:?}", Member::find_all().filter(Member::PASSWORD.eq("hunter2")))] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let patch: NewPassword = serde_json::from_value(json!({ "password": "hunter3" })).unwrap();
    assert_eq!(format!("{patch:?}"), "NewPassword { .. }");

    // Neither in cursors nor in lists.
    let error = Member::find_all().order_by(Member::PASSWORD).first(1).exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::InvalidStatement, vec!["password"]));
    let listings = [
        Listing::<Member>::new().filter(Member::PASSWORD),
        Listing::new().sort(Member::PASSWORD),
        Listing::new().fields((Member::ID, Member::PASSWORD)),
        Listing::new().filter_as("secret", Member::PASSWORD.lower()),
    ];
    for listing in listings {
        let error = Member::find_all().list(&listing, &ListQuery::new()).unwrap_err();
        assert_eq!((error.kind(), error.columns()), (ErrorKind::InvalidStatement, vec!["password"]));
    }
    Ok(())
}

async fn inputs_have_a_schema(_test: Test) -> Result<()> {
    let schema = serde_json::to_value(schemars::schema_for!(SignUp)).unwrap();
    assert_eq!((&schema["title"], &schema["description"]), (&json!("SignUp"), &json!("To sign up.")));
    assert_eq!((&schema["required"], &schema["additionalProperties"]), (&json!(["email", "password"]), &json!(false)));
    let email = json!({ "type": "string", "description": "Where letters go.", "format": "email", "maxLength": 40 });
    assert_eq!(schema["properties"]["email"], email);
    assert_eq!(schema["properties"]["password"], json!({ "type": "string", "maxLength": 40, "writeOnly": true }));
    // Absent, it is NULL; or the default of the column, which is not said.
    let text = |kind| json!({ "type": kind, "maxLength": 40 });
    assert_eq!(schema["properties"]["motto"]["default"], json!(null));
    assert_eq!(schema["properties"]["nick"], text(json!(["string", "null"])));
    assert_eq!(schema["properties"]["points"], json!({ "type": "integer", "format": "int32" }));
    let schema = serde_json::to_value(schemars::schema_for!(Profile)).unwrap();
    assert_eq!(schema["required"], json!(null));
    // Absent, it is left alone.
    assert_eq!(schema["properties"]["name"], text(json!(["string", "null"])));
    assert_eq!(schema["properties"]["points"], json!({ "type": "integer", "format": "int32" }));
    Ok(())
}

/// What people order.
#[derive(Debug, Clone, Model)]
#[orm(table = "wishes", input(Wish(code, size, count, shop, note, kind)))]
pub struct Wished {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(validate(length = 3..=12, pattern = "^[a-z]+$"))]
    pub code: String,
    #[orm(validate(one_of("s", "m")))]
    pub size: Option<String>,
    #[orm(default = 1, validate(range = 1..=9))]
    pub count: i32,
    #[orm(validate(url, length(max = 9, on = update)))]
    pub shop: String,
    #[orm(length = 80, validate(not_empty))]
    pub note: String,
    #[orm(default = Kind::New)]
    pub kind: Kind,
}

/// How it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    New,
    Used,
}

async fn schemas_have_the_rules_of_the_columns(_test: Test) -> Result<()> {
    let schema = serde_json::to_value(schemars::schema_for!(Wish)).unwrap();
    assert_eq!(schema["required"], json!(["code", "shop", "note"]));
    let expected = [
        ("code", json!({ "type": "string", "minLength": 3, "maxLength": 12, "pattern": "^[a-z]+$" })),
        ("size", json!({ "type": ["string", "null"], "enum": ["s", "m", null], "default": null })),
        ("count", json!({ "type": "integer", "format": "int32", "minimum": 1, "maximum": 9 })),
        ("shop", json!({ "type": "string", "format": "uri" })),
        ("note", json!({ "type": "string", "minLength": 1, "maxLength": 80 })),
        ("kind", json!({ "$ref": "#/$defs/Kind" })),
    ];
    for (field, said) in expected {
        assert_eq!(schema["properties"][field], said, "{field}");
    }
    Ok(())
}

cases! { $ inputs:
    inputs_create_rows,
    inputs_refuse_what_they_do_not_have,
    patches_change_what_is_there,
    hidden_columns_are_in_nothing_that_is_shown,
    inputs_have_a_schema,
    schemas_have_the_rules_of_the_columns,
}
