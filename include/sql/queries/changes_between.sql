-- What made anything known after one load and until another, and whom may it concern?
-- Grain: one row per load and scope: a unit, form and period that a return or an approval is about, a place that a list
-- of units changed, a plan. A null concerns all.

with wanted as (
    select
        changed.load_id,
        changed.kind,
        changed.submission_id,
        changed.journal_seq,
        changed.loaded_at
    from ops.loads as changed
    where changed.load_id > :old_load and changed.load_id <= :new_load
),

returned as (
    select
        wanted.load_id,
        receipt_scope.unit_code,
        receipt_scope.form_code,
        receipt_scope.period,
        cast(null as text) as plan_code,
        receipt.submission_id,
        receipt.folder,
        receipt.file_name,
        receipt.received_at,
        decision.reason,
        decision.decided_by as approved_by,
        coalesce('decision_' || decision.kind, wanted.kind) as cause
    from wanted
    left join ops.decisions as decision on wanted.journal_seq = decision.decision_id
    inner join ops.submissions as receipt
        on
            coalesce(wanted.submission_id, decision.submission_id) = receipt.submission_id
            or wanted.journal_seq = receipt.journal_seq
    inner join ops.submission_scopes as receipt_scope on receipt.submission_id = receipt_scope.submission_id
),

approved as (
    select
        wanted.load_id,
        waiver.unit_code,
        waiver.form_code,
        waiver.period,
        waiver.reason,
        waiver.approved_by,
        'waiver' as cause
    from wanted
    inner join ops.waivers as waiver on wanted.journal_seq = waiver.waiver_id
    union all
    select
        wanted.load_id,
        delay.unit_code,
        delay.form_code,
        delay.period,
        delay.reason,
        delay.approved_by,
        'extension' as cause
    from wanted
    inner join ops.extensions as delay on wanted.journal_seq = delay.extension_id
    union all
    select distinct
        wanted.load_id,
        cast(null as text) as unit_code,
        duty.form_code,
        duty.period,
        cast(null as text) as reason,
        cast(null as text) as approved_by,
        'opened' as cause
    from wanted
    inner join core.fct_obligation as duty on wanted.load_id = duty.from_load
    where
        wanted.kind = 'decision'
        and wanted.journal_seq not in (
            select decision.decision_id from ops.decisions as decision
            union all
            select waiver.waiver_id from ops.waivers as waiver
            union all
            select delay.extension_id from ops.extensions as delay
        )
),

registered as (
    select
        wanted.load_id,
        place.place_code as unit_code
    from wanted
    inner join core.dim_place as place on wanted.load_id in (place.from_load, place.to_load)
    where wanted.kind = 'register'
    union distinct
    select
        wanted.load_id,
        org.place_code as unit_code
    from wanted
    inner join core.dim_org as org on wanted.load_id in (org.from_load, org.to_load)
    where wanted.kind = 'register'
),

planned as (
    select
        wanted.load_id,
        plan.plan_code
    from wanted
    inner join core.plans as plan on wanted.load_id in (plan.from_load, plan.to_load)
    union distinct
    select
        wanted.load_id,
        milestone.plan_code
    from wanted
    inner join core.plan_milestones as milestone on wanted.load_id in (milestone.from_load, milestone.to_load)
    union distinct
    select
        wanted.load_id,
        plan_task.plan_code
    from wanted
    inner join core.plan_tasks as plan_task on wanted.load_id in (plan_task.from_load, plan_task.to_load)
),

causes as (
    select returned.* from returned
    union all
    select
        approved.load_id,
        approved.unit_code,
        approved.form_code,
        approved.period,
        null as plan_code,
        null as submission_id,
        null as folder,
        null as file_name,
        null as received_at,
        approved.reason,
        approved.approved_by,
        approved.cause
    from approved
    union all
    select
        registered.load_id,
        registered.unit_code,
        null as form_code,
        null as period,
        null as plan_code,
        null as submission_id,
        null as folder,
        null as file_name,
        null as received_at,
        null as reason,
        null as approved_by,
        'register' as cause
    from registered
    union all
    select
        planned.load_id,
        null as unit_code,
        null as form_code,
        null as period,
        planned.plan_code,
        null as submission_id,
        null as folder,
        null as file_name,
        null as received_at,
        null as reason,
        null as approved_by,
        'plan' as cause
    from planned
),

final as (
    select
        causes.*,
        wanted.loaded_at
    from causes
    inner join wanted on causes.load_id = wanted.load_id
    order by causes.load_id, causes.unit_code, causes.form_code, causes.period, causes.plan_code
)

select * from final
