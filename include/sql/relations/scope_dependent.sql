-- Look again at the rows of a table that are compared with another one that was touched, in periods that overlap.
-- Filled in: the table :facts, its :of_form and :of_table, and the name :other_table of the other one.
insert into relation_scopes (form_code, table_name, county_code, period)
select distinct
    :of_form as form_code, -- noqa: RF02
    :of_table as table_name, -- noqa: RF02
    touched.county_code,
    overlapping.period
from touched
inner join core.dim_period as period on touched.period = period.period
inner join core.dim_period as overlapping
    on
        period.last_day >= overlapping.first_day
        and period.first_day <= overlapping.last_day
where
    touched.table_name = :other_table -- noqa: RF02
    and exists (
        select 1
        from :facts as report
        where
            report.county_code = touched.county_code
            and report.period = overlapping.period
            and report.to_load is null
    )
on conflict do nothing
