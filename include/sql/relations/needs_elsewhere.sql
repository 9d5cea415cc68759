-- A row that says something which another form's latest row of the unit, of a period that overlaps, does not bear out.
-- Silent where the other form has no such row: one of another time says nothing about this period.
-- One finding per row. Filled in: :field, its name :of_field, the :of_table and the type :finding, the
-- condition :is_meant, the table :other_facts and its field :other, and the list :codes.
with compared as (
    select
        pairs.*,
        other.figure,
        other.period as other_period,
        other.from_load as other_from_load
    from pairs
    inner join
        lateral (
            select
                report.period,
                report.from_load,
                report.:other as figure
            from :other_facts as report
            inner join core.dim_period as period on report.period = period.period
            where
                report.org_id = pairs.org_id
                and report.to_load is null
                and period.first_day <= pairs.last_day
                and period.last_day >= pairs.first_day
            order by period.last_day desc, report.row_key asc
            limit 1
        ) as other
        on true
    where :is_meant and other.figure <> all(:codes) -- noqa: RF02
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
    greatest(compared.from_load, compared.other_from_load) as since,
    jsonb_build_object(
        'value', compared.:field,
        'other_value', compared.figure,
        'other_period', compared.other_period
    ) as params
from compared
