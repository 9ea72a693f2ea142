package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/server"
)

// FileReports stores all or none. Those of a tenant wait for each other: else a
// reader might have passed a number that is committed later.
func (s *Store) FileReports(ctx context.Context, list []server.Report, most int) (fresh int, err error) {
	if len(list) == 0 {
		return 0, nil
	}
	err = s.change(ctx, func(tx pgx.Tx) error {
		fresh = 0
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('edge_reports ' || $1, 0))`, list[0].Tenant); err != nil {
			return fmt.Errorf("waiting to file reports: %w", err)
		}
		for i := range list {
			added, err := s.fileReport(ctx, tx, &list[i])
			if err != nil {
				return fmt.Errorf("filing report: %w", err)
			}
			fresh += added
		}
		_, err := tx.Exec(ctx, `DELETE FROM edge_reports WHERE tenant = $1 AND kind = $2 AND seq <=
			(SELECT seq FROM edge_reports WHERE tenant = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1 OFFSET $3)`, list[0].Tenant, string(list[0].Kind), most)
		if err != nil {
			return fmt.Errorf("making room for reports: %w", err)
		}
		return nil
	})
	return fresh, err
}

func (s *Store) fileReport(ctx context.Context, tx pgx.Tx, r *server.Report) (added int, err error) {
	if r.Kind == server.ReportStatus {
		if _, err := tx.Exec(ctx, `DELETE FROM edge_reports WHERE tenant = $1 AND client = $2 AND kind = $3 AND id = $4`, r.Tenant, r.Client, string(r.Kind), r.ID); err != nil {
			return 0, err
		}
	}
	done, err := tx.Exec(ctx, `INSERT INTO edge_reports (tenant, client, kind, id, name, version, received, expires, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (tenant, client, kind, id) DO NOTHING`,
		r.Tenant, r.Client, string(r.Kind), r.ID, r.Name, r.Version, r.ReceivedAt.UnixNano(), r.Expires.UnixNano(), s.key.Report(r.Content, r.Tenant, r.Client, string(r.Kind), r.ID))
	return int(done.RowsAffected()), err
}

// ListReports returns reports in the order of filing.
func (s *Store) ListReports(ctx context.Context, q server.ReportQuery) ([]server.Report, error) {
	if !storable(q.Tenant) || q.Framework != nil && !storable(*q.Framework) {
		return nil, nil
	}
	text, args := `SELECT seq, client, id, name, version, received, expires, sealed FROM edge_reports WHERE tenant = $1 AND kind = $2 AND seq > $3`, []any{q.Tenant, string(q.Kind), q.After, q.Most}
	if q.Framework != nil {
		text, args = text+` AND name = $5`, append(args, *q.Framework)
	}
	rows, err := s.pool.Query(ctx, text+` ORDER BY seq LIMIT $4`, args...)
	if err != nil {
		return nil, fmt.Errorf("listing reports: %w", err)
	}
	defer rows.Close()
	var list []server.Report
	for size := 0; rows.Next(); {
		r := server.Report{Tenant: q.Tenant, Kind: q.Kind}
		var received, expires int64
		var sealed []byte
		if err := rows.Scan(&r.Seq, &r.Client, &r.ID, &r.Name, &r.Version, &received, &expires, &sealed); err != nil {
			return nil, fmt.Errorf("reading report: %w", err)
		}
		if size += len(sealed); size > q.Bytes && len(list) > 0 {
			return list, nil
		}
		r.ReceivedAt, r.Expires = instant(received), instant(expires)
		if r.Content, err = s.key.OpenReport(sealed, r.Tenant, r.Client, string(r.Kind), r.ID); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}
