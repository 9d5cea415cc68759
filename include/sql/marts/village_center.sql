-- What did each village report, for analysts?
-- Grain: one row per village or community and quarter (基文01), the version that held at the load. NULL always has its
-- reason in cell_states; a contested row shows figures that do not count.

create or replace function marts.village_center(known_at bigint)
returns table (
    period text,
    county_code text,
    town_code text,
    town_name text,
    division_code text,
    village_name text,
    build_status text,
    floor_area_m2 numeric,
    outdoor_area_m2 numeric,
    books_total bigint,
    reading_seats bigint,
    full_time_staff bigint,
    weekly_open_hours numeric,
    activity_sessions bigint,
    activity_attendance bigint,
    volunteer_count bigint,
    built_on date,
    remark text,
    is_contested boolean,
    cell_states jsonb,
    submission_id bigint,
    sheet text,
    row_number bigint,
    kept_from jsonb,
    from_load bigint
)
language sql
stable
as $$
with reports as (
    select report.*
    from core.fct_village_center as report
    where report.from_load <= known_at and (report.to_load is null or report.to_load > known_at)
),

places as not materialized (
    select
        place.place_code,
        place.name
    from marts.places(known_at) as place
),

final as (
    select
        report.period,
        report.county_code,
        report.town_code,
        town.name as town_name,
        report.division_code,
        village.name as village_name,
        report.build_status,
        report.floor_area_m2,
        report.outdoor_area_m2,
        report.books_total,
        report.reading_seats,
        report.full_time_staff,
        report.weekly_open_hours,
        report.activity_sessions,
        report.activity_attendance,
        report.volunteer_count,
        report.built_on,
        report.remark,
        jsonb_path_exists(report.cell_states, '$.* ? (@ == "contested")') as is_contested,
        report.cell_states,
        report.submission_id,
        report.sheet,
        report.row_number,
        report.kept_from,
        report.from_load
    from reports as report
    left join places as town on report.town_code = town.place_code
    left join places as village on report.division_code = village.place_code
)

select * from final
$$;

create or replace view marts.village_center with (security_invoker = true) as
select report.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.village_center(latest.load_id) as report;

comment on view marts.village_center is
'What villages reported in form 基文01; one row per village and quarter, current version.';
comment on function marts.village_center(bigint) is
'As known at a load: What villages reported in form 基文01; one row per village and quarter, current version.';

comment on column marts.village_center.period is 'Reporting period.';
comment on column marts.village_center.county_code is 'The county (12 digits) when the row was loaded.';
comment on column marts.village_center.town_code is 'The town (12 digits) when the row was loaded.';
comment on column marts.village_center.town_name is 'Its name now.';
comment on column marts.village_center.division_code is 'The village or community (12 digits).';
comment on column marts.village_center.village_name is 'Its name now.';
comment on column marts.village_center.build_status is 'built, under_construction, not_built.';
comment on column marts.village_center.floor_area_m2 is 'Floor area in square metres.';
comment on column marts.village_center.outdoor_area_m2 is 'Outdoor area in square metres.';
comment on column marts.village_center.books_total is 'Books, copies.';
comment on column marts.village_center.reading_seats is 'Seats for reading.';
comment on column marts.village_center.full_time_staff is 'Full-time staff, persons.';
comment on column marts.village_center.weekly_open_hours is 'Opening hours a week.';
comment on column marts.village_center.activity_sessions is 'Activities in the period.';
comment on column marts.village_center.activity_attendance is 'Attendance of activities in the period, visits.';
comment on column marts.village_center.volunteer_count is 'Volunteers, persons.';
comment on column marts.village_center.built_on is
'Day of completion; of a partial date the first day, which cell_states says.';
comment on column marts.village_center.remark is 'Remark as written.';
comment on column marts.village_center.is_contested is
'Whether the row or a field of it is contested: the later value could not be taken.';
comment on column marts.village_center.cell_states is
'Field -> why its value is missing or not to be taken as it stands; _row stands for all.';
comment on column marts.village_center.submission_id is 'The file the values stand in.';
comment on column marts.village_center.sheet is 'Sheet of that file.';
comment on column marts.village_center.row_number is 'Row of that sheet.';
comment on column marts.village_center.kept_from is
'Field -> submission_id, sheet and row_number, where its value was kept from another file.';
comment on column marts.village_center.from_load is 'The load that made this version known.';
