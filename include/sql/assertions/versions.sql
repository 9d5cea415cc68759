-- Which versions of one thing overlap, or have a gap between them?
-- One row per version that does not follow the one before.
-- Filled in: the table :facts, its :key, the columns :shown, and whether a thing :may_pause, being withdrawn and stated
-- again later.
with versions as (
    select
        :shown, -- noqa: RF02
        from_load,
        to_load,
        lag(from_load) over of_key as from_load_before,
        lag(to_load) over of_key as to_load_before
    from :facts
    window of_key as (partition by :key order by from_load)
),

final as (
    select *
    from versions
    where
        from_load_before is not null
        and (
            to_load_before is null
            or to_load_before > from_load
            or (to_load_before < from_load and not :may_pause)
        )
)

select * from final
