package policies

import (
	"context"
	"strings"
	"sync"

	"github.com/procura-dev/procura/policies/plan"
)

// program is what a bundle's entrypoint is run by.
func (b Bundle) program(ctx context.Context) (*plan.Program, error) {
	data, err := b.data()
	if err != nil {
		return nil, err
	}
	if b.Shipped {
		program, err := shipped()
		if err != nil {
			return nil, err
		}
		own, err := below(data, b.Root)
		if err != nil {
			return nil, err
		}
		return program.With(map[string]any{"procura": own})
	}
	return plan.Compile(ctx, plan.Source{
		Modules:      b.modules(),
		Data:         data,
		Entrypoint:   b.Root + "/decision",
		Capabilities: capabilities(),
		Natives:      b.natives(),
	})
}

// shipped is the library where it is written, procura.challenge, over no data.
// What is moved below a framework's root says the same of that framework's data
// as this does of data.procura.framework; tests hold the two equal. Planning it
// takes most of what a framework costs, in time and in memory.
var shipped = sync.OnceValues(func() (*plan.Program, error) {
	return plan.Compile(context.Background(), plan.Source{
		Modules:      Library(),
		Data:         map[string]any{},
		Entrypoint:   "procura/challenge/decision",
		Capabilities: capabilities(),
		Natives:      Bundle{}.natives(),
	})
})

// home is where the program's data holds the framework.
func (b Bundle) home(program *plan.Program) []string {
	below := append(strings.Split(b.Root, "/"), "framework")
	if program.Data(below...) != nil {
		return below
	}
	return []string{"procura", "framework"}
}
