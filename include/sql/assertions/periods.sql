-- Which rows are of a period that is unknown, or of another kind than the form's?
-- One row per such period, with one of its rows. Filled in: the table :facts and the word :period_kind.
with periods as (
    select
        period,
        min(division_code) as division_code,
        count(*) as versions
    from :facts
    group by period
),

final as (
    select
        periods.division_code,
        periods.period,
        periods.versions,
        dim_period.kind
    from periods
    left join core.dim_period on periods.period = dim_period.period
    where dim_period.kind is distinct from :period_kind -- noqa: RF02
)

select * from final
