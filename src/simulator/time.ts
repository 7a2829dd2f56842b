import { millisecondsInHour, millisecondsInMinute } from 'date-fns/constants';

export { DAY_MS, startOfUtcDay } from '../core/day';
export const MINUTE_MS = millisecondsInMinute;
export const HOUR_MS = millisecondsInHour;
