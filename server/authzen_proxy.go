package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/procura-dev/procura/verifier"
)

// A proxyDecision is what became of one context.procura, so that a call takes
// each once.
type proxyDecision struct {
	proxy map[string]any
	err   error
}

// proxy decides the challenge of a question, as POST /v1/evaluations does, and
// gives what stands at input.proxy: the decision with what was asked and whose
// presentations were proved. No presentation is in it.
func (a *asking) proxy(ctx context.Context, procura any) (map[string]any, error) {
	raw, err := json.Marshal(procura)
	if err != nil {
		return nil, fmt.Errorf("reading a proxy challenge: %w", err)
	}
	if had, ok := a.proxies[string(raw)]; ok {
		return had.proxy, had.err
	}
	proxy, err := a.decideProxy(ctx, procura, raw)
	if a.proxies == nil {
		a.proxies = map[string]proxyDecision{}
	}
	a.proxies[string(raw)] = proxyDecision{proxy, err}
	return proxy, err
}

func (a *asking) decideProxy(ctx context.Context, procura any, raw []byte) (map[string]any, error) {
	e, err := verifier.ReadEvaluation(procura)
	if err != nil {
		return nil, inProcura(err)
	}
	// Of one body, each challenge has a decision of its own.
	e.Batch = a.batch
	e.Uncounted = true // a permit of this door is no decision on what the policy set permits
	e.Body = append(append([]byte("authzen\x00"), a.body...), raw...)
	answer, holders, err := a.server.cfg.Verifier.EvaluateHolders(ctx, a.who, e)
	if err != nil {
		return nil, inProcura(err)
	}
	// Circumstances can hold attestations, which are for the verifier alone.
	body := procura.(map[string]any) // ReadEvaluation took it, and these members
	asked := maps.Clone(body["request"].(map[string]any))
	delete(asked, "circumstances")
	return proxyInput(answer, holders, asked, len(body["presentations"].([]any)))
}

// proxyInput is what stands at input.proxy: a decision with what was asked, whose
// presentations were proved, and how many there were.
func proxyInput(answer []byte, holders []string, asked any, presented int) (proxy map[string]any, err error) {
	if err := json.Unmarshal(answer, &proxy); err != nil {
		return nil, fmt.Errorf("reading a decision: %w", err)
	}
	proved := make([]any, len(holders))
	for i, did := range holders {
		proved[i] = did
	}
	proxy["holders"], proxy["request"], proxy["presented"] = proved, asked, presented
	return proxy, nil
}

// inProcura says where in the call a challenge's faults are.
func inProcura(err error) error {
	invalid, ok := errors.AsType[*verifier.Invalid](err)
	if !ok {
		return err
	}
	r := &accessReader{}
	for _, f := range invalid.Faults {
		r.fault("/context/procura"+f.Path, "%s", f.Message)
	}
	return r.err()
}
