package facts

import _ "embed"

// ParametersSchema is a JSON Schema (draft 2020-12) of what a credential may give a
// constraint of each built-in type, by parameter, in "$defs" under the type's name.
// It is for those who write credentials: what a decision reads [Derive] reads, which
// also refuses what no schema can say. Tests hold the two together.
//
//go:embed parameters.schema.json
var ParametersSchema []byte
