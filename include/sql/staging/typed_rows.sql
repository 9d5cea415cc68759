-- The incoming rows with the form's types, their units, and the order in which they are applied.
-- A unit has the code, the town and the county of its period's last day, whatever it was called in the file; of what
-- did not exist then the first version counts, of what existed no more the last one.
-- One row per unit, period, row key and submission. `wave` counts the submissions of one such row in order of receipt.
-- The lists :typed_fields, :absent_states and :stated_fields follow from the form, and :town: by what a row
-- belongs to a town. NULL without a state: the file has no such column.
create temporary table typed_rows on commit drop as
with units as (
    select distinct on (incoming_rows.division_code, incoming_rows.period)
        incoming_rows.division_code as stated_code,
        incoming_rows.period,
        org.org_id,
        org.place_code,
        town.place_code as town_code,
        case when place.level = 3 then place.place_code else town.parent_code end as county_code
    from incoming_rows
    inner join core.dim_period as calendar on incoming_rows.period = calendar.period
    inner join core.dim_org as holder on incoming_rows.division_code = holder.place_code and holder.to_load is null
    inner join core.dim_org as org on holder.org_id = org.org_id and org.to_load is null
    inner join core.dim_place as place on org.place_code = place.place_code and place.to_load is null
    inner join core.dim_place as town
        on
            town.place_code = case when place.level = 5 then place.parent_code else place.place_code end
            and town.to_load is null
    order by
        incoming_rows.division_code asc, incoming_rows.period asc,
        holder.valid_from desc,
        org.valid_from <= calendar.last_day desc, abs(org.valid_from - calendar.last_day) asc,
        place.valid_from <= calendar.last_day desc, abs(place.valid_from - calendar.last_day) asc,
        town.valid_from <= calendar.last_day desc, abs(town.valid_from - calendar.last_day) asc
),

stated as (
    select
        incoming_rows.submission_id,
        incoming_rows.division_code,
        incoming_rows.row_key,
        units.period,
        units.org_id
    from incoming_rows
    inner join units on incoming_rows.division_code = units.stated_code and incoming_rows.period = units.period
),

repeated_keys as (
    select
        org_id,
        period,
        row_key
    from stated
    group by org_id, period, row_key
    having count(*) > 1
),

waves as (
    select
        stated.submission_id,
        stated.division_code,
        stated.row_key,
        row_number() over (
            partition by stated.org_id, stated.period, stated.row_key
            order by stated.submission_id
        ) as wave
    from stated
    inner join repeated_keys
        on
            stated.org_id = repeated_keys.org_id
            and stated.period = repeated_keys.period
            and stated.row_key = repeated_keys.row_key
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
        (cast(:absent_states as jsonb) - array[:stated_fields]) || row_states as cell_states, -- noqa: RF02
        :typed_fields -- noqa: RF02
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
    left join units on typed.stated_code = units.stated_code and typed.period = units.period
    left join waves
        on
            typed.submission_id = waves.submission_id
            and typed.stated_code = waves.division_code
            and typed.row_key = waves.row_key
    where units.org_id is not null or not typed.is_quarantined
)

select * from final;

analyze typed_rows (submission_id, org_id, period, row_key, wave)
