package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
)

// ensureBucket makes the bucket that the SAM CLI puts the packed functions into.
func (c cloud) ensureBucket(ctx context.Context, bucket string) error {
	if _, err := c.request(ctx, http.MethodHead, "s3", "/"+bucket); err == nil {
		return nil
	}
	if _, err := c.request(ctx, http.MethodPut, "s3", "/"+bucket); err != nil {
		return fmt.Errorf("the bucket for the packed functions cannot be made: %w", err)
	}
	return nil
}

// pruneArtefacts removes packed functions of earlier deployments. The local cloud keeps objects in
// memory: a day of work would otherwise add gigabytes. The functions have their own copies.
func (c cloud) pruneArtefacts(ctx context.Context, bucket string, keep map[string]bool) error {
	const packedFunction = 1 << 20 // smaller objects are templates and definitions; they may stay
	text, err := c.request(ctx, http.MethodGet, "s3", "/"+bucket+"?list-type=2")
	if err != nil {
		return err
	}
	var list struct {
		Contents []struct {
			Key  string
			Size int64
		}
	}
	if err := xml.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("the list of packed functions cannot be read: %w", err)
	}
	for _, object := range list.Contents {
		if object.Size < packedFunction || keep[object.Key] {
			continue
		}
		if _, err := c.request(ctx, http.MethodDelete, "s3", "/"+bucket+"/"+object.Key); err != nil {
			return err
		}
	}
	return nil
}
