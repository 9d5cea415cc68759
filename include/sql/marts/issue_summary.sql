-- How many problems does every county and town have, how many of them are overdue, and how many were closed?
-- Grain: one row per scope (every county and town with problems), on the day of the load. The closing rate (销号率) is
-- closed / issues; a problem of the county itself is in the county's row only.

create or replace function marts.issue_summary(known_at bigint)
returns table (
    county_code text,
    scope_code text,
    scope_name text,
    scope_level text,
    as_of date,
    issues bigint,
    open bigint,
    overdue bigint,
    closed bigint,
    closed_this_month bigint,
    closed_in_name bigint,
    reopened bigint
)
language sql
stable
as $$
with days as (
    select cast(last_load.loaded_at at time zone 'Asia/Shanghai' as date) as as_of
    from ops.loads as last_load
    where last_load.load_id = known_at
),

scoped as (
    select
        issue.*,
        scope.scope_code,
        scope.scope_level,
        days.as_of
    from days
    cross join lateral marts.issue_board(known_at, days.as_of) as issue
    cross join
        lateral (
            values (issue.county_code, 'county'), (nullif(issue.town_code, issue.county_code), 'town')
        ) as scope (scope_code, scope_level)
    where scope.scope_code is not null
),

counts as (
    select
        scoped.county_code,
        scoped.scope_code,
        scoped.scope_level,
        scoped.as_of,
        count(*) as issues,
        count(*) filter (where not scoped.is_settled) as open,
        count(scoped.days_overdue) as overdue,
        count(*) filter (where scoped.is_settled) as closed,
        count(*) filter (
            where scoped.is_settled and date_trunc('month', scoped.closed_on) = date_trunc('month', scoped.as_of)
        ) as closed_this_month,
        count(*) filter (where scoped.issue_state = 'closed' and not scoped.is_settled) as closed_in_name,
        count(*) filter (where scoped.is_reopened) as reopened
    from scoped
    group by scoped.county_code, scoped.scope_code, scoped.scope_level, scoped.as_of
),

final as (
    select
        counts.county_code,
        counts.scope_code,
        place.name as scope_name,
        counts.scope_level,
        counts.as_of,
        counts.issues,
        counts.open,
        counts.overdue,
        counts.closed,
        counts.closed_this_month,
        counts.closed_in_name,
        counts.reopened
    from counts
    left join marts.places(known_at) as place on counts.scope_code = place.place_code
)

select * from final
$$;

create or replace view marts.issue_summary with (security_invoker = true) as
select issue.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.issue_summary(latest.load_id) as issue;

comment on view marts.issue_summary is
'Problems, overdue and closed ones; one row per county and town that has any.';
comment on function marts.issue_summary(bigint) is
'As known at a load, on its day: Problems, overdue and closed ones; one row per county and town that has any.';

comment on column marts.issue_summary.county_code is 'The county (12 digits).';
comment on column marts.issue_summary.scope_code is 'The county, or the town (12 digits).';
comment on column marts.issue_summary.scope_name is 'Its name.';
comment on column marts.issue_summary.scope_level is 'county or town.';
comment on column marts.issue_summary.as_of is 'The day of the load.';
comment on column marts.issue_summary.issues is 'Problems listed; denominator of the closing rate.';
comment on column marts.issue_summary.open is 'Those not closed, also those closed in name only.';
comment on column marts.issue_summary.overdue is 'Open ones of which the day has passed.';
comment on column marts.issue_summary.closed is 'Those closed, with nothing against it; numerator of the closing rate.';
comment on column marts.issue_summary.closed_this_month is 'Those closed in the month of that day.';
comment on column marts.issue_summary.closed_in_name is
'Those the ledger says are closed though something stands against it (marts.issue_board.blocked_by).';
comment on column marts.issue_summary.reopened is 'Those that came back.';
