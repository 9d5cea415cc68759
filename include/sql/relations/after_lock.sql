-- A date that is reported for the first time after the return of its period was past.
-- One finding per row. Filled in: :field, :last_field, their name :of_field, the :of_table and the type
-- :finding, and the :reporter, town_code or county_code.
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
    pairs.from_load as since,
    jsonb_build_object('value', pairs.:field, 'period', past.period) as params
from pairs
inner join core.dim_period as past
    on
        pairs.first_day > past.last_day
        and pairs.:field >= past.first_day
        and pairs.:field <= past.last_day
where
    pairs.:field is distinct from pairs.:last_field
    and exists (
        select 1
        from core.fct_obligation as duty
        inner join core.dim_org as org on duty.org_id = org.org_id and org.to_load is null
        where
            duty.form_code = pairs.form_code
            and duty.period = past.period
            and duty.review = 'locked'
            and duty.to_load is null
            and org.place_code = pairs.:reporter
    )
