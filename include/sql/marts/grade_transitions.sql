-- How did each house fare from one evaluation round to the next?
-- Grain: one row per unit, kind of house, evaluation scheme and round (基文07, by its latest quarter), for every unit
-- that is on the list of the round or of the round before.
--
-- A round is known by its number: 第五次 and 第5次 are one, and the round before is the 4th; of rounds named by years it is
-- the one before in the county. While the county has no list of that round, nothing can be compared: 无基期数据. Who was
-- graded before and is not on the new list has dropped out (落选). Units are matched by their code, never by name.

create or replace function marts.grade_transitions(known_at bigint)
returns table (
    county_code text,
    town_code text,
    unit_code text,
    unit_name text,
    facility_kind text,
    grade_scheme text,
    round_number int,
    grade_round text,
    grade text,
    published_on date,
    previous_round text,
    previous_grade text,
    transition text,
    is_listed boolean
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

reports as (
    select
        award.*,
        coalesce(
            substring(translate(award.grade_round, '一二三四五六七八九', '123456789') from '第\s*([0-9十]+)'),
            substring(translate(award.grade_round, '一二三四五六七八九', '123456789') from '[0-9十]+')
        ) as ordinal
    from core.fct_grade_award as award
    where award.from_load <= known_at and (award.to_load is null or award.to_load > known_at)
),

numbered as (
    select
        report.*,
        case
            when report.ordinal like '%十%'
                then
                    cast(coalesce(nullif(left(split_part(report.ordinal, '十', 1), 1), ''), '1') as int) * 10
                    + cast(coalesce(nullif(left(split_part(report.ordinal, '十', 2), 1), ''), '0') as int)
            else cast(left(report.ordinal, 4) as int)
        end as round_number
    from reports as report
),

keyed as (
    select
        award.*,
        coalesce(cast(award.round_number as text), award.grade_round) as round_key
    from numbered as award
),

awards as (
    select distinct on (award.org_id, award.facility_kind, award.grade_scheme, award.round_key)
        award.county_code,
        award.town_code,
        award.division_code,
        award.org_id,
        award.facility_kind,
        award.grade_scheme,
        award.round_number,
        award.grade_round,
        award.published_on,
        case
            when 'contested' in (award.cell_states ->> '_row', award.cell_states ->> 'grade') then null
            else award.grade
        end as grade,
        case
            when 'contested' in (award.cell_states ->> '_row', award.cell_states ->> 'grade') then null
            else array_position(array['special', 'first', 'second', 'third', 'ungraded'], award.grade)
        end as grade_rank
    from keyed as award
    order by
        award.org_id asc,
        award.facility_kind asc,
        award.grade_scheme asc,
        award.round_key asc,
        award.period desc
),

rounds as (
    select
        award.county_code,
        award.facility_kind,
        award.grade_scheme,
        award.round_number,
        max(award.grade_round) as grade_round,
        lag(award.round_number) over (
            partition by award.county_code, award.facility_kind, award.grade_scheme order by award.round_number
        ) as previous_number
    from awards as award
    group by award.county_code, award.facility_kind, award.grade_scheme, award.round_number
),

comparable as (
    select
        round.county_code,
        round.facility_kind,
        round.grade_scheme,
        round.round_number,
        round.grade_round,
        base.round_number as previous_number,
        base.grade_round as previous_round
    from rounds as round
    left join rounds as base
        on
            round.county_code = base.county_code
            and round.facility_kind = base.facility_kind
            and round.grade_scheme = base.grade_scheme
            and round.previous_number = base.round_number
            and (round.round_number > 1900 or round.round_number = base.round_number + 1)
),

entries as (
    select
        award.org_id,
        award.county_code,
        award.facility_kind,
        award.grade_scheme,
        award.round_number
    from awards as award
    union
    select
        award.org_id,
        award.county_code,
        award.facility_kind,
        award.grade_scheme,
        round.round_number
    from awards as award
    inner join comparable as round
        on
            award.county_code = round.county_code
            and award.facility_kind = round.facility_kind
            and award.grade_scheme = round.grade_scheme
            and award.round_number = round.previous_number
),

final as (
    select
        entry.county_code,
        coalesce(award.town_code, earlier.town_code) as town_code,
        coalesce(award.division_code, earlier.division_code) as unit_code,
        place.name as unit_name,
        entry.facility_kind,
        entry.grade_scheme,
        entry.round_number,
        coalesce(award.grade_round, round.grade_round) as grade_round,
        award.grade,
        award.published_on,
        round.previous_round,
        earlier.grade as previous_grade,
        case
            when round.previous_number is null or (earlier.org_id is not null and earlier.grade is null)
                then '无基期数据'
            when award.org_id is not null and award.grade is null then '等级不明'
            when coalesce(award.grade_rank, 5) = 5 and coalesce(earlier.grade_rank, 5) = 5 then '未定级'
            when coalesce(award.grade_rank, 5) = 5 then '落选'
            when coalesce(earlier.grade_rank, 5) = 5 then '新上'
            when award.grade_rank < earlier.grade_rank then '升级'
            when award.grade_rank > earlier.grade_rank then '降级'
            else '持平'
        end as transition,
        award.org_id is not null as is_listed
    from entries as entry
    left join comparable as round
        on
            entry.county_code = round.county_code
            and entry.facility_kind = round.facility_kind
            and entry.grade_scheme = round.grade_scheme
            and entry.round_number = round.round_number
    left join awards as award
        on
            entry.org_id = award.org_id
            and entry.facility_kind = award.facility_kind
            and entry.grade_scheme = award.grade_scheme
            and entry.round_number is not distinct from award.round_number
    left join awards as earlier
        on
            entry.org_id = earlier.org_id
            and entry.facility_kind = earlier.facility_kind
            and entry.grade_scheme = earlier.grade_scheme
            and round.previous_number = earlier.round_number
    left join places as place
        on coalesce(award.division_code, earlier.division_code) = place.place_code
)

select * from final
$$;

create or replace view marts.grade_transitions
with (security_invoker = true) as
select award.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.grade_transitions(latest.load_id) as award;

comment on view marts.grade_transitions is
'Grades of houses from round to round; one row per unit, kind of house, scheme and round.';
comment on function marts.grade_transitions(bigint) is
'As known at a load: Grades of houses from round to round; one row per unit, kind of house, scheme and round.';

comment on column marts.grade_transitions.county_code is 'The county (12 digits) when the row was loaded.';
comment on column marts.grade_transitions.town_code is
'The town (12 digits) then; of the county''s own houses the county.';
comment on column marts.grade_transitions.unit_code is 'The place of the house (12 digits).';
comment on column marts.grade_transitions.unit_name is 'Name of the place now.';
comment on column marts.grade_transitions.facility_kind is
'Kind of house: cultural_center, public_library, town_station …';
comment on column marts.grade_transitions.grade_scheme is
'What was evaluated: national_cultural_center, national_library, provincial_station.';
comment on column marts.grade_transitions.round_number is 'Number of the round: 5 of 第五次; null where it has none.';
comment on column marts.grade_transitions.grade_round is 'The round as written.';
comment on column marts.grade_transitions.grade is
'special, first, second, third, ungraded; null where it is not on the list, withheld or contested.';
comment on column marts.grade_transitions.published_on is 'Day on which it was published.';
comment on column marts.grade_transitions.previous_round is
'The round before, as written; null while the county has no list of it.';
comment on column marts.grade_transitions.previous_grade is 'The grade then; null where it was not on that list.';
comment on column marts.grade_transitions.transition is
'升级, 持平, 降级, 新上, 落选, 未定级 (neither then nor now), 等级不明 (withheld), 无基期数据 (nothing to compare with).';
comment on column marts.grade_transitions.is_listed is
'Whether it is on the list of the round; false of those that are missing on it.';
