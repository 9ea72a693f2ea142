// Package tracing sends spans to a collector, as the environment variables of
// OpenTelemetry say ("OpenTelemetry Environment Variable Specification", "OTLP
// Exporter Configuration"). It is the only place that knows OpenTelemetry's SDK.
//
// Spans wait in a bounded queue; a collector that is slow, or not there, costs
// the spans that do not fit, and no request.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tracing is the way to a collector.
type Tracing struct {
	trace.Tracer
	provider *sdk.TracerProvider
	log      *slog.Logger
}

// Open opens the way that the environment names, and sends nothing yet. It
// returns nil where the environment names none, and refuses what it says and we
// do not do.
func Open(ctx context.Context, env func(string) string, log *slog.Logger) (*Tracing, error) {
	if !wanted(env) {
		return nil, nil
	}
	if err := understood(env); err != nil {
		return nil, err
	}
	root, err := sampler(env)
	if err != nil {
		return nil, err
	}
	to, err := otlptracehttp.New(ctx) // reads OTEL_EXPORTER_OTLP_…
	if err != nil {
		return nil, fmt.Errorf("OpenTelemetry: %w", err)
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(attribute.String("service.name", "procura")), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	// A remote parent is whoever called: whether a trace is kept is ours to say.
	kept := sdk.ParentBased(root, sdk.WithRemoteParentSampled(root), sdk.WithRemoteParentNotSampled(root))
	p := sdk.NewTracerProvider(sdk.WithSampler(kept), sdk.WithResource(about), sdk.WithBatcher(&exporter{to, log}))
	return &Tracing{Tracer: p.Tracer("github.com/procura-dev/procura"), provider: p, log: log}, nil
}

// wanted reports whether a collector is named and tracing not switched off.
func wanted(env func(string) string) bool {
	named := env("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
	off, _ := strconv.ParseBool(env("OTEL_SDK_DISABLED")) // what is no boolean is false, by the specification
	return named && !off && env("OTEL_TRACES_EXPORTER") != "none"
}

func understood(env func(string) string) error {
	for name, only := range map[string]string{
		"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
	} {
		if got := env(name); got != "" && got != only {
			return fmt.Errorf("%s: %q is not supported, only %s", name, got, only)
		}
	}
	return nil
}

// sampler says which of the traces that begin here are kept. Those of callers
// begin here too, so that the kinds with "parentbased" are like the others.
func sampler(env func(string) string) (sdk.Sampler, error) {
	switch name := env("OTEL_TRACES_SAMPLER"); name {
	case "", "always_on", "parentbased_always_on":
		return sdk.AlwaysSample(), nil
	case "always_off", "parentbased_always_off":
		return sdk.NeverSample(), nil
	case "traceidratio", "parentbased_traceidratio":
		ratio, err := strconv.ParseFloat(env("OTEL_TRACES_SAMPLER_ARG"), 64)
		if err != nil || !(ratio >= 0 && ratio <= 1) {
			return nil, errors.New("OTEL_TRACES_SAMPLER_ARG: want a number from 0 to 1")
		}
		return sdk.TraceIDRatioBased(ratio), nil
	default:
		return nil, fmt.Errorf("OTEL_TRACES_SAMPLER: %q is not supported", name)
	}
}

// flushTime bounds what the spans that wait may delay the end of the process.
const flushTime = 3 * time.Second

// Close sends what waits, and gives that up after a few seconds.
func (t *Tracing) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.WarnContext(ctx, "traces were not sent before the end", "error", err)
	}
}

// An exporter logs what its like would tell a handler that the whole process
// shares.
type exporter struct {
	sdk.SpanExporter
	log *slog.Logger
}

func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.log.WarnContext(ctx, "traces were not sent", "spans", len(spans), "error", err)
	}
	return nil
}
