-- Figures about 10, 1000 or 10000 times (or that part of) the unit's last value or, where it has none, of the median of
-- its county, if five others at least have one: the sign of another unit of measure, or of a nought too many.
-- One finding per row and field. Filled in: the lists :names, :amounts and :last_amounts of the fields, the
-- :of_table, the type :finding, and whether rows of this table are alike enough to have peers, :with_peers.
with figures as (
    select
        pairs.org_id,
        pairs.period,
        pairs.row_key,
        pairs.county_code,
        figure.field,
        figure.amount,
        figure.last_amount
    from pairs
    cross join
        lateral unnest(array[:names], array[:amounts], array[:last_amounts]) -- noqa: RF02
            as figure (field, amount, last_amount)
    where figure.amount is not null
),

first_figures as (
    select distinct
        figures.county_code,
        figures.period,
        figures.field
    from figures
    where :with_peers and figures.last_amount is null and figures.amount >= 20
),

peers as (
    select
        figures.county_code,
        figures.period,
        figures.field,
        percentile_cont(0.5) within group (order by figures.amount) as median
    from first_figures
    inner join figures
        on
            first_figures.county_code = figures.county_code
            and first_figures.period = figures.period
            and first_figures.field = figures.field
    group by figures.county_code, figures.period, figures.field
    having count(*) > 5
),

compared as (
    select
        figures.*,
        coalesce(figures.last_amount, peers.median) as other
    from figures
    left join peers
        on
            figures.county_code = peers.county_code
            and figures.period = peers.period
            and figures.field = peers.field
            and figures.last_amount is null
    where figures.amount >= 20
),

multiples as (
    select
        compared.*,
        greatest(compared.amount, compared.other) / least(compared.amount, compared.other) as times
    from compared
    where compared.other >= 20
)

insert into found_relations
select
    pairs.form_code,
    :of_table as table_name, -- noqa: RF02
    pairs.period,
    pairs.org_id,
    pairs.row_key,
    multiples.field,
    :finding as code, -- noqa: RF02
    pairs.town_code,
    pairs.county_code,
    pairs.submission_id,
    pairs.sheet,
    pairs.row_number,
    greatest(
        pairs.from_load, case when multiples.last_amount is not null then pairs.last_from_load end
    ) as since,
    jsonb_build_object(
        'value', multiples.amount,
        'last', multiples.other,
        'times', case
            when multiples.times < 100 then 10
            when multiples.times < 4000 then 1000
            else 10000
        end,
        'last_period', case when multiples.last_amount is not null then pairs.last_period end
    ) as params
from multiples
inner join pairs
    on multiples.org_id = pairs.org_id and multiples.period = pairs.period and multiples.row_key = pairs.row_key
where
    multiples.times between 8 and 12
    or multiples.times between 800 and 1200
    or multiples.times between 8000 and 12000
