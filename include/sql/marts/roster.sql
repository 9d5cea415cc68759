-- Which villages must each expected return contain?
-- Grain: one row per expected return and village or community of its town, for forms that list them all. Town and
-- village are those of the period's last day: what was closed by then is not listed.

create or replace function marts.roster(known_at bigint)
returns table (
    county_code text,
    town_code text,
    form_code text,
    period text,
    division_code text,
    village_name text,
    village_kind text
)
language sql
stable
as $$
with returns as (
    select
        obligation.form_code,
        obligation.period,
        obligation.county_code,
        calendar.last_day,
        town.place_code as town_code
    from core.fct_obligation as obligation
    inner join core.dim_form as form on obligation.form_code = form.form_code and form.lists_villages
    inner join core.dim_period as calendar on obligation.period = calendar.period
    inner join core.dim_org as town
        on
            obligation.org_id = town.org_id
            and calendar.last_day >= town.valid_from
            and town.org_type = 'town_station'
            and not town.is_closed
            and town.from_load <= known_at
            and (town.to_load is null or town.to_load > known_at)
    where
        obligation.duty <> 'not_applicable'
        and obligation.from_load <= known_at
        and (obligation.to_load is null or obligation.to_load > known_at)
        and not exists (
            select 1
            from core.dim_org as later
            where
                later.org_id = town.org_id
                and later.valid_from > town.valid_from
                and later.valid_from <= calendar.last_day
                and later.from_load <= known_at
                and (later.to_load is null or later.to_load > known_at)
        )
),

final as (
    select
        town_return.county_code,
        town_return.town_code,
        town_return.form_code,
        town_return.period,
        village.place_code as division_code,
        village.name as village_name,
        village.kind as village_kind
    from returns as town_return
    inner join marts.place_versions(known_at) as village
        on
            town_return.town_code = village.parent_code
            and town_return.last_day >= village.valid_from
            and (village.valid_to is null or town_return.last_day < village.valid_to)
    where village.level = 5 and not village.is_closed
)

select * from final
$$;

create or replace view marts.roster with (security_invoker = true) as
select listed.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.roster(latest.load_id) as listed;

comment on view marts.roster is
'Villages that each expected return must contain; one row per return and village.';
comment on function marts.roster(bigint) is
'As known at a load: Villages that each expected return must contain; one row per return and village.';

comment on column marts.roster.county_code is 'The county (12 digits).';
comment on column marts.roster.town_code is
'The town that reports (12 digits), by its code on the last day of the period.';
comment on column marts.roster.form_code is 'The form, as stewards know it: 基文01.';
comment on column marts.roster.period is 'Reporting period.';
comment on column marts.roster.division_code is 'The village or community (12 digits), likewise.';
comment on column marts.roster.village_name is 'Its name then.';
comment on column marts.roster.village_kind is 'village or community.';
