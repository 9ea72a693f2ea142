package policies

import (
	"encoding/json"
	"strings"

	"github.com/procura-dev/procura/policies/facts"
)

// Entrypoint is the query that decides, as `opa eval` takes it.
func (b Bundle) Entrypoint() string {
	var query strings.Builder
	query.WriteString("data")
	for step := range strings.SplitSeq(b.Root+"/decision", "/") {
		name, err := json.Marshal(step)
		if err != nil {
			panic(err) // strings are always written
		}
		query.WriteString("[" + string(name) + "]")
	}
	return query.String()
}

// Facts reads what derived facts take from the framework.
func (b Bundle) Facts() (facts.Framework, error) { return b.framework() }
