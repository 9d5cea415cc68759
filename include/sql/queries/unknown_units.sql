-- Which accepted rows speak of a unit that the register does not know?
-- One row per such row, the first ones.
select
    submission_id,
    sheet,
    row_number,
    division_code
from typed_rows
where org_id is null
order by submission_id, row_number
limit 1
