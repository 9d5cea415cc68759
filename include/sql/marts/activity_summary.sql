-- How many activities, sessions and visits were there, without counting a joint activity twice?
-- Grain: one row per scope (the county and each of its towns), span (month, quarter, year to date at the end of a
-- month), period and kind of activity (基文03); kind `all` is their sum.
--
-- Who holds an activity reports it, and only once. Where several units report the same title, day and place, it counts
-- for one of them: one whose row is not contested, then one that names co-organisers, then the unit first known. The
-- other reports are left out of their town and of the county alike, so county = own + towns. A town that is named as a
-- co-organiser, or whose report was left out, took part: these columns are for the town only and are never added up.
-- Co-organisers are found by a name that only one place of the county has; of a town it may be the beginning.
-- A contested row or date, and a contested figure, count nowhere; NULL is never 0.

create or replace function marts.activity_summary(known_at bigint)
returns table (
    county_code text,
    scope_code text,
    scope_name text,
    scope_level text,
    span text,
    period text,
    activity_kind text,
    activities_counted bigint,
    activities_joint bigint,
    activities_repeated bigint,
    activities_contested bigint,
    sessions_counted bigint,
    sessions_in_person bigint,
    sessions_left_out bigint,
    sessions_unknown bigint,
    attendance_counted bigint,
    attendance_in_person bigint,
    attendance_left_out bigint,
    attendance_unknown bigint,
    activities_approximate bigint,
    activities_took_part bigint,
    sessions_took_part bigint,
    attendance_took_part bigint,
    returns_due bigint,
    returns_in bigint
)
language sql
stable
as $$
with returns_of_towns as (
    select
        duty.county_code,
        duty.unit_code,
        duty.period,
        case when duty.submission in ('accepted', 'zero') then 'return_in' else 'return_due' end as role
    from marts.submission_matrix(known_at) as duty
    where duty.form_code = '基文03' and duty.duty <> 'not_applicable'
),

reports as not materialized (
    select
        report.*,
        array[report.cell_states ->> '_row', report.cell_states ->> 'started_on', report.cell_states ->> 'ended_on']
        && array['contested'] as is_contested,
        (report.title, report.started_on, report.venue) is not null as is_comparable
    from core.fct_activity as report
    where report.from_load <= known_at and (report.to_load is null or report.to_load > known_at)
),

mentions as not materialized (
    select distinct
        report.county_code,
        mention.written
    from reports as report
    cross join lateral regexp_split_to_table(report.co_organisers, '[\s,;/、,;。]+') as mention (written)
),

counties as (
    select distinct mention.county_code
    from mentions as mention
),

-- Only of counties where somebody is named, by the index: their codes begin alike. That they do is said twice, for the
-- planner takes a range for a third of all places and would read them all.
spellings as (
    select
        county.county_code,
        place.place_code,
        place.parent_code,
        place.level,
        spelling.name
    from counties as county
    inner join marts.places(known_at) as place
        on
            place.place_code between county.county_code and left(county.county_code, 6) || '999999'
            and starts_with(place.place_code, left(county.county_code, 6))
    cross join
        lateral (
            select place.name
            union
            select place_alias.alias
            from core.place_alias
            where
                place_alias.place_code = place.place_code
                and place_alias.from_load <= known_at
                and (place_alias.to_load is null or place_alias.to_load > known_at)
        ) as spelling (name)
    where place.level in (4, 5)
),

names as (
    select
        spelling.county_code,
        spelling.name,
        min(case when spelling.level = 4 then spelling.place_code else spelling.parent_code end) as town_code,
        bool_and(spelling.level = 4) as is_town
    from spellings as spelling
    group by spelling.county_code, spelling.name
    having count(*) = 1
),

partners as (
    select
        mention.county_code,
        mention.written,
        names.town_code
    from mentions as mention
    inner join names
        on
            mention.county_code = names.county_code
            and (mention.written = names.name or (names.is_town and starts_with(mention.written, names.name)))
),

compared as (
    select
        report.*,
        first_value(report.org_id) over (
            partition by report.county_code, report.period, report.title, report.started_on, report.venue
            order by report.is_contested, report.co_organisers is null, report.org_id
        ) as holder,
        array_agg(report.org_id) over same_activity as reporters,
        array_agg(report.town_code) over same_activity as reporting_towns
    from reports as report
    window
        same_activity as (
            partition by report.county_code, report.period, report.title, report.started_on, report.venue
        )
),

activities as not materialized (
    select
        report.county_code,
        report.town_code,
        report.org_id,
        report.row_key,
        report.period,
        coalesce(report.activity_kind, 'unknown') as activity_kind,
        coalesce(report.activity_mode = 'in_person', false) as is_in_person,
        case
            when report.is_contested then 'contested'
            when report.is_comparable and report.holder <> report.org_id then 'repeated'
            else 'counted'
        end as role,
        report.co_organisers is not null
        or (report.is_comparable and report.org_id <> any(report.reporters)) as is_joint,
        report.sessions,
        report.attendance,
        case when coalesce(report.cell_states ->> 'sessions', '') <> 'contested' then report.sessions end
            as sure_sessions,
        case when coalesce(report.cell_states ->> 'attendance', '') <> 'contested' then report.attendance end
            as sure_attendance,
        'approximate' in (report.cell_states ->> 'sessions', report.cell_states ->> 'attendance') as is_approximate,
        regexp_split_to_array(report.co_organisers, '[\s,;/、,;。]+')
        || case when report.is_comparable then report.reporting_towns end as hosts
    from compared as report
),

hosts as (
    select
        activity.*,
        host.written
    from activities as activity
    cross join lateral unnest(activity.hosts) as host (written)
    where activity.role = 'counted' and activity.is_joint
),

guests as (
    select distinct
        host.county_code,
        guest.town_code as scope_code,
        host.period,
        host.activity_kind,
        host.org_id,
        host.row_key,
        host.sure_sessions,
        host.sure_attendance
    from hosts as host
    left join partners as partner on host.county_code = partner.county_code and host.written = partner.written
    left join marts.places(known_at) as town
        on
            host.written = town.place_code
            and town.level = 4
            and left(host.county_code, 6) = left(town.place_code, 6)
    cross join lateral (values (partner.town_code), (town.place_code)) as guest (town_code)
    where host.town_code <> guest.town_code
),

contributions as (
    select
        activity.county_code,
        scope.scope_code,
        activity.period,
        activity.activity_kind,
        activity.role,
        activity.is_joint,
        activity.is_in_person,
        activity.is_approximate,
        activity.sessions,
        activity.attendance,
        activity.sure_sessions,
        activity.sure_attendance
    from activities as activity
    cross join
        lateral unnest(array[activity.county_code, nullif(activity.town_code, activity.county_code)])
            as scope (scope_code)
    where scope.scope_code is not null
    union all
    select
        guest.county_code,
        guest.scope_code,
        guest.period,
        guest.activity_kind,
        'took_part' as role,
        false as is_joint,
        false as is_in_person,
        false as is_approximate,
        null as sessions,
        null as attendance,
        guest.sure_sessions,
        guest.sure_attendance
    from guests as guest
    union all
    select
        duty.county_code,
        scope.scope_code,
        duty.period,
        null as activity_kind,
        duty.role,
        false as is_joint,
        false as is_in_person,
        false as is_approximate,
        null as sessions,
        null as attendance,
        null as sure_sessions,
        null as sure_attendance
    from returns_of_towns as duty
    cross join
        lateral unnest(array[duty.county_code, nullif(duty.unit_code, duty.county_code)]) as scope (scope_code)
    where scope.scope_code is not null
),

months as (
    select
        part.county_code,
        part.scope_code,
        part.period,
        part.activity_kind,
        max(part.period) over (partition by part.county_code, left(part.period, 4)) as last_period,
        count(*) filter (where part.role = 'counted') as activities_counted,
        count(*) filter (where part.role = 'counted' and part.is_joint) as activities_joint,
        count(*) filter (where part.role = 'repeated') as activities_repeated,
        count(*) filter (where part.role = 'contested') as activities_contested,
        sum(part.sessions) as sessions_reported,
        sum(part.sure_sessions) filter (where part.role = 'counted') as sessions_counted,
        sum(part.sure_sessions) filter (where part.role = 'counted' and part.is_in_person) as sessions_in_person,
        count(*) filter (where part.role = 'counted' and part.sessions is null) as sessions_unknown,
        sum(part.attendance) as attendance_reported,
        sum(part.sure_attendance) filter (where part.role = 'counted') as attendance_counted,
        sum(part.sure_attendance) filter (where part.role = 'counted' and part.is_in_person) as attendance_in_person,
        count(*) filter (where part.role = 'counted' and part.attendance is null) as attendance_unknown,
        count(*) filter (where part.role = 'counted' and part.is_approximate) as activities_approximate,
        count(*) filter (where part.role = 'took_part') as activities_took_part,
        sum(part.sure_sessions) filter (where part.role = 'took_part') as sessions_took_part,
        sum(part.sure_attendance) filter (where part.role = 'took_part') as attendance_took_part,
        count(*) filter (where part.role in ('return_due', 'return_in')) as returns_due,
        count(*) filter (where part.role = 'return_in') as returns_in
    from contributions as part
    group by part.county_code, part.scope_code, part.period, part.activity_kind
),

calendar as (
    select
        month.period as month,
        'month' as span,
        month.period
    from core.dim_period as month
    where month.kind = 'month'
    union all
    select
        month.period as month,
        'quarter' as span,
        quarter.period
    from core.dim_period as month
    inner join core.dim_period as quarter
        on month.first_day >= quarter.first_day and month.last_day <= quarter.last_day
    where month.kind = 'month' and quarter.kind = 'quarter'
    union all
    select
        month.period as month,
        'year_to_date' as span,
        later.period
    from core.dim_period as month
    inner join core.dim_period as later
        on left(month.period, 4) = left(later.period, 4) and month.period <= later.period
    where month.kind = 'month' and later.kind = 'month'
),

sums as (
    select
        months.county_code,
        months.scope_code,
        calendar.span,
        calendar.period,
        grouped.activity_kind,
        sum(months.activities_counted) as activities_counted,
        sum(months.activities_joint) as activities_joint,
        sum(months.activities_repeated) as activities_repeated,
        sum(months.activities_contested) as activities_contested,
        coalesce(sum(months.sessions_counted), 0) as sessions_counted,
        coalesce(sum(months.sessions_in_person), 0) as sessions_in_person,
        coalesce(sum(months.sessions_reported), 0) as sessions_reported,
        sum(months.sessions_unknown) as sessions_unknown,
        coalesce(sum(months.attendance_counted), 0) as attendance_counted,
        coalesce(sum(months.attendance_in_person), 0) as attendance_in_person,
        coalesce(sum(months.attendance_reported), 0) as attendance_reported,
        sum(months.attendance_unknown) as attendance_unknown,
        sum(months.activities_approximate) as activities_approximate,
        sum(months.activities_took_part) as activities_took_part,
        coalesce(sum(months.sessions_took_part), 0) as sessions_took_part,
        coalesce(sum(months.attendance_took_part), 0) as attendance_took_part,
        sum(months.returns_due) as returns_due,
        sum(months.returns_in) as returns_in
    from months
    inner join calendar on months.period = calendar.month
    cross join lateral unnest(array['all', months.activity_kind]) as grouped (activity_kind)
    where
        (calendar.span <> 'year_to_date' or calendar.period <= months.last_period)
        and grouped.activity_kind is not null
    group by months.county_code, months.scope_code, calendar.span, calendar.period, grouped.activity_kind
),

final as (
    select
        sums.county_code,
        sums.scope_code,
        place.name as scope_name,
        case when sums.scope_code = sums.county_code then 'county' else 'town' end as scope_level,
        sums.span,
        sums.period,
        sums.activity_kind,
        sums.activities_counted,
        sums.activities_joint,
        sums.activities_repeated,
        sums.activities_contested,
        sums.sessions_counted,
        sums.sessions_in_person,
        sums.sessions_reported - sums.sessions_counted as sessions_left_out,
        sums.sessions_unknown,
        sums.attendance_counted,
        sums.attendance_in_person,
        sums.attendance_reported - sums.attendance_counted as attendance_left_out,
        sums.attendance_unknown,
        sums.activities_approximate,
        sums.activities_took_part,
        sums.sessions_took_part,
        sums.attendance_took_part,
        case when sums.activity_kind = 'all' then sums.returns_due end as returns_due,
        case when sums.activity_kind = 'all' then sums.returns_in end as returns_in
    from sums
    left join marts.places(known_at) as place on sums.scope_code = place.place_code
)

select * from final
$$;

-- A subquery as argument would keep the function from being inlined, and every filter out of it.
create or replace view marts.activity_summary
with (security_invoker = true) as
select activity.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.activity_summary(latest.load_id) as activity;

comment on view marts.activity_summary is
'Activities, sessions and visits, joint ones once; one row per scope, span, period and kind.';
comment on function marts.activity_summary(bigint) is
'As known at a load: Activities, sessions and visits, joint ones once; one row per scope, span, period and kind.';

comment on column marts.activity_summary.county_code is 'The county (12 digits) of the reports.';
comment on column marts.activity_summary.scope_code is 'The county, or one of its towns (12 digits).';
comment on column marts.activity_summary.scope_name is 'Its name now.';
comment on column marts.activity_summary.scope_level is 'county or town.';
comment on column marts.activity_summary.span is
'month, quarter, or year_to_date: from January to the end of the month.';
comment on column marts.activity_summary.period is 'The month (2027-02) or quarter (2027Q1).';
comment on column marts.activity_summary.activity_kind is
'Kind as in the form; unknown where it was not taken; all is the sum of them.';
comment on column marts.activity_summary.activities_counted is 'Activities that count, each once.';
comment on column marts.activity_summary.activities_joint is
'Of these, held with others: co-organisers are named, or several units reported it.';
comment on column marts.activity_summary.activities_repeated is
'Reports left out because the activity counts for another unit that reported it.';
comment on column marts.activity_summary.activities_contested is
'Reports left out because the row or its dates are contested.';
comment on column marts.activity_summary.sessions_counted is
'Sessions that count: in person, online and where that is not known.';
comment on column marts.activity_summary.sessions_in_person is 'Of these, in person.';
comment on column marts.activity_summary.sessions_left_out is
'Sessions that were stated and do not count: repeated, contested.';
comment on column marts.activity_summary.sessions_unknown is
'Counted activities of which the sessions are withheld or missing.';
comment on column marts.activity_summary.attendance_counted is
'Visits that count: in person, online and where that is not known.';
comment on column marts.activity_summary.attendance_in_person is 'Of these, in person.';
comment on column marts.activity_summary.attendance_left_out is
'Visits that were stated and do not count: repeated, contested.';
comment on column marts.activity_summary.attendance_unknown is
'Counted activities of which the attendance is withheld or missing.';
comment on column marts.activity_summary.activities_approximate is
'Counted activities with a figure that is approximate (约200).';
comment on column marts.activity_summary.activities_took_part is
'Joint activities of others in which the town took part (联办): counted there, never added up.';
comment on column marts.activity_summary.sessions_took_part is 'Their sessions, likewise.';
comment on column marts.activity_summary.attendance_took_part is 'Their visits, likewise.';
comment on column marts.activity_summary.returns_due is
'Monthly returns due from the scope''s towns in the span; null but for kind all.';
comment on column marts.activity_summary.returns_in is
'Of these, accepted or confirmed as nothing (零报); the others are not known, and not 0.';
