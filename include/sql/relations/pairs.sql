-- The rows of one table that are looked at, each beside the unit's latest row of an earlier period (last_…) and that
-- of the same period a year earlier (year_…), by the same row key. What may not be compared (withheld, unknown, not
-- theirs, no such column) is NULL in the facts already.
-- One row per unit, period and row key. is_previous: the latest earlier row is that of the period just before.
-- Filled in: the table :facts with its :of_form and :of_table, the lists :fields, :last_fields and :year_fields, and
-- whether its rows are compared :with_history at all and :with_last_year.
create temporary table pairs on commit drop as
-- their days first: the planner takes the rows of a new period for few, and would look through all periods for each
with scopes as materialized (
    select
        scope.county_code,
        period.period,
        period.first_day,
        period.last_day,
        preceding_period.period as previous_period,
        cast(cast(left(period.period, 4) as integer) - 1 as text) || substr(period.period, 5) as last_year_period
    from relation_scopes as scope
    inner join core.dim_period as period on scope.period = period.period
    left join core.dim_period as preceding_period
        on period.kind = preceding_period.kind and period.first_day - 1 = preceding_period.last_day
    where scope.table_name = :of_table -- noqa: RF02
),

here as (
    select
        report.*,
        scopes.first_day,
        scopes.last_day,
        scopes.previous_period,
        scopes.last_year_period
    from scopes
    inner join :facts as report
        on
            scopes.county_code = report.county_code
            and scopes.period = report.period
            and report.to_load is null
),

final as (
    select
        :of_form as form_code, -- noqa: RF02
        here.org_id,
        here.division_code,
        here.town_code,
        here.county_code,
        here.period,
        here.row_key,
        here.submission_id,
        here.sheet,
        here.row_number,
        here.from_load,
        here.first_day,
        here.last_day,
        last_report.period as last_period,
        last_report.from_load as last_from_load,
        coalesce(last_report.period = here.previous_period, false) as is_previous,
        year_report.period as year_period,
        year_report.from_load as year_from_load,
        :fields, -- noqa: RF02
        :last_fields, -- noqa: RF02
        :year_fields -- noqa: RF02
    from here
    left join
        lateral (
            select earlier.*
            from :facts as earlier
            where
                :with_history
                and earlier.org_id = here.org_id
                and earlier.row_key = here.row_key
                and earlier.period < here.period
                and earlier.to_load is null
            order by earlier.period desc
            limit 1
        ) as last_report
        on true
    left join :facts as year_report
        on
            :with_last_year -- noqa: RF02
            and here.org_id = year_report.org_id
            and here.row_key = year_report.row_key
            and here.last_year_period = year_report.period
            and year_report.to_load is null
)

select * from final;

analyze pairs (org_id, period, row_key, county_code, town_code)
