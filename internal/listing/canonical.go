package listing

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
	"time"
)

// Canonical returns the claims as the one text that their digest is about:
// JSON without white space, keys sorted by their bytes, strings escaped no
// more than JSON demands. Absent answers have no key. There are no fractions;
// decimals are text.
func (c Claims) Canonical() (string, error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("claims: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return "", fmt.Errorf("claims: %w", err)
	}
	var b bytes.Buffer
	if err := writeCanonical(&b, value); err != nil {
		return "", fmt.Errorf("claims: %w", err)
	}
	return b.String(), nil
}

// ParseClaims reads the canonical text back.
func ParseClaims(canonical string) (Claims, error) {
	var c Claims
	if err := json.Unmarshal([]byte(canonical), &c); err != nil {
		return Claims{}, fmt.Errorf("claims: %w", err)
	}
	return c, nil
}

// DigestText returns the SHA-256 of a canonical text in lower-case
// hexadecimal: the claims_digest that reports, approvals and agreements name.
func DigestText(canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	return hex.EncodeToString(sum[:])
}

func writeCanonical(b *bytes.Buffer, value any) error {
	switch v := value.(type) {
	case map[string]any:
		return writeObject(b, v)
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeCanonical(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case json.Number:
		b.WriteString(v.String())
		return nil
	}
	return writeScalar(b, value)
}

func writeObject(b *bytes.Buffer, object map[string]any) error {
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	b.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeScalar(b, key); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := writeCanonical(b, object[key]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

func writeScalar(b *bytes.Buffer, value any) error {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // Encode ends with a line feed
	return nil
}

// second is now in the precision that assertions keep.
func second(now time.Time) time.Time { return now.UTC().Truncate(time.Second) }
