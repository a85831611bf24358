-- What raw/flights.csv must be before anything is built on it. A check that fails ends the task
-- with one line that names each broken rule, what was found and what was wanted.
-- The file is read once: what is checked below is this table.
create temp table flights as
select year, month, day, hour, time_hour, carrier, flight, origin, dest, dep_time, dep_delay,
       arr_delay, distance, air_time
from read_csv('raw/flights.csv', nullstr = 'NA');

create temp table facts as
select count(*)                                                      as n,
       (select count(*) from (select distinct time_hour, carrier, flight from flights))
                                                                     as distinct_keys,
       count(distinct carrier)                                       as carriers,
       count(distinct origin)                                        as origins,
       count(distinct month)                                         as months,
       count(*) filter (year <> 2013)                                as other_years,
       count(*) filter (time_hour is null or carrier is null or flight is null
                        or origin is null or dest is null)           as gaps_in_keys,
       count(*) filter ((dep_time is null) <> (dep_delay is null))   as half_departures,
       count(*) filter (dep_time is null and arr_delay is not null)  as arrived_not_left,
       count(*) filter (dep_delay not between -120 and 2880)         as wild_delays,
       count(*) filter (distance <= 0 or air_time <= 0)              as wild_distances,
       -- The UTC hour must be the scheduled one on New York's clock.
       count(*) filter (time_hour <> make_timestamp(year, month, day, hour, 0, 0)
                                     at time zone 'America/New_York') as wrong_hours,
       (select count(distinct carrier) from flights
        anti join read_csv('raw/airlines.csv') using (carrier))      as unknown_carriers,
       (select count(distinct origin) from flights
        anti join read_csv('raw/airports.csv') on origin = faa)      as unknown_origins,
       -- BQN, PSE, SJU and STT in the Caribbean are known to be missing from airports.csv.
       (select count(distinct dest) from flights
        anti join read_csv('raw/airports.csv') on dest = faa
        where dest not in ('BQN', 'PSE', 'SJU', 'STT'))              as unknown_destinations
from flights;

create temp table checks as
select * from (
    select unnest([
        {rule: 'rows',                                   found: n,                 wanted: 336776},
        {rule: 'distinct (time_hour, carrier, flight)',  found: distinct_keys,     wanted: 336776},
        {rule: 'carriers',                               found: carriers,          wanted: 16},
        {rule: 'origins',                                found: origins,           wanted: 3},
        {rule: 'months',                                 found: months,            wanted: 12},
        {rule: 'rows outside 2013',                      found: other_years,       wanted: 0},
        {rule: 'rows with a gap in their keys',          found: gaps_in_keys,      wanted: 0},
        {rule: 'departures with time or delay missing',  found: half_departures,   wanted: 0},
        {rule: 'arrivals that never departed',           found: arrived_not_left,  wanted: 0},
        {rule: 'delays beyond -2 h .. 48 h',             found: wild_delays,       wanted: 0},
        {rule: 'distances or air times not above 0',     found: wild_distances,    wanted: 0},
        {rule: 'UTC hours that are not the local ones',  found: wrong_hours,       wanted: 0},
        {rule: 'carriers without a name',                found: unknown_carriers,  wanted: 0},
        {rule: 'origins that are no airport',            found: unknown_origins,   wanted: 0},
        {rule: 'destinations that are no airport',       found: unknown_destinations, wanted: 0}
    ], recursive := true)
    from facts
);

from checks;

-- "create" makes no rows of its own, so a passing check prints nothing more.
create temp table verdict as
select error('raw/flights.csv: ' ||
             string_agg(format('{}: found {}, wanted {}', rule, found, wanted), '; '))
from checks
where found <> wanted
having count(*) > 0;
