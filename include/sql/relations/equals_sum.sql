-- A figure that is not the sum of a field over the rows of a table, of the same unit, in this period or its months.
-- Silent where that table has no row of the unit at all, and where one of the figures is not known.
-- One finding per row. Filled in: :field, its name :of_field, the :of_table and the type :finding, the table
-- :other_facts and its field :other, the condition :is_counted, the join :same_group, and the difference :maximum.
with sums as (
    select
        pairs.org_id,
        pairs.period,
        pairs.row_key,
        coalesce(sum(other.:other) filter (where :is_counted), 0) as total, -- noqa: RF02
        coalesce(bool_or(other.:other is null) filter (where :is_counted), false) as is_incomplete, -- noqa: RF02
        max(other.from_load) as other_from_load
    from pairs
    inner join core.dim_period as part on pairs.first_day <= part.first_day and pairs.last_day >= part.last_day
    inner join :other_facts as other
        on
            pairs.org_id = other.org_id
            and part.period = other.period
            and other.to_load is null
            and :same_group -- noqa: RF02
    where pairs.:field is not null
    group by pairs.org_id, pairs.period, pairs.row_key
)

insert into found_relations
select
    pairs.form_code,
    :of_table as table_name, -- noqa: RF02
    pairs.period,
    pairs.org_id,
    pairs.row_key,
    :of_field as field, -- noqa: RF02
    :finding as code, -- noqa: RF02
    pairs.town_code,
    pairs.county_code,
    pairs.submission_id,
    pairs.sheet,
    pairs.row_number,
    greatest(pairs.from_load, sums.other_from_load) as since,
    jsonb_build_object(
        'value', pairs.:field,
        'sum', sums.total,
        'difference', abs(pairs.:field - sums.total)
    ) as params
from pairs
inner join sums on pairs.org_id = sums.org_id and pairs.period = sums.period and pairs.row_key = sums.row_key
where not sums.is_incomplete and abs(pairs.:field - sums.total) > :maximum -- noqa: RF02
