package certificate

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
)

// envelope is a signed file.
type envelope struct {
	Payload   string `json:"payload"` // base64
	KeyID     string `json:"key_id"`
	Signature string `json:"signature"` // base64
}

// letter is an envelope that was opened; whether its signature holds is
// another question.
type letter struct {
	schema    string
	payload   []byte
	keyID     string
	signature []byte
}

// seal signs the JSON of v.
func seal(schema string, v any, key ed25519.PrivateKey) ([]byte, error) {
	payload, err := encode(v)
	if err != nil {
		return nil, err
	}
	file, err := encode(envelope{
		Payload: base64.StdEncoding.EncodeToString(payload), KeyID: KeyID(key.Public().(ed25519.PublicKey)),
		Signature: base64.StdEncoding.EncodeToString(ed25519.Sign(key, signed(schema, payload))),
	})
	return append(file, '\n'), err
}

// signed is what a signature is over.
func signed(schema string, payload []byte) []byte {
	return append([]byte(schema+"\n"), payload...)
}

// open reads an envelope and, into v, its payload.
func open(schema string, file []byte, limit int, v any) (letter, error) {
	var e envelope
	if err := decode(file, limit, &e); err != nil {
		return letter{}, err
	}
	payload, err := bytesOf(e.Payload)
	if err != nil {
		return letter{}, err
	}
	signature, err := bytesOf(e.Signature)
	if err != nil || len(signature) != ed25519.SignatureSize {
		return letter{}, errors.New("the signature is not 64 bytes in base64")
	}
	if !hexDigest.MatchString(e.KeyID) {
		return letter{}, errors.New("the key_id is not a SHA-256")
	}
	if err := decode(payload, limit, v); err != nil {
		return letter{}, err
	}
	return letter{schema, payload, e.KeyID, signature}, nil
}

// bytesOf decodes base64 in its one form: padded, without line breaks and
// stray bits.
func bytesOf(text string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(data) != text {
		return nil, errors.New("a text is not base64")
	}
	return data, nil
}

// check returns the trusted key that signed the letter.
func (l letter) check(keys Keys) (Key, error) {
	key, ok := keys.Find(l.keyID)
	if !ok {
		return Key{}, ErrUnknownKey
	}
	if !ed25519.Verify(key.Public, signed(l.schema, l.payload), l.signature) {
		return Key{}, ErrSignature
	}
	return key, nil
}
