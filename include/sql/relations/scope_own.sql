-- Look again at what was touched, and at the later periods of the same table that are compared with it.
-- Filled in: the table :facts, its :of_form and :of_table.
insert into relation_scopes (form_code, table_name, county_code, period)
select distinct
    :of_form as form_code, -- noqa: RF02
    touched.table_name,
    touched.county_code,
    later.period
from touched
inner join core.dim_period as period on touched.period = period.period
inner join core.dim_period as later on period.kind = later.kind and period.last_day <= later.last_day
where
    touched.table_name = :of_table -- noqa: RF02
    and (
        later.period = touched.period
        or exists (
            select 1
            from :facts as report
            where
                report.county_code = touched.county_code
                and report.period = later.period
                and report.to_load is null
        )
    )
on conflict do nothing
