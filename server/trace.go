package server

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/procura-dev/procura/verifier"
)

// traced begins the span of a call and returns what ends it. Nothing of it is a
// caller's text but the id of the request, whose characters are bounded.
func (s *Server) traced(c *gin.Context, id string) func() {
	if s.cfg.Tracer == nil {
		return func() {}
	}
	name := method(c.Request.Method)
	ctx, span := s.cfg.Tracer.Start(parent(c.Request), name+" "+routeOf(c), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", name), attribute.String("http.route", routeOf(c)), attribute.String("procura.request_id", id)))
	c.Request = c.Request.WithContext(ctx)
	return func() {
		status := c.Writer.Status()
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// parent takes the ids of a caller's traceparent (W3C Trace Context) and no
// more: tracestate is a text that anybody can write, and whether a trace is
// kept is not for an open door's caller to say.
func parent(r *http.Request) context.Context {
	header := propagation.HeaderCarrier{"Traceparent": r.Header["Traceparent"]}
	got := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), header))
	if !got.IsValid() {
		return r.Context()
	}
	return trace.ContextWithRemoteSpanContext(r.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: got.TraceID(), SpanID: got.SpanID()}))
}

// routeOf is the template of a call's route.
func routeOf(c *gin.Context) string {
	if route := c.FullPath(); route != "" {
		return route
	}
	return "none"
}

// Steps tells metrics and traces, where there are any, of the steps of
// decisions and of checks; it is for [verifier.Config].
func Steps(m *Metrics, tracer trace.Tracer) func(context.Context, verifier.Step) (context.Context, func(verifier.Ending)) {
	if m == nil && tracer == nil {
		return nil
	}
	return func(ctx context.Context, step verifier.Step) (context.Context, func(verifier.Ending)) {
		ctx, span := child(ctx, tracer, string(step))
		return ctx, func(e verifier.Ending) {
			outcome := knownOutcome(e.Outcome)
			if m != nil && step == verifier.Verification {
				m.presentations.WithLabelValues(formatOf(e), outcome).Inc()
			}
			span.SetAttributes(attribute.String("procura.outcome", outcome))
			if step != verifier.Policy {
				span.SetAttributes(attribute.String("procura.format", formatOf(e)))
			}
			ended(span, e.Outcome == verifier.Failed)
		}
	}
}

func formatOf(e verifier.Ending) string {
	if e.Format == "" {
		return "unreadable"
	}
	return e.Format
}

// child begins a span below that of ctx; without a tracer one that is nothing.
func child(ctx context.Context, tracer trace.Tracer, name string) (context.Context, trace.Span) {
	if tracer == nil {
		return ctx, trace.SpanFromContext(context.Background())
	}
	return tracer.Start(ctx, name)
}

// ended ends a span. What failed is in the log: an error's text may quote what
// was sent.
func ended(span trace.Span, failed bool) {
	if failed {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
