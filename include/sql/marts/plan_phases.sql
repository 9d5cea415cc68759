-- In which of its phases is a programme, and were any over before it was decided?
-- Grain: one row per plan and phase, as it stands on the day of the load.

create or replace function marts.plan_phases(known_at bigint)
returns table (
    plan_code text,
    plan_title text,
    county_code text,
    phase_number smallint,
    title text,
    first_day date,
    last_day date,
    issued_on date,
    ended_before_issue boolean,
    phase_state text,
    days_left int
)
language sql
stable
as $$
with known_day as (
    select cast(ops_load.loaded_at at time zone 'Asia/Shanghai' as date) as as_of
    from ops.loads as ops_load
    where ops_load.load_id = known_at
)

select
    phase.plan_code,
    programme.title as plan_title,
    programme.county_code,
    phase.number as phase_number,
    phase.title,
    phase.first_day,
    phase.last_day,
    programme.issued_on,
    phase.last_day < programme.issued_on as ended_before_issue,
    case
        when known_day.as_of < phase.first_day then '未到'
        when known_day.as_of <= phase.last_day then '进行中'
        else '已结束'
    end as phase_state,
    case when known_day.as_of between phase.first_day and phase.last_day then phase.last_day - known_day.as_of end
        as days_left
from core.plan_phases as phase
inner join core.plans as programme on phase.plan_code = programme.plan_code
cross join known_day
where
    phase.from_load <= known_at
    and (phase.to_load is null or phase.to_load > known_at)
    and programme.from_load <= known_at
    and (programme.to_load is null or programme.to_load > known_at)
$$;

create or replace view marts.plan_phases with (security_invoker = true) as
select phase.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.plan_phases(latest.load_id) as phase;

comment on view marts.plan_phases is
'Phases of programmes; one row per plan and phase.';
comment on function marts.plan_phases(bigint) is
'As known at a load: Phases of programmes; one row per plan and phase.';

comment on column marts.plan_phases.plan_code is 'The programme.';
comment on column marts.plan_phases.plan_title is 'Its official title.';
comment on column marts.plan_phases.county_code is 'Whose programme (12 digits): a county or a prefecture.';
comment on column marts.plan_phases.phase_number is 'The phase, in order of time.';
comment on column marts.plan_phases.title is 'What it is for.';
comment on column marts.plan_phases.first_day is 'Its first day.';
comment on column marts.plan_phases.last_day is 'Its last day.';
comment on column marts.plan_phases.issued_on is 'Date of the document that decides it; null where none is given.';
comment on column marts.plan_phases.ended_before_issue is
'Whether it was over before that day (补发方案); null without a date of the document.';
comment on column marts.plan_phases.phase_state is '未到, 进行中 or 已结束 on the day of the load.';
comment on column marts.plan_phases.days_left is 'Days until it ends, while it lasts.';
