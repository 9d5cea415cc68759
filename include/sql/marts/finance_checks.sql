-- Do the county's figures of funds agree with each other?
-- Grain: one row per unit, period, check and item (基文08). Amounts in yuan.
--
-- paid_within_budget and paid_within_allocated: per line (source and purpose), per source, and in all, year to date.
-- payers_make_total: the amounts of the payers of an option's tier (city + counties) make the total stated with it.
-- A sum with a part that is not known, or any figure that is only approximate, is not judged.

create or replace function marts.finance_checks(known_at bigint)
returns table (
    county_code text,
    unit_code text,
    unit_name text,
    period text,
    check_code text,
    check_title text,
    item text,
    terms text,
    relation text,
    expected bigint,
    stated bigint,
    difference bigint,
    is_right boolean
)
language sql
stable
as $$
with lines as (
    select
        line.county_code,
        line.division_code,
        line.period,
        line.fund_source,
        line.fund_purpose,
        line.fund_budget_yuan,
        line.fund_allocated_ytd_yuan,
        line.fund_paid_ytd_yuan,
        array[
            line.cell_states ->> 'fund_budget_yuan',
            line.cell_states ->> 'fund_allocated_ytd_yuan',
            line.cell_states ->> 'fund_paid_ytd_yuan'
        ] && array['approximate'] as is_approximate
    from core.fct_fund_line as line
    where line.from_load <= known_at and (line.to_load is null or line.to_load > known_at)
),

funds as (
    select
        line.county_code,
        line.division_code,
        line.period,
        concat_ws(' ', line.fund_source, line.fund_purpose) as item,
        case when count(line.fund_budget_yuan) = count(*) then sum(line.fund_budget_yuan) end as budget,
        case when count(line.fund_allocated_ytd_yuan) = count(*) then sum(line.fund_allocated_ytd_yuan) end
            as allocated,
        case when count(line.fund_paid_ytd_yuan) = count(*) then sum(line.fund_paid_ytd_yuan) end as paid,
        string_agg(cast(line.fund_paid_ytd_yuan as text), ' + ' order by line.fund_source, line.fund_purpose) as terms,
        not bool_or(line.is_approximate) as is_exact
    from lines as line
    group by
        grouping sets (
            (line.county_code, line.division_code, line.period, line.fund_source, line.fund_purpose),
            (line.county_code, line.division_code, line.period, line.fund_source),
            (line.county_code, line.division_code, line.period)
        )
),

fund_checks as (
    select
        fund.county_code,
        fund.division_code,
        fund.period,
        limits.check_code,
        limits.check_title,
        fund.item,
        fund.terms,
        'at_most' as relation,
        limits.expected,
        fund.paid as stated,
        case when fund.is_exact then fund.paid <= limits.expected end as is_right
    from funds as fund
    cross join
        lateral (
            values
            ('paid_within_budget', '累计支付不超过本年预算', fund.budget),
            ('paid_within_allocated', '累计支付不超过累计到位', fund.allocated)
        ) as limits (check_code, check_title, expected)
),

option_checks as (
    select
        payment.county_code,
        payment.division_code,
        payment.period,
        'payers_make_total' as check_code,
        '各出资单位相加等于本层次合计' as check_title,
        payment.cost_option || ' ' || payment.option_tier as item,
        string_agg(
            payment.payer || ' ' || coalesce(cast(payment.payer_amount_yuan as text), '不详'), ' + '
            order by payment.payer_amount_yuan desc, payment.payer asc
        ) as terms,
        'equal' as relation,
        case when count(payment.payer_amount_yuan) = count(*) then sum(payment.payer_amount_yuan) end as expected,
        max(payment.tier_total_yuan) as stated,
        case
            when min(payment.tier_total_yuan) < max(payment.tier_total_yuan) then false
            when
                count(payment.payer_amount_yuan) = count(*)
                and not bool_or(
                    array[payment.cell_states ->> 'payer_amount_yuan', payment.cell_states ->> 'tier_total_yuan']
                    && array['approximate']
                )
                then sum(payment.payer_amount_yuan) = max(payment.tier_total_yuan)
        end as is_right
    from core.fct_option_cost as payment
    where payment.from_load <= known_at and (payment.to_load is null or payment.to_load > known_at)
    group by
        payment.county_code, payment.division_code, payment.period, payment.cost_option, payment.option_tier
),

places as (
    select
        place.place_code,
        place.name
    from marts.places(known_at) as place
),

checks as (
    select fund_checks.* from fund_checks
    union all
    select option_checks.* from option_checks
),

final as (
    select
        checked.county_code,
        checked.division_code as unit_code,
        place.name as unit_name,
        checked.period,
        checked.check_code,
        checked.check_title,
        checked.item,
        checked.terms,
        checked.relation,
        cast(checked.expected as bigint) as expected,
        cast(checked.stated as bigint) as stated,
        cast(checked.stated - checked.expected as bigint) as difference,
        checked.is_right
    from checks as checked
    left join places as place on checked.division_code = place.place_code
)

select * from final
$$;

create or replace view marts.finance_checks
with (security_invoker = true) as
select compared.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.finance_checks(latest.load_id) as compared;

comment on view marts.finance_checks is
'Figures of funds compared with each other; one row per unit, period, check and item.';
comment on function marts.finance_checks(bigint) is
'As known at a load: Figures of funds compared with each other; one row per unit, period, check and item.';

comment on column marts.finance_checks.county_code is 'The county (12 digits) when the rows were loaded.';
comment on column marts.finance_checks.unit_code is 'The unit that reports them (12 digits).';
comment on column marts.finance_checks.unit_name is 'Its name now.';
comment on column marts.finance_checks.period is 'Reporting period.';
comment on column marts.finance_checks.check_code is 'paid_within_budget, paid_within_allocated, payers_make_total.';
comment on column marts.finance_checks.check_title is 'The same in Chinese.';
comment on column marts.finance_checks.item is
'Source and purpose of the line, the source alone, or empty for all lines; option and tier.';
comment on column marts.finance_checks.terms is 'What stands on the checked side: the parts that are added up.';
comment on column marts.finance_checks.relation is 'at_most: stated <= expected; equal: stated = expected.';
comment on column marts.finance_checks.expected is
'The limit, or the sum of the parts, in yuan; null where a part is not known.';
comment on column marts.finance_checks.stated is
'What the unit states, in yuan; of several different totals the greatest.';
comment on column marts.finance_checks.difference is
'stated - expected, in yuan: how much too much, or (negative) what is left or missing.';
comment on column marts.finance_checks.is_right is
'Whether it holds; null where a figure is missing or approximate; false where totals of one tier differ.';
