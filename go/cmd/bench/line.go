package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tasker-core/tasker-core/go/internal/jsonx"
)

// line is what is printed about one number.
type line struct {
	Figure string    `json:"figure"` // in a measurement only what follows the figure's name
	Value  float64   `json:"value"`  // the median, unless the figure says otherwise
	Unit   string    `json:"unit"`
	Beside string    `json:"beside,omitempty"` // what the floor is
	Floor  float64   `json:"floor,omitempty"`
	Ratio  float64   `json:"ratio,omitempty"`  // value to floor: the median of the rounds' ratios
	Goal   string    `json:"goal,omitempty"`   // what has to be how, as in "ratio >=", to meet the target
	Target float64   `json:"target,omitempty"` // none: nothing was promised
	Met    *bool     `json:"met,omitempty"`
	N      int       `json:"n"`                // rounds, or single measurements
	Spread []float64 `json:"spread,omitempty"` // each round, in order; of more than 30: least, quartiles, P95, P99, most
}

// What a goal may say. A line is held to its goal by meant.
const (
	ratioAtLeast = "ratio >="
	ratioAtMost  = "ratio <="
	valueAtLeast = "value >="
	valueAtMost  = "value <="
)

// meant gives the line with its target and whether it was met.
func (l line) meant(goal string, target float64) line {
	l.Goal, l.Target = goal, target
	measured := l.Value
	if strings.HasPrefix(goal, "ratio") {
		measured = l.Ratio
	}
	met := atMost(measured, target)
	if strings.HasSuffix(goal, ">=") {
		met = atLeast(measured, target)
	}
	l.Met = &met
	return l
}

func atMost(value, most float64) bool   { return value <= most }
func atLeast(value, least float64) bool { return value >= least }

// measured is a line about values that stand for themselves.
func measured(name, unit string, values []float64) line {
	return line{Figure: name, Unit: unit, Value: rounded(median(values)), N: len(values), Spread: spread(values)}
}

// compared is a line about rounds of which each measured both sides.
func compared(name, unit string, values []float64, beside string, floors []float64) line {
	l := line{Figure: name, Unit: unit, Value: rounded(median(values)), N: len(values), Beside: beside, Floor: rounded(median(floors))}
	ratios := make([]float64, len(values))
	for i := range values {
		ratios[i] = values[i] / floors[i]
	}
	l.Ratio, l.Spread = rounded(median(ratios)), spread(ratios)
	return l
}

// spread shows how far values lie apart.
func spread(values []float64) []float64 {
	if len(values) > 30 {
		sorted := slices.Sorted(slices.Values(values))
		values = nil
		for _, p := range []float64{0, 0.25, 0.5, 0.75, 0.95, 0.99, 1} {
			values = append(values, percentile(sorted, p))
		}
	}
	short := make([]float64, len(values))
	for i, v := range values {
		short[i] = rounded(v)
	}
	return short
}

// percentile gives the smallest of sorted values that is not smaller than the part p of them.
func percentile(sorted []float64, p float64) float64 {
	return sorted[max(int(math.Ceil(p*float64(len(sorted))))-1, 0)]
}

func median(values []float64) float64 { return quantile(values, 0.5) }

func quantile(values []float64, p float64) float64 {
	return percentile(slices.Sorted(slices.Values(values)), p)
}

// rounded leaves three digits that count, and at least the whole number.
func rounded(x float64) float64 {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return x
	}
	scale := math.Pow(10, max(2-math.Floor(math.Log10(math.Abs(x))), 0))
	return math.Round(x*scale) / scale
}

func perSecond(n int, start time.Time) float64 { return float64(n) / time.Since(start).Seconds() }

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func printLine(line any) error {
	text, err := jsonx.Marshal(line)
	if err != nil {
		return err
	}
	_, err = fmt.Println(strings.TrimSpace(string(text)))
	return err
}
