// sdk-login logs in to an Enterprise instance with Alibaba Cloud's own Go SDK and prints what it got as JSON.
// The SDK finds the proxy in HTTPS_PROXY and certificate authorities in SSL_CERT_FILE by itself.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"log"
	"os"

	cr "github.com/alibabacloud-go/cr-20181201/v2/client"
	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	"github.com/alibabacloud-go/tea/tea"
)

type login struct {
	Kind        string   `json:"kind"`
	UserName    string   `json:"userName"`
	Token       string   `json:"token"`
	ExpiresAtMs int64    `json:"expiresAtMs"`
	Domains     []string `json:"domains"`
}

type refusal struct {
	Kind   string `json:"kind"`
	Status int    `json:"status"`
	Code   string `json:"code"`
}

func main() {
	region := flag.String("region", "cn-hangzhou", "the instance's region")
	instance := flag.String("instance", "", "the instance's id (cri-…)")
	flag.Parse()

	found, err := logIn(*region, *instance)
	if answer, ok := asRefusal(err); ok {
		printJSON(answer)
		return
	}
	if err != nil {
		log.Fatal(err)
	}
	printJSON(found)
}

func logIn(region, instance string) (*login, error) {
	client, err := cr.NewClient(&openapi.Config{
		RegionId:        tea.String(region),
		AccessKeyId:     tea.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID")),
		AccessKeySecret: tea.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")),
	})
	if err != nil {
		return nil, err
	}
	token, err := client.GetAuthorizationToken(&cr.GetAuthorizationTokenRequest{InstanceId: &instance})
	if err != nil {
		return nil, err
	}
	if !tea.BoolValue(token.Body.IsSuccess) {
		return nil, errors.New(tea.StringValue(token.Body.Code))
	}
	endpoints, err := client.ListInstanceEndpoint(&cr.ListInstanceEndpointRequest{InstanceId: &instance})
	if err != nil {
		return nil, err
	}
	found := login{
		Kind:        "logged in",
		UserName:    tea.StringValue(token.Body.TempUsername),
		Token:       tea.StringValue(token.Body.AuthorizationToken),
		ExpiresAtMs: tea.Int64Value(token.Body.ExpireTime),
		Domains:     []string{},
	}
	for _, endpoint := range endpoints.Body.Endpoints {
		for _, domain := range endpoint.Domains {
			found.Domains = append(found.Domains, tea.StringValue(domain.Domain))
		}
	}
	return &found, nil
}

// asRefusal tells what the cloud answered; anything else is a breakdown of this program.
func asRefusal(err error) (refusal, bool) {
	var answer *tea.SDKError
	if !errors.As(err, &answer) {
		return refusal{}, false
	}
	return refusal{"refused", tea.IntValue(answer.StatusCode), tea.StringValue(answer.Code)}, true
}

func printJSON(value any) {
	if err := json.NewEncoder(os.Stdout).Encode(value); err != nil {
		log.Fatal(err)
	}
}
