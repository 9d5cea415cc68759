-- Figures about 10, 1000 or 10000 times (or that part of) the unit's last value or, where it has none, of the median of
-- its county, if five others at least have one: the sign of another unit of measure, or of a nought too many.
-- One finding per row and field. Filled in: the lists :names, :amounts and :last_amounts of the fields, their :medians,
-- the :of_table, the type :finding, whether rows of this table are alike enough to have peers, :with_peers, and the
-- condition :is_far_off, that some figure is not even near what it is compared with: few rows are looked at closely.
with counties as (
    select
        pairs.county_code,
        pairs.period,
        array[:medians] as medians -- noqa: RF02
    from pairs
    where :with_peers
    group by pairs.county_code, pairs.period
),

far_off as (
    select
        pairs.*,
        peers.medians
    from pairs
    left join counties as peers on pairs.county_code = peers.county_code and pairs.period = peers.period
    where :is_far_off -- noqa: RF02
),

compared as (
    select
        pairs.form_code,
        pairs.period,
        pairs.org_id,
        pairs.row_key,
        pairs.town_code,
        pairs.county_code,
        pairs.submission_id,
        pairs.sheet,
        pairs.row_number,
        pairs.from_load,
        pairs.last_period,
        pairs.last_from_load,
        figure.field,
        figure.amount,
        figure.last_amount,
        coalesce(figure.last_amount, figure.median) as other
    from far_off as pairs
    cross join
        lateral unnest(array[:names], array[:amounts], array[:last_amounts], pairs.medians) -- noqa: RF02
            as figure (field, amount, last_amount, median)
    where figure.amount >= 20
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
    multiples.form_code,
    :of_table as table_name, -- noqa: RF02
    multiples.period,
    multiples.org_id,
    multiples.row_key,
    multiples.field,
    :finding as code, -- noqa: RF02
    multiples.town_code,
    multiples.county_code,
    multiples.submission_id,
    multiples.sheet,
    multiples.row_number,
    greatest(
        multiples.from_load, case when multiples.last_amount is not null then multiples.last_from_load end
    ) as since,
    jsonb_build_object(
        'value', multiples.amount,
        'last', multiples.other,
        'times', case
            when multiples.times < 100 then 10
            when multiples.times < 4000 then 1000
            else 10000
        end,
        'last_period', case when multiples.last_amount is not null then multiples.last_period end
    ) as params
from multiples
where
    multiples.times between 8 and 12
    or multiples.times between 800 and 1200
    or multiples.times between 8000 and 12000
