-- How many houses have which grade, and how many rose or fell since the round before?
-- Grain: one row per scope (county, prefecture), kind of house, evaluation scheme and round. No rate is given: how many
-- houses there are is not reported.

create or replace function marts.grade_summary(known_at bigint)
returns table (
    scope_code text,
    scope_name text,
    scope_level text,
    facility_kind text,
    grade_scheme text,
    round_number int,
    grade_round text,
    graded bigint,
    special_grade bigint,
    first_grade bigint,
    second_grade bigint,
    third_grade bigint,
    breakdown text,
    ungraded bigint,
    raised bigint,
    unchanged bigint,
    lowered bigint,
    added bigint,
    dropped bigint,
    without_base bigint
)
language sql
stable
as $$
with places as (
    select
        place.place_code,
        place.name
    from marts.places(known_at) as place
),

transitions as (
    select award.*
    from marts.grade_transitions(known_at) as award
),

awards as (
    select
        award.*,
        scope.scope_code,
        scope.scope_level
    from transitions as award
    cross join
        lateral (
            values
            (award.county_code, 'county'),
            (rpad(left(award.county_code, 4), 12, '0'), 'prefecture')
        ) as scope (scope_code, scope_level)
),

sums as (
    select
        award.scope_code,
        award.scope_level,
        award.facility_kind,
        award.grade_scheme,
        award.round_number,
        max(award.grade_round) as grade_round,
        count(*) filter (where award.grade <> 'ungraded') as graded,
        count(*) filter (where award.grade = 'special') as special_grade,
        count(*) filter (where award.grade = 'first') as first_grade,
        count(*) filter (where award.grade = 'second') as second_grade,
        count(*) filter (where award.grade = 'third') as third_grade,
        count(*) filter (where award.grade = 'ungraded') as ungraded,
        count(*) filter (where award.transition = '升级') as raised,
        count(*) filter (where award.transition = '持平') as unchanged,
        count(*) filter (where award.transition = '降级') as lowered,
        count(*) filter (where award.transition = '新上') as added,
        count(*) filter (where award.transition = '落选') as dropped,
        count(*) filter (where award.transition = '无基期数据') as without_base
    from awards as award
    group by
        award.scope_code, award.scope_level, award.facility_kind, award.grade_scheme, award.round_number,
        case when award.round_number is null then award.grade_round end
),

final as (
    select
        sums.scope_code,
        place.name as scope_name,
        sums.scope_level,
        sums.facility_kind,
        sums.grade_scheme,
        sums.round_number,
        sums.grade_round,
        sums.graded,
        sums.special_grade,
        sums.first_grade,
        sums.second_grade,
        sums.third_grade,
        sums.graded || ' = ' || concat_ws(
            ' + ',
            '特级' || nullif(sums.special_grade, 0),
            '一级' || nullif(sums.first_grade, 0),
            '二级' || nullif(sums.second_grade, 0),
            '三级' || nullif(sums.third_grade, 0)
        ) as breakdown,
        sums.ungraded,
        sums.raised,
        sums.unchanged,
        sums.lowered,
        sums.added,
        sums.dropped,
        sums.without_base
    from sums
    left join places as place on sums.scope_code = place.place_code
)

select * from final
$$;

create or replace view marts.grade_summary
with (security_invoker = true) as
select award.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.grade_summary(latest.load_id) as award;

comment on view marts.grade_summary is
'Grades of houses by round, and their changes; one row per scope, kind of house, scheme and round.';
comment on function marts.grade_summary(bigint) is
'As known at a load: Grades of houses by round, and their changes; one row per scope, kind of house, scheme and round.';

comment on column marts.grade_summary.scope_code is 'The county or prefecture (12 digits).';
comment on column marts.grade_summary.scope_name is 'Its name now; null where the register does not know it.';
comment on column marts.grade_summary.scope_level is 'county or prefecture: its counties that have reported.';
comment on column marts.grade_summary.facility_kind is 'Kind of house.';
comment on column marts.grade_summary.grade_scheme is 'What was evaluated.';
comment on column marts.grade_summary.round_number is 'Number of the round; null where it has none.';
comment on column marts.grade_summary.grade_round is 'The round as written.';
comment on column marts.grade_summary.graded is 'Houses with a grade.';
comment on column marts.grade_summary.special_grade is 'Of these, 特级.';
comment on column marts.grade_summary.first_grade is 'Of these, 一级.';
comment on column marts.grade_summary.second_grade is 'Of these, 二级.';
comment on column marts.grade_summary.third_grade is 'Of these, 三级.';
comment on column marts.grade_summary.breakdown is 'The same as a sum: 17 = 一级7 + 二级6 + 三级4.';
comment on column marts.grade_summary.ungraded is 'Houses that took part and have no grade.';
comment on column marts.grade_summary.raised is '升级: a better grade than in the round before.';
comment on column marts.grade_summary.unchanged is '持平: the same grade.';
comment on column marts.grade_summary.lowered is '降级: a lower grade.';
comment on column marts.grade_summary.added is '新上: graded now and not before.';
comment on column marts.grade_summary.dropped is '落选: graded before and not now.';
comment on column marts.grade_summary.without_base is '无基期数据: nothing to compare with.';
