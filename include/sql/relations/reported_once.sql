-- Rows of different units of a county and period that say the same.
-- One finding for each of them. Filled in: the fields :what, :day and :place, the :of_table and the type
-- :finding, and the condition :is_same.
with compared as (
    select distinct on (pairs.org_id, pairs.period, pairs.row_key)
        pairs.*,
        other.division_code as other_code,
        other.from_load as other_from_load
    from pairs
    inner join pairs as other
        on
            pairs.county_code = other.county_code
            and pairs.period = other.period
            and pairs.org_id <> other.org_id
            and :is_same -- noqa: RF02
    order by pairs.org_id asc, pairs.period asc, pairs.row_key asc, other.division_code asc
)

insert into found_relations
select
    compared.form_code,
    :of_table as table_name,
    compared.period,
    compared.org_id,
    compared.row_key,
    '' as field,
    :finding as code,
    compared.town_code,
    compared.county_code,
    compared.submission_id,
    compared.sheet,
    compared.row_number,
    greatest(compared.from_load, compared.other_from_load) as since,
    jsonb_build_object(
        'what', compared.:what,
        'date', compared.:day,
        'place', compared.:place,
        'other_unit', compared.other_code
    ) as params
from compared
