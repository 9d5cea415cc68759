-- A stock that is not what it was at the end of the period before, with what came and without what went.
-- One finding per row. Filled in: :field, :last_field, :plus and :minus, their name :of_field, the :of_table and
-- the type :finding.
insert into found_relations
select
    pairs.form_code,
    :of_table as table_name,
    pairs.period,
    pairs.org_id,
    pairs.row_key,
    :of_field as field,
    :finding as code,
    pairs.town_code,
    pairs.county_code,
    pairs.submission_id,
    pairs.sheet,
    pairs.row_number,
    greatest(pairs.from_load, pairs.last_from_load) as since,
    jsonb_build_object(
        'value', pairs.:field,
        'last', pairs.:last_field,
        'plus', pairs.:plus,
        'minus', pairs.:minus,
        'expected', pairs.:last_field + pairs.:plus - pairs.:minus,
        'difference', abs(pairs.:field - (pairs.:last_field + pairs.:plus - pairs.:minus)),
        'last_period', pairs.last_period
    ) as params
from pairs
where pairs.is_previous and pairs.:field <> pairs.:last_field + pairs.:plus - pairs.:minus
