package trustframeworks

// Freshness is the framework's rule for ages, for all permissions and per
// permission (semantics 7).
type Freshness struct {
	Default     Ages            `json:"default"`
	Permissions map[string]Ages `json:"permissions,omitempty"`
}

// Ages are limits; an empty one means the default of semantics 7.
type Ages struct {
	PresentationMaxAge Duration `json:"presentationMaxAge,omitempty"` // at most 24 h
	GroupMaxAge        Duration `json:"groupMaxAge,omitempty"`
	ClockSkew          Duration `json:"clockSkew,omitempty"`
	StatusMaxAge       Duration `json:"statusMaxAge,omitempty"`
	OfflineMaxAge      Duration `json:"offlineMaxAge,omitempty"`
	DIDMaxAge          Duration `json:"didMaxAge,omitempty"`
	FrameworkMaxAge    Duration `json:"frameworkMaxAge,omitempty"`
}
