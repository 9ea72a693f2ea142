package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/server"
)

// A counting store counts how often each entity is read.
type counting struct {
	server.Entities
	read map[string]int
}

func (c counting) EntitiesNamed(ctx context.Context, tenant string, names []authz.Entity) ([]authz.Entity, error) {
	for _, n := range names {
		c.read[n.Type+"/"+n.ID]++
	}
	return c.Entities.EntitiesNamed(ctx, tenant, names)
}

// A batch reads each entity once, stored or not, and each item overlays what it
// says itself and nobody else's item does.
func TestAuthZENBatchReadsEntitiesOnce(t *testing.T) {
	t.Parallel()
	c := counting{read: map[string]int{}}
	h := newHouse(t, func(cfg *server.Config) { c.Entities = cfg.Entities; cfg.Entities = c })
	h.wants("publishing", h.publishSet("n/1.0.0", setOf("default decision := {\"decision\": false}\n\ndecision := {\"decision\": true} if input.subject.properties.role == \"admin\"\n")), http.StatusCreated, "")
	h.wants("activating", h.activate("0", "n", "1.0.0"), http.StatusOK, "")
	h.wants("storing", h.call(server.RoleWalletServer, "PUT", "/v1/entities/user/bob", `{"properties":{"role":"admin"}}`), http.StatusNoContent, "")
	of := func(subject string) string { return `{"subject":{"type":"user",` + subject + `}}` }
	items := []string{of(`"id":"bob"`), of(`"id":"bob","properties":{"role":"guest"}`), of(`"id":"bob"`),
		of(`"id":"alice"`), of(`"id":"alice","properties":{"role":"admin"}`), of(`"id":"alice"`)}
	a := h.ask("evaluations", strings.TrimSuffix(aliceReads, "}")+`,"evaluations":[`+strings.Join(items, ",")+`]}`)
	want := `{"evaluations":[{"decision":true},{"decision":false},{"decision":true},{"decision":false},{"decision":true},{"decision":false}]}`
	if string(a.body) != want {
		t.Errorf("%s, want %s", a.body, want)
	}
	for name, n := range c.read {
		if n != 1 {
			t.Errorf("%s was read %d times", name, n)
		}
	}
	if len(c.read) != 3 {
		t.Errorf("%v were read", c.read)
	}
}

// What a batch has no time for is denied, item by item, and says why.
func TestAuthZENBatchTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(cfg *server.Config) { cfg.BatchTime = 1 })
	h.wants("publishing", h.publishSet("n/1.0.0", setOf("decision := {\"decision\": true}\n")), http.StatusCreated, "")
	h.wants("activating", h.activate("0", "n", "1.0.0"), http.StatusOK, "")
	const late = `{"decision":false,"context":{"reason_admin":{"authz.failed":"the call asks more than can be decided in time"}}}`
	for semantic, want := range map[string]string{"execute_all": late + "," + late, "permit_on_first_permit": late + "," + late, "deny_on_first_deny": late} {
		a := h.ask("evaluations", strings.TrimSuffix(aliceReads, "}")+`,"options":{"evaluations_semantic":"`+semantic+`"},"evaluations":[{},{}]}`)
		if string(a.body) != `{"evaluations":[`+want+`]}` {
			t.Errorf("%s: %s", semantic, a.body)
		}
	}
	if a := h.ask("evaluation", aliceReads); string(a.body) != `{"decision":true}` {
		t.Errorf("one question, which has its own time: %s", a.body)
	}
}
