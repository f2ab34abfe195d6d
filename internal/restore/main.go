// Command restore brings rows of a table back from a backup: all of them, or those of one partition, for example of one customer.
//
//	go run ./internal/restore -stack turnup -table subscriptions -at 2030-02-01T10:00:00Z
//	go run ./internal/restore -stack turnup -table subscriptions -at 2030-02-01T10:00:00Z -pk 'T#demo#CUS#cus_…' -write
//
// The backup is restored beside the table, under a name of its own, and compared with it. Without -write nothing else happens. With it, rows
// that are gone or differ are written as they were; rows that came since stay. The copy is deleted afterwards.
//
// Region and credentials come from the environment: `eval "$(aws configure export-credentials --format env)"` puts yours there.
//
// It reads the whole table where no partition is named, which is why it is no function: an operator decides when that is worth it.
// Writing rows of the outbox announces their events again, which changes nothing, because each has its effect once.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"turnup/internal/base/clock"
	"turnup/internal/platform/cloud"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "restore:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var (
		stack     = flag.String("stack", "", "name of the stack")
		table     = flag.String("table", "", "name of the table, without the stack's")
		at        = flag.String("at", "", "as of when, as 2030-02-01T10:00:00Z: any second of the last 35 days")
		backup    = flag.String("backup", "", "ARN of a backup that somebody made, instead of -at")
		partition = flag.String("pk", "", "only the rows of this partition key")
		write     = flag.Bool("write", false, "write what is gone or differs back")
	)
	flag.Parse()
	if *stack == "" || *table == "" || (*at == "") == (*backup == "") {
		flag.Usage()
		return fmt.Errorf("-stack, -table and one of -at and -backup are needed")
	}
	r := Restore{DynamoDB: dynamodb.NewFromConfig(cloud.Config()), Table: *stack + "-" + *table, Partition: *partition, Backup: *backup, Write: *write}
	if *at != "" {
		then, err := time.Parse(time.RFC3339, *at)
		if err != nil {
			return fmt.Errorf("-at: %w", err)
		}
		r.At = then
	}
	r.Copy = fmt.Sprintf("%s-restored-%d", r.Table, clock.System.Now().Unix())
	found, err := r.Run(ctx)
	fmt.Printf("%s: %d rows as they were, %d differ, %d are gone, %d came since; %d written back\n", r.Table, found.Same, found.Differ, found.Gone, found.New, found.Written)
	return err
}
