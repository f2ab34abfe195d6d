package chaos

import (
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/rig"
)

type item = map[string]types.AttributeValue

func contextOf(r *http.Request) context.Context { return context.WithoutCancel(r.Context()) }

// tables are those that remember what customers do, by their names without the stack's prefix.
func (w *World) tables() (names []string, err error) {
	for _, r := range w.Template.Resources {
		if r.Type != "AWS::DynamoDB::Table" {
			continue
		}
		name, err := w.Table(r.Name)
		if err != nil {
			return nil, err
		}
		if name != "catalogue" {
			names = append(names, name)
		}
	}
	return names, nil
}

// scan reads a whole table, which only a test may do.
func (w *World) scan(ctx context.Context, table string) (rows []item, err error) {
	name, consistent := w.Prefix+table, true
	pages := dynamodb.NewScanPaginator(w.DynamoDB, &dynamodb.ScanInput{TableName: &name, ConsistentRead: &consistent})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		rows = append(rows, page.Items...)
	}
	return rows, nil
}

func keyOf(row item) item { return item{"pk": row["pk"], "sk": row["sk"]} }

// rewrite changes every row of a table that meets a condition. names are #name → attribute, where it is a reserved word.
func (w *World) rewrite(ctx context.Context, table, update, condition string, names map[string]string, values item) error {
	rows, err := w.scan(ctx, table)
	if err != nil {
		return err
	}
	name := w.Prefix + table
	for _, row := range rows {
		_, err := w.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &name, Key: keyOf(row), UpdateExpression: &update,
			ConditionExpression: &condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values})
		var not *types.ConditionalCheckFailedException
		if err != nil && !errors.As(err, &not) {
			return err
		}
	}
	return nil
}

// replace gives a row of the outbox another id.
func (w *World) replace(ctx context.Context, table string, r rig.OutboxRow, id string) error {
	text := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	name := w.Prefix + table
	_, err := w.DynamoDB.PutItem(ctx, &dynamodb.PutItemInput{TableName: &name,
		Item: item{"pk": text(r.Shard), "sk": text(id), "events": &types.AttributeValueMemberB{Value: r.Encoded}}})
	if err != nil {
		return err
	}
	_, err = w.DynamoDB.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &name, Key: item{"pk": text(r.Shard), "sk": text(r.ID)}})
	return err
}

// empty removes every row of a table.
func (w *World) empty(ctx context.Context, table string) error {
	rows, err := w.scan(ctx, table)
	name := w.Prefix + table
	for len(rows) > 0 && err == nil {
		n := min(len(rows), 25)
		var writes []types.WriteRequest
		for _, row := range rows[:n] {
			writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: keyOf(row)}})
		}
		_, err = w.DynamoDB.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: writes}})
		rows = rows[n:]
	}
	return err
}
