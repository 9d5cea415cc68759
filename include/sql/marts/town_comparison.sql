-- How do the towns of a county compare in every indicator?
-- Grain: one row per town, period and indicator. Towns of which a row is contested or withheld, or which have no value,
-- are shown and neither ranked nor part of median and dispersion; towns that reported nothing have no row.

create or replace function marts.town_comparison(known_at bigint)
returns table (
    county_code text,
    town_code text,
    town_name text,
    period text,
    indicator_code text,
    title text,
    unit text,
    numerator numeric,
    denominator numeric,
    value numeric,
    without_value text,
    rows_contested bigint,
    is_ranked boolean,
    rank bigint,
    share numeric,
    median numeric,
    minimum numeric,
    maximum numeric,
    coefficient_of_variation numeric,
    towns_reported bigint,
    towns_ranked bigint
)
language sql
stable
as $$
with figures as (
    select
        figure.*,
        figure.value is not null and figure.rows_contested = 0 as is_ranked
    from marts.indicators(known_at) as figure
    where figure.level = 'town'
),

ranked as (
    select
        figure.*,
        rank() over (
            partition by figure.county_code, figure.period, figure.indicator_code, figure.is_ranked
            order by figure.value desc
        ) as rank,
        row_number() over (
            partition by figure.county_code, figure.period, figure.indicator_code, figure.is_ranked
            order by figure.value desc, figure.town_code asc
        ) as position,
        count(*) filter (where figure.is_ranked) over (
            partition by figure.county_code, figure.period, figure.indicator_code
        ) as towns_ranked
    from figures as figure
),

final as (
    select
        figure.county_code,
        figure.town_code,
        figure.unit_name as town_name,
        figure.period,
        figure.indicator_code,
        figure.title,
        figure.unit,
        figure.numerator,
        figure.denominator,
        figure.value,
        figure.without_value,
        figure.rows_contested,
        figure.is_ranked,
        case when figure.is_ranked then figure.rank end as rank,
        case
            when figure.is_ranked and figure.is_added_up
                then figure.numerator / nullif(sum(figure.numerator) filter (where figure.is_ranked) over county, 0)
        end as share,
        avg(figure.value) filter (
            where figure.is_ranked and figure.position in ((figure.towns_ranked + 1) / 2, figure.towns_ranked / 2 + 1)
        ) over county as median,
        min(figure.value) filter (where figure.is_ranked) over county as minimum,
        max(figure.value) filter (where figure.is_ranked) over county as maximum,
        stddev_pop(figure.value) filter (where figure.is_ranked) over county
        / nullif(avg(figure.value) filter (where figure.is_ranked) over county, 0) as coefficient_of_variation,
        count(*) over county as towns_reported,
        figure.towns_ranked
    from ranked as figure
    window county as (partition by figure.county_code, figure.period, figure.indicator_code)
)

select * from final
$$;

-- A subquery as argument would keep the function from being inlined, and every filter out of it.
create or replace view marts.town_comparison with (security_invoker = true) as
select figure.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.town_comparison(latest.load_id) as figure;

comment on view marts.town_comparison is
'The towns of a county side by side; one row per town, period and indicator.';
comment on function marts.town_comparison(bigint) is
'As known at a load: The towns of a county side by side; one row per town, period and indicator.';

comment on column marts.town_comparison.county_code is 'The county (12 digits).';
comment on column marts.town_comparison.town_code is 'The town (12 digits).';
comment on column marts.town_comparison.town_name is 'Its name on the last day of the period.';
comment on column marts.town_comparison.period is 'Period of the indicator.';
comment on column marts.town_comparison.indicator_code is 'The indicator, as in the data dictionary.';
comment on column marts.town_comparison.title is 'Its official title.';
comment on column marts.town_comparison.unit is 'Unit of measure of the value.';
comment on column marts.town_comparison.numerator is 'What counts, added up; null if nothing does.';
comment on column marts.town_comparison.denominator is 'What it is divided by; null if there is none.';
comment on column marts.town_comparison.value is 'As in marts.indicators.';
comment on column marts.town_comparison.without_value is 'Why there is no value, in Chinese; null if there is one.';
comment on column marts.town_comparison.rows_contested is 'Rows of the town that are contested or withheld.';
comment on column marts.town_comparison.is_ranked is
'Whether it has a value of which nothing is contested or withheld.';
comment on column marts.town_comparison.rank is
'1 for the highest value, the same for equal ones; null if not ranked.';
comment on column marts.town_comparison.share is
'Its numerator as a share of those of all ranked towns of the county; null where figures are not added up.';
comment on column marts.town_comparison.median is 'Median of the ranked towns of the county.';
comment on column marts.town_comparison.minimum is 'Least value of the ranked towns.';
comment on column marts.town_comparison.maximum is 'Greatest value of the ranked towns.';
comment on column marts.town_comparison.coefficient_of_variation is
'Standard deviation of the ranked towns divided by their mean; null if the mean is 0.';
comment on column marts.town_comparison.towns_reported is 'Towns of the county with at least one row.';
comment on column marts.town_comparison.towns_ranked is 'Those that are ranked.';
