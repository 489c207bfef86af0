//! The message of every mistake that a derive can see.

use super::{errors, expand};
use crate::{enumeration, model, projection};

/// A model with one more field.
#[track_caller]
fn field(field: &str, expected: &str) {
    check(&format!("struct User {{ #[orm(primary_key)] id: i64, {field} }}"), expected);
}

/// A model with attributes on the struct.
#[track_caller]
fn on_struct(attributes: &str, expected: &str) {
    check(&format!("#[orm({attributes})] struct User {{ #[orm(primary_key)] id: i64, name: String }}"), expected);
}

#[track_caller]
fn check(item: &str, expected: &str) {
    assert_eq!(errors(expand(model, item)), expected, "{item}");
}

#[track_caller]
fn check_enum(item: &str, expected: &str) {
    assert_eq!(errors(expand(enumeration::derive, item)), expected, "{item}");
}

#[track_caller]
fn check_value(item: &str, expected: &str) {
    assert_eq!(errors(expand(enumeration::derive_value, item)), expected, "{item}");
}

#[track_caller]
fn check_projection(item: &str, expected: &str) {
    assert_eq!(errors(expand(projection::derive, item)), expected, "{item}");
}

#[test]
fn what_can_be_a_model() {
    check("enum User {}", "only a struct can be a model; for an enum in a column derive `Enum`");
    check("struct User(i64);", "a model is a struct with named fields: one per column and relation");
    check("struct User;", "a model is a struct with named fields: one per column and relation");
    check("union User { id: i64 }", "only a struct can be a model; for an enum in a column derive `Enum`");
    check("struct User {}", "a model has at least one column");
    check("#[orm(no_primary_key)] struct User { posts: HasMany<Post> }", "a model has at least one column");
    check("struct User<'a> { name: &'a str }", "a row owns what it holds, so a model has no lifetimes");
    check("struct User<T: Scalar, const N: usize> where T: Ord { #[orm(primary_key)] id: T, b: Option<T> }", "");
    check(
        "struct User { id: i64 }",
        "a model needs a primary key: mark its field with `#[orm(primary_key)]`, or the struct with `#[orm(no_primary_key)]`",
    );
    check("#[orm(no_primary_key)] struct User { name: String }", "");
    let fields: String = (0..128).map(|n| format!("c{n}: i64, ")).collect();
    field(&fields, "a model has at most 128 columns; move some to a model of their own");
}

#[test]
fn unknown_words() {
    field("#[orm(uniqe)] a: i64", "unknown attribute `uniqe`; did you mean `unique`?");
    on_struct("tabel = \"a\"", "unknown attribute `tabel`; did you mean `table`?");
    on_struct(
        "banana",
        "unknown attribute `banana`; expected one of: table, schema, rename_all, timestamps, paranoid, index, unique, \
         check, comment, renamed_from, crate, primary_key, no_primary_key, validate, validate_async, hooks, \
         default_scope, audited, policy, input, patch",
    );
    on_struct("index(name, nme = \"x\")", "unknown option `nme`; did you mean `name`?");
    on_struct("check(nam = \"x\", \"1\")", "unknown option `nam`; did you mean `name`?");
    on_struct("timestamps(create_at = a)", "unknown timestamp `create_at`; did you mean `created_at`?");
    field(
        "user_id: i64, #[orm(belongs_to(on_delet = cascade))] user: BelongsTo<User>",
        "unknown attribute `on_delet`; did you mean `on_delete`?",
    );
    field(
        "user_id: i64, #[orm(on_delete = cascad)] user: BelongsTo<User>",
        "unknown action `cascad`; did you mean `cascade`?",
    );
}

#[test]
fn rules_and_normalisers() {
    let rule = |rule: &str, expected: &str| field(&format!("#[orm({rule})] a: String"), expected);
    rule("validate(emial)", "unknown rule `emial`; did you mean `email`?");
    rule("validate", "`validate` expects a list: `validate(email, length = 3..=80)`");
    rule("validate()", "`validate` has no rule: `validate(email, length = 3..=80)`");
    rule("validate(email = true)", "`email` takes no value");
    rule("validate(email(mesage = \"no\"))", "unknown option `mesage`; did you mean `message`?");
    rule("validate(email(on = save))", "unknown operation `save`; expected one of: create, update");
    rule("validate(length)", "`length` expects a range: `length = 3..=80`, or `length(min = 3, max = 80)`");
    rule("validate(range = 5)", "`range` expects a range: `range = 3..=80`, or `range(min = 3, max = 80)`");
    rule("validate(after)", "`after` expects a date or a time: `after = Utc::now()`");
    rule("validate(pattern = a)", "`pattern` expects a regular expression: `pattern = \"^[a-z]+$\"`");
    rule("validate(contains)", "`contains` expects a text: `contains = \"@\"`");
    rule("validate(one_of)", "`one_of` expects values: `one_of(\"a\", \"b\")`, or `one_of = [1, 2]`");
    rule(
        "validate(custom)",
        "`custom` expects a function: `custom = no_digits`, or `custom(function = no_digits, ..)`",
    );
    rule("normalize(trimm)", "unknown normaliser `trimm`; did you mean `trim`?");
    rule("normalize()", "`normalize` has no normaliser: `normalize(trim, lowercase)`");
    rule("normalize(trim = 1)", "`trim` takes no value");
    on_struct("validate(email)", "`validate` expects a path: `validate = User::names_differ`");
    on_struct("validate_async", "`validate_async` expects a path: `validate_async = User::name_is_free`");
    on_struct("audited", "`audited` expects a path: `audited = UserHistory`");
    on_struct("default_scope", "`default_scope` expects a value: `default_scope = ..`");
    on_struct("hooks(before_creat = a)", "unknown hook `before_creat`; did you mean `before_create`?");
    on_struct("hooks(before_save)", "`before_save` expects a path: `before_save = User::hash`");
    on_struct("hooks()", "`hooks` names no function: `hooks(before_save = User::hash)`");
    on_struct("hooks", "`hooks` expects a list: `hooks(before_save = User::hash)`");
    field(
        "#[orm(counter_cache = n)] posts: HasMany<Post>",
        "rows are counted by the model that has the foreign key: `counter_cache` goes on its `BelongsTo`",
    );
    field("#[orm(validate(email))] posts: HasMany<Post>", "`validate` belongs to columns, and `posts` is a relation");
}

#[test]
fn values_of_the_wrong_kind() {
    on_struct("table = 3", "`table` expects a string: `table = \"users\"`");
    on_struct("table", "`table` expects a string: `table = \"users\"`");
    on_struct("\"users\"", "a value without a name; write `name = value`");
    on_struct("primary_key", "`primary_key` expects fields: `primary_key = id`, or `primary_key(id, ..)` for several");
    on_struct("no_primary_key = 1", "`no_primary_key` takes no value");
    on_struct("paranoid = \"a\"", "`paranoid` expects a name without quotes: `paranoid = deleted_at`");
    on_struct("crate = 1", "`crate` expects a path: `crate = \"path::to::orm\"`");
    on_struct(
        "rename_all = \"snake\"",
        "unknown case \"snake\"; expected one of `lowercase`, `UPPERCASE`, `PascalCase`, `camelCase`, `snake_case`, \
         `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`",
    );
    on_struct("index", "`index` expects a list: `index(a, b)`");
    on_struct("index(unique)", "`index` covers nothing: name its columns, `index(a, b)`");
    on_struct(
        "index(\"name\")",
        "a value without a name; write `name = value`\n`index` covers nothing: name its columns, `index(a, b)`",
    );
    on_struct(
        "unique(columns(\"name\"))",
        "expected the name of a field, without quotes\n`unique` covers nothing: name its columns, `unique(a, b)`",
    );
    on_struct(
        "index(asc(name))",
        "expected the name of a field alone\n`index` covers nothing: name its columns, `index(a, b)`",
    );
    on_struct("check(name = \"a\")", "`check` expects SQL: `check(\"price >= 0\")`");
    on_struct("check(1)", "expected one string of SQL\n`check` expects SQL: `check(\"price >= 0\")`");
    field("#[orm(unique = 1)] a: i64", "`unique` expects a string: `unique = \"name\"`");
    field("#[orm(unique = true)] a: i64", "of a column it is `unique`, `unique = \"name\"` or nothing");
    field(
        "#[orm(unique = false)] posts: HasMany<Post>",
        "`unique` is about the pairs of a `BelongsToMany`; a column is `unique` by itself",
    );
    field("#[orm(unique(b))] a: i64", "`unique(..)` goes on the struct; here it is `unique` or `unique = \"name\"`");
    field("#[orm(auto_increment = 3)] a: i64", "`auto_increment` is `true` or `false`");
    field("#[orm(length = \"3\")] a: String", "`length` expects a number: `length = 255`");
    field("#[orm(precision = 3)] a: Decimal", "`precision` expects a list: `precision(10, 2)`");
    field(
        "#[orm(precision(2, 10))] a: Decimal",
        "`precision` expects digits in all and after the point: `precision(10, 2)`",
    );
    field("#[orm(default(1))] a: i64", "`default` expects a value: `default = ..`");
    field("#[orm(computed)] a: i64", "`computed` expects a path: `computed = Self::full_name`");
    field("#[orm(has_many = Post)] a: HasMany<Post>", "`has_many` takes no value; its options go in parentheses");
    field("#[orm(has_many(key = \"a\"))] a: HasMany<Post>", "`key` expects a name without quotes: `key = user_id`");
    field(
        "user_id: i64, #[orm(on_delete = \"CASCADE\")] user: BelongsTo<User>",
        "write it without quotes: `on_delete = cascade`",
    );
    field("#[orm(length)] a: String", "`length` expects a number: `length = 255`");
}

#[test]
fn words_given_twice() {
    on_struct("table = \"a\", table = \"b\"", "duplicate attribute `table`");
    field("#[orm(unique)] #[orm(unique)] a: i64", "duplicate attribute `unique`");
    field("#[orm(column = \"a\", rename = \"b\")] a: i64", "duplicate attribute `rename`");
    field(
        "#[orm(default = 1, default_sql = \"2\")] a: i64",
        "`default_sql` and `default` are two defaults of one column; keep one",
    );
    field("#[orm(default = 1, default = 2)] a: i64", "duplicate attribute `default`");
    field("#[orm(has_many, has_one)] a: HasMany<Post>", "`has_one` and `has_many` are two relations; keep one");
    check(
        "#[orm(primary_key(id))] struct User { #[orm(primary_key)] id: i64 }",
        "the key is given twice: keep `primary_key(..)` here or `primary_key` on the fields",
    );
    check(
        "#[orm(no_primary_key)] struct User { #[orm(primary_key)] id: i64 }",
        "`no_primary_key` contradicts `primary_key`; keep one",
    );
}

#[test]
fn words_that_do_not_fit_the_field() {
    field("#[orm(has_many)] posts: Vec<Post>", "a `has_many` relation has the type `HasMany<Model>`");
    field(
        "#[orm(through = A)] posts: Vec<Post>",
        "`through` belongs to relations, whose types are `BelongsTo`, `HasOne`, `HasMany` and `BelongsToMany`",
    );
    field(
        "#[orm(has_one)] posts: HasMany<Post>",
        "the type is `HasMany<..>`: write `has_many`, or make it `HasOne<..>`",
    );
    field("#[orm(unique)] posts: HasMany<Post>", "`unique` belongs to columns, and `posts` is a relation");
    field("#[orm(skip, length = 3)] a: String", "`a` is no column, so `length` has no meaning here");
    field("#[orm(skip, computed = f)] a: String", "`computed` fields are no columns already; remove `skip`");
    field("posts: Option<HasMany<Post>>", "write `HasMany<..>` without `Option`: it can be empty by itself");
}

#[test]
fn names_that_are_taken() {
    field(
        "filter: i64",
        "`filter` is a verb of the builders; rename the field and keep the column: `#[orm(column = \"filter\")]`",
    );
    field(
        "r#def: i64",
        "`def` is a verb of the builders; rename the field and keep the column: `#[orm(column = \"def\")]`",
    );
    field("create: HasMany<Post>", "`create` is a verb of every model; rename the relation");
    field("userName: i64, user_name: i64", "`user_name` and `userName` both make the constant `USER_NAME`; rename one");
    field("a: i64, #[orm(column = \"a\")] b: i64", "`a` and `b` are both the column `a`");
    field("load: HasMany<Post>", "`load` is a verb of every model; rename the relation");
    field(
        "with_posts: i64, posts: HasMany<Post>",
        "`with_posts` is how rows of `posts` are created together with this one; rename the field and keep the column: \
         `#[orm(column = \"with_posts\")]`",
    );
    field(
        "silent: bool",
        "`silent` is a verb of the builders; rename the field and keep the column: `#[orm(column = \"silent\")]`",
    );
    // Columns have constants and setters, which are not in the way of these.
    field("create: i64, update: i64, save: i64, find_all: i64, r#type: String, r#match: String", "");
}

#[test]
fn columns_that_contradict_themselves() {
    check(
        "struct User { #[orm(primary_key)] id: Option<i64> }",
        "a primary key is never NULL: remove the `Option`; `create()` does not ask for it",
    );
    field("#[orm(default = 1, generated = \"2\")] a: i64", "`generated` and `default` both fill the column; keep one");
    field(
        "#[orm(auto_increment, default = 1)] a: i64",
        "`default` and `auto_increment` both fill the column; keep one",
    );
    field("#[orm(length = 3)] a: i64", "`length` bounds text and bytes, not `i64`");
    field("#[orm(precision(3, 1))] a: f64", "`precision` is for `Decimal`, not `f64`");
    field("#[orm(version)] a: String", "`version` counts, so it needs an integer, not `String`");
    field("#[orm(version)] a: Option<i64>", "a column with `version` is never NULL: remove the `Option`");
    field("#[orm(version)] a: i64, #[orm(version)] b: i64", "a model has one `version` column");
    field("#[orm(auto_increment)] a: i64, #[orm(auto_increment)] b: i64", "a model has one `auto_increment` column");
}

#[test]
fn timestamps() {
    on_struct(
        "timestamps(updated_at = false)",
        "add the field `pub created_at: DateTime<Utc>`, name another: `timestamps(created_at = ..)`, or switch it off: \
         `timestamps(created_at = false)`",
    );
    on_struct("paranoid", "add the field `pub deleted_at: Option<DateTime<Utc>>`, or name another: `paranoid = ..`");
    on_struct("timestamps(created_at = name, updated_at = false)", "`name` holds an instant: make it `DateTime<Utc>`");
    on_struct("paranoid = name", "`name` holds an instant: make it `Option<DateTime<Utc>>`");
    field("#[orm(deleted_at)] a: DateTime<Utc>", "`a` is NULL until the row is deleted: make it an `Option`");
}

#[test]
fn fields_that_do_not_exist() {
    on_struct("index(nme)", "`User` has no column field `nme`; did you mean `name`?");
    on_struct("unique(columns(xyz))", "`User` has no column field `xyz`");
    field(
        "user: BelongsTo<User>",
        "`User` has no field `user_id` for the foreign key; add it, or name another: `belongs_to(key = ..)`",
    );
    field(
        "owner_id: i64, #[orm(key = ownr_id)] user: BelongsTo<User>",
        "`User` has no column field `ownr_id`; did you mean `owner_id`?",
    );
    field("#[orm(references = nme)] posts: HasMany<Post>", "`User` has no column field `nme`");
}

#[test]
fn relations() {
    field("groups: BelongsToMany<Group>", "name the join model: `belongs_to_many(through = Membership)`");
    field(
        "#[orm(through = Membership)] groups: BelongsToMany<Group, Membership>",
        "the type names the join model already; remove `through`",
    );
    field("post_id: i64, #[orm(through = A)] post: BelongsTo<Post>", "a `belongs_to` relation has no join model");
    field(
        "#[orm(through(User::POSTS))] remarks: HasMany<Remark>",
        "`through` names two relations or more, each from where the one before it ends: `through(User::POSTS, Post::AUTHOR)`",
    );
    field(
        "#[orm(through(User::POSTS, Post::REMARKS), key = a_id)] remarks: HasMany<Remark>",
        "`key` belongs to the relations that `through(..)` lists; say it there",
    );
    field(
        "#[orm(through(User::POSTS, Post::REMARKS))] remark: BelongsTo<Remark>",
        "a chain of relations fills a `HasMany` or a `HasOne`, not a `BelongsTo`",
    );
    check(
        "struct User<T> { #[orm(primary_key)] id: i64, name: T, #[orm(through(Self::A, B::C))] c: HasMany<C> }",
        "a model with parameters cannot have a chain of relations",
    );
    field("#[orm(through = Post)] posts: HasMany<Post>", "a relation leads through another model than its own");
    field(
        "#[orm(other_key = a)] posts: HasMany<Post>",
        "`other_key` is the second key of a relation through a join model; give it with `through = ..`",
    );
    field(
        "#[orm(on_delete = cascade)] posts: HasMany<Post>",
        "`on_delete` goes where the foreign key is: on the `belongs_to` relation of the other model",
    );
    field(
        "user_id: i64, #[orm(constraints = false, on_update = cascade)] user: BelongsTo<User>",
        "without a constraint (`constraints = false`) there is no `on_update`",
    );
    field(
        "friends: BelongsToMany<User, Friendship>",
        "both keys would be `user_id`; name the second: `other_key = ..`",
    );
    field(
        "a: i64, b: i64, #[orm(key(a, b))] user: BelongsTo<User>",
        "a key of several columns names those it points at: `references(a, b)`",
    );
    field("#[orm(key(a, b))] posts: HasMany<Post>", "the foreign key has 2 column(s), the key it points at 1");
    check(
        "#[orm(primary_key(a, b))] struct User { a: i64, b: i64, posts: HasMany<Post> }",
        "this model's key has several columns; name the foreign key's: `key(a, b)`",
    );
}

#[test]
fn relations_about_some_rows() {
    let example = "`when` names one field and its text: `when(commentable_type = \"Post\")`";
    let relation = |when: &str| format!("of_id: i64, kind: String, #[orm(key = of_id, {when})] of: BelongsTo<Post>");
    field(&relation("when(kind = \"Post\")"), "");
    field(&relation("when(kind = \"Post\", kind = \"User\")"), example);
    field(&relation("when()"), example);
    field(&relation("when"), "`when` expects a list: `when(commentable_type = \"Post\")`");
    field(&relation("when(knd = \"Post\")"), "`User` has no column field `knd`; did you mean `kind`?");
    // A column of the other model: the compiler looks it up.
    field("#[orm(key = of_id, when(kind = \"User\"))] posts: HasMany<Post>", "");
}

#[test]
fn relations_to_one_of_several_models() {
    let one_of = |keys: &str, attribute: &str| format!("{keys} #[orm({attribute})] of: BelongsTo<Subject>");
    let keys = "post_id: Option<i64>, photo_id: Option<i64>,";
    field(&one_of(keys, "one_of(Post, Photo)"), "");
    field(&one_of(keys, "belongs_to(at_most_one_of(Post, Photo))"), "");
    let example = "`one_of` names at least two models: `one_of(Post, Photo(key = picture_id))`";
    field(&one_of(keys, "one_of(Post)"), example);
    field(&one_of(keys, "one_of"), "`one_of` expects a list: `one_of(Post, Photo(key = picture_id))`");
    field(
        &one_of(keys, "one_of(Post, Photo, Photo)"),
        "`Photo` is named twice: a row belongs to one row of each model",
    );
    field(
        &one_of(keys, "one_of(Post, Photo(filter = a))"),
        "unknown attribute `filter`; expected one of: key, references, on_delete, on_update, constraints",
    );
    field(
        &one_of(keys, "one_of(Post, Film)"),
        "`User` has no field `film_id` for the foreign key; add it, or name another: `one_of(Film(key = ..))`",
    );
    field(
        &one_of("post_id: Option<i64>, photo_id: i64,", "one_of(Post, Photo)"),
        "`photo_id` is NULL in rows about another model: make it an `Option`",
    );
    field(
        &one_of(keys, "one_of(Post(on_delete = set_null), Photo)"),
        "`on_delete = set_null` would leave the row without any: use `cascade` or `restrict`, or `at_most_one_of`",
    );
    field(&one_of(keys, "at_most_one_of(Post(on_delete = set_null), Photo)"), "");
    field(
        &one_of(keys, "one_of(Post, Photo), on_delete = cascade"),
        "`on_delete` goes to the model it is about: `one_of(Post(on_delete = ..), ..)`",
    );
    field(
        &format!("{keys} #[orm(one_of(Post, Photo))] of: HasMany<Subject>"),
        "a row of one of several models is a `BelongsTo<..>` of an enum, not a `HasMany`",
    );
    field(
        &format!("post: i32, {}", one_of(keys, "one_of(Post, Photo)")),
        "the relation to this model is `POST`, which is there already; rename the other",
    );
    field(
        "post_id: Option<i64>, photo_id: Option<i64>, #[orm(one_of(Post, Photo))] filter: BelongsTo<Subject>",
        "`filter` is a verb of the builders; rename the relation",
    );
    let check_one_of = |item: &str, expected: &str| {
        assert_eq!(errors(expand(crate::one_of::derive, item)), expected, "{item}");
    };
    check_one_of("enum Subject { Post(Post), Photo(a::Photo) }", "");
    check_one_of("struct A;", "`OneOf` is for enums with a variant for each model: `enum Subject { Post(Post) }`");
    check_one_of("enum A<T> { Post(T) }", "an enum of models has no type, lifetime or const parameters");
    check_one_of("enum A { Post(Post), Photo }", "a variant holds a row: `Photo(Photo)`");
    check_one_of("enum A { Post { post: Post } }", "a variant holds a row: `Post(Post)`");
    check_one_of(
        "enum A { Post(Post), Other(Post) }",
        "a model has one variant: its rows would be told apart by nothing",
    );
}

#[test]
fn enums() {
    check_enum("struct A;", "`Enum` is for enums; for a newtype derive `Value`");
    check_enum("enum A<T> { B }", "an enum in a column has no type, lifetime or const parameters");
    check_enum("enum A {}", "an enum without variants has no values to store");
    check_enum("enum A { B(i64) }", "a variant in a column has no fields; store the data as `Json<..>`");
    check_enum(
        "#[orm(storage = \"blob\")] enum A { B }",
        "unknown storage \"blob\"; expected `text`, `integer` or `native`",
    );
    check_enum("#[orm(nme = \"x\")] enum A { B }", "unknown attribute `nme`; did you mean `name`?");
    check_enum("enum A { B, #[orm(rename = \"b\")] C }", "`B` and `C` are both stored as `b`");
    check_enum("enum A { #[orm(name = \"x\")] B }", "unknown attribute `name`; expected one of: rename, other");
    for variant in ["C", "C(i32)", "C(String, String)", "C { label: String }"] {
        let message = "the variant for other labels holds the label: `Other(String)`";
        check_enum(&format!("enum A {{ B, #[orm(other)] {variant} }}"), message);
    }
    check_enum(
        "#[orm(storage = \"integer\")] enum A { B, #[orm(other)] C(String) }",
        "`other` takes labels in; an enum stored as integers has none",
    );
    check_enum("enum A { B, #[orm(other)] C(String), #[orm(other)] D(String) }", "`C` takes other labels in already");
    check_enum(
        "#[orm(storage = \"integer\")] enum A { B = 4294967296 }",
        "expected a whole number of 32 bits: columns hold it",
    );
}

#[test]
fn newtypes() {
    check_value("enum A { B }", "for an enum in a column derive `Enum`");
    check_value("struct A { b: i64 }", "`Value` is for newtypes, such as `struct Email(String);`");
    check_value("struct A(i64, i64);", "`Value` is for newtypes, such as `struct Email(String);`");
    check_value("struct A<'a>(Cow<'a, str>);", "a value owns what it holds, so it has no lifetimes");
    check_value("struct A<T>(T, T);", "`Value` is for newtypes, such as `struct Email(String);`");
    check_value("struct A(Option<i64>);", "a value is never NULL: put the `Option` around it, in the model's field");
    check_value("#[orm(name = \"a\")] struct A(i64);", "unknown attribute `name`; expected one of: crate");
}

#[test]
fn projections() {
    check_projection("struct A { id: i64 }", "name the model: `#[orm(model = User)]`");
    check_projection("struct A(i64);", "a projection is a struct with named fields: one per selected value");
    check_projection("struct A<'a> { a: Cow<'a, str> }", "a projection owns what it holds, so it has no lifetimes");
    check_projection(
        "#[orm(modl = User)] struct A { id: i64 }",
        "unknown attribute `modl`; did you mean `model`?\nname the model: `#[orm(model = User)]`",
    );
    let path = "`path` leads over relations, each with its model, to a column: `path = author(Author).name`";
    check_projection("#[orm(model = User)] struct A { #[orm(path = author.name)] a: i64 }", path);
    check_projection("#[orm(model = User)] struct A { #[orm(path)] a: i64 }", path);
    check_projection(
        "#[orm(model = User)] struct A { #[orm(count = posts, column = id)] a: i64 }",
        "`column` and `count` are two sources of one field; keep one",
    );
    check_projection(
        "#[orm(model = User)] struct A { #[orm(cont = posts)] a: i64 }",
        "unknown attribute `cont`; did you mean `count`?",
    );
}

#[test]
fn all_mistakes_are_reported_at_once() {
    check(
        "#[orm(tabel = \"a\")] struct User { #[orm(primry_key)] id: i64, #[orm(length = 3)] a: i64, posts: BelongsTo<Post> }",
        "unknown attribute `tabel`; did you mean `table`?\n\
         unknown attribute `primry_key`; did you mean `primary_key`?\n\
         a model needs a primary key: mark its field with `#[orm(primary_key)]`, or the struct with `#[orm(no_primary_key)]`\n\
         `length` bounds text and bytes, not `i64`\n\
         `User` has no field `posts_id` for the foreign key; add it, or name another: `belongs_to(key = ..)`",
    );
}

#[test]
fn correct_words_are_accepted() {
    check(
        r#"
        #[orm(table = "people", schema = "app", rename_all = "camelCase", timestamps(updated_at = changed), paranoid)]
        #[orm(index(a, desc(b), name = "i", method = "btree", where = "a > 0"), index(expression = "lower(c)", unique))]
        #[orm(unique(a, b), unique(name = "u", columns(a, c)), check(name = "k", "a > 0"), check("b > 0"))]
        #[orm(comment = "People", crate = "my::orm", primary_key(org, no))]
        struct Person {
            org: i64,
            no: i64,
            #[orm(unique = "g", index = "h", default = -1)] a: i64,
            #[orm(unique = "g", index, default, check = "b > 0", comment = "B")] b: Option<i64>,
            #[orm(column = "cc", length = 20, default = "x", type = "citext")] c: String,
            #[orm(precision(10, 2), default_sql = "0")] d: Decimal,
            #[orm(generated = "a + b")] e: i64,
            #[orm(default_fn = f)] f: String,
            #[orm(version)] g: i32,
            #[orm(skip)] h: Vec<u8>,
            #[orm(computed = Self::label)] i: String,
            created_at: DateTime<Utc>,
            changed: chrono::DateTime<Utc>,
            deleted_at: Option<DateTime<Utc>>,
            #[orm(belongs_to(key(org, no), references(org, no)), on_delete = set_default, on_update = restrict)]
            group: orm::BelongsTo<Group>,
            #[orm(key = parent_id, references = no, filter = Post::OPEN.eq(true))]
            posts: HasMany<Post>,
            #[orm(through = A, key(o, n), other_key = b_id, other_references = no)]
            many: BelongsToMany<B>,
        }
        "#,
        "",
    );
}

#[test]
fn what_says_nothing_is_refused() {
    check(
        "struct A { #[orm(primary_key)] id: i64, #[orm(length = 0)] b: String }",
        "a column of `length = 0` holds nothing",
    );
    check(
        "struct A { #[orm(primary_key)] id: i64, #[orm(column = \"\")] b: i64 }",
        "`column` is empty: `column = \"column_name\"`",
    );
    check(
        "struct A { #[orm(primary_key)] id: i64, #[orm(check = \"\")] b: i64 }",
        "`check` is empty: `check = \"price >= 0\"`",
    );
    check("#[orm(unique(id, id))] struct A { #[orm(primary_key)] id: i64 }", "`id` is in the index already");
}

#[test]
fn keys_that_are_never_null_are_not_set_to_null() {
    let model = |key: &str, action: &str| {
        format!("struct A {{ #[orm(primary_key)] id: i64, b_id: {key}, #[orm({action})] b: BelongsTo<B> }}")
    };
    let message =
        "`on_delete = set_null` needs a key that may be NULL: make `b_id` an `Option`, or use `cascade` or `restrict`";
    check(&model("i64", "on_delete = set_null"), message);
    check(&model("Option<i64>", "on_delete = set_null"), "");
    check(&model("i64", "on_delete = cascade"), "");
}

/// A model with inputs.
#[track_caller]
fn with_inputs(attributes: &str, expected: &str) {
    let fields = "#[orm(primary_key)] id: i64, email: String, #[orm(hidden)] secret: String, #[orm(version)] version: i32, \
                  #[orm(generated = \"1\")] made: i32";
    check(&format!("#[orm({attributes})] struct User {{ {fields} }}"), expected);
}

#[test]
fn inputs() {
    with_inputs("input(SignUp(email, secret), rename_all = \"camelCase\", doc = \"..\", derive(a::ToSchema))", "");
    with_inputs("input(SignUp(emial))", "`User` has no column field `emial`; did you mean `email`?");
    with_inputs("input(SignUp(email, email))", "`email` is in `SignUp` already");
    with_inputs(
        "patch(Profile(id))",
        "`id` is the primary key; it says which row is meant, and no request should: take it from the URL, or set it in the \
         handler",
    );
    with_inputs(
        "patch(Profile(version))",
        "`version` is the version, which the library increments; check it with `.expect_version(version)` on the update",
    );
    with_inputs("input(SignUp(made))", "`made` is computed by the database and cannot be written");
    with_inputs("input(SignUp(email)), patch(SignUp(email))", "`SignUp` is there already; give this one another name");
    with_inputs(
        "input(SignUp(secret), derive(serde::Serialize))",
        "`SignUp` has the hidden column `secret`, which `Serialize` would show; leave one of them out",
    );
    with_inputs("input", "`input` expects a list: `input(SignUp(email, name))`");
    with_inputs("input()", "`input` names no struct and no fields: `input(SignUp(email, name))`");
    with_inputs("input(SignUp())", "`SignUp` has no fields: `input(SignUp(email, name))`");
    with_inputs("patch(A(email), B(email))", "`patch` makes one struct; write another `patch(..)` for `B`");
    with_inputs(
        "input(SignUp(email), rename_al = \"camelCase\")",
        "unknown option `rename_al`; did you mean `rename_all`?",
    );
    check(
        "#[orm(input(SignUp(a)))] struct User<T> { #[orm(primary_key)] id: i64, a: T }",
        "a model with parameters has no inputs: write the struct and call the setters",
    );
    field("#[orm(hidden)] posts: HasMany<Post>", "`hidden` belongs to columns, and `posts` is a relation");
}

#[test]
fn tenants() {
    field("#[orm(tenant)] company_id: i64", "");
    field("#[orm(tenant)] a: Option<i64>", "every row belongs to a tenant: remove the `Option`");
    field("#[orm(tenant)] a: i64, #[orm(tenant)] b: i64", "a model has one `tenant` column");
    let contradicts = "`immutable` contradicts `tenant`: the column is filled in from the handle, and immutable";
    field("#[orm(tenant, immutable)] a: i64", contradicts);
    field("#[orm(tenant, default = 1)] a: i64", &contradicts.replace("immutable` c", "default` c"));
    field("#[orm(tenant)] posts: HasMany<Post>", "`tenant` belongs to columns, and `posts` is a relation");
    check(
        "#[orm(patch(Profile(company_id)))] struct User { #[orm(primary_key)] id: i64, #[orm(tenant)] company_id: i64 }",
        "`company_id` is the tenant; it is that of the handle, `db.for_tenant(id)`, and no request's to say",
    );
}

#[test]
fn snapshots() {
    field("#[orm(tracked)] read: Snapshot", "");
    field("#[orm(tracked)] a: Snapshot, #[orm(tracked)] b: Snapshot", "a model has one `tracked` field");
    field("#[orm(tracked, skip)] a: Snapshot", "`tracked` fields are no columns already; remove `skip`");
    field("#[orm(tracked, unique)] a: Snapshot", "`a` is no column, so `unique` has no meaning here");
}
