-- How far are the values that a programme promises, and how much is missing?
-- Grain: one row per plan, target and period for which the indicator was reported in the plan's area, and the period
-- in which the target is due: once that has ended, or while nothing at all is reported.
--
-- A rate is compared by its two parts, so that no rounding lets it pass: numerator x times >= at_least x denominator.
-- Of an indicator that comes more rarely than the target's period, the last period that has ended by then is the due
-- one.
-- Light: green when reached; grey when there is no value; red when what must be reached (力保) is due and is not; yellow
-- before that, and where it was only to be tried (力争).

create or replace function marts.target_board(known_at bigint)
returns table (
    plan_code text,
    plan_title text,
    county_code text,
    target_number smallint,
    title text,
    strength text,
    indicator_code text,
    indicator_title text,
    unit text,
    item text,
    at_least numeric,
    due_period text,
    period text,
    period_end date,
    is_due boolean,
    is_latest boolean,
    numerator numeric,
    denominator numeric,
    value numeric,
    without_value text,
    numerator_required numeric,
    missing numeric,
    margin numeric,
    is_met boolean,
    light text,
    list_id text
)
language sql
stable
as $$
with known_day as (
    select cast(ops_load.loaded_at at time zone 'Asia/Shanghai' as date) as as_of
    from ops.loads as ops_load
    where ops_load.load_id = known_at
),

targets as (
    select
        target.plan_code,
        programme.title as plan_title,
        programme.county_code,
        target.number,
        target.title,
        target.strength,
        target.indicator_code,
        described.title as indicator_title,
        described.unit,
        described.times,
        target.item,
        target.at_least,
        target.period as declared_period,
        due.kind as declared_kind,
        due.last_day as due_on
    from core.plan_targets as target
    inner join core.plans as programme on target.plan_code = programme.plan_code
    inner join core.dim_period as due on target.period = due.period
    inner join
        :indicators
            as described (
                indicator_code, indicator_name, title, unit, times, is_added_up, is_rate,
                of_tables, of_units, of_kinds, of_months
            )
        on target.indicator_code = described.indicator_code
    where
        target.from_load <= known_at
        and (target.to_load is null or target.to_load > known_at)
        and programme.from_load <= known_at
        and (programme.to_load is null or programme.to_load > known_at)
),

areas as (
    select distinct target.county_code as area_code
    from targets as target
),

reported as materialized (
    -- Levels are told apart below: a filter on them in here leads the planner to read every table once per indicator.
    select
        area.area_code,
        figure.*
    from areas as area
    cross join
        lateral (
            select of_county.*
            from marts.indicators(known_at) as of_county
            where of_county.county_code = area.area_code
            union all
            select of_prefecture.*
            from marts.indicators(known_at) as of_prefecture
            where of_prefecture.unit_code = area.area_code and of_prefecture.level = 'prefecture'
        ) as figure
),

figures as (
    select
        target.plan_code,
        target.number,
        figure.period,
        figure.numerator,
        figure.denominator,
        figure.value,
        figure.without_value,
        figure.list_id
    from targets as target
    inner join reported as figure
        on
            target.county_code = figure.area_code
            and target.indicator_code = figure.indicator_code
            and target.item = figure.item
    where figure.level in ('county', 'prefecture')
),

due_periods as (
    select
        target.plan_code,
        target.number,
        due.period,
        due.last_day,
        reported.kind is null as is_unreported
    from targets as target
    left join
        lateral (
            select max(period.kind) as kind
            from figures as figure
            inner join core.dim_period as period on figure.period = period.period
            where figure.plan_code = target.plan_code and figure.number = target.number
        ) as reported
        on true
    cross join
        lateral (
            select
                period.period,
                period.last_day
            from core.dim_period as period
            where period.kind = coalesce(reported.kind, target.declared_kind) and period.last_day <= target.due_on
            order by period.last_day desc
            limit 1
        ) as due
),

periods as (
    select
        figure.plan_code,
        figure.number,
        figure.period
    from figures as figure
    union
    select
        due.plan_code,
        due.number,
        due.period
    from due_periods as due
    cross join known_day
    where due.is_unreported or due.last_day <= known_day.as_of
),

compared as (
    select
        target.*,
        due.period as due_period,
        period.period,
        period.last_day as period_end,
        period.last_day >= due.last_day as is_due,
        figure.numerator,
        figure.denominator,
        figure.value,
        coalesce(figure.without_value, case when figure.value is null then '没有填报' end) as without_value,
        figure.list_id,
        case
            when figure.value is not null
                then trim_scale(target.at_least * coalesce(figure.denominator, 1) / target.times)
        end as numerator_required,
        case
            when figure.value is not null
                then figure.numerator * target.times >= target.at_least * coalesce(figure.denominator, 1)
        end as is_met
    from targets as target
    inner join due_periods as due on target.plan_code = due.plan_code and target.number = due.number
    inner join periods as listed on target.plan_code = listed.plan_code and target.number = listed.number
    inner join core.dim_period as period on listed.period = period.period
    left join figures as figure
        on
            listed.plan_code = figure.plan_code
            and listed.number = figure.number
            and listed.period = figure.period
),

final as (
    select
        board.plan_code,
        board.plan_title,
        board.county_code,
        board.number as target_number,
        board.title,
        board.strength,
        board.indicator_code,
        board.indicator_title,
        board.unit,
        board.item,
        board.at_least,
        board.due_period,
        board.period,
        board.period_end,
        board.is_due,
        board.period_end = max(board.period_end) over (partition by board.plan_code, board.number) as is_latest,
        board.numerator,
        board.denominator,
        board.value,
        board.without_value,
        board.numerator_required,
        case when board.is_met then 0 else board.numerator_required - board.numerator end as missing,
        board.numerator - board.numerator_required as margin,
        board.is_met,
        case
            when board.is_met is null then 'grey'
            when board.is_met then 'green'
            when board.is_due and board.strength = 'must' then 'red'
            else 'yellow'
        end as light,
        board.list_id
    from compared as board
)

select * from final
$$;

create or replace view marts.target_board with (security_invoker = true) as
select board.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.target_board(latest.load_id) as board;

comment on view marts.target_board is
'Values that programmes promise, and what was reached; one row per plan, target and period.';
comment on function marts.target_board(bigint) is
'As known at a load: Values that programmes promise, and what was reached; one row per plan, target and period.';

comment on column marts.target_board.plan_code is 'The programme.';
comment on column marts.target_board.plan_title is 'Its official title.';
comment on column marts.target_board.county_code is 'Whose programme (12 digits): a county or a prefecture.';
comment on column marts.target_board.target_number is 'The target, in the order of the plan.';
comment on column marts.target_board.title is 'What is promised.';
comment on column marts.target_board.strength is 'must (力保) or stretch (力争).';
comment on column marts.target_board.indicator_code is 'The indicator that shows it.';
comment on column marts.target_board.indicator_title is 'Its name.';
comment on column marts.target_board.unit is 'Its unit.';
comment on column marts.target_board.item is 'Which of its items; empty where it has none.';
comment on column marts.target_board.at_least is 'The value to reach, in that unit.';
comment on column marts.target_board.due_period is 'At whose end it is due, in periods of the indicator.';
comment on column marts.target_board.period is 'Period of the value.';
comment on column marts.target_board.period_end is 'Its last day.';
comment on column marts.target_board.is_due is 'Whether that is the due period or a later one.';
comment on column marts.target_board.is_latest is 'Whether it is the last row of the target.';
comment on column marts.target_board.numerator is 'Numerator of the value, as in marts.indicators.';
comment on column marts.target_board.denominator is 'Its denominator; null where nothing is divided.';
comment on column marts.target_board.value is 'What was reached, in the unit.';
comment on column marts.target_board.without_value is 'Why there is no value, in Chinese.';
comment on column marts.target_board.numerator_required is
'The numerator with which at_least would just be reached: at_least x denominator / times.';
comment on column marts.target_board.missing is 'How much of it is missing; 0 when it is reached. Of things, round up.';
comment on column marts.target_board.margin is
'numerator - numerator_required: what may be lost; below 0 what is missing.';
comment on column marts.target_board.is_met is 'Whether it is reached; null without a value.';
comment on column marts.target_board.light is 'green, yellow, red or grey.';
comment on column marts.target_board.list_id is 'Where the denominator comes from, as in marts.indicators.';
