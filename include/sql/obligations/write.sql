-- Write the versions of obligation_states. What began by the same load is filled in, for nobody can have seen it; an
-- earlier version ends.
update core.fct_obligation
set
    due_on = states.due_on,
    duty = states.duty,
    submission = states.submission,
    submission_id = states.submission_id,
    submitted_at = states.submitted_at,
    open_errors = states.open_errors,
    to_load = states.next_load
from obligation_states as states
where
    fct_obligation.org_id = states.org_id
    and fct_obligation.form_code = states.form_code
    and fct_obligation.period = states.period
    and fct_obligation.from_load = states.at_load
    and fct_obligation.to_load is null;

update core.fct_obligation
set to_load = states.at_load
from obligation_states as states
where
    fct_obligation.org_id = states.org_id
    and fct_obligation.form_code = states.form_code
    and fct_obligation.period = states.period
    and fct_obligation.from_load < states.at_load
    and fct_obligation.to_load is null
    and not exists (
        select 1
        from obligation_states as earlier
        where
            earlier.org_id = states.org_id -- noqa: RF01
            and earlier.form_code = states.form_code -- noqa: RF01
            and earlier.period = states.period -- noqa: RF01
            and earlier.at_load < states.at_load -- noqa: RF01
    );

insert into core.fct_obligation (
    org_id,
    county_code,
    form_code,
    period,
    due_on,
    duty,
    submission,
    review,
    submission_id,
    submitted_at,
    open_errors,
    from_load,
    to_load
)
select
    org_id,
    county_code,
    form_code,
    period,
    due_on,
    duty,
    submission,
    review,
    submission_id,
    submitted_at,
    open_errors,
    at_load as from_load,
    next_load as to_load
from obligation_states
on conflict (period, form_code, org_id, from_load) do nothing;

drop table obligation_states
