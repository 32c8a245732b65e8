// One person's attack: RATE requests a second, the bodies of the file BODIES in turn. UNIQUE in a body becomes a number, so
// that no cache knows the document.
import http from 'k6/http'
import exec from 'k6/execution'
import { Counter } from 'k6/metrics'

const headers = { Authorization: `Bearer ${__ENV.BEARER}`, 'Content-Type': 'application/json' }
const bodies = JSON.parse(open(__ENV.BODIES))
const statuses = {}
for (const status of [200, 400, 403, 413, 429, 500, 503]) statuses[status] = new Counter(`status_${status}`)
const other = new Counter('status_other')

export const options = {
  discardResponseBodies: true,
  scenarios: {
    attack: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE),
      duration: __ENV.DURATION,
      preAllocatedVUs: 200,
      maxVUs: 200,
      gracefulStop: '10s',
    },
  },
}

export default function () {
  const number = exec.scenario.iterationInTest
  const body = bodies[number % bodies.length].replaceAll('UNIQUE', `u${number}`)
  const answer = http.post(__ENV.URL, body, { headers, timeout: '30s' })
  ;(statuses[answer.status] || other).add(1)
}

export function handleSummary(data) {
  const counts = {}
  for (const [name, metric] of Object.entries(data.metrics)) {
    if (name.startsWith('status_')) counts[name.slice(7)] = metric.values.count
  }
  return { stdout: JSON.stringify(counts) }
}
