package policies

import _ "embed"

// MaskPath is where bundles hold the mask, below no framework's root; its
// package is system.log, which OPA asks by default.
const MaskPath = "system/log/mask.rego"

// Mask is the policy of what an edge OPA leaves out of its decision logs
// (semantics 8.4).
//
//go:embed system/log/mask.rego
var Mask []byte
