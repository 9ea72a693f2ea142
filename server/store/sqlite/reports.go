package sqlite

import (
	"context"
	"fmt"

	"github.com/procura-dev/procura/server"
)

// FileReports stores all or none.
func (s *Store) FileReports(ctx context.Context, list []server.Report, most int) (fresh int, err error) {
	if len(list) == 0 {
		return 0, nil
	}
	err = s.write.change(ctx, func(tx statements) error {
		fresh = 0
		for i := range list {
			added, err := s.fileReport(tx, &list[i])
			if err != nil {
				return fmt.Errorf("filing report: %w", err)
			}
			fresh += added
		}
		_, err := tx.exec(`DELETE FROM edge_reports WHERE tenant = ?1 AND kind = ?2 AND seq <=
			(SELECT seq FROM edge_reports WHERE tenant = ?1 AND kind = ?2 ORDER BY seq DESC LIMIT 1 OFFSET ?3)`, list[0].Tenant, list[0].Kind, most)
		if err != nil {
			return fmt.Errorf("making room for reports: %w", err)
		}
		return nil
	})
	return fresh, err
}

func (s *Store) fileReport(tx statements, r *server.Report) (added int, err error) {
	if r.Kind == server.ReportStatus {
		if _, err := tx.exec(`DELETE FROM edge_reports WHERE tenant = ? AND client = ? AND kind = ? AND id = ?`, r.Tenant, r.Client, r.Kind, r.ID); err != nil {
			return 0, err
		}
	}
	done, err := tx.exec(`INSERT INTO edge_reports (tenant, client, kind, id, name, version, received, expires, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, client, kind, id) DO NOTHING`,
		r.Tenant, r.Client, r.Kind, r.ID, r.Name, r.Version, r.ReceivedAt.UnixNano(), r.Expires.UnixNano(), s.key.Report(r.Content, r.Tenant, r.Client, string(r.Kind), r.ID))
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	return int(n), err
}

// ListReports returns reports in the order of filing.
func (s *Store) ListReports(ctx context.Context, q server.ReportQuery) ([]server.Report, error) {
	text, args := `SELECT seq, client, id, name, version, received, expires, sealed FROM edge_reports WHERE tenant = ? AND kind = ? AND seq > ?`, []any{q.Tenant, q.Kind, q.After}
	if q.Framework != nil {
		text, args = text+` AND name = ?`, append(args, *q.Framework)
	}
	rows, err := s.read.QueryContext(ctx, text+` ORDER BY seq LIMIT ?`, append(args, q.Most)...)
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
