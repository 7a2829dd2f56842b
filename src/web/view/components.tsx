import type { ComponentChildren } from 'preact';
import { renderSvg, type Chart } from '../charts/render';
import { createSparkOption } from '../charts/options';
import { showAmount, showInstant, showRelative } from './format';

/** What every part of a page needs to format values. */
export interface Moment {
  readonly now: Date;
  readonly zone: string;
  /** Whether to show every digit of amounts. */
  readonly isExact: boolean;
}

const WIDE = 720;
const NARROW = 340;
const SPARK = { width: 220, height: 44 };

export function Panel(props: {
  title: string;
  id: string;
  note?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="panel" aria-labelledby={props.id}>
      <header>
        <h2 id={props.id}>{props.title}</h2>
        {props.note === undefined ? null : <p class="note">{props.note}</p>}
      </header>
      {props.children}
    </section>
  );
}

/** Draws a chart for wide and for narrow screens; the browser redraws it to fit, from the same options. */
export function Drawing({ chart, id }: { chart: Chart; id: string }) {
  const { option, label, height } = chart;
  return (
    <figure class="chart" id={id} data-height={height} data-option={JSON.stringify(option)}>
      <div class="plot" role="img" aria-label={label}>
        <div class="wide" dangerouslySetInnerHTML={{ __html: renderSvg(option, WIDE, height) }} />
        <div class="narrow" dangerouslySetInnerHTML={{ __html: renderSvg(option, NARROW, height) }} />
      </div>
    </figure>
  );
}

export function Spark({
  values,
  label,
  color,
}: {
  values: readonly (number | null)[];
  label: string;
  color?: string;
}) {
  // Stretched to the available width.
  const svg = renderSvg(createSparkOption(values, color), SPARK.width, SPARK.height).replace(
    '<svg ',
    '<svg preserveAspectRatio="none" ',
  );
  return <div class="spark" role="img" aria-label={label} dangerouslySetInnerHTML={{ __html: svg }} />;
}

/** An amount, aligned at the decimal point; all digits on hover, or with `exact=1`. */
export function Amount({ value, moment, unit }: { value: string; moment: Moment; unit?: string }) {
  const { integer, fraction, isCut } = showAmount(value, moment.isExact);
  return (
    <span class="amount" title={unit === undefined ? value : `${value} ${unit}`}>
      <span class="integer">{integer}</span>
      <span class="fraction">
        {fraction === '' ? '' : `.${fraction}`}
        {isCut ? '…' : ''}
      </span>
    </span>
  );
}

export function When({ at, moment }: { at: Date | null; moment: Moment }) {
  if (at === null) return <span class="muted">never</span>;
  return (
    <time dateTime={at.toISOString()} title={showInstant(at, moment.zone)}>
      {showRelative(at, moment.now)}
    </time>
  );
}

export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'calm';
/** What stands for a tone without colour. */
export const SIGNS: Readonly<Record<Tone, string>> = { good: '✓', bad: '✕', warn: '!', busy: '↻', calm: '·' };

/** A state by sign, colour and word. */
export function Pill({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class={`pill ${tone}`}>
      <span aria-hidden="true">{SIGNS[tone]}</span> {children}
    </span>
  );
}

/** A heading alone is a column of text. */
export type Column = string | ColumnStyle;

interface ColumnStyle {
  readonly heading: string;
  readonly isNumber?: boolean;
  /** Hidden on narrow screens. */
  readonly isExtra?: boolean;
}

/** A table that scrolls sideways by itself, so that the page does not. */
export function Table(props: {
  label: string;
  columns: readonly Column[];
  rows: readonly (readonly ComponentChildren[])[];
  empty: string;
}) {
  const { label, columns, rows, empty } = props;
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  const styles = columns.map((column): ColumnStyle =>
    typeof column === 'string' ? { heading: column } : column,
  );
  const classOf = (index: number): string =>
    [styles[index]?.isNumber === true ? 'number' : '', styles[index]?.isExtra === true ? 'extra' : '']
      .join(' ')
      .trim();
  return (
    <div class="scroll" role="group" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {styles.map(({ heading }, index) => (
              <th scope="col" class={classOf(index)}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells) => (
            <tr>
              {cells.map((cell, index) => (
                <td class={classOf(index)}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A chart's figures as a table, collapsed. */
export function Figures(props: Parameters<typeof Table>[0] & { id: string }) {
  return (
    <details id={props.id}>
      <summary>Figures</summary>
      <Table {...props} />
    </details>
  );
}

/** A name from outside, isolated from the surrounding text's direction. */
export function Name({ children }: { children: string }) {
  return <bdi class="name">{children}</bdi>;
}

/** A command with a copy button, which scripts reveal. */
export function Command({ children }: { children: string }) {
  return (
    <span class="command">
      <code>{children}</code>
      <button type="button" data-copy={children} aria-label={`Copy the command ${children}`} hidden>
        Copy
      </button>
    </span>
  );
}
