-- How many books are there per resident, by town?
-- Grain: one row per town, in the latest quarter; villages of which books or residents (latest year) are not known, or
-- contested, count in neither part. Both parts are added up first: never an average of rates.

with books as (
    select
        center.period,
        center.town_code,
        center.town_name,
        center.division_code,
        center.books_total
    from marts.village_center as center
    where
        not center.is_contested
        and center.period = (select max(latest.period) from marts.village_center as latest)
),

residents as (
    select
        profile.division_code,
        profile.resident_population
    from core.fct_village_profile as profile
    where
        profile.to_load is null
        and profile.period = (select max(latest.period) from core.fct_village_profile as latest)
),

final as (
    select
        books.period,
        books.town_code,
        books.town_name,
        count(*) as villages,
        sum(books.books_total) as books,
        sum(residents.resident_population) as residents,
        round(cast(sum(books.books_total) as numeric) / sum(residents.resident_population), 2) as books_per_resident
    from books
    inner join residents on books.division_code = residents.division_code
    where books.books_total is not null and residents.resident_population > 0
    group by books.period, books.town_code, books.town_name
    order by books.town_code
)

select * from final
