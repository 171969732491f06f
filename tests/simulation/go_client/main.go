// Lists pipelines and builds, creates a build, follows it to its end and downloads its artifacts, with Buildkite's own client.
// It prints what it found as one JSON object.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/buildkite/go-buildkite/v4"
)

const organization, pipeline = "acme", "web"

type found struct {
	Pipelines []string          `json:"pipelines"`
	Listed    []int             `json:"listed"`
	Pages     int               `json:"pages"`
	Number    int               `json:"number"`
	State     string            `json:"state"`
	Looks     int               `json:"looks"`
	Jobs      map[string]string `json:"jobs"`
	Logs      map[string]string `json:"logs"`
	Artifacts map[string]string `json:"artifacts"`
	Missing   int               `json:"missing"`
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	ctx := context.Background()
	client, err := buildkite.NewOpts(buildkite.WithBaseURL(os.Args[1]), buildkite.WithTokenAuth(os.Args[2]))
	check(err)
	result := found{Jobs: map[string]string{}, Logs: map[string]string{}, Artifacts: map[string]string{}}

	pipelines, _, err := client.Pipelines.List(ctx, organization, nil)
	check(err)
	for _, each := range pipelines {
		result.Pipelines = append(result.Pipelines, each.Slug)
	}

	options := &buildkite.BuildsListOptions{ListOptions: buildkite.ListOptions{PerPage: 10}}
	for {
		builds, response, err := client.Builds.ListByPipeline(ctx, organization, pipeline, options)
		check(err)
		result.Pages++
		for _, each := range builds {
			result.Listed = append(result.Listed, each.Number)
		}
		if response.NextPage == 0 {
			break
		}
		options.Page = response.NextPage
	}

	wanted := buildkite.CreateBuild{Commit: "HEAD", Branch: "main", Message: "From Go"}
	build, _, err := client.Builds.Create(ctx, organization, pipeline, wanted)
	check(err)
	result.Number = build.Number
	number := strconv.Itoa(build.Number)
	for build.FinishedAt == nil {
		time.Sleep(20 * time.Millisecond)
		build, _, err = client.Builds.Get(ctx, organization, pipeline, number, nil)
		check(err)
		result.Looks++
	}
	result.State = build.State
	for _, job := range build.Jobs {
		result.Jobs[job.Name] = job.State
		log, _, err := client.Jobs.GetJobLog(ctx, organization, pipeline, number, job.ID)
		check(err)
		result.Logs[job.Name] = log.Content
	}

	artifacts, _, err := client.Artifacts.ListByBuild(ctx, organization, pipeline, number, nil)
	check(err)
	for _, each := range artifacts {
		var content bytes.Buffer
		_, err := client.Artifacts.DownloadArtifactByURL(ctx, each.DownloadURL, &content)
		check(err)
		result.Artifacts[each.Path] = content.String()
	}

	_, missing, err := client.Builds.Get(ctx, organization, pipeline, "9999", nil)
	if err == nil {
		check(fmt.Errorf("a build that doesn't exist was found"))
	}
	result.Missing = missing.StatusCode
	check(json.NewEncoder(os.Stdout).Encode(result))
}
