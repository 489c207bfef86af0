//! What is written for a small model, an enum, a newtype and a projection, formatted. `UPDATE_EXPECT=1` writes the
//! texts anew.

use expect_test::{Expect, expect};
use proc_macro2::TokenStream;
use syn::DeriveInput;

use super::{errors, expand};
use crate::ctxt::Ctxt;
use crate::{enumeration, model, projection};

#[track_caller]
fn check(derive: impl FnOnce(&Ctxt, &DeriveInput) -> TokenStream, item: &str, expected: &Expect) {
    let output = expand(derive, item);
    assert_eq!(errors(output.clone()), "");
    expected.assert_eq(&prettyplease::unparse(&syn::parse2(output).unwrap()));
}

#[test]
fn a_model_with_parameters() {
    check(
        model,
        r#"
        pub struct Event<T: Serialize = String, const N: usize = 1> where Json<T>: Clone {
            #[orm(primary_key)] pub id: i64,
            data: Json<T>,
        }
        "#,
        &expect![[r#"
            ///A new [`Event`]: set its columns, then `.exec(&db)`.
            #[must_use = "nothing is created until `.exec(&db).await`"]
            pub struct EventCreate<
                T: Serialize = String,
                const N: usize = 1,
                __S = (::orm::__private::Missing,),
            >(
                ::orm::__private::CreateBuilder<Event<T, N>, __S>,
            )
            where
                Json<T>: Clone;
            ///Changes to one [`Event`], or to those that a filter finds: set columns, then `.exec(&db)`.
            #[must_use = "nothing is changed until `.exec(&db).await`"]
            pub struct EventUpdate<
                T: Serialize = String,
                const N: usize = 1,
                __U = ::orm::__private::Update<Event<T, N>>,
            >(
                ::orm::__private::UpdateBuilder<Event<T, N>, __U>,
            )
            where
                Json<T>: Clone;
            #[allow(dead_code, missing_docs, non_camel_case_types, private_interfaces)]
            #[allow(unused_qualifications)]
            const _: () = {
                use ::orm::__private as __orm;
                impl<T: Serialize, const N: usize> Event<T, N>
                where
                    Json<T>: Clone,
                    Event<T, N>: ::core::marker::Send + ::core::marker::Sync + 'static,
                    Json<T>: __orm::Scalar,
                {
                    pub const ID: __orm::Column<Event<T, N>, i64> = __orm::Column::new(
                        &Event::<T, N>::__COLS[0],
                    );
                    const DATA: __orm::Column<Event<T, N>, Json<T>> = __orm::Column::new(
                        &Event::<T, N>::__COLS[1],
                    );
                    /// Changes the rows that a filter leaves.
                    pub fn update() -> EventUpdate<T, N, __orm::Update<Event<T, N>>> {
                        EventUpdate(__orm::UpdateBuilder::rows())
                    }
                    /// Removes the rows that a filter leaves.
                    pub fn destroy() -> __orm::Destroy<Event<T, N>> {
                        __orm::Destroy::new()
                    }
                }
                impl<T: Serialize, const N: usize> Event<T, N>
                where
                    Json<T>: Clone,
                    Event<T, N>: ::core::marker::Send + ::core::marker::Sync + 'static,
                    Json<T>: __orm::Scalar,
                {
                    const __TABLE: &'static __orm::TableName = &__orm::TableName::new("events");
                    const __COLS: &'static [__orm::ColumnDef] = &[
                        __orm::ColumnDef {
                            auto_increment: true,
                            ..__orm::ColumnDef::of::<i64>(Self::__TABLE, 0usize, "id")
                        },
                        __orm::ColumnDef::of::<Json<T>>(Self::__TABLE, 1usize, "data"),
                    ];
                    const __DEF: &'static __orm::ModelDef = &__orm::ModelDef::new(
                        "Event",
                        Self::__TABLE,
                        Self::__COLS,
                        &[0usize],
                    );
                }
                impl<T: Serialize, const N: usize> __orm::Model for Event<T, N>
                where
                    Json<T>: Clone,
                    Event<T, N>: ::core::marker::Send + ::core::marker::Sync + 'static,
                    Json<T>: __orm::Scalar,
                {
                    const DEF: &'static __orm::ModelDef = Self::__DEF;
                    type Referred = __orm::One;
                    type Guard = __orm::Open;
                    fn from_columns(columns: &mut __orm::Columns<'_>) -> __orm::Result<Self> {
                        let (_0, _1) = columns.exact()?;
                        ::core::result::Result::Ok(Self { id: _0, data: _1 })
                    }
                    fn value(&self, column: usize) -> __orm::Value {
                        match column {
                            0usize => __orm::Type::put(&self.id),
                            _ => __orm::Type::put(&self.data),
                        }
                    }
                    fn into_values(self) -> ::std::vec::Vec<__orm::Value> {
                        ::std::vec![
                            __orm::Type::into_value(self.id), __orm::Type::into_value(self.data)
                        ]
                    }
                }
                impl<T: Serialize, const N: usize> __orm::SingleKey<i64> for Event<T, N>
                where
                    Json<T>: Clone,
                    Event<T, N>: ::core::marker::Send + ::core::marker::Sync + 'static,
                    Json<T>: __orm::Scalar,
                {
                    const COLUMN: __orm::Column<Self, i64> = Self::ID;
                }
                __orm::decode_model!(
                    [< T : Serialize, const N : usize >] Event:: < T, N >, [where Json < T > : Clone,
                    Event:: < T, N > : ::core::marker::Send + ::core::marker::Sync + 'static, Json <
                    T > : __orm::Scalar,]
                );
                impl<T: Serialize, const N: usize> __orm::Instance for Event<T, N>
                where
                    Json<T>: Clone,
                    Event<T, N>: ::core::marker::Send + ::core::marker::Sync + 'static,
                    Json<T>: __orm::Scalar,
                {
                    type Create = EventCreate<T, N>;
                    type Draft = EventCreate<T, N, (__orm::Given,)>;
                    type Update<'__a> = EventUpdate<T, N, __orm::UpdateOne<'__a, Self>>
                    where
                        Self: '__a;
                    fn __start(start: __orm::Prefilled) -> EventCreate<T, N> {
                        EventCreate(__orm::CreateBuilder::new(start))
                    }
                    fn __draft() -> Self::Draft {
                        EventCreate(__orm::CreateBuilder::draft())
                    }
                    fn update(&mut self) -> EventUpdate<T, N, __orm::UpdateOne<'_, Self>> {
                        EventUpdate(__orm::UpdateBuilder::row(self))
                    }
                }
                #[diagnostic::on_unimplemented(
                    message = "`Event::create()` lacks the required column `data`",
                    label = "add `.data(..)` before this call"
                )]
                pub trait data_is_given {}
                impl data_is_given for __orm::Given {}
                __orm::create_builder!(
                    [< T : Serialize, const N : usize, __S >] EventCreate < T, N, __S >, Event:: < T,
                    N >, pub exec[Self : __orm::Complete < Event:: < T, N > >], [where Json < T > :
                    Clone, Event:: < T, N > : ::core::marker::Send + ::core::marker::Sync + 'static,
                    Json < T > : __orm::Scalar,], [where Json < T > : Clone, Event:: < T, N > :
                    ::core::marker::Send + ::core::marker::Sync + 'static, Json < T > :
                    __orm::Scalar, __S : __orm::RunsAlone,]
                );
                impl<T: Serialize, const N: usize, __S> EventCreate<T, N, __S>
                where
                    Json<T>: Clone,
                    Event<T, N>: ::core::marker::Send + ::core::marker::Sync + 'static,
                    Json<T>: __orm::Scalar,
                {
                    pub fn id(self, value: impl __orm::Set<i64>) -> Self {
                        Self(self.0.with(0usize, value.into_set()))
                    }
                }
                impl<T: Serialize, const N: usize, __S1> EventCreate<T, N, (__S1,)>
                where
                    Json<T>: Clone,
                    Event<T, N>: ::core::marker::Send + ::core::marker::Sync + 'static,
                    Json<T>: __orm::Scalar,
                {
                    fn data(
                        self,
                        value: impl __orm::Set<Json<T>>,
                    ) -> EventCreate<T, N, (__orm::Given,)> {
                        EventCreate(self.0.with(1usize, value.into_set()))
                    }
                }
                impl<T: Serialize, const N: usize, __S1> __orm::Complete<Event<T, N>>
                for EventCreate<T, N, (__S1,)>
                where
                    Json<T>: Clone,
                    Event<T, N>: ::core::marker::Send + ::core::marker::Sync + 'static,
                    Json<T>: __orm::Scalar,
                    __S1: data_is_given,
                {
                    fn into_create(self) -> __orm::Create<Event<T, N>> {
                        self.0.finish()
                    }
                }
                __orm::update_builder!(
                    EventUpdate[T : Serialize, const N : usize,] [T, N,], Event:: < T, N >, pub exec,
                    [where Json < T > : Clone, Event:: < T, N > : ::core::marker::Send +
                    ::core::marker::Sync + 'static, Json < T > : __orm::Scalar,], [where Json < T > :
                    Clone, Event:: < T, N > : ::core::marker::Send + ::core::marker::Sync + 'static,
                    Json < T > : __orm::Scalar, __U : __orm::RunsAlone,]
                );
                impl<
                    T: Serialize,
                    const N: usize,
                    __U: __orm::Updates<Event<T, N>>,
                > EventUpdate<T, N, __U>
                where
                    Json<T>: Clone,
                    Event<T, N>: ::core::marker::Send + ::core::marker::Sync + 'static,
                    Json<T>: __orm::Scalar,
                {
                    pub fn id(self, value: impl __orm::Assign<Event<T, N>, i64>) -> Self {
                        Self(self.0.with(0usize, value.into_assigned()))
                    }
                    fn data(self, value: impl __orm::Assign<Event<T, N>, Json<T>>) -> Self {
                        Self(self.0.with(1usize, value.into_assigned()))
                    }
                }
            };
        "#]],
    );
}

/// A model of 12 columns, 4 of them required, without documentation.
const TWELVE_COLUMNS: &str = r#"
    #[orm(timestamps)]
    pub struct Account {
        #[orm(primary_key)] pub id: i64,
        #[orm(unique)] pub email: String,
        pub name: Option<String>,
        #[orm(default = 0)] pub visits: i32,
        #[orm(default = true)] pub active: bool,
        pub token: String,
        pub code: i32,
        pub score: f64,
        pub note: Option<String>,
        pub age: Option<i32>,
        pub created_at: DateTime<Utc>,
        pub updated_at: DateTime<Utc>,
    }
"#;

#[test]
fn a_model_of_twelve_columns_stays_small() {
    let lines = prettyplease::unparse(&syn::parse2(expand(model, TWELVE_COLUMNS)).unwrap()).lines().count();
    assert!(lines <= 300, "{lines} lines");
}

#[test]
fn a_model() {
    check(
        model,
        r#"
        /// Texts.
        pub(crate) struct Post {
            #[orm(primary_key)] pub id: i64,
            /// Who wrote it.
            pub user_id: i64,
            #[orm(column = "headline", length = 80)] title: Option<String>,
            #[orm(belongs_to(on_delete = cascade))] pub user: BelongsTo<User>,
            pub comments: HasMany<Comment>,
        }
        "#,
        &expect![[r#"
            ///A new [`Post`]: set its columns, then `.exec(&db)`.
            #[must_use = "nothing is created until `.exec(&db).await`"]
            pub(crate) struct PostCreate<__S = (::orm::__private::Missing,)>(
                ::orm::__private::CreateBuilder<Post, __S>,
            );
            ///Changes to one [`Post`], or to those that a filter finds: set columns, then `.exec(&db)`.
            #[must_use = "nothing is changed until `.exec(&db).await`"]
            pub(crate) struct PostUpdate<__U = ::orm::__private::Update<Post>>(
                ::orm::__private::UpdateBuilder<Post, __U>,
            );
            #[allow(dead_code, missing_docs, non_camel_case_types, private_interfaces)]
            #[allow(unused_qualifications)]
            const _: () = {
                use ::orm::__private as __orm;
                impl Post {
                    pub const ID: __orm::Column<Post, i64> = __orm::Column::new(&__COLS[0]);
                    ///Who wrote it.
                    pub const USER_ID: __orm::Column<Post, i64> = __orm::Column::new(&__COLS[1]);
                    const TITLE: __orm::Column<Post, Option<String>> = __orm::Column::new(
                        &__COLS[2],
                    );
                    pub const USER: __orm::Relation<Post, User, __orm::Referred<User>> = __orm::Relation::new(
                        __orm::RelationDef {
                            on_delete: __orm::OnDelete::Cascade,
                            ..__orm::RelationDef::new(
                                "user",
                                __orm::RelationKind::BelongsTo,
                                &[
                                    __orm::HopDef::new::<
                                        __orm::Target<User>,
                                    >(
                                        &[
                                            __orm::belongs(
                                                <__orm::Target<User> as __orm::SingleKey<_>>::COLUMN,
                                                Post::USER_ID,
                                            ),
                                        ],
                                    ),
                                ],
                            )
                        },
                        __orm::Link::<
                            Post,
                            __orm::Target<User>,
                        >::new(|__row: &mut Post| &mut __row.user),
                    );
                    pub fn user(&self) -> __orm::Related<'_, Post, User, __orm::ToOwner<false>> {
                        __orm::Related::new(self, Post::USER)
                    }
                    pub const COMMENTS: __orm::Relation<Post, Comment, __orm::Many> = __orm::Relation::new(
                        __orm::RelationDef::new(
                            "comments",
                            __orm::RelationKind::HasMany,
                            &[
                                __orm::HopDef::new::<
                                    __orm::Target<Comment>,
                                >(
                                    &[
                                        {
                                            trait __Missing: ::core::marker::Sized {
                                                const POST_ID: __orm::Column<Self, __orm::AnyKey> = ::core::panic!(
                                                    "`Comment` has no column `post_id` (that is visible here), which rows of `Post::COMMENTS` would be found by. If their foreign key has another name, give it: `#[orm(key = ..)]`"
                                                );
                                            }
                                            impl<__T> __Missing for __T {}
                                            __orm::has(Post::ID, Comment::POST_ID)
                                        },
                                    ],
                                ),
                            ],
                        ),
                        __orm::Link::<
                            Post,
                            __orm::Target<Comment>,
                        >::new(|__row: &mut Post| &mut __row.comments),
                    );
                    pub fn comments(
                        &self,
                    ) -> __orm::Related<'_, Post, Comment, __orm::ToMany<12400656552945557455>> {
                        __orm::Related::new(self, Post::COMMENTS)
                    }
                    /// Changes the rows that a filter leaves.
                    pub(crate) fn update() -> PostUpdate<__orm::Update<Post>> {
                        PostUpdate(__orm::UpdateBuilder::rows())
                    }
                    /// Removes the rows that a filter leaves.
                    pub(crate) fn destroy() -> __orm::Destroy<Post> {
                        __orm::Destroy::new()
                    }
                }
                static __TABLE: __orm::TableName = __orm::TableName::new("posts");
                static __COLS: [__orm::ColumnDef; 3usize] = [
                    __orm::ColumnDef {
                        auto_increment: true,
                        ..__orm::ColumnDef::of::<i64>(&__TABLE, 0usize, "id")
                    },
                    __orm::ColumnDef {
                        comment: "Who wrote it.",
                        ..__orm::ColumnDef::of::<i64>(&__TABLE, 1usize, "user_id")
                    },
                    __orm::ColumnDef {
                        field: "title",
                        length: ::core::option::Option::Some(80u32),
                        ..__orm::ColumnDef::of::<Option<String>>(&__TABLE, 2usize, "headline")
                    },
                ];
                static __DEF: __orm::ModelDef = __orm::ModelDef {
                    relations: &[Post::USER.erase(), Post::COMMENTS.erase()],
                    comment: "Texts.",
                    ..__orm::ModelDef::new("Post", &__TABLE, &__COLS, &[0usize])
                };
                __orm::register!(& __DEF);
                impl __orm::CreateUnder<9741845151819590158> for Post {
                    type Create = PostCreate<(__orm::Given,)>;
                    fn create_under(start: __orm::Prefilled) -> Self::Create {
                        PostCreate(__orm::CreateBuilder::under(&[1usize], start))
                    }
                }
                impl __orm::Model for Post {
                    const DEF: &'static __orm::ModelDef = &__DEF;
                    type Referred = __orm::One;
                    type Guard = __orm::Open;
                    fn from_columns(columns: &mut __orm::Columns<'_>) -> __orm::Result<Self> {
                        let (_0, _1, _2) = columns.exact()?;
                        ::core::result::Result::Ok(Self {
                            id: _0,
                            user_id: _1,
                            title: _2,
                            user: __orm::RelationField::unloaded(&"Post::USER"),
                            comments: __orm::RelationField::unloaded(&"Post::COMMENTS"),
                        })
                    }
                    fn value(&self, column: usize) -> __orm::Value {
                        match column {
                            0usize => __orm::Type::put(&self.id),
                            1usize => __orm::Type::put(&self.user_id),
                            _ => __orm::Type::put(&self.title),
                        }
                    }
                    fn into_values(self) -> ::std::vec::Vec<__orm::Value> {
                        ::std::vec![
                            __orm::Type::into_value(self.id), __orm::Type::into_value(self.user_id),
                            __orm::Type::into_value(self.title)
                        ]
                    }
                    fn keep_relations(&mut self, old: Self, changed: u128) {
                        self.user = old.user;
                        self.comments = old.comments;
                        __orm::forget_stale::<_, __orm::Target<User>, _>(Post::USER, self, changed);
                        __orm::forget_stale::<
                            _,
                            __orm::Target<Comment>,
                            _,
                        >(Post::COMMENTS, self, changed);
                    }
                }
                impl __orm::SingleKey<i64> for Post {
                    const COLUMN: __orm::Column<Self, i64> = Self::ID;
                }
                __orm::decode_model!([] Post, []);
                impl __orm::Instance for Post {
                    type Create = PostCreate;
                    type Draft = PostCreate<(__orm::Given,)>;
                    type Update<'__a> = PostUpdate<__orm::UpdateOne<'__a, Self>>;
                    fn __start(start: __orm::Prefilled) -> PostCreate {
                        PostCreate(__orm::CreateBuilder::new(start))
                    }
                    fn __draft() -> Self::Draft {
                        PostCreate(__orm::CreateBuilder::draft())
                    }
                    fn update(&mut self) -> PostUpdate<__orm::UpdateOne<'_, Self>> {
                        PostUpdate(__orm::UpdateBuilder::row(self))
                    }
                }
                #[diagnostic::on_unimplemented(
                    message = "`Post::create()` lacks the required column `user_id`",
                    label = "add `.user_id(..)` before this call"
                )]
                pub trait user_id_is_given {}
                impl user_id_is_given for __orm::Given {}
                __orm::create_builder!(
                    [< __S >] PostCreate < __S >, Post, pub (crate) exec[Self : __orm::Complete <
                    Post >], [], [where __S : __orm::RunsAlone,]
                );
                impl<__S> PostCreate<__S> {
                    pub fn id(self, value: impl __orm::Set<i64>) -> Self {
                        Self(self.0.with(0usize, value.into_set()))
                    }
                    fn title(self, value: impl __orm::Set<Option<String>>) -> Self {
                        Self(self.0.with(2usize, value.into_set()))
                    }
                    ///Creates rows of [`Post::COMMENTS`] together with this one.
                    pub fn with_comments<
                        __I: ::core::iter::IntoIterator<Item: __orm::Complete<Comment>>,
                    >(
                        self,
                        rows: impl ::core::ops::FnOnce(
                            __orm::NewChild<Comment, __orm::ToMany<12400656552945557455>>,
                        ) -> __I,
                    ) -> Self {
                        Self(
                            self
                                .0
                                .children::<
                                    __orm::Target<Comment>,
                                    _,
                                >(Post::COMMENTS, rows(__orm::NewChild::new())),
                        )
                    }
                }
                impl<__S1> PostCreate<(__S1,)> {
                    ///Who wrote it.
                    pub fn user_id(
                        self,
                        value: impl __orm::Set<i64>,
                    ) -> PostCreate<(__orm::Given,)> {
                        PostCreate(self.0.with(1usize, value.into_set()))
                    }
                    pub fn user(self, row: &User) -> PostCreate<(__orm::Given,)> {
                        PostCreate(
                            self.0.refer::<__orm::Target<User>, _>(&[Post::USER.erase()], row),
                        )
                    }
                    ///Creates the row of [`Post::USER`] first; this row's foreign key is filled in.
                    pub fn with_user(
                        self,
                        row: impl __orm::Complete<User>,
                    ) -> PostCreate<(__orm::Given,)> {
                        PostCreate(self.0.parent::<__orm::Target<User>, _, _>(Post::USER, row))
                    }
                }
                impl<__S1> __orm::Complete<Post> for PostCreate<(__S1,)>
                where
                    __S1: user_id_is_given,
                {
                    fn into_create(self) -> __orm::Create<Post> {
                        self.0.finish()
                    }
                }
                __orm::update_builder!(
                    PostUpdate[] [], Post, pub (crate) exec, [], [where __U : __orm::RunsAlone,]
                );
                impl<__U: __orm::Updates<Post>> PostUpdate<__U> {
                    pub fn id(self, value: impl __orm::Assign<Post, i64>) -> Self {
                        Self(self.0.with(0usize, value.into_assigned()))
                    }
                    ///Who wrote it.
                    pub fn user_id(self, value: impl __orm::Assign<Post, i64>) -> Self {
                        Self(self.0.with(1usize, value.into_assigned()))
                    }
                    fn title(self, value: impl __orm::Assign<Post, Option<String>>) -> Self {
                        Self(self.0.with(2usize, value.into_assigned()))
                    }
                    pub fn user(self, row: &User) -> Self {
                        PostUpdate(self.0.refer::<__orm::Target<User>>(&[Post::USER.erase()], row))
                    }
                }
            };
        "#]],
    );
}

#[test]
fn an_enum() {
    check(
        enumeration::derive,
        "#[orm(storage = \"native\")] enum Mood { Happy, #[orm(rename = \"so-so\")] SoSo }",
        &expect![[r#"
            const _: () = {
                use ::orm::__private as __orm;
                static __DEF: __orm::EnumDef = __orm::EnumDef {
                    name: "mood",
                    labels: Mood::LABELS,
                    storage: __orm::EnumStorage::Native,
                };
                #[allow(dead_code)]
                impl Mood {
                    /// The stored labels, in the order of the variants.
                    const LABELS: &'static [&'static str] = &["happy", "so-so"];
                    /// The stored label.
                    const fn as_str(&self) -> &'static str {
                        match self {
                            Self::Happy => "happy",
                            Self::SoSo => "so-so",
                        }
                    }
                    /// The variant that is stored as a label.
                    fn from_label(label: &str) -> ::core::option::Option<Self> {
                        match label {
                            "happy" => ::core::option::Option::Some(Self::Happy),
                            "so-so" => ::core::option::Option::Some(Self::SoSo),
                            _ => ::core::option::Option::None,
                        }
                    }
                }
                #[automatically_derived]
                impl __orm::Scalar for Mood {
                    const TYPE: __orm::SqlType = __orm::SqlType::Enum(&__DEF);
                    fn encode(&self) -> __orm::Value {
                        __orm::Value::Enum(&__DEF, ::std::borrow::Cow::Borrowed(self.as_str()))
                    }
                    fn decode(value: __orm::ValueRef<'_>) -> __orm::Result<Self> {
                        match value {
                            __orm::ValueRef::Text("happy") => ::core::result::Result::Ok(Self::Happy),
                            __orm::ValueRef::Text("so-so") => ::core::result::Result::Ok(Self::SoSo),
                            __orm::ValueRef::Text(_) => {
                                ::core::result::Result::Err(
                                    __orm::Error::decode("one of `happy`, `so-so`", "another text"),
                                )
                            }
                            other => {
                                ::core::result::Result::Err(
                                    __orm::Error::decode(
                                        "one of `happy`, `so-so`",
                                        other.kind_name(),
                                    ),
                                )
                            }
                        }
                    }
                }
            };
        "#]],
    );
}

#[test]
fn a_newtype() {
    check(
        enumeration::derive_value,
        "struct Email(String);",
        &expect![[r#"
        const _: () = {
            use ::orm::__private as __orm;
            #[automatically_derived]
            impl __orm::Scalar for Email {
                const TYPE: __orm::SqlType = <String as __orm::Scalar>::TYPE;
                fn encode(&self) -> __orm::Value {
                    <String as __orm::Scalar>::encode(&self.0)
                }
                fn into_value(self) -> __orm::Value {
                    <String as __orm::Scalar>::into_value(self.0)
                }
                fn decode(value: __orm::ValueRef<'_>) -> __orm::Result<Self> {
                    ::core::result::Result::map(<String as __orm::Scalar>::decode(value), Self)
                }
                fn decode_computed(value: __orm::ValueRef<'_>) -> __orm::Result<Self> {
                    ::core::result::Result::map(
                        <String as __orm::Scalar>::decode_computed(value),
                        Self,
                    )
                }
            }
        };
    "#]],
    );
}

#[test]
fn a_projection() {
    check(
        projection::derive,
        r#"
        #[orm(model = Post)]
        struct Card {
            id: i64,
            #[orm(column = title)] heading: String,
            #[orm(path = user(User).company(Company).name)] company: Option<String>,
            #[orm(count = comments)] comments: i64,
            #[orm(expr = Post::TITLE.upper())] loud: String,
            #[orm(nested = comments)] last: Vec<CommentCard>,
        }
        "#,
        &expect![[r#"
            const _: () = {
                use ::orm::__private as __orm;
                #[automatically_derived]
                impl __orm::Copied for Card {
                    fn copied(&self) -> Self {
                        Self {
                            id: ::core::clone::Clone::clone(&self.id),
                            heading: ::core::clone::Clone::clone(&self.heading),
                            company: ::core::clone::Clone::clone(&self.company),
                            comments: ::core::clone::Clone::clone(&self.comments),
                            loud: ::core::clone::Clone::clone(&self.loud),
                            last: __orm::Copied::copied(&self.last),
                        }
                    }
                }
                #[automatically_derived]
                impl __orm::Projection<Post> for Card {
                    type Seed = Card;
                    fn select(list: &mut __orm::SelectItems<Post>) {
                        list.push::<__orm::Column<Post, i64, _>>(Post::ID);
                        list.push::<__orm::Column<Post, String, _>>(Post::TITLE);
                        list.push_into::<
                                Option<String>,
                                _,
                            >(Post::USER.expr(User::COMPANY.col(Company::NAME)));
                        list.push::<__orm::Expr<Post, i64>>(Post::COMMENTS.count());
                        list.push_into::<String, _>(Post::TITLE.upper());
                        list.nest(Post::COMMENTS, |__row: &mut Self::Seed| &mut __row.last);
                    }
                    fn read(columns: &mut __orm::Columns<'_>) -> __orm::Result<Card> {
                        ::core::result::Result::Ok(Card {
                            id: columns.next()?,
                            heading: columns.next()?,
                            company: columns.next()?,
                            comments: columns.next_computed()?,
                            loud: columns.next_computed()?,
                            last: ::core::default::Default::default(),
                        })
                    }
                    fn grow(seed: Card) -> __orm::Result<Self> {
                        ::core::result::Result::Ok(seed)
                    }
                }
            };
        "#]],
    );
}
