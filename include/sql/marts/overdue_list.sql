-- Who had not submitted an acceptable return on a day after it was due?
-- Grain: one row per owing organisation, form and period. A return accepted later still counts as overdue on the days
-- before; one that is accepted stays so when a later file is held or rejected. days_late are calendar days; working
-- days are counted by the calendar (wentong.deadlines).

create or replace function marts.overdue_list(known_at bigint, as_of date)
returns table (
    county_code text,
    unit_code text,
    unit_name text,
    form_code text,
    form_title text,
    period text,
    due_on date,
    days_late int,
    label text,
    submission_id bigint
)
language sql
stable
as $$
with duties as (
    select obligation.*
    from marts.submission_matrix(known_at) as obligation
),

final as (
    select
        obligation.county_code,
        obligation.unit_code,
        obligation.unit_name,
        obligation.form_code,
        obligation.form_title,
        obligation.period,
        obligation.due_on,
        as_of - obligation.due_on as days_late,
        case
            when obligation.submitted_at is not null then '未报'
            when obligation.duty = 'extended' and obligation.submission = 'none' then '缓报期已过'
            else obligation.label
        end as label,
        case when obligation.submitted_at is null then obligation.submission_id end as submission_id
    from duties as obligation
    where
        obligation.duty <> 'not_applicable'
        and obligation.due_on < as_of
        and (
            obligation.submitted_at is null
            or cast(obligation.submitted_at at time zone 'Asia/Shanghai' as date) > as_of
        )
)

select * from final
$$;

create or replace view marts.overdue_list with (security_invoker = true) as
select overdue.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.overdue_list(latest.load_id, cast(now() at time zone 'Asia/Shanghai' as date)) as overdue;

comment on view marts.overdue_list is
'Returns that were due and are not accepted; one row per organisation, form and period.';
comment on function marts.overdue_list(bigint, date) is
'As known at a load, on a day: Returns that were due and are not accepted; one row per organisation, form and period.';

comment on column marts.overdue_list.county_code is 'The county (12 digits).';
comment on column marts.overdue_list.unit_code is 'The place of the organisation that owes (12 digits).';
comment on column marts.overdue_list.unit_name is 'Its name.';
comment on column marts.overdue_list.form_code is 'The form, as stewards know it: 基文01.';
comment on column marts.overdue_list.form_title is 'Its official title.';
comment on column marts.overdue_list.period is 'Reporting period.';
comment on column marts.overdue_list.due_on is 'Last day on which it was in time.';
comment on column marts.overdue_list.days_late is 'Calendar days since then.';
comment on column marts.overdue_list.label is 'How it stood, in Chinese.';
comment on column marts.overdue_list.submission_id is 'The latest file, if none was accepted; null without one.';
