-- A figure of the year to date that is not its last value of this year and this period's together. In the first period
-- of a year it is this period's; where the period before was not reported nobody can tell.
-- One finding per row. Filled in: :field, :last_field, the figure of the period :other, their name :of_field, the
-- :of_table and the :finding of the finding.
with compared as (
    select
        pairs.*,
        case when extract(month from pairs.first_day) = 1 then 0 else pairs.:last_field end as figure
    from pairs
    where pairs.is_previous or extract(month from pairs.first_day) = 1
)

insert into found_relations
select
    compared.form_code,
    :of_table as table_name,
    compared.period,
    compared.org_id,
    compared.row_key,
    :of_field as field,
    :finding as code,
    compared.town_code,
    compared.county_code,
    compared.submission_id,
    compared.sheet,
    compared.row_number,
    greatest(
        compared.from_load, case when extract(month from compared.first_day) > 1 then compared.last_from_load end
    ) as since,
    jsonb_build_object(
        'value', compared.:field,
        'last', compared.figure,
        'other_value', compared.:other,
        'expected', compared.figure + compared.:other,
        'last_period', case when extract(month from compared.first_day) > 1 then compared.last_period end
    ) as params
from compared
where compared.:field <> compared.figure + compared.:other
