-- What raw/weather.csv must be: one reading for each airport and hour. Missing hours are normal
-- (stations fail); a reading that cannot be is named here and blanked by weather.sql.
create temp view weather as
from read_csv('raw/weather.csv', nullstr = 'NA');

create temp table facts as
select count(*)                                            as n,
       count(distinct (origin, time_hour))                 as distinct_keys,
       count(distinct origin)                              as origins,
       count(*) filter (origin is null or time_hour is null) as gaps_in_keys,
       count(*) filter (visib is null or precip is null)   as gaps_in_readings,
       count(*) filter (visib not between 0 and 10)        as wild_visibility,
       count(*) filter (precip not between 0 and 5)        as wild_rain,
       count(*) filter (wind_speed > 150)                  as impossible_wind,
       count(*) filter (year <> 2013)                      as other_years
from weather;

create temp table checks as
select * from (
    select unnest([
        {rule: 'rows',                                     found: n,                least: 26115, most: 26115},
        {rule: 'distinct (origin, time_hour)',             found: distinct_keys,    least: 26115, most: 26115},
        {rule: 'origins',                                  found: origins,          least: 3,     most: 3},
        {rule: 'rows outside 2013',                        found: other_years,      least: 0,     most: 0},
        {rule: 'rows with a gap in their keys',            found: gaps_in_keys,     least: 0,     most: 0},
        {rule: 'rows without visibility or precipitation', found: gaps_in_readings, least: 0,     most: 0},
        {rule: 'visibility beyond 0 .. 10 miles',          found: wild_visibility,  least: 0,     most: 0},
        {rule: 'precipitation beyond 0 .. 5 inches',       found: wild_rain,        least: 0,     most: 0},
        {rule: 'wind above 150 mph (blanked later)',       found: impossible_wind,  least: 0,     most: 5}
    ], recursive := true)
    from facts
);

from checks;

create temp table verdict as
select error('raw/weather.csv: ' ||
             string_agg(format('{}: found {}, wanted {} to {}', rule, found, least, most), '; '))
from checks
where found not between least and most
having count(*) > 0;
