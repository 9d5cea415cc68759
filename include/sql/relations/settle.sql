-- Close what is no longer found about the rows that were looked at, or found with other figures or another waiver, and
-- note when each finding became known: with the rows it compares, as far as this batch brought them.
-- Filled in: the last load before this batch, :last_load, and its own last one, :top_load.
update found_relations
set since = :top_load
where since <= :last_load;

update ops.relation_findings as known
set
    to_load = coalesce(
        (
            select min(found.since)
            from found_relations as found
            where
                found.table_name = known.table_name
                and found.period = known.period
                and found.org_id = known.org_id
                and found.row_key = known.row_key
                and found.field = known.field
                and found.code = known.code
        ),
        :top_load
    )
from relation_scopes as scope
where
    known.to_load is null
    and known.from_load < :top_load
    and known.county_code = scope.county_code
    and known.table_name = scope.table_name
    and known.period = scope.period
    and not exists (
        select 1
        from found_relations as found
        where
            found.table_name = known.table_name
            and found.period = known.period
            and found.org_id = known.org_id
            and found.row_key = known.row_key
            and found.field = known.field
            and found.code = known.code
            and found.params = known.params
            and found.waiver_id is not distinct from known.waiver_id
    )
