import { Pill, type Tone } from '../components';

const REASON_TONES: Readonly<Record<string, Tone>> = {
  down: 'bad',
  'no share': 'bad',
  slow: 'warn',
  rejects: 'warn',
  unsteady: 'warn',
};

export function Reasons({ reasons }: { reasons: string }) {
  return (
    <>
      {reasons.split(', ').map((reason) => (
        <Pill tone={REASON_TONES[reason] ?? 'warn'}>{reason}</Pill>
      ))}
    </>
  );
}
