-- The incoming rows with the form's types, their units, and the order in which they are applied.
-- A unit has the code, the town and the county of its period's last day, whatever it was called in the file.
-- One row per unit, period, row key and submission. `wave` counts the submissions of one such row in order of receipt.
-- The lists :typed_fields and :absent_fields follow from the form, and :town: by what a row
-- belongs to a town. NULL without a state: the file has no such column.
create temporary table typed_rows on commit drop as
with codes as (
    select distinct
        incoming_rows.division_code,
        incoming_rows.period,
        calendar.last_day
    from incoming_rows
    inner join core.dim_period as calendar on incoming_rows.period = calendar.period
),

known_organisations as (
    select distinct on (codes.division_code, codes.period)
        codes.division_code,
        codes.period,
        codes.last_day,
        dim_org.org_id
    from codes
    inner join core.dim_org on codes.division_code = dim_org.place_code and dim_org.to_load is null
    order by codes.division_code asc, codes.period asc, dim_org.valid_from desc
),

-- of what did not exist then the first version, of what existed no more the last one counts
organisations as (
    select distinct on (known.division_code, known.period)
        known.*,
        dim_org.place_code
    from known_organisations as known
    inner join core.dim_org on known.org_id = dim_org.org_id and dim_org.to_load is null
    order by
        known.division_code asc, known.period asc,
        dim_org.valid_from <= known.last_day desc,
        abs(dim_org.valid_from - known.last_day) asc
),

places as (
    select distinct on (org.division_code, org.period)
        org.*,
        place.level,
        case when place.level = 5 then place.parent_code else place.place_code end as town_code,
        place.parent_code
    from organisations as org
    inner join core.dim_place as place on org.place_code = place.place_code and place.to_load is null
    order by
        org.division_code asc, org.period asc,
        place.valid_from <= org.last_day desc,
        abs(place.valid_from - org.last_day) asc
),

units as (
    select distinct on (place.division_code, place.period)
        place.division_code,
        place.period,
        place.org_id,
        place.place_code,
        place.town_code,
        case when place.level = 3 then place.place_code else town.parent_code end as county_code
    from places as place
    inner join core.dim_place as town on place.town_code = town.place_code and town.to_load is null
    order by
        place.division_code asc, place.period asc,
        town.valid_from <= place.last_day desc,
        abs(town.valid_from - place.last_day) asc
),

repeated_keys as (
    select
        units.org_id,
        incoming_rows.period,
        incoming_rows.row_key
    from incoming_rows
    inner join units
        on incoming_rows.division_code = units.division_code and incoming_rows.period = units.period
    group by units.org_id, incoming_rows.period, incoming_rows.row_key
    having count(*) > 1
),

waves as (
    select
        incoming_rows.submission_id,
        incoming_rows.division_code,
        incoming_rows.row_key,
        row_number() over (
            partition by units.org_id, incoming_rows.period, incoming_rows.row_key
            order by incoming_rows.submission_id
        ) as wave
    from incoming_rows
    inner join units
        on incoming_rows.division_code = units.division_code and incoming_rows.period = units.period
    inner join repeated_keys
        on
            units.org_id = repeated_keys.org_id
            and incoming_rows.period = repeated_keys.period
            and incoming_rows.row_key = repeated_keys.row_key
),

typed as (
    select
        load_id,
        submission_id,
        division_code as stated_code,
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
        coalesce(units.place_code, typed.stated_code) as division_code,
        units.org_id,
        :town as town_code, -- noqa: RF02
        units.county_code,
        coalesce(waves.wave, 1) as wave
    from typed
    left join units on typed.stated_code = units.division_code and typed.period = units.period
    left join waves
        on
            typed.submission_id = waves.submission_id
            and typed.stated_code = waves.division_code
            and typed.row_key = waves.row_key
    where units.org_id is not null or not typed.is_quarantined
)

select * from final;

analyze typed_rows
