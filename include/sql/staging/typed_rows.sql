-- The incoming rows with the form's types, their units, and the order in which they are applied.
-- One row per unit, period, row key and submission. `wave` counts the submissions of one such row in order of receipt.
-- The lists :typed_fields and :absent_fields follow from the form, and :town: by what a row
-- belongs to a town. NULL without a state: the file has no such column.
create temporary table typed_rows on commit drop as
with codes as (
    select distinct division_code
    from incoming_rows
),

units as (
    select distinct on (codes.division_code)
        codes.division_code,
        dim_org.org_id,
        case when place.level = 5 then place.parent_code else place.place_code end as town_code,
        case place.level
            when 5 then town.parent_code
            when 4 then place.parent_code
            else place.place_code
        end as county_code
    from codes
    inner join core.dim_org on codes.division_code = dim_org.place_code and dim_org.to_load is null
    inner join core.dim_place as place on codes.division_code = place.place_code and place.to_load is null
    left join core.dim_place as town on place.parent_code = town.place_code and town.to_load is null
    order by codes.division_code asc, dim_org.valid_from desc, place.valid_from desc, town.valid_from desc
),

repeated_keys as (
    select
        division_code,
        period,
        row_key
    from incoming_rows
    group by division_code, period, row_key
    having count(*) > 1
),

waves as (
    select
        incoming_rows.submission_id,
        incoming_rows.division_code,
        incoming_rows.row_key,
        row_number() over (
            partition by incoming_rows.division_code, incoming_rows.period, incoming_rows.row_key
            order by incoming_rows.submission_id
        ) as wave
    from incoming_rows
    inner join repeated_keys
        on
            incoming_rows.division_code = repeated_keys.division_code
            and incoming_rows.period = repeated_keys.period
            and incoming_rows.row_key = repeated_keys.row_key
),

typed as (
    select
        load_id,
        submission_id,
        division_code,
        town_code as stated_town,
        period,
        row_key,
        sheet,
        row_number,
        status = 'quarantine' as is_quarantined,
        jsonb_strip_nulls(jsonb_build_object(:absent_fields)) || row_states as cell_states,
        :typed_fields
    from incoming_rows
),

final as (
    select
        typed.*,
        units.org_id,
        :town as town_code, -- noqa: RF02
        units.county_code,
        coalesce(waves.wave, 1) as wave
    from typed
    left join units on typed.division_code = units.division_code
    left join waves
        on
            typed.submission_id = waves.submission_id
            and typed.division_code = waves.division_code
            and typed.row_key = waves.row_key
    where units.org_id is not null or not typed.is_quarantined
)

select * from final;

analyze typed_rows
