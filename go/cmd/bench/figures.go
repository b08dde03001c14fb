package main

import (
	"context"
	"slices"
)

// figure is something that can be measured, in a line or several whose names begin with its own.
type figure struct {
	name    string
	quick   bool // done in seconds, and among those that matter most
	measure func(b *bench, ctx context.Context) ([]line, error)
}

// figures lists all of them, in the order in which they are measured.
func figures() []figure {
	return slices.Concat(
		machineFigures(),
		stepsFigures(),
		latencyFigures(),
		costFigures(),
		creationFigures(),
		readinessFigures(),
		crowdFigures(),
		tenantsFigures(),
		pressureFigures(),
		fullFigures(),
		enduranceFigures(),
	)
}
