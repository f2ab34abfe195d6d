package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Restore is what is to be restored.
type Restore struct {
	DynamoDB  *dynamodb.Client
	Table     string
	Copy      string    // under which name the backup is restored
	At        time.Time // as of when; zero with a Backup
	Backup    string    // ARN
	Partition string    // "" is all of them
	Write     bool
}

// Found counts rows.
type Found struct{ Same, Differ, Gone, New, Written int }

// within is how long restoring a table may take: AWS needs some twenty minutes for a small one, and more for a large one.
const within = 12 * time.Hour

type row = map[string]types.AttributeValue

// Run restores. What was found is right even with an error.
func (r Restore) Run(ctx context.Context) (found Found, err error) {
	if err := r.copy(ctx); err != nil {
		return found, err
	}
	defer func() {
		_, failed := r.DynamoDB.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &r.Copy})
		err = errors.Join(err, failed)
	}()
	was, err := r.rows(ctx, r.Copy)
	if err != nil {
		return found, err
	}
	is, err := r.rows(ctx, r.Table)
	if err != nil {
		return found, err
	}
	var back []row
	for key, then := range was {
		now, there := is[key]
		switch {
		case !there:
			found.Gone++
			back = append(back, then)
		case reflect.DeepEqual(then, now):
			found.Same++
		default:
			found.Differ++
			back = append(back, then)
		}
	}
	found.New = len(is) - found.Same - found.Differ
	if r.Write {
		for _, then := range back {
			if _, err := r.DynamoDB.PutItem(ctx, &dynamodb.PutItemInput{TableName: &r.Table, Item: then}); err != nil {
				return found, err
			}
			found.Written++
		}
	}
	return found, nil
}

// copy restores the backup beside the table.
func (r Restore) copy(ctx context.Context) error {
	var err error
	if r.Backup != "" {
		_, err = r.DynamoDB.RestoreTableFromBackup(ctx, &dynamodb.RestoreTableFromBackupInput{BackupArn: &r.Backup, TargetTableName: &r.Copy})
	} else {
		_, err = r.DynamoDB.RestoreTableToPointInTime(ctx, &dynamodb.RestoreTableToPointInTimeInput{SourceTableName: &r.Table, TargetTableName: &r.Copy, RestoreDateTime: &r.At})
	}
	if err != nil {
		return err
	}
	if err := dynamodb.NewTableExistsWaiter(r.DynamoDB).Wait(ctx, &dynamodb.DescribeTableInput{TableName: &r.Copy}, within); err != nil {
		return fmt.Errorf("%s is not there yet; run this again later, and delete it: %w", r.Copy, err)
	}
	return nil
}

// rows reads a table, or one partition of it.
func (r Restore) rows(ctx context.Context, table string) (map[[2]string]row, error) {
	out, after := map[[2]string]row{}, row(nil)
	for {
		items, next, err := r.page(ctx, table, after)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			pk, ok := item["pk"].(*types.AttributeValueMemberS)
			sk, also := item["sk"].(*types.AttributeValueMemberS)
			if !ok || !also {
				return nil, fmt.Errorf("%s has a row without pk and sk", table)
			}
			out[[2]string{pk.Value, sk.Value}] = item
		}
		if after = next; len(after) == 0 {
			return out, nil
		}
	}
}

func (r Restore) page(ctx context.Context, table string, after row) (items []row, next row, err error) {
	if r.Partition == "" {
		out, err := r.DynamoDB.Scan(ctx, &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true), ExclusiveStartKey: after})
		if err != nil {
			return nil, nil, err
		}
		return out.Items, out.LastEvaluatedKey, nil
	}
	out, err := r.DynamoDB.Query(ctx, &dynamodb.QueryInput{TableName: &table, ConsistentRead: aws.Bool(true), ExclusiveStartKey: after, KeyConditionExpression: aws.String("pk = :pk"),
		ExpressionAttributeValues: row{":pk": &types.AttributeValueMemberS{Value: r.Partition}}})
	if err != nil {
		return nil, nil, err
	}
	return out.Items, out.LastEvaluatedKey, nil
}
