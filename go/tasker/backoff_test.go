package tasker

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func seconds(s float64) *float64 { return &s }

func TestBackoffGrowth(t *testing.T) {
	exponential := Backoff{Strategy: BackoffExponential, BaseSeconds: 1, MaxSeconds: 300}
	linear := Backoff{Strategy: BackoffLinear, BaseSeconds: 5, MaxSeconds: 60}
	fixed := Backoff{Strategy: BackoffFixed, BaseSeconds: 7.5, MaxSeconds: 60}
	for _, c := range []struct {
		name     string
		backoff  Backoff
		failures int
		want     time.Duration
	}{
		{"exponential first", exponential, 1, time.Second},
		{"exponential second", exponential, 2, 2 * time.Second},
		{"exponential ninth", exponential, 9, 256 * time.Second},
		{"exponential capped", exponential, 10, 300 * time.Second},
		{"exponential ten thousandth", exponential, 10_000, 300 * time.Second},
		{"exponential largest count", exponential, math.MaxInt, 300 * time.Second},
		{"exponential without failures counts as the first", exponential, 0, time.Second},
		{"exponential negative count", exponential, -5, time.Second},
		{"linear first", linear, 1, 5 * time.Second},
		{"linear third", linear, 3, 15 * time.Second},
		{"linear capped", linear, 13, 60 * time.Second},
		{"linear largest count", linear, math.MaxInt, 60 * time.Second},
		{"fixed first", fixed, 1, 7500 * time.Millisecond},
		{"fixed hundredth", fixed, 100, 7500 * time.Millisecond},
		{"base above the cap", Backoff{Strategy: BackoffFixed, BaseSeconds: 90, MaxSeconds: 60}, 1, time.Minute},
		{"no base", Backoff{Strategy: BackoffExponential, MaxSeconds: 60}, 10_000, 0},
		{"negative base", Backoff{Strategy: BackoffLinear, BaseSeconds: -3, MaxSeconds: 60}, 4, 0},
		{"no cap at all", Backoff{Strategy: BackoffExponential, BaseSeconds: 1, MaxSeconds: math.Inf(1)}, 10_000, longestWait},
		{"no number", Backoff{Strategy: BackoffFixed, BaseSeconds: math.NaN(), MaxSeconds: 60}, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			delay, source := c.backoff.Delay(Failure{Count: c.failures, Now: noon, Random: 0.9})
			require.Equal(t, c.want, delay)
			require.Equal(t, DelayFromBackoff, source)
		})
	}
}

func TestBackoffJitterStaysBetweenNothingAndTheCap(t *testing.T) {
	for _, jitter := range []float64{0, 0.1, 0.5, 1, 7, -1} {
		b := Backoff{Strategy: BackoffExponential, BaseSeconds: 1, MaxSeconds: 100, Jitter: jitter}
		least := 1 - min(max(jitter, 0), 1)
		for failures := 1; failures < 12; failures++ {
			plain := b.growth(failures)
			for _, random := range []float64{0, 0.25, 0.5, 0.999999, 1, 3, -1} {
				delay, _ := b.Delay(Failure{Count: failures, Now: noon, Random: random})
				require.GreaterOrEqual(t, delay.Seconds(), plain*least-1e-6)
				require.LessOrEqual(t, delay.Seconds(), plain)
				require.LessOrEqual(t, delay, 100*time.Second)
			}
		}
	}
}

func TestBackoffJitterSpreads(t *testing.T) {
	b := Backoff{Strategy: BackoffFixed, BaseSeconds: 10, MaxSeconds: 10, Jitter: 0.2}
	early, _ := b.Delay(Failure{Count: 1, Random: 0.5})
	late, _ := b.Delay(Failure{Count: 1, Random: 0})
	require.Equal(t, 9*time.Second, early)
	require.Equal(t, 10*time.Second, late)
}

func TestWhoDecidesTheDelay(t *testing.T) {
	b := Backoff{Strategy: BackoffFixed, BaseSeconds: 4, MaxSeconds: 60, Jitter: 1}
	for _, c := range []struct {
		name    string
		failure Failure
		want    time.Duration
		source  DelaySource
	}{
		{"hint before Retry-After", Failure{Hint: seconds(3), RetryAfter: "9"}, 3 * time.Second, DelayFromHint},
		{"hint beyond the backoff's cap, whole", Failure{Hint: seconds(3600)}, time.Hour, DelayFromHint},
		{"hint of nothing means at once", Failure{Hint: seconds(0), RetryAfter: "9"}, 0, DelayFromHint},
		{"hint in fractions", Failure{Hint: seconds(0.25)}, 250 * time.Millisecond, DelayFromHint},
		{"hint above the default maximum", Failure{Hint: seconds(1e9)}, DefaultMaxHint, DelayFromHint},
		{"hint above the configured maximum", Failure{Hint: seconds(100), MaxHint: time.Minute}, time.Minute, DelayFromHint},
		{"infinite hint", Failure{Hint: seconds(math.Inf(1))}, DefaultMaxHint, DelayFromHint},
		{"negative hint is none", Failure{Hint: seconds(-1), RetryAfter: "9"}, 9 * time.Second, DelayFromRetryAfter},
		{"hint that is no number is none", Failure{Hint: seconds(math.NaN())}, 4 * time.Second, DelayFromBackoff},
		{"Retry-After before the backoff", Failure{RetryAfter: "120"}, 2 * time.Minute, DelayFromRetryAfter},
		{"Retry-After above the configured maximum", Failure{RetryAfter: "120", MaxHint: time.Minute}, time.Minute, DelayFromRetryAfter},
		{"Retry-After that has passed", Failure{RetryAfter: "Sun, 01 Mar 2026 11:59:59 GMT"}, 4 * time.Second, DelayFromBackoff},
		{"rubbish in Retry-After", Failure{RetryAfter: "soon"}, 4 * time.Second, DelayFromBackoff},
		{"nothing given", Failure{}, 4 * time.Second, DelayFromBackoff},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.failure.Count, c.failure.Now = 1, noon
			delay, source := b.Delay(c.failure)
			require.Equal(t, c.want, delay)
			require.Equal(t, c.source, source)
		})
	}
}

func TestParseRetryAfter(t *testing.T) {
	for _, c := range []struct {
		value string
		want  time.Duration
		ok    bool
	}{
		{"0", 0, true},
		{"120", 2 * time.Minute, true},
		{" 30 ", 30 * time.Second, true},
		{"99999999999999999999999999", longestWait, true},
		{"Sun, 01 Mar 2026 12:00:30 GMT", 30 * time.Second, true},
		{"Sunday, 01-Mar-26 12:01:00 GMT", time.Minute, true},
		{"Sun Mar  1 12:00:05 2026", 5 * time.Second, true},
		{"Sun, 01 Mar 2026 12:00:00 GMT", 0, false},
		{"Sat, 28 Feb 2026 12:00:30 GMT", 0, false},
		{"", 0, false},
		{"-5", 0, false},
		{"+5", 0, false},
		{"1.5", 0, false},
		{"1e3", 0, false},
		{"0x10", 0, false},
		{"Inf", 0, false},
		{"1_000", 0, false},
		{"2026-03-01T12:00:30Z", 0, false},
		{"Sun, 01 Mar 2026 12:00:30 PST", 0, false},
		{"tomorrow", 0, false},
	} {
		t.Run(c.value, func(t *testing.T) {
			got, ok := ParseRetryAfter(c.value, noon)
			require.Equal(t, c.ok, ok)
			if ok {
				require.Equal(t, c.want, got)
			}
		})
	}
}

func TestRetryAfterHasNoTimeZone(t *testing.T) {
	kabul := time.FixedZone("AFT", 4*3600+1800)
	got, ok := ParseRetryAfter("Sun Mar  1 12:00:05 2026", noon.In(kabul))
	require.True(t, ok)
	require.Equal(t, 5*time.Second, got)
}
