-- Airlines, airports and planes: complete, with unique keys, and fitting the flights. Four airports
-- in the Caribbean (BQN PSE SJU STT) are known to be missing from airports.csv.
create temp view flights as from read_csv('raw/flights.csv', nullstr = 'NA');
create temp view airlines as from read_csv('raw/airlines.csv', nullstr = 'NA');
create temp view airports as from read_csv('raw/airports.csv', nullstr = 'NA');
create temp view planes as from read_csv('raw/planes.csv', nullstr = 'NA');

create temp table checks as
select 'airlines' as rule, count(*) as found, 16 as wanted from airlines
union all select 'distinct carriers', count(distinct carrier), 16 from airlines
union all select 'airports', count(*), 1458 from airports
union all select 'distinct airport codes', count(distinct faa), 1458 from airports
union all select 'planes', count(*), 3322 from planes
union all select 'distinct tail numbers', count(distinct tailnum), 3322 from planes
union all select 'carriers that fly and have no name', count(distinct carrier), 0
          from flights anti join airlines using (carrier)
union all select 'origins that are no airport', count(distinct origin), 0
          from flights anti join airports on origin = faa
union all select 'destinations that are no airport (4 are known)', count(distinct dest), 4
          from flights anti join airports on dest = faa;

from checks;

create temp table verdict as
select error('raw/{airlines,airports,planes}.csv: ' ||
             string_agg(format('{}: found {}, wanted {}', rule, found, wanted), '; '))
from checks
where found <> wanted
having count(*) > 0;
