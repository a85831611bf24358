// A page comes whole from the daemon and works without this. What follows makes it live.
import './style.css';
import 'virtual:steps.css';
import { startBulk } from './bulk';
import { startDialogs } from './dialogs';
import { all, prepareWith } from './dom';
import { startFilter } from './filter';
import { startGraph } from './graph';
import { startGrid } from './grid';
import { startKeys } from './keys';
import { startLive } from './live';
import { startLog } from './log';
import { startTheme } from './theme';
import { startTimeline } from './timeline';
import { startTimes } from './time';

// What does nothing without script is hidden until it can.
prepareWith((root) => {
	for (const part of all('[hidden][data-script]', root)) part.hidden = false;
});
startTheme();
startTimes();
startTimeline();
startGrid();
startLive();
startGraph();
startLog();
startFilter();
startBulk();
startDialogs();
startKeys();
