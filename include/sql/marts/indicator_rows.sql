-- Which row of which return counts for which indicator, and with what?
-- Grain: one row per indicator and row of a return that it reads, in the indicator's period. What is contested or
-- withheld, or says nothing where it would have to, counts in neither part.
-- The formulas are filled in from include/schemas/indicators.yml. A filter on county_code reaches the index
-- (county_code, period) of every form table.

create or replace function marts.indicator_rows(known_at bigint)
returns table (
    county_code text,
    town_code text,
    division_code text,
    village_name text,
    period text,
    indicator_code text,
    item text,
    numerator numeric,
    denominator numeric,
    outcome text,
    table_name text,
    reported_period text,
    row_key text,
    submission_id bigint,
    sheet text,
    row_number int,
    from_load bigint
)
language sql
stable
as $$
with parts as (
    select
        part.*,
        case
            when part.is_contested then 'contested'
            when num_nonnulls(part.numerator, part.denominator) < part.wanted then 'missing'
            else 'counted'
        end as outcome
    from :reported_figures as part
),

final as (
    select
        part.county_code,
        part.town_code,
        part.division_code,
        part.village_name,
        part.period,
        part.indicator_code,
        part.item,
        case when part.outcome = 'counted' then part.numerator end as numerator,
        case when part.outcome = 'counted' then part.denominator end as denominator,
        part.outcome,
        part.table_name,
        part.reported_period,
        part.row_key,
        part.submission_id,
        part.sheet,
        part.row_number,
        part.from_load
    from parts as part
)

select * from final
$$;

-- A subquery as argument would keep the function from being inlined, and every filter out of it.
create or replace view marts.indicator_rows with (security_invoker = true) as
select part.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.indicator_rows(latest.load_id) as part;

comment on view marts.indicator_rows is
'What every row of a return contributes to which indicator; one row per indicator and row.';
comment on function marts.indicator_rows(bigint) is
'As known at a load: What every row of a return contributes to which indicator; one row per indicator and row.';

comment on column marts.indicator_rows.county_code is 'The county (12 digits) when the row was loaded.';
comment on column marts.indicator_rows.town_code is 'The town (12 digits) then; of the county''s own rows the county.';
comment on column marts.indicator_rows.division_code is 'What the row is about: village, town or county (12 digits).';
comment on column marts.indicator_rows.village_name is
'Name on the last day of the row''s period, in tables that are about villages only.';
comment on column marts.indicator_rows.period is 'Period of the indicator, in which the row counts.';
comment on column marts.indicator_rows.indicator_code is 'The indicator.';
comment on column marts.indicator_rows.item is
'What tells several figures of one unit apart, where the indicator is not added up; else empty.';
comment on column marts.indicator_rows.numerator is 'What the row adds to the numerator; null if it does not count.';
comment on column marts.indicator_rows.denominator is
'What it adds to the denominator; null if it does not count, or the denominator is not made of these rows.';
comment on column marts.indicator_rows.outcome is
'counted; contested: by its file or by other rows, or withheld; missing: the row does not say it.';
comment on column marts.indicator_rows.table_name is 'Table of the form: core.fct_<table>.';
comment on column marts.indicator_rows.reported_period is 'Period of the row.';
comment on column marts.indicator_rows.row_key is 'What tells rows of one unit and period apart; else empty.';
comment on column marts.indicator_rows.submission_id is 'The file the row stands in.';
comment on column marts.indicator_rows.sheet is 'Sheet of that file.';
comment on column marts.indicator_rows.row_number is 'Row of that sheet.';
comment on column marts.indicator_rows.from_load is 'The load that made this version of the row known.';
