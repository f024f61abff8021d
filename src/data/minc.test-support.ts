/** A MINC 2 file for tests. Imported by tests only. */
import { gunzipSync } from 'fflate'

// Made by h5py 3.7, gzipped: 2 x 3 x 4 of i2 in two compressed chunks, z y x fastest last, 0 10 20 ... 220 and 3000; valid from 0 to 1000,
// slices from 0 to 100 and -100 to 400; x along (cos 0.1, sin 0.1, 0), y along (-sin 0.1, cos 0.1, 0); steps 2, -3, 4 from -10, 12, 5.
const packed =
  'H4sIAAAAAAACA+1aQWgTQRSd2U3aTZNg0sYaRCUVwR6aupUeessKreSkQXuoIO1uNmsTSNKQBElFoSepCNqL0IMHjwVBeqynVgQp9OJNDx567E2Peqoz2ZlsZpNskzaWSuZdfmZ2/vzZ/X/+/jebF/Hp2/6BiwMAQ5KACwRAPQ4JEhNsm15XiYRErhK5IdB+WL0WJv1BMr993Oy9mRk8+tAGamffbUoJcPQi4jO3EljOkTaNp12BHZfL5PXozXEZ2OJSOabdVvEbF8122t1e/B54ePzy+LXiN0LzpZsdl8lpiwaSqUzOyJcyS/kSG8dTHdq9f+fuNI5gGncRkZ3PHsccneWBRL/ZLnjaywO//DwP8Dxg5QFaba152HGy7f0VP6FdMw8INXtT59j5VdJeCbLxOdrPjrPHO88D5hOd85rtir+9PCCPsP7n6O08QPf7ur95PVCVUVTd1vdHc1rFlidGO6wHZC+rb49jjs7ygD2PHpUHpCGWz3BwXoDxLsiOq5QKmo4SwTKRT4g8Li+AYMDUhbQtMXlARPGMfwdQt6tuZW40DvcLggDNOsGMXBEmQqami7HjA2ky7yAIobGpTNHQy4jXLOhLpUzeKNH9E4mRFShg0gsmDylPgZCsBzBy+8LGn8FvP2PRvZd7H159jIFaPUXq8ktme6u2knAbeVGs5cXfQefnR9/b0mXncdTq+pVej/QHO0SSo5hlpTKvq/vJgLamf1Xl5KZW0CV1NRnXdnUAhgvCm8r8ezWdPNDWv2yuaOc/Dz9/5rseHp/4oX3/5AcLMWmQpw8ODg4ODo4zAR+pRCHoQ/WeBEplrVh2qu8Y7Ws7lr6b6BsF0LY+UHyESUPQj9YigayRXyynG+tYqucCVv2L+1a6Vg/Pnmo9TOrgbVoXd8cfo8rJ/CHtdOoP0eaPStf8MdfCH2rNHz4Hf2A79H6d/NDIs7rhh9AJ/RDoeF8INj9YPJGsQ4TMONG2n1r1U362NU54Lemv+U00LXnRemD1OdevA4KU8SirlY3afBJZtyi4KletWxeJScHyM/Eb8CAdCX9fWyqmjCK9PoS0QnX3b/LrMZNuj1H23cgTIxHnfEgvK3J7fFK+0RvvCXwuhr9H2M/FIm3qPyW7eQQ0fQ804G2o+b5sFbccHBwcHBwcHBwcHGcH9fxfqGNQPvIlFaJf+HzlsZbNpBaKWr76L4qjz1UEJx6gvFYwf2f5cNhRX0TXoYPd1ucVD0MsM6Q8Vj6Sx/Y18Fj8K/FP/HB6zyP7XzyPv/KkJr5QMQAA'

export const mincFile = (): Uint8Array<ArrayBuffer> => new Uint8Array(gunzipSync(Buffer.from(packed, 'base64')))
