-- Do stipends agree with persons and rates, and what do they come to?
-- Grain: one row per unit, period, check and stipend (post, scope and first day of its rate; 基文08); without a stipend
-- the sum of all. Amounts in yuan.
--
-- payable and paid are compared with persons x rate x months of the quarter. monthly and yearly say what the rates in
-- force at the end of the quarter come to, increase and increase_yearly what they added to the rate before, for the
-- same persons; nobody states these, so nothing is compared. Every figure stands on the assumption printed with it.
-- A rate ends where the next one of its post and scope begins. A sum with a part that is not known is not known.

create or replace function marts.stipend_checks(known_at bigint)
returns table (
    county_code text,
    unit_code text,
    unit_name text,
    period text,
    check_code text,
    check_title text,
    post text,
    scope text,
    valid_from date,
    terms text,
    assumption text,
    expected bigint,
    stated bigint,
    difference bigint,
    is_right boolean
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

reports as not materialized (
    select report.*
    from core.fct_stipend as report
    where report.from_load <= known_at and (report.to_load is null or report.to_load > known_at)
),

stipends as (
    select
        stipend.*,
        quarter.first_day,
        quarter.last_day,
        lead(stipend.valid_from) over (
            partition by stipend.county_code, stipend.org_id, stipend.period, stipend.post, stipend.scope
            order by stipend.valid_from
        ) as next_from,
        array[
            stipend.cell_states ->> 'stipend_staff_count',
            stipend.cell_states ->> 'stipend_yuan_per_month',
            stipend.cell_states ->> 'stipend_payable_yuan',
            stipend.cell_states ->> 'stipend_paid_yuan'
        ] && array['approximate'] as is_approximate
    from reports as stipend
    inner join core.dim_period as quarter on stipend.period = quarter.period
),

rates as (
    select
        stipend.county_code,
        stipend.division_code,
        stipend.period,
        stipend.post,
        stipend.scope,
        stipend.valid_from,
        stipend.stipend_staff_count as persons,
        stipend.stipend_yuan_per_month as rate,
        earlier.stipend_yuan_per_month as rate_before,
        months.in_force as months,
        stipend.stipend_payable_yuan as payable,
        stipend.stipend_paid_yuan as paid,
        stipend.is_approximate,
        stipend.valid_from <= stipend.last_day and coalesce(stipend.next_from > stipend.last_day, true) as is_current
    from stipends as stipend
    cross join
        lateral (
            select count(*) as in_force
            from generate_series(stipend.first_day, stipend.last_day, interval '1 month') as first_of_month
            where
                first_of_month >= stipend.valid_from
                and (stipend.next_from is null or first_of_month < stipend.next_from)
        ) as months
    left join
        lateral (
            select known.stipend_yuan_per_month
            from reports as known
            where
                known.org_id = stipend.org_id
                and known.post = stipend.post
                and known.scope = stipend.scope
                and known.valid_from < stipend.valid_from
                and known.period <= stipend.period
            order by known.valid_from desc, known.period desc
            limit 1
        ) as earlier
        on true
),

parts as (
    select
        rate.county_code,
        rate.division_code,
        rate.period,
        rate.post,
        rate.scope,
        rate.valid_from,
        rate.is_approximate,
        part.position,
        part.check_code,
        part.check_title,
        part.assumption,
        part.terms,
        part.expected,
        part.stated
    from rates as rate
    cross join
        lateral (
            values
            (
                1, 'payable', '本季应发', '按足月计,月中起执行的从次月计;人数整季不变',
                concat_ws(' × ', rate.persons, rate.rate, rate.months), rate.persons * rate.rate * rate.months,
                rate.payable
            ),
            (
                2, 'paid', '本季实发', '按足月计,月中起执行的从次月计;人数整季不变',
                concat_ws(' × ', rate.persons, rate.rate, rate.months), rate.persons * rate.rate * rate.months,
                rate.paid
            ),
            (
                3, 'monthly', '每月应发', '每处1名补助人员,标准和人数以季末为准',
                concat_ws(' × ', rate.persons, rate.rate), rate.persons * rate.rate, null
            ),
            (
                4, 'yearly', '按年应发', '每处1名补助人员,全年人数和标准不变',
                concat_ws(' × ', rate.persons, rate.rate, 12), rate.persons * rate.rate * 12, null
            ),
            (
                5, 'increase', '提高标准每月增加', '提高前后人数相同',
                rate.persons || ' × (' || rate.rate || ' - ' || rate.rate_before || ')',
                rate.persons * (rate.rate - rate.rate_before), null
            ),
            (
                6, 'increase_yearly', '提高标准每年增加', '提高前后人数相同,全年人数和标准不变',
                rate.persons || ' × (' || rate.rate || ' - ' || rate.rate_before || ') × 12',
                rate.persons * (rate.rate - rate.rate_before) * 12, null
            )
        ) as part (position, check_code, check_title, assumption, terms, expected, stated)
    where
        (part.position <= 2 or rate.is_current)
        and (part.position <= 4 or rate.rate_before is not null)
),

-- each stipend, and all of a unit together; not by grouping sets, through which a county's question does not reach
levels as (
    select
        part.county_code,
        part.division_code,
        part.period,
        part.check_code,
        part.check_title,
        part.assumption,
        level.post,
        level.scope,
        level.valid_from,
        string_agg(part.terms, ' + ' order by part.post, part.scope, part.valid_from) as terms,
        case when count(part.expected) = count(*) then sum(part.expected) end as expected,
        case when count(part.stated) = count(*) then sum(part.stated) end as stated,
        bool_or(part.is_approximate) as is_approximate
    from parts as part
    cross join
        lateral (
            values (part.post, part.scope, part.valid_from), (null, null, null)
        ) as level (post, scope, valid_from)
    group by
        part.county_code, part.division_code, part.period, part.check_code, part.check_title, part.assumption,
        level.post, level.scope, level.valid_from
),

final as (
    select
        levels.county_code,
        levels.division_code as unit_code,
        place.name as unit_name,
        levels.period,
        levels.check_code,
        levels.check_title,
        levels.post,
        levels.scope,
        levels.valid_from,
        levels.terms,
        levels.assumption,
        cast(levels.expected as bigint) as expected,
        cast(levels.stated as bigint) as stated,
        cast(levels.stated - levels.expected as bigint) as difference,
        case when not levels.is_approximate then levels.stated = levels.expected end as is_right
    from levels
    left join places as place on levels.division_code = place.place_code
)

select * from final
$$;

create or replace view marts.stipend_checks
with (security_invoker = true) as
select compared.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.stipend_checks(latest.load_id) as compared;

comment on view marts.stipend_checks is
'Stipends compared with persons and rates; one row per unit, period, check and stipend.';
comment on function marts.stipend_checks(bigint) is
'As known at a load: Stipends compared with persons and rates; one row per unit, period, check and stipend.';

comment on column marts.stipend_checks.county_code is 'The county (12 digits) when the rows were loaded.';
comment on column marts.stipend_checks.unit_code is 'The unit that reports them (12 digits).';
comment on column marts.stipend_checks.unit_name is 'Its name now.';
comment on column marts.stipend_checks.period is 'Reporting quarter.';
comment on column marts.stipend_checks.check_code is
'payable, paid: compared; monthly, yearly, increase, increase_yearly: computed only.';
comment on column marts.stipend_checks.check_title is 'The same in Chinese.';
comment on column marts.stipend_checks.post is 'Post, code; null in the sum of all stipends.';
comment on column marts.stipend_checks.scope is 'Where the rate holds, as written; null in the sum.';
comment on column marts.stipend_checks.valid_from is 'First day of the rate; null in the sum.';
comment on column marts.stipend_checks.terms is 'How expected was computed: persons x yuan a month x months.';
comment on column marts.stipend_checks.assumption is 'What must hold for the figure to be right, in Chinese.';
comment on column marts.stipend_checks.expected is
'What persons and rates come to, in yuan; null where a part is not known.';
comment on column marts.stipend_checks.stated is
'What the unit states, in yuan; null where nothing is stated or a part is not known.';
comment on column marts.stipend_checks.difference is 'stated - expected, in yuan.';
comment on column marts.stipend_checks.is_right is 'Whether they are equal; null where one is missing or approximate.';
