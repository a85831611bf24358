-- Hourly weather as Parquet. A wind above 150 mph (1,048 mph stands in the data) is an error of
-- the station, not New York's weather: it becomes unknown.
copy (
    select origin, time_hour, temp, humid, visib, precip, pressure, wind_dir,
           case when wind_speed <= 150 then wind_speed end as wind_speed
    from read_csv('raw/weather.csv', nullstr = 'NA')
    order by origin, time_hour
) to 'weather.parquet' (format parquet);

select origin, count(*) as hours, count(*) filter (wind_speed is null) as wind_unknown
from 'weather.parquet'
group by origin
order by origin;
