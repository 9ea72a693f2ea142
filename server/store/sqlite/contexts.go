package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/procura-dev/procura/server"
)

// contextsMigration is the step that contextsBefore belongs to.
const contextsMigration = "0010_contexts_before.sql"

// contextsBefore takes the addresses of the contexts that were published before
// addresses were kept, as the outlines hold them: of two at one address, the one
// that was published first.
func contextsBefore(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `SELECT tenant, outline FROM frameworks WHERE outline IS NOT NULL ORDER BY seq`)
	if err != nil {
		return fmt.Errorf("listing outlines: %w", err)
	}
	defer rows.Close()
	var taken []claim
	for rows.Next() {
		c, err := readClaim(rows)
		if err != nil {
			return fmt.Errorf("reading outline: %w", err)
		}
		if c.url != "" {
			taken = append(taken, c)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("listing outlines: %w", err)
	}
	for _, c := range taken {
		if _, err := tx.ExecContext(ctx, `INSERT INTO framework_contexts (tenant, url, digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, c.tenant, c.url, c.digest[:]); err != nil {
			return fmt.Errorf("claiming context: %w", err)
		}
	}
	return nil
}

// A claim is what is at the address of a context.
type claim struct {
	tenant, url string
	digest      [sha256.Size]byte
}

func readClaim(rows *sql.Rows) (c claim, err error) {
	var raw []byte
	var outline server.Outline
	if err := rows.Scan(&c.tenant, &raw); err != nil {
		return c, err
	}
	err = json.Unmarshal(raw, &outline)
	c.url, c.digest = outline.ContextURL, sha256.Sum256(outline.Context)
	return c, err
}
