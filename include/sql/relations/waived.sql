-- Which of what was found does the county let pass, as things stood at the last load of the batch, :top_load?
update found_relations as found
set
    waiver_id = (
        select min(waiver.waiver_id)
        from ops.waivers as waiver
        inner join ops.loads as last_load on last_load.load_id = :top_load -- noqa: RF02
        where
            waiver.code = found.code
            and waiver.form_code = found.form_code
            and waiver.period = found.period
            and (waiver.field is null or waiver.field = found.field)
            and waiver.approved_at <= last_load.loaded_at
            and waiver.valid_until >= cast(last_load.loaded_at at time zone 'Asia/Shanghai' as date)
            and (
                waiver.unit_code in (found.county_code, found.town_code)
                or waiver.unit_code in (
                    select org.place_code
                    from core.dim_org as org
                    where org.org_id = found.org_id and org.to_load is null
                )
            )
    )
where found.code in (
    select waiver.code
    from ops.waivers as waiver
)
