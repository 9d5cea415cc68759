-- What is a place called?
select place.name
from marts.places as place
where place.place_code = :place_code
