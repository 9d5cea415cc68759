-- What does one wave of rows change, seen against the present versions?
-- One row per unit and period of the wave. `action`:
--   insert      the first version of this unit and period
--   change      a new version, closing the present one
--   keep        the same as the present version, which is thereby confirmed
--   superseded  a later receipt has stated this unit and period already
--   nothing     quarantined, and there is no version to contest
-- What the sender got wrong leaves the last accepted values, marked contested.
-- The table :facts, the number :wave and the lists :merged_fields, :kept_fields, :known_fields and :changed_fields are
-- filled in from the form.
drop table if exists changes;

create temporary table changes on commit drop as
with incoming as (
    select *
    from typed_rows
    where wave = :wave
),

final as (
    select
        incoming.load_id,
        incoming.submission_id,
        incoming.org_id,
        incoming.division_code,
        incoming.town_code,
        incoming.county_code,
        incoming.period,
        incoming.sheet,
        incoming.row_number,
        merged.*,
        case
            when known.org_id is null and incoming.is_quarantined then 'nothing'
            when known.org_id is null then 'insert'
            when known.confirmed_by > incoming.submission_id then 'superseded'
            when row(:changed_fields, merged.cell_states) is not distinct from row(:known_fields, known.cell_states) then 'keep'
            else 'change'
        end as action
    from incoming
    left join :facts as known
        on
            incoming.org_id = known.org_id
            and incoming.period = known.period
            and known.to_load is null
    cross join lateral (
        select
            :merged_fields,
            case
                when incoming.is_quarantined then known.cell_states || '{"_row": "contested"}'
                when known.org_id is null then incoming.cell_states
                else incoming.cell_states || jsonb_strip_nulls(jsonb_build_object(:kept_fields))
            end as cell_states
    ) as merged
)

select * from final;

analyze changes
