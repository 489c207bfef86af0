//! What databases compute from columns: the same on each of them.

use chrono::{DateTime, NaiveDate, Utc};
use orm::prelude::*;
use orm::{Result, case, row_number, val};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::Test;
use crate::cases::cases;

#[derive(Debug, Clone, PartialEq, Model)]
struct Load {
    #[orm(primary_key)]
    id: i64,
    #[orm(default = 0)]
    grams: i32,
    limit: Option<i32>,
    #[orm(default = 0.0)]
    length: f64,
    #[orm(default = 0.0)]
    width: f32,
    #[orm(precision(20, 4), default)]
    price: Decimal,
    #[orm(default = false)]
    fragile: bool,
    insured: Option<bool>,
    #[orm(default)]
    token: Uuid,
    #[orm(type = "CHAR(36)")]
    label: Option<Uuid>,
    #[orm(default)]
    seal: Vec<u8>,
    sent_at: Option<DateTime<Utc>>,
}

/// Loads of the given grams.
async fn loads(test: &Test, grams: &[i32]) -> Result<Database> {
    let db = test.with::<Load>().await?;
    Load::bulk_create(grams.iter().map(|grams| Load::create().grams(*grams))).exec(&db).await?;
    Ok(db)
}

async fn floats_and_decimals_have_remainders(test: Test) -> Result<()> {
    let db = test.with::<Load>().await?;
    Load::create().length(-2.5).width(2.5).price(Decimal::new(-1025, 2)).exec(&db).await?;
    let rest = (Load::LENGTH % 2.0, Load::WIDTH % 2.0, Load::PRICE % Decimal::from(3));
    let found = Load::find_all().select(rest).exec(&db).await?;
    assert_eq!(found, [(-0.5, 0.5, Decimal::new(-125, 2))]);
    Ok(())
}

/// A decimal with as many digits as the database has.
#[derive(Debug, Clone, PartialEq, Model)]
struct Share {
    #[orm(primary_key)]
    id: i64,
    part: Decimal,
}

async fn averages_and_quotients_of_decimals_are_decimals(test: Test) -> Result<()> {
    let db = test.with::<Share>().await?;
    Share::bulk_create([1, 2, 2].map(|part| Share::create().part(Decimal::from(part)))).exec(&db).await?;
    let third = |n: i64| (Decimal::from(n) / Decimal::from(3)).round_dp(10);
    let averages = Share::find_all().select((Share::PART.avg(), Share::PART.avg().only_where(Share::ID.le(2))));
    let (all, some) = averages.exec(&db).await?[0];
    assert_eq!(
        (all.map(|d| d.round_dp(10)), some.map(|d| d.round_dp(10))),
        (Some(third(5)), Some(Decimal::new(15, 1)))
    );
    let over = Share::PART.avg().over((), Share::ID.asc());
    let running = Share::find_all().select(over).order_by(Share::ID).exec(&db).await?;
    assert_eq!(running[2].map(|d| d.round_dp(10)), Some(third(5)));
    let quotients = Share::find_all().select(Share::PART / Decimal::from(3)).order_by(Share::ID).exec(&db).await?;
    assert_eq!(quotients.iter().map(|d| d.round_dp(10)).collect::<Vec<_>>(), [third(1), third(2), third(2)]);
    assert_eq!(Share::count().filter((Share::PART / Decimal::from(4)).eq(Decimal::new(5, 1))).exec(&db).await?, 2);
    Ok(())
}

async fn whole_decimals_are_divided_as_others(test: Test) -> Result<()> {
    let db = test.with::<Load>().await?;
    Load::create().price(Decimal::from(15)).exec(&db).await?;
    let found = Load::find_all().select(Load::PRICE / Decimal::from(4)).exec(&db).await?;
    assert_eq!(found, [Decimal::new(375, 2)]);
    Ok(())
}

async fn averages_of_integers_are_as_exact_as_their_type(test: Test) -> Result<()> {
    let db = loads(&test, &[1, 1, 3]).await?;
    let average = Load::aggregate(Load::GRAMS.avg()).exec(&db).await?;
    assert!((average.unwrap() - 5.0 / 3.0).abs() < 1e-12, "{average:?}");
    Ok(())
}

async fn floats_of_single_precision_are_summed_in_double(test: Test) -> Result<()> {
    let db = test.with::<Load>().await?;
    let widths = [1_234_567.9_f32, 14.5, 0.005];
    Load::bulk_create(widths.map(|width| Load::create().width(width))).exec(&db).await?;
    let sum = Load::aggregate(Load::WIDTH.sum()).exec(&db).await?;
    let expected: f64 = widths.into_iter().map(f64::from).sum();
    assert!((sum.unwrap() - expected).abs() < 1e-6, "{sum:?}");
    Ok(())
}

async fn uuids_and_truth_values_have_a_least_and_a_greatest(test: Test) -> Result<()> {
    let db = test.with::<Load>().await?;
    let tokens = [3, 1 << 127, 1].map(Uuid::from_u128);
    Load::bulk_create(tokens.map(|token| Load::create().token(token).fragile(token == tokens[1]))).exec(&db).await?;
    let least = (Load::TOKEN.min(), Load::FRAGILE.min(), Load::INSURED.min());
    assert_eq!(Load::aggregate(least).exec(&db).await?, (Some(tokens[2]), Some(false), None));
    let greatest = (Load::TOKEN.max(), Load::FRAGILE.max(), Load::INSURED.max());
    assert_eq!(Load::aggregate(greatest).exec(&db).await?, (Some(tokens[1]), Some(true), None));
    let over = Load::find_all().select(Load::TOKEN.max().over(Load::FRAGILE, ())).order_by(Load::ID.asc());
    assert_eq!(over.exec(&db).await?, [Some(tokens[0]), Some(tokens[1]), Some(tokens[0])]);
    Ok(())
}

async fn values_take_the_form_of_the_column_they_stand_in_for(test: Test) -> Result<()> {
    let db = test.with::<Load>().await?;
    let (a, b) = (Uuid::from_u128(0xa), Uuid::from_u128(0xb));
    Load::bulk_create([Load::create().label(a), Load::create()]).exec(&db).await?;
    let label = Load::LABEL.unwrap_or(b);
    let found = Load::find_all().select(label.clone()).order_by(Load::ID.asc()).exec(&db).await?;
    assert_eq!(found, [a, b]);
    assert_eq!(Load::find_all().filter(label.clone().eq(b)).select(Load::ID).exec(&db).await?, [2]);
    assert_eq!(Load::find_all().filter(label.in_([b])).select(Load::ID).exec(&db).await?, [2]);
    let swapped = case().when(Load::LABEL.eq(a), b).otherwise(Load::LABEL);
    assert_eq!(Load::find_all().filter(swapped.eq(b)).select(Load::ID).exec(&db).await?, [1]);
    let of_all = Load::find_all().select(Load::LABEL.max()).group_by(Load::GRAMS).having(Load::LABEL.max().eq(a));
    assert_eq!(of_all.exec(&db).await?, [Some(a)]);
    Ok(())
}

async fn truth_values_come_out_of_case_and_unwrap_or(test: Test) -> Result<()> {
    let db = test.with::<Load>().await?;
    Load::bulk_create([Load::create(), Load::create().fragile(true).insured(false)]).exec(&db).await?;
    let items = (Load::INSURED.unwrap_or(true), case().when(Load::ID.eq(1), true).otherwise(Load::FRAGILE));
    let found = Load::find_all().select(items).order_by(Load::ID.asc()).exec(&db).await?;
    assert_eq!(found, [(true, true), (false, true)]);
    let both = Load::find_all().filter(Load::FRAGILE.and(Load::INSURED.eq(false)).or(Load::ID.gt(7))).select(Load::ID);
    assert_eq!(both.exec(&db).await?, [2]);
    Ok(())
}

async fn bytes_and_uuids_can_be_selected_as_values(test: Test) -> Result<()> {
    let db = loads(&test, &[1]).await?;
    let (bytes, uuid) = (vec![0_u8, 255, 39], Uuid::from_u128(u128::MAX));
    let found = Load::find_all().select((val(bytes.clone()), val(uuid))).exec(&db).await?;
    assert_eq!(found, [(bytes, uuid)]);
    Ok(())
}

async fn rows_are_grouped_by_the_day(test: Test) -> Result<()> {
    let db = test.with::<Load>().await?;
    let times = ["2026-05-01T00:00:00Z", "2026-05-01T23:59:59.5Z", "2026-05-02T00:00:00Z"];
    let times = times.map(|time| time.parse::<DateTime<Utc>>().unwrap());
    Load::bulk_create(times.map(|time| Load::create().sent_at(time))).exec(&db).await?;
    let day = || Load::SENT_AT.cast::<Option<NaiveDate>>();
    let days = Load::find_all().select((day(), count_all())).group_by(day()).order_by(day().asc()).exec(&db).await?;
    let [first, .., last] = times.map(|time| Some(time.date_naive()));
    assert_eq!(days, [(first, 2), (last, 1)]);
    assert_eq!(Load::count().filter(day().eq(times[0].date_naive())).exec(&db).await?, 2);
    Ok(())
}

async fn groups_go_by_any_expression(test: Test) -> Result<()> {
    let db = loads(&test, &[1, 2, 3, 4]).await?;
    let of_list = || Load::GRAMS.in_([1, 3, 5]);
    let groups = Load::find_all().select((of_list(), count_all())).group_by(of_list()).order_by(of_list().asc());
    assert_eq!(groups.exec(&db).await?, [(false, 2), (true, 2)]);
    let groups = Load::find_all().select((!Load::FRAGILE, count_all())).group_by(!Load::FRAGILE);
    assert_eq!(groups.exec(&db).await?, [(true, 4)]);
    Load::update().set(Load::LIMIT, 5).filter(Load::GRAMS.gt(1)).exec(&db).await?;
    let sum = || Load::LIMIT + 1;
    let groups = Load::find_all().select((sum(), count_all())).group_by(sum()).order_by(sum().asc().nulls_last());
    assert_eq!(groups.exec(&db).await?, [(Some(6), 3), (None, 1)]);
    Ok(())
}

async fn only_where_reaches_aggregates_inside_of_expressions(test: Test) -> Result<()> {
    let db = loads(&test, &[1, 2, 30]).await?;
    let small = || Load::GRAMS.lt(10);
    let sums = (Load::GRAMS.sum().unwrap_or(0).only_where(small()), (Load::GRAMS.sum() + 1).only_where(small()));
    assert_eq!(Load::aggregate(sums).exec(&db).await?, (3, Some(4)));
    let limits = Load::find_all().select((Load::LIMIT.unwrap_or(7).nullable()).only_where(small()));
    assert_eq!(limits.order_by(Load::ID.asc()).exec(&db).await?, [Some(7), Some(7), None]);
    Ok(())
}

async fn windows_may_be_of_all_rows(test: Test) -> Result<()> {
    let db = loads(&test, &[3, 1, 2]).await?;
    let items = (row_number().over((), Load::GRAMS.desc()), Load::GRAMS.sum().over((), Load::ID.asc()));
    let found = Load::find_all().select(items).order_by(Load::ID.asc()).exec(&db).await?;
    assert_eq!(found, [(1, Some(3)), (3, Some(4)), (2, Some(6))]);
    Ok(())
}

cases! { $ compute:
    floats_and_decimals_have_remainders,
    averages_and_quotients_of_decimals_are_decimals,
    whole_decimals_are_divided_as_others,
    averages_of_integers_are_as_exact_as_their_type,
    floats_of_single_precision_are_summed_in_double,
    uuids_and_truth_values_have_a_least_and_a_greatest,
    values_take_the_form_of_the_column_they_stand_in_for,
    truth_values_come_out_of_case_and_unwrap_or,
    bytes_and_uuids_can_be_selected_as_values,
    rows_are_grouped_by_the_day,
    groups_go_by_any_expression,
    only_where_reaches_aggregates_inside_of_expressions,
    windows_may_be_of_all_rows,
}
