-- Does the stock of books reach the promised volumes per head, how sure is that, and how much of it can be found?
-- Grain: one row per plan, period and promise of volumes per head (CO06), of plans that promise catalogued ones
-- (CO07), too.
--
-- Volumes on the shelf and volumes in the catalogue are two figures (domain §4.10): weeding what is obsolete, which
-- the second asks for, can break the first. Both are measured by the promise for CO06; CO07 says by when the
-- catalogued are due. A village that stated its stock and not what is catalogued is in the population of the first
-- figure only.
-- Light: green when both reach the promise, yellow when only the stock does, red when it does not, grey without a
-- figure.

create or replace function marts.books_tradeoff(known_at bigint)
returns table (
    plan_code text,
    plan_title text,
    county_code text,
    target_number smallint,
    period text,
    period_end date,
    is_latest boolean,
    at_least numeric,
    population numeric,
    books_total numeric,
    books_per_capita numeric,
    books_required numeric,
    books_margin numeric,
    breaks_above_population numeric,
    books_to_weed numeric,
    catalogued_population numeric,
    books_catalogued numeric,
    catalogued_per_capita numeric,
    catalogued_gap numeric,
    books_uncatalogued numeric,
    books_to_buy numeric,
    due_period text,
    quarters_left bigint,
    needed_per_quarter numeric,
    light text,
    conclusion text
)
language sql
stable
as $$
with known_day as (
    select cast(ops_load.loaded_at at time zone 'Asia/Shanghai' as date) as as_of
    from ops.loads as ops_load
    where ops_load.load_id = known_at
),

targets as (
    select target.*
    from marts.target_board(known_at) as target
    where target.indicator_code in ('CO06', 'CO07')
),

due_periods as (
    select distinct
        target.plan_code,
        target.target_number,
        target.due_period
    from targets as target
),

quarters as (
    select
        target.plan_code,
        target.target_number,
        count(quarter.period) as quarters_left
    from due_periods as target
    cross join known_day
    inner join core.dim_period as due on target.due_period = due.period
    left join core.dim_period as quarter
        on
            quarter.kind = 'quarter'
            and known_day.as_of <= quarter.last_day
            and due.last_day >= quarter.last_day
    group by target.plan_code, target.target_number
),

promises as (
    select distinct on (target.plan_code, target.period) target.*
    from targets as target
    where target.indicator_code = 'CO07'
    order by target.plan_code asc, target.period asc, target.target_number asc
),

stocks as (
    select
        stock.plan_code,
        stock.plan_title,
        stock.county_code,
        stock.target_number,
        stock.period,
        stock.period_end,
        stock.is_latest,
        stock.at_least,
        case when stock.value is not null then stock.denominator end as population,
        case when stock.value is not null then stock.numerator end as books_total,
        stock.value as books_per_capita,
        stock.numerator_required as books_required,
        stock.margin as books_margin,
        stock.is_met,
        case when found.value is not null then found.denominator end as catalogued_population,
        case when found.value is not null then found.numerator end as books_catalogued,
        found.value as catalogued_per_capita,
        case
            when found.value is not null then greatest(stock.at_least * found.denominator - found.numerator, 0)
        end as catalogued_gap,
        found.due_period,
        quarter.quarters_left
    from targets as stock
    inner join promises as found on stock.plan_code = found.plan_code and stock.period = found.period
    inner join quarters as quarter
        on found.plan_code = quarter.plan_code and found.target_number = quarter.target_number
    where stock.indicator_code = 'CO06'
),

final as (
    select
        stock.plan_code,
        stock.plan_title,
        stock.county_code,
        stock.target_number,
        stock.period,
        stock.period_end,
        stock.is_latest,
        stock.at_least,
        stock.population,
        stock.books_total,
        stock.books_per_capita,
        stock.books_required,
        stock.books_margin,
        floor(stock.books_total / nullif(stock.at_least, 0)) as breaks_above_population,
        case when stock.is_met then floor(stock.books_margin) when not stock.is_met then 0 end as books_to_weed,
        stock.catalogued_population,
        stock.books_catalogued,
        stock.catalogued_per_capita,
        stock.catalogued_gap,
        stock.books_total - stock.books_catalogued as books_uncatalogued,
        case
            when stock.books_total - stock.books_catalogued >= stock.catalogued_gap then 0
            else stock.catalogued_gap - (stock.books_total - stock.books_catalogued)
        end as books_to_buy,
        stock.due_period,
        stock.quarters_left,
        ceil(stock.catalogued_gap / nullif(stock.quarters_left, 0)) as needed_per_quarter,
        case
            when not stock.is_met then 'red'
            when stock.is_met and stock.catalogued_gap = 0 then 'green'
            when stock.is_met and stock.catalogued_gap > 0 then 'yellow'
            else 'grey'
        end as light,
        case
            when not stock.is_met then '名义未达标'
            when stock.is_met and stock.catalogued_gap = 0 then '名义和可用都达标'
            when stock.is_met and stock.catalogued_gap > 0 then '名义达标、可用不足'
            else '数据不全，不能判断'
        end as conclusion
    from stocks as stock
)

select * from final
$$;

create or replace view marts.books_tradeoff with (security_invoker = true) as
select stock.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.books_tradeoff(latest.load_id) as stock;

comment on view marts.books_tradeoff is
'Volumes per head, on the shelf and in the catalogue; one row per plan, period and promise.';
comment on function marts.books_tradeoff(bigint) is
'As known at a load: Volumes per head, on the shelf and in the catalogue; one row per plan, period and promise.';

comment on column marts.books_tradeoff.plan_code is 'The programme.';
comment on column marts.books_tradeoff.plan_title is 'Its official title.';
comment on column marts.books_tradeoff.county_code is 'Whose programme (12 digits): a county or a prefecture.';
comment on column marts.books_tradeoff.target_number is 'The target for CO06, in the order of the plan.';
comment on column marts.books_tradeoff.period is 'Period of the figures.';
comment on column marts.books_tradeoff.period_end is 'Its last day.';
comment on column marts.books_tradeoff.is_latest is 'Whether it is the last one.';
comment on column marts.books_tradeoff.at_least is 'Volumes per head that are promised.';
comment on column marts.books_tradeoff.population is 'Resident population of those that stated their stock.';
comment on column marts.books_tradeoff.books_total is 'Volumes: main libraries, stations and village rooms.';
comment on column marts.books_tradeoff.books_per_capita is 'Volumes per head (CO06).';
comment on column marts.books_tradeoff.books_required is 'Volumes with which the promise is just kept.';
comment on column marts.books_tradeoff.books_margin is 'books_total - books_required; below 0 they are missing.';
comment on column marts.books_tradeoff.breaks_above_population is
'Most people for whom the stock is enough: with one more it is not.';
comment on column marts.books_tradeoff.books_to_weed is
'Volumes that may be weeded while the population stays: with one more the promise is broken.';
comment on column marts.books_tradeoff.catalogued_population is
'Resident population of those that stated what is catalogued.';
comment on column marts.books_tradeoff.books_catalogued is 'Volumes that can be found in a catalogue.';
comment on column marts.books_tradeoff.catalogued_per_capita is 'Catalogued volumes per head (CO07).';
comment on column marts.books_tradeoff.catalogued_gap is
'Catalogued volumes that are missing to the same promise; 0 when none are.';
comment on column marts.books_tradeoff.books_uncatalogued is
'Volumes that are there and not catalogued: what cataloguing alone can bring.';
comment on column marts.books_tradeoff.books_to_buy is 'What of the gap has to be bought even if all are catalogued.';
comment on column marts.books_tradeoff.due_period is 'At whose end the catalogued volumes are due.';
comment on column marts.books_tradeoff.quarters_left is 'Quarters that end from the day of the load until then.';
comment on column marts.books_tradeoff.needed_per_quarter is
'Volumes to catalogue or buy in each of them; null when none is left.';
comment on column marts.books_tradeoff.light is 'green, yellow, red or grey.';
comment on column marts.books_tradeoff.conclusion is 'The same in Chinese words.';
