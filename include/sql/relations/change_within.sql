-- A figure that changed more than it may against the period before or the same period of last year.
-- One finding per row: against the period before, if that is exceeded already. Of small numbers a percentage says
-- nothing: they must both be 20 at least, or differ by 10.
-- Filled in: :field, :last_field and :year_field, their name as a text :of_field, the :of_table and the type
-- :finding, and what the rule declares: the list :codes, the least change :minimum and the per cent :maximum.
with compared as (
    select distinct on (pairs.org_id, pairs.period, pairs.row_key)
        pairs.*,
        other.compared,
        other.period as other_period,
        other.from_load as other_from_load,
        other.figure
    from pairs
    cross join
        lateral (
            values
            (
                1, 'previous', pairs.last_period, pairs.last_from_load,
                case when pairs.is_previous then pairs.:last_field end
            ),
            (2, 'last_year', pairs.year_period, pairs.year_from_load, pairs.:year_field)
        ) as other (turn, compared, period, from_load, figure)
    where
        other.compared = any(:codes) -- noqa: RF02
        and abs(pairs.:field - other.figure) >= :minimum -- noqa: RF02
        and abs(pairs.:field - other.figure) * 100 > :maximum * other.figure -- noqa: RF02
        and (least(pairs.:field, other.figure) >= 20 or abs(pairs.:field - other.figure) >= 10)
    order by pairs.org_id asc, pairs.period asc, pairs.row_key asc, other.turn asc
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
        'last', compared.figure,
        'compared', compared.compared,
        'last_period', compared.other_period
    ) as params
from compared
