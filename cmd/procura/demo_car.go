package main

import (
	"context"
	"maps"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// What the story takes from the car's framework, as it ships.
const (
	carName     = "Car Rental Delegation"
	carURI      = "https://procura.dev/frameworks/car-rental-delegation"
	carVersion  = "1.1.0"
	carTitles   = "vehicle-registries" // the registry of those who say whose a car is
	carVIN      = "1HGES26721L024785"
	officesList = "/offices" // of the company, where its offices' credentials may be revoked
	rentersList = "/renters" // of the office in Houston
	titlesList  = "/titles"  // of the state, where a car changes hands
)

// A ride is who takes part in the story of RFC 0104.
type ride struct {
	texas, company, houston, ana, ben, cousin, dora actor
	site                                            *site
	now                                             time.Time
}

func carStory() story {
	r := &ride{
		texas: actor{name: "Texas, a state"}, company: actor{name: "Wheels, a company"}, houston: actor{name: "its Houston office"},
		ana: actor{name: "Ana, who rents"}, ben: actor{name: "Ben, a valet"}, cousin: actor{name: "Ben's cousin"}, dora: actor{name: "Dora, who waits"},
	}
	return story{asks: "car", domain: "car.example", begin: r.begin, scenes: r.scenes}
}

// begin has the credentials issued that hang one below the other.
func (r *ride) begin(ctx context.Context, st *stage) error {
	r.site, r.now = st.site, st.now
	st.say("Who may drive this car?", "",
		"A car belongs to Wheels, a rental company. Wheels lets its office in Houston manage it, the office lets it to Ana",
		"for a week, and Ana dines out and hands it to Ben, the valet. Each signs for the next: a chain of credentials.",
		"The rules are a trust framework that ships with Procura: \""+carName+"\".",
		"A server runs at "+st.base+" for as long as this story lasts, and beside it one for lists of what is revoked.", "")
	if err := st.cast(&r.texas, &r.company, &r.houston, &r.ana, &r.ben, &r.cousin, &r.dora); err != nil {
		return err
	}
	if err := st.list(ctx, carTitles, &r.texas); err != nil {
		return err
	}
	st.say("", "The server's administrator lists Texas, and nobody else (registry "+carTitles+").",
		"Texas says in a title that the car is Wheels'. C1: Wheels shows it, and signs for Houston. C2: Houston signs for Ana, for a week. C3: Ana signs for Ben: two hours, and 100 metres",
		"around the restaurant. Each holds the one above it.")
	return r.issue(ctx)
}

func (r *ride) issue(ctx context.Context) error {
	if err := r.entitle(ctx); err != nil {
		return err
	}
	for _, c := range []struct {
		*paper
		by, to *actor
	}{
		{r.paper("Subsidiary", "regional_office", 30*24*time.Hour, nil, r.site.place(officesList, "7")), &r.company, &r.houston},
		{r.paper("Renter", "renter", 7*24*time.Hour, nil, r.site.place(rentersList, "42")), &r.houston, &r.ana},
		{r.paper("Valet", "valet", 2*time.Hour, nearby(), nil), &r.ana, &r.ben},
		{r.paper("Valet", "valet", time.Hour, nearby(), nil), &r.ben, &r.cousin},
		{r.paper("Renter", "renter", 7*24*time.Hour, nil, r.site.place(rentersList, "43")), &r.houston, &r.dora},
	} {
		signed, err := c.signed(ctx, c.by, c.to)
		if err != nil {
			return err
		}
		c.to.credential = signed
	}
	if err := r.site.publish(ctx, officesList, r.company.key); err != nil {
		return err
	}
	return r.site.publish(ctx, rentersList, r.houston.key)
}

// entitle has the state say whose the car is.
func (r *ride) entitle(ctx context.Context) error {
	signed, err := (&proof.Signer{Key: r.texas.key, At: r.now}).Credential(ctx, map[string]any{
		"@context": []any{vc.ContextV1}, "type": []any{"VerifiableCredential", "VehicleTitle"},
		"issuanceDate": r.now.AddDate(-1, 0, 0).UTC().Format(time.RFC3339), "credentialStatus": r.site.place(titlesList, "3"),
		"credentialSubject": map[string]any{"id": r.company.key.DID(), "vin": carVIN},
	}, vc.FormatVCJWT11)
	if err != nil {
		return err
	}
	r.company.title = signed.(string)
	return r.site.publish(ctx, titlesList, r.texas.key)
}

// paper is one that is in force for a while, and but for an office's says so twice.
func (r *ride) paper(variant, role string, life time.Duration, limits, status map[string]any) *paper {
	from := r.now.Add(-time.Minute)
	p := &paper{
		book: carBook(), variant: variant, role: role, from: from, until: from.Add(life), limits: map[string]any{}, status: status,
		rules: []any{map[string]any{"grant": []any{"unlock", "drive", "delegate"}, "when": map[string]any{"roles": role}}},
	}
	if variant != "Subsidiary" {
		p.limits = timed(p.from, p.until)
	}
	maps.Copy(p.limits, limits)
	return p
}

func carBook() book {
	return book{name: carName, uri: carURI, version: carVersion, proxied: map[string]any{"vin": carVIN}}
}

// nearby is within 100 metres of the restaurant.
func nearby() map[string]any {
	return map[string]any{"pointOfOrigin": "@29.7690295,-95.5293445,12z", "radiusKm": 0.1}
}

// driving is what the car asks, at a place that its own receiver gives.
func driving(lat, lon float64) map[string]any {
	return map[string]any{
		"permissions":   []string{"unlock", "drive"},
		"proxied":       map[string]any{"attributes": map[string]any{"vin": carVIN}},
		"framework":     map[string]any{"name": carName, "range": "^" + carVersion},
		"circumstances": map[string]any{"place": map[string]any{"lat": lat, "lon": lon, "accuracyM": 5}},
	}
}

func atRestaurant() map[string]any { return driving(29.7692, -95.5295) }

// revoke takes Ana's credential back.
func (r *ride) revoke(ctx context.Context) error {
	return r.site.revoke(ctx, rentersList, r.houston.key, 42)
}

// sell ends the title of Wheels.
func (r *ride) sell(ctx context.Context) error {
	return r.site.revoke(ctx, titlesList, r.texas.key, 3)
}

// scenes are told so that each can be read alone.
func (r *ride) scenes(*stage) []scene {
	return []scene{
		{
			title:    "Three links, one car",
			told:     "Ana comes to the car, downtown. It asks: may she open and drive it?",
			question: driving(29.7604, -95.3698),
			steps: []step{{
				told: "Her telephone shows C2, with C1 inside. The car trusts Texas, and has never heard of Wheels or its office.",
				by:   &r.ana, want: policies.Permit,
			}},
			moral: "Wheels owns the car and appoints the office, the office may let the car: each link was checked, with the list that could revoke it.",
		},
		{
			title:    "The valet",
			told:     "At the restaurant Ana hands the car to Ben. It asks him.",
			question: atRestaurant(),
			steps: []step{{
				told: "Ben shows C3, with C2 and C1 inside.",
				by:   &r.ben, want: policies.Permit,
			}},
			moral: "What Ana may do she could pass on, for two hours and within 100 metres.",
		},
		{
			title:    "A short drive",
			told:     "Ben turns the corner to show the car to a friend, half a kilometre away. It asks again, by its own receiver.",
			question: driving(29.7735, -95.5293),
			steps: []step{{
				told: "He shows the same credential.",
				by:   &r.ben, want: policies.Deny,
				reasons: []string{"constraint.fails", "holder.no_credential", "permission.ungranted"},
			}},
			moral: "The limit is in C3, which Ana signed. No telephone was asked where it is.",
		},
		{
			title:    "The cousin",
			told:     "Ben would rather go home, and signs a credential for his cousin.",
			question: atRestaurant(),
			steps: []step{{
				told: "The cousin shows it, with C3, C2 and C1 inside.",
				by:   &r.cousin, want: policies.Deny,
				reasons: []string{"chain.role", "chain.too_long", "chain.undelegated", "holder.no_credential", "permission.ungranted"},
			}},
			moral: "A valet may appoint nobody, whatever he writes: the framework says so, and his own credential cannot say otherwise.",
		},
		{
			title:    "During dinner",
			told:     "Ana's card is declined. Houston revokes C2: it signs its list anew, with her place marked.",
			before:   r.revoke,
			question: atRestaurant(),
			steps: []step{{
				told: "Ben goes to fetch the car. His own credential, C3, is as good as it was.",
				by:   &r.ben, want: policies.Deny,
				reasons: []string{"chain.refused", "holder.no_credential", "permission.ungranted", "status.revoked"},
			}},
			moral: "Who revokes a link revokes what hangs below it.",
		},
		{
			title:    "And only that",
			told:     "Ana comes herself; and then Dora, to whom Houston has let the car in her place.",
			question: atRestaurant(),
			steps: []step{
				{
					told: "Ana shows C2.",
					by:   &r.ana, want: policies.Deny,
					reasons: []string{"holder.no_credential", "permission.ungranted", "status.revoked"},
				},
				{
					told: "Dora shows a credential of her own, which stands elsewhere on Houston's list.",
					by:   &r.dora, want: policies.Permit,
					reasons: []string{"holder.no_credential", "status.revoked"}, // Ana's, still
				},
			},
			moral: "Nobody asked Wheels, and Wheels did nothing: its C1 holds as before.",
		},
		{
			title:    "The car is sold",
			told:     "Wheels sells the car. Texas revokes the title, and knows of no credential that hangs on it.",
			before:   r.sell,
			question: atRestaurant(),
			steps: []step{{
				told: "Dora shows her credential again.",
				by:   &r.dora, want: policies.Deny,
				reasons: []string{"chain.refused", "holder.no_credential", "issuer.refused", "permission.ungranted", "status.revoked"},
			}},
			moral: "Who no longer owns a car has nobody to drive it.",
		},
	}
}
