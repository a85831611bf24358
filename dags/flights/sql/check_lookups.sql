-- Airlines, airports and planes: complete, with unique keys. That the flights fit them is a rule of
-- check_flights.sql.
create temp view airlines as from read_csv('raw/airlines.csv', nullstr = 'NA');
create temp view airports as from read_csv('raw/airports.csv', nullstr = 'NA');
create temp view planes as from read_csv('raw/planes.csv', nullstr = 'NA');

create temp table checks as
select 'airlines' as rule, count(*) as found, 16 as wanted from airlines
union all select 'distinct carriers', count(distinct carrier), 16 from airlines
union all select 'airports', count(*), 1458 from airports
union all select 'distinct airport codes', count(distinct faa), 1458 from airports
union all select 'planes', count(*), 3322 from planes
union all select 'distinct tail numbers', count(distinct tailnum), 3322 from planes;

from checks;

create temp table verdict as
select error('raw/{airlines,airports,planes}.csv: ' ||
             string_agg(format('{}: found {}, wanted {}', rule, found, wanted), '; '))
from checks
where found <> wanted
having count(*) > 0;
