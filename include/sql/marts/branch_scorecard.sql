-- How do the branches score, quarter by quarter, and on what?
-- Grain: one row per plan, quarter that has ended, town and scored indicator; total, rank and what is missing are the
-- town's in that quarter. Quarters run from the one in which the plan was frozen to the end of its year, or of its
-- last phase.
--
-- points = weight x least(1, value / full_at). Of an indicator that comes once a year, the last year that has ended
-- counts. One without a value gives no points and is named; measured_weight says out of how many points the total is.
-- Towns of which something is missing are not ranked. Branches are the towns of the register on the quarter's last
-- day.

create or replace function marts.branch_scorecard(known_at bigint)
returns table (
    plan_code text,
    plan_title text,
    county_code text,
    period text,
    town_code text,
    town_name text,
    score_number smallint,
    indicator_code text,
    indicator_title text,
    unit text,
    value_period text,
    value numeric,
    without_value text,
    full_at numeric,
    weight int,
    points numeric,
    total_points numeric,
    measured_weight bigint,
    full_weight bigint,
    missing_titles text,
    rank bigint,
    towns_ranked bigint
)
language sql
stable
as $$
with known_day as (
    select cast(ops_load.loaded_at at time zone 'Asia/Shanghai' as date) as as_of
    from ops.loads as ops_load
    where ops_load.load_id = known_at
),

lines as (
    select
        line.plan_code,
        line.number,
        line.indicator_code,
        described.title as indicator_title,
        described.unit,
        described.times,
        line.weight,
        line.full_at
    from core.plan_scorecard as line
    inner join
        :indicators
            as described (
                indicator_code, indicator_name, title, unit, times, is_added_up, is_rate,
                of_tables, of_units, of_kinds, of_months
            )
        on line.indicator_code = described.indicator_code
    where line.from_load <= known_at and (line.to_load is null or line.to_load > known_at)
),

programmes as (
    select
        programme.plan_code,
        programme.title,
        programme.county_code,
        programme.frozen_on,
        greatest(make_date(programme.year, 12, 31), max(phase.last_day)) as last_day
    from core.plans as programme
    left join core.plan_phases as phase
        on
            programme.plan_code = phase.plan_code
            and phase.from_load <= known_at
            and (phase.to_load is null or phase.to_load > known_at)
    where
        programme.from_load <= known_at
        and (programme.to_load is null or programme.to_load > known_at)
        and programme.plan_code in (select line.plan_code from lines as line)
    group by
        programme.plan_code, programme.title, programme.county_code, programme.frozen_on, programme.year
),

branches as (
    select
        programme.plan_code,
        programme.title as plan_title,
        programme.county_code as area_code,
        quarter.period,
        quarter.last_day,
        town.county_code,
        town.town_code
    from programmes as programme
    cross join known_day
    inner join core.dim_period as quarter
        on
            quarter.kind = 'quarter'
            and programme.frozen_on <= quarter.last_day
            and programme.last_day >= quarter.first_day
            and known_day.as_of >= quarter.last_day
    inner join marts.registered_units(known_at) as town
        on
            town.level = 'town'
            and programme.county_code in (town.county_code, rpad(left(town.county_code, 4), 12, '0'))
            and quarter.last_day >= town.valid_from
            and (town.valid_to is null or quarter.last_day < town.valid_to)
),

counties as (
    select distinct branch.county_code
    from branches as branch
),

reported as materialized (
    -- Levels are told apart below: a filter on them in here leads the planner to read every table once per indicator.
    select figure.*
    from counties as county
    cross join lateral (
        select of_county.*
        from marts.indicators(known_at) as of_county
        where of_county.county_code = county.county_code
    ) as figure
),

figures as (
    select
        figure.town_code,
        figure.indicator_code,
        figure.period,
        period.last_day,
        case period.kind when 'year' then interval '1 year' else interval '1 day' end as lasts,
        figure.numerator,
        figure.denominator,
        figure.value,
        figure.without_value
    from reported as figure
    inner join core.dim_period as period on figure.period = period.period
    where figure.level = 'town' and figure.item = ''
),

scored as (
    select
        branch.plan_code,
        branch.plan_title,
        branch.area_code,
        branch.period,
        branch.last_day,
        branch.town_code,
        line.number,
        line.indicator_code,
        line.indicator_title,
        line.unit,
        figure.period as value_period,
        figure.value,
        coalesce(figure.without_value, case when figure.value is null then '没有填报' end) as without_value,
        line.full_at,
        line.weight,
        case
            when figure.value is not null
                then
                    least(
                        cast(line.weight as numeric),
                        line.weight * figure.numerator * line.times / (coalesce(figure.denominator, 1) * line.full_at)
                    )
        end as points
    from branches as branch
    inner join lines as line on branch.plan_code = line.plan_code
    left join figures as figure
        on
            branch.town_code = figure.town_code
            and line.indicator_code = figure.indicator_code
            and branch.last_day >= figure.last_day
            and branch.last_day - figure.lasts < figure.last_day
),

totals as (
    select
        score.plan_code,
        score.period,
        score.town_code,
        coalesce(sum(score.points), 0) as points,
        coalesce(sum(score.weight) filter (where score.points is not null), 0) as measured_weight,
        sum(score.weight) as full_weight,
        string_agg(score.indicator_title, '、' order by score.number) filter (where score.points is null)
            as missing_titles
    from scored as score
    group by score.plan_code, score.period, score.town_code
),

ranks as (
    select
        total.plan_code,
        total.period,
        total.town_code,
        rank() over (partition by total.plan_code, total.period order by total.points desc) as position,
        count(*) over (partition by total.plan_code, total.period) as towns
    from totals as total
    where total.missing_titles is null
),

final as (
    select
        score.plan_code,
        score.plan_title,
        score.area_code as county_code,
        score.period,
        score.town_code,
        place.name as town_name,
        score.number as score_number,
        score.indicator_code,
        score.indicator_title,
        score.unit,
        score.value_period,
        score.value,
        score.without_value,
        score.full_at,
        score.weight,
        score.points,
        total.points as total_points,
        total.measured_weight,
        total.full_weight,
        total.missing_titles,
        ranked.position as rank,
        ranked.towns as towns_ranked
    from scored as score
    inner join totals as total
        on
            score.plan_code = total.plan_code
            and score.period = total.period
            and score.town_code = total.town_code
    left join ranks as ranked
        on
            score.plan_code = ranked.plan_code
            and score.period = ranked.period
            and score.town_code = ranked.town_code
    left join marts.places(known_at) as place on score.town_code = place.place_code
)

select * from final
$$;

create or replace view marts.branch_scorecard with (security_invoker = true) as
select score.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.branch_scorecard(latest.load_id) as score;

comment on view marts.branch_scorecard is
'Scores of the branches; one row per plan, quarter, town and scored indicator.';
comment on function marts.branch_scorecard(bigint) is
'As known at a load: Scores of the branches; one row per plan, quarter, town and scored indicator.';

comment on column marts.branch_scorecard.plan_code is 'The programme.';
comment on column marts.branch_scorecard.plan_title is 'Its official title.';
comment on column marts.branch_scorecard.county_code is 'Whose programme (12 digits): a county or a prefecture.';
comment on column marts.branch_scorecard.period is 'The quarter.';
comment on column marts.branch_scorecard.town_code is 'The town of the branch (12 digits).';
comment on column marts.branch_scorecard.town_name is 'Its name now.';
comment on column marts.branch_scorecard.score_number is 'The line of the scorecard.';
comment on column marts.branch_scorecard.indicator_code is 'The indicator that is scored.';
comment on column marts.branch_scorecard.indicator_title is 'Its name.';
comment on column marts.branch_scorecard.unit is 'Its unit.';
comment on column marts.branch_scorecard.value_period is 'Period of the value; null without one.';
comment on column marts.branch_scorecard.value is 'What the town reached.';
comment on column marts.branch_scorecard.without_value is 'Why there is no value, in Chinese.';
comment on column marts.branch_scorecard.full_at is 'From which value all points are given.';
comment on column marts.branch_scorecard.weight is 'Points for reaching it.';
comment on column marts.branch_scorecard.points is 'weight x least(1, value / full_at); null without a value.';
comment on column marts.branch_scorecard.total_points is 'All points of the town in the quarter.';
comment on column marts.branch_scorecard.measured_weight is 'Out of so many: the weights of what has a value.';
comment on column marts.branch_scorecard.full_weight is 'Weights of all lines of the scorecard.';
comment on column marts.branch_scorecard.missing_titles is
'Names of the indicators without a value; null when none is missing.';
comment on column marts.branch_scorecard.rank is
'Place among the towns of which nothing is missing; equal totals share it; null when something is.';
comment on column marts.branch_scorecard.towns_ranked is
'Number of these towns; null where the town is not one of them.';
