-- What do the villages of each town add up to (基文01), on the map of then and on the map of today?
-- Grain: one row per map, county, town and quarter. `as_reported`: the town to which a village belonged on the
-- quarter's last day; `today`: the town in which that village, or whoever took it over, lies now. A village that was
-- closed by the quarter's last day is not counted, even if a row was loaded before that was known: its successor
-- reports for it.

create or replace function marts.town_totals(known_at bigint)
returns table (
    map text,
    county_code text,
    town_code text,
    town_name text,
    period text,
    villages_reported bigint,
    villages_built bigint,
    floor_area_m2 numeric,
    books_total numeric,
    activity_sessions numeric,
    activity_attendance numeric
)
language sql
stable
as $$
with endings as (
    select
        org.org_id,
        org.valid_from as closed_on,
        (
            select min(later.valid_from)
            from core.dim_org as later
            where
                later.org_id = org.org_id
                and later.valid_from > org.valid_from
                and later.from_load <= known_at
                and (later.to_load is null or later.to_load > known_at)
        ) as reopened_on
    from core.dim_org as org
    where org.is_closed and org.from_load <= known_at and (org.to_load is null or org.to_load > known_at)
),

reports as (
    select
        'as_reported' as map,
        report.county_code,
        report.town_code,
        report.period,
        report.build_status,
        report.floor_area_m2,
        report.books_total,
        report.activity_sessions,
        report.activity_attendance
    from core.fct_village_center as report
    inner join core.dim_period as calendar on report.period = calendar.period
    left join endings as ending
        on
            report.org_id = ending.org_id
            and calendar.last_day >= ending.closed_on
            and (ending.reopened_on is null or calendar.last_day < ending.reopened_on)
    where
        report.from_load <= known_at
        and (report.to_load is null or report.to_load > known_at)
        and ending.org_id is null
    union all
    select
        'today' as map,
        place.county_code,
        place.town_code,
        report.period,
        report.build_status,
        report.floor_area_m2,
        report.books_total,
        report.activity_sessions,
        report.activity_attendance
    from marts.present_places(known_at) as place
    cross join
        lateral (
            select distinct dim_org.org_id
            from core.dim_org
            where dim_org.place_code = place.place_code
        ) as org
    inner join core.fct_village_center as report
        on org.org_id = report.org_id and place.place_code = report.division_code
    inner join core.dim_period as calendar on report.period = calendar.period
    left join endings as ending
        on
            report.org_id = ending.org_id
            and calendar.last_day >= ending.closed_on
            and (ending.reopened_on is null or calendar.last_day < ending.reopened_on)
    where
        report.from_load <= known_at
        and (report.to_load is null or report.to_load > known_at)
        and ending.org_id is null
),

totals as (
    select
        report.map,
        report.county_code,
        report.town_code,
        report.period,
        count(*) as villages_reported,
        count(*) filter (where report.build_status = 'built') as villages_built,
        sum(report.floor_area_m2) as floor_area_m2,
        sum(report.books_total) as books_total,
        sum(report.activity_sessions) as activity_sessions,
        sum(report.activity_attendance) as activity_attendance
    from reports as report
    group by report.map, report.county_code, report.town_code, report.period
),

final as (
    select
        total.map,
        total.county_code,
        total.town_code,
        place.name as town_name,
        total.period,
        total.villages_reported,
        total.villages_built,
        total.floor_area_m2,
        total.books_total,
        total.activity_sessions,
        total.activity_attendance
    from totals as total
    left join
        lateral (
            select version.name
            from core.dim_place as version
            where
                version.place_code = total.town_code
                and version.from_load <= known_at
                and (version.to_load is null or version.to_load > known_at)
            order by version.valid_from desc
            limit 1
        ) as place
        on true
)

select * from final
$$;

create or replace view marts.town_totals with (security_invoker = true) as
select total.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.town_totals(latest.load_id) as total;

comment on view marts.town_totals is
'Sums of form 基文01 by town; one row per map, county, town and quarter.';
comment on function marts.town_totals(bigint) is
'As known at a load: Sums of form 基文01 by town; one row per map, county, town and quarter.';

comment on column marts.town_totals.map is 'as_reported: towns as they were then; today: as they are now.';
comment on column marts.town_totals.county_code is
'The county (12 digits) on that map; null if the village was divided among several.';
comment on column marts.town_totals.town_code is
'The town (12 digits) on that map; null if its village was divided among several.';
comment on column marts.town_totals.town_name is 'Its name now.';
comment on column marts.town_totals.period is 'Reporting period.';
comment on column marts.town_totals.villages_reported is 'Villages with a row.';
comment on column marts.town_totals.villages_built is 'Of these, with a centre that is built.';
comment on column marts.town_totals.floor_area_m2 is 'Floor area, square metres.';
comment on column marts.town_totals.books_total is 'Books, copies.';
comment on column marts.town_totals.activity_sessions is 'Activities in the quarter.';
comment on column marts.town_totals.activity_attendance is 'Attendance of activities in the quarter, visits.';
