package query

import "strconv"

// ReadRequest reads a request as [vc.ParseJSON] gives it: an object with the member
// query, which is one query or a list, and challenge and domain where they are given.
// Members that are not understood are refused. The caller bounds its size.
//
// Each query has a type and, but for DIDAuthentication, credentialQuery: one or a
// list of what it asks for.
func ReadRequest(tree any) (*Request, error) {
	r := &reader{}
	o := r.object(tree, "")
	out := &Request{}
	v, _ := o.get("query", true)
	all := list(v)
	if len(all) > maxQueries {
		r.wrong(ErrTooMuch, "/query", "lists more than %d", maxQueries)
		return nil, r.err()
	}
	for i, each := range all {
		out.Queries = append(out.Queries, r.query(each, "/query/"+strconv.Itoa(i)))
	}
	if len(all) == 0 {
		r.malformed("/query", "must be a query, or a list of them")
	}
	out.Challenge, out.Domain = o.text("challenge", false), o.text("domain", false)
	o.closed()
	if err := r.err(); err != nil {
		return nil, err
	}
	return out, nil
}

// readers read what queries ask for, by their type; those of several names give the
// query its usual one.
var readers = map[string]func(object, *Query){
	ByExample: readExamples, ByFrame: readFrames, ByExchange: readExchanges,
	ByDCQL: readDCQLs, "DigitalCredentialQueryLanguage": readDCQLs,
	ByDID: readAuthentication, "DIDAuth": readAuthentication,
}

func readExchanges(o object, q *Query) { one(o, q, readExchange) }

func readDCQLs(o object, q *Query) {
	q.Type = ByDCQL
	one(o, q, readDCQL)
}

func (r *reader) query(v any, path string) Query {
	o := r.object(v, path)
	q := Query{Type: o.text("type", true), Group: o.text("group", false), Required: o.flag("required", true)}
	o.words("reason")
	how, known := readers[q.Type]
	if !known {
		r.wrong(ErrUnsupported, path+"/type", "is no type of query that is understood here")
		return q
	}
	how(o, &q)
	o.closed()
	return q
}

// asked are what a query's credentialQuery lists, or the one that it is.
func asked(o object) []object { return o.some("credentialQuery", true, maxParts) }

// one reads a query that asks for one thing.
func one(o object, q *Query, read func(object, *Query)) {
	all := asked(o)
	if len(all) > 1 {
		o.wrong(ErrTooMuch, o.at("credentialQuery"), "must be one: ask in several queries")
	}
	if len(all) == 1 {
		read(all[0], q)
	}
}
