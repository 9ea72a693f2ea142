package server

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/wallet/issuance"
	"github.com/procura-dev/procura/wallet/lifecycle"
)

// A statusRequest is what becomes of some credentials.
type statusRequest struct {
	refs   []lifecycle.Ref
	action string
	value  int
	reason string
	holder string // who asks, where it is not the client itself
}

// changed is how many credentials became others.
type changed struct {
	Changed int `json:"changed"`
}

// updateStatus is VCALM's "Update Status": one purpose of one credential.
func (s *Server) updateStatus(c *gin.Context) error {
	tree, _, err := readJSON(c)
	if err != nil {
		return err
	}
	r, err := readStatusUpdate(tree)
	if err != nil {
		return fmt.Errorf("%w: %w", errRequest, err)
	}
	return s.applyStatus(c, r)
}

// changeStatuses suspends, resumes or revokes many credentials: all of them, or
// none.
func (s *Server) changeStatuses(c *gin.Context) error {
	tree, _, err := readJSON(c)
	if err != nil {
		return err
	}
	r, err := s.readStatusChange(c, tree)
	if err != nil {
		return err
	}
	return s.applyStatus(c, r)
}

func (s *Server) applyStatus(c *gin.Context, r *statusRequest) error {
	if s.issuing == nil {
		return lifecycle.ErrUnknownIssued
	}
	ctx, by := c.Request.Context(), who(c)
	found, err := s.issuing.store.Find(ctx, by.Tenant, r.refs, r.holder)
	if err != nil {
		return err
	}
	if err := s.mayChange(ctx, by, r.holder, found); err != nil {
		return err
	}
	change := &lifecycle.Change{Tenant: by.Tenant, Action: r.action, Value: r.value, Reason: r.reason, By: by.Client, At: s.cfg.Now().UTC()}
	if r.holder != "" {
		change.By = r.holder
	}
	for _, f := range found {
		change.IDs = append(change.IDs, f.ID)
	}
	slices.Sort(change.IDs)
	change.IDs = slices.Compact(change.IDs)
	n, err := s.issuing.store.Apply(ctx, change)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, changed{n})
}

// mayChange asks the rules once for each profile, and whether its credentials
// are about the holder.
func (s *Server) mayChange(ctx context.Context, by verifier.Caller, holder string, found []lifecycle.Found) error {
	type kind struct {
		profile, credential string
		about               bool
	}
	asked := map[kind]bool{}
	for _, f := range found {
		k := kind{f.Profile, f.Type, f.About}
		if asked[k] {
			continue
		}
		asked[k] = true
		p, _, err := s.issuing.store.Keyring(ctx, by.Tenant, f.Profile, "")
		if err != nil {
			return err
		}
		q := question{by: by, action: changeStatus, profile: p, holder: holder, about: f.About}
		if holder != "" && slices.Contains(p.Revokers, issuance.Issuers) {
			if q.listed, err = s.cfg.Verifier.ListsIssuer(ctx, by.Tenant, f.Type, holder); err != nil {
				return err
			}
		}
		if err := s.permitted(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// fields reads an object that has no others than those named.
func fields(v any, at string, names ...string) (map[string]any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, faulty(at, "must be an object")
	}
	for name := range m {
		if !slices.Contains(names, name) {
			return nil, faulty(at+"/"+name, "is not a member of this request")
		}
	}
	return m, nil
}

// readStatusUpdate reads VCALM's request. A revocation is not taken back.
func readStatusUpdate(tree any) (*statusRequest, error) {
	m, err := fields(tree, "", "credentialId", "credentialStatus", "status", "indexAllocator", "reason")
	if err != nil {
		return nil, err
	}
	entry, err := fields(m["credentialStatus"], "/credentialStatus", "id", "type", "statusPurpose", "statusListIndex", "statusListCredential")
	if err != nil {
		return nil, err
	}
	set, ok := m["status"].(bool)
	if !ok {
		return nil, faulty("/status", "is required, true or false")
	}
	r := &statusRequest{}
	if r.action, err = actionFor(entry["statusPurpose"], set); err != nil {
		return nil, err
	}
	if r.reason, err = readReason(m); err != nil {
		return nil, err
	}
	ref, err := readRef(m["credentialId"], entry)
	r.refs = []lifecycle.Ref{ref}
	return r, err
}

func actionFor(purpose any, set bool) (string, error) {
	switch {
	case purpose == lifecycle.Revocation && set:
		return lifecycle.Revoke, nil
	case purpose == lifecycle.Suspension && set:
		return lifecycle.Suspend, nil
	case purpose == lifecycle.Suspension:
		return lifecycle.Resume, nil
	case purpose == lifecycle.Revocation:
		return "", faulty("/status", "%v", lifecycle.ErrFinal)
	}
	return "", faulty("/credentialStatus/statusPurpose", "must be %s or %s", lifecycle.Revocation, lifecycle.Suspension)
}

func readReason(m map[string]any) (string, error) {
	v, given := m["reason"]
	reason, ok := v.(string)
	if given && (!ok || len(reason) > lifecycle.MaxReason) {
		return "", faulty("/reason", "must be a text of at most %d bytes", lifecycle.MaxReason)
	}
	return reason, nil
}

// readRef names a credential by its id, or by the place in a list that its own
// status names.
func readRef(id any, entry map[string]any) (ref lifecycle.Ref, err error) {
	if id != nil {
		name, ok := id.(string)
		if !ok || name == "" {
			return ref, faulty("/credentialId", "must be a text")
		}
		return lifecycle.Ref{Name: name}, nil
	}
	list, _ := entry["statusListCredential"].(string)
	text, _ := entry["statusListIndex"].(string)
	index, err := strconv.Atoi(text)
	if list == "" || err != nil || index < 0 || strconv.Itoa(index) != text {
		return ref, faulty("/credentialStatus", "must have statusListCredential and statusListIndex, where credentialId is not given")
	}
	return lifecycle.Ref{List: list[strings.LastIndexByte(list, '/')+1:], Index: index}, nil
}

// readStatusChange reads a change of many credentials.
func (s *Server) readStatusChange(c *gin.Context, tree any) (*statusRequest, error) {
	m, err := fields(tree, "", "action", "credentials", "reason", "message", "asked", "presentation")
	if err != nil {
		return nil, err
	}
	r := &statusRequest{}
	if r.action, _ = m["action"].(string); !slices.Contains(lifecycle.Actions, r.action) {
		return nil, faulty("/action", "must be one of %s", strings.Join(lifecycle.Actions, ", "))
	}
	if r.value, err = readMessage(m, r.action); err != nil {
		return nil, err
	}
	if r.reason, err = readReason(m); err != nil {
		return nil, err
	}
	list, _ := m["credentials"].([]any)
	if len(list) == 0 || len(list) > lifecycle.MaxChanged {
		return nil, faulty("/credentials", "must be 1 to %d ids", lifecycle.MaxChanged)
	}
	for i, v := range list {
		name, ok := v.(string)
		if !ok || name == "" {
			return nil, faulty("/credentials/"+strconv.Itoa(i), "must be the credentialId that it was issued with")
		}
		r.refs = append(r.refs, lifecycle.Ref{Name: name})
	}
	r.holder, err = s.askedBy(c, m)
	return r, err
}

func readMessage(m map[string]any, action string) (int, error) {
	v, given := m["message"]
	n, ok := v.(float64)
	if given != (action == lifecycle.Tell) || given && (!ok || n != float64(int(n)) || n < 0 || n > 255) {
		return 0, faulty("/message", "must be a message's number for the action %s, and for no other", lifecycle.Tell)
	}
	return int(n), nil
}
