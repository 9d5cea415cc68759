-- A row that says something which another form's latest row of the unit, of a period that overlaps, does not bear out:
-- its figure is less than the threshold for the unit at the end of the period.
-- Of the thresholds that hold, that of the smallest area counts, in it one of the unit's own kind.
-- One finding per row. Filled in: :field, its name :of_field, the :of_table and the type :finding, the
-- condition :is_meant, the table :other_facts and its field :other, and the
-- lists :prefixes, :kinds, :first_days, :last_days and :figures of the thresholds.
with thresholds as (
    select threshold.*
    from
        unnest(array[:prefixes], array[:kinds], array[:first_days], array[:last_days], array[:figures])
            as threshold (prefix, kind, valid_from, valid_to, least)
),

compared as (
    select
        pairs.*,
        other.figure,
        other.period as other_period,
        other.from_load as other_from_load,
        threshold.least
    from pairs
    inner join
        lateral (
            select
                report.period,
                report.from_load,
                report.:other as figure
            from :other_facts as report
            inner join core.dim_period as period on report.period = period.period
            where
                report.org_id = pairs.org_id
                and report.to_load is null
                and period.first_day <= pairs.last_day
                and period.last_day >= pairs.first_day
            order by period.last_day desc, report.row_key asc
            limit 1
        ) as other
        on true
    inner join
        lateral (
            select thresholds.least
            from thresholds
            where
                starts_with(pairs.division_code, thresholds.prefix)
                and thresholds.valid_from <= pairs.last_day
                and thresholds.valid_to >= pairs.last_day
                and (
                    thresholds.kind = ''
                    or exists (
                        select 1
                        from core.dim_place as place
                        where
                            place.place_code = pairs.division_code
                            and place.kind = thresholds.kind
                            and place.to_load is null
                    )
                )
            order by length(thresholds.prefix) desc, thresholds.kind desc, thresholds.valid_from desc
            limit 1
        ) as threshold
        on true
    where :is_meant and other.figure < threshold.least -- noqa: RF02
)

insert into found_relations
select
    compared.form_code,
    :of_table as table_name,
    compared.period,
    compared.org_id,
    compared.row_key,
    :of_field as field,
    :finding as code,
    compared.town_code,
    compared.county_code,
    compared.submission_id,
    compared.sheet,
    compared.row_number,
    greatest(compared.from_load, compared.other_from_load) as since,
    jsonb_build_object(
        'value', compared.:field,
        'other_value', compared.figure,
        'limit', compared.least,
        'other_period', compared.other_period
    ) as params
from compared
