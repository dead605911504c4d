// flux-apply applies one object as Flux's kustomize-controller does, with Flux's own package for that, and prints what it did.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"os"
	"time"

	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/jsondiff"
	"github.com/fluxcd/pkg/ssa/normalize"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	controllerName = "kustomize-controller"
	group          = "kustomize.toolkit.fluxcd.io"
)

// work is what stands in a Kustomization and in its source.
type work struct {
	// Object is the manifest, a ServiceAccount.
	Object *unstructured.Unstructured `json:"object"`
	// Ignore is the Kustomization's spec.ignore.
	Ignore []ignoreRule `json:"ignore"`
}

type ignoreRule struct {
	Target *jsondiff.Selector `json:"target"`
	Paths  []string           `json:"paths"`
}

type outcome struct {
	// Action is Flux's word: created, configured, unchanged or skipped.
	Action ssa.Action `json:"action"`
}

func main() {
	kubeConfigFile := flag.String("kubeconfig", "", "whose rights are used")
	patience := flag.Duration("patience", time.Minute, "how long all of it may take")
	flag.Parse()

	ctx, cancel := context.WithTimeout(context.Background(), *patience)
	defer cancel()
	var asked work
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	action, err := apply(ctx, *kubeConfigFile, asked)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(outcome{action}); err != nil {
		log.Fatal(err)
	}
}

func apply(ctx context.Context, kubeConfigFile string, asked work) (ssa.Action, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeConfigFile)
	if err != nil {
		return "", err
	}
	// Known beforehand, so that the API server is not asked for all that it serves.
	known := meta.NewDefaultRESTMapper(nil)
	known.Add(corev1.SchemeGroupVersion.WithKind("ServiceAccount"), meta.RESTScopeNamespace)
	api, err := client.New(config, client.Options{Mapper: known})
	if err != nil {
		return "", err
	}
	manager := ssa.NewResourceManager(api, nil, ssa.Owner{Field: controllerName, Group: group})
	objects := []*unstructured.Unstructured{asked.Object}
	manager.SetOwnerLabels(objects, "apps", "flux-system")
	if err := normalize.UnstructuredList(objects); err != nil {
		return "", err
	}
	changes, err := manager.ApplyAllStaged(ctx, objects, applyOptions(asked.Ignore))
	if err != nil {
		return "", err
	}
	return changes.Entries[0].Action, nil
}

// applyOptions are those of a Kustomization that sets nothing but spec.ignore.
// Source: kustomize-controller 1.9, internal/controller/kustomization_controller.go.
func applyOptions(ignore []ignoreRule) ssa.ApplyOptions {
	options := ssa.DefaultApplyOptions()
	options.ExclusionSelector = map[string]string{group + "/reconcile": "disabled", group + "/ssa": "Ignore"}
	options.IfNotPresentSelector = map[string]string{group + "/ssa": "IfNotPresent"}
	options.ForceSelector = map[string]string{group + "/force": "Enabled"}
	for _, rule := range ignore {
		options.DriftIgnoreRules = append(options.DriftIgnoreRules, jsondiff.IgnoreRule{Paths: rule.Paths, Selector: rule.Target})
	}
	options.Cleanup = ssa.ApplyCleanupOptions{
		Annotations: []string{corev1.LastAppliedConfigAnnotation},
		FieldManagers: []ssa.FieldManager{
			{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationApply},
			{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationUpdate},
			{Name: "before-first-apply", OperationType: metav1.ManagedFieldsOperationUpdate},
			{Name: controllerName, OperationType: metav1.ManagedFieldsOperationUpdate},
		},
		Exclusions: map[string]string{group + "/ssa": "Merge"},
	}
	return options
}
