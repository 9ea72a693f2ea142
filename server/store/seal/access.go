package seal

import "github.com/procura-dev/procura/policies/authz"

// Entity seals what is known of e.
func (k *Key) Entity(tenant string, e *authz.Entity) ([]byte, error) {
	return k.record(e.Properties, "entity", tenant, e.Type, e.ID)
}

// OpenEntity fills it in; Type and ID are set.
func (k *Key) OpenEntity(sealed []byte, tenant string, e *authz.Entity) error {
	return k.openRecord(sealed, &e.Properties, "entity", tenant, e.Type, e.ID)
}

// Search seals what a search found.
func (k *Key) Search(content []byte, tenant, id string) []byte {
	return k.Seal(content, "search", tenant, id)
}

// OpenSearch returns it.
func (k *Key) OpenSearch(sealed []byte, tenant, id string) ([]byte, error) {
	return k.Open(sealed, "search", tenant, id)
}

// SigningKey seals the secret of a key of the server's.
func (k *Key) SigningKey(secret []byte, id string) []byte { return k.Seal(secret, "signing key", id) }

// OpenSigningKey returns it.
func (k *Key) OpenSigningKey(sealed []byte, id string) ([]byte, error) {
	return k.Open(sealed, "signing key", id)
}

// Report seals what an edge sent.
func (k *Key) Report(content []byte, tenant, client, kind, id string) []byte {
	return k.Seal(content, "report", tenant, client, kind, id)
}

// OpenReport returns it.
func (k *Key) OpenReport(sealed []byte, tenant, client, kind, id string) ([]byte, error) {
	return k.Open(sealed, "report", tenant, client, kind, id)
}
