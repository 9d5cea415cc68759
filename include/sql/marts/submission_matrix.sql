-- Who owes which return, and what has become of it?
-- Grain: one row per owing organisation, form and period.

create or replace function marts.submission_matrix(known_at bigint)
returns table (
    county_code text,
    unit_code text,
    unit_name text,
    form_code text,
    form_title text,
    period text,
    due_on date,
    duty text,
    submission text,
    review text,
    label text,
    submission_id bigint,
    submitted_at timestamptz,
    is_late boolean,
    open_errors bigint
)
language sql
stable
as $$
with obligations as (
    select obligation.*
    from core.fct_obligation as obligation
    where obligation.from_load <= known_at and (obligation.to_load is null or obligation.to_load > known_at)
),

forms as (
    select
        form.form_code,
        form.title
    from core.dim_form as form
),

final as (
    select
        state.county_code,
        org.place_code as unit_code,
        org.name as unit_name,
        state.form_code,
        form.title as form_title,
        state.period,
        state.due_on,
        state.duty,
        state.submission,
        state.review,
        case
            when state.duty = 'not_applicable' then '不适用'
            when state.submission in ('accepted', 'zero') and state.open_errors > 0 then '待改正'
            when state.submission = 'zero' then '零报(已确认)'
            when state.submission = 'accepted' then '已报'
            when state.submission = 'returned' then '待改正'
            when state.submission = 'held' then '暂存待处理'
            when state.duty = 'extended' then '缓报(已批准)'
            else '未报'
        end as label,
        state.submission_id,
        state.submitted_at,
        cast(state.submitted_at at time zone 'Asia/Shanghai' as date) > state.due_on as is_late,
        cast(state.open_errors as bigint) as open_errors
    from obligations as state
    cross join
        lateral (
            select
                version.place_code,
                version.name
            from core.dim_org as version
            where
                version.org_id = state.org_id
                and version.from_load <= known_at
                and (version.to_load is null or version.to_load > known_at)
            order by version.valid_from desc
            limit 1
        ) as org
    left join forms as form on state.form_code = form.form_code
)

select * from final
$$;

create or replace view marts.submission_matrix with (security_invoker = true) as
select
    duty.county_code,
    duty.unit_code,
    duty.unit_name,
    duty.form_code,
    duty.form_title,
    duty.period,
    duty.due_on,
    duty.duty,
    duty.submission,
    duty.review,
    duty.label,
    duty.submission_id,
    duty.submitted_at,
    duty.is_late,
    duty.open_errors
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.submission_matrix(latest.load_id) as duty;

comment on view marts.submission_matrix is
'What became of every return that is owed; one row per organisation, form and period.';
comment on function marts.submission_matrix(bigint) is
'As known at a load: What became of every return that is owed; one row per organisation, form and period.';

comment on column marts.submission_matrix.county_code is 'The county (12 digits).';
comment on column marts.submission_matrix.unit_code is 'The place of the organisation that owes (12 digits).';
comment on column marts.submission_matrix.unit_name is 'Its name.';
comment on column marts.submission_matrix.form_code is 'The form, as stewards know it: 基文01.';
comment on column marts.submission_matrix.form_title is 'Its official title.';
comment on column marts.submission_matrix.period is 'Reporting period.';
comment on column marts.submission_matrix.due_on is 'Last day on which it is in time.';
comment on column marts.submission_matrix.duty is 'due, extended (缓报已批准), not_applicable.';
comment on column marts.submission_matrix.submission is
'The latest return: none, held, returned, accepted, zero (零报).';
comment on column marts.submission_matrix.review is 'open, town, county, locked.';
comment on column marts.submission_matrix.label is 'How it stands, in Chinese.';
comment on column marts.submission_matrix.submission_id is 'That latest return; null without one.';
comment on column marts.submission_matrix.submitted_at is
'Receipt of the first return that was accepted; null until there is one.';
comment on column marts.submission_matrix.is_late is 'Whether that was after the last day; null until there is one.';
comment on column marts.submission_matrix.open_errors is
'Findings critical, row or error on the latest return, but for those a release overruled.';
