// What the doctor says of a machine that was made up.
import { type DoctorReport, doctorReport } from '../../../../bench/doctor/doctor-report.js';
import { examine, THOROUGH } from '../../../../bench/doctor/examine.js';
import { fakePageReport } from '../fake-page.js';
import { fakeProbes, type MadeUp } from './fake-machine.js';

export async function fakeDoctorReport(made: MadeUp = {}): Promise<DoctorReport> {
  return doctorReport(await examine(fakeProbes(made), THOROUGH, () => {}), {
    startedAt: '2026-01-01T00:00:00.000Z',
    durationSeconds: 4.5,
    options: { quick: false },
    environment: fakePageReport().environment,
  });
}
