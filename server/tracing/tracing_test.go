package tracing

import (
	"log/slog"
	"maps"
	"testing"
)

// Without a collector there is no tracing; what is asked for and not done here
// is refused, and not done otherwise.
func TestOpen(t *testing.T) {
	t.Parallel()
	named := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
	for name, test := range map[string]struct {
		env     map[string]string
		on, bad bool
	}{
		"nothing":             {},
		"a collector":         {env: with(named, "", ""), on: true},
		"one for traces":      {env: map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}, on: true},
		"switched off":        {env: with(named, "OTEL_SDK_DISABLED", "true")},
		"no exporter":         {env: with(named, "OTEL_TRACES_EXPORTER", "none")},
		"another exporter":    {env: with(named, "OTEL_TRACES_EXPORTER", "zipkin"), bad: true},
		"another protocol":    {env: with(named, "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), bad: true},
		"another for traces":  {env: with(named, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"), bad: true},
		"a sampler":           {env: with(named, "OTEL_TRACES_SAMPLER", "parentbased_always_off"), on: true},
		"an unknown sampler":  {env: with(named, "OTEL_TRACES_SAMPLER", "sometimes"), bad: true},
		"a ratio":             {env: with(with(named, "OTEL_TRACES_SAMPLER", "traceidratio"), "OTEL_TRACES_SAMPLER_ARG", "0.5"), on: true},
		"no ratio":            {env: with(named, "OTEL_TRACES_SAMPLER", "traceidratio"), bad: true},
		"a ratio that is NaN": {env: with(with(named, "OTEL_TRACES_SAMPLER", "traceidratio"), "OTEL_TRACES_SAMPLER_ARG", "NaN"), bad: true},
	} {
		got, err := Open(t.Context(), func(name string) string { return test.env[name] }, slog.New(slog.DiscardHandler))
		if got != nil {
			got.Close()
		}
		if (err != nil) != test.bad || (got != nil) != test.on {
			t.Errorf("%s: %v, %v, want on %v, refused %v", name, got != nil, err, test.on, test.bad)
		}
	}
}

func with(env map[string]string, name, value string) map[string]string {
	out := maps.Clone(env)
	if name != "" {
		out[name] = value
	}
	return out
}
