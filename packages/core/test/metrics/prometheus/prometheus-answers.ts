/**
 * Answers in the shapes of https://prometheus.io/docs/prometheus/latest/querying/api/ (read 2026-11-21): the vector and
 * its labels are that page's own example; the others follow its format overview.
 */
export const twoSeries = {
  status: 'success',
  data: {
    resultType: 'vector',
    result: [
      {
        metric: { __name__: 'up', job: 'prometheus', instance: 'localhost:9090' },
        value: [1_435_781_451.781, '1'],
      },
      {
        metric: { __name__: 'up', job: 'node', instance: 'localhost:9100' },
        value: [1_435_781_451.781, '0'],
      },
    ],
  },
}

export const scalar = (value: string): object => ({
  status: 'success',
  data: { resultType: 'scalar', result: [1_435_781_451.781, value] },
})

export const vector = (...series: readonly (readonly [labels: object, value: string])[]): object => ({
  status: 'success',
  data: {
    resultType: 'vector',
    result: series.map(([metric, value]) => ({ metric, value: [1_435_781_451.781, value] })),
  },
})

export const histogram = {
  status: 'success',
  data: {
    resultType: 'vector',
    result: [
      {
        metric: { job: 'web' },
        histogram: [1_435_781_451.781, { count: '60', sum: '33', buckets: [[0, '1', '2', '60']] }],
      },
    ],
  },
}

export const matrix = {
  status: 'success',
  data: {
    resultType: 'matrix',
    result: [{ metric: { job: 'web' }, values: [[1_435_781_430.781, '1']] }],
  },
}

export const badQuery = {
  status: 'error',
  errorType: 'bad_data',
  error: 'invalid parameter "query": 1:5: parse error: unexpected end of input',
}

export const timedOut = { status: 'error', errorType: 'timeout', error: 'query timed out in query execution' }
