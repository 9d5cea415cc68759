-- How many rows of each period are known at a load, and of how many is each field filled in?
-- One row per period. Filled in: the table :facts, the load :known_at and the list :filled.
with final as (
    select
        period,
        count(*) as row_count,
        jsonb_build_object(:filled) as filled -- noqa: RF02
    from :facts
    where from_load <= :known_at and (to_load is null or to_load > :known_at) -- noqa: RF02
    group by period
)

select * from final
