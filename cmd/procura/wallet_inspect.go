package main

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// An inspectionShown is one, as it is printed.
type inspectionShown struct {
	ID         id64      `json:"id"`
	Partition  id64      `json:"partition"`
	Asked      time.Time `json:"asked"`
	AskedBy    string    `json:"askedBy"`
	ApprovedBy string    `json:"approvedBy,omitempty"`
	Until      time.Time `json:"until"`
}

func (i *inspectionShown) line() string {
	what := "to be approved"
	if i.ApprovedBy != "" {
		what = "approved by " + i.ApprovedBy + ", open"
	}
	return fmt.Sprintf("%s  partition %s  asked by %s at %s  %s until %s\n", shownID(i.ID.ID), shownID(i.Partition.ID), i.AskedBy, stamp(i.Asked), what, stamp(i.Until))
}

func adminInspect() *cobra.Command {
	o := &overseer{}
	c := adminWork(o, "inspect NAME PARTITION --reason TEXT", "Ask to look into a custodial partition", `Asks to look into a custodial partition of an account. Another administrator must approve it
within 24 hours. The account's owner is told at once. PARTITION is as wallet admin show prints it.`, 2,
		func(cmd *cobra.Command, args []string) error {
			part, err := readID(args[1])
			if err != nil {
				return err
			}
			_, at, err := o.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			var got inspectionShown
			if err := o.ask(cmd.Context(), http.MethodPost, at+"/inspections", map[string]string{"partition": sent(part), "reason": o.reason}, &got); err != nil {
				return err
			}
			return o.print(cmd, got, got.line())
		})
	o.why(c)
	return c
}

func adminInspections() *cobra.Command {
	o := &overseer{}
	return adminWork(o, "inspections NAME", "List an account's inspections", "Lists the inspections of an account that have not ended, one a line, the first first.", 1,
		func(cmd *cobra.Command, args []string) error {
			_, at, err := o.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			var got struct {
				Inspections []inspectionShown `json:"inspections"`
			}
			if err := o.ask(cmd.Context(), http.MethodGet, at+"/inspections", nil, &got); err != nil {
				return err
			}
			text := &strings.Builder{}
			for i := range got.Inspections {
				text.WriteString(got.Inspections[i].line())
			}
			return o.print(cmd, got, text.String())
		})
}

// inspection is where one of an account is.
func (o *overseer) inspection(cmd *cobra.Command, args []string) (string, error) {
	id, err := readID(args[1])
	if err != nil {
		return "", err
	}
	_, at, err := o.find(cmd.Context(), args[0])
	return at + "/inspections/" + sent(id), err
}

func adminApprove() *cobra.Command {
	o := &overseer{}
	return adminWork(o, "approve NAME INSPECTION", "Approve what another administrator asked for", `Approves an inspection that another administrator asked for: for an hour both can read the
partition's items. The account's owner is told at once.`, 2,
		func(cmd *cobra.Command, args []string) error {
			at, err := o.inspection(cmd, args)
			if err != nil {
				return err
			}
			var got inspectionShown
			if err := o.ask(cmd.Context(), http.MethodPut, at+"/approval", nil, &got); err != nil {
				return err
			}
			return o.print(cmd, got, got.line())
		})
}

func adminEnd() *cobra.Command {
	o := &overseer{}
	return adminWork(o, "end NAME INSPECTION", "End an inspection", "Ends an inspection, whether it was approved or not.", 2,
		func(cmd *cobra.Command, args []string) error {
			at, err := o.inspection(cmd, args)
			if err != nil {
				return err
			}
			if err := o.ask(cmd.Context(), http.MethodDelete, at, nil, &struct{}{}); err != nil {
				return err
			}
			return o.print(cmd, map[string]string{"ended": args[1]}, args[1]+" is ended\n")
		})
}

// An itemSeen is one of an inspected partition.
type itemSeen struct {
	ID      id64    `json:"id"`
	Kind    string  `json:"kind"`
	Version uint64  `json:"version"`
	Content *string `json:"content,omitempty"` // base64url; nil: it is not shown
}

func adminItems() *cobra.Command {
	o := &overseer{}
	return adminWork(o, "items NAME INSPECTION", "Read a partition that is inspected", `Reads the items of a partition that is inspected: of each a line with its id, kind and version,
then its content. Keys are listed, and not shown. The account's owner is told of it.`, 2,
		func(cmd *cobra.Command, args []string) error {
			at, err := o.inspection(cmd, args)
			if err != nil {
				return err
			}
			items, err := o.items(cmd, at)
			if err != nil {
				return err
			}
			text := &strings.Builder{}
			for _, i := range items {
				fmt.Fprintf(text, "%s  %s  version %d\n", shownID(i.ID.ID), i.Kind, i.Version)
				if i.Content != nil {
					raw, err := base64.RawURLEncoding.DecodeString(*i.Content)
					if err != nil {
						return fmt.Errorf("an item of the server's: %w", err)
					}
					fmt.Fprintf(text, "%s\n", raw)
				}
			}
			return o.print(cmd, map[string]any{"items": items}, text.String())
		})
}

// items reads them all, page by page.
func (o *overseer) items(cmd *cobra.Command, at string) ([]itemSeen, error) {
	all, after := []itemSeen{}, ""
	for {
		var got struct {
			Items []itemSeen `json:"items"`
			More  bool       `json:"more"`
		}
		if err := o.ask(cmd.Context(), http.MethodGet, at+"/items"+after, nil, &got); err != nil {
			return nil, err
		}
		all = append(all, got.Items...)
		if !got.More || len(got.Items) == 0 {
			return all, nil
		}
		after = "?after=" + url.QueryEscape(sent(got.Items[len(got.Items)-1].ID.ID))
	}
}
