package policies

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/procura-dev/procura/policies/facts"
)

// errContradiction says that a decision does not hold together.
var errContradiction = errors.New("the decision contradicts itself")

// check holds a decision against what was asked: a permit grants each requested
// permission, in order, through principals that are there; a denial has a reason.
func (d *Decision) check(in *facts.Input) error {
	switch {
	case d.Decision == Deny && len(d.Reasons) > 0:
		return nil
	case d.Decision != Permit, len(d.Permissions) == 0, len(d.Permissions) != len(in.Request.Permissions):
		return errContradiction
	}
	for i, p := range d.Permissions {
		if !p.Granted || p.Name != in.Request.Permissions[i] || p.Rule == nil || !d.lists(p.Principals) {
			return fmt.Errorf("permission %q: %w", p.Name, errContradiction)
		}
	}
	return nil
}

// lists says whether the indexes name at least one principal, and only such.
func (d *Decision) lists(indexes []int) bool {
	for _, i := range indexes {
		if i < 0 || i >= len(d.Principals) {
			return false
		}
	}
	return len(indexes) > 0
}

// Refuse denies before any policy could be asked, for a reason of the published
// table that concerns the whole request. What fell until then (in.Refused) is
// told too.
func Refuse(in *facts.Input, code, message string) *Decision {
	d := &Decision{
		Decision:      Deny,
		Permissions:   []Permission{},
		Principals:    []Principal{},
		Credentials:   []Credential{},
		Reasons:       []Reason{{Code: code, Message: message}},
		NeedsComplete: new(true),
		Obligations:   []Obligation{},
		Explain:       Explain{Holder: "No decision could be made on what was asked."},
	}
	for _, name := range in.Request.Permissions {
		d.Permissions = append(d.Permissions, Permission{Name: name, Principals: []int{}})
	}
	for _, p := range in.Presentations {
		for _, c := range p.Credentials {
			d.Credentials = append(d.Credentials, Credential{Path: c.Path, Digest: c.Digest})
		}
		for _, c := range p.Beside {
			d.Credentials = append(d.Credentials, Credential{Path: c.Path, Digest: c.Digest})
		}
	}
	for _, r := range in.Refused {
		d.Reasons = append(d.Reasons, Reason{Code: r.Code, Message: r.Message, Path: r.Path, Credential: r.Credential})
		if r.Credential != "" {
			d.Credentials = append(d.Credentials, Credential{Path: r.Credential, Digest: r.Digest})
		}
	}
	slices.SortStableFunc(d.Reasons, Reason.compare)
	return d
}

// compare orders reasons as the policy does: by code, path, permission.
func (r Reason) compare(other Reason) int {
	return cmp.Or(
		cmp.Compare(r.Code, other.Code),
		cmp.Compare(r.Path, other.Path),
		cmp.Compare(r.Permission, other.Permission),
		cmp.Compare(r.Credential, other.Credential),
		cmp.Compare(r.Message, other.Message),
	)
}
