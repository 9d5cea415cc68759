-- What does one wave of rows change, seen against the present versions?
-- One row per unit, period and row key of the wave. `action`:
--   insert      the first version of this row
--   change      a new version, closing the present one
--   keep        the same as the present version, which is thereby confirmed
--   superseded  a later receipt has stated this unit and period already
--   nothing     quarantined, and there is no version to contest
-- What the sender got wrong leaves the last accepted values, marked contested, and with them the file, sheet and row in
-- which they stand: of a whole row in stated_by, sheet and row_number, of single fields in kept_from.
-- Filled in from the form: the table :facts, the number :wave, the lists :merged_fields, :stated_states, :kept_fields
-- and :kept_sources, and :is_unchanged, which compares field by field.
drop table if exists changes;

create temporary table changes on commit drop as
with merged as (
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
        :merged_fields, -- noqa: RF02
        case
            when known.org_id is null then incoming.cell_states
            when incoming.is_quarantined then known.cell_states || '{"_row": "contested"}'
            else :stated_states || jsonb_strip_nulls(jsonb_build_object(:kept_fields)) -- noqa: RF02
        end as cell_states,
        case
            when known.org_id is null then cast('{}' as jsonb)
            when incoming.is_quarantined then known.kept_from
            else jsonb_strip_nulls(jsonb_build_object(:kept_sources)) -- noqa: RF02
        end as kept_from,
        incoming.is_quarantined,
        known.org_id is not null as is_known,
        known.confirmed_by > incoming.submission_id as is_superseded,
        incoming.is_quarantined or (:is_unchanged) as has_same_figures, -- noqa: RF02
        known.cell_states as known_states
    from typed_rows as incoming
    left join :facts as known
        on
            incoming.org_id = known.org_id
            and incoming.period = known.period
            and incoming.row_key = known.row_key
            and known.to_load is null
    where incoming.wave = :wave -- noqa: RF02
),

final as (
    select
        merged.*,
        case
            when not merged.is_known and merged.is_quarantined then 'nothing'
            when not merged.is_known then 'insert'
            when merged.is_superseded then 'superseded'
            when merged.has_same_figures and merged.cell_states = merged.known_states then 'keep'
            else 'change'
        end as action -- noqa: RF04
    from merged
)

select * from final;

analyze changes (action, submission_id, county_code, org_id, period, row_key)
