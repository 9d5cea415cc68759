-- What are the indicators of every unit in every period?
-- Grain: one row per unit (village, town, county, prefecture), period and indicator, and item where an indicator is not
-- added up. There are rows for units of which at least one row was reported.
--
-- A rate is numerator / denominator x times, both added up apart: never an average of rates. A county or prefecture
-- adds up all below it, a town what include/schemas/indicators.yml says; the catalogue is filled in from that file.
-- What is contested, withheld or missing counts in neither part. A denominator of units of the register is those of the
-- period's last day, reported or not; one that nobody provided leaves the value null, and `without_value` says so.
-- Prefectures have a part of their own, so that a filter on county_code reaches the index (county_code, period) of
-- every form table; theirs goes county by county, so that it is found by the register.

create or replace function marts.indicators(known_at bigint)
returns table (
    county_code text,
    town_code text,
    unit_code text,
    unit_name text,
    level text,
    period text,
    indicator_code text,
    indicator_name text,
    title text,
    unit text,
    item text,
    numerator numeric,
    denominator numeric,
    times int,
    value numeric,
    without_value text,
    list_id text,
    rows_counted bigint,
    rows_contested bigint,
    rows_missing bigint,
    is_added_up boolean
)
language sql
stable
as $$
with of_counties as (
    select
        part.county_code,
        case when listed.level in ('village', 'town') then part.town_code end as town_code,
        case listed.level
            when 'village' then part.division_code
            when 'town' then part.town_code
            else part.county_code
        end as unit_code,
        listed.level,
        part.period,
        part.indicator_code,
        part.item,
        max(part.village_name) filter (where listed.level = 'village') as village_name,
        sum(part.numerator) as numerator,
        sum(part.denominator) as denominator,
        count(*) filter (where part.outcome = 'counted') as rows_counted,
        count(*) filter (where part.outcome = 'contested') as rows_contested,
        count(*) filter (where part.outcome = 'missing') as rows_missing,
        max(part.from_load) filter (where part.outcome = 'counted') as list_load
    from marts.indicator_rows(known_at) as part
    inner join :indicator_levels as listed (indicator_code, level, adds_up)
        on
            part.indicator_code = listed.indicator_code
            and listed.level <> 'prefecture'
            and case listed.level
                when 'village' then part.division_code not in (part.town_code, part.county_code)
                when 'town'
                    then part.town_code <> part.county_code and (listed.adds_up or part.division_code = part.town_code)
                else true
            end
    group by
        part.county_code,
        case when listed.level in ('village', 'town') then part.town_code end,
        case listed.level
            when 'village' then part.division_code
            when 'town' then part.town_code
            else part.county_code
        end,
        listed.level,
        part.period,
        part.indicator_code,
        part.item
),

of_prefectures as (
    select
        cast(null as text) as county_code,
        cast(null as text) as town_code,
        county.parent_code as unit_code,
        listed.level,
        part.period,
        part.indicator_code,
        part.item,
        cast(null as text) as village_name,
        sum(part.numerator) as numerator,
        sum(part.denominator) as denominator,
        sum(part.rows_counted) as rows_counted,
        sum(part.rows_contested) as rows_contested,
        sum(part.rows_missing) as rows_missing,
        max(part.list_load) as list_load
    from marts.place_versions(known_at) as county
    cross join
        lateral (
            select
                part.period,
                part.indicator_code,
                part.item,
                sum(part.numerator) as numerator,
                sum(part.denominator) as denominator,
                count(*) filter (where part.outcome = 'counted') as rows_counted,
                count(*) filter (where part.outcome = 'contested') as rows_contested,
                count(*) filter (where part.outcome = 'missing') as rows_missing,
                max(part.from_load) filter (where part.outcome = 'counted') as list_load
            from marts.indicator_rows(known_at) as part
            where part.county_code = county.place_code
            group by part.period, part.indicator_code, part.item
        ) as part
    inner join :indicator_levels as listed (indicator_code, level, adds_up)
        on part.indicator_code = listed.indicator_code and listed.level = 'prefecture'
    inner join core.dim_period as period on part.period = period.period
    where
        county.level = 3
        and county.valid_from <= period.last_day
        and (county.valid_to is null or county.valid_to > period.last_day)
        and exists (
            select 1
            from core.dim_place as prefecture
            where prefecture.place_code = county.parent_code and prefecture.level = 2
        )
    group by county.parent_code, listed.level, part.period, part.indicator_code, part.item
),

figures as (
    select figure.* from of_counties as figure
    union all
    select figure.* from of_prefectures as figure
),

divided as (
    select
        figure.*,
        period.last_day,
        described.indicator_name,
        described.title,
        described.unit,
        described.times,
        described.is_added_up,
        described.is_rate,
        case
            when described.of_units is null then figure.denominator
            else cast(
                coalesce(of_town.units, of_county.units, of_prefecture.units)
                * case when described.of_months then extract(month from period.last_day) else 1 end
                as numeric
            )
        end as divisor,
        case
            when described.of_units is null then described.of_tables || '@' || cast(figure.list_load as text)
            else
                'register@'
                || cast(coalesce(of_town.list_load, of_county.list_load, of_prefecture.list_load) as text)
        end as list_id
    from figures as figure
    inner join core.dim_period as period on figure.period = period.period
    inner join
        :indicators
            as described (
                indicator_code, indicator_name, title, unit, times, is_added_up, is_rate,
                of_tables, of_units, of_kinds, of_months
            )
        on figure.indicator_code = described.indicator_code
    left join
        lateral (
            select
                nullif(count(*), 0) as units,
                max(listed.from_load) as list_load
            from marts.registered_units(known_at) as listed
            where
                described.of_units is not null
                and figure.level = 'town'
                and listed.town_code = figure.unit_code
                and listed.level = described.of_units
                and (described.of_kinds is null or listed.kind = any(described.of_kinds))
                and listed.valid_from <= period.last_day
                and (listed.valid_to is null or listed.valid_to > period.last_day)
        ) as of_town
        on true
    left join
        lateral (
            select
                nullif(count(*), 0) as units,
                max(listed.from_load) as list_load
            from marts.registered_units(known_at) as listed
            where
                described.of_units is not null
                and figure.level = 'county'
                and listed.county_code = figure.unit_code
                and listed.level = described.of_units
                and (described.of_kinds is null or listed.kind = any(described.of_kinds))
                and listed.valid_from <= period.last_day
                and (listed.valid_to is null or listed.valid_to > period.last_day)
        ) as of_county
        on true
    left join
        lateral (
            select
                nullif(sum(of_one.units), 0) as units,
                max(of_one.list_load) as list_load
            from marts.place_versions(known_at) as county
            cross join
                lateral (
                    select
                        count(*) as units,
                        max(listed.from_load) as list_load
                    from marts.registered_units(known_at) as listed
                    where
                        listed.county_code = county.place_code
                        and listed.level = described.of_units
                        and (described.of_kinds is null or listed.kind = any(described.of_kinds))
                        and listed.valid_from <= period.last_day
                        and (listed.valid_to is null or listed.valid_to > period.last_day)
                ) as of_one
            where
                described.of_units is not null
                and figure.level = 'prefecture'
                and county.parent_code = figure.unit_code
                and county.level = 3
                and county.valid_from <= period.last_day
                and (county.valid_to is null or county.valid_to > period.last_day)
        ) as of_prefecture
        on true
),

final as (
    select
        figure.county_code,
        figure.town_code,
        figure.unit_code,
        coalesce(figure.village_name, place.name) as unit_name,
        figure.level,
        figure.period,
        figure.indicator_code,
        figure.indicator_name,
        figure.title,
        figure.unit,
        figure.item,
        figure.numerator,
        figure.divisor as denominator,
        figure.times,
        case
            when figure.is_rate then figure.numerator * figure.times / nullif(figure.divisor, 0)
            else figure.numerator * figure.times
        end as value,
        case
            when figure.rows_counted = 0 and figure.rows_contested > 0 then '数据待核'
            when figure.numerator is null then '没有填报'
            when figure.is_rate and figure.divisor is null then '分母未提供'
            when figure.is_rate and figure.divisor = 0 then '分母为0'
        end as without_value,
        figure.list_id,
        cast(figure.rows_counted as bigint) as rows_counted,
        cast(figure.rows_contested as bigint) as rows_contested,
        cast(figure.rows_missing as bigint) as rows_missing,
        figure.is_added_up
    from divided as figure
    left join
        lateral (
            select version.name
            from core.dim_place as version
            where
                figure.village_name is null
                and version.place_code = figure.unit_code
                and version.valid_from <= figure.last_day
                and version.from_load <= known_at
                and (version.to_load is null or version.to_load > known_at)
            order by version.valid_from desc
            limit 1
        ) as place
        on true
)

select * from final
$$;

-- A subquery as argument would keep the function from being inlined, and every filter out of it.
create or replace view marts.indicators with (security_invoker = true) as
select figure.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.indicators(latest.load_id) as figure;

comment on view marts.indicators is
'Indicators; one row per unit, period and indicator.';
comment on function marts.indicators(bigint) is
'As known at a load: Indicators; one row per unit, period and indicator.';

comment on column marts.indicators.county_code is 'The county (12 digits); null for a prefecture.';
comment on column marts.indicators.town_code is 'The town (12 digits) of a town or village; null above.';
comment on column marts.indicators.unit_code is 'The village, town, county or prefecture (12 digits).';
comment on column marts.indicators.unit_name is 'Its name on the last day of the period.';
comment on column marts.indicators.level is 'village, town, county or prefecture.';
comment on column marts.indicators.period is 'Period of the indicator: month, quarter or year.';
comment on column marts.indicators.indicator_code is 'The indicator, as in the data dictionary.';
comment on column marts.indicators.indicator_name is 'Its name in the software.';
comment on column marts.indicators.title is 'Its official title.';
comment on column marts.indicators.unit is 'Unit of measure of the value.';
comment on column marts.indicators.item is
'What tells several figures of one unit apart, where the indicator is not added up; else empty.';
comment on column marts.indicators.numerator is 'What counts, added up; null if nothing does.';
comment on column marts.indicators.denominator is 'What it is divided by, added up; null if there is none.';
comment on column marts.indicators.times is 'Factor: 100 for per cent.';
comment on column marts.indicators.value is
'numerator x times, divided by the denominator if the indicator has one.';
comment on column marts.indicators.without_value is
'Why there is no value: 数据待核, 没有填报, 分母未提供, 分母为0; null if there is one.';
comment on column marts.indicators.list_id is
'What the denominator is taken of, and the last load that changed it: register@3, village_profile@17; else null.';
comment on column marts.indicators.rows_counted is 'Rows of returns that count.';
comment on column marts.indicators.rows_contested is
'Rows that do not, because what they say is contested or withheld.';
comment on column marts.indicators.rows_missing is 'Rows that do not, because they leave out what it takes.';
comment on column marts.indicators.is_added_up is 'Whether figures of several units may be added up.';
