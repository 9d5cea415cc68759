-- What does one wave of rows change, seen against the present versions?
-- One row per unit, period and row key of the wave. `action`:
--   insert      the first version of this row
--   change      a new version, closing the present one
--   keep        the same as the present version, which is thereby confirmed
--   superseded  a later receipt has stated this unit and period already
--   nothing     quarantined, and there is no version to contest
-- What the sender got wrong leaves the last accepted values, marked contested, and with them the file, sheet and row in
-- which they stand: of a whole row in stated_by, sheet and row_number, of single fields in kept_from.
-- Filled in from the form: the table :facts, the number :wave, the lists :merged_fields, :known_states, :kept_fields
-- and :kept_sources, and :is_unchanged, which compares field by field.
drop table if exists changes;

create temporary table changes on commit drop as
with incoming as (
    select *
    from typed_rows
    where wave = :wave
),

merged as (
    select
        incoming.load_id,
        incoming.submission_id,
        incoming.org_id,
        incoming.division_code,
        incoming.town_code,
        incoming.county_code,
        incoming.period,
        incoming.row_key,
        case when incoming.is_quarantined then known.submission_id else incoming.submission_id end as stated_by,
        case when incoming.is_quarantined then known.sheet else incoming.sheet end as sheet,
        case when incoming.is_quarantined then known.row_number else incoming.row_number end as row_number,
        incoming.is_quarantined,
        :merged_fields, -- noqa: RF02
        case
            when incoming.is_quarantined then known.cell_states || '{"_row": "contested"}'
            when known.org_id is null then incoming.cell_states
            else :known_states || jsonb_strip_nulls(jsonb_build_object(:kept_fields)) -- noqa: RF02
        end as cell_states,
        case
            when incoming.is_quarantined then known.kept_from
            when known.org_id is null then cast('{}' as jsonb)
            else jsonb_strip_nulls(jsonb_build_object(:kept_sources)) -- noqa: RF02
        end as kept_from
    from incoming
    left join :facts as known
        on
            incoming.org_id = known.org_id
            and incoming.period = known.period
            and incoming.row_key = known.row_key
            and known.to_load is null
),

final as (
    select
        merged.*,
        case
            when known.org_id is null and merged.is_quarantined then 'nothing'
            when known.org_id is null then 'insert'
            when known.confirmed_by > merged.submission_id then 'superseded'
            when :is_unchanged and merged.cell_states = known.cell_states then 'keep' -- noqa: RF02
            else 'change'
        end as action -- noqa: RF04
    from merged
    left join :facts as known
        on
            merged.org_id = known.org_id
            and merged.period = known.period
            and merged.row_key = known.row_key
            and known.to_load is null
)

select * from final;

analyze changes
